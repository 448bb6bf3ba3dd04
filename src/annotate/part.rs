//! One part of one layer or of several: computed in row order, written aside, its footer saying what it was made by.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::file::reader::{FileReader, SerializedFileReader};
use futures::TryStreamExt;

use super::definition::{Definition, select};
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

/// Computes a part of each of some layers in one pass over the documents, or hands back those that are there.
pub async fn compute(
    engine: &Engine,
    corpus: &Arc<Corpus>,
    layers: Vec<(Arc<Definition>, PartPlan)>,
    progress: &Progress,
) -> Result<Vec<Part>> {
    let missing = layers.iter().filter(|(_, plan)| plan.existing.is_none());
    let mut outputs = missing
        .map(|(definition, plan)| Output::create(definition, plan))
        .collect::<Result<Vec<_>>>()?;
    if let Some((_, plan)) = layers.first()
        && !outputs.is_empty()
    {
        write(engine, corpus, plan, &mut outputs, progress).await?;
    }
    let mut computed = outputs.into_iter();
    let parts = layers.into_iter().map(|(_, plan)| match plan.existing {
        Some(part) => Ok(part),
        None => computed
            .next()
            .ok_or_else(|| Error::internal("a part that was not computed"))?
            .finish(plan),
    });
    parts.collect()
}

/// Computes the rows of some layers for a part of the documents, of which `plan` says what all these layers have in common.
async fn write(
    engine: &Engine,
    corpus: &Arc<Corpus>,
    plan: &PartPlan,
    outputs: &mut [Output],
    progress: &Progress,
) -> Result<()> {
    let names: Vec<&str> = outputs
        .iter()
        .map(|o| o.definition.layer.as_str())
        .collect();
    let place = format!("layer {}, part {}", names.join(", "), plan.number);
    let context = |e: Error| e.context(place.clone());
    let lists: Vec<&str> = outputs.iter().map(|o| o.definition.list.as_str()).collect();
    let planned = Planner::new(engine, std::slice::from_ref(corpus))?
        .with_part(plan.number)
        .plan(&select(&lists.join(", ")))
        .await
        .map_err(context)?;
    let mut batches = planned.stream().await.map_err(context)?;
    while let Some(batch) = batches.try_next().await.map_err(|e| context(e.into()))? {
        let rows = batch.num_rows() as u64;
        let mut columns = batch.columns();
        for output in &mut *outputs {
            let (own, rest) = columns.split_at(output.schema.fields().len());
            columns = rest;
            output.cutter.write(&conform(own, &output.schema)?)?;
        }
        let share = |total: u64| {
            (u128::from(total) * u128::from(rows) / u128::from(plan.rows.max(1))) as u64
        };
        progress.add(rows, share(plan.text_bytes), rows);
    }
    Ok(())
}

/// The file of a part while it is written.
struct Output {
    definition: Arc<Definition>,
    schema: SchemaRef,
    cutter: Cutter,
}

impl Output {
    fn create(definition: &Arc<Definition>, plan: &PartPlan) -> Result<Self> {
        let schema = definition.schema()?;
        let properties = writer_properties(&schema, is_wide_text)?;
        let writer = PartWriter::create(&plan.target, &schema, properties)?;
        Ok(Self {
            definition: Arc::clone(definition),
            schema,
            cutter: Cutter::new(writer, &plan.document_row_groups),
        })
    }

    fn finish(self, plan: PartPlan) -> Result<Part> {
        let layer = &self.definition.layer;
        let facts = [
            (LAYER, layer.clone()),
            (PART, plan.number.to_string()),
            (DEFINITION, self.definition.digest.clone()),
            (MADE_FROM, made_from_text(&plan.made_from)),
        ];
        let file = self
            .cutter
            .finish(plan.rows, &facts)
            .map_err(|e| e.context(format!("layer {layer}, part {}", plan.number)))?;
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
}

fn made_from_text(made_from: &BTreeMap<String, String>) -> String {
    made_from
        .iter()
        .map(|(layer, identity)| format!("{layer}={identity}"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Columns in the types that the layer stores.
fn conform(columns: &[ArrayRef], schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = columns
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
