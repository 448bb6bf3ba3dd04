//! `corpusql queries`: the built-in queries.

use clap::Args;

use crate::error::{Error, Result};
use crate::session::Engine;

/// List layers, filters, reports and recipes, or print one
#[derive(Args, Debug)]
pub struct Queries {}

impl Queries {
    /// Runs the command.
    pub async fn run(self, _engine: &Engine) -> Result<()> {
        Err(Error::internal("`queries` is not built yet"))
    }
}
