//! What is read and when: the plan's shape and its counters.

use std::collections::BTreeMap;
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

/// Runs a query and gives the sums of its plan's counters by name.
async fn counters(engine: &Engine, corpus: &Arc<Corpus>, sql: &str) -> BTreeMap<String, usize> {
    fn add(plan: &Arc<dyn ExecutionPlan>, sums: &mut BTreeMap<String, usize>) {
        let own = plan.metrics().unwrap_or_default();
        for metric in own.iter() {
            let name = metric.value().name();
            // Every operator has output rows: the scan's are meant.
            let is_meant = name != "output_rows" || plan.name() == "LayeredScanExec";
            if is_meant && !metric.value().is_timestamp() {
                *sums.entry(name.to_string()).or_default() += metric.value().as_usize();
            }
        }
        plan.children().into_iter().for_each(|c| add(c, sums));
    }
    let planner = Planner::new(engine, &[Arc::clone(corpus)]).expect("a planner");
    let planned = planner.plan(sql).await.expect("a plan");
    let physical = Arc::clone(planned.physical());
    planned.collect().await.expect("rows");
    let mut sums = BTreeMap::new();
    add(&physical, &mut sums);
    sums
}

/// Runs a query and gives the sum of one counter over its plan.
async fn counted(engine: &Engine, corpus: &Arc<Corpus>, sql: &str, counter: &str) -> usize {
    let counters = counters(engine, corpus, sql).await;
    counters.get(counter).copied().unwrap_or(0)
}

/// The sum of the counters whose names begin so.
fn sum(counters: &BTreeMap<String, usize>, start: &str) -> usize {
    let named = counters.iter().filter(|(name, _)| name.starts_with(start));
    named.map(|(_, value)| value).sum()
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
        // Models last, whatever the query's order, and texts that are made of the text for what is left before them.
        (
            "SELECT id FROM corpus WHERE language_id = 'en' AND text_chars(datatrove_c4_text) > 9 AND text_chars > 9 AND few = 1",
            "where_computed=[text_chars@0 > 9], where_computed=[text_chars(datatrove_c4_text(text))@0 > 9], \
             where_model=[language_id@0 = en], pass=[text_chars], pass=[datatrove_c4_text], pass=[text_chars(datatrove_c4_text(text))], \
             pass=[language_id]",
        ),
        // What takes little beside the dearest first; what was never measured is no reason to look twice.
        (
            "SELECT id FROM corpus WHERE datatrove_top_2_gram < 0.5 AND datatrove_dup_line_frac < 0.9 AND text_chars > 9",
            "where_computed=[datatrove_dup_line_frac@0 < 0.9], where_computed=[datatrove_top_2_gram@0 < 0.5 AND \
             text_chars@0 > 9], pass=[datatrove_dup_line_frac], pass=[datatrove_top_2_gram, text_chars]",
        ),
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

#[tokio::test]
async fn counters_add_up() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write(folder.path()).await;
    let engine = corpora::engine(2, 8192);
    for sql in [
        "SELECT id, text FROM corpus",
        "SELECT text FROM corpus WHERE place BETWEEN 2010 AND 2012",
        "SELECT id, note_text FROM corpus WHERE few = 1 AND rps_doc_word_count > 5 AND text LIKE '%e%'",
        "SELECT text FROM corpus WHERE score > 0.5 AND rps_doc_num_sentences > 1",
        "SELECT id FROM corpus WHERE place = 5000",
    ] {
        let all = counters(&engine, &corpus, sql).await;
        assert_eq!(
            all["bytes_read"],
            sum(&all, "bytes_read_"),
            "{sql}\n{all:?}"
        );
        assert_eq!(
            all["rows_pruned_by_statistics"],
            all["rows_pruned_by_row_groups"] + all["rows_pruned_by_page_index"],
            "{sql}\n{all:?}"
        );
        let pruned = all["rows_pruned_by_statistics"]
            + sum(&all, "rows_pruned_by_stored_")
            + all["rows_pruned_by_computed"];
        assert_eq!(all["rows_scanned"], 409, "{sql}\n{all:?}");
        assert_eq!(
            all["rows_scanned"],
            pruned + all["output_rows"],
            "{sql}\n{all:?}"
        );
    }
}

#[tokio::test]
async fn pages_are_counted() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write(folder.path()).await;
    let engine = corpora::engine(2, 8192);
    let all = counters(&engine, &corpus, "SELECT id, text, few FROM corpus").await;
    assert!(all["pages_read_documents"] > 0 && all["pages_read_extra"] > 0);
    assert_eq!(sum(&all, "pages_skipped_"), 0, "{all:?}");
    assert_eq!(sum(&all, "pages_read_notes"), 0, "{all:?}");
    assert!(all["text_bytes_read"] > 0 && all["text_bytes_read"] < all["bytes_read_documents"]);
    // The pages of the same columns, each either read or skipped.
    let few = "SELECT id, text FROM corpus WHERE few = 1 AND place BETWEEN 2010 AND 2012";
    let few = counters(&engine, &corpus, few).await;
    assert!(few["pages_skipped_documents"] > 0, "{few:?}");
    assert_eq!(
        few["pages_read_documents"] + few["pages_skipped_documents"],
        all["pages_read_documents"],
    );
    let none = counters(
        &engine,
        &corpus,
        "SELECT text FROM corpus WHERE place = 5000",
    )
    .await;
    assert_eq!(sum(&none, "pages_read_"), 0, "{none:?}");
    assert_eq!(none["text_bytes_read"], 0);
    // Footers are enough.
    let rows = counters(&engine, &corpus, "SELECT count(*) FROM corpus").await;
    assert_eq!(sum(&rows, "bytes_read") + sum(&rows, "pages_read"), 0);
}

#[tokio::test]
async fn a_limit_stops_early() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write(folder.path()).await;
    let engine = corpora::engine(1, 8192);
    let all = counters(&engine, &corpus, "SELECT id, text FROM corpus").await;
    for sql in [
        "SELECT id, text FROM corpus LIMIT 3",
        "SELECT id, text FROM corpus WHERE rps_doc_num_sentences >= 0 LIMIT 3",
    ] {
        // So small a corpus may be read ahead whole before the limit is reached, but not each time.
        let mut runs = Vec::new();
        for _ in 0..50 {
            let few = counters(&engine, &corpus, sql).await;
            let early = few["rows_scanned"] < 409 && few["bytes_read"] < all["bytes_read"];
            runs.push(few);
            if early {
                break;
            }
        }
        assert!(runs.len() < 50, "{sql}\n{:?}", runs.last());
    }
}

#[tokio::test]
async fn times_are_shared_out() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write(folder.path()).await;
    let corpus = Arc::new(corpus.without_layer("rpv2"));
    let engine = corpora::engine(2, 8192);
    let sql = "SELECT rps_doc_word_count, rps_doc_num_sentences, domain FROM corpus";
    let all = counters(&engine, &corpus, sql).await;
    let texts = "SELECT sum(octet_length(text))::BIGINT AS n FROM corpus";
    let texts = rows(&engine, &corpus, texts).await.expect("rows");
    assert_eq!(all["text_bytes_computed"].to_string(), texts[1]);
    let passes = (1..).map_while(|n| all.get(&format!("pass_{n}_time")));
    // A nanosecond or so is lost or found where times are cut to whole ones.
    let close = |a: usize, b: usize| a.abs_diff(b) < 1000;
    assert!(close(all["compute_time"], passes.sum()), "{all:?}");
    assert!(
        close(all["pass_1_time"], sum(&all, "pass_1_time_")),
        "{all:?}"
    );
    for part in ["view", "rps_doc_word_count", "rps_doc_num_sentences"] {
        assert!(all.contains_key(&format!("pass_1_time_{part}")), "{all:?}");
    }
}

#[tokio::test]
async fn one_large_part_is_several_partitions() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write_one_part(folder.path(), 150_000, 50_000);
    let engine = corpora::engine(2, 8192);
    let plan = explain(&engine, &corpus, "SELECT id FROM corpus").await;
    assert!(plan.contains("partitions=2"), "{plan}");
    let all = counters(&engine, &corpus, "SELECT id FROM corpus").await;
    assert_eq!(all["output_rows"], 150_000);
}
