//! What DCLM's rules ask of words.

use super::{fraction, ratio, signal};
use crate::document::{Document, Needs};
use crate::signal::{Measure, Signal};

fn words(document: &Document<'_>) -> u64 {
    document.spaced().found.counts.words
}

/// Words as fastText splits them.
pub static COUNT: Signal = signal(
    "dclm_word_count",
    "Words that begin with a letter or numeral; here, words are what fastText's tokeniser gives: what is between blanks, tabs, line feeds, vertical tabs, form feeds, carriage returns and zero bytes.",
    "never",
    ("dclm_word_count('\"No,\" - 2 of us.')", "3"),
    Needs::SPACED,
    Measure::Int(|d| Some(d.spaced().found.counts.alphanumeric_tokens as i64)),
);

/// The mean length of words.
pub static MEAN_LENGTH: Signal = signal(
    "dclm_mean_word_length",
    "Characters of words per word.",
    "no words",
    ("dclm_mean_word_length('Well, no!')", "4.0"),
    Needs::SPACED,
    Measure::Float(|d| ratio(d.spaced().found.counts.word_chars, words(d))),
);

/// Symbols.
pub static SYMBOL_RATIO: Signal = signal(
    "dclm_symbol_to_word_ratio",
    "Occurrences of `#`, `...`, `. . .` and U+2026 per word.",
    "no words",
    (
        "dclm_symbol_to_word_ratio('#1 and so on. . . or ...')",
        "0.375",
    ),
    Needs::SPACED.union(Needs::SYMBOLS),
    Measure::Float(|d| ratio(d.symbols() + d.spaced().found.counts.spaced_dots, words(d))),
);

/// Words without a letter.
pub static WITHOUT_LETTER: Signal = fraction(signal(
    "dclm_non_alphabetic_word_ratio",
    "Words without a letter of any script per word.",
    "no words",
    ("dclm_non_alphabetic_word_ratio('2 + 2 is 4')", "0.8"),
    Needs::SPACED_DISTINCT,
    Measure::Float(|d| ratio(words(d) - d.spaced().distinct.alphabetic, words(d))),
));

/// Gopher's eight words.
pub static STOP_WORDS: Signal = signal(
    "dclm_stop_word_count",
    "Occurrences of the words the, be, to, of, and, that, have, with, in any case and with nothing attached.",
    "never",
    ("dclm_stop_word_count('The end of the (of) world.')", "3"),
    Needs::SPACED_DISTINCT,
    Measure::Int(|d| Some(d.spaced().distinct.stop_words as i64)),
);

#[cfg(test)]
mod tests {
    use super::{COUNT, MEAN_LENGTH, STOP_WORDS, SYMBOL_RATIO, WITHOUT_LETTER};
    use crate::testing::value;

    #[test]
    fn words_are_counted_as_fasttext_splits_them() {
        // A no-break space does not split, a zero byte does; `(c` and `-` begin otherwise.
        assert_eq!(value(&COUNT, "a\u{a0}b (c - d\0é\n½ _e"), Some(4.0));
        assert_eq!(value(&COUNT, "\u{3000}x \u{1c}y z\u{1c}w"), Some(1.0));
    }

    #[test]
    fn lengths_are_of_words_as_they_stand() {
        assert_eq!(value(&MEAN_LENGTH, "née, ok\u{a0}x"), Some(7.0 / 3.0));
        assert_eq!(value(&MEAN_LENGTH, " \n"), None);
    }

    #[test]
    fn symbols_do_not_overlap() {
        // Six dots are two ellipses, five with blanks between are one.
        assert_eq!(value(&SYMBOL_RATIO, "a#b ...... c"), Some(1.0));
        assert_eq!(value(&SYMBOL_RATIO, ". . . . . x…"), Some(2.0 / 6.0));
        assert_eq!(value(&SYMBOL_RATIO, ". . . . . . x"), Some(2.0 / 7.0));
        assert_eq!(value(&SYMBOL_RATIO, "a. .\n. .b"), Some(0.0));
        assert_eq!(value(&SYMBOL_RATIO, ""), None);
    }

    #[test]
    fn letters_are_of_any_script() {
        assert_eq!(value(&WITHOUT_LETTER, "二 ½ a1 !"), Some(0.5));
        assert_eq!(value(&WITHOUT_LETTER, "x y"), Some(0.0));
    }

    #[test]
    fn stop_words_have_any_case() {
        assert_eq!(value(&STOP_WORDS, "WITH With with, w\u{130}th"), Some(2.0));
        assert_eq!(value(&STOP_WORDS, "thebe of\u{a0}and"), Some(2.0));
    }
}
