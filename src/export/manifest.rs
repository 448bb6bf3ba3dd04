//! `_export.json`: what an export holds and how it was made, written last.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::corpus::layout::write_atomically;
use crate::error::{Error, Result};

/// The manifest's name.
pub const MANIFEST: &str = "_export.json";
/// The version of the manifest's form.
pub const FORMAT: u32 = 1;

/// An export that is whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of this form.
    pub format: u32,
    /// The program that wrote it.
    pub made_by: String,
    /// Hash of [`Manifest::made`] and of the program's version: what decides every byte.
    pub identity: String,
    /// Documents in all shards.
    pub documents: u64,
    /// UTF-8 bytes of their texts.
    pub text_bytes: u64,
    /// Code points of their texts.
    pub text_chars: u64,
    /// How it was made.
    pub made: Made,
    /// The files, in order.
    pub shards: Vec<ShardFile>,
}

/// What decides an export.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// The query that it answers.
    pub query: String,
    /// The filters in it, with their rules as they were applied.
    pub filters: Vec<AppliedFilter>,
    /// Where of the documents that meet all of this one of each cluster was chosen: how, one layer of clusters after the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distinct: Vec<AppliedDistinct>,
    /// The columns, by their names in the files.
    pub columns: Vec<ExportedColumn>,
    /// What the shards are: `parquet`, `jsonl.zst`, …
    pub file_format: String,
    /// Bytes of text of a shard.
    pub shard_size: u64,
    /// The corpora that it was made from.
    pub corpora: Vec<Source>,
}

/// How one document of each cluster was chosen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppliedDistinct {
    /// The layer of clusters.
    pub preset: String,
    /// The order whose first document of a cluster was chosen; ties in the order of corpora, parts and rows.
    pub keep: String,
}

/// A filter as it was applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppliedFilter {
    /// Its name.
    pub name: String,
    /// Its rules with their parameters filled in, in order.
    pub rules: Vec<AppliedRule>,
}

/// A rule as it was applied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppliedRule {
    /// Its name.
    pub name: String,
    /// The expression that is true of every exported document.
    pub sql: String,
}

/// A column of the files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportedColumn {
    /// Its name in the files.
    pub name: String,
    /// The column of the corpus, where it has another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Its Arrow type.
    #[serde(rename = "type")]
    pub data_type: String,
}

/// A corpus that documents came from: what of it was read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Its name.
    pub corpus: String,
    /// The generations of the layers that were read.
    pub layers: BTreeMap<String, String>,
    /// The fingerprints of the signals that were computed on the way.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub computed: BTreeMap<String, String>,
}

/// A shard that is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardFile {
    /// Its name in the folder.
    pub file: String,
    /// Documents in it.
    pub documents: u64,
    /// UTF-8 bytes of their texts.
    pub text_bytes: u64,
    /// Code points of their texts.
    pub text_chars: u64,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub sha256: String,
}

impl Manifest {
    /// Reads the manifest in `folder`, if there is one.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(MANIFEST);
        let Some(manifest) = read_json::<Self>(&path)? else {
            return Ok(None);
        };
        if manifest.format != FORMAT {
            return Err(Error::user(format!(
                "{} has format {}, this program reads format {FORMAT}",
                path.display(),
                manifest.format
            ))
            .hint("export into another folder"));
        }
        Ok(Some(manifest))
    }

    /// Makes the export whole.
    pub fn commit(&self, folder: &Path) -> Result<()> {
        write_json(&folder.join(MANIFEST), self)
    }
}

/// Reads a JSON file of ours; `None` when it is not there.
pub fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Option<T>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Error::io("read", path, e)),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|e| {
        Error::user(format!("{} was not written by an export", path.display()))
            .caused_by(e)
            .hint("export into another folder")
    })
}

/// Writes a JSON file of ours at once.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|e| Error::internal(format!("cannot write {}", path.display())).caused_by(e))?;
    bytes.push(b'\n');
    write_atomically(path, &bytes)
}
