//! Rows of a layer → row groups that end where row groups of the documents end.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::datatypes::DataType;

use super::sink::{FinishedFile, PartWriter, RowGroupEncoder};
use crate::error::{Error, Result};

/// Row groups of a layer end on a row-group boundary of the documents once they have this many rows …
const ROW_GROUP_ROWS: u64 = 128 * 1024;
/// … or this many bytes of values.
const ROW_GROUP_BYTES: u64 = 32 << 20;

/// Cuts rows into row groups that end where row groups of the documents end.
pub struct Cutter {
    writer: PartWriter,
    encoder: Option<RowGroupEncoder>,
    /// Rows left in each row group of the documents, the current one last.
    left: Vec<u64>,
    bytes: u64,
    rows: u64,
}

impl Cutter {
    /// Cuts what goes into `writer`, along the row groups of the documents of its part.
    pub fn new(writer: PartWriter, document_row_groups: &[u64]) -> Self {
        let left = document_row_groups
            .iter()
            .rev()
            .copied()
            .filter(|rows| *rows > 0)
            .collect();
        Self {
            writer,
            encoder: None,
            left,
            bytes: 0,
            rows: 0,
        }
    }

    /// Adds rows.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut offset = 0;
        while offset < batch.num_rows() {
            let Some(left) = self.left.last_mut() else {
                return Err(Error::internal("more rows than the documents have"));
            };
            let take =
                (batch.num_rows() - offset).min(usize::try_from(*left).unwrap_or(usize::MAX));
            let piece = batch.slice(offset, take);
            let encoder = self.encoder.get_or_insert_with(|| self.writer.encoder());
            encoder.write(&piece)?;
            self.bytes += value_bytes(&piece);
            self.rows += take as u64;
            offset += take;
            *left -= take as u64;
            if *left == 0 {
                self.left.pop();
                if encoder.rows() >= ROW_GROUP_ROWS || self.bytes >= ROW_GROUP_BYTES {
                    self.end_row_group()?;
                }
            }
        }
        Ok(())
    }

    fn end_row_group(&mut self) -> Result<()> {
        if let Some(encoder) = self.encoder.take() {
            self.writer.append(encoder.finish()?)?;
        }
        self.bytes = 0;
        Ok(())
    }

    /// Ends the file, which must have `expected` rows.
    pub fn finish(mut self, expected: u64, facts: &[(&str, String)]) -> Result<FinishedFile> {
        self.end_row_group()?;
        if self.rows != expected {
            return Err(Error::internal(format!(
                "the layer has {} rows for {expected} documents",
                self.rows
            )));
        }
        self.writer.finish(facts)
    }
}

/// Bytes of the values themselves: a function of the contents, not of how they are batched.
fn value_bytes(batch: &RecordBatch) -> u64 {
    batch.columns().iter().map(array_bytes).sum()
}

fn array_bytes(array: &ArrayRef) -> u64 {
    match array.data_type() {
        DataType::Utf8View => array.as_string_view().lengths().map(u64::from).sum(),
        DataType::BinaryView => array.as_binary_view().lengths().map(u64::from).sum(),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            let offsets = list.value_offsets();
            let first = offsets.first().copied().unwrap_or(0);
            let last = offsets.last().copied().unwrap_or(0);
            array_bytes(&list.values().slice(first as usize, (last - first) as usize))
        }
        other => (other.primitive_width().unwrap_or(16) * array.len()) as u64,
    }
}
