//! What a damaged or outdated corpus says: which file, what was expected, what to do next.

use std::fs;

use super::support::{Folder, jsonl};

/// A corpus of several parts with the layer `rpv2`.
fn corpus() -> Folder {
    let folder = Folder::new();
    folder.write("docs.jsonl", jsonl(400, 100));
    folder.ok(&["ingest", "docs.jsonl", "--to", "web", "--part-size", "40KB"]);
    folder.ok(&["annotate", "web", "rpv2"]);
    folder
}

const QUERY: [&str; 4] = [
    "sql",
    "web",
    "-c",
    "SELECT sum(rps_doc_word_count) FROM corpus",
];

#[test]
fn a_part_that_is_gone() {
    let folder = corpus();
    let expected = folder.ok(&QUERY);
    fs::remove_file(folder.path("web/rpv2/part-00001.parquet")).expect("removed");
    folder
        .run(&QUERY)
        .fails_with(&["rpv2/part-00001.parquet", "corpusql annotate web rpv2"]);
    folder.ok(&["sql", "web", "-c", "SELECT count(*) FROM corpus"]);
    folder.ok(&["annotate", "web", "rpv2"]);
    assert_eq!(folder.ok(&QUERY), expected);
}

#[test]
fn a_part_that_is_cut_short() {
    let folder = corpus();
    let expected = folder.ok(&QUERY);
    let path = folder.path("web/rpv2/part-00002.parquet");
    let bytes = fs::read(&path).expect("a part");
    fs::write(&path, &bytes[..bytes.len() / 2]).expect("cut");
    folder
        .run(&QUERY)
        .fails_with(&["rpv2/part-00002.parquet", "corpusql annotate web rpv2"]);
    folder.ok(&["annotate", "web", "rpv2"]);
    assert_eq!(folder.ok(&QUERY), expected);
}

#[test]
fn a_part_swapped_with_anothers() {
    let folder = corpus();
    let expected = folder.ok(&QUERY);
    let (a, b, c) = (
        folder.path("web/rpv2/part-00000.parquet"),
        folder.path("web/rpv2/part-00001.parquet"),
        folder.path("web/rpv2/swap"),
    );
    fs::rename(&a, &c).expect("moved");
    fs::rename(&b, &a).expect("moved");
    fs::rename(&c, &b).expect("moved");
    folder
        .run(&QUERY)
        .fails_with(&["rpv2/part-0000", "corpusql annotate web rpv2"]);
    folder.ok(&["annotate", "web", "rpv2"]);
    assert_eq!(folder.ok(&QUERY), expected);
}

#[test]
fn a_layer_of_older_documents() {
    let folder = corpus();
    folder.write("more.jsonl", jsonl(30, 100).replace("doc-", "more-"));
    folder.ok(&["ingest", "more.jsonl", "--to", "web"]);
    // A signal is computed instead, and the warning says why; the values are right.
    let computed = folder
        .run(&QUERY)
        .succeeds()
        .says(&["rpv2", "left out", "corpusql annotate web rpv2"])
        .stdout;
    folder
        .run(&["annotate", "web", "rpv2"])
        .succeeds()
        .says(&["1 parts computed"]);
    assert_eq!(folder.ok(&QUERY), computed);
}

#[test]
fn a_manifest_that_is_gone_or_broken_is_made_anew_from_the_parts() {
    let folder = corpus();
    let manifest = folder.path("web/rpv2/_layer.json");
    let before = fs::read(&manifest).expect("a manifest");
    fs::remove_file(&manifest).expect("removed");
    folder
        .run(&["annotate", "web", "rpv2"])
        .succeeds()
        .says(&["nothing to do"]);
    assert_eq!(fs::read(&manifest).expect("a manifest"), before);
    fs::write(&manifest, "{").expect("broken");
    folder.run(&QUERY).succeeds().says(&[
        "rpv2/_layer.json",
        "left out",
        "corpusql annotate web rpv2",
    ]);
    folder.run(&["annotate", "web", "rpv2"]).succeeds();
    assert_eq!(fs::read(&manifest).expect("a manifest"), before);
}

#[test]
fn two_writers_at_once() {
    let folder = corpus();
    let lock = fs::File::options()
        .read(true)
        .write(true)
        .open(folder.path("web/rpv2/_lock"))
        .expect("a lock");
    lock.lock().expect("locked");
    folder
        .run(&["annotate", "web", "rpv2"])
        .fails_with(&["web/rpv2", "is being written by process"]);
    drop(lock);
    folder.ok(&["annotate", "web", "rpv2"]);
}

#[test]
fn no_corpus_there() {
    let folder = Folder::new();
    folder
        .run(&["sql", "nowhere", "-c", "SELECT 1 FROM corpus"])
        .fails_with(&["nowhere", "does not exist", "corpusql ingest"]);
    folder.write("empty/x", "");
    folder
        .run(&["inspect", "empty"])
        .fails_with(&["empty", "holds no corpus"]);
}
