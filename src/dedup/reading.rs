//! Columns of all documents with the documents' numbers, read by all threads, in no order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, UInt32Type, UInt64Type};
use datafusion::common::runtime::SpawnedTask;
use datafusion::execution::SendableRecordBatchStream;
use futures::{StreamExt, TryStreamExt};

use super::way::Run;
use crate::error::Result;
use crate::query::planner::{PART, POSITION, PartRows, Partitions, Planner};
use crate::query::select::quoted;
use crate::session::joined;

/// What a thread makes of the documents that it reads.
pub trait Worker: Send + 'static {
    /// Takes some documents: the columns, and the documents' numbers.
    fn take(&mut self, columns: &[ArrayRef], documents: &[u32]) -> Result<()>;

    /// No more documents come.
    fn finish(self) -> Result<()>;
}

/// Reads `columns`, SQL over a document, of all documents, or of those whose bit is set in `wanted`.
pub async fn read<W: Worker>(
    run: &Run<'_>,
    columns: &[String],
    wanted: Option<&BooleanBuffer>,
    mut worker: impl FnMut() -> Result<W>,
) -> Result<()> {
    let sources = Arc::new(partitions(run, columns, wanted).await?);
    let next = Arc::new(AtomicUsize::new(0));
    let threads = run.engine.options().threads.max(1);
    let mut tasks = Vec::new();
    for _ in 0..threads {
        let (sources, next) = (Arc::clone(&sources), Arc::clone(&next));
        let (mut worker, progress) = (worker()?, run.progress.clone());
        tasks.push(SpawnedTask::spawn(async move {
            while let Some(source) = sources.get(next.fetch_add(1, Ordering::Relaxed)) {
                let mut batches = source.stream()?;
                while let Some(batch) = batches.try_next().await? {
                    let (places, columns) = (batch.num_columns() - 2, batch.columns());
                    let documents = source.documents(&columns[places..]);
                    let columns = columns[..places].iter().zip(source.types.iter());
                    let columns = columns.map(|(column, wanted)| cast(column, wanted));
                    let columns = columns.collect::<Result<Vec<_>, _>>()?;
                    worker.take(&columns, &documents)?;
                    progress.add(documents.len() as u64, 0, documents.len() as u64);
                }
            }
            worker.finish()
        }));
    }
    for task in tasks {
        joined(task).await?;
    }
    Ok(())
}

/// One partition of a corpus.
struct Source {
    partitions: Arc<Partitions>,
    number: usize,
    /// Of each part of the corpus, the number of its first document.
    firsts: Arc<Vec<u32>>,
    /// Of each column, the type that it has in all corpora.
    types: Arc<Vec<DataType>>,
}

impl Source {
    fn stream(&self) -> Result<SendableRecordBatchStream> {
        self.partitions.stream(self.number)
    }

    /// The numbers of documents, from their parts and rows.
    fn documents(&self, places: &[ArrayRef]) -> Vec<u32> {
        let parts = places[0].as_primitive::<UInt32Type>().values();
        let rows = places[1].as_primitive::<UInt64Type>().values();
        let places = parts.iter().zip(rows);
        places
            .map(|(part, row)| self.firsts[*part as usize] + *row as u32)
            .collect()
    }
}

async fn partitions(
    run: &Run<'_>,
    columns: &[String],
    wanted: Option<&BooleanBuffer>,
) -> Result<Vec<Source>> {
    let columns: Vec<_> = (0..)
        .zip(columns)
        .map(|(n, column)| format!("{column} AS column_{n}, "))
        .collect();
    let sql = format!(
        "SELECT {}{} AS place_part, {} AS place_row FROM corpus",
        columns.concat(),
        quoted(PART),
        quoted(POSITION)
    );
    let mut plans = Vec::new();
    let mut types = vec![DataType::Null; columns.len()];
    let mut next = 0;
    for corpus in run.sources.corpora() {
        let (mut firsts, mut rows) = (Vec::new(), Vec::new());
        for (part, facts) in corpus.documents().manifest().parts.iter().enumerate() {
            let count = facts.rows as usize;
            let mask = wanted.map(|wanted| wanted.slice(next, count));
            if mask.as_ref().is_none_or(|mask| mask.count_set_bits() > 0) {
                let rows_of_part = 0..facts.rows;
                rows.push(PartRows {
                    part,
                    rows: rows_of_part,
                    mask,
                });
            }
            firsts.push(next as u32);
            next += count;
        }
        let planner = Planner::new(run.engine, std::slice::from_ref(corpus))?.with_rows(vec![rows]);
        let planned = planner.plan(&sql).await?;
        for (known, field) in types.iter_mut().zip(planned.schema().fields()) {
            if known.is_null() {
                *known = of_all(field.data_type());
            }
        }
        plans.push((Arc::new(planned.partitions()), Arc::new(firsts)));
    }
    let types = Arc::new(types);
    let of_plan = |(partitions, firsts): (Arc<Partitions>, Arc<Vec<u32>>)| {
        let types = Arc::clone(&types);
        (0..partitions.count()).map(move |number| Source {
            partitions: Arc::clone(&partitions),
            number,
            firsts: Arc::clone(&firsts),
            types: Arc::clone(&types),
        })
    };
    Ok(plans.into_iter().flat_map(of_plan).collect())
}

/// Texts and bytes are of one type each, however a corpus stores them.
fn of_all(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary | DataType::FixedSizeBinary(_) => {
            DataType::BinaryView
        }
        other => other.clone(),
    }
}

/// The results of `count` pieces of work in their order, so many at a time as there are threads.
pub fn in_order<T: Send + 'static>(
    threads: usize,
    count: usize,
    work: impl Fn(usize) -> Result<T> + Clone + Send + 'static,
) -> impl futures::Stream<Item = Result<T>> {
    futures::stream::iter(0..count)
        .map(move |number| {
            let work = work.clone();
            joined(SpawnedTask::spawn_blocking(move || work(number)))
        })
        .buffered(threads.max(1))
}
