//! Lines that end with `.

use super::SOURCE;
use crate::document::Needs;
use crate::round::fraction;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_frac_lines_end_with_ellipsis",
    definition: "Lines that end with `...` or U+2026, trailing spaces aside, per line. Rounded to 8 decimals.",
    undefined: "no lines (the text is empty)",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_doc_frac_lines_end_with_ellipsis('More...')", "1.0"),
    version: 1,
    needs: Needs::LINE_MARKS,
    measure: Measure::Float(|d| {
        let lines = d.lines();
        let count = lines.len() as u64;
        let ellipses = lines.filter(|line| line.ellipsis).count();
        fraction(ellipses as u64, count)
    }),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn spaces_behind_do_not_matter() {
        assert_eq!(
            value(&SIGNAL, "a... \r\nb\u{2026}\u{3000}\nc..\nd"),
            Some(0.5)
        );
        assert_eq!(value(&SIGNAL, "a...\""), Some(0.0));
        assert_eq!(value(&SIGNAL, "\n"), Some(0.0));
        assert_eq!(value(&SIGNAL, ""), None);
    }
}
