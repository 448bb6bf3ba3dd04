//! Parquet files of old writers, whose statistics mean something else.

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use corpusql::corpus::sink::file_identity;
use corpusql::corpus::{Corpus, Manifest};
use datafusion::arrow::array::{RecordBatch, StringViewArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::parquet::file::metadata::{
    ParquetMetaData, ParquetMetaDataReader, ParquetMetaDataWriter,
};
use datafusion::parquet::file::statistics::Statistics;
use tempfile::TempDir;

use super::{corpora, rows};

#[tokio::test]
async fn signed_statistics_of_strings_rule_no_rows_out() {
    let folder = TempDir::new().expect("a folder");
    corpora::write(folder.path()).await;
    corpora::add_layer(folder.path(), "old", 90, |_, rows| {
        let letters: StringViewArray = (0..rows)
            .map(|row| Some(["a", "é", "b"][row % 3]))
            .collect();
        let field = Field::new("letter", DataType::Utf8View, true);
        RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![Arc::new(letters)])
            .expect("a batch")
    })
    .await;
    let layer = folder.path().join("old");
    let mut manifest = Manifest::read(&layer).expect("read").expect("a manifest");
    for part in &mut manifest.parts {
        let path = layer.join(&part.file);
        make_old(&path);
        let now = file_identity(&path).expect("a file");
        (part.bytes, part.identity) = (now.bytes, now.identity);
    }
    manifest.commit(&layer).expect("committed");
    let corpus = Arc::new(Corpus::open(folder.path()).expect("the corpus opens"));
    let engine = corpora::engine(2, 64);
    for letter in ["a", "b", "é"] {
        let ask = |column: &str| {
            let sql = format!("SELECT count(*) FROM corpus WHERE {column} = '{letter}'");
            let (engine, corpus) = (&engine, &corpus);
            async move { rows(engine, corpus, &sql).await.expect("an answer") }
        };
        let found = ask("letter").await;
        assert_ne!(found[1], "0", "{letter}");
        assert_eq!(found, ask("concat(letter, '')").await, "{letter}");
    }
}

/// Gives the file the minimum and maximum of bytes compared as signed numbers, in the deprecated fields.
fn make_old(path: &Path) {
    let file = File::open(path).expect("a file");
    let metadata = ParquetMetaDataReader::new()
        .parse_and_finish(&file)
        .expect("a footer");
    let statistics =
        Statistics::byte_array(Some("é".into()), Some("b".into()), None, Some(0), true);
    let row_groups = metadata
        .row_groups()
        .iter()
        .map(|row_group| {
            let columns = row_group.columns().iter().map(|column| {
                let column = column.clone().into_builder();
                let column = column.set_statistics(statistics.clone());
                column
                    .set_column_index_offset(None)
                    .build()
                    .expect("a column")
            });
            let columns = columns.collect();
            let row_group = row_group.clone().into_builder();
            row_group
                .set_column_metadata(columns)
                .build()
                .expect("a row group")
        })
        .collect();
    let old = ParquetMetaData::new(metadata.file_metadata().clone(), row_groups);
    let mut bytes = fs::read(path).expect("a file");
    let end = bytes.len() - 8;
    let length = [bytes[end], bytes[end + 1], bytes[end + 2], bytes[end + 3]];
    bytes.truncate(end - u32::from_le_bytes(length) as usize);
    ParquetMetaDataWriter::new(&mut bytes, &old)
        .finish()
        .expect("a footer");
    fs::write(path, bytes).expect("written");
}
