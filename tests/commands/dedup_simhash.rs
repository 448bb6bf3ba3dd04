//! `dedup simhash_…`: fingerprints and who stays equal to the references', the same however the corpus is cut and read.

use std::collections::HashMap;
use std::fs;

use serde_json::Value;

use super::support::{Folder, contents, repository};

const PRESETS: [&str; 3] = ["simhash_roots", "simhash_rpv1_books", "simhash_text_dedup"];

fn records(file: &str) -> Vec<Value> {
    let lines = fs::read_to_string(repository(file)).expect("it is here");
    lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// The golden documents in their order, and a corpus `web` of them.
fn golden(part_size: &str) -> (Vec<Value>, Folder) {
    let texts: HashMap<_, _> = records("tests/data/minhash/text_dedup.jsonl")
        .into_iter()
        .map(|record| (record["id"].to_string(), record["text"].clone()))
        .collect();
    let golden = records("tests/data/simhash/golden.jsonl");
    let mut lines = String::new();
    for record in &golden {
        let text = match &record["text"] {
            Value::Null => &texts[&record["id"].to_string()],
            text => text,
        };
        lines.push_str(&format!("{{\"id\":{},\"text\":{text}}}\n", record["id"]));
    }
    let folder = Folder::new();
    folder.write("docs.jsonl", lines);
    folder.ok(&[
        "ingest",
        "docs.jsonl",
        "--to",
        "web",
        "--part-size",
        part_size,
    ]);
    (golden, folder)
}

fn rows(folder: &Folder, sql: &str) -> Vec<Vec<String>> {
    let lines = super::support::rows(folder, &["web"], sql);
    lines
        .iter()
        .map(|line| line.split(',').map(str::to_string).collect())
        .collect()
}

#[test]
fn who_stays_is_as_in_the_references() {
    let (golden, folder) = golden("1MB");
    folder.ok(&["dedup", "web", PRESETS[0], PRESETS[1], PRESETS[2]]);
    let found = rows(
        &folder,
        "SELECT id, simhash_fingerprint_roots, simhash_fingerprint_text_dedup, simhash_roots_duplicate, \
         simhash_rpv1_books_duplicate, simhash_text_dedup_duplicate FROM corpus",
    );
    assert_eq!(found.len(), golden.len());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    for (row, record) in found.iter().zip(&golden) {
        let id = text(&record["id"]);
        assert_eq!(row[0], id);
        for (cell, scheme) in [(1, "roots"), (2, "text_dedup")] {
            let expected = record[scheme].as_str();
            let expected = expected.map(|hex| u64::from_str_radix(hex, 16).expect("hexadecimal"));
            assert_eq!(
                row[cell],
                expected.map_or(String::new(), |n| n.to_string()),
                "{id}"
            );
        }
        let stays = [
            record["roots_first"] == *id,
            record["rpv1_books_kept"] == true,
            record["text_dedup_root"] == *id,
        ];
        for ((cell, stays), preset) in row[3..].iter().zip(stays).zip(PRESETS) {
            assert_eq!(*cell, (!stays).to_string(), "{preset} of {id}");
        }
    }
    // Clusters: of ROOTS and text-dedup the references', of the books one for each document that stays.
    for (preset, name) in [(PRESETS[0], "roots_first"), (PRESETS[2], "text_dedup_root")] {
        let found = rows(&folder, &format!("SELECT {preset}_cluster FROM corpus"));
        let mut names = HashMap::new();
        for (row, record) in found.iter().zip(&golden) {
            let name = text(&record[name]);
            assert_eq!(
                *names.entry(row[0].clone()).or_insert(name.clone()),
                name,
                "{preset}"
            );
        }
        let references: std::collections::HashSet<_> =
            golden.iter().map(|r| text(&r[name])).collect();
        assert_eq!(names.len(), references.len(), "{preset}");
    }
    let sql = "SELECT count(*) - count(DISTINCT simhash_rpv1_books_cluster) - \
               count(*) FILTER (WHERE simhash_rpv1_books_duplicate) FROM corpus";
    assert_eq!(rows(&folder, sql), [["0"]]);
}

#[test]
fn pairs_in_sql_are_those_of_the_layer() {
    let (_, folder) = golden("1MB");
    folder.ok(&["dedup", "web", "simhash_rpv1_books"]);
    let sql = "WITH prints AS (SELECT row_number() OVER () AS n, simhash_fingerprint_rpv1_books AS print, \
               simhash_rpv1_books_duplicate AS goes FROM corpus), \
               nearest AS (SELECT later.n, later.goes, min(earlier.n) AS earlier FROM prints AS later \
               LEFT JOIN prints AS earlier ON earlier.n < later.n \
               AND hamming_distance(earlier.print, later.print) <= 5 GROUP BY later.n, later.goes) \
               SELECT count(*) FROM nearest WHERE goes <> (earlier IS NOT NULL)";
    assert_eq!(rows(&folder, sql), [["0"]]);
}

#[test]
fn the_same_however_the_corpus_is_cut_and_read() {
    let sql = "SELECT id, simhash_roots_cluster, simhash_roots_rank, simhash_rpv1_books_cluster, \
               simhash_rpv1_books_rank, simhash_text_dedup_cluster, simhash_text_dedup_rank FROM corpus";
    let (_, whole) = golden("1MB");
    whole.ok(&["dedup", "web", PRESETS[0], PRESETS[1], PRESETS[2]]);
    let expected = rows(&whole, sql);
    let (_, folder) = golden("4KB");
    let mut bytes = None;
    for (threads, batch) in [("1", "8192"), ("2", "8192"), ("2", "3")] {
        for preset in PRESETS {
            let _ = fs::remove_dir_all(folder.path("web").join(preset));
        }
        folder.ok(&[
            "dedup",
            "web",
            PRESETS[0],
            PRESETS[1],
            PRESETS[2],
            "--threads",
            threads,
            "--batch-size",
            batch,
        ]);
        assert_eq!(rows(&folder, sql), expected);
        let now = PRESETS.map(|preset| contents(&folder.path("web").join(preset)));
        assert!(now[0].len() > 3, "several parts and a manifest");
        assert!(*bytes.get_or_insert_with(|| now.clone()) == now);
    }
}

#[test]
fn fingerprints_in_sql() {
    let folder = Folder::new();
    folder.write("docs.jsonl", "{\"id\":\"a\",\"text\":\"abc\"}\n");
    folder.ok(&["ingest", "docs.jsonl", "--to", "web"]);
    let sql = "SELECT simhash(text, 'text_dedup') IS NULL, simhash(text, 'roots'), hamming_distance(7, 0) FROM corpus";
    assert_eq!(rows(&folder, sql), [["true", "0", "3"]]);
    folder
        .run(&[
            "sql",
            "web",
            "-c",
            "SELECT simhash(text, 'root') FROM corpus",
        ])
        .fails_with(&["there is no scheme 'root'", "rpv1_books"]);
}
