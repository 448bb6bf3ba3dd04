//! The one scan behind the report: rules → bit patterns, counted in SQL.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{RecordBatch, UInt64Array};
use datafusion::arrow::compute::{
    SortColumn, concat_batches, lexsort_to_indices, partition, take_record_batch,
};
use datafusion::sql::sqlparser::ast::Expr;

use super::Request;
use super::figures::{Amount, Pattern};
use super::rows::Keys;
use crate::corpus::Corpus;
use crate::error::Result;
use crate::query::check::Check;
use crate::query::counts::counts;
use crate::query::planner::Planner;
use crate::query::select::quoted;
use crate::session::Engine;

/// Bits of one pattern column.
const WORD: usize = 64;

/// All documents, counted by what they fail.
pub struct Judged {
    /// Filter and rule, in the order of the bits.
    pub rules: Vec<(String, String)>,
    /// One for each pattern of each group, ordered by group.
    pub patterns: Vec<Pattern>,
    /// The patterns of each group.
    pub groups: Vec<Range<usize>>,
    /// The group of each pattern.
    pub keys: Keys,
    /// From the planner.
    pub warnings: Vec<String>,
}

struct BoundRule {
    filter: String,
    name: String,
    expr: Expr,
}

/// Judges the documents.
pub async fn judge(engine: &Engine, corpora: &[Arc<Corpus>], request: &Request) -> Result<Judged> {
    let check = Check::new(engine, corpora, &request.settings);
    if let Some(condition) = &request.condition {
        check.condition(condition).await?;
    }
    check.columns("--by", &request.by).await?;
    let mut rules = Vec::new();
    for filter in &request.filters {
        check.filter(filter).await?;
        let of_filter = request.settings.rules(filter)?;
        rules.extend(of_filter.into_iter().map(|rule| BoundRule {
            filter: filter.clone(),
            name: rule.name,
            expr: rule.expr,
        }));
    }
    let planner = Planner::new(engine, corpora)?.with_settings(request.settings.clone());
    let planned = planner.plan(&sql(request, &rules)).await?;
    let warnings = planned.warnings().to_vec();
    let schema = planned.schema();
    let by = request.by.len();
    let batch = by_group(&concat_batches(&schema, &planned.collect().await?)?, by)?;
    let keys = Keys::new(&request.by, batch.columns()[..by].to_vec());
    let groups = if by == 0 || batch.num_rows() == 0 {
        Vec::new()
    } else {
        partition(&batch.columns()[..by])?.ranges()
    };
    Ok(Judged {
        patterns: patterns(&batch, by, rules.len())?,
        rules: rules.into_iter().map(|r| (r.filter, r.name)).collect(),
        groups,
        keys,
        warnings,
    })
}

/// Groups, pattern words, amounts, and how often each rule was NULL.
fn sql(request: &Request, rules: &[BoundRule]) -> String {
    let mut judged: Vec<String> = Vec::new();
    let mut keys: Vec<String> = Vec::new();
    for (place, column) in request.by.iter().enumerate() {
        judged.push(format!("{} AS by_{place}", quoted(column)));
        keys.push(format!("by_{place}"));
    }
    for (place, word) in rules.chunks(WORD).enumerate() {
        let conditions: Vec<String> = word.iter().map(|r| r.expr.to_string()).collect();
        judged.push(format!(
            "bit_pattern({}) AS pattern_{place}",
            conditions.join(", ")
        ));
        keys.push(format!("pattern_{place}"));
    }
    judged.push("text_chars, text_bytes".to_string());
    let mut figures = vec![
        "count(*) AS documents".to_string(),
        "sum(text_chars) AS characters".to_string(),
        "sum(text_bytes) AS bytes".to_string(),
    ];
    for (place, rule) in rules.iter().enumerate() {
        judged.push(format!("({}) IS NULL AS null_{place}", rule.expr));
        figures.push(format!(
            "count(*) FILTER (WHERE null_{place}) AS undefined_{place}"
        ));
    }
    let condition = request
        .condition
        .as_ref()
        .map_or_else(String::new, |c| format!(" WHERE {}", c.expr));
    let keys = keys.join(", ");
    format!(
        "SELECT {keys}, {} FROM (SELECT {} FROM corpus{condition}) AS judged GROUP BY {keys}",
        figures.join(", "),
        judged.join(", ")
    )
}

/// The rows in the order of their groups.
fn by_group(batch: &RecordBatch, by: usize) -> Result<RecordBatch> {
    if by == 0 {
        return Ok(batch.clone());
    }
    let keys: Vec<SortColumn> = batch.columns()[..by]
        .iter()
        .map(|values| SortColumn {
            values: Arc::clone(values),
            options: None,
        })
        .collect();
    let order = lexsort_to_indices(&keys, None)?;
    Ok(take_record_batch(batch, &order)?)
}

fn patterns(batch: &RecordBatch, by: usize, rules: usize) -> Result<Vec<Pattern>> {
    let words = rules.div_ceil(WORD);
    let columns: Vec<UInt64Array> = batch.columns()[by..]
        .iter()
        .map(counts)
        .collect::<Result<_>>()?;
    let (words, rest) = columns.split_at(words);
    let (amounts, undefined) = rest.split_at(3);
    Ok((0..batch.num_rows())
        .map(|row| Pattern {
            words: words.iter().map(|c| c.value(row)).collect(),
            amount: Amount {
                documents: amounts[0].value(row),
                characters: amounts[1].value(row),
                bytes: amounts[2].value(row),
            },
            undefined: undefined.iter().map(|c| c.value(row)).collect(),
        })
        .collect())
}
