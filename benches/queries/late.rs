//! Text of a random share of the documents: bytes that are read, and time.

use std::sync::Arc;

use corpusql::corpus::Corpus;
use corpusql::query::Planner;
use corpusql::session::Engine;
use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::physical_plan::ExecutionPlan;
use tokio::runtime::Runtime;

use crate::chunks::text_chunks;
use crate::setup::Outcome;
use crate::setup::corpus::Measured;
use crate::setup::record::Record;
use crate::setup::timing::{median, timed};

/// Percent of the documents, and how many times the bytes that they take may be read.
const SHARES: [(u32, f64); 3] = [(1, 9.0), (5, 7.0), (20, 4.5)];

/// Measures it.
pub fn run(
    runtime: &Runtime,
    engine: &Engine,
    measured: &Measured,
    runs: usize,
    record: &mut Record,
) -> Outcome<()> {
    let corpus = measured.open()?;
    let chunks = text_chunks(&corpus)?;
    let compressed: u64 = chunks.iter().map(|(_, _, bytes)| bytes).sum();
    println!(
        "\nlate text: SELECT id, text WHERE u < share; {:.1} MB of text are {:.1} MB in {} chunks of the files",
        measured.text_bytes as f64 / 1e6,
        compressed as f64 / 1e6,
        chunks.len()
    );
    for (percent, most) in SHARES {
        let condition = format!("FROM corpus WHERE u < {}", f64::from(percent) / 100.0);
        let text = format!("SELECT id, text {condition}");
        let (_, with_text) = runtime.block_on(query(engine, &corpus, &text))?;
        let ids = format!("SELECT id {condition}");
        let (_, without) = runtime.block_on(query(engine, &corpus, &ids))?;
        let read = with_text - without;
        let mut took = Vec::new();
        let (mut rows, mut kept) = (0, 0);
        for _ in 0..runs {
            let (answer, run) = timed(|| runtime.block_on(query(engine, &corpus, &text)));
            let (batches, _) = answer?;
            took.push(run);
            rows = batches.iter().map(RecordBatch::num_rows).sum();
            kept = batches.iter().map(text_bytes).sum();
        }
        let took = median(&took);
        // What the survivors take in the files: their share of the text, of its compressed bytes.
        let own = compressed as f64 * kept as f64 / measured.text_bytes as f64;
        let times = read as f64 / own;
        println!(
            "{percent:>4} %: {rows} documents, {:.1} MB of text; read {:.1} MB for {:.1} MB, {times:.2} times (at most {most}); {:.3} s",
            kept as f64 / 1e6,
            read as f64 / 1e6,
            own / 1e6,
            took.seconds,
        );
        let note = format!(
            "queries bench: {:.1} MB of text read for {:.1} MB of survivors, {times:.2} times; collected in process, warm",
            read as f64 / 1e6,
            own / 1e6
        );
        record.add(&text, took, None, &note);
    }
    Ok(())
}

/// The answer, and the bytes of documents that were read for it.
async fn query(
    engine: &Engine,
    corpus: &Arc<Corpus>,
    sql: &str,
) -> Outcome<(Vec<RecordBatch>, usize)> {
    let planner = Planner::new(engine, &[Arc::clone(corpus)])?;
    let planned = planner.plan(sql).await?;
    let plan = Arc::clone(planned.physical());
    let batches = planned.collect().await?;
    Ok((batches, bytes_read(plan.as_ref())))
}

fn bytes_read(plan: &dyn ExecutionPlan) -> usize {
    let metrics = plan.metrics();
    let here = metrics.and_then(|metrics| metrics.sum_by_name("bytes_read_documents"));
    let below = plan
        .children()
        .into_iter()
        .map(|child| bytes_read(child.as_ref()));
    here.map_or(0, |bytes| bytes.as_usize()) + below.sum::<usize>()
}

/// Bytes of the texts in a batch.
fn text_bytes(batch: &RecordBatch) -> u64 {
    let texts = batch.column(1).as_string_view();
    texts.lengths().map(u64::from).sum()
}
