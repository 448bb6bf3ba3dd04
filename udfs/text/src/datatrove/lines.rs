//! How lines begin and end, how long they are, and how many there are.

use super::{SOURCE, ratio};
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The share of lines that begin with a bullet.
pub static BULLET_LINE_RATIO: Signal = Signal {
    name: "datatrove_bullet_line_ratio",
    definition: "Lines that begin with U+2022 or -, whitespace aside, per line; lines are those of Python's splitlines.",
    undefined: "the text is empty",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: (
        "datatrove_bullet_line_ratio(concat('- a', chr(10), 'b'))",
        "0.5",
    ),
    version: 1,
    needs: Needs::DATATROVE_LINES,
    measure: Measure::Float(|d| {
        let lines = d.datatrove().lines;
        ratio(lines.bullets, lines.split_lines)
    }),
};

/// The share of lines that end with an ellipsis.
pub static ELLIPSIS_LINE_RATIO: Signal = Signal {
    name: "datatrove_ellipsis_line_ratio",
    definition: "Lines that end with ... or U+2026, whitespace aside, per line; lines are those of Python's splitlines.",
    undefined: "the text is empty",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: (
        "datatrove_ellipsis_line_ratio(concat('more...', chr(10), 'b'))",
        "0.5",
    ),
    version: 1,
    needs: Needs::DATATROVE_LINES,
    measure: Measure::Float(|d| {
        let lines = d.datatrove().lines;
        ratio(lines.ellipses, lines.split_lines)
    }),
};

/// The share of lines that end with a terminal mark.
pub static LINE_PUNCT_RATIO: Signal = Signal {
    name: "datatrove_line_punct_ratio",
    definition: "Lines whose last character, not trimmed, is in datatrove's TERMINAL_PUNCTUATION (no quotation mark is), per line; lines end at \\n, blank ones do not count.",
    undefined: "every line is blank",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: (
        "datatrove_line_punct_ratio(concat('A.', chr(10), 'b'))",
        "0.5",
    ),
    version: 1,
    needs: Needs::DATATROVE_LINES,
    measure: Measure::Float(|d| {
        let lines = d.datatrove().lines;
        ratio(lines.terminal_lines, lines.filled_lines)
    }),
};

/// The share of short lines.
pub static SHORT_LINE_RATIO: Signal = Signal {
    name: "datatrove_short_line_ratio",
    definition: "Lines of at most 30 characters, per line; lines end at \\n, blank ones do not count.",
    undefined: "every line is blank",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: (
        "datatrove_short_line_ratio(concat('A.', chr(10), repeat('b', 31)))",
        "0.5",
    ),
    version: 1,
    needs: Needs::DATATROVE_LINES,
    measure: Measure::Float(|d| {
        let lines = d.datatrove().lines;
        ratio(lines.short_lines, lines.filled_lines)
    }),
};

/// Line feeds per word.
pub static NEWLINE_WORD_RATIO: Signal = Signal {
    name: "datatrove_newline_word_ratio",
    definition: "Characters \\n per word.",
    undefined: "there is no word",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: (
        "datatrove_newline_word_ratio(concat('a', chr(10), 'b'))",
        "0.5",
    ),
    version: 1,
    needs: Needs::NEWLINES.union(Needs::DATATROVE_WORDS),
    measure: Measure::Float(|d| ratio(d.newlines(), d.datatrove().words)),
};

#[cfg(test)]
mod tests {
    use super::{BULLET_LINE_RATIO, ELLIPSIS_LINE_RATIO, LINE_PUNCT_RATIO, SHORT_LINE_RATIO};
    use crate::testing::value;

    #[test]
    fn lines_are_cut_as_each_rule_cuts() {
        assert_eq!(
            value(&BULLET_LINE_RATIO, "• a\r\n -b\u{2028}c\x0B* d"),
            Some(0.5)
        );
        assert_eq!(value(&ELLIPSIS_LINE_RATIO, "a... \nb…\rc"), Some(2.0 / 3.0));
        assert_eq!(
            value(&LINE_PUNCT_RATIO, "a.\n\n \nb.\r\nc.\"\nd。"),
            Some(0.5)
        );
        assert_eq!(value(&LINE_PUNCT_RATIO, " \n"), None);
        assert_eq!(value(&BULLET_LINE_RATIO, ""), None);
    }

    #[test]
    fn thirty_characters_are_short_in_any_script() {
        let text = format!("{}\n{}", "я".repeat(30), "我".repeat(31));
        assert_eq!(value(&SHORT_LINE_RATIO, &text), Some(0.5));
    }
}
