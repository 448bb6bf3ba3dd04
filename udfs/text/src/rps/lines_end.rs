//! The character positions behind each raw line, its line feed included: the ends of the published triples.

use super::SOURCE;
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_lines_end",
    definition: "The character positions behind each raw line, its line feed included: the ends of the published triples. Empty for empty text.",
    undefined: "never",
    range: (0.0, u32::MAX as f64),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_lines_end('One.' || chr(10) || 'two')", "[5, 8]"),
    version: 1,
    needs: Needs::LINES,
    measure: Measure::UIntList(|d, out| out.extend(d.lines().iter().map(|line| line.end))),
};
