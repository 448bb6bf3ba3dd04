//! The filter report: a changed threshold costs a scan of numbers, and none of text.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::Arc;

use corpusql::corpus::Corpus;
use corpusql::query::{Planner, Settings};
use corpusql::session::Engine;
use tokio::runtime::Runtime;

use crate::chunks::text_chunks;
use crate::setup::Outcome;
use crate::setup::corpus::Measured;
use crate::setup::options::Common;
use crate::setup::record::Record;
use crate::setup::report::{FILTERS, report};
use crate::setup::timing::{median, timed};

/// Measures it.
pub fn run(
    runtime: &Runtime,
    engine: &Engine,
    measured: &Measured,
    common: &Common,
    record: &mut Record,
) -> Outcome<()> {
    let threads = common.threads.get();
    let settings = Settings::load(engine.options())?;
    let rules = FILTERS.map(|filter| settings.rules(filter).map(|rules| rules.len()));
    let rules: usize = rules.into_iter().sum::<Result<_, _>>()?;
    let before = report(&measured.root, threads, 50)?;
    let mut took = Vec::new();
    for run in 0..common.runs.get() {
        let (answer, run) = timed(|| report(&measured.root, threads, 51 + run));
        answer?;
        took.push(run);
    }
    let took = median(&took);
    println!(
        "\nfilter report: {rules} rules, another threshold in each run, the corpus opened anew: {:.3} s (less than 0.5 over a million documents)",
        took.seconds
    );
    let note = format!(
        "queries bench: {rules} rules, a threshold changed in each run, the whole command in process, warm"
    );
    let command = "corpusql filter CORPUS rpv2_gopher rpv2_gopher_card";
    record.add(command, took, None, &note);

    let zeroed = zero_text(measured)?;
    if before != report(&zeroed, threads, 50)? {
        return Err("the report changes when the text is overwritten by zeros".into());
    }
    let corpora = [Arc::new(Corpus::open(&zeroed)?)];
    let text = "SELECT count(*) FROM corpus WHERE text LIKE '% a %'";
    let readable = runtime.block_on(async {
        let planned = Planner::new(engine, &corpora)?.plan(text).await?;
        planned.collect().await
    });
    if readable.is_ok() {
        return Err("the text was overwritten by zeros, and yet it can be read".into());
    }
    println!(
        "with the text overwritten by zeros the report is the same, and a query of the text fails"
    );
    fs::remove_dir_all(measured.folder.join("zeroed"))?;
    Ok(())
}

/// A copy of the corpus, its text zeros: the files' lengths and footers stay what they are.
fn zero_text(measured: &Measured) -> Outcome<PathBuf> {
    let folder = measured.folder.join("zeroed");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let root = folder.join("corpus");
    for layer in fs::read_dir(&measured.root)? {
        let layer = layer?;
        let copy = root.join(layer.file_name());
        fs::create_dir_all(&copy)?;
        for file in fs::read_dir(layer.path())? {
            let file = file?;
            fs::copy(file.path(), copy.join(file.file_name()))?;
        }
    }
    let zeros = vec![0; 1 << 20];
    for (path, at, bytes) in text_chunks(&Corpus::open(&root)?)? {
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.seek(SeekFrom::Start(at))?;
        let mut left = bytes as usize;
        while left > 0 {
            let some = left.min(zeros.len());
            file.write_all(&zeros[..some])?;
            left -= some;
        }
    }
    Ok(root)
}
