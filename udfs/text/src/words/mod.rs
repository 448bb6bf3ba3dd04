//! Words and sentences, each kind by its own rule and name: nothing is called a word without saying whose.
//!
//! Splitters hand out pieces of the text as they go; no piece is copied.

pub(crate) mod classes;
mod functions;
pub mod punkt_like;
pub mod simplify;
pub mod spacy_en;
pub mod splitters;

use crate::transform::{PiecesFunction, TextFunction};
use crate::unicode::{Tables, class};

/// The splitters.
pub static PIECES: &[&PiecesFunction] = &[
    &functions::WHITESPACE_WORDS,
    &functions::WORDPUNCT_WORDS,
    &functions::UAX29_WORDS,
    &functions::SPACY_EN_WORDS,
    &functions::SPACY_EN_SENTENCES,
    &functions::PUNKT_LIKE_SENTENCES,
];

/// The texts.
pub static TEXTS: &[&TextFunction] = &[&functions::DATATROVE_SIMPLIFIED_TEXT];

/// Whether a character is whitespace to Python.
pub(crate) fn is_space(c: char) -> bool {
    match c {
        '\0'..='\x7F' => matches!(c, '\t'..='\r' | '\x1C'..=' '),
        _ => Tables::get().is_space(c),
    }
}

/// Whether a character is one of words to Python's regular expressions.
pub(crate) fn is_word(c: char) -> bool {
    match c {
        '\0'..='\x7F' => c.is_ascii_alphanumeric() || c == '_',
        _ => Tables::get().class(c as u32) & class::WORD != 0,
    }
}
