//! Signatures and clusters equal what the reference implementations gave.
//!
//! `tests/data/minhash` travels with the project. `CORPUSQL_GOLDEN_MINHASH` names a folder with further files of
//! these forms.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use corpusql_text::minhash::{Instructions, Preset, Sketcher};
use serde_json::Value;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The records of a file, here and in the folder that the environment names.
fn records(file: &str) -> Result<Vec<Vec<Value>>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/minhash");
    let folders =
        std::iter::once(here).chain(std::env::var_os("CORPUSQL_GOLDEN_MINHASH").map(PathBuf::from));
    let read = |folder: PathBuf| -> Result<Vec<Value>> {
        let text = fs::read_to_string(folder.join(file))?;
        text.lines()
            .map(|line| Ok(serde_json::from_str(line)?))
            .collect()
    };
    folders.map(read).collect()
}

fn preset(name: &str) -> Result<&'static Preset> {
    Ok(Preset::named(name).ok_or_else(|| format!("no preset {name}"))?)
}

fn text(record: &Value) -> Result<&str> {
    Ok(record["text"].as_str().ok_or("a record without text")?)
}

#[test]
fn signatures_of_redpajama() -> Result {
    for instructions in Instructions::available() {
        let scheme = preset("minhash_rpv2_1_0")?.scheme;
        let mut sketcher = Sketcher::with_instructions(scheme, instructions);
        for record in records("rpv2.jsonl")?.iter().flatten() {
            let hex = |values: &[u64]| {
                values
                    .iter()
                    .map(|v| format!("{v:08x}"))
                    .collect::<String>()
            };
            let found = sketcher.sketch(text(record)?).map(hex);
            let expected = record["signature"].as_str();
            assert_eq!(
                found.as_deref(),
                expected,
                "{} {instructions:?}",
                record["id"]
            );
        }
    }
    Ok(())
}

#[test]
fn signatures_of_datatrove() -> Result {
    for name in ["minhash_datatrove", "minhash_fineweb"] {
        for instructions in Instructions::available() {
            let mut sketcher = Sketcher::with_instructions(preset(name)?.scheme, instructions);
            for record in records("datatrove.jsonl")?.iter().flatten() {
                let expected = record[name]
                    .as_array()
                    .ok_or("a record without signature")?;
                let expected: Vec<_> = expected.iter().filter_map(Value::as_u64).collect();
                let found = sketcher.sketch(text(record)?).unwrap_or_default();
                assert_eq!(found, expected, "{} {name} {instructions:?}", record["id"]);
            }
        }
    }
    Ok(())
}

#[test]
fn clusters_of_text_dedup() -> Result {
    for (name, config) in [
        ("minhash_text_dedup", "minhash_default"),
        ("minhash_text_dedup_xxh3", "minhash_xxh3"),
    ] {
        for records in records("text_dedup.jsonl")? {
            let texts = records.iter().map(text).collect::<Result<Vec<_>>>()?;
            let found = clusters(preset(name)?, &texts);
            let mut first = HashMap::new();
            for (i, record) in records.iter().enumerate() {
                // A cluster has the number of any document of it; -1 is a document by itself.
                let cluster = record[config].as_i64().ok_or("a record without cluster")?;
                let key = if cluster < 0 { -2 - i as i64 } else { cluster };
                let expected = *first.entry(key).or_insert(i);
                assert_eq!(found[i], expected, "{} {name}", record["id"]);
            }
        }
    }
    Ok(())
}

/// The first document of each document's cluster, the plain way.
fn clusters(preset: &Preset, texts: &[&str]) -> Vec<usize> {
    let mut sketcher = Sketcher::new(preset.scheme);
    let mut cluster: Vec<usize> = (0..texts.len()).collect();
    let mut owners = HashMap::new();
    for (i, text) in texts.iter().enumerate() {
        let Some(signature) = sketcher.sketch(text) else {
            continue;
        };
        for (band, values) in signature
            .chunks(preset.cut.rows)
            .take(preset.cut.bands)
            .enumerate()
        {
            let owner = *owners.entry((band, values.to_vec())).or_insert(i);
            let (from, to) = (
                cluster[i].max(cluster[owner]),
                cluster[i].min(cluster[owner]),
            );
            for other in &mut cluster[..=i] {
                if *other == from {
                    *other = to;
                }
            }
        }
    }
    cluster
}
