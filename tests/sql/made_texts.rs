//! Signals over a text that is made from the text: columns like others, computed in one pass.

use std::sync::Arc;

use corpusql::corpus::scan::Switches;
use corpusql::query::Planner;
use tempfile::TempDir;

use super::{corpora, rows, rows_of};

const CALLS: &str = "rps_doc_word_count(datatrove_simplified_text(text)) AS words, \
    text_chars(datatrove_simplified_text(text)) AS chars, \
    token_count(datatrove_simplified_text(text), 'gpt2') AS tokens, \
    rps_doc_stop_word_fraction(datatrove_simplified_text(text), language) AS stop_words";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signals_over_a_made_text_are_what_the_functions_give() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write(folder.path()).await;
    let engine = corpora::engine(2, 50);
    // Over a subquery, calls are plain function calls.
    let plain = "SELECT id, rps_doc_word_count(s) AS words, text_chars(s) AS chars, \
        token_count(s, 'gpt2') AS tokens, rps_doc_stop_word_fraction(s, language) AS stop_words \
        FROM (SELECT id, language, datatrove_simplified_text(text) AS s FROM corpus) AS made \
        WHERE rps_doc_word_count(s) > 3";
    let expected = rows(&engine, &corpus, plain).await.expect("an answer");
    assert!(expected.len() > 100, "{} rows", expected.len());
    let sql = format!(
        "SELECT c.id, {CALLS} FROM corpus AS c WHERE rps_doc_word_count(datatrove_simplified_text(c.text)) > 3"
    );
    let all = Switches::default();
    for switches in [
        all,
        Switches {
            fusion: false,
            ..all
        },
        Switches {
            pushdown: false,
            ..all
        },
        Switches { late: false, ..all },
    ] {
        let planner = Planner::new(&engine, &[Arc::clone(&corpus)]).expect("a planner");
        let found = rows_of(planner.with_switches(switches), &sql).await;
        assert_eq!(found.expect("an answer"), expected, "{switches:?}");
    }
}

#[tokio::test]
async fn one_pass_computes_the_signals_of_a_made_text() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write(folder.path()).await;
    let engine = corpora::engine(1, 8192);
    let sql = format!("EXPLAIN SELECT {CALLS}, rps_doc_word_count FROM corpus");
    let plan = rows(&engine, &corpus.without_layer("rpv2").into(), &sql).await;
    let plan = plan.expect("a plan").join("\n");
    let one_pass = "pass=[rps_doc_stop_word_fraction(datatrove_simplified_text(text), language), \
        rps_doc_word_count(datatrove_simplified_text(text)), \
        text_chars(datatrove_simplified_text(text)), \
        token_count(datatrove_simplified_text(text), 'gpt2')]";
    assert!(plan.contains(one_pass), "{plan}");
    let star = rows(
        &engine,
        &corpus,
        "SELECT * FROM corpus WHERE text_chars(datatrove_simplified_text(text)) >= 0 LIMIT 1",
    );
    let star = star.await.expect("an answer");
    let plain = rows(&engine, &corpus, "SELECT * FROM corpus LIMIT 1").await;
    assert_eq!(star, plain.expect("an answer"));
}
