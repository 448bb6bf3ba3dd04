//! Documents of one id: how many, and some of them. The ids are aggregated with spilling.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use futures::StreamExt;

use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::query::Planner;
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

/// Looks for ids that several documents of the corpus in `root` have.
pub async fn find(engine: &Engine, root: &Path) -> Result<Duplicates> {
    let mut found = Duplicates::default();
    let corpus = Arc::new(Corpus::open(root)?);
    // Ids that are made up from positions are unique.
    if corpus.documents().schema().index_of("id").is_err() {
        return Ok(found);
    }
    let query = "SELECT id, count(*) AS n FROM corpus WHERE id IS NOT NULL \
                 GROUP BY id HAVING count(*) > 1";
    let plan = Planner::new(engine, &[corpus])?.plan(query).await?;
    let mut batches = plan.stream().await?;
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
    let ids = cast(
        &cast(batch.column(0), &DataType::Utf8)?,
        &DataType::Utf8View,
    )?;
    for (id, count) in ids.as_string_view().iter().zip(counts.values()) {
        let count = u64::try_from(*count).unwrap_or(0);
        found.ids += 1;
        found.documents += count;
        let id = id.unwrap_or_default().to_string();
        found.examples.push((id, count));
    }
    found.examples.sort_unstable();
    found.examples.truncate(EXAMPLES);
    Ok(())
}
