//! What the benches share: their options, the corpus that they measure, clocks and records.

pub mod corpus;
pub mod options;
pub mod record;
pub mod report;
pub mod text;
pub mod timing;

use std::error::Error;

/// What a bench ends with.
pub type Outcome<T> = Result<T, Box<dyn Error>>;
