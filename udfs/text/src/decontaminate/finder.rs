//! What a text holds of an index.

use std::collections::BTreeMap;
use std::ops::Range;

use xxhash_rust::xxh64::xxh64;

use super::index::Index;
use super::units::{Cutter, Joined};

/// Memory that is kept from one text to the next.
const KEPT: usize = 8 << 20;

/// Looks for grams in texts, one after the other; holds the memory that this takes. One for each thread.
#[derive(Debug, Default)]
pub struct Finder {
    cutter: Cutter,
    joined: Joined,
    text: String,
    /// For each length of grams, which unit begins a gram that is in the index, and the gram's number.
    hits: Vec<Vec<(u32, u32)>>,
}

/// What was found in a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// How many grams of the text are in the index.
    pub grams: u64,
    /// The first of them: its units joined by spaces.
    pub first_gram: String,
    /// Its number.
    pub first: u32,
    /// Where the grams lie in the text, from and to in characters; what overlaps or touches is one.
    pub spans: Vec<(u32, u32)>,
}

impl Finder {
    /// Whether a text holds any gram of an index.
    pub fn look(&mut self, index: &Index, text: &str) -> bool {
        if self.joined.memory() + self.cutter.memory() > KEPT {
            self.joined = Joined::default();
            self.cutter = Cutter::default();
        }
        let scheme = index.scheme();
        self.joined.clear();
        self.cutter.cut(scheme.units, text, &mut self.joined);
        let levels = index.levels();
        self.hits.resize_with(levels.len(), Vec::new);
        for (level, hits) in levels.iter().zip(&mut self.hits) {
            hits.clear();
            for i in 0..self.joined.grams(level.n) {
                if let Some(number) = level.grams.find(xxh64(self.joined.gram(i, level.n), 0)) {
                    hits.push((i as u32, number));
                }
            }
        }
        let any = self.hits.iter().any(|hits| !hits.is_empty());
        self.text.clear();
        if any {
            self.text.push_str(text);
        }
        any
    }

    /// The numbers of the grams of the scheme's length that the text before holds, ascending, each once.
    pub fn numbers(&self) -> Vec<u32> {
        let hits = self.hits.first().map_or(&[][..], Vec::as_slice);
        let mut numbers: Vec<u32> = hits.iter().map(|hit| hit.1).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// What the text before holds of the grams of the scheme's length that `counts` accepts by number; `None` when nothing.
    /// The others are forgotten.
    pub fn found(&mut self, index: &Index, counts: impl Fn(u32) -> bool) -> Option<Found> {
        let scheme = index.scheme();
        let hits = self.hits.first_mut()?;
        hits.retain(|hit| counts(hit.1));
        let &(unit, first) = hits.first()?;
        let gram = self.joined.gram(unit as usize, scheme.n);
        let mut found = Found {
            grams: hits.len() as u64,
            first_gram: String::from_utf8_lossy(gram).into_owned(),
            first,
            ..Found::default()
        };
        let places = self.cutter.places(scheme.units, &self.text);
        let hits = &self.hits[0];
        let mut spans: Vec<Range<usize>> = Vec::new();
        for (unit, _) in hits {
            let unit = *unit as usize;
            let (from, to) = (places[unit].start, places[unit + scheme.n - 1].end);
            match spans.last_mut() {
                Some(last) if from <= last.end => last.end = last.end.max(to),
                _ => spans.push(from..to),
            }
        }
        found.spans = in_characters(&self.text, &spans);
        Some(found)
    }

    /// The places of items that have grams of their own length in the text before, ascending.
    pub fn items(&self, index: &Index) -> Vec<u32> {
        self.shares(index)
            .into_iter()
            .map(|(item, _)| item)
            .collect()
    }

    /// Of the items that have grams of their own length in the text before, in their order, the share of their grams that the text holds.
    pub fn shares(&self, index: &Index) -> Vec<(u32, f64)> {
        let mut held = BTreeMap::<u32, u32>::new();
        let several = index.levels().len() > 1;
        for (place, (level, hits)) in index.levels().iter().zip(&self.hits).enumerate() {
            let mut numbers: Vec<u32> = hits.iter().map(|hit| hit.1).collect();
            numbers.sort_unstable();
            numbers.dedup();
            for owner in numbers.into_iter().flat_map(|n| level.grams.owners(n)) {
                // The grams of the scheme's length are those of all items, whatever their own is.
                if !several || index.level_of(*owner as usize) == place {
                    *held.entry(*owner).or_default() += 1;
                }
            }
        }
        held.into_iter()
            .map(|(item, grams)| {
                (
                    item,
                    f64::from(grams) / f64::from(index.size(item as usize).max(1)),
                )
            })
            .collect()
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        let hits: usize = self.hits.iter().map(|hits| 8 * hits.capacity()).sum();
        self.cutter.memory() + self.joined.memory() + self.text.capacity() + hits
    }
}

/// Ascending ranges of bytes as ranges of characters.
fn in_characters(text: &str, ranges: &[Range<usize>]) -> Vec<(u32, u32)> {
    let (mut byte, mut char) = (0, 0);
    let mut count = |to: usize| {
        char += text[byte..to].chars().count() as u32;
        byte = to;
        char
    };
    ranges
        .iter()
        .map(|range| (count(range.start), count(range.end)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use proptest::prelude::*;

    use super::Finder;
    use crate::decontaminate::{Index, Item, Scheme};
    use crate::words::splitters::whitespace;

    #[test]
    fn spans_overlap_and_are_in_characters() {
        let items = [Item {
            query: "",
            labels: &["x y z u"][..],
        }];
        let index = Index::new(Scheme::datatrove(2, false, true), &items, |_| 0);
        let mut finder = Finder::default();
        assert!(finder.look(&index, "ÄÖ, X, Ý z! no y? Z"));
        let found = finder.found(&index, |_| true).expect("there is something");
        assert_eq!(found.grams, 3);
        assert_eq!(found.first_gram, "x y");
        assert_eq!(found.spans, [(4, 10), (15, 19)]);
        // Without one of the grams.
        assert!(finder.look(&index, "x y z"));
        let first = finder.numbers()[0];
        let found = finder
            .found(&index, |number| number != first)
            .expect("the other");
        assert_eq!(found.grams, 1);
        assert!(finder.look(&index, "x y z"));
        assert_eq!(finder.found(&index, |_| false), None);
        assert!(!finder.look(&index, ""));
        assert!(finder.numbers().is_empty());
    }

    #[test]
    fn shares_of_items() {
        let items = ["a b c d", "a b a b", "q"].map(|query| Item {
            query,
            labels: &[""; 0][..],
        });
        let index = Index::new(Scheme::plain_words(2), &items, |_| 0);
        let mut finder = Finder::default();
        assert!(finder.look(&index, "A b, c!"));
        assert_eq!(finder.shares(&index), [(0, 2.0 / 3.0), (1, 2.0 / 3.0)]);
        assert_eq!(index.size(2), 0);
    }

    proptest! {
        /// The obvious twin: sets of windows of words.
        #[test]
        fn as_sets_of_windows(
            items in prop::collection::vec("(?:[abc][ .,]){0,9}", 1..4),
            text in "(?:[abcD][ \n!]){0,30}",
            n in 1_usize..4,
        ) {
            let words = |text: &str| -> Vec<String> {
                whitespace(text)
                    .map(|word| word.replace(|c: char| c.is_ascii_punctuation(), "").to_lowercase())
                    .filter(|word| !word.is_empty())
                    .collect()
            };
            let all: Vec<Item> = items.iter().map(|query| Item { query, labels: &[] }).collect();
            let index = Index::new(Scheme::plain_words(n), &all, |_| 0);
            let mut owners = HashMap::<Vec<String>, BTreeSet<u32>>::new();
            for (place, item) in (0..).zip(&items) {
                for window in words(item).windows(n) {
                    owners.entry(window.to_vec()).or_default().insert(place);
                }
            }
            let windows: Vec<Vec<String>> = words(&text).windows(n).map(<[String]>::to_vec).collect();
            let hits: Vec<_> = windows.iter().filter(|window| owners.contains_key(*window)).collect();
            let mut finder = Finder::default();
            prop_assert_eq!(finder.look(&index, &text), !hits.is_empty());
            let of_text = finder.items(&index);
            let found = finder.found(&index, |_| true);
            prop_assert_eq!(found.is_some(), !hits.is_empty());
            if let Some(found) = found {
                prop_assert_eq!(found.grams, hits.len() as u64);
                prop_assert_eq!(found.first_gram, hits[0].join(" "));
                let items: BTreeSet<u32> = hits.iter().flat_map(|hit| owners[*hit].clone()).collect();
                prop_assert_eq!(of_text, items.into_iter().collect::<Vec<_>>());
            }
        }
    }
}
