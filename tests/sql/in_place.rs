//! Corpora over files of others: their types, their names, what they lack, no small pages.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use corpusql::corpus::layout::DOCUMENTS;
use corpusql::corpus::sink::file_identity;
use corpusql::corpus::{Column, Corpus, Manifest, Part};
use datafusion::arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::file::properties::WriterProperties;
use tempfile::TempDir;

use super::{corpora, rows};

fn write(path: &Path, columns: Vec<(&str, ArrayRef)>, page_index: bool) -> Part {
    let batch = RecordBatch::try_from_iter(columns).expect("a batch");
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(30))
        .set_offset_index_disabled(!page_index)
        .build();
    let file = File::create(path).expect("a file");
    let mut writer =
        ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("a writer");
    writer.write(&batch).expect("rows");
    let metadata = writer.close().expect("a footer");
    let identity = file_identity(path).expect("an identity");
    let row_groups = metadata.row_groups().iter();
    Part {
        file: path.to_string_lossy().into_owned(),
        rows: batch.num_rows() as u64,
        row_groups: row_groups.map(|rg| rg.num_rows() as u64).collect(),
        bytes: identity.bytes,
        identity: identity.identity,
        text_bytes: None,
        made_from: Default::default(),
    }
}

/// Two files: text in `content`, `score` as 64 and as 32 bits and `tag` only in the first; the second
/// without page index.
fn corpus(folder: &Path) -> Arc<Corpus> {
    let texts = |from: usize, to: usize| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(
            (from..to).map(|n| format!("number {n} {}", "word. ".repeat(n % 13))),
        ))
    };
    let one = write(
        &folder.join("one.parquet"),
        vec![
            (
                "tag",
                Arc::new(StringArray::from_iter_values(
                    (0..70).map(|n| format!("t{}", n % 4)),
                )) as ArrayRef,
            ),
            ("content", texts(0, 70)),
            ("score", Arc::new(Int64Array::from_iter_values(0..70))),
        ],
        true,
    );
    let two = write(
        &folder.join("two.parquet"),
        vec![
            (
                "score",
                Arc::new(Int32Array::from_iter_values(70..115)) as ArrayRef,
            ),
            ("content", texts(70, 115)),
        ],
        false,
    );
    let column = |name: &str, data_type, file_column: Option<&str>| Column {
        file_column: file_column.map(str::to_string),
        ..Column::new(&Field::new(name, data_type, true), "", "")
    };
    let columns = vec![
        column("text", DataType::Utf8View, Some("content")),
        column("score", DataType::Int64, None),
        column("tag", DataType::Utf8View, None),
    ];
    let documents = folder.join("corpus").join(DOCUMENTS);
    fs::create_dir_all(&documents).expect("a folder");
    Manifest::new(DOCUMENTS, columns, vec![one, two], Vec::new())
        .commit(&documents)
        .expect("a manifest");
    Arc::new(Corpus::open(&folder.join("corpus")).expect("the corpus opens"))
}

#[tokio::test]
async fn files_of_others_are_read_as_they_are() {
    let folder = TempDir::new().expect("a folder");
    let corpus = corpus(folder.path());
    for engine in [corpora::engine(1, 8192), corpora::engine(2, 7)] {
        let ask = |sql: &'static str| {
            let (engine, corpus) = (&engine, &corpus);
            async move {
                let answer = rows(engine, corpus, sql).await;
                answer.unwrap_or_else(|e| panic!("{sql}\n{e} {:?}", e.next_step()))
            }
        };
        assert_eq!(
            ask("SELECT * FROM corpus LIMIT 0").await,
            ["text | score | tag"]
        );
        assert_eq!(
            ask("SELECT count(*), sum(score), count(tag), max(tag) FROM corpus").await[1],
            "115 | 6555 | 70 | t3"
        );
        assert_eq!(
            ask("SELECT id, score, tag FROM corpus WHERE score IN (69, 70)").await[1..],
            ["one.parquet/69 | 69 | t1", "two.parquet/0 | 70 | NULL"]
        );
        assert_eq!(
            ask("SELECT id FROM corpus WHERE id LIKE '%/44' AND text LIKE 'number 114%'").await
                [1..],
            ["two.parquet/44"]
        );
        // Signals decide, then other columns are read; and text is read after a sort.
        assert_eq!(
            ask("SELECT score, text_chars FROM corpus WHERE rps_doc_num_sentences = 12 AND score > 60").await
                [1..],
            ["64 | 82", "77 | 82", "90 | 82", "103 | 83"]
        );
        assert_eq!(
            ask("SELECT left(text, 10), tag FROM corpus ORDER BY score DESC LIMIT 2").await[1..],
            ["number 114 | NULL", "number 113 | NULL"]
        );
        let texts = ask("SELECT text FROM corpus ORDER BY -score").await;
        assert!(texts.len() == 116 && texts[1].starts_with("number 114 "));
    }
}
