//! What is lost when the survivors of duplicates are chosen before filtering.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::sql::sqlparser::ast::{
    Expr, Value as SqlValue, visit_expressions, visit_expressions_mut,
};

use super::{CLUSTER, DUPLICATE, SIZE, column};
use crate::corpus::Corpus;
use crate::error::Result;
use crate::query::counts::counts;
use crate::query::planner::Planner;
use crate::query::select::normalised;
use crate::query::{Condition, Settings};
use crate::session::Engine;

/// Warnings for each column `PRESET_duplicate` in what decides: how many clusters have documents that would pass if
/// they were not duplicates, and none that passes. The query reads only documents of clusters of several.
pub async fn lost_clusters(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    settings: &Settings,
    filters: &[String],
    condition: Option<&Condition>,
) -> Result<Vec<String>> {
    let all = conjuncts(settings, filters, condition)?;
    let mut warnings = Vec::new();
    for preset in presets(corpora, &all) {
        let planner = Planner::new(engine, corpora)?.with_settings(settings.clone());
        let batches = planner
            .plan(&sql(corpora, preset, &all))
            .await?
            .collect()
            .await?;
        let (clusters, documents) = (sum(&batches, 0)?, sum(&batches, 1)?);
        if clusters > 0 {
            let duplicate = column(preset, DUPLICATE).value;
            let (of_clusters, of_documents) = match (clusters, documents) {
                (1, 1) => ("1 cluster is".to_string(), "1 document".to_string()),
                (1, n) => ("1 cluster is".to_string(), format!("{n} documents")),
                (n, 1) => (format!("{n} clusters are"), "1 document".to_string()),
                (n, m) => (format!("{n} clusters are"), format!("{m} documents")),
            };
            warnings.push(format!(
                "{duplicate} beside other conditions: {of_clusters} lost whole, with {of_documents} that would pass, because \
                 the survivor was chosen before filtering; `--distinct {preset}` instead of {duplicate} chooses it among those that pass"
            ));
        }
    }
    Ok(warnings)
}

/// The same of a sample of the documents, in which most clusters are not whole: what can happen, not how often.
pub fn may_lose_clusters(
    corpora: &[Arc<Corpus>],
    settings: &Settings,
    filters: &[String],
    condition: Option<&Condition>,
) -> Result<Vec<String>> {
    let all = conjuncts(settings, filters, condition)?;
    let warnings = presets(corpora, &all).into_iter().map(|preset| {
        let duplicate = column(preset, DUPLICATE).value;
        format!(
            "{duplicate} beside other conditions loses clusters whole whose survivor, chosen before filtering, does not pass; \
             how many is not counted in a sample. `--distinct {preset}` instead of {duplicate} chooses it among those that pass"
        )
    });
    Ok(warnings.collect())
}

/// All that a document has to meet, verdicts written out.
fn conjuncts(
    settings: &Settings,
    filters: &[String],
    condition: Option<&Condition>,
) -> Result<Vec<Expr>> {
    let mut all = Vec::new();
    if let Some(condition) = condition {
        all.push(settings.without_verdicts(&condition.expr)?);
    }
    for filter in filters {
        all.extend(settings.rules(filter)?.iter().map(|rule| rule.verdict()));
    }
    Ok(all)
}

/// The layers of clusters whose duplicates are named.
fn presets<'a>(corpora: &'a [Arc<Corpus>], all: &[Expr]) -> BTreeSet<&'a str> {
    let named: BTreeSet<String> = all.iter().flat_map(names).collect();
    let layers = corpora.iter().flat_map(|corpus| corpus.readable_layers());
    layers
        .filter(|layer| {
            let has = |end| {
                let column = column(layer.name(), end).value;
                layer.schema().index_of(&column).is_ok().then_some(column)
            };
            has(CLUSTER).is_some() && has(DUPLICATE).is_some_and(|column| named.contains(&column))
        })
        .map(|layer| layer.name())
        .collect()
}

/// Clusters none of whose documents passes, though some would if they were no duplicates; and those documents.
fn sql(corpora: &[Arc<Corpus>], preset: &str, all: &[Expr]) -> String {
    let duplicate = column(preset, DUPLICATE).value;
    let joined = |exprs: &[Expr]| {
        let each: Vec<String> = exprs.iter().map(|e| format!("({e})")).collect();
        each.join(" AND ")
    };
    let rest: Vec<Expr> = all.iter().map(|e| with_false(e, &duplicate)).collect();
    let (cluster, size) = (column(preset, CLUSTER), column(preset, SIZE));
    let has_sizes = |corpus: &Arc<Corpus>| corpus.stored_column(&size.value).is_some();
    let several = match corpora.iter().any(has_sizes) {
        true => format!(" AND {size} > 1"),
        false => String::new(),
    };
    format!(
        "SELECT count(*) AS clusters, sum(documents) AS documents \
         FROM (SELECT count(*) AS documents FROM corpus \
         WHERE {cluster} IS NOT NULL{several} AND {} GROUP BY {cluster} HAVING NOT bool_or(coalesce({}, false))) AS lost",
        joined(&rest),
        joined(all)
    )
}

/// The columns that an expression names.
fn names(expr: &Expr) -> Vec<String> {
    let mut names = Vec::new();
    let _: ControlFlow<()> = visit_expressions(expr, |e| {
        names.extend(name(e));
        ControlFlow::Continue(())
    });
    names
}

fn name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(ident) => Some(normalised(ident)),
        Expr::CompoundIdentifier(path) => path.last().map(normalised),
        _ => None,
    }
}

/// The expression of a document whose column is false.
fn with_false(expr: &Expr, column: &str) -> Expr {
    let mut expr = expr.clone();
    let _: ControlFlow<()> = visit_expressions_mut(&mut expr, |e| {
        if name(e).as_deref() == Some(column) {
            *e = Expr::Value(SqlValue::Boolean(false).into());
        }
        ControlFlow::Continue(())
    });
    expr
}

fn sum(batches: &[RecordBatch], column: usize) -> Result<u64> {
    let mut sum = 0;
    for batch in batches {
        sum += counts(batch.column(column))?.values().iter().sum::<u64>();
    }
    Ok(sum)
}
