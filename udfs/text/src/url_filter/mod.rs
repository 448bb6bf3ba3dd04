//! What datatrove's URL filter looks at, each part measured by itself.
//!
//! The filter of FineWeb drops a document whose URL is in a list of domains or of URLs, or holds words of three
//! lists: one banned word, two soft words, or one banned subword anywhere. The lists are the user's own
//! ([`UrlLists`](crate::UrlLists)); without them these signals are NULL. A URL is compared as it stands, upper and lower case
//! told apart, as datatrove does.

mod listed;
mod words;

use crate::signal::Signal;

/// The implementation that these signals equal.
const SOURCE: &str = "datatrove 0.10.1, URLFilter";
/// When they are NULL.
const UNDEFINED: &str = "no URL lists are loaded";

/// The signals, in the order in which the filter asks.
pub static SIGNALS: &[&Signal] = &[
    &listed::DOMAIN,
    &listed::HOST,
    &listed::URL,
    &words::BANNED,
    &words::SOFT,
    &words::SUBWORDS,
];
