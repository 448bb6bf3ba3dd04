//! How many sentences.

use super::SOURCE;
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "datatrove_sentence_count",
    definition: "Sentences of spaCy's sentencizer over its English tokeniser, whatever the language: one begins with a token that is no punctuation behind a token that is a single mark of the sentencizer's list, perhaps with punctuation between. Whitespace other than a single space is a token.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("datatrove_sentence_count('Yes. It does! e.g. this.')", "3"),
    version: 1,
    needs: Needs::DATATROVE_SENTENCES,
    measure: Measure::Int(|d| i64::try_from(d.datatrove().sentences).ok()),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn only_a_mark_that_is_a_token_ends_a_sentence() {
        assert_eq!(
            value(&SIGNAL, "One (two.) Three v1.2 four... Five"),
            Some(2.0)
        );
        assert_eq!(value(&SIGNAL, "No end"), Some(1.0));
        assert_eq!(value(&SIGNAL, "End.\n"), Some(2.0));
        assert_eq!(value(&SIGNAL, ""), Some(0.0));
    }
}
