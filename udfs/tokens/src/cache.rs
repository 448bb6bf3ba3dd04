//! Pieces that were counted before.
//!
//! A slot holds the whole piece, so an answer is exact; a hash finds its slot, and a new piece takes the
//! place of the old one. Memory is bounded and nothing is allocated per piece.

use crate::key::{self, Key, MASKS, load};
use crate::merge;

/// The longest piece that fits into a long slot.
pub(crate) const LONGEST: usize = 30;

const _: () = assert!(LONGEST <= merge::SHORT);

/// The number of short slots, as a power of two.
const SHORT_BITS: u32 = 17;
/// The number of long slots, as a power of two.
const LONG_BITS: u32 = 14;

/// Where the count of a short piece stands.
const COUNT: u32 = 60;

/// The counts of pieces of up to [`LONGEST`] bytes.
pub(crate) struct Cache {
    /// Keys, with the count in the half byte left to it.
    short: Box<[[u64; 2]; 1 << SHORT_BITS]>,
    /// Of every character of the first plane the count as a part of its own; 0 is not known yet.
    chars: Box<[u8; 1 << 16]>,
    /// The bytes, then a byte with the length and one with the count.
    long: Box<[[u64; 4]; 1 << LONG_BITS]>,
}

impl Cache {
    pub(crate) fn new() -> Self {
        Self {
            short: slots(),
            chars: slots(),
            long: slots(),
        }
    }

    /// The count of a short piece, or 0 if it is not there.
    #[inline(always)]
    pub(crate) fn get(&self, key: Key) -> u32 {
        let slot = self.short[short_slot(key)];
        let found = slot[0] == key.0[0] && slot[1] & !(0xF << COUNT) == key.0[1];
        if found { (slot[1] >> COUNT) as u32 } else { 0 }
    }

    /// Remembers the count of a short piece, at most 15.
    pub(crate) fn insert(&mut self, key: Key, count: u32) {
        self.short[short_slot(key)] = [key.0[0], key.0[1] | u64::from(count) << COUNT];
    }

    /// Where the count of a character stands or will; only the first plane has such places.
    #[inline(always)]
    pub(crate) fn char(&mut self, char: u32) -> Option<&mut u8> {
        self.chars.get_mut(char as usize)
    }

    /// The count of the piece of `length` bytes (one more than fit into a [`Key`], up to [`LONGEST`]) at `start`.
    #[inline(always)]
    pub(crate) fn long(
        &mut self,
        text: &[u8],
        start: usize,
        length: usize,
        count: impl FnOnce() -> u32,
    ) -> u32 {
        const COUNT: u32 = 56;
        let [first, second] = load(text, start);
        let [third, fourth] = load(text, start + 16);
        let [third_mask, fourth_mask] = MASKS[(length - 16) & 15];
        let (third, fourth) = (
            third & third_mask,
            fourth & fourth_mask | (length as u64) << 48,
        );
        let hash = key::hash(first ^ third.rotate_left(32), second ^ fourth);
        let slot = &mut self.long[(hash >> (64 - LONG_BITS)) as usize];
        if slot[..3] == [first, second, third] && slot[3] & !(0xFF << COUNT) == fourth {
            return (slot[3] >> COUNT) as u32;
        }
        let count = count();
        *slot = [first, second, third, fourth | u64::from(count) << COUNT];
        count
    }
}

#[inline(always)]
fn short_slot(key: Key) -> usize {
    (key.hash() >> (64 - SHORT_BITS)) as usize
}

/// Empty slots: no piece has length 0, and none has no tokens.
fn slots<T: Default + Clone, const SLOTS: usize>() -> Box<[T; SLOTS]> {
    let slots = vec![T::default(); SLOTS].into_boxed_slice();
    slots
        .try_into()
        .unwrap_or_else(|_| unreachable!("the vector has this length"))
}
