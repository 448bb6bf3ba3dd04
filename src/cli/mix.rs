//! `corpusql mix`: mixture statistics.

use std::path::PathBuf;

use clap::Args;

use crate::corpus;
use crate::error::Result;
use crate::mix::{self, Request};
use crate::output::Output;
use crate::session::Engine;

use super::selection::{Selection, distinct, warn};

/// Count documents, bytes and characters by source, language, …
///
/// Per group: documents, characters, bytes and their shares, exact quantiles of the documents' lengths, and
/// what filters keep. Without --by, the figures of the whole.
#[derive(Args, Debug)]
pub struct Mix {
    /// The corpora
    #[arg(required = true, value_name = "CORPUS")]
    corpora: Vec<PathBuf>,
    /// The columns whose values make groups
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    by: Vec<String>,
    /// Say what this filter keeps, a name of the library or a path; may be repeated
    #[arg(long = "filter", value_name = "FILTER")]
    filters: Vec<String>,
    #[command(flatten)]
    selection: Selection,
    /// Make a column for each value of this column of --by
    #[arg(long, value_name = "COLUMN")]
    pivot: Option<String>,
    /// The figure that a pivot shows: documents, characters_share, median_characters, …
    #[arg(
        long,
        value_name = "FIGURE",
        default_value = "documents",
        requires = "pivot"
    )]
    value: String,
    #[command(flatten)]
    output: Output,
}

impl Mix {
    /// Runs the command.
    pub async fn run(self, engine: &Engine) -> Result<()> {
        let corpora = corpus::open_all(&self.corpora)?;
        let (settings, filters) = self.selection.settings(engine, &self.filters)?;
        let request = Request {
            by: distinct(self.by)?,
            filters,
            condition: self.selection.condition()?,
            distinct: self.selection.distinct()?,
            settings,
        };
        let mixture = mix::mix(engine, &corpora, &request).await?;
        warn(engine, &mixture.warnings);
        let pivot = self
            .pivot
            .as_deref()
            .map(|column| (column, self.value.as_str()));
        mixture.write(pivot, &self.output)
    }
}
