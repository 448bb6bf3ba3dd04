//! Characters in repeated n-grams of words, 5 to 10: one formula, six published names.

use super::SOURCE;
use crate::document::{Document, Needs};
use crate::round::fraction;
use crate::signal::{Input, Measure, Signal};

const fn signal<const N: usize>(
    name: &'static str,
    example: (&'static str, &'static str),
) -> Signal {
    Signal {
        name,
        definition: "Characters of the normalised words that lie in an n-gram which occurs at least twice (every occurrence counts, the first included; each word counts once), per character of all normalised words; n is in the name. Rounded to 8 decimals; 0.0 without such an n-gram.",
        undefined: "never",
        range: (0.0, 1.0),
        inputs: &[Input::Text],
        source: SOURCE,
        example,
        version: 1,
        needs: Needs::duplicate_grams(N),
        measure: Measure::Float(measure::<N>),
    }
}

fn measure<const N: usize>(document: &Document<'_>) -> Option<f64> {
    Some(fraction(document.duplicate_chars(N), document.word_chars()).unwrap_or(0.0))
}

/// N-grams of 5 words.
pub static SIGNAL_5: Signal = signal::<5>(
    "rps_doc_frac_chars_dupe_5grams",
    (
        "rps_doc_frac_chars_dupe_5grams(repeat('a b c d e f g h i j ', 2))",
        "1.0",
    ),
);
/// N-grams of 6 words.
pub static SIGNAL_6: Signal = signal::<6>(
    "rps_doc_frac_chars_dupe_6grams",
    (
        "rps_doc_frac_chars_dupe_6grams(repeat('a b c d e f g h i j ', 2))",
        "1.0",
    ),
);
/// N-grams of 7 words.
pub static SIGNAL_7: Signal = signal::<7>(
    "rps_doc_frac_chars_dupe_7grams",
    (
        "rps_doc_frac_chars_dupe_7grams(repeat('a b c d e f g h i j ', 2))",
        "1.0",
    ),
);
/// N-grams of 8 words.
pub static SIGNAL_8: Signal = signal::<8>(
    "rps_doc_frac_chars_dupe_8grams",
    (
        "rps_doc_frac_chars_dupe_8grams(repeat('a b c d e f g h i j ', 2))",
        "1.0",
    ),
);
/// N-grams of 9 words.
pub static SIGNAL_9: Signal = signal::<9>(
    "rps_doc_frac_chars_dupe_9grams",
    (
        "rps_doc_frac_chars_dupe_9grams(repeat('a b c d e f g h i j ', 2))",
        "1.0",
    ),
);
/// N-grams of 10 words.
pub static SIGNAL_10: Signal = signal::<10>(
    "rps_doc_frac_chars_dupe_10grams",
    (
        "rps_doc_frac_chars_dupe_10grams(repeat('a b c d e f g h i j ', 2))",
        "1.0",
    ),
);

#[cfg(test)]
mod tests {
    use super::{SIGNAL_5, SIGNAL_6, SIGNAL_10};
    use crate::testing::value;

    #[test]
    fn every_occurrence_counts_and_each_word_once() {
        let text = "a b c d e x a b c d e";
        assert_eq!(value(&SIGNAL_5, text), Some(0.90909091));
        assert_eq!(value(&SIGNAL_6, text), Some(0.0));
        assert_eq!(value(&SIGNAL_5, "a a a a a a"), Some(1.0));
        assert_eq!(value(&SIGNAL_10, ""), Some(0.0));
    }

    #[test]
    fn characters_are_counted_not_words() {
        let text = "aa b c d e longest aa b c d e";
        assert_eq!(value(&SIGNAL_5, text), Some(0.63157895));
    }
}
