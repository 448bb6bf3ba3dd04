//! The patterns that cut a text into pieces, as hand-written matchers.
//!
//! Each matcher's documentation gives its pattern as `tiktoken` 0.14.0 has it. The alternatives are tried
//! in order, as a regular expression tries them. ASCII letters are looked at eight at a time.

use crate::classes::{Classes, HEAD, LETTER, MARK, NEWLINE, NUMBER, SPACE, TAIL};

/// A pattern that matches at every position of a text.
pub(crate) trait Pattern {
    /// Where the piece that starts at `at` ends; `text` is UTF-8 and `at` a boundary before its end.
    fn end(text: &[u8], at: usize, classes: &Classes) -> usize;
}

/// `'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s`
pub(crate) struct Gpt2;

/// `'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s`
pub(crate) struct Cl100k;

/// `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|`
/// `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|`
/// `\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
pub(crate) struct O200k;

impl Pattern for Gpt2 {
    #[inline(always)]
    fn end(text: &[u8], at: usize, classes: &Classes) -> usize {
        let first = text[at];
        // The space before a run belongs to it, if a run of any kind follows.
        let start = at + usize::from(first == b' ');
        if starts_ascii_word(text, start) {
            return letters_end(text, start + 1, classes);
        }
        if first == b'\'' {
            let length = contraction::<false>(text, at);
            if length > 0 {
                return at + length;
            }
        }
        if start == text.len() {
            return start;
        }
        let (class, length) = classes.at(text, start);
        let next = start + length;
        if class & LETTER != 0 {
            letters_end(text, next, classes)
        } else if class & NUMBER != 0 {
            run_end(text, next, classes, |class| class & NUMBER != 0)
        } else if class & SPACE != 0 {
            spaces_end(text, at, classes).end()
        } else {
            punctuation_end(text, next, classes)
        }
    }
}

impl Pattern for Cl100k {
    #[inline(always)]
    fn end(text: &[u8], at: usize, classes: &Classes) -> usize {
        let first = text[at];
        let word = at + usize::from(first == b' ');
        if starts_ascii_word(text, word) {
            return letters_end(text, word + 1, classes);
        }
        if first == b'\'' {
            let length = contraction::<true>(text, at);
            if length > 0 {
                return at + length;
            }
        }
        let (class, length) = classes.at(text, at);
        let next = at + length;
        if class & LETTER != 0 {
            return letters_end(text, next, classes);
        }
        if class & NUMBER != 0 {
            return numbers_end(text, next, classes);
        }
        let (next_class, next_length) = if next < text.len() {
            classes.at(text, next)
        } else {
            (SPACE, 0)
        };
        if class & NEWLINE == 0 && next_class & LETTER != 0 {
            return letters_end(text, next + next_length, classes);
        }
        if class & SPACE == 0 {
            let end = punctuation_end(text, next, classes);
            return bytes_end(text, end, |byte| matches!(byte, b'\r' | b'\n'));
        }
        if first == b' ' && next_class & (SPACE | LETTER | NUMBER) == 0 {
            let end = punctuation_end(text, next + next_length, classes);
            return bytes_end(text, end, |byte| matches!(byte, b'\r' | b'\n'));
        }
        let spaces = spaces_end(text, at, classes);
        match spaces.after_newline {
            Some(end) if !spaces.ends_text => end,
            _ => spaces.end(),
        }
    }
}

impl Pattern for O200k {
    #[inline(always)]
    fn end(text: &[u8], at: usize, classes: &Classes) -> usize {
        let first = text[at];
        let word = at + usize::from(first == b' ');
        if starts_ascii_word(text, word) {
            return contracted(text, word_end(text, word, classes).end);
        }
        let (class, length) = classes.at(text, at);
        let next = at + length;
        if class & LETTER != 0 {
            return contracted(text, word_end(text, at, classes).end);
        }
        if class & NUMBER != 0 {
            return numbers_end(text, next, classes);
        }
        if class & NEWLINE == 0 {
            let word = word_end(text, next, classes);
            if class & MARK != 0 && !word.has_tail {
                // Without a small letter to come, the mark is no prefix but a word itself.
                return contracted(text, next);
            }
            if word.end > next {
                return contracted(text, word.end);
            }
        }
        let after_space = if first == b' ' { next } else { at };
        if after_space < text.len() {
            let (class, length) = classes.at(text, after_space);
            if class & (SPACE | LETTER | NUMBER) == 0 {
                let end = punctuation_end(text, after_space + length, classes);
                return bytes_end(text, end, |byte| matches!(byte, b'\r' | b'\n' | b'/'));
            }
        }
        let spaces = spaces_end(text, at, classes);
        spaces.after_newline.unwrap_or_else(|| spaces.end())
    }
}

/// The length of a contraction (`'s`, `'re`) at the apostrophe at `at`, else 0; in any case if `FOLD`.
#[inline(always)]
fn contraction<const FOLD: bool>(text: &[u8], at: usize) -> usize {
    let byte = |i: usize| {
        let byte = text.get(at + i).copied().unwrap_or(0);
        if FOLD {
            byte.to_ascii_lowercase()
        } else {
            byte
        }
    };
    match (byte(1), byte(2)) {
        (b's' | b'd' | b'm' | b't', _) => 2,
        (b'l', b'l') | (b'v' | b'r', b'e') => 3,
        // The long s, which folds to s.
        (0xC5, 0xBF) if FOLD => 3,
        _ => 0,
    }
}

/// `end`, or the end of the contraction there.
#[inline(always)]
fn contracted(text: &[u8], end: usize) -> usize {
    if text.get(end) == Some(&b'\'') {
        end + contraction::<true>(text, end)
    } else {
        end
    }
}

/// The end of the run of letters that goes on at `at`.
#[inline(always)]
fn letters_end(text: &[u8], mut at: usize, classes: &Classes) -> usize {
    loop {
        let others = !ascii_letters(load8(text, at)) & HIGH_BITS;
        if others != 0 {
            at += first_byte(others);
            break;
        }
        at += 8;
    }
    match text.get(at) {
        Some(0x80..) => run_end(text, at, classes, |class| class & LETTER != 0),
        _ => at,
    }
}

/// What a matcher of words of o200k found.
struct Word {
    /// Where it ends; where it would start, if there is none.
    end: usize,
    /// Whether it ends with a character that may stand in the second half.
    has_tail: bool,
}

/// The word of o200k that starts at `at`: its first half, greedy, then its second, or else its first alone.
#[inline(always)]
fn word_end(text: &[u8], at: usize, classes: &Classes) -> Word {
    let bytes = load8(text, at);
    let heads = first_byte(!ascii_capitals(bytes) & HIGH_BITS);
    if heads < 8 {
        let tails = first_byte(!(ascii_smalls(bytes) >> (8 * heads)) & HIGH_BITS);
        let end = at + heads + tails;
        if heads + tails < 8 && text.get(end).is_none_or(u8::is_ascii) {
            return Word {
                end,
                has_tail: tails > 0,
            };
        }
    }
    long_word_end(text, at, classes)
}

/// [`word_end`] of any characters and length.
fn long_word_end(text: &[u8], at: usize, classes: &Classes) -> Word {
    let mut end = at;
    // Where the first half can be cut so that its last character is the second half.
    let mut tail_end = at;
    while end < text.len() {
        let (class, length) = classes.at(text, end);
        if class & HEAD == 0 {
            if class & TAIL != 0 {
                let end = run_end(text, end + length, classes, |class| class & TAIL != 0);
                return Word {
                    end,
                    has_tail: true,
                };
            }
            break;
        }
        end += length;
        if class & TAIL != 0 {
            tail_end = end;
        }
    }
    let has_tail = tail_end > at;
    Word {
        end: if has_tail { tail_end } else { end },
        has_tail,
    }
}

/// The end of a number of at most three digits, of which the first ends at `at`.
#[inline(always)]
fn numbers_end(text: &[u8], mut at: usize, classes: &Classes) -> usize {
    for _ in 0..2 {
        if at == text.len() {
            break;
        }
        let (class, length) = classes.at(text, at);
        if class & NUMBER == 0 {
            break;
        }
        at += length;
    }
    at
}

/// The end of the run of characters that are neither space nor letter nor number and that goes on at `at`.
#[inline(always)]
fn punctuation_end(text: &[u8], at: usize, classes: &Classes) -> usize {
    run_end(text, at, classes, |class| {
        class & (SPACE | LETTER | NUMBER) == 0
    })
}

/// The end of the run of characters of a class that goes on at `at`.
#[inline(always)]
fn run_end(text: &[u8], mut at: usize, classes: &Classes, belongs: impl Fn(u8) -> bool) -> usize {
    while at < text.len() {
        let (class, length) = classes.at(text, at);
        if !belongs(class) {
            break;
        }
        at += length;
    }
    at
}

/// The end of the run of bytes that goes on at `at`.
#[inline(always)]
fn bytes_end(text: &[u8], mut at: usize, belongs: impl Fn(u8) -> bool) -> usize {
    while text.get(at).is_some_and(|&byte| belongs(byte)) {
        at += 1;
    }
    at
}

/// A run of white space.
struct Spaces {
    /// Where its last character starts, if it is not its only one.
    last: Option<usize>,
    /// Where its last `\r` or `\n` ends.
    after_newline: Option<usize>,
    /// Where it ends.
    after: usize,
    /// Whether it ends the text.
    ends_text: bool,
}

impl Spaces {
    /// The end of the piece where newlines make no difference: the last of several spaces before something
    /// else is left to it.
    #[inline(always)]
    fn end(&self) -> usize {
        match self.last {
            Some(last) if !self.ends_text => last,
            _ => self.after,
        }
    }
}

/// The run of white space at `at`.
#[inline(always)]
fn spaces_end(text: &[u8], at: usize, classes: &Classes) -> Spaces {
    let (mut last, mut after_newline, mut after) = (None, None, at);
    while after < text.len() {
        let (class, length) = classes.at(text, after);
        if class & SPACE == 0 {
            break;
        }
        if after > at {
            last = Some(after);
        }
        after += length;
        if class & NEWLINE != 0 {
            after_newline = Some(after);
        }
    }
    Spaces {
        last,
        after_newline,
        after,
        ends_text: after == text.len(),
    }
}

const ONES: u64 = u64::MAX / 0xFF;
const HIGH_BITS: u64 = 0x80 * ONES;

#[inline(always)]
fn starts_ascii_word(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(u8::is_ascii_alphabetic)
}

/// Eight bytes at `at`; zeros beyond the end.
#[inline(always)]
fn load8(text: &[u8], at: usize) -> u64 {
    match text.get(at..).and_then(<[u8]>::first_chunk) {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => load8_at_end(text, at),
    }
}

#[cold]
fn load8_at_end(text: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    let rest = text.get(at..).unwrap_or_default();
    bytes[..rest.len()].copy_from_slice(rest);
    u64::from_le_bytes(bytes)
}

/// Which byte has its high bit set first; 8 if none has.
#[inline(always)]
fn first_byte(high_bits: u64) -> usize {
    high_bits.trailing_zeros() as usize / 8
}

/// The high bits of the bytes within `first..=last`, which are ASCII.
#[inline(always)]
fn within(bytes: u64, first: u8, last: u8) -> u64 {
    let low = bytes & !HIGH_BITS;
    let from_first = low + u64::from(0x80 - first) * ONES;
    let beyond_last = low + u64::from(0x7F - last) * ONES;
    from_first & !beyond_last & !bytes & HIGH_BITS
}

#[inline(always)]
fn ascii_capitals(bytes: u64) -> u64 {
    within(bytes, b'A', b'Z')
}

#[inline(always)]
fn ascii_smalls(bytes: u64) -> u64 {
    within(bytes, b'a', b'z')
}

#[inline(always)]
fn ascii_letters(bytes: u64) -> u64 {
    within(bytes | (0x20 * ONES), b'a', b'z')
}
