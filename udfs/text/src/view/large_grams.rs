//! Repeated n-grams of very many words, in little memory.
//!
//! Like `grams.rs`, every n looks only at the places where two repeated n-grams of one word less overlap. Here
//! these places are bits, an n-gram is known by the first place where it stands, and whether two are equal is
//! seen in the words themselves. So beside the words it takes a few bits for each of them and tables of a bounded
//! size. Where a table might have no room for all, n-grams that occur once are mostly dropped first, and hashes divide
//! the others into parts that fit; what still finds no room waits for the next round, which looks at it alone.

use std::cmp::Ordering;
use std::hint::black_box;

use super::vocabulary::random_seed;
use super::word::fold;

/// Places are looked at in blocks of so many.
const BLOCK: usize = 128;
/// How many slots the table has: at first, and at most.
const FIRST_SLOTS: usize = 1 << 14;
const MOST_SLOTS: usize = 1 << 21;
/// Traces at most; 2 bits each.
const MOST_TRACES: usize = 1 << 26;

/// A bit for each word.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn none(len: usize) -> Self {
        Self(vec![0; len.div_ceil(64)])
    }

    #[inline(always)]
    fn set(&mut self, at: u32) {
        self.0[at as usize / 64] |= 1 << (at % 64);
    }

    fn clear(&mut self) {
        self.0.fill(0);
    }

    fn count(&self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }

    fn iter(&self) -> impl Iterator<Item = u32> {
        (0u32..)
            .step_by(64)
            .zip(&self.0)
            .flat_map(|(start, &bits)| {
                let mut left = bits;
                std::iter::from_fn(move || {
                    let at = left.trailing_zeros();
                    left &= left.wrapping_sub(1);
                    (at < 64).then_some(start + at)
                })
            })
    }

    /// Calls `f` with the places of the set bits, in blocks.
    fn in_blocks(&self, mut f: impl FnMut(&[u32])) {
        let mut block = [0; BLOCK];
        let mut len = 0;
        for (start, &bits) in (0u32..).step_by(64).zip(&self.0) {
            if len > BLOCK - 64 {
                f(&block[..len]);
                len = 0;
            }
            let mut left = bits;
            while left != 0 {
                block[len] = start + left.trailing_zeros();
                len += 1;
                left &= left - 1;
            }
        }
        f(&block[..len]);
    }
}

/// An n-gram in the table: its first place, and how often it was seen; never, where the slot is empty.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    place: u32,
    count: u32,
}

/// The most frequent n-gram that occurs twice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Top {
    /// How often it occurs.
    pub(crate) count: u32,
    /// Where it stands first.
    pub(crate) place: usize,
}

/// Where n-grams of words occur that occur twice; for one n after the other.
pub(crate) struct LargeGrams<'a> {
    words: &'a [u32],
    n: usize,
    /// Where n-grams stand that occur twice.
    repeated: Bits,
    /// Where n-grams may be that do; and of these, where those are for which the table has no room.
    candidates: Bits,
    waiting: Bits,
    table: Vec<Slot>,
    most_slots: usize,
    len: usize,
    /// How many n-grams of the last n were counted.
    distinct: usize,
    top: Option<Top>,
    seeds: (u64, u64),
}

impl<'a> LargeGrams<'a> {
    /// Begins with the single words, of which `repeated` tells whether they occur twice.
    pub(crate) fn new(words: &'a [u32], repeated: impl Fn(u32) -> bool) -> Self {
        Self::within(words, repeated, MOST_SLOTS)
    }

    /// With a table of at most so many slots.
    fn within(words: &'a [u32], repeated: impl Fn(u32) -> bool, most_slots: usize) -> Self {
        let mut single = Bits::none(words.len());
        for (bits, words) in single.0.iter_mut().zip(words.chunks(64)) {
            for (bit, &word) in words.iter().enumerate() {
                *bits |= u64::from(repeated(word)) << bit;
            }
        }
        Self {
            words,
            n: 1,
            repeated: single,
            candidates: Bits::none(words.len()),
            waiting: Bits::none(words.len()),
            table: Vec::new(),
            most_slots,
            len: 0,
            distinct: usize::MAX,
            top: None,
            seeds: (random_seed(5), random_seed(6) | 1),
        }
    }

    /// Goes on to the n-grams of one word more; `false` when none of these occurs twice. Of equally frequent ones
    /// the first of those is the top that `weight`, given a place and n, finds heaviest.
    pub(crate) fn lengthen(&mut self, weight: impl Fn(usize, usize) -> u64) -> bool {
        self.n += 1;
        let n = self.n;
        let mut next = 0;
        let both = self.candidates.0.iter_mut().zip(&self.repeated.0).rev();
        for (candidates, &repeated) in both {
            *candidates = repeated & (repeated >> 1 | next << 63);
            next = repeated & 1;
        }
        self.repeated.clear();
        self.top = None;
        let room = self.most_slots / 2;
        // Where few n-grams of one word less differed, few of these may: then nothing needs to be dropped. Should there be
        // more than the table has room for, they wait like others.
        let mut few = self.distinct < room / 4;
        self.distinct = 0;
        loop {
            self.waiting.clear();
            let count = self.candidates.count();
            let distinct = if std::mem::take(&mut few) {
                1
            } else if count > room {
                self.drop_unique()
            } else {
                count
            };
            let parts = distinct.div_ceil(room).max(1) as u64;
            let mut all = true;
            for part in 0..parts {
                all &= self.count_candidates(part, parts);
                self.distinct += self.len;
                self.find_top(|place| weight(place, n));
            }
            if all {
                break;
            }
            std::mem::swap(&mut self.candidates, &mut self.waiting);
        }
        self.top.is_some()
    }

    /// The most frequent n-gram.
    pub(crate) fn top(&self) -> Option<Top> {
        self.top
    }

    /// Where n-grams stand that occur twice, ascending.
    pub(crate) fn places(&self) -> impl Iterator<Item = usize> {
        self.repeated.iter().map(|place| place as usize)
    }

    /// The n-gram at a place.
    #[inline(always)]
    fn gram(&self, place: u32) -> &'a [u32] {
        &self.words[place as usize..place as usize + self.n]
    }

    #[inline(always)]
    fn hash(&self, place: u32) -> u64 {
        let (pairs, last) = self.gram(place).as_chunks::<2>();
        let last = u64::from(last.first().map_or(0, |word| word + 1));
        pairs.iter().fold(self.seeds.0 ^ last, |hash, pair| {
            let key = u64::from(pair[0]) << 32 | u64::from(pair[1]);
            fold(hash.rotate_left(32) ^ key, self.seeds.1)
        })
    }

    /// Counts the n-grams at the candidates that are of one of so many parts, as far as the table has room for them,
    /// and writes down where the others are; `false` if there are any.
    fn count_candidates(&mut self, part: u64, parts: u64) -> bool {
        self.len = 0;
        self.table.clear();
        self.table
            .resize(FIRST_SLOTS.min(self.most_slots), Slot::default());
        let candidates = std::mem::take(&mut self.candidates);
        let mut all = true;
        let mut own = [(0, 0); BLOCK];
        candidates.in_blocks(|places| {
            while self.len + places.len() > self.table.len() / 2 && self.grow() {}
            let mask = self.table.len() - 1;
            let mut len = 0;
            for &place in places {
                let hash = self.hash(place);
                own[len] = (place, hash as usize & mask);
                len += usize::from(((hash >> 32) * parts) >> 32 == part);
            }
            let own = &own[..len];
            // What is needed comes into the cache side by side, not one after the other.
            black_box(own.iter().fold(0, |all, &(_, home)| {
                let slot = self.table[home];
                all ^ self.words[slot.place as usize] ^ slot.count
            }));
            for &(place, home) in own {
                all &= self.count(place, home);
            }
        });
        self.candidates = candidates;
        all
    }

    /// Counts the n-gram at a place, of which the hash points at `home`; `false` where there is no room for it.
    #[inline(always)]
    fn count(&mut self, place: u32, home: usize) -> bool {
        let mask = self.table.len() - 1;
        let mut at = home;
        loop {
            let slot = self.table[at];
            if slot.count == 0 {
                if self.len >= self.table.len() / 2 {
                    self.waiting.set(place);
                    return false;
                }
                self.table[at] = Slot { place, count: 1 };
                self.len += 1;
                return true;
            }
            if self.gram(slot.place) == self.gram(place) {
                self.table[at].count = slot.count + 1;
                self.repeated.set(place);
                if slot.count == 1 {
                    self.repeated.set(slot.place);
                }
                return true;
            }
            at = (at + 1) & mask;
        }
    }

    /// Doubles the table; `false` when it is as large as it may be.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) -> bool {
        let size = 2 * self.table.len();
        if size > self.most_slots {
            return false;
        }
        let before = std::mem::replace(&mut self.table, vec![Slot::default(); size]);
        for slot in before.into_iter().filter(|slot| slot.count > 0) {
            let mut at = self.hash(slot.place) as usize & (size - 1);
            while self.table[at].count > 0 {
                at = (at + 1) & (size - 1);
            }
            self.table[at] = slot;
        }
        true
    }

    fn find_top(&mut self, weight: impl Fn(usize) -> u64) {
        for slot in self.table.iter().filter(|slot| slot.count > 1) {
            let (count, place) = (slot.count, slot.place as usize);
            let comes_first = |top: Top| match count.cmp(&top.count) {
                Ordering::Equal => {
                    let (own, other) = (weight(place), weight(top.place));
                    own > other || own == other && place < top.place
                }
                order => order == Ordering::Greater,
            };
            if self.top.is_none_or(comes_first) {
                self.top = Some(Top { count, place });
            }
        }
    }

    /// Takes most candidates out whose n-gram occurs once: each leaves a trace that its hash chooses, and where
    /// there is only one, the n-gram is alone. About how many n-grams are left, all their places being one.
    fn drop_unique(&mut self) -> usize {
        let size = (2 * self.candidates.count()).next_power_of_two();
        let size = size.clamp(64, MOST_TRACES);
        // The table of the n-grams before is as large, and is filled anew.
        self.table = Vec::new();
        let mut traces = vec![0u8; size / 4];
        let mut candidates = std::mem::take(&mut self.candidates);
        let trace = |place: u32| {
            let trace = (self.hash(place) >> 32) as usize & (size - 1);
            // Two bits each: 0, 1, 3, 3, …
            (trace / 4, trace % 4 * 2)
        };
        candidates.in_blocks(|places| {
            for &place in places {
                let (byte, shift) = trace(place);
                let byte = &mut traces[byte];
                *byte |= ((*byte >> shift & 1) << 1 | 1) << shift;
            }
        });
        for (start, bits) in (0u32..).step_by(64).zip(&mut candidates.0) {
            let mut left = *bits;
            while left != 0 {
                let at = left.trailing_zeros();
                left &= left - 1;
                let (byte, shift) = trace(start + at);
                *bits &= !(u64::from(!(traces[byte] >> shift >> 1) & 1) << at);
            }
        }
        self.candidates = candidates;
        let several = |byte: &u8| (byte & 0b1010_1010).count_ones() as usize;
        let found: usize = traces.iter().map(several).sum();
        // Several n-grams may have left one trace: as many as chance has it.
        let empty = 1.0 - found as f64 / size as f64;
        let distinct = (-empty.ln() * size as f64).ceil() as usize;
        distinct.min(self.candidates.count() / 2)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Places of n-grams that occur twice, and the most frequent of them, of equally frequent ones the heaviest.
    fn plain(
        words: &[u32],
        n: usize,
        weight: impl Fn(usize, usize) -> u64,
    ) -> (Vec<usize>, Option<(usize, usize)>) {
        let mut grams: HashMap<&[u32], Vec<usize>> = HashMap::new();
        for (place, gram) in words.windows(n).enumerate() {
            grams.entry(gram).or_default().push(place);
        }
        let mut repeated: Vec<_> = grams.into_values().filter(|at| at.len() > 1).collect();
        repeated.sort_by_key(|at| (usize::MAX - at.len(), u64::MAX - weight(at[0], n), at[0]));
        let top = repeated.first().map(|at| (at.len(), at[0]));
        let mut places = repeated.concat();
        places.sort_unstable();
        (places, top)
    }

    #[test]
    fn finds_what_a_map_finds_however_small_the_table() {
        let mut state = 7u64;
        let mut random = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % below
        };
        let mut texts = vec![vec![3; 700], Vec::new(), vec![1], vec![1, 1]];
        // Of twelve words there are few pairs and, for a table of 2,048 slots, many triples.
        for (len, distinct) in [
            (64, 2),
            (65, 5),
            (3_000, 3),
            (5_000, 12),
            (5_000, 40),
            (5_000, 3_000),
        ] {
            let mut words: Vec<u32> = (0..len).map(|_| random(distinct) as u32).collect();
            // Long stretches twice, so that long n-grams repeat.
            words.extend_from_within(len / 3..len / 2);
            words.extend_from_within(..len / 4);
            texts.push(words);
        }
        for words in &texts {
            let mut counts = HashMap::<u32, usize>::new();
            words
                .iter()
                .for_each(|word| *counts.entry(*word).or_default() += 1);
            let modes = [16, 512, 1 << 11, 1 << 14].map(|slots| [(slots, 0), (slots, 3)]);
            for (slots, heavy) in modes.concat() {
                // As if words had lengths of 0 to 2, or none.
                let weight = |place: usize, n: usize| {
                    let words = &words[place..place + n];
                    words.iter().map(|word| u64::from(word % 3 * heavy)).sum()
                };
                let mut grams = LargeGrams::within(words, |word| counts[&word] > 1, slots);
                for n in 2..=10 {
                    let (places, top) = plain(words, n, weight);
                    let found = grams.lengthen(weight);
                    assert_eq!(found, !places.is_empty());
                    assert!(grams.places().eq(places), "{} words, n = {n}", words.len());
                    let found = grams.top().map(|top| (top.count as usize, top.place));
                    assert_eq!(found, top, "{} words, n = {n}", words.len());
                }
            }
        }
    }

    /// As many parts as there are different n-grams, not places, so that time grows like the text.
    #[test]
    fn few_ngrams_at_many_places_are_few() {
        for distinct in [1, 2, 30] {
            let words: Vec<u32> = (0..20_000).map(|place| place % distinct).collect();
            let mut grams = LargeGrams::within(&words, |_| true, 1 << 10);
            for n in 2..=10 {
                grams.lengthen(|_, _| 0);
                grams.candidates = Bits::none(words.len());
                (0..words.len() as u32 - n).for_each(|place| grams.candidates.set(place));
                let found = grams.drop_unique();
                // Hashes of a few may meet.
                assert!(found + 2 >= distinct as usize, "{n}: {found}");
                assert!(found <= 2 * distinct as usize, "{n}: {found}");
            }
        }
    }
}
