//! Documents that belong together, as trees: each document knows its parent, a root knows the size of its tree.

use super::preset::Survivor;

/// Sets of documents, by their numbers in the corpus.
#[derive(Debug)]
pub struct Forest {
    parents: Vec<u32>,
    /// Of roots, how many documents their tree has.
    sizes: Vec<u32>,
    /// Of roots, how many documents have been given their rank.
    ranked: Vec<u32>,
}

impl Forest {
    /// Bytes for each document.
    pub const BYTES: usize = 12;

    /// Every document by itself; there are at most `u32::MAX` of them.
    pub fn new(documents: usize) -> Self {
        Self {
            parents: (0..documents as u32).collect(),
            sizes: vec![1; documents],
            ranked: vec![0; documents],
        }
    }

    /// The root of a document's tree.
    pub fn root(&mut self, document: usize) -> usize {
        let mut document = document as u32;
        loop {
            let parent = self.parents[document as usize];
            if parent == document {
                return document as usize;
            }
            let above = self.parents[parent as usize];
            self.parents[document as usize] = above;
            document = above;
        }
    }

    /// How many documents a root's tree has.
    pub fn size(&self, root: usize) -> u32 {
        self.sizes[root]
    }

    /// Counts one more document of a root's tree.
    pub fn next_rank(&mut self, root: usize) -> u32 {
        self.ranked[root] += 1;
        self.ranked[root]
    }

    /// Joins the trees of two documents, the first before the second in the order of their band. The new root is the
    /// one that the rule keeps.
    pub fn link(&mut self, survivor: Survivor, first: u64, second: u64) {
        let (first, second) = (self.root(first as usize), self.root(second as usize));
        if first == second {
            return;
        }
        let first_stays = match survivor {
            Survivor::First | Survivor::SmallestId => first < second,
            Survivor::Largest => self.sizes[first] >= self.sizes[second],
            Survivor::Leading => true,
        };
        let (root, child) = if first_stays {
            (first, second)
        } else {
            (second, first)
        };
        self.parents[child] = root as u32;
        self.sizes[root] += self.sizes[child];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(survivor: Survivor, links: &[(u64, u64)]) -> Vec<usize> {
        let mut forest = Forest::new(6);
        for &(first, second) in links {
            forest.link(survivor, first, second);
        }
        (0..6).map(|document| forest.root(document)).collect()
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
}
