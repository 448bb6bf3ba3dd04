//! The memory that whole commands take under a limit, over the documents and one of 200 MB among them.
//!
//! Each command is a process of its own, `corpusql` as it was built with the bench; its peak is what Linux says of it
//! (`VmHWM`), looked at until it ends. Elsewhere nothing is measured.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray, new_null_array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::basic::{Compression, ZstdLevel};
use datafusion::parquet::file::properties::WriterProperties;

use crate::setup::Outcome;
use crate::setup::corpus::Measured;
use crate::setup::record::Record;
use crate::setup::timing::{Took, timed};

const LIMIT: &str = "256MB";
/// Bytes of the one document.
const LARGE: usize = 200_000_000;
/// What may be resident at most, in MB.
const MOST: f64 = 640.0;

/// Measures it.
pub fn run(measured: &Measured, threads: usize, record: &mut Record) -> Outcome<()> {
    if !cfg!(target_os = "linux") {
        println!("\nmemory: measured on Linux only");
        return Ok(());
    }
    let folder = measured.folder.join("memory");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let inputs = folder.join("inputs");
    fs::create_dir_all(&inputs)?;
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(measured.folder.join("inputs"))? {
        files.push(entry?.path());
    }
    files.sort();
    let large = inputs.join(format!("part-{:05}-large.parquet", files.len() / 2));
    write_large(&files, &large)?;
    for file in &files {
        let name = file.file_name().ok_or("a file without name")?;
        if fs::hard_link(file, inputs.join(name)).is_err() {
            fs::copy(file, inputs.join(name))?;
        }
    }
    let [corpus, report, inputs] =
        ["corpus", "report.json", "inputs"].map(|name| folder.join(name).display().to_string());
    let exported = |format: &str| folder.join(format).display().to_string();
    let filter = [
        "filter",
        &corpus,
        "rpv2_gopher",
        "--format",
        "json",
        "--output",
        &report,
    ];
    let export = |format| {
        let to = exported(format);
        ["export", &corpus, "--to", &to, "--format", format]
            .map(str::to_string)
            .to_vec()
    };
    let strings = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let steps = [
        ("ingest", strings(&["ingest", &inputs, "--to", &corpus])),
        ("filter, signals computed", strings(&filter)),
        ("annotate rpv2", strings(&["annotate", &corpus, "rpv2"])),
        ("filter, signals stored", strings(&filter)),
        ("export, Parquet", export("parquet")),
        ("export, JSON lines", export("jsonl.zst")),
    ];
    println!(
        "\nmemory: --memory-limit {LIMIT}, one document of {} MB among them",
        LARGE / 1_000_000
    );
    let documents = measured.documents + 1;
    let bytes = measured.text_bytes + LARGE as u64;
    for (name, words) in steps {
        let (peak, took) = timed(|| peak_of(&words, threads));
        let peak = peak? as f64 / 1e6;
        println!(
            "  {name:<26} {peak:>6.0} MB at most (at most {MOST:.0}); {:.1} s",
            took.seconds
        );
        let note = format!(
            "queries bench, memory: {name}, one document of 200 MB, peak at most {MOST:.0} MB demanded; one run"
        );
        let command = format!(
            "corpusql {} --memory-limit {LIMIT} --threads {threads}",
            words[0]
        );
        // The processor time of the clock is that of the bench.
        let took = Took {
            processor: 0.0,
            ..took
        };
        record.add_with_peak(&command, took, Some((documents, bytes)), Some(peak), &note);
        for format in ["parquet", "jsonl.zst"] {
            if Path::new(&exported(format)).exists() {
                fs::remove_dir_all(exported(format))?;
            }
        }
    }
    Ok(fs::remove_dir_all(folder)?)
}

/// Bytes that the process has had resident at most, once it has ended well.
fn peak_of(words: &[String], threads: usize) -> Outcome<u64> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_corpusql"))
        .args(words)
        .args([
            "--memory-limit",
            LIMIT,
            "--quiet",
            "--threads",
            &threads.to_string(),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let facts = fs::read_to_string(&status).unwrap_or_default();
        let line = facts.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        peak = peak.max(kib.unwrap_or(0) * 1024);
        if let Some(ended) = child.try_wait()? {
            return match ended.success() {
                true => Ok(peak),
                false => Err(format!("corpusql {} failed", words.join(" ")).into()),
            };
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// A file of one document, which has the texts of the others up to its size, again and again if they are too few.
fn write_large(files: &[PathBuf], path: &Path) -> Outcome<()> {
    let mut text = String::with_capacity(LARGE);
    let mut schema = None;
    'files: for file in files.iter().cycle() {
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(file)?)?;
        schema = Some(Arc::clone(reader.schema()));
        for batch in reader.build()? {
            let batch = batch?;
            let texts = batch.column_by_name("text").ok_or("no column text")?;
            for one in cast(texts, &DataType::Utf8)?
                .as_string::<i32>()
                .iter()
                .flatten()
            {
                if text.len() + one.len() + 2 > LARGE {
                    break 'files;
                }
                text.push_str(one);
                text.push_str("\n\n");
            }
        }
    }
    let schema = schema.ok_or("no inputs")?;
    let columns = schema.fields().iter().map(|field| {
        let value: Option<&str> = match field.name().as_str() {
            "text" => Some(&text),
            "id" => Some("large"),
            "language" => Some("en"),
            _ => None,
        };
        match value {
            Some(value) => {
                let strings: ArrayRef = Arc::new(StringArray::from(vec![value]));
                cast(&strings, field.data_type())
            }
            None if field.is_nullable() => Ok(new_null_array(field.data_type(), 1)),
            None => cast(&StringArray::from(vec!["0"]), field.data_type()),
        }
    });
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns.collect::<Result<_, _>>()?)?;
    let zstd = Compression::ZSTD(ZstdLevel::try_new(3)?);
    let properties = WriterProperties::builder()
        .set_compression(zstd)
        .set_dictionary_enabled(false);
    let mut writer = ArrowWriter::try_new(File::create(path)?, schema, Some(properties.build()))?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}
