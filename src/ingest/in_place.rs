//! A corpus over Parquet files that stay where they are: their footers become the manifest.
//!
//! Nothing is copied and no text is read. What a file lacks (an id, a hash of the text) is a virtual
//! column of the table; nothing can be set aside, since the rows are the user's.

use std::fs::File;
use std::path::{Component, Path, PathBuf};

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::parquet::file::metadata::ParquetMetaDataReader;

use super::IngestRequest;
use super::inputs::{Format, Input};
use super::parquet::ParquetFile;
use super::schema::{BASE, DERIVED, METADATA, stored_type};
use crate::corpus::layout::DOCUMENTS;
use crate::corpus::sink::file_identity;
use crate::corpus::{Column, IngestedInput, Manifest, Part};
use crate::error::{Error, Result};

/// The manifest of the documents with `inputs` behind those that are there.
pub fn manifest(
    request: &IngestRequest,
    existing: Option<&Manifest>,
    inputs: &[Input],
) -> Result<Manifest> {
    let unused = [
        (request.language.is_some(), "--language"),
        (request.detect_language, "--detect-language"),
        (request.source.is_some(), "--source"),
    ];
    if let Some((_, option)) = unused.iter().find(|(used, _)| *used) {
        return Err(Error::user(format!(
            "{option} writes a column, --in-place writes nothing"
        ))
        .hint("leave one of them away"));
    }
    let root = &request.corpus;
    let mut parts = existing.map_or_else(Vec::new, |m| m.parts.clone());
    let mut ingested = existing.map_or_else(Vec::new, |m| m.inputs.clone());
    let mut columns = existing.map(|m| m.columns.clone());
    for input in inputs {
        if input.format != Format::Parquet {
            return Err(Error::user(format!(
                "{} is no Parquet file, which --in-place needs",
                input.path.display()
            ))
            .hint("leave --in-place away to read it into the corpus"));
        }
        let file = ParquetFile::open(&input.path)?;
        file.check(&input.path, &request.map)?;
        let found = columns_of(request, &file, &input.path)?;
        let expected = columns.get_or_insert_with(|| found.clone());
        if *expected != found {
            return Err(Error::user(format!(
                "{} has other columns than the files before it: {}",
                input.path.display(),
                difference(expected, &found)
            ))
            .hint("files of one in-place corpus share one schema; make another corpus for these, or leave --in-place away"));
        }
        let part = part(root, &input.path)?;
        ingested.push(IngestedInput {
            name: input.name.clone(),
            bytes: input.bytes,
            hash: part.identity.clone(),
            documents: part.rows,
            quarantined: 0,
        });
        parts.push(part);
    }
    Ok(Manifest::new(
        DOCUMENTS,
        columns.unwrap_or_default(),
        parts,
        ingested,
    ))
}

/// The columns under the names of the corpus.
fn columns_of(request: &IngestRequest, file: &ParquetFile, path: &Path) -> Result<Vec<Column>> {
    let column = |name: &str, field: &Field| {
        let data_type = stored_type(field.data_type());
        let stored = Field::new(name, data_type, field.is_nullable());
        let mut column = Column::new(&stored, "", "");
        if field.name() != name {
            column.file_column = Some(field.name().clone());
        }
        column
    };
    let mut columns = Vec::new();
    let mut taken = Vec::new();
    for base in BASE.iter().chain([&METADATA]) {
        let name = request.map.field_of(base);
        let Ok(field) = file.schema.field_with_name(name) else {
            continue;
        };
        if *base == "text" && stored_type(field.data_type()) != DataType::Utf8View {
            return Err(Error::user(format!(
                "column {name} of {} holds {}, which cannot be read as text in place",
                path.display(),
                field.data_type()
            ))
            .hint("leave --in-place away: bytes are then checked and become text"));
        }
        columns.push(column(base, field));
        taken.push(name);
    }
    for field in file.schema.fields() {
        let name = field.name().as_str();
        let reserved = BASE.contains(&name)
            || name == METADATA
            || DERIVED.contains(&name)
            || name.starts_with("keep_");
        let readable = column(name, field);
        if !taken.contains(&name) && !reserved && readable.field().is_ok() {
            columns.push(readable);
        }
    }
    Ok(columns)
}

fn difference(expected: &[Column], found: &[Column]) -> String {
    let describe = |column: &Column| format!("{} {}", column.name_in_file(), column.data_type);
    let list = |columns: Vec<&Column>| {
        let words: Vec<String> = columns.into_iter().map(describe).collect();
        if words.is_empty() {
            "nothing".to_string()
        } else {
            words.join(", ")
        }
    };
    let missing = expected.iter().filter(|c| !found.contains(c)).collect();
    let more = found.iter().filter(|c| !expected.contains(c)).collect();
    format!("{} instead of {}", list(more), list(missing))
}

fn part(root: &Path, path: &Path) -> Result<Part> {
    let identity = file_identity(path)?;
    let file = File::open(path).map_err(|e| Error::io("open", path, e))?;
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&file)?;
    let row_groups: Vec<u64> = metadata
        .row_groups()
        .iter()
        .map(|group| u64::try_from(group.num_rows()).unwrap_or(0))
        .collect();
    Ok(Part {
        file: seen_from(&root.join(DOCUMENTS), path)?,
        rows: row_groups.iter().sum(),
        row_groups,
        bytes: identity.bytes,
        identity: identity.identity,
        text_bytes: None,
        made_from: Default::default(),
    })
}

/// The path of `file` as the documents' folder sees it: relative below the folder that holds the
/// corpus, so that both can be moved together, absolute elsewhere.
fn seen_from(documents: &Path, file: &Path) -> Result<String> {
    let whole = |path: &Path| path.canonicalize().map_err(|e| Error::io("find", path, e));
    let file = whole(file)?;
    // The corpus may not be there yet.
    let root = documents.parent().unwrap_or(Path::new("."));
    let beside = match root.canonicalize() {
        Ok(root) => root.parent().map(Path::to_path_buf),
        Err(_) => {
            let parent = root.parent().filter(|p| !p.as_os_str().is_empty());
            Some(whole(parent.unwrap_or(Path::new(".")))?)
        }
    };
    let path = match beside
        .as_deref()
        .and_then(|beside| file.strip_prefix(beside).ok())
    {
        Some(below) => PathBuf::from("../..").join(below),
        None => file,
    };
    let text = path.to_str().map(str::to_string);
    text.filter(|_| path.components().all(|c| c != Component::CurDir))
        .ok_or_else(|| {
            Error::user(format!("the path {} is not UTF-8", path.display()))
                .hint("rename the file, or leave --in-place away")
        })
}
