//! `corpusql run`: a recipe.

use clap::Args;

use crate::error::{Error, Result};
use crate::session::Engine;

/// Run a recipe: ingest, annotate, filter, mix, export
#[derive(Args, Debug)]
pub struct Run {}

impl Run {
    /// Runs the command.
    pub async fn run(self, _engine: &Engine) -> Result<()> {
        Err(Error::internal("`run` is not built yet"))
    }
}
