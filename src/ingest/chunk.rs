//! What readers of inputs hand to the threads that make documents.

use super::draft::{Parsed, Rules};
use super::hash::Blocks;
use crate::error::Result;

/// Some consecutive records of one input, not yet documents.
pub trait Chunk: Send {
    /// Bytes of memory that it holds.
    fn bytes(&self) -> usize;

    /// Makes documents of its records.
    fn parse(self: Box<Self>, rules: &Rules) -> Result<Parsed>;
}

/// Reads one stretch of an input, which may be all of it.
pub trait Reader: Send {
    /// The next records; nothing at the end.
    fn next(&mut self) -> Result<Option<Box<dyn Chunk>>>;

    /// Bytes of the input read since the last call.
    fn progress(&mut self) -> u64;

    /// After the end: the hashes of the stretch's blocks.
    fn finish(self: Box<Self>) -> Result<Blocks>;
}
