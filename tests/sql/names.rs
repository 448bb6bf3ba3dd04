//! What the names of a query mean.

use corpusql::query::Planner;
use tempfile::TempDir;

use super::{corpora, rows};

#[tokio::test]
async fn a_star_is_the_stored_columns() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write(folder.path()).await;
    let engine = corpora::engine(2, 8192);
    let stored = "id | text | url | source | language | score | place | few | label | items | \
                  note_text | rps_doc_word_count | rps_doc_mean_word_length | rps_lines_num_words";
    for (sql, columns) in [
        ("SELECT * FROM corpus", stored.to_string()),
        (
            "SELECT * FROM corpus WHERE rps_doc_num_sentences > 3 OR keep_rpv2_gopher",
            stored.to_string(),
        ),
        (
            "SELECT * FROM public.corpus WHERE rps_doc_num_sentences > 3",
            stored.to_string(),
        ),
        (
            "SELECT * FROM datafusion.public.corpus WHERE NOT keep_rpv2_gopher",
            stored.to_string(),
        ),
        (
            "SELECT *, rps_doc_num_sentences FROM corpus",
            format!("{stored} | rps_doc_num_sentences"),
        ),
        (
            "SELECT rps_doc_num_sentences, c.* FROM corpus c",
            format!("rps_doc_num_sentences | {stored}"),
        ),
        (
            "WITH w AS (SELECT * FROM corpus WHERE source = 'wiki') \
             SELECT id, rps_doc_num_sentences FROM w",
            "id | rps_doc_num_sentences".to_string(),
        ),
        (
            "WITH w AS (SELECT * FROM corpus) SELECT * FROM w WHERE rps_doc_num_sentences > 1",
            stored.to_string(),
        ),
        (
            "WITH w AS (SELECT *, rps_doc_num_sentences FROM corpus) SELECT * FROM w",
            format!("{stored} | rps_doc_num_sentences"),
        ),
        (
            "SELECT * FROM (SELECT id, rps_doc_num_sentences AS n FROM corpus)",
            "id | n".to_string(),
        ),
        (
            "SELECT id FROM (SELECT * FROM corpus WHERE few = 1 UNION ALL SELECT * FROM corpus \
             WHERE few = 2) WHERE rps_doc_num_sentences > 1",
            "id".to_string(),
        ),
        (
            "SELECT * FROM (SELECT id FROM corpus) a JOIN (SELECT id, few FROM corpus \
             WHERE rps_doc_num_sentences > 1) b USING (id)",
            "id | few".to_string(),
        ),
        (
            "SELECT count(*) FROM (SELECT * FROM corpus WHERE rps_doc_num_sentences > 1)",
            "count(*)".to_string(),
        ),
    ] {
        let answer = rows(&engine, &corpus, sql).await;
        let answer = answer.unwrap_or_else(|e| panic!("{sql}\n{e} {:?}", e.next_step()));
        assert_eq!(answer[0], columns, "{sql}");
        assert!(answer.len() > 1, "{sql}");
    }
    let both = rows(
        &engine,
        &corpus,
        "SELECT * FROM corpus a JOIN corpus b ON a.id = b.id WHERE a.rps_doc_num_sentences > 2",
    )
    .await
    .expect("an answer");
    assert_eq!(both[0], format!("{stored} | {stored}"));
}

#[tokio::test]
async fn computed_is_as_stored_wherever_it_stands() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write(folder.path()).await;
    let bare = corpus.without_layer("rpv2").into();
    let engine = corpora::engine(2, 64);
    for sql in [
        "SELECT id, rps_doc_word_count FROM corpus",
        "SELECT id, rps_doc_mean_word_length, rps_lines_num_words FROM corpus WHERE few = 1",
        "SELECT id FROM corpus WHERE rps_doc_word_count > 20 OR label = 'good'",
        "SELECT a.id, b.rps_doc_word_count FROM corpus a JOIN corpus b ON a.id = b.id \
         WHERE a.rps_doc_word_count > b.few",
        "SELECT id FROM corpus c WHERE EXISTS (SELECT 1 FROM corpus d WHERE d.id = c.id AND \
         d.rps_doc_word_count > 10)",
        "SELECT id, rank() OVER (PARTITION BY source ORDER BY rps_doc_word_count DESC) FROM corpus",
        "SELECT source, count(*), sum(rps_doc_word_count), avg(rps_doc_mean_word_length) \
         FROM corpus GROUP BY source",
        "SELECT rps_doc_word_count, count(*) FROM corpus GROUP BY rps_doc_word_count",
        "SELECT id FROM corpus ORDER BY rps_doc_word_count DESC LIMIT 10",
        "SELECT id, rps_doc_word_count FROM corpus LIMIT 7 OFFSET 205",
        "SELECT id FROM corpus WHERE rps_doc_word_count > (SELECT avg(rps_doc_word_count) FROM corpus)",
        "SELECT id, rps_doc_word_count(text) AS n FROM corpus WHERE rps_doc_word_count(text) > 3",
        "SELECT c.id, rps_doc_word_count(c.text) AS n FROM corpus c",
        "SELECT \"rps_doc_word_count\", RPS_DOC_MEAN_WORD_LENGTH AS m FROM corpus",
        "SELECT id, keep_rpv2_gopher, keep_rpv2_gopher__usual_word_count FROM corpus",
        "SELECT id FROM corpus WHERE keep_rpv2_gopher__usual_word_length",
        "SELECT max(rps_doc_word_count) FROM corpus WHERE source IN \
         (SELECT source FROM corpus WHERE rps_doc_word_count = 0)",
    ] {
        let stored = rows(&engine, &corpus, sql).await;
        let stored = stored.unwrap_or_else(|e| panic!("{sql}\n{e} {:?}", e.next_step()));
        let computed = rows(&engine, &bare, sql).await;
        let computed = computed.unwrap_or_else(|e| panic!("{sql}\n{e} {:?}", e.next_step()));
        assert_eq!(stored, computed, "{sql}");
    }
}

#[tokio::test]
async fn a_call_on_a_column_is_the_stored_column() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write(folder.path()).await;
    let engine = corpora::engine(2, 64);
    let plan = |sql: &'static str| {
        let (engine, corpus) = (&engine, &corpus);
        async move {
            let answer = rows(engine, corpus, sql).await.expect("a plan");
            answer.join("\n")
        }
    };
    let stored = plan("EXPLAIN SELECT rps_doc_word_count(text) FROM corpus").await;
    assert!(
        stored.contains("read=[rpv2.rps_doc_word_count]"),
        "{stored}"
    );
    let computed = plan("EXPLAIN SELECT rps_doc_word_count(upper(text)) FROM corpus").await;
    assert!(computed.contains("read=[documents.text]"), "{computed}");
}

#[tokio::test]
async fn names_that_are_not_there_are_explained() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write(folder.path()).await;
    let engine = corpora::engine(2, 64);
    for (sql, message, hint) in [
        (
            "SELECT id,\n  tetx FROM corpus",
            "the query, line 2, column 3: there is no column tetx",
            "did you mean text?",
        ),
        (
            "SELECT rps_doc_wrod_count FROM corpus",
            "the query, line 1, column 8: there is no column rps_doc_wrod_count",
            "did you mean rps_doc_word_count?",
        ),
        (
            "SELECT id FROM corpus WHERE keep_rpv2_gofer",
            "the query, line 1, column 29: no filter is named `rpv2_gofer`",
            "did you mean `rpv2_gopher`?",
        ),
        (
            "SELECT * FROM documents",
            "the query, line 1, column 15: there is no table documents",
            "the documents and their annotations are the table `corpus`",
        ),
    ] {
        let planner = Planner::new(&engine, std::slice::from_ref(&corpus)).expect("a planner");
        let error = planner.plan(sql).await.expect_err(sql);
        assert_eq!(error.message(), message);
        assert_eq!(error.next_step(), Some(hint));
    }
}
