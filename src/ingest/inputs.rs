//! Files, folders and globs → the ordered list of inputs, each with the name that ids are made from.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};

/// How the records of an input are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Parquet of any schema.
    Parquet,
    /// One JSON object a line.
    JsonLines,
    /// `.json`: one array of objects, or lines after all; the first byte tells.
    Json,
}

/// How the bytes of an input are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    Plain,
    /// gzip, of one or more members.
    Gzip,
    /// Zstandard, of one or more frames.
    Zstd,
}

/// One input file.
#[derive(Clone, Debug)]
pub struct Input {
    /// What ids and messages call it: its path below the given folder or the glob's fixed part.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// The layout of its records.
    pub format: Format,
    /// The packing of its bytes.
    pub compression: Compression,
}

/// The inputs that were found, and what was found but is none.
#[derive(Debug, Default)]
pub struct Inputs {
    /// In the order in which they are read.
    pub files: Vec<Input>,
    /// One sentence for each kind of file that was left out.
    pub skipped: Vec<String>,
}

const KNOWN: &str = ".parquet, .jsonl, .ndjson or .json, the last three also with .gz or .zst";

/// Expands what the user named. Files keep the order of `patterns`; inside a folder or glob they are
/// sorted by path. Nothing below `corpus` is an input.
pub fn expand(patterns: &[String], corpus: &Path) -> Result<Inputs> {
    let mut found = Found {
        corpus: corpus.canonicalize().ok(),
        ..Found::default()
    };
    for pattern in patterns {
        let before = found.files.len();
        let path = Path::new(pattern);
        match fs::metadata(path) {
            Ok(facts) if facts.is_dir() => found.folder(path, path, &mut BTreeSet::new())?,
            Ok(_) => {
                if format_of(path).is_none() {
                    return Err(Error::user(format!("cannot tell the format of {pattern}"))
                        .hint(format!("the file's name has to end in {KNOWN}")));
                }
                let base = path.parent().unwrap_or(Path::new(""));
                found.file(path, base)?;
            }
            Err(_) => found.glob(pattern)?,
        }
        if found.files.len() == before && !found.repeated {
            let skipped = found.sentences();
            let mut error = Error::user(format!("no input matches {pattern}"));
            if !skipped.is_empty() {
                error = error.caused_by(skipped.join("; "));
            }
            return Err(error.hint(format!(
                "name files, folders or globs (in quotes); inputs end in {KNOWN}"
            )));
        }
        found.repeated = false;
    }
    let skipped = found.sentences();
    let mut files = found.files;
    tell_apart(&mut files);
    Ok(Inputs { files, skipped })
}

#[derive(Default)]
struct Found {
    corpus: Option<PathBuf>,
    files: Vec<Input>,
    seen: BTreeSet<PathBuf>,
    repeated: bool,
    /// Reason → how many, and the first of them.
    left_out: BTreeMap<&'static str, (usize, String)>,
}

impl Found {
    fn file(&mut self, path: &Path, base: &Path) -> Result<()> {
        let Some((format, compression)) = format_of(path) else {
            self.leave_out("of no known format", path);
            return Ok(());
        };
        let facts = fs::metadata(path).map_err(|e| Error::io("read", path, e))?;
        let whole = path
            .canonicalize()
            .map_err(|e| Error::io("find", path, e))?;
        if self.corpus.as_ref().is_some_and(|c| whole.starts_with(c)) {
            self.leave_out("part of the corpus itself", path);
            return Ok(());
        }
        if !self.seen.insert(whole) {
            self.repeated = true;
            self.leave_out("named twice", path);
            return Ok(());
        }
        let name = path.strip_prefix(base).unwrap_or(path);
        self.files.push(Input {
            name: slashed(name),
            path: path.to_path_buf(),
            bytes: facts.len(),
            format,
            compression,
        });
        Ok(())
    }

    fn folder(&mut self, folder: &Path, base: &Path, above: &mut BTreeSet<PathBuf>) -> Result<()> {
        let whole = folder
            .canonicalize()
            .map_err(|e| Error::io("find", folder, e))?;
        if !above.insert(whole.clone()) {
            return Ok(());
        }
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(|e| Error::io("list", folder, e))? {
            paths.push(entry.map_err(|e| Error::io("list", folder, e))?.path());
        }
        paths.sort();
        for path in paths {
            let hidden = path
                .file_name()
                .is_some_and(|n| matches!(n.as_encoded_bytes().first(), Some(b'.' | b'_')));
            match fs::metadata(&path) {
                _ if hidden => self.leave_out("hidden (their names begin with . or _)", &path),
                Ok(facts) if facts.is_dir() => self.folder(&path, base, above)?,
                Ok(facts) if facts.is_file() => self.file(&path, base)?,
                Ok(_) => self.leave_out("no regular files", &path),
                Err(_) => self.leave_out("links that lead nowhere", &path),
            }
        }
        above.remove(&whole);
        Ok(())
    }

    fn glob(&mut self, pattern: &str) -> Result<()> {
        let matches = glob::glob(pattern).map_err(|e| {
            Error::user(format!("{pattern} is neither a file nor a glob")).caused_by(e)
        })?;
        let mut paths = Vec::new();
        for path in matches {
            paths.push(path.map_err(|e| {
                let path = e.path().to_path_buf();
                Error::io("read", &path, e.into())
            })?);
        }
        paths.sort();
        let base = fixed_part(pattern);
        for path in paths {
            if path.is_dir() {
                self.folder(&path, &base, &mut BTreeSet::new())?;
            } else {
                self.file(&path, &base)?;
            }
        }
        Ok(())
    }

    fn leave_out(&mut self, reason: &'static str, path: &Path) {
        let entry = self
            .left_out
            .entry(reason)
            .or_insert_with(|| (0, path.display().to_string()));
        entry.0 += 1;
    }

    fn sentences(&self) -> Vec<String> {
        self.left_out
            .iter()
            .map(|(reason, (count, first))| {
                let more = if *count > 1 {
                    format!(" and {} more", count - 1)
                } else {
                    String::new()
                };
                format!("left out, {reason}: {first}{more}")
            })
            .collect()
    }
}

/// The folders of a glob before its first wildcard.
fn fixed_part(pattern: &str) -> PathBuf {
    let mut base = PathBuf::new();
    let components: Vec<_> = Path::new(pattern).components().collect();
    for component in components.iter().take(components.len().saturating_sub(1)) {
        let text = component.as_os_str().to_string_lossy();
        if text.contains(['*', '?', '[']) {
            break;
        }
        base.push(component);
    }
    base
}

fn format_of(path: &Path) -> Option<(Format, Compression)> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let (stem, compression) = if let Some(stem) = name.strip_suffix(".gz") {
        (stem, Compression::Gzip)
    } else if let Some(stem) = name.strip_suffix(".zst") {
        (stem, Compression::Zstd)
    } else {
        (name.as_str(), Compression::Plain)
    };
    let (_, ending) = stem.rsplit_once('.')?;
    match (ending, compression) {
        ("parquet", Compression::Plain) => Some((Format::Parquet, compression)),
        ("jsonl" | "ndjson", _) => Some((Format::JsonLines, compression)),
        ("json", _) => Some((Format::Json, compression)),
        _ => None,
    }
}

/// Inputs of one name get as many of their folders in front as it takes to tell them apart.
fn tell_apart(files: &mut [Input]) {
    for depth in 2.. {
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, file) in files.iter().enumerate() {
            places.entry(file.name.clone()).or_default().push(place);
        }
        let mut changed = false;
        for place in places.into_values().filter(|p| p.len() > 1).flatten() {
            let components: Vec<_> = files[place]
                .path
                .components()
                .filter(|c| matches!(c, Component::Normal(_)))
                .collect();
            let from = components.len().saturating_sub(depth);
            let longer: PathBuf = components[from..].iter().collect();
            let longer = slashed(&longer);
            if longer.len() > files[place].name.len() {
                files[place].name = longer;
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}

fn slashed(path: &Path) -> String {
    path.components()
        .filter(|c| !matches!(c, Component::CurDir))
        .map(|c| c.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(patterns: &[String]) -> Vec<String> {
        expand(patterns, Path::new("/nowhere"))
            .expect("inputs")
            .files
            .into_iter()
            .map(|f| f.name)
            .collect()
    }

    #[test]
    fn folders_globs_and_files() {
        let folder = tempfile::tempdir().expect("folder");
        for name in [
            "b/x.jsonl",
            "a/x.jsonl",
            "a/y.txt",
            "z.parquet",
            "_skip.json",
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("parent")).expect("folder");
            fs::write(path, "").expect("file");
        }
        let at = |name: &str| folder.path().join(name).display().to_string();
        assert_eq!(names(&[at("")]), ["a/x.jsonl", "b/x.jsonl", "z.parquet"]);
        assert_eq!(names(&[at("*/x.jsonl")]), ["a/x.jsonl", "b/x.jsonl"]);
        assert_eq!(names(&[at("z.parquet")]), ["z.parquet"]);
        assert_eq!(
            names(&[at("b/x.jsonl"), at("a/x.jsonl")]),
            ["b/x.jsonl", "a/x.jsonl"]
        );
        let inputs = expand(&[at("")], Path::new("/nowhere")).expect("inputs");
        assert_eq!(inputs.skipped.len(), 2);
        assert!(expand(&[at("*.csv")], Path::new("/nowhere")).is_err());
        assert!(expand(&[at("a/y.txt")], Path::new("/nowhere")).is_err());
    }

    #[test]
    fn endings() {
        let of = |name| format_of(Path::new(name));
        assert_eq!(
            of("a/b.JSONL.GZ"),
            Some((Format::JsonLines, Compression::Gzip))
        );
        assert_eq!(of("b.json.zst"), Some((Format::Json, Compression::Zstd)));
        assert_eq!(of("b.parquet"), Some((Format::Parquet, Compression::Plain)));
        assert_eq!(of("b.parquet.gz"), None);
        assert_eq!(of("jsonl"), None);
    }
}
