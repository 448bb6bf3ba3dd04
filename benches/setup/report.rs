//! The filter report, as the command line makes it: the corpus is opened, the query planned, the layers read, the
//! figures written.

use std::fs;
use std::path::Path;

use clap::Parser;
use corpusql::cli::{self, CommandLine};
use serde_json::Value;

use super::Outcome;

/// 20 rules together.
pub const FILTERS: [&str; 2] = ["rpv2_gopher", "rpv2_gopher_card"];

/// The report as JSON, with a threshold of its own.
pub fn report(corpus: &Path, threads: usize, min_words: usize) -> Outcome<Value> {
    let output = corpus.with_file_name("report.json");
    let [corpus, written] = [corpus, &output].map(|path| path.display().to_string());
    let set = setting(min_words);
    let threads = threads.to_string();
    let [first, second] = FILTERS;
    let words = [
        "corpusql",
        "filter",
        &corpus,
        first,
        second,
        "--set",
        &set,
        "--format",
        "json",
        "--output",
        &written,
        "--threads",
        &threads,
        "--quiet",
    ];
    cli::run(CommandLine::try_parse_from(words)?)?;
    Ok(serde_json::from_slice(&fs::read(output)?)?)
}

/// The threshold as the command line and `Settings` take it.
pub fn setting(min_words: usize) -> String {
    format!("rpv2_gopher.min_words={min_words}")
}
