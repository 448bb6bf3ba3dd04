//! The signals equal what the reference implementations of RedPajama-V2 and Dolma gave, bit for bit.
//!
//! `tests/data/rpv2/golden.jsonl` and `tests/data/dolma/golden.jsonl` travel with the project.
//! `CORPUSQL_GOLDEN` names a further file of that form.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use corpusql_text::{Analyzer, Document, Lists, Measure, Needs, Row, Signal, Ut1List, all};
use serde_json::{Map, Value};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn data(file: &str) -> PathBuf {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data");
    data.join(file)
}

#[test]
fn published_values() -> Result<()> {
    let mut files = vec![data("rpv2/golden.jsonl"), data("dolma/golden.jsonl")];
    files.extend(std::env::var_os("CORPUSQL_GOLDEN").map(PathBuf::from));
    let ut1 = Ut1List::from_json(&fs::read_to_string(data("rpv2/ut1.json"))?)?;
    let lists = Lists::builtin().clone().with_ut1(ut1);
    for file in files {
        let text = fs::read_to_string(&file)?;
        let mut wrong = Vec::new();
        let mut compared = 0;
        for line in text.lines() {
            let record: Map<String, Value> = serde_json::from_str(line)?;
            compared += compare(&record, &lists, &mut wrong)?;
        }
        assert!(compared > 0, "{} holds no value", file.display());
        assert!(
            wrong.is_empty(),
            "{} of {compared} values differ:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }
    Ok(())
}

/// Compares all values of a record, of one pass and one by one, and returns how many there are.
fn compare(record: &Map<String, Value>, lists: &Lists, wrong: &mut Vec<String>) -> Result<usize> {
    let field = |name: &str| record.get(name).and_then(Value::as_str);
    let row = Row {
        text: field("text").ok_or("a record without text")?,
        language: field("language"),
        domain: field("domain"),
        ..Row::default()
    };
    let expected = record
        .get("expected")
        .and_then(Value::as_object)
        .ok_or("a record without values")?;
    let everything = all().fold(Needs::NONE, |needs, signal| needs | signal.needs);
    let (mut fused, mut single) = (Analyzer::new(), Analyzer::new());
    let together = fused.analyze(row, everything, lists);
    for (name, value) in expected {
        let signal = all()
            .find(|s| s.name == name)
            .ok_or_else(|| format!("no signal {name}"))?;
        let alone = single.analyze(row, signal.needs, lists);
        for (how, document) in [("in one pass", &together), ("alone", &alone)] {
            let found = measure(signal, document);
            if !same(value, &found) {
                wrong.push(format!(
                    "{} {name} {how}: expected {value}, found {found}",
                    record["id"]
                ));
            }
        }
    }
    Ok(expected.len())
}

fn measure(signal: &Signal, document: &Document<'_>) -> Value {
    match signal.measure {
        Measure::Int(measure) => measure(document).into(),
        Measure::Float(measure) => measure(document).into(),
        Measure::FloatList(measure) => {
            let mut items = Vec::new();
            measure(document, &mut items);
            items.into()
        }
        Measure::UIntList(measure) => {
            let mut items = Vec::new();
            measure(document, &mut items);
            items.into()
        }
    }
}

/// Equal bit for bit; a number of the file stands for the column's type, and so does one in quotes, which
/// keeps all its digits when the file is read.
fn same(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::String(a), Value::Number(b)) => {
            a.parse().ok().map(f64::to_bits) == b.as_f64().map(f64::to_bits)
        }
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().map(f64::to_bits) == b.as_f64().map(f64::to_bits)
        }
        (a, b) => a == b,
    }
}
