//! `corpusql filter`: the filter report.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::corpus::{self, Corpus};
use crate::error::{Error, Result};
use crate::filter::{self, AskedTarget, Fraction, Request};
use crate::output::Output;
use crate::progress::say;
use crate::session::Engine;

use super::selection::{Selection, distinct, warn};

/// What `--format json` writes.
const JSON: &str = "\
--format json writes one object:
  documents, total, kept   amounts: documents, characters, bytes, and tokens where they are stored
  filters[]                filter, kept, alone, only, first, rules[]: rule, alone, only, first, undefined_documents
  distinct[]               preset, keep, duplicates (among those kept), kept (one of each cluster)
  overlap[]                kept_by, dropped_by, and the amount; in a sample its estimate
  by, groups[]             key, and the same figures; in a sample their estimates
  target                   amount, unit: what --target asked for
  sweep.curves[]           filter, name, measures, comparison, threshold, kept, most (if every threshold
                           passed), exact (no values were put together), points[]: threshold, kept, in a
                           sample its estimate; target: the strictest point that keeps so much
  sweep.left_out[]         rules without a threshold that can be moved, and why
  removed[]                id, origin, the rules that it fails with what was measured, shown[]: number, text, marked_by
  sample                   clusters drawn, and estimates: shares in the shape of filters[], each with its standard
                           error and the interval in which it lies in 95 of 100 samples
csv, jsonl and parquet write the figures of the rules, a row each.";

/// Removed documents on a page, unless `--show-removed` says otherwise.
const SHOWN_ON_A_PAGE: usize = 24;

/// Report what filters remove, rule by rule
///
/// For each rule: the documents that fail it (alone), that fail no other (only), that fail none before it
/// (first), and what survives. Of several filters also what one keeps and another drops. Nothing is written:
/// `export --filter` writes what a filter keeps.
#[derive(Args, Debug)]
#[command(after_long_help = JSON)]
pub struct Filter {
    /// The corpora, then the filters: names of the library (`corpusql queries`) or paths of SQL files
    #[arg(required = true, num_args = 2.., value_names = ["CORPUS", "FILTER"])]
    corpora_and_filters: Vec<String>,
    #[command(flatten)]
    selection: Selection,
    /// Give the figures also for each value of these columns
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    by: Vec<String>,
    /// Count tokens by this stored column [default: the first whose name begins with tokens_, layer `tokens` first]
    #[arg(long, value_name = "COLUMN")]
    tokens: Option<String>,
    /// Show what other thresholds would keep: `all`, or columns, parameters and rules
    #[arg(long, value_name = "COLUMN|all", value_delimiter = ',')]
    sweep: Vec<String>,
    /// Find for each threshold the strictest value that keeps so much, as in "2B tokens" [unit: tokens where they are stored, else characters]
    #[arg(long, value_name = "AMOUNT")]
    target: Option<String>,
    /// Show so many of the removed documents, of each rule and source in turn, with the lines at fault
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    show_removed: usize,
    /// Judge only this share of the documents, drawn by row groups, and say how far it can be off
    #[arg(long, value_name = "SHARE")]
    sample: Option<String>,
    /// What decides which documents the sample has: another number draws others
    #[arg(long, value_name = "NUMBER", default_value_t = 0, requires = "sample")]
    seed: u64,
    /// Write the report as one page, with curves for all thresholds and some removed documents
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

impl Filter {
    /// Runs the command.
    pub async fn run(self, engine: &Engine) -> Result<()> {
        if let Some(page) = &self.html {
            filter::check_page(page)?;
        }
        let (corpora, filters) = split(&self.corpora_and_filters)?;
        let (settings, filters) = self.selection.settings(engine, &filters)?;
        self.warn_of_idle(
            engine,
            settings.values().map(|(filter, ..)| filter),
            &filters,
        );
        let asked = (
            !self.sweep.is_empty() || self.target.is_some(),
            self.show_removed,
        );
        let mut request = Request {
            filters,
            condition: self.selection.condition()?,
            distinct: self.selection.distinct()?,
            by: distinct(self.by)?,
            tokens: self.tokens,
            sweep: self.sweep,
            target: self.target.as_deref().map(AskedTarget::parse).transpose()?,
            show_removed: self.show_removed,
            sample: self.sample.as_deref().map(Fraction::parse).transpose()?,
            seed: self.seed,
            settings,
        };
        let everything = self.html.is_some() || request.target.is_some();
        // Where clusters are chosen from, a page has no curves.
        let curves = request.distinct.is_none() || request.target.is_some();
        if everything && curves && request.sweep.is_empty() {
            request.sweep.push("all".to_string());
        }
        if self.html.is_some() && request.show_removed == 0 {
            request.show_removed = SHOWN_ON_A_PAGE;
        }
        let mut report = filter::report(engine, &corpora, &request).await?;
        warn(engine, &report.warnings);
        if self.show_removed > 0 && report.removed.is_empty() && !engine.options().quiet {
            say("no document is removed, so --show-removed has none to show");
        }
        if let Some(page) = &self.html {
            let condition = request.condition.as_ref();
            report.clusters = filter::cluster_sizes(engine, &corpora, condition).await?;
            report.write_html(page)?;
            if !engine.options().quiet {
                say(format_args!("wrote {}", page.display()));
            }
            let (swept, shown) = asked;
            if !swept {
                report.sweep = None;
            }
            report.removed.truncate(shown);
        }
        report.write(&self.output)
    }

    /// Warns of a parameter that was set of a filter that nothing names.
    fn warn_of_idle<'s>(
        &self,
        engine: &Engine,
        mut set: impl Iterator<Item = &'s str>,
        filters: &[String],
    ) {
        let idle = set.find(|&filter| {
            let verdict = format!("keep_{filter}");
            let named = filters.iter().any(|name| name == filter);
            !named
                && !self.selection.mentions(&verdict)
                && !self.by.iter().any(|by| by.contains(&verdict))
        });
        if let Some(filter) = idle {
            let words = format!(
                "--set {filter}.…: filter {filter} is not named, so this changes nothing unless a rule asks for keep_{filter}"
            );
            warn(engine, &[words]);
        }
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
