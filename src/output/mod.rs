//! Results on stdout or in a file: table, csv, json, jsonl, parquet.
//!
//! `json` is an array of objects, `jsonl` an object a line; NULL is written out in both. `table` is for
//! people: long values are cut. A file is written aside and renamed when whole.

mod table;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::csv::WriterBuilder as CsvWriterBuilder;
use datafusion::arrow::datatypes::SchemaRef;
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

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// Comma-separated, with a header
    Csv,
    /// An array of objects
    Json,
    /// An object a line
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
    let written = sink.write_all(text.as_bytes());
    if Sink::still_read(written, output)? {
        sink.finish()
    } else {
        Ok(())
    }
}

/// stdout, or a file that is renamed when whole.
struct Sink {
    inner: BufWriter<Box<dyn Write + Send>>,
    file: Option<(PathBuf, PathBuf)>,
}

impl Sink {
    fn create(output: &Output) -> Result<Self> {
        let Some(target) = &output.output else {
            return Ok(Self {
                inner: BufWriter::new(Box::new(io::stdout())),
                file: None,
            });
        };
        let written = layout::aside(target);
        let file = File::create(&written).map_err(|e| Error::io("create", &written, e))?;
        Ok(Self {
            inner: BufWriter::new(Box::new(file)),
            file: Some((written, target.clone())),
        })
    }

    /// A reader that has gone (`| head`) is no error: `false` says to stop.
    fn still_read(result: io::Result<()>, output: &Output) -> Result<bool> {
        match result {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe && output.output.is_none() => Ok(false),
            Err(e) => match &output.output {
                Some(path) => Err(Error::io("write", path, e)),
                None => Err(Error::user("cannot write to stdout").caused_by(e)),
            },
        }
    }

    fn finish(mut self) -> Result<()> {
        match self.inner.flush() {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe && self.file.is_none() => return Ok(()),
            Err(e) => return Err(Error::user("cannot write the results").caused_by(e)),
        }
        drop(self.inner);
        match self.file {
            Some((written, target)) => layout::commit_file(&written, &target),
            None => Ok(()),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.inner.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

enum ResultWriter {
    Table(Sink, table::Table),
    Csv(datafusion::arrow::csv::Writer<Sink>),
    Json(JsonWriter<Sink, JsonArray>, bool),
    Jsonl(JsonWriter<Sink, LineDelimited>),
    Parquet(Box<ArrowWriter<Sink>>),
}

impl ResultWriter {
    fn create(output: &Output, schema: SchemaRef) -> Result<Self> {
        let json = JsonWriterBuilder::new().with_explicit_nulls(true);
        if output.format == Format::Parquet
            && output.output.is_none()
            && io::IsTerminal::is_terminal(&io::stdout())
        {
            return Err(
                Error::user("parquet cannot be shown on a terminal").hint("add --output FILE")
            );
        }
        let sink = Sink::create(output)?;
        Ok(match output.format {
            Format::Table => Self::Table(sink, table::Table::new(&schema)),
            Format::Csv => Self::Csv(CsvWriterBuilder::new().with_header(true).build(sink)),
            Format::Json => Self::Json(json.build(sink), false),
            Format::Jsonl => Self::Jsonl(json.build(sink)),
            Format::Parquet => {
                let zstd = Compression::ZSTD(ZstdLevel::try_new(3)?);
                let properties = WriterProperties::builder().set_compression(zstd).build();
                Self::Parquet(Box::new(ArrowWriter::try_new(
                    sink,
                    schema,
                    Some(properties),
                )?))
            }
        })
    }

    /// `false` when nobody reads any more.
    fn write(&mut self, batch: &RecordBatch) -> Result<bool> {
        let result = match self {
            Self::Table(_, table) => {
                table.push(batch)?;
                return Ok(true);
            }
            Self::Csv(writer) => writer.write(&flatten_for_csv(batch)?),
            Self::Json(writer, any) => {
                *any |= batch.num_rows() > 0;
                writer.write(batch)
            }
            Self::Jsonl(writer) => writer.write(batch),
            Self::Parquet(writer) => {
                writer.write(batch)?;
                return Ok(true);
            }
        };
        match result {
            Ok(()) => Ok(true),
            Err(e) if e.to_string().contains("Broken pipe") => Ok(false),
            Err(e) => Err(e.into()),
        }
    }

    fn finish(self) -> Result<()> {
        match self {
            Self::Table(mut sink, table) => {
                let written = sink.write_all(table.render().as_bytes());
                if Sink::still_read(written, &Output::default())? {
                    sink.finish()?;
                }
            }
            Self::Csv(writer) => writer.into_inner().finish()?,
            Self::Json(mut writer, _) => {
                let ended = writer.finish();
                if let Err(e) = ended
                    && !e.to_string().contains("Broken pipe")
                {
                    return Err(e.into());
                }
                let mut sink = writer.into_inner();
                let written = sink.write_all(b"\n");
                if Sink::still_read(written, &Output::default())? {
                    sink.finish()?;
                }
            }
            Self::Jsonl(mut writer) => {
                writer.finish()?;
                writer.into_inner().finish()?;
            }
            Self::Parquet(writer) => writer.into_inner()?.finish()?,
        }
        Ok(())
    }
}

/// CSV has no lists: they are written as JSON text.
fn flatten_for_csv(batch: &RecordBatch) -> Result<RecordBatch> {
    use datafusion::arrow::array::{Array, ArrayRef, StringArray};
    use datafusion::arrow::datatypes::{DataType, Field, Schema};
    use std::sync::Arc;

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
