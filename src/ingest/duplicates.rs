//! Documents of one id: how many, and some of them. The ids are aggregated with spilling.

use std::path::PathBuf;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::execution::context::SessionContext;
use datafusion::prelude::ParquetReadOptions;
use futures::StreamExt;

use crate::error::{Error, Result};
use crate::session::Engine;

/// How many examples a report has.
const EXAMPLES: usize = 5;

/// Ids that more than one document has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Duplicates {
    /// Such ids.
    pub ids: u64,
    /// Documents that have them.
    pub documents: u64,
    /// The first of the ids in alphabetical order, and how many documents have each.
    pub examples: Vec<(String, u64)>,
}

/// Looks for ids that occur more than once in the column `id` of `parts`.
pub async fn find(engine: &Engine, parts: &[PathBuf], id: &str) -> Result<Duplicates> {
    let mut found = Duplicates::default();
    if parts.is_empty() {
        return Ok(found);
    }
    let context = SessionContext::new_with_config_rt(engine.config(), engine.runtime().clone());
    let paths: Vec<String> = parts.iter().map(|p| p.display().to_string()).collect();
    context
        .read_parquet(paths, ParquetReadOptions::default())
        .await
        .and_then(|frame| context.register_table("documents", frame.into_view()))?;
    let id = id.replace('"', "\"\"");
    let query = format!(
        "SELECT cast(\"{id}\" AS varchar) AS id, count(*) AS n FROM documents \
         WHERE \"{id}\" IS NOT NULL GROUP BY \"{id}\" HAVING count(*) > 1"
    );
    let mut batches = context.sql(&query).await?.execute_stream().await?;
    while let Some(batch) = batches.next().await {
        add(&batch?, &mut found)?;
    }
    Ok(found)
}

fn add(batch: &RecordBatch, found: &mut Duplicates) -> Result<()> {
    let counts = batch
        .column(1)
        .as_primitive_opt::<Int64Type>()
        .ok_or_else(|| Error::internal("a count is no integer"))?;
    let ids = datafusion::arrow::compute::cast(
        batch.column(0),
        &datafusion::arrow::datatypes::DataType::Utf8View,
    )?;
    for (id, count) in ids.as_string_view().iter().zip(counts.values()) {
        let count = u64::try_from(*count).unwrap_or(0);
        found.ids += 1;
        found.documents += count;
        found
            .examples
            .push((id.unwrap_or_default().to_string(), count));
        if found.examples.len() > 64 * EXAMPLES {
            shorten(&mut found.examples);
        }
    }
    shorten(&mut found.examples);
    Ok(())
}

fn shorten(examples: &mut Vec<(String, u64)>) {
    examples.sort_unstable();
    examples.truncate(EXAMPLES);
}
