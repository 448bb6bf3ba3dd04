//! Sorts whose ties keep the order of their input.
//!
//! A sort of DataFusion leaves ties in an order that depends on where batches end. Numbering the rows
//! before and sorting by the number last makes it stable, limits included.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt64Array};
use datafusion::arrow::compute::SortOptions;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{assert_eq_or_internal_err, internal_err};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning,
    PhysicalExpr, PlanProperties,
};
use futures::StreamExt;

/// The column of the number; no SQL can name it, an input's column of that name does not matter.
const NUMBER: &str = "row number of the sort's input";

/// The one partition of its input with the rows numbered in a last column.
#[derive(Debug)]
pub struct NumberedExec {
    input: Arc<dyn ExecutionPlan>,
    properties: Arc<PlanProperties>,
}

impl NumberedExec {
    /// Numbers the rows of `input`, which has one partition.
    pub fn new(input: Arc<dyn ExecutionPlan>) -> Self {
        let mut fields = input.schema().fields().to_vec();
        fields.push(Arc::new(Field::new(NUMBER, DataType::UInt64, false)));
        let metadata = input.schema().metadata().clone();
        let schema = Arc::new(Schema::new_with_metadata(fields, metadata));
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(1),
            input.pipeline_behavior(),
            input.boundedness(),
        );
        Self {
            input,
            properties: Arc::new(properties),
        }
    }
}

/// Sorts the one partition of `input`; ties keep their order.
pub fn stable_sort(
    keys: &LexOrdering,
    fetch: Option<usize>,
    input: Arc<dyn ExecutionPlan>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let columns = input.schema().fields().len();
    let number: Arc<dyn PhysicalExpr> = Arc::new(Column::new(NUMBER, columns));
    let mut keys: Vec<PhysicalSortExpr> = keys.iter().cloned().collect();
    keys.push(PhysicalSortExpr::new(
        number,
        SortOptions::new(false, false),
    ));
    let Some(keys) = LexOrdering::new(keys) else {
        return internal_err!("a sort without keys");
    };
    let schema = input.schema();
    let sorted = SortExec::new(keys, Arc::new(NumberedExec::new(input))).with_fetch(fetch);
    let columns = schema.fields().iter().enumerate().map(|(place, field)| {
        let column: Arc<dyn PhysicalExpr> = Arc::new(Column::new(field.name(), place));
        (column, field.name().clone())
    });
    let sorted = ProjectionExec::try_new(columns, Arc::new(sorted))?;
    Ok(Arc::new(sorted))
}

impl DisplayAs for NumberedExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NumberedExec")
    }
}

impl ExecutionPlan for NumberedExec {
    fn name(&self) -> &'static str {
        "NumberedExec"
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
            _ => internal_err!("NumberedExec has one child"),
        }
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        assert_eq_or_internal_err!(partition, 0, "NumberedExec has one partition");
        let schema = self.schema();
        let numbered_schema = Arc::clone(&schema);
        let mut next = 0u64;
        let batches = self.input.execute(partition, context)?.map(move |batch| {
            let batch = batch?;
            let rows = batch.num_rows() as u64;
            let numbers: ArrayRef = Arc::new(UInt64Array::from_iter_values(next..next + rows));
            next += rows;
            let mut columns = batch.columns().to_vec();
            columns.push(numbers);
            Ok(RecordBatch::try_new(Arc::clone(&numbered_schema), columns)?)
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}
