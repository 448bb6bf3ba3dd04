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

mod figures;
mod query;
mod rows;
mod text;

use std::sync::Arc;

use serde::Serialize;

pub use figures::{Amount, FilterFigures, Removed, RuleFigures, Section};

use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::output::{self, Format, Output};
use crate::query::{Condition, Settings};
use crate::session::Engine;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The filters, in order; names that `settings` knows.
    pub filters: Vec<String>,
    /// Which documents; all without.
    pub condition: Option<Condition>,
    /// Columns by whose values the figures are also given.
    pub by: Vec<String>,
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
    /// The figures of all selected documents.
    #[serde(flatten)]
    pub all: Section,
    /// The columns of the groups.
    pub by: Vec<String>,
    /// The figures of each group, the one with most documents first.
    pub groups: Vec<Group>,
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
}

/// Judges every document of `corpora` that meets the condition.
pub async fn report(engine: &Engine, corpora: &[Arc<Corpus>], request: &Request) -> Result<Report> {
    if request.filters.is_empty() {
        return Err(Error::user("no filter is named").hint("`corpusql queries` lists them"));
    }
    let judged = query::judge(engine, corpora, request).await?;
    let outline = figures::Outline::new(&judged.rules);
    let all = outline.section(&judged.patterns);
    let mut sections: Vec<(usize, Section)> = judged
        .groups
        .iter()
        .map(|range| {
            (
                range.start,
                outline.section(&judged.patterns[range.clone()]),
            )
        })
        .collect();
    // The largest group first; equal ones stay in the order of their keys.
    sections.sort_by_key(|(_, section)| std::cmp::Reverse(section.total.documents));
    let places: Vec<usize> = sections.iter().map(|(start, _)| *start).collect();
    let keys = judged.keys.take(&places)?;
    let groups = keys
        .to_json()?
        .into_iter()
        .zip(sections)
        .map(|(key, (_, section))| Group { key, section })
        .collect();
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
        by: request.by.clone(),
        groups,
        warnings: judged.warnings,
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
