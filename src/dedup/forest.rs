//! Documents that belong together, as trees: each document knows its parent, a root stands for its tree.
//!
//! Where the smallest number always becomes the root, links can come in any order and from several threads at once
//! ([`Linker::shared`]); where the rule looks at sizes or at the order of links, they come one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::Survivor;
use crate::error::{Error, Result};

/// Links documents, by their numbers.
#[derive(Debug)]
pub struct Linker {
    trees: Trees,
}

#[derive(Debug)]
enum Trees {
    Shared(Arc<SharedTrees>),
    Ordered(OrderedTrees),
}

impl Linker {
    /// Bytes for each document, those of the forest that it becomes among them.
    pub const BYTES: usize = 16;

    /// Every document by itself.
    pub fn new(documents: usize, survivor: Survivor) -> Self {
        let trees = match survivor {
            Survivor::First | Survivor::SmallestId => {
                Trees::Shared(Arc::new(SharedTrees::new(documents)))
            }
            Survivor::Largest | Survivor::Leading => Trees::Ordered(OrderedTrees {
                parents: (0..documents as u32).collect(),
                sizes: vec![1; documents],
                by_size: survivor == Survivor::Largest,
            }),
        };
        Self { trees }
    }

    /// The trees, where links can come in any order and from several threads.
    pub fn shared(&self) -> Option<&Arc<SharedTrees>> {
        match &self.trees {
            Trees::Shared(trees) => Some(trees),
            Trees::Ordered(_) => None,
        }
    }

    /// Joins the trees of two documents; the first comes before the second in the order of their band.
    pub fn link(&mut self, first: u32, second: u32) {
        match &mut self.trees {
            Trees::Shared(trees) => trees.link(first, second),
            Trees::Ordered(trees) => trees.link(first, second),
        }
    }

    /// Whether two documents are in one tree already.
    pub fn are_linked(&mut self, first: u32, second: u32) -> bool {
        match &mut self.trees {
            Trees::Shared(trees) => trees.root(first) == trees.root(second),
            Trees::Ordered(trees) => {
                root(&mut trees.parents, first) == root(&mut trees.parents, second)
            }
        }
    }

    /// What the links have made, once all threads are done.
    pub fn finish(self) -> Result<Forest> {
        Ok(match self.trees {
            Trees::Shared(trees) => {
                let trees = Arc::try_unwrap(trees)
                    .map_err(|_| Error::internal("documents are still being linked"))?;
                let parents = trees.parents.into_iter().map(AtomicU32::into_inner);
                Forest::new(parents.collect())
            }
            Trees::Ordered(OrderedTrees { parents, sizes, .. }) => {
                drop(sizes);
                Forest::new(parents)
            }
        })
    }
}

/// Trees whose root is their smallest number, for many threads at once.
#[derive(Debug)]
pub struct SharedTrees {
    parents: Vec<AtomicU32>,
}

impl SharedTrees {
    fn new(documents: usize) -> Self {
        Self {
            parents: (0..documents as u32).map(AtomicU32::new).collect(),
        }
    }

    fn root(&self, mut document: u32) -> u32 {
        loop {
            let parent = self.parents[document as usize].load(Ordering::Relaxed);
            if parent == document {
                return document;
            }
            let above = self.parents[parent as usize].load(Ordering::Relaxed);
            if above != parent {
                // Another thread may have found a higher one already; then this is not needed.
                let _ = self.parents[document as usize].compare_exchange_weak(
                    parent,
                    above,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                );
            }
            document = above;
        }
    }

    /// Joins the trees of two documents.
    pub fn link(&self, first: u32, second: u32) {
        let (mut first, mut second) = (first, second);
        loop {
            (first, second) = (self.root(first), self.root(second));
            if first == second {
                return;
            }
            let (root, child) = (first.min(second), first.max(second));
            // Parents only ever get smaller, so trees cannot become rings. Nothing else is read through them, so
            // no order among memory accesses is needed.
            let joined = self.parents[child as usize].compare_exchange(
                child,
                root,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            if joined.is_ok() {
                return;
            }
        }
    }
}

/// Trees whose root depends on the order of links.
#[derive(Debug)]
struct OrderedTrees {
    parents: Vec<u32>,
    /// Of roots, how many documents their tree has.
    sizes: Vec<u32>,
    by_size: bool,
}

impl OrderedTrees {
    fn link(&mut self, first: u32, second: u32) {
        let first = root(&mut self.parents, first);
        let second = root(&mut self.parents, second);
        if first == second {
            return;
        }
        let first_stays =
            !self.by_size || self.sizes[first as usize] >= self.sizes[second as usize];
        let (root, child) = if first_stays {
            (first, second)
        } else {
            (second, first)
        };
        self.parents[child as usize] = root;
        self.sizes[root as usize] += self.sizes[child as usize];
    }
}

fn root(parents: &mut [u32], mut document: u32) -> u32 {
    loop {
        let parent = parents[document as usize];
        if parent == document {
            return document;
        }
        let above = parents[parent as usize];
        parents[document as usize] = above;
        document = above;
    }
}

/// Which documents belong together.
#[derive(Debug)]
pub struct Forest {
    /// Of each document the root of its tree.
    roots: Vec<u32>,
    /// Of roots, how many documents their tree has.
    sizes: Vec<u32>,
    /// Of roots, how many documents have been given their rank.
    ranked: Vec<u32>,
    /// Of roots, where something is kept about them, from 1.
    slots: Vec<u32>,
}

impl Forest {
    fn new(mut parents: Vec<u32>) -> Self {
        let documents = parents.len();
        let mut sizes = vec![0; documents];
        for document in 0..documents as u32 {
            let root = root(&mut parents, document);
            parents[document as usize] = root;
            sizes[root as usize] += 1;
        }
        Self {
            roots: parents,
            sizes,
            ranked: vec![0; documents],
            slots: vec![0; documents],
        }
    }

    /// The root of a document's tree.
    pub fn root(&self, document: usize) -> usize {
        self.roots[document] as usize
    }

    /// How many documents a root's tree has.
    pub fn size(&self, root: usize) -> u32 {
        self.sizes[root]
    }

    /// Trees of several documents, and documents in them besides their roots.
    pub fn clusters_and_duplicates(&self) -> (u64, u64) {
        let several = self.sizes.iter().filter(|&&size| size > 1);
        several.fold((0, 0), |(clusters, duplicates), &size| {
            (clusters + 1, duplicates + u64::from(size - 1))
        })
    }

    /// Counts one more document of a root's tree.
    pub fn next_rank(&mut self, root: usize) -> u32 {
        self.ranked[root] += 1;
        self.ranked[root]
    }

    /// Where something is kept about a root, if anything is.
    pub fn slot(&self, root: usize) -> Option<usize> {
        (self.slots[root] as usize).checked_sub(1)
    }

    /// Notes where something is kept about a root.
    pub fn set_slot(&mut self, root: usize, slot: usize) {
        self.slots[root] = slot as u32 + 1;
    }

    /// Forgets all slots.
    pub fn clear_slots(&mut self) {
        self.slots.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn roots(survivor: Survivor, links: &[(u32, u32)]) -> Vec<u32> {
        let mut linker = Linker::new(6, survivor);
        for &(first, second) in links {
            linker.link(first, second);
        }
        linker.finish().expect("no threads").roots
    }

    #[test]
    fn who_stays() {
        let links = [(3, 4), (4, 5), (1, 4), (4, 3)];
        assert_eq!(roots(Survivor::First, &links), [0, 1, 2, 1, 1, 1]);
        assert_eq!(roots(Survivor::Largest, &links), [0, 3, 2, 3, 3, 3]);
        assert_eq!(roots(Survivor::Leading, &links), [0, 1, 2, 1, 1, 1]);
        // Of two trees of one size, that of the link's first document stays.
        let links = [(0, 1), (3, 2), (2, 0)];
        assert_eq!(roots(Survivor::Largest, &links), [3, 3, 3, 3, 4, 5]);
    }

    #[test]
    fn the_shape_of_links_does_not_matter() {
        let chain: Vec<_> = (0..5).map(|i| (i, i + 1)).collect();
        let star: Vec<_> = (1..6).rev().map(|i| (0, i)).collect();
        for links in [chain, star] {
            assert_eq!(roots(Survivor::First, &links), [0; 6]);
        }
    }

    #[test]
    fn many_threads_make_the_trees_of_one() {
        const DOCUMENTS: u64 = 20_000;
        let mut state = 7_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % DOCUMENTS
        };
        let links: Vec<_> = (0..9_000).map(|_| (next() as u32, next() as u32)).collect();
        // The plain way: labels that are lowered until none changes.
        let mut labels: Vec<u32> = (0..DOCUMENTS as u32).collect();
        loop {
            let before = labels.clone();
            for &(a, b) in &links {
                let label = labels[a as usize].min(labels[b as usize]);
                labels[a as usize] = label;
                labels[b as usize] = label;
            }
            if labels == before {
                break;
            }
        }
        for threads in [1, 4] {
            let linker = Linker::new(DOCUMENTS as usize, Survivor::First);
            thread::scope(|scope| {
                for chunk in links.chunks(links.len().div_ceil(threads)) {
                    let trees = Arc::clone(linker.shared().expect("shared"));
                    scope.spawn(move || {
                        for &(first, second) in chunk {
                            trees.link(first, second);
                        }
                    });
                }
            });
            assert_eq!(linker.finish().expect("all done").roots, labels);
        }
    }
}
