//! A way to find duplicates: what it reads, what it writes, and how it runs over one or several corpora.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use corpusql_text::minhash::Bands;
use datafusion::arrow::datatypes::Field;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::physical_plan::ExecutionPlan;
use futures::future::BoxFuture;

use super::Preset;
use super::spill::Bucket;
use crate::corpus::Corpus;
use crate::corpus::made::MadeLayer;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::query::planner::Planner;
use crate::session::Engine;

/// A way to find duplicates.
///
/// It gets all corpora at once ([`Run`]) and writes a layer into each of them. Ways that link documents implement
/// [`Links`](super::Links) and get clusters from [`Clusters`](super::Clusters).
pub trait Way: Debug + Send + Sync {
    /// The layers that it reads besides the documents, made first where they are missing.
    fn reads(&self) -> Vec<Read>;

    /// What becomes of duplicates, in words: who stays, what is cut.
    fn rule(&self) -> String;

    /// All that is asked of the corpora, as SQL where it is SQL, for people.
    fn script(&self) -> String;

    /// The columns that it writes for a preset of that name.
    fn fields(&self, preset: &str) -> Vec<Field>;

    /// What the columns' values depend on besides what is read: queries, parameters, a version.
    fn facts(&self, engine: &Engine) -> String;

    /// Units of work for so many documents, as [`Run::progress`] counts them, unless the way begins steps of its own.
    fn work(&self, documents: u64) -> u64 {
        documents
    }

    /// The probability that two documents of a similarity become candidates, where it is one that can be known.
    fn curve(&self) -> Option<Bands> {
        None
    }

    /// The same way, but only for documents that are similar enough, where it can look at that.
    fn verified(&self, _similarity: f64) -> Option<Arc<dyn Way>> {
        None
    }

    /// Finds the duplicates, and writes the layers.
    ///
    /// Returns what was found, in words.
    fn run<'a>(&'a self, run: Run<'a>) -> BoxFuture<'a, Result<String>>;
}

/// A layer that a way reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// Its name.
    pub layer: String,
    /// The SQL that makes it where the query library has none of that name.
    pub sql: Option<String>,
}

/// The corpora in which duplicates are found, and what the way needs to write their layers.
pub struct Run<'a> {
    /// Threads, memory, functions.
    pub engine: &'a Engine,
    /// What is run.
    pub preset: &'a Preset,
    /// What is read.
    pub sources: &'a Sources,
    /// The layer of each corpus, locked.
    pub layers: Vec<MadeLayer>,
    /// Counts what has been done.
    pub progress: &'a Progress,
    /// Bytes that did not fit into memory.
    pub spilled: &'a AtomicU64,
}

impl Run<'_> {
    /// A planner for the table `corpus` over all corpora.
    pub fn planner(&self) -> Result<Planner<'_>> {
        Planner::new(self.engine, self.sources.corpora())
    }

    /// Notes what a plan that has been run has spilled.
    pub fn note_spilled(&self, plan: &Arc<dyn ExecutionPlan>) {
        let here = plan.metrics().and_then(|metrics| metrics.spilled_bytes());
        let here = here.unwrap_or_default() as u64;
        self.spilled.fetch_add(here, Ordering::Relaxed);
        for input in plan.children() {
            self.note_spilled(input);
        }
    }

    /// Notes what buckets have in files.
    pub fn note_buckets(&self, buckets: &[Bucket]) {
        let here = buckets.iter().map(Bucket::spilled).sum();
        self.spilled.fetch_add(here, Ordering::Relaxed);
    }

    /// Takes memory that cannot be spilled.
    pub fn reserve(&self, bytes: usize) -> Result<MemoryReservation> {
        let name = format!("dedup {}", self.preset.name);
        let memory = MemoryConsumer::new(name).register(&self.engine.runtime().memory_pool);
        memory.try_grow(bytes)?;
        Ok(memory)
    }
}

/// Corpora in a fixed order, their documents numbered through.
#[derive(Debug)]
pub struct Sources {
    corpora: Vec<Arc<Corpus>>,
    documents: usize,
}

impl Sources {
    /// Numbers the documents; there may be as many as a `u32` counts.
    pub(super) fn new(corpora: Vec<Arc<Corpus>>) -> Result<Self> {
        let documents: u64 = corpora.iter().map(|corpus| corpus.rows()).sum();
        match u32::try_from(documents) {
            Ok(count) if count < u32::MAX => Ok(Self {
                corpora,
                documents: count as usize,
            }),
            _ => {
                let names: Vec<_> = corpora.iter().map(|corpus| corpus.name()).collect();
                Err(Error::user(format!(
                    "{} have {documents} documents, dedup takes fewer than {}",
                    names.join(" and "),
                    u32::MAX
                )))
            }
        }
    }

    /// The corpora, as if they had no layer of the preset yet.
    pub fn corpora(&self) -> &[Arc<Corpus>] {
        &self.corpora
    }

    /// Documents of all corpora.
    pub fn documents(&self) -> usize {
        self.documents
    }

    /// All parts in the order of their documents: which corpus, which part of it, how many documents.
    pub fn parts(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        self.corpora.iter().enumerate().flat_map(|(of, corpus)| {
            let parts = corpus.documents().manifest().parts.iter().enumerate();
            parts.map(move |(number, part)| (of, number, part.rows as usize))
        })
    }
}
