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

/// Appends the positions of the `others` that differ from a fingerprint in at most `distance` bits, without those that
/// agree with it in one of the choices `before`: these have been found there.
pub fn near(fingerprint: u64, others: &[u64], distance: u32, before: &[u64], found: &mut Vec<u32>) {
    /// Fingerprints that are compared before looking whether any was near.
    const LANES: usize = 16;
    let is_near = |other: &u64| (fingerprint ^ other).count_ones() <= distance;
    for (lanes, at) in others.chunks(LANES).zip((0_u32..).step_by(LANES)) {
        if lanes.iter().fold(false, |any, other| any | is_near(other)) {
            let near = (at..).zip(lanes).filter(|(_, other)| is_near(other));
            let new = near.filter(|(_, other)| {
                let differ = fingerprint ^ **other;
                before.iter().all(|mask| differ & mask != 0)
            });
            found.extend(new.map(|(place, _)| place));
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
        fn each_choice_finds_what_those_before_have_not(
            fingerprints in prop::collection::vec(0_u64..4096, 0..80),
            distance in 0_u32..6,
        ) {
            let masks = masks(distance);
            let (mut found, mut places) = (Vec::new(), Vec::new());
            for (choice, mask) in masks.iter().enumerate() {
                for (i, &fingerprint) in fingerprints.iter().enumerate() {
                    // Only those that agree in the choice stand side by side.
                    let agree = (i + 1..fingerprints.len()).filter(|&j| (fingerprints[j] ^ fingerprint) & mask == 0);
                    let agree: Vec<usize> = agree.collect();
                    let others: Vec<u64> = agree.iter().map(|&j| fingerprints[j]).collect();
                    places.clear();
                    near(fingerprint, &others, distance, &masks[..choice], &mut places);
                    found.extend(places.iter().map(|&place| (i, agree[place as usize])));
                }
            }
            let mut plain = Vec::new();
            for i in 0..fingerprints.len() {
                for j in i + 1..fingerprints.len() {
                    if crate::simhash::distance(fingerprints[i], fingerprints[j]) <= distance {
                        plain.push((i, j));
                    }
                }
            }
            found.sort_unstable();
            prop_assert_eq!(found, plain);
        }
    }
}
