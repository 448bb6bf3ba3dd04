//! The distinct words of a document, numbered in the order of first appearance.
//!
//! Words are told apart by their bytes: a hash only chooses where to look. The table holds but the numbers
//! of words; it is so small that clearing it costs less than a stamp of the document in each slot would.
//! The seed of the hash is random: no text can make many words collide.

use std::hash::{BuildHasher, RandomState};
use std::hint::select_unpredictable;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::word::{Key, SHORT, fold};

/// A seed that nobody can foresee. Results do not depend on it.
pub(crate) fn random_seed(salt: u64) -> u64 {
    RandomState::new().hash_one(salt)
}

/// How many slots a table has, at least and at first for a long text.
const SMALLEST: usize = 256;
const LARGEST_START: usize = 1 << 14;
/// From so many words on, there is not room for all that half of the slots could name: memory is taken bit by bit.
const MANY: usize = 1 << 16;

/// A distinct word.
#[derive(Clone, Copy, Default)]
pub(crate) struct Word {
    pub(crate) key: Key,
    /// How often it occurs and, in the upper half, how often it was said to be plain.
    pub(crate) counts: u64,
}

impl Word {
    /// How often it occurs.
    #[inline(always)]
    pub(crate) fn count(self) -> u32 {
        self.counts as u32
    }

    /// How often it was said to be plain.
    #[inline(always)]
    pub(crate) fn plain(self) -> u32 {
        (self.counts >> 32) as u32
    }
}

/// The distinct words of a document.
pub(crate) struct Vocabulary {
    /// Numbers of words and 1, where the hash of the word puts them; as many as a power of two.
    slots: Vec<u32>,
    seeds: (u64, u64),
    words: Vec<Word>,
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
            seeds: (random_seed(1), random_seed(2)),
            words: Vec::new(),
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
        let size = (bytes / 2).next_power_of_two();
        self.resize(size.clamp(SMALLEST, LARGEST_START));
    }

    /// An empty table of some size.
    fn resize(&mut self, size: usize) {
        self.slots.clear();
        self.slots.reserve_exact(size);
        self.slots.resize(size, 0);
        self.make_room();
    }

    /// Room for more words.
    fn make_room(&mut self) {
        let room = (self.len + self.len / 4)
            .max(MANY)
            .min(self.slots.len() / 2);
        // One more than counted: a word is written before it is known to be new.
        if self.words.len() <= room {
            self.words.reserve_exact(room + 1 - self.words.len());
            self.words.resize(room + 1, Word::default());
        }
        self.limit = (self.words.len() - 1).min(self.slots.len() / 2);
    }

    /// All words.
    pub(crate) fn words(&self) -> &[Word] {
        &self.words[..self.len]
    }

    /// The bytes of a longer word, by its number among these.
    pub(crate) fn long_word(&self, index: usize) -> &[u8] {
        let end = self.long.get(index + 1).copied();
        &self.pool[self.long[index]..end.unwrap_or(self.pool.len())]
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        4 * self.slots.capacity()
            + size_of::<Word>() * self.words.capacity()
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
        let place = self.home(self.hash(key));
        let slot = self.slots[place];
        // The same steps for a new word and a known one: which it is cannot be guessed. A new word is written
        // before it is known to be new, and then found to be equal to itself.
        let new = slot == 0;
        let id = select_unpredictable(new, self.len as u32, slot.wrapping_sub(1));
        self.words[self.len] = Word { key, counts: 0 };
        let word = &mut self.words[id as usize];
        if !word.key.same(key) {
            return self.probe(key, place, count);
        }
        word.counts += count;
        self.slots[place] = id + 1;
        self.len += usize::from(new);
        id
    }

    #[inline(always)]
    fn home(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.slots.len() - 1)
    }

    fn next(&self, place: usize) -> usize {
        (place + 1) & (self.slots.len() - 1)
    }

    /// Looks behind a place that another word has.
    #[inline(never)]
    fn probe(&mut self, key: Key, mut place: usize, count: u64) -> u32 {
        loop {
            place = self.next(place);
            let slot = self.slots[place];
            if slot == 0 {
                return self.add(key, place, count);
            }
            let word = &mut self.words[slot as usize - 1];
            if word.key.same(key) {
                word.counts += count;
                return slot - 1;
            }
        }
    }

    fn add(&mut self, key: Key, place: usize, counts: u64) -> u32 {
        let id = self.len as u32;
        self.slots[place] = id + 1;
        self.words[self.len] = Word { key, counts };
        self.len += 1;
        id
    }

    /// The number of a word, if it is there.
    pub(crate) fn find(&self, word: &[u8]) -> Option<u32> {
        let short = Key::of(word);
        let long = Key::long(xxh3_64_with_seed(word, self.seeds.0), 0);
        let hash = short.map_or(long.low, |key| self.hash(key));
        let mut place = self.home(hash);
        loop {
            let slot = self.slots[place];
            if slot == 0 {
                return None;
            }
            let other = self.words[slot as usize - 1].key;
            let found = match short {
                Some(key) => key.same(other),
                None => self.is_long(other, long.low, word),
            };
            if found {
                return Some(slot - 1);
            }
            place = self.next(place);
        }
    }

    /// How often each of the words occurs among `numbers`.
    pub(crate) fn count(&self, numbers: &[u32], counts: &mut Vec<u32>) {
        counts.clear();
        counts.resize(self.words.len(), 0);
        for &number in numbers {
            counts[number as usize] += 1;
        }
    }

    /// The number of a word of any length, to the counts of which `count` is added.
    #[inline(always)]
    pub(crate) fn insert(&mut self, text: &[u8], (start, end): (usize, usize), count: u64) -> u32 {
        if end - start > SHORT {
            return self.insert_long(&text[start..end], count);
        }
        self.insert_short(Key::read(text, start, end), count)
    }

    /// The number of a word of more than 15 bytes, to the counts of which `count` is added.
    #[inline(never)]
    pub(crate) fn insert_long(&mut self, word: &[u8], count: u64) -> u32 {
        debug_assert!(word.len() > SHORT);
        if self.len >= self.limit {
            self.grow();
        }
        let hash = xxh3_64_with_seed(word, self.seeds.0);
        let mut place = self.home(hash);
        loop {
            let slot = self.slots[place];
            if slot == 0 {
                let key = Key::long(hash, self.long.len());
                self.long.push(self.pool.len());
                self.pool.extend_from_slice(word);
                return self.add(key, place, count);
            }
            if self.is_long(self.words[slot as usize - 1].key, hash, word) {
                self.words[slot as usize - 1].counts += count;
                return slot - 1;
            }
            place = self.next(place);
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
        if self.len < self.slots.len() / 2 {
            return self.make_room();
        }
        self.resize(2 * self.slots.len());
        for id in 0..self.len {
            let key = self.words[id].key;
            let hash = match key.long_index() {
                Some(_) => key.low,
                None => self.hash(key),
            };
            let mut place = self.home(hash);
            while self.slots[place] != 0 {
                place = self.next(place);
            }
            self.slots[place] = id as u32 + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{MANY, Vocabulary};
    use crate::view::word::Key;

    fn insert(vocabulary: &mut Vocabulary, word: &str) -> u32 {
        match Key::of(word.as_bytes()) {
            Some(key) => vocabulary.insert_short(key, 1),
            None => vocabulary.insert_long(word.as_bytes(), 1),
        }
    }

    #[test]
    fn numbers_words_as_they_appear() {
        let mut vocabulary = Vocabulary::new();
        for round in 0..3 {
            vocabulary.clear(10);
            for (word, id) in [("a", 0), ("", 1), ("a", 0), ("b\0", 2), ("b", 3)] {
                assert_eq!(insert(&mut vocabulary, word), id, "in round {round}");
            }
            let counts: Vec<_> = vocabulary.words().iter().map(|word| word.count()).collect();
            assert_eq!(counts, [2, 1, 1, 1]);
        }
    }

    #[test]
    fn grows_with_short_and_long_words() {
        let mut vocabulary = Vocabulary::new();
        vocabulary.clear(0);
        let mut ids = HashMap::new();
        for i in 0..300_000u64 {
            let word = if i.is_multiple_of(3) {
                format!("a word that is too long for a key {}", i * i % 200_003)
            } else {
                format!("{}", i * i % 200_003)
            };
            let next = ids.len() as u32;
            let id = *ids.entry(word.clone()).or_insert(next);
            assert_eq!(insert(&mut vocabulary, &word), id, "{word}");
            assert_eq!(vocabulary.find(word.as_bytes()), Some(id), "{word}");
        }
        assert!(ids.len() > 2 * MANY);
        let words = vocabulary.words().iter();
        assert_eq!(words.len(), ids.len());
        assert_eq!(words.map(|word| word.count()).sum::<u32>(), 300_000);
    }
}
