//! The filter report beside DuckDB, which groups the wide file by the same rules' patterns.

use corpusql::query::{Rule, Settings};
use corpusql::session::Engine;
use serde_json::Value;

use crate::peer::Peer;
use crate::setup::Outcome;
use crate::setup::corpus::Measured;
use crate::setup::options::Common;
use crate::setup::record::Record;
use crate::setup::report::{FILTERS, report, setting};
use crate::setup::timing::{Took, median, timed};
use crate::wide::Wide;

/// Documents, characters, bytes.
type Amount = [u64; 3];

/// Measures it.
pub fn run(
    engine: &Engine,
    measured: &Measured,
    file: &Wide,
    duckdb: &mut Peer,
    common: &Common,
    record: &mut Record,
) -> Outcome<()> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut rules = 0;
    let threads = common.threads.get();
    for round in 0..=common.runs.get() {
        // Another threshold each time: nothing can be known from before.
        let mut settings = Settings::load(engine.options())?;
        settings.set(&setting(50 + round))?;
        let named = FILTERS.iter().map(|filter| settings.rules(filter));
        let all: Vec<Rule> = named.collect::<Result<Vec<_>, _>>()?.concat();
        rules = all.len();
        let (answer, took) = timed(|| report(&measured.root, threads, 50 + round));
        let answer = answer?;
        let (seconds, rows) = duckdb.rows(&patterns(&all, &file.path.display().to_string()))?;
        compare(&answer, &rows, rules)?;
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
fn compare(report: &Value, patterns: &Value, rules: usize) -> Outcome<()> {
    let mut kept = Amount::default();
    let mut alone = vec![Amount::default(); rules];
    let mut first = vec![Amount::default(); rules];
    for row in patterns.as_array().ok_or("DuckDB gave no rows")? {
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
    let amount = |a: &Value| ["documents", "characters", "bytes"].map(|unit| a[unit].as_u64());
    let equal = |a: &Value, b: &Amount| amount(a) == b.map(Some);
    let filters = report["filters"]
        .as_array()
        .ok_or("a report without filters")?;
    let ours: Vec<&Value> = filters
        .iter()
        .filter_map(|f| f["rules"].as_array())
        .flatten()
        .collect();
    if ours.len() != rules || !equal(&report["kept"], &kept) {
        let (own, count) = (&report["kept"], ours.len());
        return Err(format!(
            "the filter report and DuckDB disagree: of {rules} rules the report has {count}; kept are {own}, by DuckDB {kept:?}"
        )
        .into());
    }
    for (rule, (alone, first)) in ours.iter().zip(alone.iter().zip(&first)) {
        if !equal(&rule["alone"], alone) || !equal(&rule["first"], first) {
            return Err(format!(
                "the filter report and DuckDB disagree on {rule}: DuckDB finds {alone:?}, {first:?} of them first"
            )
            .into());
        }
    }
    Ok(())
}
