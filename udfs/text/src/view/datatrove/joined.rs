//! Repeated n-grams of words that are compared as they read without whitespace.
//!
//! An n-gram that reads like an earlier one is counted and skipped whole; any other is remembered, and the next one
//! begins one word later. Two n-grams can read alike though their words differ, so numbers of words do not tell
//! n-grams apart; the text without whitespace does. What begins with 16 bytes that no other place begins with need
//! not be looked at: most places do. Of the others those that begin with 24 bytes of their own need not be looked at
//! for n-grams that are as long, and so on.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::view::vocabulary::random_seed;
use crate::view::word::fold;

/// The bytes that tell most places apart.
const BEGIN: usize = 16;

/// By how many bytes the beginnings of the places that are left are lengthened, in turn.
const LONGER: [usize; 3] = [8, 8, 16];

/// N-grams of any length.
const ANY: u32 = u32::MAX;

/// The longest beginning.
const LONGEST_BEGIN: usize = 48;

/// The shortest and the longest n.
const SHORTEST: usize = 5;

/// The upper half of a hash.
const UPPER: u64 = 0xFFFF_FFFF << 32;

/// How many slots a table has, at least and at first for a long text.
const SMALLEST: usize = 64;
const LARGEST_START: usize = 1 << 12;

/// The words of a text without what is between them.
pub(super) struct Joined {
    text: Vec<u8>,
    len: usize,
    /// Where each word begins, and where the last one ends.
    starts: Vec<u32>,
    /// Words at which an n-gram may repeat another or be repeated.
    places: Vec<Place>,
    /// Two bits for each hash of a beginning: never, once, more often.
    traces: Vec<u8>,
    /// The upper half of a hash, and the number of the word at which the n-gram begins and 1.
    slots: Vec<u64>,
    seeds: (u64, u64),
}

/// A place in the text.
#[derive(Clone, Copy)]
struct Place {
    /// The word at which it is.
    word: u32,
    /// N-grams of fewer bytes may be repeated.
    below: u32,
    /// A hash of its beginning.
    hash: u64,
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
            + 4 * self.starts.capacity()
            + size_of::<Place>() * self.places.capacity()
            + self.traces.capacity()
            + 8 * self.slots.capacity()
    }

    /// Forgets all words, for a text of so many bytes.
    pub(super) fn clear(&mut self, bytes: usize) {
        self.len = 0;
        self.starts.clear();
        if self.text.len() < bytes + LONGEST_BEGIN {
            self.text.resize(bytes + LONGEST_BEGIN, 0);
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
        self.text[self.len..self.len + LONGEST_BEGIN].fill(0);
        self.find_places();
        for (n, found) in (SHORTEST..).zip(&mut found) {
            if wanted(n) && !self.places.is_empty() {
                *found = self.repeated(n);
            }
        }
        found
    }

    fn find_places(&mut self) {
        let words = self.starts.len() - 1;
        let (starts, seeds) = (&self.starts, self.seeds);
        let read = |at: usize| {
            let mut bytes = [0; 8];
            bytes.copy_from_slice(&self.text[at..at + 8]);
            u64::from_le_bytes(bytes)
        };
        let hash = |start: u32| {
            let at = start as usize;
            fold(read(at) ^ seeds.0, read(at + 8) ^ seeds.1)
        };
        let mut traces = Traces::of(&mut self.traces, words);
        for &start in &starts[..=words - SHORTEST] {
            traces.leave(hash(start));
        }
        self.places.clear();
        for (gram, word) in starts.windows(SHORTEST + 1).zip(0..) {
            let hash = hash(gram[0]);
            let below = traces.below(hash, BEGIN);
            if gram[SHORTEST] - gram[0] < below {
                self.places.push(Place { word, below, hash });
            }
        }
        let mut begin = BEGIN;
        for more in LONGER {
            let mut traces = Traces::of(&mut self.traces, self.places.len());
            for place in self.places.iter_mut().filter(|place| place.below == ANY) {
                let at = starts[place.word as usize] as usize;
                for at in (at + begin..at + begin + more).step_by(8) {
                    place.hash = fold(place.hash ^ read(at), seeds.1);
                }
                traces.leave(place.hash);
            }
            begin += more;
            self.places.retain_mut(|place| {
                if place.below == ANY {
                    place.below = traces.below(place.hash, begin);
                }
                let word = place.word as usize;
                starts[word + SHORTEST] - starts[word] < place.below
            });
        }
    }

    fn repeated(&mut self, n: usize) -> u64 {
        let text = &self.text;
        let starts = &self.starts;
        // A place that is out for this n is out for a larger one too: its n-gram is longer still, or there is none.
        self.places.retain(|place| {
            let begin = place.word as usize;
            let end = starts.get(begin + n);
            end.is_some_and(|end| end - starts[begin] < place.below)
        });
        let count = self.places.len();
        if count < 2 {
            return 0;
        }
        // Of many places few may differ: the table grows with what is remembered.
        let mut size = (2 * count).next_power_of_two();
        size = size.clamp(SMALLEST, LARGEST_START);
        self.slots.clear();
        self.slots.resize(size, 0);
        let mut remembered = 0;
        let gram = |place: usize| &text[starts[place] as usize..starts[place + n] as usize];
        let hash = |gram: &[u8]| xxh3_64_with_seed(gram, self.seeds.0);
        let mut chars = 0;
        let mut next = 0;
        for place in &self.places {
            let place = place.word as usize;
            if place < next {
                continue;
            }
            let own = gram(place);
            let own_hash = hash(own);
            let mut slot = own_hash as usize & (size - 1);
            loop {
                let known = self.slots[slot];
                if known == 0 {
                    self.slots[slot] = own_hash & UPPER | (place as u64 + 1);
                    remembered += 1;
                    if 2 * remembered > size {
                        size *= 2;
                        grow(&mut self.slots, size, |place| hash(gram(place)));
                    }
                    break;
                }
                if (known ^ own_hash) & UPPER == 0 && gram((known & !UPPER) as usize - 1) == own {
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

/// Makes the table larger, told the hash of the n-gram at a word.
#[cold]
fn grow(slots: &mut Vec<u64>, size: usize, hash: impl Fn(usize) -> u64) {
    let known: Vec<u64> = slots.iter().copied().filter(|&slot| slot != 0).collect();
    slots.clear();
    slots.resize(size, 0);
    for known in known {
        let mut slot = hash((known & !UPPER) as usize - 1) as usize & (size - 1);
        while slots[slot] != 0 {
            slot = (slot + 1) & (size - 1);
        }
        slots[slot] = known;
    }
}

/// Two bits for each of many hashes: never seen, once, more often.
struct Traces<'t> {
    bits: &'t mut [u8],
}

impl<'t> Traces<'t> {
    /// For so many hashes.
    fn of(bits: &'t mut Vec<u8>, hashes: usize) -> Self {
        let size = (8 * hashes).next_power_of_two().max(SMALLEST);
        bits.clear();
        bits.resize(size / 4, 0);
        Self { bits }
    }

    #[inline(always)]
    fn place(&self, hash: u64) -> (usize, u32) {
        let trace = (hash >> 20) as usize & (4 * self.bits.len() - 1);
        (trace / 4, trace as u32 % 4 * 2)
    }

    #[inline(always)]
    fn leave(&mut self, hash: u64) {
        let (byte, shift) = self.place(hash);
        let byte = &mut self.bits[byte];
        // 0, 1, 3, 3, …
        *byte |= ((*byte >> shift & 1) << 1 | 1) << shift;
    }

    /// How long n-grams may not be that are repeated, by the hash of a beginning of so many bytes.
    #[inline(always)]
    fn below(&self, hash: u64, begin: usize) -> u32 {
        let (byte, shift) = self.place(hash);
        let alone = self.bits[byte] >> shift & 2 == 0;
        if alone { begin as u32 } else { ANY }
    }
}
