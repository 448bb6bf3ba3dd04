//! Characters per normalised word, after canonical decomposition (an accented letter counts 2).

use super::SOURCE;
use crate::document::Needs;
use crate::round::fraction;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_mean_word_length",
    definition: "Characters per normalised word, after canonical decomposition (an accented letter counts 2). Rounded to 8 decimals.",
    undefined: "no normalised words",
    range: (1.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_doc_mean_word_length('The cat sat.')", "3.0"),
    version: 1,
    needs: Needs::VOCABULARY,
    measure: Measure::Float(|d| fraction(d.word_chars(), d.words())),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn lengths_are_decomposed() {
        assert_eq!(value(&SIGNAL, "é"), Some(2.0));
        assert_eq!(value(&SIGNAL, "한국"), Some(6.0));
        assert_eq!(value(&SIGNAL, "don't stop"), Some(4.0));
        assert_eq!(value(&SIGNAL, "-"), None);
    }
}
