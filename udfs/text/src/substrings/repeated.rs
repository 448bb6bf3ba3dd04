//! Windows with equal hashes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};

/// Which windows are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copies {
    /// All that occur more than once.
    All,
    /// All that occurred before.
    Later,
}

/// Hashes are random already: their lower half will do.
#[derive(Default)]
struct Lower(u64);

impl Hasher for Lower {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes
            .iter()
            .fold(self.0, |hash, &byte| hash << 8 | u64::from(byte));
    }

    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }
}

/// Finds windows that occur more than once: those that are added come in any order. Memory is for different ones only.
#[derive(Default)]
pub struct Repeated {
    /// By hash, where the window begins that is not reported yet, if there is one.
    places: HashMap<u128, Option<u64>, BuildHasherDefault<Lower>>,
}

impl Repeated {
    /// Bytes of a window's record: its hash of 16 bytes and where it begins, 8 bytes, both little-endian.
    pub const RECORD: usize = 24;

    /// Bytes of where a window begins.
    pub const PLACE: usize = 8;

    /// Bytes of memory for each different window, about.
    pub const MEMORY: usize = 64;

    /// Adds windows by their records; appends where those begin that are now known to be reported.
    pub fn add(&mut self, records: &[u8], copies: Copies, places: &mut Vec<u8>) {
        let (records, _) = records.as_chunks::<{ Self::RECORD }>();
        let mut report = |place: u64| places.extend_from_slice(&place.to_le_bytes());
        for record in records {
            let (hash, place) = record.split_at(size_of::<u128>());
            let hash = hash
                .first_chunk()
                .map_or(0, |hash| u128::from_le_bytes(*hash));
            let place = place.first_chunk().map_or(0, |at| u64::from_le_bytes(*at));
            match self.places.entry(hash) {
                Entry::Vacant(entry) => {
                    entry.insert(Some(place));
                }
                Entry::Occupied(mut entry) => match copies {
                    Copies::All => {
                        if let Some(first) = entry.insert(None) {
                            report(first);
                        }
                        report(place);
                    }
                    Copies::Later => {
                        let first = entry.get().unwrap_or(place);
                        entry.insert(Some(first.min(place)));
                        report(first.max(place));
                    }
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Copies, Repeated};

    proptest! {
        #[test]
        fn in_any_order(hashes in prop::collection::vec(0_u128..12, 0..40), order in any::<u64>()) {
            let mut shuffled: Vec<_> = hashes.iter().copied().enumerate().collect();
            shuffled.sort_by_key(|(place, _)| (*place as u64 + 1).wrapping_mul(order | 1));
            for copies in [Copies::All, Copies::Later] {
                let mut repeated = Repeated::default();
                let mut places = Vec::new();
                for &(place, hash) in &shuffled {
                    let record = [&hash.to_le_bytes()[..], &(place as u64).to_le_bytes()].concat();
                    repeated.add(&record, copies, &mut places);
                }
                let (places, _) = places.as_chunks();
                let mut found: Vec<_> = places.iter().map(|place| u64::from_le_bytes(*place) as usize).collect();
                found.sort_unstable();
                let plain: Vec<_> = (0..hashes.len())
                    .filter(|&i| {
                        let others = match copies {
                            Copies::All => 0..hashes.len(),
                            Copies::Later => 0..i,
                        };
                        others.into_iter().any(|j| j != i && hashes[j] == hashes[i])
                    })
                    .collect();
                prop_assert_eq!(found, plain);
            }
        }
    }
}
