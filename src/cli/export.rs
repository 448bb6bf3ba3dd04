//! `corpusql export`: a filtered subset as files.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::parse_size;
use crate::corpus::Corpus;
use crate::error::Result;
use crate::export::{self, ExportRequest, Format};
use crate::query::{Settings, condition};
use crate::session::Engine;

/// Write a filtered subset as files for training
#[derive(Args, Debug)]
pub struct Export {
    /// Corpora, in the order in which their documents are written
    #[arg(required = true, value_name = "CORPUS")]
    corpora: Vec<PathBuf>,
    /// Only documents that pass this filter, a name or a path; again for several
    #[arg(long, short, value_name = "FILTER")]
    filter: Vec<String>,
    /// Only documents that meet this condition
    #[arg(long = "where", value_name = "SQL")]
    condition: Option<String>,
    /// Set a parameter of a filter
    #[arg(long, value_name = "NAME.param=value")]
    set: Vec<String>,
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
        let corpora = self
            .corpora
            .iter()
            .map(|root| Corpus::open(root).map(Arc::new))
            .collect::<Result<Vec<_>>>()?;
        let mut settings = Settings::load(engine.options())?;
        let filters = settings.name_filters(&self.filter)?;
        for assignment in &self.set {
            settings.set(assignment)?;
        }
        let condition = self
            .condition
            .map(|text| condition::parse("--where", &text).map(|c| c.expr))
            .transpose()?;
        let request = ExportRequest {
            filters,
            condition,
            columns: self.columns,
            to: self.to,
            format: self.format,
            shard_size: self.shard_size as u64,
            overwrite: self.overwrite,
            settings,
        };
        let quiet = engine.options().quiet;
        if !quiet {
            let warnings = corpora.iter().flat_map(|corpus| corpus.warnings());
            warnings.for_each(|warning| eprintln!("warning: {warning}"));
        }
        let summary = export::export(engine, &corpora, &request).await?;
        if summary.was_there() && !quiet {
            eprintln!(
                "export: {} is already there: {}",
                request.to.display(),
                summary.words()
            );
        }
        Ok(())
    }
}
