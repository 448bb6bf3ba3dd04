//! E-mail addresses, telephone numbers and IP addresses, as Dolma's `pii_regex_with_counts_fast_v2` finds them.
//!
//! Its three regular expressions backtrack; what they match is found here by looking at what is around each
//! `@`, each three digits behind a space and each point between digits. A match lies in one paragraph: a line
//! with its line feed. Expressions of Python: spaces and digits are Unicode's, except for the digits of IP
//! addresses.

use super::repeats::chars;
use super::scan::Counts;
use crate::numerals::is_decimal;
use crate::unicode::Tables;

/// Texts with more question marks are not searched.
const MOST_QUESTIONS: u64 = 10_000;

/// What was found so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pii {
    pub(crate) emails: Matches,
    pub(crate) phones: Matches,
    pub(crate) ips: Matches,
    /// Whether the text has numerals beyond ASCII.
    pub(super) wide_digits: bool,
}

/// Matches of one expression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Matches {
    /// How many count.
    pub(crate) count: u64,
    /// Their characters.
    pub(crate) chars: u64,
    /// Where the last match ends, whether it counts or not: the next begins there or behind.
    end: usize,
}

impl Matches {
    fn add(&mut self, text: &str, start: usize, end: usize) {
        self.count += 1;
        self.chars += chars(&text.as_bytes()[start..end]);
        self.end = end;
    }
}

fn is_space(c: char) -> bool {
    Tables::get().is_space(c)
}

/// A character that surrounds addresses.
fn is_mark(c: char) -> bool {
    matches!(c, '.' | '@' | ',' | '?' | '!' | ';' | ':' | ')' | '(') || is_space(c)
}

/// A character of the part of an address before `@`.
fn is_local(c: char) -> bool {
    c != '@' && !is_space(c)
}

/// A character of the part behind it.
fn is_domain(c: char) -> bool {
    !matches!(c, '@' | ',' | '?' | '!' | ';' | ':' | ')' | '(') && !is_space(c)
}

/// The part of an address behind `@`.
struct Domain {
    /// Whether it has a point.
    dotted: bool,
    /// Where the match ends, behind the space that must follow.
    end: usize,
}

/// The domain behind an `@`, if a mark and a space, or a space, follow it in its paragraph.
fn domain(text: &str, at: usize) -> Option<Domain> {
    let start = at + 1;
    let behind = &text[start..];
    let name = &behind[..behind.find(|c| !is_domain(c)).unwrap_or(behind.len())];
    let mut rest = text[start + name.len()..].chars();
    let stop = rest.next()?;
    if name.is_empty() {
        return None;
    }
    let end = start + name.len() + stop.len_utf8();
    let space = |c: Option<char>| c.filter(|&c| is_space(c));
    // The shortest name that fits: without a last point, where it is not all.
    if let (Some(shorter), true) = (name.strip_suffix('.'), is_space(stop))
        && !shorter.is_empty()
    {
        let dotted = shorter.contains('.');
        return Some(Domain { dotted, end });
    }
    let dotted = name.contains('.');
    let next = if stop == '\n' {
        None
    } else {
        space(rest.next())
    };
    match next {
        Some(next) => Some(Domain {
            dotted,
            end: end + next.len_utf8(),
        }),
        None => is_space(stop).then_some(Domain { dotted, end }),
    }
}

impl Pii {
    /// Looks at an `@`. They come in order.
    pub(super) fn email(&mut self, text: &str, at: usize) {
        let from = self.emails.end;
        if at < from {
            return;
        }
        let before = &text[from..at];
        let local = before.trim_end_matches(is_local).len();
        if local == before.len() {
            return;
        }
        let Some(mut found) = domain(text, at) else {
            return;
        };
        // The match begins with all marks before, of its paragraph.
        let marks = |c: char| is_mark(c) && c != '\n';
        let start = from + before[..local].trim_end_matches(marks).len();
        // Marks are taken as far as they go. Where they go beyond this `@`, an address behind it wins.
        let rest = &text[start..];
        let run = rest.find(|c| !marks(c)).unwrap_or(rest.len());
        let run_end = start + run;
        let mut addressee_is_bracket = false;
        if run_end > at {
            let next = &text[run_end..];
            let local = next.len() - next.trim_start_matches(is_local).len();
            let beyond = next[local..].starts_with('@') && local > 0;
            let address = beyond.then(|| domain(text, run_end + local)).flatten();
            if let Some(address) = address {
                found = address;
            } else {
                let within = &text[at + 1..run_end];
                let last = within.rmatch_indices('@').find_map(|(i, _)| {
                    let before = text[..at + 1 + i].chars().next_back();
                    let address = domain(text, at + 1 + i)?;
                    before.filter(|&c| is_local(c)).map(|c| (c, address))
                });
                let before = text[..at].chars().next_back();
                let c;
                (c, found) = match last {
                    Some((c, address)) => (Some(c), address),
                    None => (before, found),
                };
                addressee_is_bracket = c == Some('(');
            }
        }
        if found.dotted && !addressee_is_bracket {
            self.emails.add(text, start, found.end);
        }
        self.emails.end = found.end;
    }

    /// Looks at a digit behind a space or bracket. They come in order.
    pub(super) fn phone(&mut self, text: &str, at: usize) {
        let from = self.phones.end;
        let Some(before) = text.get(from..at) else {
            return;
        };
        let before = before.strip_suffix('(').unwrap_or(before);
        let spaces = |c: char| is_space(c) && c != '\n';
        let start = from + before.trim_end_matches(spaces).len();
        if start == from + before.len() {
            return;
        }
        let rest = digits(&text[at..], 3).map(|rest| rest.strip_prefix(')').unwrap_or(rest));
        let rest = rest.map(|rest| rest.trim_start_matches(['-', '.', ' ']));
        let rest = rest.and_then(|rest| digits(rest, 3));
        let rest = rest.map(|rest| rest.strip_prefix(['-', '.', ' ']).unwrap_or(rest));
        if let Some(rest) = rest.and_then(|rest| digits(rest, 4)) {
            self.phones.add(text, start, text.len() - rest.len());
        }
    }

    /// Looks at a point between digits. They come in order.
    pub(super) fn ip(&mut self, text: &str, point: usize) {
        let bytes = text.as_bytes();
        let Some(before) = bytes.get(self.ips.end..point) else {
            return;
        };
        let digits = before.iter().rev().take(3);
        let mut len = digits.take_while(|b| b.is_ascii_digit()).count();
        if len == 3 && !is_octet(&bytes[point - 3..point]) {
            len = 2;
        }
        if len == 0 {
            return;
        }
        let mut at = point + 1;
        for _ in 0..2 {
            let digits = run_of_digits(bytes, at, 4);
            if !is_octet(digits) || bytes.get(at + digits.len()) != Some(&b'.') {
                return;
            }
            at += digits.len() + 1;
        }
        // The last one is not bounded: as many digits as fit.
        let mut digits = run_of_digits(bytes, at, 3);
        if digits.len() == 3 && !is_octet(digits) {
            digits = &digits[..2];
        }
        if !digits.is_empty() {
            self.ips.add(text, point - len, at + digits.len());
        }
    }

    /// Takes in that the text ends.
    pub(super) fn end(&mut self, text: &str, counts: &Counts) {
        if counts.questions > MOST_QUESTIONS {
            *self = Self::default();
            return;
        }
        if self.wide_digits {
            self.phones = Matches::default();
            let mut before = None;
            for (at, c) in text.char_indices() {
                if is_digit(c) && before.is_some_and(|c| c == '(' || is_space(c)) {
                    self.phone(text, at);
                }
                before = Some(c);
            }
        }
    }
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || !c.is_ascii() && is_decimal(c as u32)
}

/// What follows some digits at the beginning of a text.
fn digits(text: &str, count: usize) -> Option<&str> {
    let mut rest = text.chars();
    for _ in 0..count {
        rest.next().filter(|&c| is_digit(c))?;
    }
    Some(rest.as_str())
}

/// The ASCII digits from a position on, so many at most.
fn run_of_digits(bytes: &[u8], at: usize, most: usize) -> &[u8] {
    let rest = &bytes[at..];
    let digits = rest.iter().take(most).take_while(|b| b.is_ascii_digit());
    &rest[..digits.count()]
}

/// Whether digits are a number up to 255, in one to three digits.
fn is_octet(digits: &[u8]) -> bool {
    match digits {
        [_] | [_, _] | [b'0' | b'1', _, _] | [b'2', b'0'..=b'4', _] => true,
        [b'2', b'5', last] => *last <= b'5',
        _ => false,
    }
}
