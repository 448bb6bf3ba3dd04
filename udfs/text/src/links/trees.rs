//! Documents that belong together, as trees: each document knows its parent, a root stands for its tree.
//!
//! Where the smallest number always becomes the root, links can come in any order and from several threads at once
//! ([`SharedTrees`]); where the rule looks at sizes or at the order of links, they come one after the other.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use super::records::groups;

/// Trees whose root is their smallest number, for many threads at once.
#[derive(Debug)]
pub struct SharedTrees {
    parents: Vec<AtomicU32>,
}

impl SharedTrees {
    /// Every document by itself.
    pub fn new(documents: usize) -> Self {
        Self {
            parents: (0..documents as u32).map(AtomicU32::new).collect(),
        }
    }

    /// The root of a document's tree, as long as nothing is linked.
    pub fn root(&self, mut document: u32) -> u32 {
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

    /// Joins the documents of each key, of so many bits, in records that are in order.
    pub fn link_groups(&self, records: &[u128], key_bits: u32) {
        groups(records, key_bits, &mut |group| {
            for record in &group[1..] {
                self.link(group[0] as u32, *record as u32);
            }
        });
    }

    /// What the links have made.
    pub fn finish(self) -> Forest {
        let parents = self.parents.into_iter().map(AtomicU32::into_inner);
        Forest::new(parents.collect())
    }
}

/// Which root stays when two trees are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Union {
    /// That of the link's first document.
    First,
    /// That of the tree with more documents, among equals the first.
    BySize,
    /// That of the higher rank, among equals the first, whose rank goes up by one.
    ByRank,
}

/// Trees whose root depends on the order of links.
#[derive(Debug)]
pub struct OrderedTrees {
    parents: Vec<u32>,
    /// Of roots, how many documents their tree has, or its rank.
    weights: Vec<u32>,
    union: Union,
}

impl OrderedTrees {
    /// Every document by itself.
    pub fn new(documents: usize, union: Union) -> Self {
        Self {
            parents: (0..documents as u32).collect(),
            weights: vec![1; documents],
            union,
        }
    }

    /// Which root stays.
    pub fn union(&self) -> Union {
        self.union
    }

    /// The root of a document's tree.
    pub fn root(&mut self, document: u32) -> u32 {
        root(&mut self.parents, document)
    }

    /// Joins the trees of two documents.
    pub fn link(&mut self, first: u32, second: u32) {
        let first = root(&mut self.parents, first);
        let second = root(&mut self.parents, second);
        if first == second {
            return;
        }
        let weight = |document: u32| self.weights[document as usize];
        let first_stays = self.union == Union::First || weight(first) >= weight(second);
        let (root, child) = if first_stays {
            (first, second)
        } else {
            (second, first)
        };
        self.weights[root as usize] += match self.union {
            Union::First => 0,
            Union::BySize => weight(child),
            Union::ByRank => u32::from(weight(root) == weight(child)),
        };
        self.parents[child as usize] = root;
    }

    /// Joins the documents of groups in their order, each known by its first document; each document but the last of its
    /// group knows the `next` one.
    pub fn link_chains(&mut self, firsts: &[u32], next: &[u32]) {
        for first in firsts {
            let mut document = *first;
            loop {
                let after = next[document as usize];
                if after == document {
                    break;
                }
                self.link(document, after);
                document = after;
            }
        }
    }

    /// What the links have made.
    pub fn finish(self) -> Forest {
        drop(self.weights);
        Forest::new(self.parents)
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
    /// Of roots, how many documents of their tree have been given a rank above 1; of the others, their rank.
    ranks: Vec<u32>,
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
            ranks: vec![0; documents],
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

    /// Where something is kept about a root, if anything is.
    pub fn slot(&self, root: usize) -> Option<usize> {
        (self.slots[root] as usize).checked_sub(1)
    }

    /// Numbers the trees of several documents that have documents in `wanted`, and no others; returns how many they are.
    pub fn set_slots(&mut self, wanted: Range<usize>) -> usize {
        self.slots.fill(0);
        let mut count = 0;
        for document in wanted {
            let root = self.roots[document] as usize;
            if self.sizes[root] > 1 && self.slots[root] == 0 {
                count += 1;
                self.slots[root] = count;
            }
        }
        count as usize
    }

    /// Gives the documents in `wanted` their ranks in their tree: 1 to the one that stays, by the slot of the tree, the next
    /// to the others in their order. Documents come in order, from one call to the next. A root that does not stay is the
    /// first of its tree.
    pub fn set_ranks(&mut self, wanted: Range<usize>, stays: &[u32]) {
        for document in wanted {
            let root = self.roots[document] as usize;
            let Some(slot) = self.slot(root) else {
                continue;
            };
            let rank = if stays[slot] as usize == document {
                1
            } else {
                self.ranks[root] += 1;
                self.ranks[root] + 1
            };
            if document != root {
                self.ranks[document] = rank;
            }
        }
    }

    /// The rank of a document, which has been given it; `stays` as there.
    pub fn rank(&self, document: usize, stays: &[u32]) -> u32 {
        let root = self.roots[document] as usize;
        match self.slot(root) {
            None => 1,
            Some(slot) if stays[slot] as usize == document => 1,
            Some(_) if document == root => 2,
            Some(_) => self.ranks[document],
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn shared(links: &[(u32, u32)]) -> Vec<u32> {
        let trees = SharedTrees::new(6);
        links
            .iter()
            .for_each(|&(first, second)| trees.link(first, second));
        trees.finish().roots
    }

    fn ordered(union: Union, links: &[(u32, u32)]) -> Vec<u32> {
        let mut trees = OrderedTrees::new(6, union);
        links
            .iter()
            .for_each(|&(first, second)| trees.link(first, second));
        trees.finish().roots
    }

    #[test]
    fn who_stays() {
        let links = [(3, 4), (4, 5), (1, 4), (4, 3)];
        assert_eq!(shared(&links), [0, 1, 2, 1, 1, 1]);
        assert_eq!(ordered(Union::BySize, &links), [0, 3, 2, 3, 3, 3]);
        assert_eq!(ordered(Union::First, &links), [0, 1, 2, 1, 1, 1]);
        // Of two trees of one size, that of the link's first document stays.
        let links = [(0, 1), (3, 2), (2, 0)];
        assert_eq!(ordered(Union::BySize, &links), [3, 3, 3, 3, 4, 5]);
        // A tree of three is no higher than one of two: of equal ranks the link's first document stays.
        let links = [(3, 4), (3, 5), (1, 2), (1, 3)];
        assert_eq!(ordered(Union::BySize, &links), [0, 3, 3, 3, 3, 3]);
        assert_eq!(ordered(Union::ByRank, &links), [0, 1, 1, 1, 1, 1]);
        // A document alone is lower, whichever comes first.
        assert_eq!(
            ordered(Union::ByRank, &[(3, 4), (0, 4)]),
            [3, 1, 2, 3, 3, 5]
        );
    }

    #[test]
    fn the_shape_of_links_does_not_matter() {
        let chain: Vec<_> = (0..5).map(|i| (i, i + 1)).collect();
        let star: Vec<_> = (1..6).rev().map(|i| (0, i)).collect();
        for links in [chain, star] {
            assert_eq!(shared(&links), [0; 6]);
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
            let trees = SharedTrees::new(DOCUMENTS as usize);
            thread::scope(|scope| {
                for chunk in links.chunks(links.len().div_ceil(threads)) {
                    let trees = &trees;
                    scope.spawn(move || {
                        for &(first, second) in chunk {
                            trees.link(first, second);
                        }
                    });
                }
            });
            assert_eq!(trees.finish().roots, labels);
        }
    }

    #[test]
    fn chains_are_linked_in_their_order() {
        let mut trees = OrderedTrees::new(6, Union::BySize);
        trees.link_chains(&[3, 1], &[0, 4, 2, 5, 5, 5]);
        let mut links = OrderedTrees::new(6, Union::BySize);
        [(3, 5), (1, 4), (4, 5)]
            .iter()
            .for_each(|&(a, b)| links.link(a, b));
        assert_eq!(trees.finish().roots, links.finish().roots);
    }

    #[test]
    fn ranks_follow_the_order_of_documents() {
        let trees = SharedTrees::new(7);
        [(0, 2), (2, 5), (1, 3), (3, 6)]
            .iter()
            .for_each(|&(a, b)| trees.link(a, b));
        let forest = trees.finish();
        assert_eq!(forest.clusters_and_duplicates(), (2, 4));
        for cut in 0..7 {
            let mut forest = Forest::new(forest.roots.clone());
            let mut found = Vec::new();
            for wanted in [0..cut, cut..7] {
                // The last document of each tree stays.
                let stays: Vec<u32> = match forest.set_slots(wanted.clone()) {
                    2 => match forest.slot(0) {
                        Some(0) => vec![5, 6],
                        _ => vec![6, 5],
                    },
                    _ => vec![if forest.slot(0).is_some() { 5 } else { 6 }],
                };
                forest.set_ranks(wanted.clone(), &stays);
                found.extend(wanted.map(|document| forest.rank(document, &stays)));
            }
            assert_eq!(found, [2, 2, 3, 3, 1, 1, 1], "cut at {cut}");
        }
    }
}
