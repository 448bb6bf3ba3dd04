//! SimHash: fingerprints of texts, and in how many bits two differ.

mod fingerprint;
mod hamming_distance;

use crate::definition::Family;
use crate::function::Function;

/// The family.
pub(crate) static FAMILY: Family = Family {
    name: "simhash",
    title: "SimHash",
    about: "Fingerprints of texts, equal to those of published pipelines. Those of near-duplicates differ in few bits",
};

/// Its functions.
pub(crate) fn functions() -> Vec<Function> {
    vec![fingerprint::function(), hamming_distance::function()]
}
