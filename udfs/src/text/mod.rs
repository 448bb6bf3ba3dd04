//! The size and the identity of a text: what ingest stores with every document.

use crate::definition::Family;
use crate::function::Function;

mod text_bytes;
mod text_chars;
mod text_hash;

/// The family.
static FAMILY: Family = Family {
    name: "text",
    title: "Texts",
    about: "The size and the identity of a text, which ingest stores with every document",
};

/// Its functions.
pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::of_signal(&FAMILY, &text_bytes::SIGNAL),
        Function::of_signal(&FAMILY, &text_chars::SIGNAL),
        text_hash::function(),
    ]
}
