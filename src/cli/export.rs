//! `corpusql export`: a filtered subset as files.

use clap::Args;

use crate::error::{Error, Result};
use crate::session::Engine;

/// Write a filtered subset as files for training
#[derive(Args, Debug)]
pub struct Export {}

impl Export {
    /// Runs the command.
    pub async fn run(self, _engine: &Engine) -> Result<()> {
        Err(Error::internal("`export` is not built yet"))
    }
}
