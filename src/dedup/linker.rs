//! What links documents: trees that fit the rule of who stays.

use std::sync::Arc;

use corpusql_text::links::{Forest, OrderedTrees, SharedTrees, Union};

use super::Survivor;
use crate::error::{Error, Result};

/// Links documents, by their numbers.
#[derive(Debug)]
pub enum Linker {
    /// Links can come in any order and from several threads at once.
    Shared(Arc<SharedTrees>),
    /// The order of links decides who stays.
    Ordered(OrderedTrees),
}

impl Linker {
    /// Bytes for each document, those of the forest that it becomes among them.
    pub const BYTES: usize = 16;

    /// Every document by itself.
    pub fn new(documents: usize, survivor: Survivor) -> Self {
        match survivor {
            Survivor::First | Survivor::SmallestId => {
                Self::Shared(Arc::new(SharedTrees::new(documents)))
            }
            Survivor::Leading => Self::Ordered(OrderedTrees::new(documents, Union::First)),
            Survivor::Largest => Self::Ordered(OrderedTrees::new(documents, Union::BySize)),
            Survivor::Rank => Self::Ordered(OrderedTrees::new(documents, Union::ByRank)),
        }
    }

    /// Joins the trees of two documents; the first comes before the second in the order of their band.
    pub fn link(&mut self, first: u32, second: u32) {
        match self {
            Self::Shared(trees) => trees.link(first, second),
            Self::Ordered(trees) => trees.link(first, second),
        }
    }

    /// Whether two documents are in one tree already.
    pub fn are_linked(&mut self, first: u32, second: u32) -> bool {
        match self {
            Self::Shared(trees) => trees.root(first) == trees.root(second),
            Self::Ordered(trees) => trees.root(first) == trees.root(second),
        }
    }

    /// What the links have made, once all threads are done.
    pub fn finish(self) -> Result<Forest> {
        match self {
            Self::Shared(trees) => {
                let trees = Arc::try_unwrap(trees)
                    .map_err(|_| Error::internal("documents are still being linked"))?;
                Ok(trees.finish())
            }
            Self::Ordered(trees) => Ok(trees.finish()),
        }
    }
}
