//! The one scan behind the statistics: documents counted by group and length in SQL, then by group.

use std::sync::Arc;

use datafusion::sql::sqlparser::ast::Expr;
use futures::TryStreamExt;
use polars::prelude::DataFrame;

use super::tally::Tally;
use super::{AMOUNTS, Request};
use crate::corpus::Corpus;
use crate::error::Result;
use crate::query::check::Check;
use crate::query::filter_file::conjunction;
use crate::query::planner::{PartRows, Planner};
use crate::query::select::quoted;
use crate::session::Engine;

/// 1 in the row for all groups together, 0 in the others.
pub const IS_TOTAL: &str = "is_total";

/// The column of the key at `place`.
pub fn key(place: usize) -> String {
    format!("by_{place}")
}

/// The column with the amount of all groups together, in every row.
pub fn whole(amount: &str) -> String {
    format!("whole_{amount}")
}

/// What is asked for can be asked.
pub async fn check(engine: &Engine, corpora: &[Arc<Corpus>], request: &Request) -> Result<()> {
    let check = Check::new(engine, corpora, &request.settings);
    if let Some(condition) = &request.condition {
        check.condition(condition).await?;
    }
    check.columns("--by", &request.by).await?;
    for filter in &request.filters {
        check.filter(filter).await?;
    }
    match &request.distinct {
        Some(distinct) => distinct.check(engine, corpora, &request.settings).await,
        None => Ok(()),
    }
}

/// A row for each group and one for all of them, with the planner's warnings. Of `rows` where they are given, which are then
/// those that meet the condition.
pub async fn count(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    request: &Request,
    rows: Option<Vec<Vec<PartRows>>>,
    filters: &[String],
    amounts: &[String],
) -> Result<(DataFrame, Vec<String>)> {
    let condition = match &rows {
        Some(_) => None,
        None => request.condition.as_ref().map(|c| &c.expr),
    };
    let sql = sql(request, condition, filters, amounts)?;
    let mut planner = Planner::new(engine, corpora)?.with_settings(request.settings.clone());
    if let Some(rows) = rows {
        planner = planner.with_rows(rows);
    }
    let planned = planner.plan(&sql).await?;
    let warnings = planned.warnings().to_vec();
    let mut tally = Tally::new(
        request.by.len(),
        filters,
        amounts,
        &engine.runtime().memory_pool,
    );
    let mut batches = planned.stream().await?;
    while let Some(batch) = batches.try_next().await? {
        tally.add(&batch)?;
    }
    Ok((tally.finish()?, warnings))
}

/// Documents counted by group and length: what is measured of each, then the counts.
fn sql(
    request: &Request,
    condition: Option<&Expr>,
    filters: &[String],
    amounts: &[String],
) -> Result<String> {
    let mut measured = vec!["text_chars AS length, text_bytes".to_string()];
    let tokens = amounts.get(AMOUNTS.len());
    measured.extend(tokens.map(|column| quoted(column)));
    let sums = ["count(*)".to_string(), "sum(text_bytes)".to_string()];
    let sums = sums
        .into_iter()
        .chain(tokens.map(|column| format!("sum({})", quoted(column))));
    let sums: Vec<String> = sums.collect();
    let mut group = Vec::new();
    for (place, column) in request.by.iter().enumerate() {
        measured.push(format!("{} AS {}", quoted(column), key(place)));
        group.push(key(place));
    }
    group.push("length".to_string());
    let mut counts = sums.clone();
    for place in 0..filters.len() {
        let passes = match request.filters.get(place) {
            Some(filter) => {
                let verdict = conjunction(&request.settings.rules(filter)?)
                    .map_or_else(|| "true".to_string(), |verdict| verdict.to_string());
                measured.push(format!("({verdict}) AS passes_{place}"));
                format!("passes_{place}")
            }
            // After the filters themselves: all of them together.
            None => {
                let each = (0..request.filters.len()).map(|other| format!("passes_{other}"));
                each.collect::<Vec<_>>().join(" AND ")
            }
        };
        for sum in &sums {
            counts.push(format!("{sum} FILTER (WHERE {passes})"));
        }
    }
    let condition = condition.map_or_else(String::new, |c| format!(" WHERE {c}"));
    let group = group.join(", ");
    Ok(format!(
        "SELECT {group}, {} FROM (SELECT {} FROM corpus{condition}) AS measured GROUP BY {group}",
        counts.join(", "),
        measured.join(", ")
    ))
}
