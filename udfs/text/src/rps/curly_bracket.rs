//! Curly brackets `{` and `}` per character of the text.

use super::SOURCE;
use crate::document::Needs;
use crate::round::fraction;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_curly_bracket",
    definition: "Curly brackets `{` and `}` per character of the text. ASCII braces only; rounded to 8 decimals; 0.0 for empty text.",
    undefined: "never",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_doc_curly_bracket('a{b}')", "0.5"),
    version: 1,
    needs: Needs::CHARS.union(Needs::BRACES),
    measure: Measure::Float(|d| Some(fraction(d.braces(), d.chars()).unwrap_or(0.0))),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn fullwidth_braces_do_not_count() {
        assert_eq!(value(&SIGNAL, "{}ab"), Some(0.5));
        assert_eq!(value(&SIGNAL, "\u{ff5b}\u{ff5d}"), Some(0.0));
        assert_eq!(value(&SIGNAL, ""), Some(0.0));
        assert_eq!(value(&SIGNAL, "é{"), Some(0.5));
    }
}
