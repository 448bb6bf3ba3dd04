//! Plain counts of a text that RedPajama-V2's signals divide by or that its crawl records carry.

use crate::signal::Signal;

pub mod ccnet_length;
pub mod ccnet_nlines;
pub mod lines_count;
pub mod raw_word_count;

/// Our own measures, with the published names where the published column holds the same quantity.
const SOURCE: &str = "CorpuSQL";

/// The counts.
pub static SIGNALS: &[&Signal] = &[
    &ccnet_length::SIGNAL,
    &ccnet_nlines::SIGNAL,
    &lines_count::SIGNAL,
    &raw_word_count::SIGNAL,
];
