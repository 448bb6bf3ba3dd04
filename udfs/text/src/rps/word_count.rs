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
