//! Documents in input order → row groups and parts.
//!
//! Where a row group or a part ends follows from the documents alone. A part that is full ends when the
//! next document comes, so that bad records behind its last document are still its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::{Int64Type, SchemaRef};
use datafusion::parquet::file::properties::WriterProperties;

use super::draft::Parsed;
use super::hash::{Blocks, FileHash};
use super::inputs::Input;
use super::quarantine::{Bad, QuarantineFile, Reason, file_of_part};
use super::resume::{Cursor, PartFacts, Tally};
use super::weight::row_weights;
use crate::corpus::layout::{DOCUMENTS, part_file};
use crate::corpus::sink::{PartWriter, RowGroupEncoder};
use crate::error::{Error, Result};

/// Bytes of a row group in memory.
const ROW_GROUP_BYTES: u64 = 32_000_000;

/// What the cutter is given for a whole ingest.
pub struct CutterSettings {
    /// The corpus.
    pub root: PathBuf,
    /// What is read.
    pub inputs: Arc<[Input]>,
    /// The documents' columns.
    pub schema: SchemaRef,
    /// How they are written.
    pub properties: WriterProperties,
    /// The number of the ingest's first part.
    pub first_part: usize,
    /// Bytes of text of a part.
    pub part_size: u64,
    /// The ingest's digest.
    pub digest: String,
    /// Whether the first bad record ends it.
    pub strict: bool,
}

/// Cuts parts and row groups.
pub struct Cutter {
    settings: CutterSettings,
    ordinal: usize,
    start: Cursor,
    part: Option<OpenPart>,
    tallies: BTreeMap<usize, Tally>,
    quarantine: Option<QuarantineFile>,
    hash: FileHash,
}

struct OpenPart {
    encoder: RowGroupEncoder,
    text_bytes: u64,
    group_bytes: u64,
    group_open: bool,
}

/// What is to be done with the documents, in order.
pub enum Cut {
    /// A part begins.
    BeginPart(Box<PartWriter>),
    /// A row group begins.
    BeginGroup(Box<RowGroupEncoder>),
    /// Documents of the open row group, and what they weigh.
    Rows(RecordBatch, usize),
    /// The open row group ends.
    EndGroup,
    /// The open part ends.
    EndPart(Box<EndOfPart>),
}

/// How a part ends.
pub struct EndOfPart {
    /// The part's number.
    pub number: usize,
    /// What its footer says.
    pub facts: PartFacts,
    /// Its bad records.
    pub quarantine: Option<QuarantineFile>,
}

/// What is left of an ingest behind its last part: bad records without any document.
#[derive(Default)]
pub struct Remainder {
    /// By place of the input in the list.
    pub tallies: BTreeMap<usize, Tally>,
    /// The bad records.
    pub quarantine: Option<QuarantineFile>,
}

impl Cutter {
    /// A cutter that goes on with part `ordinal` of the ingest, at `start`.
    pub fn new(settings: CutterSettings, ordinal: usize, start: Cursor) -> Self {
        Self {
            settings,
            ordinal,
            start,
            part: None,
            tallies: BTreeMap::new(),
            quarantine: None,
            hash: FileHash::default(),
        }
    }

    /// The next documents and bad records of the input at place `input`, up to the end of a part: what
    /// comes behind it is given back, to be pushed next.
    pub fn push(&mut self, input: usize, parsed: Parsed) -> Result<(Vec<Cut>, Option<Parsed>)> {
        let Parsed { rows, records, bad } = parsed;
        let bytes = text_bytes(&rows)?;
        let weights = row_weights(rows.columns().iter().map(AsRef::as_ref), rows.num_rows());
        let mut bad = bad.into_iter().peekable();
        let mut cuts = Vec::new();
        let mut begin = 0;
        for row in 0..rows.num_rows() {
            while let Some(bad) = bad.next_if(|bad| bad.record < records[row]) {
                self.set_aside(input, &bad)?;
            }
            if self.is_full() {
                let end = Cursor {
                    input,
                    record: records[row],
                };
                self.end_part(end, false, &mut cuts);
                let rest = Parsed {
                    rows: rows.slice(row, rows.num_rows() - row),
                    records: records[row..].to_vec(),
                    bad: bad.collect(),
                };
                return Ok((cuts, Some(rest)));
            }
            let part = self.open_part(&mut cuts)?;
            if !part.group_open {
                part.group_open = true;
                cuts.push(Cut::BeginGroup(Box::new(part.encoder.another())));
            }
            part.text_bytes += bytes[row];
            part.group_bytes += weights[row];
            if part.group_bytes >= ROW_GROUP_BYTES || part.text_bytes >= self.settings.part_size {
                let part = self.open_part(&mut cuts)?;
                part.group_open = false;
                part.group_bytes = 0;
                cuts.push(slice(&rows, &weights, begin, row + 1));
                cuts.push(Cut::EndGroup);
                begin = row + 1;
            }
            self.tallies.entry(input).or_default().documents += 1;
        }
        if begin < rows.num_rows() {
            cuts.push(slice(&rows, &weights, begin, rows.num_rows()));
        }
        for bad in bad {
            self.set_aside(input, &bad)?;
        }
        Ok((cuts, None))
    }

    /// A unit of the input at place `input` has ended, and with it the input if it is the `last`.
    pub fn end_unit(&mut self, input: usize, blocks: &Blocks, last: bool) {
        self.hash.add(blocks);
        if last {
            let hash = std::mem::take(&mut self.hash).finish();
            self.tallies.entry(input).or_default().hash = Some(hash);
        }
    }

    /// All inputs have ended.
    pub fn finish(&mut self) -> (Vec<Cut>, Remainder) {
        let mut cuts = Vec::new();
        let end = Cursor {
            input: self.settings.inputs.len(),
            record: 0,
        };
        self.end_part(end, true, &mut cuts);
        let remainder = Remainder {
            tallies: std::mem::take(&mut self.tallies),
            quarantine: self.quarantine.take(),
        };
        (cuts, remainder)
    }

    fn number(&self) -> usize {
        self.settings.first_part + self.ordinal
    }

    fn is_full(&self) -> bool {
        self.part
            .as_ref()
            .is_some_and(|part| part.text_bytes >= self.settings.part_size)
    }

    fn open_part(&mut self, cuts: &mut Vec<Cut>) -> Result<&mut OpenPart> {
        let part = match self.part.take() {
            Some(part) => part,
            None => {
                let folder = self.settings.root.join(DOCUMENTS);
                let target = folder.join(part_file(self.number(), 1));
                let properties = self.settings.properties.clone();
                let writer = PartWriter::create(&target, &self.settings.schema, properties)?;
                let encoder = writer.encoder();
                cuts.push(Cut::BeginPart(Box::new(writer)));
                OpenPart {
                    encoder,
                    text_bytes: 0,
                    group_bytes: 0,
                    group_open: false,
                }
            }
        };
        Ok(self.part.insert(part))
    }

    fn end_part(&mut self, end: Cursor, last: bool, cuts: &mut Vec<Cut>) {
        let Some(part) = self.part.take() else {
            return;
        };
        if part.group_open {
            cuts.push(Cut::EndGroup);
        }
        let facts = PartFacts {
            ingest: self.settings.digest.clone(),
            ordinal: self.ordinal,
            start: std::mem::replace(&mut self.start, end),
            end,
            last,
            text_bytes: part.text_bytes,
            tallies: std::mem::take(&mut self.tallies),
        };
        cuts.push(Cut::EndPart(Box::new(EndOfPart {
            number: self.number(),
            facts,
            quarantine: self.quarantine.take(),
        })));
        self.ordinal += 1;
    }

    fn set_aside(&mut self, input: usize, bad: &Bad) -> Result<()> {
        let name = &self.settings.inputs[input].name;
        if self.settings.strict {
            return Err(Error::user(bad.describe(name))
                .hint("mend the record, or leave --strict away: bad records are then set aside"));
        }
        let tally = self.tallies.entry(input).or_default();
        *tally.bad.entry(bad.reason).or_default() += bad.rows;
        if bad.reason == Reason::MissingText && tally.without_text.is_none() {
            tally.without_text = Some(bad.detail.clone());
        }
        let file = match self.quarantine.take() {
            Some(file) => file,
            None => QuarantineFile::create(&self.settings.root, &file_of_part(self.number()))?,
        };
        self.quarantine.insert(file).add(name, bad)
    }
}

fn slice(rows: &RecordBatch, weights: &[u64], begin: usize, end: usize) -> Cut {
    let weight: u64 = weights[begin..end].iter().sum();
    Cut::Rows(rows.slice(begin, end - begin), weight as usize)
}

fn text_bytes(rows: &RecordBatch) -> Result<Vec<u64>> {
    let column = rows
        .column_by_name("text_bytes")
        .and_then(|column| column.as_primitive_opt::<Int64Type>())
        .ok_or_else(|| Error::internal("documents have no text_bytes"))?;
    Ok(column.values().iter().map(|bytes| *bytes as u64).collect())
}
