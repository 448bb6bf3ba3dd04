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

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn ellipses_do_not_overlap() {
        assert_eq!(value(&SIGNAL, "a ......"), Some(1.0));
        assert_eq!(value(&SIGNAL, "a ....…b"), Some(0.66666667));
        assert_eq!(value(&SIGNAL, "##"), Some(2.0));
        assert_eq!(value(&SIGNAL, " "), None);
    }
}
