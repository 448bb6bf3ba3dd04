//! Names and places of a corpus on disk.
//!
//! ```text
//! web/
//!   documents/_layer.json  part-00000.parquet  …
//!   rpv2/_layer.json       part-00000.parquet  …
//!   quarantine/part-00000.jsonl  …
//! ```

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The layer that holds the documents themselves.
pub const DOCUMENTS: &str = "documents";
/// The manifest of a layer.
pub const MANIFEST: &str = "_layer.json";
/// The lock of a layer's writer.
pub const LOCK: &str = "_lock";
/// Folder of records that could not be ingested.
pub const QUARANTINE: &str = "quarantine";
/// Ending of files that are being written; never read.
pub const ASIDE: &str = ".writing";

/// `part-00012.parquet`; `attempt` above 1 is appended where that name is taken by a part of the
/// generation that readers still see.
pub fn part_file(part: usize, attempt: usize) -> String {
    if attempt <= 1 {
        format!("part-{part:05}.parquet")
    } else {
        format!("part-{part:05}-{attempt}.parquet")
    }
}

/// The part number of a part's file name.
pub fn part_number(file_name: &str) -> Option<usize> {
    let rest = file_name.strip_prefix("part-")?.strip_suffix(".parquet")?;
    rest.split('-').next()?.parse().ok()
}

/// A layer's name is a folder's name and part of messages.
pub fn check_layer_name(name: &str) -> Result<()> {
    let well_formed = name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && name.starts_with(|c: char| c.is_ascii_lowercase());
    if !well_formed {
        return Err(Error::user(format!("`{name}` is no name for a layer"))
            .hint("use lower-case letters, digits and underscores, a letter first"));
    }
    if name == DOCUMENTS || name == QUARANTINE {
        return Err(Error::user(format!(
            "`{name}` is not an annotation layer: it cannot be written"
        ))
        .hint("choose another name with --layer"));
    }
    Ok(())
}

/// The last name of a path.
pub fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Where `path` is written before it is whole.
pub fn aside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(ASIDE);
    path.with_file_name(name)
}

/// Renames a file that was written aside into place and makes the rename durable.
pub fn commit_file(written: &Path, target: &Path) -> Result<()> {
    fs::rename(written, target).map_err(|e| Error::io("rename into place", target, e))?;
    if let Some(parent) = target.parent() {
        sync_folder(parent).map_err(|e| Error::io("sync the folder of", target, e))?;
    }
    Ok(())
}

/// Writes a small file at once: aside, synced, renamed.
pub fn write_atomically(target: &Path, bytes: &[u8]) -> Result<()> {
    let written = aside(target);
    let result = (|| {
        let mut file = File::create(&written)?;
        file.write_all(bytes)?;
        file.sync_all()
    })();
    result.map_err(|e| Error::io("write", &written, e))?;
    commit_file(&written, target)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    // The parent of a bare file name is empty: the current folder.
    let current = folder.as_os_str().is_empty();
    File::open(if current { Path::new(".") } else { folder })?.sync_all()
}

/// Removes what an interrupted writer left behind in a folder that the caller has locked.
pub fn remove_leftovers(folder: &Path) -> Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(Error::io("list", folder, e)),
    };
    for entry in entries {
        let path = entry.map_err(|e| Error::io("list", folder, e))?.path();
        if path.to_string_lossy().ends_with(ASIDE) {
            fs::remove_file(&path).map_err(|e| Error::io("remove the unfinished", &path, e))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn part_names_go_both_ways() {
        assert_eq!(part_file(12, 1), "part-00012.parquet");
        assert_eq!(part_number("part-00012.parquet"), Some(12));
        assert_eq!(part_number(&part_file(7, 3)), Some(7));
        assert_eq!(part_number("part-00012.parquet.writing"), None);
    }
}
