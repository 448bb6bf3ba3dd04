//! Which of many fingerprints are near each other.
//!
//! Of so many blocks of bits, two fingerprints that differ in few bits agree in some: fingerprints are sorted by each choice of
//! blocks, and those that agree in it are compared.

use std::ops::Range;

/// All choices of blocks in one of which any two fingerprints agree that differ in at most `distance` bits, as masks.
/// There are `distance` + 2 blocks, of which two are chosen.
pub fn masks(distance: u32) -> Vec<u64> {
    let blocks = u64::from(distance.min(30)) + 2;
    let block = |i: u64| {
        let bits: Range<u64> = 64 * i / blocks..64 * (i + 1) / blocks;
        (u64::MAX >> (64 - (bits.end - bits.start))) << bits.start
    };
    let pairs = (0..blocks).flat_map(|i| (0..i).map(move |j| (i, j)));
    pairs.map(|(i, j)| block(i) | block(j)).collect()
}

/// Appends all pairs, by position, of fingerprints that differ in at most `distance` bits.
pub fn near(fingerprints: &[u64], distance: u32, pairs: &mut Vec<(u32, u32)>) {
    /// Fingerprints that are compared before looking whether any was near.
    const LANES: usize = 16;
    for (i, &first) in (0..).zip(fingerprints) {
        let rest = &fingerprints[i as usize + 1..];
        let is_near = |second: &u64| (first ^ second).count_ones() <= distance;
        for (lanes, at) in rest.chunks(LANES).zip((i + 1..).step_by(LANES)) {
            if lanes
                .iter()
                .fold(false, |any, second| any | is_near(second))
            {
                let near = (at..).zip(lanes).filter(|(_, second)| is_near(second));
                pairs.extend(near.map(|(j, _)| (i, j)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn masks_leave_out_no_bit_more_than_they_must() {
        for distance in 0..=5 {
            let masks = masks(distance);
            let blocks = distance as usize + 2;
            assert_eq!(masks.len(), blocks * (blocks - 1) / 2);
            assert_eq!(masks.iter().fold(0, |all, mask| all | mask), u64::MAX);
        }
    }

    proptest! {
        #[test]
        fn near_ones_agree_in_some_choice(
            fingerprint in any::<u64>(),
            flips in prop::collection::vec(0_u32..64, 0..6),
        ) {
            let other = flips.iter().fold(fingerprint, |f, bit| f ^ (1 << bit));
            let distance = flips.len() as u32;
            prop_assert!(masks(distance).iter().any(|mask| fingerprint & mask == other & mask));
        }

        #[test]
        fn equal_to_all_pairs(fingerprints in prop::collection::vec(0_u64..4096, 0..80), distance in 0_u32..6) {
            let mut found = Vec::new();
            near(&fingerprints, distance, &mut found);
            let mut plain = Vec::new();
            for i in 0..fingerprints.len() {
                for j in i + 1..fingerprints.len() {
                    if crate::simhash::distance(fingerprints[i], fingerprints[j]) <= distance {
                        plain.push((i as u32, j as u32));
                    }
                }
            }
            prop_assert_eq!(found, plain);
        }
    }
}
