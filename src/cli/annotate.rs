//! `corpusql annotate`: layer SQL → a layer of columns.

use clap::Args;

use crate::error::{Error, Result};
use crate::session::Engine;

/// Compute a layer of columns beside the documents
#[derive(Args, Debug)]
pub struct Annotate {}

impl Annotate {
    /// Runs the command.
    pub async fn run(self, _engine: &Engine) -> Result<()> {
        Err(Error::internal("`annotate` is not built yet"))
    }
}
