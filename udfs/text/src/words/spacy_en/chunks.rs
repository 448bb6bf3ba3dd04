//! Where whitespace begins and ends.
//!
//! 64 bytes become masks of spaces and of what is neither space nor ASCII letter; the borders between runs are
//! written down for a window of text at a time and then walked.

#[cfg(target_arch = "x86_64")]
use crate::view::block::Avx2;
use crate::view::block::{BLOCK, Bytes, Portable};

/// How much text is looked at in one go.
pub(super) const WINDOW: usize = 4096;

/// The borders of one window.
pub(super) struct Borders {
    /// Distances from the start of the window.
    pub(super) at: [u16; WINDOW],
    pub(super) len: usize,
    /// What is neither space nor ASCII letter.
    others: [u64; WINDOW / BLOCK],
}

/// What a window takes over from the one before.
#[derive(Clone, Copy)]
struct Carry {
    /// Whether the last byte was part of a space.
    space: u64,
    /// Bytes of a space that began before, from the first one on.
    rest: u64,
}

impl Borders {
    pub(super) fn new() -> Self {
        Self {
            at: [0; WINDOW],
            len: 0,
            others: [0; WINDOW / BLOCK],
        }
    }

    /// Whether the bytes of a window from `start` to `end` are ASCII letters, given that none is a space.
    #[inline(always)]
    pub(super) fn plain(&self, start: usize, end: usize) -> bool {
        let last = end - 1;
        let from = u64::MAX << (start % BLOCK);
        let to = u64::MAX >> (BLOCK - 1 - last % BLOCK);
        let (first_block, last_block) = (start / BLOCK, last / BLOCK);
        if first_block == last_block {
            return self.others[first_block] & from & to == 0;
        }
        let between = &self.others[first_block + 1..last_block];
        self.others[first_block] & from == 0
            && self.others[last_block] & to == 0
            && between.iter().all(|&others| others == 0)
    }
}

/// Finds the borders of one window after the other.
pub(super) struct Scan {
    carry: Carry,
    #[cfg(target_arch = "x86_64")]
    avx2: bool,
}

impl Scan {
    /// A scan of a text, of which `starts_with_space` is known.
    pub(super) fn new(starts_with_space: bool) -> Self {
        Self {
            carry: Carry {
                space: starts_with_space.into(),
                rest: 0,
            },
            #[cfg(target_arch = "x86_64")]
            avx2: is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("bmi1")
                && is_x86_feature_detected!("bmi2")
                && is_x86_feature_detected!("lzcnt"),
        }
    }

    /// Finds the borders of the window that begins at `base`.
    pub(super) fn window(&mut self, text: &[u8], base: usize, borders: &mut Borders) {
        #[cfg(target_arch = "x86_64")]
        if self.avx2 {
            // SAFETY: the processor has what the function is compiled for.
            self.carry = unsafe { window_avx2(self.carry, text, base, borders) };
            return;
        }
        self.carry = window::<Portable>(self.carry, text, base, borders);
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
fn window_avx2(carry: Carry, text: &[u8], base: usize, borders: &mut Borders) -> Carry {
    window::<Avx2>(carry, text, base, borders)
}

#[inline(always)]
fn window<B: Bytes>(mut carry: Carry, text: &[u8], base: usize, borders: &mut Borders) -> Carry {
    let text = &text[base..];
    let size = text.len().min(WINDOW);
    let mut len = 0;
    for (i, start) in (0..size).step_by(BLOCK).enumerate() {
        let mut padded = [b' '; BLOCK];
        let (block, valid) = match text[start..].first_chunk::<BLOCK>() {
            Some(block) => (block, u64::MAX),
            None => {
                let rest = &text[start..];
                padded[..rest.len()].copy_from_slice(rest);
                (&padded, (1 << rest.len()) - 1)
            }
        };
        let bytes = B::load(block);
        let mut space = bytes.within(9, 13) | bytes.within(28, 32);
        let high = bytes.high();
        if high | carry.rest != 0 {
            let (more, rest) = wide_spaces(text, start, high & !bytes.continuation());
            space |= more | carry.rest;
            carry.rest = rest;
        }
        borders.others[i] = !(space | bytes.letters());
        let mut border = (space ^ (space << 1 | carry.space)) & valid;
        carry.space = space >> (BLOCK - 1);
        while border != 0 {
            borders.at[len] = (start + border.trailing_zeros() as usize) as u16;
            len += 1;
            border &= border - 1;
        }
    }
    borders.len = len;
    carry
}

/// The bytes of spaces beyond ASCII that begin in a block, and how far they reach into the next one.
#[inline(always)]
fn wide_spaces(text: &[u8], block: usize, mut leads: u64) -> (u64, u64) {
    let mut spaces = 0u128;
    while leads != 0 {
        let bit = leads.trailing_zeros();
        leads &= leads - 1;
        let at = block + bit as usize;
        let lead = text[at];
        if !matches!(lead, 0xC2 | 0xE1..=0xE3) {
            continue;
        }
        let tail = |i: usize| text.get(at + i).copied().unwrap_or(0);
        let len = match (lead, tail(1), tail(2)) {
            (0xC2, 0x85 | 0xA0, _) => 2,
            (0xE1, 0x9A, 0x80)
            | (0xE2, 0x80, 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF)
            | (0xE2, 0x81, 0x9F)
            | (0xE3, 0x80, 0x80) => 3,
            _ => 0,
        };
        spaces |= ((1 << len) - 1) << bit;
    }
    (spaces as u64, (spaces >> 64) as u64)
}
