//! A folder to work in, and the program run in it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Instant;

use polars::prelude::{AnyValue, DataFrame, ParquetReader, SerReader};
use serde_json::Value;
use tempfile::TempDir;

/// A folder that goes when it is dropped.
pub struct Folder(TempDir);

impl Folder {
    pub fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file in the folder.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).expect("a folder");
        }
        fs::write(&path, contents).expect("a file");
        path
    }

    /// The program with `arguments`, current folder here, no colours, nothing inherited from the user.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_corpusql"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env_remove("CORPUSQL_UT1")
            .env_remove("CORPUSQL_QUERIES")
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let output = self
            .command(arguments)
            .output()
            .expect("the program starts");
        Ran {
            arguments: arguments.join(" "),
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs the program and expects success; gives what it printed on stdout.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> String {
        self.run(arguments).succeeds().stdout
    }

    /// Starts the program, to be killed.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts")
    }
}

/// What a run of the program gave.
#[derive(Debug)]
pub struct Ran {
    pub arguments: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(
            self.code,
            Some(0),
            "corpusql {}\n{}",
            self.arguments,
            self.stderr
        );
        self
    }

    /// The user's input is at fault, and the message says each of `words`.
    #[track_caller]
    pub fn fails_with(self, words: &[&str]) -> Self {
        assert_eq!(
            self.code,
            Some(1),
            "corpusql {}\n{}\n{}",
            self.arguments,
            self.stdout,
            self.stderr
        );
        for word in words {
            assert!(
                self.stderr.contains(word),
                "corpusql {}: `{word}` not in\n{}",
                self.arguments,
                self.stderr
            );
        }
        self
    }

    /// stderr has each of `words`.
    #[track_caller]
    pub fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(
                self.stderr.contains(word),
                "corpusql {}: `{word}` not in\n{}",
                self.arguments,
                self.stderr
            );
        }
        self
    }
}

/// A file of this repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A folder of the larger comparison data, or `None` (and a line that says so) where it is missing.
pub fn shared(path: &str) -> Option<PathBuf> {
    let folder = repository("../shared").join(path);
    if !folder.exists() {
        println!("skipped: ../shared/{path} is not here");
        return None;
    }
    Some(folder)
}

/// JSONL of `documents` made-up documents: words from a small generator, several languages and sources.
pub fn jsonl(documents: usize, words: usize) -> String {
    const WORDS: [&str; 16] = [
        "the", "of", "and", "river", "Stone", "météo", "größe", "lorem", "data", "quiet",
        "evening", "42", "is", "a", "window", "NASA",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 40).unwrap_or(0)
    };
    let mut text = String::new();
    for number in 0..documents {
        let language = ["en", "de", "fr", "es", "it", "zh"][next() % 6];
        let mut body = String::new();
        for word in 0..1 + next() % words.max(1) {
            let end = match next() % 12 {
                0 => ".\\n",
                1 => "! ",
                2 => ", ",
                _ => " ",
            };
            let _ = write!(body, "{}{end}", WORDS[next() % WORDS.len()]);
            if word % 40 == 39 {
                body.push_str("\\n• ");
            }
        }
        let _ = writeln!(
            text,
            r#"{{"id":"doc-{number}","text":"{body}","language":"{language}","source":"s{}","url":"https://example.org/{number}"}}"#,
            number % 3
        );
    }
    text
}

/// Every file below `folder` with its bytes, by relative path; locks left out.
pub fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    fn walk(folder: &Path, base: &Path, found: &mut Vec<(String, Vec<u8>)>) {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, base, found);
            } else if path.file_name().is_some_and(|n| n != "_lock") {
                let name = path
                    .strip_prefix(base)
                    .expect("below")
                    .to_string_lossy()
                    .into_owned();
                found.push((name, fs::read(&path).expect("a file")));
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, folder, &mut found);
    found.sort();
    found
}

/// A folder with the corpus `web`: six documents, small enough to count by hand.
///
/// | id | characters | bytes | language | source | url |
/// |---|---|---|---|---|---|
/// | a | 10 | 10 | en | crawl | yes |
/// | b | 3 | 3 | en | crawl | yes |
/// | c | 8 | 8 | de | books | yes |
/// | d | 3 | 4 | | crawl | |
/// | e | 6 | 6 | en | books | |
/// | f | 12 | 12 | | books | yes |
pub fn six_documents() -> Folder {
    let folder = Folder::new();
    let lines = r#"{"id":"a","text":"aaaaaaaaaa","language":"en","source":"crawl","url":"https://a.example/1"}
{"id":"b","text":"bbb","language":"en","source":"crawl","url":"https://a.example/2"}
{"id":"c","text":"cccccccc","language":"de","source":"books","url":"https://a.example/3"}
{"id":"d","text":"ddé","source":"crawl"}
{"id":"e","text":"eeeeee","language":"en","source":"books"}
{"id":"f","text":"ffffffffffff","source":"books","url":"https://a.example/4"}
"#;
    folder.write("six.jsonl", lines);
    folder.ok(&["ingest", "six.jsonl", "--to", "web"]);
    folder
}

/// Which fields the quickstart's web pages have for the base columns.
pub const WEB_MAPS: [&str; 8] = [
    "--map",
    "id=doc_id",
    "--map",
    "url=link",
    "--map",
    "source=site",
    "--map",
    "language=lang",
];

/// A folder with a corpus of the quickstart's web pages and books, in several parts.
pub fn quickstart_corpus() -> Folder {
    let folder = Folder::new();
    let input = |name: &str| {
        let path = repository("queries/recipes/quickstart").join(name);
        path.to_string_lossy().into_owned()
    };
    let web = input("web.parquet");
    let fixed = ["ingest", &web, "--to", "corpus", "--part-size", "1MB"];
    folder.ok(&[&fixed[..], &WEB_MAPS].concat());
    folder.ok(&[
        "ingest",
        &input("unlabelled.jsonl.gz"),
        "--to",
        "corpus",
        "--part-size",
        "200kB",
    ]);
    folder
}

/// A folder with the corpus `golden` of the documents whose values the reference computed, and the UT1
/// list that it used; `None` where they are missing.
pub fn golden_corpus() -> Option<(Folder, String)> {
    let golden = shared("data/golden/rpv2")?;
    let folder = Folder::new();
    folder.ok(&[
        "ingest",
        &golden.join("documents.parquet").to_string_lossy(),
        "--to",
        "golden",
        "--map",
        "id=doc_id",
        "--map",
        "language=lang",
    ]);
    let ut1 = golden.join("artifacts/bad_urls/domain_to_category_id.json");
    Some((folder, ut1.to_string_lossy().into_owned()))
}

impl Folder {
    /// All parts of a layer, one below the other, as another engine reads them.
    pub fn layer(&self, corpus: &str, layer: &str) -> DataFrame {
        let mut parts: Vec<PathBuf> = fs::read_dir(self.path(corpus).join(layer))
            .expect("a layer")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|e| e == "parquet"))
            .collect();
        parts.sort();
        let mut frames = parts.iter().map(|path| frame(path));
        let first = frames.next().expect("a part");
        frames.fold(first, |all, part| all.vstack(&part).expect("one schema"))
    }
}

/// A Parquet file, as another engine reads it.
pub fn frame(path: &Path) -> DataFrame {
    let reader = ParquetReader::new(fs::File::open(path).expect("a file"));
    reader.finish().expect("a frame")
}

/// Values of a column.
pub fn values<T>(frame: &DataFrame, name: &str, of: impl Fn(AnyValue<'_>) -> T) -> Vec<T> {
    let series = frame.column(name).expect("a column");
    series.as_materialized_series().iter().map(of).collect()
}

/// Values of a column as text.
pub fn strings(frame: &DataFrame, name: &str) -> Vec<String> {
    values(frame, name, |value| value.str_value().into_owned())
}

/// The documents of each cluster of several, whatever it is called.
pub fn partition(pairs: impl Iterator<Item = (String, String)>) -> Vec<Vec<String>> {
    let mut clusters = HashMap::<String, Vec<String>>::new();
    for (document, cluster) in pairs {
        clusters.entry(cluster).or_default().push(document);
    }
    let mut several: Vec<_> = clusters.into_values().filter(|m| m.len() > 1).collect();
    several.iter_mut().for_each(|members| members.sort());
    several.sort();
    several
}

/// Objects of a file or an answer in JSON lines.
pub fn objects(lines: &str) -> Vec<Value> {
    let lines = lines.split('\n').filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// Rows of a query over corpora, as CSV without its header.
pub fn rows(folder: &Folder, corpora: &[&str], sql: &str) -> Vec<String> {
    let arguments = [&["sql"], corpora, &["-c", sql, "--format", "csv"]].concat();
    let csv = folder.ok(&arguments);
    csv.lines().skip(1).map(str::to_string).collect()
}

/// Runs a command that writes `layers` of the corpus `web`: with one thread and two, with large and small batches, and again after it
/// was killed at several moments. The layers have the same bytes each time.
#[track_caller]
pub fn the_same_bytes(folder: &Folder, command: &[&str], layers: &[&str]) {
    let folders: Vec<PathBuf> = layers.iter().map(|l| folder.path("web").join(l)).collect();
    let remove = || {
        for layer in &folders {
            let _ = fs::remove_dir_all(layer);
        }
    };
    let bytes = || folders.iter().map(|l| contents(l)).collect::<Vec<_>>();
    remove();
    let started = Instant::now();
    folder.ok(&[command, &["--threads", "1"]].concat());
    let whole = started.elapsed();
    let expected = bytes();
    assert!(
        expected.iter().all(|layer| layer.len() > 3),
        "several parts and a manifest"
    );
    for more in [
        &["--threads", "2"][..],
        &["--threads", "2", "--batch-size", "13"],
    ] {
        remove();
        folder.ok(&[command, more].concat());
        assert!(
            bytes() == expected,
            "{} {}",
            command.join(" "),
            more.join(" ")
        );
    }
    for moment in 1..4 {
        remove();
        let mut child = folder.start(&[command, &["--threads", "1"]].concat());
        sleep(whole * moment / 4);
        let _ = child.kill();
        let _ = child.wait();
        folder.ok(command);
        assert!(bytes() == expected, "{} after a kill", command.join(" "));
    }
}
