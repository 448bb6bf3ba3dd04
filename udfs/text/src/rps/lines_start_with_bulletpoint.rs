//! Whether the line starts with one of ten bullet characters, leading spaces aside: 1, for each line.

use super::SOURCE;
use crate::document::{Document, Line, Needs};
use crate::signal::{Input, Measure, Signal};

const NEEDS: Needs = Needs::LINE_MARKS;

/// The values of all lines.
pub static SIGNAL: Signal = Signal {
    name: "rps_lines_start_with_bulletpoint",
    definition: "Whether the line starts with one of ten bullet characters, leading spaces aside: 1.0 or 0.0 for each line. `-` and `*` are none",
    undefined: "never; the list of an empty text has one NULL",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_lines_start_with_bulletpoint('• one')", "[1.0]"),
    version: 1,
    needs: NEEDS,
    measure: Measure::FloatList(list),
};

/// Their sum.
pub static SUM: Signal = Signal {
    name: "rps_lines_start_with_bulletpoint_sum",
    definition: "The sum of rps_lines_start_with_bulletpoint over the lines, in their order; 0.0 without lines.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: "CorpuSQL",
    example: ("rps_lines_start_with_bulletpoint_sum('• one')", "1.0"),
    version: 1,
    needs: NEEDS,
    measure: Measure::Float(|d| Some(sum(d))),
};

fn score(line: Line) -> f64 {
    f64::from(u8::from(line.bullet))
}

fn sum(document: &Document<'_>) -> f64 {
    document.lines().map(score).fold(0.0, |sum, x| sum + x)
}

/// The published list of an empty text is not empty: it has one item without a value.
fn list(document: &Document<'_>, out: &mut Vec<Option<f64>>) {
    let lines = document.lines();
    if lines.len() == 0 {
        out.push(None);
    }
    out.extend(lines.map(|line| Some(score(line))));
}

#[cfg(test)]
mod tests {
    use super::{SIGNAL, SUM};
    use crate::testing::{list, value};

    #[test]
    fn an_empty_text_has_one_item_without_a_value() {
        assert_eq!(
            list(&SIGNAL, "• a\n \u{3000}– b\n- c\n* d\n"),
            [Some(1.0), Some(1.0), Some(0.0), Some(0.0)]
        );
        assert_eq!(list(&SIGNAL, ""), [None]);
        assert_eq!(list(&SIGNAL, "\n"), [Some(0.0)]);
        assert_eq!(value(&SUM, ""), Some(0.0));
    }
}
