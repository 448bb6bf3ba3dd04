//! Documents as JSON lines, in compressed frames of a fixed size.
//!
//! Text stands as it is in the corpus (escaped as JSON demands, nothing normalised), numbers in their
//! shortest form that reads back equal, NULL as `null`, lists as arrays, binary values as hexadecimal
//! digits; keys in the order of the columns. A frame ends with the line that takes it to its size,
//! and is compressed at once, so that the bytes depend on the lines alone. Frames one after another
//! are one valid `.zst` or `.gz` file, and readers may decompress them in parallel.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StructArray};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::arrow::json::writer::{EncoderOptions, make_encoder};

use super::rpv2::Records;
use crate::corpus::layout::{aside, commit_file};
use crate::error::{Error, Result};

/// Bytes of JSON that make a frame.
const FRAME_BYTES: usize = 4 << 20;
/// Texts from here on are escaped and compressed piece by piece: as a line they would be in memory once more.
const LARGE_BYTES: usize = 4 << 20;
/// Bytes of such a piece, and at most four more where it would end within a character.
const PIECE_BYTES: usize = 64 << 10;
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
                    let large: Vec<usize> = (0..batch.num_columns())
                        .filter(|column| is_large(batch.column(*column), row))
                        .collect();
                    if large.is_empty() {
                        encoder.encode(row, &mut self.frame);
                        self.end_line()?;
                    } else {
                        self.write_large(&batch.slice(row, 1), &large)?;
                    }
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

    /// Adds a row with large texts in some columns, and ends the frame with it.
    fn write_large(&mut self, row: &RecordBatch, large: &[usize]) -> Result<()> {
        let mut text = std::mem::take(&mut self.frame);
        text.push(b'{');
        let mut heads = Vec::with_capacity(large.len());
        let mut next = 0;
        for column in large {
            push_members(&mut text, row, next..*column)?;
            if !text.ends_with(b"{") {
                text.push(b',');
            }
            serde_json::to_writer(&mut text, row.schema_ref().field(*column).name())
                .map_err(|e| Error::internal("a name that is no JSON").caused_by(e))?;
            text.push(b':');
            heads.push(std::mem::take(&mut text));
            next = column + 1;
        }
        push_members(&mut text, row, next..row.num_columns())?;
        text.extend(b"}\n");
        let written = stream_frame(self.compression, &mut self.file, |to| {
            for (head, column) in heads.iter().zip(large) {
                to.write_all(head)?;
                write_string(to, string(row.column(*column), 0).unwrap_or_default())?;
            }
            to.write_all(&text)
        });
        written.map_err(|e| Error::io("write", &self.written, e))
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

/// The text of a column in a row, where it is text and not NULL.
fn string(column: &ArrayRef, row: usize) -> Option<&str> {
    if column.is_null(row) {
        return None;
    }
    match column.data_type() {
        DataType::Utf8 => Some(column.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Some(column.as_string::<i64>().value(row)),
        DataType::Utf8View => Some(column.as_string_view().value(row)),
        _ => None,
    }
}

fn is_large(column: &ArrayRef, row: usize) -> bool {
    string(column, row).is_some_and(|text| text.len() >= LARGE_BYTES)
}

/// Writes the members of an object, of some columns of the only row, behind what `to` has of it.
fn push_members(to: &mut Vec<u8>, row: &RecordBatch, columns: Range<usize>) -> Result<()> {
    if columns.is_empty() {
        return Ok(());
    }
    let row = row.project(&columns.collect::<Vec<usize>>())?;
    let field = Arc::new(Field::new_struct("", row.schema().fields().clone(), false));
    let options = EncoderOptions::default().with_explicit_nulls(true);
    let rows = StructArray::from(row);
    let mut object = Vec::new();
    make_encoder(&field, &rows, &options)?.encode(0, &mut object);
    if !to.ends_with(b"{") {
        to.push(b',');
    }
    let members = object.strip_prefix(b"{").and_then(|o| o.strip_suffix(b"}"));
    to.extend_from_slice(members.unwrap_or_default());
    Ok(())
}

/// Writes a text as a JSON string, piece by piece.
fn write_string(to: &mut dyn Write, text: &str) -> io::Result<()> {
    to.write_all(b"\"")?;
    let mut rest = text;
    while !rest.is_empty() {
        let end =
            (PIECE_BYTES.min(rest.len())..=rest.len()).find(|end| rest.is_char_boundary(*end));
        let (piece, behind) = rest.split_at(end.unwrap_or(rest.len()));
        let piece = serde_json::to_string(piece)?;
        to.write_all(&piece.as_bytes()[1..piece.len() - 1])?;
        rest = behind;
    }
    to.write_all(b"\"")
}

/// Compresses into the file what `write` writes, as one frame.
fn stream_frame(
    compression: Compression,
    file: &mut BufWriter<File>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    match compression {
        Compression::None => write(file),
        Compression::Zstd => {
            let mut frame = zstd::stream::write::Encoder::new(file, ZSTD_LEVEL)?;
            write(&mut frame)?;
            frame.finish().map(|_| ())
        }
        Compression::Gzip => {
            let level = flate2::Compression::new(GZIP_LEVEL);
            let mut member = flate2::GzBuilder::new().write(file, level);
            write(&mut member)?;
            member.finish().map(|_| ())
        }
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
    fn large_texts_are_written_like_others() {
        let unit = "é\n\"日本\" \u{1}, ";
        let long = unit.repeat(LARGE_BYTES / unit.len() + 1);
        let texts = ["before", long.as_str(), "", "behind"];
        let batch = batch(&texts);
        let [text, count] = [0, 1].map(|column| Arc::clone(batch.column(column)));
        let long_alone: ArrayRef = Arc::new(StringViewArray::from_iter(
            texts.map(|text| (text.len() > 6).then_some(text)),
        ));
        let columns = [("alone", long_alone), ("n", count), ("text", text)];
        let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(n, c)| (n, c, true)))
            .expect("columns agree");
        let mut expected = Vec::new();
        let field = Arc::new(Field::new_struct(
            "",
            batch.schema().fields().clone(),
            false,
        ));
        let rows = StructArray::from(batch.clone());
        let options = EncoderOptions::default().with_explicit_nulls(true);
        let mut encoder = make_encoder(&field, &rows, &options).expect("an encoder");
        for row in 0..rows.len() {
            encoder.encode(row, &mut expected);
            expected.push(b'\n');
        }
        drop(encoder);
        assert!(written(&batch, 4, Compression::None) == expected);
        for compression in [Compression::Zstd, Compression::Gzip] {
            let whole = written(&batch, 4, compression);
            assert!(whole == written(&batch, 1, compression));
            let mut plain = Vec::new();
            match compression {
                Compression::Zstd => plain = zstd::decode_all(&whole[..]).expect("zstd"),
                _ => {
                    let mut members = flate2::read::MultiGzDecoder::new(&whole[..]);
                    members.read_to_end(&mut plain).expect("gzip");
                }
            }
            assert!(plain == expected);
        }
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
