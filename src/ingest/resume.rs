//! What the footer of each part says about the ingest that made it, so that an interrupted ingest goes
//! on where its last finished part ends.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;

use datafusion::parquet::file::metadata::ParquetMetaDataReader;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::inputs::Input;
use super::quarantine::Reason;
use crate::corpus::Part;
use crate::corpus::layout::{part_file, part_number};
use crate::corpus::manifest::hex128;
use crate::corpus::sink::file_identity;
use crate::error::{Error, Result};

/// The footer key of [`PartFacts`].
pub const FACTS: &str = "corpusql.ingest";

/// A place between two records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The place of the input in the list.
    pub input: usize,
    /// The number of the next record in it.
    pub record: u64,
}

/// What became of the records of one input, in one part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Documents.
    pub documents: u64,
    /// Bad records by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bad: BTreeMap<Reason, u64>,
    /// What is wrong with the first record that has no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_text: Option<String>,
    /// The input's hash, in the part with which it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// What a part's footer says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFacts {
    /// Digest of the inputs and of all settings that decide the bytes.
    pub ingest: String,
    /// The part's number in this ingest.
    pub ordinal: usize,
    /// Where the part begins.
    pub start: Cursor,
    /// Where it ends.
    pub end: Cursor,
    /// Whether the ingest ends with it.
    pub last: bool,
    /// UTF-8 bytes of its texts.
    pub text_bytes: u64,
    /// By place of the input in the list.
    pub tallies: BTreeMap<usize, Tally>,
}

/// The digest of an ingest: its inputs by name and length, and its settings.
pub fn digest(inputs: &[Input], settings: &str) -> String {
    let mut facts = settings.to_string();
    for input in inputs {
        facts.push_str(&format!("\n{}\t{}", input.name, input.bytes));
    }
    hex128(xxh3_128(facts.as_bytes()))
}

/// The parts in `folder` that an interrupted ingest of this digest has finished, numbers from `first`
/// on. Parts of another ingest are an error.
pub fn finished_parts(folder: &Path, first: usize, digest: &str) -> Result<Vec<(Part, PartFacts)>> {
    let numbers = numbers_from(folder, first)?;
    let mut parts: Vec<(Part, PartFacts)> = Vec::new();
    for (expected, number) in (first..).zip(numbers) {
        let path = folder.join(part_file(number, 1));
        let (part, facts) = read_part(&path)?;
        let follows = number == expected
            && facts.ordinal == number - first
            && facts.start == parts.last().map_or(Cursor::default(), |(_, f)| f.end);
        if facts.ingest != digest {
            return Err(Error::user(format!(
                "{} belongs to an unfinished ingest of other inputs or with other settings",
                path.display()
            ))
            .hint(format!(
                "finish that one by running its command again, or begin anew: remove {} and the parts after it",
                path.display()
            )));
        }
        if !follows {
            return Err(Error::user(format!(
                "{} does not follow the part before it",
                path.display()
            ))
            .hint("begin anew: remove the parts that are not in _layer.json"));
        }
        parts.push((part, facts));
    }
    Ok(parts)
}

/// Refuses inputs that were written after the first part that was made of them.
pub fn check_unchanged(folder: &Path, parts: &[(Part, PartFacts)], inputs: &[Input]) -> Result<()> {
    let Some((part, _)) = parts.first() else {
        return Ok(());
    };
    let written = |path: &Path| {
        fs::metadata(path)
            .and_then(|facts| facts.modified())
            .map_err(|e| Error::io("read", path, e))
    };
    let path = folder.join(&part.file);
    let begun = written(&path)?;
    for input in inputs {
        if written(&input.path)? > begun {
            return Err(Error::user(format!(
                "{} has changed since the unfinished ingest wrote {}",
                input.path.display(),
                path.display()
            ))
            .hint(format!(
                "begin anew: remove {} and the parts after it",
                path.display()
            )));
        }
    }
    Ok(())
}

fn numbers_from(folder: &Path, first: usize) -> Result<Vec<usize>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| Error::io("list", folder, e))? {
        let entry = entry.map_err(|e| Error::io("list", folder, e))?;
        numbers.extend(entry.file_name().to_str().and_then(part_number));
    }
    numbers.retain(|number| *number >= first);
    numbers.sort_unstable();
    Ok(numbers)
}

/// A part and its facts, from its file alone.
fn read_part(path: &Path) -> Result<(Part, PartFacts)> {
    let foreign = || {
        Error::user(format!(
            "{} is in the way: no ingest has written it",
            path.display()
        ))
        .hint("move it away, then run this again")
    };
    let identity = file_identity(path)?;
    let file = File::open(path).map_err(|e| Error::io("open", path, e))?;
    let metadata = ParquetMetaDataReader::new()
        .parse_and_finish(&file)
        .map_err(|e| foreign().caused_by(e))?;
    let facts = metadata
        .file_metadata()
        .key_value_metadata()
        .and_then(|pairs| pairs.iter().find(|pair| pair.key == FACTS))
        .and_then(|pair| pair.value.as_deref())
        .ok_or_else(foreign)?;
    let facts: PartFacts = serde_json::from_str(facts).map_err(|e| foreign().caused_by(e))?;
    let row_groups = metadata.row_groups().iter();
    let row_groups: Vec<u64> = row_groups
        .map(|group| u64::try_from(group.num_rows()).unwrap_or(0))
        .collect();
    let file = path.file_name().unwrap_or_default();
    let part = Part {
        file: file.to_string_lossy().into_owned(),
        rows: row_groups.iter().sum(),
        row_groups,
        bytes: identity.bytes,
        identity: identity.identity,
        text_bytes: Some(facts.text_bytes),
        made_from: BTreeMap::new(),
    };
    Ok((part, facts))
}
