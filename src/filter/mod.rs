//! The filter report: what each rule of a set of filters removes, and what survives.
//!
//! One scan. Each document's rules become a bit pattern, a bit for each rule that does not hold; documents
//! are counted by pattern (and group), and all the rest is arithmetic on that small table:
//!
//! * *alone*: the documents that fail the rule, whatever else they fail;
//! * *only*: those that fail this rule and no other;
//! * *first*: those of which it is the first rule that they fail, in the order in which the filters were
//!   named. These add up: all documents = first by some rule + kept.
//!
//! A rule that is NULL does not hold.

mod clusters;
mod distinct;
mod figures;
mod html;
mod lines;
mod listing;
mod removed;
mod rows;
mod scan;
mod sizes;
mod spread;
mod sweep;
mod tally;
mod text;
mod thresholds;

use std::sync::Arc;

use serde::Serialize;

pub use clusters::{Fraction, Sample};
pub use distinct::Chosen;
pub use figures::{Amount, FilterFigures, Overlap, Removed, RuleFigures, Section, Unit};
pub use html::check_target as check_page;
pub use lines::ShownLine;
pub use removed::{FailedRule, Measured, RemovedDocument};
pub use sizes::{ClusterSizes, SizeBin, cluster_sizes};
pub use spread::{Estimate, Share};
pub use sweep::{AskedTarget, Curve, Point, Sweep, Target};
pub use thresholds::{Comparison, LeftOut};

use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::output::{self, Format, Output};
use crate::query::places::PlaceSet;
use crate::query::{Condition, Distinct, Settings, tokens};
use crate::session::Engine;
use thresholds::Thresholds;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The filters, in order; names that `settings` knows.
    pub filters: Vec<String>,
    /// Which documents; all without.
    pub condition: Option<Condition>,
    /// Of which clusters one document stays, of those that pass.
    pub distinct: Option<Distinct>,
    /// Columns by whose values the figures are also given.
    pub by: Vec<String>,
    /// The column that counts tokens; found by itself without.
    pub tokens: Option<String>,
    /// Thresholds to move: `all`, columns, parameters, rules.
    pub sweep: Vec<String>,
    /// How much thresholds that are moved are to keep.
    pub target: Option<AskedTarget>,
    /// How many removed documents to show.
    pub show_removed: usize,
    /// The share of the documents to judge; all without.
    pub sample: Option<Fraction>,
    /// What decides which documents a sample has.
    pub seed: u64,
    /// The filters there are and their parameters.
    pub settings: Settings,
}

/// The report.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The corpora, by name.
    pub corpora: Vec<String>,
    /// Documents in them.
    pub documents: u64,
    /// The condition that selected documents for the report.
    #[serde(rename = "where")]
    pub condition: Option<String>,
    /// Parameters that were set.
    pub set: serde_json::Map<String, serde_json::Value>,
    /// The column that counts tokens, if there is one.
    pub tokens_column: Option<String>,
    /// The figures of all selected documents.
    #[serde(flatten)]
    pub all: Section,
    /// What is left of the documents that pass when one of each cluster stays, for each layer of clusters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distinct: Vec<Chosen>,
    /// What one filter keeps and another drops, for every two of them.
    pub overlap: Vec<Overlap>,
    /// What other thresholds would keep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sweep: Option<Sweep>,
    /// How much was to be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// Some of the removed documents.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<RemovedDocument>,
    /// What was drawn, where not all documents were judged, and what it says of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<Sample>,
    /// The columns of the groups.
    pub by: Vec<String>,
    /// The figures of each group, the one with most documents first.
    pub groups: Vec<Group>,
    /// Documents by the size of their cluster, for the page.
    #[serde(skip)]
    pub clusters: Vec<ClusterSizes>,
    /// What a user should know before trusting the figures.
    #[serde(skip)]
    pub warnings: Vec<String>,
    /// The groups' keys: one row each.
    #[serde(skip)]
    keys: rows::Keys,
}

/// One group of documents.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// The values of the columns that make the group.
    pub key: serde_json::Value,
    /// Its figures.
    #[serde(flatten)]
    pub section: Section,
    /// What a sample says of all of its documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimates: Option<Section<Estimate>>,
    /// What is left of it when one document of each cluster stays, for each layer of clusters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub distinct: Vec<Chosen>,
}

/// Judges every document of `corpora` that meets the condition.
pub async fn report(engine: &Engine, corpora: &[Arc<Corpus>], request: &Request) -> Result<Report> {
    if request.filters.is_empty() {
        return Err(Error::user("no filter is named").hint("`corpusql queries` lists them"));
    }
    if request.show_removed > removed::MOST_SHOWN {
        return Err(Error::user(format!(
            "--show-removed {}: at most {} documents are shown",
            request.show_removed,
            removed::MOST_SHOWN
        ))
        .hint(
            "`corpusql export` writes documents, also those that fail: --where 'NOT keep_NAME'",
        ));
    }
    if request.sample.is_some() && request.target.is_some() {
        return Err(
            Error::user("--target is an amount of all documents, --sample judges some")
                .hint("leave out --sample"),
        );
    }
    if request.distinct.is_some() {
        distinct::check(request)?;
    }
    let tokens = tokens::column(corpora, request.tokens.as_deref())?;
    let target = request.target.map(|asked| asked.resolved(tokens.is_some()));
    let target = target.transpose()?;
    let rules = scan::rules(engine, corpora, request).await?;
    let names: Vec<(String, String)> = rules
        .iter()
        .map(|r| (r.filter.clone(), r.name.clone()))
        .collect();
    let thresholds = match request.sweep.is_empty() {
        true => Thresholds::default(),
        false => {
            Thresholds::of(&request.settings, &request.filters)?.chosen(&request.sweep, &names)?
        }
    };
    let drawn = request
        .sample
        .map(|fraction| Arc::new(clusters::draw(corpora, fraction, request.seed)));
    let passing = match &request.distinct {
        None => None,
        Some(_) => Some(Arc::new(PlaceSet::none(
            corpora,
            &engine.runtime().memory_pool,
        )?)),
    };
    let aims = scan::Aims {
        tokens: tokens.as_deref(),
        thresholds: &thresholds.movable,
        show: request.show_removed,
        drawn: drawn.as_ref(),
        passing: passing.as_ref(),
    };
    let scanned = scan::scan(engine, corpora, request, &rules, aims).await?;
    let outline = figures::Outline::new(&names, tokens.is_some());
    let chosen = match (&request.distinct, &passing) {
        (Some(distinct), Some(passing)) => {
            distinct::choose(
                engine,
                corpora,
                request,
                distinct,
                tokens.as_deref(),
                passing,
            )
            .await?
        }
        _ => distinct::Choices::default(),
    };
    let mut sections: Vec<(usize, Section)> = match request.by.is_empty() {
        true => Vec::new(),
        false => scanned
            .groups
            .iter()
            .map(|group| outline.section(group.patterns.iter().map(|(_, p)| p), &group.undefined))
            .enumerate()
            .collect(),
    };
    // The largest group first; equal ones stay in the order of their keys.
    sections.sort_by_key(|(_, section)| std::cmp::Reverse(section.total.documents));
    let places: Vec<usize> = sections.iter().map(|(place, _)| *place).collect();
    let keys = scanned.keys.take(&places)?;
    let groups = keys
        .to_json()?
        .into_iter()
        .zip(sections)
        .map(|(key, (place, section))| Group {
            key,
            estimates: drawn
                .as_ref()
                .map(|drawn| drawn.section(&outline, &scanned.groups[place].patterns, &section)),
            distinct: chosen.of_group(&scanned.groups[place].key, section.kept),
            section,
        })
        .collect();
    let (patterns, undefined) = scanned.all(names.len());
    let all = outline.section(&patterns, &undefined);
    let distinct = chosen.of_all(all.kept);
    let mut overlap = outline.overlap(&patterns);
    let sample = drawn.map(|drawn| {
        drawn.overlaps(&outline, &scanned.groups, &mut overlap);
        drawn.sample(&outline, &scanned.groups, &all)
    });
    let now = (all.kept, sample.as_ref().map(|s| s.estimates.kept));
    let curves = thresholds
        .movable
        .iter()
        .zip(scanned.values)
        .map(|(threshold, values)| values.curve(threshold, &names, now, target))
        .collect();
    let settings = &request.settings;
    let mut warnings = scanned.warnings;
    warnings.extend(distinct::warnings(engine, corpora, request).await?);
    let removed = removed::read(engine, corpora, settings, &rules, scanned.candidates).await?;
    Ok(Report {
        corpora: corpora.iter().map(|c| c.name().to_string()).collect(),
        documents: corpora.iter().map(|c| c.rows()).sum(),
        condition: request.condition.as_ref().map(|c| c.text.clone()),
        set: request
            .settings
            .values()
            .map(|(filter, parameter, value)| (format!("{filter}.{parameter}"), value.to_json()))
            .collect(),
        all,
        distinct,
        overlap,
        sweep: (!request.sweep.is_empty()).then_some(Sweep {
            curves,
            left_out: thresholds.left_out,
        }),
        target,
        removed,
        sample,
        tokens_column: tokens,
        by: request.by.clone(),
        groups,
        clusters: Vec::new(),
        warnings,
        keys,
    })
}

impl Report {
    /// Writes the report as `output` says: words for people, one object as JSON, else rows.
    pub fn write(&self, output: &Output) -> Result<()> {
        match output.format {
            Format::Table => output::write_text(&self.to_text(output.on_terminal())?, output),
            Format::Json => {
                let mut json = serde_json::to_string_pretty(self)
                    .map_err(|e| Error::internal("cannot write the report").caused_by(e))?;
                json.push('\n');
                output::write_text(&json, output)
            }
            Format::Csv | Format::Jsonl | Format::Parquet => {
                let batch = self.to_batch()?;
                output::write_batches(batch.schema(), &[batch], output)
            }
        }
    }
}
