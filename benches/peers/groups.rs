//! The filter report beside DuckDB, which groups the wide file by the same rules' patterns.

use std::sync::Arc;

use corpusql::corpus::Corpus;
use corpusql::filter::{Report, Request, report};
use corpusql::query::{Rule, Settings};
use corpusql::session::Engine;
use serde_json::Value;

use crate::peer::Peer;
use crate::setup::Outcome;
use crate::setup::corpus::Measured;
use crate::setup::options::Common;
use crate::setup::record::Record;
use crate::setup::timing::{Took, median, timed};
use crate::wide::Wide;

/// 20 rules together.
const FILTERS: [&str; 2] = ["rpv2_gopher", "rpv2_gopher_card"];

/// Documents, characters, bytes.
type Amount = [u64; 3];

/// Measures it.
pub async fn run(
    engine: &Engine,
    measured: &Measured,
    file: &Wide,
    duckdb: &mut Peer,
    common: &Common,
    record: &mut Record,
) -> Outcome<()> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut rules = 0;
    for round in 0..=common.runs.get() {
        // Another threshold each time: nothing can be known from before.
        let mut settings = Settings::load(engine.options())?;
        settings.set(&format!("rpv2_gopher.min_words={}", 50 + round))?;
        let named = FILTERS.iter().map(|filter| settings.rules(filter));
        let all: Vec<Rule> = named.collect::<Result<Vec<_>, _>>()?.concat();
        rules = all.len();
        let (report, took) = timed(judge(engine, measured, settings)).await;
        let report = report?;
        let (seconds, rows) = duckdb.rows(&patterns(&all, &file.path.display().to_string()))?;
        compare(&report, &rows, rules)?;
        if round > 0 {
            ours.push(took);
            theirs.push(Took {
                seconds,
                processor: 0.0,
            });
        }
    }
    let (ours, theirs) = (median(&ours), median(&theirs));
    let ratio = ours.seconds / theirs.seconds;
    println!("\nfilter report, {rules} rules, equal figures");
    println!("       corpusql {:>8.3} s", ours.seconds);
    println!(
        "       DuckDB   {:>8.3} s   ours takes {ratio:.2} of it (at most 1.2)",
        theirs.seconds
    );
    for (name, took) in [("corpusql", ours), ("DuckDB, GROUP BY the pattern", theirs)] {
        let note = format!(
            "peers bench, {name}: {rules} rules, ours takes {ratio:.2} of DuckDB; equal figures"
        );
        record.add(
            "corpusql filter CORPUS rpv2_gopher rpv2_gopher_card",
            took,
            None,
            &note,
        );
    }
    Ok(())
}

/// The whole of what a report takes: the corpus is opened anew, as DuckDB opens its file.
async fn judge(engine: &Engine, measured: &Measured, settings: Settings) -> Outcome<Report> {
    let corpus = Arc::new(Corpus::open(&measured.root)?);
    let request = Request {
        filters: FILTERS.map(str::to_string).to_vec(),
        condition: None,
        by: Vec::new(),
        settings,
    };
    Ok(report(engine, &[corpus], &request).await?)
}

/// Documents by the rules that they fail.
fn patterns(rules: &[Rule], file: &str) -> String {
    let bits: Vec<String> = rules
        .iter()
        .enumerate()
        .map(|(bit, rule)| format!("CASE WHEN {} THEN 0 ELSE {} END", rule.expr, 1u64 << bit))
        .collect();
    format!(
        "SELECT {} AS pattern, count(*), sum(text_chars)::BIGINT, sum(text_bytes)::BIGINT \
         FROM read_parquet('{file}') GROUP BY pattern",
        bits.join(" | ")
    )
}

/// The report's figures must follow from the patterns.
fn compare(report: &Report, rows: &Value, rules: usize) -> Outcome<()> {
    let mut kept = Amount::default();
    let mut alone = vec![Amount::default(); rules];
    let mut first = vec![Amount::default(); rules];
    for row in rows.as_array().ok_or("DuckDB gave no rows")? {
        let number = |column: usize| row[column].as_u64().ok_or("DuckDB gave no number");
        let pattern = number(0)?;
        let amount = [number(1)?, number(2)?, number(3)?];
        let add = |to: &mut Amount| to.iter_mut().zip(amount).for_each(|(to, by)| *to += by);
        (0..rules)
            .filter(|rule| pattern >> rule & 1 == 1)
            .for_each(|rule| add(&mut alone[rule]));
        match pattern.trailing_zeros() as usize {
            rule if rule < rules => add(&mut first[rule]),
            _ => add(&mut kept),
        }
    }
    let amount = |a: &corpusql::filter::Amount| [a.documents, a.characters, a.bytes];
    let ours = report.all.filters.iter().flat_map(|filter| &filter.rules);
    let same = ours
        .zip(alone.iter().zip(&first))
        .all(|(rule, (alone, first))| {
            amount(&rule.removed.alone) == *alone && amount(&rule.removed.first) == *first
        });
    if same && amount(&report.all.kept) == kept {
        return Ok(());
    }
    Err("the filter report and DuckDB disagree".into())
}
