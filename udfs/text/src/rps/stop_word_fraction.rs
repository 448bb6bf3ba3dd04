//! Raw words that are in the stop word list of the language, per raw word.

use super::SOURCE;
use crate::document::Needs;
use crate::round::fraction;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_stop_word_fraction",
    definition: "Raw words that are in the stop word list of the language, per raw word. Case and Unicode form count: `The` is no stop word. Rounded to 8 decimals; 0.0 without normalised words.",
    undefined: "no stop word list for the language (there are lists for bg, de, en, es, fi, fr, it)",
    range: (0.0, 1.0),
    inputs: &[Input::Text, Input::Language],
    source: SOURCE,
    example: ("rps_doc_stop_word_fraction('the end of it.', 'en')", "0.6"),
    version: 1,
    needs: Needs::STOP_WORDS
        .union(Needs::RAW_WORDS)
        .union(Needs::WORDS),
    measure: Measure::Float(|d| {
        let hits = d.stop_words()?;
        if d.words() == 0 {
            return Some(0.0);
        }
        fraction(hits, d.raw_words().count)
    }),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::{value, value_in};

    #[test]
    fn compares_raw_words() {
        assert_eq!(value(&SIGNAL, "the The"), Some(0.5));
        assert_eq!(value(&SIGNAL, "the-cat"), Some(0.33333333));
        assert_eq!(value(&SIGNAL, "the_of"), Some(0.0));
        assert_eq!(value(&SIGNAL, "“the” of’the"), Some(0.5));
        assert_eq!(value(&SIGNAL, "..."), Some(0.0));
        assert_eq!(value(&SIGNAL, ""), Some(0.0));
    }

    #[test]
    fn composed_and_decomposed_forms_differ() {
        assert_eq!(value_in(&SIGNAL, "für", Some("de")), Some(1.0));
        // Three raw words, as a combining mark is no word character; "r" is listed.
        assert_eq!(
            value_in(&SIGNAL, "fu\u{308}r", Some("de")),
            Some(0.33333333)
        );
    }

    #[test]
    fn words_longer_than_a_key_are_found() {
        assert_eq!(value_in(&SIGNAL, "благодаря", Some("bg")), Some(1.0));
    }

    #[test]
    fn needs_a_list_of_the_language() {
        assert_eq!(value_in(&SIGNAL, "the", Some("nl")), None);
        assert_eq!(value_in(&SIGNAL, "the", None), None);
    }
}
