//! Near-duplicates: documents whose SimHash fingerprints differ in few bits.
//!
//! ```text
//! fingerprints, sorted in SQL (spilling) by each choice of two blocks of bits ─▶ those that agree in both, compared ─▶ links
//! ```
//!
//! All pairs that are near are found, whatever the blocks. Documents with equal fingerprints are compared as one. Memory
//! is for the fingerprints of one group, and 4 bytes a document where each is linked to the first one near it.

use std::fmt::Write;
use std::sync::Arc;

use corpusql_text::simhash::{PRESETS, Preset as Published, Scheme, masks, near};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::UInt64Type;
use datafusion::execution::memory_pool::MemoryReservation;
use futures::TryStreamExt;
use futures::future::BoxFuture;

use super::Preset;
use super::clusters::{Clusters, Links, Survivor};
use super::edges::{Edges, Record, record};
use super::linker::Linker;
use super::way::{Read, Run};
use crate::error::Result;
use crate::session::Engine;

/// Raised when the same fingerprints give other links.
const VERSION: u32 = 1;

/// What is made of near fingerprints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// All that are near each other, directly or through others, belong together.
    Component,
    /// A document belongs to the first one near it: those with none before them stay.
    First,
    /// Like [`Self::Component`]; the root of text-dedup's union by rank stays.
    Rank,
}

/// Links documents whose fingerprints are near.
#[derive(Clone, Debug)]
struct Fingerprints {
    /// The layer, and its column.
    column: String,
    distance: u32,
    rule: Rule,
}

/// The published ones.
pub fn presets() -> Vec<Preset> {
    PRESETS.iter().map(of_published).collect()
}

fn of_published(published: &Published) -> Preset {
    let (rule, survivor) = match published.scheme {
        Scheme::Roots => (Rule::Component, Survivor::First),
        Scheme::Rpv1Books => (Rule::First, Survivor::First),
        Scheme::TextDedup => (Rule::Rank, Survivor::Rank),
    };
    let links = Fingerprints {
        column: format!("simhash_fingerprint_{}", published.scheme.name()),
        distance: published.distance,
        rule,
    };
    let about = format!(
        "{}: up to {} bits differ",
        published.about, published.distance
    );
    Preset::new(published.name, about, Clusters { links, survivor })
}

impl Fingerprints {
    /// The query of a choice of blocks: fingerprints that agree in it stand side by side.
    fn sql(&self, mask: u64) -> String {
        format!(
            "SELECT document, fingerprint\n\
             FROM (SELECT row_number() OVER () AS document, {} AS fingerprint FROM corpus) AS fingerprints\n\
             WHERE fingerprint IS NOT NULL\n\
             ORDER BY fingerprint & CAST({mask} AS BIGINT UNSIGNED), fingerprint, document",
            self.column
        )
    }

    /// Hands out all pairs that are near, each once, the earlier document first. Of documents with equal fingerprints the first
    /// stands for the others, which are paired with it alone.
    async fn pairs(
        &self,
        run: &Run<'_>,
        mut pair: impl FnMut((u32, u64), (u32, u64)) -> Result<()>,
    ) -> Result<()> {
        let masks = masks(self.distance);
        let count = masks.len();
        for (choice, &mask) in masks.iter().enumerate() {
            let before = &masks[..choice];
            let step = format!("comparing, blocks {} of {count}", choice + 1);
            let documents = run.sources.documents() as u64;
            run.progress.begin(&step, "documents", documents);
            let planned = run.planner()?.plan(&self.sql(mask)).await?;
            let plan = Arc::clone(planned.physical());
            let mut batches = planned.stream().await?;
            let mut group = Group::new(run)?;
            while let Some(batch) = batches.try_next().await? {
                // Numbered from 1, as SQL does.
                let documents = batch.column(0).as_primitive::<UInt64Type>().values();
                let fingerprints = batch.column(1).as_primitive::<UInt64Type>().values();
                for (&number, &fingerprint) in documents.iter().zip(fingerprints) {
                    let document = number as u32 - 1;
                    match group.last() {
                        Some((first, last)) if last == fingerprint => {
                            // They stand side by side in every choice.
                            if choice == 0 {
                                pair((first, last), (document, fingerprint))?;
                            }
                            continue;
                        }
                        Some((_, last)) if (last ^ fingerprint) & mask != 0 => {
                            group.pairs(self.distance, before, &mut pair)?;
                        }
                        _ => {}
                    }
                    group.push(document, fingerprint)?;
                }
                run.progress.add(0, 0, batch.num_rows() as u64);
            }
            group.pairs(self.distance, before, &mut pair)?;
            run.note_spilled(&plan);
        }
        Ok(())
    }

    async fn link_all(&self, run: &Run<'_>, linker: &mut Linker) -> Result<()> {
        let documents = run.sources.documents();
        match self.rule {
            Rule::Component => {
                self.pairs(run, |(first, _), (second, _)| {
                    linker.link(first, second);
                    Ok(())
                })
                .await
            }
            Rule::First => {
                let _memory = run.reserve(4 * documents)?;
                let mut firsts: Vec<_> = (0..documents as u32).collect();
                self.pairs(run, |(earlier, _), (later, _)| {
                    let first = &mut firsts[later as usize];
                    *first = earlier.min(*first);
                    Ok(())
                })
                .await?;
                for (document, first) in (0..).zip(firsts) {
                    linker.link(first, document);
                }
                Ok(())
            }
            Rule::Rank => {
                let mut edges = Edges::new(run, "links of fingerprints")?;
                self.pairs(run, |earlier, later| edges.push(edge(earlier, later)))
                    .await?;
                edges.each(run, |later, earlier| linker.link(later, earlier))
            }
        }
    }
}

impl Links for Fingerprints {
    fn reads(&self) -> Vec<Read> {
        vec![Read {
            layer: self.column.clone(),
            sql: None,
        }]
    }

    fn script(&self) -> String {
        let mut script = format!(
            "-- fingerprints side by side are compared as long as they agree in the bits that they are sorted by;\n\
             -- documents are linked where hamming_distance is at most {}\n",
            self.distance
        );
        if self.rule == Rule::First {
            script.push_str("-- a document is linked to the first one near it, and to no other\n");
        }
        for mask in masks(self.distance) {
            let _ = writeln!(script, "{};", self.sql(mask));
        }
        script
    }

    fn facts(&self, _engine: &Engine) -> String {
        format!(
            "{VERSION} {} {} {:?}",
            self.column, self.distance, self.rule
        )
    }

    fn link<'a>(
        &'a self,
        run: &'a Run<'_>,
        linker: &'a mut Linker,
    ) -> BoxFuture<'a, Result<Option<String>>> {
        Box::pin(async move {
            self.link_all(run, linker).await?;
            Ok(None)
        })
    }
}

/// Different fingerprints that agree in some blocks, each with its first document.
struct Group {
    documents: Vec<u32>,
    fingerprints: Vec<u64>,
    /// Of one of them, the places of those that are near.
    near: Vec<u32>,
    memory: MemoryReservation,
}

impl Group {
    fn new(run: &Run<'_>) -> Result<Self> {
        Ok(Self {
            documents: Vec::new(),
            fingerprints: Vec::new(),
            near: Vec::new(),
            memory: run.reserve(0)?,
        })
    }

    fn last(&self) -> Option<(u32, u64)> {
        Some((*self.documents.last()?, *self.fingerprints.last()?))
    }

    fn push(&mut self, document: u32, fingerprint: u64) -> Result<()> {
        if self.documents.len() == self.documents.capacity() {
            let more = self.documents.len().max(1024);
            // With as many places as there can be.
            self.memory.try_grow(16 * more)?;
            self.documents.reserve_exact(more);
            self.fingerprints.reserve_exact(more);
        }
        self.documents.push(document);
        self.fingerprints.push(fingerprint);
        Ok(())
    }

    /// Compares all, and begins anew. Those that agree in one of the choices `before` are known.
    fn pairs(
        &mut self,
        distance: u32,
        before: &[u64],
        mut pair: impl FnMut((u32, u64), (u32, u64)) -> Result<()>,
    ) -> Result<()> {
        let of = |i: usize| (self.documents[i], self.fingerprints[i]);
        for first in 0..self.documents.len() {
            self.near.clear();
            let others = &self.fingerprints[first + 1..];
            near(
                self.fingerprints[first],
                others,
                distance,
                before,
                &mut self.near,
            );
            for &place in &self.near {
                let (first, second) = (of(first), of(first + 1 + place as usize));
                pair(first.min(second), first.max(second))?;
            }
        }
        self.documents.clear();
        self.fingerprints.clear();
        Ok(())
    }
}

/// A link of [`Rule::Rank`] in the order in which text-dedup comes upon it: by the later document; by the first of its four blocks whose value is
/// that of any block of the earlier one, as all blocks share one table; by the earlier document.
fn edge(earlier: (u32, u64), later: (u32, u64)) -> Record {
    let blocks = |fingerprint: u64| [48, 32, 16, 0].map(|shift| (fingerprint >> shift) as u16);
    let known = blocks(earlier.1);
    let met = blocks(later.1)
        .iter()
        .position(|block| known.contains(block));
    let place = met.unwrap_or(known.len()) as u32;
    record(later.0, place, earlier.0)
}
