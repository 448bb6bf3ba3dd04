//! Characters with a numeric value per character of the normalised line, for each line.

use super::SOURCE;
use crate::document::{Document, Line, Needs};
use crate::round::fraction;
use crate::signal::{Input, Measure, Signal};

const NEEDS: Needs = Needs::LINE_CONTENT;

/// The values of all lines.
pub static SIGNAL: Signal = Signal {
    name: "rps_lines_numerical_chars_fraction",
    definition: "Characters with a numeric value per character of the normalised line, for each line. Rounded to 8 decimals; 0.0 when nothing is left of the line",
    undefined: "never; the list of an empty text is empty",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: (
        "rps_lines_numerical_chars_fraction('10 cats')",
        "[0.28571429]",
    ),
    version: 1,
    needs: NEEDS,
    measure: Measure::FloatList(|d, out| out.extend(d.lines().map(|line| Some(score(line))))),
};

/// Their sum.
pub static SUM: Signal = Signal {
    name: "rps_lines_numerical_chars_fraction_sum",
    definition: "The sum of rps_lines_numerical_chars_fraction over the lines, in their order; 0.0 without lines.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: "CorpuSQL",
    example: (
        "rps_lines_numerical_chars_fraction_sum('10 cats')",
        "0.28571429",
    ),
    version: 1,
    needs: NEEDS,
    measure: Measure::Float(|d| Some(sum(d))),
};

fn score(line: Line) -> f64 {
    fraction(line.numerals.into(), line.content_chars()).unwrap_or(0.0)
}

fn sum(document: &Document<'_>) -> f64 {
    document.lines().map(score).fold(0.0, |sum, x| sum + x)
}

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::list;

    #[test]
    fn all_numerals_count_in_decomposed_text() {
        assert_eq!(
            list(&SIGNAL, "½ é\n...\n三"),
            [Some(0.25), Some(0.0), Some(1.0)]
        );
        assert_eq!(list(&SIGNAL, "ↅ"), [Some(1.0)]);
    }
}
