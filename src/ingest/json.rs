//! Records of JSON, cut from a stream of bytes → documents.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayBuilder, ArrayRef, AsArray, BooleanArray, StringViewArray, StringViewBuilder, make_view,
};
use datafusion::arrow::buffer::Buffer;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::arrow::json::ReaderBuilder;
use serde_json::value::RawValue;

use super::chunk::Chunk;
use super::draft::{Draft, Parsed, Rules};
use super::quarantine::{Bad, Reason};
use super::record::{Fault, Fields, JsonString, Record, Text, unescape};
use super::schema::METADATA;
use crate::error::{Error, Result};

/// Where one record stands in a chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its bytes.
    pub bytes: Range<usize>,
    /// Its line in the input, from 1, where lines mean something.
    pub line: Option<u64>,
}

/// Complete records of JSON.
pub struct JsonChunk {
    /// The input's name.
    pub input: Arc<str>,
    /// The bytes that the spans point into.
    pub bytes: Vec<u8>,
    /// Where the bytes begin in the unpacked input.
    pub offset: u64,
    /// The number of the first record.
    pub first: u64,
    /// The records.
    pub spans: Vec<Span>,
    /// What ends the input before its time, behind the records.
    pub broken: Option<Bad>,
}

impl JsonChunk {
    /// Forgets the records before record number `from`.
    pub fn skip_before(&mut self, from: u64) {
        let skip = from.saturating_sub(self.first).min(self.spans.len() as u64);
        self.spans.drain(..skip as usize);
        self.first += skip;
        if self.broken.as_ref().is_some_and(|bad| bad.record < from) {
            self.broken = None;
        }
    }
}

impl Chunk for JsonChunk {
    fn bytes(&self) -> usize {
        self.bytes.len()
    }

    fn parse(self: Box<Self>, rules: &Rules) -> Result<Parsed> {
        let Self {
            input,
            bytes,
            offset,
            first,
            spans,
            broken,
        } = *self;
        let fields = Fields::new(&rules.columns)?;
        let whole = simdutf8::basic::from_utf8(&bytes).ok();
        let mut rows = Rows::new(rules, &bytes)?;
        let mut records = Vec::with_capacity(spans.len());
        let mut kept: Vec<usize> = Vec::with_capacity(spans.len());
        let mut bad: Vec<Bad> = broken.into_iter().collect();
        let bad_record = |place: usize, (reason, detail): Fault| {
            let span: &Span = &spans[place];
            Bad::new(first + place as u64, reason, detail)
                .with_raw(&bytes[span.bytes.clone()])
                .at(offset + span.bytes.start as u64, span.line)
        };
        for (place, span) in spans.iter().enumerate() {
            let outcome = match whole.and_then(|text| text.get(span.bytes.clone())) {
                Some(text) => Ok(text),
                None => utf8(&bytes[span.bytes.clone()]),
            };
            match outcome
                .and_then(|text| fields.read(text))
                .and_then(|record| rows.push(record))
            {
                Ok(()) => {
                    records.push(first + place as u64);
                    kept.push(place);
                }
                Err(fault) => bad.push(bad_record(place, fault)),
            }
        }
        let Finished {
            mut given,
            text_column,
            large,
            faults,
        } = rows.finish()?;
        let mut fit = None;
        if !faults.is_empty() {
            let mut mask = vec![true; records.len()];
            for (row, fault) in faults {
                if std::mem::replace(&mut mask[row], false) {
                    bad.push(bad_record(kept[row], fault));
                }
            }
            fit = Some(BooleanArray::from(mask));
        }
        if large.is_empty() {
            drop(bytes);
        } else {
            given[text_column] = with_large(given[text_column].take(), bytes, large)?;
        }
        Draft {
            given,
            records,
            fit,
            bad,
        }
        .complete(rules, &input)
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|error| {
        let place = error.valid_up_to() + 1;
        (
            Reason::InvalidUtf8,
            format!("byte {place} of the record begins no character"),
        )
    })
}

/// Columns in the making.
struct Rows<'a> {
    columns: Vec<Column<'a>>,
    text_column: usize,
    text: StringViewBuilder,
    /// Rows whose text stays where it is in the chunk; the builder has an empty one for each.
    large: Vec<LargeText>,
    /// Where the chunk begins in memory.
    chunk: usize,
    metadata_column: usize,
    rows: usize,
}

/// A text that is left in the bytes of its chunk.
struct LargeText {
    row: usize,
    /// Where it stands, not yet unescaped.
    bytes: Range<usize>,
}

/// The columns that came of the rows.
struct Finished {
    given: Vec<Option<ArrayRef>>,
    text_column: usize,
    large: Vec<LargeText>,
    /// Rows with values that do not fit their columns.
    faults: Vec<(usize, Fault)>,
}

/// A column in the making; nothing is kept of one that no record has.
enum Column<'a> {
    Strings(Option<StringViewBuilder>),
    Typed(FieldRef, Vec<(usize, &'a RawValue)>),
}

impl<'a> Rows<'a> {
    fn new(rules: &Rules, chunk: &[u8]) -> Result<Self> {
        let fields = rules.columns.schema().fields();
        let columns = fields.iter().map(|field| match field.data_type() {
            DataType::Utf8View => Column::Strings(None),
            _ => Column::Typed(Arc::clone(field), Vec::new()),
        });
        Ok(Self {
            columns: columns.collect(),
            text_column: rules.columns.index("text")?,
            text: StringViewBuilder::new(),
            large: Vec::new(),
            chunk: chunk.as_ptr() as usize,
            metadata_column: rules.columns.index(METADATA)?,
            rows: 0,
        })
    }

    /// Adds a record, or nothing of it.
    fn push(&mut self, record: Record<'a>) -> Result<(), Fault> {
        let mut strings: Vec<(usize, Cow<'_, str>)> = Vec::with_capacity(record.values.len() + 1);
        for (place, value) in &record.values {
            if matches!(self.columns[*place], Column::Strings(_))
                && let Some(text) = text_form(value)?
            {
                strings.push((*place, text));
            }
        }
        if let Some(metadata) = record.metadata() {
            strings.push((self.metadata_column, Cow::Owned(metadata)));
        }
        match record.text {
            Text::Given(text) => {
                check_length(text.len())?;
                self.text.append_value(text);
            }
            Text::Escaped(json, length) => {
                check_length(length)?;
                let start = json.as_ptr() as usize - self.chunk;
                self.large.push(LargeText {
                    row: self.rows,
                    bytes: start..start + json.len(),
                });
                self.text.append_value("");
            }
            Text::Missing | Text::Null | Text::Wrong(_) => {
                return Err((Reason::MissingText, String::new()));
            }
        }
        for (place, text) in strings {
            if let Column::Strings(builder) = &mut self.columns[place] {
                let builder = builder.get_or_insert_default();
                pad(builder, self.rows);
                builder.append_value(text);
            }
        }
        for (place, value) in record.values {
            if let Column::Typed(_, values) = &mut self.columns[place]
                && value.get() != "null"
            {
                values.push((self.rows, value));
            }
        }
        self.rows += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<Finished> {
        let mut faults = Vec::new();
        let mut arrays = Vec::with_capacity(self.columns.len());
        for column in self.columns {
            arrays.push(match column {
                Column::Strings(Some(mut builder)) => {
                    pad(&mut builder, self.rows);
                    Some(Arc::new(builder.finish()) as ArrayRef)
                }
                Column::Typed(field, values) if !values.is_empty() => {
                    Some(typed(&field, &values, self.rows, &mut faults)?)
                }
                Column::Strings(None) | Column::Typed(..) => None,
            });
        }
        arrays[self.text_column] = Some(Arc::new(self.text.finish()));
        Ok(Finished {
            given: arrays,
            text_column: self.text_column,
            large: self.large,
            faults,
        })
    }
}

fn check_length(bytes: usize) -> Result<(), Fault> {
    match i32::try_from(bytes) {
        Ok(_) => Ok(()),
        Err(_) => Err((
            Reason::TooLong,
            format!("the text has {bytes} bytes, more than {}", i32::MAX),
        )),
    }
}

/// `texts` with the large ones in their places, which stay in the chunk's `bytes` and are unescaped there.
fn with_large(
    texts: Option<ArrayRef>,
    mut bytes: Vec<u8>,
    large: Vec<LargeText>,
) -> Result<Option<ArrayRef>> {
    let Some(texts) = texts else { return Ok(None) };
    let (views, buffers, nulls) = texts.as_string_view().clone().into_parts();
    let mut views = views.to_vec();
    let mut buffers = buffers.to_vec();
    let block = u32::try_from(buffers.len())
        .map_err(|_| Error::internal("more buffers than an array can have"))?;
    for LargeText { row, bytes: place } in large {
        let start = place.start;
        let offset = u32::try_from(start)
            .map_err(|_| Error::internal("a chunk that is larger than its records"))?;
        let length = unescape(&mut bytes[place]);
        views[row] = make_view(&bytes[start..start + length], block, offset);
    }
    buffers.push(Buffer::from_vec(bytes));
    Ok(Some(Arc::new(StringViewArray::try_new(
        views.into(),
        buffers,
        nulls,
    )?)))
}

fn pad(builder: &mut StringViewBuilder, rows: usize) {
    for _ in builder.len()..rows {
        builder.append_null();
    }
}

/// What a column of strings holds for a JSON value: a string's contents, the digits of a number.
fn text_form(value: &RawValue) -> Result<Option<Cow<'_, str>>, Fault> {
    let raw = value.get();
    match raw.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<JsonString<'_>>(raw)
            .map(|JsonString(text)| Some(text))
            .map_err(|e| (Reason::InvalidUtf8, e.to_string())),
        Some(b'n') => Ok(None),
        Some(b'[' | b'{') => Err((
            Reason::WrongType,
            format!("{} where a string is expected", shortened(raw)),
        )),
        _ => Ok(Some(Cow::Borrowed(raw))),
    }
}

/// A column of another type, NULL where a value does not fit.
fn typed(
    field: &FieldRef,
    values: &[(usize, &RawValue)],
    rows: usize,
    faults: &mut Vec<(usize, Fault)>,
) -> Result<ArrayRef> {
    let nullable = Arc::new(field.as_ref().clone().with_nullable(true));
    let mut decoder = ReaderBuilder::new_with_field(nullable)
        .with_batch_size(rows)
        .with_ignore_type_conflicts(true)
        .build_decoder()?;
    let mut next = values.iter().peekable();
    let mut lines = String::new();
    for row in 0..rows {
        let value = next
            .next_if(|(r, _)| *r == row)
            .map(|(_, value)| value.get());
        lines.push_str(match value {
            Some(value) if !(field.data_type().is_integer() && has_fraction(value)) => value,
            _ => "null",
        });
        lines.push('\n');
    }
    let decoded = decoder.decode(lines.as_bytes())?;
    let batch = decoder.flush()?;
    let column = batch
        .filter(|batch| decoded == lines.len() && batch.num_rows() == rows)
        .map(|batch| Arc::clone(batch.column(0)))
        .ok_or_else(|| Error::internal(format!("column {} was not decoded", field.name())))?;
    for (row, value) in values {
        if column.is_null(*row) {
            let words = format!(
                "{} for the column {} of type {}",
                shortened(value.get()),
                field.name(),
                field.data_type()
            );
            faults.push((*row, (Reason::WrongType, words)));
        }
    }
    Ok(column)
}

fn has_fraction(number: &str) -> bool {
    number.bytes().any(|b| matches!(b, b'.' | b'e' | b'E'))
}

/// The beginning of a value, for messages.
fn shortened(raw: &str) -> Cow<'_, str> {
    match raw.char_indices().nth(40) {
        Some((end, _)) => Cow::Owned(format!("{}…", &raw[..end])),
        None => Cow::Borrowed(raw),
    }
}
