//! Clusters of many signatures, fingerprints or embeddings under a limit of memory: time, peak, bytes spilled, and whether they are the planted ones.
//!
//! ```text
//! cargo bench --profile dev --bench dedup -- [--documents 1000000,2000000] [--presets minhash_rpv2_0_7] [--help]
//! ```

#[path = "../setup/outcome.rs"]
mod setup;

mod planted;
mod process;

use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Parser;

use planted::Corpus;
use process::Ran;
use setup::Outcome;

/// Measure `corpusql dedup` over signatures, fingerprints and embeddings that the bench makes
#[derive(Parser, Debug)]
struct Options {
    /// How many documents, several for a curve
    #[arg(
        long,
        value_name = "NUMBER",
        value_delimiter = ',',
        default_value = "100000"
    )]
    documents: Vec<u64>,
    /// Presets of MinHash and SimHash, or `semantic`
    #[arg(
        long,
        value_name = "PRESET",
        value_delimiter = ',',
        default_value = "minhash_rpv2_0_7,minhash_datatrove"
    )]
    presets: Vec<String>,
    /// As the command takes it
    #[arg(long, value_name = "SIZE", default_value = "1GB")]
    memory_limit: String,
    /// As the command takes it
    #[arg(long, default_value_t = NonZeroUsize::MIN.saturating_add(1))]
    threads: NonZeroUsize,
    /// Rows of a row group of the documents
    #[arg(long, default_value_t = 50_000)]
    row_group: u64,
    /// Folder of the corpora, which are removed when they have been measured
    #[arg(long, value_name = "DIR", default_value = "target/bench-data/dedup")]
    data: PathBuf,
    /// Leave the corpora where they are
    #[arg(long)]
    keep: bool,
    /// What `cargo bench` adds
    #[arg(long = "bench", hide = true)]
    _bench: bool,
}

fn main() -> Outcome<()> {
    let options = Options::parse();
    println!(
        "--memory-limit {}, {} threads, row groups of {} rows; one run each",
        options.memory_limit, options.threads, options.row_group
    );
    println!(
        "{:<20} {:>11} {:>9} {:>9} {:>8} {:>9} {:>9} {:>13}",
        "preset", "documents", "seconds", "CPU s", "peak MB", "read MB", "spilled", "documents/s"
    );
    for preset in &options.presets {
        for &documents in &options.documents {
            let folder = options.data.join(format!("{preset}-{documents}"));
            if folder.exists() {
                fs::remove_dir_all(&folder)?;
            }
            let corpus = Corpus::make(&folder, preset, documents, options.row_group)?;
            let root = corpus.root.display().to_string();
            let ran = Ran::of(&[
                "dedup",
                &root,
                preset,
                "--memory-limit",
                &options.memory_limit,
                "--threads",
                &options.threads.to_string(),
            ])?;
            corpus.check(preset)?;
            println!(
                "{preset:<20} {documents:>11} {:>9.2} {:>9.2} {:>8.0} {:>9.0} {:>9} {:>13.0}",
                ran.seconds,
                ran.processor,
                ran.peak as f64 / 1e6,
                corpus.bytes as f64 / 1e6,
                ran.spilled(),
                documents as f64 / ran.seconds,
            );
            if !options.keep {
                fs::remove_dir_all(&folder)?;
            }
        }
    }
    Ok(())
}
