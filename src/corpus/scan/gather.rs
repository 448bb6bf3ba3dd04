//! Late gather: rows that are named by their position get their wide columns.
//!
//! `ORDER BY` sorts keys and positions; text is read here, in the order of the sort and, with a limit, for
//! the rows that are left.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, BooleanBufferBuilder, UInt32Array};
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::datatypes::{FieldRef, Schema, UInt32Type, UInt64Type};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::runtime::SpawnedTask;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{assert_eq_or_internal_err, internal_err};
use datafusion::error::{DataFusionError, Result as DataFusionResult};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::object_store::ObjectStore;
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning,
    PhysicalExpr, PlanProperties,
};
use futures::{TryStreamExt, stream};
use tokio::task::JoinError;

use super::metrics::ScanMetrics;
use super::program::Stage;
use super::read::Reader;
use super::rows::{Rows, compact};
use crate::corpus::table::LayeredTable;
use crate::error::{Error, Result};

/// The columns of its input, then columns of the table for the rows at the input's positions.
#[derive(Debug)]
pub struct GatherExec {
    input: Arc<dyn ExecutionPlan>,
    /// The input's columns that hold the part and the row.
    positions: [usize; 2],
    gather: Arc<Gather>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

/// What is gathered.
#[derive(Debug)]
struct Gather {
    table: Arc<LayeredTable>,
    store: Arc<dyn ObjectStore>,
    columns: Vec<usize>,
    stage: Stage,
}

impl GatherExec {
    /// Gathers `columns` of `table` for the rows of `input`, which has one partition.
    pub fn try_new(
        input: Arc<dyn ExecutionPlan>,
        positions: [usize; 2],
        table: Arc<LayeredTable>,
        store: Arc<dyn ObjectStore>,
        columns: Vec<usize>,
    ) -> Result<Self> {
        let stage = Stage::of_columns(&table, &columns)?;
        Ok(Self::of(
            input,
            positions,
            Arc::new(Gather {
                table,
                store,
                columns,
                stage,
            }),
        ))
    }

    fn of(input: Arc<dyn ExecutionPlan>, positions: [usize; 2], gather: Arc<Gather>) -> Self {
        let mut fields: Vec<FieldRef> = input.schema().fields().to_vec();
        let gathered = gather.columns.iter();
        fields.extend(gathered.map(|c| Arc::clone(&gather.table.columns()[*c].field)));
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::new(Schema::new(fields))),
            Partitioning::UnknownPartitioning(1),
            input.pipeline_behavior(),
            input.boundedness(),
        );
        Self {
            input,
            positions,
            gather,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        }
    }
}

impl DisplayAs for GatherExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.gather.table.columns();
        let name = |c: &usize| columns[*c].field.name().as_str();
        let names: Vec<&str> = self.gather.columns.iter().map(name).collect();
        write!(f, "GatherExec: columns=[{}]", names.join(", "))
    }
}

impl ExecutionPlan for GatherExec {
    fn name(&self) -> &'static str {
        "GatherExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn maintains_input_order(&self) -> Vec<bool> {
        vec![true]
    }

    fn benefits_from_input_partitioning(&self) -> Vec<bool> {
        vec![false]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> DataFusionResult<TreeNodeRecursion>,
    ) -> DataFusionResult<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(Arc::new(Self::of(
                input,
                self.positions,
                Arc::clone(&self.gather),
            ))),
            _ => internal_err!("GatherExec has one child"),
        }
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> DataFusionResult<SendableRecordBatchStream> {
        assert_eq_or_internal_err!(partition, 0, "GatherExec has one partition");
        let running = context.session_config().target_partitions().max(1);
        let metrics = ScanMetrics::new(
            &self.metrics,
            partition,
            &self.gather.table,
            self.gather.stage.compute.iter(),
        );
        let reservation = MemoryConsumer::new("GatherExec").register(context.memory_pool());
        let run = Arc::new(GatherRun {
            positions: self.positions,
            gather: Arc::clone(&self.gather),
            metrics: Arc::new(metrics),
            reservation: Arc::new(reservation),
            schema: self.schema(),
        });
        let input = self.input.execute(partition, context)?;
        let cutter = Arc::clone(&run);
        let pieces = stream::try_unfold((input, None), move |(mut input, pending)| {
            let cutter = Arc::clone(&cutter);
            async move {
                let piece = cutter.next_piece(&mut input, pending).await?;
                Ok::<_, DataFusionError>(piece.map(|(piece, rest)| (piece, (input, Some(rest)))))
            }
        });
        // Pieces side by side, out in their order.
        let batches = pieces
            .map_ok(move |piece| {
                let run = Arc::clone(&run);
                let task = SpawnedTask::spawn(async move { run.gather(piece).await });
                async move { Ok(task.join_unwind().await.map_err(lost)??) }
            })
            .try_buffered(running);
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            self.schema(),
            batches,
        )))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}

/// A task that was ended from outside.
fn lost(e: JoinError) -> DataFusionError {
    DataFusionError::ExecutionJoin(Box::new(e))
}

struct GatherRun {
    positions: [usize; 2],
    gather: Arc<Gather>,
    metrics: Arc<ScanMetrics>,
    reservation: Arc<MemoryReservation>,
    schema: Arc<Schema>,
}

impl GatherRun {
    /// The next rows of the input whose gathered columns weigh no more than a batch may, and the rest
    /// of the batch they are from.
    async fn next_piece(
        &self,
        input: &mut SendableRecordBatchStream,
        pending: Option<RecordBatch>,
    ) -> Result<Option<(RecordBatch, RecordBatch)>> {
        let mut batch = pending;
        let batch = loop {
            match batch {
                Some(batch) if batch.num_rows() > 0 => break batch,
                _ => match input.try_next().await? {
                    Some(next) => batch = Some(next),
                    None => return Ok(None),
                },
            }
        };
        let (part, row) = self.place(&batch, 0);
        let reader = self.reader(part, &(row..row)).await?;
        let one = Rows::all(row..row + 1, 0);
        let read = &self.gather.stage.read;
        let fitting = reader.fitting_rows(read, &one, batch.num_rows());
        let rest = batch.slice(fitting, batch.num_rows() - fitting);
        Ok(Some((batch.slice(0, fitting), rest)))
    }

    /// The part and the row of the `n`th row.
    fn place(&self, batch: &RecordBatch, n: usize) -> (u32, u64) {
        let [part, row] = self.positions;
        let parts = batch.column(part).as_primitive::<UInt32Type>();
        let rows = batch.column(row).as_primitive::<UInt64Type>();
        (parts.value(n), rows.value(n))
    }

    async fn gather(&self, batch: RecordBatch) -> Result<RecordBatch> {
        let mut sorted: Vec<((u32, u64), u32)> = (0..batch.num_rows())
            .map(|n| (self.place(&batch, n), n as u32))
            .collect();
        sorted.sort_unstable();
        // By column, the values part by part; by row of the batch, where its value is among them.
        let mut pieces: Vec<Vec<ArrayRef>> = vec![Vec::new(); self.gather.columns.len()];
        let mut turn = vec![0u32; batch.num_rows()];
        let mut read = 0;
        for of_part in sorted.chunk_by(|a, b| a.0.0 == b.0.0) {
            let mut wanted: Vec<u64> = of_part.iter().map(|((_, row), _)| *row).collect();
            wanted.dedup();
            for ((_, row), n) in of_part {
                let place = wanted.partition_point(|w| w < row);
                turn[*n as usize] = read + place as u32;
            }
            read += wanted.len() as u32;
            let Some(((part, _), _)) = of_part.first() else {
                continue;
            };
            for (pieces, values) in pieces.iter_mut().zip(self.rows_of(*part, &wanted).await?) {
                pieces.push(values);
            }
        }
        let turn = UInt32Array::from(turn);
        let mut columns = batch.columns().to_vec();
        for pieces in pieces {
            let values = concat(&pieces.iter().map(AsRef::as_ref).collect::<Vec<_>>())?;
            columns.push(take(&values, &turn, None)?);
        }
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }

    async fn reader(&self, part: u32, rows: &Range<u64>) -> Result<Reader> {
        let gather = &self.gather;
        Reader::open(
            &gather.table,
            &gather.store,
            &self.metrics,
            &self.reservation,
            (part as usize, rows),
            gather.stage.read.iter(),
        )
        .await
    }

    /// The gathered columns of the rows `wanted` of a part; they are in order.
    async fn rows_of(&self, part: u32, wanted: &[u64]) -> Result<Vec<ArrayRef>> {
        let (Some(first), Some(last)) = (wanted.first(), wanted.last()) else {
            return Err(Error::internal("no rows are gathered"));
        };
        let mut mask = BooleanBufferBuilder::new(0);
        mask.append_n((last + 1 - first) as usize, false);
        for row in wanted {
            mask.set_bit((row - first) as usize, true);
        }
        let mut rows = Rows::all(*first..last + 1, self.gather.table.columns().len());
        rows.prune(mask.finish());
        let reader = self.reader(part, &rows.range).await?;
        reader.run(&self.gather.stage, &mut rows).await?;
        self.gather
            .columns
            .iter()
            .map(|column| rows.column(*column).map(compact))
            .collect()
    }
}
