//! The options that all benches have.

use std::error::Error;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use corpusql::session::{Engine, Options};
use tokio::runtime::{Builder, Runtime};

use super::Outcome;

/// Options of every bench of the engine.
#[derive(Args, Debug)]
pub struct Common {
    /// Documents to make, about 2.9 kB of text each
    #[arg(long, default_value_t = 20_000)]
    pub documents: u64,
    /// Folder of the bench's data, made once and used again: one for each number of documents or input
    #[arg(long, value_name = "DIR", default_value = "target/bench-data")]
    pub data: PathBuf,
    /// Parquet files of documents to take in place of made ones
    #[arg(long, value_name = "FILE")]
    pub input: Vec<PathBuf>,
    /// For --input: take the base column BASE from the column INPUT
    #[arg(long, value_name = "BASE=INPUT", value_parser = pair)]
    pub map: Vec<(String, String)>,
    /// Threads, of the peers as well
    #[arg(long, default_value_t = all_threads())]
    pub threads: NonZeroUsize,
    /// Runs of which the median is taken; those of different engines take turns
    #[arg(long, default_value_t = five())]
    pub runs: NonZeroUsize,
    /// Only these parts of the bench
    #[arg(long, value_name = "PART", value_delimiter = ',')]
    only: Vec<String>,
    /// Append the figures to this file
    #[arg(long, value_name = "CSV")]
    pub record: Option<PathBuf>,
    /// What `cargo bench` adds
    #[arg(long = "bench", hide = true)]
    _bench: bool,
}

impl Common {
    /// Whether a part of the bench is wanted.
    pub fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted == part)
    }

    /// Refuses parts that the bench does not have.
    pub fn check(&self, parts: &[&str]) -> Outcome<()> {
        match self
            .only
            .iter()
            .find(|part| !parts.contains(&part.as_str()))
        {
            None => Ok(()),
            Some(part) => Err(format!("no part `{part}`, expected {}", parts.join(", ")).into()),
        }
    }
}

fn pair(text: &str) -> Result<(String, String), Box<dyn Error + Send + Sync>> {
    let (base, input) = text.split_once('=').ok_or("expected BASE=INPUT")?;
    Ok((base.to_string(), input.to_string()))
}

fn all_threads() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn five() -> NonZeroUsize {
    NonZeroUsize::MIN.saturating_add(4)
}

/// An engine and its threads, as the command line makes them.
pub fn engine(threads: usize) -> Outcome<(Runtime, Engine)> {
    let runtime = Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()?;
    Ok((runtime, engine_alone(threads)?))
}

/// An engine for what brings its own threads.
pub fn engine_alone(threads: usize) -> Outcome<Engine> {
    let options = Options {
        threads,
        quiet: true,
        ..Options::default()
    };
    Ok(Engine::new(options)?)
}
