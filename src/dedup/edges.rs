//! Links that are sorted before they are followed: who stays in text-dedup's clusters depends on their order.

use std::ops::Range;

use datafusion::execution::memory_pool::{MemoryLimit, MemoryReservation};

use super::spill::{Bucket, Buckets};
use super::way::Run;
use crate::error::Result;

/// Bytes of a link.
const RECORD: usize = 12;

/// A document, its place among the links of that document, and another one.
pub type Record = [u8; RECORD];

/// Bytes of links that are sorted at once where memory is not limited, and the share of a limit that they may take.
const MOST_SORTED: usize = 1 << 30;
const SHARE_OF_LIMIT: usize = 6;

/// Documents of a bucket of links, about.
const WIDTH: usize = 1 << 20;

/// A link: they are followed in the order of the documents, then of places, then of the others.
pub fn record(document: u32, place: u32, other: u32) -> Record {
    let mut record = [0; RECORD];
    for (bytes, number) in record.chunks_exact_mut(4).zip([document, place, other]) {
        bytes.copy_from_slice(&number.to_be_bytes());
    }
    record
}

/// The two documents of a link.
fn documents_of(record: Record) -> (u32, u32) {
    let [a, b, c, d, .., w, x, y, z] = record;
    (
        u32::from_be_bytes([a, b, c, d]),
        u32::from_be_bytes([w, x, y, z]),
    )
}

/// Links that are gathered and then followed in order.
pub struct Edges {
    buckets: Buckets,
    width: usize,
    memory: MemoryReservation,
}

impl Edges {
    /// None yet.
    pub fn new(run: &Run<'_>, what: &'static str) -> Result<Self> {
        let documents = run.sources.documents();
        let count = documents.div_ceil(WIDTH).clamp(1, 256);
        let memory = run.reserve(0)?;
        Ok(Self {
            buckets: Buckets::new(run.engine.runtime(), &memory, what, RECORD, count)?,
            width: documents.div_ceil(count).max(1),
            memory,
        })
    }

    /// One more.
    pub fn push(&mut self, record: Record) -> Result<()> {
        let document = documents_of(record).0 as usize;
        self.buckets.push(document / self.width, &record)
    }

    /// Hands out all in order.
    pub fn each(self, run: &Run<'_>, mut link: impl FnMut(u32, u32)) -> Result<()> {
        let buckets = self.buckets.finish()?;
        run.note_buckets(&buckets);
        let most = most_edges(run);
        for (number, bucket) in buckets.into_iter().enumerate() {
            for piece in pieces(&bucket, number * self.width, self.width, most)? {
                sorted_edges(&bucket, piece, &self.memory, &mut link)?;
            }
        }
        Ok(())
    }
}

/// How many links are sorted at once.
fn most_edges(run: &Run<'_>) -> usize {
    let bytes = match run.engine.runtime().memory_pool.memory_limit() {
        MemoryLimit::Finite(bytes) => bytes / SHARE_OF_LIMIT,
        _ => MOST_SORTED,
    };
    (bytes / RECORD).max(1)
}

/// The documents of a bucket that begins with `first`, in pieces that have at most so many links, or of one document.
fn pieces(bucket: &Bucket, first: usize, width: usize, most: usize) -> Result<Vec<Range<usize>>> {
    let mut pieces = Vec::new();
    let (mut start, mut held) = (first, 0);
    if bucket.records() > most as u64 {
        // Many documents are near many others: what is too much at once is counted, and read several times.
        let mut counts = vec![0_usize; width];
        bucket.each(|records| {
            for edge in records.as_chunks::<RECORD>().0 {
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

/// Hands out the links of some documents in their order.
fn sorted_edges(
    bucket: &Bucket,
    documents: Range<usize>,
    memory: &MemoryReservation,
    mut link: impl FnMut(u32, u32),
) -> Result<()> {
    let memory = memory.new_empty();
    let mut sorted: Vec<Record> = Vec::new();
    bucket.each(|records| {
        for edge in records.as_chunks::<RECORD>().0 {
            if !documents.contains(&(documents_of(*edge).0 as usize)) {
                continue;
            }
            if sorted.len() == sorted.capacity() {
                let more = sorted.len().clamp(1024, 1 << 20);
                memory.try_grow(RECORD * more)?;
                sorted.reserve_exact(more);
            }
            sorted.push(*edge);
        }
        Ok(())
    })?;
    sorted.sort_unstable();
    for edge in sorted {
        let (document, other) = documents_of(edge);
        link(document, other);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::execution::memory_pool::MemoryConsumer;
    use datafusion::execution::runtime_env::RuntimeEnv;

    use super::*;

    #[test]
    fn links_in_pieces_come_in_the_order_of_all() -> Result<()> {
        let runtime = Arc::new(RuntimeEnv::default());
        let memory = MemoryConsumer::new("test").register(&runtime.memory_pool);
        const FIRST: usize = 500;
        const WIDTH: usize = 100;
        let mut buckets = Buckets::new(&runtime, &memory, "test", RECORD, 1)?;
        let mut expected = Vec::new();
        for number in 0..9000_u64 {
            // One document is near very many, most are near a few, some near none.
            let later = match number % 3 {
                0 => 42,
                _ => number * 7 % 90,
            };
            let later = (FIRST as u64 + later) as u32;
            let earlier = (number * number % 499) as u32;
            let edge = record(later, number as u32 % 4, earlier);
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
