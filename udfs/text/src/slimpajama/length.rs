//! Characters of the normalised text.

use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "slimpajama_length",
    definition: "Characters of the text in lower case, without ASCII punctuation, with one blank for all spaces in a row and none at the ends.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: "SlimPajama, https://github.com/Cerebras/modelzoo (f1fd1e0)",
    example: ("slimpajama_length('  Well -- he  said: no.')", "15"),
    version: 1,
    needs: Needs::SPACED,
    measure: Measure::Int(|d| {
        let counts = d.spaced().found.counts;
        Some((counts.plain_chars + counts.plain_words.saturating_sub(1)) as i64)
    }),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn only_ascii_punctuation_goes() {
        assert_eq!(value(&SIGNAL, "«a» – b… (c)"), Some(10.0));
        assert_eq!(value(&SIGNAL, "... a ! b ..."), Some(3.0));
        assert_eq!(value(&SIGNAL, " .\u{3000}. "), Some(0.0));
    }

    #[test]
    fn lower_case_can_be_longer() {
        assert_eq!(value(&SIGNAL, "\u{130}X"), Some(3.0));
    }
}
