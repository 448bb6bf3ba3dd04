//! Documents as Parquet files for training: whole row groups are read in order, so pages are larger
//! than those of a corpus, which compresses text better.

use std::path::Path;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::parquet::arrow::arrow_writer::ArrowWriterOptions;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::parquet::schema::types::ColumnPath;

use crate::corpus::sink::{PartWriter, RowGroupEncoder, is_wide_text};
use crate::error::{Error, Result};

/// zstd's own default.
const ZSTD_LEVEL: i32 = 3;
/// Pages of texts.
const PAGE_BYTES: usize = 1 << 20;
/// The page size is looked at after so many values; documents are large.
const VALUES_BETWEEN_CHECKS: usize = 64;

/// Writes one Parquet file whose row groups have been planned.
pub struct ShardWriter {
    writer: PartWriter,
    encoder: RowGroupEncoder,
    row_groups: std::vec::IntoIter<u64>,
    left: u64,
}

impl ShardWriter {
    /// Starts `target`, with so many documents in each row group.
    pub fn create(target: &Path, schema: &SchemaRef, row_groups: Vec<u64>) -> Result<Self> {
        // Without Arrow's own schema every reader sees plain strings, not the views of our plans.
        let options = ArrowWriterOptions::new()
            .with_properties(properties(schema)?)
            .with_skip_arrow_metadata(true);
        let writer = PartWriter::create_with(target, schema, options, PAGE_BYTES)?;
        let encoder = writer.encoder();
        let mut row_groups = row_groups.into_iter();
        let left = row_groups.next().unwrap_or(0);
        Ok(Self {
            writer,
            encoder,
            row_groups,
            left,
        })
    }

    /// Adds rows.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut offset = 0;
        while offset < batch.num_rows() {
            if self.left == 0 {
                self.end_row_group()?;
            }
            let rest = batch.num_rows() - offset;
            let take = usize::try_from(self.left).map_or(rest, |left| rest.min(left));
            if take == 0 {
                return Err(Error::internal("more documents came than were planned"));
            }
            self.encoder.write(&batch.slice(offset, take))?;
            offset += take;
            self.left -= take as u64;
        }
        Ok(())
    }

    /// Bytes held in memory.
    pub fn memory_size(&self) -> usize {
        self.encoder.memory_size()
    }

    /// Writes the footer with `facts`, syncs and renames.
    pub fn finish(mut self, facts: &[(&str, String)]) -> Result<()> {
        self.end_row_group()?;
        self.writer.finish(facts)?;
        Ok(())
    }

    fn end_row_group(&mut self) -> Result<()> {
        let encoder = std::mem::replace(&mut self.encoder, self.writer.encoder());
        self.writer.append(encoder.finish()?)?;
        self.left = self.row_groups.next().unwrap_or(0);
        Ok(())
    }
}

fn properties(schema: &SchemaRef) -> Result<WriterProperties> {
    let mut builder = WriterProperties::builder()
        .set_created_by(concat!("corpusql ", env!("CARGO_PKG_VERSION")).to_string())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?))
        .set_write_batch_size(VALUES_BETWEEN_CHECKS)
        .set_max_row_group_row_count(None);
    for field in schema.fields().iter().filter(|field| is_wide_text(field)) {
        let column = ColumnPath::from(field.name().as_str());
        builder = builder
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_statistics_enabled(column, EnabledStatistics::None);
    }
    Ok(builder.build())
}
