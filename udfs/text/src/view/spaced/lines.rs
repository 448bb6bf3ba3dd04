//! Lines: how they begin and end, and which are repeated.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::repeats::{Repeated, Repeats, chars};
use crate::unicode::Tables;
use crate::view::vocabulary::random_seed;

/// What the lines of a text say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LineCounts {
    /// Lines, the one behind the last line feed included.
    pub(crate) lines: u64,
    /// Those without any character.
    pub(crate) empty: u64,
    /// Those that begin with `*` or `-`.
    pub(crate) bullets: u64,
    /// Those that end with U+2026.
    pub(crate) ellipses: u64,
    /// Those that do not end with `.`, `?`, `!` or `"`, spaces aside.
    pub(crate) unended: u64,
    /// Those of fewer than 3 words.
    pub(crate) short: u64,
    /// Lines with a word.
    pub(crate) filled: u64,
    /// Their characters, spaces at both ends aside.
    pub(crate) filled_chars: u64,
    /// Those that begin with `●`, `•`, `*` or `-`, spaces aside.
    pub(crate) filled_bullets: u64,
    /// Those that end with `...`, `. . .` or U+2026, spaces aside.
    pub(crate) filled_ellipses: u64,
    /// Paragraphs: what is between empty lines, if it has a word.
    pub(crate) paragraphs: u64,
    /// Their characters, spaces at both ends aside.
    pub(crate) paragraph_chars: u64,
}

/// The lines of a text.
pub(crate) struct Lines {
    pub(crate) counts: LineCounts,
    /// Equal lines that are not empty.
    pub(crate) repeated: Repeated,
    /// Equal lines with a word, spaces at both ends aside.
    pub(crate) repeated_filled: Repeated,
    /// Equal paragraphs, spaces at both ends aside.
    pub(crate) repeated_paragraphs: Repeated,
    /// Whether equal lines, and equal filled lines and paragraphs, are looked for.
    repeats: bool,
    paragraphs: bool,
    all: Repeats,
    filled: Repeats,
    whole: Repeats,
    paragraph: Option<Paragraph>,
    seed: u64,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            counts: LineCounts::default(),
            repeated: Repeated::default(),
            repeated_filled: Repeated::default(),
            repeated_paragraphs: Repeated::default(),
            repeats: false,
            paragraphs: false,
            all: Repeats::default(),
            filled: Repeats::default(),
            whole: Repeats::default(),
            paragraph: None,
            seed: random_seed(5),
        }
    }
}

/// The paragraph that was begun: bytes and characters, spaces at both ends aside.
struct Paragraph {
    bytes: Range<usize>,
    chars: Range<u64>,
    /// The hash, as long as it is one line.
    hash: Option<u64>,
}

/// Words that a line needs so as not to be short.
const FEW_WORDS: u64 = 3;

impl Lines {
    /// Forgets all lines. `repeats` and `paragraphs` tell what is asked for.
    pub(super) fn begin(&mut self, repeats: bool, paragraphs: bool) {
        self.counts = LineCounts::default();
        self.repeated = Repeated::default();
        self.repeated_filled = Repeated::default();
        self.repeated_paragraphs = Repeated::default();
        self.repeats = repeats;
        self.paragraphs = paragraphs;
        self.paragraph = None;
        if repeats {
            self.all.clear();
        }
        if paragraphs {
            self.filled.clear();
            self.whole.clear();
        }
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.all.memory() + self.filled.memory() + self.whole.memory()
    }

    /// Takes in a line without its line feed: bytes, characters and how many words it has.
    pub(super) fn add(&mut self, text: &str, line: Range<usize>, span: Range<u64>, words: u64) {
        let counts = &mut self.counts;
        counts.lines += 1;
        counts.short += u64::from(words < FEW_WORDS);
        if line.is_empty() {
            counts.empty += 1;
            counts.unended += 1;
            self.end_paragraph(text);
            return;
        }
        let bytes = text.as_bytes();
        counts.bullets += u64::from(matches!(bytes[line.start], b'*' | b'-'));
        counts.ellipses += u64::from(bytes[line.clone()].ends_with(ELLIPSIS));
        // Most lines have no spaces at their ends, and one hash serves for both.
        let mut line_hash = None;
        if self.repeats {
            let hash = xxh3_64_with_seed(&bytes[line.clone()], self.seed);
            self.all.add(bytes, line.clone(), hash);
            line_hash = Some(hash);
        }
        let filled = trim(text, line.clone());
        let counts = &mut self.counts;
        if filled.is_empty() {
            counts.unended += 1;
            return;
        }
        let last = bytes[filled.end - 1];
        counts.unended += u64::from(!matches!(last, b'.' | b'?' | b'!' | b'"'));
        counts.filled += 1;
        let first = bytes[filled.start];
        let own = &bytes[filled.clone()];
        counts.filled_bullets += u64::from(
            matches!(first, b'*' | b'-')
                || first == 0xE2
                    && (own.starts_with("●".as_bytes()) || own.starts_with("•".as_bytes())),
        );
        counts.filled_ellipses += u64::from(match last {
            b'.' => own.ends_with(b"...") || own.ends_with(b". . ."),
            _ => own.ends_with(ELLIPSIS),
        });
        if self.paragraphs {
            let before = chars(&bytes[line.start..filled.start]);
            let behind = chars(&bytes[filled.end..line.end]);
            let span = span.start + before..span.end - behind;
            counts.filled_chars += span.end - span.start;
            let hash = match line_hash {
                Some(hash) if filled == line => hash,
                _ => xxh3_64_with_seed(own, self.seed),
            };
            self.filled.add(bytes, filled.clone(), hash);
            match &mut self.paragraph {
                Some(paragraph) => {
                    paragraph.bytes.end = filled.end;
                    paragraph.chars.end = span.end;
                    paragraph.hash = None;
                }
                none => {
                    *none = Some(Paragraph {
                        bytes: filled,
                        chars: span,
                        hash: Some(hash),
                    });
                }
            }
        }
    }

    fn end_paragraph(&mut self, text: &str) {
        if let Some(paragraph) = self.paragraph.take() {
            self.counts.paragraphs += 1;
            self.counts.paragraph_chars += paragraph.chars.end - paragraph.chars.start;
            let bytes = text.as_bytes();
            let own = &bytes[paragraph.bytes.clone()];
            let hash = paragraph
                .hash
                .unwrap_or_else(|| xxh3_64_with_seed(own, self.seed));
            self.whole.add(bytes, paragraph.bytes, hash);
        }
    }

    /// Takes in that there are no more lines.
    pub(super) fn end(&mut self, text: &str) {
        self.end_paragraph(text);
        if self.repeats {
            self.repeated = self.all.repeated(text);
        }
        if self.paragraphs {
            self.repeated_filled = self.filled.repeated(text);
            self.repeated_paragraphs = self.whole.repeated(text);
        }
    }
}

const ELLIPSIS: &[u8] = "\u{2026}".as_bytes();

/// A range of a text without the spaces at both ends.
fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let Range { mut start, mut end } = range;
    while start < end && matches!(bytes[start], 9..=13 | 28..=32) {
        start += 1;
    }
    while start < end && matches!(bytes[end - 1], 9..=13 | 28..=32) {
        end -= 1;
    }
    if start == end || bytes[start].is_ascii() && bytes[end - 1].is_ascii() {
        return start..end;
    }
    let tables = Tables::get();
    let rest = text[start..end].trim_start_matches(|c| tables.is_space(c));
    let start = end - rest.len();
    start..start + rest.trim_end_matches(|c| tables.is_space(c)).len()
}
