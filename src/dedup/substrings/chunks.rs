//! The texts of all documents as one sequence of bytes, in chunks that overlap by all but one byte of a window.

use std::collections::VecDeque;
use std::sync::Arc;

use corpusql_text::substrings::header;
use datafusion::arrow::array::{AsArray, RecordBatch, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use futures::TryStreamExt;
use tokio::task::JoinHandle;

use super::super::way::Run;
use crate::error::{Error, Result};

/// Windows that begin in a chunk.
const CHUNK: usize = 256 << 10;

/// Where texts are read.
pub(super) const TEXTS: &str = "SELECT text FROM corpus";

/// A piece of the sequence.
pub(super) struct Chunk {
    /// Where it begins in the sequence.
    pub(super) start: u64,
    pub(super) bytes: Vec<u8>,
}

/// Bytes that a chunk takes while it is worked on: its own, 8 of hashes for each, up to 24 of records for each window.
pub(super) const fn memory(window: usize) -> usize {
    (CHUNK + window) * 9 + CHUNK * 24
}

/// Runs `work` on all chunks, on several threads, and `done` on what it gives, in the order of the sequence. `work` gets memory to use.
pub(super) async fn each<T: Send + 'static>(
    run: &Run<'_>,
    window: usize,
    work: impl Fn(&Chunk, &mut Vec<u64>) -> T + Send + Sync + 'static,
    mut done: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let threads = run.engine.options().threads;
    let _memory = run.reserve((threads + 2) * memory(window))?;
    let work = Arc::new(work);
    let mut tasks: VecDeque<JoinHandle<(T, Vec<u64>)>> = VecDeque::new();
    let mut spare: Vec<Vec<u64>> = Vec::new();
    let planned = run.planner()?.plan(TEXTS).await?;
    let mut batches = planned.stream().await?;
    let mut chunk = Chunk {
        start: 0,
        bytes: Vec::new(),
    };
    let mut document = 0;
    let mut ended = false;
    while !ended {
        let mut full = Vec::new();
        match batches.try_next().await? {
            Some(batch) => {
                for text in &texts(&batch)? {
                    chunk.add(&header(document), window, &mut |c| full.push(c));
                    // A corpus has text in every document.
                    let text = text.unwrap_or_default().as_bytes();
                    chunk.add(text, window, &mut |c| full.push(c));
                    document += 1;
                }
                run.progress.add(0, 0, batch.num_rows() as u64);
            }
            None => {
                ended = true;
                full.push(Chunk {
                    start: chunk.start,
                    bytes: std::mem::take(&mut chunk.bytes),
                });
            }
        }
        for chunk in full {
            while tasks.len() > threads {
                finish(&mut tasks, &mut spare, &mut done).await?;
            }
            let work = Arc::clone(&work);
            let mut memory = spare.pop().unwrap_or_default();
            tasks.push_back(tokio::task::spawn_blocking(move || {
                (work(&chunk, &mut memory), memory)
            }));
        }
    }
    while !tasks.is_empty() {
        finish(&mut tasks, &mut spare, &mut done).await?;
    }
    Ok(())
}

async fn finish<T>(
    tasks: &mut VecDeque<JoinHandle<(T, Vec<u64>)>>,
    spare: &mut Vec<Vec<u64>>,
    done: &mut impl FnMut(T) -> Result<()>,
) -> Result<()> {
    if let Some(task) = tasks.pop_front() {
        let (found, memory) = task
            .await
            .map_err(|e| Error::internal("comparing windows failed").caused_by(e))?;
        spare.push(memory);
        done(found)?;
    }
    Ok(())
}

/// The texts of a batch.
pub(super) fn texts(batch: &RecordBatch) -> Result<StringViewArray> {
    Ok(cast(batch.column(0), &DataType::Utf8View)?
        .as_string_view()
        .clone())
}

impl Chunk {
    /// Adds bytes, and hands out chunks that are full.
    fn add(&mut self, mut bytes: &[u8], window: usize, full: &mut impl FnMut(Chunk)) {
        let overlap = window - 1;
        loop {
            let room = CHUNK + overlap - self.bytes.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.bytes.extend_from_slice(now);
            bytes = later;
            if self.bytes.len() < CHUNK + overlap {
                return;
            }
            let next = Self {
                start: self.start + CHUNK as u64,
                bytes: self.bytes[CHUNK..].to_vec(),
            };
            full(std::mem::replace(self, next));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNK, Chunk};

    #[test]
    fn every_window_begins_in_one_chunk() {
        let bytes: Vec<_> = (0..3 * CHUNK + 7).map(|i| (i % 251) as u8).collect();
        for (window, step) in [(1, 1000), (100, CHUNK), (65_536, 700_001)] {
            let mut chunk = Chunk {
                start: 0,
                bytes: Vec::new(),
            };
            let mut all = Vec::new();
            for piece in bytes.chunks(step) {
                chunk.add(piece, window, &mut |full| all.push(full));
            }
            all.push(chunk);
            let mut next = 0;
            for chunk in &all {
                assert_eq!(chunk.start, next);
                let start = next as usize;
                assert!(bytes[start..start + chunk.bytes.len()] == chunk.bytes);
                next += (chunk.bytes.len() + 1).saturating_sub(window) as u64;
            }
            assert_eq!(next as usize, bytes.len() + 1 - window);
        }
    }
}
