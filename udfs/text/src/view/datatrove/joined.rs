//! Repeated n-grams of words that are compared as they read without whitespace.
//!
//! An n-gram that reads like an earlier one is counted and skipped whole; any other is remembered, and the next one
//! begins one word later. Two n-grams can read alike though their words differ, so numbers of words do not tell
//! n-grams apart; the text without whitespace does. What begins with 16 bytes that no other place begins with need
//! not be looked at: most places do.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::view::vocabulary::random_seed;
use crate::view::word::fold;

/// The bytes that tell most places apart.
const BEGIN: usize = 16;

/// The shortest and the longest n.
const SHORTEST: usize = 5;

/// The upper half of a hash.
const UPPER: u64 = 0xFFFF_FFFF << 32;

/// How many slots a table has at least.
const SMALLEST: usize = 64;

/// The words of a text without what is between them.
pub(super) struct Joined {
    text: Vec<u8>,
    len: usize,
    /// Where each word begins, and where the last one ends.
    starts: Vec<u32>,
    /// Words at which an n-gram may repeat another or be repeated.
    places: Vec<u32>,
    /// Two bits for each hash of a beginning: never, once, more often.
    traces: Vec<u8>,
    /// The upper half of a hash, and the number of the word at which the n-gram begins and 1.
    slots: Vec<u64>,
    seeds: (u64, u64),
}

impl Joined {
    pub(super) fn new() -> Self {
        Self {
            text: Vec::new(),
            len: 0,
            starts: Vec::new(),
            places: Vec::new(),
            traces: Vec::new(),
            slots: Vec::new(),
            seeds: (random_seed(6), random_seed(7) | 1),
        }
    }

    /// Bytes of memory held.
    pub(super) fn memory(&self) -> usize {
        self.text.capacity()
            + 4 * (self.starts.capacity() + self.places.capacity())
            + self.traces.capacity()
            + 8 * self.slots.capacity()
    }

    /// Forgets all words, for a text of so many bytes.
    pub(super) fn clear(&mut self, bytes: usize) {
        self.len = 0;
        self.starts.clear();
        if self.text.len() < bytes + BEGIN {
            self.text.resize(bytes + BEGIN, 0);
        }
    }

    /// Adds the word `text[start..end]`.
    #[inline(always)]
    pub(super) fn push(&mut self, text: &[u8], start: usize, end: usize) {
        self.starts.push(self.len as u32);
        let len = end - start;
        match text.get(start..start + BEGIN) {
            Some(word) if len <= BEGIN => {
                self.text[self.len..self.len + BEGIN].copy_from_slice(word);
            }
            _ => self.text[self.len..self.len + len].copy_from_slice(&text[start..end]),
        }
        self.len += len;
    }

    /// Characters of repeated n-grams, for every n that is wanted.
    pub(super) fn measure(&mut self, wanted: impl Fn(usize) -> bool) -> [u64; 6] {
        let mut found = [0; 6];
        if self.starts.len() < SHORTEST {
            return found;
        }
        self.starts.push(self.len as u32);
        self.text[self.len..self.len + BEGIN].fill(0);
        self.find_places();
        for (n, found) in (SHORTEST..).zip(&mut found) {
            if wanted(n) && !self.places.is_empty() {
                *found = self.repeated(n);
            }
        }
        found
    }

    fn find_places(&mut self) {
        self.places.clear();
        let words = self.starts.len() - 1;
        let size = (8 * words).next_power_of_two();
        self.traces.clear();
        self.traces.resize(size / 4, 0);
        let (text, seeds) = (&self.text, self.seeds);
        let trace = |start: u32| {
            let mut begin = [0; BEGIN];
            begin.copy_from_slice(&text[start as usize..start as usize + BEGIN]);
            let begin = u128::from_le_bytes(begin);
            let hash = fold(begin as u64 ^ seeds.0, (begin >> 64) as u64 ^ seeds.1);
            let trace = (hash >> 20) as usize & (size - 1);
            // Two bits each: 0, 1, 3, 3, …
            (trace / 4, trace % 4 * 2)
        };
        for &start in &self.starts[..=words - SHORTEST] {
            let (byte, shift) = trace(start);
            let byte = &mut self.traces[byte];
            *byte |= ((*byte >> shift & 1) << 1 | 1) << shift;
        }
        let grams = self.starts.windows(SHORTEST + 1);
        for (gram, place) in grams.zip(0..) {
            let short = ((gram[SHORTEST] - gram[0]) as usize) < BEGIN;
            let (byte, shift) = trace(gram[0]);
            if short || self.traces[byte] >> shift & 2 != 0 {
                self.places.push(place);
            }
        }
    }

    fn repeated(&mut self, n: usize) -> u64 {
        let size = (2 * self.places.len()).next_power_of_two().max(SMALLEST);
        self.slots.clear();
        self.slots.resize(size, 0);
        let text = &self.text;
        let starts = &self.starts;
        let gram = |place: usize| &text[starts[place] as usize..starts[place + n] as usize];
        let mut chars = 0;
        let mut next = 0;
        for &place in &self.places {
            let place = place as usize;
            if place < next {
                continue;
            }
            if place + n >= starts.len() {
                break;
            }
            let own = gram(place);
            let hash = xxh3_64_with_seed(own, self.seeds.0);
            let mut slot = hash as usize & (size - 1);
            loop {
                let known = self.slots[slot];
                if known == 0 {
                    self.slots[slot] = hash & UPPER | (place as u64 + 1);
                    break;
                }
                if (known ^ hash) & UPPER == 0 && gram((known & !UPPER) as usize - 1) == own {
                    chars += own.iter().filter(|&&b| b & 0xC0 != 0x80).count() as u64;
                    next = place + n;
                    break;
                }
                slot = (slot + 1) & (size - 1);
            }
        }
        chars
    }
}
