//! Keys of documents as records of 16 bytes: the hash of the key, then the document. Records in order have equal keys side
//! by side, and their documents in order.
//!
//! Of a key 96 bits of its XXH3 are kept. That two different ones among a billion keys are taken for one has a chance of
//! 10⁻¹¹; nobody is kept from making two such keys on purpose, who could as well make two equal texts.

use xxhash_rust::xxh3::xxh3_128;

/// Bytes of a record.
pub const RECORD: usize = 16;

/// Bits of a record that are its key.
pub const KEY_BITS: u32 = 96;

/// The same, where documents of equal keys have turns.
pub const IN_TURN_BITS: u32 = 80;

const RECORD_BITS: u32 = u128::BITS;
const DOCUMENT_BITS: u32 = u32::BITS;

/// Records that are sorted as they are: an array of so many is in order sooner than it is scattered.
const FEW: usize = 64;

/// Records, on average, that are compared with each other.
const TOGETHER: usize = 4;

/// The record of a key.
#[inline]
pub fn record(key: &[u8], document: u32) -> u128 {
    (xxh3_128(key) >> DOCUMENT_BITS << DOCUMENT_BITS) | u128::from(document)
}

/// The record of a key whose documents come by their turns, and in their order where these are equal. Of the key 80 bits
/// are kept.
#[inline]
pub fn record_in_turn(key: &[u8], turn: u16, document: u32) -> u128 {
    let below = RECORD_BITS - IN_TURN_BITS;
    (xxh3_128(key) >> below << below) | u128::from(turn) << DOCUMENT_BITS | u128::from(document)
}

/// Records on their way into buckets: each band has so many, by the first bits of the key. What is written of a bucket
/// is written in blocks.
#[derive(Debug)]
pub struct Scatter {
    bits: u32,
    block: usize,
    open: Vec<Vec<u8>>,
    full: Vec<(usize, Vec<u8>)>,
}

impl Scatter {
    /// For so many bands of `2^bits` buckets, in blocks of `block` bytes, which whole records fit.
    pub fn new(bands: usize, bits: u32, block: usize) -> Self {
        Self {
            bits,
            block,
            open: vec![Vec::new(); bands << bits],
            full: Vec::new(),
        }
    }

    /// Adds a record of a band.
    #[inline]
    pub fn push(&mut self, band: usize, record: u128) {
        let first_bits = (record >> 1 >> (RECORD_BITS - 1 - self.bits)) as usize;
        let bucket = (band << self.bits) + first_bits;
        let open = &mut self.open[bucket];
        if open.capacity() == 0 {
            open.reserve_exact(self.block);
        }
        open.extend_from_slice(&record.to_le_bytes());
        if open.len() + RECORD > self.block {
            self.full.push((bucket, std::mem::take(open)));
        }
    }

    /// Adds the bands of a signature, `bytes` bytes each from `offset`, of which there are as many as the scatter is for;
    /// nothing where the signature is too short.
    pub fn push_bands(&mut self, signature: &[u8], offset: usize, bytes: usize, document: u32) {
        let bands = self.open.len() >> self.bits;
        let Some(bands) = signature.get(offset..offset + bands * bytes) else {
            return;
        };
        for (band, key) in bands.chunks_exact(bytes).enumerate() {
            self.push(band, record(key, document));
        }
    }

    /// Blocks that are full, with the buckets that they are of.
    pub fn take_full(&mut self) -> Vec<(usize, Vec<u8>)> {
        std::mem::take(&mut self.full)
    }

    /// What is left, when there is no more to add.
    pub fn finish(self) -> impl Iterator<Item = (usize, Vec<u8>)> {
        let open = self.open.into_iter().enumerate();
        let rest = open.filter(|(_, block)| !block.is_empty());
        self.full.into_iter().chain(rest)
    }
}

/// The records of a bucket of `2^bits` from its blocks, in order.
pub fn records_of(blocks: &[Vec<u8>], bits: u32) -> Vec<u128> {
    let count = blocks
        .iter()
        .map(|block| block.len() / RECORD)
        .sum::<usize>();
    let each = || {
        let blocks = blocks
            .iter()
            .flat_map(|block| block.as_chunks::<RECORD>().0);
        blocks.map(|bytes| u128::from_le_bytes(*bytes))
    };
    if count < FEW {
        let mut records: Vec<u128> = each().collect();
        records.sort_unstable();
        return records;
    }
    // Hashes are spread evenly: where a record belongs is known but for a few places.
    let more = (count / TOGETHER).ilog2().clamp(1, KEY_BITS - bits);
    let place = |record: u128| (record << bits >> (RECORD_BITS - more)) as usize;
    let mut ends = vec![0_u32; 1 << more];
    for record in each() {
        ends[place(record)] += 1;
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum - *end;
    }
    let mut records = vec![0; count];
    for record in each() {
        let next = &mut ends[place(record)];
        records[*next as usize] = record;
        *next += 1;
    }
    let mut start = 0;
    for end in ends {
        let end = end as usize;
        let few = &mut records[start..end];
        if few.len() > 1 {
            few.sort_unstable();
        }
        start = end;
    }
    records
}

/// Hands out every document whose key, of so many bits, the one before it has: with the first document of that key, the
/// one before it, and itself. Records are in order.
pub fn neighbours(records: &[u128], key_bits: u32, found: &mut Vec<(u32, u32, u32)>) {
    groups(records, key_bits, &mut |group| {
        let documents = group.windows(2);
        found.extend(documents.map(|pair| (group[0] as u32, pair[0] as u32, pair[1] as u32)));
    });
}

/// Hands out the records of each key that several documents have.
pub fn groups(records: &[u128], key_bits: u32, found: &mut dyn FnMut(&[u128])) {
    let below = RECORD_BITS - key_bits;
    let mut start = 0;
    while start < records.len() {
        let key = records[start] >> below;
        let rest = &records[start + 1..];
        let more = rest
            .iter()
            .take_while(|record| **record >> below == key)
            .count();
        if more > 0 {
            found(&records[start..=start + more]);
        }
        start += 1 + more;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn buckets_in_their_order_are_all_records_in_order() {
        let keys = [0_u32, 3, 1 << 10];
        for bits in [0, 1, 5] {
            let mut scatter = Scatter::new(1, bits, 10 * RECORD);
            let mut expected = Vec::new();
            let mut blocks = vec![Vec::new(); 1 << bits];
            for document in 0..5000_u32 {
                // Most keys are of one document, some of a few, one of many.
                let key = if document % 5 == 0 {
                    keys[document as usize % 3]
                } else {
                    document
                };
                let record = record(&key.to_le_bytes(), document);
                expected.push(record);
                scatter.push(0, record);
                for (bucket, block) in scatter.take_full() {
                    assert_eq!(block.len(), 10 * RECORD);
                    blocks[bucket].push(block);
                }
            }
            for (bucket, block) in scatter.finish() {
                blocks[bucket].push(block);
            }
            expected.sort_unstable();
            let found: Vec<u128> = blocks
                .iter()
                .flat_map(|blocks| records_of(blocks, bits))
                .collect();
            assert!(found == expected, "{bits} bits");
        }
    }

    #[test]
    fn bands_of_a_signature() {
        let mut scatter = Scatter::new(2, 0, 64);
        scatter.push_bands(b"xxaabbcc", 2, 2, 7);
        scatter.push_bands(b"xxaab", 2, 2, 8);
        let blocks: Vec<_> = scatter.finish().collect();
        let expected = |key: &[u8]| record(key, 7).to_le_bytes().to_vec();
        assert_eq!(blocks, [(0, expected(b"aa")), (1, expected(b"bb"))]);
    }

    proptest! {
        #[test]
        fn neighbours_are_those_of_a_sorted_list(mut pairs in prop::collection::vec((0_u8..6, any::<u32>(), any::<u16>()), 0..60)) {
            pairs.sort_unstable();
            pairs.dedup_by_key(|pair| pair.1);
            for in_turn in [false, true] {
                let mut records: Vec<u128> = pairs
                    .iter()
                    .map(|&(key, document, turn)| match in_turn {
                        true => record_in_turn(&[key], turn, document),
                        false => record(&[key], document),
                    })
                    .collect();
                records.sort_unstable();
                let mut found = Vec::new();
                neighbours(&records, if in_turn { IN_TURN_BITS } else { KEY_BITS }, &mut found);
                let mut expected = Vec::new();
                for key in 0..6 {
                    let mut of_key: Vec<_> = pairs.iter().filter(|pair| pair.0 == key).collect();
                    of_key.sort_by_key(|pair| (if in_turn { pair.2 } else { 0 }, pair.1));
                    expected.extend(of_key.windows(2).map(|pair| (of_key[0].1, pair[0].1, pair[1].1)));
                }
                found.sort_unstable();
                expected.sort_unstable();
                prop_assert_eq!(found, expected);
            }
        }
    }
}
