//! `corpusql export`: a filtered subset as files.

use std::path::PathBuf;

use clap::Args;

use super::parse_size;
use super::selection::{Selection, warn};
use crate::corpus;
use crate::error::Result;
use crate::export::{self, ExportRequest, Format};
use crate::progress::say;
use crate::session::Engine;

/// Write a filtered subset as files for training
#[derive(Args, Debug)]
pub struct Export {
    /// Corpora, in the order in which their documents are written
    #[arg(required = true, value_name = "CORPUS")]
    corpora: Vec<PathBuf>,
    /// Only documents that pass this filter, a name or a path; again for several
    #[arg(long, value_name = "FILTER")]
    filter: Vec<String>,
    #[command(flatten)]
    selection: Selection,
    /// The folder to write: new, empty, or an interrupted run of this export
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// How documents are written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// What is written of each: columns, signals or expressions with a name [default: all columns of the documents]
    #[arg(long, value_name = "a,b,…")]
    columns: Vec<String>,
    /// Text of a shard
    #[arg(long, value_name = "SIZE", value_parser = parse_size, default_value = "512MB")]
    shard_size: usize,
    /// Replace another export in the folder
    #[arg(long)]
    overwrite: bool,
}

impl Export {
    /// Runs the command.
    pub async fn run(self, engine: &Engine) -> Result<()> {
        let corpora = corpus::open_all(&self.corpora)?;
        let (settings, filters) = self.selection.settings(engine, &self.filter)?;
        let request = ExportRequest {
            filters,
            condition: self.selection.condition()?,
            distinct: self.selection.distinct()?,
            columns: self.columns,
            to: self.to,
            format: self.format,
            shard_size: self.shard_size as u64,
            overwrite: self.overwrite,
            settings,
        };
        let summary = export::export(engine, &corpora, &request).await?;
        warn(engine, &summary.warnings);
        if summary.was_there() && !engine.options().quiet {
            say(format_args!(
                "export: {} is already there: {}",
                request.to.display(),
                summary.words()
            ));
        }
        Ok(())
    }
}
