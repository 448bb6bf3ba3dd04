//! Exact substrings: which windows of a long sequence of bytes occur more than once.
//!
//! Two passes over the sequence, in chunks that overlap by all but one byte of a window, and in any order. Each window is known by its anchor, the
//! piece of it whose hash is lowest; neighbouring windows share anchors, so there are few of them, and windows that are equal
//! have equal ones. The first pass notes in [`Seen`] which anchors occur again. The second one hashes the windows whose
//! anchor does, all other windows being alone. Windows are equal when their hashes of 128 bits are.
//!
//! ```text
//! bytes ─▶ anchors of windows ─▶ Seen │ ─▶ windows with anchors seen twice, hashed ─▶ equal hashes (the caller) ─▶ ranges
//! ```

mod parts;
mod ranges;
mod repeated;
mod seen;

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_128;

pub use self::parts::{mark_places, marked_places, part_places, part_windows};
pub use self::ranges::{merge, without};
pub use self::repeated::{Copies, Repeated};
pub use self::seen::Seen;

/// The multiplier of the rolling hash, odd: the golden ratio.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

/// What makes the rolling hash one to choose by, from MurmurHash3.
const MIX: u64 = 0xFF51_AFD7_ED55_8CCD;

/// Bytes before each document in the sequence in which substrings are searched.
pub const HEADER: usize = 6;

/// What stands before document `number`: two bytes that no text has, and the number, so that nothing matches across documents.
pub fn header(number: u32) -> [u8; HEADER] {
    let [a, b, c, d] = number.to_le_bytes();
    [0xFF, 0xFF, a, b, c, d]
}

/// The hash of a window by which it is known.
fn window_hash(window: &[u8]) -> u128 {
    xxh3_128(window)
}

/// The windows of a length.
#[derive(Clone, Debug)]
pub struct Windows {
    length: usize,
    /// Bytes of an anchor.
    anchor: usize,
    /// What a byte adds to the hash when it leaves the anchor, negated.
    leaving: Box<[u64; 256]>,
}

impl Windows {
    /// Windows of so many bytes, at least 1.
    pub fn new(length: usize) -> Self {
        let length = length.max(1);
        let anchor = length.div_ceil(2);
        let power = (0..anchor).fold(1_u64, |power, _| power.wrapping_mul(BASE));
        let mut leaving = Box::new([0; 256]);
        for (byte, value) in (0_u64..).zip(leaving.iter_mut()) {
            *value = (byte + 1).wrapping_mul(power).wrapping_neg();
        }
        Self {
            length,
            anchor,
            leaving,
        }
    }

    /// Bytes of a window.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The first pass over `bytes`: notes the anchors of their windows. `memory` is used for 8 bytes a byte.
    pub fn note(&self, bytes: &[u8], memory: &mut Vec<u64>, seen: &Seen) {
        self.each_run(bytes, memory, |_, anchor| seen.add(anchor));
    }

    /// The second pass over `bytes`, which begin at `start` in the sequence: appends the [records](Repeated::RECORD) of
    /// windows whose anchors were seen twice.
    pub fn records(
        &self,
        bytes: &[u8],
        start: u64,
        memory: &mut Vec<u64>,
        seen: &Seen,
        records: &mut Vec<u8>,
    ) {
        self.each_run(bytes, memory, |run, anchor| {
            if seen.twice(anchor) {
                for window in run {
                    let hash = window_hash(&bytes[window..window + self.length]);
                    records.extend_from_slice(&hash.to_le_bytes());
                    records.extend_from_slice(&(start + window as u64).to_le_bytes());
                }
            }
        });
    }

    /// Hands out all windows of `bytes`, by where they begin, as runs of those that share an anchor, with its hash. `memory` is
    /// used for 8 bytes a byte.
    fn each_run(
        &self,
        bytes: &[u8],
        memory: &mut Vec<u64>,
        mut run: impl FnMut(Range<usize>, u64),
    ) {
        if bytes.len() < self.length {
            return;
        }
        self.hash(bytes, memory);
        let hashes = memory.as_slice();
        // Anchors that begin in a window.
        let width = self.length - self.anchor + 1;
        let lowest = |first: usize| {
            // Of equal ones the last, so that a sequence of one byte has it at hand.
            let place = |at: usize, i: usize| if hashes[i] <= hashes[at] { i } else { at };
            (first..first + width).fold(first, place)
        };
        let mut anchor = lowest(0);
        let mut start = 0;
        for window in 1..=bytes.len() - self.length {
            let new = window + width - 1;
            let next = if hashes[new] <= hashes[anchor] {
                new
            } else if anchor < window {
                lowest(window)
            } else {
                continue;
            };
            run(start..window, hashes[anchor]);
            (anchor, start) = (next, window);
        }
        run(start..bytes.len() - self.length + 1, hashes[anchor]);
    }

    /// The hashes of all pieces as long as an anchor.
    fn hash(&self, bytes: &[u8], hashes: &mut Vec<u64>) {
        hashes.clear();
        let add = |hash: u64, byte: u8| hash.wrapping_mul(BASE).wrapping_add(u64::from(byte) + 1);
        let mix = |hash: u64| {
            let hash = (hash ^ hash >> 32).wrapping_mul(MIX);
            hash ^ hash >> 29
        };
        let (first, rest) = bytes.split_at(self.anchor);
        let mut hash = first.iter().fold(0, |hash, &byte| add(hash, byte));
        hashes.push(mix(hash));
        hashes.extend(rest.iter().zip(bytes).map(|(&enters, &leaves)| {
            hash = add(hash, enters).wrapping_add(self.leaving[usize::from(leaves)]);
            mix(hash)
        }));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// Where windows begin that occur more than once, found plainly.
    fn plain(bytes: &[u8], length: usize) -> Vec<usize> {
        let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (place, window) in bytes.windows(length).enumerate() {
            places.entry(window).or_default().push(place);
        }
        let several = places.into_values().filter(|places| places.len() > 1);
        let mut all: Vec<_> = several.flatten().collect();
        all.sort_unstable();
        all
    }

    /// The same by anchors, in chunks that overlap by all but one byte of a window.
    fn by_anchors(bytes: &[u8], length: usize, chunk: usize, slots: usize) -> (Vec<usize>, usize) {
        let windows = Windows::new(length);
        let seen = Seen::new(slots);
        let mut memory = Vec::new();
        let chunks: Vec<_> = (0..bytes.len())
            .step_by(chunk)
            .map(|start| {
                (
                    start,
                    &bytes[start..bytes.len().min(start + chunk + length - 1)],
                )
            })
            .collect();
        for (_, chunk) in &chunks {
            windows.note(chunk, &mut memory, &seen);
        }
        let mut records = Vec::new();
        for (start, chunk) in &chunks {
            windows.records(chunk, *start as u64, &mut memory, &seen, &mut records);
        }
        let mut places = Vec::new();
        Repeated::default().add(&records, Copies::All, &mut places);
        let (places, _) = places.as_chunks();
        let mut all: Vec<_> = places
            .iter()
            .map(|place| u64::from_le_bytes(*place) as usize)
            .collect();
        all.sort_unstable();
        (all, records.len() / Repeated::RECORD)
    }

    proptest! {
        #[test]
        fn equal_to_all_windows_compared(
            pieces in prop::collection::vec(prop::sample::select(vec!["a", "ab", "abc", "the cat sat", "\u{e9}", "\u{4e2d}", "x", "0123456789"]), 0..60),
            length in 1_usize..24,
            chunk in 1_usize..80,
            slots in 1_usize..2000,
        ) {
            let bytes = pieces.concat().into_bytes();
            prop_assert_eq!(by_anchors(&bytes, length, chunk, slots).0, plain(&bytes, length));
        }

        #[test]
        fn every_window_is_in_one_run(bytes in prop::collection::vec(any::<u8>(), 0..300), length in 1_usize..50) {
            let mut next = 0;
            Windows::new(length).each_run(&bytes, &mut Vec::new(), |run, _| {
                assert_eq!(run.start, next);
                assert!(run.start < run.end);
                next = run.end;
            });
            prop_assert_eq!(next, (bytes.len() + 1).saturating_sub(length));
        }
    }

    #[test]
    fn most_windows_that_are_alone_are_not_hashed() {
        // Numbers from a small generator, one stretch of them twice.
        let mut state = 1_u64;
        let mut bytes: Vec<u8> = (0..100_000)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (state >> 56) as u8
            })
            .collect();
        bytes.extend_from_within(10_000..10_500);
        let (found, hashed) = by_anchors(&bytes, 100, 4_096, 100_000);
        assert_eq!(found.len(), 2 * 401);
        assert!(hashed < 10_000, "{hashed}");
    }
}
