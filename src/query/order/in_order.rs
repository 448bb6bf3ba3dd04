//! Partitions side by side, their rows one after the other.
//!
//! As many partitions as there are threads run at a time, each ahead of the one that is being read as far
//! as a bound of bytes allows. A partition that has finished makes room for the next one at once.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Statistics, assert_eq_or_internal_err, internal_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::execution_plan::{CardinalityEffect, EvaluationType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::statistics::{ChildStats, StatisticsArgs};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning,
    PhysicalExpr, PlanProperties,
};
use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;

/// Bytes that one partition may be ahead of its reader, where memory is not limited.
const AHEAD_BYTES: usize = 64 << 20;
/// The unit in which they are counted.
const KIB: usize = 1024;
/// Partitions that may be finished and unread, for each that runs.
const FINISHED_PER_THREAD: usize = 4;

/// All partitions of its input as one, in their order.
#[derive(Debug)]
pub struct InOrderExec {
    input: Arc<dyn ExecutionPlan>,
    threads: usize,
    fetch: Option<usize>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl InOrderExec {
    /// The partitions of `input`, `threads` of them at a time.
    pub fn new(input: Arc<dyn ExecutionPlan>, threads: usize) -> Self {
        let mut equivalence = input.equivalence_properties().clone();
        if input.output_partitioning().partition_count() > 1 {
            equivalence.clear_orderings();
            equivalence.clear_per_partition_constants();
        }
        let properties = PlanProperties::new(
            equivalence,
            Partitioning::UnknownPartitioning(1),
            input.pipeline_behavior(),
            input.boundedness(),
        )
        .with_evaluation_type(EvaluationType::Eager);
        Self {
            input,
            threads: threads.max(1),
            fetch: None,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        }
    }

    /// No more than so many rows.
    #[must_use]
    pub fn fetching(self, fetch: Option<usize>) -> Self {
        Self { fetch, ..self }
    }
}

impl DisplayAs for InOrderExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InOrderExec")?;
        match self.fetch {
            Some(fetch) => write!(f, ": fetch={fetch}"),
            None => Ok(()),
        }
    }
}

impl ExecutionPlan for InOrderExec {
    fn name(&self) -> &'static str {
        "InOrderExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(Arc::new(
                Self::new(input, self.threads).fetching(self.fetch),
            )),
            _ => internal_err!("InOrderExec has one child"),
        }
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        assert_eq_or_internal_err!(partition, 0, "InOrderExec has one partition");
        let baseline = BaselineMetrics::new(&self.metrics, partition);
        let count = self.input.output_partitioning().partition_count();
        let batches = if count == 1 {
            self.input.execute(0, context)?.boxed()
        } else {
            let reservation = MemoryConsumer::new("InOrderExec").register(context.memory_pool());
            run_ahead(
                Arc::clone(&self.input),
                count,
                self.threads,
                context,
                reservation,
            )
        };
        // Cut off at the limit; dropping the stream ends what still runs.
        let limited = stream::try_unfold((batches, self.fetch), move |(mut batches, left)| {
            let baseline = baseline.clone();
            async move {
                if left == Some(0) {
                    return Ok(None);
                }
                let Some(batch) = batches.try_next().await? else {
                    return Ok(None);
                };
                let rows = left.map_or(batch.num_rows(), |left| left.min(batch.num_rows()));
                baseline.record_output(rows);
                let left = left.map(|left| left - rows);
                Ok::<_, DataFusionError>(Some((batch.slice(0, rows), (batches, left))))
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            self.schema(),
            limited,
        )))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn child_stats_requests(&self, _: Option<usize>) -> Vec<ChildStats> {
        vec![ChildStats::At(None)]
    }

    fn statistics_from_inputs(
        &self,
        inputs: &[Arc<Statistics>],
        _: &StatisticsArgs,
    ) -> Result<Arc<Statistics>> {
        match inputs.first() {
            Some(input) => Ok(Arc::new(
                input.as_ref().clone().with_fetch(self.fetch, 0, 1)?,
            )),
            None => internal_err!("InOrderExec has one child"),
        }
    }

    fn supports_limit_pushdown(&self) -> bool {
        true
    }

    fn cardinality_effect(&self) -> CardinalityEffect {
        CardinalityEffect::Equal
    }

    fn fetch(&self) -> Option<usize> {
        self.fetch
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        Some(Arc::new(
            Self::new(Arc::clone(&self.input), self.threads).fetching(limit),
        ))
    }
}

/// What a running partition hands over.
enum Message {
    /// A batch, and the room it takes until it is read.
    Batch(RecordBatch, OwnedSemaphorePermit, usize),
    /// The partition failed.
    Failed(DataFusionError),
    /// The partition is complete. Without this word a partition that died would look like a short one.
    End,
}

fn run_ahead(
    input: Arc<dyn ExecutionPlan>,
    count: usize,
    threads: usize,
    context: Arc<TaskContext>,
    reservation: MemoryReservation,
) -> stream::BoxStream<'static, Result<RecordBatch>> {
    let room = match context.memory_pool().memory_limit() {
        MemoryLimit::Finite(bytes) => AHEAD_BYTES.min(bytes / (8 * threads)),
        _ => AHEAD_BYTES,
    };
    let room = (room / KIB).max(1);
    let running = Arc::new(Semaphore::new(threads));
    let (queue, partitions) = mpsc::channel(threads * FINISHED_PER_THREAD);
    let reservation = Arc::new(reservation);
    let held = Arc::clone(&reservation);
    let driver = SpawnedTask::spawn(async move {
        let mut tasks = JoinSet::new();
        for partition in 0..count {
            let Ok(permit) = Arc::clone(&running).acquire_owned().await else {
                return;
            };
            let (sender, receiver) = mpsc::unbounded_channel();
            let (input, context) = (Arc::clone(&input), Arc::clone(&context));
            let held = Arc::clone(&held);
            tasks.spawn(async move {
                let _permit = permit;
                let ended = run(input, partition, context, room, &held, &sender).await;
                // A reader that has gone wants no more.
                let _ = sender.send(match ended {
                    Ok(()) => Message::End,
                    Err(e) => Message::Failed(e),
                });
            });
            if queue.send(receiver).await.is_err() {
                return;
            }
            while tasks.try_join_next().is_some() {}
        }
        while tasks.join_next().await.is_some() {}
    });
    struct Reader {
        partitions: mpsc::Receiver<mpsc::UnboundedReceiver<Message>>,
        current: Option<mpsc::UnboundedReceiver<Message>>,
        ended: usize,
        count: usize,
        reservation: Arc<MemoryReservation>,
        _driver: SpawnedTask<()>,
    }
    let reader = Reader {
        partitions,
        current: None,
        ended: 0,
        count,
        reservation,
        _driver: driver,
    };
    stream::try_unfold(reader, |mut reader| async move {
        loop {
            let Some(current) = &mut reader.current else {
                reader.current = reader.partitions.recv().await;
                if reader.current.is_some() {
                    continue;
                }
                if reader.ended < reader.count {
                    return internal_err!("the scheduler of partitions ended early");
                }
                return Ok(None);
            };
            match current.recv().await {
                Some(Message::Batch(batch, _room, bytes)) => {
                    reader.reservation.shrink(bytes);
                    return Ok(Some((batch, reader)));
                }
                Some(Message::Failed(e)) => return Err(e),
                Some(Message::End) => {
                    reader.ended += 1;
                    reader.current = None;
                }
                None => return internal_err!("partition {} ended without a word", reader.ended),
            }
        }
    })
    .boxed()
}

/// Runs one partition, handing its batches to `sender` while there is room.
async fn run(
    input: Arc<dyn ExecutionPlan>,
    partition: usize,
    context: Arc<TaskContext>,
    room: usize,
    reservation: &MemoryReservation,
    sender: &mpsc::UnboundedSender<Message>,
) -> Result<()> {
    let free = Arc::new(Semaphore::new(room));
    let mut batches = input.execute(partition, context)?;
    while let Some(batch) = batches.try_next().await? {
        let bytes = batch.columns().iter().map(sliced_bytes).sum::<usize>();
        let kib = (bytes / KIB).clamp(1, room);
        let wanted = u32::try_from(kib).unwrap_or(u32::MAX);
        let Ok(permit) = Arc::clone(&free).acquire_many_owned(wanted).await else {
            return Ok(());
        };
        reservation.grow(bytes);
        if sender.send(Message::Batch(batch, permit, bytes)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// The bytes of an array's own rows: buffers that other slices share are counted by what is in use.
fn sliced_bytes(array: &ArrayRef) -> usize {
    match array.data_type() {
        DataType::Utf8View => 16 * array.len() + array.as_string_view().total_buffer_bytes_used(),
        DataType::BinaryView => 16 * array.len() + array.as_binary_view().total_buffer_bytes_used(),
        _ => array
            .to_data()
            .get_slice_memory_size()
            .unwrap_or_else(|_| array.get_array_memory_size()),
    }
}
