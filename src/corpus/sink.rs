//! Record batches → the Parquet file of a part: the same bytes whatever batches come in.
//!
//! Rows are handed to the Parquet encoder in batches of 1,024 from the start of each row group, and
//! the caller says where row groups end. Row groups are encoded apart from the file, so that several
//! threads can encode while one appends in order. The file is written aside, its contents hashed on
//! the way into its own footer, synced and renamed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::BatchCoalescer;
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, ArrowWriterOptions,
    compute_leaves,
};
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::file::metadata::KeyValue;
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterVersion};
use datafusion::parquet::file::writer::SerializedFileWriter;
use datafusion::parquet::schema::types::ColumnPath;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::layout::{aside, commit_file};
use super::manifest::hex128;
use crate::error::{Error, Result};

/// Rows given to the Parquet encoder at a time.
const ENCODER_ROWS: usize = 1024;
/// Pages of wide text: small, so that a late read fetches little beside the rows it wants. The encoder
/// adds about so many bytes at a time until the limit is passed, so pages of 16 KiB come of 10.
const TEXT_PAGE_BYTES: usize = 10 * 1024;
/// zstd's own default; text decodes at the same speed at any level.
const ZSTD_LEVEL: i32 = 3;
/// Footer key of the hash over all bytes before the footer.
pub const CONTENT_HASH: &str = "corpusql.content_hash";

/// What a finished part file is.
#[derive(Clone, Debug)]
pub struct FinishedFile {
    /// Rows in it.
    pub rows: u64,
    /// Rows of each row group.
    pub row_groups: Vec<u64>,
    /// Its length.
    pub bytes: u64,
    /// Hash of its footer.
    pub identity: String,
}

/// How columns are written: wide text is not worth a dictionary or statistics.
pub fn writer_properties(
    schema: &SchemaRef,
    is_wide: impl Fn(&Field) -> bool,
) -> Result<WriterProperties> {
    let zstd = ZstdLevel::try_new(ZSTD_LEVEL)?;
    let mut builder = WriterProperties::builder()
        .set_created_by(concat!("corpusql ", env!("CARGO_PKG_VERSION")).to_string())
        .set_compression(Compression::ZSTD(zstd))
        .set_max_row_group_row_count(None);
    for field in schema.fields() {
        if is_wide(field) {
            let column = ColumnPath::from(field.name().as_str());
            builder = builder
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_statistics_enabled(column.clone(), EnabledStatistics::None)
                .set_column_data_page_size_limit(column, TEXT_PAGE_BYTES);
        }
    }
    Ok(builder.build())
}

/// Whether a field holds text of the size of documents: `text`, and cleaned texts of layers.
pub fn is_wide_text(field: &Field) -> bool {
    let is_string = matches!(
        field.data_type(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    );
    is_string
        && (field.name() == "text" || field.name() == "metadata" || field.name().ends_with("_text"))
}

/// Counts and hashes what goes through.
struct HashingWriter<W> {
    inner: W,
    hash: Xxh3,
    bytes: u64,
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buf)?;
        self.hash.update(&buf[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// What makes encoders of columns.
struct Factories {
    all: ArrowRowGroupWriterFactory,
    /// Of wide columns: their pages are of the second version, which the encoder packs without copying them first.
    /// That counts where a page is one document of hundreds of megabytes.
    wide: Option<ArrowRowGroupWriterFactory>,
    /// By leaf, whether a column is wide.
    is_wide: Vec<bool>,
}

impl Factories {
    fn column_writers(&self) -> Result<Vec<ArrowColumnWriter>> {
        let all = self.all.create_column_writers(0)?;
        let Some(wide) = &self.wide else {
            return Ok(all);
        };
        let pairs = all.into_iter().zip(wide.create_column_writers(0)?);
        Ok(pairs
            .zip(&self.is_wide)
            .map(|((narrow, wide), is_wide)| if *is_wide { wide } else { narrow })
            .collect())
    }
}

/// The encoders of wide columns of a file with these properties.
fn wide_factory(
    schema: &SchemaRef,
    properties: &WriterProperties,
) -> Result<Option<ArrowRowGroupWriterFactory>> {
    let mut builder = properties
        .clone()
        .into_builder()
        .set_writer_version(WriterVersion::PARQUET_2_0);
    let mut any = false;
    for field in schema.fields().iter().filter(|f| is_wide_text(f)) {
        any = true;
        let column = ColumnPath::from(field.name().as_str());
        builder = builder.set_column_encoding(column, Encoding::PLAIN);
    }
    if !any {
        return Ok(None);
    }
    let options = ArrowWriterOptions::new().with_properties(builder.build());
    let writer = ArrowWriter::try_new_with_options(io::sink(), Arc::clone(schema), options)?;
    Ok(Some(writer.into_serialized_writer()?.1))
}

/// Writes one Parquet file.
pub struct PartWriter {
    target: PathBuf,
    written: PathBuf,
    schema: SchemaRef,
    factories: Arc<Factories>,
    file: SerializedFileWriter<HashingWriter<BufWriter<File>>>,
    row_groups: Vec<u64>,
}

impl PartWriter {
    /// Starts `target`, aside.
    pub fn create(target: &Path, schema: &SchemaRef, properties: WriterProperties) -> Result<Self> {
        let wide = wide_factory(schema, &properties)?;
        let options = ArrowWriterOptions::new().with_properties(properties);
        Self::start(target, schema, options, wide)
    }

    /// Starts `target`, aside, with these options.
    pub fn create_with(
        target: &Path,
        schema: &SchemaRef,
        options: ArrowWriterOptions,
    ) -> Result<Self> {
        Self::start(target, schema, options, None)
    }

    fn start(
        target: &Path,
        schema: &SchemaRef,
        options: ArrowWriterOptions,
        wide: Option<ArrowRowGroupWriterFactory>,
    ) -> Result<Self> {
        let written = aside(target);
        let file = File::create(&written).map_err(|e| Error::io("create", &written, e))?;
        let sink = HashingWriter {
            inner: BufWriter::with_capacity(1 << 20, file),
            hash: Xxh3::new(),
            bytes: 0,
        };
        let (file, all) = ArrowWriter::try_new_with_options(sink, Arc::clone(schema), options)?
            .into_serialized_writer()?;
        let leaves = file.schema_descr();
        let is_wide = (0..leaves.num_columns())
            .map(|leaf| is_wide_text(schema.field(leaves.get_column_root_idx(leaf))))
            .collect();
        let factories = Factories { all, wide, is_wide };
        Ok(Self {
            target: target.to_path_buf(),
            written,
            schema: Arc::clone(schema),
            factories: Arc::new(factories),
            file,
            row_groups: Vec::new(),
        })
    }

    /// An encoder for one row group of this file; may be sent to another thread.
    pub fn encoder(&self) -> RowGroupEncoder {
        RowGroupEncoder {
            schema: Arc::clone(&self.schema),
            factories: Arc::clone(&self.factories),
            coalescer: BatchCoalescer::new(Arc::clone(&self.schema), ENCODER_ROWS),
            columns: Vec::new(),
            rows: 0,
        }
    }

    /// Appends an encoded row group. Row groups without rows leave no trace.
    pub fn append(&mut self, row_group: EncodedRowGroup) -> Result<()> {
        if row_group.rows == 0 {
            return Ok(());
        }
        let mut writer = self.file.next_row_group()?;
        for chunk in row_group.chunks {
            chunk.append_to_row_group(&mut writer)?;
        }
        writer.close()?;
        self.row_groups.push(row_group.rows);
        Ok(())
    }

    /// Bytes written so far.
    pub fn bytes_written(&self) -> u64 {
        self.file.inner().bytes
    }

    /// Writes the footer with `facts`, syncs and renames.
    pub fn finish(mut self, facts: &[(&str, String)]) -> Result<FinishedFile> {
        for (key, value) in facts {
            self.file
                .append_key_value_metadata(KeyValue::new((*key).to_string(), value.clone()));
        }
        self.file
            .flush()
            .map_err(|e| Error::io("write", &self.written, e))?;
        let contents = hex128(self.file.inner().hash.digest128());
        self.file
            .append_key_value_metadata(KeyValue::new(CONTENT_HASH.to_string(), contents));
        let sink = self.file.into_inner()?;
        let bytes = sink.bytes;
        let file = sink
            .inner
            .into_inner()
            .map_err(|e| Error::io("write", &self.written, e.into_error()))?;
        file.sync_all()
            .map_err(|e| Error::io("sync", &self.written, e))?;
        drop(file);
        let identity = file_identity(&self.written)?.identity;
        commit_file(&self.written, &self.target)?;
        Ok(FinishedFile {
            rows: self.row_groups.iter().sum(),
            row_groups: self.row_groups,
            bytes,
            identity,
        })
    }
}

/// Encodes one row group.
pub struct RowGroupEncoder {
    schema: SchemaRef,
    factories: Arc<Factories>,
    coalescer: BatchCoalescer,
    columns: Vec<ArrowColumnWriter>,
    rows: u64,
}

impl RowGroupEncoder {
    /// An encoder for another row group of the same file.
    pub fn another(&self) -> Self {
        Self {
            schema: Arc::clone(&self.schema),
            factories: Arc::clone(&self.factories),
            coalescer: BatchCoalescer::new(Arc::clone(&self.schema), ENCODER_ROWS),
            columns: Vec::new(),
            rows: 0,
        }
    }

    /// Adds rows.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        // Sliced, so that what is buffered stays small and full batches go on at once.
        let mut offset = 0;
        while offset < batch.num_rows() {
            let buffered = self.coalescer.get_buffered_rows();
            let take = (ENCODER_ROWS - buffered).min(batch.num_rows() - offset);
            self.coalescer.push_batch(batch.slice(offset, take))?;
            offset += take;
            while let Some(full) = self.coalescer.next_completed_batch() {
                self.encode(&full)?;
            }
        }
        Ok(())
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes held in memory for this row group so far.
    pub fn memory_size(&self) -> usize {
        self.columns
            .iter()
            .map(ArrowColumnWriter::memory_size)
            .sum()
    }

    /// Ends the row group.
    pub fn finish(mut self) -> Result<EncodedRowGroup> {
        self.coalescer.finish_buffered_batch()?;
        while let Some(rest) = self.coalescer.next_completed_batch() {
            self.encode(&rest)?;
        }
        let chunks = self
            .columns
            .into_iter()
            .map(ArrowColumnWriter::close)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(EncodedRowGroup {
            rows: self.rows,
            chunks,
        })
    }

    fn encode(&mut self, batch: &RecordBatch) -> Result<()> {
        if self.columns.is_empty() {
            self.columns = self.factories.column_writers()?;
        }
        let mut writers = self.columns.iter_mut();
        for (field, array) in self.schema.fields().iter().zip(batch.columns()) {
            for leaf in compute_leaves(field, array)? {
                let writer = writers
                    .next()
                    .ok_or_else(|| Error::internal("more Parquet columns than the schema has"))?;
                writer.write(&leaf)?;
            }
        }
        Ok(())
    }
}

/// A row group ready to be appended.
pub struct EncodedRowGroup {
    /// Rows in it.
    pub rows: u64,
    chunks: Vec<ArrowColumnChunk>,
}

/// Length and footer hash of a Parquet file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileIdentity {
    /// Length of the file.
    pub bytes: u64,
    /// Hash of its footer.
    pub identity: String,
}

/// Reads the identity of a Parquet file: two small reads, none of its data.
pub fn file_identity(path: &Path) -> Result<FileIdentity> {
    use std::os::unix::fs::FileExt;

    let file = File::open(path).map_err(|e| Error::io("open", path, e))?;
    let bytes = file
        .metadata()
        .map_err(|e| Error::io("read", path, e))?
        .len();
    let not_parquet = |found: &str| {
        Error::user(format!(
            "{} is not a whole Parquet file: {found}",
            path.display()
        ))
        .hint("it may be truncated, or of another format")
    };
    if bytes < 12 {
        return Err(not_parquet(&format!("it has {bytes} bytes")));
    }
    let mut tail = [0u8; 8];
    file.read_exact_at(&mut tail, bytes - 8)
        .map_err(|e| Error::io("read", path, e))?;
    if &tail[4..] != b"PAR1" {
        return Err(not_parquet("it does not end in PAR1"));
    }
    let length = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if length + 12 > bytes {
        return Err(not_parquet(&format!(
            "its footer is said to have {length} bytes of {bytes}"
        )));
    }
    let mut footer = vec![0u8; length as usize];
    file.read_exact_at(&mut footer, bytes - 8 - length)
        .map_err(|e| Error::io("read", path, e))?;
    Ok(FileIdentity {
        bytes,
        identity: hex128(xxh3_128(&footer)),
    })
}
