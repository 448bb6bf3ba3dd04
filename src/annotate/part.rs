//! One part of a layer: computed in row order, written aside, its footer saying what it was made by.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::file::reader::{FileReader, SerializedFileReader};
use futures::TryStreamExt;

use super::definition::Definition;
use crate::corpus::cutter::Cutter;
use crate::corpus::sink::{PartWriter, file_identity, is_wide_text, writer_properties};
use crate::corpus::{Corpus, Part};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::query::planner::Planner;
use crate::session::Engine;

/// Footer keys.
const LAYER: &str = "corpusql.layer";
const PART: &str = "corpusql.part";
const DEFINITION: &str = "corpusql.definition";
const MADE_FROM: &str = "corpusql.made_from";

/// What is to be done for one part.
#[derive(Clone, Debug)]
pub struct PartPlan {
    /// Its number.
    pub number: usize,
    /// Rows it must have.
    pub rows: u64,
    /// Bytes of text of its documents, for progress.
    pub text_bytes: u64,
    /// Identities of the parts it is computed from.
    pub made_from: BTreeMap<String, String>,
    /// Rows of each row group of its documents.
    pub document_row_groups: Vec<u64>,
    /// The part that is already there and right.
    pub existing: Option<Part>,
    /// Where it goes.
    pub target: PathBuf,
}

/// The part that a file holds, when it is whole and was made by `definition` from the same inputs.
pub fn adopt(path: &Path, definition: &Definition, plan: &PartPlan) -> Option<Part> {
    let reader = SerializedFileReader::new(File::open(path).ok()?).ok()?;
    let metadata = reader.metadata();
    let facts = metadata.file_metadata().key_value_metadata()?;
    let fact = |key: &str| {
        facts
            .iter()
            .find(|kv| kv.key == key)
            .and_then(|kv| kv.value.clone())
    };
    let is_mine = fact(LAYER)? == definition.layer
        && fact(PART)? == plan.number.to_string()
        && fact(DEFINITION)? == definition.digest
        && fact(MADE_FROM)? == made_from_text(&plan.made_from);
    let row_groups: Vec<u64> = metadata
        .row_groups()
        .iter()
        .map(|g| g.num_rows() as u64)
        .collect();
    if !is_mine || row_groups.iter().sum::<u64>() != plan.rows {
        return None;
    }
    // The last column chunk must lie within the file: a truncated copy with a footer is no part.
    let identity = file_identity(path).ok()?;
    Some(Part {
        file: path.file_name()?.to_string_lossy().into_owned(),
        rows: plan.rows,
        row_groups,
        bytes: identity.bytes,
        identity: identity.identity,
        text_bytes: None,
        made_from: plan.made_from.clone(),
    })
}

/// Computes a part, or hands back the one that is there.
pub async fn compute(
    engine: &Engine,
    corpus: &Arc<Corpus>,
    definition: &Arc<Definition>,
    plan: PartPlan,
    progress: &Progress,
) -> Result<Part> {
    if let Some(part) = plan.existing {
        return Ok(part);
    }
    let context = |e: Error| e.context(format!("layer {}, part {}", definition.layer, plan.number));
    let planned = Planner::new(engine, std::slice::from_ref(corpus))?
        .with_part(plan.number)
        .plan(&definition.sql)
        .await
        .map_err(context)?;
    let schema = definition.schema()?;
    let writer = PartWriter::create(
        &plan.target,
        &schema,
        writer_properties(&schema, is_wide_text)?,
    )?;
    let mut cutter = Cutter::new(writer, &plan.document_row_groups);
    let mut batches = planned.stream().await.map_err(context)?;
    while let Some(batch) = batches.try_next().await.map_err(|e| context(e.into()))? {
        let rows = batch.num_rows() as u64;
        cutter.write(&conform(&batch, &schema)?)?;
        let share = |total: u64| {
            (u128::from(total) * u128::from(rows) / u128::from(plan.rows.max(1))) as u64
        };
        progress.add(rows, share(plan.text_bytes), rows);
    }
    let facts = [
        (LAYER, definition.layer.clone()),
        (PART, plan.number.to_string()),
        (DEFINITION, definition.digest.clone()),
        (MADE_FROM, made_from_text(&plan.made_from)),
    ];
    let file = cutter.finish(plan.rows, &facts).map_err(context)?;
    Ok(Part {
        file: plan
            .target
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        rows: file.rows,
        row_groups: file.row_groups,
        bytes: file.bytes,
        identity: file.identity,
        text_bytes: None,
        made_from: plan.made_from,
    })
}

fn made_from_text(made_from: &BTreeMap<String, String>) -> String {
    made_from
        .iter()
        .map(|(layer, identity)| format!("{layer}={identity}"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Columns in the types that the layer stores.
fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| {
            if column.data_type() == field.data_type() {
                Ok(Arc::clone(column))
            } else {
                Ok(cast(column, field.data_type())?)
            }
        })
        .collect::<Result<Vec<ArrayRef>>>()?;
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}
