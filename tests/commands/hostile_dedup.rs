//! Hostile documents: deduplication and decontamination equal what datatrove makes of them.

use std::fs;

use serde_json::Value;
use sha1::{Digest, Sha1};

use super::support::{Folder, objects, repository};

const SETS: [&str; 3] = ["b-task", "a", "b"];

fn data(name: &str) -> String {
    let path = repository("tests/data/hostile").join(name);
    path.to_string_lossy().into_owned()
}

fn golden() -> Vec<Value> {
    objects(&fs::read_to_string(data("documents.jsonl")).expect("it is here"))
}

/// A corpus `web` of the documents in several parts.
fn corpus(golden: &[Value]) -> Folder {
    let folder = Folder::new();
    let document = |record: &Value| {
        serde_json::json!({"id": record["id"], "text": record["text"]}).to_string()
    };
    let documents: Vec<String> = golden.iter().map(document).collect();
    folder.write("docs.jsonl", documents.join("\n"));
    folder.ok(&["ingest", "docs.jsonl", "--to", "web", "--part-size", "8KB"]);
    folder
}

fn answers(folder: &Folder, sql: &str) -> Vec<Value> {
    objects(&folder.ok(&["sql", "web", "-c", sql, "--format", "jsonl"]))
}

#[test]
fn verdicts_of_datatrove() {
    let golden = golden();
    let folder = corpus(&golden);
    let sets = SETS.map(|set| data(&format!("{set}.jsonl")));
    let against: Vec<&str> = sets.iter().map(String::as_str).collect();
    for (configuration, more) in [
        ("default", &[][..]),
        ("query", &["--query-ngrams"]),
        ("label", &["--no-overlap-ngrams"]),
        ("four", &["--ngram", "4", "--query-ngrams"]),
        ("one", &["--ngram", "1"]),
    ] {
        let command = ["decontaminate", "web", "--layer", "found", "--against"];
        folder.ok(&[&command[..], &against, more].concat());
        let sql = "SELECT found_contaminated AS is, found_first_match AS gram, found_benchmark AS set FROM corpus";
        let found = answers(&folder, sql);
        assert_eq!(found.len(), golden.len());
        for (found, golden) in found.iter().zip(&golden) {
            let expected = &golden["found"][configuration];
            assert_eq!(
                found["is"],
                expected.is_array(),
                "{configuration} {}",
                golden["id"]
            );
            assert_eq!(
                found["gram"], expected[0],
                "{configuration} {}",
                golden["id"]
            );
            assert_eq!(
                found["set"], expected[1],
                "{configuration} {}",
                golden["id"]
            );
        }
    }
}

#[test]
fn what_datatrove_leaves() {
    let golden = golden();
    let folder = corpus(&golden);
    for (preset, between) in [
        ("datatrove_sentences", ""),
        ("datatrove_sentences_1_no_min", ""),
        ("datatrove_lines_no_min", "\n"),
    ] {
        folder.ok(&["dedup", "web", preset]);
        let sql = format!(
            "SELECT CASE WHEN NOT {preset}_dropped THEN text_without_spans(text, {preset}_start, {preset}_end, '{between}') END AS rest FROM corpus"
        );
        let mut cut = 0;
        for (found, golden) in answers(&folder, &sql).iter().zip(&golden) {
            let left = &golden["left"][preset];
            cut += usize::from(*left != true);
            let expected = if *left == true { &golden["text"] } else { left };
            assert_eq!(&found["rest"], expected, "{preset} {}", golden["id"]);
        }
        assert!(cut > 5, "{preset}: {cut}");
    }
}

#[test]
fn signatures_of_datatrove() {
    let golden = golden();
    let folder = corpus(&golden);
    let sql = "SELECT encode(minhash(text, 'datatrove'), 'hex') AS signature FROM corpus";
    for (found, golden) in answers(&folder, sql).iter().zip(&golden) {
        let digest = found["signature"].as_str().map(|signature| {
            let digest: [u8; 20] = Sha1::digest(signature.as_bytes()).into();
            digest
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        });
        assert_eq!(
            digest.as_deref(),
            golden["signature"].as_str(),
            "{}",
            golden["id"]
        );
    }
}
