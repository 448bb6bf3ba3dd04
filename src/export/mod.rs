//! Shards for training: chosen columns of the documents that survive, as Parquet or JSON lines.
//!
//! ```text
//! survivors (narrow columns) ─▶ prefix sums of text bytes ─▶ shards ─▶ text read by position, in parallel
//! ```
//!
//! Documents come in (part, row) order, and the bytes of a shard follow from the query and the corpus
//! alone, not from threads, batches or interruptions. Shards are written aside and renamed when whole;
//! the manifest `_export.json` is written last. An interrupted export is taken up where it stood: shards
//! that were whole are kept as they are.

mod cut;
mod folder;
mod jsonl;
mod manifest;
mod parquet;
mod rpv2;
mod selection;
mod shard;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, SchemaRef, UInt64Type};
use datafusion::common::runtime::SpawnedTask;
use datafusion::execution::SendableRecordBatchStream;
use futures::{StreamExt, TryStreamExt, stream};
use indicatif::HumanCount;
use xxhash_rust::xxh3::xxh3_128;

use crate::corpus::Corpus;
use crate::corpus::layout;
use crate::corpus::lock::LayerLock;
use crate::corpus::manifest::hex128;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::query::check::Check;
use crate::query::distinct::{lost_clusters, survivors};
use crate::query::places::PlaceSet;
use crate::query::planner::{POSITION, PartRows, Planner};
use crate::query::{Condition, Distinct, Settings};
use crate::session::{Engine, joined};
use cut::{Cutter, Shard, Sizes, Survivors, SurvivorsBuilder};
use folder::State;
use jsonl::{Compression, Lines};
use manifest::{ExportedColumn, FORMAT, Made};
pub use manifest::{MANIFEST, Manifest, ShardFile};
use selection::Selection;
pub use selection::parse_columns;
use shard::Job;

/// Bytes of text of a shard unless the user says otherwise.
pub const SHARD_SIZE: u64 = 512_000_000;
/// Bytes of text of a row group.
const ROW_GROUP_BYTES: u64 = 32 << 20;

/// What shards are written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Parquet, zstd inside
    #[default]
    Parquet,
    /// An object a line
    Jsonl,
    /// An object a line, in zstd frames
    #[value(name = "jsonl.zst")]
    JsonlZst,
    /// An object a line, in gzip members
    #[value(name = "jsonl.gz")]
    JsonlGz,
    /// Quality signals in RedPajama-V2's published form, gzip; no text
    Rpv2,
}

impl Format {
    /// What the files end in.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Jsonl => "jsonl",
            Self::JsonlZst => "jsonl.zst",
            Self::JsonlGz => "jsonl.gz",
            Self::Rpv2 => "signals.json.gz",
        }
    }

    fn shard_file(self, number: usize) -> String {
        format!("shard-{number:05}.{}", self.extension())
    }

    /// What the lines are and how they are compressed; `None` for Parquet.
    fn lines(self) -> Option<(Lines, Compression)> {
        match self {
            Self::Parquet => None,
            Self::Jsonl => Some((Lines::Columns, Compression::None)),
            Self::JsonlZst => Some((Lines::Columns, Compression::Zstd)),
            Self::JsonlGz => Some((Lines::Columns, Compression::Gzip)),
            Self::Rpv2 => Some((Lines::Rpv2, Compression::Gzip)),
        }
    }
}

/// What to export, and where to.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// Filters that a document has to pass.
    pub filters: Vec<String>,
    /// A condition that it has to meet.
    pub condition: Option<Condition>,
    /// Of which clusters one document is exported, of those that pass.
    pub distinct: Option<Distinct>,
    /// Columns, each an expression and perhaps a name; all columns of the documents when empty.
    pub columns: Vec<String>,
    /// The folder.
    pub to: PathBuf,
    /// What shards are written as.
    pub format: Format,
    /// Bytes of text of a shard.
    pub shard_size: u64,
    /// Whether another export in the folder is replaced.
    pub overwrite: bool,
    /// Filters and their parameters.
    pub settings: Settings,
}

/// What came of an export.
#[derive(Debug)]
pub struct ExportSummary {
    /// The manifest.
    pub manifest: Manifest,
    /// Shards that were there already, whole.
    pub kept: usize,
    /// What a user should know before trusting it.
    pub warnings: Vec<String>,
}

impl ExportSummary {
    /// Whether nothing had to be written.
    pub fn was_there(&self) -> bool {
        self.kept == self.manifest.shards.len()
    }

    /// What there is: `1,234 documents in 2 shards`.
    pub fn words(&self) -> String {
        let documents = HumanCount(self.manifest.documents);
        format!(
            "{documents} documents in {}",
            shards_in_words(self.manifest.shards.len())
        )
    }
}

/// How far an export is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pending {
    /// It is whole: documents and shards.
    Done(u64, usize),
    /// It has been begun.
    Begun,
    /// There is nothing yet.
    All,
}

/// An export whose names are resolved.
struct Prepared {
    selection: Selection,
    made: Made,
    identity: String,
    schema: SchemaRef,
    warnings: Vec<String>,
}

/// Writes an export, or what is missing of it.
pub async fn export(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    request: &ExportRequest,
) -> Result<ExportSummary> {
    let mut prepared = prepare(engine, corpora, request).await?;
    let state = look(request, &prepared.identity)?;
    if let State::Whole(manifest) = &state
        && manifest.identity == prepared.identity
    {
        match check_shards(&request.to, manifest) {
            Ok(()) => {
                folder::end(&request.to)?;
                return Ok(ExportSummary {
                    manifest: manifest.as_ref().clone(),
                    kept: manifest.shards.len(),
                    warnings: prepared.warnings,
                });
            }
            Err(_) if request.overwrite => {}
            Err(error) => return Err(error),
        }
    }
    let _lock = LayerLock::take(&request.to)?;
    // Nobody else can change it now.
    let state = look(request, &prepared.identity)?;
    let is_ours = match &state {
        State::Unfinished { identity, .. } => *identity == prepared.identity,
        _ => false,
    };
    let quiet = engine.options().quiet;
    let condition = request.condition.as_ref();
    let lost = lost_clusters(
        engine,
        corpora,
        &request.settings,
        &request.filters,
        condition,
    );
    prepared.warnings.extend(lost.await?);
    let (shards, survivors) = plan_shards(engine, corpora, request, &prepared).await?;
    if shards.is_empty() {
        return Err(nothing_survives(engine, corpora, request, &prepared).await?);
    }
    folder::begin(&request.to, &prepared.identity, &prepared.made.query)?;
    if !is_ours {
        folder::clear(&request.to)?;
    }
    layout::remove_leftovers(&request.to)?;
    let documents = shards.iter().map(|s| s.documents).sum();
    let job = Job {
        folder: request.to.as_path().into(),
        identity: prepared.identity.as_str().into(),
        format: request.format,
        schema: Arc::clone(&prepared.schema),
        pool: Arc::clone(&engine.runtime().memory_pool),
        progress: Progress::start("export", documents, quiet),
    };
    let mut kept = 0;
    let mut jobs = Vec::with_capacity(shards.len());
    for number in 0..shards.len() {
        let finished = folder::finished_shard(&request.to, &prepared.identity, number)?;
        if finished.is_some() {
            kept += 1;
        }
        jobs.push((number, finished));
    }
    let gather_query = prepared.selection.gather_query();
    let mut files: Vec<ShardFile> = stream::iter(jobs)
        .map(|(number, finished)| {
            let (job, gather_query, survivors) = (job.clone(), &gather_query, &survivors);
            let shard = &shards[number];
            async move {
                if let Some(finished) = finished {
                    job.progress.add(0, 0, finished.documents);
                    return Ok(finished);
                }
                let rows = gather(engine, corpora, request, gather_query, shard, survivors).await?;
                joined(SpawnedTask::spawn(job.write(number, shard.clone(), rows))).await
            }
        })
        .buffer_unordered(engine.options().parts_at_a_time(engine.options().threads))
        .try_collect()
        .await?;
    files.sort_by(|a, b| a.file.cmp(&b.file));
    let sum = |of: fn(&ShardFile) -> u64| files.iter().map(of).sum::<u64>();
    let manifest = Manifest {
        format: FORMAT,
        made_by: made_by(),
        identity: prepared.identity,
        documents: sum(|s| s.documents),
        text_bytes: sum(|s| s.text_bytes),
        text_chars: sum(|s| s.text_chars),
        made: prepared.made,
        shards: files,
    };
    folder::remove_others(&request.to, &manifest.shards)?;
    manifest.commit(&request.to)?;
    folder::end(&request.to)?;
    let summary = ExportSummary {
        manifest,
        kept,
        warnings: prepared.warnings,
    };
    let shards = shards_in_words(summary.manifest.shards.len());
    job.progress.finish(&match kept {
        0 => shards,
        kept => format!("{shards}, {kept} of them kept from before"),
    });
    Ok(summary)
}

/// Whether an export may go to `folder`, as far as that can be told before its query is known.
pub fn check_folder(folder: &Path) -> Result<()> {
    let state = folder::look(folder)?;
    match (&state, folder::refusal(folder, &state, "")) {
        (State::Foreign(_), Some(refusal)) => Err(refusal),
        _ => Ok(()),
    }
}

/// How much of an export there is already; an error when the folder holds something else.
pub async fn pending(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    request: &ExportRequest,
) -> Result<Pending> {
    let prepared = prepare(engine, corpora, request).await?;
    Ok(match look(request, &prepared.identity)? {
        State::Whole(manifest) if manifest.identity == prepared.identity => {
            Pending::Done(manifest.documents, manifest.shards.len())
        }
        State::Unfinished { identity, .. } if identity == prepared.identity => Pending::Begun,
        _ => Pending::All,
    })
}

/// What is in the folder; an error when the request may not write there.
fn look(request: &ExportRequest, identity: &str) -> Result<State> {
    let state = folder::look(&request.to)?;
    match folder::refusal(&request.to, &state, identity) {
        Some(refusal) if !request.overwrite || matches!(state, State::Foreign(_)) => Err(refusal),
        _ => Ok(state),
    }
}

fn made_by() -> String {
    concat!("corpusql ", env!("CARGO_PKG_VERSION")).to_string()
}

fn shards_in_words(shards: usize) -> String {
    match shards {
        1 => "1 shard".to_string(),
        n => format!("{} shards", HumanCount(n as u64)),
    }
}

/// Resolves names, types and identity; reads no document.
async fn prepare(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    request: &ExportRequest,
) -> Result<Prepared> {
    let selection = Selection::new(engine, corpora, request)?;
    let check = Check::new(engine, corpora, &request.settings);
    for filter in &request.filters {
        check.filter(filter).await?;
    }
    if let Some(condition) = &request.condition {
        check.condition(condition).await?;
    }
    if let Some(distinct) = &request.distinct {
        distinct.check(engine, corpora, &request.settings).await?;
    }
    let planner = Planner::new(engine, corpora)?
        .with_settings(request.settings.clone())
        .with_source("--columns", request.columns.join(","));
    // The whole query is planned so that what is wrong with it is said before anything is read.
    let planned = planner.plan(&selection.query()).await?;
    let schema = planned.schema();
    let warnings = planned.warnings().to_vec();
    let columns = selection.columns().zip(schema.fields());
    let made = Made {
        query: selection.query(),
        filters: selection.filters().to_vec(),
        distinct: selection.distinct().to_vec(),
        columns: columns
            .map(|((name, column), field)| ExportedColumn {
                name: name.to_string(),
                column,
                data_type: field.data_type().to_string(),
            })
            .collect(),
        file_format: request.format.extension().to_string(),
        shard_size: request.shard_size,
        corpora: corpora
            .iter()
            .map(|corpus| selection.source(engine, corpus))
            .collect(),
    };
    let facts = serde_json::to_vec(&(FORMAT, made_by(), &made))
        .map_err(|e| Error::internal("cannot write the export's facts").caused_by(e))?;
    Ok(Prepared {
        selection,
        made,
        identity: hex128(xxh3_128(&facts)),
        schema,
        warnings,
    })
}

/// Reads positions and sizes of the survivors, part by part in parallel, and cuts shards in order.
async fn plan_shards(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    request: &ExportRequest,
    prepared: &Prepared,
) -> Result<(Vec<Shard>, Vec<Vec<Survivors>>)> {
    let selection = &prepared.selection;
    let chosen = match &request.distinct {
        None => None,
        Some(distinct) => {
            let (settings, predicate) = (&request.settings, selection.predicate());
            let chosen = survivors(engine, corpora, settings, predicate.as_deref(), distinct);
            Some(chosen.await?.0)
        }
    };
    // Those that are chosen need not be judged again.
    let query = match chosen {
        Some(_) => selection.sizes_query(POSITION),
        None => selection.survivors_query(POSITION),
    };
    let (query, chosen) = (query.as_str(), chosen.as_deref());
    let parts: Vec<(usize, usize)> = corpora
        .iter()
        .enumerate()
        .flat_map(|(corpus, c)| {
            (0..c.documents().manifest().parts.len()).map(move |part| (corpus, part))
        })
        .collect();
    let total: u64 = corpora.iter().map(|c| c.rows()).sum();
    let progress = Progress::start("export: plan", total, engine.options().quiet);
    let mut sizes = stream::iter(parts)
        .map(|(corpus, part)| {
            let progress = progress.clone();
            async move {
                let rows = corpora[corpus].documents().manifest().parts[part].rows;
                let mut wanted = vec![Vec::new(); corpora.len()];
                wanted[corpus].push(PartRows {
                    part,
                    rows: 0..rows,
                    mask: chosen.and_then(|set: &PlaceSet| set.mask(corpus, part)),
                });
                let planner = Planner::new(engine, corpora)?
                    .with_settings(request.settings.clone())
                    .with_rows(wanted);
                let stream = planner.plan(query).await?.stream().await?;
                let sizes = joined(SpawnedTask::spawn(survivors_of(stream, rows))).await?;
                progress.add(sizes.rows.len() as u64, sizes.bytes.iter().sum(), rows);
                Ok::<_, Error>((corpus, part, sizes))
            }
        })
        .buffered(engine.options().threads);
    let mut cutter = Cutter::new(Sizes {
        shard: request.shard_size,
        row_group: prepared.selection.has_text().then_some(ROW_GROUP_BYTES),
    });
    let mut survivors: Vec<Vec<Survivors>> = vec![Vec::new(); corpora.len()];
    while let Some((corpus, part, sizes)) = sizes.try_next().await? {
        let documents = sizes.rows.iter().zip(&sizes.bytes).zip(&sizes.chars);
        for ((row, bytes), chars) in documents {
            cutter.push(corpus, part, *row, *bytes, *chars);
        }
        survivors[corpus].push(sizes.survivors);
    }
    progress.discard();
    Ok((cutter.finish(), survivors))
}

/// The survivors of one part: which rows, and how large their texts are.
struct PartSizes {
    survivors: Survivors,
    rows: Vec<u64>,
    bytes: Vec<u64>,
    chars: Vec<u64>,
}

/// Reads position and size of each survivor of a part with `part_rows` rows.
async fn survivors_of(mut stream: SendableRecordBatchStream, part_rows: u64) -> Result<PartSizes> {
    let mut survivors = SurvivorsBuilder::new(part_rows);
    let mut sizes = [Vec::new(), Vec::new(), Vec::new()];
    while let Some(batch) = stream.try_next().await? {
        for (place, column) in sizes.iter_mut().enumerate() {
            column.extend(numbers(&batch, place)?);
        }
    }
    let [rows, bytes, chars] = sizes;
    rows.iter().for_each(|row| survivors.push(*row));
    Ok(PartSizes {
        survivors: survivors.finish(),
        rows,
        bytes,
        chars,
    })
}

/// A column of numbers; NULL counts nothing.
fn numbers(batch: &RecordBatch, column: usize) -> Result<Vec<u64>> {
    let column = cast(batch.column(column), &DataType::UInt64)?;
    let numbers = column.as_primitive::<UInt64Type>().iter();
    Ok(numbers.map(Option::unwrap_or_default).collect())
}

/// The exported columns of a shard's documents, in order.
async fn gather(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    request: &ExportRequest,
    query: &str,
    shard: &Shard,
    survivors: &[Vec<Survivors>],
) -> Result<SendableRecordBatchStream> {
    let mut wanted = vec![Vec::new(); corpora.len()];
    for piece in &shard.pieces {
        wanted[piece.corpus].push(PartRows {
            part: piece.part,
            rows: piece.rows.clone(),
            mask: survivors[piece.corpus][piece.part].slice(&piece.rows),
        });
    }
    let planner = Planner::new(engine, corpora)?
        .with_settings(request.settings.clone())
        .with_rows(wanted);
    planner.plan(query).await?.stream().await
}

/// Whether the shards of a whole export are as the manifest says.
fn check_shards(folder: &Path, manifest: &Manifest) -> Result<()> {
    for shard in &manifest.shards {
        let path = folder.join(&shard.file);
        let found = match fs::metadata(&path) {
            Ok(metadata) if metadata.len() == shard.bytes => continue,
            Ok(metadata) => format!("found {} bytes", metadata.len()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => "found no file".to_string(),
            Err(e) => return Err(Error::io("read", &path, e)),
        };
        return Err(Error::user(format!(
            "{} is not as it was exported: expected {} bytes, {found}",
            path.display(),
            shard.bytes
        ))
        .hint("write the export again with --overwrite"));
    }
    Ok(())
}

/// Why there is nothing to export: which rules and conditions let no document pass.
async fn nothing_survives(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    request: &ExportRequest,
    prepared: &Prepared,
) -> Result<Error> {
    let (query, words) = prepared.selection.passing_query();
    let planner = Planner::new(engine, corpora)?.with_settings(request.settings.clone());
    let batches = planner.plan(&query).await?.collect().await?;
    let counts = batches
        .iter()
        .filter(|batch| batch.num_rows() > 0)
        .flat_map(|batch| (0..batch.num_columns()).map(|column| numbers(batch, column)))
        .collect::<Result<Vec<_>>>()?
        .concat();
    let (documents, passing) = counts
        .split_first()
        .map_or((0, &[][..]), |(n, rest)| (*n, rest));
    if documents == 0 {
        return Ok(
            Error::user("nothing to export: the corpus has no documents").hint("ingest some first"),
        );
    }
    let none: Vec<&str> = words
        .iter()
        .zip(passing)
        .filter(|(_, passing)| **passing == 0)
        .map(|(word, _)| word.as_str())
        .collect();
    let why = if none.is_empty() {
        let each: Vec<String> = words
            .iter()
            .zip(passing)
            .map(|(word, passing)| format!("{word} passes {passing}"))
            .collect();
        format!("no document passes all of it ({})", each.join(", "))
    } else {
        format!("{} lets no document pass", none.join(", and "))
    };
    Ok(Error::user(format!(
        "nothing to export: of {documents} documents none survives; {why}"
    ))
    .hint("`corpusql filter` shows what each rule removes; --set NAME.param=value changes a threshold"))
}
