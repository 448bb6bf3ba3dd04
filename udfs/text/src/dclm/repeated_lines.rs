//! Lines and paragraphs that occur twice, all copies counted.

use super::{fraction, ratio, signal};
use crate::document::{Document, Needs};
use crate::signal::{Measure, Signal};
use crate::view::spaced::Lines;

const fn repeated(
    name: &'static str,
    definition: &'static str,
    undefined: &'static str,
    example: (&'static str, &'static str),
    measure: fn(&Document<'_>) -> Option<f64>,
) -> Signal {
    let measure = Measure::Float(measure);
    let needs = Needs::SPACED_PARAGRAPHS;
    fraction(signal(name, definition, undefined, example, needs, measure))
}

fn lines<'d>(document: &'d Document<'_>) -> &'d Lines {
    &document.spaced().lines
}

/// Lines.
pub static LINES: Signal = repeated(
    "dclm_duplicate_line_fraction",
    "Lines that occur at least twice, the first of them included, per line.",
    "no lines",
    (
        "dclm_duplicate_line_fraction('a' || chr(10) || 'b' || chr(10) || ' a')",
        "0.6666666666666666",
    ),
    |d| ratio(lines(d).repeated_filled.pieces, lines(d).counts.filled),
);

/// Paragraphs.
pub static PARAGRAPHS: Signal = repeated(
    "dclm_duplicate_paragraph_fraction",
    "Paragraphs that occur at least twice, the first of them included, per paragraph.",
    "no paragraphs",
    (
        "dclm_duplicate_paragraph_fraction('a' || chr(10) || chr(10) || 'a')",
        "1.0",
    ),
    |d| {
        ratio(
            lines(d).repeated_paragraphs.pieces,
            lines(d).counts.paragraphs,
        )
    },
);

/// Characters of lines.
pub static LINE_CHARACTERS: Signal = repeated(
    "dclm_duplicate_line_char_fraction",
    "Characters of lines that occur at least twice, the first of them included, per character of all lines.",
    "no lines",
    (
        "dclm_duplicate_line_char_fraction('a' || chr(10) || 'bb' || chr(10) || ' a')",
        "0.5",
    ),
    |d| ratio(lines(d).repeated_filled.chars, lines(d).counts.filled_chars),
);

/// Characters of paragraphs.
pub static PARAGRAPH_CHARACTERS: Signal = repeated(
    "dclm_duplicate_paragraph_char_fraction",
    "Characters of paragraphs that occur at least twice, the first of them included, per character of all paragraphs.",
    "no paragraphs",
    (
        "dclm_duplicate_paragraph_char_fraction('a b' || chr(10) || chr(10) || 'a')",
        "0.0",
    ),
    |d| {
        ratio(
            lines(d).repeated_paragraphs.chars,
            lines(d).counts.paragraph_chars,
        )
    },
);

#[cfg(test)]
mod tests {
    use super::{LINE_CHARACTERS, LINES, PARAGRAPH_CHARACTERS, PARAGRAPHS};
    use crate::testing::value;

    #[test]
    fn lines_are_compared_without_spaces_at_their_ends() {
        let text = "é é\n\u{3000}é é \n\nxx\n \n";
        assert_eq!(value(&LINES, text), Some(2.0 / 3.0));
        assert_eq!(value(&LINE_CHARACTERS, text), Some(6.0 / 8.0));
        assert_eq!(value(&LINES, "one line"), Some(0.0));
        assert_eq!(value(&LINES, "\n \n"), None);
        assert_eq!(value(&LINE_CHARACTERS, ""), None);
    }

    #[test]
    fn paragraphs_are_between_two_line_feeds() {
        // A line of spaces does not end a paragraph; three line feeds are one border and one space.
        let text = "\n a\nb\n\n\na\nb \n\nc\n \nc";
        assert_eq!(value(&PARAGRAPHS, text), Some(2.0 / 3.0));
        assert_eq!(value(&PARAGRAPH_CHARACTERS, text), Some(6.0 / 11.0));
        assert_eq!(value(&PARAGRAPHS, "a\nb"), Some(0.0));
        assert_eq!(value(&PARAGRAPHS, "\n\n\n\n"), None);
        assert_eq!(value(&PARAGRAPH_CHARACTERS, " "), None);
    }
}
