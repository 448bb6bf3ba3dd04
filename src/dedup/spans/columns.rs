//! The columns of spans.

use std::ops::AddAssign;
use std::sync::Arc;

use corpusql_text::spans::Cut;
use datafusion::arrow::array::{
    ArrayRef, AsArray, BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, RecordBatch,
    StringViewArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};

use crate::error::Result;

/// The fields of a preset's layer.
pub fn fields(preset: &str, scores: bool) -> Vec<Field> {
    let list = |item| DataType::List(Field::new_list_field(item, true).into());
    let mut fields = vec![
        ("start", list(DataType::Int64)),
        ("end", list(DataType::Int64)),
    ];
    if scores {
        fields.push(("score", list(DataType::Float64)));
    }
    fields.push(("removed_chars", DataType::Int64));
    fields.push(("dropped", DataType::Boolean));
    let field = |(name, data_type)| Field::new(format!("{preset}_{name}"), data_type, false);
    fields.into_iter().map(field).collect()
}

/// What has been found so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    spans: u64,
    documents: u64,
    characters: u64,
    dropped: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        self.spans += more.spans;
        self.documents += more.documents;
        self.characters += more.characters;
        self.dropped += more.dropped;
    }
}

impl Tally {
    /// In words.
    pub fn words(&self, of: usize) -> String {
        let dropped = match self.dropped {
            0 => String::new(),
            dropped => format!(", {dropped} of which nothing or too little is left"),
        };
        format!(
            "{} spans of {} characters in {} of {of} documents{dropped}",
            self.spans, self.characters, self.documents
        )
    }
}

/// Columns that grow document by document.
#[derive(Debug)]
pub struct Columns {
    starts: ListBuilder<Int64Builder>,
    ends: ListBuilder<Int64Builder>,
    scores: Option<ListBuilder<Float64Builder>>,
    removed: Int64Builder,
    dropped: BooleanBuilder,
    tally: Tally,
}

impl Columns {
    /// For so many documents.
    pub fn new(scores: bool, rows: usize) -> Self {
        Self {
            starts: ListBuilder::with_capacity(Int64Builder::new(), rows),
            ends: ListBuilder::with_capacity(Int64Builder::new(), rows),
            scores: scores.then(|| ListBuilder::with_capacity(Float64Builder::new(), rows)),
            removed: Int64Builder::with_capacity(rows),
            dropped: BooleanBuilder::with_capacity(rows),
            tally: Tally::default(),
        }
    }

    /// What is cut out of the next document.
    pub fn push(&mut self, text: &str, cut: &Cut, between: &str) {
        for &(start, end) in &cut.spans {
            self.starts.values().append_value(start as i64);
            self.ends.values().append_value(end as i64);
        }
        self.starts.append(true);
        self.ends.append(true);
        if let Some(scores) = &mut self.scores {
            scores.values().append_slice(&cut.scores);
            scores.append(true);
        }
        let removed = cut.removed(text, between);
        self.removed.append_value(removed);
        self.dropped.append_value(cut.dropped);
        self.tally += Tally {
            spans: cut.spans.len() as u64,
            documents: u64::from(!cut.spans.is_empty()),
            characters: removed.unsigned_abs(),
            dropped: u64::from(cut.dropped),
        };
    }

    /// The columns, and what is in them.
    pub fn finish(mut self, schema: SchemaRef) -> Result<(RecordBatch, Tally)> {
        let mut columns: Vec<ArrayRef> =
            vec![Arc::new(self.starts.finish()), Arc::new(self.ends.finish())];
        if let Some(mut scores) = self.scores {
            columns.push(Arc::new(scores.finish()));
        }
        columns.push(Arc::new(self.removed.finish()));
        columns.push(Arc::new(self.dropped.finish()));
        Ok((RecordBatch::try_new(schema, columns)?, self.tally))
    }
}

/// The texts of a batch; NULL is an empty one.
pub fn texts(batch: &RecordBatch) -> Result<StringViewArray> {
    let texts = cast(batch.column(0), &DataType::Utf8View)?;
    Ok(texts.as_string_view().clone())
}
