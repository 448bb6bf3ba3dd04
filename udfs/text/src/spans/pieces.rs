//! Pieces of a text that stay or go, as spans of what goes.

use std::ops::Range;

use super::Cut;
use super::chars;

/// Gathers ranges of bytes that go; ranges that touch become one.
#[derive(Debug, Default)]
pub(super) struct Gone {
    ranges: Vec<(usize, usize)>,
}

impl Gone {
    pub(super) fn clear(&mut self) {
        self.ranges.clear();
    }

    /// One more range, behind all others.
    pub(super) fn push(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        match self.ranges.last_mut() {
            Some((_, end)) if *end == range.start => *end = range.end,
            _ => self.ranges.push((range.start, range.end)),
        }
    }

    /// One more range that stays apart from the one before even where it touches it.
    pub(super) fn push_apart(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.ranges.push((range.start, range.end));
        }
    }

    pub(super) fn ranges(&self) -> &[(usize, usize)] {
        &self.ranges
    }

    /// As spans of a cut.
    pub(super) fn write(&self, text: &str, cut: &mut Cut) {
        chars::of_bytes(text, &self.ranges, &mut cut.spans);
    }

    /// Appends what stays.
    pub(super) fn rest(&self, text: &str, out: &mut String) {
        let mut at = 0;
        for &(start, end) in &self.ranges {
            out.push_str(&text[at..start]);
            at = end;
        }
        out.push_str(&text[at..]);
    }
}

/// What goes so that the lines of `text` that stay, cut at line feeds, stand with one line feed between two of them. A line
/// goes with the line feed behind it; at the end of a text it goes with the one before. Whether any stays.
pub(super) fn without_lines(
    text: &str,
    mut stays: impl FnMut(usize) -> bool,
    gone: &mut Gone,
) -> bool {
    gone.clear();
    let mut start = 0;
    // Where the last line that stays ends, its line feed not counted.
    let mut kept = None;
    for (number, line) in text.split('\n').enumerate() {
        let end = start + line.len();
        if stays(number) {
            let from = kept.map_or(0, |kept| kept + 1);
            gone.push(from..start);
            kept = Some(end);
        }
        start = end + 1;
    }
    gone.push(kept.unwrap_or(0)..text.len());
    kept.is_some()
}

#[cfg(test)]
mod tests {
    use super::{Gone, without_lines};
    use crate::unicode::split_lines;

    fn lines(text: &str, stay: &[usize]) -> String {
        let mut gone = Gone::default();
        let any = without_lines(text, |line| stay.contains(&line), &mut gone);
        assert_eq!(any, !stay.is_empty());
        let mut out = String::new();
        gone.rest(text, &mut out);
        out
    }

    #[test]
    fn lines_that_stay_are_joined() {
        let text = "a\nb\n\nc";
        let all = ["a", "b", "", "c"];
        for mask in 0..16 {
            let stay: Vec<usize> = (0..4).filter(|i| mask >> i & 1 == 1).collect();
            let expected: Vec<_> = stay.iter().map(|&i| all[i]).collect();
            assert_eq!(lines(text, &stay), expected.join("\n"), "{stay:?}");
        }
        assert_eq!(lines("", &[0]), "");
        assert_eq!(lines("x\n", &[1]), "");
    }

    #[test]
    fn lines_of_python() {
        let text = "a\r\nb\rc\u{2028}\n\u{85}d\n";
        let found: Vec<_> = split_lines(text).map(|range| &text[range]).collect();
        assert_eq!(found, ["a", "b", "c", "", "", "d"]);
        assert_eq!(split_lines("").count(), 0);
        assert_eq!(split_lines("\n").count(), 1);
    }
}
