//! Partitions side by side, their rows one after the other: as many run at a time as there are threads.

use std::fmt;
use std::sync::Arc;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Statistics, assert_eq_or_internal_err, internal_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryConsumer;
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

use crate::corpus::scan::ahead;

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

    /// What runs in parallel.
    pub fn input(&self) -> &Arc<dyn ExecutionPlan> {
        &self.input
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
            let room = ahead::room(context.memory_pool().as_ref(), self.threads);
            let input = Arc::clone(&self.input);
            let start =
                move |partition| Ok(input.execute(partition, Arc::clone(&context))?.boxed());
            let running = ahead::Running::Always(self.threads);
            ahead::in_order(count, running, room, reservation, start)
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
