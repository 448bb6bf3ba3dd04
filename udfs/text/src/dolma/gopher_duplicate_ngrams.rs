//! N-grams of words, of 5 to 10, that occur twice: one formula, six attributes of `gopher_v1`; `gopher_v2` has
//! the same.

use super::{SOURCE, ratio};
use crate::document::{Document, Needs};
use crate::signal::{Input, Measure, Signal};

const fn signal<const N: usize>(
    name: &'static str,
    example: (&'static str, &'static str),
) -> Signal {
    Signal {
        name,
        definition: "Characters of the words of all n-grams that occur at least twice per character of the words of all n-grams, each occurrence counted: a word counts once for each n-gram it is in; n is in the name.",
        undefined: "fewer than n words: there is no attribute then",
        range: (0.0, 1.0),
        inputs: &[Input::Text],
        source: SOURCE,
        example,
        version: 1,
        needs: Needs::SPACED_REPEATED_GRAMS,
        measure: Measure::Float(measure::<N>),
    }
}

fn measure<const N: usize>(document: &Document<'_>) -> Option<f64> {
    let (repeated, all) = document.spaced().repeated_grams(N)?;
    Some(ratio(repeated, all))
}

/// N-grams of 5 words.
pub static SIGNAL_5: Signal = signal::<5>(
    "dolma_gopher_v1_fraction_of_characters_in_duplicate_5grams",
    (
        "dolma_gopher_v1_fraction_of_characters_in_duplicate_5grams('a b c d e f a b c d e f')",
        "0.5",
    ),
);
/// N-grams of 6 words.
pub static SIGNAL_6: Signal = signal::<6>(
    "dolma_gopher_v1_fraction_of_characters_in_duplicate_6grams",
    (
        "dolma_gopher_v1_fraction_of_characters_in_duplicate_6grams('a b c d e f a b c d e f a')",
        "0.5",
    ),
);
/// N-grams of 7 words.
pub static SIGNAL_7: Signal = signal::<7>(
    "dolma_gopher_v1_fraction_of_characters_in_duplicate_7grams",
    (
        "dolma_gopher_v1_fraction_of_characters_in_duplicate_7grams(repeat('a ', 7))",
        "0.0",
    ),
);
/// N-grams of 8 words.
pub static SIGNAL_8: Signal = signal::<8>(
    "dolma_gopher_v1_fraction_of_characters_in_duplicate_8grams",
    (
        "dolma_gopher_v1_fraction_of_characters_in_duplicate_8grams(repeat('a ', 9))",
        "1.0",
    ),
);
/// N-grams of 9 words.
pub static SIGNAL_9: Signal = signal::<9>(
    "dolma_gopher_v1_fraction_of_characters_in_duplicate_9grams",
    (
        "dolma_gopher_v1_fraction_of_characters_in_duplicate_9grams(repeat('a ', 10))",
        "1.0",
    ),
);
/// N-grams of 10 words.
pub static SIGNAL_10: Signal = signal::<10>(
    "dolma_gopher_v1_fraction_of_characters_in_duplicate_10grams",
    (
        "dolma_gopher_v1_fraction_of_characters_in_duplicate_10grams(repeat('a b ', 6))",
        "0.6666666666666666",
    ),
);

#[cfg(test)]
mod tests {
    use super::{SIGNAL_5, SIGNAL_6, SIGNAL_10};
    use crate::testing::value;

    #[test]
    fn every_occurrence_counts_with_all_its_characters() {
        // Seven 5-grams of 5 or, with "longer", 10 characters; the first and the last are equal.
        let text = "a b c d e longer a b c d e";
        assert_eq!(value(&SIGNAL_5, text), Some(10.0 / 60.0));
        assert_eq!(value(&SIGNAL_6, text), Some(0.0));
        assert_eq!(value(&SIGNAL_5, "a b c d"), None);
        assert_eq!(value(&SIGNAL_10, "a b c d e f g h i j"), Some(0.0));
    }
}
