//! Halves of MD5 digests of short strings, several side by side.
//!
//! A text has as many windows as characters, and every window is one block of MD5: sixteen at once, one in each lane
//! of a vector.

use std::array::from_fn;

use super::Half;
use super::lanes::dispatch;

/// Strings side by side.
const LANES: usize = 16;
/// Bytes of a block.
const BLOCK: usize = 64;
/// The longest string that is one block: behind it stand a mark and the length in bits.
pub(super) const LONGEST: usize = BLOCK - 9;

type Lanes = [u32; LANES];

const START: [u32; 4] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476];

/// The constants of the steps, RFC 1321: the integer part of 2^32 · |sin(i + 1)|.
#[rustfmt::skip]
const CONSTANTS: [u32; 64] = [
    0xD76A_A478, 0xE8C7_B756, 0x2420_70DB, 0xC1BD_CEEE, 0xF57C_0FAF, 0x4787_C62A,
    0xA830_4613, 0xFD46_9501, 0x6980_98D8, 0x8B44_F7AF, 0xFFFF_5BB1, 0x895C_D7BE,
    0x6B90_1122, 0xFD98_7193, 0xA679_438E, 0x49B4_0821, 0xF61E_2562, 0xC040_B340,
    0x265E_5A51, 0xE9B6_C7AA, 0xD62F_105D, 0x0244_1453, 0xD8A1_E681, 0xE7D3_FBC8,
    0x21E1_CDE6, 0xC337_07D6, 0xF4D5_0D87, 0x455A_14ED, 0xA9E3_E905, 0xFCEF_A3F8,
    0x676F_02D9, 0x8D2A_4C8A, 0xFFFA_3942, 0x8771_F681, 0x6D9D_6122, 0xFDE5_380C,
    0xA4BE_EA44, 0x4BDE_CFA9, 0xF6BB_4B60, 0xBEBF_BC70, 0x289B_7EC6, 0xEAA1_27FA,
    0xD4EF_3085, 0x0488_1D05, 0xD9D4_D039, 0xE6DB_99E5, 0x1FA2_7CF8, 0xC4AC_5665,
    0xF429_2244, 0x432A_FF97, 0xAB94_23A7, 0xFC93_A039, 0x655B_59C3, 0x8F0C_CC92,
    0xFFEF_F47D, 0x8584_5DD1, 0x6FA8_7E4F, 0xFE2C_E6E0, 0xA301_4314, 0x4E08_11A1,
    0xF753_7E82, 0xBD3A_F235, 0x2AD7_D2BB, 0xEB86_D391,
];

/// How far the steps of each round rotate.
const ROTATIONS: [[u32; 4]; 4] = [
    [7, 12, 17, 22],
    [5, 9, 14, 20],
    [4, 11, 16, 23],
    [6, 10, 15, 21],
];

dispatch!(
    /// Appends half of the digest, read as big-endian, of `text[start..end]` for each span of up to [`LONGEST`] bytes.
    halves = kernel(text: &[u8], spans: &[(u32, u32)], half: Half, out: &mut Vec<u64>)
);

#[inline(always)]
fn kernel(text: &[u8], spans: &[(u32, u32)], half: Half, out: &mut Vec<u64>) {
    for group in spans.chunks(LANES) {
        let mut words: [Lanes; 16] = [[0; LANES]; 16];
        for (lane, &(start, end)) in group.iter().enumerate() {
            read(&text[start as usize..end as usize], lane, &mut words);
        }
        let state = compress(&words);
        let (high, low) = match half {
            Half::First => (state[0], state[1]),
            Half::Last => (state[2], state[3]),
        };
        let value = |lane: usize| {
            u64::from(high[lane].swap_bytes()) << 32 | u64::from(low[lane].swap_bytes())
        };
        out.extend((0..group.len()).map(value));
    }
}

#[inline(always)]
fn read(string: &[u8], lane: usize, words: &mut [Lanes; 16]) {
    debug_assert!(string.len() <= LONGEST, "more than one block");
    let mut block = [0; BLOCK];
    block[..string.len()].copy_from_slice(string);
    block[string.len()] = 0x80;
    let (block, _) = block.as_chunks::<4>();
    for (word, &bytes) in words.iter_mut().zip(block).take(string.len() / 4 + 1) {
        word[lane] = u32::from_le_bytes(bytes);
    }
    words[14][lane] = 8 * string.len() as u32;
}

#[inline(always)]
fn compress(words: &[Lanes; 16]) -> [Lanes; 4] {
    let mut state = START.map(|word| [word; LANES]);
    round(&mut state, words, 0, |i| i, |b, c, d| d ^ b & (c ^ d));
    round(
        &mut state,
        words,
        1,
        |i| 5 * i + 1,
        |b, c, d| c ^ d & (b ^ c),
    );
    round(&mut state, words, 2, |i| 3 * i + 5, |b, c, d| b ^ c ^ d);
    round(&mut state, words, 3, |i| 7 * i, |b, c, d| c ^ (b | !d));
    from_fn(|i| state[i].map(|word| word.wrapping_add(START[i])))
}

/// Sixteen steps, which differ from the others in their function and the order of the words.
#[inline(always)]
fn round(
    state: &mut [Lanes; 4],
    words: &[Lanes; 16],
    number: usize,
    order: impl Fn(usize) -> usize,
    f: impl Fn(u32, u32, u32) -> u32,
) {
    let [mut a, mut b, mut c, mut d] = *state;
    for i in 0..16 {
        let (constant, word) = (CONSTANTS[16 * number + i], &words[order(i) % 16]);
        let next = from_fn(|lane| {
            a[lane]
                .wrapping_add(f(b[lane], c[lane], d[lane]))
                .wrapping_add(constant)
                .wrapping_add(word[lane])
                .rotate_left(ROTATIONS[number][i % 4])
                .wrapping_add(b[lane])
        });
        (a, d, c, b) = (d, c, b, next);
    }
    *state = [a, b, c, d];
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, halves};
    use crate::simhash::Half;
    use crate::simhash::lanes::{Chosen, Instructions};

    fn hash(set: Instructions, half: Half, strings: &[&str]) -> Vec<u64> {
        let mut end = 0;
        let spans: Vec<_> = strings
            .iter()
            .map(|string| {
                let start = end;
                end += string.len() as u32;
                (start, end)
            })
            .collect();
        let mut out = Vec::new();
        halves(
            Chosen::new(set),
            strings.concat().as_bytes(),
            &spans,
            half,
            &mut out,
        );
        out
    }

    #[test]
    fn published_vectors() {
        // RFC 1321, A.5, those that are one block.
        let known = [
            ("", 0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e_u128),
            ("a", 0x0cc1_75b9_c0f1_b6a8_31c3_99e2_6977_2661),
            ("abc", 0x9001_5098_3cd2_4fb0_d696_3f7d_28e1_7f72),
            ("message digest", 0xf96b_697d_7cb7_938d_525a_2f31_aaf1_61d0),
            (
                "abcdefghijklmnopqrstuvwxyz",
                0xc3fc_d3d7_6192_e400_7dfb_496c_ca67_e13b,
            ),
        ];
        for set in Instructions::available() {
            for repeat in [1, 4, 7] {
                let all = known.repeat(repeat);
                let strings: Vec<_> = all.iter().map(|(string, _)| *string).collect();
                let first: Vec<_> = all.iter().map(|(_, hash)| (hash >> 64) as u64).collect();
                let last: Vec<_> = all.iter().map(|(_, hash)| *hash as u64).collect();
                assert_eq!(hash(set, Half::First, &strings), first, "{set:?}");
                assert_eq!(hash(set, Half::Last, &strings), last, "{set:?}");
            }
        }
    }

    #[test]
    fn the_longest_string() {
        // What md5sum prints for 55 letters a.
        let string = "a".repeat(LONGEST);
        for set in Instructions::available() {
            let found = hash(set, Half::First, &[&string]);
            assert_eq!(found, [0xef1772b6dff9a122], "{set:?}");
        }
    }
}
