//! How many of the language's stop words occur.

use super::{SOURCE, table};
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "fineweb2_stop_word_count",
    definition: "How many of FineWeb-2's stop words of the language occur among the words of spaCy's blank English pipeline; each counts once, and as it is written.",
    undefined: "the language is none of frr_Latn, fry_Latn, sco_Latn, stq_Latn: datatrove cuts the words of others by rules that are not here",
    range: (0.0, 32.0),
    inputs: &[Input::Text, Input::Language],
    source: SOURCE,
    example: (
        "fineweb2_stop_word_count('It hûs fan de boer en de frou', 'fry_Latn')",
        "3",
    ),
    version: 1,
    needs: Needs::DATATROVE_VOCABULARY,
    measure: Measure::Int(|d| {
        let language = table::find(d.row().language?)?;
        let found = language.stop_words.iter();
        let found = found.filter(|word| d.has_datatrove_word(word)).count();
        language.words_are_here.then_some(found as i64)
    }),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value_in;

    #[test]
    fn words_are_those_of_the_language() {
        let text = "the o the An in-a üüb uk, 'n";
        assert_eq!(value_in(&SIGNAL, text, Some("sco_Latn")), Some(4.0));
        assert_eq!(value_in(&SIGNAL, text, Some("frr_Latn")), Some(3.0));
        assert_eq!(value_in(&SIGNAL, "", Some("frr_Latn")), Some(0.0));
    }

    #[test]
    fn other_languages_have_no_words_here() {
        for language in ["deu_Latn", "fry", "en"] {
            assert_eq!(value_in(&SIGNAL, "die der das", Some(language)), None);
        }
        assert_eq!(value_in(&SIGNAL, "die der das", None), None);
    }
}
