//! One shard: a stream of rows → a whole file and its checksum.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{AsArray, RecordBatch};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool};
use futures::TryStreamExt;
use sha2::{Digest, Sha256};

use super::Format;
use super::cut::Shard;
use super::folder;
use super::jsonl::JsonlWriter;
use super::manifest::ShardFile;
use super::parquet::ShardWriter;
use crate::error::{Error, Result};
use crate::progress::Progress;

/// Footer key of the identity of the export that a Parquet shard belongs to.
const EXPORT_IDENTITY: &str = "corpusql.export";

/// What all shards of an export share.
#[derive(Clone)]
pub struct Job {
    /// The folder of the export.
    pub folder: Arc<Path>,
    /// The identity of the export.
    pub identity: Arc<str>,
    /// What files are written.
    pub format: Format,
    /// The exported columns.
    pub schema: SchemaRef,
    /// Where memory is accounted for.
    pub pool: Arc<dyn MemoryPool>,
    /// Where progress is shown.
    pub progress: Progress,
}

enum Writer {
    Parquet(Box<ShardWriter>),
    Jsonl(JsonlWriter),
}

impl Job {
    /// Writes the rows of `stream` as shard `number`, which `plan` describes, and records it.
    pub async fn write(
        self,
        number: usize,
        plan: Shard,
        mut stream: SendableRecordBatchStream,
    ) -> Result<ShardFile> {
        let file = self.format.shard_file(number);
        let path = self.folder.join(&file);
        let memory = MemoryConsumer::new(format!("export {file}")).register(&self.pool);
        let mut writer = match self.format.lines() {
            None => {
                let row_groups = plan.row_groups.clone();
                let writer = ShardWriter::create(&path, &self.schema, row_groups)?;
                Writer::Parquet(Box::new(writer))
            }
            Some((lines, compression)) => {
                Writer::Jsonl(JsonlWriter::create(&path, lines, compression)?)
            }
        };
        let mut documents = 0;
        while let Some(batch) = stream.try_next().await? {
            // Nullability and metadata differ between plans, the files' schema does not.
            let batch = RecordBatch::try_new(Arc::clone(&self.schema), batch.columns().to_vec())?;
            match &mut writer {
                Writer::Parquet(writer) => {
                    writer.write(&batch)?;
                    memory.resize(writer.memory_size());
                }
                Writer::Jsonl(writer) => {
                    writer.write(&batch)?;
                    memory.resize(writer.memory_size());
                }
            }
            let rows = batch.num_rows() as u64;
            documents += rows;
            self.progress.add(rows, text_bytes(&batch), rows);
        }
        if documents != plan.documents {
            return Err(Error::user(format!(
                "{file} was planned with {} documents, {documents} came",
                plan.documents
            ))
            .hint("the corpus has changed in between; run the export again"));
        }
        match writer {
            Writer::Parquet(writer) => {
                let identity = self.identity.to_string();
                writer.finish(&[(EXPORT_IDENTITY, identity)])?;
            }
            Writer::Jsonl(writer) => writer.finish()?,
        }
        let (bytes, sha256) = checksum(&path)?;
        let shard = ShardFile {
            file,
            documents,
            text_bytes: plan.text_bytes,
            text_chars: plan.text_chars,
            bytes,
            sha256,
        };
        folder::record_shard(&self.folder, &self.identity, number, &shard)?;
        Ok(shard)
    }
}

/// Bytes of the texts of a batch, for the progress; none when they are not exported.
fn text_bytes(batch: &RecordBatch) -> u64 {
    let Some(column) = batch.column_by_name("text") else {
        return 0;
    };
    match column.as_string_view_opt() {
        Some(texts) => texts.lengths().map(u64::from).sum(),
        None => 0,
    }
}

/// Length and SHA-256 of a file, read back as it lies on disk.
fn checksum(path: &Path) -> Result<(u64, String)> {
    let mut hash = Sha256::new();
    let mut bytes = 0;
    let mut buffer = vec![0; 1 << 20];
    let result: io::Result<()> = (|| {
        let mut file = File::open(path)?;
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(()),
                read => {
                    hash.update(&buffer[..read]);
                    bytes += read as u64;
                }
            }
        }
    })();
    result.map_err(|e| Error::io("read back", path, e))?;
    let digest = hash.finalize();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((bytes, hex))
}
