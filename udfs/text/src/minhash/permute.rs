//! The smallest value of each permutation over the hashes of shingles.

use super::lanes::{Chosen, dispatch};
use super::random::{MODULUS, constants};
use super::scheme::Draw;

/// Hashes that go through a permutation while its constants and its minimum are in registers.
const GROUP: usize = 8;

/// Permutations `((h · a + b) mod 2^64 mod (2^61 − 1)) & mask`: the product wraps at 64 bits before the modulus, as
/// numpy computes it.
#[derive(Clone, Debug)]
pub(super) struct Permutations {
    a: Vec<u64>,
    b: Vec<u64>,
    mask: u64,
}

impl Permutations {
    /// The first `count` permutations of a draw.
    pub(super) fn new(draw: Draw, count: usize, mask: u64) -> Self {
        debug_assert!(mask <= MODULUS);
        let (a, b) = constants(draw, count);
        Self { a, b, mask }
    }

    /// Lowers the minimum of each permutation to the smallest value over some hashes.
    pub(super) fn lower(&self, chosen: Chosen, hashes: &[u64], minima: &mut [u64]) {
        lower(chosen, self, hashes, minima);
    }
}

dispatch!(lower = kernel(permutations: &Permutations, hashes: &[u64], minima: &mut [u64]));

#[inline(always)]
fn kernel(permutations: &Permutations, hashes: &[u64], minima: &mut [u64]) {
    let Permutations { a, b, mask } = permutations;
    for group in hashes.chunks(GROUP) {
        // A hash that is met twice changes no minimum.
        let hashes: [u64; GROUP] = std::array::from_fn(|i| group[i.min(group.len() - 1)]);
        for ((minimum, &a), &b) in minima.iter_mut().zip(a).zip(b) {
            // Values have at most 61 bits. They are compared as signed numbers, which AVX2 can do.
            let mut smallest = *minimum as i64;
            for hash in hashes {
                let sum = hash.wrapping_mul(a).wrapping_add(b);
                // 2^61 is 1 here; what is left is less than twice the modulus.
                let folded = ((sum & MODULUS) + (sum >> 61)) as i64;
                let less = folded - MODULUS as i64;
                let value = if less < 0 { folded } else { less };
                smallest = smallest.min(value & *mask as i64);
            }
            *minimum = smallest as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MODULUS, Permutations};
    use crate::minhash::lanes::{Chosen, Instructions};
    use crate::minhash::random::constants;
    use crate::minhash::scheme::{Draw, Order};

    #[test]
    fn every_instruction_set_equals_plain_arithmetic() {
        let draw = Draw {
            seed: 1,
            order: Order::Columns,
        };
        let (a, b) = constants(draw, 117);
        let mix = |i: u64| (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let edges = [0, 1, MODULUS - 1, MODULUS, MODULUS + 1, u64::MAX];
        let many = (0..300).map(mix).chain(edges).collect::<Vec<_>>();
        for mask in [MODULUS, 0xFFFF_FFFF] {
            let permutations = Permutations::new(draw, 117, mask);
            for hashes in [&many[..], &many[..1], &many[305..], &[]] {
                let plain = |i: usize| {
                    let value =
                        |&h: &u64| (h.wrapping_mul(a[i]).wrapping_add(b[i]) % MODULUS) & mask;
                    hashes.iter().map(value).min().unwrap_or(mask)
                };
                let expected: Vec<_> = (0..117).map(plain).collect();
                for set in Instructions::available() {
                    let mut minima = vec![mask; 117];
                    permutations.lower(Chosen::new(set), hashes, &mut minima);
                    assert_eq!(minima, expected, "{set:?}");
                }
            }
        }
    }
}
