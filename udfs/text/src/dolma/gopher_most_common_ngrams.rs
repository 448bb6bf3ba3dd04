//! The most common n-gram of words, of 2 to 4: one formula, three attributes of `gopher_v1`; `gopher_v2` has the
//! same.

use super::{SOURCE, ratio};
use crate::document::{Document, Needs};
use crate::signal::{Input, Measure, Signal};

const fn signal<const N: usize>(
    name: &'static str,
    example: (&'static str, &'static str),
) -> Signal {
    Signal {
        name,
        definition: "Characters of the words of the most common n-gram, times its occurrences (overlaps included, so that the value can exceed 1), per character of all words; the first of equally common ones, even if it occurs once; n is in the name.",
        undefined: "fewer than n words: there is no attribute then",
        range: (0.0, f64::INFINITY),
        inputs: &[Input::Text],
        source: SOURCE,
        example,
        version: 1,
        needs: Needs::SPACED_TOP_GRAMS,
        measure: Measure::Float(measure::<N>),
    }
}

fn measure<const N: usize>(document: &Document<'_>) -> Option<f64> {
    let spaced = document.spaced();
    let gram = spaced.top_gram(N)?;
    Some(ratio(
        gram.count * gram.chars,
        spaced.found.counts.word_chars,
    ))
}

/// N-grams of 2 words.
pub static SIGNAL_2: Signal = signal::<2>(
    "dolma_gopher_v1_fraction_of_characters_in_most_common_2grams",
    (
        "dolma_gopher_v1_fraction_of_characters_in_most_common_2grams('a b c a b d e f g h')",
        "0.4",
    ),
);
/// N-grams of 3 words.
pub static SIGNAL_3: Signal = signal::<3>(
    "dolma_gopher_v1_fraction_of_characters_in_most_common_3grams",
    (
        "dolma_gopher_v1_fraction_of_characters_in_most_common_3grams('a b c d a b c d')",
        "0.75",
    ),
);
/// N-grams of 4 words.
pub static SIGNAL_4: Signal = signal::<4>(
    "dolma_gopher_v1_fraction_of_characters_in_most_common_4grams",
    (
        "dolma_gopher_v1_fraction_of_characters_in_most_common_4grams('a b c d e')",
        "0.8",
    ),
);

#[cfg(test)]
mod tests {
    use super::{SIGNAL_2, SIGNAL_3, SIGNAL_4};
    use crate::testing::value;

    #[test]
    fn the_first_of_equals_counts() {
        assert_eq!(value(&SIGNAL_2, "aa b c dddd"), Some(3.0 / 8.0));
        assert_eq!(value(&SIGNAL_2, "x y aa b c aa b c"), Some(6.0 / 10.0));
        assert_eq!(value(&SIGNAL_3, "a a a a"), Some(6.0 / 4.0));
    }

    #[test]
    fn needs_enough_words() {
        assert_eq!(value(&SIGNAL_2, "a"), None);
        assert_eq!(value(&SIGNAL_3, "a b"), None);
        assert_eq!(value(&SIGNAL_4, ""), None);
    }
}
