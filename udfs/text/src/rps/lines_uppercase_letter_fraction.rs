//! Characters with property Uppercase per character of the raw line, its line feed included, for each line.

use super::SOURCE;
use crate::document::{Document, Line, Needs};
use crate::round::fraction;
use crate::signal::{Input, Measure, Signal};

const NEEDS: Needs = Needs::LINE_UPPER;

/// The values of all lines.
pub static SIGNAL: Signal = Signal {
    name: "rps_lines_uppercase_letter_fraction",
    definition: "Characters with property Uppercase per character of the raw line, its line feed included, for each line. Rounded to 8 decimals",
    undefined: "never; the list of an empty text is empty",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_lines_uppercase_letter_fraction('ABc')", "[0.66666667]"),
    version: 1,
    needs: NEEDS,
    measure: Measure::FloatList(|d, out| out.extend(d.lines().map(|line| Some(score(line))))),
};

/// Their sum.
pub static SUM: Signal = Signal {
    name: "rps_lines_uppercase_letter_fraction_sum",
    definition: "The sum of rps_lines_uppercase_letter_fraction over the lines, in their order; 0.0 without lines.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: "CorpuSQL",
    example: (
        "rps_lines_uppercase_letter_fraction_sum('ABc')",
        "0.66666667",
    ),
    version: 1,
    needs: NEEDS,
    measure: Measure::Float(|d| Some(sum(d))),
};

fn score(line: Line) -> f64 {
    fraction(line.upper.into(), line.chars.into()).unwrap_or(0.0)
}

fn sum(document: &Document<'_>) -> f64 {
    document.lines().map(score).fold(0.0, |sum, x| sum + x)
}

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::list;

    #[test]
    fn the_line_feed_is_a_character() {
        assert_eq!(list(&SIGNAL, "ABC\nABC"), [Some(0.75), Some(1.0)]);
        assert_eq!(list(&SIGNAL, "Ⅷǅ"), [Some(0.5)]);
    }
}
