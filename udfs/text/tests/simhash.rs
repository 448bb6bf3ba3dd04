//! Fingerprints equal what the reference implementations gave.
//!
//! `tests/data/simhash` travels with the project; texts that it does not hold are those of `tests/data/minhash`.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::path::Path;

use corpusql_text::minhash::Instructions;
use corpusql_text::simhash::{Fingerprinter, Scheme};
use serde_json::Value;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

fn records(file: &str) -> Result<Vec<Value>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data");
    let text = fs::read_to_string(data.join(file))?;
    let lines = text.lines().map(|line| Ok(serde_json::from_str(line)?));
    lines.collect()
}

#[test]
fn fingerprints_of_all_schemes() -> Result {
    let mut texts = HashMap::new();
    for record in records("minhash/text_dedup.jsonl")? {
        texts.insert(record["id"].to_string(), record["text"].clone());
    }
    let golden = records("simhash/golden.jsonl")?;
    for instructions in Instructions::available() {
        for scheme in Scheme::ALL {
            let mut fingerprinter = Fingerprinter::with_instructions(scheme, instructions);
            for record in &golden {
                let text = match &record["text"] {
                    Value::Null => &texts[&record["id"].to_string()],
                    text => text,
                };
                let text = text.as_str().ok_or("a record without text")?;
                let found = fingerprinter.fingerprint(text).map(|f| format!("{f:016x}"));
                let expected = record[scheme.name()].as_str();
                assert_eq!(
                    found.as_deref(),
                    expected,
                    "{} of {} {instructions:?}",
                    scheme.name(),
                    record["id"]
                );
            }
        }
    }
    Ok(())
}
