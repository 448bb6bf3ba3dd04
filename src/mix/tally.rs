//! Groups being counted up: amounts, and how many documents have each length.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, UInt64Array, new_null_array};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::row::{OwnedRow, RowConverter, SortField};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use polars::prelude::{Column, DataFrame};

use super::query::{IS_TOTAL, key, whole};
use super::{QUANTILES, arrow, kept, shaping};
use crate::error::Result;
use crate::query::counts::counts;

/// Counts of all groups.
pub struct Tally {
    keys: usize,
    filters: Vec<String>,
    amounts: Vec<String>,
    rows: Option<(RowConverter, Vec<DataType>)>,
    groups: BTreeMap<Option<OwnedRow>, Group>,
    memory: MemoryReservation,
}

/// Documents, characters, bytes, and tokens where they are counted.
type Amounts = [u64; 4];

#[derive(Default)]
struct Group {
    all: Amounts,
    kept: Vec<Amounts>,
    /// Length in characters, and documents of that length; in any order.
    lengths: Vec<(u64, u64)>,
}

impl Tally {
    /// Nothing counted yet; batches have `keys` columns of keys, then length, documents, bytes and tokens
    /// where `amounts` has them, then the same but for the length of what each of `filters` keeps.
    pub fn new(
        keys: usize,
        filters: &[String],
        amounts: &[String],
        pool: &Arc<dyn MemoryPool>,
    ) -> Self {
        Self {
            keys,
            filters: filters.to_vec(),
            amounts: amounts.to_vec(),
            rows: None,
            groups: BTreeMap::new(),
            memory: MemoryConsumer::new("mixture statistics").register(pool),
        }
    }

    /// Adds counts by group and length.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        let (keys, figures) = batch.columns().split_at(self.keys);
        let figures: Vec<UInt64Array> = figures.iter().map(counts).collect::<Result<_>>()?;
        self.memory
            .try_grow(batch.num_rows() * size_of::<(u64, u64)>())?;
        let rows = match (&mut self.rows, keys.is_empty()) {
            (_, true) => None,
            (Some((converter, _)), false) => Some(converter.convert_columns(keys)?),
            (none, false) => {
                let types: Vec<DataType> = keys.iter().map(|k| k.data_type().clone()).collect();
                let fields = types.iter().cloned().map(SortField::new).collect();
                let converter = RowConverter::new(fields)?;
                let (converter, _) = none.insert((converter, types));
                Some(converter.convert_columns(keys)?)
            }
        };
        for row in 0..batch.num_rows() {
            let key = rows.as_ref().map(|rows| rows.row(row).owned());
            let group = self.groups.entry(key).or_default();
            let figure = |column: usize| figures[column].value(row);
            let length = figure(0);
            // Characters follow from the length.
            let summed = self.amounts.len() - 1;
            let amounts = |from: usize| {
                let tokens = if summed > 2 { figure(from + 2) } else { 0 };
                [
                    figure(from),
                    figure(from) * length,
                    figure(from + 1),
                    tokens,
                ]
            };
            add(&mut group.all, amounts(1));
            group.lengths.push((length, figure(1)));
            group.kept.resize(self.filters.len(), Amounts::default());
            for (filter, sum) in group.kept.iter_mut().enumerate() {
                add(sum, amounts(1 + summed * (filter + 1)));
            }
        }
        Ok(())
    }

    /// A row for each group, by key, and one for all of them; none where nothing was counted.
    pub fn finish(mut self) -> Result<DataFrame> {
        let mut total = Group::default();
        total.kept.resize(self.filters.len(), Amounts::default());
        self.memory.try_grow(
            self.groups.values().map(|g| g.lengths.len()).sum::<usize>() * size_of::<(u64, u64)>(),
        )?;
        for group in self.groups.values() {
            add(&mut total.all, group.all);
            for (sum, kept) in total.kept.iter_mut().zip(&group.kept) {
                add(sum, *kept);
            }
            total.lengths.extend_from_slice(&group.lengths);
        }
        let groups = std::mem::take(&mut self.groups);
        let mut columns = self.key_columns(groups.keys())?;
        let mut groups: Vec<Group> = groups.into_values().collect();
        let keyed = self.keys > 0;
        if !keyed {
            groups.clear();
        }
        let count = groups.len();
        if !total.lengths.is_empty() {
            groups.push(total);
        }
        let figures = self.figure_columns(&mut groups, count);
        columns.extend(figures);
        DataFrame::new(groups.len(), columns).map_err(shaping)
    }

    /// The keys of the groups, and NULL for all of them together.
    fn key_columns<'a>(
        &self,
        keys: impl Iterator<Item = &'a Option<OwnedRow>>,
    ) -> Result<Vec<Column>> {
        let Some((converter, types)) = &self.rows else {
            let empty = |place| {
                Column::new_empty(
                    key(place).as_str().into(),
                    &polars::prelude::DataType::String,
                )
            };
            return Ok((0..self.keys).map(empty).collect());
        };
        let rows = keys.flatten().map(OwnedRow::row);
        converter
            .convert_rows(rows)?
            .iter()
            .zip(types)
            .enumerate()
            .map(|(place, (values, data_type))| {
                let values = concat(&[values, &new_null_array(data_type, 1)])?;
                arrow::from_array(&key(place), &values)
            })
            .collect()
    }

    /// The figures of `groups`, of which all beyond `count` is the whole.
    fn figure_columns(&self, groups: &mut [Group], count: usize) -> Vec<Column> {
        let mut quantiles: Vec<Vec<u64>> = vec![Vec::new(); QUANTILES.len() + 2];
        for group in groups.iter_mut() {
            group.lengths.sort_unstable();
            quantiles[0].push(reach(group, 0, 1));
            for (values, (_, part, whole)) in quantiles[1..].iter_mut().zip(QUANTILES) {
                values.push(reach(group, part, whole));
            }
            quantiles[QUANTILES.len() + 1].push(reach(group, 1, 1));
        }
        let column = |name: &str, value: &dyn Fn(usize) -> u64| {
            let values: Vec<u64> = (0..groups.len()).map(value).collect();
            Column::new(name.into(), values)
        };
        let mut columns = vec![column(IS_TOTAL, &|group| u64::from(group >= count))];
        for (place, amount) in self.amounts.iter().enumerate() {
            columns.push(column(amount, &|group| groups[group].all[place]));
            let all = groups.last().map_or(0, |total| total.all[place]);
            columns.push(column(&whole(amount), &|_| all));
            for (filter, name) in self.filters.iter().enumerate() {
                columns.push(column(&kept(name, amount), &|group| {
                    groups[group].kept[filter][place]
                }));
            }
        }
        let names = ["min_characters"]
            .into_iter()
            .chain(QUANTILES.map(|(name, _, _)| name))
            .chain(["max_characters"]);
        for (name, values) in names.zip(quantiles) {
            columns.push(Column::new(name.into(), values));
        }
        columns
    }
}

fn add(sum: &mut Amounts, more: Amounts) {
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum += more;
    }
}

/// The smallest length up to which `part` of `whole` of the documents lie; lengths are in order.
fn reach(group: &Group, part: u64, whole: u64) -> u64 {
    let wanted = u128::from(group.all[0]) * u128::from(part);
    let mut documents = 0_u128;
    for &(length, more) in &group.lengths {
        documents += u128::from(more);
        if documents * u128::from(whole) >= wanted {
            return length;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_documents_in_order() {
        // 1 1 2 5 5 5 9: seven documents.
        let group = Group {
            all: [7, 28, 28, 0],
            kept: Vec::new(),
            lengths: vec![(1, 2), (2, 1), (5, 2), (5, 1), (9, 1)],
        };
        let at = |part, whole| reach(&group, part, whole);
        assert_eq!([at(0, 1), at(1, 4), at(1, 2), at(3, 4)], [1, 1, 5, 5]);
        assert_eq!([at(6, 7), at(9, 10), at(1, 1)], [5, 9, 9]);
    }
}
