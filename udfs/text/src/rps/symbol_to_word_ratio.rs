//! Occurrences of `#`, `.

use super::SOURCE;
use crate::document::Needs;
use crate::round::fraction;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_symbol_to_word_ratio",
    definition: "Occurrences of `#`, `...` and U+2026 per raw word; `......` is two. Rounded to 8 decimals.",
    undefined: "no raw words",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_doc_symbol_to_word_ratio('so ... #1')", "0.5"),
    version: 1,
    needs: Needs::SYMBOLS.union(Needs::RAW_WORDS),
    measure: Measure::Float(|d| fraction(d.symbols(), d.raw_words().count)),
};
