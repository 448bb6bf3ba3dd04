//! Late text: `SELECT id, text` of a random share of the documents, in all engines.

use std::path::Path;
use std::sync::Arc;

use corpusql::corpus::Corpus;
use corpusql::query::Planner;
use corpusql::session::Engine;
use datafusion::arrow::array::RecordBatch;
use datafusion::prelude::{ParquetReadOptions, SessionConfig, SessionContext};
use tokio::runtime::Runtime;

use crate::answer::Answer;
use crate::peer::Peer;
use crate::setup::Outcome;
use crate::setup::corpus::Measured;
use crate::setup::options::Common;
use crate::setup::record::Record;
use crate::setup::timing::{Took, median, timed};
use crate::wide::Wide;

const PERCENT: [u32; 3] = [1, 5, 20];

/// One engine on one file, and its runs.
struct Runs {
    name: String,
    took: Vec<Took>,
}

/// Measures it.
pub fn run(
    runtime: &Runtime,
    engine: &Engine,
    measured: &Measured,
    files: &[Wide],
    peers: &mut [&mut Peer],
    common: &Common,
    record: &mut Record,
) -> Outcome<()> {
    let corpus = measured.open()?;
    let mut contexts = Vec::new();
    for file in files {
        let context = datafusion(&file.path, common.threads.get());
        contexts.push(runtime.block_on(context)?);
    }
    println!("\nlate text: SELECT id, text WHERE u < share, all columns of the answer in memory");
    for percent in PERCENT {
        let share = f64::from(percent) / 100.0;
        let mut all = vec![Runs {
            name: "corpusql".to_string(),
            took: Vec::new(),
        }];
        let mut expected = None;
        // The first round warms up and compares the answers.
        for round in 0..=common.runs.get() {
            let first = round == 0;
            let (ours, took) = timed(|| runtime.block_on(ours(engine, &corpus, share)));
            let ours = ours?;
            if first {
                expected = Some(Answer::of(&ours)?);
            } else {
                all[0].took.push(took);
            }
            drop(ours);
            let mut next = 1;
            let mut add = |name: String, took: Took, answer: Option<Answer>| {
                if first {
                    if answer != expected {
                        return Err(format!("{name} answers {answer:?}, we {expected:?}"));
                    }
                    all.push(Runs {
                        name,
                        took: Vec::new(),
                    });
                } else {
                    all[next].took.push(took);
                }
                next += 1;
                Ok(())
            };
            for (file, context) in files.iter().zip(&contexts) {
                let (theirs, took) = timed(|| runtime.block_on(plain(context, share)));
                let theirs = theirs?;
                let answer = first.then(|| Answer::of(&theirs)).transpose()?;
                drop(theirs);
                add(format!("DataFusion, {}", file.name), took, answer)?;
                for peer in peers.iter_mut() {
                    let (seconds, answer) = peer.late(&file.path, share, first)?;
                    let took = Took {
                        seconds,
                        processor: 0.0,
                    };
                    add(format!("{}, {}", peer.name, file.name), took, answer)?;
                }
            }
        }
        let rows = expected.map_or(0, |answer| answer.rows());
        print(percent, rows, &all, record);
    }
    Ok(())
}

fn print(percent: u32, rows: u64, all: &[Runs], record: &mut Record) {
    println!("{percent:>4} %, {rows} documents, equal answers");
    let ours = median(&all[0].took);
    for runs in all {
        let took = median(&runs.took);
        let ratio = ours.seconds / took.seconds;
        println!(
            "       {:<36} {:>8.3} s   ours takes {ratio:.2} of it",
            runs.name, took.seconds
        );
        let command = format!("SELECT id, text WHERE u < {}", f64::from(percent) / 100.0);
        let note = format!(
            "peers bench, {}: ours takes {ratio:.2} of it; {rows} documents, equal answers",
            runs.name
        );
        record.add(&command, took, None, &note);
    }
}

async fn ours(engine: &Engine, corpus: &Arc<Corpus>, share: f64) -> Outcome<Vec<RecordBatch>> {
    let sql = format!("SELECT id, text FROM corpus WHERE u < {share}");
    let planner = Planner::new(engine, &[Arc::clone(corpus)])?;
    Ok(planner.plan(&sql).await?.collect().await?)
}

/// DataFusion as it comes, but for late filters, which it can do and does not by default.
async fn datafusion(file: &Path, threads: usize) -> Outcome<SessionContext> {
    let mut config = SessionConfig::new().with_target_partitions(threads);
    config.options_mut().execution.parquet.pushdown_filters = true;
    let context = SessionContext::new_with_config(config);
    let path = file.display().to_string();
    context
        .register_parquet("wide", &path, ParquetReadOptions::default())
        .await?;
    Ok(context)
}

async fn plain(context: &SessionContext, share: f64) -> Outcome<Vec<RecordBatch>> {
    let sql = format!("SELECT id, text FROM wide WHERE u < {share}");
    Ok(context.sql(&sql).await?.collect().await?)
}
