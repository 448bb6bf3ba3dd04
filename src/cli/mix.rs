//! `corpusql mix`: mixture statistics.

use clap::Args;

use crate::error::{Error, Result};
use crate::session::Engine;

/// Count documents, bytes and characters by source, language, …
#[derive(Args, Debug)]
pub struct Mix {}

impl Mix {
    /// Runs the command.
    pub async fn run(self, _engine: &Engine) -> Result<()> {
        Err(Error::internal("`mix` is not built yet"))
    }
}
