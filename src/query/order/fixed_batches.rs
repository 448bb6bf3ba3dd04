//! Batches of a fixed size, whatever size they come in: what adds floats batch by batch then adds the same
//! numbers in the same steps.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::compute::BatchCoalescer;
use datafusion::common::internal_err;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, PhysicalExpr, PlanProperties,
};
use futures::{TryStreamExt, stream};

/// Rows of a batch; not the user's choice.
const ROWS: usize = 8192;

/// Its input's partitions, cut into batches of `ROWS`.
#[derive(Debug)]
pub struct FixedBatchesExec {
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl FixedBatchesExec {
    /// Cuts the partitions of `input` anew.
    pub fn new(input: Arc<dyn ExecutionPlan>) -> Self {
        Self {
            properties: Arc::clone(input.properties()),
            input,
        }
    }
}

impl DisplayAs for FixedBatchesExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FixedBatchesExec: rows={ROWS}")
    }
}

impl ExecutionPlan for FixedBatchesExec {
    fn name(&self) -> &'static str {
        "FixedBatchesExec"
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
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.pop(), children.is_empty()) {
            (Some(input), true) => Ok(Arc::new(Self::new(input))),
            _ => internal_err!("FixedBatchesExec has one child"),
        }
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, context)?;
        let cutter = BatchCoalescer::new(self.schema(), ROWS);
        let batches = stream::try_unfold((Some(input), cutter), |(mut input, mut cutter)| async {
            loop {
                if let Some(batch) = cutter.next_completed_batch() {
                    return Ok::<_, DataFusionError>(Some((batch, (input, cutter))));
                }
                let Some(stream) = &mut input else {
                    return Ok(None);
                };
                match stream.try_next().await? {
                    Some(batch) => cutter.push_batch(batch)?,
                    None => {
                        cutter.finish_buffered_batch()?;
                        input = None;
                    }
                }
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            self.schema(),
            batches,
        )))
    }
}
