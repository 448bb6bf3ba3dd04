//! Whether filler text ends the page under C4's rules.

use super::{Cleaner, DATATROVE as DATATROVE_SOURCE, TFDS as TFDS_SOURCE};
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

macro_rules! lorem_ipsum {
    ($name:literal, $cleaner:expr, $source:expr, $example:expr) => {
        Signal {
            name: concat!($name, "_lorem_ipsum"),
            definition: "Whether \"lorem ipsum\" ends the page (1) or not (0): a line says it that got as far as this rule, and no line before it ended the page by a `{`. Lines that are dropped earlier do not count.",
            undefined: "never",
            range: (0.0, 1.0),
            inputs: &[Input::Text],
            source: $source,
            example: $example,
            version: 1,
            needs: Needs::c4($cleaner),
            measure: Measure::Int(|d| Some(d.c4($cleaner).lorem_ipsum.into())),
        }
    };
}

/// By datatrove's rules.
pub static DATATROVE: Signal = lorem_ipsum!(
    "datatrove_c4",
    Cleaner::Datatrove,
    DATATROVE_SOURCE,
    ("datatrove_c4_lorem_ipsum('Lorem ipsum dolor.')", "1")
);

/// By datatrove's rules without that on end marks.
pub static NO_TERMINAL: Signal = lorem_ipsum!(
    "datatrove_c4_noterm",
    Cleaner::NoTerminal,
    DATATROVE_SOURCE,
    ("datatrove_c4_noterm_lorem_ipsum('Lorem ipsum')", "0")
);

/// By datatrove's rules on spaCy's sentences.
pub static SENTENCES: Signal = lorem_ipsum!(
    "datatrove_c4_sentences",
    Cleaner::Sentences,
    DATATROVE_SOURCE,
    (
        "datatrove_c4_sentences_lorem_ipsum('It was lorem ipsum. It is.')",
        "1"
    )
);

/// By the rules that made C4.
pub static TFDS: Signal = lorem_ipsum!(
    "c4_tfds",
    Cleaner::Tfds,
    TFDS_SOURCE,
    ("c4_tfds_lorem_ipsum('Lorem ipsum dolor sit amet.')", "1")
);
