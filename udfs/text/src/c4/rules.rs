//! The rules on one line, in the order of the released code.

use super::lines::Has;
use crate::unicode::{Tables, class, decimal, decode, strip};
use crate::view::word::{HIGH, within};

/// The longest word a line may have, in characters.
const LONGEST_WORD: usize = 1000;

/// A phrase that a line is looked through for, in small letters.
pub(super) struct Phrase {
    pub(super) words: &'static [u8],
    pub(super) means: Means,
}

/// What it means that a line has a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Means {
    Filler,
    Script,
    Policy,
}

pub(super) const PHRASES: [Phrase; 8] = [
    phrase("lorem ipsum", Means::Filler),
    phrase("javascript", Means::Script),
    phrase("terms of use", Means::Policy),
    phrase("privacy policy", Means::Policy),
    phrase("cookie policy", Means::Policy),
    phrase("uses cookies", Means::Policy),
    phrase("use of cookies", Means::Policy),
    phrase("use cookies", Means::Policy),
];

const fn phrase(words: &'static str, means: Means) -> Phrase {
    Phrase {
        words: words.as_bytes(),
        means,
    }
}

/// How the implementations differ.
#[derive(Debug)]
pub(crate) struct Rules {
    /// Marks that a line may end with; empty where it may end with anything.
    pub(crate) end_marks: &'static [u8],
    /// The fewest words of a line that stays.
    pub(crate) min_words: usize,
    /// Whether words are counted after citations are removed.
    pub(crate) words_after_citations: bool,
}

/// What the rules say of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Whether the line stays, the rules on pages aside.
    pub(crate) kept: bool,
    /// Whether it got as far as the rule on filler text and fails it: that ends the page.
    pub(crate) lorem_ipsum: bool,
    /// Whether it got as far as the rule on `{` and fails it: that ends the page.
    pub(crate) curly_bracket: bool,
}

/// A line as the rules see it, made once for all of them.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    /// Without spaces around it and without citations.
    pub(crate) text: &'a str,
    /// Words before citations were removed; counted at least up to [`Self::COUNTED`].
    words_before: usize,
    /// Words after.
    words_after: usize,
    long_word: bool,
    /// Whether citations were removed.
    pub(crate) changed: bool,
    has: Has,
}

impl<'a> Line<'a> {
    /// No rule asks for more words.
    const COUNTED: usize = 5;

    /// A line of a page, and what it has; a line with citations is written to `edited`.
    pub(crate) fn new(line: &'a str, mut has: Has, edited: &'a mut String) -> Self {
        let line = strip(line);
        let words_before = count_words(line, Self::COUNTED);
        let long_word = line.len() > LONGEST_WORD && has_long_word(line);
        let mut words_after = words_before;
        let mut text = line;
        let mut changed = false;
        if has.bracket && !long_word && remove_citations(line, edited) {
            text = edited;
            changed = true;
            words_after = count_words(text, Self::COUNTED);
            has.look_for_phrases(text);
        }
        Self {
            text,
            words_before,
            words_after,
            long_word,
            changed,
            has,
        }
    }

    /// Judges it.
    pub(crate) fn judge(&self, rules: &Rules) -> Verdict {
        let dropped = Verdict::default();
        if self.long_word {
            return dropped;
        }
        if !rules.end_marks.is_empty() {
            let marked = self
                .text
                .bytes()
                .next_back()
                .is_some_and(|last| rules.end_marks.contains(&last));
            if !marked || self.text.ends_with("...") {
                return dropped;
            }
        }
        let words = if rules.words_after_citations {
            self.words_after
        } else {
            self.words_before
        };
        if words < rules.min_words {
            return dropped;
        }
        Verdict {
            kept: !self.has.script && !self.has.policy,
            lorem_ipsum: self.has.filler,
            curly_bracket: !self.has.script && self.has.brace,
        }
    }
}

impl Has {
    /// Finds the phrases of a line that was changed: where something was cut out, one may have come about.
    fn look_for_phrases(&mut self, line: &str) {
        (self.filler, self.script, self.policy) = (false, false, false);
        let bytes = line.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            if !matches!(byte | 0x20, b'l' | b'j' | b't' | b'p' | b'c' | b'u') {
                continue;
            }
            for phrase in &PHRASES {
                if begins_with(&bytes[at..], phrase.words) {
                    self.add(phrase.means);
                }
            }
        }
    }
}

/// Whether a text begins with a phrase in any case. The Kelvin sign is the one character beyond ASCII whose
/// small letter is in a phrase.
pub(super) fn begins_with(mut text: &[u8], phrase: &[u8]) -> bool {
    for &letter in phrase {
        text = match text {
            [first, rest @ ..] if first.to_ascii_lowercase() == letter => rest,
            [0xE2, 0x84, 0xAA, rest @ ..] if letter == b'k' => rest,
            _ => return false,
        };
    }
    true
}

/// The words of a line, counted up to `enough` or somewhat further.
fn count_words(line: &str, enough: usize) -> usize {
    let bytes = line.as_bytes();
    let (mut words, mut at) = (0, 0);
    // Eight characters at a time: the highest bits of bytes that are no space, and of the last one before them.
    let mut before = 0;
    for &eight in bytes.as_chunks::<8>().0 {
        let eight = u64::from_le_bytes(eight);
        if eight & HIGH != 0 {
            break;
        }
        let inside = !(within(eight, 9, 13) | within(eight, 28, 32)) & HIGH;
        words += (inside & !(inside << 8 | before)).count_ones() as usize;
        if words >= enough {
            return words;
        }
        before = inside >> 56;
        at += 8;
    }
    let mut inside = before != 0;
    while let Some(&byte) = bytes.get(at) {
        let (space, len) = if byte < 0x80 {
            (matches!(byte, 9..=13 | 28..=32), 1)
        } else {
            let (code, len) = decode(bytes, at);
            (is_space(code), len)
        };
        if !space && !inside {
            words += 1;
            if words == enough {
                break;
            }
        }
        inside = !space;
        at += len;
    }
    words
}

fn is_space(code: u32) -> bool {
    Tables::get().class(code) & class::SPACE != 0
}

/// Whether a word has more characters than a line's words may. Only where no space is for so many bytes are
/// characters counted.
fn has_long_word(line: &str) -> bool {
    let bytes = line.as_bytes();
    // Before it is a space, or nothing.
    let mut start = 0;
    while start + LONGEST_WORD < bytes.len() {
        let mut end = start + LONGEST_WORD;
        while end > start && !space_at(line, end) {
            end -= 1;
        }
        if end > start {
            start = end + 1;
            continue;
        }
        let is_word = |c: &char| !is_space(*c as u32);
        start = line.ceil_char_boundary(start);
        let word = line[start..].chars().take_while(is_word);
        let (mut chars, mut len) = (0, 0);
        for c in word {
            chars += 1;
            len += c.len_utf8();
            if chars > LONGEST_WORD {
                return true;
            }
        }
        start += len + 1;
    }
    false
}

/// Whether a space is at a byte, which is its last one.
fn space_at(text: &str, at: usize) -> bool {
    match text.as_bytes()[at] {
        byte @ 0..=0x7F => matches!(byte, 9..=13 | 28..=32),
        _ if text.is_char_boundary(at + 1) => {
            let start = text.floor_char_boundary(at);
            is_space(decode(text.as_bytes(), start).0)
        }
        _ => false,
    }
}

/// Writes a line without `[edit]`, `[citation needed]` and numbers in brackets; false when it has none.
fn remove_citations(line: &str, edited: &mut String) -> bool {
    edited.clear();
    let mut kept = 0;
    let mut from = 0;
    while let Some(found) = line[from..].find('[') {
        let start = from + found;
        match citation(&line[start..]) {
            Some(len) => {
                edited.push_str(&line[kept..start]);
                from = start + len;
                kept = from;
            }
            None => from = start + 1,
        }
    }
    if kept == 0 {
        return false;
    }
    edited.push_str(&line[kept..]);
    true
}

/// The length of the citation that a text begins with.
fn citation(text: &str) -> Option<usize> {
    let fixed = ["[edit]", "[citation needed]"];
    if let Some(mark) = fixed.into_iter().find(|mark| text.starts_with(mark)) {
        return Some(mark.len());
    }
    let inside = &text[1..];
    let end = inside.find(|c| decimal(c).is_none())?;
    inside[end..].starts_with(']').then_some(end + 2)
}
