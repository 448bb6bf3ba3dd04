//! `mix`: how much of each source, language, …

use polars::prelude::*;
use serde_json::Value;

use crate::support::{Folder, quickstart_corpus, six_documents};

fn rows(folder: &Folder, arguments: &[&str]) -> Vec<Value> {
    let command = [&["mix", "web", "--format", "json"], arguments].concat();
    serde_json::from_str(&folder.ok(&command)).expect("JSON")
}

#[test]
fn figures_are_those_worked_out_by_hand() {
    let folder = six_documents();
    let csv = folder.ok(&["mix", "web", "--by", "source", "--format", "csv"]);
    let expected = "\
source,documents,documents_share,characters,characters_share,bytes,bytes_share,\
min_characters,p25_characters,median_characters,p75_characters,p90_characters,max_characters
books,3,0.5,26,0.6190476190476191,26,0.6046511627906976,6,6,8,12,12,12
crawl,3,0.5,16,0.38095238095238093,17,0.3953488372093023,3,3,3,10,10,10
";
    assert_eq!(csv, expected);
    let whole = rows(&folder, &[]);
    assert_eq!(whole.len(), 1);
    assert_eq!(whole[0]["documents"], 6);
    assert_eq!(whole[0]["median_characters"], 6);
}

#[test]
fn what_filters_keep() {
    let folder = six_documents();
    folder.write(
        "mine.sql",
        "SELECT text_chars >= 5 AS long_enough, language = 'en' AS spoken",
    );
    folder.write("placed.sql", "SELECT url IS NOT NULL AS placed");
    let groups = rows(
        &folder,
        &[
            "--by",
            "source",
            "--filter",
            "./mine.sql",
            "--filter",
            "./placed.sql",
        ],
    );
    let kept = |row: &Value| {
        ["mine", "placed", "all_filters"].map(|f| row[format!("kept_{f}_documents")].as_u64())
    };
    assert_eq!(kept(&groups[0]), [Some(1), Some(2), Some(0)]);
    assert_eq!(kept(&groups[1]), [Some(1), Some(2), Some(1)]);
    assert_eq!(groups[1]["kept_all_filters_characters_share"], 10.0 / 16.0);
}

#[test]
fn a_group_without_a_value_is_not_the_total() {
    let folder = six_documents();
    let groups = rows(&folder, &["--by", "language"]);
    let counted: Vec<(&Value, &Value)> = groups
        .iter()
        .map(|g| (&g["language"], &g["documents"]))
        .collect();
    assert_eq!(
        counted,
        [
            (&Value::from("en"), &Value::from(3)),
            (&Value::Null, &Value::from(2)),
            (&Value::from("de"), &Value::from(1)),
        ]
    );
}

#[test]
fn pivots() {
    let folder = six_documents();
    let pivot = rows(&folder, &["--by", "source,language", "--pivot", "language"]);
    assert_eq!(
        Value::from(pivot),
        serde_json::json!([
            {"source": "crawl", "en": 2, "null": 1, "de": 0},
            {"source": "books", "en": 1, "null": 1, "de": 1}
        ])
    );
    let table = folder.ok(&[
        "mix",
        "web",
        "--by",
        "source,language",
        "--pivot",
        "language",
        "--value",
        "characters",
    ]);
    let expected = "\
web: 6 documents
characters

source  en  null  de  total
──────  ──  ────  ──  ─────
crawl   13     3   ·     16
books    6    12   8     26
──────  ──  ────  ──  ─────
total   19    15   8     42
";
    assert_eq!(table, expected);
}

#[test]
fn the_table_ends_with_the_total() {
    let folder = six_documents();
    let table = folder.ok(&["mix", "web", "--by", "source", "--where", "text_chars > 3"]);
    let expected = "\
web: 4 of 6 documents, where text_chars > 3

        ────────────────── all ───────────────────  ──── length in characters ─────
source  documents         characters         bytes  min  p25  median  p75  p90  max
──────  ─────────  ─────  ──────────  ─────  ─────  ───  ───  ──────  ───  ───  ───
books           3  75.0%          26  72.2%   26 B    6    6       8   12   12   12
crawl           1  25.0%          10  27.8%   10 B   10   10      10   10   10   10
──────  ─────────  ─────  ──────────  ─────  ─────  ───  ───  ──────  ───  ───  ───
total           4   100%          36   100%   36 B    6    6       8   10   12   12
";
    assert_eq!(table, expected);
    assert_eq!(
        folder.ok(&["mix", "web", "--by", "source", "--where", "false"]),
        "web: none of 6 documents meets false; nothing to count\n"
    );
}

#[test]
fn what_is_wrong_is_said() {
    let folder = six_documents();
    let fails = |arguments: &[&str], words: &[&str]| {
        let command = [&["mix", "web"], arguments].concat();
        folder.run(&command).fails_with(words);
    };
    fails(
        &["--by", "source", "--pivot", "language"],
        &[
            "--pivot language is not among the columns of --by",
            "--by source,language",
        ],
    );
    fails(
        &["--by", "source", "--pivot", "source", "--value", "document"],
        &[
            "--value document is no figure of a mixture",
            "did you mean `documents`?",
        ],
    );
    fails(&["--by", "sauce"], &["sauce", "source"]);
}

#[test]
fn another_engine_agrees() {
    let folder = quickstart_corpus();
    let ours: Vec<Value> = serde_json::from_str(&folder.ok(&[
        "mix",
        "corpus",
        "--by",
        "source,language",
        "--format",
        "json",
    ]))
    .expect("JSON");
    let length = || col("text_chars").cast(DataType::UInt64);
    let theirs = folder
        .layer("corpus", "documents")
        .lazy()
        .group_by([col("source"), col("language")])
        .agg([
            len().cast(DataType::UInt64).alias("documents"),
            length().sum().alias("characters"),
            length()
                .quantile(lit(0.5), QuantileMethod::Equiprobable)
                .cast(DataType::UInt64)
                .alias("median_characters"),
            length()
                .quantile(lit(0.9), QuantileMethod::Equiprobable)
                .cast(DataType::UInt64)
                .alias("p90_characters"),
        ])
        .collect()
        .expect("figures");
    assert_eq!(theirs.height(), ours.len());
    let text = |name: &str, row: usize| {
        let values = theirs.column(name).expect("a column");
        let values = values.str().expect("text");
        Value::from(values.get(row))
    };
    for row in 0..theirs.height() {
        let key = [text("source", row), text("language", row)];
        let group = ours
            .iter()
            .find(|g| [&g["source"], &g["language"]] == [&key[0], &key[1]])
            .expect("the same groups");
        for figure in [
            "documents",
            "characters",
            "median_characters",
            "p90_characters",
        ] {
            let value = theirs.column(figure).expect("a column");
            let value = value.u64().expect("numbers").get(row);
            assert_eq!(group[figure].as_u64(), value, "{figure} of {key:?}");
        }
    }
}
