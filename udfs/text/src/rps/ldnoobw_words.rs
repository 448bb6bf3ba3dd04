//! Occurrences of entries of the bad word list of the language among the n-grams of normalised words, overlaps included.

use super::SOURCE;
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_ldnoobw_words",
    definition: "Occurrences of entries of the bad word list of the language among the n-grams of normalised words, overlaps included. The entries are compared as they are listed, so those with capitals, precomposed accents or ASCII punctuation never occur.",
    undefined: "no bad word list for the language (there are lists for de, en, es, fr, it and empty ones for bg, fi)",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text, Input::Language],
    source: SOURCE,
    example: ("rps_doc_ldnoobw_words('A fine day.', 'en')", "0.0"),
    version: 1,
    needs: Needs::BAD_WORDS,
    measure: Measure::Float(|d| d.bad_words().map(|hits| hits as f64)),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::{value, value_in};

    #[test]
    fn counts_words_and_phrases() {
        // "sucks", "tied up" and "s&m" are in the list; normalised words have no ampersand.
        assert_eq!(value(&SIGNAL, "It SUCKS, it sucks."), Some(2.0));
        assert_eq!(
            value(&SIGNAL, "I was tied,\nup. Tied down. tied"),
            Some(1.0)
        );
        assert_eq!(value(&SIGNAL, "s&m"), Some(0.0));
        assert_eq!(value(&SIGNAL, "sucksx tiedup"), Some(0.0));
        assert_eq!(value(&SIGNAL, ""), Some(0.0));
    }

    #[test]
    fn needs_a_list_of_the_language() {
        assert_eq!(value_in(&SIGNAL, "sucks", Some("de")), Some(0.0));
        assert_eq!(value_in(&SIGNAL, "sucks", Some("fi")), Some(0.0));
        assert_eq!(value_in(&SIGNAL, "sucks", Some("nl")), None);
        assert_eq!(value_in(&SIGNAL, "sucks", None), None);
    }
}
