//! Records of one length, parted into buckets by what they belong to: what is gathered in one order and then read bucket by
//! bucket. What does not fit in a small buffer goes to disk.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use datafusion::execution::SpillFile;
use datafusion::execution::SpillWriter;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::execution::runtime_env::RuntimeEnv;

use crate::error::{Error, Result};

/// Bytes of a bucket that are kept in memory.
const BUFFER: usize = 32 << 10;

/// Bytes that are read at once.
const BLOCK: usize = 256 << 10;

/// Records that are being gathered.
pub struct Buckets {
    runtime: Arc<RuntimeEnv>,
    what: &'static str,
    bytes: usize,
    open: Vec<Open>,
    _memory: MemoryReservation,
}

#[derive(Default)]
struct Open {
    buffer: Vec<u8>,
    appended: Appended,
    records: u64,
}

/// A file in the spill folder, made when the first bytes are written.
#[derive(Default)]
pub struct Appended(Option<(Arc<dyn SpillFile>, Box<dyn SpillWriter>)>);

impl Appended {
    /// Writes bytes behind those that are there.
    pub fn write(&mut self, runtime: &RuntimeEnv, what: &str, bytes: &[u8]) -> Result<()> {
        let (_, writer) = match &mut self.0 {
            Some(file) => file,
            none => {
                let file = runtime.disk_manager.create_tmp_file(what)?;
                let writer = file.open_writer()?;
                none.insert((file, writer))
            }
        };
        writer
            .write_all(bytes)
            .map_err(|e| Error::user("cannot write to the spill folder").caused_by(e))
    }

    /// No more bytes come.
    pub fn finish(&mut self) -> Result<()> {
        if let Some((_, writer)) = &mut self.0 {
            writer.finish()?;
        }
        Ok(())
    }

    /// The file, if anything was written.
    pub fn file(&self) -> Option<Arc<dyn SpillFile>> {
        self.0.as_ref().map(|(file, _)| Arc::clone(file))
    }
}

/// Opens what was written.
pub fn open(file: &dyn SpillFile) -> Result<File> {
    let path = file
        .path()
        .ok_or_else(|| Error::internal("a spill file without a path"))?;
    File::open(path).map_err(unreadable)
}

/// What is said when a file of the spill folder cannot be read.
pub fn unreadable(e: io::Error) -> Error {
    Error::user("cannot read from the spill folder").caused_by(e)
}

/// The records of a bucket.
pub struct Bucket {
    bytes: usize,
    buffer: Vec<u8>,
    file: Option<Arc<dyn SpillFile>>,
    records: u64,
}

impl Buckets {
    /// So many empty buckets for records of `bytes` bytes. `memory` is the consumer whose reservation is grown.
    pub fn new(
        runtime: &Arc<RuntimeEnv>,
        memory: &MemoryReservation,
        what: &'static str,
        bytes: usize,
        count: usize,
    ) -> Result<Self> {
        let memory = memory.new_empty();
        memory.try_grow(count * BUFFER)?;
        Ok(Self {
            runtime: Arc::clone(runtime),
            what,
            bytes,
            open: (0..count.max(1)).map(|_| Open::default()).collect(),
            _memory: memory,
        })
    }

    /// Adds records of one bucket.
    pub fn push(&mut self, bucket: usize, records: &[u8]) -> Result<()> {
        let open = &mut self.open[bucket];
        open.records += (records.len() / self.bytes) as u64;
        if open.buffer.len() + records.len() <= BUFFER {
            open.buffer.extend_from_slice(records);
            return Ok(());
        }
        for bytes in [open.buffer.as_slice(), records] {
            open.appended.write(&self.runtime, self.what, bytes)?;
        }
        open.buffer.clear();
        Ok(())
    }

    /// Adds records that were parted already, and empties what they were in.
    pub fn push_all(&mut self, parted: &mut [Vec<u8>]) -> Result<()> {
        for (bucket, records) in parted.iter_mut().enumerate() {
            if !records.is_empty() {
                self.push(bucket, records)?;
                records.clear();
            }
        }
        Ok(())
    }

    /// The buckets, in order.
    pub fn finish(self) -> Result<Vec<Bucket>> {
        let close = |mut open: Open| {
            open.appended.finish()?;
            Ok(Bucket {
                bytes: self.bytes,
                buffer: open.buffer,
                file: open.appended.file(),
                records: open.records,
            })
        };
        self.open.into_iter().map(close).collect()
    }
}

impl Bucket {
    /// How many records there are.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Bytes that are in a file.
    pub fn spilled(&self) -> u64 {
        self.records * self.bytes as u64 - self.buffer.len() as u64
    }

    /// Hands out all records, in the order in which they came, many at once.
    pub fn each(&self, mut records: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        if let Some(file) = &self.file {
            let mut file = open(file.as_ref())?;
            let mut left = self.spilled() as usize;
            let mut block = vec![0; left.min(BLOCK / self.bytes * self.bytes)];
            while left > 0 {
                let now = left.min(block.len());
                file.read_exact(&mut block[..now]).map_err(unreadable)?;
                records(&block[..now])?;
                left -= now;
            }
        }
        records(&self.buffer)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::execution::memory_pool::MemoryConsumer;

    use super::*;

    #[test]
    fn records_come_back_in_their_order() -> Result<()> {
        let runtime = Arc::new(RuntimeEnv::default());
        let memory = MemoryConsumer::new("test").register(&runtime.memory_pool);
        let mut buckets = Buckets::new(&runtime, &memory, "test", 4, 3)?;
        for number in 0..50_000_u32 {
            let bucket = if number % 10 == 0 { 1 } else { 0 };
            buckets.push(bucket, &number.to_le_bytes())?;
        }
        let buckets = buckets.finish()?;
        assert!(buckets[0].file.is_some() && buckets[1].file.is_none());
        let counts: Vec<_> = buckets.iter().map(Bucket::records).collect();
        assert_eq!(counts, [45_000, 5_000, 0]);
        let mut found = Vec::new();
        for bucket in buckets {
            bucket.each(|records| {
                let (records, _) = records.as_chunks();
                found.extend(records.iter().map(|record| u32::from_le_bytes(*record)));
                Ok(())
            })?;
        }
        let (tens, others): (Vec<_>, Vec<_>) = (0..50_000).partition(|n| n % 10 == 0);
        assert!(found == [others, tens].concat());
        Ok(())
    }
}
