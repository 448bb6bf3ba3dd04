//! Bad words, as C4 looks for them.

use super::DATATROVE;
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "c4_bad_words",
    definition: "Occurrences in the lowercase text of entries of the language's list of bad words (LDNOOBW; English at commit 25e679f, others at 5faf2ba) that have no word character right before or behind; for ja, th and zh occurrences anywhere. Overlapping ones count. Left out are `sm`, `グロ`, `女の子` and `性`. Entries with capitals are compared as they stand, so they never occur.",
    undefined: "without a list for the language",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text, Input::Language],
    source: DATATROVE,
    example: ("c4_bad_words('A nude, by Goya', 'en')", "1"),
    version: 1,
    needs: Needs::C4_BAD_WORDS,
    measure: Measure::Int(|d| d.c4_bad_words().map(|hits| hits as i64)),
};
