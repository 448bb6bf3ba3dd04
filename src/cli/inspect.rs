//! `corpusql inspect`: what a corpus holds, or one document with its values.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use datafusion::arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray, UInt64Array};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::corpus::{Corpus, Layer};
use crate::error::{Error, Result};
use crate::inspect::Clusters;
use crate::output::grid::count;
use crate::output::{Format, Output, write_batches, write_text};
use crate::progress::say;
use crate::query::planner::Planner;
use crate::session::Engine;

/// Clusters that are shown, unless `--most` says otherwise.
const CLUSTERS: usize = 20;
/// Members of a cluster that are shown.
const MEMBERS: usize = 5;

/// Show layers, columns and how they were made, or one document
///
/// Without an ID: every layer with its parts, rows and size, and every column with its type and
/// definition. With an ID: that document's stored values, the text last. With --cluster: the biggest clusters that
/// `corpusql dedup` found, or the members of one with what differs marked.
#[derive(Args, Debug)]
pub struct Inspect {
    /// The corpus
    corpus: PathBuf,
    /// A document; with --cluster a cluster
    id: Option<String>,
    /// Show clusters of duplicates by this preset
    #[arg(long, value_name = "PRESET")]
    cluster: Option<String>,
    /// So many clusters, or members of one, at most [default: 20 clusters, 5 members]
    #[arg(long, value_name = "N", requires = "cluster")]
    most: Option<std::num::NonZeroUsize>,
    #[command(flatten)]
    output: Output,
}

impl Inspect {
    /// Runs the command.
    pub async fn run(self, engine: &Engine) -> Result<()> {
        let corpus = Corpus::open(&self.corpus)?;
        if let Some(preset) = &self.cluster {
            return self.clusters(engine, corpus, preset).await;
        }
        match &self.id {
            None => self.layers(&corpus),
            Some(id) => self.document(engine, corpus, id).await,
        }
    }

    async fn clusters(&self, engine: &Engine, corpus: Corpus, preset: &str) -> Result<()> {
        let clusters = Clusters::open(corpus, preset)?;
        let most = |default| self.most.map_or(default, std::num::NonZeroUsize::get);
        if let Some(id) = &self.id {
            let members = clusters.members(engine, id, most(MEMBERS)).await?;
            return members.write(&self.output);
        }
        let (biggest, all) = clusters.biggest(engine, most(CLUSTERS)).await?;
        if !engine.options().quiet {
            let shown = biggest.num_rows() as u64;
            let of = count(all);
            match shown {
                0 => say(format_args!("{preset}: no document has a duplicate")),
                _ if shown < all => say(format_args!(
                    "{preset}: the {shown} biggest of {of} clusters of several documents; --most N shows more"
                )),
                _ => say(format_args!("{preset}: {of} clusters of several documents")),
            }
        }
        write_batches(biggest.schema(), &[biggest], &self.output)
    }

    fn layers(&self, corpus: &Corpus) -> Result<()> {
        let layers: Vec<&Arc<Layer>> = std::iter::once(corpus.documents())
            .chain(corpus.layers())
            .collect();
        if self.output.format != Format::Table {
            let batch = columns_batch(&layers)?;
            return write_batches(batch.schema(), &[batch], &self.output);
        }
        let rows = corpus.rows();
        let mut text = format!("{}: {rows} documents\n", corpus.name());
        for layer in layers {
            let manifest = layer.manifest();
            text.push_str(&format!(
                "\n{}  {} parts, {} rows, {:.1} MB, {:.1} bytes a document, generation {}\n",
                layer.name(),
                manifest.parts.len(),
                manifest.rows(),
                manifest.bytes() as f64 / 1e6,
                manifest.bytes() as f64 / rows.max(1) as f64,
                &manifest.generation.get(..8).unwrap_or(&manifest.generation),
            ));
            if let Some(why) = layer.stale() {
                text.push_str(&format!("  out of date: {why}\n"));
            }
            for input in &manifest.inputs {
                text.push_str(&format!(
                    "  from {}: {} documents, {} in quarantine\n",
                    input.name, input.documents, input.quarantined
                ));
            }
            let widest = manifest
                .columns
                .iter()
                .map(|c| c.name.len())
                .max()
                .unwrap_or(0);
            for column in &manifest.columns {
                let made = if column.definition.is_empty() || column.definition == column.name {
                    String::new()
                } else {
                    format!("  = {}", column.definition)
                };
                text.push_str(&format!(
                    "  {:widest$}  {}{made}\n",
                    column.name, column.data_type
                ));
            }
        }
        write_text(&text, &self.output)
    }

    async fn document(&self, engine: &Engine, corpus: Corpus, id: &str) -> Result<()> {
        let name = corpus.name().to_string();
        let literal = id.replace('\'', "''");
        let planned = Planner::new(engine, &[Arc::new(corpus)])?
            .plan(&format!("SELECT * FROM corpus WHERE id = '{literal}'"))
            .await?;
        let batches = planned.collect().await?;
        if batches.iter().all(|b| b.num_rows() == 0) {
            return Err(
                Error::user(format!("{name} has no document with the id `{id}`")).hint(format!(
                    "`corpusql sql {} -c \"SELECT id FROM corpus LIMIT 10\"` shows some",
                    self.corpus.display()
                )),
            );
        }
        if self.output.format != Format::Table {
            return write_batches(batches[0].schema(), &batches, &self.output);
        }
        let options = FormatOptions::default().with_null("NULL");
        let mut text = String::new();
        for batch in &batches {
            let schema = batch.schema();
            let widest = schema
                .fields()
                .iter()
                .map(|f| f.name().chars().count())
                .max()
                .unwrap_or(0);
            for row in 0..batch.num_rows() {
                let mut body = None;
                for (field, column) in schema.fields().iter().zip(batch.columns()) {
                    let value = ArrayFormatter::try_new(column.as_ref(), &options)?
                        .value(row)
                        .to_string();
                    if field.name() == "text" {
                        body = Some(value);
                    } else {
                        text.push_str(&format!("{:widest$}  {value}\n", field.name()));
                    }
                }
                if let Some(body) = body {
                    text.push_str(&format!("\n{body}\n"));
                }
            }
        }
        write_text(&text, &self.output)
    }
}

/// One row per column, for machines.
fn columns_batch(layers: &[&Arc<Layer>]) -> Result<RecordBatch> {
    let rows = || {
        layers
            .iter()
            .flat_map(|l| l.manifest().columns.iter().map(|column| (&**l, column)))
    };
    let text = |values: Vec<&str>| Arc::new(StringArray::from(values)) as ArrayRef;
    let number = |values: Vec<u64>| Arc::new(UInt64Array::from(values)) as ArrayRef;
    let up_to_date: BooleanArray = rows().map(|(l, _)| Some(l.stale().is_none())).collect();
    Ok(RecordBatch::try_from_iter([
        ("layer", text(rows().map(|(l, _)| l.name()).collect())),
        (
            "column",
            text(rows().map(|(_, c)| c.name.as_str()).collect()),
        ),
        (
            "type",
            text(rows().map(|(_, c)| c.data_type.as_str()).collect()),
        ),
        (
            "definition",
            text(rows().map(|(_, c)| c.definition.as_str()).collect()),
        ),
        (
            "fingerprint",
            text(rows().map(|(_, c)| c.fingerprint.as_str()).collect()),
        ),
        (
            "parts",
            number(
                rows()
                    .map(|(l, _)| l.manifest().parts.len() as u64)
                    .collect(),
            ),
        ),
        (
            "rows",
            number(rows().map(|(l, _)| l.manifest().rows()).collect()),
        ),
        (
            "layer_bytes",
            number(rows().map(|(l, _)| l.manifest().bytes()).collect()),
        ),
        ("up_to_date", Arc::new(up_to_date)),
    ])?)
}
