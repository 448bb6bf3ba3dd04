//! `dedup` below the document: spans and texts equal to the references', the same however the corpus is cut and read.

use std::collections::HashMap;
use std::fs;

use polars::prelude::DataFrame;
use serde_json::Value;
use sha1::{Digest, Sha1};

use super::support::{Folder, contents, frame, objects, repository, shared, values};

/// Every way, and what comes between the lines of a text without its spans.
const PRESETS: [(&str, &str); 17] = [
    ("ccnet_paragraphs", "''"),
    ("ccnet_paragraphs_one_pass", "''"),
    ("dolma_paragraphs", "''"),
    ("dolma_paragraphs_skip_empty", "''"),
    ("dolma_paragraphs_min_20", "''"),
    ("dolma_ngrams", "''"),
    ("dolma_ngrams_8_3_50", "''"),
    ("dolma_ngrams_bloom", "''"),
    ("bff_old_both", "''"),
    ("bff_old_both_5_13", "''"),
    ("bff_old_both_bloom", "''"),
    ("bff_paragraphs_5_13", "''"),
    ("bff_documents_5_13", "''"),
    ("datatrove_sentences", "''"),
    ("datatrove_sentences_1_no_min", "''"),
    ("datatrove_lines_no_min", "chr(10)"),
    ("c4_lines", "''"),
];

/// The first documents of the golden stream, as a corpus.
fn stream(part_size: &str) -> Folder {
    let folder = Folder::new();
    let input = repository("tests/data/spans/golden.jsonl");
    let input = input.to_string_lossy();
    folder.ok(&["ingest", &input, "--to", "web", "--part-size", part_size]);
    folder
}

/// Rows of a query.
fn rows(folder: &Folder, corpora: &[&str], sql: &str) -> Vec<Value> {
    let command = [&["sql"], corpora, &["-c", sql, "--format", "jsonl"]].concat();
    objects(&folder.ok(&command))
}

/// The query for what is left of documents.
fn left(preset: &str, between: &str) -> String {
    format!(
        "SELECT id, CASE WHEN {preset}_dropped THEN NULL ELSE \
         text_without_spans(text, {preset}_start, {preset}_end, {between}) END AS left, text FROM corpus"
    )
}

fn between(preset: &str) -> &'static str {
    let known = PRESETS.iter().find(|(name, _)| *name == preset);
    known.expect("a preset").1
}

fn sha1(text: &str) -> String {
    let digest: [u8; 20] = Sha1::digest(text.as_bytes()).into();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_is_left_of_the_first_documents() {
    let folder = stream("64KB");
    let lines = fs::read_to_string(repository("tests/data/spans/golden.jsonl")).expect("a file");
    let records = objects(&lines);
    for (preset, golden) in [
        ("ccnet_paragraphs_one_pass", "/one_pass"),
        ("datatrove_sentences", "/sent3_default"),
        ("datatrove_sentences_1_no_min", "/sent1_no_min"),
        ("datatrove_lines_no_min", "/lines_no_min"),
        ("bff_old_both", "/bff/old-both_13_13_0.8"),
        ("bff_old_both_5_13", "/bff/old-both_5_13_0.8"),
        ("bff_paragraphs_5_13", "/bff/paragraph_5_13_0.8"),
        ("bff_documents_5_13", "/bff/document_5_13_0.8"),
    ] {
        folder.ok(&["dedup", "web", preset]);
        let found = rows(&folder, &["web"], &left(preset, between(preset)));
        assert_eq!(found.len(), records.len());
        for (row, record) in found.iter().zip(&records) {
            let answer = match row["left"].as_str() {
                None => Value::Null,
                Some(text) if row["text"] == text => Value::Bool(true),
                Some(text) => Value::String(sha1(text)),
            };
            let expected = record.pointer(golden).expect("an answer");
            assert_eq!(&answer, expected, "{preset} {}", row["id"]);
        }
    }
    for (preset, golden) in [
        ("dolma_paragraphs", "paragraphs"),
        ("dolma_paragraphs_min_20", "paragraphs_min_length_20"),
        ("dolma_ngrams_bloom", "ngram13_thr0.8"),
        ("dolma_ngrams_8_3_50", "ngram8_stride3_thr0.5"),
    ] {
        folder.ok(&["dedup", "web", preset]);
        let sql = format!("SELECT {preset}_start AS s, {preset}_end AS e FROM corpus");
        let found = rows(&folder, &["web"], &sql);
        for (row, record) in found.iter().zip(&records) {
            let spans = record["dolma"][golden].as_array().expect("spans");
            let of = |end: usize| Value::Array(spans.iter().map(|s| s[end].clone()).collect());
            assert_eq!(
                (&row["s"], &row["e"]),
                (&of(0), &of(1)),
                "{preset} {}",
                record["id"]
            );
        }
    }
}

#[test]
fn the_same_however_the_corpus_is_cut_and_read() {
    let presets = [
        "ccnet_paragraphs",
        "c4_lines",
        "bff_old_both_bloom",
        "dolma_ngrams",
    ];
    let answer = |folder: &Folder, preset: &str| {
        let sql = format!(
            "SELECT id, {preset}_start, {preset}_end, {preset}_removed_chars, {preset}_dropped FROM corpus"
        );
        rows(folder, &["web"], &sql)
    };
    let whole = stream("10MB");
    let folder = stream("48KB");
    for preset in presets {
        whole.ok(&["dedup", "web", preset, "--threads", "1"]);
        let expected = answer(&whole, preset);
        let layer = folder.path("web").join(preset);
        let mut bytes = None;
        for (threads, batch) in [("1", "8192"), ("2", "8192"), ("2", "7")] {
            let _ = fs::remove_dir_all(&layer);
            folder.ok(&[
                "dedup",
                "web",
                preset,
                "--threads",
                threads,
                "--batch-size",
                batch,
            ]);
            assert_eq!(answer(&folder, preset), expected, "{preset}");
            let now = contents(&layer);
            assert!(now.len() > 3, "several parts and a manifest");
            assert!(*bytes.get_or_insert_with(|| now.clone()) == now, "{preset}");
        }
        // Parts that an interrupted run left are found again; the others are made as they were.
        fs::remove_file(layer.join("_layer.json")).expect("removed");
        fs::remove_file(layer.join("part-00001.parquet")).expect("removed");
        folder.ok(&["dedup", "web", preset]);
        assert!(bytes == Some(contents(&layer)), "{preset}");
        folder
            .run(&["dedup", "web", preset])
            .succeeds()
            .says(&["nothing to do"]);
    }
}

#[test]
fn nothing_is_lost_where_nothing_repeats() {
    let folder = Folder::new();
    let mut lines = String::new();
    for document in 0..60 {
        let line = |line: usize| {
            let word = |word: usize| {
                let number = document * 1000 + line * 100 + word;
                let letters = number
                    .to_string()
                    .bytes()
                    .map(|b| char::from(b + b'a' - b'0'))
                    .collect::<String>();
                format!("x{letters}")
            };
            format!(
                "Line {}.",
                (0..14 + line).map(word).collect::<Vec<_>>().join(" ")
            )
        };
        let text = (0..5).map(line).collect::<Vec<_>>().join("\\n");
        lines.push_str(&format!("{{\"id\":\"{document}\",\"url\":\"https://a.example/{document}\",\"text\":\"{text}\"}}\n"));
    }
    folder.write("unique.jsonl", lines);
    folder.ok(&["ingest", "unique.jsonl", "--to", "web"]);
    let exact = PRESETS.iter().filter(|(name, _)| !name.ends_with("_bloom"));
    for (preset, _) in exact {
        folder.ok(&["dedup", "web", preset]);
        let sql = format!(
            "SELECT sum({preset}_removed_chars) AS removed, sum(cardinality({preset}_start)) AS spans, \
             count(*) FILTER (WHERE {preset}_dropped) AS dropped FROM corpus"
        );
        let found = rows(&folder, &["web"], &sql);
        assert_eq!(
            found,
            [serde_json::json!({"removed": 0, "spans": 0, "dropped": 0})],
            "{preset}"
        );
    }
}

#[test]
fn several_corpora_are_one_and_texts_are_exported() {
    let folder = Folder::new();
    folder.write(
        "a.jsonl",
        "{\"id\":\"a1\",\"text\":\"Menu\\nOnly here.\\nMenu\"}\n{\"id\":\"a2\",\"text\":\"Second\"}\n",
    );
    folder.write(
        "b.jsonl",
        "{\"id\":\"b1\",\"text\":\"MENU \\nAlso new é.\"}\n{\"id\":\"b2\",\"text\":\"menu\"}\n",
    );
    folder.ok(&["ingest", "a.jsonl", "--to", "a"]);
    folder.ok(&["ingest", "b.jsonl", "--to", "b"]);
    folder.ok(&[
        "dedup",
        "a",
        "b",
        "ccnet_paragraphs",
        "ccnet_paragraphs_one_pass",
    ]);
    let texts = |preset: &str| -> Vec<Value> {
        let found = rows(&folder, &["a", "b"], &left(preset, "''"));
        found
            .into_iter()
            .map(|mut row| row["left"].take())
            .collect()
    };
    assert_eq!(
        texts("ccnet_paragraphs"),
        [
            Value::from("Only here."),
            "Second".into(),
            "Also new é.".into(),
            Value::Null
        ]
    );
    assert_eq!(
        texts("ccnet_paragraphs_one_pass"),
        [
            Value::from("Menu\nOnly here."),
            "Second".into(),
            "Also new é.".into(),
            Value::Null
        ]
    );
    // One query and one export write the cleaned texts, and signals measure them.
    folder.ok(&[
        "export",
        "a",
        "b",
        "--to",
        "out",
        "--format",
        "jsonl",
        "--where",
        "NOT ccnet_paragraphs_dropped",
        "--columns",
        "id",
        "--columns",
        "text_without_spans(text, ccnet_paragraphs_start, ccnet_paragraphs_end, '') AS text",
    ]);
    let files = contents(&folder.path("out"));
    let shards = files.iter().filter(|(name, _)| name.contains(".jsonl"));
    let written: String = shards
        .map(|(_, bytes)| String::from_utf8_lossy(bytes))
        .collect();
    let ids: HashMap<String, String> = written
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).expect("JSON");
            let of = |name: &str| row[name].as_str().expect("a string").to_string();
            (of("id"), of("text"))
        })
        .collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(ids["b1"], "Also new é.");
    let sql = "SELECT rps_doc_word_count(text_without_spans(text, ccnet_paragraphs_start, ccnet_paragraphs_end, '')) AS words FROM corpus";
    let words: Vec<_> = rows(&folder, &["a", "b"], sql)
        .iter()
        .map(|row| row["words"].clone())
        .collect();
    assert_eq!(words, [2, 1, 3, 0]);
}

#[test]
fn memory_is_bounded_and_what_is_done_is_shown() {
    let folder = stream("10MB");
    folder
        .run(&["dedup", "web", "bff_old_both", "--memory-limit", "300KB"])
        .fails_with(&[
            "bff_old_both needs",
            "bytes of memory",
            "--memory-limit",
            "_bloom",
        ]);
    let shown = folder.ok(&[
        "dedup",
        "web",
        "ccnet_paragraphs",
        "bff_old_both_bloom",
        "--print-sql",
    ]);
    assert!(shown.contains("piece_hashes(text, 'ccnet_paragraphs')"));
    assert!(shown.contains("at most 0.01"));
    folder
        .run(&["dedup", "web", "bff_old_both_bloom"])
        .succeeds()
        .says(&["a Bloom filter of", "characters in"]);
    for line in folder.ok(&["dedup", "--list"]).lines() {
        if let Some((preset, _)) = PRESETS
            .iter()
            .find(|(name, _)| line.split(' ').next() == Some(name))
        {
            assert!(line.len() > preset.len() + 20, "{line}");
        }
    }
}

fn golden_frame(file: &str) -> DataFrame {
    frame(&shared("data/golden/dedup").expect("it is here").join(file))
}

/// Values of a column as text; NULL is none.
fn column(frame: &DataFrame, name: &str) -> Vec<Option<String>> {
    values(frame, name, |value| {
        (!value.is_null()).then(|| value.str_value().into_owned())
    })
}

#[test]
fn all_golden_documents() {
    let Some(golden) = shared("data/golden/dedup") else {
        return;
    };
    let folder = Folder::new();
    let input = golden.join("documents.parquet");
    folder.ok(&[
        "ingest",
        &input.to_string_lossy(),
        "--to",
        "golden",
        "--part-size",
        "512KB",
    ]);
    let texts: HashMap<String, String> = rows(&folder, &["golden"], "SELECT id, text FROM corpus")
        .into_iter()
        .map(|row| {
            let of = |name: &str| row[name].as_str().expect("a string").to_string();
            (of("id"), of("text"))
        })
        .collect();
    // By answer: what is left of each document, NULL for those that are dropped.
    let mut answers: HashMap<String, HashMap<String, Option<String>>> = HashMap::new();
    for (file, kind, gone) in [
        ("clusters.parquet", "method", "removed"),
        ("bff_old_both.parquet", "config", "absent"),
    ] {
        let frame = golden_frame(file);
        let (ids, configs, gone) = (
            column(&frame, "id"),
            column(&frame, "config"),
            column(&frame, gone),
        );
        let (kinds, outputs) = (column(&frame, kind), column(&frame, "output_text"));
        for i in 0..ids.len() {
            let edits = ["cc_net-paragraph", "datatrove-sentence-dedup"];
            if kind == "method" && !edits.contains(&kinds[i].as_deref().unwrap_or_default()) {
                continue;
            }
            let id = ids[i].clone().expect("an id");
            let left = match gone[i].as_deref() {
                Some("true") => None,
                _ => outputs[i].clone().or_else(|| texts.get(&id).cloned()),
            };
            let config = configs[i].clone().expect("a configuration");
            answers.entry(config).or_default().insert(id, left);
        }
    }
    for (preset, config) in [
        ("ccnet_paragraphs", "two_pass"),
        ("ccnet_paragraphs_one_pass", "one_pass"),
        ("datatrove_sentences", "sent3_default"),
        ("datatrove_sentences_1_no_min", "sent1_no_min"),
        ("datatrove_lines_no_min", "lines_no_min"),
        ("bff_old_both", "old-both_13_13_0.8"),
        ("bff_old_both_5_13", "old-both_5_13_0.8"),
        ("bff_paragraphs_5_13", "paragraph_5_13_0.8"),
        ("bff_documents_5_13", "document_5_13_0.8"),
    ] {
        folder.ok(&["dedup", "golden", preset]);
        let expected = &answers[config];
        assert_eq!(expected.len(), texts.len(), "{config}");
        for row in rows(&folder, &["golden"], &left(preset, between(preset))) {
            let id = row["id"].as_str().expect("an id");
            assert_eq!(
                row["left"].as_str(),
                expected[id].as_deref(),
                "{preset} {id}"
            );
        }
    }
    let spans = golden_frame("dolma_dedupe_spans.parquet");
    let of = |name| {
        column(&spans, name)
            .into_iter()
            .map(Option::unwrap_or_default)
    };
    let mut expected: HashMap<String, Vec<(String, i64, i64)>> = HashMap::new();
    for (((config, id), start), end) in of("config").zip(of("id")).zip(of("start")).zip(of("end")) {
        let number = |text: String| text.parse().expect("a number");
        expected
            .entry(config)
            .or_default()
            .push((id, number(start), number(end)));
    }
    for (preset, config) in [
        ("dolma_paragraphs", "paragraphs"),
        ("dolma_paragraphs_skip_empty", "paragraphs_skip_empty"),
        ("dolma_paragraphs_min_20", "paragraphs_min_length_20"),
        ("dolma_ngrams", "ngram13_thr0.8"),
        ("dolma_ngrams_8_3_50", "ngram8_stride3_thr0.5"),
    ] {
        folder.ok(&["dedup", "golden", preset]);
        let sql = format!(
            "SELECT id, unnest({preset}_start) AS s, unnest({preset}_end) AS e FROM corpus"
        );
        let mut found: Vec<_> = rows(&folder, &["golden"], &sql)
            .iter()
            .map(|row| {
                let number = |name: &str| row[name].as_i64().expect("a number");
                (
                    row["id"].as_str().expect("an id").to_string(),
                    number("s"),
                    number("e"),
                )
            })
            .collect();
        found.sort();
        let expected = expected.get_mut(config).expect("spans");
        expected.sort();
        assert_eq!(&found, expected, "{preset}");
    }
}
