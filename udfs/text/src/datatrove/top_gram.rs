//! The share of the most frequent n-gram of words, 2 to 4: one formula, three signals.

use super::{SOURCE, ratio};
use crate::document::{Document, Needs};
use crate::signal::{Input, Measure, Signal};

const fn signal<const N: usize>(
    name: &'static str,
    example: (&'static str, &'static str),
) -> Signal {
    Signal {
        name,
        definition: "Characters of the most frequent n-gram of words, joined with spaces (of equally frequent ones the first in the text), times its count, per character of the text; n is in the name. An n-gram that occurs once counts, overlapping occurrences count, and the text may lack the spaces, so it can exceed 1.",
        undefined: "the text has fewer words than n",
        range: (0.0, (2 * N - 1) as f64),
        inputs: &[Input::Text],
        source: SOURCE,
        example,
        version: 1,
        needs: Needs::datatrove_top_gram(N).union(Needs::CHARS),
        measure: Measure::Float(measure::<N>),
    }
}

fn measure<const N: usize>(document: &Document<'_>) -> Option<f64> {
    ratio(document.datatrove().top[N - 2]?, document.chars())
}

/// N-grams of 2 words.
pub static SIGNAL_2: Signal = signal::<2>(
    "datatrove_top_2_gram",
    ("datatrove_top_2_gram('a b a b c d')", "0.5454545454545454"),
);
/// N-grams of 3 words.
pub static SIGNAL_3: Signal = signal::<3>(
    "datatrove_top_3_gram",
    (
        "datatrove_top_3_gram('a b c a b c d')",
        "0.7692307692307693",
    ),
);
/// N-grams of 4 words.
pub static SIGNAL_4: Signal = signal::<4>(
    "datatrove_top_4_gram",
    ("datatrove_top_4_gram('a b c d e')", "0.7777777777777778"),
);

#[cfg(test)]
mod tests {
    use super::{SIGNAL_2, SIGNAL_4};
    use crate::testing::value;

    #[test]
    fn of_equally_frequent_ones_the_first_counts() {
        assert_eq!(value(&SIGNAL_2, "b b a aa b b a aa c d"), Some(6.0 / 21.0));
        assert_eq!(value(&SIGNAL_2, "long words a b"), Some(10.0 / 14.0));
        assert_eq!(value(&SIGNAL_4, "a b c"), None);
        assert_eq!(value(&SIGNAL_2, ""), None);
    }

    #[test]
    fn spaces_are_counted_where_the_text_has_none() {
        assert_eq!(value(&SIGNAL_2, "((("), Some(2.0));
    }
}
