//! Second and later copies of lines and paragraphs.

use super::{SOURCE, ratio};
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The share of repeated paragraphs.
pub static DUP_PARA_FRAC: Signal = Signal {
    name: "datatrove_dup_para_frac",
    definition: "Second and later copies of paragraphs, per paragraph; two or more \\n separate paragraphs of the trimmed text.",
    undefined: "the text is empty",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: (
        "datatrove_dup_para_frac(concat('a', chr(10), chr(10), 'a'))",
        "0.5",
    ),
    version: 1,
    needs: Needs::DATATROVE_LINES,
    measure: Measure::Float(|d| {
        let lines = d.datatrove().lines;
        ratio(lines.duplicate_paragraphs, lines.paragraphs)
    }),
};

/// The share of their characters.
pub static DUP_PARA_CHAR_FRAC: Signal = Signal {
    name: "datatrove_dup_para_char_frac",
    definition: "Characters of second and later copies of paragraphs, per character of the text.",
    undefined: "the text is empty",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: (
        "datatrove_dup_para_char_frac(concat('a', chr(10), chr(10), 'a'))",
        "0.25",
    ),
    version: 1,
    needs: Needs::DATATROVE_LINES.union(Needs::CHARS),
    measure: Measure::Float(|d| ratio(d.datatrove().lines.duplicate_paragraph_chars, d.chars())),
};

/// The share of repeated lines.
pub static DUP_LINE_FRAC: Signal = Signal {
    name: "datatrove_dup_line_frac",
    definition: "Second and later copies of lines, per line; runs of \\n separate lines, and one at the start or the end of the text has an empty line before or behind it.",
    undefined: "the text is empty",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("datatrove_dup_line_frac(concat('a', chr(10), 'a'))", "0.5"),
    version: 1,
    needs: Needs::DATATROVE_LINES,
    measure: Measure::Float(|d| {
        let lines = d.datatrove().lines;
        ratio(lines.duplicate_lines, lines.lines)
    }),
};

/// The share of their characters.
pub static DUP_LINE_CHAR_FRAC: Signal = Signal {
    name: "datatrove_dup_line_char_frac",
    definition: "Characters of second and later copies of lines, per character of the text.",
    undefined: "the text is empty",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: (
        "datatrove_dup_line_char_frac(concat('aa', chr(10), 'aa'))",
        "0.4",
    ),
    version: 1,
    needs: Needs::DATATROVE_LINES.union(Needs::CHARS),
    measure: Measure::Float(|d| ratio(d.datatrove().lines.duplicate_line_chars, d.chars())),
};

/// The share of their characters, line feeds aside.
pub static CHAR_DUP_RATIO: Signal = Signal {
    name: "datatrove_char_dup_ratio",
    definition: "Characters of second and later copies of lines that are not blank, per character that is no \\n.",
    undefined: "every line is blank",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("datatrove_char_dup_ratio(concat('a', chr(10), 'a'))", "0.5"),
    version: 1,
    needs: Needs::DATATROVE_LINES
        .union(Needs::CHARS)
        .union(Needs::NEWLINES),
    measure: Measure::Float(|d| {
        let lines = d.datatrove().lines;
        if lines.filled_lines == 0 {
            return None;
        }
        ratio(lines.duplicate_filled_chars, d.chars() - d.newlines())
    }),
};

#[cfg(test)]
mod tests {
    use super::{CHAR_DUP_RATIO, DUP_LINE_CHAR_FRAC, DUP_LINE_FRAC, DUP_PARA_FRAC};
    use crate::testing::value;

    #[test]
    fn the_first_copy_does_not_count() {
        assert_eq!(value(&DUP_LINE_FRAC, "a\n\na\nb\na"), Some(0.5));
        assert_eq!(value(&DUP_LINE_CHAR_FRAC, "a\nä\nä"), Some(0.2));
        assert_eq!(value(&CHAR_DUP_RATIO, " \n \nab\nab\n"), Some(1.0 / 3.0));
        assert_eq!(value(&CHAR_DUP_RATIO, "\n \n"), None);
    }

    #[test]
    fn a_line_feed_at_either_end_has_an_empty_line_behind_it() {
        assert_eq!(value(&DUP_LINE_FRAC, "\na\n\n"), Some(1.0 / 3.0));
        assert_eq!(value(&DUP_LINE_FRAC, "\n\n\n"), Some(0.5));
        assert_eq!(value(&DUP_LINE_FRAC, "a"), Some(0.0));
        assert_eq!(value(&DUP_LINE_FRAC, ""), None);
    }

    #[test]
    fn paragraphs_are_those_of_the_trimmed_text() {
        assert_eq!(
            value(&DUP_PARA_FRAC, "\n\n a\nb\n\n\na\nb\n\na\nb \n\n"),
            Some(2.0 / 3.0)
        );
        assert_eq!(value(&DUP_PARA_FRAC, " \n\n\n "), Some(0.0));
    }
}
