//! The share of the most frequent n-gram of words, 2 to 4: one formula, three published names.

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
        definition: "Characters of the most frequent n-gram of normalised words (of equally frequent ones the first in the text), times its count, per character of all normalised words; n is in the name. Overlapping occurrences count, so it can exceed 1. Rounded to 8 decimals; 0.0 when none occurs twice.",
        undefined: "never",
        range: (0.0, N as f64),
        inputs: &[Input::Text],
        source: SOURCE,
        example,
        version: 1,
        needs: Needs::top_gram(N),
        measure: Measure::Float(measure::<N>),
    }
}

fn measure<const N: usize>(document: &Document<'_>) -> Option<f64> {
    let chars = document
        .top_gram(N)
        .map_or(0, |gram| gram.chars * gram.count);
    Some(fraction(chars, document.word_chars()).unwrap_or(0.0))
}

/// N-grams of 2 words.
pub static SIGNAL_2: Signal = signal::<2>(
    "rps_doc_frac_chars_top_2gram",
    ("rps_doc_frac_chars_top_2gram('a b a b c')", "0.8"),
);
/// N-grams of 3 words.
pub static SIGNAL_3: Signal = signal::<3>(
    "rps_doc_frac_chars_top_3gram",
    (
        "rps_doc_frac_chars_top_3gram('a b c a b c d')",
        "0.85714286",
    ),
);
/// N-grams of 4 words.
pub static SIGNAL_4: Signal = signal::<4>(
    "rps_doc_frac_chars_top_4gram",
    ("rps_doc_frac_chars_top_4gram('a b c d a b c d')", "1.0"),
);

#[cfg(test)]
mod tests {
    use super::{SIGNAL_2, SIGNAL_3, SIGNAL_4};
    use crate::testing::value;

    #[test]
    fn overlapping_occurrences_count() {
        let text = "a ".repeat(12);
        assert_eq!(value(&SIGNAL_2, &text), Some(1.83333333));
        assert_eq!(value(&SIGNAL_3, &text), Some(2.5));
        assert_eq!(value(&SIGNAL_4, &text), Some(3.0));
    }

    #[test]
    fn of_equally_frequent_ones_the_first_counts() {
        assert_eq!(value(&SIGNAL_2, "b b a aa b b a aa c d"), Some(0.33333333));
        assert_eq!(value(&SIGNAL_2, "a b"), Some(0.0));
        assert_eq!(value(&SIGNAL_2, "a"), Some(0.0));
    }
}
