//! Documents counted by the rules that they fail: the inner loops of reports over many documents.

use datafusion::arrow::array::{Array, BooleanArray};
use datafusion::arrow::buffer::BooleanBuffer;

/// Bits of one word of a pattern.
pub const WORD: usize = 64;

/// How many slots a table has at first.
const SMALLEST: usize = 64;

/// The rules that each of `rows` fails, as bit patterns one after the other: bit `i % 64` of word `i / 64` is set
/// where rule `i` does not hold. A rule that is NULL does not.
pub fn failures(rules: &[BooleanArray], rows: usize) -> Vec<u64> {
    let words = rules.len().div_ceil(WORD);
    let mut patterns = vec![0; rows * words];
    for (word, rules) in rules.chunks(WORD).enumerate() {
        let fails: Vec<BooleanBuffer> = rules.iter().map(fails).collect();
        let chunks: Vec<_> = fails.iter().map(BooleanBuffer::bit_chunks).collect();
        let mut chunks: Vec<_> = chunks.iter().map(|bits| bits.iter_padded()).collect();
        for first in (0..rows).step_by(WORD) {
            let mut block = [0; WORD];
            for (bits, chunks) in block.iter_mut().zip(&mut chunks) {
                *bits = chunks.next().unwrap_or(0);
            }
            transpose(&mut block);
            let own = patterns[first * words..].chunks_mut(words);
            own.zip(block).for_each(|(own, bits)| own[word] = bits);
        }
    }
    patterns
}

/// Where a rule does not hold.
fn fails(holds: &BooleanArray) -> BooleanBuffer {
    match holds.nulls() {
        Some(valid) => !&(holds.values() & valid.inner()),
        None => !holds.values(),
    }
}

/// Bit `j` of word `i` becomes bit `i` of word `j`: halves are exchanged, then halves of these, down to single bits.
fn transpose(block: &mut [u64; WORD]) {
    let mut width = WORD / 2;
    let mut mask = u64::MAX >> width;
    while width > 0 {
        for pair in block.chunks_exact_mut(2 * width) {
            let (low, high) = pair.split_at_mut(width);
            for (low, high) in low.iter_mut().zip(high) {
                let differs = (*low >> width ^ *high) & mask;
                *low ^= differs << width;
                *high ^= differs;
            }
        }
        width /= 2;
        mask ^= mask << width;
    }
}

/// Rows counted, and numbers of them summed, by a key of several words.
#[derive(Clone, Debug)]
pub struct KeyedSums {
    /// Words of a key.
    width: usize,
    /// Numbers of a sum, the count of rows first.
    sums: usize,
    /// Places of keys and 1, where the hash of the key puts them; 0 is free.
    slots: Vec<u32>,
    keys: Vec<u64>,
    totals: Vec<u64>,
}

impl KeyedSums {
    /// Nothing yet, by keys of `width` words; `values` numbers are summed beside the count of rows.
    pub fn new(width: usize, values: usize) -> Self {
        Self {
            width,
            sums: values + 1,
            slots: vec![0; SMALLEST],
            keys: Vec::new(),
            totals: Vec::new(),
        }
    }

    /// Adds rows. A key is a word of each of `heads`, 0 where there is none, and the row's words of
    /// `patterns`; `values` hold a number for each row.
    pub fn add_rows(
        &mut self,
        rows: usize,
        heads: &[Option<&[u64]>],
        patterns: &[u64],
        values: &[&[u64]],
    ) {
        let words = self.width - heads.len();
        let mut key = vec![0; self.width];
        let mut sums = vec![0; self.sums];
        let mut row = 0;
        while row < rows {
            for (word, head) in key.iter_mut().zip(heads) {
                *word = head.map_or(0, |head| head[row]);
            }
            key[heads.len()..].copy_from_slice(&patterns[row * words..(row + 1) * words]);
            sums.fill(0);
            // Neighbours often have one key: they are added up before the table is asked.
            loop {
                sums[0] += 1;
                for (sum, value) in sums[1..].iter_mut().zip(values) {
                    *sum += value[row];
                }
                row += 1;
                let same = row < rows
                    && equal(
                        &patterns[row * words..(row + 1) * words],
                        &key[heads.len()..],
                    )
                    && key
                        .iter()
                        .zip(heads)
                        .all(|(word, head)| *word == head.map_or(0, |head| head[row]));
                if !same {
                    break;
                }
            }
            self.add(&key, &sums);
        }
    }

    /// Adds a key's sums, the count of rows first.
    pub fn add(&mut self, key: &[u64], sums: &[u64]) {
        if 2 * (self.len() + 1) > self.slots.len() {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut slot = hash(key) & mask;
        let place = loop {
            match self.slots[slot] {
                0 => {
                    let place = self.len();
                    self.slots[slot] = place as u32 + 1;
                    self.keys.extend_from_slice(key);
                    self.totals.resize(self.totals.len() + self.sums, 0);
                    break place;
                }
                known => {
                    let place = known as usize - 1;
                    if equal(
                        &self.keys[place * self.width..(place + 1) * self.width],
                        key,
                    ) {
                        break place;
                    }
                    slot = (slot + 1) & mask;
                }
            }
        };
        let totals = &mut self.totals[place * self.sums..(place + 1) * self.sums];
        totals
            .iter_mut()
            .zip(sums)
            .for_each(|(total, sum)| *total += sum);
    }

    fn grow(&mut self) {
        let size = 2 * self.slots.len();
        self.slots.clear();
        self.slots.resize(size, 0);
        for (place, key) in self.keys.chunks_exact(self.width).enumerate() {
            let mut slot = hash(key) & (size - 1);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            self.slots[slot] = place as u32 + 1;
        }
    }

    /// Keys.
    pub fn len(&self) -> usize {
        self.totals.len() / self.sums
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.totals.is_empty()
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        8 * (self.keys.capacity() + self.totals.capacity()) + 4 * self.slots.capacity()
    }

    /// Keys and their sums, in the order of first appearance.
    pub fn iter(&self) -> impl Iterator<Item = (&[u64], &[u64])> {
        let keys = self.keys.chunks_exact(self.width);
        keys.zip(self.totals.chunks_exact(self.sums))
    }
}

/// Keys have few words: comparing them here is cheaper than a call of the C library's comparison.
fn equal(one: &[u64], other: &[u64]) -> bool {
    let differs = one
        .iter()
        .zip(other)
        .fold(0, |differs, (a, b)| differs | a ^ b);
    differs == 0
}

fn hash(key: &[u64]) -> usize {
    let mixed = key.iter().fold(0_u64, |hash, word| {
        let hash = (hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash ^ hash >> 32
    });
    mixed as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn patterns_are_the_rules_that_do_not_hold(
            rules in prop::collection::vec(prop::collection::vec(any::<Option<bool>>(), 97), 1..70),
        ) {
            let arrays: Vec<BooleanArray> = rules.iter().map(|r| r.iter().copied().collect()).collect();
            // Slices begin within a byte.
            let sliced: Vec<_> = arrays.iter().map(|a| a.slice(3, 90)).collect();
            for (arrays, from, rows) in [(&arrays, 0, 97), (&sliced, 3, 90)] {
                let words = arrays.len().div_ceil(WORD);
                let patterns = failures(arrays, rows);
                for row in 0..rows {
                    for (rule, values) in rules.iter().enumerate() {
                        let bit = patterns[row * words + rule / WORD] >> (rule % WORD) & 1;
                        prop_assert_eq!(bit == 1, values[from + row] != Some(true));
                    }
                }
            }
        }

        #[test]
        fn sums_are_those_of_a_map(
            rows in prop::collection::vec((0..3_u64, any::<u8>(), 0..9_u64), 0..600),
        ) {
            let heads: Vec<u64> = rows.iter().map(|r| r.0).collect();
            let patterns: Vec<u64> = rows.iter().flat_map(|r| [u64::from(r.1) << 40, 7]).collect();
            let values: Vec<u64> = rows.iter().map(|r| r.2).collect();
            let mut sums = KeyedSums::new(4, 1);
            sums.add_rows(rows.len(), &[Some(&heads), None], &patterns, &[&values]);
            let mut expected: BTreeMap<Vec<u64>, Vec<u64>> = BTreeMap::new();
            for (head, pattern, value) in &rows {
                let sum = expected
                    .entry(vec![*head, 0, u64::from(*pattern) << 40, 7])
                    .or_insert_with(|| vec![0; 2]);
                sum[0] += 1;
                sum[1] += value;
            }
            prop_assert_eq!(sums.len(), expected.len());
            prop_assert_eq!(sums.is_empty(), rows.is_empty());
            let found: BTreeMap<Vec<u64>, Vec<u64>> =
                sums.iter().map(|(key, sums)| (key.to_vec(), sums.to_vec())).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
