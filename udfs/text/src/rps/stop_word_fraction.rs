//! Raw words that are in the stop word list of the language, per raw word.

use super::SOURCE;
use crate::document::Needs;
use crate::round::fraction;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_stop_word_fraction",
    definition: "Raw words that are in the stop word list of the language, per raw word. Case and Unicode form count: `The` is no stop word. Rounded to 8 decimals; 0.0 without normalised words.",
    undefined: "no stop word list for the language (there are lists for bg, de, en, es, fi, fr, it)",
    range: (0.0, 1.0),
    inputs: &[Input::Text, Input::Language],
    source: SOURCE,
    example: ("rps_doc_stop_word_fraction('the end of it.', 'en')", "0.6"),
    version: 1,
    needs: Needs::STOP_WORDS
        .union(Needs::RAW_WORDS)
        .union(Needs::WORDS),
    measure: Measure::Float(|d| {
        let hits = d.stop_words()?;
        if d.words() == 0 {
            return Some(0.0);
        }
        fraction(hits, d.raw_words().count)
    }),
};
