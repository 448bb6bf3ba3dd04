//! Answers do not depend on threads or the size of batches, in order and to the last bit.

use tempfile::TempDir;

use super::{corpora, rows};

const QUERIES: [&str; 25] = [
    "SELECT id FROM corpus",
    "SELECT id, text FROM corpus WHERE score > 0.8",
    "SELECT id FROM corpus WHERE rps_doc_num_sentences > 0 AND few = 2",
    "SELECT id FROM corpus LIMIT 13",
    "SELECT id FROM corpus LIMIT 5 OFFSET 209",
    "SELECT id, rps_doc_num_sentences FROM corpus WHERE rps_doc_num_sentences > 1 LIMIT 40",
    "SELECT id, few FROM corpus ORDER BY few",
    "SELECT id, few FROM corpus ORDER BY few DESC LIMIT 17",
    "SELECT id, few, label FROM corpus ORDER BY label, few LIMIT 100 OFFSET 20",
    "SELECT id, text, note_text FROM corpus ORDER BY score DESC LIMIT 11",
    "SELECT upper(text), few + place, rps_doc_num_sentences FROM corpus ORDER BY few, place LIMIT 9",
    "SELECT text, rps_doc_num_sentences FROM corpus WHERE rps_doc_num_sentences > 1 \
     ORDER BY octet_length(note_text) LIMIT 40 OFFSET 3",
    "SELECT sum(score), avg(score), stddev(score), var_pop(score), sum(rps_doc_mean_word_length) \
     FROM corpus WHERE score < 100",
    "SELECT source, sum(score), avg(score), corr(score, rps_doc_mean_word_length) FROM corpus \
     GROUP BY source",
    "SELECT approx_percentile_cont(score, 0.5), median(score), approx_distinct(text) FROM corpus \
     WHERE few = 1",
    "SELECT few, approx_median(rps_doc_mean_word_length), avg(few) FROM corpus GROUP BY few",
    "SELECT label, array_agg(id) FROM corpus GROUP BY label",
    "SELECT a.id, b.id FROM corpus a LEFT JOIN corpus b ON a.few = b.place AND b.few = 1",
    "SELECT a.id, b.id FROM corpus a FULL JOIN (SELECT * FROM corpus WHERE few = 3) b ON a.id = b.id",
    "SELECT id FROM corpus WHERE id NOT IN (SELECT id FROM corpus WHERE few > 1)",
    "SELECT id, sum(score) OVER (PARTITION BY source ORDER BY few), row_number() OVER (ORDER BY few) \
     FROM corpus",
    "SELECT id, avg(score) OVER () FROM corpus WHERE score < 3",
    "SELECT DISTINCT label, few FROM corpus",
    "SELECT DISTINCT few FROM corpus LIMIT 3",
    "SELECT id FROM corpus WHERE few = 1 UNION ALL SELECT label FROM corpus WHERE few = 2",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_do_not_depend_on_threads_or_batches() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write(folder.path()).await;
    for sql in QUERIES {
        let expected = rows(&corpora::engine(1, 8192), &corpus, sql).await;
        let expected = expected.unwrap_or_else(|e| panic!("{sql}\n{e}"));
        for (threads, batch_size) in [(1, 1), (2, 7), (2, 8192), (3, 64)] {
            let answer = rows(&corpora::engine(threads, batch_size), &corpus, sql).await;
            let answer = answer.unwrap_or_else(|e| panic!("{sql}\n{e}"));
            assert_eq!(
                answer, expected,
                "{threads} threads, batches of {batch_size}: {sql}"
            );
        }
    }
}

#[tokio::test]
async fn rows_come_in_the_order_of_the_documents() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpora::write(folder.path()).await;
    let engine = corpora::engine(2, 16);
    let all = rows(&engine, &corpus, "SELECT id FROM corpus")
        .await
        .expect("ids");
    let expected: Vec<String> = corpora::PARTS
        .iter()
        .enumerate()
        .flat_map(|(part, (rows, _))| (0..*rows).map(move |row| format!("{part}-{row}")))
        .collect();
    assert_eq!(all[1..], expected);
    // A sort is stable, with a limit and without.
    let sorted = rows(&engine, &corpus, "SELECT id, few FROM corpus ORDER BY few").await;
    let sorted = sorted.expect("ids");
    let of_one = |few: &str| -> Vec<String> {
        let of = sorted.iter().filter(|r| r.ends_with(&format!("| {few}")));
        of.map(|r| r.split(' ').next().unwrap_or_default().to_string())
            .collect()
    };
    let twos = rows(&engine, &corpus, "SELECT id FROM corpus WHERE few = 2").await;
    assert_eq!(of_one("2"), twos.expect("ids")[1..]);
    let top = rows(
        &engine,
        &corpus,
        "SELECT id, few FROM corpus ORDER BY few LIMIT 30",
    )
    .await;
    assert_eq!(top.expect("ids")[..], sorted[..31]);
}
