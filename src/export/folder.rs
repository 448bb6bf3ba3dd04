//! The folder of an export: what it may hold, and what an interrupted run has left there.
//!
//! ```text
//! export/
//!   shard-00000.jsonl.zst …
//!   _export.json                 written last
//!   _unfinished/plan.json        until then: whose shards these are, and which of them are whole
//!   _unfinished/shard-00000.json …
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::manifest::{MANIFEST, Manifest, ShardFile, read_json, write_json};
use crate::corpus::layout::{ASIDE, LOCK};
use crate::error::{Error, Result};

const UNFINISHED: &str = "_unfinished";
const PLAN: &str = "plan.json";
const REPLACE: &str = "choose another folder, or replace that export with --overwrite (`overwrite: true` in a recipe)";

/// What an unfinished export was going to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Plan {
    identity: String,
    query: String,
}

/// A shard that is whole, and the export that it belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Record {
    identity: String,
    shard: ShardFile,
}

/// What is in a folder that somebody wants to export to.
#[derive(Debug)]
pub enum State {
    /// Nothing, or no folder.
    Empty,
    /// A whole export.
    Whole(Box<Manifest>),
    /// A run that did not come to its end: its identity and its query.
    Unfinished { identity: String, query: String },
    /// Something else: names of what is there.
    Foreign(Vec<String>),
}

/// Looks into `folder`.
pub fn look(folder: &Path) -> Result<State> {
    if let Some(manifest) = Manifest::read(folder)? {
        return Ok(State::Whole(Box::new(manifest)));
    }
    if let Some(plan) = read_json::<Plan>(&folder.join(UNFINISHED).join(PLAN))? {
        return Ok(State::Unfinished {
            identity: plan.identity,
            query: plan.query,
        });
    }
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(State::Empty),
        Err(e) => return Err(Error::io("list", folder, e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| Error::io("list", folder, e))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != LOCK && name != UNFINISHED && !name.ends_with(ASIDE) {
            names.push(name);
        }
    }
    names.sort();
    Ok(if names.is_empty() {
        State::Empty
    } else {
        State::Foreign(names)
    })
}

/// Says that `folder` holds something else than the export with `identity`; `None` when it may be
/// written to. A whole export with that identity is the caller's to look at.
pub fn refusal(folder: &Path, state: &State, identity: &str) -> Option<Error> {
    let shown = folder.display();
    match state {
        State::Empty => None,
        State::Whole(manifest) if manifest.identity == identity => None,
        State::Unfinished { identity: there, .. } if there == identity => None,
        State::Whole(manifest) => Some(
            Error::user(format!(
                "{shown} holds another export: {} documents in {} shards as {}, made by {}",
                manifest.documents,
                manifest.shards.len(),
                manifest.made.file_format,
                manifest.made.query
            ))
            .hint(REPLACE),
        ),
        State::Unfinished { query, .. } => Some(
            Error::user(format!(
                "{shown} holds an unfinished export of another query, layer generation or format: {query}"
            ))
            .hint(REPLACE),
        ),
        State::Foreign(names) => {
            let first: Vec<&str> = names.iter().take(3).map(String::as_str).collect();
            let more = match names.len().saturating_sub(first.len()) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            Some(
                Error::user(format!(
                    "{shown} is no export; expected a new or empty folder, found {}{more}",
                    first.join(", ")
                ))
                .hint("choose another folder with --to"),
            )
        }
    }
}

/// Starts, or takes up again, the export with `identity`: from here on the folder is its.
pub fn begin(folder: &Path, identity: &str, query: &str) -> Result<()> {
    let unfinished = folder.join(UNFINISHED);
    fs::create_dir_all(&unfinished).map_err(|e| Error::io("create the folder", &unfinished, e))?;
    let plan = Plan {
        identity: identity.to_string(),
        query: query.to_string(),
    };
    write_json(&unfinished.join(PLAN), &plan)
}

/// Takes away the shards of another export, after [`begin`]: when this is interrupted, what is left of
/// them belongs to no record, and goes with [`remove_others`].
pub fn clear(folder: &Path) -> Result<()> {
    remove(&folder.join(MANIFEST))?;
    remove_others(folder, &[])
}

/// Removes files that are named like shards and are not among `shards`.
pub fn remove_others(folder: &Path, shards: &[ShardFile]) -> Result<()> {
    for path in shard_files(folder)? {
        let name = path.file_name().unwrap_or_default();
        if shards.iter().all(|shard| name != shard.file.as_str()) {
            remove(&path)?;
        }
    }
    Ok(())
}

/// The shard `number` as a run of the export with `identity` finished it, if its file is as it was left.
pub fn finished_shard(folder: &Path, identity: &str, number: usize) -> Result<Option<ShardFile>> {
    let Some(record) = read_json::<Record>(&record_path(folder, number))? else {
        return Ok(None);
    };
    let shard = record.shard;
    let length = fs::metadata(folder.join(&shard.file)).map(|m| m.len()).ok();
    let is_there = record.identity == identity && length == Some(shard.bytes);
    Ok(is_there.then_some(shard))
}

/// Records that shard `number` is whole.
pub fn record_shard(folder: &Path, identity: &str, number: usize, shard: &ShardFile) -> Result<()> {
    let record = Record {
        identity: identity.to_string(),
        shard: shard.clone(),
    };
    write_json(&record_path(folder, number), &record)
}

/// Removes the records: the manifest has taken their place.
pub fn end(folder: &Path) -> Result<()> {
    let unfinished = folder.join(UNFINISHED);
    match fs::remove_dir_all(&unfinished) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", &unfinished, e)),
        _ => Ok(()),
    }
}

/// The files of `folder` that are named like shards.
fn shard_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| Error::io("list", folder, e))? {
        let path = entry.map_err(|e| Error::io("list", folder, e))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let number = name
            .strip_prefix("shard-")
            .and_then(|rest| rest.split('.').next());
        if number.is_some_and(|n| n.len() >= 5 && n.bytes().all(|b| b.is_ascii_digit())) {
            files.push(path);
        }
    }
    Ok(files)
}

fn record_path(folder: &Path, number: usize) -> PathBuf {
    folder
        .join(UNFINISHED)
        .join(format!("shard-{number:05}.json"))
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(Error::io("remove", path, e)),
        _ => Ok(()),
    }
}
