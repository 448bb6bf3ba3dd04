//! Plans whose rows do not depend on the number of threads or the size of batches.
//!
//! The partitions of a scan follow from the data. What remains of chance in a plan is taken out by one
//! last rule:
//!
//! | where                                   | instead                                             |
//! |-----------------------------------------|-----------------------------------------------------|
//! | partitions merged as they arrive        | [`InOrderExec`]: ahead in parallel, out in order    |
//! | ties of a sort                          | [`NumberedExec`]: the input's order breaks them     |
//! | float sums in steps of a batch          | [`FixedBatchesExec`]: steps of fixed size           |
//! | a join's build side, batch by batch     | [`FixedBatchesExec`]                                |
//! | build rows without a match, at the end of whichever partition ends last | one probe partition |

mod fixed_batches;
mod in_order;
mod late;
mod numbered;

use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::physical_expr::aggregate::AggregateFunctionExpr;
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateInputMode};
use datafusion::physical_plan::analyze::AnalyzeExec;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec};
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::sorts::sort_preserving_merge::SortPreservingMergeExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use datafusion::prelude::SessionConfig;

pub use fixed_batches::FixedBatchesExec;
pub use in_order::InOrderExec;
pub use numbered::NumberedExec;

/// Settings that keep chance out of operators.
pub fn configure(config: &mut SessionConfig) {
    let options = config.options_mut();
    // Whether a partial aggregation gives up would depend on batches.
    options
        .execution
        .skip_partial_aggregation_probe_ratio_threshold = 2.0;
    // A verdict is never NULL, which a physical `IS TRUE` does not say of itself.
    options.execution.skip_physical_aggregate_schema_check = true;
    // Which groups survive a tie at the limit would depend on partitions.
    options.optimizer.enable_topk_aggregation = false;
}

/// The rule, to come after all others.
pub fn rules(threads: usize) -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    vec![Arc::new(Deterministic { threads })]
}

#[derive(Debug)]
struct Deterministic {
    threads: usize,
}

impl PhysicalOptimizerRule for Deterministic {
    fn optimize(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        _: &ConfigOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = plan.transform_up(|node| self.replace(node))?.data;
        if plan.is::<AnalyzeExec>() {
            let children = plan.children().into_iter().map(|c| self.one(c)).collect();
            return with_children(plan, children);
        }
        Ok(self.one(&plan))
    }

    fn name(&self) -> &str {
        "deterministic"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

impl Deterministic {
    fn replace(&self, plan: Arc<dyn ExecutionPlan>) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
        if let Some(merge) = plan.downcast_ref::<CoalescePartitionsExec>() {
            let input = Arc::clone(merge.input());
            let merged = InOrderExec::new(input, self.threads).fetching(merge.fetch());
            return Ok(Transformed::yes(Arc::new(merged)));
        }
        if let Some(sort) = plan.downcast_ref::<SortExec>() {
            let (keys, fetch, input) = (sort.expr(), sort.fetch(), sort.input());
            if let Some(late) = late::sort_then_gather(keys, fetch, input, |p| self.one(p))? {
                return Ok(Transformed::yes(late));
            }
            let sorted = numbered::stable_sort(keys, fetch, self.one(input))?;
            return Ok(Transformed::yes(sorted));
        }
        if let Some(merge) = plan.downcast_ref::<SortPreservingMergeExec>() {
            let input = self.one(merge.input());
            let sorted = numbered::stable_sort(merge.expr(), merge.fetch(), input)?;
            return Ok(Transformed::yes(sorted));
        }
        if let Some(aggregate) = plan.downcast_ref::<AggregateExec>() {
            let raw = aggregate.mode().input_mode() == AggregateInputMode::Raw;
            if raw && aggregate.aggr_expr().iter().any(|a| depends_on_batches(a)) {
                let input = Arc::new(FixedBatchesExec::new(Arc::clone(aggregate.input())));
                return with_children(Arc::clone(&plan), vec![input]).map(Transformed::yes);
            }
        }
        let one_probe = |join_type, probe: &Arc<dyn ExecutionPlan>| {
            if emits_build_rows(join_type) {
                self.one(probe)
            } else {
                Arc::clone(probe)
            }
        };
        if let Some(join) = plan.downcast_ref::<HashJoinExec>() {
            let build = Arc::new(FixedBatchesExec::new(Arc::clone(join.left())));
            let probe = one_probe(*join.join_type(), join.right());
            return with_children(Arc::clone(&plan), vec![build, probe]).map(Transformed::yes);
        }
        if let Some(join) = plan.downcast_ref::<NestedLoopJoinExec>() {
            let probe = one_probe(*join.join_type(), join.right());
            let children = vec![Arc::clone(join.left()), probe];
            return with_children(Arc::clone(&plan), children).map(Transformed::yes);
        }
        Ok(Transformed::no(plan))
    }

    /// `plan` with one partition.
    fn one(&self, plan: &Arc<dyn ExecutionPlan>) -> Arc<dyn ExecutionPlan> {
        if plan.output_partitioning().partition_count() > 1 {
            Arc::new(InOrderExec::new(Arc::clone(plan), self.threads))
        } else {
            Arc::clone(plan)
        }
    }
}

fn with_children(
    plan: Arc<dyn ExecutionPlan>,
    children: Vec<Arc<dyn ExecutionPlan>>,
) -> Result<Arc<dyn ExecutionPlan>> {
    plan.replace_children(
        children,
        ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute),
    )
}

/// Whether a join gives out rows of its build side when all of the probe side has been seen.
fn emits_build_rows(join_type: JoinType) -> bool {
    matches!(
        join_type,
        JoinType::Left
            | JoinType::Full
            | JoinType::LeftSemi
            | JoinType::LeftAnti
            | JoinType::LeftMark
    )
}

/// Whether an aggregate's last bits depend on where its input is cut into batches: it adds floats, a
/// batch at a time. What is not known to be safe counts as dependent.
fn depends_on_batches(aggregate: &AggregateFunctionExpr) -> bool {
    match aggregate.fun().name() {
        "count" | "min" | "max" | "bool_and" | "bool_or" | "bit_and" | "bit_or" | "bit_xor"
        | "array_agg" | "string_agg" | "first_value" | "last_value" | "nth_value" | "median"
        | "approx_distinct" | "grouping" => false,
        "sum" => aggregate.field().data_type().is_floating(),
        _ => true,
    }
}
