//! Words between spaces, and lines: how Dolma, DCLM and SlimPajama look at a text.
//!
//! A word is what Python's `str.split()` gives, nothing cut off and no letter changed; a line is what
//! `split("\n")` gives. The pass over the bytes sees the same bit masks as the first view's (`block.rs`), the
//! words are numbered by the same table (`vocabulary.rs`) and their n-grams are counted by the same code
//! (`grams.rs`).
//!
//! ```text
//! text ─▶ 64 bytes ─▶ masks ─▶ counts, words of lines                          scan.rs
//!                       ├────▶ borders of words ─▶ numbers ─▶ distinct.rs, n-grams here
//!                       ├────▶ line feeds ─▶ how lines begin and end, repeats  lines.rs, repeats.rs
//!                       ├────▶ line feeds ─▶ what RefinedWeb's rules leave     refinedweb/lines.rs
//!                       └────▶ `@`, digits ─▶ e-mail addresses and the like     pii.rs
//! ```

mod distinct;
mod lines;
mod listed;
mod pii;
mod repeats;
mod scan;

use std::fmt;

pub(crate) use self::lines::{LineCounts, Lines};
pub(crate) use self::pii::Matches;

use self::distinct::Distinct;
use self::listed::Listed;
use self::pii::Pii;
pub(crate) use self::scan::LineFacts;
use self::scan::{Found, parts_for, scan};
use super::KEPT;
use super::grams::{Grams, LONGEST};
use super::vocabulary::Vocabulary;
use crate::c4;
use crate::document::{Needs, TopGram};
use crate::refinedweb::{self, Left};

/// All that was seen of a document's words and lines, and the memory to see the next one.
pub(crate) struct Spaced {
    pub(crate) found: Found,
    pub(crate) lines: Lines,
    pub(crate) pii: Pii,
    pub(crate) distinct: Distinct,
    pub(crate) listed: Listed,
    /// What RefinedWeb's rules leave.
    pub(crate) refined: Left,
    grams: SpacedGrams,
    vocabulary: Vocabulary,
    counter: Grams,
}

/// The words between spaces of a text. What other kinds of words are in one is the same wherever it stands, so that
/// is found where it stands first.
pub(crate) struct Chunks<'s> {
    pub(crate) text: &'s str,
    /// Their numbers, which ascend in the order of first appearance.
    pub(crate) words: &'s [u32],
    /// Where each begins and ends, in bytes.
    pub(crate) spans: &'s [(u32, u32)],
    /// Whether spaces beyond ASCII are between some of them.
    pub(crate) wide_spaces: bool,
    /// Where they are numbered. What is added to it has higher numbers than they have.
    pub(crate) vocabulary: &'s mut Vocabulary,
}

/// The longest chunk of which the words are kept, in bytes: longer ones are seldom repeated, and have many.
pub(crate) const LONGEST_CHUNK: usize = 64;

/// What n-grams of words say.
#[derive(Clone, Copy, Debug, Default)]
struct SpacedGrams {
    /// For n of 2 to 4.
    top: [Option<TopGram>; 3],
    /// For n of 5 to 10: characters of the words of all n-grams that occur twice, and of all n-grams.
    repeated: [(u64, u64); 6],
}

impl Default for Spaced {
    fn default() -> Self {
        Self {
            found: Found::default(),
            lines: Lines::default(),
            pii: Pii::default(),
            distinct: Distinct::default(),
            listed: Listed::default(),
            refined: Left::default(),
            grams: SpacedGrams::default(),
            vocabulary: Vocabulary::new(),
            counter: Grams::new(),
        }
    }
}

impl fmt::Debug for Spaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spaced")
            .field("memory", &self.memory())
            .finish_non_exhaustive()
    }
}

impl Spaced {
    /// Looks at a text, which is split into lines, as closely as `needs` says.
    pub(crate) fn look(&mut self, text: &str, needs: Needs, split: &c4::Lines) {
        let parts = parts_for(needs);
        let numbered = parts & scan::part::WORDS != 0;
        self.found.clear();
        self.pii = Pii::default();
        self.distinct.clear();
        self.listed = Listed::default();
        self.grams = SpacedGrams::default();
        self.lines.begin(
            needs.contains(Needs::SPACED_REPEATED_LINES),
            needs.contains(Needs::SPACED_PARAGRAPHS),
        );
        self.vocabulary.clear(if numbered { text.len() } else { 0 });
        scan(
            text,
            parts,
            &mut self.found,
            &mut self.vocabulary,
            &mut self.lines,
            &mut self.pii,
        );
        if parts & scan::part::LINES != 0 {
            self.lines.end(text);
        }
        if parts & scan::part::PII != 0 {
            self.pii.end(text, &self.found.counts);
        }
        if parts & scan::part::LINE_FACTS != 0 {
            self.refined = refinedweb::left(text, &mut self.found.line_facts);
        }
        if !needs.contains(Needs::SPACED_DISTINCT) {
            return;
        }
        self.distinct.measure(&self.vocabulary);
        if needs.contains(Needs::SPACED_LISTED) {
            let words = &self.found.words;
            self.listed.measure(text, split, words, &self.vocabulary);
        }
        self.count_grams(needs);
    }

    /// The words of the text that was looked at, for what is known of a word to be found once for each distinct one.
    pub(crate) fn chunks<'s>(&'s mut self, text: &'s str) -> Chunks<'s> {
        Chunks {
            text,
            words: &self.found.words,
            spans: &self.found.spans,
            wide_spaces: self.found.wide_spaces,
            vocabulary: &mut self.vocabulary,
        }
    }

    /// Where words are numbered.
    pub(crate) fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The n-gram of 2 to 4 words that occurs most often, the first in the text among equals; `None` when
    /// there is no n-gram.
    pub(crate) fn top_gram(&self, n: usize) -> Option<TopGram> {
        self.grams.top[n - 2]
    }

    /// Characters of the words of all n-grams of 5 to 10 words that occur at least twice, each occurrence
    /// counted, and of all n-grams; `None` when there is no n-gram.
    pub(crate) fn repeated_grams(&self, n: usize) -> Option<(u64, u64)> {
        (self.found.counts.words >= n as u64).then(|| self.grams.repeated[n - 5])
    }

    /// Bytes of memory held.
    pub(crate) fn memory(&self) -> usize {
        self.found.memory()
            + self.lines.memory()
            + self.distinct.memory()
            + self.vocabulary.memory()
            + self.counter.memory()
    }

    /// Gives back memory that only a very long document needs.
    pub(crate) fn give_back(&mut self) {
        if self.memory() > KEPT {
            *self = Self::default();
        }
    }

    fn count_grams(&mut self, needs: Needs) {
        let longest = if needs.contains(Needs::SPACED_REPEATED_GRAMS) {
            LONGEST
        } else if needs.contains(Needs::SPACED_TOP_GRAMS) {
            4
        } else {
            return;
        };
        let words = &self.found.words[..];
        let known = self.vocabulary.words();
        let chars = self.distinct.chars();
        let chars_at = |place: usize| u64::from(chars[words[place] as usize]);
        let chars_of = |place: usize, n: usize| (place..place + n).map(chars_at).sum::<u64>();

        let facts = &mut self.grams;
        let counted = known.iter().zip(chars);
        let all: u64 = counted
            .map(|(word, &chars)| u64::from(word.count()) * u64::from(chars))
            .sum();
        // Each n-gram is what is before its end without what is before its begin; what stands in both sums falls out.
        let (mut ends, mut begins) = (0, 0);
        let (mut behind, mut before) = (0, 0);
        for n in 1..=longest.min(words.len()) {
            ends += all - behind;
            begins += before;
            behind += chars_at(words.len() - n);
            before += chars_at(n - 1);
            if n > 4 {
                facts.repeated[n - 5].1 = ends - begins;
            } else if n > 1 {
                let (count, chars) = (1, before);
                facts.top[n - 2] = Some(TopGram { count, chars });
            }
        }
        let repeated = |word: u32| known[word as usize].count() > 1;
        self.counter.look(words, repeated, longest, |n, level| {
            if n > 4 {
                // Most stand behind another that is repeated.
                let (mut next, mut chars) = (usize::MAX, 0);
                let sums = level.repeated().map(|place| {
                    chars = if place == next {
                        chars + chars_at(place + n - 1) - chars_at(place - 1)
                    } else {
                        chars_of(place, n)
                    };
                    next = place + 1;
                    chars
                });
                facts.repeated[n - 5].0 = sums.sum();
            } else if let Some((place, count)) = level.top() {
                let chars = chars_of(place, n);
                facts.top[n - 2] = Some(TopGram { count, chars });
            }
        });
    }
}
