//! A model's file, number by number.

use std::fmt;
use std::io::{self, Read};
use std::path::Path;

use xxhash_rust::xxh3::Xxh3Default;

/// Reads little-endian numbers, never more than the file has left.
pub(super) struct Reader<R> {
    source: R,
    at: u64,
    len: u64,
    hash: Xxh3Default,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(source: R, len: u64) -> Self {
        Self {
            source,
            at: 0,
            len,
            hash: Xxh3Default::new(),
        }
    }

    /// A digest of what was read.
    pub(super) fn digest(&self) -> u64 {
        self.hash.digest()
    }

    /// What is wrong with the part of the file in front of this place.
    pub(super) fn wrong(&self, message: impl Into<String>) -> ModelError {
        ModelError::new(format!("byte {}: {}", self.at, message.into()))
    }

    fn fill(&mut self, bytes: &mut [u8], what: &str) -> Result<(), ModelError> {
        self.has_room(bytes.len() as u64, what)?;
        self.source
            .read_exact(bytes)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => self.cut_off(bytes.len() as u64, what),
                _ => ModelError::io(error),
            })?;
        self.hash.update(bytes);
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn has_room(&self, bytes: u64, what: &str) -> Result<(), ModelError> {
        if bytes > self.len - self.at.min(self.len) {
            return Err(self.cut_off(bytes, what));
        }
        Ok(())
    }

    fn cut_off(&self, bytes: u64, what: &str) -> ModelError {
        self.wrong(format!(
            "expected {bytes} more bytes for {what}, found the end of the file at {}",
            self.len
        ))
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], ModelError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    pub(super) fn i32(&mut self, what: &str) -> Result<i32, ModelError> {
        Ok(i32::from_le_bytes(self.array(what)?))
    }

    pub(super) fn i64(&mut self, what: &str) -> Result<i64, ModelError> {
        Ok(i64::from_le_bytes(self.array(what)?))
    }

    pub(super) fn byte(&mut self, what: &str) -> Result<u8, ModelError> {
        Ok(self.array::<1>(what)?[0])
    }

    pub(super) fn flag(&mut self, what: &str) -> Result<bool, ModelError> {
        match self.byte(what)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.wrong(format!("{what}: expected 0 or 1, found {other}"))),
        }
    }

    /// A 32-bit number within bounds.
    pub(super) fn size(
        &mut self,
        what: &str,
        least: usize,
        most: usize,
    ) -> Result<usize, ModelError> {
        let found = self.i32(what)?;
        self.bounded(i64::from(found), what, least, most)
    }

    /// A 64-bit number within bounds.
    pub(super) fn long_size(
        &mut self,
        what: &str,
        least: usize,
        most: usize,
    ) -> Result<usize, ModelError> {
        let found = self.i64(what)?;
        self.bounded(found, what, least, most)
    }

    fn bounded(
        &self,
        found: i64,
        what: &str,
        least: usize,
        most: usize,
    ) -> Result<usize, ModelError> {
        usize::try_from(found)
            .ok()
            .filter(|size| (least..=most).contains(size))
            .ok_or_else(|| self.wrong(format!("{what}: expected {least} to {most}, found {found}")))
    }

    pub(super) fn skip(&mut self, bytes: usize, what: &str) -> Result<(), ModelError> {
        self.bytes(bytes, what).map(drop)
    }

    pub(super) fn bytes(&mut self, count: usize, what: &str) -> Result<Vec<u8>, ModelError> {
        self.has_room(count as u64, what)?;
        let mut bytes = vec![0; count];
        self.fill(&mut bytes, what)?;
        Ok(bytes)
    }

    pub(super) fn floats(&mut self, count: usize, what: &str) -> Result<Vec<f32>, ModelError> {
        const CHUNK: usize = 1 << 14;
        self.has_room((count as u64).saturating_mul(4), what)?;
        let mut floats = Vec::with_capacity(count);
        let mut bytes = [0; 4 * CHUNK];
        while floats.len() < count {
            let part = &mut bytes[..4 * CHUNK.min(count - floats.len())];
            self.fill(part, what)?;
            let numbers = part.chunks_exact(4);
            floats.extend(numbers.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
        }
        Ok(floats)
    }

    /// Bytes up to a 0, which is read too.
    pub(super) fn word(&mut self, what: &str) -> Result<Vec<u8>, ModelError> {
        let mut word = Vec::new();
        loop {
            match self.byte(what)? {
                0 => return Ok(word),
                byte => word.push(byte),
            }
        }
    }
}

/// Why a model could not be read.
#[derive(Debug)]
pub struct ModelError {
    message: String,
}

impl ModelError {
    fn new(message: String) -> Self {
        Self { message }
    }

    pub(super) fn io(error: io::Error) -> Self {
        Self::new(error.to_string())
    }

    pub(super) fn of_file(self, path: &Path) -> Self {
        Self::new(format!("{}: {}", path.display(), self.message))
    }
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ModelError {}
