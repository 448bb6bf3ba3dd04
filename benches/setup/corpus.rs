//! The corpus that is measured: made or copied once, annotated with `rpv2`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use corpusql::annotate::{AnnotateRequest, LayerSource, annotate};
use corpusql::corpus::Corpus;
use corpusql::ingest::{FieldMap, IngestRequest, ingest};
use corpusql::query::Planner;
use corpusql::session::Engine;
use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Int64Type, Schema};
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;

use super::Outcome;
use super::options::Common;
use super::text::Maker;

/// Documents of one input file, and of one of its row groups.
const FILE: u64 = 20_000;
const ROWS: usize = 5_000;

/// The corpus of a bench.
#[derive(Debug)]
pub struct Measured {
    /// Its folder.
    pub root: PathBuf,
    /// Folder of what else the bench makes.
    pub folder: PathBuf,
    /// Documents in it.
    pub documents: u64,
    /// Bytes of their text.
    pub text_bytes: u64,
}

impl Measured {
    /// Makes what is not there yet.
    pub async fn make(engine: &Engine, common: &Common) -> Outcome<Self> {
        let folder = if common.input.is_empty() {
            common.data.join(format!("made-{}", common.documents))
        } else {
            common.data.join("given")
        };
        let inputs = folder.join("inputs");
        let root = folder.join("corpus");
        if !inputs.exists() {
            let writing = folder.join("inputs.writing");
            fs::create_dir_all(&writing)?;
            if common.input.is_empty() {
                let maker = Maker::load(engine, &folder.join("seeds")).await?;
                write_inputs(&maker, common.documents, common.threads.get(), &writing)?;
            } else {
                for (number, input) in common.input.iter().enumerate() {
                    copy_with_u(input, number, &writing)?;
                }
            }
            fs::rename(writing, &inputs)?;
        }
        let request = IngestRequest {
            map: FieldMap::new(common.map.clone())?,
            ..IngestRequest::new(vec![inputs.display().to_string()], root.clone())
        };
        ingest(engine, &request).await?;
        annotate(engine, &root, &[rpv2()]).await?;
        let corpus = Arc::new(Corpus::open(&root)?);
        let sum = "SELECT count(*), sum(text_bytes) FROM corpus";
        let planned = Planner::new(engine, &[corpus])?.plan(sum).await?;
        let batches = planned.collect().await?;
        let number = |column: usize| {
            let columns = batches.iter().map(|batch| batch.column(column));
            let mut values = columns.flat_map(|c| c.as_primitive::<Int64Type>().values().to_vec());
            values.next().unwrap_or_default() as u64
        };
        Ok(Self {
            root,
            folder,
            documents: number(0),
            text_bytes: number(1),
        })
    }

    /// The input in words.
    pub fn words(&self) -> String {
        let megabytes = self.text_bytes as f64 / 1e6;
        format!("{} documents, {megabytes:.1} MB of text", self.documents)
    }

    /// Opens it: one generation of each layer, nothing in memory.
    pub fn open(&self) -> Outcome<Arc<Corpus>> {
        Ok(Arc::new(Corpus::open(&self.root)?))
    }
}

/// The layer `rpv2`.
pub fn rpv2() -> AnnotateRequest {
    AnnotateRequest {
        source: LayerSource::Named("rpv2".to_string()),
        prefix: None,
    }
}

fn write_inputs(maker: &Maker, documents: u64, threads: usize, folder: &Path) -> Outcome<()> {
    let files: Vec<u64> = (0..documents.div_ceil(FILE)).collect();
    let shares = files.chunks(files.len().div_ceil(threads).max(1));
    thread::scope(|scope| {
        let work: Vec<_> = shares
            .map(|share| {
                scope.spawn(move || {
                    share.iter().try_for_each(|&file| {
                        let end = ((file + 1) * FILE).min(documents);
                        write_input(maker, file * FILE..end, &folder.join(name(file as usize)))
                            .map_err(|e| e.to_string())
                    })
                })
            })
            .collect();
        for thread in work {
            thread
                .join()
                .map_err(|_| "a thread that makes documents died")??;
        }
        Ok(())
    })
}

fn name(file: usize) -> String {
    format!("part-{file:05}.parquet")
}

fn properties() -> Outcome<WriterProperties> {
    let zstd = Compression::ZSTD(ZstdLevel::try_new(3)?);
    let properties = WriterProperties::builder().set_compression(zstd);
    Ok(properties.set_max_row_group_row_count(Some(ROWS)).build())
}

fn write_input(maker: &Maker, numbers: std::ops::Range<u64>, path: &Path) -> Outcome<()> {
    let mut writer: Option<ArrowWriter<File>> = None;
    let numbers: Vec<u64> = numbers.collect();
    for some in numbers.chunks(ROWS) {
        let made: Vec<_> = some.iter().map(|number| maker.document(*number)).collect();
        let strings = |f: fn(&super::text::Document) -> Option<&str>| -> ArrayRef {
            Arc::new(made.iter().map(f).collect::<StringArray>())
        };
        let uniform: Float64Array = made.iter().map(|d| Some(d.uniform)).collect();
        let batch = RecordBatch::try_from_iter([
            ("id", strings(|d| Some(&d.id))),
            ("text", strings(|d| Some(&d.text))),
            ("url", strings(|d| Some(&d.url))),
            ("source", strings(|d| Some(&d.source))),
            ("language", strings(|d| d.language.as_deref())),
            ("u", Arc::new(uniform)),
        ])?;
        let writer = match &mut writer {
            Some(writer) => writer,
            none => none.insert(ArrowWriter::try_new(
                File::create(path)?,
                batch.schema(),
                Some(properties()?),
            )?),
        };
        writer.write(&batch)?;
    }
    if let Some(writer) = writer {
        writer.close()?;
    }
    Ok(())
}

/// Copies a file and adds the column `u`.
fn copy_with_u(input: &Path, number: usize, folder: &Path) -> Outcome<()> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(input)?)?;
    let mut fields = reader.schema().fields().to_vec();
    fields.push(Arc::new(Field::new("u", DataType::Float64, false)));
    let schema = Arc::new(Schema::new(fields));
    let file = File::create(folder.join(name(number)))?;
    let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties()?))?;
    let mut row = (number as u64) << 32;
    for batch in reader.with_batch_size(ROWS).build()? {
        let batch = batch?;
        let rows = row..row + batch.num_rows() as u64;
        row = rows.end;
        let mut columns = batch.columns().to_vec();
        columns.push(Arc::new(Float64Array::from_iter_values(
            rows.map(super::text::uniform),
        )));
        writer.write(&RecordBatch::try_new(Arc::clone(&schema), columns)?)?;
    }
    writer.close()?;
    Ok(())
}
