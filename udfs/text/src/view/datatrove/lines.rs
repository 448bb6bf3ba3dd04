//! Lines and paragraphs, each cut as the rule that counts them cuts.

use memchr::memchr_iter;

use super::repeats::Repeats;
use crate::c4;
use crate::words::classes::{Classes, TERMINAL};
use crate::words::is_space;

/// The characters of a line that FineWeb calls short, at most.
const SHORT_LINE: usize = 30;

/// What is counted of lines and paragraphs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineFacts {
    /// Lines of Python's `splitlines`.
    pub split_lines: u64,
    /// Those that begin with `•` or `-`, whitespace aside.
    pub bullets: u64,
    /// Those that end with `...` or U+2026, whitespace aside.
    pub ellipses: u64,
    /// Paragraphs of the trimmed text: what two or more `\n` separate.
    pub paragraphs: u64,
    /// Second and later copies of paragraphs.
    pub duplicate_paragraphs: u64,
    /// The characters of these.
    pub duplicate_paragraph_chars: u64,
    /// Lines: what one or more `\n` separate.
    pub lines: u64,
    /// Second and later copies of lines.
    pub duplicate_lines: u64,
    /// The characters of these.
    pub duplicate_line_chars: u64,
    /// Lines that are not blank.
    pub filled_lines: u64,
    /// Those that end with a terminal mark.
    pub terminal_lines: u64,
    /// Those of at most 30 characters.
    pub short_lines: u64,
    /// The characters of second and later copies of lines that are not blank.
    pub duplicate_filled_chars: u64,
}

/// Looks at lines, and holds the memory that this takes.
pub(super) struct Lines {
    lines: Repeats,
    paragraphs: Repeats,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self {
            lines: Repeats::new(),
            paragraphs: Repeats::new(),
        }
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.lines.memory() + self.paragraphs.memory()
    }

    /// Looks at a text, of which the lines of `splitlines` are known.
    pub(super) fn look(&mut self, text: &str, lines: &c4::Lines) -> LineFacts {
        let mut facts = LineFacts::default();
        if text.is_empty() {
            return facts;
        }
        self.lines.clear(text.len() / 64);
        self.paragraphs.clear(text.len() / 256);
        facts.split_lines = lines.count();
        for line in lines.ranges() {
            split_line(&text[line], &mut facts);
        }
        self.look_at_lines(text, &mut facts);
        self.look_at_paragraphs(text, &mut facts);
        facts
    }

    fn look_at_lines(&mut self, text: &str, facts: &mut LineFacts) {
        let bytes = text.as_bytes();
        let classes = Classes::get();
        let mut start = 0;
        for end in memchr_iter(b'\n', bytes).chain([bytes.len()]) {
            let line = &text[start..end];
            let at = start;
            start = end + 1;
            // Runs of \n separate: an empty line is left only where the text begins or ends.
            if line.is_empty() && at > 0 && end < bytes.len() {
                continue;
            }
            facts.lines += 1;
            let seen = self.lines.seen(bytes, at, end);
            if seen {
                facts.duplicate_lines += 1;
                facts.duplicate_line_chars += chars(line);
            }
            if line.chars().all(is_space) {
                continue;
            }
            facts.filled_lines += 1;
            facts.terminal_lines += u64::from(classes.before(bytes, end).0 & TERMINAL != 0);
            let short = line.len() <= SHORT_LINE
                || line.len() <= 4 * SHORT_LINE && chars(line) <= SHORT_LINE as u64;
            facts.short_lines += u64::from(short);
            if seen {
                facts.duplicate_filled_chars += chars(line);
            }
        }
    }

    fn look_at_paragraphs(&mut self, text: &str, facts: &mut LineFacts) {
        let bytes = text.as_bytes();
        let trimmed = text.trim_start_matches(is_space);
        let mut start = text.len() - trimmed.len();
        let last = start + trimmed.trim_end_matches(is_space).len();
        let mut paragraph = |start: usize, end: usize| {
            facts.paragraphs += 1;
            if self.paragraphs.seen(bytes, start, end) {
                facts.duplicate_paragraphs += 1;
                facts.duplicate_paragraph_chars += chars(&text[start..end]);
            }
        };
        let first = start;
        // The last run of \n: where it begins, and where it ends so far.
        let (mut run, mut run_end) = (first, first);
        for at in memchr_iter(b'\n', &bytes[first..last]) {
            let at = first + at;
            if at == run_end && run < run_end {
                run_end += 1;
                continue;
            }
            if run_end - run >= 2 {
                paragraph(start, run);
                start = run_end;
            }
            (run, run_end) = (at, at + 1);
        }
        if run_end - run >= 2 {
            paragraph(start, run);
            start = run_end;
        }
        paragraph(start, last);
    }
}

/// Characters of a text.
pub(super) fn chars(text: &str) -> u64 {
    text.chars().count() as u64
}

/// Takes in a line of `splitlines` that is not empty.
fn split_line(line: &str, facts: &mut LineFacts) {
    let begin = line.trim_start_matches(is_space);
    facts.bullets += u64::from(begin.starts_with(['•', '-']));
    let end = begin.trim_end_matches(is_space);
    facts.ellipses += u64::from(end.ends_with("...") || end.ends_with('…'));
}
