//! What the words of a document are like.

use super::{SOURCE, ratio};
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// How many words.
pub static WORD_COUNT: Signal = Signal {
    name: "datatrove_word_count",
    definition: "Words of spaCy's English tokeniser, whatever the language; punctuation marks are words.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("datatrove_word_count('Yes, it does.')", "5"),
    version: 1,
    needs: Needs::DATATROVE_WORDS,
    measure: Measure::Int(|d| i64::try_from(d.datatrove().words).ok()),
};

/// How many words are more than symbols.
pub static NON_SYMBOL_WORD_COUNT: Signal = Signal {
    name: "datatrove_non_symbol_word_count",
    definition: "Words with a character that is in neither PUNCTUATION nor TERMINAL_PUNCTUATION of datatrove.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("datatrove_non_symbol_word_count('Yes, it does.')", "3"),
    version: 1,
    needs: Needs::DATATROVE_VOCABULARY,
    measure: Measure::Int(|d| i64::try_from(d.datatrove().non_symbol_words).ok()),
};

/// Their mean length.
pub static MEAN_WORD_LENGTH: Signal = Signal {
    name: "datatrove_mean_word_length",
    definition: "Mean characters of the words that datatrove_non_symbol_word_count counts.",
    undefined: "no such word",
    range: (1.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("datatrove_mean_word_length('Yes, it does.')", "3.0"),
    version: 1,
    needs: Needs::DATATROVE_VOCABULARY,
    measure: Measure::Float(|d| {
        let facts = d.datatrove();
        ratio(facts.non_symbol_chars, facts.non_symbol_words)
    }),
};

/// The share of words with a letter.
pub static ALPHA_WORD_RATIO: Signal = Signal {
    name: "datatrove_alpha_word_ratio",
    definition: "Words with a letter of any script (Python's isalpha), per word.",
    undefined: "there is no word",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("datatrove_alpha_word_ratio('Yes, it does.')", "0.6"),
    version: 1,
    needs: Needs::DATATROVE_VOCABULARY,
    measure: Measure::Float(|d| ratio(d.datatrove().alpha_words, d.datatrove().words)),
};

/// How many stop words.
pub static STOP_WORD_COUNT: Signal = Signal {
    name: "datatrove_stop_word_count",
    definition: "How many of the words the, be, to, of, and, that, have, with occur; in lower case only, each counts once.",
    undefined: "never",
    range: (0.0, 8.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: (
        "datatrove_stop_word_count('The end of the road, and of the day.')",
        "3",
    ),
    version: 1,
    needs: Needs::DATATROVE_VOCABULARY,
    measure: Measure::Int(|d| i64::try_from(d.datatrove().stop_words).ok()),
};

#[cfg(test)]
mod tests {
    use super::{
        ALPHA_WORD_RATIO, MEAN_WORD_LENGTH, NON_SYMBOL_WORD_COUNT, STOP_WORD_COUNT, WORD_COUNT,
    };
    use crate::testing::value;

    #[test]
    fn symbols_are_words() {
        assert_eq!(value(&WORD_COUNT, "a -- b … $5"), Some(6.0));
        assert_eq!(value(&NON_SYMBOL_WORD_COUNT, "a -- b … $5"), Some(3.0));
        assert_eq!(value(&MEAN_WORD_LENGTH, "das Übel"), Some(3.5));
        assert_eq!(value(&ALPHA_WORD_RATIO, "5 ü ..."), Some(1.0 / 3.0));
    }

    #[test]
    fn nothing_is_divided_by_nothing() {
        for text in ["", " \n "] {
            assert_eq!(value(&WORD_COUNT, text), Some(0.0));
            assert_eq!(value(&MEAN_WORD_LENGTH, text), None);
            assert_eq!(value(&ALPHA_WORD_RATIO, text), None);
        }
        assert_eq!(value(&MEAN_WORD_LENGTH, "!"), None);
        assert_eq!(value(&ALPHA_WORD_RATIO, "!"), Some(0.0));
    }

    #[test]
    fn stop_words_are_told_apart_by_case() {
        assert_eq!(value(&STOP_WORD_COUNT, "The THE to to have."), Some(2.0));
    }
}
