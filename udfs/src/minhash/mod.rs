//! MinHash: signatures of texts, and the bands in which near-duplicates agree.

mod band;
mod bands;
mod signature;

use crate::definition::Family;
use crate::function::Function;

/// The family.
pub(crate) static FAMILY: Family = Family {
    name: "minhash",
    title: "MinHash",
    about: "Signatures of texts whose bands near-duplicates share, equal to those of published pipelines. Documents are candidates when they agree in any band",
};

/// Its functions.
pub(crate) fn functions() -> Vec<Function> {
    vec![signature::function(), band::function(), bands::function()]
}

/// A number of bands or bytes: whole and not negative.
fn whole(number: f64) -> Option<usize> {
    let fits = number >= 0.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0;
    fits.then_some(number as usize)
}
