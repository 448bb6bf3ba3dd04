//! Frames from batches, and batches from frames.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
    UInt64Array,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema, UInt64Type};
use polars::prelude as pl;

use super::shaping;
use crate::error::{Error, Result};

/// A column of keys; types that frames here do not have become text.
pub fn from_array(name: &str, array: &ArrayRef) -> Result<pl::Column> {
    use pl::NamedFrom;
    let series = match array.data_type() {
        DataType::Boolean => {
            let values: Vec<Option<bool>> = array.as_boolean().iter().collect();
            pl::Series::new(name.into(), values)
        }
        t if t.is_unsigned_integer() => {
            let array = cast(array, &DataType::UInt64)?;
            let values: Vec<Option<u64>> = array.as_primitive::<UInt64Type>().iter().collect();
            pl::Series::new(name.into(), values)
        }
        t if t.is_integer() => {
            let array = cast(array, &DataType::Int64)?;
            let values: Vec<Option<i64>> = array.as_primitive::<Int64Type>().iter().collect();
            pl::Series::new(name.into(), values)
        }
        t if t.is_floating() => {
            let array = cast(array, &DataType::Float64)?;
            let values: Vec<Option<f64>> = array.as_primitive::<Float64Type>().iter().collect();
            pl::Series::new(name.into(), values)
        }
        _ => {
            let array = cast(array, &DataType::Utf8)?;
            let values: Vec<Option<&str>> = array.as_string::<i32>().iter().collect();
            pl::Series::new(name.into(), values)
        }
    };
    Ok(series.into())
}

/// The frame as a batch, for the writers that all commands share.
pub fn to_batch(frame: &pl::DataFrame) -> Result<RecordBatch> {
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for column in frame.columns() {
        let array: ArrayRef = match column.dtype() {
            pl::DataType::UInt64 => {
                let values = column.u64().map_err(shaping)?;
                Arc::new(values.iter().collect::<UInt64Array>())
            }
            pl::DataType::Int64 => {
                let values = column.i64().map_err(shaping)?;
                Arc::new(values.iter().collect::<Int64Array>())
            }
            pl::DataType::Float64 => {
                let values = column.f64().map_err(shaping)?;
                Arc::new(values.iter().collect::<Float64Array>())
            }
            pl::DataType::Boolean => {
                let values = column.bool().map_err(shaping)?;
                Arc::new(values.iter().collect::<BooleanArray>())
            }
            pl::DataType::String => {
                let values = column.str().map_err(shaping)?;
                Arc::new(values.iter().collect::<StringArray>())
            }
            other => {
                return Err(Error::internal(format!(
                    "column {} of a frame is {other}",
                    column.name()
                )));
            }
        };
        fields.push(Field::new(
            column.name().as_str(),
            array.data_type().clone(),
            true,
        ));
        arrays.push(array);
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}
