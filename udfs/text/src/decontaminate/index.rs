//! Items of evaluation sets → the grams that tell them.

use xxhash_rust::xxh64::xxh64;

use super::grams::Grams;
use super::units::{Cutter, Joined};
use super::{Parts, Scheme};
use crate::words::classes::{Classes, PUNCT};
use crate::words::is_space;
use crate::words::splitters::uax29;

/// A question of an evaluation set.
#[derive(Clone, Copy, Debug)]
pub struct Item<'t, S = &'t str> {
    /// The question.
    pub query: &'t str,
    /// The right answers.
    pub labels: &'t [S],
}

/// The grams of items, by the length of grams that their benchmark has.
#[derive(Debug)]
pub struct Index {
    scheme: Scheme,
    levels: Vec<Level>,
    /// Of each item, which level has the grams that tell it, and how many these are.
    level_of: Vec<u8>,
    sizes: Vec<u32>,
    /// Of each item, the units of its query and labels.
    units: Vec<u32>,
}

/// Grams of one length.
#[derive(Debug)]
pub(super) struct Level {
    pub(super) n: usize,
    pub(super) grams: Grams,
}

impl Index {
    /// The grams of `items`. `n_of` says of an item's place whether grams of another length than the scheme's tell it: 0 for no.
    /// The grams of the scheme's length are those of all items then, too.
    pub fn new<S: AsRef<str>>(
        scheme: Scheme,
        items: &[Item<'_, S>],
        n_of: impl Fn(usize) -> usize,
    ) -> Self {
        let mut writer = Writer::default();
        let mut lengths: Vec<usize> = (0..items.len()).map(&n_of).collect();
        for n in &mut lengths {
            if *n == 0 {
                *n = scheme.n;
            }
        }
        let mut others = lengths.clone();
        others.sort_unstable();
        others.dedup();
        others.retain(|&n| n != scheme.n);
        let mut sizes = vec![0; items.len()];
        let mut units = vec![0; items.len()];
        let mut level_of = vec![0; items.len()];
        let mut levels = Vec::with_capacity(1 + others.len());
        for n in std::iter::once(scheme.n).chain(others) {
            let scheme = Scheme { n, ..scheme };
            let mut pairs = Vec::new();
            for (place, item) in items.iter().enumerate() {
                if n != lengths[place] && !levels.is_empty() {
                    continue;
                }
                let before = pairs.len();
                units[place] = writer.item(scheme, item, |hash| {
                    pairs.push((hash, place as u32));
                }) as u32;
                if n == lengths[place] {
                    sizes[place] = (pairs.len() - before) as u32;
                    level_of[place] = levels.len() as u8;
                }
            }
            levels.push(Level {
                n,
                grams: Grams::new(pairs),
            });
        }
        Self {
            scheme,
            levels,
            level_of,
            sizes,
            units,
        }
    }

    /// How it was made.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The grams of the scheme's length.
    pub fn grams(&self) -> &Grams {
        &self.levels[0].grams
    }

    /// Grams of each length, that of the scheme first.
    pub(super) fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// How many grams of its own length an item has: with none, nothing can tell it.
    pub fn size(&self, item: usize) -> u32 {
        self.sizes[item]
    }

    /// Which of the levels has the grams of an item's own length.
    pub(super) fn level_of(&self, item: usize) -> usize {
        usize::from(self.level_of[item])
    }

    /// How many units an item has.
    pub fn units(&self, item: usize) -> u32 {
        self.units[item]
    }

    /// Bytes of memory held.
    pub fn memory(&self) -> usize {
        let levels = self.levels.iter().map(|level| level.grams.memory());
        levels.sum::<usize>() + 9 * self.sizes.capacity()
    }
}

#[derive(Default)]
struct Writer {
    cutter: Cutter,
    query: Joined,
    label: Joined,
}

impl Writer {
    /// Hands out the grams of an item; gives how many units it has.
    fn item<S: AsRef<str>>(
        &mut self,
        scheme: Scheme,
        item: &Item<'_, S>,
        mut emit: impl FnMut(u64),
    ) -> usize {
        let Scheme { units, n, parts } = scheme;
        let each = |joined: &Joined, emit: &mut dyn FnMut(u64)| {
            for i in 0..joined.grams(n) {
                emit(xxh64(joined.gram(i, n), 0));
            }
        };
        self.query.clear();
        self.cutter.cut(units, item.query, &mut self.query);
        match parts {
            Parts::Joined => {
                for label in item.labels {
                    self.cutter.cut(units, label.as_ref(), &mut self.query);
                }
                each(&self.query, &mut emit);
                self.query.len()
            }
            Parts::Paragraphs { words } => {
                let labels = item.labels.iter().map(AsRef::as_ref);
                let paragraphs = std::iter::once(item.query)
                    .chain(labels)
                    .flat_map(|text| text.split('\n'));
                let mut count = 0;
                for paragraph in paragraphs {
                    count += 1;
                    if uax29(paragraph).nth(words.saturating_sub(1)).is_some()
                        && !is_punctuation(paragraph)
                    {
                        emit(xxh64(paragraph.as_bytes(), 0));
                    }
                }
                count
            }
            Parts::Apart { query, across } => {
                if query {
                    each(&self.query, &mut emit);
                }
                let mut count = self.query.len();
                for label in item.labels {
                    self.label.clear();
                    self.cutter.cut(units, label.as_ref(), &mut self.label);
                    count += self.label.len();
                    each(&self.label, &mut emit);
                    if !across {
                        continue;
                    }
                    // So many units of the query's end, the rest from the label's beginning.
                    for tail in 1..n {
                        if self.query.len() < tail || self.label.len() < n - tail {
                            continue;
                        }
                        let from = self.query.len() - tail;
                        let gram = [
                            self.query.gram(from, tail),
                            b" ",
                            self.label.gram(0, n - tail),
                        ];
                        emit(xxh64(&gram.concat(), 0));
                    }
                }
                count
            }
        }
    }
}

/// Whether a paragraph is all punctuation, whitespace and emoji.
fn is_punctuation(paragraph: &str) -> bool {
    let classes = Classes::get();
    paragraph.chars().all(|c| {
        is_space(c)
            || c.is_ascii_punctuation()
            || classes.of(c as u32) & PUNCT != 0
            || matches!(c, '\u{2600}'..='\u{27BF}' | '\u{1F300}'..='\u{1F64F}' | '\u{1F680}'..='\u{1F6FF}')
    })
}

#[cfg(test)]
mod tests {
    use super::{Index, Item, Scheme, is_punctuation};
    use xxhash_rust::xxh64::xxh64;

    fn hashes(scheme: Scheme, query: &str, labels: &[&str]) -> Vec<u64> {
        let index = Index::new(scheme, &[Item { query, labels }], |_| 0);
        index.grams().hashes().to_vec()
    }

    fn expected(grams: &[&str]) -> Vec<u64> {
        let mut hashes: Vec<u64> = grams.iter().map(|gram| xxh64(gram.as_bytes(), 0)).collect();
        hashes.sort_unstable();
        hashes
    }

    #[test]
    fn the_example_of_datatrove() {
        let of = |query, across| {
            hashes(
                Scheme::datatrove(4, query, across),
                "a b c d e",
                &["f g h w j"],
            )
        };
        let label = ["f g h w", "g h w j"];
        let query = ["a b c d", "b c d e"];
        let across = ["c d e f", "d e f g", "e f g h"];
        assert_eq!(of(false, false), expected(&label));
        assert_eq!(of(true, false), expected(&[label, query].concat()));
        assert_eq!(
            of(false, true),
            expected(&[&label[..], &across[..]].concat())
        );
    }

    #[test]
    fn short_queries_and_labels() {
        let of = |query, label| hashes(Scheme::datatrove(4, true, true), query, &[label]);
        assert_eq!(of("e", "f g h"), expected(&["e f g h"]));
        assert_eq!(of("c d e", "f"), expected(&["c d e f"]));
        assert!(of("d e", "f").is_empty());
        assert!(of("", "").is_empty());
        assert_eq!(
            hashes(Scheme::datatrove(1, false, true), "a", &["f"]),
            expected(&["f"])
        );
    }

    #[test]
    fn joined_words_and_other_lengths() {
        let scheme = Scheme::plain_words(3);
        let items = [
            Item {
                query: "One, two:",
                labels: &["three.", "Four"][..],
            },
            Item {
                query: "one two",
                labels: &[][..],
            },
        ];
        let index = Index::new(scheme, &items, |place| [0, 2][place]);
        assert_eq!(
            index.grams().hashes(),
            expected(&["one two three", "two three four"])
        );
        assert_eq!(index.levels()[1].grams.hashes(), expected(&["one two"]));
        assert_eq!((index.size(0), index.size(1)), (2, 1));
        assert_eq!((index.units(0), index.units(1)), (4, 2));
    }

    #[test]
    fn paragraphs_of_some_length() {
        let text = "one two three.\none two\n. . . . . ☀";
        assert_eq!(
            hashes(Scheme::paragraphs(4), text, &["a b c d"]),
            expected(&["one two three.", "a b c d"])
        );
        assert!(is_punctuation(" —…$ ☀"));
        assert!(!is_punctuation("— é"));
    }
}
