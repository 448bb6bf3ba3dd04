//! How a scan is cut into partitions: by the documents' row groups, never by threads or batches.
//!
//! A unit is a run of row groups of one part with at most [`UNIT_ROWS`] rows together (or one larger
//! row group). Narrow layers aim at row groups of that size, so a unit reads about one row group of
//! each; the row groups inside a unit are the steps in which text is read.

use std::ops::Range;

use datafusion::arrow::buffer::BooleanBuffer;

use crate::corpus::Manifest;

/// Rows of a unit, where row groups are not larger themselves.
pub const UNIT_ROWS: u64 = 128 * 1024;
/// Partitions of a scan at most; a larger corpus has more units in each.
const MAX_PARTITIONS: usize = 1024;

/// Rows of one part that are read together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The number of the part.
    pub part: usize,
    /// Its rows.
    pub rows: Range<u64>,
    /// The documents' row groups in it, as rows.
    pub row_groups: Vec<Range<u64>>,
    /// Which of its rows are wanted, a bit each; all without.
    pub mask: Option<BooleanBuffer>,
}

impl Unit {
    /// How many rows are wanted.
    pub fn count(&self) -> usize {
        match &self.mask {
            Some(mask) => mask.count_set_bits(),
            None => (self.rows.end - self.rows.start) as usize,
        }
    }

    /// It in pieces that begin at `cuts`, which are rows inside of it in order.
    pub fn cut(&self, cuts: &[u64]) -> Vec<Self> {
        let starts = std::iter::once(self.rows.start).chain(cuts.iter().copied());
        let ends = cuts.iter().copied().chain([self.rows.end]);
        let pieces = starts.zip(ends).filter_map(|(start, end)| {
            let first = (start - self.rows.start) as usize;
            let count = (end - start) as usize;
            self.within(&PartRows {
                part: self.part,
                rows: start..end,
                mask: self.mask.as_ref().map(|mask| mask.slice(first, count)),
            })
        });
        pieces.collect()
    }

    /// The part of it that lies in `wanted`.
    fn within(&self, wanted: &PartRows) -> Option<Self> {
        let inside = |rows: &Range<u64>| {
            let inside = rows.start.max(wanted.rows.start)..rows.end.min(wanted.rows.end);
            (inside.start < inside.end).then_some(inside)
        };
        let rows = inside(&self.rows)?;
        let mask = wanted.mask.as_ref().map(|mask| {
            let offset = (rows.start - wanted.rows.start) as usize;
            mask.slice(offset, (rows.end - rows.start) as usize)
        });
        Some(Self {
            part: self.part,
            row_groups: self.row_groups.iter().filter_map(inside).collect(),
            rows,
            mask,
        })
    }
}

/// Rows of one part, by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartRows {
    /// The number of the part.
    pub part: usize,
    /// A range of its rows.
    pub rows: Range<u64>,
    /// Which rows of the range, a bit each; all without.
    pub mask: Option<BooleanBuffer>,
}

/// Which rows of the documents a table has.
#[derive(Clone, Debug, Default)]
pub enum Wanted {
    /// All.
    #[default]
    All,
    /// Those of one part.
    Part(usize),
    /// These, in this order.
    Rows(Vec<PartRows>),
}

/// Consecutive row groups, gathered up to [`UNIT_ROWS`] rows: the places where narrow layers end their
/// row groups, too.
pub fn gather_row_groups(row_groups: &[u64]) -> Vec<Vec<Range<u64>>> {
    let mut gathered: Vec<Vec<Range<u64>>> = Vec::new();
    let (mut start, mut held) = (0, 0);
    for rows in row_groups.iter().copied().filter(|rows| *rows > 0) {
        let range = start..start + rows;
        start = range.end;
        match gathered.last_mut() {
            Some(unit) if held + rows <= UNIT_ROWS => {
                unit.push(range);
                held += rows;
            }
            _ => {
                gathered.push(vec![range]);
                held = rows;
            }
        }
    }
    gathered
}

/// The partitions of a scan over the wanted rows of the documents, in order.
pub fn partitions(documents: &Manifest, wanted: &Wanted) -> Vec<Vec<Unit>> {
    let units: Vec<Unit> = match wanted {
        Wanted::All => (0..documents.parts.len())
            .flat_map(|part| units_of(documents, part))
            .collect(),
        Wanted::Part(part) => units_of(documents, *part).collect(),
        Wanted::Rows(pieces) => pieces
            .iter()
            .flat_map(|rows| {
                units_of(documents, rows.part).filter_map(move |unit| unit.within(rows))
            })
            .collect(),
    };
    let count = units.len().clamp(1, MAX_PARTITIONS);
    let mut partitions: Vec<Vec<Unit>> = vec![Vec::new(); count];
    let total = units.len().max(1);
    for (number, unit) in units.into_iter().enumerate() {
        partitions[number * count / total].push(unit);
    }
    partitions
}

fn units_of(documents: &Manifest, part: usize) -> impl Iterator<Item = Unit> {
    let row_groups = documents.parts.get(part).map(|p| &p.row_groups[..]);
    gather_row_groups(row_groups.unwrap_or_default())
        .into_iter()
        .filter_map(move |row_groups| {
            Some(Unit {
                part,
                rows: row_groups.first()?.start..row_groups.last()?.end,
                row_groups,
                mask: None,
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_groups_are_gathered_up_to_the_size_of_a_unit() {
        let k = 1024;
        let gathered = gather_row_groups(&[60 * k, 0, 60 * k, 60 * k, 300 * k, 1]);
        let lengths: Vec<Vec<u64>> = gathered
            .iter()
            .map(|unit| unit.iter().map(|r| r.end - r.start).collect())
            .collect();
        assert_eq!(
            lengths,
            [vec![60 * k, 60 * k], vec![60 * k], vec![300 * k], vec![1]]
        );
        assert_eq!(gathered[3][0].start, 480 * k);
        assert!(gather_row_groups(&[]).is_empty());
    }

    #[test]
    fn wanted_rows_cut_units() {
        let unit = Unit {
            part: 3,
            rows: 10..20,
            row_groups: vec![10..14, 14..20],
            mask: None,
        };
        let wanted = |rows, mask| PartRows {
            part: 3,
            rows,
            mask,
        };
        assert_eq!(unit.within(&wanted(0..10, None)), None);
        let bits: BooleanBuffer = (0..8).map(|bit| bit % 2 == 0).collect();
        let cut = unit.within(&wanted(8..16, Some(bits))).expect("some rows");
        assert_eq!(cut.rows, 10..16);
        assert_eq!(cut.row_groups, [10..14, 14..16]);
        assert_eq!(cut.count(), 3);
    }

    #[test]
    fn an_empty_corpus_has_one_empty_partition() {
        let documents = Manifest::new("documents", Vec::new(), Vec::new(), Vec::new());
        assert_eq!(partitions(&documents, &Wanted::All), [Vec::new()]);
    }
}
