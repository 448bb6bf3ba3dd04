//! One JSON array: a stream of bytes → chunks of whole elements.
//!
//! Only brackets and strings are looked at here; whether an element is JSON is decided when it is
//! parsed. Elements end at commas outside of brackets, so one bad element does not spoil the next.

use std::sync::Arc;

use super::chunk::{Chunk, Reader};
use super::hash::Blocks;
use super::json::{JsonChunk, Span};
use super::jsonl::{BYTE_ORDER_MARK, CHUNK_BYTES, RECORD_LIMIT};
use super::quarantine::{Bad, Reason};
use super::stream::{Filled, Stream};
use crate::error::Result;

/// Reads the elements of an array.
pub struct ElementReader {
    input: Arc<str>,
    stream: Stream,
    bytes: Vec<u8>,
    /// Where `bytes` begins in the unpacked input.
    offset: u64,
    record: u64,
    from: u64,
    cutter: Cutter,
    at_end: bool,
}

impl ElementReader {
    /// Elements of the array in `stream`, of which `start` has been read; records before number
    /// `from` are left out.
    pub fn new(input: Arc<str>, stream: Stream, start: Vec<u8>, from: u64) -> Self {
        Self {
            input,
            stream,
            bytes: start,
            offset: 0,
            record: 0,
            from,
            cutter: Cutter::default(),
            at_end: false,
        }
    }

    fn elements(&mut self) -> Result<Option<JsonChunk>> {
        let mut fault = None;
        let mut spans = Vec::new();
        while fault.is_none() && !self.at_end {
            self.cutter.cut(&self.bytes, &mut spans);
            if let State::Garbage(at) = self.cutter.state {
                fault = Some((at, Reason::InvalidJson, self.cutter.complaint.to_string()));
            } else if !spans.is_empty() && self.bytes.len() >= CHUNK_BYTES {
                break;
            } else if self.bytes.len() - self.cutter.start() > RECORD_LIMIT {
                let words = format!("an element of more than {RECORD_LIMIT} bytes");
                fault = Some((self.cutter.start(), Reason::TooLong, words));
            } else {
                let wanted = CHUNK_BYTES.max(self.bytes.len() / 2);
                match self.stream.fill(&mut self.bytes, wanted)? {
                    Filled::More => {}
                    Filled::Broken(why) => {
                        fault = Some((self.cutter.start(), Reason::BrokenStream, why));
                    }
                    Filled::End if self.cutter.state == State::Closed => self.at_end = true,
                    Filled::End => {
                        let words = "the array does not end".to_string();
                        fault = Some((self.cutter.start(), Reason::BrokenStream, words));
                    }
                }
            }
        }
        if spans.is_empty() && fault.is_none() {
            return Ok(None);
        }
        let first = self.record;
        self.record += spans.len() as u64;
        let broken = fault.map(|(at, reason, detail)| {
            self.at_end = true;
            Bad::new(self.record, reason, detail)
                .with_raw(&self.bytes[at..])
                .at(self.offset + at as u64, None)
        });
        let rest = self.bytes.split_off(self.cutter.start());
        let bytes = std::mem::replace(&mut self.bytes, rest);
        let offset = self.offset;
        self.offset += bytes.len() as u64;
        self.cutter.forget(bytes.len());
        Ok(Some(JsonChunk {
            input: Arc::clone(&self.input),
            bytes,
            offset,
            first,
            spans,
            broken,
        }))
    }
}

impl Reader for ElementReader {
    fn next(&mut self) -> Result<Option<Box<dyn Chunk>>> {
        while let Some(mut chunk) = self.elements()? {
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

/// Where the cutter stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Before the opening bracket.
    #[default]
    Before,
    /// Behind it: an element or the closing bracket comes.
    Opened,
    /// Behind a comma: an element comes.
    Comma,
    /// In the element that began here.
    Element(usize),
    /// Behind the closing bracket.
    Closed,
    /// Something that belongs to no array begins here.
    Garbage(usize),
}

/// Finds elements in the bytes of an array, however they are split.
#[derive(Debug, Default)]
struct Cutter {
    state: State,
    /// How far it has looked.
    at: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
    complaint: &'static str,
}

impl Cutter {
    /// The first byte that is still needed.
    fn start(&self) -> usize {
        match self.state {
            State::Element(start) | State::Garbage(start) => start,
            _ => self.at,
        }
    }

    /// The first `bytes` are gone.
    fn forget(&mut self, bytes: usize) {
        self.at -= bytes;
        if let State::Element(start) | State::Garbage(start) = &mut self.state {
            *start -= bytes;
        }
    }

    /// Looks at all bytes that it has not seen, and adds the elements that end among them.
    fn cut(&mut self, bytes: &[u8], spans: &mut Vec<Span>) {
        if self.at == 0 && self.state == State::Before && bytes.starts_with(BYTE_ORDER_MARK) {
            self.at = BYTE_ORDER_MARK.len();
        }
        while self.at < bytes.len() {
            let byte = bytes[self.at];
            if let State::Element(start) = self.state {
                self.element(bytes, start, spans);
                continue;
            }
            let blank = matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
            self.state = match (self.state, byte) {
                (state, _) if blank => state,
                (State::Before, b'[') => State::Opened,
                (State::Before, _) => {
                    self.complaint = "the file is neither a JSON array nor JSON lines";
                    State::Garbage(self.at)
                }
                (State::Opened, b']') => State::Closed,
                (State::Opened | State::Comma, _) => {
                    self.state = State::Element(self.at);
                    continue;
                }
                (State::Closed, _) => {
                    self.complaint = "characters behind the end of the array";
                    State::Garbage(self.at)
                }
                (state @ (State::Element(_) | State::Garbage(_)), _) => state,
            };
            if matches!(self.state, State::Garbage(_)) {
                return;
            }
            self.at += 1;
        }
    }

    /// One step inside an element.
    fn element(&mut self, bytes: &[u8], start: usize, spans: &mut Vec<Span>) {
        if std::mem::take(&mut self.escaped) {
            self.at += 1;
            return;
        }
        if self.in_string {
            let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[self.at..]) else {
                self.at = bytes.len();
                return;
            };
            self.at += found;
            if bytes[self.at] == b'"' {
                self.in_string = false;
                self.at += 1;
            } else {
                self.escaped = true;
                self.at += 1;
            }
            return;
        }
        match bytes[self.at] {
            b'"' => self.in_string = true,
            b'[' | b'{' => self.depth += 1,
            b']' | b'}' if self.depth > 0 => self.depth -= 1,
            end @ (b',' | b']') if self.depth == 0 => {
                let element = bytes[start..self.at].trim_ascii_end();
                spans.push(Span {
                    bytes: start..start + element.len(),
                    line: None,
                });
                self.state = if end == b',' {
                    State::Comma
                } else {
                    State::Closed
                };
            }
            _ => {}
        }
        self.at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cuts `text` handed over in pieces of `size`, and gives the elements and the last state.
    fn cut(text: &str, size: usize) -> (Vec<String>, State) {
        let (mut cutter, mut spans, mut bytes) = (Cutter::default(), Vec::new(), Vec::new());
        for piece in text.as_bytes().chunks(size) {
            bytes.extend_from_slice(piece);
            cutter.cut(&bytes, &mut spans);
        }
        let elements = spans.iter().map(|s| text[s.bytes.clone()].to_string());
        (elements.collect(), cutter.state)
    }

    #[test]
    fn elements_end_at_outer_commas() {
        let text = r#" [ {"a": "x,]\"\\" , "b": [1, {}]} , 5,"s\\\"," , [[]]] "#;
        let expected = [
            r#"{"a": "x,]\"\\" , "b": [1, {}]}"#,
            "5",
            r#""s\\\",""#,
            "[[]]",
        ];
        for size in 1..=text.len() {
            let (elements, state) = cut(text, size);
            assert_eq!(elements, expected, "pieces of {size}");
            assert_eq!(state, State::Closed);
        }
    }

    #[test]
    fn what_is_no_array() {
        assert_eq!(cut("[]", 1), (vec![], State::Closed));
        assert_eq!(cut("[1,,2]", 9).0, ["1", "", "2"]);
        assert_eq!(cut("[1,]", 9).0, ["1", ""]);
        assert_eq!(cut("[1] x", 9).1, State::Garbage(4));
        assert_eq!(cut("{}", 9).1, State::Garbage(0));
        assert_eq!(cut("[{\"a\": ", 9).1, State::Element(1));
    }
}
