//! Near-duplicates: documents whose SimHash fingerprints differ in few bits.
//!
//! ```text
//! fingerprints, sorted in SQL (spilling) by each choice of two blocks of bits ─▶ those that agree in both, compared ─▶ links
//! ```
//!
//! All pairs that are near are found, whatever the blocks. Documents with equal fingerprints are compared as one. Memory
//! is for the fingerprints of one group, and 4 or 5 bytes a document where the origin's rule of who stays asks for it.

use std::fmt::Write;
use std::ops::Range;
use std::sync::Arc;

use corpusql_text::simhash::{PRESETS, Preset as Published, Scheme, masks, near};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::UInt64Type;
use datafusion::execution::memory_pool::{MemoryLimit, MemoryReservation};
use futures::TryStreamExt;
use futures::future::BoxFuture;

use super::Preset;
use super::clusters::{Clusters, Links, Survivor};
use super::linker::Linker;
use super::spill::{Bucket, Buckets};
use super::way::{Read, Run};
use crate::error::Result;
use crate::session::Engine;

/// Raised when the same fingerprints give other links.
const VERSION: u32 = 1;

/// Documents of a link in [`Rule::Rank`], and its place among the links of the later one.
const EDGE: usize = 12;

/// Bytes of links that are sorted at once where memory is not limited, and the share of a limit that they may take.
const MOST_SORTED: usize = 1 << 30;
const SHARE_OF_LIMIT: usize = 6;

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
        Scheme::TextDedup => (Rule::Rank, Survivor::Leading),
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
                let memory = run.reserve(5 * documents)?;
                // About a million documents in a bucket.
                let count = documents.div_ceil(1 << 20).clamp(1, 256);
                let width = documents.div_ceil(count).max(1);
                let runtime = run.engine.runtime();
                let mut edges =
                    Buckets::new(runtime, &memory, "links of fingerprints", EDGE, count)?;
                self.pairs(run, |earlier, later| {
                    edges.push(later.0 as usize / width, &edge(earlier, later))
                })
                .await?;
                let mut ranks = Ranks::new(documents);
                let buckets = edges.finish()?;
                run.note_buckets(&buckets);
                for (number, bucket) in buckets.into_iter().enumerate() {
                    let first = number * width;
                    let most = most_edges(run);
                    let pieces = pieces(&bucket, first, width, most)?;
                    for piece in pieces {
                        sorted_edges(&bucket, piece, &memory, |later, earlier| {
                            ranks.union(later, earlier);
                        })?;
                    }
                }
                for document in 0..documents as u32 {
                    linker.link(ranks.root(document), document);
                }
                Ok(())
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

/// A link in the order in which text-dedup comes upon it: by the later document; by the first of its four blocks whose value is
/// that of any block of the earlier one, as all blocks share one table; by the earlier document.
fn edge(earlier: (u32, u64), later: (u32, u64)) -> [u8; EDGE] {
    let blocks = |fingerprint: u64| [48, 32, 16, 0].map(|shift| (fingerprint >> shift) as u16);
    let known = blocks(earlier.1);
    let met = blocks(later.1)
        .iter()
        .position(|block| known.contains(block));
    let place = met.unwrap_or(known.len()) as u32;
    let mut edge = [0; EDGE];
    for (bytes, number) in edge.chunks_exact_mut(4).zip([later.0, place, earlier.0]) {
        bytes.copy_from_slice(&number.to_be_bytes());
    }
    edge
}

/// The later and the earlier document of a link.
fn documents_of(edge: [u8; EDGE]) -> (u32, u32) {
    let [a, b, c, d, .., w, x, y, z] = edge;
    (
        u32::from_be_bytes([a, b, c, d]),
        u32::from_be_bytes([w, x, y, z]),
    )
}

/// How many links are sorted at once.
fn most_edges(run: &Run<'_>) -> usize {
    let bytes = match run.engine.runtime().memory_pool.memory_limit() {
        MemoryLimit::Finite(bytes) => bytes / SHARE_OF_LIMIT,
        _ => MOST_SORTED,
    };
    (bytes / EDGE).max(1)
}

/// The later documents of a bucket that begins with `first`, in pieces that have at most so many links, or of one document.
fn pieces(bucket: &Bucket, first: usize, width: usize, most: usize) -> Result<Vec<Range<usize>>> {
    let mut pieces = Vec::new();
    let (mut start, mut held) = (first, 0);
    if bucket.records() > most as u64 {
        // Many documents are near many others: what is too much at once is counted, and read several times.
        let mut counts = vec![0_usize; width];
        bucket.each(|records| {
            for edge in records.as_chunks::<EDGE>().0 {
                counts[documents_of(*edge).0 as usize - first] += 1;
            }
            Ok(())
        })?;
        for (document, count) in (first..).zip(counts) {
            if held > 0 && held + count > most {
                pieces.push(start..document);
                (start, held) = (document, 0);
            }
            held += count;
        }
    }
    pieces.push(start..first + width);
    Ok(pieces)
}

/// Hands out the links of some later documents in their order, the later document first.
fn sorted_edges(
    bucket: &Bucket,
    later: Range<usize>,
    memory: &MemoryReservation,
    mut link: impl FnMut(u32, u32),
) -> Result<()> {
    let memory = memory.new_empty();
    let mut sorted: Vec<[u8; EDGE]> = Vec::new();
    bucket.each(|records| {
        for edge in records.as_chunks::<EDGE>().0 {
            if !later.contains(&(documents_of(*edge).0 as usize)) {
                continue;
            }
            if sorted.len() == sorted.capacity() {
                let more = sorted.len().clamp(1024, 1 << 20);
                memory.try_grow(EDGE * more)?;
                sorted.reserve_exact(more);
            }
            sorted.push(*edge);
        }
        Ok(())
    })?;
    sorted.sort_unstable();
    for edge in sorted {
        let (later, earlier) = documents_of(edge);
        link(later, earlier);
    }
    Ok(())
}

/// Union by rank: of two equal ones, the first named stays.
struct Ranks {
    parents: Vec<u32>,
    ranks: Vec<u8>,
}

impl Ranks {
    fn new(documents: usize) -> Self {
        Self {
            parents: (0..documents as u32).collect(),
            ranks: vec![0; documents],
        }
    }

    fn root(&mut self, mut document: u32) -> u32 {
        loop {
            let parent = self.parents[document as usize];
            if parent == document {
                return document;
            }
            let above = self.parents[parent as usize];
            self.parents[document as usize] = above;
            document = above;
        }
    }

    fn union(&mut self, first: u32, second: u32) {
        let (first, second) = (self.root(first), self.root(second));
        if first == second {
            return;
        }
        let rank = |document: u32| self.ranks[document as usize];
        if rank(first) == rank(second) {
            self.ranks[first as usize] += 1;
            self.parents[second as usize] = first;
        } else if rank(first) > rank(second) {
            self.parents[second as usize] = first;
        } else {
            self.parents[first as usize] = second;
        }
    }
}

#[cfg(test)]
mod tests {
    use datafusion::execution::memory_pool::MemoryConsumer;
    use datafusion::execution::runtime_env::RuntimeEnv;

    use super::*;

    #[test]
    fn links_in_pieces_come_in_the_order_of_all() -> Result<()> {
        let runtime = Arc::new(RuntimeEnv::default());
        let memory = MemoryConsumer::new("test").register(&runtime.memory_pool);
        const FIRST: usize = 500;
        const WIDTH: usize = 100;
        let mut buckets = Buckets::new(&runtime, &memory, "test", EDGE, 1)?;
        let mut expected = Vec::new();
        for number in 0..9000_u64 {
            // One document is near very many, most are near a few, some near none.
            let later = match number % 3 {
                0 => 42,
                _ => number * 7 % 90,
            };
            let later = (FIRST as u64 + later) as u32;
            let earlier = (number * number % 499) as u32;
            let edge = edge((earlier, number), (later, number << 9));
            buckets.push(0, &edge)?;
            expected.push(edge);
        }
        expected.sort_unstable();
        let expected: Vec<_> = expected.into_iter().map(documents_of).collect();
        let bucket = buckets.finish()?.remove(0);
        for (most, least_pieces) in [(9000, 1), (4000, 2), (100, 50), (1, 60)] {
            let pieces = pieces(&bucket, FIRST, WIDTH, most)?;
            assert!(pieces.len() >= least_pieces, "{most}: {pieces:?}");
            assert_eq!(
                (pieces[0].start, FIRST + WIDTH),
                (FIRST, pieces[pieces.len() - 1].end)
            );
            assert!(pieces.windows(2).all(|two| two[0].end == two[1].start));
            let mut found = Vec::new();
            for piece in pieces {
                sorted_edges(&bucket, piece, &memory, |later, earlier| {
                    found.push((later, earlier))
                })?;
            }
            assert!(found == expected, "{most}");
        }
        Ok(())
    }
}
