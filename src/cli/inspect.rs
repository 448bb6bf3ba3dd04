//! `corpusql inspect`: what a corpus holds.

use clap::Args;

use crate::error::{Error, Result};
use crate::session::Engine;

/// Show layers, columns and how they were made, or one document
#[derive(Args, Debug)]
pub struct Inspect {}

impl Inspect {
    /// Runs the command.
    pub async fn run(self, _engine: &Engine) -> Result<()> {
        Err(Error::internal("`inspect` is not built yet"))
    }
}
