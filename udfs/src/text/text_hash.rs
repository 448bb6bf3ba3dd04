//! The identity of a text, for exact duplicates.

use corpusql_text::{Needs, hash};

use super::FAMILY;
use crate::function::{DocumentKernel, Facts, Function, Input, Kernel};

/// The function.
pub(super) fn function() -> Function {
    Function::of_document(
        Facts {
            family: &FAMILY,
            name: "text_hash",
            definition: "The XXH3 hash (128 bits, seed 0) of the text in UTF-8, as 16 bytes in big-endian order (xxHash's canonical form).",
            undefined: "never",
            range: None,
            source: "xxHash, https://xxhash.com",
            example: ("text_hash('')", "99aa06d3014798d86001c324468d497f"),
            version: 1,
        },
        DocumentKernel {
            column: "text_hash",
            inputs: vec![Input::Text],
            needs: Needs::NONE,
            kernel: Kernel::TextHash(hash::text_hash),
        },
    )
}
