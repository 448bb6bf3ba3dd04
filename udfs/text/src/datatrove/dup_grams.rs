//! Characters in repeated n-grams of words, 5 to 10: one formula, six signals.

use super::{SOURCE, ratio};
use crate::document::{Document, Needs};
use crate::signal::{Input, Measure, Signal};

const fn signal<const N: usize>(
    name: &'static str,
    example: (&'static str, &'static str),
) -> Signal {
    Signal {
        name,
        definition: "Characters of repeated n-grams of words, per character of the text; n is in the name. From the first word on: n words that read, without spaces, like an n-gram met before are counted and passed over; else their n-gram is remembered and the next one begins one word later.",
        undefined: "the text is empty",
        range: (0.0, 1.0),
        inputs: &[Input::Text],
        source: SOURCE,
        example,
        version: 1,
        needs: Needs::datatrove_duplicate_grams(N).union(Needs::CHARS),
        measure: Measure::Float(measure::<N>),
    }
}

fn measure<const N: usize>(document: &Document<'_>) -> Option<f64> {
    ratio(document.datatrove().duplicate[N - 5], document.chars())
}

/// N-grams of 5 words.
pub static SIGNAL_5: Signal = signal::<5>(
    "datatrove_dup_5_gram",
    (
        "datatrove_dup_5_gram(repeat('a b c d e f g h i j ', 2))",
        "0.25",
    ),
);
/// N-grams of 6 words.
pub static SIGNAL_6: Signal = signal::<6>(
    "datatrove_dup_6_gram",
    (
        "datatrove_dup_6_gram(repeat('a b c d e f g h i j ', 2))",
        "0.15",
    ),
);
/// N-grams of 7 words.
pub static SIGNAL_7: Signal = signal::<7>(
    "datatrove_dup_7_gram",
    (
        "datatrove_dup_7_gram(repeat('a b c d e f g h i j ', 2))",
        "0.175",
    ),
);
/// N-grams of 8 words.
pub static SIGNAL_8: Signal = signal::<8>(
    "datatrove_dup_8_gram",
    (
        "datatrove_dup_8_gram(repeat('a b c d e f g h i j ', 2))",
        "0.2",
    ),
);
/// N-grams of 9 words.
pub static SIGNAL_9: Signal = signal::<9>(
    "datatrove_dup_9_gram",
    (
        "datatrove_dup_9_gram(repeat('a b c d e f g h i j ', 2))",
        "0.225",
    ),
);
/// N-grams of 10 words.
pub static SIGNAL_10: Signal = signal::<10>(
    "datatrove_dup_10_gram",
    (
        "datatrove_dup_10_gram(repeat('a b c d e f g h i j ', 2))",
        "0.25",
    ),
);

#[cfg(test)]
mod tests {
    use super::{SIGNAL_5, SIGNAL_6};
    use crate::testing::value;

    #[test]
    fn the_first_copy_does_not_count() {
        let text = "a b c d e x a b c d e";
        assert_eq!(value(&SIGNAL_5, text), Some(5.0 / 21.0));
        assert_eq!(value(&SIGNAL_6, text), Some(0.0));
        assert_eq!(value(&SIGNAL_5, "a b c d"), Some(0.0));
        assert_eq!(value(&SIGNAL_5, ""), None);
    }

    #[test]
    fn a_repeated_one_is_passed_over() {
        // Once remembered, five a's count from the second word on, and those after them again.
        assert_eq!(value(&SIGNAL_5, "a a a a a a a a a a a"), Some(10.0 / 21.0));
    }

    #[test]
    fn words_may_differ_where_they_read_alike() {
        let text = "alpha beta gamma delta epsilon zeta x alph abeta gamma delta epsilon zeta";
        assert_eq!(value(&SIGNAL_5, text), Some(26.0 / 73.0));
        assert_eq!(value(&SIGNAL_6, text), Some(30.0 / 73.0));
    }
}
