//! The identity of an input file: a hash over the hashes of its blocks, so that row groups and
//! streams can be hashed where they are read, and no input is read twice.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::corpus::manifest::hex128;
use crate::error::{Error, Result};

/// Bytes of a block.
const BLOCK: usize = 4 << 20;

/// Hashes of consecutive blocks.
pub type Blocks = Vec<u128>;

/// Collects the hashes of all blocks of one file, in order.
#[derive(Default)]
pub struct FileHash(Xxh3);

impl FileHash {
    /// The next blocks.
    pub fn add(&mut self, blocks: &[u128]) {
        for block in blocks {
            self.0.update(&block.to_be_bytes());
        }
    }

    /// The hash of the file.
    pub fn finish(self) -> String {
        hex128(self.0.digest128())
    }
}

/// Hashes a stream of bytes block by block.
#[derive(Default)]
pub struct BlockHasher {
    current: Xxh3,
    filled: usize,
    blocks: Blocks,
}

impl BlockHasher {
    /// The next bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let take = bytes.len().min(BLOCK - self.filled);
            self.current.update(&bytes[..take]);
            self.filled += take;
            bytes = &bytes[take..];
            if self.filled == BLOCK {
                self.end_block();
            }
        }
    }

    /// All blocks, the last one perhaps short.
    pub fn finish(mut self) -> Blocks {
        if self.filled > 0 {
            self.end_block();
        }
        self.blocks
    }

    fn end_block(&mut self) {
        self.blocks.push(self.current.digest128());
        self.current.reset();
        self.filled = 0;
    }
}

/// Hashes the blocks of `file` that begin in `range`.
pub fn blocks_in(file: &File, range: Range<u64>) -> io::Result<Blocks> {
    let block = BLOCK as u64;
    let length = file.metadata()?.len();
    let mut buffer = vec![0u8; BLOCK.min(usize::try_from(length).unwrap_or(BLOCK))];
    let mut blocks = Blocks::new();
    let mut at = range.start.div_ceil(block) * block;
    while at < range.end.min(length) {
        let size = (length - at).min(block) as usize;
        file.read_exact_at(&mut buffer[..size], at)?;
        blocks.push(xxh3_128(&buffer[..size]));
        at += block;
    }
    Ok(blocks)
}

/// The hash of a whole file.
pub fn of_file(path: &Path) -> Result<String> {
    let blocks = File::open(path)
        .and_then(|file| blocks_in(&file, 0..u64::MAX))
        .map_err(|e| Error::io("read", path, e))?;
    let mut hash = FileHash::default();
    hash.add(&blocks);
    Ok(hash.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_pieces_as_at_once() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("x");
        let bytes: Vec<u8> = (0..2 * BLOCK + 77).map(|i| (i * 31 % 251) as u8).collect();
        std::fs::write(&path, &bytes).expect("file");
        let file = File::open(&path).expect("open");

        let mut hasher = BlockHasher::default();
        bytes.chunks(1_000_003).for_each(|c| hasher.update(c));
        let streamed = hasher.finish();
        assert_eq!(streamed.len(), 3);
        assert_eq!(blocks_in(&file, 0..u64::MAX).expect("read"), streamed);

        let middle = BLOCK as u64 + 5;
        let mut parts = blocks_in(&file, 0..middle).expect("read");
        parts.extend(blocks_in(&file, middle..u64::MAX).expect("read"));
        assert_eq!(parts, streamed);
    }
}
