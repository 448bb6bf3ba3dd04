//! A DataFusion context with everything registered and bounded: threads, memory, spilling.
//!
//! Plans are made so that results do not depend on the number of threads: the partitions of a scan
//! follow from the data, nothing is repartitioned by arrival, floating-point sums are merged in
//! partition order.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::SessionConfig;

use crate::error::{Error, Result};

/// What the user can set for every command.
#[derive(Clone, Debug)]
pub struct Options {
    /// Worker threads.
    pub threads: usize,
    /// Bytes of memory to stay within, as far as it can be known; unbounded without.
    pub memory_limit: Option<usize>,
    /// Rows of a batch inside plans.
    pub batch_size: usize,
    /// No progress, no words beside errors.
    pub quiet: bool,
    /// Where what does not fit in memory goes; the system's temporary folder without.
    pub spill_folder: Option<PathBuf>,
    /// The UT1 list: a folder of categories, or a JSON map of domains to ids.
    pub ut1: Option<PathBuf>,
    /// A folder of queries that come before the built-in ones.
    pub queries: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, NonZeroUsize::get),
            memory_limit: None,
            batch_size: 8192,
            quiet: false,
            spill_folder: None,
            ut1: None,
            queries: None,
        }
    }
}

/// What all steps share for the length of a process.
#[derive(Debug)]
pub struct Engine {
    options: Options,
    runtime: Arc<RuntimeEnv>,
}

impl Engine {
    /// An engine within the bounds of `options`.
    pub fn new(options: Options) -> Result<Self> {
        let mut builder = RuntimeEnvBuilder::new();
        if let Some(bytes) = options.memory_limit {
            let consumers = NonZeroUsize::new(5).ok_or_else(|| Error::internal("no consumers"))?;
            let pool = TrackConsumersPool::new(FairSpillPool::new(bytes), consumers);
            builder = builder.with_memory_pool(Arc::new(pool));
        }
        if let Some(folder) = &options.spill_folder {
            let mode = DiskManagerMode::Directories(vec![folder.clone()]);
            builder =
                builder.with_disk_manager_builder(DiskManagerBuilder::default().with_mode(mode));
        }
        Ok(Self {
            runtime: builder.build_arc()?,
            options,
        })
    }

    /// What the user has set.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Memory pool, spill folder, object stores and caches.
    pub fn runtime(&self) -> &Arc<RuntimeEnv> {
        &self.runtime
    }

    /// The settings of every plan.
    pub fn config(&self) -> SessionConfig {
        let mut config = SessionConfig::new()
            .with_batch_size(self.options.batch_size)
            .with_target_partitions(self.options.threads)
            .with_round_robin_repartition(false)
            .with_repartition_aggregations(false)
            .with_repartition_joins(false)
            .with_repartition_windows(false)
            .with_repartition_sorts(false)
            .with_information_schema(false);
        // Pushing reads of struct fields down evaluates the function that made the struct once per field.
        config
            .options_mut()
            .optimizer
            .enable_leaf_expression_pushdown = false;
        config
    }
}
