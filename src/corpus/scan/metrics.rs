//! What `EXPLAIN ANALYZE` says of a scan.

use datafusion::physical_plan::metrics::{
    BaselineMetrics, Count, ExecutionPlanMetricsSet, MetricBuilder, Time,
};

use crate::corpus::table::LayeredTable;

/// The counters of one partition.
#[derive(Clone, Debug)]
pub struct ScanMetrics {
    /// Rows and time, as every operator has them.
    pub baseline: BaselineMetrics,
    /// Bytes fetched, by layer.
    pub bytes_read: Vec<Count>,
    /// Rows of the units that were looked at.
    pub rows_scanned: Count,
    /// Rows that statistics ruled out unread.
    pub rows_pruned: Count,
    /// Rows that are left when narrow stored columns have decided.
    pub rows_after_stored: Count,
    /// Rows that are left when text and computed columns have decided.
    pub rows_after_computed: Count,
    /// Rows for which passes over inputs were made, one count per pass.
    pub rows_computed: Count,
    /// Time in these passes.
    pub compute_time: Time,
}

impl ScanMetrics {
    /// The counters of `partition` of a scan of `table`.
    pub fn new(metrics: &ExecutionPlanMetricsSet, partition: usize, table: &LayeredTable) -> Self {
        let count = |name: &'static str| MetricBuilder::new(metrics).counter(name, partition);
        Self {
            baseline: BaselineMetrics::new(metrics, partition),
            bytes_read: table
                .layers()
                .iter()
                .map(|layer| {
                    let name = format!("bytes_read_{}", layer.name());
                    MetricBuilder::new(metrics).counter(name, partition)
                })
                .collect(),
            rows_scanned: count("rows_scanned"),
            rows_pruned: count("rows_pruned_by_statistics"),
            rows_after_stored: count("rows_after_stored"),
            rows_after_computed: count("rows_after_computed"),
            rows_computed: count("rows_computed"),
            compute_time: MetricBuilder::new(metrics).subset_time("compute_time", partition),
        }
    }
}
