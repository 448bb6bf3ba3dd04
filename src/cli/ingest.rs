//! `corpusql ingest`: inputs → documents layer.

use std::path::PathBuf;

use clap::Args;

use super::parse_size;
use crate::error::Result;
use crate::ingest::{FieldMap, IngestRequest, ingest};
use crate::progress::say;
use crate::session::Engine;

/// Read documents from files into a corpus
///
/// Inputs are Parquet, JSON lines and JSON arrays, the last two also packed with gzip or Zstandard. Every
/// record becomes a document, or, when it cannot, an entry of the corpus's quarantine. An interrupted
/// ingest is finished by running it again.
#[derive(Args, Debug)]
pub struct Ingest {
    /// Files, folders (read recursively, in the order of their names) and globs
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    /// The corpus; documents are added behind those that it has
    #[arg(long, value_name = "CORPUS")]
    to: PathBuf,
    /// Take the base column BASE (id, text, url, domain, source, date, language, license, metadata) from
    /// the field INPUT; may be repeated
    #[arg(long, value_name = "BASE=INPUT", value_parser = parse_map)]
    map: Vec<(String, String)>,
    /// The language (ISO 639-1) of documents that have none
    #[arg(long, value_name = "CODE", conflicts_with = "detect_language")]
    language: Option<String>,
    /// Identify the language of documents that have none; NULL where that is unsure
    #[arg(long)]
    detect_language: bool,
    /// The source of documents that have none
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Text of a part
    #[arg(long, value_name = "SIZE", default_value = "512MB", value_parser = parse_size)]
    part_size: usize,
    /// Leave Parquet files where they are and only list them in the corpus
    #[arg(long)]
    in_place: bool,
    /// Stop at the first bad record instead of setting it aside
    #[arg(long)]
    strict: bool,
    /// Also add inputs that the corpus has already
    #[arg(long)]
    again: bool,
}

impl Ingest {
    /// Runs the command.
    pub async fn run(self, engine: &Engine) -> Result<()> {
        let request = IngestRequest {
            inputs: self.inputs,
            corpus: self.to,
            map: FieldMap::new(self.map)?,
            language: self.language,
            detect_language: self.detect_language,
            source: self.source,
            part_size: self.part_size as u64,
            in_place: self.in_place,
            strict: self.strict,
            again: self.again,
        };
        let summary = ingest(engine, &request).await?;
        if !engine.options().quiet {
            say(&summary);
        }
        Ok(())
    }
}

fn parse_map(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((base, input)) if !base.is_empty() && !input.is_empty() => {
            Ok((base.to_string(), input.to_string()))
        }
        _ => Err("expected BASE=INPUT, as in text=content".to_string()),
    }
}
