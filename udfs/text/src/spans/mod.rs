//! Deduplication below the document: pieces that were met before, and what is cut out of a text without them.
//!
//! ```text
//!  text ─▶ pieces: lines, windows of sentences, n-grams ─▶ keys of 64 bits ─▶ which were met before? ─▶ spans ─▶ text without them
//!          ccnet.rs, c4.rs, sentences.rs, dolma.rs, bff.rs                    the caller: sorted,       chars.rs   without.rs
//!                                                                             or Seen, in order
//! ```
//!
//! [`Copies`] are ways whose pieces stay or go by the order of their copies alone, so that keys can be sorted; [`Grams`]
//! are ways that look at one document after the other ([`Judge`]). Each is a published pipeline's, and cuts what it cuts.

mod bff;
mod bloom;
mod c4;
mod ccnet;
mod chars;
mod copies;
mod dolma;
mod grams;
mod pieces;
mod seen;
mod sentences;
mod without;

pub use self::bff::Mode as BffMode;
pub use self::bloom::{Bloom, Shape};
pub use self::ccnet::normalise as ccnet_normalise;
pub use self::copies::{Copies, Tools};
pub use self::dolma::Asked;
pub use self::grams::{DocumentGrams, Grams, Judge, Verdict};
pub use self::seen::{KeySet, Seen};
pub use self::sentences::{Unit, Windows};
pub use self::without::without_spans;

/// The published ways whose pieces stay or go by the order of their copies, by name: whose keys they compare.
pub static COPIES: &[(&str, Copies)] = &[
    ("ccnet_paragraphs", Copies::Ccnet),
    ("dolma_paragraphs", Copies::Dolma(Asked::ALL)),
    (
        "dolma_paragraphs_skip_empty",
        Copies::Dolma(Asked {
            skip_empty: true,
            ..Asked::ALL
        }),
    ),
    (
        "dolma_paragraphs_min_20",
        Copies::Dolma(Asked {
            skip_empty: true,
            min_length: 20,
        }),
    ),
    ("datatrove_sentences", Copies::Datatrove(Windows::DEFAULT)),
    (
        "datatrove_sentences_1_no_min",
        Copies::Datatrove(Windows {
            size: 1,
            ..Windows::NO_MINIMA
        }),
    ),
    (
        "datatrove_lines_no_min",
        Copies::Datatrove(Windows {
            unit: Unit::Lines,
            ..Windows::NO_MINIMA
        }),
    ),
    ("c4_lines", Copies::C4 { min_sentences: 3 }),
];

/// The way of that name.
pub fn copies(name: &str) -> Option<Copies> {
    let found = COPIES.iter().find(|(known, _)| *known == name);
    found.map(|(_, way)| *way)
}

/// What is cut out of a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cut {
    /// Half-open ranges of characters in order; none overlaps another.
    pub spans: Vec<(u64, u64)>,
    /// Of ways that have one, the score of each span.
    pub scores: Vec<f64>,
    /// Whether the origin drops the document altogether.
    pub dropped: bool,
}

impl Cut {
    /// By how many characters the text gets shorter when `between` comes in place of spans inside it.
    pub fn removed(&self, text: &str, between: &str) -> i64 {
        if self.spans.is_empty() {
            return 0;
        }
        let characters = chars::beginning(text.as_bytes());
        let put = chars::beginning(between.as_bytes());
        let of_span = |&(start, end): &(u64, u64)| {
            let end = end.min(characters);
            let inside = start > 0 && end < characters && start < end;
            end.saturating_sub(start) as i64 - if inside { put as i64 } else { 0 }
        };
        self.spans.iter().map(of_span).sum()
    }

    /// Nothing is cut.
    pub fn clear(&mut self) {
        self.spans.clear();
        self.scores.clear();
        self.dropped = false;
    }
}
