//! A Bloom filter of blocks, each as long as a line of the processor's cache.
//!
//! A key sets `hashes` bits of one block. What a test says wrongly, and how often, follows from the [`Shape`]: a block of
//! which `j` keys have drawn bits has a number of bits set whose distribution is counted here exactly, and `j` follows a
//! Poisson distribution.

/// Bits of a block.
const BLOCK: usize = 512;
const WORDS: usize = BLOCK / 64;

/// Bits of a place in a block.
const PLACE: u32 = BLOCK.trailing_zeros();

/// Most bits that a key sets.
const MOST_HASHES: usize = 24;

/// Most keys of a block that are counted with; far beyond what any shape has on average.
const MOST_KEYS: usize = 192;

/// How big a filter is, and how many bits a key sets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Blocks of 512 bits.
    pub blocks: u64,
    /// Bits that a key sets in its block.
    pub hashes: usize,
    /// The probability that a key which was never added passes for one that was, once all are added.
    pub rate: f64,
}

impl Shape {
    /// The smallest filter for so many keys at a rate of false positives, which is at least 10⁻¹².
    pub fn new(keys: u64, rate: f64) -> Self {
        let rate = rate.clamp(1e-12, 0.5);
        let mut best: Option<(f64, usize, Vec<f64>)> = None;
        for hashes in 2..=MOST_HASHES {
            let wrong = wrong_by_keys(hashes);
            // The most keys a block may have on average.
            let (mut low, mut high) = (0.0, MOST_KEYS as f64 / 2.0);
            for _ in 0..40 {
                let middle = (low + high) / 2.0;
                if expected(&wrong, middle) <= rate {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            if best.as_ref().is_none_or(|(load, ..)| low > *load) {
                best = Some((low, hashes, wrong));
            }
        }
        let (load, hashes, wrong) = best.unwrap_or((1.0, 8, Vec::new()));
        let blocks = ((keys as f64 / load).ceil() as u64).max(1);
        Self {
            blocks,
            hashes,
            rate: expected(&wrong, keys as f64 / blocks as f64),
        }
    }

    /// Bytes of the filter.
    pub fn bytes(self) -> u64 {
        self.blocks * (BLOCK as u64 / 8)
    }
}

/// By the number of keys in a block, the probability that a test of another key finds all its bits set.
fn wrong_by_keys(hashes: usize) -> Vec<f64> {
    // The distribution of how many bits are set.
    let mut set = vec![0.0; BLOCK + 1];
    set[0] = 1.0;
    let size = BLOCK as f64;
    let mut wrong = Vec::with_capacity(MOST_KEYS + 1);
    for keys in 0..=MOST_KEYS {
        let hits = set.iter().enumerate();
        wrong.push(
            hits.map(|(bits, p)| p * (bits as f64 / size).powi(hashes as i32))
                .sum(),
        );
        for draw in 0..hashes {
            let most = (keys * hashes + draw + 1).min(BLOCK);
            for bits in (1..=most).rev() {
                set[bits] = set[bits] * (bits as f64 / size)
                    + set[bits - 1] * (1.0 - (bits - 1) as f64 / size);
            }
            set[0] = 0.0;
        }
    }
    wrong
}

/// The probability over all blocks, which have `load` keys on average.
fn expected(wrong: &[f64], load: f64) -> f64 {
    let mut probability = (-load).exp();
    let mut sum = 0.0;
    let mut rest = 1.0;
    for (keys, wrong) in wrong.iter().enumerate() {
        sum += probability * wrong;
        rest -= probability;
        probability *= load / (keys + 1) as f64;
    }
    // Fuller blocks count as full.
    sum + rest.max(0.0)
}

/// A Bloom filter.
#[derive(Clone, Debug)]
pub struct Bloom {
    blocks: Vec<[u64; WORDS]>,
    hashes: usize,
}

impl Bloom {
    /// An empty filter.
    pub fn new(shape: Shape) -> Self {
        Self {
            blocks: vec![[0; WORDS]; shape.blocks as usize],
            hashes: shape.hashes,
        }
    }

    /// Bytes of memory held.
    pub fn bytes(&self) -> usize {
        self.blocks.len() * size_of::<[u64; WORDS]>()
    }

    /// The block of a key, and a mask of its bits.
    #[inline]
    fn place(&self, key: u64) -> (usize, [u64; WORDS]) {
        let block = (u128::from(mixed(key)) * self.blocks.len() as u128) >> 64;
        let mut mask = [0; WORDS];
        let mut state = key;
        let mut bits = 0;
        let mut left = 0;
        for _ in 0..self.hashes {
            if left < PLACE {
                state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                bits = mixed(state);
                left = u64::BITS;
            }
            let bit = bits as usize % BLOCK;
            mask[bit / 64] |= 1 << (bit % 64);
            bits >>= PLACE;
            left -= PLACE;
        }
        (block as usize, mask)
    }

    /// Whether a key was added, or passes for one.
    #[inline]
    pub fn contains(&self, key: u64) -> bool {
        let (block, mask) = self.place(key);
        let block = &self.blocks[block];
        block
            .iter()
            .zip(&mask)
            .all(|(have, bits)| have & bits == *bits)
    }

    /// Adds a key; whether it was there, or passed for one that was.
    #[inline]
    pub fn insert(&mut self, key: u64) -> bool {
        let (block, mask) = self.place(key);
        let block = &mut self.blocks[block];
        let mut there = true;
        for (have, bits) in block.iter_mut().zip(&mask) {
            there &= *have & bits == *bits;
            *have |= bits;
        }
        there
    }
}

/// A number that depends on all bits of another: the last step of SplitMix64.
#[inline]
pub(super) fn mixed(mut x: u64) -> u64 {
    x = (x ^ x >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ x >> 31
}

#[cfg(test)]
mod tests {
    use super::{Bloom, Shape, mixed};

    #[test]
    fn no_key_is_forgotten_and_the_rate_is_what_was_said() {
        for (keys, rate) in [(200_000, 0.01), (50_000, 0.001), (20_000, 0.1), (1, 0.01)] {
            let shape = Shape::new(keys, rate);
            assert!(
                shape.rate <= rate && shape.rate > rate / 3.0 || keys == 1,
                "{shape:?}"
            );
            let mut filter = Bloom::new(shape);
            for key in 0..keys {
                filter.insert(mixed(key));
            }
            assert!((0..keys).all(|key| filter.contains(mixed(key))));
            let tests = 400_000;
            let wrong = (1..=tests)
                .filter(|i| filter.contains(mixed(i << 32)))
                .count() as f64;
            let expected = shape.rate * tests as f64;
            // Five standard deviations.
            let bound = 5.0 * expected.sqrt() + 5.0;
            assert!(
                (wrong - expected).abs() < bound,
                "{shape:?}: {wrong}, not {expected}"
            );
        }
    }

    #[test]
    fn bits_of_a_key() {
        // Within a factor of what a filter without blocks takes, 1.44 · log2(1 / rate).
        for (rate, plain) in [(0.01, 9.6), (1e-6, 28.8), (1e-9, 43.1)] {
            let bits = Shape::new(1_000_000, rate).bytes() as f64 * 8.0 / 1e6;
            assert!(bits > plain && bits < 2.0 * plain, "{rate}: {bits}");
        }
    }
}
