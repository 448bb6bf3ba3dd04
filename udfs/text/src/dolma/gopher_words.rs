//! What `gopher_v1` says of characters and words; `gopher_v2` says the same.

use super::{SOURCE, ratio};
use crate::document::{Document, Needs};
use crate::signal::{Input, Measure, Signal};

/// What these signals have in common.
const fn signal(
    name: &'static str,
    definition: &'static str,
    example: (&'static str, &'static str),
    needs: Needs,
    measure: Measure,
) -> Signal {
    Signal {
        name,
        definition,
        undefined: "never",
        range: (0.0, f64::INFINITY),
        inputs: &[Input::Text],
        source: SOURCE,
        example,
        version: 1,
        needs,
        measure,
    }
}

const fn fraction(signal: Signal) -> Signal {
    Signal {
        range: (0.0, 1.0),
        ..signal
    }
}

fn words(document: &Document<'_>) -> u64 {
    document.spaced().found.counts.words
}

/// Characters.
pub static CHARACTER_COUNT: Signal = signal(
    "dolma_gopher_v1_character_count",
    "Characters of the text.",
    ("dolma_gopher_v1_character_count('née')", "3"),
    Needs::SPACED,
    Measure::Int(|d| Some(d.spaced().found.counts.chars as i64)),
);

/// Words.
pub static WORD_COUNT: Signal = signal(
    "dolma_gopher_v1_word_count",
    "Words between spaces.",
    ("dolma_gopher_v1_word_count('Well, I never!')", "3"),
    Needs::SPACED,
    Measure::Int(|d| Some(words(d) as i64)),
);

/// The median length of words.
pub static MEDIAN_WORD_LENGTH: Signal = signal(
    "dolma_gopher_v1_median_word_length",
    "The median of the words' lengths in characters, the mean of two in the middle; 0.0 without words.",
    (
        "dolma_gopher_v1_median_word_length('Well, I never!')",
        "5.0",
    ),
    Needs::SPACED_DISTINCT,
    Measure::Float(|d| Some(d.spaced().distinct.median_length())),
);

/// Words with a symbol.
pub static SYMBOL_TO_WORD_RATIO: Signal = fraction(signal(
    "dolma_gopher_v1_symbol_to_word_ratio",
    "Words with `#` or U+2026 (not `...`) per word; 0.0 without words.",
    (
        "dolma_gopher_v1_symbol_to_word_ratio('## two #hash tags')",
        "0.5",
    ),
    Needs::SPACED_DISTINCT,
    Measure::Float(|d| Some(ratio(d.spaced().distinct.symbols, words(d)))),
));

/// Words with a letter.
pub static FRACTION_OF_WORDS_WITH_ALPHA_CHARACTER: Signal = fraction(signal(
    "dolma_gopher_v1_fraction_of_words_with_alpha_character",
    "Words with a letter of any script per word; 0.0 without words.",
    (
        "dolma_gopher_v1_fraction_of_words_with_alpha_character('2 + 2 = four')",
        "0.2",
    ),
    Needs::SPACED_DISTINCT,
    Measure::Float(|d| Some(ratio(d.spaced().distinct.alphabetic, words(d)))),
));

/// Gopher's eight words.
pub static REQUIRED_WORD_COUNT: Signal = signal(
    "dolma_gopher_v1_required_word_count",
    "Occurrences of the words the, be, to, of, and, that, have, with: in lower case and with nothing attached.",
    (
        "dolma_gopher_v1_required_word_count('The end of the (of) world.')",
        "2",
    ),
    Needs::SPACED_DISTINCT,
    Measure::Int(|d| Some(d.spaced().distinct.required as i64)),
);

#[cfg(test)]
mod tests {
    use super::{
        FRACTION_OF_WORDS_WITH_ALPHA_CHARACTER as ALPHA, MEDIAN_WORD_LENGTH as MEDIAN,
        REQUIRED_WORD_COUNT as REQUIRED, SYMBOL_TO_WORD_RATIO as SYMBOLS, WORD_COUNT,
    };
    use crate::testing::value;

    #[test]
    fn spaces_are_those_of_python() {
        let text = "a\u{1c}b\u{85}c\u{a0}d\u{2028}e\u{3000}f\u{200b}g";
        assert_eq!(value(&WORD_COUNT, text), Some(6.0));
        assert_eq!(value(&WORD_COUNT, " \n"), Some(0.0));
    }

    #[test]
    fn the_median_is_of_all_words() {
        assert_eq!(value(&MEDIAN, "a a a bbbb"), Some(1.0));
        assert_eq!(value(&MEDIAN, "a bbbb"), Some(2.5));
        assert_eq!(value(&MEDIAN, "ééé b"), Some(2.0));
        let long = "x".repeat(101) + " " + &"y".repeat(99) + " " + &"z".repeat(300);
        assert_eq!(value(&MEDIAN, &long), Some(101.0));
        assert_eq!(value(&MEDIAN, ""), Some(0.0));
    }

    #[test]
    fn words_are_looked_at_as_they_stand() {
        assert_eq!(value(&SYMBOLS, "# a#b c… ..."), Some(0.75));
        assert_eq!(value(&ALPHA, "1 二 ½ é _ a1 *** ٣"), Some(0.375));
        assert_eq!(value(&REQUIRED, "the The be\0 with, with"), Some(2.0));
    }
}
