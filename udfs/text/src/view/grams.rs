//! Repeated n-grams of words.
//!
//! An n-gram can occur twice only where the two (n-1)-grams in it do. So one pass looks at all words and
//! keeps the places where both words of a pair occur twice; every longer n looks only at the places that
//! the shorter one left. An n-gram is known by the numbers of its two (n-1)-grams: exact, whatever hashes do.

use std::hint::select_unpredictable;

use super::vocabulary::random_seed;
use super::word::fold;
use crate::document::TopGram;

/// Places are gathered in blocks of so many: no more is held twice.
const BLOCK: usize = 512;
const SMALLEST: usize = 256;
const LARGEST_START: usize = 1 << 14;
const LARGEST_CELLS: usize = 1 << 24;

/// Which n are asked for, and the longest of them.
pub(crate) const LONGEST: usize = 10;

/// What the n-grams of a document say.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct GramFacts {
    /// For n of 2 to 4.
    pub(crate) top: [Option<TopGram>; 3],
    /// For n of 5 to 10.
    pub(crate) duplicate_chars: [u64; 6],
}

#[derive(Clone, Copy, Default)]
struct Slot {
    key: u64,
    stamp: u32,
    id: u32,
}

#[inline(always)]
fn pair(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

#[inline(always)]
fn hash(key: u64, seeds: (u64, u64)) -> u64 {
    fold(key ^ seeds.0, seeds.1)
}

/// Counts n-grams.
pub(crate) struct Grams {
    slots: Vec<Slot>,
    size: usize,
    stamp: u32,
    seeds: (u64, u64),
    /// Where an n-gram may be repeated, ascending, and which n-gram is there.
    places: Vec<u32>,
    ids: Vec<u32>,
    /// How often each n-gram occurs at these places.
    counts: Vec<u32>,
    /// How many n-grams there are.
    len: usize,
    /// The counts of the n-grams that are one word shorter.
    shorter: Vec<u32>,
    /// Traces of pairs.
    cells: Vec<u8>,
}

impl Grams {
    pub(crate) fn new() -> Self {
        Self {
            slots: Vec::new(),
            size: 0,
            stamp: 0,
            seeds: (random_seed(3), random_seed(4) | 1),
            places: Vec::new(),
            ids: Vec::new(),
            counts: Vec::new(),
            len: 0,
            shorter: Vec::new(),
            cells: Vec::new(),
        }
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        size_of::<Slot>() * self.slots.capacity()
            + 4 * (self.places.capacity() + self.ids.capacity())
            + 4 * (self.counts.capacity() + self.shorter.capacity())
            + self.cells.capacity()
    }

    /// Looks at the n-grams of words, of every length that `wanted` says and the shorter ones. `counts` and
    /// `chars` tell how often a word occurs and how many characters it has.
    pub(crate) fn measure(
        &mut self,
        words: &[u32],
        counts: &[u32],
        chars: impl Fn(u32) -> u64,
        wanted: impl Fn(usize) -> bool,
    ) -> GramFacts {
        let mut facts = GramFacts::default();
        let Some(longest) = (2..=LONGEST).rev().find(|&n| wanted(n)) else {
            return facts;
        };
        self.pairs(words, counts);
        for n in 2..=longest {
            if n > 2 {
                self.lengthen();
            }
            if self.places.is_empty() {
                break;
            }
            if !wanted(n) {
                continue;
            }
            let length = |place: u32| {
                let gram = &words[place as usize..place as usize + n];
                gram.iter().map(|&word| chars(word)).sum::<u64>()
            };
            if n <= 4 {
                facts.top[n - 2] = self.top(length);
            } else {
                facts.duplicate_chars[n - 5] = self.covered(n, |place| chars(words[place]));
            }
        }
        facts
    }

    /// Finds the pairs whose words both occur twice, and numbers them.
    fn pairs(&mut self, words: &[u32], counts: &[u32]) {
        self.places.clear();
        self.ids.clear();
        let repeated = |word: u32| counts[word as usize] > 1;
        let Some((&first, rest)) = words.split_first() else {
            return;
        };
        let mut before = repeated(first);
        let mut found = [0; BLOCK];
        for (chunk, start) in rest.chunks(BLOCK).zip((0u32..).step_by(BLOCK)) {
            let mut len = 0;
            for (&word, place) in chunk.iter().zip(start..) {
                let now = repeated(word);
                found[len] = place;
                len += usize::from(before & now);
                before = now;
            }
            self.places.extend_from_slice(&found[..len]);
        }
        self.drop_unique(words);
        self.begin(self.places.len());
        for i in 0..self.places.len() {
            let place = self.places[i] as usize;
            let id = self.number(words[place], words[place + 1]);
            self.ids.push(id);
        }
    }

    /// Drops most pairs that occur once, so that the table is spared them: each pair leaves a trace in a cell
    /// that its hash chooses, and where there is only one, the pair is alone.
    fn drop_unique(&mut self, words: &[u32]) {
        let size = (2 * self.places.len())
            .next_power_of_two()
            .clamp(SMALLEST, LARGEST_CELLS);
        self.cells.clear();
        self.cells.resize(size, 0);
        let seeds = self.seeds;
        let cell = |place: u32| {
            let place = place as usize;
            let key = pair(words[place], words[place + 1]);
            (hash(key, seeds) >> 32) as usize & (size - 1)
        };
        for &place in &self.places {
            // 0, 1, 3, 3, …
            let trace = &mut self.cells[cell(place)];
            *trace = (*trace << 1 | 1) & 3;
        }
        let mut kept = 0;
        for i in 0..self.places.len() {
            let place = self.places[i];
            self.places[kept] = place;
            kept += usize::from(self.cells[cell(place)] >> 1);
        }
        self.places.truncate(kept);
    }

    /// Finds the places where two n-grams that occur twice overlap, and numbers the longer ones.
    fn lengthen(&mut self) {
        let candidates = self.places.len();
        std::mem::swap(&mut self.counts, &mut self.shorter);
        self.begin(candidates);
        let mut kept = 0;
        let mut found = [(0, 0, 0); BLOCK];
        let mut start = 0;
        while start + 1 < candidates {
            let end = (start + BLOCK).min(candidates - 1);
            let mut len = 0;
            let repeated = |id: u32| self.shorter[id as usize] > 1;
            let mut before = repeated(self.ids[start]);
            for i in start..end {
                let now = repeated(self.ids[i + 1]);
                let adjacent = self.places[i] + 1 == self.places[i + 1];
                found[len] = (self.places[i], self.ids[i], self.ids[i + 1]);
                len += usize::from(before & now & adjacent);
                before = now;
            }
            for &(place, left, right) in &found[..len] {
                // Behind what was read: `kept` never overtakes `start`.
                let id = self.number(left, right);
                self.places[kept] = place;
                self.ids[kept] = id;
                kept += 1;
            }
            start = end;
        }
        self.places.truncate(kept);
        self.ids.truncate(kept);
    }

    /// Forgets all numbers, for about so many n-grams.
    fn begin(&mut self, candidates: usize) {
        self.len = 0;
        self.size = (2 * candidates)
            .next_power_of_two()
            .clamp(SMALLEST, LARGEST_START);
        self.next_stamp();
    }

    fn next_stamp(&mut self) {
        if self.slots.len() < self.size {
            self.slots.resize(self.size, Slot::default());
        }
        // One more than can be counted: a count is set to zero before the n-gram is known to be new.
        if self.counts.len() <= self.size / 2 {
            self.counts.resize(self.size / 2 + 1, 0);
        }
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.slots.fill(Slot::default());
            self.stamp = 1;
        }
    }

    #[inline(always)]
    fn home(&self, key: u64) -> usize {
        hash(key, self.seeds) as usize & (self.size - 1)
    }

    /// The number of an n-gram, which is counted.
    #[inline(always)]
    fn number(&mut self, left: u32, right: u32) -> u32 {
        let key = pair(left, right);
        if 2 * self.len >= self.size {
            self.grow();
        }
        let place = self.home(key);
        let slot = self.slots[place];
        let new = slot.stamp != self.stamp;
        if !(new | (slot.key == key)) {
            return self.probe(key, place);
        }
        // The same steps for a new n-gram and a known one: which it is cannot be guessed.
        let id = select_unpredictable(new, self.len as u32, slot.id);
        self.counts[self.len] = 0;
        self.len += usize::from(new);
        self.counts[id as usize] += 1;
        let stamp = self.stamp;
        self.slots[place] = Slot { key, stamp, id };
        id
    }

    /// Looks behind a place that another n-gram has.
    #[inline(never)]
    fn probe(&mut self, key: u64, mut place: usize) -> u32 {
        loop {
            place = (place + 1) & (self.size - 1);
            let slot = self.slots[place];
            if slot.stamp != self.stamp {
                let (id, stamp) = (self.len as u32, self.stamp);
                self.slots[place] = Slot { key, stamp, id };
                self.counts[self.len] = 1;
                self.len += 1;
                return id;
            }
            if slot.key == key {
                self.counts[slot.id as usize] += 1;
                return slot.id;
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let stamp = self.stamp;
        let mut old: Vec<Slot> = self.slots[..self.size].to_vec();
        old.retain(|slot| slot.stamp == stamp);
        self.size *= 2;
        self.next_stamp();
        for slot in old {
            let mut place = self.home(slot.key);
            while self.slots[place].stamp == self.stamp {
                place = (place + 1) & (self.size - 1);
            }
            self.slots[place] = Slot {
                stamp: self.stamp,
                ..slot
            };
        }
    }

    /// The most frequent n-gram, when it occurs twice. Numbers ascend in the order of first appearance, so
    /// the first of equally frequent ones is the first in the text.
    fn top(&self, length: impl Fn(u32) -> u64) -> Option<TopGram> {
        let counts = &self.counts[..self.len];
        let count = *counts.iter().max()?;
        let id = counts.iter().position(|&c| c == count)? as u32;
        let at = self.ids.iter().position(|&i| i == id)?;
        (count > 1).then(|| TopGram {
            count: count.into(),
            chars: length(self.places[at]),
        })
    }

    /// Characters of the words in n-grams that occur twice, each word once.
    fn covered(&self, n: usize, chars: impl Fn(usize) -> u64) -> u64 {
        let mut sum = 0;
        let mut end = 0;
        for (&place, &id) in self.places.iter().zip(&self.ids) {
            if self.counts[id as usize] > 1 {
                let place = place as usize;
                for at in end.max(place)..place + n {
                    sum += chars(at);
                }
                end = place + n;
            }
        }
        sum
    }
}
