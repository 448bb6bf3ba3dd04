//! The published form of RedPajama-V2's quality signals: a record a line, every score a span of the text.
//!
//! ```json
//! {"id":…,"id_int":…,"metadata":{…},"quality_signals":{"rps_doc_word_count":[[0,905,129]],…}}
//! ```
//!
//! A document's score spans the whole text, a line's score its line with the line break; spans count code
//! points. Keys stand in the order of the release. Keys that are neither stored nor measured are left
//! out, so the record says nothing that is not known.

use std::io::Write;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float64Array, ListArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, UInt32Type, UInt64Type};
use sha1::{Digest, Sha1};

use crate::error::{Error, Result};

/// Whether a key has a score for the document or one for each line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Document,
    Line,
}

/// How a score is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    /// With a point or an exponent.
    Float,
    /// Digits alone.
    Whole,
}

/// The keys of the release, in its order.
const KEYS: [(&str, Level, Number); 45] = [
    ("ccnet_length", Level::Document, Number::Float),
    ("ccnet_original_length", Level::Document, Number::Float),
    ("ccnet_nlines", Level::Document, Number::Float),
    ("ccnet_original_nlines", Level::Document, Number::Float),
    ("ccnet_language_score", Level::Document, Number::Float),
    ("ccnet_perplexity", Level::Document, Number::Float),
    ("ccnet_bucket", Level::Document, Number::Float),
    ("rps_doc_curly_bracket", Level::Document, Number::Float),
    ("rps_doc_ldnoobw_words", Level::Document, Number::Float),
    ("rps_doc_lorem_ipsum", Level::Document, Number::Float),
    ("rps_doc_stop_word_fraction", Level::Document, Number::Float),
    ("rps_doc_ut1_blacklist", Level::Document, Number::Whole),
    (
        "rps_doc_frac_chars_dupe_10grams",
        Level::Document,
        Number::Float,
    ),
    (
        "rps_doc_frac_chars_dupe_5grams",
        Level::Document,
        Number::Float,
    ),
    (
        "rps_doc_frac_chars_dupe_6grams",
        Level::Document,
        Number::Float,
    ),
    (
        "rps_doc_frac_chars_dupe_7grams",
        Level::Document,
        Number::Float,
    ),
    (
        "rps_doc_frac_chars_dupe_8grams",
        Level::Document,
        Number::Float,
    ),
    (
        "rps_doc_frac_chars_dupe_9grams",
        Level::Document,
        Number::Float,
    ),
    (
        "rps_doc_frac_chars_top_2gram",
        Level::Document,
        Number::Float,
    ),
    (
        "rps_doc_frac_chars_top_3gram",
        Level::Document,
        Number::Float,
    ),
    (
        "rps_doc_frac_chars_top_4gram",
        Level::Document,
        Number::Float,
    ),
    (
        "rps_doc_frac_all_caps_words",
        Level::Document,
        Number::Float,
    ),
    (
        "rps_doc_frac_lines_end_with_ellipsis",
        Level::Document,
        Number::Float,
    ),
    ("rps_doc_frac_no_alph_words", Level::Document, Number::Float),
    ("rps_doc_frac_unique_words", Level::Document, Number::Float),
    ("rps_doc_mean_word_length", Level::Document, Number::Float),
    ("rps_doc_num_sentences", Level::Document, Number::Float),
    (
        "rps_doc_symbol_to_word_ratio",
        Level::Document,
        Number::Float,
    ),
    ("rps_doc_unigram_entropy", Level::Document, Number::Float),
    ("rps_doc_word_count", Level::Document, Number::Whole),
    (
        "rps_lines_ending_with_terminal_punctution_mark",
        Level::Line,
        Number::Float,
    ),
    ("rps_lines_javascript_counts", Level::Line, Number::Float),
    ("rps_lines_num_words", Level::Line, Number::Whole),
    (
        "rps_lines_numerical_chars_fraction",
        Level::Line,
        Number::Float,
    ),
    (
        "rps_lines_start_with_bulletpoint",
        Level::Line,
        Number::Float,
    ),
    (
        "rps_lines_uppercase_letter_fraction",
        Level::Line,
        Number::Float,
    ),
    ("rps_doc_ml_palm_score", Level::Document, Number::Float),
    ("rps_doc_ml_wikipedia_score", Level::Document, Number::Float),
    ("rps_doc_ml_wikiref_score", Level::Document, Number::Float),
    ("rps_doc_books_importance", Level::Document, Number::Float),
    (
        "rps_doc_books_importance_length_correction",
        Level::Document,
        Number::Float,
    ),
    (
        "rps_doc_openwebtext_importance",
        Level::Document,
        Number::Float,
    ),
    (
        "rps_doc_openwebtext_importance_length_correction",
        Level::Document,
        Number::Float,
    ),
    (
        "rps_doc_wikipedia_importance",
        Level::Document,
        Number::Float,
    ),
    (
        "rps_doc_wikipedia_importance_length_correction",
        Level::Document,
        Number::Float,
    ),
];

/// Ends of the lines in code points: where the spans of line scores come from.
const LINE_ENDS: &str = "rps_lines_end";
/// Code points of the text: the span of document scores.
const LENGTH: &str = "text_chars";

/// Keys of the metadata in their order, and the columns they come from.
const METADATA: [(&str, &str); 6] = [
    ("cc_segment", "cc_segment"),
    ("cc_net_source", "cc_net_source"),
    ("url", "url"),
    ("source_domain", "domain"),
    ("language", "language"),
    ("snapshot_id", "snapshot_id"),
];

/// The columns that records are made of, as far as `has` says that there are such columns.
pub fn columns(has: impl Fn(&str) -> bool) -> Vec<String> {
    let wanted = ["id", LENGTH, LINE_ENDS]
        .into_iter()
        .chain(METADATA.iter().map(|(_, column)| *column))
        .chain(KEYS.iter().map(|(key, _, _)| *key));
    wanted
        .filter(|column| has(column))
        .map(str::to_string)
        .collect()
}

/// The records of a batch.
pub struct Records {
    ids: ArrayRef,
    lengths: ArrayRef,
    line_ends: Option<ListArray>,
    metadata: Vec<(&'static str, ArrayRef)>,
    scores: Vec<(&'static str, Number, Scores)>,
}

enum Scores {
    Document(Float64Array),
    Line(ListArray),
}

impl Records {
    /// Over the columns that [`columns`] names.
    pub fn new(batch: &RecordBatch) -> Result<Self> {
        let column = |name: &str| batch.column_by_name(name);
        let needed = |name: &str| {
            column(name).ok_or_else(|| Error::internal(format!("the column {name} was not read")))
        };
        let list_of = |of: DataType| DataType::List(Field::new_list_field(of, true).into());
        let line_ends = column(LINE_ENDS)
            .map(|ends| cast(ends, &list_of(DataType::UInt32)))
            .transpose()?
            .map(|ends| ends.as_list::<i32>().clone());
        let mut scores = Vec::new();
        for (key, level, number) in KEYS {
            let Some(values) = column(key) else { continue };
            let values = match level {
                Level::Document => {
                    let floats = cast(values, &DataType::Float64)?;
                    Scores::Document(floats.as_primitive::<Float64Type>().clone())
                }
                Level::Line if line_ends.is_some() => {
                    let lists = cast(values, &list_of(DataType::Float64))?;
                    Scores::Line(lists.as_list::<i32>().clone())
                }
                Level::Line => continue,
            };
            scores.push((key, number, values));
        }
        let text = |values: &ArrayRef| cast(values, &DataType::Utf8View);
        Ok(Self {
            ids: text(needed("id")?)?,
            lengths: cast(needed(LENGTH)?, &DataType::UInt64)?,
            line_ends,
            metadata: METADATA
                .iter()
                .filter_map(|(key, name)| Some((*key, column(name)?)))
                .map(|(key, values)| Ok((key, text(values)?)))
                .collect::<Result<_>>()?,
            scores,
        })
    }

    /// Appends the record of a row.
    pub fn encode(&self, row: usize, out: &mut Vec<u8>) -> Result<()> {
        let id = self.ids.as_string_view().value(row);
        out.extend_from_slice(b"{\"id\":");
        string(id, out)?;
        out.extend_from_slice(b",\"id_int\":");
        number(out, format_args!("{}", id_int(id)));
        out.extend_from_slice(b",\"metadata\":{");
        for (place, (key, values)) in self.metadata.iter().enumerate() {
            name(place, key, out)?;
            match values.is_valid(row) {
                true => string(values.as_string_view().value(row), out)?,
                false => out.extend_from_slice(b"null"),
            }
        }
        out.extend_from_slice(b"},\"quality_signals\":{");
        let length = self.lengths.as_primitive::<UInt64Type>().value(row);
        for (place, (key, kind, values)) in self.scores.iter().enumerate() {
            name(place, key, out)?;
            out.push(b'[');
            match values {
                Scores::Document(values) => {
                    let value = values.is_valid(row).then(|| values.value(row));
                    triple(0, length, value, *kind, out);
                }
                Scores::Line(values) if values.is_valid(row) => {
                    self.lines(row, &values.value(row), *kind, out);
                }
                Scores::Line(_) => {}
            }
            out.push(b']');
        }
        out.extend_from_slice(b"}}");
        Ok(())
    }

    fn lines(&self, row: usize, values: &ArrayRef, kind: Number, out: &mut Vec<u8>) {
        let ends = self.line_ends.as_ref().map(|ends| ends.value(row));
        let ends = ends.as_ref().map(|ends| ends.as_primitive::<UInt32Type>());
        let mut start = 0;
        for (line, value) in values.as_primitive::<Float64Type>().iter().enumerate() {
            // An empty text has no lines; a score that it has all the same spans nothing.
            let end = ends
                .filter(|ends| line < ends.len())
                .map_or(start, |ends| u64::from(ends.value(line)));
            if line > 0 {
                out.push(b',');
            }
            triple(start, end, value, kind, out);
            start = end;
        }
    }
}

/// The first eight bytes of SHA-1 of the id, the least significant first.
fn id_int(id: &str) -> u64 {
    let digest = Sha1::digest(id.as_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_le_bytes(first)
}

fn name(place: usize, key: &str, out: &mut Vec<u8>) -> Result<()> {
    if place > 0 {
        out.push(b',');
    }
    string(key, out)?;
    out.push(b':');
    Ok(())
}

fn triple(start: u64, end: u64, value: Option<f64>, kind: Number, out: &mut Vec<u8>) {
    number(out, format_args!("[{start},{end},"));
    match (value.filter(|value| value.is_finite()), kind) {
        (None, _) => out.extend_from_slice(b"null"),
        (Some(value), Number::Whole) => number(out, format_args!("{}", value as i64)),
        // `{:?}` is the shortest form that reads back equal, always with a point or an exponent.
        (Some(value), Number::Float) => number(out, format_args!("{value:?}")),
    }
    out.push(b']');
}

/// Writing to memory cannot fail.
fn number(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

fn string(text: &str, out: &mut Vec<u8>) -> Result<()> {
    serde_json::to_writer(out, text)
        .map_err(|e| Error::internal("cannot write a string as JSON").caused_by(e))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{Int64Array, StringViewArray};
    use datafusion::arrow::datatypes::Schema;

    use super::*;

    #[test]
    fn a_record_has_the_published_form() {
        let ends = ListArray::from_iter_primitive::<UInt32Type, _, _>([
            Some(vec![Some(3), Some(5)]),
            Some(vec![]),
        ]);
        let words = ListArray::from_iter_primitive::<Float64Type, _, _>([
            Some(vec![Some(2.0), Some(0.0)]),
            Some(vec![]),
        ]);
        let bullets = ListArray::from_iter_primitive::<Float64Type, _, _>([
            Some(vec![Some(1.0), Some(0.0)]),
            Some(vec![None]),
        ]);
        let columns: Vec<(&str, ArrayRef)> = vec![
            (
                "id",
                Arc::new(StringViewArray::from(vec![
                    "2023-06/0000/es_head.json.gz/0",
                    "b",
                ])),
            ),
            (LENGTH, Arc::new(Int64Array::from(vec![5, 0]))),
            (LINE_ENDS, Arc::new(ends)),
            (
                "url",
                Arc::new(StringViewArray::from(vec![Some("http://a/\""), None])),
            ),
            ("rps_doc_word_count", Arc::new(Int64Array::from(vec![2, 0]))),
            (
                "rps_doc_unigram_entropy",
                Arc::new(Float64Array::from(vec![Some(1e-8), None])),
            ),
            ("rps_lines_num_words", Arc::new(words)),
            ("rps_lines_start_with_bulletpoint", Arc::new(bullets)),
        ];
        let fields: Vec<Field> = columns
            .iter()
            .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
            .collect();
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        let batch =
            RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("columns agree");
        let records = Records::new(&batch).expect("records");
        let mut lines = Vec::new();
        for row in 0..2 {
            records.encode(row, &mut lines).expect("encodes");
            lines.push(b'\n');
        }
        assert_eq!(
            String::from_utf8(lines).expect("UTF-8"),
            concat!(
                "{\"id\":\"2023-06/0000/es_head.json.gz/0\",\"id_int\":11456143086721540859,",
                "\"metadata\":{\"url\":\"http://a/\\\"\"},\"quality_signals\":{",
                "\"rps_doc_unigram_entropy\":[[0,5,1e-8]],\"rps_doc_word_count\":[[0,5,2]],",
                "\"rps_lines_num_words\":[[0,3,2],[3,5,0]],",
                "\"rps_lines_start_with_bulletpoint\":[[0,3,1.0],[3,5,0.0]]}}\n",
                "{\"id\":\"b\",\"id_int\":7867166119639898089,",
                "\"metadata\":{\"url\":null},\"quality_signals\":{",
                "\"rps_doc_unigram_entropy\":[[0,0,null]],\"rps_doc_word_count\":[[0,0,0]],",
                "\"rps_lines_num_words\":[],\"rps_lines_start_with_bulletpoint\":[[0,0,null]]}}\n",
            )
        );
    }
}
