//! The most probable label of a text.

use super::{SOURCE, UNDEFINED, best};
use crate::signal::Input;
use crate::transform::TextFunction;

/// The function.
pub static FUNCTION: TextFunction = TextFunction {
    name: "language_id",
    definition: "The most probable label of a fastText classifier that the user names (`--lid`), without `__label__`: the language, where it is a model for languages as lid.176. Line breaks count as spaces.",
    undefined: UNDEFINED,
    inputs: &[Input::Text],
    source: SOURCE,
    example: ("language_id('Guten Tag')", "NULL"),
    version: 1,
    write: |row, lists, out| match best(row, lists) {
        Some((model, answer)) => {
            out.push_str(model.label(answer.label));
            true
        }
        None => false,
    },
};
