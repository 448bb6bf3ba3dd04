//! Candidates held against their texts: only documents whose sets of shingles are similar enough are linked.
//!
//! Pairs are gathered up to a fixed number, the texts of their documents are read by position, in order, and become
//! sets of hashes; then the pairs are judged. A set has 8 bytes for each different shingle of its text. Where the sets
//! do not fit into memory, half of the pairs are judged at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use corpusql_text::minhash::{Scheme, Sketcher};
use datafusion::arrow::array::{AsArray, BooleanBufferBuilder};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::execution::memory_pool::MemoryReservation;
use futures::TryStreamExt;

use super::forest::Linker;
use super::way::Run;
use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::query::planner::PartRows;

/// Pairs that are judged together.
const PAIRS: usize = 4096;

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
    sketcher: Sketcher,
    pairs: Vec<(u32, u32)>,
    memory: MemoryReservation,
    compared: u64,
    refused: u64,
}

impl Verifier {
    /// Nothing judged yet.
    pub fn new(run: &Run<'_>, demand: Demand) -> Result<Self> {
        Ok(Self {
            demand,
            sketcher: Sketcher::new(demand.scheme),
            pairs: Vec::new(),
            memory: run.reserve(PAIRS * size_of::<(u32, u32)>())?,
            compared: 0,
            refused: 0,
        })
    }

    /// One more pair; true when it is time to judge.
    pub fn push(&mut self, linker: &mut Linker, first: u32, second: u32) -> bool {
        if !linker.are_linked(first, second) {
            self.pairs.push((first, second));
        }
        self.pairs.len() >= PAIRS
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
                    self.compare(some, &documents, &sets, linker);
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
    fn compare(
        &mut self,
        pairs: &[(u32, u32)],
        documents: &[u32],
        sets: &[Vec<u64>],
        linker: &mut Linker,
    ) {
        let set = |document: u32| {
            let place = documents.binary_search(&document);
            place.map_or(&[][..], |place| &sets[place][..])
        };
        for &(first, second) in pairs {
            // An earlier pair may have joined them.
            if linker.are_linked(first, second) {
                continue;
            }
            self.compared += 1;
            if jaccard(set(first), set(second)) >= self.demand.similarity {
                linker.link(first, second);
            } else {
                self.refused += 1;
            }
        }
    }

    /// The sets of documents, which are in order; the inner error where there is no memory for them.
    async fn read(
        &mut self,
        run: &Run<'_>,
        documents: &[u32],
    ) -> Result<Result<Vec<Vec<u64>>, Error>> {
        let corpora = run.sources.corpora();
        let planner = run.planner()?.with_rows(rows(corpora, documents));
        let mut batches = planner
            .plan("SELECT text FROM corpus")
            .await?
            .stream()
            .await?;
        let mut sets = Vec::with_capacity(documents.len());
        while let Some(batch) = batches.try_next().await? {
            let texts = cast(batch.column(0), &DataType::Utf8View)?;
            for text in texts.as_string_view() {
                let mut set = Vec::new();
                self.sketcher.shingles(text.unwrap_or_default(), &mut set);
                set.sort_unstable();
                set.dedup();
                set.shrink_to_fit();
                if let Err(e) = self.memory.try_grow(set.len() * size_of::<u64>()) {
                    return Ok(Err(e.into()));
                }
                sets.push(set);
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
