//! 1 minus the share of raw words with an ASCII letter.

use super::SOURCE;
use crate::document::Needs;
use crate::round::round8;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_frac_no_alph_words",
    definition: "1 minus the share of raw words with an ASCII letter. Non-Latin text scores 1.0. Rounded to 8 decimals.",
    undefined: "no raw words",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_doc_frac_no_alph_words('3 cats, 2 dogs')", "0.6"),
    version: 1,
    needs: Needs::RAW_WORDS,
    measure: Measure::Float(|d| {
        let words = d.raw_words();
        (words.count > 0).then(|| round8(1.0 - words.with_letter as f64 / words.count as f64))
    }),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn only_ascii_letters_count() {
        assert_eq!(value(&SIGNAL, "ab 12 c3"), Some(0.33333333));
        assert_eq!(value(&SIGNAL, "слово"), Some(1.0));
        assert_eq!(value(&SIGNAL, "é"), Some(1.0));
        assert_eq!(value(&SIGNAL, " "), None);
    }
}
