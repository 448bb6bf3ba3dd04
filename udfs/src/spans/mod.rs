//! Pieces of texts that are compared, and texts without some of their spans.

mod piece_hashes;
mod text_without_spans;

use crate::definition::Family;
use crate::function::Function;

/// The family.
static FAMILY: Family = Family {
    name: "spans",
    title: "Spans",
    about: "Pieces of texts (lines, paragraphs, windows of sentences) as published pipelines compare them, and texts without the spans that `corpusql dedup` found",
};

/// Its functions.
pub(crate) fn functions() -> Vec<Function> {
    vec![piece_hashes::function(), text_without_spans::function()]
}
