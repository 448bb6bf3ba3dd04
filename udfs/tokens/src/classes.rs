//! The classes of characters that the patterns tell apart, as bits of a table over all characters.
//!
//! The build script takes them from `regex-syntax`, whose tables `tiktoken` uses too.

use std::sync::LazyLock;

/// May stand in the first half of a word of o200k: `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`.
pub(crate) const HEAD: u8 = 1;
/// May stand in the second half of a word of o200k: `[\p{Ll}\p{Lm}\p{Lo}\p{M}]`.
pub(crate) const TAIL: u8 = 2;
/// `\p{L}`.
pub(crate) const LETTER: u8 = 4;
/// `\p{N}`.
pub(crate) const NUMBER: u8 = 8;
/// `\s`.
pub(crate) const SPACE: u8 = 16;
/// `[\r\n]`, also a space.
pub(crate) const NEWLINE: u8 = 32;
/// `\p{M}`, also head and tail, but no letter.
pub(crate) const MARK: u8 = 64;

const CHARS: usize = 0x11_0000;
const RANGES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/classes"));

static CLASSES: LazyLock<Classes> = LazyLock::new(Classes::new);

/// The class of every character.
pub(crate) struct Classes(Box<[u8; CHARS]>);

impl Classes {
    /// The table, made at the first call.
    pub(crate) fn get() -> &'static Self {
        &CLASSES
    }

    fn new() -> Self {
        let mut table = vec![0; CHARS];
        for range in RANGES.chunks_exact(9) {
            let at = |i| u32::from_le_bytes([range[i], range[i + 1], range[i + 2], range[i + 3]]);
            table[at(0) as usize..=at(4) as usize].fill(range[8]);
        }
        Self(
            table
                .into_boxed_slice()
                .try_into()
                .unwrap_or_else(|_| unreachable!()),
        )
    }

    /// The class and the length in bytes of the character at `at` in `text`, which is UTF-8.
    #[inline(always)]
    pub(crate) fn at(&self, text: &[u8], at: usize) -> (u8, usize) {
        let (char, length) = char_at(text, at);
        (self.0.get(char as usize).copied().unwrap_or(0), length)
    }
}

/// The character at `at` and its length in bytes; `text` is UTF-8 and `at` a boundary within.
#[inline(always)]
pub(crate) fn char_at(text: &[u8], at: usize) -> (u32, usize) {
    let first = u32::from(text[at]);
    // Valid text has these bytes; the zero only spares the panic.
    let rest = |i: usize| u32::from(text.get(at + i).copied().unwrap_or(0) & 0x3F);
    match first {
        0..0x80 => (first, 1),
        0x80..0xE0 => ((first & 0x1F) << 6 | rest(1), 2),
        0xE0..0xF0 => ((first & 0x0F) << 12 | rest(1) << 6 | rest(2), 3),
        _ => (
            (first & 0x07) << 18 | rest(1) << 12 | rest(2) << 6 | rest(3),
            4,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use sha2::{Digest, Sha256};

    /// Another version of Unicode classifies further characters, and counts of texts that have them change.
    #[test]
    fn classes_are_pinned() {
        let digest = Sha256::digest(Classes::get().0.as_slice());
        let digest: String = digest
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            digest, "41703362b9e3c274",
            "the classes of characters have changed, and with them counts"
        );
    }

    #[test]
    fn characters() {
        let text = "aé漢😀";
        let mut at = 0;
        for expected in text.chars() {
            let (char, length) = char_at(text.as_bytes(), at);
            assert_eq!((char, length), (expected as u32, expected.len_utf8()));
            at += length;
        }
    }
}
