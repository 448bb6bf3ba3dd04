//! Raw words in capitals (at least one uppercase character, no lowercase or titlecase one) per raw word.

use super::SOURCE;
use crate::document::Needs;
use crate::round::fraction;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_frac_all_caps_words",
    definition: "Raw words in capitals (at least one uppercase character, no lowercase or titlecase one) per raw word. Digits do not matter: `USA1` counts, and so does `I`. Rounded to 8 decimals.",
    undefined: "no raw words",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_doc_frac_all_caps_words('NASA said so')", "0.33333333"),
    version: 1,
    needs: Needs::RAW_WORDS,
    measure: Measure::Float(|d| {
        let words = d.raw_words();
        fraction(words.all_caps, words.count)
    }),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn digits_do_not_matter_but_case_does() {
        assert_eq!(value(&SIGNAL, "USA1 3D 3 I"), Some(0.75));
        assert_eq!(value(&SIGNAL, "NASAs"), Some(0.0));
        assert_eq!(value(&SIGNAL, "ǅ Ⅷ Ⓐ Ⓐⓐ"), Some(0.5));
        assert_eq!(value(&SIGNAL, " \n"), None);
    }
}
