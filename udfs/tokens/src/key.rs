//! Pieces of up to fifteen bytes as two machine words: what tables hold and compare.

/// The longest piece that fits.
pub(crate) const LONGEST: usize = 15;

/// A piece of 1 to [`LONGEST`] bytes: the bytes, then the length in the low half of the last byte, whose high half
/// is left to the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key(pub(crate) [u64; 2]);

impl Key {
    /// The key of no piece.
    pub(crate) const NONE: Self = Self([0; 2]);

    /// The key of the `length` bytes at `start`.
    #[inline(always)]
    pub(crate) fn new(text: &[u8], start: usize, length: usize) -> Self {
        let [first, second] = load(text, start);
        let [first_mask, second_mask] = MASKS[length & LONGEST];
        Self([
            first & first_mask,
            second & second_mask | (length as u64) << 56,
        ])
    }

    /// The bytes of the piece, and zeros, and how many are its own.
    pub(crate) fn bytes(self) -> ([u8; 16], usize) {
        let [first, second] = self.0;
        let bytes = u128::from(first) | u128::from(second) << 64;
        (bytes.to_le_bytes(), (second >> 56) as usize)
    }

    /// A hash whose high bits are good.
    #[inline(always)]
    pub(crate) fn hash(self) -> u64 {
        hash(self.0[0], self.0[1])
    }
}

/// What keeps the first so many bytes of sixteen.
pub(crate) const MASKS: [[u64; 2]; 16] = {
    let mut masks = [[0; 2]; 16];
    let mut length = 1;
    while length < 16 {
        let mask = u128::MAX >> (8 * (16 - length));
        masks[length] = [mask as u64, (mask >> 64) as u64];
        length += 1;
    }
    masks
};

/// Sixteen bytes at `at`; zeros beyond the end.
#[inline(always)]
pub(crate) fn load(text: &[u8], at: usize) -> [u64; 2] {
    match text.get(at..).and_then(<[u8]>::first_chunk) {
        Some(bytes) => words(bytes),
        None => load_at_end(text, at),
    }
}

#[cold]
fn load_at_end(text: &[u8], at: usize) -> [u64; 2] {
    let mut bytes = [0; 16];
    let rest = text.get(at..).unwrap_or_default();
    bytes[..rest.len()].copy_from_slice(rest);
    words(&bytes)
}

#[inline(always)]
fn words(bytes: &[u8; 16]) -> [u64; 2] {
    let all = u128::from_le_bytes(*bytes);
    [all as u64, (all >> 64) as u64]
}

/// A hash of two words whose high bits are good.
#[inline(always)]
pub(crate) fn hash(first: u64, second: u64) -> u64 {
    let product =
        u128::from(first ^ 0x9E37_79B9_7F4A_7C15) * u128::from(second ^ 0xC2B2_AE3D_27D4_EB4F);
    product as u64 ^ (product >> 64) as u64
}
