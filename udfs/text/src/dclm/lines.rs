//! Lines that begin with a bullet point or end with an ellipsis, counted: DCLM compares the counts with a share of
//! the lines, and so must who wants to decide like it.

use super::signal;
use crate::document::{Document, Needs};
use crate::signal::{Measure, Signal};
use crate::view::spaced::LineCounts;

fn lines<'d>(document: &'d Document<'_>) -> &'d LineCounts {
    &document.spaced().lines.counts
}

/// All of them.
pub static COUNT: Signal = signal(
    "dclm_line_count",
    "Lines.",
    "never",
    (
        "dclm_line_count('a' || chr(10) || ' ' || chr(10) || 'b')",
        "2",
    ),
    Needs::SPACED_LINES,
    Measure::Int(|d| Some(lines(d).filled as i64)),
);

/// Those that begin with a bullet point.
pub static BULLETS: Signal = signal(
    "dclm_bullet_line_count",
    "Lines that begin with `●`, `•`, `*` or `-`.",
    "never",
    ("dclm_bullet_line_count('  * a' || chr(10) || '•')", "2"),
    Needs::SPACED_LINES,
    Measure::Int(|d| Some(lines(d).filled_bullets as i64)),
);

/// Those that end with an ellipsis.
pub static ELLIPSES: Signal = signal(
    "dclm_ellipsis_line_count",
    "Lines that end with `...`, `. . .` or U+2026.",
    "never",
    (
        "dclm_ellipsis_line_count('more... ' || chr(10) || 'more . . .')",
        "2",
    ),
    Needs::SPACED_LINES,
    Measure::Int(|d| Some(lines(d).filled_ellipses as i64)),
);

#[cfg(test)]
mod tests {
    use super::{BULLETS, COUNT, ELLIPSES};
    use crate::testing::value;

    #[test]
    fn lines_are_without_spaces_at_their_ends() {
        let text = "\u{3000}● a\n\n- …\u{2028}\n *\r\n . . . \n◦ x. .";
        assert_eq!(value(&COUNT, text), Some(5.0));
        assert_eq!(value(&BULLETS, text), Some(3.0));
        assert_eq!(value(&ELLIPSES, text), Some(2.0));
    }

    #[test]
    fn spaces_are_no_lines() {
        assert_eq!(value(&COUNT, " \n\u{85}\n"), Some(0.0));
        assert_eq!(value(&BULLETS, "–a\n·b"), Some(0.0));
        assert_eq!(value(&ELLIPSES, "a..\nb …."), Some(0.0));
    }
}
