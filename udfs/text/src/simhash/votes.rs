//! The votes of many hashes on each bit.
//!
//! Counters are kept as planes: plane `i` holds bit `i` of all 64 counters, so that a hash is added to all of them with a few operations
//! on whole words.

/// Hashes that are counted before a counter could overflow.
const PLANES: usize = 40;

/// Counts, for each of 64 bits, in how many hashes it is set.
#[derive(Debug)]
pub(super) struct Votes {
    planes: [u64; PLANES],
    hashes: u64,
}

impl Votes {
    pub(super) fn new() -> Self {
        Self {
            planes: [0; PLANES],
            hashes: 0,
        }
    }

    /// Counts a hash.
    #[inline]
    pub(super) fn add(&mut self, hash: u64) {
        self.hashes += 1;
        let mut carry = hash;
        for plane in &mut self.planes {
            (*plane, carry) = (*plane ^ carry, *plane & carry);
            if carry == 0 {
                break;
            }
        }
    }

    /// The bits that are set in more than half of the hashes.
    pub(super) fn majority(&self) -> u64 {
        let mut bits = 0;
        for bit in 0..64 {
            let planes = self.planes.iter().enumerate();
            let count: u64 = planes.map(|(i, plane)| (plane >> bit & 1) << i).sum();
            bits |= u64::from(2 * count > self.hashes) << bit;
        }
        bits
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Votes;

    proptest! {
        #[test]
        fn equal_to_plain_counters(hashes in prop::collection::vec(0_u64..16, 0..200)) {
            let mut votes = Votes::new();
            let mut counters = [0_i64; 64];
            for &hash in &hashes {
                votes.add(hash);
                for (bit, counter) in counters.iter_mut().enumerate() {
                    *counter += if hash >> bit & 1 == 1 { 1 } else { -1 };
                }
            }
            let plain = (0..64).filter(|&bit| counters[bit] > 0).fold(0, |bits, bit| bits | 1 << bit);
            prop_assert_eq!(votes.majority(), plain);
        }
    }
}
