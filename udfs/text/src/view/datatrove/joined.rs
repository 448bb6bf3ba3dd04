//! Repeated n-grams of words that are compared as they read without whitespace.
//!
//! An n-gram that reads like an earlier one is counted and skipped whole; any other is remembered, and the next one
//! begins one word later. Two n-grams can read alike though their words differ, so numbers of words do not tell
//! n-grams apart; the text without whitespace does. What begins with 8 bytes that no other place begins with need not
//! be looked at, unless it is shorter: four of five places do. Of the others those that begin with 16 bytes of their own
//! need not be looked at for n-grams that are as long, and so on.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::view::vocabulary::random_seed;
use crate::view::word::{LOW, fold};

/// The bytes that tell most places apart.
const BEGIN: usize = 8;

/// By how many bytes the beginnings of the places that are left are lengthened, in turn.
const LONGER: [usize; 2] = [8, 16];

/// How many bytes may be read behind the words.
const BEHIND: usize = 32;

/// Up to so many bytes are copied and hashed without calls.
const SHORT: usize = 16;
const MEDIUM: usize = 256;

/// Places are gathered in blocks of so many.
const BLOCK: usize = 64;

/// N-grams of any length.
const ANY: u32 = u32::MAX;

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
    /// What hashes of beginnings leave.
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
        if self.text.len() < bytes + BEHIND {
            self.text.resize(bytes + BEHIND, 0);
        }
    }

    /// Adds the word `text[start..end]`.
    #[inline(always)]
    pub(super) fn push(&mut self, text: &[u8], start: usize, end: usize) {
        self.starts.push(self.len as u32);
        let len = end - start;
        match text.get(start..start + SHORT) {
            Some(word) if len <= SHORT => {
                self.text[self.len..self.len + SHORT].copy_from_slice(word);
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
        self.text[self.len..self.len + BEHIND].fill(0);
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
        let (text, starts, seeds) = (&self.text[..], &self.starts[..], self.seeds);
        let hash = |start: u32| fold(read(text, start as usize), seeds.1);
        let begins = &starts[..=words - SHORTEST];
        let ends = &starts[SHORTEST..];
        let mut traces = Traces::of(&mut self.traces, words);
        for &start in begins {
            traces.leave(hash(start));
        }
        self.places.clear();
        for (block, first) in begins.chunks(BLOCK).zip((0..).step_by(BLOCK)) {
            // Bits instead of numbers: where the next number goes would depend on what was looked up last, and all
            // that is read after it would wait for that.
            let mut found = 0u64;
            for (&start, &end) in block.iter().zip(&ends[first..]) {
                let short = end - start < BEGIN as u32;
                found = found >> 1 | u64::from(traces.several(hash(start)) | short) << 63;
            }
            found >>= BLOCK - block.len();
            while found != 0 {
                let word = first + found.trailing_zeros() as usize;
                found &= found - 1;
                self.places.push(Place {
                    word: word as u32,
                    below: ANY,
                    hash: hash(starts[word]),
                });
            }
        }
        let mut begin = BEGIN;
        for more in LONGER {
            let mut traces = Traces::of(&mut self.traces, self.places.len());
            for place in self.places.iter_mut().filter(|place| place.below == ANY) {
                let at = starts[place.word as usize] as usize;
                for at in (at + begin..at + begin + more).step_by(8) {
                    place.hash = fold(place.hash ^ read(text, at), seeds.1);
                }
                traces.leave(place.hash);
            }
            begin += more;
            keep(&mut self.places, |place| {
                let several = traces.several(place.hash);
                let below = if several { ANY } else { begin as u32 };
                place.below = place.below.min(below);
                let word = place.word as usize;
                starts[word + SHORTEST] - starts[word] < place.below
            });
        }
    }

    fn repeated(&mut self, n: usize) -> u64 {
        let (text, starts) = (&self.text[..], &self.starts[..]);
        // A place that is out for this n is out for a larger one too: its n-gram is longer still, or there is none.
        let last = starts.len().saturating_sub(n);
        while self
            .places
            .pop_if(|place| place.word as usize >= last)
            .is_some()
        {}
        keep(&mut self.places, |place| {
            let begin = place.word as usize;
            starts[begin + n] - starts[begin] < place.below
        });
        let count = self.places.len();
        if count < 2 {
            return 0;
        }
        // Of many places few may differ: the table grows with what is remembered.
        let mut size = (2 * count).next_power_of_two();
        size = size.clamp(SMALLEST, LARGEST_START);
        let (slots, seeds) = (&mut self.slots, self.seeds);
        slots.clear();
        slots.resize(size, 0);
        let mut remembered = 0;
        let gram = |place: usize| starts[place] as usize..starts[place + n] as usize;
        let mut chars = 0;
        let mut next = 0;
        for place in &self.places {
            let place = place.word as usize;
            if place < next {
                continue;
            }
            let own = gram(place);
            let own_hash = hash(text, own.clone(), seeds);
            let mut slot = own_hash as usize & (size - 1);
            loop {
                let known = slots[slot];
                if known == 0 {
                    slots[slot] = own_hash & UPPER | (place as u64 + 1);
                    remembered += 1;
                    if 2 * remembered > size {
                        size *= 2;
                        grow(slots, size, |place| hash(text, gram(place), seeds));
                    }
                    break;
                }
                if (known ^ own_hash) & UPPER == 0
                    && text[gram((known & !UPPER) as usize - 1)] == text[own.clone()]
                {
                    chars += count_chars(text, own);
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

/// Keeps the places that `kept` says.
#[inline(always)]
fn keep(places: &mut Vec<Place>, mut kept: impl FnMut(&mut Place) -> bool) {
    // Each is written, whether it stays or not: which do cannot be guessed.
    let mut len = 0;
    for i in 0..places.len() {
        let mut place = places[i];
        let stays = kept(&mut place);
        places[len] = place;
        len += usize::from(stays);
    }
    places.truncate(len);
}

/// Eight bytes.
#[inline(always)]
fn read(text: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&text[at..at + 8]);
    u64::from_le_bytes(bytes)
}

/// Up to eight bytes of which one is there at least, zeros in place of the others. Behind them are eight.
#[inline(always)]
fn read_some(text: &[u8], at: usize, len: usize) -> u64 {
    read(text, at) & u64::MAX >> (64 - 8 * len)
}

/// A hash of what is there, at least one byte.
#[inline(always)]
fn hash(text: &[u8], Range { start, end }: Range<usize>, seeds: (u64, u64)) -> u64 {
    let len = end - start;
    let mut hash = seeds.0 ^ len as u64;
    if len <= 8 {
        return fold(hash ^ read_some(text, start, len), seeds.1);
    }
    if len > MEDIUM {
        return xxh3_64_with_seed(&text[start..end], seeds.0);
    }
    let mut at = start;
    // The last two halves may overlap what was read before.
    while at + 16 < end {
        hash = fold(hash ^ read(text, at), seeds.1 ^ read(text, at + 8));
        at += 16;
    }
    let at = at.min(end - 8);
    fold(hash ^ read(text, at), seeds.1 ^ read(text, end - 8))
}

/// The characters of what is there.
#[inline(always)]
fn count_chars(text: &[u8], Range { start, end }: Range<usize>) -> u64 {
    let mut chars = end - start;
    let mut at = start;
    while at < end {
        let bytes = read_some(text, at, 8.min(end - at));
        // One for each byte that goes on with a character.
        let rest = bytes >> 7 & !bytes >> 6 & LOW;
        chars -= (rest.wrapping_mul(LOW) >> 56) as usize;
        at += 8;
    }
    chars as u64
}

/// Two bits for each of many hashes: none was left, one, or several.
struct Traces<'t>(&'t mut [u8]);

impl<'t> Traces<'t> {
    /// For so many hashes.
    fn of(bytes: &'t mut Vec<u8>, hashes: usize) -> Self {
        let size = (8 * hashes).next_power_of_two().max(SMALLEST);
        bytes.clear();
        bytes.resize(size / 4, 0);
        Self(bytes)
    }

    /// In which byte the trace of a hash is, and the lower of its bits.
    #[inline(always)]
    fn place(&self, hash: u64) -> (usize, u8) {
        let place = (hash >> 8) as usize & (self.0.len() - 1);
        (place, 1 << (hash & 6))
    }

    #[inline(always)]
    fn leave(&mut self, hash: u64) {
        let (place, once) = self.place(hash);
        let byte = &mut self.0[place];
        // 0, 1, 3, 3, …
        *byte |= once | (*byte & once) << 1;
    }

    /// Whether a hash was left several times, or several that share a place.
    #[inline(always)]
    fn several(&self, hash: u64) -> bool {
        let (place, once) = self.place(hash);
        self.0[place] & once << 1 != 0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Joined, SHORTEST};

    /// The rule as it is written down.
    fn plain(words: &[&str], n: usize) -> u64 {
        let mut seen = HashSet::new();
        let (mut chars, mut at) = (0, 0);
        while at + n <= words.len() {
            let gram = words[at..at + n].concat();
            let len = gram.chars().count() as u64;
            let new = seen.insert(gram);
            chars += if new { 0 } else { len };
            at += if new { 1 } else { n };
        }
        chars
    }

    #[test]
    fn finds_what_a_set_finds() {
        let mut state = 3u64;
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % below
        };
        let mut joined = Joined::new();
        for round in 0..600 {
            // Of few letters, so that n-grams of other words read alike, and of lengths around what is read at once.
            let longest = [1, 2, 3, 5, 9, 17, 40, 70][round % 8];
            let distinct = [1, 2, 4, 12, 60, 900][round / 8 % 6];
            let letters = ["a", "b", "é", "—"];
            let known: Vec<String> = (0..distinct)
                .map(|_| {
                    let several = 1 + random(4);
                    let chars = (0..1 + random(longest)).map(|_| letters[random(several)]);
                    chars.collect()
                })
                .collect();
            let count = [3, 5, 11, 63, 64, 65, 70, 128, 134, 400][random(10)];
            let mut words: Vec<&str> = (0..count).map(|_| &known[random(distinct)][..]).collect();
            let from = random(words.len());
            words.extend_from_within(from..);
            let mut text = String::new();
            let mut spans = Vec::new();
            for word in &words {
                let spaces = ["", " ", "  "][random(3)];
                text.push_str(spaces);
                spans.push((text.len(), text.len() + word.len()));
                text.push_str(word);
            }
            joined.clear(text.len());
            for &(start, end) in &spans {
                joined.push(text.as_bytes(), start, end);
            }
            let skipped = random(12);
            let found = joined.measure(|n| n != skipped);
            for (n, found) in (SHORTEST..).zip(found) {
                let expected = if n == skipped { 0 } else { plain(&words, n) };
                assert_eq!(found, expected, "n = {n}: {words:?}");
            }
        }
    }
}
