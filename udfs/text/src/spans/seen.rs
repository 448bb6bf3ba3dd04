//! Keys that were met before.

use super::bloom::{Bloom, mixed};

/// Keys that were met before, exactly or by a Bloom filter.
#[derive(Clone, Debug)]
pub enum Seen {
    /// All of them.
    Exact(KeySet),
    /// A filter, which takes some others for them.
    Bloom(Bloom),
}

impl Seen {
    /// Whether a key was added.
    #[inline]
    pub fn contains(&self, key: u64) -> bool {
        match self {
            Self::Exact(set) => set.contains(key),
            Self::Bloom(filter) => filter.contains(key),
        }
    }

    /// Adds a key; whether it was there.
    #[inline]
    pub fn insert(&mut self, key: u64) -> bool {
        match self {
            Self::Exact(set) => set.insert(key),
            Self::Bloom(filter) => filter.insert(key),
        }
    }

    /// Bytes that are held while so many keys are added to those that are there.
    pub fn bytes_with(&self, more: usize) -> usize {
        match self {
            Self::Exact(set) => set.bytes_with(more),
            Self::Bloom(filter) => filter.bytes(),
        }
    }
}

/// A set of keys that are hashes already.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    /// Open addressing, a power of two long; 0 is an empty place.
    places: Vec<u64>,
    len: usize,
    /// Whether the key 0, which no place can hold, was added.
    zero: bool,
}

impl KeySet {
    /// Places of the first table.
    const FIRST: usize = 1024;

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.len + usize::from(self.zero)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Places for so many keys: three of four may be taken.
    fn places_for(keys: usize) -> usize {
        (keys + keys / 3 + 1).next_power_of_two().max(Self::FIRST)
    }

    /// Bytes that are held while so many keys are added: the old table stays until the new one is filled.
    pub fn bytes_with(&self, more: usize) -> usize {
        let wanted = Self::places_for(self.len + more);
        let places = if wanted > self.places.len() {
            wanted + self.places.len()
        } else {
            self.places.len()
        };
        places * size_of::<u64>()
    }

    /// Whether a key was added.
    #[inline]
    pub fn contains(&self, key: u64) -> bool {
        if key == 0 {
            return self.zero;
        }
        !self.places.is_empty() && self.places[self.find(key)] == key
    }

    /// Where a key is, or would be.
    #[inline]
    fn find(&self, key: u64) -> usize {
        let mask = self.places.len() - 1;
        let mut at = mixed(key) as usize & mask;
        while self.places[at] != 0 && self.places[at] != key {
            at = (at + 1) & mask;
        }
        at
    }

    /// Adds a key; whether it was there.
    #[inline]
    pub fn insert(&mut self, key: u64) -> bool {
        if key == 0 {
            return std::mem::replace(&mut self.zero, true);
        }
        if Self::places_for(self.len + 1) > self.places.len() {
            self.grow();
        }
        let at = self.find(key);
        let there = self.places[at] == key;
        if !there {
            self.places[at] = key;
            self.len += 1;
        }
        there
    }

    #[cold]
    fn grow(&mut self) {
        let places = Self::places_for(self.len + 1);
        let old = std::mem::replace(&mut self.places, vec![0; places]);
        for key in old.into_iter().filter(|key| *key != 0) {
            let at = self.find(key);
            self.places[at] = key;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::KeySet;
    use crate::spans::bloom::mixed;

    #[test]
    fn like_a_set_of_the_standard_library() {
        let (mut set, mut twin) = (KeySet::default(), HashSet::new());
        assert!(!set.contains(0) && !set.contains(7) && set.is_empty());
        for i in 0..40_000_u64 {
            // Some come again, 0 among them.
            let key = if i % 100 == 0 { 0 } else { mixed(i % 9_000) };
            let bytes = set.bytes_with(1);
            assert_eq!(set.insert(key), !twin.insert(key));
            assert!(set.places.len() * 8 <= bytes);
            assert!(set.contains(key));
        }
        assert_eq!(set.len(), twin.len());
        assert!(!set.contains(mixed(9_001)));
    }
}
