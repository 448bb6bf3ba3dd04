//! Where the documents of a batch lie: corpus, part and row.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray, UInt32Array, UInt64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, UInt32Type, UInt64Type};

use super::clusters::Drawn;
use crate::corpus::Corpus;
use crate::error::Result;
use crate::query::planner::{CORPUS_NAME, PART, POSITION};
use crate::query::select::quoted;

/// Where a document lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The corpus, by its place among all.
    pub corpus: usize,
    /// The part.
    pub part: u32,
    /// The row in the part.
    pub row: u64,
}

/// Where the documents of a batch lie.
#[derive(Debug)]
pub struct Places {
    corpora: Vec<usize>,
    parts: UInt32Array,
    rows: UInt64Array,
}

impl Places {
    /// How many columns say it.
    pub const COLUMNS: usize = 3;

    /// These columns.
    pub fn sql(corpora: &[Arc<Corpus>]) -> [String; Self::COLUMNS] {
        let corpus = match corpora.len() {
            1 => "''",
            _ => CORPUS_NAME,
        };
        [
            format!("{corpus} AS place_corpus"),
            format!("{} AS place_part", quoted(PART)),
            format!("{} AS place_row", quoted(POSITION)),
        ]
    }

    /// Reads them; `names` are those of the corpora.
    pub fn of(columns: &[ArrayRef], names: &[String]) -> Result<Self> {
        let corpora = match names {
            [_] => vec![0; columns[0].len()],
            _ => {
                let column = strings(&columns[0])?;
                let place = |name: Option<&str>| {
                    names
                        .iter()
                        .position(|n| Some(n.as_str()) == name)
                        .unwrap_or(0)
                };
                column.iter().map(place).collect()
            }
        };
        Ok(Self {
            corpora,
            parts: columns[1].as_primitive::<UInt32Type>().clone(),
            rows: columns[2].as_primitive::<UInt64Type>().clone(),
        })
    }

    /// Where a document lies.
    pub fn place(&self, row: usize) -> Place {
        Place {
            corpus: self.corpora[row],
            part: self.parts.value(row),
            row: self.rows.value(row),
        }
    }

    /// The cluster that each document was drawn with.
    pub fn clusters(&self, drawn: &Drawn) -> Vec<u64> {
        (0..self.corpora.len())
            .map(|row| drawn.cluster_of(self.place(row)) as u64)
            .collect()
    }
}

/// A column as strings.
pub fn strings(column: &ArrayRef) -> Result<StringArray> {
    Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone())
}
