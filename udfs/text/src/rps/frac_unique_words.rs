//! Distinct normalised words per normalised word.

use super::SOURCE;
use crate::document::Needs;
use crate::round::fraction;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_frac_unique_words",
    definition: "Distinct normalised words per normalised word. Rounded to 8 decimals.",
    undefined: "no normalised words",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_doc_frac_unique_words('the cat, the dog')", "0.75"),
    version: 1,
    needs: Needs::VOCABULARY,
    measure: Measure::Float(|d| fraction(d.word_counts().len() as u64, d.words())),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn words_are_normalised_first() {
        assert_eq!(value(&SIGNAL, "Cat cat, c-a-t dog"), Some(0.5));
        assert_eq!(value(&SIGNAL, "é e\u{301}"), Some(0.5));
        assert_eq!(value(&SIGNAL, "a a\0"), Some(1.0));
        assert_eq!(value(&SIGNAL, "..."), None);
    }
}
