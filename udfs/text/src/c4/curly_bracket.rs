//! Whether a curly bracket ends the page under C4's rules.

use super::{Cleaner, DATATROVE as DATATROVE_SOURCE, TFDS as TFDS_SOURCE};
use crate::document::Needs;
use crate::signal::{Input, Measure, Signal};

macro_rules! curly_bracket {
    ($name:literal, $cleaner:expr, $source:expr, $example:expr) => {
        Signal {
            name: concat!($name, "_curly_bracket"),
            definition: "Whether a `{` ends the page (1) or not (0): a line has one that got as far as this rule, and no line up to it ended the page by \"lorem ipsum\". Lines that are dropped earlier do not count.",
            undefined: "never",
            range: (0.0, 1.0),
            inputs: &[Input::Text],
            source: $source,
            example: $example,
            version: 1,
            needs: Needs::c4($cleaner),
            measure: Measure::Int(|d| Some(d.c4($cleaner).curly_bracket.into())),
        }
    };
}

/// By datatrove's rules.
pub static DATATROVE: Signal = curly_bracket!(
    "datatrove_c4",
    Cleaner::Datatrove,
    DATATROVE_SOURCE,
    ("datatrove_c4_curly_bracket('if (a) { b }')", "0")
);

/// By datatrove's rules without that on end marks.
pub static NO_TERMINAL: Signal = curly_bracket!(
    "datatrove_c4_noterm",
    Cleaner::NoTerminal,
    DATATROVE_SOURCE,
    ("datatrove_c4_noterm_curly_bracket('if (a) { b }')", "1")
);

/// By datatrove's rules on spaCy's sentences.
pub static SENTENCES: Signal = curly_bracket!(
    "datatrove_c4_sentences",
    Cleaner::Sentences,
    DATATROVE_SOURCE,
    (
        "datatrove_c4_sentences_curly_bracket('Open it with {. It is.')",
        "1"
    )
);

/// By the rules that made C4.
pub static TFDS: Signal = curly_bracket!(
    "c4_tfds",
    Cleaner::Tfds,
    TFDS_SOURCE,
    ("c4_tfds_curly_bracket('Braces like { open a block.')", "1")
);
