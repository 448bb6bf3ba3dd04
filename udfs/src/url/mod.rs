//! Parts of a document's URL.

use crate::definition::Family;
use crate::function::Function;

mod url_netloc;

/// The family.
static FAMILY: Family = Family {
    name: "url",
    title: "URLs",
    about: "Parts of a document's URL",
};

/// Its functions.
pub(crate) fn functions() -> Vec<Function> {
    vec![url_netloc::function()]
}
