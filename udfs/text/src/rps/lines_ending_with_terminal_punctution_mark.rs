//! Whether the line ends with `, for each line.

use super::SOURCE;
use crate::document::{Document, Line, Needs};
use crate::signal::{Input, Measure, Signal};

const NEEDS: Needs = Needs::LINE_MARKS;

/// The values of all lines.
pub static SIGNAL: Signal = Signal {
    name: "rps_lines_ending_with_terminal_punctution_mark",
    definition: "Whether the line ends with `.`, `!`, `?` or U+201D, trailing spaces aside: 1.0 or 0.0 for each line. The published spelling of the name stays",
    undefined: "never; the list of an empty text is empty",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: (
        "rps_lines_ending_with_terminal_punctution_mark('One.' || chr(10) || 'two')",
        "[1.0, 0.0]",
    ),
    version: 1,
    needs: NEEDS,
    measure: Measure::FloatList(|d, out| out.extend(d.lines().map(|line| Some(score(line))))),
};

/// Their sum.
pub static SUM: Signal = Signal {
    name: "rps_lines_ending_with_terminal_punctution_mark_sum",
    definition: "The sum of rps_lines_ending_with_terminal_punctution_mark over the lines, in their order; 0.0 without lines.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: "CorpuSQL",
    example: (
        "rps_lines_ending_with_terminal_punctution_mark_sum('One.' || chr(10) || 'two')",
        "1.0",
    ),
    version: 1,
    needs: NEEDS,
    measure: Measure::Float(|d| Some(sum(d))),
};

fn score(line: Line) -> f64 {
    f64::from(u8::from(line.terminal))
}

fn sum(document: &Document<'_>) -> f64 {
    document.lines().map(score).fold(0.0, |sum, x| sum + x)
}

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::list;

    #[test]
    fn quotes_and_other_scripts() {
        assert_eq!(
            list(&SIGNAL, "a.\r\nb\u{201d} \nc\"\nd。\n\n"),
            [Some(1.0), Some(1.0), Some(0.0), Some(0.0), Some(0.0)]
        );
        assert_eq!(list(&SIGNAL, ""), []);
    }
}
