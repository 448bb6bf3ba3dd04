//! What queries over a corpus read and how long they take.
//!
//! ```text
//! cargo bench --profile dev --bench queries -- [--documents N] [--only late,report,annotate,memory] [--help]
//! ```
//!
//! `late`: text read for a random share of the documents. `report`: the filter report with 20 rules, and whether it
//! needs the text at all. `annotate`: one signal added, all of `rpv2`, one thread and several. `memory`: what commands
//! take under a limit where one document is of 200 MB.

#[path = "../setup/mod.rs"]
mod setup;

mod annotate;
mod chunks;
mod late;
mod memory;
mod report;

use clap::Parser;

use setup::Outcome;
use setup::corpus::Measured;
use setup::options::{Common, engine};
use setup::record::Record;

/// Measure queries over a corpus that the bench makes
#[derive(Parser, Debug)]
struct Options {
    #[command(flatten)]
    common: Common,
}

fn main() -> Outcome<()> {
    let common = Options::parse().common;
    common.check(&["late", "report", "annotate", "memory"])?;
    let (runtime, engine) = engine(common.threads.get())?;
    let measured = runtime.block_on(Measured::make(&engine, &common))?;
    let input = format!("{}, {} threads", measured.words(), common.threads);
    println!("{input}, medians of {} runs", common.runs);
    let mut record = Record::new(input);
    if common.wants("late") {
        late::run(&runtime, &engine, &measured, common.runs.get(), &mut record)?;
    }
    if common.wants("report") {
        report::run(&runtime, &engine, &measured, &common, &mut record)?;
    }
    if common.wants("annotate") {
        annotate::run(
            &measured,
            common.threads.get(),
            common.runs.get(),
            &mut record,
        )?;
    }
    if common.wants("memory") {
        memory::run(&measured, common.threads.get(), &mut record)?;
    }
    if let Some(file) = &common.record {
        record.append_to(file)?;
    }
    Ok(())
}
