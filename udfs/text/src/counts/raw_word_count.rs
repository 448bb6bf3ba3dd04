//! Raw words: the longest runs of word characters, and of other characters that are no space.

use super::SOURCE;
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_raw_word_count",
    definition: "Raw words: the longest runs of word characters, and of other characters that are no space. The denominator of several published signals.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_raw_word_count('The cat sat.')", "4"),
    version: 1,
    needs: Needs::RAW_WORDS,
    measure: Measure::Int(|d| Some(d.raw_words().count as i64)),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn runs_of_two_kinds() {
        assert_eq!(value(&SIGNAL, "don't ..."), Some(4.0));
        assert_eq!(value(&SIGNAL, "e\u{301}a"), Some(3.0));
        assert_eq!(value(&SIGNAL, "a\u{1f}b"), Some(2.0));
    }
}
