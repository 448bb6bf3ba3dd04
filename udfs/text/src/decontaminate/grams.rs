//! A set of hashed grams, each with the items that have it.

use std::ops::Range;

/// Bits of the filter for each gram, at least.
const FILTER_BITS: usize = 16;
/// No gram.
const NONE: u32 = u32::MAX;

/// Hashed grams, numbered in ascending order, and who has them.
#[derive(Clone, Debug, Default)]
pub struct Grams {
    hashes: Vec<u64>,
    /// Where the owners of each gram begin, and where the last one's end.
    starts: Vec<u32>,
    owners: Vec<u32>,
    /// A bit for each hash: most of what is looked up is not here, and this is small enough to stay near.
    filter: Vec<u64>,
    /// Numbers of grams, each at the first free place from that of its hash on.
    table: Vec<u32>,
}

impl Grams {
    /// The set of these grams; an owner that has one several times is named several times.
    pub fn new(mut pairs: Vec<(u64, u32)>) -> Self {
        pairs.sort_unstable();
        let mut grams = Self::default();
        for (hash, owner) in pairs {
            if grams.hashes.last() != Some(&hash) {
                grams.hashes.push(hash);
                grams.starts.push(grams.owners.len() as u32);
            }
            grams.owners.push(owner);
        }
        grams.starts.push(grams.owners.len() as u32);
        let bits = (grams.hashes.len() * FILTER_BITS)
            .next_power_of_two()
            .max(64);
        grams.filter = vec![0; bits / 64];
        grams.table = vec![NONE; (grams.hashes.len() * 2).next_power_of_two().max(2)];
        for (number, &hash) in (0u32..).zip(&grams.hashes) {
            let bit = grams.bit(hash);
            grams.filter[bit / 64] |= 1 << (bit % 64);
            let mut at = grams.place(hash);
            while grams.table[at] != NONE {
                at = (at + 1) % grams.table.len();
            }
            grams.table[at] = number;
        }
        grams
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Their hashes, ascending.
    pub fn hashes(&self) -> &[u64] {
        &self.hashes
    }

    /// The number of a gram.
    #[inline(always)]
    pub fn find(&self, hash: u64) -> Option<u32> {
        let bit = self.bit(hash);
        if self.filter[bit / 64] & 1 << (bit % 64) == 0 {
            return None;
        }
        self.look_up(hash)
    }

    fn look_up(&self, hash: u64) -> Option<u32> {
        let mut at = self.place(hash);
        loop {
            match self.table[at] {
                NONE => return None,
                number if self.hashes[number as usize] == hash => return Some(number),
                _ => at = (at + 1) % self.table.len(),
            }
        }
    }

    /// Who has a gram: ascending, several times where it occurs several times.
    pub fn owners(&self, number: u32) -> &[u32] {
        let number = number as usize;
        let owners: Range<usize> = self.starts[number] as usize..self.starts[number + 1] as usize;
        &self.owners[owners]
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        8 * (self.hashes.capacity() + self.filter.capacity())
            + 4 * (self.starts.capacity() + self.owners.capacity() + self.table.capacity())
    }

    /// The lower bits choose the place in the filter, the higher ones that in the table.
    #[inline(always)]
    fn bit(&self, hash: u64) -> usize {
        hash as usize & (self.filter.len() * 64 - 1)
    }

    #[inline(always)]
    fn place(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.table.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::Grams;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn as_a_map(
            pairs in prop::collection::vec((prop_oneof![0u64..40, any::<u64>()], 0u32..5), 0..200),
            others in prop::collection::vec(prop_oneof![0u64..80, any::<u64>()], 50),
        ) {
            let mut map = BTreeMap::<u64, Vec<u32>>::new();
            for &(hash, owner) in &pairs {
                map.entry(hash).or_default().push(owner);
            }
            let grams = Grams::new(pairs.clone());
            prop_assert!(grams.hashes().iter().eq(map.keys()));
            for hash in pairs.iter().map(|pair| pair.0).chain(others) {
                let owners = grams.find(hash).map(|number| grams.owners(number).to_vec());
                let mut expected = map.get(&hash).cloned();
                if let Some(owners) = &mut expected {
                    owners.sort_unstable();
                }
                prop_assert_eq!(owners, expected);
            }
        }
    }
}
