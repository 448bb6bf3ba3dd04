//! `corpusql sql`: a query over one or more corpora.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::logical_expr::LogicalPlan;

use crate::corpus;
use crate::error::{Error, Result};
use crate::output::{self, Format, Output};
use crate::progress::say;
use crate::query::{Planner, Settings};
use crate::session::Engine;

/// Query corpora with SQL
///
/// The documents and all their annotations are the table `corpus`. A signal or a verdict (keep_NAME) that
/// is named and not stored is computed. EXPLAIN and EXPLAIN ANALYZE show what is read.
#[derive(Args, Debug)]
pub struct Sql {
    /// Folders of corpora; several are one table with the column corpus_name
    #[arg(required = true, value_name = "CORPUS")]
    corpora: Vec<PathBuf>,
    /// The query
    #[arg(
        short = 'c',
        long = "command",
        value_name = "SQL",
        required_unless_present = "file"
    )]
    command: Option<String>,
    /// A file that holds the query; - is stdin
    #[arg(short = 'f', long, value_name = "FILE", conflicts_with = "command")]
    file: Option<PathBuf>,
    /// Sets a parameter of a filter: NAME.param=value
    #[arg(long = "set", value_name = "NAME.param=value")]
    settings: Vec<String>,
    #[command(flatten)]
    output: Output,
}

impl Sql {
    /// Runs the command.
    pub async fn run(self, engine: &Engine) -> Result<()> {
        let (origin, sql) = match (self.command, self.file) {
            (Some(sql), _) => ("the query".to_string(), sql),
            (None, Some(file)) => (file.display().to_string(), read(&file)?),
            (None, None) => return Err(Error::user("there is no query").hint("add -c SQL")),
        };
        let corpora = corpus::open_all(&self.corpora)?;
        let mut settings = Settings::load(engine.options())?;
        for assignment in &self.settings {
            settings.set(assignment)?;
        }
        let planned = Planner::new(engine, &corpora)?
            .with_settings(settings)
            .with_origin(origin)
            .plan(&sql)
            .await?;
        if !engine.options().quiet {
            for warning in planned.warnings() {
                say(format_args!("warning: {warning}"));
            }
        }
        let explains = matches!(
            planned.logical(),
            LogicalPlan::Explain(_) | LogicalPlan::Analyze(_)
        );
        if explains && self.output.format == Format::Table {
            let text = explained(&planned.collect().await?);
            return output::write_text(&text, &self.output);
        }
        output::write_stream(planned.stream().await?, &self.output).await?;
        Ok(())
    }
}

fn read(file: &Path) -> Result<String> {
    if file == Path::new("-") {
        let mut sql = String::new();
        std::io::stdin()
            .read_to_string(&mut sql)
            .map_err(|e| Error::user("cannot read the query from stdin").caused_by(e))?;
        return Ok(sql);
    }
    std::fs::read_to_string(file).map_err(|e| Error::io("read", file, e))
}

/// Plans as text: a title, the plan below it.
fn explained(batches: &[RecordBatch]) -> String {
    let mut text = String::new();
    for batch in batches {
        let columns: Option<Vec<_>> = batch
            .columns()
            .iter()
            .map(|c| c.as_string_opt::<i32>())
            .collect();
        let Some([titles, plans]) = columns.as_deref() else {
            continue;
        };
        for row in 0..titles.len() {
            text.push_str(&format!("{}:\n", titles.value(row)));
            for line in plans.value(row).lines() {
                text.push_str(&format!("  {line}\n"));
            }
        }
    }
    text
}
