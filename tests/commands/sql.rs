//! `corpusql sql`.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use super::support::{Folder, jsonl};

fn corpus() -> Folder {
    let folder = Folder::new();
    folder.write("in.jsonl", jsonl(300, 80));
    folder.ok(&["ingest", "in.jsonl", "--to", "web", "--quiet"]);
    folder
}

#[test]
fn formats() {
    let folder = corpus();
    let ask = |format| {
        let sql =
            "SELECT id, language, rps_doc_curly_bracket FROM corpus WHERE id < 'doc-1' ORDER BY id";
        folder.ok(&["sql", "web", "-c", sql, "--format", format])
    };
    assert!(ask("csv").starts_with("id,language,rps_doc_curly_bracket\ndoc-0,"));
    assert!(ask("json").starts_with(r#"[{"id":"doc-0","language":""#));
    assert!(ask("jsonl").starts_with(r#"{"id":"doc-0","language":""#));
    assert!(ask("table").contains("doc-0"));
    folder.ok(&[
        "sql",
        "web",
        "-c",
        "SELECT id FROM corpus",
        "--format",
        "parquet",
        "--output",
        "ids.parquet",
    ]);
    let bytes = fs::read(folder.path("ids.parquet")).expect("the file");
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
}

#[test]
fn queries_come_from_files_and_stdin() {
    let folder = corpus();
    folder.write("q.sql", "-- how many\nSELECT count(*) AS n FROM corpus\n");
    assert_eq!(
        folder.ok(&["sql", "web", "-f", "q.sql", "--format", "csv"]),
        "n\n300\n"
    );
    let mut child = folder
        .command(&["sql", "web", "-f", "-", "--format", "csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("its stdin");
    stdin
        .write_all(b"SELECT 1 AS one FROM corpus LIMIT 1")
        .expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "one\n1\n");
    folder.write("bad.sql", "SELECT id,\n  txt\nFROM corpus\n");
    folder.run(&["sql", "web", "-f", "bad.sql"]).fails_with(&[
        "bad.sql, line 2, column 3: there is no column txt",
        "did you mean text?",
    ]);
    folder
        .run(&["sql", "web", "-c", "SELECT id FROM corpus WHERE"])
        .fails_with(&["the query: expected an expression, found EOF"]);
    folder
        .run(&["sql", "nowhere", "-c", "SELECT 1"])
        .fails_with(&["nowhere does not exist", "corpusql ingest"]);
    folder.run(&["sql", "web"]).says(&["--command"]);
}

#[test]
fn plans_are_explained() {
    let folder = corpus();
    let plan = folder.ok(&["sql", "web", "-c", "EXPLAIN SELECT id FROM corpus"]);
    assert!(plan.contains("physical_plan:\n  "), "{plan}");
    assert!(plan.contains("LayeredScanExec: corpus=web"), "{plan}");
    let sql = "EXPLAIN ANALYZE SELECT id FROM corpus WHERE rps_doc_word_count > 10";
    let analyzed = folder.ok(&["sql", "web", "-c", sql]);
    assert!(analyzed.contains("bytes_read_documents="), "{analyzed}");
    assert!(analyzed.contains("rows_computed=300"), "{analyzed}");
}

#[test]
fn parameters_of_filters_are_set() {
    let folder = corpus();
    let count = |set: &[&str]| {
        let sql = "SELECT count(*) AS n FROM corpus WHERE keep_rpv2_gopher__usual_word_count";
        let mut arguments = vec!["sql", "web", "-c", sql, "--format", "csv"];
        arguments.extend(set);
        folder.ok(&arguments)
    };
    assert_eq!(count(&["--set", "rpv2_gopher.min_words=0"]), "n\n300\n");
    assert_ne!(count(&[]), "n\n300\n");
    folder
        .run(&[
            "sql",
            "web",
            "-c",
            "SELECT 1",
            "--set",
            "rpv2_gopher.min_word=0",
        ])
        .fails_with(&[
            "has no parameter `min_word`",
            "did you mean `rpv2_gopher.min_words`?",
        ]);
}

#[test]
fn several_corpora_are_one_table() {
    let folder = corpus();
    folder.write("other.jsonl", jsonl(50, 20));
    folder.ok(&["ingest", "other.jsonl", "--to", "more", "--quiet"]);
    let sql = "SELECT corpus_name, count(*) AS n FROM corpus GROUP BY 1 ORDER BY 2";
    assert_eq!(
        folder.ok(&["sql", "web", "more", "-c", sql, "--format", "csv"]),
        "corpus_name,n\nmore,50\nweb,300\n"
    );
}
