//! How a run of characters without whitespace becomes tokens: what is cut off in front and behind, in turns, until
//! nothing more is or an exception is left; then what remains is an exception, a URL, or is cut at infixes.

use super::super::classes::{ALPHA, Classes, DOT, INFIX, LOWER, PREFIX, QUOTE, SUFFIX, UPPER};
use super::rules::{Rules, Value};
use super::url;

/// Units behind a digit have at most so many bytes.
const LONGEST_UNIT: usize = 16;

/// Memory that is used again.
#[derive(Default)]
pub(super) struct Buffers {
    /// Where the suffixes begin that were cut off, the last one first.
    pub(super) suffixes: Vec<u32>,
}

/// Hands out the tokens of `text[start..end]`, which holds no whitespace, with what is known of each. Where it is known
/// that no ASCII `digits` are in it, no units are looked for behind one.
pub(super) fn split(
    rules: &Rules,
    buffers: &mut Buffers,
    text: &[u8],
    (start, end): (usize, usize),
    digits: bool,
    emit: &mut impl FnMut(usize, usize, Value),
) {
    let whole = end;
    let (mut start, mut end) = (start, end);
    buffers.suffixes.clear();
    let mut value = rules.value(text, start, end);
    while start < end && value.exception() == 0 {
        let prefix = prefix(rules.classes, text, start, end);
        let inner = start + prefix;
        let mut behind = Value::default();
        if prefix > 0 && inner < end {
            behind = rules.value(text, inner, end);
            if behind.exception() != 0 {
                emit(start, inner, rules.value(text, start, inner));
                (start, value) = (inner, behind);
                break;
            }
        }
        let suffix = suffix(rules, text, (inner, end), digits);
        let rest = end - suffix;
        if suffix > 0 && rest > start {
            let before = rules.value(text, start, rest);
            if before.exception() != 0 {
                buffers.suffixes.push(rest as u32);
                (end, value) = (rest, before);
                break;
            }
            value = before;
        }
        if prefix == 0 && suffix == 0 {
            break;
        }
        if prefix > 0 {
            emit(start, inner, rules.value(text, start, inner));
            start = inner;
            value = behind;
        }
        if suffix > 0 {
            buffers.suffixes.push(rest as u32);
            end = rest;
            if prefix > 0 && start < end {
                value = rules.value(text, start, end);
            }
        }
    }
    if start < end {
        if value.exception() != 0 {
            for &(len, value) in rules.exception(value.exception()) {
                emit(start, start + len, value);
                start += len;
            }
        } else if url::is_url(rules.classes, &text[start..end]) {
            emit(start, end, value);
        } else {
            infixes(rules, text, start, end, value, emit);
        }
    }
    while let Some(suffix) = buffers.suffixes.pop() {
        let start = suffix as usize;
        let end = buffers.suffixes.last().map_or(whole, |&next| next as usize);
        emit(start, end, rules.value(text, start, end));
    }
}

/// How many full stops follow each other from `start` on.
fn dots(text: &[u8], start: usize, end: usize) -> usize {
    text[start..end].iter().take_while(|&&b| b == b'.').count()
}

/// Bytes that are cut off in front.
fn prefix(classes: &Classes, text: &[u8], start: usize, end: usize) -> usize {
    let next = |i: usize| text[start..end].get(i).copied().unwrap_or(0);
    match text[start] {
        b'.' => match dots(text, start, end) {
            1 => 0,
            n => n,
        },
        b'+' => usize::from(!next(1).is_ascii_digit()),
        b'U' => 3 * usize::from(next(1) == b'S' && next(2) == b'$'),
        b'A' | b'C' => 2 * usize::from(next(1) == b'$'),
        _ => {
            let (class, len) = classes.at(text, start);
            len * usize::from(class & PREFIX != 0)
        }
    }
}

/// Bytes that are cut off behind: of what `text[start..end]` ends with, the longest that a rule names.
fn suffix(rules: &Rules, text: &[u8], (start, end): (usize, usize), digits: bool) -> usize {
    if start == end {
        return 0;
    }
    let classes = rules.classes;
    let last = text[end - 1];
    if last == b'.' {
        let dots = text[start..end].iter().rev().take_while(|&&b| b == b'.');
        return match dots.count() {
            1 => usize::from(ends_with_stop(classes, text, start, end - 1)),
            n => n,
        };
    }
    let (class, len) = classes.before(text, end);
    let mut longest = len * usize::from(class & SUFFIX != 0);
    if last | 0x20 == b's' {
        let before = &text[start..end - 1];
        if before.ends_with(b"'") {
            longest = 2;
        } else if before.ends_with("’".as_bytes()) {
            longest = 4;
        }
    }
    if len > 1 && text[start..end].ends_with("……".as_bytes()) {
        longest = 2 * len;
    }
    if !digits {
        return longest;
    }
    let near = start.max(end.saturating_sub(LONGEST_UNIT));
    let digit = text[near..end].iter().rposition(u8::is_ascii_digit);
    if let Some(digit) = digit {
        let unit = near + digit + 1;
        if end - unit > longest && rules.is_after_digit(&text[unit..end]) {
            longest = end - unit;
        }
    }
    longest
}

/// Whether a single full stop behind `text[start..end]` is a suffix.
fn ends_with_stop(classes: &Classes, text: &[u8], start: usize, end: usize) -> bool {
    if start == end {
        return false;
    }
    let (class, len) = classes.before(text, end);
    if class & DOT != 0 {
        return true;
    }
    if start == end - len {
        return false;
    }
    let (before, _) = classes.before(text, end - len);
    class & before & UPPER != 0
        || matches!(text[end - 1], b'F' | b'C' | b'K')
            && text[start..end - 1].ends_with("°".as_bytes())
}

/// ASCII characters that may be infixes.
const CANDIDATES: [bool; 128] = {
    let mut candidates = [false; 128];
    let all = b".+-*^,~:<>=/";
    let mut i = 0;
    while i < all.len() {
        candidates[all[i] as usize] = true;
        i += 1;
    }
    candidates
};

/// Cuts at infixes.
fn infixes(
    rules: &Rules,
    text: &[u8],
    start: usize,
    end: usize,
    value: Value,
    emit: &mut impl FnMut(usize, usize, Value),
) {
    let classes = rules.classes;
    let mut token = start;
    let mut at = start;
    while at < end {
        let byte = text[at];
        if byte < 0x80 && !CANDIDATES[usize::from(byte)] {
            at += 1;
            continue;
        }
        let (class, len) = classes.at(text, at);
        let infix = infix(classes, text, (start, at, end), class, len);
        if infix > 0 && at > start {
            if at > token {
                emit(token, at, rules.value(text, token, at));
            }
            emit(at, at + infix, rules.value(text, at, at + infix));
            token = at + infix;
        }
        at += if infix > 0 { infix } else { len };
    }
    if token == start {
        emit(start, end, value);
    } else if token < end {
        emit(token, end, rules.value(text, token, end));
    }
}

/// Bytes of the infix that begins at a character, which has a class and a length.
fn infix(
    classes: &Classes,
    text: &[u8],
    (start, at, end): (usize, usize, usize),
    class: u32,
    len: usize,
) -> usize {
    if class & INFIX != 0 {
        return len;
    }
    let before = || {
        if at > start {
            classes.before(text, at).0
        } else {
            0
        }
    };
    let behind = |at: usize| if at < end { classes.at(text, at).0 } else { 0 };
    let digit_before = at > start && text[at - 1].is_ascii_digit();
    let byte = text[at];
    if byte == b'.' {
        return match dots(text, at, end) {
            1 if before() & (LOWER | QUOTE) != 0 && behind(at + 1) & (UPPER | QUOTE) != 0 => 1,
            1 => 0,
            n => n,
        };
    }
    let next = if at + 1 < end { text[at + 1] } else { 0 };
    if matches!(byte, b'+' | b'-' | b'*' | b'^')
        && digit_before
        && (next.is_ascii_digit() || next == b'-')
    {
        return 1;
    }
    match byte {
        b',' => usize::from(before() & ALPHA != 0 && behind(at + 1) & ALPHA != 0),
        b':' | b'<' | b'>' | b'=' | b'/' => {
            usize::from((digit_before || before() & ALPHA != 0) && behind(at + 1) & ALPHA != 0)
        }
        b'-' | b'~' | 0xE2 if digit_before || before() & ALPHA != 0 => {
            let rest = &text[at..end];
            ["-", "–", "—", "--", "---", "——", "~"]
                .into_iter()
                .filter(|hyphen| rest.starts_with(hyphen.as_bytes()))
                .map(str::len)
                .find(|&len| behind(at + len) & ALPHA != 0)
                .unwrap_or(0)
        }
        _ => 0,
    }
}
