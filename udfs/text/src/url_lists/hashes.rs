//! A set of strings by their hashes: eight bytes a string.
//!
//! Of n strings in the set, one that is not in it is taken for one that is with a probability of n / 2⁶⁴: for five
//! million domains, once in 3.7 trillion URLs.

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// The hashes in order, and where those with equal first bits begin.
#[derive(Debug)]
pub(super) struct Hashes {
    sorted: Vec<u64>,
    starts: Vec<u32>,
    /// By how many bits a hash is shifted to be an index into `starts`.
    shift: u32,
}

impl Hashes {
    /// The hash of a string.
    pub(super) fn hash(string: &str) -> u64 {
        xxh3_64(string.as_bytes())
    }

    /// A set of fewer than 2³² hashes.
    pub(super) fn new(hashes: Vec<u64>) -> Self {
        // About eight hashes for each start: put in order by it, and then a few at a time.
        let bits = (hashes.len() / 8).max(2).ilog2();
        let shift = u64::BITS - bits;
        let mut next = starts(&hashes, bits);
        let mut sorted = vec![0; hashes.len()];
        for hash in hashes {
            let place = &mut next[(hash >> shift) as usize];
            sorted[*place as usize] = hash;
            *place += 1;
        }
        let mut start = 0;
        for end in next.into_iter().map(|end| end as usize) {
            sorted[start..end].sort_unstable();
            start = end;
        }
        sorted.dedup();
        sorted.shrink_to_fit();
        Self {
            starts: starts(&sorted, bits),
            sorted,
            shift,
        }
    }

    pub(super) fn contains(&self, string: &str) -> bool {
        let hash = Self::hash(string);
        let bucket = (hash >> self.shift) as usize;
        let range = self.starts[bucket] as usize..self.starts[bucket + 1] as usize;
        self.sorted[range].contains(&hash)
    }

    pub(super) fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        size_of_val(&self.sorted[..]) + size_of_val(&self.starts[..])
    }

    /// A digest of the set.
    pub(super) fn digest(&self) -> u128 {
        let parts = self.sorted.chunks(1 << 16).map(|part| {
            let bytes: Vec<u8> = part.iter().flat_map(|hash| hash.to_le_bytes()).collect();
            xxh3_128(&bytes)
        });
        parts.fold(0, |digest: u128, part| {
            digest.rotate_left(1).wrapping_add(part)
        })
    }
}

/// Where the hashes with equal first bits begin when they are in order, and the end.
fn starts(hashes: &[u64], bits: u32) -> Vec<u32> {
    let mut starts = vec![0; (1 << bits) + 1];
    for &hash in hashes {
        starts[(hash >> (u64::BITS - bits)) as usize + 1] += 1;
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::Hashes;

    #[test]
    fn finds_its_strings_and_no_others() {
        for count in [0, 1, 2, 17, 20_000] {
            let name = |i: usize| format!("{i}.example");
            let twice = (0..count).chain(0..count / 2);
            let set = Hashes::new(twice.map(|i| Hashes::hash(&name(i))).collect());
            assert!(set.sorted.is_sorted());
            assert_eq!(set.len(), count);
            assert!((0..count).all(|i| set.contains(&name(i))));
            assert!((count..2 * count + 5).all(|i| !set.contains(&name(i))));
        }
    }
}
