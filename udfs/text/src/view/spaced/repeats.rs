//! Pieces of a text that are equal to others, byte for byte.
//!
//! A piece is known by where it is first; a hash only chooses where to look.

use std::ops::Range;

/// How many slots the table has at least.
const SMALLEST: usize = 64;

/// The distinct pieces of a text and how often each occurs.
#[derive(Default)]
pub(super) struct Repeats {
    /// Numbers of pieces and 1, where their hash puts them; as many as a power of two.
    slots: Vec<u32>,
    pieces: Vec<Piece>,
    /// Pieces, repeated ones as often as they occur.
    total: u64,
}

/// A distinct piece.
struct Piece {
    /// The lower half of its hash.
    hash: u32,
    start: u32,
    len: u32,
    count: u32,
}

impl Piece {
    fn bytes<'t>(&self, text: &'t [u8]) -> &'t [u8] {
        &text[self.start as usize..][..self.len as usize]
    }
}

/// What repeated pieces say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Repeated {
    /// Pieces that occur at least twice, all occurrences counted.
    pub(crate) pieces: u64,
    /// Their characters.
    pub(crate) chars: u64,
}

impl Repeats {
    /// Forgets all pieces.
    pub(super) fn clear(&mut self) {
        if self.total > 0 || self.slots.is_empty() {
            self.pieces.clear();
            self.total = 0;
            self.slots.clear();
            self.slots.resize(SMALLEST, 0);
        }
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        4 * self.slots.capacity() + size_of::<Piece>() * self.pieces.capacity()
    }

    /// Counts a piece of the text, of which a hash is given: of equal pieces the same, which nobody can foresee.
    pub(super) fn add(&mut self, text: &[u8], piece: Range<usize>, hash: u64) {
        self.total += 1;
        if 2 * self.pieces.len() >= self.slots.len() {
            self.grow();
        }
        let bytes = &text[piece.clone()];
        let hash = hash as u32;
        let mut place = hash as usize & (self.slots.len() - 1);
        loop {
            let slot = &mut self.slots[place];
            if *slot == 0 {
                self.pieces.push(Piece {
                    hash,
                    start: piece.start as u32,
                    len: piece.len() as u32,
                    count: 1,
                });
                *slot = self.pieces.len() as u32;
                return;
            }
            let known = &mut self.pieces[*slot as usize - 1];
            if known.hash == hash && known.bytes(text) == bytes {
                known.count += 1;
                return;
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let size = 2 * self.slots.len();
        self.slots.clear();
        self.slots.resize(size, 0);
        for (number, piece) in (1..).zip(&self.pieces) {
            let mut place = piece.hash as usize & (size - 1);
            while self.slots[place] != 0 {
                place = (place + 1) & (size - 1);
            }
            self.slots[place] = number;
        }
    }

    /// What the repeated pieces say.
    pub(super) fn repeated(&self, text: &str) -> Repeated {
        let mut repeated = Repeated::default();
        if self.total == self.pieces.len() as u64 {
            return repeated;
        }
        for piece in self.pieces.iter().filter(|piece| piece.count > 1) {
            let count = u64::from(piece.count);
            repeated.pieces += count;
            repeated.chars += count * chars(piece.bytes(text.as_bytes()));
        }
        repeated
    }
}

/// Characters of valid UTF-8.
pub(super) fn chars(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&b| b as i8 >= -0x40).count() as u64
}

#[cfg(test)]
mod tests {
    use super::{Repeated, Repeats};
    use xxhash_rust::xxh3::xxh3_64;

    #[test]
    fn counts_all_occurrences() {
        let text = "é é é x yy yy";
        let mut repeats = Repeats::default();
        for round in 0..2 {
            repeats.clear();
            for piece in [0..2, 3..5, 6..8, 9..10, 11..13, 14..16, 0..0] {
                let hash = xxh3_64(&text.as_bytes()[piece.clone()]);
                repeats.add(text.as_bytes(), piece, hash);
            }
            let expected = Repeated {
                pieces: 5,
                chars: 7,
            };
            assert_eq!(repeats.repeated(text), expected, "in round {round}");
        }
    }

    #[test]
    fn grows() {
        let text: String = (0..5000).map(|i| format!("{:05}", i * i % 977)).collect();
        let mut repeats = Repeats::default();
        repeats.clear();
        for at in (0..text.len()).step_by(5) {
            let hash = xxh3_64(&text.as_bytes()[at..at + 5]);
            repeats.add(text.as_bytes(), at..at + 5, hash);
        }
        let mut counts = std::collections::HashMap::new();
        for i in 0..5000 {
            *counts.entry(i * i % 977).or_insert(0u64) += 1;
        }
        let pieces: u64 = counts.values().filter(|&&n| n > 1).sum();
        let expected = Repeated {
            pieces,
            chars: 5 * pieces,
        };
        assert_eq!(repeats.repeated(&text), expected);
    }
}
