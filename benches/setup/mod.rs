//! What the benches share: their options, the corpus that they measure, clocks and records.

pub mod corpus;
pub mod options;
mod outcome;
pub mod record;
pub mod report;
pub mod text;
pub mod timing;

pub use outcome::Outcome;
