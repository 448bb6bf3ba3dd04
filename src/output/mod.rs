//! Results on stdout or in a file: table, csv, json, jsonl, parquet.
//!
//! `json` is an array of objects, `jsonl` an object a line; NULL is written out in both. `table` is for
//! people: long values are cut. JSON has no NaN and no infinity: `json` and `jsonl` write them as null.
//! A file is written aside and renamed when whole.

pub mod grid;
mod table;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, ValueEnum};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::csv::WriterBuilder as CsvWriterBuilder;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::arrow::json::Writer as JsonWriter;
use datafusion::arrow::json::writer::{
    JsonArray, LineDelimited, WriterBuilder as JsonWriterBuilder,
};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;
use futures::TryStreamExt;

use crate::corpus::layout;
use crate::error::{Error, Result};

/// Bytes of a row group of a Parquet result: what its writer holds in memory.
const ROW_GROUP_BYTES: usize = 64 << 20;

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// Comma-separated, with a header
    Csv,
    /// An array of objects; NaN and infinity are null
    Json,
    /// An object a line; NaN and infinity are null
    Jsonl,
    /// Parquet (needs --output, or a redirected stdout)
    Parquet,
}

/// Where and how results are written.
#[derive(Args, Clone, Debug, Default)]
pub struct Output {
    /// How results are written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write results to this file instead of stdout
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl Output {
    /// Whether a person looks at it.
    pub fn on_terminal(&self) -> bool {
        self.output.is_none() && io::IsTerminal::is_terminal(&io::stdout())
    }
}

/// Writes a stream of batches as it comes; returns the rows written.
pub async fn write_stream(mut stream: SendableRecordBatchStream, output: &Output) -> Result<u64> {
    let mut writer = ResultWriter::create(output, stream.schema())?;
    let mut rows = 0;
    while let Some(batch) = stream.try_next().await? {
        rows += batch.num_rows() as u64;
        if !writer.write(&batch)? {
            break;
        }
    }
    writer.finish()?;
    Ok(rows)
}

/// Writes batches that are already there.
pub fn write_batches(schema: SchemaRef, batches: &[RecordBatch], output: &Output) -> Result<()> {
    let mut writer = ResultWriter::create(output, schema)?;
    for batch in batches {
        if !writer.write(batch)? {
            break;
        }
    }
    writer.finish()
}

/// Writes words that are a result in themselves (a report, a plan).
pub fn write_text(text: &str, output: &Output) -> Result<()> {
    let mut sink = Sink::create(output)?;
    sink.write_all(text.as_bytes())
        .map_err(|e| Error::user("cannot write the results").caused_by(e))?;
    sink.finish()
}

/// A file can be made at `target`: its folder is there, and no folder has its name.
fn check_target(target: &Path) -> Result<()> {
    let name = target.display();
    if target.is_dir() {
        return Err(Error::user(format!("--output {name} is a folder"))
            .hint("name a file in it, as in --output FOLDER/results.csv"));
    }
    let folder = target.parent().filter(|f| !f.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => Err(Error::user(format!(
            "cannot create --output {name}: there is no folder {}",
            folder.display()
        ))
        .hint("make the folder first")),
        _ => Ok(()),
    }
}

/// Text formats name each value by its column: no two may have the same.
fn check_names(format: Format, schema: &Schema) -> Result<()> {
    let format = match format {
        Format::Csv => "csv",
        Format::Json => "json",
        Format::Jsonl => "jsonl",
        Format::Table | Format::Parquet => return Ok(()),
    };
    let mut names = HashSet::new();
    match schema.fields().iter().find(|f| !names.insert(f.name())) {
        None => Ok(()),
        Some(twice) => Err(Error::user(format!(
            "two columns of the results are called {}: {format} needs distinct names",
            twice.name()
        ))
        .hint(format!("rename one: {} AS another_name", twice.name()))),
    }
}

/// stdout, or a file that is renamed when whole.
///
/// A reader that has gone (`| head`) is no error: what is written then goes nowhere, and `gone` says so.
struct Sink {
    inner: BufWriter<Box<dyn Write + Send>>,
    file: Option<(PathBuf, PathBuf)>,
    gone: Arc<AtomicBool>,
}

impl Sink {
    fn create(output: &Output) -> Result<Self> {
        let gone = Arc::default();
        let Some(target) = &output.output else {
            return Ok(Self {
                inner: BufWriter::new(Box::new(io::stdout())),
                file: None,
                gone,
            });
        };
        check_target(target)?;
        let written = layout::aside(target);
        let file = File::create(&written).map_err(|e| Error::io("create", target, e))?;
        Ok(Self {
            inner: BufWriter::new(Box::new(file)),
            file: Some((written, target.clone())),
            gone,
        })
    }

    fn finish(mut self) -> Result<()> {
        self.flush().map_err(|e| match &self.file {
            Some((written, _)) => Error::io("write", written, e),
            None => Error::user("cannot write to stdout").caused_by(e),
        })?;
        match self.file {
            Some((written, target)) => layout::commit_file(&written, &target),
            None => Ok(()),
        }
    }

    fn unless_gone<T>(&self, result: io::Result<T>, then: T) -> io::Result<T> {
        match result {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe && self.file.is_none() => {
                self.gone.store(true, Ordering::Relaxed);
                Ok(then)
            }
            other => other,
        }
    }
}

impl Write for Sink {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.gone.load(Ordering::Relaxed) {
            return Ok(buf.len());
        }
        let result = self.inner.write(buf);
        self.unless_gone(result, buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gone.load(Ordering::Relaxed) {
            return Ok(());
        }
        let result = self.inner.flush();
        self.unless_gone(result, ())
    }
}

struct ResultWriter {
    format: FormatWriter,
    gone: Arc<AtomicBool>,
}

enum FormatWriter {
    Table(Sink, table::Table),
    Csv(Box<datafusion::arrow::csv::Writer<Sink>>),
    Json(Box<JsonWriter<Sink, JsonArray>>),
    Jsonl(Box<JsonWriter<Sink, LineDelimited>>),
    Parquet(Box<ArrowWriter<Sink>>),
}

impl ResultWriter {
    fn create(output: &Output, schema: SchemaRef) -> Result<Self> {
        let json = JsonWriterBuilder::new().with_explicit_nulls(true);
        if output.format == Format::Parquet && output.on_terminal() {
            return Err(
                Error::user("parquet cannot be shown on a terminal").hint("add --output FILE")
            );
        }
        check_names(output.format, &schema)?;
        let sink = Sink::create(output)?;
        let gone = Arc::clone(&sink.gone);
        let format = match output.format {
            Format::Table => FormatWriter::Table(sink, table::Table::new(&schema)),
            Format::Csv => {
                let mut writer = CsvWriterBuilder::new().with_header(true).build(sink);
                // The header comes with the first batch, and there may be none.
                writer.write(&flatten_for_csv(&RecordBatch::new_empty(schema))?)?;
                FormatWriter::Csv(Box::new(writer))
            }
            Format::Json => FormatWriter::Json(Box::new(json.build(sink))),
            Format::Jsonl => FormatWriter::Jsonl(Box::new(json.build(sink))),
            Format::Parquet => {
                let zstd = Compression::ZSTD(ZstdLevel::try_new(3)?);
                let properties = WriterProperties::builder()
                    .set_compression(zstd)
                    .set_max_row_group_bytes(Some(ROW_GROUP_BYTES))
                    .build();
                let writer = ArrowWriter::try_new(sink, schema, Some(properties))?;
                FormatWriter::Parquet(Box::new(writer))
            }
        };
        Ok(Self { format, gone })
    }

    /// `false` when nobody reads any more.
    fn write(&mut self, batch: &RecordBatch) -> Result<bool> {
        match &mut self.format {
            FormatWriter::Table(_, table) => table.push(batch)?,
            FormatWriter::Csv(writer) => writer.write(&flatten_for_csv(batch)?)?,
            FormatWriter::Json(writer) => writer.write(batch)?,
            FormatWriter::Jsonl(writer) => writer.write(batch)?,
            FormatWriter::Parquet(writer) => writer.write(batch)?,
        }
        Ok(!self.gone.load(Ordering::Relaxed))
    }

    fn finish(self) -> Result<()> {
        let cannot = |e| Error::user("cannot write the results").caused_by(e);
        match self.format {
            FormatWriter::Table(mut sink, table) => {
                sink.write_all(table.render().as_bytes()).map_err(cannot)?;
                sink.finish()
            }
            FormatWriter::Csv(writer) => writer.into_inner().finish(),
            FormatWriter::Json(mut writer) => {
                writer.finish()?;
                let mut sink = writer.into_inner();
                sink.write_all(b"\n").map_err(cannot)?;
                sink.finish()
            }
            FormatWriter::Jsonl(mut writer) => {
                writer.finish()?;
                writer.into_inner().finish()
            }
            FormatWriter::Parquet(writer) => writer.into_inner()?.finish(),
        }
    }
}

/// CSV has no lists: they are written as JSON text.
fn flatten_for_csv(batch: &RecordBatch) -> Result<RecordBatch> {
    use datafusion::arrow::array::{Array, ArrayRef, StringArray};
    use datafusion::arrow::datatypes::{DataType, Field, Schema};

    let nested = |t: &DataType| {
        t.is_nested()
            || matches!(
                t,
                DataType::Binary
                    | DataType::BinaryView
                    | DataType::LargeBinary
                    | DataType::FixedSizeBinary(_)
            )
    };
    if !batch
        .schema()
        .fields()
        .iter()
        .any(|f| nested(f.data_type()))
    {
        return Ok(batch.clone());
    }
    let mut fields = Vec::new();
    let mut columns: Vec<ArrayRef> = Vec::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        if !nested(field.data_type()) {
            fields.push(Arc::clone(field));
            columns.push(Arc::clone(column));
            continue;
        }
        let one = RecordBatch::try_new(
            Arc::new(Schema::new(vec![Field::new(
                "v",
                field.data_type().clone(),
                true,
            )])),
            vec![Arc::clone(column)],
        )?;
        let mut bytes = Vec::new();
        let mut writer = JsonWriterBuilder::new()
            .with_explicit_nulls(true)
            .build::<_, LineDelimited>(&mut bytes);
        writer.write(&one)?;
        writer.finish()?;
        drop(writer);
        let text = String::from_utf8_lossy(&bytes);
        let values = text.lines().enumerate().map(|(row, line)| {
            // Each line is {"v":…}
            let value = line
                .get(5..line.len().saturating_sub(1))
                .unwrap_or_default();
            (!column.is_null(row)).then(|| value.trim_matches('"').to_string())
        });
        columns.push(Arc::new(values.collect::<StringArray>()));
        fields.push(Arc::new(Field::new(field.name(), DataType::Utf8, true)));
    }
    Ok(RecordBatch::try_new(
        Arc::new(Schema::new(fields)),
        columns,
    )?)
}
