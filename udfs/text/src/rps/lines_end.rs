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
    measure: Measure::UIntList(|d, out| out.extend(d.lines().map(|line| line.end))),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::list;

    #[test]
    fn only_line_feeds_end_lines() {
        assert_eq!(
            list(&SIGNAL, "é\r\n\n\u{2028}x"),
            [Some(3.0), Some(4.0), Some(6.0)]
        );
        assert_eq!(list(&SIGNAL, "a\n"), [Some(2.0)]);
        assert_eq!(list(&SIGNAL, "\r"), [Some(1.0)]);
        assert_eq!(list(&SIGNAL, ""), []);
    }
}
