//! `corpusql filter`: the filter report.

use clap::Args;

use crate::error::{Error, Result};
use crate::session::Engine;

/// Report what filters remove, rule by rule
#[derive(Args, Debug)]
pub struct Filter {}

impl Filter {
    /// Runs the command.
    pub async fn run(self, _engine: &Engine) -> Result<()> {
        Err(Error::internal("`filter` is not built yet"))
    }
}
