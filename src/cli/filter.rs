//! `corpusql filter`: the filter report.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::corpus::{self, Corpus};
use crate::error::{Error, Result};
use crate::filter::{self, Request};
use crate::output::Output;
use crate::session::Engine;

use super::selection::{Selection, distinct, warn};

/// Report what filters remove, rule by rule
///
/// For each rule: the documents that fail it (alone), that fail no other (only), that fail none before it
/// (first), and what survives. Nothing is written: `export --filter` writes what a filter keeps.
#[derive(Args, Debug)]
pub struct Filter {
    /// The corpora, then the filters: names of the library (`corpusql queries`) or paths of SQL files
    #[arg(required = true, num_args = 2.., value_names = ["CORPUS", "FILTER"])]
    corpora_and_filters: Vec<String>,
    #[command(flatten)]
    selection: Selection,
    /// Give the figures also for each value of these columns
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    by: Vec<String>,
    #[command(flatten)]
    output: Output,
}

impl Filter {
    /// Runs the command.
    pub async fn run(self, engine: &Engine) -> Result<()> {
        let (corpora, filters) = split(&self.corpora_and_filters)?;
        let (settings, filters) = self.selection.settings(engine, &filters)?;
        let request = Request {
            filters,
            condition: self.selection.condition()?,
            by: distinct(self.by)?,
            settings,
        };
        let report = filter::report(engine, &corpora, &request).await?;
        warn(engine, &report.warnings);
        report.write(&self.output)
    }
}

/// Folders come first and are corpora; what follows are filters.
fn split(arguments: &[String]) -> Result<(Vec<Arc<Corpus>>, Vec<String>)> {
    let is_corpus = |argument: &String| {
        let path = PathBuf::from(argument);
        path.is_dir()
    };
    let many = arguments.iter().take_while(|a| is_corpus(a)).count().max(1);
    let (corpora, filters) = arguments.split_at(many);
    if filters.is_empty() {
        return Err(Error::user("no filter is named")
            .hint("`corpusql queries` lists the filters there are"));
    }
    Ok((corpus::open_all(corpora)?, filters.to_vec()))
}
