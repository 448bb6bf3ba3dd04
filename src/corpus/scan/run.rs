//! The rows of one partition, unit by unit: narrow columns decide, then text is read row group by row
//! group for the rows that are left.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::error::Result as DataFusionResult;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::object_store::ObjectStore;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};

use super::ahead::{self, Running, Threads};
use super::metrics::ScanMetrics;
use super::program::Program;
use super::read::{Reader, Steps};
use super::rows::{Positions, Rows, compact};
use super::units::Unit;
use crate::corpus::table::LayeredTable;
use crate::error::Result;

/// What all partitions of a scan share.
#[derive(Debug)]
pub struct Shared {
    /// The table that is read.
    pub table: Arc<LayeredTable>,
    /// Where its files are.
    pub store: Arc<dyn ObjectStore>,
    /// What is done.
    pub program: Program,
    /// What comes out.
    pub schema: SchemaRef,
}

/// One partition as it is read.
pub struct PartitionRun {
    shared: Arc<Shared>,
    context: Arc<TaskContext>,
    /// Row groups that are read at the same time.
    running: Running,
    metrics: Arc<ScanMetrics>,
    reservation: Arc<MemoryReservation>,
    /// Rows that may still come out.
    remaining: Option<usize>,
    units: VecDeque<Unit>,
    current: BoxStream<'static, DataFusionResult<RecordBatch>>,
}

impl PartitionRun {
    /// A run over `units`, which are of one of several partitions that share `threads`.
    pub fn new(
        shared: Arc<Shared>,
        context: Arc<TaskContext>,
        units: Vec<Unit>,
        fetch: Option<usize>,
        metrics: Arc<ScanMetrics>,
        threads: &Arc<Threads>,
    ) -> Self {
        // A limit may be reached by the first row group: few are read ahead.
        let running = match fetch {
            Some(_) => threads.fixed(),
            None => threads.growing(),
        };
        let reservation = MemoryConsumer::new("LayeredScanExec").register(context.memory_pool());
        Self {
            shared,
            context,
            running,
            metrics,
            reservation: Arc::new(reservation),
            remaining: fetch,
            units: units.into(),
            current: stream::empty().boxed(),
        }
    }

    /// The next batch; `None` at the end.
    pub async fn next(&mut self) -> DataFusionResult<Option<RecordBatch>> {
        loop {
            if self.remaining == Some(0) {
                return Ok(None);
            }
            if let Some(batch) = self.current.try_next().await? {
                let Some(remaining) = &mut self.remaining else {
                    return Ok(Some(batch));
                };
                let rows = batch.num_rows().min(*remaining);
                *remaining -= rows;
                return Ok(Some(batch.slice(0, rows)));
            }
            let Some(unit) = self.units.pop_front() else {
                self.reservation.free();
                return Ok(None);
            };
            self.current = self.start(unit).await?;
        }
    }

    /// Reads what decides cheaply; what is left is read as its batches are wanted.
    async fn start(
        &mut self,
        unit: Unit,
    ) -> Result<BoxStream<'static, DataFusionResult<RecordBatch>>> {
        let shared = Arc::clone(&self.shared);
        let program = &shared.program;
        let columns = shared.table.columns().len();
        // Signatures and embeddings weigh more in a unit than fits: it is read piece by piece.
        let place = (unit.part, &unit.rows);
        let cuts = Reader::cuts_of_narrow(&shared.table, &shared.store, place, program.reads());
        let mut parts = unit.cut(&cuts.await?).into_iter();
        let Some(unit) = parts.next() else {
            return Ok(stream::empty().boxed());
        };
        for piece in parts.rev() {
            self.units.push_front(piece);
        }
        let mut range = unit.rows.clone();
        if let (true, None, Some(remaining)) = (program.keeps_all(), &unit.mask, self.remaining) {
            range.end = range.end.min(range.start + remaining as u64);
        }
        let mut rows = Rows::all(range, columns);
        if let Some(mask) = &unit.mask {
            rows.prune(mask.clone());
        }
        let metrics = Arc::clone(&self.metrics);
        let reader = Reader::open(
            &shared.table,
            &shared.store,
            &metrics,
            &self.reservation,
            (unit.part, &rows.range),
            program.reads(),
        )
        .await?;
        metrics.rows_scanned.add(rows.count);
        if shared.table.switches().pruning {
            for stage in &program.narrow {
                reader.prune(stage, &mut rows)?;
            }
        }
        for stage in &program.narrow {
            if rows.count > 0 {
                reader.run(stage, &mut rows).await?;
            }
        }
        metrics.rows_after_stored.add(rows.count);
        if rows.count == 0 {
            return Ok(stream::empty().boxed());
        }
        reader.load(&program.carried, &mut rows).await?;
        self.reservation.try_resize(rows.memory())?;
        let batch_size = self.context.session_config().batch_size().max(1);
        if !program.by_row_group {
            reader.compute(&program.last.compute, &mut rows)?;
            let batch = rows.batch(&program.output, &shared.schema)?;
            return Ok(stream::iter(pieces(batch, batch_size).map(Ok)).boxed());
        }
        let positions = Positions::of(&rows);
        let mut row_groups = Vec::new();
        let mut from = 0;
        let mut ends: Vec<u64> = unit.row_groups.iter().map(|rows| rows.end).collect();
        // A document of hundreds of megabytes is read apart from its neighbours.
        let wide = program.reads().copied().collect::<BTreeSet<usize>>();
        ends.extend(
            wide.iter()
                .flat_map(|column| reader.cuts(*column, &unit.rows)),
        );
        ends.sort_unstable();
        for end in ends {
            let to = rows.count_before(end);
            if to > from {
                row_groups.push(rows.slice(&positions, from, to));
            }
            from = to;
        }
        let start = move |rows: Rows| {
            let run = RowGroupRun::new(Arc::clone(&shared), reader.clone(), rows, batch_size)?;
            Ok(run.batches().boxed())
        };
        if self.running.most() == 1 || row_groups.len() == 1 {
            let runs = row_groups.into_iter().map(start);
            return Ok(stream::iter(runs).try_flatten().boxed());
        }
        let pool = self.context.memory_pool();
        Ok(ahead::in_order(
            row_groups.len(),
            self.running.clone(),
            ahead::room(pool.as_ref(), self.running.most()),
            MemoryConsumer::new("LayeredScanExec, row groups ahead").register(pool),
            move |number| start(row_groups[number].clone()),
        ))
    }
}

/// A batch in batches of at most `rows`.
fn pieces(batch: RecordBatch, rows: usize) -> impl Iterator<Item = RecordBatch> {
    (0..batch.num_rows())
        .step_by(rows)
        .map(move |from| batch.slice(from, rows.min(batch.num_rows() - from)))
}

/// The rows of one row group of the documents, or of some pages of it, in batches that fit in memory.
struct RowGroupRun {
    shared: Arc<Shared>,
    reader: Reader,
    batch_size: usize,
    rows: Rows,
    positions: Positions,
    taken: usize,
    steps: Steps,
}

impl RowGroupRun {
    fn new(shared: Arc<Shared>, reader: Reader, rows: Rows, batch_size: usize) -> Result<Self> {
        let program = &shared.program;
        let mut stages = program.wide.iter().chain([&program.last]);
        let mut columns: Vec<usize> = stages.next().map_or(Vec::new(), |s| s.read.clone());
        // A column without page index is fetched whole: better once, with the first.
        let later = stages.flat_map(|s| &s.read).copied();
        columns.extend(later.filter(|column| !reader.has_page_index(*column)));
        Ok(Self {
            steps: reader.step(&columns, &rows, batch_size)?,
            positions: Positions::of(&rows),
            shared,
            reader,
            batch_size,
            rows,
            taken: 0,
        })
    }

    fn batches(self) -> impl futures::Stream<Item = DataFusionResult<RecordBatch>> {
        stream::try_unfold(self, |mut run| async move {
            let batch = run.next().await?;
            let batch_size = run.batch_size;
            Ok::<_, datafusion::error::DataFusionError>(batch.map(|batch| {
                let pieces = pieces(batch, batch_size).map(Ok);
                (stream::iter(pieces), run)
            }))
        })
        .try_flatten()
    }

    /// The next rows with all that the output needs.
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        let shared = Arc::clone(&self.shared);
        let program = &shared.program;
        while self.taken < self.rows.count {
            let left = self.rows.count - self.taken;
            let (count, columns) = self.steps.next(&self.reader, left).await?;
            let to = self.taken + count;
            let mut rows = self.rows.slice(&self.positions, self.taken, to);
            self.taken = to;
            for (column, values) in columns {
                rows.columns[column] = Some(values);
            }
            for stage in &program.wide {
                if rows.count > 0 {
                    self.reader.run(stage, &mut rows).await?;
                }
            }
            self.reader.metrics().rows_after_computed.add(rows.count);
            if rows.count > 0 {
                self.reader.load(&program.last.read, &mut rows).await?;
                self.reader.compute(&program.last.compute, &mut rows)?;
                for column in &program.output {
                    let compacted = rows.column(*column).map(compact)?;
                    rows.columns[*column] = Some(compacted);
                }
                return rows.batch(&program.output, &shared.schema).map(Some);
            }
        }
        Ok(None)
    }
}
