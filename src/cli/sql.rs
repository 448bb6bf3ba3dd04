//! `corpusql sql`: a query over one or more corpora.

use clap::Args;

use crate::error::{Error, Result};
use crate::session::Engine;

/// Query corpora with SQL
#[derive(Args, Debug)]
pub struct Sql {}

impl Sql {
    /// Runs the command.
    pub async fn run(self, _engine: &Engine) -> Result<()> {
        Err(Error::internal("`sql` is not built yet"))
    }
}
