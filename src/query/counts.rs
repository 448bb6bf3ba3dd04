//! What our own queries count.

use datafusion::arrow::array::{Array, ArrayRef, AsArray, UInt64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, UInt64Type};

use crate::error::Result;

/// Counts and sums, whatever integers they come as; the sum of nothing is 0.
pub fn counts(column: &ArrayRef) -> Result<UInt64Array> {
    let column = cast(column, &DataType::UInt64)?;
    let counts = column.as_primitive::<UInt64Type>();
    Ok(match counts.null_count() {
        0 => counts.clone(),
        _ => counts.iter().map(|n| Some(n.unwrap_or(0))).collect(),
    })
}
