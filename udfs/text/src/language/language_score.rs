//! How probable the label of a text is.

use super::{SOURCE, UNDEFINED, best};
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "language_score",
    definition: "The probability of the label that `language_id` gives. fastText adds 0.00001 in its logarithms, so that it can be a little above 1.",
    undefined: UNDEFINED,
    range: (0.0, 1.01),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("language_score('Guten Tag')", "NULL"),
    version: 1,
    needs: Needs::NONE,
    measure: Measure::Float(|d| {
        let (_, answer) = best(&d.row(), d.lists())?;
        Some(answer.probability.into())
    }),
};
