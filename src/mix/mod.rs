//! Mixture statistics: how much text there is of each source, language, …, how long the documents are, and
//! what filters keep.
//!
//! One scan, grouped in SQL by group and length; the groups are shaped as Polars frames. Quantiles are exact
//! and need no document to be kept: a quantile is the smallest length up to which that share of the
//! documents lies (inverse distribution, no interpolation). What SQL cannot group in memory spills.

mod arrow;
mod query;
mod tally;
mod text;

use std::sync::Arc;

use polars::prelude::*;

use crate::corpus::Corpus;
use crate::error::{Error, Result, near_miss};
use crate::output::{self, Format, Output};
use crate::query::distinct::{lost_clusters, survivors};
use crate::query::header::alternatives;
use crate::query::{Condition, Distinct, Settings, condition, tokens};
use crate::session::Engine;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The columns whose values make groups; one group of all without.
    pub by: Vec<String>,
    /// Filters of which to say what they keep; names that `settings` knows.
    pub filters: Vec<String>,
    /// Which documents; all without.
    pub condition: Option<Condition>,
    /// Of which clusters one document is counted, of those that meet the condition and pass all filters; what the filters keep is
    /// then all there is, and not told apart.
    pub distinct: Option<Distinct>,
    /// The filters there are and their parameters.
    pub settings: Settings,
}

/// The statistics of a mixture.
#[derive(Clone, Debug)]
pub struct Mixture {
    /// A row for each group, the one with most characters first.
    pub groups: DataFrame,
    /// The same figures of all groups together: one row, or none where no document was selected.
    pub total: DataFrame,
    /// The columns whose values make groups.
    pub by: Vec<String>,
    /// The filters; with several, [`ALL_FILTERS`] follows for all of them together.
    pub filters: Vec<String>,
    /// What is summed: documents, characters, bytes and, where they are stored, tokens by their column.
    pub amounts: Vec<String>,
    /// The corpora, by name.
    pub corpora: Vec<String>,
    /// Documents in them.
    pub documents: u64,
    /// The condition that selected documents.
    pub condition: Option<String>,
    /// Where one document of each cluster is counted: of which documents, how many were left out, and how.
    pub distinct: Option<Chosen>,
    /// What a user should know before trusting the figures.
    pub warnings: Vec<String>,
}

/// What was counted of clusters.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The filters that all counted documents pass.
    pub filters: Vec<String>,
    /// Documents that would have been counted, and are not the one of their cluster.
    pub duplicates: u64,
    /// How one of each cluster was chosen.
    pub words: String,
}

/// The name under which several filters stand together.
pub const ALL_FILTERS: &str = "all_filters";

/// Lengths: the column, and the share of documents that it reaches, as numerator and denominator.
const QUANTILES: [(&str, u64, u64); 4] = [
    ("p25_characters", 1, 4),
    ("median_characters", 1, 2),
    ("p75_characters", 3, 4),
    ("p90_characters", 9, 10),
];

/// What is summed over the documents of a group; where token counts are stored, their column follows.
const AMOUNTS: [&str; 3] = ["documents", "characters", "bytes"];

/// The amounts and, where they are stored, tokens.
fn amounts(tokens: Option<String>) -> Vec<String> {
    AMOUNTS
        .map(str::to_string)
        .into_iter()
        .chain(tokens)
        .collect()
}

/// Counts the documents of `corpora` that meet the condition.
pub async fn mix(engine: &Engine, corpora: &[Arc<Corpus>], request: &Request) -> Result<Mixture> {
    query::check(engine, corpora, request).await?;
    let mut chosen = None;
    let mut rows = None;
    let mut filters = request.filters.clone();
    if let Some(distinct) = &request.distinct {
        let predicate = request.condition.as_ref().map(|c| &c.expr);
        let predicate = condition::conjunction(&filters, predicate);
        let settings = &request.settings;
        let (set, duplicates, _) =
            survivors(engine, corpora, settings, predicate.as_deref(), distinct).await?;
        rows = Some(set.rows());
        chosen = Some(Chosen {
            filters: std::mem::take(&mut filters),
            duplicates,
            words: distinct.words(),
        });
    }
    if filters.len() > 1 {
        filters.push(ALL_FILTERS.to_string());
    }
    let amounts = amounts(tokens::stored(corpora));
    let figures = figures(&filters, &amounts);
    if let Some(column) = request.by.iter().find(|c| figures.contains(c)) {
        return Err(Error::user(format!(
            "--by {column}: the statistics have a column of that name"
        ))
        .hint("group by a column of another name, made with `corpusql annotate --sql`"));
    }
    let (counted, mut warnings) =
        query::count(engine, corpora, request, rows, &filters, &amounts).await?;
    let condition = request.condition.as_ref();
    warnings.extend(
        lost_clusters(
            engine,
            corpora,
            &request.settings,
            &request.filters,
            condition,
        )
        .await?,
    );
    let shaped = with_shares(counted.lazy(), &filters, &amounts).sort(
        ["characters"],
        SortMultipleOptions::default()
            .with_order_descending(true)
            .with_maintain_order(true),
    );
    let is_total = || col(query::IS_TOTAL).eq(lit(1_u64));
    let figures = || figures.iter().map(|c| col(c.as_str()));
    let total = shaped
        .clone()
        .filter(is_total())
        .select(figures().collect::<Vec<_>>());
    let total = total.collect().map_err(shaping)?;
    let groups = if request.by.is_empty() {
        total.clone()
    } else {
        let keys = request
            .by
            .iter()
            .enumerate()
            .map(|(place, name)| col(query::key(place)).alias(name.as_str()));
        shaped
            .filter(is_total().not())
            .select(keys.chain(figures()).collect::<Vec<_>>())
            .collect()
            .map_err(shaping)?
    };
    Ok(Mixture {
        groups,
        total,
        by: request.by.clone(),
        filters,
        amounts,
        corpora: corpora.iter().map(|c| c.name().to_string()).collect(),
        documents: corpora.iter().map(|c| c.rows()).sum(),
        condition: condition.map(|c| c.text.clone()),
        distinct: chosen,
        warnings,
    })
}

impl Mixture {
    /// The column `value` of the groups, a row for each group of the other columns and a column for each
    /// value of `column`.
    pub fn pivot(&self, column: &str, value: &str) -> Result<DataFrame> {
        if !self.by.iter().any(|c| c == column) {
            let known = self.by.iter().map(String::as_str);
            return Err(
                Error::user(format!("--pivot {column} is not among the columns of --by")).hint(
                    match near_miss(column, known) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!(
                            "add it: --by {}",
                            [&self.by[..], &[column.to_string()]].concat().join(",")
                        ),
                    },
                ),
            );
        }
        let figures = figures(&self.filters, &self.amounts);
        if !figures.iter().any(|f| f == value) {
            let known = || figures.iter().map(String::as_str);
            return Err(
                Error::user(format!("--value {value} is no figure of a mixture")).hint(
                    match near_miss(value, known()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("expected {}", alternatives(known())),
                    },
                ),
            );
        }
        let mut rest: Vec<&str> = self
            .by
            .iter()
            .map(String::as_str)
            .filter(|c| *c != column)
            .collect();
        let mut frame = self.groups.clone().lazy();
        if rest.is_empty() {
            frame = frame.with_column(lit(value).alias(FIGURE));
            rest.push(FIGURE);
        }
        let on = self
            .groups
            .column(column)
            .and_then(|values| values.unique_stable())
            .map_err(shaping)?;
        let on = DataFrame::new(on.len(), vec![on]).map_err(shaping)?;
        let mut pivoted = frame.pivot(
            by_name([column], true, false),
            Arc::new(on),
            by_name(rest, true, false),
            by_name([value], true, false),
            element().first(),
            true,
            PlSmallStr::EMPTY,
            polars::frame::PivotColumnNaming::Auto,
        );
        if is_amount(value) {
            // No group, no documents.
            pivoted = pivoted.with_column(
                dtype_col(&DataType::UInt64)
                    .as_selector()
                    .as_expr()
                    .fill_null(lit(0_u64)),
            );
        }
        pivoted.collect().map_err(|e| {
            Error::user(format!("cannot pivot by {column}: {e}"))
                .hint("its values become columns, and must not be called like the other columns")
        })
    }

    /// Writes the groups as `output` says, or the pivot of one figure.
    pub fn write(&self, pivot: Option<(&str, &str)>, output: &Output) -> Result<()> {
        let pivoted = pivot
            .map(|(column, value)| self.pivot(column, value))
            .transpose()?;
        if output.format == Format::Table {
            let text = match (&pivoted, pivot) {
                (Some(frame), Some((_, value))) => self.pivot_to_text(frame, value)?,
                _ => self.to_text()?,
            };
            return output::write_text(&text, output);
        }
        let batch = arrow::to_batch(pivoted.as_ref().unwrap_or(&self.groups))?;
        output::write_batches(batch.schema(), &[batch], output)
    }
}

/// The column that says which figure a row of a pivot holds, where nothing else would.
const FIGURE: &str = "figure";

/// The columns of figures, in order.
fn figures(filters: &[String], amounts: &[String]) -> Vec<String> {
    let mut names = Vec::new();
    for amount in amounts {
        names.push(amount.to_string());
        names.push(share_of(amount));
    }
    names.push("min_characters".to_string());
    names.extend(QUANTILES.iter().map(|(name, _, _)| (*name).to_string()));
    names.push("max_characters".to_string());
    for filter in filters {
        for amount in amounts {
            names.push(kept(filter, amount));
            names.push(share_of(&kept(filter, amount)));
        }
    }
    names
}

/// The column for what a filter keeps.
fn kept(filter: &str, amount: &str) -> String {
    format!("kept_{filter}_{amount}")
}

fn share_of(column: &str) -> String {
    format!("{column}_share")
}

/// Whether a figure is summed, so that where there is no document it is 0.
fn is_amount(figure: &str) -> bool {
    let summed = AMOUNTS.contains(&figure)
        || ["kept_", "tokens_"]
            .iter()
            .any(|start| figure.starts_with(start));
    summed && !figure.ends_with("_share")
}

/// Of the whole: what each group has. Of each group: what filters keep.
fn with_shares(frame: LazyFrame, filters: &[String], amounts: &[String]) -> LazyFrame {
    let number = |name: &str| col(name).cast(DataType::Float64);
    // 0 of 0 is nothing that can be said.
    let share =
        |part: Expr, whole: Expr, of: &str| (part / whole).fill_nan(lit(NULL)).alias(share_of(of));
    let mut shares = Vec::new();
    for amount in amounts {
        // Column by column: by one number, Polars would multiply with its inverse and round twice.
        let whole = number(&query::whole(amount));
        shares.push(share(number(amount), whole, amount));
        for filter in filters {
            let column = kept(filter, amount);
            shares.push(share(number(&column), number(amount), &column));
        }
    }
    frame.with_columns(shares)
}

/// Frames are made of what our own query returns.
fn shaping(error: PolarsError) -> Error {
    Error::internal("cannot shape the statistics").caused_by(error)
}
