//! Tokens of language models.

use crate::definition::Family;
use crate::function::Function;

mod token_count;

/// The family.
static FAMILY: Family = Family {
    name: "tokens",
    title: "Tokens",
    about: "How many tokens of a language model a text has; the vocabularies are built in",
};

/// Its functions.
pub(crate) fn functions() -> Vec<Function> {
    vec![token_count::function()]
}
