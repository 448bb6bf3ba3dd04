//! What a bench ends with, for those that need nothing else of what benches share.

use std::error::Error;

/// What a bench ends with.
pub type Outcome<T> = Result<T, Box<dyn Error>>;
