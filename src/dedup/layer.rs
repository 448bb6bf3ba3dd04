//! The layer of a preset: its columns, whether it is there, and writing it part by part.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, AsArray, BooleanBuilder, Int64Builder, RecordBatch, StringViewArray, StringViewBuilder,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::execution::memory_pool::MemoryReservation;
use futures::TryStreamExt;

use super::DedupSummary;
use super::forest::Forest;
use super::preset::{Preset, Survivor};
use crate::corpus::made::MadeLayer;
use crate::corpus::{Column, Corpus, fingerprint};
use crate::error::Result;
use crate::query::planner::Planner;
use crate::session::Engine;

/// Raised when the same keys give other clusters or ranks.
const VERSION: u32 = 1;

/// Bytes of a cluster's name beside those of its id.
const NAME_BYTES: usize = 48;

/// The layer of a preset, locked for writing.
#[derive(Debug)]
pub struct Layer {
    made: MadeLayer,
}

/// The smallest id of each cluster of several documents.
#[derive(Debug, Default)]
pub struct Names {
    /// By root: the id, and the number of the document that stays.
    of_roots: HashMap<usize, (Box<str>, usize)>,
}

impl Layer {
    /// Takes the layer's lock and looks at what is there.
    pub fn open(engine: &Engine, corpus: &Corpus, preset: &Preset) -> Result<Self> {
        let step = format!("dedup {}", preset.name);
        let columns = columns(engine, preset);
        let made = MadeLayer::open(corpus, preset.name, &step, columns, preset.layer.as_slice())?;
        Ok(Self { made })
    }

    /// Whether the layer is whole and was made by this definition from what is there now.
    pub fn is_up_to_date(&self) -> bool {
        self.made.is_up_to_date()
    }

    /// Writes all parts and makes them visible.
    pub async fn write(
        self,
        engine: &Engine,
        corpus: &Arc<Corpus>,
        mut forest: Forest,
        names: &Names,
    ) -> Result<DedupSummary> {
        let documents = corpus.documents().manifest().parts.len();
        let mut parts = Vec::with_capacity(documents);
        let mut summary = DedupSummary::default();
        for number in 0..documents {
            let mut part = self.made.part(number)?;
            let planner = Planner::new(engine, std::slice::from_ref(corpus))?.with_part(number);
            let mut ids = planner.plan(IDS).await?.stream().await?;
            while let Some(batch) = ids.try_next().await? {
                let ids = strings(&batch)?;
                part.write(&self.rows(&ids, &mut forest, names, &mut summary)?)?;
            }
            parts.push(part.finish()?);
        }
        summary.clusters = names.of_roots.len() as u64;
        self.made.commit(parts)?;
        Ok(summary)
    }

    /// The columns of the documents that come next.
    fn rows(
        &self,
        ids: &StringViewArray,
        forest: &mut Forest,
        names: &Names,
        summary: &mut DedupSummary,
    ) -> Result<RecordBatch> {
        let rows = ids.len();
        let mut clusters = StringViewBuilder::with_capacity(rows);
        let mut sizes = Int64Builder::with_capacity(rows);
        let mut ranks = Int64Builder::with_capacity(rows);
        let mut duplicates = BooleanBuilder::with_capacity(rows);
        for id in ids {
            let number = summary.documents as usize;
            let root = forest.root(number);
            let (name, rank) = match names.of_roots.get(&root) {
                None => (id.unwrap_or_default(), 1),
                Some((name, survivor)) if *survivor == number => (name.as_ref(), 1),
                Some((name, _)) => (name.as_ref(), 1 + forest.next_rank(root)),
            };
            clusters.try_append_value(name)?;
            sizes.append_value(forest.size(root).into());
            ranks.append_value(rank.into());
            duplicates.append_value(rank > 1);
            summary.documents += 1;
            summary.duplicates += u64::from(rank > 1);
        }
        Ok(RecordBatch::try_new(
            Arc::clone(self.made.schema()),
            vec![
                Arc::new(clusters.finish()),
                Arc::new(sizes.finish()),
                Arc::new(ranks.finish()),
                Arc::new(duplicates.finish()),
            ],
        )?)
    }
}

impl Names {
    /// Finds the smallest id of each cluster of several, and who stays in it.
    pub async fn find(
        engine: &Engine,
        corpus: &Arc<Corpus>,
        preset: &Preset,
        forest: &mut Forest,
        memory: &MemoryReservation,
    ) -> Result<Self> {
        let mut names = Self::default();
        let planner = Planner::new(engine, std::slice::from_ref(corpus))?;
        let mut batches = planner.plan(IDS).await?.stream().await?;
        let mut number = 0;
        while let Some(batch) = batches.try_next().await? {
            for id in &strings(&batch)? {
                let id = id.unwrap_or_default();
                let root = forest.root(number);
                if forest.size(root) > 1 {
                    let survivor = match preset.survivor {
                        Survivor::SmallestId => number,
                        Survivor::First | Survivor::Largest | Survivor::Leading => root,
                    };
                    match names.of_roots.get_mut(&root) {
                        None => {
                            memory.try_grow(NAME_BYTES + id.len())?;
                            names.of_roots.insert(root, (id.into(), survivor));
                        }
                        Some(smallest) if id < &*smallest.0 => *smallest = (id.into(), survivor),
                        Some(_) => {}
                    }
                }
                number += 1;
            }
        }
        Ok(names)
    }
}

/// The ids of documents, in order.
const IDS: &str = "SELECT id FROM corpus";

fn strings(batch: &RecordBatch) -> Result<StringViewArray> {
    Ok(cast(batch.column(0), &DataType::Utf8View)?
        .as_string_view()
        .clone())
}

fn fields(preset: &Preset) -> Vec<Field> {
    [
        ("cluster", DataType::Utf8View),
        ("cluster_size", DataType::Int64),
        ("rank", DataType::Int64),
        ("duplicate", DataType::Boolean),
    ]
    .into_iter()
    .map(|(name, data_type)| Field::new(format!("{}_{name}", preset.name), data_type, false))
    .collect()
}

/// The columns and what their values depend on: the queries, the functions in them and the rule of who stays.
fn columns(engine: &Engine, preset: &Preset) -> Vec<Column> {
    let functions: Vec<_> = ["minhash_band"]
        .iter()
        .filter_map(|name| Some((name.to_string(), engine.functions().fingerprint(name)?)))
        .collect();
    let facts = format!("{VERSION} {:?} {}", preset.survivor, preset.script());
    fields(preset)
        .iter()
        .map(|field| {
            let definition = format!("{}{}", crate::corpus::DEDUP, preset.name);
            let facts = format!("{definition} {} {facts}", field.name());
            let print =
                fingerprint::of_expression(&facts, &functions, &field.data_type().to_string());
            Column::new(field, definition, print)
        })
        .collect()
}
