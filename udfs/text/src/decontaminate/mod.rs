//! Texts that hold pieces of evaluation sets.
//!
//! ```text
//! items ─▶ units ─▶ grams ─▶ Index        a unit: a word, or a paragraph
//!                              │          a gram: so many units side by side, hashed
//! text ──▶ units ─▶ grams ─▶ Finder ─▶ Found: which grams, of which items, where in the text
//! ```
//!
//! Pipelines differ in what a unit is, how long grams are, and which grams of an item count: a [`Scheme`] fixes these.
//! What makes a text contaminated is the caller's judgement.
//!
//! ```
//! use corpusql_text::decontaminate::{Finder, Index, Item, Scheme};
//!
//! let item = Item { query: "How many legs has a spider, and why so many of them?", labels: &["Eight."] };
//! let index = Index::new(Scheme::datatrove(5, true, true), &[item], |_| 0);
//! let mut finder = Finder::default();
//! assert!(finder.look(&index, "Say how many legs has a spider."));
//! assert_eq!(finder.items(&index), [0]);
//! let found = finder.found(&index, |_| true).ok_or("nothing is left")?;
//! assert_eq!(found.first_gram, "how many legs has a");
//! assert_eq!(found.spans, [(4, 30)]);
//! # Ok::<(), &str>(())
//! ```

mod finder;
mod grams;
mod index;
mod pieces;
pub mod skips;
mod units;

pub use finder::{Finder, Found};
pub use grams::Grams;
pub use index::{Index, Item};
pub use pieces::{Cut, WINDOW, cut};

/// What grams are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Units {
    /// The tokens of spaCy's blank English pipeline in datatrove's simplified text.
    SimplifiedSpacyEn,
    /// What whitespace separates, in lower case, without the characters of Python's `string.punctuation`; what
    /// is empty then is no word.
    PlainWords,
    /// What line feeds separate, as it is.
    Paragraphs,
}

/// Which grams of an item count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parts {
    /// Those of each label; those of the query; those that begin in the query and end in a label.
    Apart {
        /// Whether those within the query count.
        query: bool,
        /// Whether those across count.
        across: bool,
    },
    /// Those of the query and the labels, one behind the other.
    Joined,
    /// Paragraphs of query and labels that have this many words by UAX #29, and are not all punctuation.
    Paragraphs {
        /// The fewest words.
        words: usize,
    },
}

/// A way to tell whether a text holds pieces of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scheme {
    /// What grams are made of.
    pub units: Units,
    /// Units of a gram.
    pub n: usize,
    /// Which grams of an item count.
    pub parts: Parts,
}

impl Scheme {
    /// datatrove's n-grams, hashed by XXH64 of the tokens joined by a space.
    pub fn datatrove(n: usize, query: bool, across: bool) -> Self {
        Self {
            units: Units::SimplifiedSpacyEn,
            n,
            parts: Parts::Apart { query, across },
        }
    }

    /// n-grams of plain words, as in GPT-3 and PaLM.
    pub fn plain_words(n: usize) -> Self {
        Self {
            units: Units::PlainWords,
            n,
            parts: Parts::Joined,
        }
    }

    /// Whole paragraphs, as in Dolma and Paloma.
    pub fn paragraphs(words: usize) -> Self {
        Self {
            units: Units::Paragraphs,
            n: 1,
            parts: Parts::Paragraphs { words },
        }
    }
}
