//! A part file opened for reading: is it the file that the manifest speaks of, and how is it read.
//!
//! Opening costs two reads at the end of the file. The length and the hash of the footer must be those
//! of the manifest: a part that was cut short, swapped or written anew by someone else is an error
//! before its first value is believed.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use corpusql_pages::is_readable;
use datafusion::arrow::array::{ArrayRef, BooleanBufferBuilder};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::object_store::{self, GetOptions, ObjectStore, ObjectStoreExt};
use datafusion::parquet::DecodeResult;
use datafusion::parquet::arrow::ProjectionMask;
use datafusion::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, RowSelection,
};
use datafusion::parquet::arrow::push_decoder::{ParquetPushDecoder, ParquetPushDecoderBuilder};
use datafusion::parquet::file::metadata::{
    PageIndexPolicy, ParquetMetaData, ParquetMetaDataPushDecoder, ParquetMetaDataReader,
};
use datafusion::parquet::file::page_index::offset_index::PageLocation;
use tokio::sync::OnceCell;
use xxhash_rust::xxh3::xxh3_128;

use super::pages::LayerPages;
use crate::corpus::layout::DOCUMENTS;
use crate::corpus::manifest::hex128;
use crate::corpus::{Corpus, Layer};
use crate::error::{Error, Result};

/// Fetched at once from the end of a file: most footers with their page index fit.
const FOOTER_GUESS: u64 = 64 * 1024;
/// Memory that the footers of opened parts may take before the oldest are forgotten.
const CACHE_BYTES: usize = 64 << 20;

/// A part of a layer, ready to be read.
#[derive(Debug)]
pub struct OpenPart {
    store: Arc<dyn ObjectStore>,
    location: object_store::path::Path,
    file: PathBuf,
    metadata: ArrowReaderMetadata,
    /// The first row of each row group, and the end.
    row_starts: Vec<u64>,
    /// For each column of the layer its place in the file and the type to give it.
    columns: Vec<FileColumn>,
    /// Bytes that the footer takes in memory.
    memory: usize,
}

/// One leaf of a column in one row group.
#[derive(Clone, Debug)]
pub struct ColumnChunk {
    /// Where it lies in the file.
    pub bytes: Range<u64>,
    /// The row group.
    pub row_group: usize,
    /// The leaf.
    pub leaf: usize,
    /// The pages that hold wanted rows.
    pub pages: Range<usize>,
}

/// What Parquet keeps as a signed number and is none.
pub fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// How one column of the layer stands in the file.
#[derive(Debug)]
struct FileColumn {
    /// `None`: this file does not have the column, it is NULL.
    root: Option<usize>,
    data_type: DataType,
    /// Whether single pages of it are decoded here, by [`TextReader`].
    by_page: bool,
}

impl OpenPart {
    /// Opens part `number` of `layer` and compares it with the manifest.
    pub async fn open(
        store: Arc<dyn ObjectStore>,
        corpus: &Corpus,
        layer: &Layer,
        number: usize,
    ) -> Result<Self> {
        let file = layer.part_path(number);
        let expected = &layer.manifest().parts[number];
        let hint = rebuild_hint(corpus, layer);
        let location = location_of(&file)?;
        let found = store.head(&location).await.map_err(|e| match e {
            object_store::Error::NotFound { .. } => Error::user(format!(
                "part {number} of layer {} is gone: expected {} with {} bytes, found no file",
                layer.name(),
                file.display(),
                expected.bytes
            ))
            .hint(hint.clone()),
            other => Error::user(format!("cannot read {}", file.display())).caused_by(other),
        })?;
        if found.size != expected.bytes {
            return Err(Error::user(format!(
                "{} is not part {number} of layer {} any more: expected {} bytes, found {}",
                file.display(),
                layer.name(),
                expected.bytes,
                found.size
            ))
            .hint(hint));
        }
        let unreadable = |e: Box<dyn std::error::Error + Send + Sync>| {
            Error::user(format!("cannot read the footer of {}", file.display()))
                .caused_by(e)
                .hint(hint.clone())
        };
        let tail_start = found.size.saturating_sub(FOOTER_GUESS);
        let mut tail = read_range(&store, &location, tail_start..found.size)
            .await
            .map_err(|e| unreadable(e.into()))?;
        let footer = footer_range(&tail, found.size).ok_or_else(|| {
            Error::user(format!(
                "{} is not a whole Parquet file: its last bytes are no footer",
                file.display()
            ))
            .hint(hint.clone())
        })?;
        let mut tail_start = tail_start;
        if footer.start < tail_start {
            tail = read_range(&store, &location, footer.start..found.size)
                .await
                .map_err(|e| unreadable(e.into()))?;
            tail_start = footer.start;
        }
        let in_tail = |range: &Range<u64>| {
            tail.get((range.start - tail_start) as usize..(range.end - tail_start) as usize)
        };
        let footer_bytes = in_tail(&footer).unwrap_or_default();
        let identity = hex128(xxh3_128(footer_bytes));
        if identity != expected.identity {
            return Err(Error::user(format!(
                "{} is not the file that the layer {} was made with: expected footer hash {}, found {identity}",
                file.display(),
                layer.name(),
                expected.identity,
            ))
            .hint(hint));
        }
        let metadata = ParquetMetaDataReader::decode_metadata(footer_bytes)
            .map_err(|e| unreadable(e.into()))?;
        let metadata = read_page_index(&store, &location, found.size, metadata)
            .await
            .map_err(|e| unreadable(Box::new(e)))?;
        Self::describe(store, location, file, layer, metadata).map_err(|e| match e.next_step() {
            Some(_) => e,
            None => e.hint(hint),
        })
    }

    /// Fits the file's columns to the layer's.
    fn describe(
        store: Arc<dyn ObjectStore>,
        location: object_store::path::Path,
        file: PathBuf,
        layer: &Layer,
        metadata: ParquetMetaData,
    ) -> Result<Self> {
        let mut row_starts = vec![0];
        for row_group in metadata.row_groups() {
            let rows = u64::try_from(row_group.num_rows()).unwrap_or_default();
            row_starts.push(row_starts[row_starts.len() - 1] + rows);
        }
        let metadata = Arc::new(metadata);
        let as_written =
            ArrowReaderMetadata::try_new(Arc::clone(&metadata), ArrowReaderOptions::new())?;
        let in_file = Arc::clone(as_written.schema());
        let mut columns = Vec::new();
        let mut fields: Vec<Field> = in_file
            .fields()
            .iter()
            .map(|f| f.as_ref().clone())
            .collect();
        let mut differs = false;
        for (column, field) in layer
            .manifest()
            .columns
            .iter()
            .zip(layer.schema().fields().iter())
        {
            let root = in_file.index_of(column.name_in_file()).ok();
            match root {
                Some(root)
                    if fields[root].data_type() != field.data_type()
                        && is_same_bytes(fields[root].data_type(), field.data_type()) =>
                {
                    fields[root] = fields[root]
                        .clone()
                        .with_data_type(field.data_type().clone());
                    differs = true;
                }
                None if !field.is_nullable() => {
                    return Err(Error::user(format!(
                        "{} has no column {}, which the layer {} promises",
                        file.display(),
                        column.name_in_file(),
                        layer.name()
                    )));
                }
                _ => {}
            }
            let by_page = *field.data_type() == DataType::Utf8View
                && root.is_some_and(|root| {
                    is_same_bytes(in_file.field(root).data_type(), field.data_type())
                        && has_plain_pages(&metadata, root)
                });
            columns.push(FileColumn {
                root,
                data_type: field.data_type().clone(),
                by_page,
            });
        }
        let metadata = if differs {
            let schema = Arc::new(Schema::new_with_metadata(
                fields,
                in_file.metadata().clone(),
            ));
            ArrowReaderMetadata::try_new(metadata, ArrowReaderOptions::new().with_schema(schema))?
        } else {
            as_written
        };
        Ok(Self {
            memory: metadata.metadata().memory_size(),
            store,
            location,
            file,
            metadata,
            row_starts,
            columns,
        })
    }

    /// The footer.
    pub fn metadata(&self) -> &Arc<ParquetMetaData> {
        self.metadata.metadata()
    }

    /// The file's Arrow schema, as it is read.
    pub fn file_schema(&self) -> &Schema {
        self.metadata.schema()
    }

    /// The place in the file of a column of the layer; `None` where it is missing and reads as NULL.
    pub fn column_in_file(&self, column: usize) -> Option<usize> {
        self.columns[column].root
    }

    /// The row groups that hold rows of `rows`.
    pub fn row_groups(&self, rows: &Range<u64>) -> Range<usize> {
        let start = self.row_starts.partition_point(|s| *s <= rows.start);
        let end = self.row_starts.partition_point(|s| *s < rows.end);
        start.saturating_sub(1)..end
    }

    /// The rows of a row group.
    pub fn row_group_rows(&self, row_group: usize) -> Range<u64> {
        self.row_starts[row_group]..self.row_starts[row_group + 1]
    }

    /// Bytes that a value of a column takes on average in the row groups of `rows`, decoded.
    pub fn bytes_per_row(&self, column: usize, rows: &Range<u64>) -> u64 {
        let Some(root) = self.columns[column].root else {
            return 0;
        };
        let schema = self.metadata.parquet_schema();
        let (mut bytes, mut count) = (0, 0);
        for row_group in self.row_groups(rows) {
            let row_group = self.metadata().row_group(row_group);
            count += row_group.num_rows();
            bytes += (0..row_group.num_columns())
                .filter(|leaf| schema.get_column_root_idx(*leaf) == root)
                .map(|leaf| row_group.column(leaf).uncompressed_size())
                .sum::<i64>();
        }
        u64::try_from(bytes / count.max(1)).unwrap_or_default()
    }

    /// The rows inside `rows` at which a column is best cut, so that reading what lies between two of them in one row
    /// group fetches at most `bytes`, or one page: none, where it is small or has no page index.
    pub fn cuts(&self, column: usize, rows: &Range<u64>, bytes: u64) -> Vec<u64> {
        let mut cuts = Vec::new();
        for chunk in self.chunks(column, rows) {
            if chunk.bytes.end - chunk.bytes.start <= bytes {
                continue;
            }
            let mut gathered = 0;
            let start = self.row_starts[chunk.row_group];
            for page in &self.pages(chunk.row_group, chunk.leaf)[chunk.pages] {
                let size = u64::try_from(page.compressed_page_size).unwrap_or_default();
                let row = start + unsigned(page.first_row_index);
                if row <= rows.start {
                    gathered = size;
                } else if gathered + size > bytes {
                    cuts.push(row);
                    gathered = size;
                } else {
                    gathered += size;
                }
            }
        }
        cuts
    }

    /// Where the column's values of `rows` lie in the file, a chunk for each row group and leaf.
    pub fn chunks(&self, column: usize, rows: &Range<u64>) -> Vec<ColumnChunk> {
        let mut chunks = Vec::new();
        let Some(root) = self.columns[column].root else {
            return chunks;
        };
        let schema = self.metadata.parquet_schema();
        for row_group in self.row_groups(rows) {
            let facts = self.metadata().row_group(row_group);
            for leaf in 0..facts.num_columns() {
                if schema.get_column_root_idx(leaf) != root {
                    continue;
                }
                let (start, length) = facts.column(leaf).byte_range();
                let held = self.row_group_rows(row_group);
                let row = |page: &PageLocation| held.start + unsigned(page.first_row_index);
                let pages = self.pages(row_group, leaf);
                let first = pages.partition_point(|page| row(page) <= rows.start);
                chunks.push(ColumnChunk {
                    bytes: start..start + length,
                    row_group,
                    leaf,
                    pages: first.saturating_sub(1)
                        ..pages.partition_point(|page| row(page) < rows.end),
                });
            }
        }
        chunks
    }

    /// The data pages of a column chunk; none without a page index.
    pub fn pages(&self, row_group: usize, leaf: usize) -> &[PageLocation] {
        let index = self.metadata().offset_index();
        let pages = index.and_then(|index| index.get(row_group)?.get(leaf));
        pages.map_or(&[], |pages| pages.page_locations())
    }

    /// Reads `columns` (of the layer, all present in the file) of the rows in `rows` whose bit in
    /// `selection` is set, in batches of at most `batch_rows`. `pages` counts what is fetched, what is held of it
    /// is accounted for in `reservation`.
    pub fn read(
        self: &Arc<Self>,
        columns: &[usize],
        rows: &Range<u64>,
        selection: Option<&BooleanBuffer>,
        batch_rows: usize,
        pages: Arc<LayerPages>,
        reservation: MemoryReservation,
    ) -> Result<PartReader> {
        let mut row_groups = Vec::new();
        let mut whole = true;
        let mut picked = BooleanBufferBuilder::new(0);
        for row_group in self.row_groups(rows) {
            let held = self.row_group_rows(row_group);
            let inside = held.start.max(rows.start)..held.end.min(rows.end);
            let (from, to) = (
                (inside.start - rows.start) as usize,
                (inside.end - rows.start) as usize,
            );
            let part = selection.map(|s| s.slice(from, to - from));
            if part.as_ref().is_some_and(|p| p.count_set_bits() == 0) || from == to {
                continue;
            }
            row_groups.push(row_group);
            whole &= inside == held && part.as_ref().is_none_or(|p| p.count_set_bits() == p.len());
            picked.append_n((inside.start - held.start) as usize, false);
            match &part {
                Some(part) => picked.append_buffer(part),
                None => picked.append_n(to - from, true),
            }
            picked.append_n((held.end - inside.end) as usize, false);
        }
        let mut roots: Vec<usize> = columns
            .iter()
            .filter_map(|c| self.columns[*c].root)
            .collect();
        roots.sort_unstable();
        roots.dedup();
        let places = columns
            .iter()
            .map(|column| {
                let column = &self.columns[*column];
                let root = column.root.unwrap_or_default();
                let place = roots.binary_search(&root).unwrap_or_default();
                (place, column.data_type.clone())
            })
            .collect();
        let mut builder = ParquetPushDecoderBuilder::new_with_metadata(self.metadata.clone())
            .with_projection(ProjectionMask::roots(self.metadata.parquet_schema(), roots))
            .with_batch_size(batch_rows.max(1))
            .with_row_groups(row_groups);
        if !whole {
            builder =
                builder.with_row_selection(RowSelection::from_boolean_buffer(picked.finish()));
        }
        Ok(PartReader {
            decoder: builder.build()?,
            part: Arc::clone(self),
            places,
            pages,
            reservation,
        })
    }

    /// Whether a leaf of the file may be NULL.
    pub fn is_nullable(&self, leaf: usize) -> bool {
        self.metadata.parquet_schema().column(leaf).max_def_level() > 0
    }

    /// Whether a column of the layer is read page by page.
    pub fn is_by_page(&self, column: usize) -> bool {
        self.columns[column].by_page
    }

    /// Some ranges of the file, and how many bytes were fetched for them.
    pub async fn fetch(&self, ranges: &[Range<u64>]) -> Result<(Vec<Bytes>, usize)> {
        let merged = merge_adjacent(ranges);
        let fetched = self
            .store
            .get_ranges(&self.location, &merged)
            .await
            .map_err(|e| self.unreadable(e))?;
        let bytes = fetched.iter().map(|b| b.len()).sum();
        // Each asked-for range is a piece of one that was fetched.
        let pieces = ranges.iter().map(|range| {
            let at = merged.partition_point(|m| m.start <= range.start) - 1;
            let offset = (range.start - merged[at].start) as usize;
            fetched[at].slice(offset..offset + (range.end - range.start) as usize)
        });
        Ok((pieces.collect(), bytes))
    }

    /// An error of reading the file.
    pub fn unreadable(&self, e: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
        Error::user(format!("cannot read {}", self.file.display()))
            .caused_by(e)
            .hint("the file is damaged, or was changed while it was read")
    }
}

/// Batches of some columns of a part.
pub struct PartReader {
    part: Arc<OpenPart>,
    decoder: ParquetPushDecoder,
    /// For each wanted column its place in the decoded batches, and its type in the layer.
    places: Vec<(usize, DataType)>,
    pages: Arc<LayerPages>,
    reservation: MemoryReservation,
}

impl PartReader {
    /// The next rows of the wanted columns; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<ArrayRef>>> {
        loop {
            let decoded = self
                .decoder
                .try_decode()
                .map_err(|e| self.part.unreadable(e))?;
            match decoded {
                DecodeResult::NeedsData(ranges) => {
                    let (data, bytes) = self.part.fetch(&ranges).await?;
                    self.pages.count(&ranges, bytes);
                    // Without a limit to fail at: what a row group needs, it needs. Who can spill does.
                    self.reservation.resize(bytes);
                    self.decoder
                        .push_ranges(ranges, data)
                        .map_err(|e| self.part.unreadable(e))?;
                }
                DecodeResult::Data(batch) => {
                    let columns = self
                        .places
                        .iter()
                        .map(|(place, data_type)| {
                            let column = batch.column(*place);
                            if column.data_type() == data_type {
                                Ok(Arc::clone(column))
                            } else {
                                cast(column, data_type).map_err(|e| self.part.unreadable(e))
                            }
                        })
                        .collect::<Result<Vec<_>>>()?;
                    return Ok(Some(columns));
                }
                DecodeResult::Finished => return Ok(None),
            }
        }
    }
}

/// Opened parts, shared by the queries over one corpus; forgets the oldest beyond a bound of memory.
#[derive(Debug, Default)]
pub struct PartCache {
    parts: Mutex<Cached>,
}

type Slot = Arc<OnceCell<Arc<OpenPart>>>;

#[derive(Debug, Default)]
struct Cached {
    /// By folder of the layer, generation and part: the time of last use beside it.
    slots: HashMap<(PathBuf, String, usize), (u64, Slot)>,
    clock: u64,
}

impl PartCache {
    /// The opened part, from the cache or from disk.
    pub async fn open(
        &self,
        store: &Arc<dyn ObjectStore>,
        corpus: &Corpus,
        layer: &Layer,
        number: usize,
    ) -> Result<Arc<OpenPart>> {
        let slot = {
            let mut cached = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
            cached.clock += 1;
            let now = cached.clock;
            let key = (
                layer.folder().to_path_buf(),
                layer.manifest().generation.clone(),
                number,
            );
            let entry = cached.slots.entry(key).or_default();
            entry.0 = now;
            let slot = Arc::clone(&entry.1);
            cached.forget_oldest();
            slot
        };
        let part = slot
            .get_or_try_init(|| async {
                OpenPart::open(Arc::clone(store), corpus, layer, number)
                    .await
                    .map(Arc::new)
            })
            .await?;
        Ok(Arc::clone(part))
    }
}

impl Cached {
    fn forget_oldest(&mut self) {
        let size = |slot: &Slot| slot.get().map_or(0, |p| p.memory);
        let mut bytes: usize = self.slots.values().map(|(_, slot)| size(slot)).sum();
        while bytes > CACHE_BYTES {
            let Some(oldest) = self
                .slots
                .iter()
                .filter(|(_, (_, slot))| slot.initialized())
                .min_by_key(|(_, (used, _))| *used)
                .map(|(key, _)| key.clone())
            else {
                return;
            };
            if let Some((_, slot)) = self.slots.remove(&oldest) {
                bytes -= size(&slot);
            }
        }
    }
}

/// What brings a damaged part back.
fn rebuild_hint(corpus: &Corpus, layer: &Layer) -> String {
    let root = corpus.root().display();
    if layer.name() == DOCUMENTS {
        format!("bring the file back, or ingest into a new corpus; layers of {root} hold no text")
    } else {
        format!(
            "`corpusql annotate {root} {}` makes the part again",
            layer.name()
        )
    }
}

fn location_of(file: &Path) -> Result<object_store::path::Path> {
    let absolute =
        std::path::absolute(file).map_err(|e| Error::io("find the absolute path of", file, e))?;
    object_store::path::Path::from_absolute_path(&absolute)
        .map_err(|e| Error::user(format!("{} is no usable path", file.display())).caused_by(e))
}

async fn read_range(
    store: &Arc<dyn ObjectStore>,
    location: &object_store::path::Path,
    range: Range<u64>,
) -> object_store::Result<Vec<u8>> {
    let options = GetOptions::new().with_range(Some(range));
    let bytes = store.get_opts(location, options).await?.bytes().await?;
    Ok(bytes.to_vec())
}

/// Where the footer lies, from the last bytes of a file of `size` bytes.
fn footer_range(tail: &[u8], size: u64) -> Option<Range<u64>> {
    let (_, last) = tail.split_last_chunk::<8>()?;
    let (length, magic) = last.split_at(4);
    let length = u64::from(u32::from_le_bytes(length.try_into().ok()?));
    (magic == b"PAR1" && length + 12 <= size).then(|| size - 8 - length..size - 8)
}

async fn read_page_index(
    store: &Arc<dyn ObjectStore>,
    location: &object_store::path::Path,
    size: u64,
    metadata: ParquetMetaData,
) -> Result<ParquetMetaData> {
    let mut decoder = ParquetMetaDataPushDecoder::try_new_with_metadata(size, metadata)?
        .with_page_index_policy(PageIndexPolicy::Optional);
    loop {
        match decoder.try_decode()? {
            DecodeResult::NeedsData(ranges) => {
                let data = store
                    .get_ranges(location, &ranges)
                    .await
                    .map_err(|e| Error::user("cannot read the page index").caused_by(e))?;
                decoder.push_ranges(ranges, data)?;
            }
            DecodeResult::Data(metadata) => return Ok(metadata),
            DecodeResult::Finished => {
                return Err(Error::internal("the footer decoder ended without a footer"));
            }
        }
    }
}

/// Neighbouring ranges as one: pages of a chunk that are all wanted are one read.
fn merge_adjacent(ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable_by_key(|r| (r.start, r.end));
    let mut merged: Vec<Range<u64>> = Vec::new();
    for range in sorted {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// Whether a column's pages can be found and read one by one, in all row groups.
fn has_plain_pages(metadata: &ParquetMetaData, root: usize) -> bool {
    let schema = metadata.file_metadata().schema_descr();
    let Some(index) = metadata.offset_index() else {
        return false;
    };
    let row_groups = metadata.row_groups().iter().zip(index);
    let mut chunks = row_groups.flat_map(|(row_group, index)| {
        let leaves = row_group.columns().iter().zip(index).enumerate();
        leaves.filter(|(leaf, _)| schema.get_column_root_idx(*leaf) == root)
    });
    chunks.all(|(_, (chunk, pages))| is_readable(chunk) && !pages.page_locations().is_empty())
}

/// Whether Parquet stores both types alike, so that its reader makes either.
fn is_same_bytes(file: &DataType, wanted: &DataType) -> bool {
    let is_text =
        |t: &DataType| matches!(t, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    let is_binary = |t: &DataType| {
        matches!(
            t,
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView
        )
    };
    (is_text(file) && is_text(wanted)) || (is_binary(file) && is_binary(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjacent_ranges_are_one_read() {
        assert_eq!(merge_adjacent(&[10..20, 0..10, 30..40]), [0..20, 30..40]);
        assert_eq!(merge_adjacent(&[]), Vec::<Range<u64>>::new());
    }

    #[test]
    fn footers_are_found_or_not() {
        let mut file = vec![0u8; 100];
        file.extend(20u32.to_le_bytes());
        file.extend(b"PAR1");
        assert_eq!(footer_range(&file, 108), Some(80..100));
        assert_eq!(footer_range(&file, 31), None);
        assert_eq!(footer_range(b"PAR1", 4), None);
    }
}
