//! Duplicates → a layer: which documents belong together, and which of them stays.
//!
//! Nothing is deleted. A [`Preset`] says which documents are linked: those with an equal key, or an equal key in one
//! of several bands. What is linked, directly or through others, is a cluster. Every document gets its cluster, the
//! cluster's size, its rank in it and whether it is a duplicate, that is, not the one that stays by the preset's rule.
//!
//! ```text
//! keys of a band, sorted in SQL (spilling) ─▶ neighbours with equal keys ─▶ Forest ─▶ parts of the layer
//! ```
//!
//! Memory is 12 bytes a document, and the smallest id of each cluster of several; links are never held.

mod forest;
mod layer;
mod preset;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::{concat, partition};
use datafusion::arrow::datatypes::UInt64Type;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use futures::{StreamExt, TryStreamExt};

pub use preset::{Preset, Survivor};

use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::progress::{Progress, say};
use crate::query::planner::Planner;
use crate::session::Engine;
use forest::Forest;
use layer::{Layer, Names};

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DedupSummary {
    /// Documents in all.
    pub documents: u64,
    /// Clusters of several documents.
    pub clusters: u64,
    /// Documents that are not the one that stays.
    pub duplicates: u64,
    /// Whether the layer was there already.
    pub kept: bool,
}

impl DedupSummary {
    /// In words.
    pub fn words(&self) -> String {
        if self.kept {
            return "nothing to do: the layer is up to date".to_string();
        }
        format!(
            "{} clusters of several documents, {} duplicates of {} documents",
            self.clusters, self.duplicates, self.documents
        )
    }
}

/// Writes the layer of a preset, unless it is up to date.
pub async fn dedup(engine: &Engine, root: &Path, preset: &Preset) -> Result<DedupSummary> {
    let corpus = Corpus::open(root)?;
    let layer = Layer::open(engine, &corpus, preset)?;
    let action = format!("dedup {}", preset.name);
    let bands = preset.keys.len() as u64;
    let started = Instant::now();
    let progress = Progress::start(&action, corpus.rows() * bands, engine.options().quiet);
    // What is read are keys, once for each band: documents and bytes of text a second would say nothing.
    let finish = |summary: &DedupSummary| {
        progress.discard();
        if !engine.options().quiet {
            let seconds = started.elapsed().as_secs_f64();
            say(format_args!(
                "{action}: {}, {seconds:.1} s",
                summary.words()
            ));
        }
    };
    if layer.is_up_to_date() {
        let summary = DedupSummary {
            documents: corpus.rows(),
            kept: true,
            ..DedupSummary::default()
        };
        finish(&summary);
        return Ok(summary);
    }
    let source = Arc::new(corpus.without_layer(preset.name));
    let documents = usize::try_from(source.rows())
        .ok()
        .filter(|&rows| u32::try_from(rows).is_ok())
        .ok_or_else(|| {
            Error::user(format!(
                "{} has {} documents, dedup takes up to {}",
                root.display(),
                source.rows(),
                u32::MAX
            ))
        })?;
    let memory = reserve(engine, documents * Forest::BYTES)?;
    let mut forest = Forest::new(documents);
    link(engine, &source, preset, &mut forest, &progress).await?;
    let names = Names::find(engine, &source, preset, &mut forest, &memory).await?;
    let summary = layer.write(engine, &source, forest, &names).await?;
    finish(&summary);
    Ok(summary)
}

/// Memory that cannot be spilled.
fn reserve(engine: &Engine, bytes: usize) -> Result<MemoryReservation> {
    let memory = MemoryConsumer::new("clusters").register(&engine.runtime().memory_pool);
    memory.try_grow(bytes)?;
    Ok(memory)
}

/// Links the documents that have a key in common, band after band.
async fn link(
    engine: &Engine,
    corpus: &Arc<Corpus>,
    preset: &Preset,
    forest: &mut Forest,
    progress: &Progress,
) -> Result<()> {
    let mut plans = Vec::with_capacity(preset.keys.len());
    for band in 0..preset.keys.len() {
        let planner = Planner::new(engine, std::slice::from_ref(corpus))?;
        plans.push(planner.plan(&preset.sql(band)).await?);
    }
    // Bands are sorted side by side and linked in their order, which decides who stays in some presets.
    let mut sorted = futures::stream::iter(plans)
        .map(|plan| async {
            let mut stream = plan.stream().await?;
            let task = tokio::spawn(async move {
                let first = stream.try_next().await?;
                Ok::<_, Error>((first, stream))
            });
            task.await
                .map_err(|e| Error::internal("sorting a band failed").caused_by(e))?
        })
        .buffered(engine.options().threads);
    while let Some((first, rest)) = sorted.try_next().await? {
        link_band(first, rest, preset.survivor, forest).await?;
        progress.add(0, 0, corpus.rows());
    }
    Ok(())
}

/// Links neighbours with equal keys.
async fn link_band(
    first: Option<RecordBatch>,
    rest: SendableRecordBatchStream,
    survivor: Survivor,
    forest: &mut Forest,
) -> Result<()> {
    let mut batches = futures::stream::iter(first.map(Ok)).chain(rest);
    // The last key of the batch before, and its last document.
    let mut before: Option<(ArrayRef, u64)> = None;
    while let Some(batch) = batches.try_next().await? {
        if batch.num_rows() == 0 {
            continue;
        }
        // Numbered from 1, as SQL does.
        let numbers = batch.column(0).as_primitive::<UInt64Type>().values();
        let documents: Vec<u64> = numbers.iter().map(|number| number - 1).collect();
        let keys = batch.column(1);
        if let Some((key, document)) = &before
            && partition(&[concat(&[key.as_ref(), keys.slice(0, 1).as_ref()])?])?.len() == 1
        {
            forest.link(survivor, *document, documents[0]);
        }
        for group in partition(std::slice::from_ref(keys))?.ranges() {
            for pair in documents[group].windows(2) {
                forest.link(survivor, pair[0], pair[1]);
            }
        }
        let last = keys.len() - 1;
        // A copy: the slice would hold the whole batch.
        let key = concat(&[keys.slice(last, 1).as_ref()])?;
        before = Some((key, documents[last]));
    }
    Ok(())
}
