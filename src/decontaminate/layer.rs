//! The columns of a method's layer, and outcomes as rows of them.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, ListBuilder, RecordBatch,
    StringBuilder, StringViewBuilder, UInt32Builder,
};
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};

use super::evals::Evals;
use super::judge::Outcome;
use super::method::{Kind, Method};
use crate::corpus::{Column, DECONTAMINATE, fingerprint};
use crate::error::Result;

/// Raised when the same evaluation sets give other values.
const VERSION: u32 = 1;

/// The columns of a method's layer.
pub fn fields(method: &Method, layer: &str) -> Vec<Field> {
    let list = |data_type| DataType::List(Arc::new(Field::new_list_field(data_type, true)));
    let mut fields = vec![
        ("contaminated", DataType::Boolean, false),
        ("matches", DataType::Int64, false),
        ("first_match", DataType::Utf8View, true),
        ("benchmark", DataType::Utf8View, true),
        ("item", DataType::Utf8View, true),
        ("benchmarks", list(DataType::Utf8), true),
        ("items", list(DataType::Utf8), true),
        ("span_starts", list(DataType::UInt32), true),
        ("span_ends", list(DataType::UInt32), true),
    ];
    match method.kind {
        Kind::Palm | Kind::Llama2 => fields.push(("share", DataType::Float64, false)),
        Kind::Gpt3 => fields.extend([
            ("pieces", DataType::Int64, false),
            ("dropped", DataType::Boolean, false),
            ("text", DataType::Utf8View, true),
        ]),
        Kind::Datatrove | Kind::DolmaParagraphs => {}
    }
    fields
        .into_iter()
        .map(|(name, data_type, nullable)| {
            Field::new(format!("{layer}_{name}"), data_type, nullable)
        })
        .collect()
}

/// The columns, and what their values depend on beside the documents: the method, and the evaluation sets. `others` are the
/// identities of documents elsewhere that count.
pub fn columns(method: &Method, layer: &str, evals: &Evals, others: &str) -> Vec<Column> {
    let sets: Vec<String> = evals
        .benchmarks
        .iter()
        .map(|b| format!("{} {} {} {:?}", b.name, b.hash, b.query, b.label))
        .collect();
    let names: Vec<&str> = evals.benchmarks.iter().map(|b| b.name.as_str()).collect();
    let facts = format!(
        "{VERSION} {}\n{}\n{others}",
        method.facts(),
        sets.join("\n")
    );
    let definition = format!(
        "{DECONTAMINATE}{} ({}) against {}",
        method.kind.name(),
        match method.kind {
            Kind::DolmaParagraphs => "paragraphs".to_string(),
            _ => format!("n = {}", method.n),
        },
        names.join(", ")
    );
    fields(method, layer)
        .iter()
        .map(|field| {
            let facts = format!("{} {facts}", field.name());
            let print = fingerprint::of_expression(&facts, &[], &field.data_type().to_string());
            Column::new(field, definition.clone(), print)
        })
        .collect()
}

/// Outcomes as rows; a document of which there is nothing to say has none.
pub fn batch(
    schema: &SchemaRef,
    method: &Method,
    evals: &Evals,
    outcomes: &[Option<Outcome>],
) -> Result<RecordBatch> {
    let nothing = Outcome::default();
    let rows = outcomes.len();
    let mut contaminated = BooleanBuilder::with_capacity(rows);
    let mut matches = Int64Builder::with_capacity(rows);
    let mut first_match = StringViewBuilder::with_capacity(rows);
    let mut benchmark = StringViewBuilder::with_capacity(rows);
    let mut item = StringViewBuilder::with_capacity(rows);
    let mut benchmarks = ListBuilder::new(StringBuilder::new());
    let mut items = ListBuilder::new(StringBuilder::new());
    let mut starts = ListBuilder::new(UInt32Builder::new());
    let mut ends = ListBuilder::new(UInt32Builder::new());
    let mut share = Float64Builder::with_capacity(rows);
    let mut pieces = Int64Builder::with_capacity(rows);
    let mut dropped = BooleanBuilder::with_capacity(rows);
    let mut text = StringViewBuilder::with_capacity(rows);
    for outcome in outcomes {
        let outcome = outcome.as_ref().unwrap_or(&nothing);
        contaminated.append_value(outcome.contaminated);
        matches.append_value(i64::try_from(outcome.matches).unwrap_or(i64::MAX));
        first_match.append_option(outcome.first_match.as_deref());
        let first = outcome.first.map(|question| evals.place(question).0);
        benchmark.append_option(first.map(|b| evals.benchmarks[b].name.as_str()));
        item.append_option(outcome.first.map(|question| evals.name(question)));
        let mut last = None;
        for question in &outcome.questions {
            let of = evals.place(*question as usize).0;
            if last != Some(of) {
                benchmarks.values().append_value(&evals.benchmarks[of].name);
                last = Some(of);
            }
            items.values().append_value(evals.name(*question as usize));
        }
        benchmarks.append(last.is_some());
        items.append(last.is_some());
        for (start, end) in &outcome.spans {
            starts.values().append_value(*start);
            ends.values().append_value(*end);
        }
        starts.append(!outcome.spans.is_empty());
        ends.append(!outcome.spans.is_empty());
        share.append_value(outcome.share);
        match &outcome.cleaned {
            Some(cleaned) => {
                pieces.append_value(cleaned.pieces.into());
                dropped.append_value(cleaned.text.is_empty());
                text.try_append_value(&cleaned.text)?;
            }
            None => {
                pieces.append_value(1);
                dropped.append_value(false);
                text.append_null();
            }
        }
    }
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(contaminated.finish()),
        Arc::new(matches.finish()),
        Arc::new(first_match.finish()),
        Arc::new(benchmark.finish()),
        Arc::new(item.finish()),
        Arc::new(benchmarks.finish()),
        Arc::new(items.finish()),
        Arc::new(starts.finish()),
        Arc::new(ends.finish()),
    ];
    match method.kind {
        Kind::Palm | Kind::Llama2 => columns.push(Arc::new(share.finish())),
        Kind::Gpt3 => columns.extend([
            Arc::new(pieces.finish()) as ArrayRef,
            Arc::new(dropped.finish()),
            Arc::new(text.finish()),
        ]),
        Kind::Datatrove | Kind::DolmaParagraphs => {}
    }
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}
