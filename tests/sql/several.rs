//! Several corpora are one table.

use std::sync::Arc;

use corpusql::query::Planner;
use tempfile::TempDir;

use super::{corpora, rows_of};

#[tokio::test]
async fn several_corpora_are_a_union_by_name() {
    let (one, two) = (
        TempDir::new().expect("a folder"),
        TempDir::new().expect("a folder"),
    );
    let first = corpora::write(&one.path().join("first")).await;
    let second = corpora::write(&two.path().join("second")).await;
    let second = Arc::new(second.without_layer("rpv2"));
    let corpora = [first, second];
    let engine = corpora::engine(2, 100);
    let ask = |sql: &'static str| {
        let planner = Planner::new(&engine, &corpora).expect("a planner");
        async move {
            let answer = rows_of(planner, sql).await;
            answer.unwrap_or_else(|e| panic!("{sql}\n{e} {:?}", e.next_step()))
        }
    };
    assert_eq!(
        ask("SELECT corpus_name, count(*) FROM corpus GROUP BY corpus_name").await,
        ["corpus_name | count(*)", "first | 409", "second | 409"]
    );
    // A signal that one of them stores is part of the star, and has the same values in the other.
    let star = ask("SELECT * FROM corpus LIMIT 1").await;
    assert!(
        star[0].starts_with("corpus_name | id | text"),
        "{}",
        star[0]
    );
    assert!(star[0].ends_with("rps_lines_num_words"), "{}", star[0]);
    let sums = "SELECT corpus_name, sum(rps_doc_word_count), sum(rps_doc_num_sentences) FROM corpus \
                WHERE keep_rpv2_c4__no_curly_brackets GROUP BY corpus_name";
    let sums = ask(sums).await;
    assert_eq!(sums[1].replace("first", ""), sums[2].replace("second", ""));
    let plan = ask("EXPLAIN SELECT id FROM corpus WHERE corpus_name = 'second'").await;
    assert!(!plan.join("\n").contains("corpus=first"), "{plan:?}");
    let star = ask("SELECT * FROM corpus WHERE rps_doc_num_sentences > 2 LIMIT 2").await;
    assert!(!star[0].contains("rps_doc_num_sentences"), "{}", star[0]);
}
