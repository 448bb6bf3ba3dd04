//! Runs of tokens that two texts share but for a few: Llama 2's way to tell what an evaluation set has in common with a text.
//!
//! A match begins with [`EXACT`] equal tokens, may differ in at most [`SKIPS`] places behind them, ends with an equal
//! token and is longer than [`EXACT`].

use std::collections::BTreeMap;
use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

use super::grams::Grams;

/// Tokens at the beginning of a match that are all equal; a match has more.
pub const EXACT: usize = 10;
/// Places in which a match may differ.
pub const SKIPS: usize = 4;

/// The tokens of items, by their runs of [`EXACT`].
#[derive(Debug, Default)]
pub struct Skips {
    /// The tokens of all items, one behind the other, as hashes.
    tokens: Vec<u64>,
    /// Where each item begins, and where the last one ends.
    starts: Vec<usize>,
    /// Runs of tokens, each with the places where it begins.
    runs: Grams,
}

/// What a text shares with items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shared {
    /// The tokens of the text that are in a match: ranges that neither overlap nor touch, in order.
    pub spans: Vec<Range<usize>>,
    /// The first match, in tokens of the text, and the item that it is of; the longest of those that begin there.
    pub first: Option<(Range<usize>, u32)>,
    /// Of each item that has a match, the share of its tokens that are in one.
    pub items: Vec<(u32, f64)>,
    /// How many tokens of the text are in a match.
    pub tokens: u64,
}

/// The hash of a token's bytes.
pub fn token(bytes: &[u8]) -> u64 {
    xxh3_64(bytes)
}

fn run(tokens: &[u64]) -> u64 {
    let mut bytes = [0; 8 * EXACT];
    for (place, token) in bytes.chunks_exact_mut(8).zip(tokens) {
        place.copy_from_slice(&token.to_le_bytes());
    }
    xxh3_64(&bytes)
}

impl Skips {
    /// The runs of items, each given by the hashes of its tokens.
    pub fn new(items: impl IntoIterator<Item = Vec<u64>>) -> Self {
        let mut skips = Self::default();
        let mut pairs = Vec::new();
        for item in items {
            let first = skips.tokens.len();
            skips.starts.push(first);
            if item.len() > EXACT {
                let runs = item.windows(EXACT).enumerate();
                pairs.extend(runs.map(|(at, tokens)| (run(tokens), (first + at) as u32)));
            }
            skips.tokens.extend(item);
        }
        skips.starts.push(skips.tokens.len());
        skips.runs = Grams::new(pairs);
        skips
    }

    /// How many tokens an item has.
    pub fn size(&self, item: usize) -> usize {
        self.starts[item + 1] - self.starts[item]
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        8 * (self.tokens.capacity() + self.starts.capacity()) + self.runs.memory()
    }

    /// What a text, given by the hashes of its tokens, shares with the items; `None` when nothing.
    pub fn find(&self, text: &[u64]) -> Option<Shared> {
        let mut shared = Shared::default();
        let mut covered = BTreeMap::<u32, Vec<Range<usize>>>::new();
        for (at, tokens) in text.windows(EXACT).enumerate() {
            let Some(number) = self.runs.find(run(tokens)) else {
                continue;
            };
            for &place in self.runs.owners(number) {
                let place = place as usize;
                let item = self.starts.partition_point(|start| *start <= place) - 1;
                let first = self.starts[item];
                // A match that begins earlier on the same equal tokens holds this one.
                if at > 0 && place > first && text[at - 1] == self.tokens[place - 1] {
                    continue;
                }
                let length = length(&text[at..], &self.tokens[place..self.starts[item + 1]]);
                if length <= EXACT {
                    continue;
                }
                let span = at..at + length;
                match &mut shared.first {
                    Some((first, of)) if first.start == at && first.len() < length => {
                        (*first, *of) = (span.clone(), item as u32);
                    }
                    Some(_) => {}
                    None => shared.first = Some((span.clone(), item as u32)),
                }
                shared.spans.push(span);
                let of_item = covered.entry(item as u32).or_default();
                of_item.push(place - first..place - first + length);
            }
        }
        shared.first.as_ref()?;
        shared.tokens = merge(&mut shared.spans) as u64;
        shared.items = covered
            .into_iter()
            .map(|(item, mut spans)| {
                let share = merge(&mut spans) as f64 / self.size(item as usize) as f64;
                (item, share)
            })
            .collect();
        Some(shared)
    }
}

/// How long the match at the beginning of both is, of which the first tokens are equal.
fn length(left: &[u64], right: &[u64]) -> usize {
    let (mut last, mut skipped) = (EXACT, 0);
    for (at, (left, right)) in left.iter().zip(right).enumerate().skip(EXACT) {
        if left == right {
            last = at + 1;
        } else if skipped == SKIPS {
            break;
        } else {
            skipped += 1;
        }
    }
    last
}

/// Puts together what overlaps or touches; gives the sum of the lengths.
fn merge(spans: &mut Vec<Range<usize>>) -> usize {
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for span in spans.drain(..) {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    *spans = merged;
    spans.iter().map(ExactSizeIterator::len).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(items: &[Vec<u64>], text: &[u64]) -> Option<Shared> {
        Skips::new(items.to_vec()).find(text)
    }

    #[test]
    fn matches_are_longer_than_ten() {
        let item: Vec<u64> = (0..30).collect();
        let short: Vec<u64> = (100..105).chain(0..10).chain(200..210).collect();
        assert_eq!(found(std::slice::from_ref(&item), &short), None);
        let eleven: Vec<u64> = (100..105).chain(3..14).chain(200..210).collect();
        let shared = found(std::slice::from_ref(&item), &eleven).expect("a match");
        assert_eq!(shared.first, Some((5..16, 0)));
        assert_eq!(shared.items, [(0, 11.0 / 30.0)]);
        assert_eq!(shared.tokens, 11);
    }

    #[test]
    fn four_places_may_differ() {
        let item: Vec<u64> = (0..40).collect();
        let differ = |places: &[usize]| {
            let mut text = item.clone();
            for place in places {
                text[*place] = 999;
            }
            let shared = found(std::slice::from_ref(&item), &text).unwrap_or_default();
            let spans = shared.spans.iter().map(|span| (span.start, span.end));
            spans.collect::<Vec<_>>()
        };
        assert_eq!(differ(&[12, 20, 21, 30]), [(0, 40)]);
        assert_eq!(differ(&[12, 14, 16, 18, 20]), [(0, 20), (21, 40)]);
        assert_eq!(differ(&[5, 15]), [(16, 40)]);
        assert_eq!(differ(&[39]), [(0, 39)]);
        assert_eq!(differ(&[5, 15, 25, 35]), []);
    }

    proptest! {
        /// The obvious twin: every begin in the text against every begin in every item.
        #[test]
        fn as_all_pairs_of_places(
            items in prop::collection::vec(prop::collection::vec(0u64..3, 0..30), 1..4),
            text in prop::collection::vec(0u64..3, 0..60),
        ) {
            let mut in_text = vec![false; text.len()];
            let mut in_items: Vec<Vec<bool>> = items.iter().map(|item| vec![false; item.len()]).collect();
            for (number, item) in items.iter().enumerate() {
                for at in 0..text.len() {
                    for place in 0..item.len() {
                        let (left, right) = (&text[at..], &item[place..]);
                        if left.len() < EXACT || right.len() < EXACT || left[..EXACT] != right[..EXACT] {
                            continue;
                        }
                        let longest = (EXACT + 1..=left.len().min(right.len())).rev().find(|&length| {
                            let differ = (0..length).filter(|&i| left[i] != right[i]).count();
                            differ <= SKIPS && left[length - 1] == right[length - 1]
                        });
                        for i in 0..longest.unwrap_or(0) {
                            in_text[at + i] = true;
                            in_items[number][place + i] = true;
                        }
                    }
                }
            }
            let tokens = in_text.iter().filter(|held| **held).count() as u64;
            let expected: Vec<(u32, f64)> = (0..)
                .zip(&in_items)
                .map(|(item, held)| (item, held.iter().filter(|held| **held).count() as f64 / held.len().max(1) as f64))
                .filter(|(_, share)| *share > 0.0)
                .collect();
            let shared = found(&items, &text).unwrap_or_default();
            prop_assert_eq!(shared.tokens, tokens);
            prop_assert_eq!(shared.items, expected);
            for span in shared.spans {
                prop_assert!(in_text[span.clone()].iter().all(|held| *held));
                prop_assert!(in_text.get(span.end).is_none_or(|held| !held));
            }
        }
    }
}
