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

use corpusql_pages::{TextChunk, TextEncoder};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::BatchCoalescer;
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, ArrowWriterOptions,
    compute_leaves,
};
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::column::writer::ColumnCloseResult;
use datafusion::parquet::file::metadata::KeyValue;
use datafusion::parquet::file::properties::{EnabledStatistics, WriterProperties};
use datafusion::parquet::file::writer::SerializedFileWriter;
use datafusion::parquet::schema::types::{ColumnDescPtr, ColumnPath};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use super::layout::{aside, commit_file};
use super::manifest::hex128;
use crate::error::{Error, Result};

/// Rows given to the Parquet encoder at a time.
const ENCODER_ROWS: usize = 1024;
/// Pages of wide text: small, so that a late read fetches little beside the rows it wants.
const TEXT_PAGE_BYTES: usize = 16 * 1024;
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
        } else if is_signature(field) {
            let column = ColumnPath::from(field.name().as_str());
            builder = builder
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_statistics_enabled(column.clone(), EnabledStatistics::None)
                .set_column_compression(column, Compression::UNCOMPRESSED);
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

/// Whether a field holds signatures of MinHash: minima of hashes, which zstd makes hardly smaller, and no two alike but for duplicates.
fn is_signature(field: &Field) -> bool {
    let is_binary = matches!(field.data_type(), DataType::Binary | DataType::BinaryView);
    is_binary && field.name().starts_with("minhash_signature_")
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
    narrow: ArrowRowGroupWriterFactory,
    /// By leaf, the column where it is wide.
    wide: Vec<Option<ColumnDescPtr>>,
    /// Bytes of a page of a wide column.
    page_bytes: usize,
    /// The other columns.
    schema: SchemaRef,
    /// Their places.
    places: Vec<usize>,
}

/// Writes one Parquet file.
pub struct PartWriter {
    target: PathBuf,
    written: PathBuf,
    factories: Arc<Factories>,
    file: SerializedFileWriter<HashingWriter<BufWriter<File>>>,
    row_groups: Vec<u64>,
}

impl PartWriter {
    /// Starts `target`, aside.
    pub fn create(target: &Path, schema: &SchemaRef, properties: WriterProperties) -> Result<Self> {
        let options = ArrowWriterOptions::new().with_properties(properties);
        Self::create_with(target, schema, options, TEXT_PAGE_BYTES)
    }

    /// Starts `target`, aside, with these options and pages of wide text of at most `page_bytes`.
    pub fn create_with(
        target: &Path,
        schema: &SchemaRef,
        options: ArrowWriterOptions,
        page_bytes: usize,
    ) -> Result<Self> {
        let written = aside(target);
        let file = File::create(&written).map_err(|e| Error::io("create", &written, e))?;
        let sink = HashingWriter {
            inner: BufWriter::with_capacity(1 << 20, file),
            hash: Xxh3::new(),
            bytes: 0,
        };
        let (file, narrow) = ArrowWriter::try_new_with_options(sink, Arc::clone(schema), options)?
            .into_serialized_writer()?;
        let leaves = file.schema_descr();
        let wide = (0..leaves.num_columns())
            .map(|leaf| {
                let root = schema.field(leaves.get_column_root_idx(leaf));
                is_wide_text(root).then(|| leaves.column(leaf))
            })
            .collect();
        let places: Vec<usize> = (0..schema.fields().len())
            .filter(|place| !is_wide_text(schema.field(*place)))
            .collect();
        let factories = Factories {
            narrow,
            wide,
            page_bytes,
            schema: Arc::new(schema.project(&places)?),
            places,
        };
        Ok(Self {
            target: target.to_path_buf(),
            written,
            factories: Arc::new(factories),
            file,
            row_groups: Vec::new(),
        })
    }

    /// An encoder for one row group of this file; may be sent to another thread.
    pub fn encoder(&self) -> RowGroupEncoder {
        RowGroupEncoder::new(Arc::clone(&self.factories))
    }

    /// Appends an encoded row group. Row groups without rows leave no trace.
    pub fn append(&mut self, row_group: EncodedRowGroup) -> Result<()> {
        if row_group.rows == 0 {
            return Ok(());
        }
        let mut writer = self.file.next_row_group()?;
        for chunk in row_group.chunks {
            match chunk {
                EncodedChunk::Narrow(chunk) => chunk.append_to_row_group(&mut writer)?,
                EncodedChunk::Wide(chunk, close) => chunk.append_to(&mut writer, *close)?,
            }
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
    factories: Arc<Factories>,
    /// Narrow columns on their way to the Parquet encoder.
    coalescer: BatchCoalescer,
    /// By leaf; none before the first row.
    columns: Vec<ColumnEncoder>,
    rows: u64,
}

enum ColumnEncoder {
    Narrow(Box<ArrowColumnWriter>),
    Wide(Box<TextEncoder>),
}

impl RowGroupEncoder {
    fn new(factories: Arc<Factories>) -> Self {
        Self {
            coalescer: BatchCoalescer::new(Arc::clone(&factories.schema), ENCODER_ROWS),
            factories,
            columns: Vec::new(),
            rows: 0,
        }
    }

    /// An encoder for another row group of the same file.
    pub fn another(&self) -> Self {
        Self::new(Arc::clone(&self.factories))
    }

    /// Adds rows.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows() as u64;
        self.start()?;
        for (column, array) in batch.columns().iter().enumerate() {
            if self.factories.places.binary_search(&column).is_err() {
                self.wide(column)?.write(array)?;
            }
        }
        if self.factories.places.is_empty() {
            return Ok(());
        }
        let narrow = batch.project(&self.factories.places)?;
        // Sliced, so that what is buffered stays small and full batches go on at once.
        let mut offset = 0;
        while offset < narrow.num_rows() {
            let buffered = self.coalescer.get_buffered_rows();
            let take = (ENCODER_ROWS - buffered).min(narrow.num_rows() - offset);
            self.coalescer.push_batch(narrow.slice(offset, take))?;
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
        let columns = self.columns.iter().map(|column| match column {
            ColumnEncoder::Narrow(writer) => writer.memory_size(),
            ColumnEncoder::Wide(encoder) => encoder.memory_size(),
        });
        columns.sum()
    }

    /// Ends the row group.
    pub fn finish(mut self) -> Result<EncodedRowGroup> {
        self.coalescer.finish_buffered_batch()?;
        while let Some(rest) = self.coalescer.next_completed_batch() {
            self.encode(&rest)?;
        }
        let chunks = self.columns.into_iter().map(|column| match column {
            ColumnEncoder::Narrow(writer) => Ok(EncodedChunk::Narrow(Box::new(writer.close()?))),
            ColumnEncoder::Wide(encoder) => {
                let (chunk, close) = encoder.finish()?;
                Ok(EncodedChunk::Wide(chunk, Box::new(close)))
            }
        });
        Ok(EncodedRowGroup {
            rows: self.rows,
            chunks: chunks.collect::<Result<_>>()?,
        })
    }

    /// Makes the encoders of the columns, once.
    fn start(&mut self) -> Result<()> {
        if self.columns.is_empty() {
            let factories = &self.factories;
            let narrow = factories.narrow.create_column_writers(0)?.into_iter();
            let columns = narrow
                .zip(&factories.wide)
                .map(|(narrow, wide)| match wide {
                    None => Ok(ColumnEncoder::Narrow(Box::new(narrow))),
                    Some(column) => {
                        let encoder = TextEncoder::new(Arc::clone(column), factories.page_bytes)?;
                        Ok(ColumnEncoder::Wide(Box::new(encoder)))
                    }
                });
            self.columns = columns.collect::<Result<_>>()?;
        }
        Ok(())
    }

    /// The encoder of a wide column, which is one leaf.
    fn wide(&mut self, column: usize) -> Result<&mut TextEncoder> {
        let mut wide = self.columns.iter_mut().filter_map(|encoder| match encoder {
            ColumnEncoder::Narrow(_) => None,
            ColumnEncoder::Wide(encoder) => Some(encoder.as_mut()),
        });
        let narrow_before = self
            .factories
            .places
            .partition_point(|place| *place < column);
        wide.nth(column - narrow_before)
            .ok_or_else(|| Error::internal("a wide column without its encoder"))
    }

    /// Gives rows of narrow columns to their encoders.
    fn encode(&mut self, batch: &RecordBatch) -> Result<()> {
        let mut writers = self.columns.iter_mut().filter_map(|column| match column {
            ColumnEncoder::Narrow(writer) => Some(writer),
            ColumnEncoder::Wide(_) => None,
        });
        for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
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
    chunks: Vec<EncodedChunk>,
}

enum EncodedChunk {
    Narrow(Box<ArrowColumnChunk>),
    Wide(TextChunk, Box<ColumnCloseResult>),
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
