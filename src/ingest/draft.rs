//! The rows of one chunk of an input: given columns → documents.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryBuilder, Int64Array, RecordBatch,
    StringViewArray, StringViewBuilder, new_null_array,
};
use datafusion::arrow::compute::filter;

use super::language;
use super::quarantine::Bad;
use super::schema::{Columns, DERIVED, HASH_BYTES};
use crate::error::{Error, Result};

/// What every chunk of an ingest is made into documents with.
#[derive(Debug)]
pub struct Rules {
    /// The columns and where fields go.
    pub columns: Columns,
    /// What a document without language gets.
    pub language: Option<String>,
    /// Whether a document still without language is looked at.
    pub detect_language: bool,
    /// What a document without source gets.
    pub source: Option<String>,
}

/// Documents and bad records of one chunk, in input order.
pub struct Parsed {
    /// The documents, with all columns.
    pub rows: RecordBatch,
    /// The record number of each.
    pub records: Vec<u64>,
    /// The bad records, by record number.
    pub bad: Vec<Bad>,
}

/// Columns of one chunk as far as the input gives them, bad rows included.
pub struct Draft {
    /// By place in the documents' schema, in its types.
    pub given: Vec<Option<ArrayRef>>,
    /// The record number of each row.
    pub records: Vec<u64>,
    /// The rows that are fit to be documents; all of them without.
    pub fit: Option<BooleanArray>,
    /// Bad records, in any order, those of unfit rows included.
    pub bad: Vec<Bad>,
}

impl Draft {
    /// Fills in what the input does not give.
    pub fn complete(mut self, rules: &Rules, input: &str) -> Result<Parsed> {
        if let Some(fit) = &self.fit {
            for array in self.given.iter_mut().flatten() {
                *array = filter(array, fit)?;
            }
            let kept = self.records.iter().zip(fit.values().iter());
            self.records = kept.filter(|(_, fit)| *fit).map(|(r, _)| *r).collect();
        }
        self.bad.sort_by_key(|bad| bad.record);
        let rows = documents(self.given, &self.records, rules, input)?;
        Ok(Parsed {
            rows,
            records: self.records,
            bad: self.bad,
        })
    }
}

fn documents(
    mut given: Vec<Option<ArrayRef>>,
    records: &[u64],
    rules: &Rules,
    input: &str,
) -> Result<RecordBatch> {
    let columns = &rules.columns;
    let text_column = columns.index("text")?;
    let text = given[text_column]
        .clone()
        .ok_or_else(|| Error::internal("a chunk has no text"))?;
    let text = text.as_string_view();

    let id = columns.index("id")?;
    given[id] = Some(fill(given[id].take(), text.len(), |row| {
        Some(format!("{input}/{}", records[row]))
    }));
    let url = given[columns.index("url")?].clone();
    if let Some(url) = url.as_ref().map(|url| url.as_string_view()) {
        let domain = columns.index("domain")?;
        given[domain] = Some(fill(given[domain].take(), text.len(), |row| {
            url.is_valid(row)
                .then(|| corpusql_text::url::netloc(url.value(row)))?
        }));
    }
    if let Some(source) = &rules.source {
        let column = columns.index("source")?;
        given[column] = Some(fill(given[column].take(), text.len(), |_| Some(source)));
    }
    let language = columns.index("language")?;
    if let Some(code) = &rules.language {
        given[language] = Some(fill(given[language].take(), text.len(), |_| Some(code)));
    } else if rules.detect_language {
        given[language] = Some(fill(given[language].take(), text.len(), |row| {
            language::detect(text.value(row))
        }));
    }
    let [hash, bytes, chars] = DERIVED;
    given[columns.index(hash)?] = Some(hashes(text)?);
    given[columns.index(bytes)?] = Some(integers(text, |text| text.len()));
    given[columns.index(chars)?] = Some(integers(text, |text| text.chars().count()));

    let rows = text.len();
    let arrays = given.into_iter().zip(columns.schema().fields());
    let arrays = arrays
        .map(|(array, field)| array.unwrap_or_else(|| new_null_array(field.data_type(), rows)));
    RecordBatch::try_new(Arc::clone(columns.schema()), arrays.collect())
        .map_err(|e| Error::internal("documents do not fit their columns").caused_by(e))
}

/// `column` with its NULLs replaced by what `value` gives for the row.
fn fill<S: AsRef<str>>(
    column: Option<ArrayRef>,
    rows: usize,
    value: impl Fn(usize) -> Option<S>,
) -> ArrayRef {
    if let Some(column) = &column
        && column.null_count() == 0
    {
        return Arc::clone(column);
    }
    let given = column.as_ref().map(|c| c.as_string_view());
    let mut filled = StringViewBuilder::with_capacity(rows);
    for row in 0..rows {
        match given.filter(|g| g.is_valid(row)) {
            Some(given) => filled.append_value(given.value(row)),
            None => filled.append_option(value(row)),
        }
    }
    Arc::new(filled.finish())
}

fn hashes(text: &StringViewArray) -> Result<ArrayRef> {
    let mut hashes = FixedSizeBinaryBuilder::with_capacity(text.len(), HASH_BYTES);
    for text in text.iter().flatten() {
        hashes.append_value(corpusql_text::hash::text_hash(text))?;
    }
    Ok(Arc::new(hashes.finish()))
}

fn integers(text: &StringViewArray, measure: impl Fn(&str) -> usize) -> ArrayRef {
    let values = text.iter().flatten().map(|text| measure(text) as i64);
    Arc::new(Int64Array::from_iter_values(values))
}
