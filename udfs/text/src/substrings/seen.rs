//! Which of many hashes occur more than once, in a fixed amount of memory.

use std::sync::atomic::{AtomicU64, Ordering};

/// Places in a word: two bits each.
const PLACES: u64 = 32;

/// Notes hashes, from any number of threads. A hash that was added twice is never missed; one that was not may be taken for
/// one that was, the more often the fewer slots there are.
#[derive(Debug)]
pub struct Seen {
    words: Vec<AtomicU64>,
}

impl Seen {
    /// Bytes that so many slots take.
    pub const fn bytes(slots: usize) -> usize {
        slots.div_ceil(PLACES as usize) * size_of::<AtomicU64>()
    }

    /// Nothing has been seen.
    pub fn new(slots: usize) -> Self {
        let words = slots.max(1).div_ceil(PLACES as usize);
        Self {
            words: (0..words).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    fn slot(&self, hash: u64) -> (&AtomicU64, u64) {
        let slots = self.words.len() as u128 * u128::from(PLACES);
        let hash = u128::from(hash.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let slot = ((hash * slots) >> 64) as u64;
        (&self.words[(slot / PLACES) as usize], 2 * (slot % PLACES))
    }

    /// Notes a hash.
    pub fn add(&self, hash: u64) {
        let (word, shift) = self.slot(hash);
        let once = 1 << shift;
        if word.load(Ordering::Relaxed) & once == 0
            && word.fetch_or(once, Ordering::Relaxed) & once == 0
        {
            return;
        }
        word.fetch_or(once << 1, Ordering::Relaxed);
    }

    /// Whether a hash may have been added more than once.
    pub fn twice(&self, hash: u64) -> bool {
        let (word, shift) = self.slot(hash);
        word.load(Ordering::Relaxed) >> shift & 2 != 0
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::Seen;

    #[test]
    fn what_was_added_twice_is_never_missed() {
        let seen = Seen::new(1 << 16);
        let hash = |i: u64| i.wrapping_mul(0x2545_F491_4F6C_DD1D);
        thread::scope(|scope| {
            for part in 0..4 {
                let seen = &seen;
                scope.spawn(move || {
                    (0..1000)
                        .filter(|i| i % 4 != part)
                        .for_each(|i| seen.add(hash(i)))
                });
            }
        });
        (1000..2000).for_each(|i| seen.add(hash(i)));
        assert!((0..1000).all(|i| seen.twice(hash(i))));
        let wrong = (1000..2000).filter(|&i| seen.twice(hash(i))).count();
        assert!(wrong < 100, "{wrong}");
    }
}
