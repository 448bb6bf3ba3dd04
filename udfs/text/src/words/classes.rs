//! What the splitters and filters of this family tell apart about characters, as bits.
//!
//! `data/spacy_en.txt` has the classes of spaCy's rules, `data/words14.txt` those of datatrove and of Unicode. The
//! table is made from them when the first text needs it.

use std::sync::LazyLock;

use crate::unicode::{CHARS, Pages, decode};

/// A letter to spaCy: its `ALPHA`.
pub(crate) const ALPHA: u32 = 1;
/// A lowercase or uncased letter to spaCy.
pub(crate) const LOWER: u32 = 1 << 1;
/// An uppercase or uncased letter to spaCy.
pub(crate) const UPPER: u32 = 1 << 2;
/// A quotation mark to spaCy.
pub(crate) const QUOTE: u32 = 1 << 3;
/// A full stop behind it is a suffix.
pub(crate) const DOT: u32 = 1 << 4;
/// Is cut off in front.
pub(crate) const PREFIX: u32 = 1 << 5;
/// Is cut off behind.
pub(crate) const SUFFIX: u32 = 1 << 6;
/// Is a token wherever it stands.
pub(crate) const INFIX: u32 = 1 << 7;
/// Ends a sentence to spaCy's sentencizer.
pub(crate) const SENTENCE: u32 = 1 << 8;
/// In datatrove's `PUNCTUATION`.
pub(crate) const PUNCTUATION: u32 = 1 << 9;
/// In datatrove's `TERMINAL_PUNCTUATION`.
pub(crate) const TERMINAL: u32 = 1 << 10;
/// A letter to Python: `str.isalpha`.
pub(crate) const ALPHABETIC: u32 = 1 << 11;
/// A decimal digit to Python: `\d`.
pub(crate) const DECIMAL: u32 = 1 << 12;
/// Of a category P.
pub(crate) const PUNCT: u32 = 1 << 13;
/// Of the category Mn.
pub(crate) const MARK: u32 = 1 << 14;
/// A decimal digit to datatrove's numbers.
pub(crate) const NUMBER: u32 = 1 << 15;

const SETS: [(&str, u32); 16] = [
    ("alpha", ALPHA),
    ("lower", LOWER),
    ("upper", UPPER),
    ("quote", QUOTE),
    ("dot", DOT),
    ("prefix", PREFIX),
    ("suffix", SUFFIX),
    ("infix", INFIX),
    ("sentence", SENTENCE),
    ("punctuation", PUNCTUATION),
    ("terminal", TERMINAL),
    ("alphabetic", ALPHABETIC),
    ("decimal", DECIMAL),
    ("punct", PUNCT),
    ("mark", MARK),
    ("number", NUMBER),
];

/// The data of spaCy's rules.
pub(crate) const SPACY_EN: &str = include_str!("../../data/spacy_en.txt");
const WORDS14: &str = include_str!("../../data/words14.txt");

static CLASSES: LazyLock<Classes> = LazyLock::new(Classes::new);

/// The classes of all characters.
pub(crate) struct Classes {
    ascii: [u32; 128],
    all: Pages<u32>,
}

impl Classes {
    /// The table of the process.
    pub(crate) fn get() -> &'static Self {
        &CLASSES
    }

    fn new() -> Self {
        let mut all = vec![0; CHARS];
        let hex = |s: &str| usize::from_str_radix(s, 16).unwrap_or(0);
        for source in [SPACY_EN, WORDS14] {
            let mut class = 0;
            for line in source.lines() {
                if let Some(name) = line.strip_prefix("set ") {
                    class = SETS.iter().find(|set| set.0 == name).map_or(0, |set| set.1);
                } else if line.starts_with("list ") {
                    break;
                } else if let Some((first, last)) = line.split_once('-').filter(|_| class != 0) {
                    for bits in &mut all[hex(first)..=hex(last)] {
                        *bits |= class;
                    }
                }
            }
        }
        let mut ascii = [0; 128];
        ascii.copy_from_slice(&all[..128]);
        Self {
            ascii,
            all: Pages::new(&all),
        }
    }

    /// The class bits of an ASCII character.
    #[inline(always)]
    pub(crate) fn ascii(&self, byte: u8) -> u32 {
        self.ascii[usize::from(byte & 0x7F)]
    }

    /// The class bits of a character.
    #[inline(always)]
    pub(crate) fn of(&self, code: u32) -> u32 {
        self.all.get(code)
    }

    /// The class bits of the character at a byte, and its length in bytes.
    #[inline(always)]
    pub(crate) fn at(&self, text: &[u8], at: usize) -> (u32, usize) {
        let byte = text[at];
        if byte < 0x80 {
            return (self.ascii(byte), 1);
        }
        let (code, len) = decode(text, at);
        (self.of(code), len)
    }

    /// The class bits of the character that ends before a byte, and its length in bytes.
    #[inline(always)]
    pub(crate) fn before(&self, text: &[u8], end: usize) -> (u32, usize) {
        let byte = text[end - 1];
        if byte < 0x80 {
            return (self.ascii(byte), 1);
        }
        let start = char_start(text, end);
        (self.of(decode(text, start).0), end - start)
    }
}

/// Where the character beyond ASCII begins that ends before a byte of valid UTF-8.
#[inline(always)]
pub(crate) fn char_start(text: &[u8], end: usize) -> usize {
    let mut start = end - 1;
    while start > 0 && text[start] & 0xC0 == 0x80 {
        start -= 1;
    }
    start
}

#[cfg(test)]
mod tests {
    use super::{ALPHA, Classes, INFIX, PREFIX, SENTENCE, SUFFIX, TERMINAL};

    #[test]
    fn every_set_is_there() {
        let classes = Classes::get();
        let mut seen = 0;
        for c in '\0'..=char::MAX {
            seen |= classes.of(c as u32);
        }
        assert_eq!(seen, 0xFFFF);
        let of = |c: char| classes.of(c as u32);
        assert_eq!(of('.') & (PREFIX | SUFFIX | INFIX), 0);
        assert_eq!(of('.') & (SENTENCE | TERMINAL), SENTENCE | TERMINAL);
        assert_eq!(of('“') & (PREFIX | SUFFIX), PREFIX | SUFFIX);
        assert_eq!(of('ß') & ALPHA, ALPHA);
        assert_eq!(of('1') & ALPHA, 0);
    }
}
