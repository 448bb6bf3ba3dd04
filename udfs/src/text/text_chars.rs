//! Characters (code points) of the text.

use corpusql_text::{Input, Measure, Needs, Signal};

/// The signal.
pub(super) static SIGNAL: Signal = Signal {
    name: "text_chars",
    definition: "Characters (code points) of the text.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: "CorpuSQL",
    example: ("text_chars('naïve')", "5"),
    version: 1,
    needs: Needs::CHARS,
    measure: Measure::Int(|d| i64::try_from(d.chars()).ok()),
};
