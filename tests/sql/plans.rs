//! What is read and when: the plan's shape and its counters.

use std::sync::Arc;

use corpusql::corpus::Corpus;
use corpusql::query::Planner;
use corpusql::session::Engine;
use datafusion::physical_plan::ExecutionPlan;
use tempfile::TempDir;

use super::{corpora, rows};

async fn explain(engine: &Engine, corpus: &Arc<Corpus>, sql: &str) -> String {
    let sql = format!("EXPLAIN {sql}");
    rows(engine, corpus, &sql).await.expect("a plan").join("\n")
}

/// Runs a query and gives the sum of one counter over its plan.
async fn counted(engine: &Engine, corpus: &Arc<Corpus>, sql: &str, counter: &str) -> usize {
    fn sum(plan: &Arc<dyn ExecutionPlan>, counter: &str) -> usize {
        let own = plan.metrics().and_then(|m| m.sum_by_name(counter));
        let own = own.map_or(0, |value| value.as_usize());
        own + plan
            .children()
            .into_iter()
            .map(|c| sum(c, counter))
            .sum::<usize>()
    }
    let planner = Planner::new(engine, &[Arc::clone(corpus)]).expect("a planner");
    let planned = planner.plan(sql).await.expect("a plan");
    let physical = Arc::clone(planned.physical());
    planned.collect().await.expect("rows");
    sum(&physical, counter)
}

#[tokio::test]
async fn only_what_is_named_is_read() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write(folder.path()).await;
    let engine = corpora::engine(2, 8192);
    for (sql, expected) in [
        ("SELECT few FROM corpus", "output=[few], read=[extra.few]"),
        (
            "SELECT id FROM corpus WHERE rps_doc_num_sentences > 3 AND few = 1",
            "output=[id], read=[extra.few, documents.text, documents.id], where_stored=[few@0 = 1], \
             where_computed=[rps_doc_num_sentences@0 > 3], pass=[rps_doc_num_sentences]",
        ),
        (
            "SELECT rps_doc_num_sentences, text_chars FROM corpus WHERE keep_rpv2_c4__enough_sentences",
            "pass=[rps_doc_num_sentences], pass=[text_chars]",
        ),
        ("SELECT id FROM corpus LIMIT 3", "fetch=3"),
    ] {
        let plan = explain(&engine, &corpus, sql).await;
        assert!(plan.contains(expected), "{sql}\n{plan}");
    }
    let counted_rows = explain(&engine, &corpus, "SELECT count(*) FROM corpus").await;
    assert!(
        counted_rows.contains("PlaceholderRowExec"),
        "{counted_rows}"
    );
    assert!(!counted_rows.contains("LayeredScanExec"), "{counted_rows}");
}

#[tokio::test]
async fn a_small_sort_reads_text_last() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write(folder.path()).await;
    let engine = corpora::engine(2, 8192);
    let sql = "SELECT id, text, rps_doc_num_sentences FROM corpus ORDER BY score DESC LIMIT 5";
    let plan = explain(&engine, &corpus, sql).await;
    assert!(
        plan.contains("GatherExec: columns=[text, rps_doc_num_sentences]"),
        "{plan}"
    );
    assert!(!plan.contains("documents.text"), "{plan}");
    assert_eq!(counted(&engine, &corpus, sql, "rows_computed").await, 5);
    let key = "SELECT id, text FROM corpus ORDER BY length(text) LIMIT 5";
    let plan = explain(&engine, &corpus, key).await;
    assert!(plan.contains("GatherExec: columns=[text]"), "{plan}");
}

#[tokio::test]
async fn statistics_and_conjuncts_spare_reads() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write(folder.path()).await;
    let engine = corpora::engine(2, 8192);
    let sql = "SELECT text FROM corpus WHERE place BETWEEN 2010 AND 2012";
    assert_eq!(counted(&engine, &corpus, sql, "rows_after_stored").await, 3);
    // All but the part with these places, and there the pages beside theirs.
    assert!(counted(&engine, &corpus, sql, "rows_pruned_by_statistics").await >= 276);
    let few = counted(&engine, &corpus, sql, "bytes_read_documents").await;
    let all = counted(
        &engine,
        &corpus,
        "SELECT text FROM corpus",
        "bytes_read_documents",
    )
    .await;
    assert!(few * 2 < all, "{few} of {all}");
    let none = "SELECT text FROM corpus WHERE place = 5000";
    assert_eq!(
        counted(&engine, &corpus, none, "bytes_read_documents").await,
        0
    );
    let measured = "SELECT id FROM corpus WHERE few = 2 AND rps_doc_num_sentences > 0";
    let twos = rows(&engine, &corpus, "SELECT id FROM corpus WHERE few = 2").await;
    assert_eq!(
        counted(&engine, &corpus, measured, "rows_computed").await,
        twos.expect("rows").len() - 1
    );
}
