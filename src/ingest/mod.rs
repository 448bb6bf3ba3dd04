//! Inputs → the documents layer, one file per format.
//!
//! ```text
//!  inputs ─▶ units ─▶ chunks of records ─▶ documents ─▶ row groups, parts ─▶ _layer.json
//!  files,    a stream    jsonl,              draft,       cutter, pipeline
//!  globs     or a row    json_array,         record,
//!            group       parquet             convert
//! ```
//!
//! Every record becomes a document or an entry of the quarantine. What a part holds follows from the
//! inputs alone: the same bytes come out for any number of threads, and after any interruption.

mod chunk;
mod convert;
mod cutter;
mod draft;
mod duplicates;
mod guard;
mod hash;
mod in_place;
mod inputs;
mod json;
mod json_array;
mod jsonl;
mod language;
mod parquet;
mod pipeline;
mod quarantine;
mod record;
mod resume;
mod schema;
mod stream;
mod summary;
mod units;
mod weight;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};

use crate::corpus::layout::{DOCUMENTS, QUARANTINE, remove_leftovers};
use crate::corpus::lock::LayerLock;
use crate::corpus::sink::{is_wide_text, writer_properties};
use crate::corpus::{Column, IngestedInput, Manifest, Part};
use crate::error::{Error, Result, near_miss};
use crate::progress::Progress;
use crate::session::{Engine, Options};
use cutter::{Cutter, CutterSettings, Remainder};
use draft::Rules;
pub use duplicates::Duplicates;
use inputs::{Format, Input};
use parquet::ParquetFile;
use pipeline::Bounds;
pub use quarantine::Reason;
use resume::{Cursor, Tally};
use schema::Columns;
pub use schema::{BASE, FieldMap, METADATA};
pub use summary::IngestSummary;

/// Bytes of text of a part, where the user does not say.
pub const DEFAULT_PART_SIZE: u64 = 512_000_000;
/// Bytes in memory for each thread, and for all together, where the user sets no limit.
const MEMORY_PER_THREAD: usize = 96 << 20;
const MEMORY_BESIDE: usize = 128 << 20;
/// What is read while nothing else is in memory.
const LEAST_MEMORY: usize = 16 << 20;

/// What is to be ingested, and how.
#[derive(Clone, Debug)]
pub struct IngestRequest {
    /// Files, folders and globs.
    pub inputs: Vec<String>,
    /// The corpus, which may not exist yet.
    pub corpus: PathBuf,
    /// Which fields feed the base columns.
    pub map: FieldMap,
    /// The language of documents that have none.
    pub language: Option<String>,
    /// Whether the language of documents that have none is identified.
    pub detect_language: bool,
    /// The source of documents that have none.
    pub source: Option<String>,
    /// Bytes of text of a part.
    pub part_size: u64,
    /// Whether Parquet files stay where they are.
    pub in_place: bool,
    /// Whether the first bad record is an error.
    pub strict: bool,
    /// Whether inputs that the corpus has already are added once more.
    pub again: bool,
}

impl IngestRequest {
    /// `inputs` into `corpus`, everything else as it is without options.
    pub fn new(inputs: Vec<String>, corpus: PathBuf) -> Self {
        Self {
            inputs,
            corpus,
            map: FieldMap::default(),
            language: None,
            detect_language: false,
            source: None,
            part_size: DEFAULT_PART_SIZE,
            in_place: false,
            strict: false,
            again: false,
        }
    }

    /// All that decides the bytes of the documents, beside the inputs.
    fn settings(&self, columns: &Columns) -> String {
        format!(
            "map {:?}\nlanguage {:?}\ndetect {}\nsource {:?}\npart size {}\ncolumns {:?}",
            self.map.pairs(),
            self.language,
            self.detect_language,
            self.source,
            self.part_size,
            columns.schema().fields(),
        )
    }
}

/// What an ingest would do.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The inputs that would be read, and their bytes.
    pub inputs: Vec<(String, u64)>,
    /// The inputs that the corpus has already.
    pub already: Vec<String>,
}

/// What `request` would read, and what the corpus has already.
pub fn pending(request: &IngestRequest) -> Result<Pending> {
    let found = Found::new(request)?;
    let inputs = found.new.iter();
    Ok(Pending {
        inputs: inputs.map(|i| (i.name.clone(), i.bytes)).collect(),
        already: found.already,
    })
}

/// Whether the inputs of `request` are there; reads none of them.
pub fn check_inputs(request: &IngestRequest) -> Result<()> {
    inputs::expand(&request.inputs, &request.corpus).map(|_| ())
}

/// The columns that the documents have or will have, after a look at the footers of the inputs.
pub fn planned_columns(request: &IngestRequest) -> Result<SchemaRef> {
    let inputs = inputs::expand(&request.inputs, &request.corpus)?.files;
    let manifest = Manifest::read(&request.corpus.join(DOCUMENTS))?;
    if request.in_place {
        return match manifest {
            Some(manifest) => manifest.schema(),
            None => in_place::manifest(request, None, &inputs)?.schema(),
        };
    }
    let columns = columns(request, manifest.as_ref(), &inputs)?;
    Ok(Arc::clone(columns.schema()))
}

/// Adds the documents of the inputs to the corpus. An interrupted ingest is finished by the same
/// request.
pub async fn ingest(engine: &Engine, request: &IngestRequest) -> Result<IngestSummary> {
    let blocking = {
        let (options, request) = (engine.options().clone(), request.clone());
        let memory = MemoryConsumer::new("ingest").register(&engine.runtime().memory_pool);
        tokio::task::spawn_blocking(move || run(&options, memory, &request))
    };
    let (mut summary, progress) = blocking
        .await
        .map_err(|e| Error::internal("the ingest panicked").caused_by(e))??;
    if summary.inputs > 0 {
        summary.duplicates = duplicates::find(engine, &request.corpus).await?;
    }
    if let Some(progress) = progress {
        progress.finish("");
    }
    Ok(summary)
}

/// The inputs of a request, by whether the corpus has them.
struct Found {
    manifest: Option<Manifest>,
    new: Vec<Input>,
    already: Vec<String>,
    left_out: Vec<String>,
}

impl Found {
    fn new(request: &IngestRequest) -> Result<Self> {
        let found = inputs::expand(&request.inputs, &request.corpus)?;
        let manifest = Manifest::read(&request.corpus.join(DOCUMENTS))?;
        let (mut new, mut already) = (Vec::new(), Vec::new());
        for input in found.files {
            if !request.again && is_ingested(&input, manifest.as_ref(), request.in_place)? {
                already.push(input.name);
            } else {
                new.push(input);
            }
        }
        Ok(Self {
            manifest,
            new,
            already,
            left_out: found.skipped,
        })
    }
}

/// Whether the corpus has an input of this name, length and hash.
fn is_ingested(input: &Input, manifest: Option<&Manifest>, in_place: bool) -> Result<bool> {
    let same = |known: &&IngestedInput| known.name == input.name && known.bytes == input.bytes;
    let mut known = manifest
        .iter()
        .flat_map(|m| &m.inputs)
        .filter(same)
        .peekable();
    if known.peek().is_none() {
        return Ok(false);
    }
    let hash = if in_place {
        crate::corpus::sink::file_identity(&input.path)?.identity
    } else {
        hash::of_file(&input.path)?
    };
    Ok(known.any(|known| known.hash == hash))
}

fn run(
    options: &Options,
    memory: MemoryReservation,
    request: &IngestRequest,
) -> Result<(IngestSummary, Option<Progress>)> {
    let mut found = Found::new(request)?;
    let mut summary = IngestSummary {
        corpus: request.corpus.clone(),
        already: std::mem::take(&mut found.already),
        left_out: std::mem::take(&mut found.left_out),
        inputs: found.new.len(),
        in_place: request.in_place,
        ..IngestSummary::default()
    };
    if found.new.is_empty() {
        return Ok((summary, None));
    }
    let folder = request.corpus.join(DOCUMENTS);
    if request.in_place {
        let manifest = in_place::manifest(request, found.manifest.as_ref(), &found.new)?;
        let _lock = lock(&folder, found.manifest.as_ref())?;
        let before = found.manifest.map_or(0, |m| m.parts.len());
        summary.parts = manifest.parts.len() - before;
        summary.documents = manifest.parts[before..].iter().map(|p| p.rows).sum();
        manifest.commit(&folder)?;
        return Ok((summary, None));
    }
    let columns = columns(request, found.manifest.as_ref(), &found.new)?;
    let _lock = lock(&folder, found.manifest.as_ref())?;
    remove_leftovers(&folder)?;
    remove_leftovers(&request.corpus.join(QUARANTINE))?;
    let bounds = bounds(options, memory);
    let outcome = copy(options, bounds, request, found, columns, &mut summary);
    if outcome.is_err() {
        // The error that is told is the one that stopped the ingest.
        remove_leftovers(&folder).ok();
        remove_leftovers(&request.corpus.join(QUARANTINE)).ok();
    }
    Ok((summary, Some(outcome?)))
}

/// Takes the lock, and makes sure that nobody has written between the look at `manifest` and now.
fn lock(folder: &Path, manifest: Option<&Manifest>) -> Result<LayerLock> {
    let lock = LayerLock::take(folder)?;
    if Manifest::read(folder)?.as_ref() != manifest {
        return Err(Error::user(format!(
            "{} was written by another process meanwhile",
            folder.display()
        ))
        .hint("run this again"));
    }
    Ok(lock)
}

/// The documents' columns, after a look at all inputs that can be judged by their footers.
fn columns(
    request: &IngestRequest,
    manifest: Option<&Manifest>,
    inputs: &[Input],
) -> Result<Columns> {
    let mut schemas: Vec<SchemaRef> = Vec::new();
    for input in inputs.iter().filter(|i| i.format == Format::Parquet) {
        let file = ParquetFile::open(&input.path)?;
        file.check(&input.path, &request.map)?;
        // Most files of a run are alike.
        if !schemas.iter().any(|s| s.fields() == file.schema.fields()) {
            schemas.push(file.schema);
        }
    }
    if inputs.iter().all(|i| i.format == Format::Parquet) {
        let names = || {
            schemas
                .iter()
                .flat_map(|s| s.fields())
                .map(|f| f.name().as_str())
        };
        for (base, field) in request.map.pairs() {
            if !names().any(|name| name == field) {
                let error = Error::user(format!(
                    "no input has the column {field}, which --map {base}={field} names"
                ));
                return Err(match near_miss(field, names()) {
                    Some(near) => error.hint(format!("did you mean {near}?")),
                    None => error.hint(format!(
                        "the inputs have {}",
                        names().collect::<Vec<_>>().join(", ")
                    )),
                });
            }
        }
    }
    match manifest {
        Some(manifest) => Columns::of(manifest.schema()?, request.map.clone()),
        None => Ok(Columns::fix(
            schemas.iter().map(AsRef::as_ref),
            request.map.clone(),
        )),
    }
}

/// Reads the inputs into parts, behind those that an interrupted run has finished.
fn copy(
    options: &Options,
    bounds: Bounds,
    request: &IngestRequest,
    found: Found,
    columns: Columns,
    summary: &mut IngestSummary,
) -> Result<Progress> {
    let folder = request.corpus.join(DOCUMENTS);
    let digest = resume::digest(&found.new, &request.settings(&columns));
    let inputs: Arc<[Input]> = found.new.into();
    let first_part = found.manifest.as_ref().map_or(0, |m| m.parts.len());
    let mut parts = resume::finished_parts(&folder, first_part, &digest)?;
    resume::check_unchanged(&folder, &parts, &inputs)?;
    summary.resumed = parts.len();

    let total = inputs.iter().map(|i| i.bytes).sum();
    let progress = Progress::start("ingest", total, options.quiet);
    let schema = Arc::clone(columns.schema());
    let mut remainder = Remainder::default();
    if !parts.last().is_some_and(|(_, facts)| facts.last) {
        let start = parts
            .last()
            .map_or(Cursor::default(), |(_, facts)| facts.end);
        let skipped = inputs[..start.input].iter().map(|i| i.bytes).sum();
        progress.add(0, 0, skipped);
        let settings = CutterSettings {
            root: request.corpus.clone(),
            inputs: Arc::clone(&inputs),
            properties: writer_properties(&schema, is_wide_text)?,
            schema: Arc::clone(&schema),
            first_part,
            part_size: request.part_size,
            digest: digest.clone(),
            strict: request.strict,
        };
        let rules = Rules {
            columns,
            language: request.language.clone(),
            detect_language: request.detect_language,
            source: request.source.clone(),
        };
        let (new, rest) = pipeline::run(
            units::Units::new(Arc::clone(&inputs), start),
            Cutter::new(settings, parts.len(), start),
            &rules,
            request.corpus.clone(),
            &bounds,
            &progress,
        )?;
        parts.extend(new);
        remainder = rest;
    }
    if let Some(file) = remainder.quarantine.take() {
        file.commit_as(&format!("without-documents-{}.jsonl", &digest[..8]))?;
    }
    let tallies = merge(
        parts.iter().map(|(_, facts)| &facts.tallies),
        &remainder.tallies,
    );
    let mut ingested = Vec::new();
    for (place, input) in inputs.iter().enumerate() {
        let tally = tallies.get(&place).cloned().unwrap_or_default();
        ingested.push(ingested_input(input, tally, summary)?);
    }
    summary.parts = parts.len();
    summary.text_bytes = parts.iter().map(|(_, facts)| facts.text_bytes).sum();
    summary.documents = ingested.iter().map(|i| i.documents).sum();
    summary.without_text = without_text(&inputs, &tallies);

    let columns = schema.fields().iter().map(|f| Column::new(f, "", ""));
    let mut all_parts: Vec<Part> = Vec::new();
    let mut all_inputs = Vec::new();
    if let Some(manifest) = found.manifest {
        all_parts = manifest.parts;
        all_inputs = manifest.inputs;
    }
    all_parts.extend(parts.into_iter().map(|(part, _)| part));
    all_inputs.extend(ingested);
    Manifest::new(DOCUMENTS, columns.collect(), all_parts, all_inputs).commit(&folder)?;
    Ok(progress)
}

fn bounds(options: &Options, reservation: MemoryReservation) -> Bounds {
    let memory = match options.memory_limit {
        // Encoders, scratch space and the allocator take the rest.
        Some(limit) => (limit / 4).max(LEAST_MEMORY),
        None => MEMORY_BESIDE + MEMORY_PER_THREAD * options.threads,
    };
    Bounds {
        threads: options.threads.max(1),
        memory,
        reservation,
    }
}

fn merge<'a>(
    parts: impl Iterator<Item = &'a BTreeMap<usize, Tally>>,
    rest: &'a BTreeMap<usize, Tally>,
) -> BTreeMap<usize, Tally> {
    let mut merged: BTreeMap<usize, Tally> = BTreeMap::new();
    for (place, tally) in parts.chain([rest]).flatten() {
        let sum = merged.entry(*place).or_default();
        sum.documents += tally.documents;
        for (reason, count) in &tally.bad {
            *sum.bad.entry(*reason).or_default() += count;
        }
        if sum.without_text.is_none() {
            sum.without_text.clone_from(&tally.without_text);
        }
        sum.hash = sum.hash.take().or_else(|| tally.hash.clone());
    }
    merged
}

fn ingested_input(
    input: &Input,
    tally: Tally,
    summary: &mut IngestSummary,
) -> Result<IngestedInput> {
    for (reason, count) in &tally.bad {
        *summary.quarantined.entry(*reason).or_default() += count;
    }
    Ok(IngestedInput {
        name: input.name.clone(),
        bytes: input.bytes,
        hash: tally
            .hash
            .ok_or_else(|| Error::internal(format!("{} was not read to its end", input.name)))?,
        documents: tally.documents,
        quarantined: tally.bad.values().sum(),
    })
}

/// The first input all of whose records lack a text, and what its first record has instead.
fn without_text(inputs: &[Input], tallies: &BTreeMap<usize, Tally>) -> Option<(String, String)> {
    tallies.iter().find_map(|(place, tally)| {
        let detail = tally.without_text.clone()?;
        (tally.documents == 0).then(|| (inputs[*place].name.clone(), detail))
    })
}
