//! Rows that the statistics of row groups and pages rule out before anything is read.
//!
//! Floats are not pruned: Parquet's minimum and maximum leave NaN out, SQL's comparisons order it. Nor are
//! row groups of old files whose deprecated `min` and `max` compared bytes as signed numbers.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, BooleanArray, BooleanBufferBuilder, UInt64Array};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, ScalarValue};
use datafusion::parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use datafusion::parquet::basic::{SortOrder, Type as PhysicalType};
use datafusion::parquet::file::metadata::RowGroupMetaData;

use super::part::OpenPart;
use super::program::Conjunct;
use super::rows::Rows;
use crate::corpus::table::{Source, TableColumn};
use crate::error::Result;

/// How many rows statistics ruled out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pruned {
    /// Those of row groups.
    pub by_row_groups: usize,
    /// Those of pages.
    pub by_pages: usize,
}

/// Takes the rows out of `rows` for which `conjunct` cannot be true.
pub fn prune(
    conjunct: &Conjunct,
    rows: &mut Rows,
    table: &[TableColumn],
    parts: &[Option<Arc<OpenPart>>],
) -> Result<Pruned> {
    let mut pruned = Pruned::default();
    let Some(predicate) = &conjunct.pruning else {
        return Ok(pruned);
    };
    let mut part = None;
    let mut columns = Vec::new();
    for column in &conjunct.columns {
        let Source::Stored { layer, column, .. } = table[*column].source else {
            return Ok(pruned);
        };
        match part {
            None => part = Some(layer),
            Some(of) if of == layer => {}
            Some(_) => return Ok(pruned),
        }
        columns.push(column);
    }
    let Some(part) = part.and_then(|layer| parts[layer].as_ref()) else {
        return Ok(pruned);
    };
    let row_groups: Vec<usize> = part.row_groups(&rows.range).collect();
    let mut names = conjunct.schema.fields().iter().map(|f| f.name().as_str());
    let statistics: Vec<(&str, ColumnStatistics)> = columns
        .iter()
        .filter_map(|column| {
            let name = names.next()?;
            Some((
                name,
                ColumnStatistics::of_row_groups(part, *column, &row_groups)?,
            ))
        })
        .collect();
    let containers = Containers {
        rows: row_groups
            .iter()
            .map(|rg| part.row_group_rows(*rg))
            .map(|r| r.end - r.start)
            .collect(),
        statistics,
    };
    let may_hold = predicate.prune(&containers)?;
    let first = row_groups
        .first()
        .map_or(0, |rg| part.row_group_rows(*rg).start);
    let before = rows.count;
    keep(rows, first, &containers.rows, &may_hold);
    let left = rows.count;
    pruned.by_row_groups = before - left;

    // Pages of different columns end at different rows: only one column's at a time.
    let ([column], Some((name, _))) = (columns.as_slice(), containers.statistics.first()) else {
        return Ok(pruned);
    };
    let row_groups_left = row_groups
        .iter()
        .zip(&may_hold)
        .filter_map(|(rg, may)| may.then_some(*rg));
    for row_group in row_groups_left {
        let Some((page_rows, statistics)) = ColumnStatistics::of_pages(part, *column, row_group)
        else {
            continue;
        };
        let pages = Containers {
            rows: page_rows,
            statistics: vec![(*name, statistics)],
        };
        let may_hold = predicate.prune(&pages)?;
        keep(
            rows,
            part.row_group_rows(row_group).start,
            &pages.rows,
            &may_hold,
        );
    }
    pruned.by_pages = left - rows.count;
    Ok(pruned)
}

/// Keeps of `rows` what may hold; the containers begin at row `start` of the part.
fn keep(rows: &mut Rows, start: u64, lengths: &[u64], may_hold: &[bool]) {
    if may_hold.iter().all(|m| *m) {
        return;
    }
    let length = rows.range.end - rows.range.start;
    let mut bits = BooleanBufferBuilder::new(length as usize);
    bits.append_n(length as usize, true);
    let mut at = start;
    for (rows_in, may) in lengths.iter().zip(may_hold) {
        if !may {
            let from = at.clamp(rows.range.start, rows.range.end) - rows.range.start;
            let to = (at + rows_in).clamp(rows.range.start, rows.range.end) - rows.range.start;
            for bit in from..to {
                bits.set_bit(bit as usize, false);
            }
        }
        at += rows_in;
    }
    rows.prune(bits.finish());
}

/// What a column's values can be, container by container.
struct ColumnStatistics {
    min: ArrayRef,
    max: ArrayRef,
    nulls: ArrayRef,
}

impl ColumnStatistics {
    fn of_row_groups(part: &OpenPart, column: usize, row_groups: &[usize]) -> Option<Self> {
        let converter = converter(part, column)?;
        let metadata = || row_groups.iter().map(|rg| part.metadata().row_group(*rg));
        let leaf = converter.parquet_column_index()?;
        if metadata().any(|row_group| in_unknown_order(row_group, leaf)) {
            return None;
        }
        Some(Self {
            min: converter.row_group_mins(metadata()).ok()?,
            max: converter.row_group_maxes(metadata()).ok()?,
            nulls: Arc::new(converter.row_group_null_counts(metadata()).ok()?),
        })
    }

    /// And the rows of each page.
    fn of_pages(part: &OpenPart, column: usize, row_group: usize) -> Option<(Vec<u64>, Self)> {
        let converter = converter(part, column)?;
        let metadata = part.metadata();
        let (pages, offsets) = (metadata.column_index()?, metadata.offset_index()?);
        let rows = converter
            .data_page_row_counts(offsets, metadata.row_groups(), &[row_group])
            .ok()??;
        let statistics = Self {
            min: converter
                .data_page_mins(pages, offsets, &[row_group])
                .ok()?,
            max: converter
                .data_page_maxes(pages, offsets, &[row_group])
                .ok()?,
            nulls: Arc::new(
                converter
                    .data_page_null_counts(pages, offsets, &[row_group])
                    .ok()?,
            ),
        };
        let whole = [&statistics.min, &statistics.max, &statistics.nulls]
            .iter()
            .all(|a| a.len() == rows.len());
        whole.then(|| (rows.values().to_vec(), statistics))
    }
}

fn converter(part: &OpenPart, column: usize) -> Option<StatisticsConverter<'_>> {
    let schema = part.file_schema();
    let field = schema.field(part.column_in_file(column)?);
    let parquet = part.metadata().file_metadata().schema_descr();
    if field.data_type().is_floating() || field.data_type().is_nested() {
        return None;
    }
    // A count of NULLs that is not there says nothing.
    StatisticsConverter::try_new(field.name(), schema, parquet)
        .ok()
        .map(|c| c.with_missing_null_counts_as_zero(false))
}

/// Whether the minimum and maximum of a column are the deprecated ones, and were compared in an order that
/// only signed integers have.
fn in_unknown_order(row_group: &RowGroupMetaData, leaf: usize) -> bool {
    let column = row_group.column(leaf);
    let integers = matches!(
        column.column_type(),
        PhysicalType::INT32 | PhysicalType::INT64
    );
    let signed = integers && column.column_descr().sort_order() == SortOrder::SIGNED;
    !signed
        && column
            .statistics()
            .is_some_and(|s| s.is_min_max_deprecated())
}

struct Containers<'a> {
    rows: Vec<u64>,
    statistics: Vec<(&'a str, ColumnStatistics)>,
}

impl Containers<'_> {
    fn of(&self, column: &Column) -> Option<&ColumnStatistics> {
        self.statistics
            .iter()
            .find(|(name, _)| *name == column.name)
            .map(|(_, statistics)| statistics)
    }
}

impl PruningStatistics for Containers<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column).map(|s| Arc::clone(&s.min))
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column).map(|s| Arc::clone(&s.max))
    }

    fn num_containers(&self) -> usize {
        self.rows.len()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column).map(|s| Arc::clone(&s.nulls))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(UInt64Array::from(self.rows.clone())))
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
