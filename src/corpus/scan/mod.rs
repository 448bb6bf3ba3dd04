//! The scan of a corpus: layers are opened only where columns of theirs are named, numbers decide before
//! text is read, text is read only where a row is still wanted, and rows of different layers are put
//! together by their position.
//!
//! ```text
//!  unit: up to 128 k rows of a part
//!  ┌───────────────────────────────┐   ┌────────── row group by row group ───────────┐
//!  │ statistics ─▶ narrow conjuncts│──▶│ text ─▶ conjuncts on text ─▶ signals in one  │──▶ batches
//!  │ layer by layer, cheapest first│   │ pass ─▶ conjuncts on signals ─▶ other columns│
//!  └───────────────────────────────┘   └──────────────────────────────────────────────┘
//! ```
//!
//! Partitions follow from the documents alone, so results do not depend on threads or batch sizes.

pub mod ahead;
mod gather;
mod metrics;
mod pages;
mod part;
mod program;
mod prune;
mod read;
mod rows;
mod run;
mod texts;
pub mod units;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

use datafusion::arrow::datatypes::{FieldRef, Schema};
use datafusion::catalog::Session;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Statistics, assert_or_internal_err};
use datafusion::error::Result as DataFusionResult;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::object_store::ObjectStore;
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::statistics::StatisticsArgs;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PhysicalExpr, PlanProperties,
};
use futures::stream;

use super::table::LayeredTable;
use crate::error::{Error, Result};
use ahead::Threads;
pub use gather::GatherExec;
use metrics::ScanMetrics;
pub use part::{OpenPart, PartCache};
use program::Program;
use run::{PartitionRun, Shared};
use units::Unit;

/// What a scan does to be fast; each can be switched off, to compare answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    /// Conjuncts are evaluated inside the scan.
    pub pushdown: bool,
    /// Signals are computed in one pass.
    pub fusion: bool,
    /// Columns are read for the rows that earlier conjuncts leave.
    pub late: bool,
    /// Statistics rule rows out.
    pub pruning: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            pushdown: true,
            fusion: true,
            late: true,
            pruning: true,
        }
    }
}

/// The scan of one corpus.
#[derive(Clone, Debug)]
pub struct LayeredScanExec {
    shared: Arc<Shared>,
    conjuncts: Vec<Arc<dyn PhysicalExpr>>,
    partitions: Arc<Vec<Vec<Unit>>>,
    fetch: Option<usize>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
    /// Shared by the partitions that run.
    threads: OnceLock<Arc<Threads>>,
}

impl LayeredScanExec {
    /// A scan of `table` for the columns in `output` of the rows of which all `conjuncts` are true.
    pub fn try_new(
        table: &LayeredTable,
        session: &dyn Session,
        output: Vec<usize>,
        conjuncts: Vec<Arc<dyn PhysicalExpr>>,
        fetch: Option<usize>,
    ) -> Result<Self> {
        let store = session
            .runtime_env()
            .object_store(ObjectStoreUrl::local_filesystem())?;
        let partitions = units::partitions(table.corpus().documents().manifest(), table.wanted());
        Self::of(
            Arc::new(table.clone()),
            store,
            output,
            conjuncts,
            Arc::new(partitions),
            fetch,
        )
    }

    fn of(
        table: Arc<LayeredTable>,
        store: Arc<dyn ObjectStore>,
        output: Vec<usize>,
        conjuncts: Vec<Arc<dyn PhysicalExpr>>,
        partitions: Arc<Vec<Vec<Unit>>>,
        fetch: Option<usize>,
    ) -> Result<Self> {
        let program = Program::new(&table, conjuncts.clone(), &output)?;
        let fields: Vec<FieldRef> = output
            .iter()
            .map(|column| Arc::clone(&table.columns()[*column].field))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let properties = PlanProperties::new(
            EquivalenceProperties::new(Arc::clone(&schema)),
            Partitioning::UnknownPartitioning(partitions.len()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Self {
            shared: Arc::new(Shared {
                table,
                store,
                program,
                schema,
            }),
            conjuncts,
            partitions,
            fetch,
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
            threads: OnceLock::new(),
        })
    }

    /// The same rows with other columns of the table.
    pub fn with_output(&self, output: Vec<usize>) -> Result<Self> {
        Self::of(
            Arc::clone(&self.shared.table),
            Arc::clone(&self.shared.store),
            output,
            self.conjuncts.clone(),
            Arc::clone(&self.partitions),
            self.fetch,
        )
    }

    /// The table that is read.
    pub fn table(&self) -> &Arc<LayeredTable> {
        &self.shared.table
    }

    /// The table's columns that come out.
    pub fn output(&self) -> &[usize] {
        &self.shared.program.output
    }

    /// The table's columns that conjuncts read.
    pub fn demanded(&self) -> BTreeSet<usize> {
        let program = &self.shared.program;
        let stages = program.narrow.iter().chain(&program.wide);
        let conjuncts = stages.flat_map(|s| &s.conjuncts);
        conjuncts.flat_map(|c| c.columns.iter().copied()).collect()
    }

    /// Columns by their places among the table's, gathered for the rows that `input` names by position.
    pub fn gather(
        &self,
        input: Arc<dyn ExecutionPlan>,
        positions: [usize; 2],
        columns: Vec<usize>,
    ) -> Result<GatherExec> {
        GatherExec::try_new(
            input,
            positions,
            Arc::clone(&self.shared.table),
            Arc::clone(&self.shared.store),
            columns,
        )
    }

    /// Rows that come out, if all do.
    fn rows(&self, partition: Option<usize>) -> usize {
        self.partitions
            .iter()
            .enumerate()
            .filter(|(number, _)| partition.is_none_or(|p| p == *number))
            .map(|(_, units)| units.iter().map(Unit::count))
            .map(|rows| rows.sum::<usize>())
            .map(|rows| self.fetch.map_or(rows, |fetch| rows.min(fetch)))
            .sum()
    }
}

impl DisplayAs for LayeredScanExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = &self.shared;
        write!(
            f,
            "LayeredScanExec: corpus={}, partitions={}",
            shared.table.corpus().name(),
            self.partitions.len()
        )?;
        shared.program.describe(&shared.table, f)?;
        if let Some(fetch) = self.fetch {
            write!(f, ", fetch={fetch}")?;
        }
        Ok(())
    }
}

impl ExecutionPlan for LayeredScanExec {
    fn name(&self) -> &'static str {
        "LayeredScanExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> DataFusionResult<TreeNodeRecursion>,
    ) -> DataFusionResult<TreeNodeRecursion> {
        for conjunct in &self.conjuncts {
            if f(conjunct)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        assert_or_internal_err!(children.is_empty(), "a scan has no children");
        Ok(self)
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> DataFusionResult<SendableRecordBatchStream> {
        let units = self
            .partitions
            .get(partition)
            .cloned()
            .ok_or_else(|| Error::internal(format!("the scan has no partition {partition}")))?;
        let threads = self.threads.get_or_init(|| {
            let threads = context.session_config().target_partitions();
            Threads::new(threads, self.partitions.len())
        });
        let table = &self.shared.table;
        let metrics = Arc::new(ScanMetrics::new(
            &self.metrics,
            partition,
            table,
            self.shared.program.passes(),
        ));
        let baseline = metrics.baseline.clone();
        let run = PartitionRun::new(
            Arc::clone(&self.shared),
            context,
            units,
            self.fetch,
            metrics,
            threads,
        );
        let batches = stream::try_unfold((run, baseline), |(mut run, baseline)| async move {
            let timer = baseline.elapsed_compute().timer();
            let batch = run.next().await?;
            timer.done();
            match batch {
                Some(batch) => {
                    baseline.record_output(batch.num_rows());
                    Ok(Some((batch, (run, baseline))))
                }
                None => {
                    baseline.done();
                    Ok(None)
                }
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.shared.schema),
            batches,
        )))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn statistics_from_inputs(
        &self,
        _: &[Arc<Statistics>],
        args: &StatisticsArgs,
    ) -> DataFusionResult<Arc<Statistics>> {
        let rows = self.rows(args.partition());
        let mut statistics = Statistics::new_unknown(&self.schema());
        statistics.num_rows = if self.shared.program.keeps_all() {
            Precision::Exact(rows)
        } else {
            Precision::Inexact(rows)
        };
        Ok(Arc::new(statistics))
    }

    fn supports_limit_pushdown(&self) -> bool {
        true
    }

    fn with_fetch(&self, limit: Option<usize>) -> Option<Arc<dyn ExecutionPlan>> {
        Some(Arc::new(Self {
            fetch: limit,
            metrics: ExecutionPlanMetricsSet::new(),
            ..self.clone()
        }))
    }

    fn fetch(&self) -> Option<usize> {
        self.fetch
    }
}
