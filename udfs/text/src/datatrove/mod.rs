//! The quantities behind datatrove's filters, as its code computes them.
//!
//! Words used in the definitions. *Words* are the tokens of spaCy's blank English pipeline that are no whitespace;
//! punctuation marks are words. *Characters* are code points. Ratios are divisions of two counts and are not
//! rounded.

use crate::signal::Signal;

pub mod dup_grams;
pub mod duplicates;
pub mod lines;
pub mod sentence_count;
pub mod symbols;
pub mod top_gram;
pub mod words;

/// Where the quantities are defined.
const SOURCE: &str = "datatrove 0.10.1, https://github.com/huggingface/datatrove";

/// The signals in the order in which the filters ask for them.
pub static SIGNALS: &[&Signal] = &[
    &words::WORD_COUNT,
    &words::NON_SYMBOL_WORD_COUNT,
    &words::MEAN_WORD_LENGTH,
    &symbols::HASH_RATIO,
    &symbols::ELLIPSIS_RATIO,
    &lines::BULLET_LINE_RATIO,
    &lines::ELLIPSIS_LINE_RATIO,
    &words::ALPHA_WORD_RATIO,
    &words::STOP_WORD_COUNT,
    &duplicates::DUP_PARA_FRAC,
    &duplicates::DUP_PARA_CHAR_FRAC,
    &duplicates::DUP_LINE_FRAC,
    &duplicates::DUP_LINE_CHAR_FRAC,
    &top_gram::SIGNAL_2,
    &top_gram::SIGNAL_3,
    &top_gram::SIGNAL_4,
    &dup_grams::SIGNAL_5,
    &dup_grams::SIGNAL_6,
    &dup_grams::SIGNAL_7,
    &dup_grams::SIGNAL_8,
    &dup_grams::SIGNAL_9,
    &dup_grams::SIGNAL_10,
    &lines::LINE_PUNCT_RATIO,
    &lines::SHORT_LINE_RATIO,
    &duplicates::CHAR_DUP_RATIO,
    &lines::NEWLINE_WORD_RATIO,
    &sentence_count::SIGNAL,
];

/// A ratio of two counts; undefined when there is nothing to divide by.
fn ratio(count: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| count as f64 / of as f64)
}
