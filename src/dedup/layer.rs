//! The columns of clusters, written part by part into the layer of each corpus.

use std::ops::Range;
use std::sync::Arc;

use corpusql_text::links::Forest;
use corpusql_udfs::clusters::Names;
use datafusion::arrow::array::{Array, AsArray, RecordBatch, StringViewArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::MemoryReservation;
use futures::{StreamExt, TryStreamExt, stream};

use super::clusters::Survivor;
use super::way::Run;
use crate::corpus::Part;
use crate::error::{Error, Result};
use crate::query::planner::Planner;
use crate::session::joined;

/// The ids of documents, in order.
const IDS: &str = "SELECT id FROM corpus";

/// Writes all parts of all layers and makes them visible, corpus by corpus.
///
/// A cluster's name may stand in any part, so names are gathered before a part is written: for as many parts at once
/// as memory allows, which is all of them in most corpora. These are written side by side.
pub async fn write(
    run: Run<'_>,
    forest: Forest,
    survivor: Survivor,
    memory: &MemoryReservation,
) -> Result<()> {
    let parts: Vec<_> = run.sources.parts().collect();
    let fresh: Vec<_> = run.layers.iter().map(|l| l.is_up_to_date()).collect();
    let mut written: Vec<Vec<_>> = run.layers.iter().map(|_| Vec::new()).collect();
    let mut forest = Arc::new(forest);
    let (mut next, mut first) = (0, 0);
    while next < parts.len() {
        let rest = &parts[next..];
        // Shared with the threads that write, which have ended.
        let alone = Arc::get_mut(&mut forest)
            .ok_or_else(|| Error::internal("parts are still being written"))?;
        let (names, count, _held) = gather(&run, alone, survivor, memory, first, rest).await?;
        let (now, names) = (&rest[..count], Arc::new(names));
        let documents: usize = now.iter().map(|part| part.2).sum();
        alone.set_ranks(first..first + documents, names.stays());
        run.progress
            .begin("writing the layer", "documents", documents as u64);
        let mut starts = Vec::new();
        for (_, _, rows) in now {
            starts.push(first);
            first += rows;
        }
        let writing = now.iter().zip(starts).map(|(&(of, number, rows), first)| {
            let shared = (Arc::clone(&forest), Arc::clone(&names));
            let up_to_date = fresh[of];
            let run = &run;
            async move {
                let part = match up_to_date {
                    true => None,
                    false => Some(write_part(run, (of, number, rows), first, shared).await?),
                };
                Ok::<_, Error>((of, part))
            }
        });
        let writing: Vec<_> = writing.collect();
        let mut finished = stream::iter(writing).buffered(run.engine.options().threads.max(1));
        while let Some((of, part)) = finished.try_next().await? {
            written[of].extend(part);
        }
        drop(finished);
        next += count;
    }
    for ((layer, parts), fresh) in run.layers.into_iter().zip(written).zip(fresh) {
        if !fresh {
            layer.commit(parts)?;
        }
    }
    Ok(())
}

/// Writes a part of a layer, unless it is there already; its documents begin at number `first`.
async fn write_part(
    run: &Run<'_>,
    (of, number, rows): (usize, usize, usize),
    first: usize,
    (forest, names): (Arc<Forest>, Arc<Names>),
) -> Result<Part> {
    let layer = &run.layers[of];
    if let Some(part) = layer.finished(number) {
        run.progress.add(rows as u64, 0, rows as u64);
        return Ok(part);
    }
    let mut part = layer.part(number)?;
    let schema = Arc::clone(layer.schema());
    let corpus = std::slice::from_ref(&run.sources.corpora()[of]);
    let planner = Planner::new(run.engine, corpus)?.with_part(number);
    let mut batches = planner.plan(IDS).await?.stream().await?;
    let progress = run.progress.clone();
    joined(SpawnedTask::spawn(async move {
        let mut first = first;
        while let Some(batch) = batches.try_next().await? {
            let ids = strings(&batch)?;
            let columns = names.columns(&ids, first, &forest);
            part.write(&RecordBatch::try_new(Arc::clone(&schema), columns)?)?;
            first += ids.len();
            progress.add(ids.len() as u64, 0, ids.len() as u64);
        }
        part.finish()
    }))
    .await
}

/// The names of the clusters in the first of `parts`, whose documents begin at number `first`; in how many of them; and
/// the memory of the names.
async fn gather(
    run: &Run<'_>,
    forest: &mut Forest,
    survivor: Survivor,
    memory: &MemoryReservation,
    first: usize,
    parts: &[(usize, usize, usize)],
) -> Result<(Names, usize, MemoryReservation)> {
    let mut count = parts.len();
    loop {
        let documents: usize = parts[..count].iter().map(|part| part.2).sum();
        let held = memory.new_empty();
        let wanted = first..first + documents;
        match names(run, forest, survivor, &held, wanted).await? {
            Ok(names) => return Ok((names, count, held)),
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
    let clusters = forest.set_slots(wanted);
    if let Err(e) = memory.try_grow(clusters * Names::BYTES) {
        return Ok(Err(e));
    }
    let mut names = Names::new(clusters);
    if clusters == 0 {
        return Ok(Ok(names));
    }
    let documents = run.sources.documents() as u64;
    run.progress
        .begin("naming clusters", "documents", documents);
    let smallest_stays = survivor == Survivor::SmallestId;
    let mut batches = run.planner()?.plan(IDS).await?.stream().await?;
    let mut document = 0;
    while let Some(batch) = batches.try_next().await? {
        let ids = strings(&batch)?;
        let more = names.look_at(&ids, document, forest, smallest_stays);
        if let Err(e) = memory.try_grow(more) {
            return Ok(Err(e));
        }
        document += ids.len();
        run.progress.add(ids.len() as u64, 0, ids.len() as u64);
    }
    Ok(Ok(names))
}

fn strings(batch: &RecordBatch) -> Result<StringViewArray> {
    Ok(cast(batch.column(0), &DataType::Utf8View)?
        .as_string_view()
        .clone())
}
