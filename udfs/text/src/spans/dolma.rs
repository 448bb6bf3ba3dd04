//! Dolma's paragraphs: what stands between line feeds, with its offsets.

use xxhash_rust::xxh3::xxh3_64;

use super::Cut;
use super::chars;

/// Which paragraphs Dolma looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// Leaves out those of nothing but whitespace.
    pub skip_empty: bool,
    /// Leaves out those of fewer characters, the line feed not counted.
    pub min_length: u64,
}

impl Asked {
    /// All of them.
    pub const ALL: Self = Self {
        skip_empty: false,
        min_length: 0,
    };
}

/// A paragraph.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paragraph<'t> {
    pub(super) text: &'t str,
    /// Where it stands, in characters; Dolma's end of the last one can lie one beyond the text.
    pub(super) span: (u64, u64),
    /// Whether it is looked at.
    pub(super) asked: bool,
}

/// The paragraphs of a text; an empty one has none.
pub(super) fn paragraphs(text: &str, asked: Asked) -> impl Iterator<Item = Paragraph<'_>> {
    // A paragraph is given its line feed while the characters so far are fewer than the bytes but one: right before the
    // last paragraph, and beyond ASCII also behind it.
    let last = (text.len() as u64).saturating_sub(1);
    let mut offset = 0;
    let pieces = (!text.is_empty()).then(|| text.split('\n'));
    pieces.into_iter().flatten().map(move |paragraph| {
        let start = offset;
        let length = chars::beginning(paragraph.as_bytes());
        offset += length;
        if offset < last {
            offset += 1;
        }
        Paragraph {
            text: paragraph,
            span: (start, offset),
            asked: length >= asked.min_length && !(asked.skip_empty && paragraph.trim().is_empty()),
        }
    })
}

/// Appends the key of each paragraph; one that is not looked at has none.
pub(super) fn keys(text: &str, asked: Asked, keys: &mut Vec<Option<u64>>) {
    keys.extend(paragraphs(text, asked).map(|p| p.asked.then(|| xxh3_64(p.text.as_bytes()))));
}

/// Cuts out paragraphs by their numbers, which are in order; their scores come with them.
pub(super) fn cut(text: &str, removed: impl IntoIterator<Item = (u32, f64)>, cut: &mut Cut) {
    let mut removed = removed.into_iter().peekable();
    if removed.peek().is_none() {
        return;
    }
    for (number, paragraph) in (0..).zip(paragraphs(text, Asked::ALL)) {
        if let Some((_, score)) = removed.next_if(|&(this, _)| this == number) {
            cut.spans.push(paragraph.span);
            cut.scores.push(score);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, paragraphs};

    fn spans(text: &str) -> Vec<(u64, u64)> {
        paragraphs(text, Asked::ALL).map(|p| p.span).collect()
    }

    #[test]
    fn offsets_as_dolma_counts_them() {
        assert_eq!(spans("ab\nc\nde"), [(0, 3), (3, 5), (5, 7)]);
        // The last line feed belongs to nobody.
        assert_eq!(spans("ab\n"), [(0, 2), (2, 2)]);
        // Two bytes of one character: the end lies beyond the text.
        assert_eq!(spans("é\nàé"), [(0, 2), (2, 5)]);
        assert!(spans("").is_empty());
    }
}
