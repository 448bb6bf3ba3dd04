//! `annotate`: the same bytes however it runs, resumed after a kill, refusals with reasons.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

use super::support::{Folder, contents, jsonl};

/// A corpus `web` of `documents` documents in parts of `part_size`.
fn corpus(documents: usize, part_size: &str) -> Folder {
    let folder = Folder::new();
    folder.write("docs.jsonl", jsonl(documents, 200));
    folder.ok(&[
        "ingest",
        "docs.jsonl",
        "--to",
        "web",
        "--part-size",
        part_size,
    ]);
    folder
}

fn parts(layer: &Path) -> BTreeMap<String, (u64, i64, i64)> {
    let entries = fs::read_dir(layer).expect("a layer").flatten();
    entries
        .filter(|e| e.file_name().to_string_lossy().ends_with(".parquet"))
        .map(|e| {
            let facts = e.metadata().expect("a file");
            let name = e.file_name().to_string_lossy().into_owned();
            (name, (facts.ino(), facts.mtime(), facts.mtime_nsec()))
        })
        .collect()
}

/// Kills a program when more than `round` parts of a layer are there, a little later each round.
fn kill(mut child: Child, layer: &Path, round: usize) {
    for _ in 0..4000 {
        let finished = layer.exists() && parts(layer).len() > round;
        if finished || child.try_wait().expect("asked").is_some() {
            break;
        }
        sleep(Duration::from_millis(1));
    }
    sleep(Duration::from_millis(3 * round as u64));
    let _ = child.kill();
    let _ = child.wait();
}

#[test]
fn same_bytes_for_any_threads_and_batch_sizes() {
    let folder = corpus(600, "100KB");
    let annotate = |threads: &str, rows: &str| {
        for layer in ["rpv2", "rpv2_lines"] {
            let _ = fs::remove_dir_all(folder.path("web").join(layer));
        }
        folder.ok(&[
            "annotate",
            "web",
            "rpv2",
            "rpv2_lines",
            "--threads",
            threads,
            "--batch-size",
            rows,
        ]);
        (
            contents(&folder.path("web/rpv2")),
            contents(&folder.path("web/rpv2_lines")),
        )
    };
    let expected = annotate("1", "8192");
    assert!(expected.0.len() >= 5, "several parts and a manifest");
    for (threads, rows) in [("2", "8192"), ("1", "1"), ("2", "7")] {
        assert!(
            annotate(threads, rows) == expected,
            "{threads} threads, batches of {rows}"
        );
    }
}

#[test]
fn a_killed_run_goes_on_where_it_was() {
    let folder = corpus(4000, "250KB");
    folder.ok(&["annotate", "web", "rpv2", "--quiet"]);
    let expected = contents(&folder.path("web/rpv2"));
    assert!(
        expected.len() > 8,
        "at least 8 parts, found {}",
        expected.len()
    );

    let layer = folder.path("web/rpv2");
    let mut interrupted = 0;
    for round in 0..6 {
        fs::remove_dir_all(&layer).expect("removed");
        let command = ["annotate", "web", "rpv2", "--threads", "1"];
        kill(folder.start(&command), &layer, round);
        let before = parts(&layer);
        interrupted += usize::from(!layer.join("_layer.json").exists());
        folder.ok(&["annotate", "web", "rpv2"]);
        let after = parts(&layer);
        for (name, facts) in before {
            assert_eq!(
                after.get(&name),
                Some(&facts),
                "{name} was finished and is not written again"
            );
        }
        assert!(contents(&layer) == expected, "the same bytes after a kill");
    }
    assert!(interrupted > 0, "at least one kill came before the end");
}

/// All layers of signals that need no model.
const SIGNALS: [&str; 6] = ["rpv2", "rpv2_lines", "datatrove", "c4", "dclm", "dolma"];

#[test]
fn layers_in_one_pass_are_those_that_each_pass_makes() {
    let folder = corpus(600, "100KB");
    let all = || SIGNALS.map(|layer| contents(&folder.path("web").join(layer)));
    for layer in SIGNALS {
        folder.ok(&["annotate", "web", layer]);
    }
    let expected = all();
    let of = parts(&folder.path("web/rpv2")).len();
    assert!(of > 2, "several parts");
    for layer in SIGNALS {
        fs::remove_dir_all(folder.path("web").join(layer)).expect("removed");
    }
    let command: Vec<&str> = ["annotate", "web"].into_iter().chain(SIGNALS).collect();
    folder.run(&command).succeeds().says(&[
        &format!("annotate c4: {of} parts computed, 0 kept"),
        "annotate rpv2, rpv2_lines, datatrove, c4, dclm, dolma: 600 documents",
    ]);
    assert!(all() == expected, "the same bytes");

    // What is there is kept, whatever else is computed of the same documents.
    let before = parts(&folder.path("web/dolma"));
    fs::remove_dir_all(folder.path("web/datatrove")).expect("removed");
    fs::remove_file(folder.path("web/c4/part-00001.parquet")).expect("removed");
    folder.run(&command).succeeds().says(&[
        &format!("annotate datatrove: {of} parts computed, 0 kept"),
        &format!("annotate c4: 1 parts computed, {} kept", of - 1),
        &format!("annotate dolma: nothing to do: all {of} parts are up to date"),
    ]);
    assert_eq!(parts(&folder.path("web/dolma")), before);
    assert!(all() == expected, "the same bytes");
    folder.run(&command).succeeds().says(&[
        "annotate rpv2: nothing to do",
        "annotate dolma: nothing to do",
    ]);
}

#[test]
fn layers_in_one_pass_go_on_after_a_kill() {
    let folder = corpus(2000, "250KB");
    let command: Vec<&str> = ["annotate", "web", "--threads", "1"]
        .into_iter()
        .chain(SIGNALS)
        .collect();
    folder.ok(&command);
    let all = || SIGNALS.map(|layer| contents(&folder.path("web").join(layer)));
    let expected = all();
    let last = folder.path("web/dolma");
    let mut interrupted = 0;
    for round in 0..4 {
        for layer in SIGNALS {
            fs::remove_dir_all(folder.path("web").join(layer)).expect("removed");
        }
        kill(folder.start(&command), &last, round);
        interrupted += usize::from(!last.join("_layer.json").exists());
        let before = SIGNALS.map(|layer| parts(&folder.path("web").join(layer)));
        folder.ok(&command);
        for (layer, before) in SIGNALS.iter().zip(before) {
            let after = parts(&folder.path("web").join(layer));
            for (name, facts) in before {
                assert_eq!(after.get(&name), Some(&facts), "{layer}/{name} is kept");
            }
        }
        assert!(all() == expected, "the same bytes after a kill");
    }
    assert!(interrupted > 0, "at least one kill came before the end");
}

#[test]
fn layers_that_read_each_other_are_computed_in_turn() {
    let folder = corpus(40, "1MB");
    fs::create_dir_all(folder.path("mine/layers")).expect("a folder");
    let layer = |name: &str, columns: &str| {
        let sql = format!("-- what: a test\n-- source: here\nSELECT {columns} FROM corpus\n");
        folder.write(&format!("mine/layers/{name}.sql"), sql);
    };
    layer("halves", "rps_doc_word_count / 2 AS half");
    layer("quarters", "half / 2 AS quarter");
    layer("other_halves", "ccnet_length / 2 AS half");
    let annotate = |layers: &[&str]| {
        let begin = ["annotate", "web", "--queries", "mine"];
        let command: Vec<&str> = begin.into_iter().chain(layers.iter().copied()).collect();
        folder.run(&command)
    };
    annotate(&["rpv2", "halves", "rpv2_lines", "quarters"])
        .succeeds()
        .says(&[
            "annotate rpv2: 1 parts",
            "annotate halves, rpv2_lines: 40 documents",
            "annotate quarters: 1 parts",
        ]);
    let unequal = "SELECT count(*) FROM corpus WHERE quarter <> rps_doc_word_count / 2 / 2";
    let count = folder.ok(&["sql", "web", "--format", "csv", "-c", unequal]);
    assert_eq!(count.lines().last(), Some("0"));
    // `halves` is of the words that `rpv2` stores, whichever pass made them.
    annotate(&["halves", "rpv2"]).succeeds().says(&[
        "annotate halves: nothing to do",
        "annotate rpv2: nothing to do",
    ]);

    fs::remove_dir_all(folder.path("web/quarters")).expect("removed");
    fs::remove_dir_all(folder.path("web/halves")).expect("removed");
    annotate(&["halves", "other_halves"]).fails_with(&[
        "layer other_halves would write the column half, which layer halves before it writes",
        "--prefix",
    ]);
    annotate(&["halves", "rvp2"]).fails_with(&["rvp2"]);
    assert!(!folder.path("web/halves").exists(), "nothing was computed");
}

#[test]
fn again_is_nothing_to_do() {
    let folder = corpus(50, "1MB");
    folder.ok(&["annotate", "web", "rpv2"]);
    let before = parts(&folder.path("web/rpv2"));
    folder
        .run(&["annotate", "web", "rpv2"])
        .succeeds()
        .says(&["nothing to do"]);
    assert_eq!(parts(&folder.path("web/rpv2")), before);
}

#[test]
fn a_layer_of_ones_own() {
    let folder = corpus(300, "30KB");
    folder.write(
        "mine.sql",
        "-- what: words per line\nSELECT rps_doc_word_count / rps_lines_count AS words_per_line, upper(source) AS loud FROM corpus",
    );
    folder.ok(&["annotate", "web", "--sql", "mine.sql", "--layer", "mine"]);
    let computed = folder.ok(&[
        "sql", "web", "--format", "csv", "-c",
        "SELECT count(*) AS n FROM corpus WHERE (words_per_line IS DISTINCT FROM (rps_doc_word_count / rps_lines_count)) OR loud <> upper(source)",
    ]);
    assert_eq!(computed, "n\n0\n");
    // A comment and other spacing change nothing; another expression does.
    let before = parts(&folder.path("web/mine"));
    folder.write(
        "mine.sql",
        "-- what: words per line\n\nSELECT rps_doc_word_count   /   rps_lines_count AS words_per_line, -- said again\n upper(source) AS loud FROM corpus",
    );
    folder
        .run(&["annotate", "web", "--sql", "mine.sql", "--layer", "mine"])
        .succeeds()
        .says(&["nothing to do"]);
    assert_eq!(parts(&folder.path("web/mine")), before);
    folder.write(
        "mine.sql",
        "SELECT rps_doc_word_count * 2 AS words_per_line, upper(source) AS loud FROM corpus",
    );
    folder.ok(&["annotate", "web", "--sql", "mine.sql", "--layer", "mine"]);
    assert_ne!(parts(&folder.path("web/mine")), before);
}

#[test]
fn a_layer_on_a_layer_goes_stale_with_it() {
    let folder = corpus(40, "1MB");
    folder.write("a.sql", "SELECT text_chars * 1 AS a FROM corpus");
    folder.write("b.sql", "SELECT a + 1 AS b FROM corpus");
    folder.ok(&["annotate", "web", "--sql", "a.sql", "--layer", "first"]);
    folder.ok(&["annotate", "web", "--sql", "b.sql", "--layer", "second"]);
    folder.write("a.sql", "SELECT text_chars * 2 AS a FROM corpus");
    folder.ok(&["annotate", "web", "--sql", "a.sql", "--layer", "first"]);
    folder
        .run(&["sql", "web", "-c", "SELECT b FROM corpus"])
        .fails_with(&["second", "corpusql annotate web second"]);
    folder.ok(&["annotate", "web", "--sql", "b.sql", "--layer", "second"]);
    let wrong = folder.ok(&[
        "sql",
        "web",
        "--format",
        "csv",
        "-c",
        "SELECT count(*) AS n FROM corpus WHERE b <> text_chars * 2 + 1",
    ]);
    assert_eq!(wrong, "n\n0\n");
}

#[test]
fn what_is_no_scalar_expression_is_refused_with_the_reason() {
    let folder = corpus(10, "1MB");
    for (sql, reason) in [
        ("SELECT count(*) AS n FROM corpus", "aggregate"),
        ("SELECT row_number() OVER () AS n FROM corpus", "window"),
        ("SELECT DISTINCT id AS n FROM corpus", "DISTINCT"),
        ("SELECT text_chars AS n FROM corpus LIMIT 3", "LIMIT"),
        (
            "SELECT text_chars AS n FROM corpus WHERE text_chars > 3",
            "WHERE",
        ),
        ("SELECT unnest([1, 2]) AS n FROM corpus", "unnest"),
        (
            "SELECT (SELECT max(text_chars) FROM corpus) AS n FROM corpus",
            "subquer",
        ),
        ("SELECT txet AS n FROM corpus", "text"),
        ("SELECT NULL AS n FROM corpus", "CAST"),
        ("SELECT id FROM corpus", "--prefix"),
        ("SELEC 1", "SELEC"),
    ] {
        folder.write("bad.sql", sql);
        folder
            .run(&["annotate", "web", "--sql", "bad.sql", "--layer", "bad"])
            .fails_with(&[reason]);
    }
    folder.write("good.sql", "SELECT id FROM corpus");
    folder.ok(&[
        "annotate", "web", "--sql", "good.sql", "--layer", "good", "--prefix", "my_",
    ]);
    folder
        .run(&["annotate", "web", "rpv3"])
        .fails_with(&["rpv3", "rpv2"]);
    folder.write("good.sql", "SELECT 1 AS one FROM corpus");
    folder
        .run(&[
            "annotate",
            "web",
            "--sql",
            "good.sql",
            "--layer",
            "documents",
        ])
        .fails_with(&["documents"]);
    folder
        .run(&["annotate", "web", "--sql", "good.sql", "--layer", "../x"])
        .fails_with(&["no name for a layer"]);
}

#[test]
fn columns_that_the_documents_bring_along_are_left_out() {
    let folder = Folder::new();
    folder.write("docs.csv", "");
    folder.write("docs.jsonl", jsonl(20, 30));
    folder.ok(&["ingest", "docs.jsonl", "--to", "web"]);
    folder.write("lengths.sql", "SELECT 7 AS ccnet_length FROM corpus");
    // A Parquet file keeps its extra columns: make one, ingest it.
    folder.ok(&[
        "sql",
        "web",
        "-c",
        "SELECT id, text, language, 7 AS ccnet_length FROM corpus",
        "--format",
        "parquet",
        "--output",
        "docs.parquet",
    ]);
    folder.ok(&["ingest", "docs.parquet", "--to", "other"]);
    folder
        .run(&["annotate", "other", "rpv2"])
        .succeeds()
        .says(&["left out", "ccnet_length"]);
    let sevens = folder.ok(&[
        "sql",
        "other",
        "--format",
        "csv",
        "-c",
        "SELECT DISTINCT ccnet_length FROM corpus",
    ]);
    assert_eq!(sevens, "ccnet_length\n7\n");
}
