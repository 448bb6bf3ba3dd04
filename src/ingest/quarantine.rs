//! Records that cannot become documents: why, where they stand, and the file that keeps them.
//!
//! `quarantine/part-N.jsonl` holds, in input order, the bad records between the first document of
//! `documents/part-N` and that of the next part (before the first document of an ingest, too). One
//! JSON object a line: `input`, `record` (from 0, bad ones count), `rows` (more than 1 where a
//! stretch of a Parquet file cannot be read), `offset` in the unpacked bytes and `line` (from 1) where
//! there are such, `reason`, `detail`, `bytes` of the record, and its beginning as `raw`, or as
//! `raw_base64` when it is not UTF-8. An ingest without any document leaves its bad records in
//! `quarantine/without-documents-DIGEST.jsonl`.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use crate::corpus::layout::{QUARANTINE, aside, commit_file};
use crate::error::{Error, Result};

/// Bytes of a bad record that are kept.
const RAW_LIMIT: usize = 64 * 1024;

/// Why a record cannot become a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The record does not follow JSON's grammar.
    InvalidJson,
    /// Bytes that are not UTF-8, or an escape for half a surrogate pair.
    InvalidUtf8,
    /// There is no text.
    MissingText,
    /// The record is no object, or a value has a type that its column cannot hold.
    WrongType,
    /// Objects and arrays inside each other beyond the limit.
    TooDeep,
    /// A record beyond the limit of size.
    TooLong,
    /// The stream of bytes ends or breaks here.
    BrokenStream,
    /// Pages of a Parquet file that cannot be decoded.
    UnreadableRows,
}

impl Reason {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid JSON",
            Self::InvalidUtf8 => "invalid UTF-8",
            Self::MissingText => "missing text",
            Self::WrongType => "wrong type",
            Self::TooDeep => "nested too deeply",
            Self::TooLong => "too long",
            Self::BrokenStream => "broken stream",
            Self::UnreadableRows => "unreadable rows",
        }
    }
}

/// A record that cannot become a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Bad {
    /// Its number in the input.
    pub record: u64,
    /// Records that this stands for.
    pub rows: u64,
    /// Where it begins in the unpacked bytes.
    pub offset: Option<u64>,
    /// Its line, from 1.
    pub line: Option<u64>,
    /// Why.
    pub reason: Reason,
    /// The particulars.
    pub detail: String,
    /// Its length.
    pub bytes: u64,
    /// Its beginning.
    pub raw: Vec<u8>,
}

impl Bad {
    /// A bad record without a place in a stream of bytes.
    pub fn new(record: u64, reason: Reason, detail: impl Into<String>) -> Self {
        Self {
            record,
            rows: 1,
            offset: None,
            line: None,
            reason,
            detail: detail.into(),
            bytes: 0,
            raw: Vec::new(),
        }
    }

    /// Adds its bytes.
    #[must_use]
    pub fn with_raw(mut self, raw: &[u8]) -> Self {
        self.bytes = raw.len() as u64;
        let mut end = raw.len().min(RAW_LIMIT);
        // A cut between characters keeps text readable.
        if end < raw.len() {
            while end > RAW_LIMIT - 4 && raw[end] & 0xC0 == 0x80 {
                end -= 1;
            }
        }
        self.raw = raw[..end].to_vec();
        self
    }

    /// Adds its place in a stream of bytes.
    #[must_use]
    pub fn at(mut self, offset: u64, line: Option<u64>) -> Self {
        self.offset = Some(offset);
        self.line = line;
        self
    }

    /// Where it is and what is wrong, in words.
    pub fn describe(&self, input: &str) -> String {
        let place = match (self.line, self.offset) {
            (Some(line), _) => format!("line {line}"),
            (None, Some(offset)) => format!("record {}, byte {offset}", self.record),
            (None, None) => format!("row {}", self.record),
        };
        let colon = if self.detail.is_empty() { "" } else { ": " };
        format!(
            "{input}, {place}: {}{colon}{}",
            self.reason.words(),
            self.detail
        )
    }
}

#[derive(Serialize)]
struct Entry<'a> {
    input: &'a str,
    record: u64,
    rows: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    reason: Reason,
    detail: &'a str,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_base64: Option<String>,
}

/// Writes one quarantine file, aside.
pub struct QuarantineFile {
    target: PathBuf,
    file: BufWriter<File>,
}

impl QuarantineFile {
    /// Starts the file `name` of the corpus in `root`.
    pub fn create(root: &Path, name: &str) -> Result<Self> {
        let folder = root.join(QUARANTINE);
        fs::create_dir_all(&folder).map_err(|e| Error::io("create the folder", &folder, e))?;
        let target = folder.join(name);
        let written = aside(&target);
        let file = File::create(&written).map_err(|e| Error::io("create", &written, e))?;
        Ok(Self {
            target,
            file: BufWriter::new(file),
        })
    }

    /// Adds a record.
    pub fn add(&mut self, input: &str, bad: &Bad) -> Result<()> {
        let text = std::str::from_utf8(&bad.raw).ok();
        let entry = Entry {
            input,
            record: bad.record,
            rows: bad.rows,
            offset: bad.offset,
            line: bad.line,
            reason: bad.reason,
            detail: &bad.detail,
            bytes: bad.bytes,
            raw: text.filter(|t| !t.is_empty()),
            raw_base64: match text {
                Some(_) => None,
                None => Some(BASE64_STANDARD.encode(&bad.raw)),
            },
        };
        serde_json::to_writer(&mut self.file, &entry)
            .map_err(std::io::Error::from)
            .and_then(|()| self.file.write_all(b"\n"))
            .map_err(|e| Error::io("write", &aside(&self.target), e))
    }

    /// Syncs and renames it.
    pub fn commit(self) -> Result<()> {
        let written = aside(&self.target);
        self.finish(&written)
    }

    /// Syncs it and gives it another name than it was made for.
    pub fn commit_as(mut self, name: &str) -> Result<()> {
        let written = aside(&self.target);
        self.target.set_file_name(name);
        self.finish(&written)
    }

    fn finish(self, written: &Path) -> Result<()> {
        self.file
            .into_inner()
            .map_err(|e| e.into_error())
            .and_then(|file| file.sync_all())
            .map_err(|e| Error::io("write", written, e))?;
        commit_file(written, &self.target)
    }
}

/// The quarantine file of a part of documents.
pub fn file_of_part(part: usize) -> String {
    format!("part-{part:05}.jsonl")
}
