//! JSON lines: a stream of bytes → chunks of whole lines.

use std::sync::Arc;

use super::chunk::{Chunk, Reader};
use super::hash::Blocks;
use super::json::{JsonChunk, Span};
use super::quarantine::{Bad, Reason};
use super::stream::{Filled, Stream};
use crate::error::Result;

/// Bytes of a chunk, unless one line has more.
pub const CHUNK_BYTES: usize = 4 << 20;
/// A line that is longer than this is set aside.
pub const RECORD_LIMIT: usize = 2 << 30;
/// The byte order mark that some writers put in front.
pub const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reads lines.
pub struct LineReader {
    input: Arc<str>,
    stream: Stream,
    /// What follows the last whole line.
    rest: Vec<u8>,
    offset: u64,
    line: u64,
    record: u64,
    from: u64,
    at_end: bool,
}

impl LineReader {
    /// Lines of `stream`, of which `rest` has been read; records before number `from` are left out.
    pub fn new(input: Arc<str>, stream: Stream, rest: Vec<u8>, from: u64) -> Self {
        Self {
            input,
            stream,
            rest,
            offset: 0,
            line: 1,
            record: 0,
            from,
            at_end: false,
        }
    }

    /// Whole lines, and what breaks the stream behind them.
    fn lines(&mut self) -> Result<Option<JsonChunk>> {
        let mut bytes = std::mem::take(&mut self.rest);
        let mut searched = 0;
        let mut broken = None;
        let end = loop {
            if bytes.len() >= CHUNK_BYTES || self.at_end {
                if let Some(newline) = memchr::memrchr(b'\n', &bytes[searched..]) {
                    break searched + newline + 1;
                }
                searched = bytes.len();
                if self.at_end {
                    break bytes.len();
                }
                if bytes.len() > RECORD_LIMIT {
                    return self.too_long(bytes).map(Some);
                }
            }
            let wanted = CHUNK_BYTES.max(bytes.len() / 2);
            match self.stream.fill(&mut bytes, wanted)? {
                Filled::More => {}
                Filled::End => self.at_end = true,
                Filled::Broken(why) => {
                    self.at_end = true;
                    let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |n| n + 1);
                    broken = Some((why, bytes.split_off(whole)));
                }
            }
        };
        self.rest = bytes.split_off(end);
        if bytes.is_empty() && broken.is_none() {
            return Ok(None);
        }
        let mut chunk = self.cut(bytes);
        chunk.broken = broken.map(|(why, partial)| {
            Bad::new(self.record, Reason::BrokenStream, why)
                .with_raw(&partial)
                .at(self.offset, Some(self.line))
        });
        Ok(Some(chunk))
    }

    /// Finds the records of whole lines.
    fn cut(&mut self, bytes: Vec<u8>) -> JsonChunk {
        let mut start = 0;
        if self.offset == 0 && bytes.starts_with(BYTE_ORDER_MARK) {
            start = BYTE_ORDER_MARK.len();
        }
        let (first, offset) = (self.record, self.offset);
        let mut spans = Vec::new();
        while start < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |n| start + n);
            let line = bytes[start..end].trim_ascii();
            if !line.is_empty() {
                let begin =
                    start + bytes[start..end].len() - bytes[start..end].trim_ascii_start().len();
                spans.push(Span {
                    bytes: begin..begin + line.len(),
                    line: Some(self.line),
                });
            }
            self.line += 1;
            start = end + 1;
        }
        self.record += spans.len() as u64;
        self.offset += bytes.len() as u64;
        JsonChunk {
            input: Arc::clone(&self.input),
            bytes,
            offset,
            first,
            spans,
            broken: None,
        }
    }

    /// Sets a line beyond the limit aside and goes on behind it.
    fn too_long(&mut self, bytes: Vec<u8>) -> Result<JsonChunk> {
        let mut bad = Bad::new(
            self.record,
            Reason::TooLong,
            format!("a line of more than {RECORD_LIMIT} bytes"),
        )
        .with_raw(&bytes)
        .at(self.offset, Some(self.line));
        let mut length = bytes.len() as u64;
        let mut bytes = bytes;
        loop {
            bytes.clear();
            match self.stream.fill(&mut bytes, CHUNK_BYTES)? {
                Filled::More => {}
                // A broken stream is met again by the next read.
                Filled::End | Filled::Broken(_) => break,
            }
            if let Some(newline) = memchr::memchr(b'\n', &bytes) {
                length += newline as u64 + 1;
                self.rest = bytes.split_off(newline + 1);
                break;
            }
            length += bytes.len() as u64;
        }
        bad.bytes = length;
        let chunk = JsonChunk {
            input: Arc::clone(&self.input),
            bytes: Vec::new(),
            offset: self.offset,
            first: self.record,
            spans: Vec::new(),
            broken: Some(bad),
        };
        self.offset += length;
        self.line += 1;
        self.record += 1;
        Ok(chunk)
    }
}

impl Reader for LineReader {
    fn next(&mut self) -> Result<Option<Box<dyn Chunk>>> {
        while let Some(mut chunk) = self.lines()? {
            chunk.skip_before(self.from);
            if !chunk.spans.is_empty() || chunk.broken.is_some() {
                return Ok(Some(Box::new(chunk)));
            }
        }
        Ok(None)
    }

    fn progress(&mut self) -> u64 {
        self.stream.progress()
    }

    fn finish(self: Box<Self>) -> Result<Blocks> {
        self.stream.finish()
    }
}
