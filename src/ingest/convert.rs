//! Values of an input's column → the type that the documents have, and which rows cannot follow.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryViewArray, StringViewArray, StringViewBuilder, new_null_array,
};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use super::quarantine::Reason;
use crate::error::Result;

/// Rows that cannot become documents.
#[derive(Default)]
pub struct Faults(BTreeMap<usize, RowFault>);

/// Why a row cannot become a document.
pub struct RowFault {
    /// Why.
    pub reason: Reason,
    /// The particulars.
    pub detail: String,
    /// The value at fault.
    pub raw: Vec<u8>,
}

impl Faults {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a fault; the first one of a row stays.
    pub fn add(&mut self, row: usize, reason: Reason, detail: String, raw: &[u8]) {
        self.0.entry(row).or_insert_with(|| RowFault {
            reason,
            detail,
            raw: raw.to_vec(),
        });
    }

    /// The faults by row.
    pub fn into_rows(self) -> impl Iterator<Item = (usize, RowFault)> {
        self.0.into_iter()
    }
}

/// Bytes → strings; bytes that are not UTF-8 become NULL and a fault.
pub fn strings(column: &str, bytes: &BinaryViewArray, faults: &mut Faults) -> StringViewArray {
    if let Ok(strings) = bytes.clone().to_string_view() {
        return strings;
    }
    let mut strings = StringViewBuilder::with_capacity(bytes.len());
    for (row, value) in bytes.iter().enumerate() {
        let Some(value) = value else {
            strings.append_null();
            continue;
        };
        match std::str::from_utf8(value) {
            Ok(text) => strings.append_value(text),
            Err(error) => {
                let place = error.valid_up_to() + 1;
                let detail = format!("byte {place} of {column} begins no character");
                faults.add(row, Reason::InvalidUtf8, detail, value);
                strings.append_null();
            }
        }
    }
    strings.finish()
}

/// `array` of the column `name` as `target`: strings take everything that is not nested, numbers and
/// times what they can hold exactly.
pub fn convert(
    name: &str,
    array: &ArrayRef,
    target: &DataType,
    faults: &mut Faults,
) -> Result<ArrayRef> {
    if array.data_type() == target {
        return Ok(Arc::clone(array));
    }
    if let (Some(bytes), DataType::Utf8View) = (array.as_binary_view_opt(), target) {
        return Ok(Arc::new(strings(name, bytes, faults)));
    }
    let converted = if fits(array.data_type(), target) {
        let converted = lenient_cast(array, target)?;
        // What does not come back as it was is lost.
        let numbers = array.data_type().is_numeric() && target.is_numeric();
        let back = match numbers {
            true => Some(lenient_cast(&converted, array.data_type())?),
            false => None,
        };
        report(name, array, &converted, back.as_ref(), faults)?;
        converted
    } else {
        let nothing = new_null_array(target, array.len());
        report(name, array, &nothing, None, faults)?;
        nothing
    };
    Ok(converted)
}

fn lenient_cast(array: &ArrayRef, target: &DataType) -> Result<ArrayRef> {
    let options = CastOptions {
        safe: true,
        ..CastOptions::default()
    };
    // There is no direct way from some types to views.
    if *target == DataType::Utf8View && !array.data_type().is_string() {
        let strings = cast_with_options(array, &DataType::Utf8, &options)?;
        return Ok(cast_with_options(&strings, target, &options)?);
    }
    Ok(cast_with_options(array, target, &options)?)
}

/// Whether values of one type may be stored as another.
fn fits(from: &DataType, to: &DataType) -> bool {
    match to {
        DataType::Utf8View => !from.is_nested() || matches!(from, DataType::Dictionary(..)),
        to if to.is_numeric() => from.is_numeric(),
        to if to.is_temporal() => from.is_temporal() && temporal_kind(from) == temporal_kind(to),
        DataType::BinaryView => from.is_binary(),
        // The same but for the names and metadata of nested fields.
        to => to.is_nested() && from.equals_datatype(to),
    }
}

fn temporal_kind(data_type: &DataType) -> u8 {
    match data_type {
        DataType::Timestamp(_, zone) => 1 + u8::from(zone.is_some()),
        DataType::Date32 | DataType::Date64 => 3,
        DataType::Time32(_) | DataType::Time64(_) => 4,
        DataType::Duration(_) => 5,
        _ => 6,
    }
}

fn report(
    name: &str,
    array: &ArrayRef,
    converted: &ArrayRef,
    back: Option<&ArrayRef>,
    faults: &mut Faults,
) -> Result<()> {
    let changed = back.map(|back| datafusion::arrow::compute::kernels::cmp::distinct(back, array));
    let changed = changed.transpose()?;
    let options = FormatOptions::default();
    for row in 0..array.len() {
        let lost = converted.is_null(row) || changed.as_ref().is_some_and(|c| c.value(row));
        if array.is_valid(row) && lost {
            let shown = ArrayFormatter::try_new(array, &options)?
                .value(row)
                .to_string();
            let shown: String = shown.chars().take(60).collect();
            let detail = format!(
                "{shown} of type {} for the column {name} of type {}",
                array.data_type(),
                converted.data_type()
            );
            faults.add(row, Reason::WrongType, detail, &[]);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{
        Float64Array, Int64Array, StringArray, TimestampMicrosecondArray,
    };

    use super::*;

    fn convert_to(array: ArrayRef, target: &DataType) -> (ArrayRef, Vec<usize>) {
        let mut faults = Faults::default();
        let converted = convert("c", &array, target, &mut faults).expect("converts");
        (converted, faults.into_rows().map(|(row, _)| row).collect())
    }

    #[test]
    fn numbers_have_to_be_exact() {
        let wide: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, Some(1 << 40)]));
        let (narrow, faults) = convert_to(wide, &DataType::Int32);
        assert_eq!(narrow.null_count(), 2);
        assert_eq!(faults, [2]);
        let floats: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 1.5]));
        assert_eq!(convert_to(floats, &DataType::Int64).1, [1]);
    }

    #[test]
    fn strings_take_numbers_and_times() {
        let time: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![1_700_000_000_000_000]));
        let (text, faults) = convert_to(time, &DataType::Utf8View);
        assert_eq!(text.as_string_view().value(0), "2023-11-14T22:13:20");
        assert!(faults.is_empty());
    }

    #[test]
    fn numbers_do_not_take_strings() {
        let words: ArrayRef = Arc::new(StringArray::from(vec![Some("12"), None]));
        let (numbers, faults) = convert_to(words, &DataType::Int32);
        assert_eq!((numbers.null_count(), faults), (2, vec![0]));
    }
}
