//! Parts and normal forms of a document's URL.

use crate::definition::Family;
use crate::function::Function;

mod url_netloc;

/// The family.
pub(crate) static FAMILY: Family = Family {
    name: "url",
    title: "URLs",
    about: "Parts and normal forms of a document's URL",
};

/// Its functions.
pub(crate) fn functions() -> Vec<Function> {
    let functions = corpusql_text::url::FUNCTIONS
        .iter()
        .map(|function| Function::of_text(&FAMILY, function));
    std::iter::once(url_netloc::function())
        .chain(functions)
        .collect()
}
