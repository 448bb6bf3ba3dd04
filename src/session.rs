//! A DataFusion context with everything registered and bounded: threads, memory, spilling.
//!
//! Plans are made so that results do not depend on the number of threads: the partitions of a scan
//! follow from the data, nothing is repartitioned by arrival, floating-point sums are merged in
//! partition order.

use std::future::Future;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, panic};

use corpusql_text::fasttext::Model;
use corpusql_text::url::Suffixes;
use corpusql_text::{Lists, UrlLists, Ut1List};
use corpusql_udfs::Functions;

use datafusion::common::runtime::SpawnedTask;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::SessionConfig;
use tokio::runtime::Builder;

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
    /// The lists of datatrove's URL filter: a folder.
    pub url_lists: Option<PathBuf>,
    /// A Public Suffix List instead of the built-in one.
    pub public_suffixes: Option<PathBuf>,
    /// A fastText model that identifies languages.
    pub lid: Option<PathBuf>,
    /// A folder of queries that come before the built-in ones.
    pub queries: Option<PathBuf>,
}

/// Below this limit of memory one part is worked on at a time.
const LIMIT_OF_SEVERAL: usize = 512_000_000;

impl Options {
    /// Parts of hundreds of megabytes that are worked on at the same time: `most`, or one where memory is short.
    pub fn parts_at_a_time(&self, most: usize) -> usize {
        match self.memory_limit {
            Some(limit) if limit < LIMIT_OF_SEVERAL => 1,
            _ => most,
        }
    }
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
            url_lists: None,
            public_suffixes: None,
            lid: None,
            queries: None,
        }
    }
}

/// Does `work` on so many threads. What waits for the others is done on one of them, too: the thread that calls
/// would be one more.
pub fn on_threads<T, F>(threads: usize, work: F) -> Result<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let runtime = Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .map_err(|e| Error::internal("cannot start threads").caused_by(e))?;
    match runtime.block_on(runtime.spawn(work)) {
        Ok(done) => Ok(done),
        Err(e) if e.is_panic() => panic::resume_unwind(e.into_panic()),
        Err(e) => Err(Error::internal("the work was cancelled").caused_by(e)),
    }
}

/// What a task ends with.
pub async fn joined<T>(task: SpawnedTask<Result<T>>) -> Result<T> {
    task.await
        .map_err(|e| Error::internal("a task ended early").caused_by(e))?
}

/// What all steps share for the length of a process.
#[derive(Debug)]
pub struct Engine {
    options: Options,
    runtime: Arc<RuntimeEnv>,
    functions: Arc<Functions>,
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
        let mut lists = Lists::builtin().clone();
        if let Some(path) = &options.ut1 {
            lists = lists.with_ut1(read_ut1(path)?);
        }
        if let Some(path) = &options.url_lists {
            lists = lists.with_urls(read_url_lists(path)?);
        }
        if let Some(path) = &options.public_suffixes {
            lists = lists.with_suffixes(read_suffixes(path)?);
        }
        if let Some(path) = &options.lid {
            lists = lists.with_language_model(read_language_model(path)?);
        }
        Ok(Self {
            runtime: builder.build_arc()?,
            functions: Arc::new(Functions::new(Arc::new(lists))),
            options,
        })
    }

    /// All SQL functions, bound to the word lists of this process.
    pub fn functions(&self) -> &Arc<Functions> {
        &self.functions
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

/// A UT1 list: a folder of categories, or a JSON map of domains to ids.
fn read_ut1(path: &Path) -> Result<Ut1List> {
    let list = if path.is_dir() {
        Ut1List::from_folder(path)
    } else {
        let json = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
        Ut1List::from_json(&json)
    };
    list.map_err(|e| {
        Error::user(format!("{} is no UT1 list", path.display()))
            .caused_by(e)
            .hint("give --ut1 a folder of categories, or a JSON map of domains to ids")
    })
}

fn read_url_lists(path: &Path) -> Result<UrlLists> {
    UrlLists::from_folder(path)
        .map_err(|e| Error::user(format!("{} holds no URL lists", path.display())).caused_by(e))
}

fn read_suffixes(path: &Path) -> Result<Suffixes> {
    let list = fs::read_to_string(path).map_err(|e| Error::io("read", path, e))?;
    Suffixes::from_list(&list).map_err(|e| {
        Error::user(format!("{} is no Public Suffix List", path.display()))
            .caused_by(e)
            .hint("https://publicsuffix.org/list/public_suffix_list.dat is one")
    })
}

fn read_language_model(path: &Path) -> Result<Model> {
    Model::read(path).map_err(|e| {
        Error::user(format!("{} is no model that identifies languages", path.display()))
            .caused_by(e)
            .hint("give --lid a classifier of fastText, lid.176.ftz or lid.176.bin for instance (https://fasttext.cc/docs/en/language-identification.html)")
    })
}

/// `256MB`, `2GB`, `1.5GiB`, `1000000`: bytes.
pub fn parse_size(text: &str) -> Result<usize, String> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number
        .parse()
        .map_err(|_| format!("`{text}` is no size; write 256MB or 2GB"))?;
    let scale = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "t" | "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        other => {
            return Err(format!(
                "`{other}` is no unit of size; write KB, MB, GB, KiB, MiB or GiB"
            ));
        }
    };
    let bytes = number * scale;
    if bytes < 1.0 {
        return Err(format!("`{text}` is less than one byte"));
    }
    Ok(bytes as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("256MB"), Ok(256_000_000));
        assert_eq!(parse_size("1.5GiB"), Ok(1_610_612_736));
        assert_eq!(parse_size("12"), Ok(12));
        assert!(parse_size("many").is_err());
        assert!(parse_size("0").is_err());
    }
}
