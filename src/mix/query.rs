//! The one scan behind the statistics: documents counted by group and length, then by group.

use std::sync::Arc;

use datafusion::arrow::compute::concat_batches;
use polars::prelude::DataFrame;

use super::{AMOUNTS, QUANTILES, Request, arrow, kept};
use crate::corpus::Corpus;
use crate::error::Result;
use crate::query::check::Check;
use crate::query::filter_file::conjunction;
use crate::query::planner::Planner;
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

/// A row for each group and one for all of them, with the planner's warnings.
pub async fn count(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    request: &Request,
    filters: &[String],
) -> Result<(DataFrame, Vec<String>)> {
    let check = Check::new(engine, corpora, &request.settings);
    if let Some(condition) = &request.condition {
        check.condition(condition).await?;
    }
    check.columns("--by", &request.by).await?;
    for filter in &request.filters {
        check.filter(filter).await?;
    }
    let planner = Planner::new(engine, corpora)?.with_settings(request.settings.clone());
    let planned = planner.plan(&sql(request, filters)?).await?;
    let warnings = planned.warnings().to_vec();
    let schema = planned.schema();
    let batch = concat_batches(&schema, &planned.collect().await?)?;
    Ok((arrow::from_batch(&batch)?, warnings))
}

/// Three levels: what is measured of a document; counts by group and length, of the whole too; and, with
/// the lengths of each group in order and counted up, one row for each group.
fn sql(request: &Request, filters: &[String]) -> Result<String> {
    let measured = measured(request)?;
    let (counts, sums) = figures(filters, request.filters.len());
    let keys: Vec<String> = (0..request.by.len()).map(key).collect();
    if keys.is_empty() {
        // Only the whole; without documents not even that.
        let counted =
            format!("SELECT length, {counts} FROM ({measured}) AS measured GROUP BY length");
        let ranked = ranked(&counted, "");
        return Ok(format!(
            "SELECT 1 AS {IS_TOTAL}, {sums} FROM ({ranked}) AS ranked HAVING count(*) > 0"
        ));
    }
    // The whole has NULL in every key, as a group may have too: `grouping` tells them apart.
    let first = &keys[0];
    let keys = keys.join(", ");
    let counted = format!(
        "SELECT grouping({first}) AS {IS_TOTAL}, {keys}, length, {counts} FROM ({measured}) AS measured \
         GROUP BY GROUPING SETS (({keys}, length), (length))"
    );
    let group = format!("{IS_TOTAL}, {keys}");
    let ranked = ranked(&counted, &format!("PARTITION BY {group}"));
    Ok(format!(
        "SELECT {group}, {sums} FROM ({ranked}) AS ranked GROUP BY {group} ORDER BY {group}"
    ))
}

/// Of each document: its keys, its size, and which filters it passes.
fn measured(request: &Request) -> Result<String> {
    let mut columns = vec!["text_chars AS length".to_string(), "text_bytes".to_string()];
    for (place, column) in request.by.iter().enumerate() {
        columns.push(format!("{} AS {}", quoted(column), key(place)));
    }
    for (place, filter) in request.filters.iter().enumerate() {
        let verdict = conjunction(&request.settings.rules(filter)?)
            .map_or_else(|| "true".to_string(), |verdict| verdict.to_string());
        columns.push(format!("({verdict}) AS passes_{place}"));
    }
    let condition = request
        .condition
        .as_ref()
        .map_or_else(String::new, |c| format!(" WHERE {}", c.expr));
    Ok(format!(
        "SELECT {} FROM corpus{condition}",
        columns.join(", ")
    ))
}

/// What is counted by group and length, and what is made of it by group. Of the filters the first `named`
/// are real ones; what follows is all of them together.
fn figures(filters: &[String], named: usize) -> (String, String) {
    let measures = ["count(*)", "sum(length)", "sum(text_bytes)"];
    let mut counts = Vec::new();
    let mut sums = Vec::new();
    for (amount, measure) in AMOUNTS.iter().zip(measures) {
        counts.push(format!("{measure} AS {amount}"));
        sums.push(format!("sum({amount}) AS {amount}"));
        // No group has more than all groups together.
        sums.push(format!("max(sum({amount})) OVER () AS {}", whole(amount)));
    }
    sums.push("min(length) AS min_characters".to_string());
    for (name, part, whole) in QUANTILES {
        sums.push(format!(
            "min(length) FILTER (WHERE upto * {whole} >= documents_of_group * {part}) AS {name}"
        ));
    }
    sums.push("max(length) AS max_characters".to_string());
    for (place, filter) in filters.iter().enumerate() {
        let passes = if place == named {
            let all = (0..named).map(|other| format!("passes_{other}"));
            all.collect::<Vec<_>>().join(" AND ")
        } else {
            format!("passes_{place}")
        };
        for (amount, measure) in AMOUNTS.iter().zip(measures) {
            let column = kept(filter, amount);
            counts.push(format!("{measure} FILTER (WHERE {passes}) AS {column}"));
            sums.push(format!("coalesce(sum({column}), 0) AS {column}"));
        }
    }
    (counts.join(", "), sums.join(", "))
}

/// With each length, how many documents of the group are that long or shorter, and how many it has.
fn ranked(counted: &str, partition: &str) -> String {
    format!(
        "SELECT *, sum(documents) OVER ({partition} ORDER BY length) AS upto, \
         sum(documents) OVER ({partition}) AS documents_of_group FROM ({counted}) AS counted"
    )
}
