//! Words that need no rules of a language.

use unicode_segmentation::UnicodeSegmentation;

use super::is_space;
use crate::unicode::{Tables, class};

/// What whitespace separates: Python's `str.split`.
pub fn whitespace(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// The longest runs of word characters (letters, numerals, `_`) and of other characters that are no whitespace:
/// the expression `\w+|[^\w\s]+`, NLTK's WordPunct and RedPajama-V2's raw words.
pub fn wordpunct(text: &str) -> impl Iterator<Item = &str> {
    let tables = Tables::get();
    let class_of = move |c: char| tables.class(c as u32) & class::WORD != 0;
    whitespace(text).flat_map(move |run| {
        let mut rest = run;
        std::iter::from_fn(move || {
            let word = class_of(rest.chars().next()?);
            let end = rest.find(|c| class_of(c) != word).unwrap_or(rest.len());
            let (piece, behind) = rest.split_at(end);
            rest = behind;
            Some(piece)
        })
    })
}

/// What lies between the word boundaries of UAX #29, whitespace aside.
pub fn uax29(text: &str) -> impl Iterator<Item = &str> {
    text.split_word_bounds()
        .filter(|piece| !piece.chars().all(is_space))
}

#[cfg(test)]
mod tests {
    use super::{uax29, whitespace, wordpunct};

    fn list<'t>(words: impl Iterator<Item = &'t str>) -> Vec<&'t str> {
        words.collect()
    }

    #[test]
    fn whitespace_is_that_of_python() {
        assert_eq!(
            list(whitespace(" a\u{1C}b\u{3000}c \u{200B} ")),
            ["a", "b", "c", "\u{200B}"]
        );
        assert!(list(whitespace(" \n")).is_empty());
    }

    #[test]
    fn marks_are_no_word_characters() {
        assert_eq!(
            list(wordpunct("Don't! u\u{308}_1 …?")),
            ["Don", "'", "t", "!", "u", "\u{308}", "_1", "…?"]
        );
    }

    #[test]
    fn boundaries_keep_numbers_and_contractions_whole() {
        assert_eq!(
            list(uax29("Don't pay 3.14, (ok)")),
            ["Don't", "pay", "3.14", ",", "(", "ok", ")"]
        );
    }
}
