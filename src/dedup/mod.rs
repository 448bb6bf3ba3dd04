//! Duplicates → a layer: which documents belong together, and which of them stays.
//!
//! Nothing is deleted. A [`Preset`] names a [`Way`]: what is read, what is found, and which columns say so. All ways
//! take several corpora as one, in the order in which they are named, and write a layer into each of them.
//!
//! ```text
//!  preset ─▶ Way ─┬─ Clusters of Links: pairs of documents ─▶ Linker ─▶ Forest ─▶ cluster, size, rank, duplicate
//!                 │             └─ Keys: records of bands in buckets (spilling), sorted, neighbours with equal keys
//!                 └─ others write columns of their own
//! ```
//!
//! Clusters take 16 bytes a document, and the names of clusters of as many parts as memory allows; links are never held.
//! A new way is a module here and one line in the list of `preset.rs`.

mod blocks;
mod clusters;
mod edges;
mod expression;
mod keys;
mod layer;
mod linker;
mod minhash;
mod preset;
mod reading;
mod semantic;
mod simhash;
mod spans;
mod spill;
mod substrings;
mod verify;
mod way;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

pub use clusters::{Clusters, Links, Survivor};
pub use expression::of_expression;
pub use linker::Linker;
pub use minhash::{curve, of_parameters};
pub use preset::Preset;
pub use semantic::Semantic;
pub use way::{Read, Run, Sources, Way};

use crate::corpus::made::MadeLayer;
use crate::corpus::{Column, Corpus, DEDUP, Layer, OF_SEVERAL, fingerprint, open_all};
use crate::error::{Error, Result};
use crate::progress::{Progress, say};
use crate::session::Engine;

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DedupSummary {
    /// Documents of all corpora.
    pub documents: u64,
    /// Whether all layers were there already.
    pub kept: bool,
    /// Bytes that did not fit into memory and were written aside.
    pub spilled: u64,
    /// What was found, in words.
    pub words: String,
}

/// Finds the duplicates of a preset among the documents of all corpora, and writes its layer into each of them, unless all
/// are up to date. The layers that the preset reads must be there.
pub async fn dedup<P: AsRef<Path>>(
    engine: &Engine,
    roots: &[P],
    preset: &Preset,
) -> Result<DedupSummary> {
    let corpora = open_all(roots)?;
    if corpora.is_empty() {
        return Err(Error::user("dedup needs a corpus"));
    }
    let layers = corpora
        .iter()
        .map(|corpus| open_layer(engine, corpus, &corpora, preset))
        .collect::<Result<Vec<_>>>()?;
    let source = |corpus: &Arc<Corpus>| Arc::new(corpus.without_layer(&preset.name));
    let sources = Sources::new(corpora.iter().map(source).collect())?;
    let documents = sources.documents() as u64;

    let action = format!("dedup {}", preset.name);
    let started = Instant::now();
    let kept = layers.iter().all(MadeLayer::is_up_to_date);
    let spilled = AtomicU64::new(0);
    let words = if kept {
        "nothing to do: the layer is up to date".to_string()
    } else {
        let quiet = engine.options().quiet;
        let progress = Progress::start(&action, documents, quiet);
        progress.begin("comparing", "documents", preset.way.work(documents));
        let run = Run {
            engine,
            preset,
            sources: &sources,
            layers,
            progress: &progress,
            spilled: &spilled,
        };
        let words = preset.way.run(run).await;
        progress.discard();
        words?
    };
    let spilled = spilled.into_inner();
    if !engine.options().quiet {
        let seconds = started.elapsed().as_secs_f64();
        let aside = match spilled {
            0 => String::new(),
            bytes => format!("; {:.1} MB spilled", bytes as f64 / 1e6),
        };
        say(format_args!("{action}: {words}{aside}, {seconds:.1} s"));
    }
    Ok(DedupSummary {
        documents,
        kept,
        spilled,
        words,
    })
}

/// Takes the lock of the preset's layer in a corpus and looks at what is there.
fn open_layer(
    engine: &Engine,
    corpus: &Arc<Corpus>,
    corpora: &[Arc<Corpus>],
    preset: &Preset,
) -> Result<MadeLayer> {
    let (columns, reads) = columns(engine, corpus, corpora, preset);
    let step = format!("{DEDUP}{}", preset.name);
    if let Some(layer) = corpus.layer(&preset.name) {
        let known = &layer.manifest().columns;
        if !known.iter().any(|c| c.definition.starts_with(DEDUP)) {
            let root = corpus.root().display();
            return Err(Error::user(format!(
                "{step} would take the place of the layer {} of {root}, which is not of duplicates",
                preset.name
            ))
            .hint("give the clusters another name"));
        }
    }
    MadeLayer::open(corpus, &preset.name, &step, columns, &reads)
}

/// Whether the layer of a preset is there and up to date in all corpora, which are taken as one. Takes no lock and writes nothing.
pub fn is_done<P: AsRef<Path>>(engine: &Engine, roots: &[P], preset: &Preset) -> Result<bool> {
    let corpora = open_all(roots)?;
    Ok(corpora.iter().all(|corpus| {
        let (columns, reads) = columns(engine, corpus, &corpora, preset);
        MadeLayer::is_made(corpus, &preset.name, &columns, &reads)
    }))
}

/// The columns of a preset's layer in a corpus, and the layers that are read.
fn columns(
    engine: &Engine,
    corpus: &Arc<Corpus>,
    corpora: &[Arc<Corpus>],
    preset: &Preset,
) -> (Vec<Column>, Vec<String>) {
    let reads: Vec<_> = preset.way.reads().into_iter().map(|r| r.layer).collect();
    let step = format!("{DEDUP}{}", preset.name);
    let facts = format!(
        "{}\n{}",
        preset.way.facts(engine),
        beside(corpus, corpora, &reads)
    );
    let columns = preset.way.fields(&preset.name).into_iter().map(|field| {
        let facts = format!("{step} {} {facts}", field.name());
        let print = fingerprint::of_expression(&facts, &[], &field.data_type().to_string());
        let made_by = format!("{DEDUP}{}", preset.arguments);
        Column::new(&field, definition(&made_by, corpora), print)
    });
    (columns.collect(), reads)
}

/// How a column is made, for people.
fn definition(step: &str, corpora: &[Arc<Corpus>]) -> String {
    let names: Vec<_> = corpora.iter().map(|corpus| corpus.name()).collect();
    match names.as_slice() {
        [_] => step.to_string(),
        names => format!("{step}{OF_SEVERAL}{}", names.join(" and ")),
    }
}

/// What is read of the other corpora: the generations of their documents and layers, in the order of the corpora.
fn beside(corpus: &Arc<Corpus>, corpora: &[Arc<Corpus>], reads: &[String]) -> String {
    let generations = |other: &Corpus| {
        let layers = reads.iter().filter_map(|read| other.layer(read));
        std::iter::once(other.documents())
            .chain(layers)
            .map(|layer: &Arc<Layer>| layer.manifest().generation.clone())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let lines = corpora.iter().map(|other| {
        if Arc::ptr_eq(other, corpus) {
            "itself\n".to_string()
        } else {
            format!("{}\n", generations(other))
        }
    });
    lines.collect()
}
