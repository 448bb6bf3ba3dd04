//! `corpusql annotate`: layer SQL → a layer of columns.

use std::path::PathBuf;

use clap::Args;

use crate::annotate::{AnnotateRequest, LayerSource, annotate};
use crate::error::{Error, Result};
use crate::session::Engine;

/// Compute layers of columns beside the documents
///
/// A layer is one SELECT of scalar expressions over `corpus`: a named one (`corpusql queries` lists
/// them), or your own with --sql FILE --layer NAME. Several are computed in one pass over the documents. Only missing and
/// outdated parts are computed; run again after an interruption, it goes on where it was.
#[derive(Args, Debug)]
pub struct Annotate {
    /// The corpus
    corpus: PathBuf,
    /// Named layers, in this order
    #[arg(
        value_name = "LAYER",
        required_unless_present = "sql",
        conflicts_with = "sql"
    )]
    layers: Vec<String>,
    /// A file with your own SELECT
    #[arg(long, value_name = "FILE", requires = "layer")]
    sql: Option<PathBuf>,
    /// The layer that --sql writes
    #[arg(long, value_name = "NAME", requires = "sql")]
    layer: Option<String>,
    /// Put this before every column name
    #[arg(long, value_name = "P")]
    prefix: Option<String>,
}

impl Annotate {
    /// Runs the command.
    pub async fn run(self, engine: &Engine) -> Result<()> {
        let sources = match (self.sql, self.layer) {
            (Some(path), Some(layer)) => vec![LayerSource::File { path, layer }],
            (None, None) => self.layers.into_iter().map(LayerSource::Named).collect(),
            _ => return Err(Error::user("--sql and --layer go together")),
        };
        let requests: Vec<_> = sources
            .into_iter()
            .map(|source| AnnotateRequest {
                source,
                prefix: self.prefix.clone(),
            })
            .collect();
        annotate(engine, &self.corpus, &requests).await?;
        Ok(())
    }
}
