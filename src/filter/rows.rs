//! The report as rows: one for each rule, for each filter, and for all filters together, of each group.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, RecordBatch, RecordBatchOptions, StringArray, UInt64Array,
};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::arrow::json::writer::{LineDelimited, WriterBuilder};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use super::figures::{Amount, Removed, Section};
use super::{Chosen, Group, Report};
use crate::error::{Error, Result};

/// The values of the columns that make groups.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    names: Vec<String>,
    columns: Vec<ArrayRef>,
}

impl Keys {
    /// Columns of equal length with their names.
    pub fn new(names: &[String], columns: Vec<ArrayRef>) -> Self {
        Self {
            names: names.to_vec(),
            columns,
        }
    }

    /// The rows at `places`.
    pub fn take(&self, places: &[usize]) -> Result<Self> {
        let places: UInt64Array = places.iter().map(|&p| Some(p as u64)).collect();
        Ok(Self {
            names: self.names.clone(),
            columns: self
                .columns
                .iter()
                .map(|c| take(c, &places, None))
                .collect::<Result<_, _>>()?,
        })
    }

    /// Each row as an object.
    pub fn to_json(&self) -> Result<Vec<serde_json::Value>> {
        if self.columns.is_empty() {
            return Ok(Vec::new());
        }
        let schema = Schema::new(self.fields());
        let batch = RecordBatch::try_new(Arc::new(schema), self.columns.clone())?;
        let mut lines = Vec::new();
        let mut writer = WriterBuilder::new()
            .with_explicit_nulls(true)
            .build::<_, LineDelimited>(&mut lines);
        writer.write(&batch)?;
        writer.finish()?;
        drop(writer);
        lines
            .split(|b| *b == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| {
                serde_json::from_slice(line)
                    .map_err(|e| Error::internal("a group's key is no JSON").caused_by(e))
            })
            .collect()
    }

    /// Each row as text, a cell for each column.
    pub fn to_text(&self) -> Result<Vec<Vec<String>>> {
        let options = FormatOptions::default().with_null("NULL");
        let columns = self
            .columns
            .iter()
            .map(|c| ArrayFormatter::try_new(c.as_ref(), &options))
            .collect::<Result<Vec<_>, _>>()?;
        let rows = self.columns.first().map_or(0, |c| c.len());
        Ok((0..rows)
            .map(|row| columns.iter().map(|c| c.value(row).to_string()).collect())
            .collect())
    }

    fn fields(&self) -> Vec<Field> {
        self.names
            .iter()
            .zip(&self.columns)
            .map(|(name, column)| Field::new(name, column.data_type().clone(), true))
            .collect()
    }
}

/// How much of what; a column for each, tokens where they are known.
const AMOUNTS: [&str; 4] = ["", "alone_", "only_", "first_"];
const UNITS: [&str; 4] = ["documents", "characters", "bytes", "tokens"];

#[derive(Default)]
struct Rows {
    groups: Vec<usize>,
    filters: Vec<Option<String>>,
    rules: Vec<Option<String>>,
    /// For each of [`AMOUNTS`], each of [`UNITS`].
    figures: [[Vec<Option<u64>>; UNITS.len()]; AMOUNTS.len()],
    undefined: Vec<Option<u64>>,
}

impl Rows {
    fn push(
        &mut self,
        (group, total): (usize, Amount),
        filter: Option<&str>,
        rule: Option<&str>,
        removed: Removed,
        undefined: Option<u64>,
    ) {
        self.groups.push(group);
        self.filters.push(filter.map(str::to_string));
        self.rules.push(rule.map(str::to_string));
        self.undefined.push(undefined);
        let amounts = [total, removed.alone, removed.only, removed.first];
        self.amounts(amounts.map(Some));
    }

    fn amounts(&mut self, amounts: [Option<Amount>; AMOUNTS.len()]) {
        for (columns, a) in self.figures.iter_mut().zip(amounts) {
            let numbers = [
                a.map(|a| a.documents),
                a.map(|a| a.characters),
                a.map(|a| a.bytes),
                a.and_then(|a| a.tokens),
            ];
            for (column, number) in columns.iter_mut().zip(numbers) {
                column.push(number);
            }
        }
    }

    /// What choosing removes, after all filters: the first that does, and nothing that could be told of it alone.
    fn chosen(&mut self, group: usize, total: Amount, chosen: &Chosen) {
        self.groups.push(group);
        self.filters.push(Some("distinct".to_string()));
        self.rules.push(Some(chosen.preset.clone()));
        self.undefined.push(None);
        self.amounts([Some(total), None, None, Some(chosen.duplicates)]);
    }

    fn section(&mut self, group: usize, section: &Section, distinct: &[Chosen]) {
        let at = (group, section.total);
        for filter in &section.filters {
            let name = Some(filter.filter.as_str());
            for rule in &filter.rules {
                let undefined = Some(rule.undefined_documents);
                self.push(at, name, Some(&rule.rule), rule.removed, undefined);
            }
            self.push(at, name, None, filter.removed, None);
        }
        let removed = section.total.without(section.kept);
        let all = Removed {
            alone: removed,
            only: removed,
            first: removed,
        };
        self.push(at, None, None, all, None);
        for chosen in distinct {
            self.chosen(group, section.total, chosen);
        }
    }
}

impl Report {
    /// The report as rows. Without a rule a row is about the whole filter, without a filter about all
    /// of them together; the filter `distinct` stands for what is chosen last of the clusters of its rule. With groups, the rows are those of the groups.
    pub fn to_batch(&self) -> Result<RecordBatch> {
        let mut rows = Rows::default();
        if self.by.is_empty() {
            rows.section(0, &self.all, &self.distinct);
        }
        for (place, group) in self.groups.iter().enumerate() {
            let Group {
                section, distinct, ..
            } = group;
            rows.section(place, section, distinct);
        }
        let count = rows.groups.len();
        let keys = self.keys.take(&rows.groups)?;
        let mut fields = keys.fields();
        let mut columns = keys.columns;
        for (name, values) in [("filter", rows.filters), ("rule", rows.rules)] {
            fields.push(Field::new(name, DataType::Utf8, true));
            columns.push(Arc::new(StringArray::from(values)));
        }
        let units = UNITS.len() - usize::from(self.tokens_column.is_none());
        for (amount, of_units) in AMOUNTS.iter().zip(rows.figures) {
            for (unit, values) in UNITS.iter().zip(of_units).take(units) {
                fields.push(Field::new(
                    format!("{amount}{unit}"),
                    DataType::UInt64,
                    true,
                ));
                columns.push(Arc::new(UInt64Array::from(values)));
            }
        }
        fields.push(Field::new("undefined_documents", DataType::UInt64, true));
        columns.push(Arc::new(UInt64Array::from(rows.undefined)));
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        Ok(RecordBatch::try_new_with_options(
            Arc::new(Schema::new(fields)),
            columns,
            &options,
        )?)
    }

    /// The groups' keys as text, a cell for each column.
    pub(super) fn key_cells(&self) -> Result<Vec<Vec<String>>> {
        self.keys.to_text()
    }
}
