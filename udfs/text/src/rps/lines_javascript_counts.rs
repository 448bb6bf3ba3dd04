//! Words `javascript` among the normalised words of the line, for each line.

use super::SOURCE;
use crate::document::{Document, Line, Needs};
use crate::signal::{Input, Measure, Signal};

const NEEDS: Needs = Needs::LINE_CONTENT;

/// The values of all lines.
pub static SIGNAL: Signal = Signal {
    name: "rps_lines_javascript_counts",
    definition: "Words `javascript` among the normalised words of the line, for each line",
    undefined: "never; the list of an empty text is empty",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_lines_javascript_counts('Enable JavaScript!')", "[1.0]"),
    version: 1,
    needs: NEEDS,
    measure: Measure::FloatList(|d, out| out.extend(d.lines().map(|line| Some(score(line))))),
};

/// Their sum.
pub static SUM: Signal = Signal {
    name: "rps_lines_javascript_counts_sum",
    definition: "The sum of rps_lines_javascript_counts over the lines, in their order; 0.0 without lines.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: "CorpuSQL",
    example: (
        "rps_lines_javascript_counts_sum('Enable JavaScript!')",
        "1.0",
    ),
    version: 1,
    needs: NEEDS,
    measure: Measure::Float(|d| Some(sum(d))),
};

fn score(line: Line) -> f64 {
    f64::from(line.javascript)
}

fn sum(document: &Document<'_>) -> f64 {
    document.lines().map(score).fold(0.0, |sum, x| sum + x)
}

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::list;

    #[test]
    fn punctuation_glues() {
        assert_eq!(
            list(
                &SIGNAL,
                "JavaScript! (javascript)\njava-script javascript-enabled\n\u{201c}javascript\u{201d}"
            ),
            [Some(2.0), Some(1.0), Some(0.0)]
        );
    }
}
