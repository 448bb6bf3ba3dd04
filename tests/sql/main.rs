//! Queries over corpora: what names mean, that every way to an answer gives the same one.

mod corpora;
mod damage;
mod determinism;
mod differential;
mod in_place;
mod made_texts;
mod names;
mod old_files;
mod plans;
mod slt;
mod several;

use std::sync::Arc;

use corpusql::corpus::Corpus;
use corpusql::error::Result;
use corpusql::query::Planner;
use corpusql::session::Engine;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};

/// The rows of a query, each value as text, and the names of its columns first.
async fn rows(engine: &Engine, corpus: &Arc<Corpus>, sql: &str) -> Result<Vec<String>> {
    rows_of(Planner::new(engine, &[Arc::clone(corpus)])?, sql).await
}

async fn rows_of(planner: Planner<'_>, sql: &str) -> Result<Vec<String>> {
    let planned = planner.plan(sql).await?;
    let schema = planned.schema();
    let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
    let mut rows = vec![names.join(" | ")];
    for batch in planned.collect().await? {
        as_text(&batch, &mut rows);
    }
    Ok(rows)
}

fn as_text(batch: &RecordBatch, rows: &mut Vec<String>) {
    let options = FormatOptions::default().with_null("NULL");
    let columns: Vec<ArrayFormatter<'_>> = batch
        .columns()
        .iter()
        .map(|c| ArrayFormatter::try_new(c.as_ref(), &options).expect("a printable column"))
        .collect();
    for row in 0..batch.num_rows() {
        let values: Vec<String> = columns.iter().map(|c| c.value(row).to_string()).collect();
        rows.push(values.join(" | "));
    }
}
