//! Inputs → units that can be read apart from each other: streams, and row groups of Parquet files.

use std::sync::Arc;

use super::chunk::Reader;
use super::inputs::{Format, Input};
use super::json_array::ElementReader;
use super::jsonl::{BYTE_ORDER_MARK, CHUNK_BYTES, LineReader};
use super::parquet::{NoRows, ParquetFile, RowGroupReader};
use super::resume::Cursor;
use super::stream::{Filled, Stream};
use crate::error::Result;

/// A stretch of an input.
pub struct Unit {
    /// The place of the input in the list.
    pub input: usize,
    /// Whether the input ends with it.
    pub last: bool,
    /// Reads it.
    pub reader: Box<dyn Reader>,
}

/// All units of all inputs, in order, from a cursor on.
pub struct Units {
    inputs: Arc<[Input]>,
    from: Cursor,
    input: usize,
    open: Option<OpenFile>,
}

struct OpenFile {
    file: Arc<ParquetFile>,
    group: usize,
    first: u64,
}

impl Units {
    /// Units of `inputs` with records at or behind `from`. Units before it in the same input are
    /// there too, but give no records: their bytes belong to the input's hash.
    pub fn new(inputs: Arc<[Input]>, from: Cursor) -> Self {
        Self {
            input: from.input,
            inputs,
            from,
            open: None,
        }
    }

    /// The next unit.
    pub fn next(&mut self) -> Result<Option<Unit>> {
        let Some(input) = self.inputs.get(self.input) else {
            return Ok(None);
        };
        let from = if self.input == self.from.input {
            self.from.record
        } else {
            0
        };
        let place = self.input;
        if input.format != Format::Parquet {
            self.input += 1;
            return Ok(Some(Unit {
                input: place,
                last: true,
                reader: open_stream(input, from)?,
            }));
        }
        let open = match &mut self.open {
            Some(open) => open,
            None => self.open.insert(OpenFile {
                file: Arc::new(ParquetFile::open(&input.path)?),
                group: 0,
                first: 0,
            }),
        };
        let group = open.group;
        let reader: Box<dyn Reader> = if group < open.file.row_groups() {
            let rows = RowGroupReader::new(input, Arc::clone(&open.file), group, open.first, from);
            open.first = rows.end();
            Box::new(rows)
        } else {
            Box::new(NoRows::new(input))
        };
        open.group += 1;
        let last = open.group >= open.file.row_groups();
        if last {
            self.open = None;
            self.input += 1;
        }
        Ok(Some(Unit {
            input: place,
            last,
            reader,
        }))
    }
}

/// A reader of lines or of an array's elements, whichever the input holds.
fn open_stream(input: &Input, from: u64) -> Result<Box<dyn Reader>> {
    let name: Arc<str> = input.name.as_str().into();
    let mut stream = Stream::open(input)?;
    let mut start = Vec::new();
    if input.format == Format::JsonLines {
        return Ok(Box::new(LineReader::new(name, stream, start, from)));
    }
    while start.len() < CHUNK_BYTES && !start.trim_ascii_start().contains(&b'\n') {
        match stream.fill(&mut start, CHUNK_BYTES)? {
            Filled::More => {}
            Filled::End | Filled::Broken(_) => break,
        }
    }
    if is_lines(&start) {
        Ok(Box::new(LineReader::new(name, stream, start, from)))
    } else {
        Ok(Box::new(ElementReader::new(name, stream, start, from)))
    }
}

/// Whether a `.json` file holds a record a line: its first line is an object.
fn is_lines(start: &[u8]) -> bool {
    let start = start
        .strip_prefix(BYTE_ORDER_MARK)
        .unwrap_or(start)
        .trim_ascii_start();
    match memchr::memchr(b'\n', start) {
        _ if start.is_empty() => true,
        _ if start[0] != b'{' => false,
        Some(end) => start[..end].trim_ascii_end().ends_with(b"}"),
        None => start.len() >= CHUNK_BYTES || start.trim_ascii_end().ends_with(b"}"),
    }
}
