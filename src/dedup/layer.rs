//! The columns of clusters, written part by part into the layer of each corpus.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, AsArray, BooleanBuilder, Int64Builder, RecordBatch, StringViewArray, StringViewBuilder,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::MemoryReservation;
use futures::TryStreamExt;

use super::clusters::Survivor;
use super::forest::Forest;
use super::way::Run;
use crate::error::Result;
use crate::query::planner::Planner;

/// Bytes that the name of a cluster takes beside those of the id.
const NAME_BYTES: usize = 48;

/// The ids of documents, in order.
const IDS: &str = "SELECT id FROM corpus";

/// What the documents of some parts are told of their clusters.
#[derive(Debug, Default)]
struct Names {
    /// By slot: the smallest id of the cluster, and who stays.
    of_slots: Vec<(Box<str>, u32)>,
}

/// Writes all parts of all layers and makes them visible, corpus by corpus.
///
/// A cluster's name may stand in any part, so names are gathered before a part is written: for as many parts at once
/// as memory allows, which is all of them in most corpora.
pub async fn write(
    run: Run<'_>,
    mut forest: Forest,
    survivor: Survivor,
    memory: &MemoryReservation,
) -> Result<()> {
    let parts: Vec<_> = run.sources.parts().collect();
    let fresh: Vec<_> = run.layers.iter().map(|l| l.is_up_to_date()).collect();
    let mut written: Vec<Vec<_>> = run.layers.iter().map(|_| Vec::new()).collect();
    let (mut next, mut document) = (0, 0);
    while next < parts.len() {
        let rest = &parts[next..];
        let (names, count) = gather(&run, &mut forest, survivor, memory, document, rest).await?;
        for &(of, number, rows) in &rest[..count] {
            let layer = &run.layers[of];
            if fresh[of] {
                skip(document..document + rows, &mut forest, &names);
            } else if let Some(part) = layer.finished(number) {
                skip(document..document + rows, &mut forest, &names);
                written[of].push(part);
            } else {
                let mut part = layer.part(number)?;
                let corpus = std::slice::from_ref(&run.sources.corpora()[of]);
                let planner = Planner::new(run.engine, corpus)?.with_part(number);
                let mut batches = planner.plan(IDS).await?.stream().await?;
                let mut first = document;
                while let Some(batch) = batches.try_next().await? {
                    let ids = strings(&batch)?;
                    part.write(&rows_of(layer.schema(), first, &ids, &mut forest, &names)?)?;
                    first += ids.len();
                }
                written[of].push(part.finish()?);
            }
            document += rows;
        }
        next += count;
    }
    for ((layer, parts), fresh) in run.layers.into_iter().zip(written).zip(fresh) {
        if !fresh {
            layer.commit(parts)?;
        }
    }
    Ok(())
}

/// The names of the clusters in the first of `parts`, whose documents begin at number `first`; and in how many of them.
async fn gather(
    run: &Run<'_>,
    forest: &mut Forest,
    survivor: Survivor,
    memory: &MemoryReservation,
    first: usize,
    parts: &[(usize, usize, usize)],
) -> Result<(Names, usize)> {
    let base = memory.size();
    let mut count = parts.len();
    loop {
        let documents: usize = parts[..count].iter().map(|part| part.2).sum();
        let wanted = first..first + documents;
        let names = names(run, forest, survivor, memory, wanted).await?;
        memory.shrink(memory.size() - base);
        match names {
            Ok(names) => return Ok((names, count)),
            Err(e) if count == 1 => return Err(e.into()),
            Err(_) => count = count.div_ceil(2),
        }
    }
}

/// The names of the clusters that have documents among `wanted`, if there is memory for them.
async fn names(
    run: &Run<'_>,
    forest: &mut Forest,
    survivor: Survivor,
    memory: &MemoryReservation,
    wanted: Range<usize>,
) -> Result<Result<Names, DataFusionError>> {
    forest.clear_slots();
    let mut clusters = 0;
    for document in wanted {
        let root = forest.root(document);
        if forest.size(root) > 1 && forest.slot(root).is_none() {
            forest.set_slot(root, clusters);
            clusters += 1;
        }
    }
    if let Err(e) = memory.try_grow(clusters * NAME_BYTES) {
        return Ok(Err(e));
    }
    let mut of_slots: Vec<(Box<str>, u32)> = vec![(Box::default(), u32::MAX); clusters];
    if clusters == 0 {
        return Ok(Ok(Names { of_slots }));
    }
    let mut batches = run.planner()?.plan(IDS).await?.stream().await?;
    let mut document = 0;
    while let Some(batch) = batches.try_next().await? {
        for id in &strings(&batch)? {
            let id = id.unwrap_or_default();
            let root = forest.root(document);
            if let Some(slot) = forest.slot(root) {
                let name = &mut of_slots[slot];
                let unnamed = name.1 == u32::MAX;
                if unnamed || id < &*name.0 {
                    if let Err(e) = memory.try_grow(id.len().saturating_sub(name.0.len())) {
                        return Ok(Err(e));
                    }
                    let stays = match survivor {
                        Survivor::SmallestId => document,
                        Survivor::First | Survivor::Largest | Survivor::Leading => root,
                    };
                    *name = (id.into(), stays as u32);
                }
            }
            document += 1;
        }
    }
    Ok(Ok(Names { of_slots }))
}

/// Who stays of a document's cluster, if it has several documents, and its name.
fn cluster<'a>(forest: &Forest, names: &'a Names, root: usize) -> Option<&'a (Box<str>, u32)> {
    forest.slot(root).map(|slot| &names.of_slots[slot])
}

/// Counts documents whose columns are there already.
fn skip(documents: Range<usize>, forest: &mut Forest, names: &Names) {
    for document in documents {
        let root = forest.root(document);
        if cluster(forest, names, root).is_some_and(|(_, stays)| *stays as usize != document) {
            forest.next_rank(root);
        }
    }
}

/// The columns of the documents from number `first`.
fn rows_of(
    schema: &SchemaRef,
    first: usize,
    ids: &StringViewArray,
    forest: &mut Forest,
    names: &Names,
) -> Result<RecordBatch> {
    let rows = ids.len();
    let mut clusters = StringViewBuilder::with_capacity(rows);
    let mut sizes = Int64Builder::with_capacity(rows);
    let mut ranks = Int64Builder::with_capacity(rows);
    let mut duplicates = BooleanBuilder::with_capacity(rows);
    for (document, id) in (first..).zip(ids) {
        let root = forest.root(document);
        let (name, rank) = match cluster(forest, names, root) {
            None => (id.unwrap_or_default(), 1),
            Some((name, stays)) if *stays as usize == document => (name.as_ref(), 1),
            Some((name, _)) => (name.as_ref(), 1 + forest.next_rank(root)),
        };
        clusters.try_append_value(name)?;
        sizes.append_value(forest.size(root).into());
        ranks.append_value(rank.into());
        duplicates.append_value(rank > 1);
    }
    Ok(RecordBatch::try_new(
        Arc::clone(schema),
        vec![
            Arc::new(clusters.finish()),
            Arc::new(sizes.finish()),
            Arc::new(ranks.finish()),
            Arc::new(duplicates.finish()),
        ],
    )?)
}

fn strings(batch: &RecordBatch) -> Result<StringViewArray> {
    Ok(cast(batch.column(0), &DataType::Utf8View)?
        .as_string_view()
        .clone())
}
