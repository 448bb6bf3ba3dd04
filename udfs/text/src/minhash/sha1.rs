//! The first bytes of SHA-1 digests, of several strings side by side.
//!
//! Shingles are short and there is one for each word: sixteen of them at once, one in each lane of a vector, take
//! less time than one after the other even with the processor's own SHA instructions.

use std::array::from_fn;

use super::lanes::dispatch;

/// Strings side by side.
const LANES: usize = 16;
/// Bytes of a block of SHA-1.
const BLOCK: usize = 64;
/// Bytes behind the string in its last block: a mark and the length in bits.
const TAIL: usize = 9;

type Lanes = [u32; LANES];

const START: [u32; 5] = [
    0x6745_2301,
    0xEFCD_AB89,
    0x98BA_DCFE,
    0x1032_5476,
    0xC3D2_E1F0,
];

dispatch!(
    /// Appends the first eight bytes of the digest of `text[start..end]`, read as little-endian, for each span.
    prefixes = kernel(text: &[u8], spans: &[(usize, usize)], out: &mut Vec<u64>)
);

#[inline(always)]
fn kernel(text: &[u8], spans: &[(usize, usize)], out: &mut Vec<u64>) {
    for group in spans.chunks(LANES) {
        let mut strings: [&[u8]; LANES] = [&[]; LANES];
        for (string, &(start, end)) in strings.iter_mut().zip(group) {
            *string = &text[start..end];
        }
        let digests = digests(&strings);
        out.extend(digests[..group.len()].iter());
    }
}

/// How many blocks a string takes.
#[inline(always)]
fn blocks(string: &[u8]) -> usize {
    (string.len() + TAIL).div_ceil(BLOCK)
}

#[inline(always)]
fn digests(strings: &[&[u8]; LANES]) -> [u64; LANES] {
    let rounds = strings.iter().map(|s| blocks(s)).max().unwrap_or(0);
    let mut state = START.map(|word| [word; LANES]);
    let mut digests = [0; LANES];
    for round in 0..rounds {
        let mut words = [[0; LANES]; 16];
        for (lane, string) in strings.iter().enumerate() {
            let from = round * BLOCK;
            match string.get(from..from + BLOCK) {
                Some(block) => read(block, lane, &mut words),
                // A string that ended in an earlier block gets what it does not read.
                None => read(&last(string, round), lane, &mut words),
            }
        }
        compress(&mut state, &mut words);
        for (lane, string) in strings.iter().enumerate() {
            if blocks(string) == round + 1 {
                let half = |i: usize| u64::from(state[i][lane].swap_bytes());
                digests[lane] = half(0) | half(1) << 32;
            }
        }
    }
    digests
}

#[inline(always)]
fn read(block: &[u8], lane: usize, words: &mut [Lanes; 16]) {
    let (block, _) = block.as_chunks::<4>();
    for (word, &bytes) in words.iter_mut().zip(block) {
        word[lane] = u32::from_be_bytes(bytes);
    }
}

/// A block that the string does not fill.
#[inline(always)]
fn last(string: &[u8], round: usize) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let rest = string.get(round * BLOCK..).unwrap_or_default();
    block[..rest.len()].copy_from_slice(rest);
    if string.len() >= round * BLOCK {
        block[rest.len()] = 0x80;
    }
    if rest.len() + TAIL <= BLOCK {
        block[BLOCK - 8..].copy_from_slice(&(8 * string.len() as u64).to_be_bytes());
    }
    block
}

#[inline(always)]
fn compress(state: &mut [Lanes; 5], words: &mut [Lanes; 16]) {
    let mut mixed = *state;
    rounds(&mut mixed, words, 0, 0x5A82_7999, |b, c, d| d ^ b & (c ^ d));
    rounds(&mut mixed, words, 20, 0x6ED9_EBA1, |b, c, d| b ^ c ^ d);
    rounds(&mut mixed, words, 40, 0x8F1B_BCDC, |b, c, d| {
        b & c | d & (b | c)
    });
    rounds(&mut mixed, words, 60, 0xCA62_C1D6, |b, c, d| b ^ c ^ d);
    for (sum, word) in state.iter_mut().zip(mixed) {
        *sum = from_fn(|lane| sum[lane].wrapping_add(word[lane]));
    }
}

/// Twenty rounds, which differ from the others in their function and constant.
#[inline(always)]
fn rounds(
    state: &mut [Lanes; 5],
    words: &mut [Lanes; 16],
    first: usize,
    constant: u32,
    f: impl Fn(u32, u32, u32) -> u32,
) {
    let [mut a, mut b, mut c, mut d, mut e] = *state;
    for t in first..first + 20 {
        if t >= 16 {
            words[t % 16] = from_fn(|lane| {
                let word = |back: usize| words[(t - back) % 16][lane];
                (word(3) ^ word(8) ^ word(14) ^ word(16)).rotate_left(1)
            });
        }
        let next = from_fn(|lane| {
            a[lane]
                .rotate_left(5)
                .wrapping_add(f(b[lane], c[lane], d[lane]))
                .wrapping_add(e[lane])
                .wrapping_add(constant)
                .wrapping_add(words[t % 16][lane])
        });
        (e, d, c, b, a) = (d, c, b.map(|word| word.rotate_left(30)), a, next);
    }
    *state = [a, b, c, d, e];
}

#[cfg(test)]
mod tests {
    use sha1::{Digest, Sha1};

    use super::prefixes;
    use crate::minhash::lanes::{Chosen, Instructions};

    fn hash(set: Instructions, strings: &[&str]) -> Vec<u64> {
        let text = strings.concat();
        let mut end = 0;
        let spans: Vec<_> = strings
            .iter()
            .map(|string| {
                let start = end;
                end += string.len();
                (start, end)
            })
            .collect();
        let mut out = Vec::new();
        prefixes(Chosen::new(set), text.as_bytes(), &spans, &mut out);
        out
    }

    #[test]
    fn published_vectors_among_strings_of_other_lengths() {
        // FIPS 180 and the million letters of the NESSIE vectors.
        let million = "a".repeat(1_000_000);
        let alphabet = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        let known = [
            ("", 0xda39_a3ee_5e6b_4b0d_u64),
            ("abc", 0xa999_3e36_4706_816a),
            (alphabet, 0x8498_3e44_1c3b_d26e),
            (&million, 0x34aa_973c_d4c4_daa4),
        ];
        for set in Instructions::available() {
            for repeat in [1, 4, 5] {
                let all = known.repeat(repeat);
                let strings: Vec<_> = all.iter().map(|(string, _)| *string).collect();
                let expected: Vec<_> = all.iter().map(|(_, hash)| hash.swap_bytes()).collect();
                assert_eq!(hash(set, &strings), expected, "{set:?}");
            }
        }
    }

    #[test]
    fn strings_of_every_length_around_a_block() {
        let text = "0123456789abcdef".repeat(13);
        let strings: Vec<_> = (0..text.len()).map(|len| &text[..len]).collect();
        let expected: Vec<_> = strings
            .iter()
            .map(|string| {
                let digest: [u8; 20] = Sha1::digest(string.as_bytes()).into();
                digest
                    .first_chunk()
                    .map_or(0, |first| u64::from_le_bytes(*first))
            })
            .collect();
        for set in Instructions::available() {
            assert_eq!(hash(set, &strings), expected, "{set:?}");
        }
    }
}
