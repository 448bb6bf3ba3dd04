//! Where the documents of a batch lie: corpus, part and row; and sets of documents by that.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use datafusion::arrow::array::{ArrayRef, AsArray, UInt32Array, UInt64Array};
use datafusion::arrow::buffer::{BooleanBuffer, Buffer};
use datafusion::arrow::datatypes::{UInt32Type, UInt64Type};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};

use super::counts::counts;
use super::planner::{CORPUS_NAME, PART, POSITION, PartRows};
use super::select::quoted;
use crate::corpus::Corpus;
use crate::error::Result;

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
    corpora: UInt64Array,
    parts: UInt32Array,
    rows: UInt64Array,
}

impl Places {
    /// How many columns say it.
    pub const COLUMNS: usize = 3;

    /// These columns, `place_corpus`, `place_part` and `place_row`.
    pub fn sql(corpora: &[Arc<Corpus>]) -> [String; Self::COLUMNS] {
        let corpus = match corpora.split_last() {
            None | Some((_, [])) => "0".to_string(),
            Some((_, others)) => {
                let cases = others.iter().enumerate().map(|(number, corpus)| {
                    format!(
                        " WHEN '{}' THEN {number}",
                        corpus.name().replace('\'', "''")
                    )
                });
                let cases: String = cases.collect();
                format!("CASE {CORPUS_NAME}{cases} ELSE {} END", others.len())
            }
        };
        [
            format!("{corpus} AS place_corpus"),
            format!("{} AS place_part", quoted(PART)),
            format!("{} AS place_row", quoted(POSITION)),
        ]
    }

    /// Reads them.
    pub fn of(columns: &[ArrayRef]) -> Result<Self> {
        Ok(Self {
            corpora: counts(&columns[0])?,
            parts: columns[1].as_primitive::<UInt32Type>().clone(),
            rows: columns[2].as_primitive::<UInt64Type>().clone(),
        })
    }

    /// How many documents there are.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// Where a document lies.
    pub fn place(&self, row: usize) -> Place {
        Place {
            corpus: self.corpora.value(row) as usize,
            part: self.parts.value(row),
            row: self.rows.value(row),
        }
    }
}

/// All documents of all corpora.
pub fn all_rows(corpora: &[Arc<Corpus>]) -> Vec<Vec<PartRows>> {
    let parts_of = |corpus: &Arc<Corpus>| {
        let parts = corpus.documents().manifest().parts.iter().enumerate();
        parts
            .map(|(part, found)| PartRows {
                part,
                rows: 0..found.rows,
                mask: None,
            })
            .collect()
    };
    corpora.iter().map(parts_of).collect()
}

/// A set of documents: a bit for each document of the corpora. Many threads may add to it at once.
#[derive(Debug)]
pub struct PlaceSet {
    /// By corpus and part: its rows, and a bit for each of them.
    parts: Vec<Vec<(u64, Vec<AtomicU64>)>>,
    /// The bits, and the copy of them that a scan takes.
    _memory: MemoryReservation,
}

const BITS: u64 = u64::BITS as u64;

impl PlaceSet {
    /// None of the documents of `corpora`.
    pub fn none(corpora: &[Arc<Corpus>], pool: &Arc<dyn MemoryPool>) -> Result<Self> {
        let parts_of = |corpus: &Arc<Corpus>| {
            let parts = corpus.documents().manifest().parts.iter();
            parts.map(|part| part.rows).collect()
        };
        Self::of_sizes(corpora.iter().map(parts_of).collect(), pool)
    }

    /// None of so many documents, by corpus and part.
    pub fn of_sizes(rows: Vec<Vec<u64>>, pool: &Arc<dyn MemoryPool>) -> Result<Self> {
        let memory = MemoryConsumer::new("rows that pass").register(pool);
        let bytes = rows.iter().flatten().sum::<u64>() / 4;
        memory.try_grow(usize::try_from(bytes).unwrap_or(usize::MAX))?;
        let bits_of = |rows: u64| {
            let words = (0..rows.div_ceil(BITS)).map(|_| AtomicU64::new(0));
            (rows, words.collect())
        };
        let parts = rows.into_iter();
        Ok(Self {
            parts: parts
                .map(|of| of.into_iter().map(bits_of).collect())
                .collect(),
            _memory: memory,
        })
    }

    /// Adds a document.
    pub fn add(&self, place: Place) {
        let (word, bit) = self.bit(place);
        word.fetch_or(bit, Ordering::Relaxed);
    }

    /// Takes a document away.
    pub fn remove(&self, place: Place) {
        let (word, bit) = self.bit(place);
        word.fetch_and(!bit, Ordering::Relaxed);
    }

    fn bit(&self, place: Place) -> (&AtomicU64, u64) {
        let (_, words) = &self.parts[place.corpus][place.part as usize];
        (&words[(place.row / BITS) as usize], 1 << (place.row % BITS))
    }

    /// How many documents are in it.
    pub fn count(&self) -> u64 {
        let words = self.parts.iter().flatten().flat_map(|(_, words)| words);
        words
            .map(|word| u64::from(word.load(Ordering::Relaxed).count_ones()))
            .sum()
    }

    /// Which rows of a part are in it; `None` when all of them are.
    pub fn mask(&self, corpus: usize, part: usize) -> Option<BooleanBuffer> {
        let (rows, words) = &self.parts[corpus][part];
        let words: Vec<u64> = words
            .iter()
            .map(|word| word.load(Ordering::Relaxed).to_le())
            .collect();
        let mask = BooleanBuffer::new(Buffer::from_vec(words), 0, *rows as usize);
        (mask.count_set_bits() as u64 != *rows).then_some(mask)
    }

    /// Its documents, for a scan.
    pub fn rows(&self) -> Vec<Vec<PartRows>> {
        let of_corpus = |(corpus, parts): (usize, &Vec<(u64, Vec<AtomicU64>)>)| {
            let parts = parts.iter().enumerate().map(|(part, (rows, _))| PartRows {
                part,
                rows: 0..*rows,
                mask: self.mask(corpus, part),
            });
            // A part without any need not be opened.
            let is_empty = |rows: &PartRows| match &rows.mask {
                Some(mask) => mask.count_set_bits() == 0,
                None => rows.rows.is_empty(),
            };
            parts.filter(|rows| !is_empty(rows)).collect()
        };
        self.parts.iter().enumerate().map(of_corpus).collect()
    }
}
