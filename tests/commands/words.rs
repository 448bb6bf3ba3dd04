//! What the program says, and that it says it wherever stderr goes.

use std::fs;
use std::process::Stdio;

use super::support::{Folder, jsonl};

fn corpus() -> Folder {
    let folder = Folder::new();
    folder.write("in.jsonl", jsonl(30, 20));
    for corpus in ["web", "a/web"] {
        folder.ok(&["ingest", "in.jsonl", "--to", corpus, "--quiet"]);
    }
    folder
}

#[test]
fn no_rows_have_a_header_and_names_are_distinct() {
    let folder = corpus();
    let ask = |sql: &str, format: &str| folder.run(&["sql", "web", "-c", sql, "--format", format]);
    let none = ask("SELECT id, 1 AS n FROM corpus WHERE false", "csv").succeeds();
    assert_eq!(none.stdout, "id,n\n");
    let some = ask("SELECT 1 AS n", "csv").succeeds();
    assert_eq!(some.stdout, "n\n1\n");
    for format in ["csv", "json", "jsonl"] {
        ask(
            "SELECT a.id, b.id FROM corpus a JOIN corpus b ON a.id = b.id",
            format,
        )
        .fails_with(&[
            "two columns of the results are called id",
            "AS another_name",
        ]);
    }
}

#[test]
fn an_output_that_cannot_be() {
    let folder = corpus();
    let ask = |output: &str| folder.run(&["sql", "web", "-c", "SELECT 1", "--output", output]);
    ask("missing/x.csv").fails_with(&[
        "cannot create --output missing/x.csv: there is no folder missing",
        "make the folder first",
    ]);
    ask("web").fails_with(&["--output web is a folder", "name a file in it"]);
    ask("x.txt").succeeds();
}

#[test]
fn corpora_of_the_same_name() {
    let folder = corpus();
    let sql = "SELECT DISTINCT corpus_name FROM corpus ORDER BY 1";
    let names = folder.ok(&["sql", "web", "a/web", "-c", sql, "--format", "csv"]);
    let names: Vec<&str> = names.lines().collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names.contains(&"a/web"), "{names:?}");
    assert!(names[2].ends_with("/web"), "{names:?}");
    folder
        .run(&["sql", "web", "./web", "-c", sql])
        .fails_with(&["the corpus ./web is named twice"]);

    folder.write("named.sql", "SELECT upper(id) AS corpus_name FROM corpus");
    folder.ok(&["annotate", "web", "named.sql"]);
    folder.ok(&["sql", "web", "-c", "SELECT corpus_name FROM corpus"]);
    folder
        .run(&["sql", "web", "a/web", "-c", "SELECT id FROM corpus"])
        .fails_with(&["web stores a column corpus_name"]);
}

#[test]
fn a_layer_that_takes_a_signals_name() {
    let folder = corpus();
    let sql = [
        "sql",
        "web",
        "-c",
        "SELECT sum(rps_doc_word_count) FROM corpus",
    ];
    let expected = folder.ok(&sql);
    folder.write(
        "own.sql",
        "SELECT 7 AS rps_doc_word_count, rps_doc_num_sentences FROM corpus",
    );
    folder.ok(&["annotate", "web", "own.sql"]);
    let ran = folder
        .run(&sql)
        .says(&["rps_doc_word_count of layer own of web are not"]);
    assert_eq!(ran.stdout, expected);
    assert!(!ran.stderr.contains("rps_doc_num_sentences"));
}

#[test]
fn errors_say_the_cause() {
    let folder = corpus();
    for (sql, words) in [
        (
            "SELECT rps_doc_wrod_count(text) FROM corpus",
            [
                "line 1, column 8: there is no function rps_doc_wrod_count\n",
                "hint: did you mean rps_doc_word_count?",
            ],
        ),
        (
            "SELECT id FROM corpus LIMIT -1",
            ["error: the query: LIMIT must be >= 0", ""],
        ),
        (
            "SELECT id FROM corpus c WHERE id > (SELECT max(d.id) FROM corpus d WHERE d.id < c.id)",
            ["needs an equality", "hint: compare with ="],
        ),
    ] {
        let ran = folder.run(&["sql", "web", "-c", sql]).fails_with(&words);
        for jargon in ["Optimizer", "ParserError(", "Error during", "DataFusion"] {
            assert!(!ran.stderr.contains(jargon), "{}", ran.stderr);
        }
    }
}

#[test]
fn too_many_threads() {
    corpus()
        .run(&["sql", "web", "-c", "SELECT 1", "--threads", "100000"])
        .fails_with(&["--threads 100000 is more than 1024"]);
}

#[cfg(target_os = "linux")]
#[test]
fn nobody_reads_stderr() {
    let folder = corpus();
    // Every write to this device fails.
    let full = || fs::OpenOptions::new().write(true).open("/dev/full");
    for (arguments, code) in [
        (&["ingest", "in.jsonl", "--to", "new"][..], 0),
        (&["sql", "web", "-c", "SELECT nothing"], 1),
    ] {
        let status = folder
            .command(arguments)
            .stdout(Stdio::null())
            .stderr(full().expect("the device"))
            .status()
            .expect("the program starts");
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
}
