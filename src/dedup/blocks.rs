//! Blocks of bytes, parted into buckets by what they belong to: many threads add to them, and what is in a bucket is taken
//! at once. Blocks stay in memory as long as there is room, the others go to one file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::execution::memory_pool::{MemoryLimit, MemoryReservation};
use datafusion::execution::runtime_env::RuntimeEnv;

use super::spill::{Appended, open, unreadable};
use crate::error::{Error, Result};

/// Bytes of blocks that stay in memory where it is not limited.
const MOST_HELD: usize = 2 << 30;

/// The share of a limit of memory that they may take instead.
const SHARE_OF_LIMIT: usize = 3;

/// Blocks by bucket.
pub struct Blocks {
    runtime: Arc<RuntimeEnv>,
    what: &'static str,
    most: usize,
    inner: Mutex<Inner>,
    spilled: AtomicU64,
}

struct Inner {
    buckets: Vec<Vec<Block>>,
    appended: Appended,
    written: u64,
    memory: MemoryReservation,
}

enum Block {
    Held(Vec<u8>),
    /// Where it begins in the file, and its bytes.
    Written(u64, usize),
}

impl Blocks {
    /// So many empty buckets. `memory` is the consumer whose reservation is grown.
    pub fn new(
        runtime: &Arc<RuntimeEnv>,
        memory: &MemoryReservation,
        what: &'static str,
        buckets: usize,
    ) -> Self {
        let most = match runtime.memory_pool.memory_limit() {
            MemoryLimit::Finite(bytes) => bytes / SHARE_OF_LIMIT,
            _ => MOST_HELD,
        };
        let mut empty = Vec::new();
        empty.resize_with(buckets, Vec::new);
        Self {
            runtime: Arc::clone(runtime),
            what,
            most,
            inner: Mutex::new(Inner {
                buckets: empty,
                appended: Appended::default(),
                written: 0,
                memory: memory.new_empty(),
            }),
            spilled: AtomicU64::new(0),
        }
    }

    /// Adds a block to a bucket.
    pub fn push(&self, bucket: usize, block: Vec<u8>) -> Result<()> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = &mut *inner;
        let bytes = block.capacity();
        let fits = inner.memory.size() + bytes <= self.most && inner.memory.try_grow(bytes).is_ok();
        if fits {
            inner.buckets[bucket].push(Block::Held(block));
            return Ok(());
        }
        inner.appended.write(&self.runtime, self.what, &block)?;
        let written = Block::Written(inner.written, block.len());
        inner.buckets[bucket].push(written);
        inner.written += block.len() as u64;
        self.spilled
            .fetch_add(block.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// No more blocks come.
    pub fn finish(&self) -> Result<()> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.appended.finish()
    }

    /// The blocks of a bucket, in no order; it is empty then. `memory` holds what was on disk.
    pub fn take(&self, bucket: usize, memory: &MemoryReservation) -> Result<Vec<Vec<u8>>> {
        let (blocks, spilled) = {
            let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
            let blocks = std::mem::take(&mut inner.buckets[bucket]);
            let held = blocks.iter().map(|block| match block {
                Block::Held(block) => block.capacity(),
                Block::Written(..) => 0,
            });
            inner.memory.shrink(held.sum());
            (blocks, inner.appended.file())
        };
        let mut file: Option<File> = None;
        let mut found = Vec::with_capacity(blocks.len());
        for block in blocks {
            found.push(match block {
                Block::Held(block) => {
                    memory.try_grow(block.capacity())?;
                    block
                }
                Block::Written(start, bytes) => {
                    memory.try_grow(bytes)?;
                    let file = match &mut file {
                        Some(file) => file,
                        none => {
                            let spilled = spilled
                                .as_deref()
                                .ok_or_else(|| Error::internal("a block without its file"))?;
                            none.insert(open(spilled)?)
                        }
                    };
                    let mut block = vec![0; bytes];
                    file.seek(SeekFrom::Start(start)).map_err(unreadable)?;
                    file.read_exact(&mut block).map_err(unreadable)?;
                    block
                }
            });
        }
        Ok(found)
    }

    /// Bytes that did not fit into memory.
    pub fn spilled(&self) -> u64 {
        self.spilled.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryConsumer, MemoryPool};
    use datafusion::execution::runtime_env::RuntimeEnvBuilder;

    use super::*;

    #[test]
    fn blocks_come_back_from_memory_and_from_disk() -> Result<()> {
        let pool: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(30_000));
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::clone(&pool))
            .build_arc()?;
        let memory = MemoryConsumer::new("test").register(&pool);
        let blocks = Blocks::new(&runtime, &memory, "test", 3);
        for number in 0..50_u8 {
            blocks.push(usize::from(number % 2), vec![number; 1000])?;
        }
        blocks.finish()?;
        assert_eq!(blocks.spilled(), 40_000);
        assert!(blocks.take(2, &memory)?.is_empty());
        assert_eq!(pool.reserved(), 10_000);
        for bucket in 0..2 {
            let mut found: Vec<u8> = blocks
                .take(bucket, &memory)?
                .iter()
                .map(|block| block[999])
                .collect();
            assert_eq!(memory.free(), 25_000);
            found.sort_unstable();
            let expected: Vec<u8> = (0..50).filter(|n| usize::from(n % 2) == bucket).collect();
            assert_eq!(found, expected);
        }
        assert_eq!(pool.reserved(), 0);
        Ok(())
    }
}
