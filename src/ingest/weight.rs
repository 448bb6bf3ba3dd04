//! How much memory each row of a batch takes: what decides where row groups end.

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::DataType;

/// What a row takes beside its values.
const ROW_BYTES: u64 = 64;

/// Bytes of each row of `columns`: a function of the values, whatever batches they come in.
pub fn row_weights<'a>(columns: impl IntoIterator<Item = &'a dyn Array>, rows: usize) -> Vec<u64> {
    let mut weights = vec![ROW_BYTES; rows];
    for column in columns {
        add(column, &mut weights);
    }
    weights
}

/// Bytes of all rows of a batch.
pub fn batch_bytes(rows: &RecordBatch) -> u64 {
    let columns = rows.columns().iter().map(AsRef::as_ref);
    row_weights(columns, rows.num_rows()).iter().sum()
}

/// Bytes of all strings of a column of views.
pub fn string_bytes(column: &dyn Array) -> u64 {
    let views = column.as_string_view_opt().map_or(&[][..], |c| c.views());
    views.iter().map(|view| u64::from(*view as u32)).sum()
}

fn add(array: &dyn Array, weights: &mut [u64]) {
    match array.data_type() {
        DataType::Utf8View => add_views(array.as_string_view().views(), array, weights),
        DataType::BinaryView => add_views(array.as_binary_view().views(), array, weights),
        DataType::Utf8 => add_lengths(array.as_string::<i32>().offsets(), weights),
        DataType::LargeUtf8 => add_lengths(array.as_string::<i64>().offsets(), weights),
        DataType::Binary => add_lengths(array.as_binary::<i32>().offsets(), weights),
        DataType::LargeBinary => add_lengths(array.as_binary::<i64>().offsets(), weights),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            add_nested(list.values(), list.offsets(), weights);
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            add_nested(list.values(), list.offsets(), weights);
        }
        DataType::Map(..) => {
            let map = array.as_map();
            add_nested(map.entries(), map.offsets(), weights);
        }
        DataType::FixedSizeList(_, length) => {
            let list = array.as_fixed_size_list();
            let length = usize::try_from(*length).unwrap_or(0);
            let mut inner = vec![0; list.values().len()];
            add(list.values(), &mut inner);
            for (row, weight) in weights.iter_mut().enumerate() {
                *weight += inner[row * length..(row + 1) * length].iter().sum::<u64>();
            }
        }
        DataType::Struct(_) => {
            for column in array.as_struct().columns() {
                add(column, weights);
            }
        }
        fixed => {
            let width = match fixed {
                DataType::FixedSizeBinary(width) => u64::try_from(*width).unwrap_or(0),
                fixed => fixed.primitive_width().unwrap_or(1) as u64,
            };
            weights.iter_mut().for_each(|weight| *weight += width);
        }
    }
}

/// A view's lower half is the length of its value.
fn add_views(views: &[u128], array: &dyn Array, weights: &mut [u64]) {
    for (row, (weight, view)) in weights.iter_mut().zip(views).enumerate() {
        if array.is_valid(row) {
            *weight += u64::from(*view as u32);
        }
    }
}

fn add_lengths<O: Copy + TryInto<u64>>(offsets: &[O], weights: &mut [u64]) {
    let at = |offset: O| offset.try_into().unwrap_or(0);
    for (weight, pair) in weights.iter_mut().zip(offsets.windows(2)) {
        *weight += at(pair[1]).saturating_sub(at(pair[0]));
    }
}

fn add_nested<O: Copy + TryInto<usize>>(values: &dyn Array, offsets: &[O], weights: &mut [u64]) {
    let at = |offset: O| offset.try_into().unwrap_or(0);
    let mut inner = vec![0; values.len()];
    add(values, &mut inner);
    for (weight, pair) in weights.iter_mut().zip(offsets.windows(2)) {
        *weight += inner[at(pair[0])..at(pair[1])].iter().sum::<u64>();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{ArrayRef, Int64Array, ListArray, StringViewArray};
    use datafusion::arrow::datatypes::Int64Type;

    use super::*;

    fn weights(array: ArrayRef) -> Vec<u64> {
        let weights = row_weights([array.as_ref()], array.len());
        weights.into_iter().map(|w| w - ROW_BYTES).collect()
    }

    #[test]
    fn of_values_alone() {
        let long = "x".repeat(100);
        let texts: ArrayRef = Arc::new(StringViewArray::from(vec![Some("ab"), None, Some(&long)]));
        assert_eq!(weights(Arc::clone(&texts)), [2, 0, 100]);
        assert_eq!(weights(texts.slice(2, 1)), [100]);
        assert_eq!(weights(Arc::new(Int64Array::from(vec![1, 2]))), [8, 8]);
        let lists = vec![Some(vec![Some(1), Some(2)]), None, Some(vec![Some(3)])];
        let lists: ArrayRef = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>(lists));
        assert_eq!(weights(Arc::clone(&lists)), [16, 0, 8]);
        assert_eq!(weights(lists.slice(2, 1)), [8]);
    }
}
