//! Files of evaluation sets → benchmarks, each with its questions and right answers.
//!
//! A file is JSON lines, an array of objects, or Parquet; a benchmark is called like its file. Evaluation sets are small:
//! they are read whole, and what they hold is taken from the memory pool.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use corpusql_text::decontaminate::Item;
use datafusion::arrow::json::writer::{LineDelimited, WriterBuilder};
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use flate2::read::MultiGzDecoder;
use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_128;

use crate::corpus::layout::file_name;
use crate::corpus::manifest::hex128;
use crate::error::{Error, Result};

/// Where questions stand, in this order of preference.
const QUERIES: [&str; 8] = [
    "query",
    "question",
    "prompt",
    "problem",
    "context",
    "instruction",
    "input",
    "text",
];
/// Where answers stand.
const LABELS: [&str; 11] = [
    "label",
    "answer",
    "canonical_solution",
    "solution",
    "code",
    "gold",
    "target",
    "output",
    "completion",
    "response",
    "answers",
];
/// Where the choices stand that a number as an answer chooses from.
const CHOICES: [&str; 2] = ["choices", "options"];
const ENDINGS: &str = ".jsonl, .ndjson or .json, also with .gz or .zst, or .parquet";

/// Which fields hold what; found by their names where not given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// The question.
    pub query: Option<String>,
    /// The answer.
    pub label: Option<String>,
}

/// An evaluation set.
#[derive(Clone, Debug)]
pub struct Benchmark {
    /// What it is called.
    pub name: String,
    /// Hash of the file.
    pub hash: String,
    /// The field of the questions.
    pub query: String,
    /// The field of the answers, if there is one.
    pub label: Option<String>,
    /// Its questions.
    pub questions: Vec<Question>,
}

/// A question and its right answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The question.
    pub query: String,
    /// The answers.
    pub labels: Vec<String>,
}

impl Question {
    /// As the index takes it.
    pub fn item(&self) -> Item<'_, String> {
        Item {
            query: &self.query,
            labels: &self.labels,
        }
    }
}

/// Evaluation sets in the order of their names.
#[derive(Clone, Debug)]
pub struct Evals {
    /// The sets.
    pub benchmarks: Vec<Benchmark>,
    /// Of each set, the place of its first question among all.
    firsts: Vec<usize>,
}

impl Evals {
    /// Reads files, and the files in folders; memory for them comes from `memory`.
    pub fn read(paths: &[PathBuf], fields: &Fields, memory: &MemoryReservation) -> Result<Self> {
        let mut files = Vec::new();
        for path in paths {
            if path.is_dir() {
                let before = files.len();
                for entry in fs::read_dir(path).map_err(|e| Error::io("list", path, e))? {
                    let file = entry.map_err(|e| Error::io("list", path, e))?.path();
                    if name_of(&file).is_some() {
                        files.push(file);
                    }
                }
                files[before..].sort();
                if files.len() == before {
                    return Err(Error::user(format!(
                        "--against {}: there is no evaluation set in this folder",
                        path.display()
                    ))
                    .hint(format!("their names end in {ENDINGS}")));
                }
            } else {
                files.push(path.clone());
            }
        }
        let mut benchmarks = Vec::with_capacity(files.len());
        for file in &files {
            benchmarks.push(read(file, fields, memory)?);
        }
        // datatrove reads its indexes in the order of the names of their files, and the last one has the word.
        benchmarks.sort_by_key(|benchmark| format!("{}.index.hashes", benchmark.name));
        if let Some(twice) = benchmarks.windows(2).find(|two| two[0].name == two[1].name) {
            return Err(Error::user(format!(
                "two evaluation sets are called {}: a set is called like its file",
                twice[0].name
            ))
            .hint("name each file once, and rename one of two that have the same name"));
        }
        let firsts = benchmarks.iter().scan(0, |next, benchmark| {
            let first = *next;
            *next += benchmark.questions.len();
            Some(first)
        });
        Ok(Self {
            firsts: firsts.collect(),
            benchmarks,
        })
    }

    /// All questions, in order.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.benchmarks.iter().flat_map(|b| &b.questions)
    }

    /// The place of the benchmark of a question by its place among all, and the question's number there.
    pub fn place(&self, question: usize) -> (usize, usize) {
        let benchmark = self.firsts.partition_point(|first| *first <= question) - 1;
        (benchmark, question - self.firsts[benchmark])
    }

    /// The name of a question: that of its benchmark, and its number from 0.
    pub fn name(&self, question: usize) -> String {
        let (benchmark, number) = self.place(question);
        format!("{}/{number}", self.benchmarks[benchmark].name)
    }

    /// The place of the question that has this name.
    pub fn named(&self, name: &str) -> Option<usize> {
        let (benchmark, number) = name.rsplit_once('/')?;
        let place = self.benchmarks.iter().position(|b| b.name == benchmark)?;
        Some(self.firsts[place] + number.parse::<usize>().ok()?)
    }

    /// The place of the first question of a benchmark.
    pub fn first(&self, benchmark: usize) -> usize {
        self.firsts[benchmark]
    }
}

/// What a file's set is called: its name without endings that we know.
fn name_of(path: &Path) -> Option<String> {
    let name = file_name(path);
    let lower = name.to_ascii_lowercase();
    let stem = lower
        .strip_suffix(".gz")
        .or_else(|| lower.strip_suffix(".zst"))
        .unwrap_or(&lower);
    let packed = stem.len() < lower.len();
    let known = if packed {
        &[".jsonl", ".ndjson", ".json"][..]
    } else {
        &[".jsonl", ".ndjson", ".json", ".parquet"]
    };
    let bare = known.iter().find_map(|ending| stem.strip_suffix(ending))?;
    name.get(..bare.len())
        .filter(|name| !name.is_empty())
        .map(str::to_string)
}

fn read(path: &Path, fields: &Fields, memory: &MemoryReservation) -> Result<Benchmark> {
    let shown = path.display();
    let Some(name) = name_of(path) else {
        return Err(Error::user(format!(
            "cannot tell the format of the evaluation set {shown}"
        ))
        .hint(format!("the file's name has to end in {ENDINGS}")));
    };
    let bytes = fs::read(path).map_err(|e| Error::io("read the evaluation set", path, e))?;
    let hash = hex128(xxh3_128(&bytes));
    let (rows, size) = rows(path, bytes, memory)?;
    let Some((_, first)) = rows.first() else {
        return Err(Error::user(format!("the evaluation set {shown} is empty")));
    };
    let query = choose(
        path,
        std::iter::once(first),
        "query",
        fields.query.as_deref(),
        &QUERIES,
    )?
    .ok_or_else(|| {
        Error::user(format!(
            "{shown}: no field is called like a question: there are {}",
            names(first)
        ))
        .hint("name it with --query-field")
    })?;
    let of_label = LABELS.map(|name| if name == query { "" } else { name });
    // Questions may come without an answer, the first one too.
    let all = rows.iter().map(|(_, row)| row);
    let label = choose(path, all, "label", fields.label.as_deref(), &of_label)?;
    let mut questions = Vec::with_capacity(rows.len());
    for (place, row) in &rows {
        let question = question(row, &query, label.as_deref())
            .map_err(|why| Error::user(format!("{shown}, {place}: {why}")))?;
        let labels = question
            .labels
            .iter()
            .map(|l| l.len() + size_of::<String>());
        memory.try_grow(question.query.len() + labels.sum::<usize>() + size_of::<Question>())?;
        questions.push(question);
    }
    drop(rows);
    memory.shrink(size);
    Ok(Benchmark {
        name,
        hash,
        query,
        label,
        questions,
    })
}

/// The objects of a file, each with where it stands.
type Rows = Vec<(String, Map<String, Value>)>;

/// Objects take about so many times the memory of their JSON.
const JSON_GROWS: usize = 4;

/// The objects of a file, and the memory that was taken for them.
fn rows(path: &Path, bytes: Vec<u8>, memory: &MemoryReservation) -> Result<(Rows, usize)> {
    let shown = path.display();
    let lower = file_name(path).to_ascii_lowercase();
    let broken = |e: &dyn std::fmt::Display| {
        Error::user(format!("{shown} is damaged: {e}")).hint("get the evaluation set again")
    };
    let (bytes, row) = if lower.ends_with(".parquet") {
        let file = File::open(path).map_err(|e| Error::io("open", path, e))?;
        (from_parquet(file).map_err(|e| broken(&e))?, "row")
    } else if lower.ends_with(".gz") {
        let mut unpacked = Vec::new();
        MultiGzDecoder::new(&bytes[..])
            .read_to_end(&mut unpacked)
            .map_err(|e| broken(&e))?;
        (unpacked, "line")
    } else if lower.ends_with(".zst") {
        (
            zstd::decode_all(&bytes[..]).map_err(|e| broken(&e))?,
            "line",
        )
    } else {
        (bytes, "line")
    };
    let size = JSON_GROWS * bytes.len();
    memory.try_grow(size)?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let object = |place: String, value: Value| match value {
        Value::Object(object) => Ok((place, object)),
        other => Err(Error::user(format!(
            "{shown}, {place}: expected an object, found {}",
            describe(&other)
        ))),
    };
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        let values: Vec<Value> = serde_json::from_slice(bytes)
            .map_err(|e| Error::user(format!("{shown} is no array of objects")).caused_by(e))?;
        let values = values.into_iter().enumerate();
        let rows: Result<Rows> = values
            .map(|(number, value)| object(format!("object {}", number + 1), value))
            .collect();
        return Ok((rows?, size));
    }
    let mut rows = Vec::new();
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let place = format!("{row} {}", number + 1);
        let value = serde_json::from_slice(line).map_err(|e| {
            Error::user(format!("{shown}, {place}: expected a JSON object"))
                .caused_by(e)
                .hint("an evaluation set has one object a line, with a question and an answer")
        })?;
        rows.push(object(place, value)?);
    }
    Ok((rows, size))
}

/// The rows of a Parquet file as JSON lines.
fn from_parquet(file: File) -> Result<Vec<u8>> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)?.build()?;
    let mut lines = Vec::new();
    let mut writer = WriterBuilder::new().build::<_, LineDelimited>(&mut lines);
    for batch in reader {
        writer.write(&batch?)?;
    }
    writer.finish()?;
    drop(writer);
    Ok(lines)
}

/// A field by the name that was given, or the first of those that are usual that any of the rows has.
fn choose<'r>(
    path: &Path,
    rows: impl Iterator<Item = &'r Map<String, Value>> + Clone,
    what: &str,
    given: Option<&str>,
    usual: &[&str],
) -> Result<Option<String>> {
    let is_there = |name: &str| rows.clone().any(|row| row.contains_key(name));
    match given {
        Some(name) if is_there(name) => Ok(Some(name.to_string())),
        Some(name) => Err(Error::user(format!(
            "{} has no field {name}: there are {}",
            path.display(),
            rows.clone().next().map(names).unwrap_or_default()
        ))
        .hint(format!("name one of them with --{what}-field"))),
        None => Ok(usual
            .iter()
            .find(|name| is_there(name))
            .map(|name| (*name).to_string())),
    }
}

fn names(row: &Map<String, Value>) -> String {
    let names: Vec<&str> = row.keys().map(String::as_str).collect();
    names.join(", ")
}

/// The question in a row, or what is wrong with it.
fn question(
    row: &Map<String, Value>,
    query: &str,
    label: Option<&str>,
) -> std::result::Result<Question, String> {
    let text = match row.get(query) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => {
            return Err(format!(
                "expected a text in the field {query}, found {}",
                describe(other)
            ));
        }
        None => return Err(format!("there is no field {query}")),
    };
    let mut labels = Vec::new();
    if let Some((label, value)) = label.and_then(|label| Some((label, row.get(label)?))) {
        let choices = CHOICES.iter().find_map(|name| row.get(*name)?.as_array());
        read_labels(label, value, choices, &mut labels)?;
    }
    Ok(Question {
        query: text,
        labels,
    })
}

fn read_labels(
    field: &str,
    value: &Value,
    choices: Option<&Vec<Value>>,
    labels: &mut Vec<String>,
) -> std::result::Result<(), String> {
    match (value, choices) {
        (Value::Null, _) => {}
        (Value::String(text), _) => labels.push(text.clone()),
        (Value::Number(number), Some(choices)) => {
            let chosen = number
                .as_u64()
                .and_then(|n| choices.get(usize::try_from(n).ok()?));
            match chosen {
                Some(Value::String(text)) => labels.push(text.clone()),
                _ => {
                    return Err(format!(
                        "the field {field} is {number}, and there are {} choices from 0 on",
                        choices.len()
                    ));
                }
            }
        }
        (Value::Number(_) | Value::Bool(_), _) => labels.push(value.to_string()),
        (Value::Array(values), _) => {
            for value in values {
                read_labels(field, value, choices, labels)?;
            }
        }
        (Value::Object(_), _) => {
            return Err(format!(
                "expected a text, a number or a list of them in the field {field}, found an object"
            ));
        }
    }
    Ok(())
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sets() {
        let of = |name| name_of(Path::new(name));
        assert_eq!(of("a/gsm8k_test.jsonl.gz").as_deref(), Some("gsm8k_test"));
        assert_eq!(of("X.y.JSON").as_deref(), Some("X.y"));
        assert_eq!(of("mmlu.parquet").as_deref(), Some("mmlu"));
        assert_eq!(of("mmlu.parquet.gz"), None);
        assert_eq!(of(".jsonl"), None);
    }

    #[test]
    fn answers() {
        let read = |row: &str| -> std::result::Result<Vec<String>, String> {
            let row: Map<String, Value> = serde_json::from_str(row).map_err(|e| e.to_string())?;
            question(&row, "q", Some("a")).map(|question| question.labels)
        };
        let ok = |row: &str| read(row).expect("a question");
        assert_eq!(ok(r#"{"q":"?","a":"yes"}"#), ["yes"]);
        assert_eq!(ok(r#"{"q":"?","a":["yes",4]}"#), ["yes", "4"]);
        assert_eq!(ok(r#"{"q":"?","a":1,"choices":["x","y"]}"#), ["y"]);
        assert!(ok(r#"{"q":"?","a":null}"#).is_empty());
        assert!(ok(r#"{"q":"?"}"#).is_empty());
        for bad in [
            r#"{"a":"yes"}"#,
            r#"{"q":7}"#,
            r#"{"q":"?","a":{"x":1}}"#,
            r#"{"q":"?","a":2,"choices":["x","y"]}"#,
            r#"{"q":"?","a":-1,"choices":["x","y"]}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
