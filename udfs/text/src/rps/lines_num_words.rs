//! Normalised words of the line, for each line.

use super::SOURCE;
use crate::document::{Document, Line, Needs};
use crate::signal::{Input, Measure, Signal};

const NEEDS: Needs = Needs::LINE_WORDS;

/// The values of all lines.
pub static SIGNAL: Signal = Signal {
    name: "rps_lines_num_words",
    definition: "Normalised words of the line, for each line",
    undefined: "never; the list of an empty text is empty",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: (
        "rps_lines_num_words('One.' || chr(10) || 'two')",
        "[1.0, 1.0]",
    ),
    version: 1,
    needs: NEEDS,
    measure: Measure::FloatList(|d, out| out.extend(d.lines().map(|line| Some(score(line))))),
};

/// Their sum.
pub static SUM: Signal = Signal {
    name: "rps_lines_num_words_sum",
    definition: "The sum of rps_lines_num_words over the lines, in their order; 0.0 without lines.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: "CorpuSQL",
    example: ("rps_lines_num_words_sum('One.' || chr(10) || 'two')", "2.0"),
    version: 1,
    needs: NEEDS,
    measure: Measure::Float(|d| Some(sum(d))),
};

fn score(line: Line) -> f64 {
    f64::from(line.words)
}

fn sum(document: &Document<'_>) -> f64 {
    document.lines().map(score).fold(0.0, |sum, x| sum + x)
}

#[cfg(test)]
mod tests {
    use super::{SIGNAL, SUM};
    use crate::testing::{list, value};

    #[test]
    fn empty_lines_have_none() {
        assert_eq!(
            list(&SIGNAL, "a b\n\n - \nc"),
            [Some(2.0), Some(0.0), Some(0.0), Some(1.0)]
        );
        assert_eq!(list(&SIGNAL, ""), []);
        assert_eq!(value(&SUM, "a b\n\nc"), Some(3.0));
        assert_eq!(value(&SUM, ""), Some(0.0));
    }
}
