//! The published signals through the whole engine: ingested, computed on the fly, stored, queried.
//!
//! Every value is held against what the reference implementation gave, bit for bit: computed in a query
//! of all, one by one, and stored.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::support::{Folder, repository};

type Rows = BTreeMap<String, serde_json::Map<String, Value>>;

fn rows(jsonl: &str) -> Rows {
    jsonl
        .lines()
        .map(|line| {
            let Value::Object(mut row) = serde_json::from_str(line).expect("JSON") else {
                panic!("{line}")
            };
            let Some(Value::String(id)) = row.remove("id") else {
                panic!("{line}")
            };
            (id, row)
        })
        .collect()
}

/// Numbers by their bits, lists item by item.
fn same(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().map(f64::to_bits) == b.as_f64().map(f64::to_bits)
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (a, b) => a == b,
    }
}

fn assert_golden(found: &Rows, names: &[&str], how: &str) {
    let golden = rows(
        &fs::read_to_string(repository("tests/data/rpv2/golden.jsonl")).expect("golden values"),
    );
    assert_eq!(found.len(), golden.len());
    let mut compared = 0;
    for (id, row) in &golden {
        for name in names {
            let Some(expected) = row["expected"].get(*name) else {
                continue;
            };
            let value = &found[id][*name];
            assert!(
                same(expected, value),
                "{how}: {name} of {id}: expected {expected}, found {value}"
            );
            compared += 1;
        }
    }
    let published = golden.values().next().map_or(0, |row| {
        names
            .iter()
            .filter(|n| row["expected"].get(**n).is_some())
            .count()
    });
    assert_eq!(compared, published * golden.len(), "{how}: values compared");
}

fn corpus() -> (Folder, String) {
    let folder = Folder::new();
    let golden = repository("tests/data/rpv2/golden.jsonl");
    folder.ok(&[
        "ingest",
        &golden.to_string_lossy(),
        "--to",
        "web",
        "--part-size",
        "100KB",
    ]);
    (
        folder,
        repository("tests/data/rpv2/ut1.json")
            .to_string_lossy()
            .into_owned(),
    )
}

#[test]
fn published_signals_equal_the_reference_computed_and_stored() {
    let (folder, ut1) = corpus();
    let signals = corpusql_text::rps::SIGNALS
        .iter()
        .chain(corpusql_text::counts::SIGNALS);
    let names: Vec<&str> = signals.map(|s| s.name).collect();
    let all = format!("SELECT id, {} FROM corpus", names.join(", "));
    let query =
        |sql: &str| folder.ok(&["sql", "web", "--ut1", &ut1, "--format", "jsonl", "-c", sql]);

    let computed = query(&all);
    assert_golden(&rows(&computed), &names, "computed together");
    for name in &names {
        let one = query(&format!("SELECT id, {name} FROM corpus"));
        assert_golden(&rows(&one), &[name], "computed alone");
    }
    folder.ok(&["annotate", "web", "rpv2", "rpv2_lines", "--ut1", &ut1]);
    let stored = folder.ok(&["sql", "web", "--format", "jsonl", "--ut1", &ut1, "-c", &all]);
    assert_eq!(stored, computed, "stored values are the computed ones");
}
