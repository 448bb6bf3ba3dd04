//! Some rows of a unit, and the columns that are known of them so far.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, RecordBatch, RecordBatchOptions,
};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::{FilterBuilder, prep_null_mask_filter};
use datafusion::arrow::datatypes::{DataType, SchemaRef};

use super::program::Conjunct;
use crate::error::{Error, Result};

/// Rows of a part: those of a range whose bits are set.
#[derive(Clone, Debug)]
pub struct Rows {
    /// Where they lie in the part.
    pub range: Range<u64>,
    /// Which rows of the range they are; `None` is all.
    pub mask: Option<BooleanBuffer>,
    /// How many they are.
    pub count: usize,
    /// What is known of them: a value each, by the table's columns.
    pub columns: Vec<Option<ArrayRef>>,
}

impl Rows {
    /// All rows of `range`, of which nothing is known.
    pub fn all(range: Range<u64>, columns: usize) -> Self {
        Self {
            count: (range.end - range.start) as usize,
            range,
            mask: None,
            columns: vec![None; columns],
        }
    }

    /// Keeps the rows whose bit in `keep` (one bit per row of the range) is set; only before anything is
    /// known of them.
    pub fn prune(&mut self, keep: BooleanBuffer) {
        debug_assert!(self.columns.iter().all(Option::is_none));
        let mask = match &self.mask {
            Some(mask) => mask & &keep,
            None => keep,
        };
        self.count = mask.count_set_bits();
        self.mask = Some(mask);
    }

    /// Keeps the rows of which `conjunct` is true.
    pub fn demand(&mut self, conjunct: &Conjunct) -> Result<()> {
        let batch = self.batch(&conjunct.columns, &conjunct.schema)?;
        let value = conjunct
            .expr
            .evaluate(&batch)
            .and_then(|v| v.into_array(self.count))?;
        let keep = value.as_boolean();
        let keep = if keep.null_count() > 0 {
            prep_null_mask_filter(keep)
        } else {
            keep.clone()
        };
        let kept = keep.true_count();
        if kept == self.count {
            return Ok(());
        }
        self.mask = Some(match &self.mask {
            None => keep.values().clone(),
            Some(mask) => narrow(mask, keep.values()),
        });
        self.count = kept;
        self.filter(&keep)
    }

    fn filter(&mut self, keep: &BooleanArray) -> Result<()> {
        let filter = FilterBuilder::new(keep).optimize().build();
        for column in self.columns.iter_mut().flatten() {
            *column = filter.filter(column)?;
        }
        Ok(())
    }

    /// The rows numbered `from..to` among these.
    pub fn slice(&self, positions: &Positions, from: usize, to: usize) -> Self {
        let range = positions.range(&self.range, from, to);
        let mask = self.mask.as_ref().map(|mask| {
            let start = (range.start - self.range.start) as usize;
            mask.slice(start, (range.end - range.start) as usize)
        });
        Self {
            range,
            mask,
            count: to - from,
            columns: self
                .columns
                .iter()
                .map(|column| column.as_ref().map(|c| c.slice(from, to - from)))
                .collect(),
        }
    }

    /// How many of these rows lie before row `end` of the part.
    pub fn count_before(&self, end: u64) -> usize {
        let inside = end.clamp(self.range.start, self.range.end) - self.range.start;
        match &self.mask {
            None => inside as usize,
            Some(mask) => mask.slice(0, inside as usize).count_set_bits(),
        }
    }

    /// The value of a column that is known.
    pub fn column(&self, column: usize) -> Result<&ArrayRef> {
        self.columns[column]
            .as_ref()
            .ok_or_else(|| Error::internal("a column is used before it is read"))
    }

    /// Known columns as a batch.
    pub fn batch(&self, columns: &[usize], schema: &SchemaRef) -> Result<RecordBatch> {
        let arrays = columns
            .iter()
            .map(|column| self.column(*column).map(Arc::clone))
            .collect::<Result<Vec<_>>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(self.count));
        Ok(RecordBatch::try_new_with_options(
            Arc::clone(schema),
            arrays,
            &options,
        )?)
    }

    /// Bytes that the known columns take in memory.
    pub fn memory(&self) -> usize {
        let columns = self.columns.iter().flatten();
        columns.map(|c| c.get_array_memory_size()).sum()
    }
}

/// Where the set bits of a mask are.
#[derive(Debug)]
pub struct Positions(Option<Vec<u32>>);

impl Positions {
    /// The positions of `rows` in their range.
    pub fn of(rows: &Rows) -> Self {
        Self(
            rows.mask
                .as_ref()
                .map(|mask| mask.set_indices_u32().collect()),
        )
    }

    /// The part's rows from the `from`th to before the `to`th.
    fn range(&self, outer: &Range<u64>, from: usize, to: usize) -> Range<u64> {
        if from == to {
            return outer.start..outer.start;
        }
        let (first, last) = match &self.0 {
            None => (from, to - 1),
            Some(indices) => (indices[from] as usize, indices[to - 1] as usize),
        };
        outer.start + first as u64..outer.start + last as u64 + 1
    }

    /// The position in the range of the `n`th row.
    pub fn at(&self, n: usize) -> u64 {
        match &self.0 {
            None => n as u64,
            Some(indices) => u64::from(indices[n]),
        }
    }
}

/// `mask` with those of its set bits cleared whose turn in `keep` is unset.
fn narrow(mask: &BooleanBuffer, keep: &BooleanBuffer) -> BooleanBuffer {
    let mut narrowed = BooleanBufferBuilder::new(mask.len());
    narrowed.append_n(mask.len(), false);
    for (turn, position) in mask.set_indices().enumerate() {
        if keep.value(turn) {
            narrowed.set_bit(position, true);
        }
    }
    narrowed.finish()
}

/// A string column whose buffers are mostly of rows that are gone, copied out of them.
pub fn compact(column: &ArrayRef) -> ArrayRef {
    if column.data_type() != &DataType::Utf8View {
        return Arc::clone(column);
    }
    let strings = column.as_string_view();
    let held: usize = strings.data_buffers().iter().map(|b| b.len()).sum();
    if held > 2 * strings.total_buffer_bytes_used() {
        Arc::new(strings.gc())
    } else {
        Arc::clone(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(bits: &[u8]) -> BooleanBuffer {
        bits.iter().map(|b| *b == 1).collect()
    }

    #[test]
    fn masks_narrow_by_turn() {
        let mask = bits(&[0, 1, 1, 0, 1, 1]);
        assert_eq!(
            narrow(&mask, &bits(&[1, 0, 0, 1])),
            bits(&[0, 1, 0, 0, 0, 1])
        );
    }

    #[test]
    fn slices_keep_to_their_rows() {
        let mut rows = Rows::all(100..106, 0);
        rows.prune(bits(&[0, 1, 1, 0, 1, 1]));
        assert_eq!(rows.count, 4);
        assert_eq!(rows.count_before(103), 2);
        let positions = Positions::of(&rows);
        let slice = rows.slice(&positions, 1, 3);
        assert_eq!(slice.range, 102..105);
        assert_eq!(slice.mask, Some(bits(&[1, 0, 1])));
        assert_eq!(positions.at(3), 5);
    }
}
