//! The filter report: a changed threshold costs a scan of numbers, and none of text.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use corpusql::corpus::Corpus;
use corpusql::filter::{Report, Request, report};
use corpusql::query::{Planner, Settings};
use corpusql::session::Engine;

use crate::setup::Outcome;
use crate::setup::corpus::{Measured, text_chunks};
use crate::setup::record::Record;
use crate::setup::timing::{median, timed};

/// 20 rules together.
const FILTERS: [&str; 2] = ["rpv2_gopher", "rpv2_gopher_card"];

/// Measures it.
pub async fn run(
    engine: &Engine,
    measured: &Measured,
    runs: usize,
    record: &mut Record,
) -> Outcome<()> {
    let rules = Settings::load(engine.options())?;
    let rules = FILTERS
        .iter()
        .map(|filter| rules.rules(filter).map(|rules| rules.len()));
    let rules: usize = rules.sum::<Result<_, _>>()?;
    judge(engine, &measured.root, 50).await?;
    let mut took = Vec::new();
    for run in 0..runs {
        let (judged, run) = timed(judge(engine, &measured.root, 50 + run)).await;
        judged?;
        took.push(run);
    }
    let took = median(&took);
    println!(
        "\nfilter report: {rules} rules, another threshold in each run, the corpus opened anew: {:.3} s (less than 0.5 over a million documents)",
        took.seconds
    );
    let note = format!(
        "queries bench: {rules} rules, a threshold changed in each run, corpus opened anew, in process, warm"
    );
    record.add(
        "corpusql filter CORPUS rpv2_gopher rpv2_gopher_card",
        took,
        None,
        &note,
    );

    let zeroed = zero_text(measured)?;
    let (before, after) = (
        judge(engine, &measured.root, 50).await?,
        judge(engine, &zeroed, 50).await?,
    );
    if serde_json::to_string(&before)? != serde_json::to_string(&after)? {
        return Err("the report changes when the text is overwritten by zeros".into());
    }
    let corpus = Arc::new(Corpus::open(&zeroed)?);
    let text = "SELECT count(text) FILTER (WHERE text LIKE '% a %') FROM corpus";
    if Planner::new(engine, &[corpus])?
        .plan(text)
        .await?
        .collect()
        .await
        .is_ok()
    {
        return Err("the text was overwritten by zeros, and yet it can be read".into());
    }
    println!(
        "with the text overwritten by zeros the report is the same, and a query of the text fails"
    );
    fs::remove_dir_all(measured.folder.join("zeroed"))?;
    Ok(())
}

/// Opens the corpus and reports, with a threshold.
async fn judge(engine: &Engine, root: &Path, min_words: usize) -> Outcome<Report> {
    let corpus = Arc::new(Corpus::open(root)?);
    let mut settings = Settings::load(engine.options())?;
    settings.set(&format!("rpv2_gopher.min_words={min_words}"))?;
    let request = Request {
        filters: FILTERS.map(str::to_string).to_vec(),
        condition: None,
        by: Vec::new(),
        settings,
    };
    Ok(report(engine, &[corpus], &request).await?)
}

/// A copy of the corpus, its text zeros: the files' lengths and footers stay what they are.
fn zero_text(measured: &Measured) -> Outcome<std::path::PathBuf> {
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
