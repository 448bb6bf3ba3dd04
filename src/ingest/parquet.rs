//! Parquet of any schema → documents, row group by row group.
//!
//! Strings are read as bytes and checked here, so that a text that is not UTF-8 costs one document and
//! not the file. Rows whose pages cannot be decoded are set aside up to the end of their row group.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringViewBuilder,
};
use datafusion::arrow::compute::concat_batches;
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::arrow::json::LineDelimitedWriter;
use datafusion::parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use datafusion::parquet::basic::{Repetition, Type as PhysicalType};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::{FileMetaData, ParquetMetaDataBuilder};
use datafusion::parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

use super::chunk::{Chunk, Reader};
use super::convert::{self, Faults};
use super::draft::{Draft, Parsed, Rules};
use super::guard::guarded;
use super::hash::{Blocks, blocks_in};
use super::inputs::Input;
use super::quarantine::{Bad, Reason};
use super::record::{Members, compose_metadata};
use super::schema::{BASE, Columns, FieldMap, METADATA, Place, stored_type};
use super::weight::batch_bytes;
use crate::error::{Error, Result, near_miss};

/// Bytes and rows with which a chunk is large enough.
const CHUNK_BYTES: u64 = 2 << 20;
const CHUNK_ROWS: usize = 4096;
/// Rows decoded at a time: few, since no average tells how long the next texts are.
const STEP_ROWS: usize = 64;

/// A Parquet file whose footer has been read.
pub struct ParquetFile {
    /// Its columns, with the types that the file declares.
    pub schema: SchemaRef,
    metadata: ArrowReaderMetadata,
}

impl ParquetFile {
    /// Reads the footer.
    pub fn open(path: &Path) -> Result<Self> {
        let refuse = |error: ParquetError| {
            Error::user(format!("{} is no readable Parquet file", path.display()))
                .caused_by(error)
                .hint("it may be truncated, or of another format; leave it out or mend it")
        };
        let file = File::open(path).map_err(|e| Error::io("open", path, e))?;
        let (schema, metadata) = guarded(|| {
            let declared = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())?;
            let metadata = strings_as_bytes(&declared)?;
            Ok((Arc::clone(declared.schema()), metadata))
        })
        .unwrap_or_else(|panicked| Err(ParquetError::General(panicked)))
        .map_err(refuse)?;
        Ok(Self { schema, metadata })
    }

    /// Whether the file can become documents: it has a text, and base columns are no nested ones.
    pub fn check(&self, path: &Path, map: &FieldMap) -> Result<()> {
        let names = || {
            let names = self.schema.fields().iter().map(|f| f.name().as_str());
            names.collect::<Vec<_>>()
        };
        for base in BASE {
            let field = map.field_of(base);
            match self.schema.field_with_name(field) {
                Ok(column) if base == "text" => {
                    let stored = stored_type(column.data_type());
                    if !matches!(stored, DataType::Utf8View | DataType::BinaryView) {
                        return Err(Error::user(format!(
                            "column {field} of {} holds {}, not text",
                            path.display(),
                            column.data_type()
                        ))
                        .hint(format!(
                            "name the column that holds the text with --map text=COLUMN; there are {}",
                            names().join(", ")
                        )));
                    }
                }
                Ok(column)
                    if column.data_type().is_nested()
                        && !matches!(column.data_type(), DataType::Dictionary(..)) =>
                {
                    return Err(Error::user(format!(
                        "column {field} of {} holds {}, which cannot be a document's {base}",
                        path.display(),
                        column.data_type()
                    ))
                    .hint(format!(
                        "take it from another column with --map {base}=COLUMN"
                    )));
                }
                Err(_) if base == "text" => {
                    let near = near_miss(field, names())
                        .or_else(|| names().into_iter().find(|name| LIKELY_TEXT.contains(name)))
                        .unwrap_or("COLUMN");
                    return Err(Error::user(format!(
                        "{} has no column {field}; it has {}",
                        path.display(),
                        names().join(", ")
                    ))
                    .hint(format!(
                        "name the column that holds the text, as in --map text={near}"
                    )));
                }
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// Number of row groups.
    pub fn row_groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    fn rows_of(&self, group: usize) -> u64 {
        u64::try_from(self.metadata.metadata().row_group(group).num_rows()).unwrap_or(0)
    }

    /// The bytes of the file that are read with row group `group`.
    fn bytes_of(&self, group: usize) -> Range<u64> {
        let end_of = |group: usize| {
            let columns = self.metadata.metadata().row_group(group).columns().iter();
            let ends = columns.map(|column| {
                let data = column.data_page_offset();
                let start = column
                    .dictionary_page_offset()
                    .map_or(data, |d| d.min(data));
                u64::try_from(start.saturating_add(column.compressed_size())).unwrap_or(0)
            });
            ends.max().unwrap_or(0)
        };
        let start = (0..group).map(end_of).max().unwrap_or(0);
        let end = if group + 1 == self.row_groups() {
            u64::MAX
        } else {
            end_of(group).max(start)
        };
        start..end
    }
}

/// Names under which other projects keep the text; only for hints.
const LIKELY_TEXT: [&str; 6] = [
    "content",
    "body",
    "raw_content",
    "document",
    "markdown",
    "contents",
];

/// The metadata of a file in which top-level strings are plain bytes.
fn strings_as_bytes(declared: &ArrowReaderMetadata) -> Result<ArrowReaderMetadata, ParquetError> {
    let file = declared.metadata().file_metadata();
    let root = file.schema_descr().root_schema();
    let is_bytes = |field: &Field| {
        matches!(
            stored_type(field.data_type()),
            DataType::Utf8View | DataType::BinaryView
        )
    };
    let arrow = declared.schema().fields().iter();
    let mut columns: Vec<TypePtr> = Vec::new();
    let mut fields = Vec::new();
    for (column, field) in root.get_fields().iter().zip(arrow) {
        let plain = column.is_primitive()
            && column.get_physical_type() == PhysicalType::BYTE_ARRAY
            && is_bytes(field);
        if plain {
            let info = column.get_basic_info();
            let repetition = if info.has_repetition() {
                info.repetition()
            } else {
                Repetition::OPTIONAL
            };
            let bytes = Type::primitive_type_builder(column.name(), PhysicalType::BYTE_ARRAY)
                .with_repetition(repetition)
                .with_id(info.has_id().then(|| info.id()))
                .build()?;
            columns.push(Arc::new(bytes));
            let field = field.as_ref().clone().with_data_type(DataType::BinaryView);
            fields.push(Arc::new(field));
        } else {
            columns.push(Arc::clone(column));
            fields.push(Arc::clone(field));
        }
    }
    let root = Type::group_type_builder(root.name())
        .with_fields(columns)
        .build()?;
    let file = FileMetaData::new(
        file.version(),
        file.num_rows(),
        None,
        None,
        Arc::new(SchemaDescriptor::new(Arc::new(root))),
        None,
    );
    let metadata = ParquetMetaDataBuilder::new(file)
        .set_row_groups(declared.metadata().row_groups().to_vec())
        .build();
    let options = ArrowReaderOptions::new().with_schema(Arc::new(Schema::new(fields)));
    ArrowReaderMetadata::try_new(Arc::new(metadata), options)
}

/// Reads one row group.
pub struct RowGroupReader {
    input: Arc<str>,
    path: PathBuf,
    file: Arc<ParquetFile>,
    group: usize,
    /// The number of the group's first row in the file.
    first: u64,
    /// The number of the next row.
    next: u64,
    rows: Option<ParquetRecordBatchReader>,
    /// Why the rows behind those that were handed out cannot be read.
    failed: Option<String>,
    progress: u64,
}

impl RowGroupReader {
    /// Rows of `group`, whose first one has number `first`; rows before number `from` are left out.
    pub fn new(input: &Input, file: Arc<ParquetFile>, group: usize, first: u64, from: u64) -> Self {
        let end = first + file.rows_of(group);
        Self {
            input: input.name.as_str().into(),
            path: input.path.clone(),
            file,
            group,
            first,
            next: from.clamp(first, end),
            rows: None,
            failed: None,
            progress: 0,
        }
    }

    /// The number of the first row behind the group.
    pub fn end(&self) -> u64 {
        self.first + self.file.rows_of(self.group)
    }

    fn open(&self) -> Result<File> {
        File::open(&self.path).map_err(|e| Error::io("open", &self.path, e))
    }

    /// The next rows, as many as make a chunk; nothing where there are none, or none can be read.
    fn rows(&mut self) -> Option<RecordBatch> {
        let (mut steps, mut rows, mut bytes) = (Vec::new(), 0, 0);
        while self.failed.is_none() && rows < CHUNK_ROWS && bytes < CHUNK_BYTES {
            match guarded(|| self.step())
                .unwrap_or_else(|panicked| Err(ParquetError::General(panicked)))
            {
                Ok(Some(step)) => {
                    rows += step.num_rows();
                    bytes += batch_bytes(&step);
                    steps.push(step);
                }
                Ok(None) => break,
                Err(error) => self.failed = Some(error.to_string()),
            }
        }
        match steps.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            [first, ..] => match concat_batches(&first.schema(), &steps) {
                Ok(batch) => Some(batch),
                Err(error) => {
                    self.failed = Some(error.to_string());
                    None
                }
            },
        }
    }

    fn step(&mut self) -> Result<Option<RecordBatch>, ParquetError> {
        let rows = match &mut self.rows {
            Some(rows) => rows,
            None => {
                let file = File::open(&self.path)?;
                let metadata = self.file.metadata.clone();
                let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
                    .with_row_groups(vec![self.group])
                    .with_offset((self.next - self.first) as usize)
                    .with_batch_size(STEP_ROWS)
                    .build()?;
                self.rows.insert(reader)
            }
        };
        Ok(rows.next().transpose()?)
    }
}

impl Reader for RowGroupReader {
    fn next(&mut self) -> Result<Option<Box<dyn Chunk>>> {
        if self.next >= self.end() {
            return Ok(None);
        }
        let (first, left) = (self.next, self.end() - self.next);
        let batch = self.rows().filter(|rows| rows.num_rows() as u64 <= left);
        let broken = batch.is_none().then(|| {
            let why = self.failed.take();
            let why =
                why.unwrap_or_else(|| "the row group has fewer rows than it says".to_string());
            let mut bad = Bad::new(first, Reason::UnreadableRows, why);
            bad.rows = left;
            bad
        });
        let read = batch.as_ref().map_or(left, |rows| rows.num_rows() as u64);
        self.next += read;
        let facts = self.file.metadata.metadata().row_group(self.group);
        let bytes = u64::try_from(facts.compressed_size()).unwrap_or(0);
        self.progress += bytes * read / self.file.rows_of(self.group).max(1);
        Ok(Some(Box::new(RowsChunk {
            input: Arc::clone(&self.input),
            file: Arc::clone(&self.file),
            first,
            batch,
            broken,
        })))
    }

    fn progress(&mut self) -> u64 {
        std::mem::take(&mut self.progress)
    }

    fn finish(self: Box<Self>) -> Result<Blocks> {
        let file = self.open()?;
        blocks_in(&file, self.file.bytes_of(self.group))
            .map_err(|e| Error::io("read", &self.path, e))
    }
}

/// Reads a file without row groups, which still has a hash.
pub struct NoRows(PathBuf);

impl NoRows {
    /// Nothing of `input`.
    pub fn new(input: &Input) -> Self {
        Self(input.path.clone())
    }
}

impl Reader for NoRows {
    fn next(&mut self) -> Result<Option<Box<dyn Chunk>>> {
        Ok(None)
    }

    fn progress(&mut self) -> u64 {
        0
    }

    fn finish(self: Box<Self>) -> Result<Blocks> {
        File::open(&self.0)
            .and_then(|file| blocks_in(&file, 0..u64::MAX))
            .map_err(|e| Error::io("read", &self.0, e))
    }
}

/// Rows of a Parquet file, or why there are none.
struct RowsChunk {
    input: Arc<str>,
    file: Arc<ParquetFile>,
    first: u64,
    batch: Option<RecordBatch>,
    broken: Option<Bad>,
}

impl Chunk for RowsChunk {
    fn bytes(&self) -> usize {
        self.batch.as_ref().map_or(0, batch_bytes) as usize
    }

    fn parse(self: Box<Self>, rules: &Rules) -> Result<Parsed> {
        let columns = &rules.columns;
        let rows = self.batch.as_ref().map_or(0, RecordBatch::num_rows);
        let mut given: Vec<Option<ArrayRef>> = vec![None; columns.schema().fields().len()];
        let mut faults = Faults::default();
        match &self.batch {
            Some(batch) => place(&self.file.schema, batch, columns, &mut given, &mut faults)?,
            None => {
                given[columns.index("text")?] = Some(Arc::new(StringViewBuilder::new().finish()))
            }
        }
        let mut bad: Vec<Bad> = self.broken.into_iter().collect();
        let mut fit = None;
        if !faults.is_empty() {
            let mut mask = vec![true; rows];
            for (row, fault) in faults.into_rows() {
                mask[row] = false;
                let record = self.first + row as u64;
                bad.push(Bad::new(record, fault.reason, fault.detail).with_raw(&fault.raw));
            }
            fit = Some(BooleanArray::from(mask));
        }
        Draft {
            given,
            records: (self.first..self.first + rows as u64).collect(),
            fit,
            bad,
        }
        .complete(rules, &self.input)
    }
}

/// Puts the columns of a batch where they belong.
fn place(
    schema: &Schema,
    batch: &RecordBatch,
    columns: &Columns,
    given: &mut [Option<ArrayRef>],
    faults: &mut Faults,
) -> Result<()> {
    let mut metadata: Option<ArrayRef> = None;
    let mut others: Vec<(&str, ArrayRef)> = Vec::new();
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        let name = field.name().as_str();
        match columns.place(name) {
            Place::Columns(targets) => {
                for target in targets {
                    let to = columns.schema().field(target).data_type();
                    given[target] = Some(convert::convert(name, array, to, faults)?);
                }
            }
            Place::AsMetadata => metadata = Some(readable(field, array, faults)),
            Place::Metadata => others.push((name, readable(field, array, faults))),
            Place::Nowhere => {}
        }
    }
    if metadata.is_some() || !others.is_empty() {
        let column = columns.index(METADATA)?;
        given[column] = Some(metadata_of(batch.num_rows(), metadata, &others)?);
    }
    let text = columns.index("text")?;
    if let Some(texts) = &given[text] {
        let field = columns.map().field_of("text");
        for row in 0..texts.len() {
            if texts.is_null(row) {
                // A text that is not UTF-8 has its fault already.
                faults.add(row, Reason::MissingText, format!("{field} is null"), &[]);
            }
        }
    }
    Ok(())
}

/// Strings that were read as bytes are strings again.
fn readable(field: &Field, array: &ArrayRef, faults: &mut Faults) -> ArrayRef {
    match array.as_binary_view_opt() {
        Some(bytes) if stored_type(field.data_type()) == DataType::Utf8View => {
            Arc::new(convert::strings(field.name(), bytes, faults))
        }
        _ => Arc::clone(array),
    }
}

/// One JSON object a row, of the metadata that the input has and its `others` fields.
fn metadata_of(
    rows: usize,
    metadata: Option<ArrayRef>,
    others: &[(&str, ArrayRef)],
) -> Result<ArrayRef> {
    let given = match &metadata {
        Some(array) => json_members(rows, &[(METADATA, Arc::clone(array))])?,
        None => String::new(),
    };
    let others = json_members(rows, others)?;
    let mut given = given.lines();
    let mut others = others.lines();
    let mut out = StringViewBuilder::with_capacity(rows);
    let unreadable =
        |e| Error::internal("what was written as JSON cannot be read as such").caused_by(e);
    for _ in 0..rows {
        let given: Members<'_> =
            serde_json::from_str(given.next().unwrap_or("{}")).map_err(unreadable)?;
        let others: Members<'_> =
            serde_json::from_str(others.next().unwrap_or("{}")).map_err(unreadable)?;
        let others: Vec<(&str, &str)> = others
            .0
            .iter()
            .map(|(key, value)| (key.as_ref(), value.get()))
            .collect();
        let given = given.0.first().map(|(_, value)| value.get());
        out.append_option(compose_metadata(given, &others));
    }
    Ok(Arc::new(out.finish()))
}

/// A line for each row: an object of the columns' values that are not NULL.
fn json_members(rows: usize, columns: &[(&str, ArrayRef)]) -> Result<String> {
    if columns.is_empty() {
        return Ok("{}\n".repeat(rows));
    }
    let columns = columns
        .iter()
        .map(|(name, array)| (*name, Arc::clone(array), true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns)?;
    let mut writer = LineDelimitedWriter::new(Vec::new());
    writer.write(&batch)?;
    writer.finish()?;
    String::from_utf8(writer.into_inner())
        .map_err(|e| Error::internal("JSON that is not UTF-8").caused_by(e))
}
