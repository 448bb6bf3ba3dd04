//! Distinct normalised words per normalised word.

use super::SOURCE;
use crate::document::Needs;
use crate::round::fraction;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_frac_unique_words",
    definition: "Distinct normalised words per normalised word. Rounded to 8 decimals.",
    undefined: "no normalised words",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_doc_frac_unique_words('the cat, the dog')", "0.75"),
    version: 1,
    needs: Needs::VOCABULARY,
    measure: Measure::Float(|d| fraction(d.word_counts().len() as u64, d.words())),
};
