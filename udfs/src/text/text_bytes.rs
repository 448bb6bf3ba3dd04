//! Bytes of the text in UTF-8.

use corpusql_text::{Input, Measure, Needs, Signal};

/// The signal.
pub(super) static SIGNAL: Signal = Signal {
    name: "text_bytes",
    definition: "Bytes of the text in UTF-8.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: "CorpuSQL",
    example: ("text_bytes('naïve')", "6"),
    version: 1,
    needs: Needs::NONE,
    measure: Measure::Int(|d| i64::try_from(d.row().text.len()).ok()),
};
