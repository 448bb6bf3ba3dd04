//! Files that are not what the manifest says: an error that names the file, never an answer.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use corpusql::corpus::layout::DOCUMENTS;
use corpusql::corpus::{Corpus, Manifest};
use corpusql::query::Planner;
use tempfile::TempDir;

use super::{corpora, rows};

#[tokio::test]
async fn damaged_parts_are_named() {
    for (damage, words) in [
        ("delete", "part 2 of layer extra is gone"),
        (
            "truncate",
            "is not part 2 of layer extra any more: expected",
        ),
        ("swap", "is not part 2 of layer extra any more: expected"),
        (
            "same length",
            "is not the file that the layer extra was made with",
        ),
    ] {
        let folder = TempDir::new().expect("a folder");
        corpora::write(folder.path()).await;
        let part = |number: usize| {
            folder
                .path()
                .join(format!("extra/part-{number:05}.parquet"))
        };
        match damage {
            "delete" => fs::remove_file(part(2)).expect("removed"),
            "truncate" => {
                let bytes = fs::read(part(2)).expect("a file");
                fs::write(part(2), &bytes[..bytes.len() / 2]).expect("written");
            }
            "swap" => {
                let (two, three) = (fs::read(part(2)), fs::read(part(3)));
                fs::write(part(3), two.expect("a file")).expect("written");
                fs::write(part(2), three.expect("a file")).expect("written");
            }
            _ => {
                let mut bytes = fs::read(part(2)).expect("a file");
                let footer = bytes.len() - 20;
                bytes[footer] ^= 1;
                fs::write(part(2), bytes).expect("written");
            }
        }
        let corpus = Arc::new(Corpus::open(folder.path()).expect("the corpus opens"));
        let engine = corpora::engine(2, 8192);
        let error = rows(&engine, &corpus, "SELECT sum(few) FROM corpus").await;
        let error = error.expect_err(damage);
        assert!(error.message().contains(words), "{damage}: {error}");
        assert!(
            error.message().contains("part-00002.parquet"),
            "{damage}: {error}"
        );
        let hint = error.next_step().unwrap_or_default();
        assert!(
            hint.contains("annotate") && hint.contains("extra"),
            "{damage}: {hint}"
        );
        // What does not read the layer does not mind.
        let others = rows(&engine, &corpus, "SELECT count(id), max(text) FROM corpus").await;
        assert!(others.is_ok(), "{damage}");
    }
}

#[tokio::test]
async fn damage_inside_a_part_is_an_error() {
    let folder = TempDir::new().expect("a folder");
    corpora::write(folder.path()).await;
    let file = folder.path().join("documents/part-00000.parquet");
    let mut bytes = fs::read(&file).expect("a file");
    for byte in &mut bytes[40..4000] {
        *byte = 0;
    }
    fs::write(&file, bytes).expect("written");
    let corpus = Arc::new(Corpus::open(folder.path()).expect("the corpus opens"));
    let engine = corpora::engine(2, 8192);
    let error = rows(&engine, &corpus, "SELECT max(id), max(text) FROM corpus").await;
    let error = error.expect_err("the pages are zeros");
    assert!(error.message().contains("part-00000.parquet"), "{error}");
}

#[tokio::test]
async fn a_layer_of_other_documents_is_left_out() {
    let folder = TempDir::new().expect("a folder");
    corpora::write(folder.path()).await;
    let path = folder.path().join("extra");
    let mut manifest = Manifest::read(&path).expect("read").expect("a manifest");
    manifest.parts[1].made_from = BTreeMap::from([(DOCUMENTS.to_string(), "older".to_string())]);
    manifest.commit(&path).expect("committed");
    let corpus = Arc::new(Corpus::open(folder.path()).expect("the corpus opens"));
    let engine = corpora::engine(2, 8192);
    let planner = Planner::new(&engine, &[Arc::clone(&corpus)]).expect("a planner");
    let planned = planner.plan("SELECT * FROM corpus").await.expect("a plan");
    assert!(planned.schema().index_of("few").is_err());
    assert!(
        planned.warnings()[0].contains("layer extra of"),
        "{:?}",
        planned.warnings()
    );
    let error = rows(&engine, &corpus, "SELECT few FROM corpus").await;
    let error = error.expect_err("out of date");
    assert!(
        error
            .message()
            .contains("the column few is stored in layer extra"),
        "{error}"
    );
}

#[tokio::test]
async fn a_column_of_an_older_definition_is_computed_anew() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write(folder.path()).await;
    let engine = corpora::engine(2, 8192);
    let sql = "SELECT id, rps_doc_word_count FROM corpus";
    let expected = rows(&engine, &corpus, sql).await.expect("rows");
    let path = folder.path().join("rpv2");
    let mut manifest = Manifest::read(&path).expect("read").expect("a manifest");
    manifest.columns[0].fingerprint = "0123".to_string();
    manifest.commit(&path).expect("committed");
    let corpus = Arc::new(Corpus::open(folder.path()).expect("the corpus opens"));
    let planner = Planner::new(&engine, &[Arc::clone(&corpus)]).expect("a planner");
    let planned = planner.plan(sql).await.expect("a plan");
    let warning = planned.warnings().join("\n");
    assert!(
        warning.contains("rps_doc_word_count of layer rpv2"),
        "{warning}"
    );
    let plan = rows(&engine, &corpus, &format!("EXPLAIN {sql}"))
        .await
        .expect("a plan");
    assert!(plan.join("\n").contains("pass=[rps_doc_word_count]"));
    assert_eq!(rows(&engine, &corpus, sql).await.expect("rows"), expected);
}
