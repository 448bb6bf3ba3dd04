//! Repeated n-grams of words.
//!
//! An n-gram can occur twice only where the two (n-1)-grams in it do. So one pass looks at all words and
//! keeps the places where both words of a pair occur twice; every longer n looks only at the places that
//! the shorter one left. An n-gram is known by the numbers of its two (n-1)-grams: exact, whatever hashes do.

use std::cmp::Reverse;
use std::hint::{black_box, select_unpredictable};

use super::large_grams::LargeGrams;
use super::vocabulary::random_seed;
use super::word::fold;
use crate::document::TopGram;

/// Places are gathered in blocks of so many.
const BLOCK: usize = 128;
/// How many slots a table has: at least, at first for a text with many n-grams, and where looking into one
/// begins to miss the cache.
const SMALLEST: usize = 256;
const LARGEST_START: usize = 1 << 14;
const CACHED: usize = 1 << 15;
/// From so many pairs on, a table of all of them would take too much memory.
const SPARED: usize = 1 << 14;

/// From so many words on, memory counts for more than the last third of speed.
const MANY_WORDS: usize = 1 << 22;

/// The longest n that is asked for.
pub(crate) const LONGEST: usize = 10;

/// What the n-grams of a document say.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct GramFacts {
    /// For n of 2 to 4.
    pub(crate) top: [Option<TopGram>; 3],
    /// For n of 5 to 10.
    pub(crate) duplicate_chars: [u64; 6],
}

/// Which of equally frequent n-grams counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ties {
    /// The first in the text.
    First,
    /// The one with the most characters.
    Longest,
}

/// The n-grams of one length, all that occur twice among them.
pub(crate) struct Level<'a> {
    places: &'a [u32],
    ids: &'a [u32],
    counts: &'a [u32],
}

impl Level<'_> {
    /// Where the most frequent n-gram is first, and how often it occurs, when it occurs twice. Numbers ascend
    /// in the order of first appearance, so the first of equally frequent ones is the first in the text.
    pub(crate) fn top(&self) -> Option<(usize, u64)> {
        let (mut top, mut most) = (0, 1);
        for (id, &count) in self.counts.iter().enumerate() {
            if count > most {
                (top, most) = (id, count);
            }
        }
        if most < 2 {
            return None;
        }
        // As many n-grams stand before it.
        let place = self.ids[top..].iter().position(|&id| id as usize == top)?;
        Some((self.places[top + place] as usize, most.into()))
    }

    /// The most frequent n-gram, when it occurs twice; of equally frequent ones the first that `weight` finds heaviest.
    fn heaviest_top(&self, weight: impl Fn(usize) -> u64) -> Option<(usize, u64)> {
        let count = *self.counts.iter().max().filter(|&&count| count > 1)?;
        let places = self.places.iter().zip(self.ids);
        let top = places.filter(|&(_, &id)| self.counts[id as usize] == count);
        let weighed = top.map(|(&place, _)| (weight(place as usize), Reverse(place)));
        let (_, Reverse(place)) = weighed.max()?;
        Some((place as usize, count.into()))
    }

    /// Where n-grams are that occur twice.
    #[inline(always)]
    pub(crate) fn repeated(&self) -> impl Iterator<Item = usize> {
        let places = self.places.iter().zip(self.ids);
        places
            .filter(|&(_, &id)| self.counts[id as usize] > 1)
            .map(|(&place, _)| place as usize)
    }
}

/// Characters of the words in n-grams at `places`, which ascend; each word once.
fn covered(places: impl Iterator<Item = usize>, n: usize, chars: impl Fn(usize) -> u64) -> u64 {
    let mut sum = 0;
    let mut end = 0;
    for place in places {
        for at in end.max(place)..place + n {
            sum += chars(at);
        }
        end = place + n;
    }
    sum
}

impl GramFacts {
    /// What the n-grams say whose lengths are `wanted`; `chars` tells how many characters a word has, `ties` which of
    /// equally frequent ones is the most frequent.
    pub(crate) fn of(
        grams: &mut Grams,
        words: &[u32],
        repeated: impl Fn(u32) -> bool,
        chars: impl Fn(u32) -> u64,
        wanted: impl Fn(usize) -> bool,
        ties: Ties,
    ) -> Self {
        let mut facts = Self::default();
        let longest = (2..=LONGEST).rev().find(|&n| wanted(n)).unwrap_or(0);
        let chars_at = |place: usize, n: usize| -> u64 {
            let words = &words[place..place + n];
            words.iter().map(|&word| chars(word)).sum()
        };
        let top_gram = |n: usize, place: usize, count: u64| TopGram {
            count,
            chars: chars_at(place, n),
        };
        // What decides between equally frequent n-grams before their places do.
        let weight = |place: usize, n: usize| match ties {
            Ties::First => 0,
            Ties::Longest => chars_at(place, n),
        };
        if longest >= 2 && words.len() >= MANY_WORDS {
            let mut grams = LargeGrams::new(words, repeated);
            for n in 2..=longest {
                if !grams.lengthen(weight) {
                    break;
                }
                if !wanted(n) {
                    continue;
                }
                if n <= 4 {
                    let top = grams.top();
                    facts.top[n - 2] = top.map(|top| top_gram(n, top.place, top.count.into()));
                } else {
                    facts.duplicate_chars[n - 5] =
                        covered(grams.places(), n, |at| chars(words[at]));
                }
            }
            return facts;
        }
        grams.look(words, repeated, longest, |n, level| {
            if !wanted(n) {
                return;
            }
            if n <= 4 {
                let top = match ties {
                    Ties::First => level.top(),
                    Ties::Longest => level.heaviest_top(|place| weight(place, n)),
                };
                facts.top[n - 2] = top.map(|(place, count)| top_gram(n, place, count));
            } else {
                facts.duplicate_chars[n - 5] = covered(level.repeated(), n, |at| chars(words[at]));
            }
        });
        facts
    }
}

/// Counts n-grams.
pub(crate) struct Grams {
    /// Numbers of n-grams and 1, where the hash of their key puts them.
    slots: Vec<u32>,
    size: usize,
    seeds: (u64, u64),
    /// Where an n-gram may be repeated, ascending, and which n-gram is there.
    places: Vec<u32>,
    ids: Vec<u32>,
    /// What each n-gram consists of, and how often it occurs.
    keys: Vec<u64>,
    counts: Vec<u32>,
    /// How many n-grams there are.
    len: usize,
    /// The counts of the n-grams that are one word shorter.
    shorter: Vec<u32>,
    /// Traces of pairs.
    traces: Vec<u8>,
    /// Places of a block, and what stands there.
    found: [(u32, u64); BLOCK],
}

#[inline(always)]
fn pair(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

#[inline(always)]
fn hash(key: u64, seeds: (u64, u64)) -> u64 {
    fold(key ^ seeds.0, seeds.1)
}

impl Grams {
    pub(crate) fn new() -> Self {
        Self {
            slots: Vec::new(),
            size: 0,
            seeds: (random_seed(3), random_seed(4) | 1),
            places: Vec::new(),
            ids: Vec::new(),
            keys: Vec::new(),
            counts: Vec::new(),
            len: 0,
            shorter: Vec::new(),
            traces: Vec::new(),
            found: [(0, 0); BLOCK],
        }
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        4 * (self.slots.capacity() + self.places.capacity() + self.ids.capacity())
            + 8 * self.keys.capacity()
            + 4 * (self.counts.capacity() + self.shorter.capacity())
            + self.traces.capacity()
    }

    /// Shows `see` the n-grams of each length up to `longest` that may be repeated, shortest first; lengths
    /// that have none are left out. `repeated` tells whether a word occurs twice.
    pub(crate) fn look(
        &mut self,
        words: &[u32],
        repeated: impl Fn(u32) -> bool,
        longest: usize,
        mut see: impl FnMut(usize, Level<'_>),
    ) {
        if longest < 2 {
            return;
        }
        self.pairs(words, repeated);
        for n in 2..=longest {
            if n > 2 {
                self.lengthen();
            }
            if self.places.is_empty() {
                break;
            }
            see(
                n,
                Level {
                    places: &self.places,
                    ids: &self.ids,
                    counts: &self.counts[..self.len],
                },
            );
        }
    }

    /// Finds the pairs whose words both occur twice, and numbers them.
    fn pairs(&mut self, words: &[u32], repeated: impl Fn(u32) -> bool) {
        self.places.clear();
        self.ids.clear();
        let Some((&first, rest)) = words.split_first() else {
            return;
        };
        let mut before = repeated(first);
        let mut found = [0; BLOCK];
        for (chunk, start) in rest.chunks(BLOCK).zip((0u32..).step_by(BLOCK)) {
            let mut len = 0;
            for (&word, place) in chunk.iter().zip(start..) {
                let now = repeated(word);
                found[len % BLOCK] = place;
                len += usize::from(before & now);
                before = now;
            }
            self.places.extend_from_slice(&found[..len]);
        }
        if self.places.len() > SPARED {
            self.drop_unique(words);
        }
        let candidates = self.places.len();
        self.begin(candidates);
        self.ids.resize(candidates, 0);
        for start in (0..candidates).step_by(BLOCK) {
            let places = &self.places[start..candidates.min(start + BLOCK)];
            for (&place, found) in places.iter().zip(&mut self.found) {
                let at = place as usize;
                *found = (place, pair(words[at], words[at + 1]));
            }
            let len = places.len();
            self.number_all(len, start);
        }
    }

    /// Drops most pairs that occur once, so that the table is spared them: each pair leaves a trace that its
    /// hash chooses, and where there is only one, the pair is alone.
    fn drop_unique(&mut self, words: &[u32]) {
        let size = (2 * self.places.len()).next_power_of_two().max(SMALLEST);
        self.traces.clear();
        self.traces.resize(size / 4, 0);
        let seeds = self.seeds;
        let trace = |place: u32| {
            let at = place as usize;
            let key = pair(words[at], words[at + 1]);
            let trace = (hash(key, seeds) >> 32) as usize & (size - 1);
            // Two bits each: 0, 1, 3, 3, …
            (trace / 4, trace % 4 * 2)
        };
        for &place in &self.places {
            let (byte, shift) = trace(place);
            let byte = &mut self.traces[byte];
            *byte |= ((*byte >> shift & 1) << 1 | 1) << shift;
        }
        let mut kept = 0;
        for i in 0..self.places.len() {
            let place = self.places[i];
            let (byte, shift) = trace(place);
            self.places[kept] = place;
            kept += usize::from(self.traces[byte] >> shift >> 1 & 1);
        }
        self.places.truncate(kept);
    }

    /// Finds the places where two n-grams that occur twice overlap, and numbers the longer ones.
    fn lengthen(&mut self) {
        let candidates = self.places.len();
        std::mem::swap(&mut self.counts, &mut self.shorter);
        self.begin(candidates);
        let mut kept = 0;
        let mut start = 0;
        while start + 1 < candidates {
            let end = (start + BLOCK).min(candidates - 1);
            let mut len = 0;
            let shorter = &self.shorter[..];
            let repeated = |id: u32| shorter[id as usize] > 1;
            let mut before = repeated(self.ids[start]);
            let places = self.places[start..=end].array_windows();
            let ids = self.ids[start..=end].array_windows();
            for (&[place, next], &[left, right]) in places.zip(ids) {
                let now = repeated(right);
                self.found[len % BLOCK] = (place, pair(left, right));
                len += usize::from(before & now & (place + 1 == next));
                before = now;
            }
            // Written behind what was read: `kept` never overtakes `start`.
            self.number_all(len, kept);
            kept += len;
            start = end;
        }
        self.places.truncate(kept);
        self.ids.truncate(kept);
    }

    /// Forgets all numbers, for about so many n-grams.
    fn begin(&mut self, candidates: usize) {
        self.len = 0;
        let size = (4 * candidates).next_power_of_two();
        self.resize(size.clamp(SMALLEST, LARGEST_START));
    }

    /// An empty table of some size.
    fn resize(&mut self, size: usize) {
        self.size = size;
        self.slots.clear();
        self.slots.resize(size, 0);
        // One more than can be counted: an n-gram is written before it is known to be new.
        if self.counts.len() <= size / 2 {
            self.counts.resize(size / 2 + 1, 0);
        }
        if self.keys.len() <= size / 2 {
            self.keys.resize(size / 2 + 1, 0);
        }
    }

    /// Numbers the n-grams of a block of so many, and writes numbers and places down from `at` on.
    fn number_all(&mut self, found: usize, at: usize) {
        while 2 * (self.len + found) > self.size {
            self.grow();
        }
        let found = &self.found[..found];
        if self.size > CACHED {
            // What is needed comes into the cache side by side, not one after the other.
            let mut ids = [0; BLOCK];
            for (id, &(_, key)) in ids.iter_mut().zip(found) {
                *id = self.slots[self.home(key)].saturating_sub(1) as usize;
            }
            let known = ids.iter().take(found.len());
            black_box(known.fold(0, |all, &id| {
                all ^ self.keys[id] ^ u64::from(self.counts[id])
            }));
        }
        let (seeds, mask, mut len) = (self.seeds, self.size - 1, self.len);
        let slots = &mut self.slots[..=mask];
        let (keys, counts) = (&mut self.keys[..], &mut self.counts[..]);
        let written = self.places[at..].iter_mut().zip(&mut self.ids[at..]);
        for (&(place, key), (own_place, own_id)) in found.iter().zip(written) {
            let mut home = hash(key, seeds) as usize & mask;
            let slot = slots[home];
            // The same steps for a new n-gram and a known one: which it is cannot be guessed.
            let mut new = slot == 0;
            let mut id = select_unpredictable(new, len as u32, slot.wrapping_sub(1)) as usize;
            keys[len] = key;
            counts[len] = 0;
            if keys[id] != key {
                home = probe(slots, keys, key, home);
                new = slots[home] == 0;
                id = if new { len } else { slots[home] as usize - 1 };
            }
            slots[home] = id as u32 + 1;
            counts[id] += 1;
            len += usize::from(new);
            (*own_place, *own_id) = (place, id as u32);
        }
        self.len = len;
    }

    #[inline(always)]
    fn home(&self, key: u64) -> usize {
        hash(key, self.seeds) as usize & (self.size - 1)
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        self.resize(2 * self.size);
        for id in 0..self.len {
            let mut place = self.home(self.keys[id]);
            while self.slots[place] != 0 {
                place = (place + 1) & (self.size - 1);
            }
            self.slots[place] = id as u32 + 1;
        }
    }
}

/// The slot of an n-gram behind one that another has.
#[inline(never)]
fn probe(slots: &[u32], keys: &[u64], key: u64, mut place: usize) -> usize {
    loop {
        place = (place + 1) & (slots.len() - 1);
        match slots[place] {
            0 => return place,
            slot if keys[slot as usize - 1] == key => return place,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::HashMap;

    use super::{BLOCK, GramFacts, Grams, SPARED, Ties};

    /// The top n-gram and the characters in repeated ones, by what is written down about them.
    fn plain(
        words: &[u32],
        n: usize,
        chars: impl Fn(u32) -> u64,
        ties: Ties,
    ) -> (Option<(u64, u64)>, u64) {
        let mut grams = HashMap::<&[u32], (u64, usize)>::new();
        for (place, gram) in words.windows(n).enumerate() {
            grams.entry(gram).or_insert((0, place)).0 += 1;
        }
        let chars_of = |words: &[u32]| words.iter().map(|&word| chars(word)).sum::<u64>();
        let repeated = grams.iter().filter(|(_, (count, _))| *count > 1);
        let top = repeated.max_by_key(|(gram, (count, place))| {
            let weight = if ties == Ties::Longest {
                chars_of(gram)
            } else {
                0
            };
            (*count, weight, Reverse(*place))
        });
        let mut inside = vec![false; words.len()];
        for (place, gram) in words.windows(n).enumerate() {
            if grams[gram].0 > 1 {
                inside[place..place + n].fill(true);
            }
        }
        let inside = words.iter().zip(inside).filter(|(_, inside)| *inside);
        let covered = inside.map(|(&word, _)| chars(word)).sum();
        (
            top.map(|(gram, (count, _))| (*count, chars_of(gram))),
            covered,
        )
    }

    #[test]
    fn finds_what_a_map_finds() {
        let mut state = 11u64;
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as usize % below
        };
        let few = [
            0,
            1,
            2,
            9,
            BLOCK,
            BLOCK + 1,
            BLOCK + 2,
            2 * BLOCK + 1,
            1_000,
        ];
        let small = few
            .iter()
            .flat_map(|&len| [1, 2, 7, 40, 500].map(|distinct| (len, distinct)));
        // Tables grow, and pairs that occur once are dropped first.
        let large = [
            (20_000, 40),
            (SPARED + 2, 3_000),
            (3 * SPARED, 400),
            (3 * SPARED, 20_000),
        ];
        let mut grams = Grams::new();
        for (len, distinct) in small.chain(large) {
            let mut words: Vec<u32> = (0..len).map(|_| random(distinct) as u32).collect();
            words.extend_from_within(len / 3..len / 2);
            words.extend_from_within(..len / 4);
            let mut counts = vec![0; distinct];
            words.iter().for_each(|&word| counts[word as usize] += 1);
            let chars = |word: u32| u64::from(word % 4);
            for ties in [Ties::First, Ties::Longest] {
                let repeated = |word: u32| counts[word as usize] > 1;
                let facts = GramFacts::of(&mut grams, &words, repeated, chars, |_| true, ties);
                for n in 2..=10 {
                    let (top, covered) = plain(&words, n, chars, ties);
                    let (len, kinds) = (words.len(), distinct);
                    if n <= 4 {
                        let found = facts.top[n - 2].map(|top| (top.count, top.chars));
                        assert_eq!(found, top, "{len} words of {kinds}, n = {n}, {ties:?}");
                    } else {
                        let found = facts.duplicate_chars[n - 5];
                        assert_eq!(found, covered, "{len} words of {kinds}, n = {n}, {ties:?}");
                    }
                }
            }
        }
    }
}
