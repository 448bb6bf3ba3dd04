//! The length of the third-longest line: mC4's rule on paragraphs.

use super::DATATROVE;
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "c4_third_longest_line",
    definition: "Characters of the third-longest piece when the text is split at every `\\n`; a final `\\n` has an empty piece behind it.",
    undefined: "when there are fewer than three pieces",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: DATATROVE,
    example: (
        "c4_third_longest_line('one' || chr(10) || 'three' || chr(10) || 'four')",
        "3",
    ),
    version: 1,
    needs: Needs::LINES,
    measure: Measure::Int(|d| {
        let text = d.row().text;
        let lines = d.lines();
        let open = text.is_empty() || text.ends_with('\n');
        if lines.len() + usize::from(open) < 3 {
            return None;
        }
        let closed = lines.len() - usize::from(!open);
        let mut longest = [0; 3];
        for (i, line) in lines.enumerate() {
            let chars = line.chars - u32::from(i < closed);
            if chars > longest[2] {
                longest[2] = chars;
                longest.sort_unstable_by(|a, b| b.cmp(a));
            }
        }
        Some(longest[2].into())
    }),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn pieces_are_counted_as_python_splits() {
        for (text, expected) in [
            ("", None),
            ("a\nb", None),
            ("a\nb\n", Some(0.0)),
            ("\n\n", Some(0.0)),
            ("aaa\nb\ncc", Some(1.0)),
            ("aaa\nbb\nccc\nddd", Some(3.0)),
            ("éé\néé\r\néé", Some(2.0)),
        ] {
            assert_eq!(value(&SIGNAL, text), expected, "{text:?}");
        }
    }
}
