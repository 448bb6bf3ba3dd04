//! How a scan is cut into partitions: by the documents' row groups, never by threads or batches.
//!
//! A unit is a run of row groups of one part with at most [`UNIT_ROWS`] rows together (or one larger
//! row group). Narrow layers aim at row groups of that size, so a unit reads about one row group of
//! each; the row groups inside a unit are the steps in which text is read.

use std::ops::Range;

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

/// The partitions of a scan over the documents (or one part of them), in order.
pub fn partitions(documents: &Manifest, part: Option<usize>) -> Vec<Vec<Unit>> {
    let mut units = Vec::new();
    for (number, file) in documents.parts.iter().enumerate() {
        if part.is_some_and(|only| only != number) {
            continue;
        }
        for row_groups in gather_row_groups(&file.row_groups) {
            if let (Some(first), Some(last)) = (row_groups.first(), row_groups.last()) {
                units.push(Unit {
                    part: number,
                    rows: first.start..last.end,
                    row_groups,
                });
            }
        }
    }
    let count = units.len().clamp(1, MAX_PARTITIONS);
    let mut partitions: Vec<Vec<Unit>> = vec![Vec::new(); count];
    let total = units.len().max(1);
    for (number, unit) in units.into_iter().enumerate() {
        partitions[number * count / total].push(unit);
    }
    partitions
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
    fn an_empty_corpus_has_one_empty_partition() {
        let documents = Manifest::new("documents", Vec::new(), Vec::new(), Vec::new());
        assert_eq!(partitions(&documents, None), [Vec::new()]);
    }
}
