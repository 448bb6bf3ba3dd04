//! Other engines beside ours: the same questions over the same columns, in one wide Parquet file for them.
//!
//! ```text
//! python3 -m venv target/peers && target/peers/bin/pip install duckdb polars pyarrow
//! cargo bench --profile dev --bench peers -- --python target/peers/bin/python [--documents N] [--help]
//! ```
//!
//! Each engine is a process of its own that stays; runs take turns, the clock is inside the process and stops when all
//! columns of the answer are in memory. Answers must be equal. DataFusion without our scan runs in this process.

#[path = "../setup/mod.rs"]
mod setup;

mod answer;
mod groups;
mod late;
mod peer;
mod wide;

use std::path::PathBuf;

use clap::Parser;

use peer::Peer;
use setup::Outcome;
use setup::corpus::Measured;
use setup::options::{Common, engine};
use setup::record::Record;

/// Measure other engines beside this one
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    common: Common,
    /// A Python that has duckdb, polars and pyarrow
    #[arg(long, default_value = "python3")]
    python: PathBuf,
}

fn main() -> Outcome<()> {
    let Options { common, python } = Options::parse();
    common.check(&["late", "groups"])?;
    let threads = common.threads.get();
    let (runtime, engine) = engine(threads)?;
    let measured = runtime.block_on(Measured::make(&engine, &common))?;
    let files = runtime.block_on(wide::make(&engine, &measured))?;
    let mut duckdb = Peer::start(&python, "duckdb", threads)?;
    let mut polars = Peer::start(&python, "polars", threads)?;
    let engines = format!("DuckDB {}, Polars {}", duckdb.version, polars.version);
    let input = format!("{}, {threads} threads", measured.words());
    println!("{input}, medians of {} runs; {engines}", common.runs);
    let mut record = Record::new(format!("{input}; {engines}"));
    if common.wants("late") {
        let mut peers = [&mut duckdb, &mut polars];
        late::run(
            &runtime,
            &engine,
            &measured,
            &files,
            &mut peers,
            &common,
            &mut record,
        )?;
    }
    if common.wants("groups") {
        let usual = &files[1];
        groups::run(&engine, &measured, usual, &mut duckdb, &common, &mut record)?;
    }
    if let Some(file) = &common.record {
        record.append_to(file)?;
    }
    Ok(())
}
