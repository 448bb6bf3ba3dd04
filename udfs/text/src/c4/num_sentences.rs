//! Sentences in what C4's rules on lines leave.

use super::{Cleaner, DATATROVE as DATATROVE_SOURCE, TFDS as TFDS_SOURCE};
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

macro_rules! num_sentences {
    ($name:literal, $cleaner:expr, $source:expr, $definition:literal, $example:expr) => {
        Signal {
            name: concat!($name, "_num_sentences"),
            definition: $definition,
            undefined: "never",
            range: (0.0, f64::INFINITY),
            inputs: &[Input::Text],
            source: $source,
            example: $example,
            version: 1,
            needs: Needs::c4_sentences($cleaner),
            measure: Measure::Int(|d| Some(d.c4($cleaner).sentences as i64)),
        }
    };
}

/// By datatrove's rules.
pub static DATATROVE: Signal = num_sentences!(
    "datatrove_c4",
    Cleaner::Datatrove,
    DATATROVE_SOURCE,
    "Sentences of the lines that stay in datatrove_c4_text: spaCy's English sentencizer on each line by itself.",
    (
        "datatrove_c4_num_sentences('The cat sat. It slept.' || chr(10) || 'Home')",
        "2"
    )
);

/// By datatrove's rules without that on end marks.
pub static NO_TERMINAL: Signal = num_sentences!(
    "datatrove_c4_noterm",
    Cleaner::NoTerminal,
    DATATROVE_SOURCE,
    "Sentences of the lines that stay in datatrove_c4_noterm_text: spaCy's English sentencizer on each line by itself.",
    (
        "datatrove_c4_noterm_num_sentences('The cat sat. It slept' || chr(10) || 'Home')",
        "2"
    )
);

/// By datatrove's rules on spaCy's sentences.
pub static SENTENCES: Signal = num_sentences!(
    "datatrove_c4_sentences",
    Cleaner::Sentences,
    DATATROVE_SOURCE,
    "Sentences of the text, by spaCy's English sentencizer, that stay in datatrove_c4_sentences_text.",
    (
        "datatrove_c4_sentences_num_sentences('The cat sat down. It slept.')",
        "1"
    )
);

/// By the rules that made C4.
pub static TFDS: Signal = Signal {
    version: 2,
    ..num_sentences!(
        "c4_tfds",
        Cleaner::Tfds,
        TFDS_SOURCE,
        "Sentences of the lines that stay in c4_tfds_text, each line by itself, by rules much like Punkt's (punkt_like_sentences); the code uses NLTK's Punkt model for English.",
        (
            "c4_tfds_num_sentences('Dr. No sat on the mat. It slept.')",
            "2"
        )
    )
};
