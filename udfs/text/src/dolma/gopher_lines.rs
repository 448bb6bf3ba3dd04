//! What `gopher_v1` and `gopher_v2` say of lines. The second does not take empty lines between others for
//! lines; it still has an empty first line before a line feed and an empty last one behind.

use super::{SOURCE, ratio};
use crate::document::{Document, Needs};
use crate::signal::{Input, Measure, Signal};
use crate::view::spaced::LineCounts;

const fn signal(
    name: &'static str,
    definition: &'static str,
    example: (&'static str, &'static str),
    needs: Needs,
    measure: fn(&Document<'_>) -> Option<f64>,
) -> Signal {
    Signal {
        name,
        definition,
        undefined: "never",
        range: (0.0, 1.0),
        inputs: &[Input::Text],
        source: SOURCE,
        example,
        version: 1,
        needs,
        measure: Measure::Float(measure),
    }
}

fn lines<'d>(document: &'d Document<'_>) -> &'d LineCounts {
    &document.spaced().lines.counts
}

/// Empty lines that `gopher_v2` knows: at the ends of the text.
fn outer(document: &Document<'_>) -> u64 {
    let text = document.row().text;
    u64::from(text.starts_with('\n')) + u64::from(text.ends_with('\n'))
}

/// Lines that `gopher_v2` knows.
fn line_count(document: &Document<'_>) -> u64 {
    let lines = lines(document);
    lines.lines - lines.empty + outer(document)
}

/// Lines that begin with a bullet point.
pub static BULLETS: Signal = signal(
    "dolma_gopher_v1_fraction_of_lines_starting_with_bullet_point",
    "Lines whose first character is `*` or `-` per line.",
    (
        "dolma_gopher_v1_fraction_of_lines_starting_with_bullet_point('* a' || chr(10) || ' - b')",
        "0.5",
    ),
    Needs::SPACED_LINES,
    |d| Some(ratio(lines(d).bullets, lines(d).lines)),
);

/// The same of `gopher_v2`.
pub static BULLETS_V2: Signal = signal(
    "dolma_gopher_v2_fraction_of_lines_starting_with_bullet_point",
    "Lines whose first character is `*` or `-` per line; empty lines between others are no lines.",
    (
        "dolma_gopher_v2_fraction_of_lines_starting_with_bullet_point('* a' || chr(10) || chr(10) || 'b')",
        "0.5",
    ),
    Needs::SPACED_LINES,
    |d| Some(ratio(lines(d).bullets, line_count(d))),
);

/// Lines that end with an ellipsis.
pub static ELLIPSES: Signal = signal(
    "dolma_gopher_v1_fraction_of_lines_ending_with_ellipsis",
    "Lines whose last character is U+2026 per line; `...` is no ellipsis.",
    (
        "dolma_gopher_v1_fraction_of_lines_ending_with_ellipsis('more…' || chr(10) || 'more...')",
        "0.5",
    ),
    Needs::SPACED_LINES,
    |d| Some(ratio(lines(d).ellipses, lines(d).lines)),
);

/// The same of `gopher_v2`.
pub static ELLIPSES_V2: Signal = signal(
    "dolma_gopher_v2_fraction_of_lines_ending_with_ellipsis",
    "Lines whose last character is U+2026 per line; empty lines between others are no lines.",
    (
        "dolma_gopher_v2_fraction_of_lines_ending_with_ellipsis('more…' || chr(10) || chr(10) || 'b')",
        "0.5",
    ),
    Needs::SPACED_LINES,
    |d| Some(ratio(lines(d).ellipses, line_count(d))),
);

/// Lines that occur twice.
pub static DUPLICATES: Signal = signal(
    "dolma_gopher_v1_fraction_of_duplicate_lines",
    "Lines that occur at least twice, the first of them included, per line; empty lines are lines like others.",
    (
        "dolma_gopher_v1_fraction_of_duplicate_lines('a' || chr(10) || 'b' || chr(10) || 'a' || chr(10) || 'c')",
        "0.5",
    ),
    Needs::SPACED_REPEATED_LINES,
    |d| {
        let empty = lines(d).empty;
        let empty = if empty > 1 { empty } else { 0 };
        Some(ratio(
            d.spaced().lines.repeated.pieces + empty,
            lines(d).lines,
        ))
    },
);

/// The same of `gopher_v2`.
pub static DUPLICATES_V2: Signal = signal(
    "dolma_gopher_v2_fraction_of_duplicate_lines",
    "Lines that occur at least twice, the first of them included, per line; empty lines between others are no lines.",
    (
        "dolma_gopher_v2_fraction_of_duplicate_lines('a' || chr(10) || chr(10) || 'b' || chr(10) || 'a' || chr(10) || 'c')",
        "0.5",
    ),
    Needs::SPACED_REPEATED_LINES,
    |d| {
        let empty = if outer(d) > 1 { 2 } else { 0 };
        Some(ratio(
            d.spaced().lines.repeated.pieces + empty,
            line_count(d),
        ))
    },
);

/// Characters of lines that occur twice.
pub static DUPLICATE_CHARACTERS: Signal = Signal {
    range: (0.0, f64::INFINITY),
    ..signal(
        "dolma_gopher_v1_fraction_of_characters_in_duplicate_lines",
        "Characters of lines that occur at least twice, the first of them and the spaces inside included, per character that is no space: the value can exceed 1. 0.0 without such characters.",
        (
            "dolma_gopher_v1_fraction_of_characters_in_duplicate_lines('a b' || chr(10) || 'a b')",
            "1.5",
        ),
        Needs::SPACED_REPEATED_LINES,
        |d| {
            let spaced = d.spaced();
            Some(ratio(
                spaced.lines.repeated.chars,
                spaced.found.counts.word_chars,
            ))
        },
    )
};

#[cfg(test)]
mod tests {
    use super::{BULLETS, DUPLICATE_CHARACTERS, DUPLICATES, DUPLICATES_V2, ELLIPSES, ELLIPSES_V2};
    use crate::testing::value;

    #[test]
    fn there_is_a_line_behind_the_last_line_feed() {
        assert_eq!(value(&BULLETS, "- a\n"), Some(0.5));
        assert_eq!(value(&BULLETS, ""), Some(0.0));
        assert_eq!(value(&ELLIPSES, "a…\r\nb…\nc…"), Some(2.0 / 3.0));
    }

    #[test]
    fn the_second_version_drops_inner_empty_lines() {
        let text = "\na\n\n\nb…\n";
        assert_eq!(value(&DUPLICATES, text), Some(4.0 / 6.0));
        assert_eq!(value(&DUPLICATES_V2, text), Some(0.5));
        assert_eq!(value(&ELLIPSES_V2, text), Some(0.25));
        assert_eq!(value(&DUPLICATES_V2, "\n\n\n"), Some(1.0));
    }

    #[test]
    fn characters_of_lines_are_more_than_those_of_words() {
        let text = "a b c\na b c";
        assert_eq!(value(&DUPLICATE_CHARACTERS, text), Some(10.0 / 6.0));
        assert_eq!(value(&DUPLICATE_CHARACTERS, "  \n  "), Some(4.0));
        assert_eq!(value(&DUPLICATE_CHARACTERS, "a\nb"), Some(0.0));
    }
}
