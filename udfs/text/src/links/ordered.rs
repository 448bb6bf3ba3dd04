//! Groups of documents in the order of their keys, for rules of who stays that look at the order of links: each group is
//! known by its first document, whose whole key is compared with those of other groups.

use std::cmp::Ordering;
use std::sync::atomic::{self, AtomicU64};

use super::records::groups;

/// Bytes of a document behind its key.
const DOCUMENT: usize = size_of::<u32>();

/// How many pieces keys fall into, by the bits of their first eight bytes without leading zeros.
pub const PIECES: usize = u64::BITS as usize + 1;

/// Which documents are the first of a group, a bit each for every band.
#[derive(Debug)]
pub struct Firsts {
    words: usize,
    bits: Vec<AtomicU64>,
}

impl Firsts {
    /// None yet.
    pub fn new(bands: usize, documents: usize) -> Self {
        let words = documents.div_ceil(64);
        Self {
            words,
            bits: (0..bands * words).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Marks the first documents of the groups of a band in records that are in order, and adds to `links` every
    /// document and the one after it in its group.
    pub fn mark(&self, band: usize, records: &[u128], key_bits: u32, links: &mut Vec<u8>) {
        groups(records, key_bits, &mut |group| {
            let first = group[0] as u32 as usize;
            self.bits[band * self.words + first / 64]
                .fetch_or(1 << (first % 64), atomic::Ordering::Relaxed);
            for pair in group.windows(2) {
                links.extend_from_slice(&(pair[0] as u32).to_le_bytes());
                links.extend_from_slice(&(pair[1] as u32).to_le_bytes());
            }
        });
    }

    /// Whether a document is the first of a group of any band, 64 documents at a time.
    pub fn of_any_band(&self) -> Vec<u64> {
        let mut any = vec![0; self.words];
        for band in self.bits.chunks_exact(self.words.max(1)) {
            for (any, bits) in any.iter_mut().zip(band) {
                *any |= bits.load(atomic::Ordering::Relaxed);
            }
        }
        any
    }

    /// Adds the keys of a document in the bands in which it is the first of a group, which are cut from its signature from
    /// `offset`. `open` are the pieces of all bands.
    pub fn push_keys(
        &self,
        signature: &[u8],
        (offset, bytes): (usize, usize),
        document: u32,
        open: &mut [Vec<u8>],
    ) {
        let (word, bit) = (document as usize / 64, document % 64);
        let bands = self.bits.chunks_exact(self.words.max(1)).enumerate();
        for (band, words) in bands {
            if words[word].load(atomic::Ordering::Relaxed) >> bit & 1 == 0 {
                continue;
            }
            let start = offset + band * bytes;
            if let Some(key) = signature.get(start..start + bytes) {
                let open = &mut open[band * PIECES + piece_of(key)];
                open.extend_from_slice(key);
                open.extend_from_slice(&document.to_le_bytes());
            }
        }
    }
}

/// The piece of its band that a key falls into; all keys of a piece are smaller than those of later ones. Keys are the
/// smallest of many numbers, so most of them are small, and it is their length that is spread.
fn piece_of(key: &[u8]) -> usize {
    (u64::BITS - first_bytes(key).leading_zeros()) as usize
}

fn first_bytes(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let count = key.len().min(8);
    bytes[..count].copy_from_slice(&key[..count]);
    u64::from_be_bytes(bytes)
}

/// The documents of a piece in the order of their keys of so many bytes, each of which one document has.
pub fn in_order(blocks: &[Vec<u8>], bytes: usize) -> Vec<u32> {
    let width = bytes + DOCUMENT;
    let record = |(_, block, number): &(u64, u32, u32)| {
        let start = *number as usize * width;
        &blocks[*block as usize][start..start + width]
    };
    let mut order = Vec::new();
    for (number, block) in (0..).zip(blocks) {
        let records = (0..).zip(block.chunks_exact(width));
        order.extend(records.map(|(place, record)| (first_bytes(&record[..bytes]), number, place)));
    }
    // Most are told apart by their first bytes.
    order.sort_unstable_by(|a, b| match a.0.cmp(&b.0) {
        Ordering::Equal => record(a).cmp(record(b)),
        other => other,
    });
    let document = |bytes: &[u8]| {
        bytes
            .last_chunk()
            .map_or(0, |bytes| u32::from_le_bytes(*bytes))
    };
    order.iter().map(|place| document(record(place))).collect()
}

/// For each document the one after it in its group, itself where it is the last; of the links that [`Firsts::mark`] gives.
pub fn next_of(documents: usize, links: &[Vec<u8>]) -> Vec<u32> {
    let mut next: Vec<u32> = (0..documents as u32).collect();
    for link in links.iter().flat_map(|links| links.as_chunks::<8>().0) {
        let [a, b, c, d, w, x, y, z] = *link;
        next[u32::from_le_bytes([a, b, c, d]) as usize] = u32::from_le_bytes([w, x, y, z]);
    }
    next
}

#[cfg(test)]
mod tests {
    use super::super::records::{KEY_BITS, record};
    use super::*;

    #[test]
    fn groups_come_in_the_order_of_their_keys() {
        const DOCUMENTS: u32 = 900;
        const BYTES: usize = 10;
        // Two bands; groups of three documents, of which some have the same first bytes.
        let signature = |document: u32| {
            let mut signature = [0; 1 + 2 * BYTES];
            for (band, key) in signature[1..].chunks_exact_mut(BYTES).enumerate() {
                let group = (document % 300).wrapping_mul(2_654_435_761 + 2 * band as u32);
                key[group as usize % 9] = (group % 7) as u8;
                key[BYTES - 4..].copy_from_slice(&group.to_be_bytes());
            }
            signature
        };
        let firsts = Firsts::new(2, DOCUMENTS as usize);
        let mut links = [Vec::new(), Vec::new()];
        let key = |document, band: usize| signature(document)[1 + band * BYTES..][..BYTES].to_vec();
        for (band, links) in links.iter_mut().enumerate() {
            let mut records: Vec<u128> = (0..DOCUMENTS).map(|d| record(&key(d, band), d)).collect();
            records.sort_unstable();
            firsts.mark(band, &records, KEY_BITS, links);
        }
        let any = firsts.of_any_band();
        assert_eq!(any.iter().map(|word| word.count_ones()).sum::<u32>(), 300);
        let mut open = vec![Vec::new(); 2 * PIECES];
        for document in 0..DOCUMENTS {
            firsts.push_keys(&signature(document), (1, BYTES), document, &mut open);
        }
        for (band, links) in links.iter().enumerate() {
            let mut expected: Vec<u32> = (0..300).collect();
            expected.sort_by_key(|document| key(*document, band));
            let pieces = open[band * PIECES..][..PIECES].iter();
            let halves = pieces.map(|piece| {
                let middle = piece.len() / (BYTES + DOCUMENT) / 2 * (BYTES + DOCUMENT);
                let (a, b) = piece.split_at(middle);
                [a.to_vec(), b.to_vec()]
            });
            let found: Vec<u32> = halves.flat_map(|blocks| in_order(&blocks, BYTES)).collect();
            assert_eq!(found, expected);
            let next = next_of(DOCUMENTS as usize, std::slice::from_ref(links));
            assert_eq!([next[5], next[305], next[605]], [305, 605, 605]);
        }
    }
}
