//! The distinct words of a document, numbered in the order of first appearance.
//!
//! Words are told apart by their bytes: a hash only chooses where to look. The table holds no keys, only
//! the number of a word, 16 bits of its hash and the stamp of the document that wrote it, so that it need
//! not be cleared between documents. The seed of the hash is random: no text can make many words collide.

use std::hash::{BuildHasher, RandomState};
use std::hint::select_unpredictable;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::word::{Key, SHORT, fold};

/// A seed that nobody can foresee. Results do not depend on it.
pub(crate) fn random_seed(salt: u64) -> u64 {
    RandomState::new().hash_one(salt)
}

const SMALLEST: usize = 256;

/// The distinct words of a document.
pub(crate) struct Vocabulary {
    /// Stamp, 16 bits of hash, 32 bits of number.
    slots: Vec<u64>,
    /// How many slots this document uses: a power of two.
    size: usize,
    stamp: u64,
    seeds: (u64, u64),
    keys: Vec<Key>,
    /// How often each word occurs and, in the upper half, how often it was said to be plain.
    counts: Vec<u64>,
    len: usize,
    /// When `len` reaches this, everything grows.
    limit: usize,
    /// The bytes of longer words, and where each begins.
    pool: Vec<u8>,
    long: Vec<usize>,
}

impl Vocabulary {
    pub(crate) fn new() -> Self {
        Self {
            slots: Vec::new(),
            size: 0,
            stamp: 0,
            seeds: (random_seed(1), random_seed(2)),
            keys: Vec::new(),
            counts: Vec::new(),
            len: 0,
            limit: 0,
            pool: Vec::new(),
            long: Vec::new(),
        }
    }

    /// Forgets all words, for a text of so many bytes.
    pub(crate) fn clear(&mut self, bytes: usize) {
        self.len = 0;
        self.pool.clear();
        self.long.clear();
        self.size = (bytes / 2).next_power_of_two().clamp(SMALLEST, 1 << 14);
        self.next_stamp();
        self.reserve();
    }

    fn next_stamp(&mut self) {
        self.stamp += 1;
        if self.stamp > 0xFFFF {
            self.stamp = 1;
            self.slots.fill(0);
        }
    }

    fn reserve(&mut self) {
        if self.slots.len() < self.size {
            self.slots.resize(self.size, 0);
        }
        self.limit = self.size / 2;
        // One more than counted: a word is written before it is known to be new.
        if self.keys.len() <= self.limit {
            self.keys.resize(self.limit + 1, Key::default());
            self.counts.resize(self.limit + 1, 0);
        }
    }

    /// How often each word occurs and, in the upper half, how often plainly.
    pub(crate) fn counts(&self) -> &[u64] {
        &self.counts[..self.len]
    }

    /// The keys of all words.
    pub(crate) fn keys(&self) -> &[Key] {
        &self.keys[..self.len]
    }

    /// The bytes of a longer word, by its number among these.
    pub(crate) fn long_word(&self, index: usize) -> &[u8] {
        let end = self.long.get(index + 1).copied();
        &self.pool[self.long[index]..end.unwrap_or(self.pool.len())]
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        8 * self.slots.capacity()
            + size_of::<Key>() * self.keys.capacity()
            + 8 * self.counts.capacity()
            + self.pool.capacity()
            + 8 * self.long.capacity()
    }

    #[inline(always)]
    fn hash(&self, key: Key) -> u64 {
        fold(key.low ^ self.seeds.0, key.high ^ self.seeds.1)
    }

    /// The number of a word of up to 15 bytes, to the counts of which `count` is added.
    #[inline(always)]
    pub(crate) fn insert_short(&mut self, key: Key, count: u64) -> u32 {
        if self.len >= self.limit {
            self.grow();
        }
        let hash = self.hash(key);
        let tag = self.stamp << 16 | hash & 0xFFFF;
        let place = (hash >> 32) as usize & (self.size - 1);
        let entry = self.slots[place];
        // The same steps for a new word and a known one: which it is cannot be guessed. A new word is written
        // before it is known to be new, and then found to be equal to itself.
        let new = entry >> 48 != self.stamp;
        let id = select_unpredictable(new, self.len as u32, entry as u32);
        self.keys[self.len] = key;
        self.counts[self.len] = 0;
        if !self.keys[id as usize].same(key) {
            return self.probe(key, tag, place, count);
        }
        self.slots[place] = tag << 32 | u64::from(id);
        self.len += usize::from(new);
        self.counts[id as usize] += count;
        id
    }

    /// Looks behind a place that another word has.
    #[inline(never)]
    fn probe(&mut self, key: Key, tag: u64, mut place: usize, count: u64) -> u32 {
        loop {
            place = (place + 1) & (self.size - 1);
            let entry = self.slots[place];
            if entry >> 48 != self.stamp {
                return self.add(key, tag, place, count);
            }
            let id = entry as u32;
            if entry >> 32 == tag && self.keys[id as usize].same(key) {
                self.counts[id as usize] += count;
                return id;
            }
        }
    }

    fn add(&mut self, key: Key, tag: u64, place: usize, count: u64) -> u32 {
        let id = self.len as u32;
        self.slots[place] = tag << 32 | u64::from(id);
        self.keys[self.len] = key;
        self.counts[self.len] = count;
        self.len += 1;
        id
    }

    /// The number of a word, if it is there.
    pub(crate) fn find(&self, word: &[u8]) -> Option<u32> {
        let short = Key::of(word);
        let long = Key::long(xxh3_64_with_seed(word, self.seeds.0), 0);
        let hash = short.map_or(long.low, |key| self.hash(key));
        let mut place = (hash >> 32) as usize & (self.size - 1);
        loop {
            let entry = self.slots[place];
            if entry >> 48 != self.stamp {
                return None;
            }
            let other = self.keys[entry as u32 as usize];
            let found = match short {
                Some(key) => key.same(other),
                None => self.is_long(other, long.low, word),
            };
            if found {
                return Some(entry as u32);
            }
            place = (place + 1) & (self.size - 1);
        }
    }

    /// The number of a word of more than 15 bytes, which is counted.
    #[inline(never)]
    pub(crate) fn insert_long(&mut self, word: &[u8]) -> u32 {
        debug_assert!(word.len() > SHORT);
        if self.len >= self.limit {
            self.grow();
        }
        let hash = xxh3_64_with_seed(word, self.seeds.0);
        let tag = self.stamp << 16 | hash & 0xFFFF;
        let mut place = (hash >> 32) as usize & (self.size - 1);
        loop {
            let entry = self.slots[place];
            if entry >> 48 != self.stamp {
                let key = Key::long(hash, self.long.len());
                self.long.push(self.pool.len());
                self.pool.extend_from_slice(word);
                return self.add(key, tag, place, 1);
            }
            let id = entry as u32;
            if entry >> 32 == tag && self.is_long(self.keys[id as usize], hash, word) {
                self.counts[id as usize] += 1;
                return id;
            }
            place = (place + 1) & (self.size - 1);
        }
    }

    /// Whether a key stands for a longer word, of which the hash is known.
    fn is_long(&self, key: Key, hash: u64, word: &[u8]) -> bool {
        key.low == hash
            && key
                .long_index()
                .is_some_and(|index| self.long_word(index) == word)
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        self.size *= 2;
        self.next_stamp();
        self.reserve();
        for id in 0..self.len {
            let key = self.keys[id];
            let hash = match key.long_index() {
                Some(_) => key.low,
                None => self.hash(key),
            };
            let mut place = (hash >> 32) as usize & (self.size - 1);
            while self.slots[place] >> 48 == self.stamp {
                place = (place + 1) & (self.size - 1);
            }
            self.slots[place] = (self.stamp << 16 | hash & 0xFFFF) << 32 | id as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::Vocabulary;
    use crate::view::word::Key;

    fn insert(vocabulary: &mut Vocabulary, word: &str) -> u32 {
        match Key::of(word.as_bytes()) {
            Some(key) => vocabulary.insert_short(key, 1),
            None => vocabulary.insert_long(word.as_bytes()),
        }
    }

    #[test]
    fn numbers_words_as_they_appear() {
        let mut vocabulary = Vocabulary::new();
        // Enough documents for the stamp to come round.
        for round in 0..70_000u32 {
            vocabulary.clear(10);
            for (word, id) in [("a", 0), ("", 1), ("a", 0), ("b\0", 2), ("b", 3)] {
                assert_eq!(insert(&mut vocabulary, word), id, "in round {round}");
            }
            assert_eq!(vocabulary.counts(), [2, 1, 1, 1]);
        }
    }

    #[test]
    fn grows_with_short_and_long_words() {
        let mut vocabulary = Vocabulary::new();
        vocabulary.clear(0);
        let mut ids = HashMap::new();
        for i in 0..20_000u64 {
            let word = if i.is_multiple_of(3) {
                format!("a word that is too long for a key {}", i * i % 7919)
            } else {
                format!("{}", i * i % 7919)
            };
            let next = ids.len() as u32;
            let id = *ids.entry(word.clone()).or_insert(next);
            assert_eq!(insert(&mut vocabulary, &word), id, "{word}");
            assert_eq!(vocabulary.find(word.as_bytes()), Some(id), "{word}");
        }
        assert_eq!(vocabulary.counts().len(), ids.len());
        assert_eq!(vocabulary.counts().iter().sum::<u64>(), 20_000);
    }
}
