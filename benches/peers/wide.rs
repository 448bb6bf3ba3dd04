//! The corpus as one wide Parquet file: all stored columns of all layers.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use corpusql::corpus::sink::{is_wide_text, writer_properties};
use corpusql::query::Planner;
use corpusql::session::Engine;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_writer::ArrowWriterOptions;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use futures::StreamExt;

use crate::setup::Outcome;
use crate::setup::corpus::Measured;

/// Text of one row group of a corpus.
const ROW_GROUP_TEXT: u64 = 32_000_000;
/// Rows of a row group as DuckDB writes it.
const USUAL_ROWS: u64 = 122_880;

/// A wide file and how it was written.
#[derive(Debug)]
pub struct Wide {
    pub path: PathBuf,
    pub name: &'static str,
}

/// Writes what is not there: once with pages and row groups like a corpus has them, once as files usually are.
pub async fn make(engine: &Engine, measured: &Measured) -> Outcome<[Wide; 2]> {
    let each = (measured.text_bytes / measured.documents.max(1)).max(1);
    let small = Wide {
        path: measured.folder.join("wide-small-pages.parquet"),
        name: "pages as in a corpus",
    };
    let usual = Wide {
        path: measured.folder.join("wide-usual.parquet"),
        name: "pages of 1 MiB",
    };
    write(
        engine,
        measured,
        &small.path,
        true,
        ROW_GROUP_TEXT.div_ceil(each),
    )
    .await?;
    write(engine, measured, &usual.path, false, USUAL_ROWS).await?;
    Ok([small, usual])
}

async fn write(
    engine: &Engine,
    measured: &Measured,
    path: &Path,
    small_pages: bool,
    row_group: u64,
) -> Outcome<()> {
    if path.exists() {
        return Ok(());
    }
    let corpora = [measured.open()?];
    let planned = Planner::new(engine, &corpora)?
        .plan("SELECT * FROM corpus")
        .await?;
    let schema = planned.schema();
    let properties = if small_pages {
        writer_properties(&schema, is_wide_text)?
    } else {
        let zstd = Compression::ZSTD(ZstdLevel::try_new(3)?);
        WriterProperties::builder().set_compression(zstd).build()
    };
    let writing = path.with_extension("writing");
    // Without Arrow's own schema: every reader chooses its types.
    let options = ArrowWriterOptions::new()
        .with_properties(properties)
        .with_skip_arrow_metadata(true);
    let file = File::create(&writing)?;
    let mut writer = ArrowWriter::try_new_with_options(file, schema, options)?;
    let mut batches = planned.stream().await?;
    let mut rows = 0;
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        let mut from = 0;
        while from < batch.num_rows() {
            let take = (batch.num_rows() - from).min((row_group - rows) as usize);
            writer.write(&batch.slice(from, take))?;
            from += take;
            rows += take as u64;
            if rows == row_group {
                writer.flush()?;
                rows = 0;
            }
        }
    }
    writer.close()?;
    Ok(fs::rename(writing, path)?)
}
