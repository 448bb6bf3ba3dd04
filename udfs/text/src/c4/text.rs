//! Pages as C4's rules on lines leave them.

use super::{Cleaner, DATATROVE as DATATROVE_SOURCE, TFDS as TFDS_SOURCE};
use crate::signal::Input;
use crate::transform::TextFunction;

/// By datatrove's rules.
pub static DATATROVE: TextFunction = TextFunction {
    name: "datatrove_c4_text",
    definition: "The lines that pass C4's rules on lines as datatrove has them (3 words, an end mark or `'`), stripped, citations cut out, `\\n` between two, the whole stripped. Rules on the page change nothing.",
    undefined: "never",
    inputs: &[Input::Text],
    source: DATATROVE_SOURCE,
    example: (
        "datatrove_c4_text('Home' || chr(10) || ' The cat[1] sat. ')",
        "The cat sat.",
    ),
    version: 1,
    write: |row, _, out| {
        Cleaner::Datatrove.clean(row.text, out);
        true
    },
};

/// By datatrove's rules without that on end marks.
pub static NO_TERMINAL: TextFunction = TextFunction {
    name: "datatrove_c4_noterm_text",
    definition: "The lines that pass C4's rules on lines as FineWeb has them (3 words, any end), stripped, citations cut out, `\\n` between two, the whole stripped. Rules on the page change nothing.",
    undefined: "never",
    inputs: &[Input::Text],
    source: DATATROVE_SOURCE,
    example: (
        "datatrove_c4_noterm_text('Home' || chr(10) || ' The cat[1] sat ')",
        "The cat sat",
    ),
    version: 1,
    write: |row, _, out| {
        Cleaner::NoTerminal.clean(row.text, out);
        true
    },
};

/// By datatrove's rules on spaCy's sentences.
pub static SENTENCES: TextFunction = TextFunction {
    name: "datatrove_c4_sentences_text",
    definition: "The sentences of the text, by spaCy's English sentencizer, that pass C4's rules on lines as datatrove has them (3 words, an end mark or `'`), stripped, citations cut out, a space between two, the whole stripped. Rules on the page change nothing.",
    undefined: "never",
    inputs: &[Input::Text],
    source: DATATROVE_SOURCE,
    example: (
        "datatrove_c4_sentences_text('The cat sat[1] down. It slept. So did the dog')",
        "The cat sat down.",
    ),
    version: 1,
    write: |row, _, out| {
        Cleaner::Sentences.clean(row.text, out);
        true
    },
};

/// By the rules that made C4.
pub static TFDS: TextFunction = TextFunction {
    name: "c4_tfds_text",
    definition: "The lines that pass C4's rules on lines as the code that made it has them (5 words, an end mark), stripped, citations cut out, `\\n` between two, the whole stripped. Rules on the page change nothing.",
    undefined: "never",
    inputs: &[Input::Text],
    source: TFDS_SOURCE,
    example: (
        "c4_tfds_text('The cat sat.' || chr(10) || 'The cat[1] sat on it.')",
        "The cat sat on it.",
    ),
    version: 1,
    write: |row, _, out| {
        Cleaner::Tfds.clean(row.text, out);
        true
    },
};
