//! Where shards and row groups end: prefix sums of text bytes over the survivors.
//!
//! Survivors come in (corpus, part, row) order with the size of their text. A shard ends before the
//! document that would take it over the shard size, a row group before the one that would take it over
//! the row group size; a single larger document makes a shard, or a row group, of its own. What is kept
//! of a corpus is one bit a document, and a few numbers a shard: never a list of rows.

use std::ops::Range;

use datafusion::arrow::array::BooleanBufferBuilder;
use datafusion::arrow::buffer::BooleanBuffer;

/// Rows of a row group where the text is not exported, so that its size says nothing.
const NARROW_ROW_GROUP_ROWS: u64 = 128 * 1024;

/// How shards and row groups are cut.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Bytes of text of a shard.
    pub shard: u64,
    /// Bytes of text of a row group; by rows alone without.
    pub row_group: Option<u64>,
}

/// What survives of one part.
#[derive(Clone, Debug)]
pub enum Survivors {
    /// No row.
    None,
    /// Every row.
    All,
    /// The rows whose bit is set.
    Some(BooleanBuffer),
}

impl Survivors {
    /// Which of `rows` survive; `None` when all of them do.
    pub fn slice(&self, rows: &Range<u64>) -> Option<BooleanBuffer> {
        let (start, rows) = (rows.start as usize, (rows.end - rows.start) as usize);
        match self {
            Self::None => Some(BooleanBuffer::new_unset(rows)),
            Self::All => None,
            Self::Some(bits) => Some(bits.slice(start, rows)),
        }
    }
}

/// A run of rows of one part; of these, the survivors belong to the shard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which of the corpora.
    pub corpus: usize,
    /// Which of its parts.
    pub part: usize,
    /// Rows of that part, from the first survivor to the last.
    pub rows: Range<u64>,
}

/// What goes into one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shard {
    /// Where its documents lie, in order.
    pub pieces: Vec<Piece>,
    /// Documents of each row group.
    pub row_groups: Vec<u64>,
    /// Documents.
    pub documents: u64,
    /// UTF-8 bytes of their texts.
    pub text_bytes: u64,
    /// Code points of their texts.
    pub text_chars: u64,
}

/// Cuts a sequence of survivors into shards.
#[derive(Debug)]
pub struct Cutter {
    sizes: Sizes,
    done: Vec<Shard>,
    open: Shard,
    group_documents: u64,
    group_bytes: u64,
}

impl Cutter {
    /// A cutter that has seen nothing.
    pub fn new(sizes: Sizes) -> Self {
        Self {
            sizes,
            done: Vec::new(),
            open: Shard::default(),
            group_documents: 0,
            group_bytes: 0,
        }
    }

    /// The next survivor. Rows come in order.
    pub fn push(&mut self, corpus: usize, part: usize, row: u64, bytes: u64, chars: u64) {
        let shard_is_full = self.open.text_bytes.saturating_add(bytes) > self.sizes.shard;
        if self.open.documents > 0 && shard_is_full {
            self.end_shard();
        }
        let group_is_full = match self.sizes.row_group {
            Some(size) => self.group_bytes.saturating_add(bytes) > size,
            None => self.group_documents >= NARROW_ROW_GROUP_ROWS,
        };
        if self.group_documents > 0 && group_is_full {
            self.end_row_group();
        }
        match self.open.pieces.last_mut() {
            Some(piece) if piece.corpus == corpus && piece.part == part => piece.rows.end = row + 1,
            _ => self.open.pieces.push(Piece {
                corpus,
                part,
                rows: row..row + 1,
            }),
        }
        self.open.documents += 1;
        self.open.text_bytes += bytes;
        self.open.text_chars += chars;
        self.group_documents += 1;
        self.group_bytes += bytes;
    }

    /// All shards.
    pub fn finish(mut self) -> Vec<Shard> {
        if self.open.documents > 0 {
            self.end_shard();
        }
        self.done
    }

    fn end_row_group(&mut self) {
        self.open.row_groups.push(self.group_documents);
        self.group_documents = 0;
        self.group_bytes = 0;
    }

    fn end_shard(&mut self) {
        self.end_row_group();
        self.done.push(std::mem::take(&mut self.open));
    }
}

/// Gathers the survivors of one part.
#[derive(Debug)]
pub struct SurvivorsBuilder {
    rows: u64,
    survivors: u64,
    bits: BooleanBufferBuilder,
}

impl SurvivorsBuilder {
    /// For a part with so many rows.
    pub fn new(rows: u64) -> Self {
        Self {
            rows,
            survivors: 0,
            bits: BooleanBufferBuilder::new(0),
        }
    }

    /// The next survivor. Rows come in order.
    pub fn push(&mut self, row: u64) {
        let row = row as usize;
        self.bits
            .append_n(row.saturating_sub(self.bits.len()), false);
        self.bits.append(true);
        self.survivors += 1;
    }

    /// Which rows survive.
    pub fn finish(mut self) -> Survivors {
        if self.survivors == 0 {
            return Survivors::None;
        }
        if self.survivors == self.rows {
            return Survivors::All;
        }
        let rest = (self.rows as usize).saturating_sub(self.bits.len());
        self.bits.append_n(rest, false);
        Survivors::Some(self.bits.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(sizes: Sizes, documents: &[(usize, u64, u64)]) -> Vec<Shard> {
        let mut cutter = Cutter::new(sizes);
        for (part, row, bytes) in documents {
            cutter.push(0, *part, *row, *bytes, *bytes);
        }
        cutter.finish()
    }

    #[test]
    fn a_shard_ends_before_the_document_that_would_be_too_much() {
        let sizes = Sizes {
            shard: 10,
            row_group: Some(5),
        };
        let shards = cut(
            sizes,
            &[
                (0, 1, 4),
                (0, 3, 4),
                (1, 0, 2),
                (1, 2, 50),
                (1, 3, 0),
                (1, 4, 1),
            ],
        );
        let summary: Vec<_> = shards
            .iter()
            .map(|s| (s.documents, s.text_bytes, s.row_groups.clone()))
            .collect();
        assert_eq!(
            summary,
            [(3, 10, vec![1, 1, 1]), (1, 50, vec![1]), (2, 1, vec![2])]
        );
        let piece = |part, rows| Piece {
            corpus: 0,
            part,
            rows,
        };
        assert_eq!(shards[0].pieces, [piece(0, 1..4), piece(1, 0..1)]);
        assert_eq!(shards[2].pieces, [piece(1, 3..5)]);
    }

    #[test]
    fn nothing_makes_no_shard() {
        let sizes = Sizes {
            shard: 10,
            row_group: None,
        };
        assert_eq!(cut(sizes, &[]), []);
    }

    #[test]
    fn survivors_cost_no_bits_where_all_or_none_do() {
        let build = |rows, survivors: &[u64]| {
            let mut builder = SurvivorsBuilder::new(rows);
            survivors.iter().for_each(|row| builder.push(*row));
            builder.finish()
        };
        assert!(matches!(build(3, &[]), Survivors::None));
        assert!(matches!(build(3, &[0, 1, 2]), Survivors::All));
        let Survivors::Some(bits) = build(5, &[1, 3]) else {
            panic!("some survive");
        };
        let bits: Vec<bool> = bits.iter().collect();
        assert_eq!(bits, [false, true, false, true, false]);
    }
}
