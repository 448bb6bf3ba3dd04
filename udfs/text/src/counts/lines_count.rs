//! Raw lines: a line ends behind a line feed or at the end of the text.

use super::SOURCE;
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_lines_count",
    definition: "Raw lines: a line ends behind a line feed or at the end of the text.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_lines_count('One.' || chr(10) || 'two')", "2"),
    version: 1,
    needs: Needs::NEWLINES,
    measure: Measure::Int(|d| Some(d.line_count() as i64)),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn a_last_line_feed_adds_none() {
        assert_eq!(value(&SIGNAL, ""), Some(0.0));
        assert_eq!(value(&SIGNAL, "a\n"), Some(1.0));
        assert_eq!(value(&SIGNAL, "a\nb"), Some(2.0));
    }
}
