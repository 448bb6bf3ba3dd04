//! Occurrences of entries of the bad word list of the language among the n-grams of normalised words, overlaps included.

use super::SOURCE;
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_ldnoobw_words",
    definition: "Occurrences of entries of the bad word list of the language among the n-grams of normalised words, overlaps included. The entries are compared as they are listed, so those with capitals, precomposed accents or ASCII punctuation never occur.",
    undefined: "no bad word list for the language (there are lists for de, en, es, fr, it and empty ones for bg, fi)",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text, Input::Language],
    source: SOURCE,
    example: ("rps_doc_ldnoobw_words('A fine day.', 'en')", "0.0"),
    version: 1,
    needs: Needs::BAD_WORDS,
    measure: Measure::Float(|d| d.bad_words().map(|hits| hits as f64)),
};
