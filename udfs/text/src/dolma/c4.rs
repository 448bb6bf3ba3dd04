//! What `c4_v1` and `c4_v2` say. The taggers mark lines and set flags; here lines are counted and a flag is 1
//! or 0. The versions differ in one of them.

use super::SOURCE;
use crate::document::{Document, Needs};
use crate::signal::{Input, Measure, Signal};

const fn signal(
    name: &'static str,
    definition: &'static str,
    example: (&'static str, &'static str),
    needs: Needs,
    measure: fn(&Document<'_>) -> Option<i64>,
) -> Signal {
    Signal {
        name,
        definition,
        undefined: "never",
        range: (0.0, f64::INFINITY),
        inputs: &[Input::Text],
        source: SOURCE,
        example,
        version: 1,
        needs,
        measure: Measure::Int(measure),
    }
}

const fn flag(signal: Signal) -> Signal {
    Signal {
        range: (0.0, 1.0),
        ..signal
    }
}

/// Lines.
pub static LINE_COUNT: Signal = signal(
    "dolma_c4_v1_line_count",
    "Lines, empty ones included; the text behind the last line feed is one.",
    ("dolma_c4_v1_line_count('a' || chr(10))", "2"),
    Needs::SPACED_LINES,
    |d| Some(d.spaced().lines.counts.lines as i64),
);

/// Lines without a mark at the end.
pub static LINES_WITH_NO_ENDING_PUNCTUATION: Signal = signal(
    "dolma_c4_v1_lines_with_no_ending_punctuation",
    "Lines that do not end with `.`, `?`, `!` or `\"`, spaces aside; empty lines included.",
    (
        "dolma_c4_v1_lines_with_no_ending_punctuation('Yes. ' || chr(10) || 'No,')",
        "1",
    ),
    Needs::SPACED_LINES,
    |d| Some(d.spaced().lines.counts.unended as i64),
);

/// Short lines.
pub static LINES_WITH_TOO_FEW_WORDS: Signal = signal(
    "dolma_c4_v1_lines_with_too_few_words",
    "Lines of fewer than 3 words, empty lines included.",
    (
        "dolma_c4_v1_lines_with_too_few_words('one two' || chr(10) || 'one two three')",
        "1",
    ),
    Needs::SPACED_LINES,
    |d| Some(d.spaced().lines.counts.short as i64),
);

/// Bad words.
pub static HAS_NAUGHTY_WORD: Signal = flag(signal(
    "dolma_c4_v1_has_naughty_word",
    "1 if, in lower case, a word is a word of the English bad word list or the text contains a phrase of it, within words too; else 0.",
    (
        "dolma_c4_v1_has_naughty_word('It was tied upside down.')",
        "1",
    ),
    Needs::SPACED_LISTED,
    |d| Some(d.spaced().listed.bad.into()),
));

/// The word `javascript`.
pub static HAS_JAVASCRIPT: Signal = flag(signal(
    "dolma_c4_v1_has_javascript",
    "1 if, in lower case, a word is `javascript` with nothing attached; else 0.",
    (
        "dolma_c4_v1_has_javascript('Please enable JavaScript.')",
        "0",
    ),
    Needs::SPACED_LISTED,
    |d| Some(d.spaced().listed.javascript.into()),
));

/// `javascript` anywhere.
pub static HAS_JAVASCRIPT_V2: Signal = flag(signal(
    "dolma_c4_v2_has_javascript",
    "1 if the text in lower case contains `javascript`; else 0.",
    (
        "dolma_c4_v2_has_javascript('Please enable JavaScript.')",
        "1",
    ),
    Needs::SPACED_LISTED,
    |d| Some(d.spaced().listed.javascript_inside.into()),
));

/// Lorem ipsum.
pub static HAS_LOREM_IPSUM: Signal = flag(signal(
    "dolma_c4_v1_has_lorem_ipsum",
    "1 if the text in lower case contains `lorem ipsum`, with one blank between; else 0.",
    ("dolma_c4_v1_has_lorem_ipsum('Lorem ipsum dolor')", "1"),
    Needs::SPACED_LISTED,
    |d| Some(d.spaced().listed.lorem_ipsum.into()),
));

/// Curly braces.
pub static HAS_CURLY_BRACE: Signal = flag(signal(
    "dolma_c4_v1_has_curly_brace",
    "1 if the text contains `{`; else 0.",
    ("dolma_c4_v1_has_curly_brace('}')", "0"),
    Needs::SPACED,
    |d| Some((d.spaced().found.counts.opening_braces > 0).into()),
));

#[cfg(test)]
mod tests {
    use super::{
        HAS_JAVASCRIPT, HAS_JAVASCRIPT_V2, HAS_LOREM_IPSUM, HAS_NAUGHTY_WORD,
        LINES_WITH_NO_ENDING_PUNCTUATION as UNENDED, LINES_WITH_TOO_FEW_WORDS as SHORT,
    };
    use crate::signal::Signal;
    use crate::testing::value;

    fn is(signal: &Signal, text: &str) -> bool {
        value(signal, text) == Some(1.0)
    }

    #[test]
    fn bad_words_stand_alone_and_phrases_anywhere() {
        assert!(is(&HAS_NAUGHTY_WORD, "He SUCKS \u{212A}"));
        assert!(!is(&HAS_NAUGHTY_WORD, "He sucks."));
        assert!(is(&HAS_NAUGHTY_WORD, "emptied upon"));
        assert!(!is(&HAS_NAUGHTY_WORD, "tied  up tied\nup tied\u{a0}up"));
        assert!(is(&HAS_NAUGHTY_WORD, "HOW TO \u{212A}ILL it"));
        assert!(is(
            &HAS_NAUGHTY_WORD,
            "a very long-winded-show to killing-of-something"
        ));
    }

    #[test]
    fn javascript_is_a_word_or_part_of_one() {
        for (text, word, part) in [
            ("JavaScript", true, true),
            ("javascript, ", false, true),
            ("nonjavascriptical and so on", false, true),
            ("äjavascriptä", false, true),
            ("java script", false, false),
        ] {
            assert_eq!(is(&HAS_JAVASCRIPT, text), word, "{text}");
            assert_eq!(is(&HAS_JAVASCRIPT_V2, text), part, "{text}");
        }
    }

    #[test]
    fn lorem_ipsum_has_one_blank() {
        assert!(is(&HAS_LOREM_IPSUM, "xLOREM IPSUMx"));
        assert!(!is(&HAS_LOREM_IPSUM, "lorem\nipsum"));
    }

    #[test]
    fn lines_are_cut_at_both_ends() {
        let text = "A b c. \n\u{3000}\nSay \"it\"\n…";
        assert_eq!(value(&UNENDED, text), Some(2.0));
        assert_eq!(value(&SHORT, text), Some(3.0));
        assert_eq!(value(&UNENDED, ""), Some(1.0));
        assert_eq!(value(&SHORT, ""), Some(1.0));
    }
}
