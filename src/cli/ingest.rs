//! `corpusql ingest`: inputs → documents layer.

use clap::Args;

use crate::error::{Error, Result};
use crate::session::Engine;

/// Read documents from files into a corpus
#[derive(Args, Debug)]
pub struct Ingest {}

impl Ingest {
    /// Runs the command.
    pub async fn run(self, _engine: &Engine) -> Result<()> {
        Err(Error::internal("`ingest` is not built yet"))
    }
}
