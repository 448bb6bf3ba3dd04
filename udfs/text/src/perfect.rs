//! A hash table of words without collisions, made when a list is loaded: one probe answers, without a
//! branch, what is known of a word.

use std::hint::select_unpredictable;

use crate::view::word::{Key, fold};

/// Words with a value above 0 each.
#[derive(Debug)]
pub(crate) struct WordTable {
    /// The keys of words; the first is of none.
    keys: Vec<Key>,
    /// Their values; the first is 0.
    values: Vec<u32>,
    /// Index into `keys`, by place.
    places: Vec<u16>,
    /// What is added to the place of a word, by a part of its hash.
    displacements: Vec<u16>,
    /// A bit for some bits of the hash of each word: few others have one.
    traces: Vec<u64>,
    /// Longer words, sorted.
    long: Vec<(Box<[u8]>, u32)>,
}

const MULTIPLIERS: (u64, u64) = (0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03);

impl WordTable {
    /// A table of distinct words.
    pub(crate) fn new<'w>(words: impl IntoIterator<Item = (&'w str, u32)>) -> Self {
        // No word of length 0 has bytes.
        let none = Key { low: 1, high: 0 };
        let (mut keys, mut values) = (vec![none], vec![0]);
        let mut long: Vec<(Box<[u8]>, u32)> = Vec::new();
        for (word, value) in words {
            match Key::of(word.as_bytes()) {
                Some(key) => {
                    keys.push(key);
                    values.push(value);
                }
                None => long.push((word.as_bytes().into(), value)),
            }
        }
        long.sort_unstable();
        let mut traces = vec![0; (keys.len() / 2).next_power_of_two()];
        for &key in &keys[1..] {
            let (index, bit) = trace(hash(key), traces.len());
            traces[index] |= bit;
        }
        let mut size = (2 * keys.len()).next_power_of_two();
        loop {
            if let Some((displacements, places)) = place(&keys, size) {
                return Self {
                    keys,
                    values,
                    places,
                    displacements,
                    traces,
                    long,
                };
            }
            size *= 2;
        }
    }

    /// The value of a word of up to 15 bytes; 0 when it is not in the table.
    #[inline(always)]
    pub(crate) fn short(&self, key: Key) -> u32 {
        self.placed(key, hash(key))
    }

    /// The same, of words most of which are not in the table: a branch leaves these early.
    #[inline(always)]
    pub(crate) fn seldom(&self, key: Key) -> u32 {
        let hash = hash(key);
        let (index, bit) = trace(hash, self.traces.len());
        if self.traces[index] & bit == 0 {
            return 0;
        }
        self.placed(key, hash)
    }

    #[inline(always)]
    fn placed(&self, key: Key, hash: u64) -> u32 {
        let displacement = self.displacements[bucket(hash, self.displacements.len())];
        let place = slot(hash, displacement, self.places.len());
        let index = usize::from(self.places[place]);
        let value = self.values[index];
        select_unpredictable(self.keys[index].same(key), value, 0)
    }

    /// The value of a word; 0 when it is not in the table.
    pub(crate) fn get(&self, word: &[u8]) -> u32 {
        match Key::of(word) {
            Some(key) => self.short(key),
            None => self.long(word),
        }
    }

    /// The value of a longer word; 0 when it is not in the table.
    pub(crate) fn long(&self, word: &[u8]) -> u32 {
        let at = self.long.binary_search_by(|(other, _)| other[..].cmp(word));
        at.map_or(0, |at| self.long[at].1)
    }
}

#[inline(always)]
fn hash(key: Key) -> u64 {
    fold(key.low ^ MULTIPLIERS.0, key.high ^ MULTIPLIERS.1)
}

/// The place of a hash among so many groups of traces, and its bit there.
#[inline(always)]
fn trace(hash: u64, groups: usize) -> (usize, u64) {
    ((hash >> 6) as usize & (groups - 1), 1 << (hash % 64))
}

fn bucket(hash: u64, buckets: usize) -> usize {
    hash as usize & (buckets - 1)
}

fn slot(hash: u64, displacement: u16, places: usize) -> usize {
    ((hash >> 40) as usize)
        .wrapping_add(usize::from(displacement).wrapping_mul((hash >> 16) as usize | 1))
        & (places - 1)
}

/// Displacements that give every key but the first a place of its own, the fullest buckets first;
/// `None` when one finds no place.
fn place(keys: &[Key], size: usize) -> Option<(Vec<u16>, Vec<u16>)> {
    let mut buckets = vec![Vec::new(); (size / 8).max(1)];
    let count = buckets.len();
    for (index, &key) in (0u16..).zip(keys).skip(1) {
        let hash = hash(key);
        buckets[bucket(hash, count)].push((index, hash));
    }
    let mut order: Vec<_> = (0..count).collect();
    order.sort_by_key(|&b| std::cmp::Reverse(buckets[b].len()));
    let mut displacements = vec![0; count];
    let mut places = vec![0; size];
    for b in order {
        let members = &buckets[b];
        displacements[b] = (0..1 << 12).find(|&displacement| {
            let mut taken: Vec<_> = members
                .iter()
                .map(|&(_, hash)| slot(hash, displacement, size))
                .collect();
            let free = taken.iter().all(|&at| places[at] == 0);
            taken.sort_unstable();
            taken.dedup();
            free && taken.len() == members.len()
        })?;
        for &(index, hash) in members {
            places[slot(hash, displacements[b], size)] = index;
        }
    }
    Some((displacements, places))
}

#[cfg(test)]
mod tests {
    use super::WordTable;
    use crate::view::word::Key;

    #[test]
    fn finds_its_words_and_no_others() {
        let words: Vec<String> = (0..3000).map(|i| format!("w{}", i * i)).collect();
        let table = WordTable::new(words.iter().map(String::as_str).zip(1..));
        for (word, value) in words.iter().zip(1..) {
            let key = Key::of(word.as_bytes()).unwrap_or_default();
            assert_eq!(table.short(key), value, "{word}");
            assert_eq!(table.seldom(key), value, "{word}");
            let other = Key::of(format!("{word}x").as_bytes()).unwrap_or_default();
            assert_eq!(table.short(other), 0, "{word}x");
            assert_eq!(table.seldom(other), 0, "{word}x");
        }
        assert_eq!(table.short(Key::default()), 0);
    }

    #[test]
    fn a_trailing_nul_makes_another_word() {
        let table = WordTable::new([("word", 1)]);
        let key = |w: &str| Key::of(w.as_bytes()).unwrap_or_default();
        assert_eq!(table.short(key("word")), 1);
        assert_eq!(table.short(key("word\0")), 0);
    }

    #[test]
    fn long_words_are_found() {
        let table = WordTable::new([("a word of 17 byte", 3), ("short", 1)]);
        assert_eq!(table.long(b"a word of 17 byte"), 3);
        assert_eq!(table.long(b"a word of 18 bytes"), 0);
    }
}
