//! Candidates held against their texts: only documents whose sets of shingles are similar enough are linked.
//!
//! Pairs are gathered up to a fixed number, the texts of their documents are read by position, in order, and become
//! sets of hashes; then the pairs are judged. All threads make sets and compare them; pairs are linked in their order.
//! A set has 8 bytes for each different shingle of its text. Where the sets do not fit into memory, half of the pairs
//! are judged at a time.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use corpusql_text::minhash::{Scheme, Sketcher};
use datafusion::arrow::array::{AsArray, BooleanBufferBuilder, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::runtime::SpawnedTask;
use datafusion::execution::memory_pool::MemoryReservation;
use futures::TryStreamExt;

use super::linker::Linker;
use super::reading::in_order;
use super::way::Run;
use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::query::planner::PartRows;
use crate::session::joined;

/// Pairs that are judged together.
const PAIRS: usize = 16 << 10;

/// What pairs have to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// What shingles are.
    pub scheme: Scheme,
    /// The least Jaccard similarity of the sets of shingles.
    pub similarity: f64,
}

/// Pairs that wait to be judged, and what was found so far.
#[derive(Debug)]
pub struct Verifier {
    demand: Demand,
    /// One for each thread that is making sets.
    sketchers: Arc<Mutex<Vec<Sketcher>>>,
    pairs: Vec<(u32, u32)>,
    memory: Arc<MemoryReservation>,
    compared: u64,
    refused: u64,
}

/// The set of hashes of a text's shingles, in order.
type Set = Vec<u64>;

impl Verifier {
    /// Nothing judged yet.
    pub fn new(run: &Run<'_>, demand: Demand) -> Result<Self> {
        Ok(Self {
            demand,
            sketchers: Arc::default(),
            pairs: Vec::new(),
            memory: Arc::new(run.reserve(PAIRS * size_of::<(u32, u32)>())?),
            compared: 0,
            refused: 0,
        })
    }

    /// One more document of a key: the first that has it, the one before, and itself. It is compared with both.
    pub async fn push(
        &mut self,
        run: &Run<'_>,
        linker: &mut Linker,
        (first, before, document): (u32, u32, u32),
    ) -> Result<()> {
        let others = if first == before {
            &[before][..]
        } else {
            &[before, first]
        };
        for other in others {
            if !linker.are_linked(*other, document) {
                self.pairs.push((*other, document));
            }
        }
        if self.pairs.len() >= PAIRS {
            self.judge(run, linker).await?;
        }
        Ok(())
    }

    /// Judges the pairs that wait, and links those that are similar enough.
    pub async fn judge(&mut self, run: &Run<'_>, linker: &mut Linker) -> Result<()> {
        let pairs = std::mem::take(&mut self.pairs);
        let mut next = 0;
        let mut count = pairs.len();
        while next < pairs.len() {
            count = count.min(pairs.len() - next);
            let some = &pairs[next..next + count];
            let documents: BTreeSet<u32> = some.iter().flat_map(|&(a, b)| [a, b]).collect();
            let documents: Vec<u32> = documents.into_iter().collect();
            let base = self.memory.size();
            let sets = self.read(run, &documents).await?;
            match sets {
                Ok(sets) => {
                    self.compare(run, some, documents, sets, linker).await?;
                    next += count;
                }
                Err(e) if count == 1 => return Err(e),
                Err(_) => count = count.div_ceil(2),
            }
            self.memory.shrink(self.memory.size() - base);
        }
        Ok(())
    }

    /// Links the pairs whose sets are similar enough; `sets` are those of `documents`, which are in order.
    async fn compare(
        &mut self,
        run: &Run<'_>,
        pairs: &[(u32, u32)],
        documents: Vec<u32>,
        sets: Vec<Set>,
        linker: &mut Linker,
    ) -> Result<()> {
        // All are compared by all threads, those among them that an earlier pair joins for nothing.
        let pieces: Vec<_> = pairs.chunks(PAIRS / 64).map(<[_]>::to_vec).collect();
        let count = pieces.len();
        let shared = Arc::new((pieces, documents, sets));
        let threads = run.engine.options().threads;
        let mut similarities = pin!(in_order(threads, count, move |piece| {
            let (pieces, documents, sets) = &*shared;
            let set = |document: u32| {
                let place = documents.binary_search(&document);
                place.map_or(&[][..], |place| &sets[place][..])
            };
            let pairs = pieces[piece].iter();
            Ok(pairs
                .map(|&(a, b)| jaccard(set(a), set(b)))
                .collect::<Vec<_>>())
        }));
        let mut pairs = pairs.iter();
        while let Some(similarities) = similarities.try_next().await? {
            for (similarity, &(first, second)) in similarities.into_iter().zip(&mut pairs) {
                if linker.are_linked(first, second) {
                    continue;
                }
                self.compared += 1;
                if similarity >= self.demand.similarity {
                    linker.link(first, second);
                } else {
                    self.refused += 1;
                }
            }
        }
        Ok(())
    }

    /// The sets of documents, which are in order; the inner error where there is no memory for them.
    async fn read(&mut self, run: &Run<'_>, documents: &[u32]) -> Result<Result<Vec<Set>, Error>> {
        let corpora = run.sources.corpora();
        let planner = run.planner()?.with_rows(rows(corpora, documents));
        let planned = planner.plan("SELECT text FROM corpus").await?;
        let (scheme, sketchers) = (self.demand.scheme, Arc::clone(&self.sketchers));
        let memory = Arc::clone(&self.memory);
        let make = move |batch: RecordBatch| {
            let waiting = lock(&sketchers).pop();
            let mut sketcher = waiting.unwrap_or_else(|| Sketcher::new(scheme));
            let texts = cast(batch.column(0), &DataType::Utf8View)?;
            let mut sets = Vec::with_capacity(batch.num_rows());
            for text in texts.as_string_view() {
                let mut set = Vec::new();
                sketcher.shingles(text.unwrap_or_default(), &mut set);
                set.sort_unstable();
                set.dedup();
                set.shrink_to_fit();
                if let Err(e) = memory.try_grow(set.len() * size_of::<u64>()) {
                    return Ok(Err(e.into()));
                }
                sets.push(set);
            }
            lock(&sketchers).push(sketcher);
            Ok(Ok(sets))
        };
        let mut made = planned
            .stream()
            .await?
            .map_err(Error::from)
            .map_ok(|batch| {
                let make = make.clone();
                joined(SpawnedTask::spawn_blocking(move || make(batch)))
            })
            .try_buffered(run.engine.options().threads.max(1));
        let mut sets = Vec::with_capacity(documents.len());
        while let Some(more) = made.try_next().await? {
            match more {
                Ok(more) => sets.extend(more),
                Err(e) => return Ok(Err(e)),
            }
        }
        if sets.len() != documents.len() {
            return Err(Error::internal(format!(
                "{} texts were to be read, {} were found",
                documents.len(),
                sets.len()
            )));
        }
        Ok(Ok(sets))
    }

    /// What was found, in words.
    pub fn words(&self) -> String {
        format!(
            "{} of {} comparisons refused below similarity {}",
            self.refused, self.compared, self.demand.similarity
        )
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where documents lie, by corpus.
fn rows(corpora: &[Arc<Corpus>], documents: &[u32]) -> Vec<Vec<PartRows>> {
    let mut documents = documents.iter().map(|d| u64::from(*d)).peekable();
    let mut start = 0;
    let of_corpus = |corpus: &Arc<Corpus>| {
        let mut wanted = Vec::new();
        for (part, facts) in corpus.documents().manifest().parts.iter().enumerate() {
            let end = start + facts.rows;
            let mut mask: Option<BooleanBufferBuilder> = None;
            while let Some(document) = documents.next_if(|d| *d < end) {
                let mask = mask.get_or_insert_with(|| {
                    let mut mask = BooleanBufferBuilder::new(facts.rows as usize);
                    mask.append_n(facts.rows as usize, false);
                    mask
                });
                mask.set_bit((document - start) as usize, true);
            }
            if let Some(mut mask) = mask {
                wanted.push(PartRows {
                    part,
                    rows: 0..facts.rows,
                    mask: Some(mask.finish()),
                });
            }
            start = end;
        }
        wanted
    };
    corpora.iter().map(of_corpus).collect()
}

/// The Jaccard similarity of two sets in order; empty ones are equal.
fn jaccard(a: &[u64], b: &[u64]) -> f64 {
    let (mut i, mut j, mut common) = (0, 0, 0);
    while i < a.len() && j < b.len() {
        match a[i].cmp(&b[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                (i, j, common) = (i + 1, j + 1, common + 1);
            }
        }
    }
    let all = a.len() + b.len() - common;
    if all == 0 {
        1.0
    } else {
        common as f64 / all as f64
    }
}

#[cfg(test)]
mod tests {
    use super::jaccard;

    #[test]
    fn similarities_of_sets() {
        assert_eq!(jaccard(&[], &[]), 1.0);
        assert_eq!(jaccard(&[1], &[]), 0.0);
        assert_eq!(jaccard(&[1, 2, 5], &[1, 5, 7, 9]), 2.0 / 5.0);
        assert_eq!(jaccard(&[3, 4], &[3, 4]), 1.0);
    }
}
