//! `corpusql functions`: what can be measured.

use clap::Args;

use crate::error::{Error, Result};
use crate::session::Engine;

/// List the SQL functions, or show one
#[derive(Args, Debug)]
pub struct Functions {}

impl Functions {
    /// Runs the command.
    pub async fn run(self, _engine: &Engine) -> Result<()> {
        Err(Error::internal("`functions` is not built yet"))
    }
}
