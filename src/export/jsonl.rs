//! Documents as JSON lines, in compressed frames of a fixed size.
//!
//! Text stands as it is in the corpus (escaped as JSON demands, nothing normalised), numbers in their
//! shortest form that reads back equal, NULL as `null`, lists as arrays, binary values as hexadecimal
//! digits; keys in the order of the columns. A frame ends with the line that takes it to its size,
//! and is compressed at once, so that the bytes depend on the lines alone. Frames one after another
//! are one valid `.zst` or `.gz` file, and readers may decompress them in parallel.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{Array, RecordBatch, StructArray};
use datafusion::arrow::datatypes::Field;
use datafusion::arrow::json::writer::{EncoderOptions, make_encoder};

use super::rpv2::Records;
use crate::corpus::layout::{aside, commit_file};
use crate::error::{Error, Result};

/// Bytes of JSON that make a frame.
const FRAME_BYTES: usize = 4 << 20;
/// zstd's own default.
const ZSTD_LEVEL: i32 = 3;
/// gzip's own default.
const GZIP_LEVEL: u32 = 6;

/// How frames are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// Zstandard frames.
    Zstd,
    /// Gzip members.
    Gzip,
}

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// An object of the columns.
    Columns,
    /// A record of RedPajama-V2's signals.
    Rpv2,
}

/// Writes one file of JSON lines, aside until it is whole.
pub struct JsonlWriter {
    target: PathBuf,
    written: PathBuf,
    file: BufWriter<File>,
    lines: Lines,
    compression: Compression,
    frame: Vec<u8>,
}

impl JsonlWriter {
    /// Starts `target`.
    pub fn create(target: &Path, lines: Lines, compression: Compression) -> Result<Self> {
        let written = aside(target);
        let file = File::create(&written).map_err(|e| Error::io("create", &written, e))?;
        Ok(Self {
            target: target.to_path_buf(),
            written,
            file: BufWriter::with_capacity(1 << 20, file),
            lines,
            compression,
            frame: Vec::new(),
        })
    }

    /// Adds rows, each a line.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match self.lines {
            Lines::Columns => {
                let fields = batch.schema().fields().clone();
                let field = Arc::new(Field::new_struct("", fields, false));
                let rows = StructArray::from(batch.clone());
                let options = EncoderOptions::default().with_explicit_nulls(true);
                let mut encoder = make_encoder(&field, &rows, &options)?;
                for row in 0..rows.len() {
                    encoder.encode(row, &mut self.frame);
                    self.end_line()?;
                }
            }
            Lines::Rpv2 => {
                let records = Records::new(batch)?;
                for row in 0..batch.num_rows() {
                    records.encode(row, &mut self.frame)?;
                    self.end_line()?;
                }
            }
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<()> {
        self.frame.push(b'\n');
        if self.frame.len() < FRAME_BYTES {
            return Ok(());
        }
        end_frame(self.compression, &mut self.frame, &mut self.file)
            .map_err(|e| Error::io("write", &self.written, e))
    }

    /// Bytes held in memory.
    pub fn memory_size(&self) -> usize {
        self.frame.capacity()
    }

    /// Writes the last frame, syncs and renames.
    pub fn finish(mut self) -> Result<()> {
        let result = (|| {
            if !self.frame.is_empty() {
                end_frame(self.compression, &mut self.frame, &mut self.file)?;
            }
            let file = self
                .file
                .into_inner()
                .map_err(io::IntoInnerError::into_error)?;
            file.sync_all()
        })();
        result.map_err(|e| Error::io("write", &self.written, e))?;
        commit_file(&self.written, &self.target)
    }
}

/// Compresses a frame into the file and empties it.
fn end_frame(
    compression: Compression,
    frame: &mut Vec<u8>,
    file: &mut BufWriter<File>,
) -> io::Result<()> {
    match compression {
        Compression::None => file.write_all(frame)?,
        Compression::Zstd => file.write_all(&zstd::bulk::compress(frame, ZSTD_LEVEL)?)?,
        Compression::Gzip => {
            // No time and no name in the header: the same lines make the same bytes.
            let level = flate2::Compression::new(GZIP_LEVEL);
            let mut member = flate2::GzBuilder::new().write(&mut *file, level);
            member.write_all(frame)?;
            member.finish()?;
        }
    }
    frame.clear();
    // One huge document must not hold its memory for the rest of the file.
    frame.shrink_to(2 * FRAME_BYTES);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use datafusion::arrow::array::{
        FixedSizeBinaryArray, Float64Array, Int64Array, ListArray, StringViewArray,
    };
    use datafusion::arrow::datatypes::{Float64Type, Schema};

    use super::*;

    fn batch(texts: &[&str]) -> RecordBatch {
        let rows = texts.len();
        let numbers =
            (0..rows).map(|i| [None, Some(0.1), Some(5.0), Some(1e-8), Some(1e300)][i % 5]);
        let lists = (0..rows).map(|i| (i % 3 > 0).then(|| vec![Some(0.5), None]));
        let columns: Vec<(&str, Arc<dyn Array>)> = vec![
            ("text", Arc::new(StringViewArray::from_iter_values(texts))),
            (
                "count",
                Arc::new(Int64Array::from_iter_values(0..rows as i64)),
            ),
            ("score", Arc::new(Float64Array::from_iter(numbers))),
            (
                "lines",
                Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(lists)),
            ),
            (
                "hash",
                Arc::new(
                    FixedSizeBinaryArray::try_from_iter((0..rows).map(|i| [i as u8, 0xab]))
                        .expect("equal lengths"),
                ),
            ),
        ];
        let fields: Vec<Field> = columns
            .iter()
            .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
            .collect();
        RecordBatch::try_new(
            Arc::new(Schema::new(fields)),
            columns.into_iter().map(|(_, array)| array).collect(),
        )
        .expect("columns agree")
    }

    fn written(batch: &RecordBatch, rows_at_once: usize, compression: Compression) -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shard");
        let mut writer = JsonlWriter::create(&path, Lines::Columns, compression).expect("creates");
        for start in (0..batch.num_rows()).step_by(rows_at_once) {
            let rows = rows_at_once.min(batch.num_rows() - start);
            writer.write(&batch.slice(start, rows)).expect("writes");
        }
        writer.finish().expect("finishes");
        std::fs::read(path).expect("is there")
    }

    #[test]
    fn values_are_written_exactly() {
        let text = "tab\t, quote \", line\n, é, 日本, \u{2028}, \u{1}, 🎈";
        let bytes = written(&batch(&[text, "", "x"]), 1, Compression::None);
        let lines = String::from_utf8(bytes).expect("UTF-8");
        assert_eq!(
            lines,
            concat!(
                "{\"text\":\"tab\\t, quote \\\", line\\n, é, 日本, \u{2028}, \\u0001, 🎈\",",
                "\"count\":0,\"score\":null,\"lines\":null,\"hash\":\"00ab\"}\n",
                "{\"text\":\"\",\"count\":1,\"score\":0.1,\"lines\":[0.5,null],\"hash\":\"01ab\"}\n",
                "{\"text\":\"x\",\"count\":2,\"score\":5.0,\"lines\":[0.5,null],\"hash\":\"02ab\"}\n",
            )
        );
        let first: serde_json::Value =
            serde_json::from_str(lines.lines().next().unwrap_or_default()).expect("JSON");
        assert_eq!(first["text"], text);
    }

    #[test]
    fn bytes_do_not_depend_on_batches() {
        let long = "lorem ipsum ".repeat(20_000);
        let texts: Vec<&str> = (0..60).map(|i| &long[i..]).collect();
        let batch = batch(&texts);
        for compression in [Compression::None, Compression::Zstd, Compression::Gzip] {
            let whole = written(&batch, 60, compression);
            assert_eq!(whole, written(&batch, 1, compression));
            assert_eq!(whole, written(&batch, 7, compression));
            let mut plain = Vec::new();
            match compression {
                Compression::None => plain = whole,
                Compression::Zstd => plain = zstd::decode_all(&whole[..]).expect("zstd"),
                Compression::Gzip => {
                    flate2::read::MultiGzDecoder::new(&whole[..])
                        .read_to_end(&mut plain)
                        .expect("gzip");
                }
            }
            assert_eq!(plain, written(&batch, 60, Compression::None));
        }
    }
}
