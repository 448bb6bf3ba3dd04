//! Occurrences of "lorem ipsum" in the normalised text per character of it, parts of words included; where it occurs at least once, also those spelt with U+017F or U+0131.

use super::SOURCE;
use crate::document::Needs;
use crate::round::fraction;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_lorem_ipsum",
    definition: "Occurrences of \"lorem ipsum\" in the normalised text per character of it, parts of words included; where it occurs at least once, also those spelt with U+017F or U+0131. Rounded to 8 decimals; 0.0 without one.",
    undefined: "never",
    range: (0.0, 1.0),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_doc_lorem_ipsum('Lorem ipsum dolor')", "0.05882353"),
    version: 1,
    needs: Needs::LOREM_IPSUM,
    measure: Measure::Float(|d| Some(fraction(d.lorem_ipsum(), d.content_chars()).unwrap_or(0.0))),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn matches_parts_of_words() {
        assert_eq!(value(&SIGNAL, "lorem ipsum"), Some(0.09090909));
        assert_eq!(value(&SIGNAL, "xLorem,\n Ipsumx"), Some(0.07692308));
        assert_eq!(value(&SIGNAL, "lorem-ipsum"), Some(0.0));
        assert_eq!(value(&SIGNAL, ""), Some(0.0));
    }

    #[test]
    fn other_spellings_count_only_beside_the_plain_one() {
        assert_eq!(value(&SIGNAL, "lorem ıpſum"), Some(0.0));
        assert_eq!(value(&SIGNAL, "lorem ipsum lorem ıpſum"), Some(0.08695652));
    }
}
