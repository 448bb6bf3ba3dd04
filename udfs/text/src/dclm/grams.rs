//! Repeated n-grams of words: the most frequent one of 2 to 4 words, and all repeated ones of 5 to 10; one formula each,
//! three and six names.

use super::{fraction, signal};
use crate::document::{Document, Needs};
use crate::signal::{Measure, Signal};

/// Since 2, two halfwidth marks (U+FF9E and U+FF9F) behind a space are no words.
const VERSION: u32 = 2;

const fn top<const N: usize>(name: &'static str, example: (&'static str, &'static str)) -> Signal {
    Signal {
        range: (0.0, N as f64),
        version: VERSION,
        ..signal(
            name,
            "Characters of the most frequent n-gram of words by Unicode's rules (UAX #29) that begin with a letter or numeral, of equally frequent ones the longest, times its count, per character of all these words; n is in the name. Overlapping occurrences count, so it can exceed 1. 0.0 when none occurs twice.",
            "never",
            example,
            Needs::UAX29_TOP_GRAMS,
            Measure::Float(measure_top::<N>),
        )
    }
}

fn measure_top<const N: usize>(document: &Document<'_>) -> Option<f64> {
    let words = document.uax29();
    Some(words.top_gram(N).map_or(0.0, |gram| {
        (gram.chars * gram.count) as f64 / words.chars as f64
    }))
}

const fn duplicate<const N: usize>(
    name: &'static str,
    example: (&'static str, &'static str),
) -> Signal {
    let signal = fraction(signal(
        name,
        "Characters of the words by Unicode's rules (UAX #29) that begin with a letter or numeral and lie in an n-gram of them which occurs at least twice (every occurrence counts, the first included; each word counts once), per character of all these words; n is in the name. 0.0 without such an n-gram.",
        "never",
        example,
        Needs::UAX29_DUPLICATE_GRAMS,
        Measure::Float(measure_duplicate::<N>),
    ));
    Signal {
        version: VERSION,
        ..signal
    }
}

fn measure_duplicate<const N: usize>(document: &Document<'_>) -> Option<f64> {
    let words = document.uax29();
    let chars = words.duplicate_chars(N);
    Some(if chars == 0 {
        0.0
    } else {
        chars as f64 / words.chars as f64
    })
}

/// N-grams of 2 words.
pub static TOP_2: Signal = top::<2>(
    "dclm_top_2gram_char_fraction",
    ("dclm_top_2gram_char_fraction('a b, a b c')", "0.8"),
);
/// N-grams of 3 words.
pub static TOP_3: Signal = top::<3>(
    "dclm_top_3gram_char_fraction",
    (
        "dclm_top_3gram_char_fraction('a b c, a b c d')",
        "0.8571428571428571",
    ),
);
/// N-grams of 4 words.
pub static TOP_4: Signal = top::<4>(
    "dclm_top_4gram_char_fraction",
    ("dclm_top_4gram_char_fraction('a b c d (a b c d)')", "1.0"),
);
/// N-grams of 5 words.
pub static DUPLICATE_5: Signal = duplicate::<5>(
    "dclm_duplicate_5gram_char_fraction",
    (
        "dclm_duplicate_5gram_char_fraction(repeat('a, b c d e f g h i j. ', 2))",
        "1.0",
    ),
);
/// N-grams of 6 words.
pub static DUPLICATE_6: Signal = duplicate::<6>(
    "dclm_duplicate_6gram_char_fraction",
    (
        "dclm_duplicate_6gram_char_fraction(repeat('a, b c d e f g h i j. ', 2))",
        "1.0",
    ),
);
/// N-grams of 7 words.
pub static DUPLICATE_7: Signal = duplicate::<7>(
    "dclm_duplicate_7gram_char_fraction",
    (
        "dclm_duplicate_7gram_char_fraction(repeat('a, b c d e f g h i j. ', 2))",
        "1.0",
    ),
);
/// N-grams of 8 words.
pub static DUPLICATE_8: Signal = duplicate::<8>(
    "dclm_duplicate_8gram_char_fraction",
    (
        "dclm_duplicate_8gram_char_fraction(repeat('a, b c d e f g h i j. ', 2))",
        "1.0",
    ),
);
/// N-grams of 9 words.
pub static DUPLICATE_9: Signal = duplicate::<9>(
    "dclm_duplicate_9gram_char_fraction",
    (
        "dclm_duplicate_9gram_char_fraction(repeat('a, b c d e f g h i j. ', 2))",
        "1.0",
    ),
);
/// N-grams of 10 words.
pub static DUPLICATE_10: Signal = duplicate::<10>(
    "dclm_duplicate_10gram_char_fraction",
    (
        "dclm_duplicate_10gram_char_fraction(repeat('a, b c d e f g h i j. ', 2))",
        "1.0",
    ),
);

#[cfg(test)]
mod tests {
    use super::{DUPLICATE_5, DUPLICATE_6, DUPLICATE_10, TOP_2, TOP_3, TOP_4};
    use crate::testing::value;

    #[test]
    fn words_are_unicodes_without_punctuation() {
        // "Don't" and "3.14" are words, "_x" and "(" are none; the pair "Don't 3.14" stands twice: 18 of 19 characters.
        let text = "Don't (3.14) – Don't, _x 3.14! y";
        assert_eq!(value(&TOP_2, text), Some(18.0 / 19.0));
        // Capitals count.
        assert_eq!(value(&TOP_2, "a b A b"), Some(0.0));
    }

    #[test]
    fn of_equally_frequent_ones_the_longest_counts() {
        // "a b" and "cc é" stand twice each, the second has three of 12 characters.
        assert_eq!(value(&TOP_2, "a b x a b y cc é z cc é"), Some(6.0 / 13.0));
        assert_eq!(value(&TOP_2, "cc é z cc é x a b y a b"), Some(6.0 / 13.0));
        assert_eq!(value(&TOP_3, "a b"), Some(0.0));
        assert_eq!(value(&TOP_4, ""), Some(0.0));
        assert_eq!(value(&TOP_4, "..."), Some(0.0));
        assert_eq!(value(&TOP_2, "a a a a"), Some(1.5));
    }

    #[test]
    fn every_occurrence_counts_and_each_word_once() {
        let text = "a b c d e; longest: a b c d e";
        assert_eq!(value(&DUPLICATE_5, text), Some(10.0 / 17.0));
        assert_eq!(value(&DUPLICATE_6, text), Some(0.0));
        assert_eq!(value(&DUPLICATE_5, "a a a a a a"), Some(1.0));
        assert_eq!(value(&DUPLICATE_10, ""), Some(0.0));
    }
}
