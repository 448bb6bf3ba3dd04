//! What `EXPLAIN ANALYZE` says of a scan.
//!
//! | counter | what it counts |
//! |---|---|
//! | `bytes_read`, `bytes_read_LAYER` | bytes of columns as they lie in the files, fetched; footers are not among them, they are kept |
//! | `text_bytes_read` | those of them that are of columns as wide as the documents |
//! | `pages_read_LAYER`, `pages_skipped_LAYER` | data pages of the named columns in the units (or gathered pieces) that were begun: fetched, and not. A page that is fetched twice counts once for a unit; files without page index have no pages here |
//! | `rows_scanned` | rows of the units that were begun |
//! | `rows_pruned_by_row_groups`, `rows_pruned_by_page_index` | rows that statistics ruled out unread; their sum is `rows_pruned_by_statistics` |
//! | `rows_pruned_by_stored_LAYER` | rows that conjuncts on stored columns threw out; one over several layers belongs to the last of them |
//! | `rows_pruned_by_computed` | rows that conjuncts on computed columns threw out, models among them |
//! | `rows_computed`, `text_bytes_computed` | documents, and bytes of their texts, that passes looked at; of each pass |
//! | `compute_time` | time in passes, the sum of the next |
//! | `pass_N_time` | time in the `N`th `pass=[…]` of the plan |
//! | `pass_N_time_view` | what of it went into the view that the pass's signals share: words, lines, hashes, n-grams |
//! | `pass_N_time_SIGNAL` | what of it went into a signal's own reading of that view |
//!
//! Without a limit, `rows_scanned` is the sum of all rows that were pruned and `output_rows`. The times of the
//! view and of the signals are an estimate from a sample (see [`PassTimes`]) that adds up to the time of the
//! pass, which is measured.

use std::time::Duration;

use corpusql_udfs::PassTimes;
use datafusion::physical_plan::metrics::{
    BaselineMetrics, Count, ExecutionPlanMetricsSet, Gauge, MetricBuilder, Time,
};

use super::program::Compute;
use crate::corpus::table::LayeredTable;

/// The counters of one partition.
#[derive(Clone, Debug)]
pub struct ScanMetrics {
    /// Rows and time, as every operator has them.
    pub baseline: BaselineMetrics,
    /// What was read, by layer.
    pub layers: Vec<LayerMetrics>,
    /// Rows of the units that were looked at.
    pub rows_scanned: Count,
    /// Rows that statistics ruled out unread.
    pub rows_pruned: Count,
    /// Of these, by the statistics of row groups.
    pub rows_pruned_by_row_groups: Count,
    /// Of these, by those of pages.
    pub rows_pruned_by_page_index: Count,
    /// Rows that conjuncts on computed columns threw out.
    pub rows_pruned_by_computed: Count,
    /// Rows that are left when narrow stored columns have decided.
    pub rows_after_stored: Count,
    /// Rows that are left when text and computed columns have decided.
    pub rows_after_computed: Count,
    /// Rows for which passes over inputs were made, one count per pass.
    pub rows_computed: Count,
    /// Bytes of the texts in these passes.
    pub text_bytes_computed: Count,
    /// Time in these passes.
    pub compute_time: Time,
    passes: Vec<PassMetrics>,
}

/// The counters of one layer.
#[derive(Clone, Debug)]
pub struct LayerMetrics {
    /// Bytes fetched.
    pub bytes: Count,
    /// Bytes fetched of all layers.
    pub all_bytes: Count,
    /// Bytes fetched of wide columns of all layers.
    pub text_bytes: Count,
    /// Data pages fetched.
    pub pages_read: Count,
    /// Data pages that were not.
    pub pages_skipped: Gauge,
    /// Rows that conjuncts on the layer's columns threw out.
    pub rows_pruned: Count,
}

/// The times of one pass.
#[derive(Clone, Debug)]
struct PassMetrics {
    /// The first column that it makes.
    first: usize,
    all: Time,
    view: Time,
    signals: Vec<Time>,
}

impl ScanMetrics {
    /// The counters of `partition` of a scan of `table` that makes `passes`.
    pub fn new<'a>(
        metrics: &ExecutionPlanMetricsSet,
        partition: usize,
        table: &LayeredTable,
        passes: impl Iterator<Item = &'a Compute>,
    ) -> Self {
        let count = |name: &'static str| MetricBuilder::new(metrics).counter(name, partition);
        let time = |name: String| MetricBuilder::new(metrics).subset_time(name, partition);
        let (all_bytes, text_bytes) = (count("bytes_read"), count("text_bytes_read"));
        let layer = |name: &str| {
            let count = |what: &str| {
                MetricBuilder::new(metrics).counter(format!("{what}_{name}"), partition)
            };
            let skipped = format!("pages_skipped_{name}");
            LayerMetrics {
                bytes: count("bytes_read"),
                all_bytes: all_bytes.clone(),
                text_bytes: text_bytes.clone(),
                pages_read: count("pages_read"),
                pages_skipped: MetricBuilder::new(metrics).gauge(skipped, partition),
                rows_pruned: count("rows_pruned_by_stored"),
            }
        };
        let layers = table.layers().iter().map(|l| layer(l.name())).collect();
        let outputs = passes.filter_map(|pass| match pass {
            Compute::Signals { outputs, .. } => Some(outputs),
            Compute::Given(_) => None,
        });
        let passes = (1..).zip(outputs).filter_map(|(number, outputs)| {
            let name = |column: &usize| table.columns()[*column].field.name();
            let signal = |column| time(format!("pass_{number}_time_{}", name(column)));
            Some(PassMetrics {
                first: *outputs.first()?,
                all: time(format!("pass_{number}_time")),
                view: time(format!("pass_{number}_time_view")),
                signals: outputs.iter().map(signal).collect(),
            })
        });
        Self {
            passes: passes.collect(),
            baseline: BaselineMetrics::new(metrics, partition),
            layers,
            rows_scanned: count("rows_scanned"),
            rows_pruned: count("rows_pruned_by_statistics"),
            rows_pruned_by_row_groups: count("rows_pruned_by_row_groups"),
            rows_pruned_by_page_index: count("rows_pruned_by_page_index"),
            rows_pruned_by_computed: count("rows_pruned_by_computed"),
            rows_after_stored: count("rows_after_stored"),
            rows_after_computed: count("rows_after_computed"),
            rows_computed: count("rows_computed"),
            text_bytes_computed: count("text_bytes_computed"),
            compute_time: time("compute_time".to_string()),
        }
    }

    /// Adds the time that the pass making the column `first` has taken, and what it went into.
    pub fn add_pass(&self, first: usize, taken: Duration, times: &PassTimes) {
        self.compute_time.add_duration(taken);
        let Some(pass) = self.passes.iter().find(|pass| pass.first == first) else {
            return;
        };
        pass.all.add_duration(taken);
        let (view, signals) = times.split(taken);
        pass.view.add_duration(view);
        for (time, signal) in pass.signals.iter().zip(signals) {
            time.add_duration(signal);
        }
    }
}
