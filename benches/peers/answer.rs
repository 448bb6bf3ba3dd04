//! An answer of two string columns, small enough to be compared.

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use sha2::{Digest, Sha256};

use crate::setup::Outcome;

/// How many rows, and a sum of hashes of the rows, which need no order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    rows: u64,
    digest: u64,
}

impl Answer {
    /// Known parts.
    pub fn new(rows: u64, digest: u64) -> Self {
        Self { rows, digest }
    }

    /// Of batches of `id` and `text`.
    pub fn of(batches: &[RecordBatch]) -> Outcome<Self> {
        let mut answer = Self::default();
        for batch in batches {
            let ids = cast(batch.column(0), &DataType::Utf8View)?;
            let texts = cast(batch.column(1), &DataType::Utf8View)?;
            for (id, text) in ids.as_string_view().iter().zip(texts.as_string_view()) {
                let mut row = Sha256::new();
                row.update(id.unwrap_or_default());
                row.update([0]);
                row.update(text.unwrap_or_default());
                let mut first = [0; 8];
                first.copy_from_slice(&row.finalize()[..8]);
                answer.rows += 1;
                answer.digest = answer.digest.wrapping_add(u64::from_le_bytes(first));
            }
        }
        Ok(answer)
    }

    /// How many rows.
    pub fn rows(&self) -> u64 {
        self.rows
    }
}
