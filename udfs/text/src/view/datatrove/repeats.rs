//! Which pieces of a text were there before.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::view::vocabulary::random_seed;

/// How many slots a table has at least.
const SMALLEST: usize = 64;

/// The upper half of a hash.
const UPPER: u64 = 0xFFFF_FFFF << 32;

/// Distinct pieces of a text. A hash chooses where to look; the pieces themselves are compared. Its seed is random:
/// no text can make many pieces collide.
pub(super) struct Repeats {
    /// The upper half of a hash, and the number of a piece and 1; as many as a power of two.
    slots: Vec<u64>,
    pieces: Vec<(u32, u32)>,
    seed: u64,
}

impl Repeats {
    pub(super) fn new() -> Self {
        Self {
            slots: Vec::new(),
            pieces: Vec::new(),
            seed: random_seed(5),
        }
    }

    /// Forgets all pieces, for about so many.
    pub(super) fn clear(&mut self, pieces: usize) {
        self.pieces.clear();
        let size = (2 * pieces).next_power_of_two().clamp(SMALLEST, 1 << 14);
        self.slots.clear();
        self.slots.resize(size, 0);
    }

    /// Whether `text[start..end]` was there before; from now on it was.
    pub(super) fn seen(&mut self, text: &[u8], start: usize, end: usize) -> bool {
        if 2 * self.pieces.len() >= self.slots.len() {
            self.grow(text);
        }
        let piece = &text[start..end];
        let hash = xxh3_64_with_seed(piece, self.seed);
        let mut place = hash as usize & (self.slots.len() - 1);
        loop {
            let slot = self.slots[place];
            if slot == 0 {
                self.pieces.push((start as u32, end as u32));
                self.slots[place] = hash & UPPER | self.pieces.len() as u64;
                return false;
            }
            if (slot ^ hash) & UPPER == 0 {
                let (start, end) = self.pieces[(slot & !UPPER) as usize - 1];
                if &text[start as usize..end as usize] == piece {
                    return true;
                }
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    #[cold]
    fn grow(&mut self, text: &[u8]) {
        let size = 2 * self.slots.len();
        self.slots.clear();
        self.slots.resize(size, 0);
        for (&(start, end), number) in self.pieces.iter().zip(1..) {
            let hash = xxh3_64_with_seed(&text[start as usize..end as usize], self.seed);
            let mut place = hash as usize & (size - 1);
            while self.slots[place] != 0 {
                place = (place + 1) & (size - 1);
            }
            self.slots[place] = hash & UPPER | number;
        }
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        8 * (self.slots.capacity() + self.pieces.capacity())
    }
}
