//! FineWeb-2's figures: thresholds and stop words for each language.
//!
//! The figures are data (`data/fineweb2.tsv`), of some of its languages. They are thresholds for quantities over the
//! words of the language's own tokeniser; here only those languages can be judged whose words datatrove cuts by spaCy's
//! English rules, since no other of its tokenisers is here.

use crate::signal::Signal;

pub mod stop_word_count;
mod table;

pub use table::{NAMES, threshold};

/// Where the figures are from.
const SOURCE: &str = "FineWeb-2 (arXiv 2506.20920), https://github.com/huggingface/fineweb-2 (configs); datatrove 0.10.1";

/// The signals of this family.
pub static SIGNALS: &[&Signal] = &[&stop_word_count::SIGNAL];
