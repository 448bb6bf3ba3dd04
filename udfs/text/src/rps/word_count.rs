//! Normalised words: what is left between spaces when ASCII punctuation is deleted.

use super::SOURCE;
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_word_count",
    definition: "Normalised words: what is left between spaces when ASCII punctuation is deleted.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_doc_word_count('The cat sat.')", "3"),
    version: 1,
    needs: Needs::WORDS,
    measure: Measure::Int(|d| Some(d.words() as i64)),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn punctuation_is_deleted_and_glues() {
        assert_eq!(value(&SIGNAL, "well-known U.S. a / b"), Some(4.0));
        assert_eq!(value(&SIGNAL, "a \u{2014} b"), Some(3.0));
        assert_eq!(value(&SIGNAL, "a\u{1c}b\u{200b}c"), Some(2.0));
        assert_eq!(value(&SIGNAL, "\u{2000}\u{2001}"), Some(0.0));
        assert_eq!(value(&SIGNAL, ""), Some(0.0));
    }
}
