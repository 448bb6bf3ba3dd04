//! C4's cleaning of pages: its rules on lines, what they leave of a page, and the rules on the page that results.
//!
//! A page is cut into lines as Python's `str.splitlines` does. Each line is stripped, then meets the rules in
//! this order: it goes when it has a *long word* (more than 1,000 characters); citations (`[edit]`,
//! `[citation needed]`, numbers in brackets) are cut out of it; it goes without an *end mark*, or with `...` at
//! its end, or with too *few words*; it ends the page when it says *lorem ipsum*; it goes when it says
//! *javascript*; it ends the page when it has a `{`; it goes when it names a *policy* (`terms of use`,
//! `privacy policy`, `cookie policy`, `uses cookies`, `use of cookies`, `use cookies`). Phrases are found in any
//! case and inside of words. The implementations differ:
//!
//! | prefix | lines are | end marks | words, counted | sentences by |
//! |---|---|---|---|---|
//! | `datatrove_c4` | lines | `.` `?` `!` `"` `'` | 3, before citations are cut out | spaCy |
//! | `datatrove_c4_noterm` | lines | any end will do | 3, before | spaCy |
//! | `datatrove_c4_sentences` | spaCy's sentences | `.` `?` `!` `"` `'` | 3, before | each line is one |
//! | `c4_tfds` | lines | `.` `?` `!` `"` | 5, after | rules like Punkt's |
//!
//! The code that made C4 is `c4_tfds`; the paper swaps its numbers of words and sentences, and datatrove follows
//! the paper. A page that a rule ends is still cleaned to its end here, so that all columns keep their meaning
//! whatever a query demands; which rule ended it is what [`lorem_ipsum`] and [`curly_bracket`] tell.

mod bad_word_lists;
pub mod bad_words;
pub mod curly_bracket;
pub mod kept_lines;
mod lines;
pub mod lorem_ipsum;
pub mod num_sentences;
mod page;
mod rules;
pub mod text;
pub mod third_longest_line;

pub(crate) use lines::Lines;
pub(crate) use page::Pages;
pub use page::{Cleaner, Page};

use crate::signal::Signal;
use crate::transform::TextFunction;

/// Where datatrove's rules are defined.
const DATATROVE: &str =
    "datatrove 0.10.1 (C4QualityFilter), https://github.com/huggingface/datatrove";

/// Where the rules that made C4 are defined.
const TFDS: &str = "TensorFlow Datasets (text/c4_utils.py), https://github.com/tensorflow/datasets; arXiv 1910.10683";

/// The signals of this family.
pub static SIGNALS: &[&Signal] = &[
    &kept_lines::DATATROVE,
    &kept_lines::NO_TERMINAL,
    &kept_lines::TFDS,
    &lorem_ipsum::DATATROVE,
    &lorem_ipsum::NO_TERMINAL,
    &lorem_ipsum::SENTENCES,
    &lorem_ipsum::TFDS,
    &curly_bracket::DATATROVE,
    &curly_bracket::NO_TERMINAL,
    &curly_bracket::SENTENCES,
    &curly_bracket::TFDS,
    &num_sentences::DATATROVE,
    &num_sentences::NO_TERMINAL,
    &num_sentences::SENTENCES,
    &num_sentences::TFDS,
    &third_longest_line::SIGNAL,
    &bad_words::SIGNAL,
];

/// The cleaned texts of this family.
pub static TEXTS: &[&TextFunction] = &[
    &text::DATATROVE,
    &text::NO_TERMINAL,
    &text::SENTENCES,
    &text::TFDS,
];
