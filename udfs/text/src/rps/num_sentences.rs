//! Sentences: a sentence begins at a word boundary and ends behind the next run of `.

use super::SOURCE;
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

/// The signal.
pub static SIGNAL: Signal = Signal {
    name: "rps_doc_num_sentences",
    definition: "Sentences: a sentence begins at a word boundary and ends behind the next run of `.`, `!` and `?`. Abbreviations, decimals and URLs split; other marks do not.",
    undefined: "never",
    range: (0.0, f64::INFINITY),
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("rps_doc_num_sentences('It is 3.14. Really?')", "3.0"),
    version: 1,
    needs: Needs::SENTENCES,
    measure: Measure::Float(|d| Some(d.sentences() as f64)),
};

#[cfg(test)]
mod tests {
    use super::SIGNAL;
    use crate::testing::value;

    #[test]
    fn only_three_marks_end_a_sentence() {
        assert_eq!(value(&SIGNAL, "What?! No way!!! Yes"), Some(3.0));
        assert_eq!(value(&SIGNAL, "Visit a.b.c at 3.14"), Some(4.0));
        assert_eq!(value(&SIGNAL, "一。二。"), Some(1.0));
        assert_eq!(value(&SIGNAL, ". . ! ..."), Some(0.0));
        assert_eq!(value(&SIGNAL, "one\ntwo"), Some(1.0));
        assert_eq!(value(&SIGNAL, ""), Some(0.0));
    }
}
