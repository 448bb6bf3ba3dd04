//! Strings → a column chunk: pages are cut by their bytes and packed as they fill.
//!
//! Parquet's own writer looks at the size of a page now and then, and copies a page together before it packs it. Here a
//! page never passes its limit unless it is one value, and a value of hundreds of megabytes is packed from where
//! it lies. A page follows from the values alone, so batches do not need to be of a size. The format is that of
//! any Parquet file: plain values, data pages of the second version, a page index.

use std::io::{self, Read, Write};
use std::sync::Arc;

use bytes::Bytes;
use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::parquet::basic::{Compression, Encoding, ZstdLevel};
use datafusion::parquet::column::writer::ColumnCloseResult;
use datafusion::parquet::errors::{ParquetError, Result};
use datafusion::parquet::file::metadata::{ColumnChunkMetaData, OffsetIndexBuilder};
use datafusion::parquet::file::reader::{ChunkReader, Length};
use datafusion::parquet::file::writer::SerializedRowGroupWriter;
use datafusion::parquet::schema::types::ColumnDescPtr;
use zstd::bulk::Compressor;

use crate::header::{PageForm, PageHeader};
use crate::levels;

/// zstd's own default; text decodes at the same speed at any level.
const ZSTD_LEVEL: i32 = 3;
/// Values from here on are packed without being copied into a page first.
const LARGE_BYTES: usize = 1 << 20;
/// Rows of a page at most, which counts where nearly all are NULL.
const PAGE_ROWS: usize = 20_000;

/// Encodes one column of strings of one row group.
pub struct TextEncoder {
    column: ColumnDescPtr,
    page_bytes: usize,
    compressor: Compressor<'static>,
    /// The values of the page in the making, each behind its length.
    values: Vec<u8>,
    /// Which of its rows are not NULL.
    valid: Vec<bool>,
    packed: Vec<u8>,
    chunk: TextChunk,
    index: OffsetIndexBuilder,
    rows: u64,
    unpacked_bytes: u64,
}

/// A finished column chunk: pieces of its bytes, in order.
#[derive(Default)]
pub struct TextChunk {
    pieces: Vec<Vec<u8>>,
    bytes: u64,
}

impl TextEncoder {
    /// An encoder of `column`, with pages of at most `page_bytes`.
    pub fn new(column: ColumnDescPtr, page_bytes: usize) -> Result<Self> {
        Ok(Self {
            column,
            page_bytes,
            compressor: Compressor::new(ZSTD_LEVEL).map_err(cannot_pack)?,
            values: Vec::new(),
            valid: Vec::new(),
            packed: Vec::new(),
            chunk: TextChunk::default(),
            index: OffsetIndexBuilder::new(),
            rows: 0,
            unpacked_bytes: 0,
        })
    }

    /// Adds strings of any type.
    pub fn write(&mut self, array: &ArrayRef) -> Result<()> {
        match array.data_type() {
            DataType::Utf8 => self.write_all(array.as_string::<i32>().iter()),
            DataType::LargeUtf8 => self.write_all(array.as_string::<i64>().iter()),
            DataType::Utf8View => self.write_all(array.as_string_view().iter()),
            other => Err(ParquetError::General(format!("{other} is no text"))),
        }
    }

    /// Bytes held in memory.
    pub fn memory_size(&self) -> usize {
        self.chunk.bytes as usize + self.values.len() + self.packed.capacity()
    }

    /// Ends the chunk.
    pub fn finish(mut self) -> Result<(TextChunk, ColumnCloseResult)> {
        self.end_page()?;
        let zstd = Compression::ZSTD(ZstdLevel::try_new(ZSTD_LEVEL)?);
        let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        let metadata = ColumnChunkMetaData::builder(self.column)
            .set_compression(zstd)
            .set_encodings(vec![Encoding::PLAIN, Encoding::RLE])
            .set_total_compressed_size(signed(self.chunk.bytes))
            .set_total_uncompressed_size(signed(self.unpacked_bytes))
            .set_num_values(signed(self.rows))
            .set_data_page_offset(0)
            .build()?;
        let close = ColumnCloseResult {
            bytes_written: self.chunk.bytes,
            rows_written: self.rows,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: Some(self.index.build()),
        };
        Ok((self.chunk, close))
    }

    fn write_all<'a>(&mut self, values: impl Iterator<Item = Option<&'a str>>) -> Result<()> {
        for value in values {
            let bytes = value.map_or(0, |value| 4 + value.len());
            let full = self.values.len() + bytes > self.page_bytes || self.valid.len() == PAGE_ROWS;
            if full && !self.valid.is_empty() {
                self.end_page()?;
            }
            self.valid.push(value.is_some());
            let Some(value) = value else { continue };
            let length = u32::try_from(value.len())
                .map_err(|_| too_large())?
                .to_le_bytes();
            if bytes >= LARGE_BYTES && bytes > self.page_bytes {
                let packed = pack_large(&length, value).map_err(cannot_pack)?;
                self.add_page(bytes, Packed::Large(packed))?;
            } else {
                self.values.extend_from_slice(&length);
                self.values.extend_from_slice(value.as_bytes());
            }
        }
        Ok(())
    }

    fn end_page(&mut self) -> Result<()> {
        if self.valid.is_empty() {
            return Ok(());
        }
        let bytes = self.values.len();
        self.packed.clear();
        if bytes > 0 {
            self.packed.reserve(zstd::zstd_safe::compress_bound(bytes));
            self.compressor
                .compress_to_buffer(&self.values, &mut self.packed)
                .map_err(cannot_pack)?;
            self.values.clear();
        }
        self.add_page(bytes, Packed::Here)
    }

    /// Adds a page of the rows in `valid`, whose values are `bytes` unpacked.
    fn add_page(&mut self, bytes: usize, packed: Packed) -> Result<()> {
        let rows = self.valid.len();
        let nulls = self.valid.iter().filter(|valid| !**valid).count();
        let levels = match self.column.max_def_level() {
            0 => Vec::new(),
            _ => levels::encode(&self.valid),
        };
        self.valid.clear();
        let values = match &packed {
            Packed::Here => &self.packed,
            Packed::Large(packed) => packed,
        };
        let header = PageHeader {
            unpacked: levels.len() + bytes,
            packed: levels.len() + values.len(),
            values: rows,
            form: PageForm::Second {
                nulls,
                levels: levels.len(),
                is_packed: bytes > 0,
            },
        };
        let header = header.to_bytes().ok_or_else(too_large)?;
        let head = header.len() + levels.len();
        let size = head + values.len();
        let offset = i64::try_from(self.chunk.bytes).map_err(|_| too_large())?;
        self.index.append_row_count(rows as i64);
        self.index
            .append_offset_and_size(offset, i32::try_from(size).map_err(|_| too_large())?);
        let mut piece = Vec::with_capacity(match packed {
            Packed::Here => size,
            Packed::Large(_) => head,
        });
        piece.extend_from_slice(&header);
        piece.extend_from_slice(&levels);
        match packed {
            Packed::Here => {
                piece.extend_from_slice(&self.packed);
                self.chunk.pieces.push(piece);
            }
            Packed::Large(values) => self.chunk.pieces.extend([piece, values]),
        }
        self.chunk.bytes += size as u64;
        self.unpacked_bytes += (head + bytes) as u64;
        self.rows += rows as u64;
        Ok(())
    }
}

/// Where the packed values of a page are.
enum Packed {
    /// In the encoder's own buffer.
    Here,
    /// In a buffer that becomes part of the chunk.
    Large(Vec<u8>),
}

fn cannot_pack(error: io::Error) -> ParquetError {
    ParquetError::General(format!("zstd cannot pack a page: {error}"))
}

fn too_large() -> ParquetError {
    ParquetError::General("a page of more than 2 GiB".to_string())
}

/// One value behind its length, packed piece by piece.
fn pack_large(length: &[u8], value: &str) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL)?;
    let bytes = length.len() + value.len();
    encoder.set_pledged_src_size(Some(bytes as u64))?;
    encoder.write_all(length)?;
    encoder.write_all(value.as_bytes())?;
    encoder.finish()
}

impl TextChunk {
    /// Appends the chunk to a row group of a file.
    pub fn append_to<W: Write + Send>(
        self,
        row_group: &mut SerializedRowGroupWriter<'_, W>,
        close: ColumnCloseResult,
    ) -> Result<()> {
        row_group.append_column(&Source(Arc::new(self)), close)
    }
}

/// A chunk as Parquet's writer wants to read it.
struct Source(Arc<TextChunk>);

impl Length for Source {
    fn len(&self) -> u64 {
        self.0.bytes
    }
}

impl ChunkReader for Source {
    type T = SourceReader;

    fn get_read(&self, start: u64) -> Result<SourceReader> {
        let mut reader = SourceReader {
            chunk: Arc::clone(&self.0),
            piece: 0,
            offset: 0,
        };
        io::copy(&mut (&mut reader).take(start), &mut io::sink())?;
        Ok(reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let mut bytes = vec![0; length];
        self.get_read(start)?.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

/// Reads the pieces of a chunk one after the other.
struct SourceReader {
    chunk: Arc<TextChunk>,
    piece: usize,
    offset: usize,
}

impl Read for SourceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(piece) = self.chunk.pieces.get(self.piece) {
            let read = (&piece[self.offset..]).read(buffer)?;
            if read > 0 || buffer.is_empty() {
                self.offset += read;
                return Ok(read);
            }
            self.piece += 1;
            self.offset = 0;
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use datafusion::arrow::array::{LargeStringArray, StringArray, StringViewArray};
    use datafusion::arrow::datatypes::{Field, Schema};
    use datafusion::parquet::arrow::ArrowSchemaConverter;
    use datafusion::parquet::arrow::arrow_reader::{
        ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
    };
    use datafusion::parquet::file::metadata::PageIndexPolicy;
    use datafusion::parquet::file::properties::WriterProperties;
    use datafusion::parquet::file::writer::SerializedFileWriter;
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;

    /// A file of one column, written in these batches.
    fn file(batches: &[ArrayRef], nullable: bool, page_bytes: usize) -> Bytes {
        let field = Field::new("text", DataType::Utf8View, nullable);
        let schema = Schema::new(vec![field]);
        let columns = ArrowSchemaConverter::new()
            .convert(&schema)
            .expect("a schema");
        let mut encoder = TextEncoder::new(columns.column(0), page_bytes).expect("an encoder");
        for batch in batches {
            encoder.write(batch).expect("strings");
        }
        let (chunk, close) = encoder.finish().expect("a chunk");
        let properties = Arc::new(WriterProperties::default());
        let mut writer =
            SerializedFileWriter::new(Vec::new(), columns.root_schema_ptr(), properties)
                .expect("a file");
        let mut row_group = writer.next_row_group().expect("a row group");
        chunk.append_to(&mut row_group, close).expect("appended");
        row_group.close().expect("closed");
        writer.into_inner().expect("written").into()
    }

    /// Its values, and the rows and bytes of its pages.
    fn read(file: Bytes) -> (Vec<Option<String>>, Vec<(i64, i32)>) {
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
        let builder =
            ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).expect("a file");
        let index = builder.metadata().offset_index().expect("an index");
        let pages = index[0][0].page_locations().iter();
        let pages = pages.map(|p| (p.first_row_index, p.compressed_page_size));
        let pages = pages.collect();
        let reader = builder.with_batch_size(3).build().expect("a reader");
        let mut values = Vec::new();
        for batch in reader {
            let batch = batch.expect("rows");
            let column = batch.column(0).as_string::<i32>();
            values.extend(column.iter().map(|v| v.map(str::to_string)));
        }
        (values, pages)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            values in vec(option::of("[ -~é数]{0,60}"), 1..80),
            cut in 0usize..80,
            page_bytes in 1usize..300,
        ) {
            let array = |v: &[Option<String>]| Arc::new(StringViewArray::from_iter(v.iter())) as ArrayRef;
            let whole = file(&[array(&values)], true, page_bytes);
            let (head, tail) = values.split_at(cut.min(values.len()));
            let wide: ArrayRef = Arc::new(LargeStringArray::from_iter(head.iter()));
            let narrow: ArrayRef = Arc::new(StringArray::from_iter(tail.iter()));
            prop_assert_eq!(&file(&[wide, narrow], true, page_bytes), &whole);
            prop_assert_eq!(read(whole).0, values.clone());
            let present: Vec<Option<String>> = values.into_iter().flatten().map(Some).collect();
            if !present.is_empty() {
                prop_assert_eq!(read(file(&[array(&present)], false, page_bytes)).0, present);
            }
        }
    }

    #[test]
    fn pages_keep_to_their_size() {
        let large = "a large one, ".repeat(200_000);
        let texts = [
            "x".repeat(60),
            "y".repeat(60),
            large,
            "z".repeat(10),
            String::new(),
        ];
        let array: ArrayRef = Arc::new(StringViewArray::from_iter_values(&texts));
        let (values, pages) = read(file(&[array], false, 130));
        let first_rows: Vec<i64> = pages.iter().map(|(row, _)| *row).collect();
        assert_eq!(first_rows, [0, 2, 3]);
        assert!(pages[1].1 < 10_000, "packed: {pages:?}");
        let values: Vec<String> = values.into_iter().flatten().collect();
        assert_eq!(values, texts);
    }

    #[test]
    fn nulls_take_little() {
        let nothing: ArrayRef = Arc::new(StringViewArray::new_null(2 * PAGE_ROWS + 1));
        let (values, pages) = read(file(&[nothing], true, 130));
        assert_eq!(pages.len(), 3);
        assert_eq!(values.iter().flatten().count(), 0);
        assert_eq!(values.len(), 2 * PAGE_ROWS + 1);
    }
}
