//! `ingest`: inputs of all kinds, good and bad, interrupted and repeated.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use datafusion::arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray};
use datafusion::parquet::arrow::ArrowWriter;
use serde_json::Value;

use super::support::{Folder, contents, jsonl, repository};

/// Documents and bad records of a corpus, as its manifest has them.
fn counts(folder: &Folder, corpus: &str) -> (u64, u64) {
    let inputs = manifest(folder, corpus)["inputs"].clone();
    let sum = |key: &str| {
        let inputs = inputs.as_array().expect("inputs").iter();
        inputs.map(|i| i[key].as_u64().expect("a count")).sum()
    };
    (sum("documents"), sum("quarantined"))
}

fn manifest(folder: &Folder, corpus: &str) -> Value {
    let path = folder.path(corpus).join("documents/_layer.json");
    serde_json::from_slice(&fs::read(path).expect("a manifest")).expect("JSON")
}

/// All entries of the quarantine, in order.
fn quarantine(folder: &Folder, corpus: &str) -> Vec<Value> {
    let folder = folder.path(corpus).join("quarantine");
    let mut entries = Vec::new();
    for (_, bytes) in contents(&folder) {
        let text = String::from_utf8(bytes).expect("UTF-8");
        entries.extend(
            text.lines()
                .map(|l| serde_json::from_str::<Value>(l).expect("JSON")),
        );
    }
    entries
}

/// The rows of a query, as JSON.
fn rows(folder: &Folder, sql: &str) -> Vec<Value> {
    let text = folder.ok(&["sql", "web", "--format", "jsonl", "-c", sql]);
    text.lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect()
}

fn parquet(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).expect("a batch");
    let file = File::create(path).expect("a file");
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
}

fn strings(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

/// The table of `tests/data/README.md`.
#[test]
fn bad_inputs_are_set_aside_or_refused() {
    let set_aside = [
        ("array_bad_element.json", 2, 4, "wrong-type"),
        ("array_empty.json", 0, 0, ""),
        ("array_garbage_after.json", 6, 1, "invalid-json"),
        ("array_truncated.json", 4, 1, "broken-stream"),
        ("corrupt_page.parquet", 0, 200, "unreadable-rows"),
        ("deep.json", 0, 1, "too-deep"),
        ("empty.jsonl", 0, 0, ""),
        ("garbage_after_gzip.jsonl.gz", 2, 1, "broken-stream"),
        ("invalid_utf8.jsonl", 2, 4, "invalid-utf8"),
        ("invalid_utf8.parquet", 2, 2, "invalid-utf8"),
        ("lone_surrogate.jsonl", 2, 2, "invalid-utf8"),
        ("no_rows.parquet", 0, 0, ""),
        ("not_gzip.jsonl.gz", 0, 1, "broken-stream"),
        ("not_json.jsonl", 3, 6, "invalid-json"),
        ("object.json", 0, 1, "missing-text"),
        ("odd_but_valid.jsonl", 6, 0, ""),
        ("only_newlines.jsonl", 0, 0, ""),
        ("text_is_binary.parquet", 1, 1, "invalid-utf8"),
        ("text_is_null.parquet", 2, 1, "missing-text"),
        ("truncated.jsonl.gz", 48, 1, "broken-stream"),
        ("truncated.jsonl.zst", 49, 1, "broken-stream"),
        ("two_members.jsonl.gz", 2, 0, ""),
        ("wrong_types.jsonl", 3, 9, "wrong-type"),
    ];
    let refused = [
        ("empty.parquet", "no readable Parquet file"),
        (
            "footer_length_too_large.parquet",
            "no readable Parquet file",
        ),
        ("not_parquet.parquet", "no readable Parquet file"),
        ("text_is_integer.parquet", "holds Int64, not text"),
        ("truncated.parquet", "no readable Parquet file"),
        ("without_text.parquet", "has no column text; it has id"),
    ];
    let bad = repository("tests/data/bad");
    assert_eq!(
        fs::read_dir(&bad).expect("a folder").count(),
        set_aside.len() + refused.len(),
        "every file has its line"
    );
    let folder = Folder::new();
    for (name, documents, bad_records, reason) in set_aside {
        let input = bad.join(name).display().to_string();
        let ran = folder.run(&["ingest", &input, "--to", name]).succeeds();
        assert_eq!(counts(&folder, name), (documents, bad_records), "{name}");
        if bad_records > 0 {
            assert!(ran.stderr.contains("bad record"), "{name}: {}", ran.stderr);
            let entries = quarantine(&folder, name);
            let rows: u64 = entries
                .iter()
                .map(|e| e["rows"].as_u64().expect("rows"))
                .sum();
            assert_eq!(rows, bad_records, "{name}");
            assert!(
                entries.iter().any(|e| e["reason"] == reason),
                "{name}: {entries:?}"
            );
            assert!(
                entries.iter().all(|e| e["input"] == name),
                "{name}: {entries:?}"
            );
        }
    }
    for (name, words) in refused {
        let input = bad.join(name).display().to_string();
        let ran = folder.run(&["ingest", &input, "--to", name]);
        ran.fails_with(&[name, words, "hint: "]);
        assert!(!folder.path(name).exists(), "{name}: nothing is written");
    }
}

/// What the suite calls valid becomes a document, whatever the array around it is made of; what it calls
/// invalid does not.
#[test]
fn the_json_suite() {
    let folder = Folder::new();
    let mut expected = BTreeMap::new();
    for entry in fs::read_dir(repository("tests/data/json-test-suite")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let kind = name.as_bytes()[0];
        let value = fs::read(&path).expect("a file");
        if !name.ends_with(".json") || kind == b'i' {
            continue;
        }
        let mut line = format!(r#"{{"id": "{name}", "text": "a", "value": "#).into_bytes();
        // A line break inside the value would end the record.
        line.extend(value.iter().filter(|b| !matches!(b, b'\n' | b'\r')));
        line.extend(b"}\n");
        folder.write(&format!("suite/{name}l"), line);
        expected.insert(name, kind == b'y');
    }
    folder.ok(&["ingest", "suite", "--to", "web"]);
    let accepted: Vec<String> = rows(&folder, "SELECT id FROM corpus")
        .iter()
        .map(|row| row["id"].as_str().expect("an id").to_string())
        .collect();
    // A value that closes the record by itself, or leaves a comma away, is fine inside of one.
    let fine_inside = |name: &str| !expected[name] && name.contains("newline");
    for (name, valid) in &expected {
        if !fine_inside(name) {
            assert_eq!(accepted.contains(name), *valid, "{name}");
        }
    }
    assert!(expected.len() > 100);
}

/// Five inputs of all kinds, with bad records in between.
fn many_inputs(folder: &Folder) -> Vec<&'static str> {
    let mut lines = jsonl(700, 200);
    lines.push_str("no JSON\n");
    lines.push_str(&jsonl(100, 20).replace("doc-", "late-"));
    folder.write("in/a.jsonl", lines);
    folder.write(
        "in/b.jsonl.gz",
        gzip(jsonl(300, 300).replace("doc-", "gz-").as_bytes()),
    );
    let array: Vec<String> = jsonl(200, 100)
        .lines()
        .map(|l| l.replace("doc-", "array-"))
        .collect();
    folder.write("in/c.json", format!("[{},\n 17]", array.join(",\n")));
    let texts: Vec<String> = (0..900)
        .map(|i| format!("text {i} ").repeat(1 + i % 90))
        .collect();
    let years: Vec<i32> = (0..900).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    parquet(
        &folder.path("in/d.parquet"),
        vec![
            ("text", strings(&texts)),
            ("year", Arc::new(Int32Array::from(years))),
        ],
    );
    vec![
        "ingest",
        "in",
        "--to",
        "web",
        "--part-size",
        "40KB",
        "--detect-language",
    ]
}

#[test]
fn the_same_bytes_for_any_threads_and_batches() {
    let folder = Folder::new();
    let arguments = many_inputs(&folder);
    let mut expected = None;
    for (threads, batch) in [("1", "8192"), ("2", "1"), ("2", "7"), ("5", "8192")] {
        fs::remove_dir_all(folder.path("web")).ok();
        let mut arguments = arguments.clone();
        arguments.extend([
            "--threads",
            threads,
            "--batch-size",
            batch,
            "--memory-limit",
            "64MB",
        ]);
        folder.ok(&arguments);
        let found = contents(&folder.path("web"));
        let expected = expected.get_or_insert_with(|| found.clone());
        assert!(*expected == found, "{threads} threads, batches of {batch}");
    }
    assert_eq!(counts(&folder, "web"), (2200, 2));
    assert!(contents(&folder.path("web")).len() > 20);
}

/// Inode and time of change of each finished part.
fn parts(folder: &Folder) -> BTreeMap<String, (u64, SystemTime)> {
    let Ok(entries) = fs::read_dir(folder.path("web/documents")) else {
        return BTreeMap::new();
    };
    let mut parts = BTreeMap::new();
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let (true, Ok(facts)) = (name.ends_with(".parquet"), entry.metadata()) {
            parts.insert(name, (facts.ino(), facts.modified().expect("a time")));
        }
    }
    parts
}

#[test]
fn killed_and_run_again() {
    let folder = Folder::new();
    let arguments = many_inputs(&folder);
    folder.ok(&arguments);
    let expected = contents(&folder.path("web"));
    let total = parts(&folder).len();
    assert!(total >= 8, "{total} parts");
    fs::remove_dir_all(folder.path("web")).expect("removed");

    for enough in [1, 3, 4, 8, total - 1] {
        let before = parts(&folder);
        let mut child = folder.start(&arguments);
        let patience = Instant::now() + Duration::from_secs(60);
        while parts(&folder).len() < enough
            && child.try_wait().expect("a child").is_none()
            && Instant::now() < patience
        {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().expect("killed");
        child.wait().expect("gone");
        let now = parts(&folder);
        assert!(now.len() >= enough.min(total));
        for (name, facts) in before {
            assert_eq!(now.get(&name), Some(&facts), "{name} was written again");
        }
    }
    let before = parts(&folder);
    let finished = folder.path("web/documents/_layer.json").exists();
    let ran = folder.run(&arguments).succeeds();
    if !finished {
        ran.says(&["of an interrupted run"]);
    }
    for (name, facts) in before {
        assert_eq!(
            parts(&folder).get(&name),
            Some(&facts),
            "{name} was written again"
        );
    }
    assert!(contents(&folder.path("web")) == expected);

    // Killed between the last part and the manifest.
    fs::remove_file(folder.path("web/documents/_layer.json")).expect("removed");
    folder.ok(&arguments);
    assert!(contents(&folder.path("web")) == expected);
}

#[test]
fn bad_records_alone_leave_a_corpus_without_documents() {
    let folder = Folder::new();
    folder.write("bad.jsonl", "{\"id\": 1}\nno JSON\n");
    folder.write("good.jsonl", jsonl(3, 3) + "no JSON either\n");
    folder.ok(&["ingest", "bad.jsonl", "--to", "web"]);
    assert_eq!(rows(&folder, "SELECT count(*) AS n FROM corpus")[0]["n"], 0);
    assert_eq!(quarantine(&folder, "web").len(), 2);
    folder.ok(&["ingest", "good.jsonl", "--to", "web"]);
    assert_eq!(rows(&folder, "SELECT count(*) AS n FROM corpus")[0]["n"], 3);
    assert_eq!(quarantine(&folder, "web").len(), 3);
}

#[test]
fn an_unfinished_ingest_of_other_inputs() {
    let folder = Folder::new();
    let arguments = many_inputs(&folder);
    folder.ok(&arguments);
    fs::remove_file(folder.path("web/documents/_layer.json")).expect("removed");
    folder
        .run(&["ingest", "in/a.jsonl", "--to", "web"])
        .fails_with(&[
            "part-00000.parquet",
            "unfinished ingest",
            "running its command again",
        ]);
    folder
        .run(&["sql", "web", "-c", "SELECT 1"])
        .fails_with(&["an interrupted ingest is finished by running it again"]);
    fs::write(
        folder.path("in/a.jsonl"),
        fs::read(folder.path("in/a.jsonl")).expect("read"),
    )
    .expect("written");
    folder
        .run(&arguments)
        .fails_with(&["in/a.jsonl", "has changed since"]);
}

#[test]
fn what_is_there_already_is_skipped() {
    let folder = Folder::new();
    folder.write("a.jsonl", jsonl(50, 20));
    folder.ok(&["ingest", "a.jsonl", "--to", "web"]);
    let first = contents(&folder.path("web/documents"));
    folder
        .run(&["ingest", "a.jsonl", "--to", "web"])
        .succeeds()
        .says(&[
            "nothing to do",
            "a.jsonl is in the corpus already",
            "--again",
        ]);
    assert!(contents(&folder.path("web/documents")) == first);

    // Of the same length, but another.
    folder.write("a.jsonl", jsonl(50, 20).replace("doc-", "oth-"));
    folder.ok(&["ingest", "a.jsonl", "--to", "web"]);
    assert_eq!(counts(&folder, "web"), (100, 0));
    folder
        .run(&["ingest", "a.jsonl", "--to", "web", "--again"])
        .succeeds()
        .says(&[
            "50 ids more than one document has",
            "100 documents",
            "oth-0 (2)",
        ]);
    assert_eq!(counts(&folder, "web"), (150, 0));
    let part = |files: &[(String, Vec<u8>)]| {
        files
            .iter()
            .find(|(name, _)| name == "part-00000.parquet")
            .cloned()
    };
    assert!(part(&contents(&folder.path("web/documents"))) == part(&first));
}

#[test]
fn columns_are_fixed_by_the_first_ingest() {
    let folder = Folder::new();
    parquet(
        &folder.path("first.parquet"),
        vec![
            ("doc", Arc::new(Int64Array::from(vec![7, 8])) as ArrayRef),
            ("id", strings(&["x", "y"])),
            ("text", strings(&["one", "two"])),
            ("url", strings(&["https://a.example/b", "no url"])),
            ("year", Arc::new(Int32Array::from(vec![1999, 2000]))),
        ],
    );
    parquet(
        &folder.path("second.parquet"),
        vec![
            ("text", strings(&["three", "four", "five"])),
            (
                "year",
                Arc::new(Int64Array::from(vec![2001, 1 << 40, 2003])),
            ),
            ("place", strings(&["Rome", "Oslo", "Bern"])),
        ],
    );
    folder.write(
        "third.jsonl",
        r#"{"text": "six", "year": 2004, "id": 12, "date": 2024, "tags": ["a", {"b": 1.50}]}
{"text": "seven", "year": "long ago"}
{"text": "eight", "year": null, "language": ["en"]}
{"text": "nine", "metadata": {"k": "v"}, "place": "Lima"}
"#,
    );
    folder.ok(&[
        "ingest",
        "first.parquet",
        "--to",
        "web",
        "--map",
        "id=doc",
        "--source",
        "s",
    ]);
    let ran = folder.run(&[
        "ingest",
        "second.parquet",
        "third.jsonl",
        "--to",
        "web",
        "--language",
        "en",
    ]);
    ran.succeeds().says(&["3 bad records", "wrong type"]);

    let found = rows(
        &folder,
        "SELECT id, text, domain, source, date, language, year, metadata, text_bytes, text_chars FROM corpus",
    );
    let row = |line: usize, column: &str| found[line][column].clone();
    assert_eq!(row(0, "id"), "7");
    assert_eq!(row(0, "domain"), "a.example");
    assert_eq!(row(1, "domain"), Value::Null);
    assert_eq!(row(0, "source"), "s");
    assert_eq!(row(0, "year"), 1999);
    assert_eq!(row(0, "metadata"), r#"{"id":"x"}"#);
    assert_eq!(row(2, "id"), "second.parquet/0");
    assert_eq!(row(2, "language"), "en");
    assert_eq!(row(2, "metadata"), r#"{"place":"Rome"}"#);
    assert_eq!(row(3, "id"), "second.parquet/2");
    assert_eq!(row(4, "id"), "12");
    assert_eq!(row(4, "date"), "2024");
    assert_eq!(row(4, "year"), 2004);
    assert_eq!(row(4, "metadata"), r#"{"tags":["a", {"b": 1.50}]}"#);
    assert_eq!(row(5, "id"), "third.jsonl/3");
    assert_eq!(row(5, "metadata"), r#"{"k":"v","place":"Lima"}"#);
    assert_eq!(row(5, "text_bytes"), 4);
    assert_eq!(found.len(), 6);
    let bad = quarantine(&folder, "web");
    let details: Vec<&str> = bad
        .iter()
        .map(|b| b["detail"].as_str().expect("words"))
        .collect();
    assert_eq!(
        details,
        [
            "1099511627776 of type Int64 for the column year of type Int32",
            "\"long ago\" for the column year of type Int32",
            "[\"en\"] where a string is expected",
        ]
    );
}

#[test]
fn strict_stops_at_the_first_bad_record() {
    let folder = Folder::new();
    let good = "{\"text\": \"a\"}\n";
    folder.write("a.jsonl", format!("{good}{good}{{\"text\": 1}}\nno JSON\n"));
    folder
        .run(&["ingest", "a.jsonl", "--to", "web", "--strict"])
        .fails_with(&["a.jsonl, line 3: wrong type: text is a number", "hint: "]);
    assert!(!folder.path("web/documents/_layer.json").exists());
    folder.ok(&["ingest", "a.jsonl", "--to", "web"]);
    assert_eq!(counts(&folder, "web"), (2, 2));
}

#[test]
fn messages_lead_on() {
    let folder = Folder::new();
    folder.write("a.jsonl", "{\"content\": \"a\", \"key\": 1}\n");
    folder.write("notes.txt", "words");
    folder
        .run(&["ingest", "*.parquet", "--to", "web"])
        .fails_with(&["no input matches *.parquet"]);
    folder
        .run(&["ingest", "gone.jsonl", "--to", "web"])
        .fails_with(&["no input matches gone.jsonl"]);
    folder
        .run(&["ingest", "notes.txt", "--to", "web"])
        .fails_with(&["cannot tell the format", ".jsonl"]);
    folder
        .run(&["ingest", "a.jsonl", "--to", "web", "--map", "txt=content"])
        .fails_with(&["txt is no base column", "did you mean text?"]);
    folder
        .run(&["ingest", "a.jsonl", "--to", "web"])
        .succeeds()
        .says(&[
            "no record of a.jsonl has a text",
            "content, key",
            "--map text=content",
        ]);
    parquet(&folder.path("b.parquet"), vec![("body", strings(&["a"]))]);
    folder
        .run(&["ingest", "b.parquet", "--to", "other"])
        .fails_with(&[
            "b.parquet has no column text; it has body",
            "--map text=body",
        ]);
    folder
        .run(&[
            "ingest",
            "b.parquet",
            "--to",
            "other",
            "--map",
            "text=body",
            "--map",
            "id=bod",
        ])
        .fails_with(&["no input has the column bod", "did you mean body?"]);
}

#[test]
fn two_writers_at_once() {
    let folder = Folder::new();
    folder.write("a.jsonl", jsonl(10, 10));
    let lock = folder.write("web/documents/_lock", "process 17\n");
    let file = File::open(&lock).expect("a file");
    file.lock().expect("locked");
    folder
        .run(&["ingest", "a.jsonl", "--to", "web"])
        .fails_with(&["is being written by process 17", "hint: wait"]);
    drop(file);
    folder.ok(&["ingest", "a.jsonl", "--to", "web"]);
}

#[test]
fn a_part_for_each_document() {
    let folder = Folder::new();
    folder.write("a.jsonl", jsonl(1500, 3));
    folder.ok(&["ingest", "a.jsonl", "--to", "web", "--part-size", "1"]);
    assert_eq!(counts(&folder, "web"), (1500, 0));
    assert!(parts(&folder).len() > 1400, "an empty text fills no part");
}

#[test]
fn in_place_nothing_is_copied() {
    let folder = Folder::new();
    for (name, ids) in [("p/a.parquet", [1, 2]), ("p/b.parquet", [3, 4])] {
        folder.write(name, "");
        parquet(
            &folder.path(name),
            vec![
                ("key", Arc::new(Int64Array::from(ids.to_vec())) as ArrayRef),
                ("body", strings(&["One two three.", "Four"])),
                (
                    "url",
                    strings(&["https://a.example/x", "https://b.example/y"]),
                ),
            ],
        );
    }
    folder.ok(&[
        "ingest",
        "p",
        "--to",
        "web",
        "--in-place",
        "--map",
        "id=key",
        "--map",
        "text=body",
    ]);
    assert_eq!(
        contents(&folder.path("web"))
            .into_iter()
            .map(|(name, _)| name)
            .collect::<Vec<_>>(),
        ["documents/_layer.json"]
    );
    assert_eq!(
        manifest(&folder, "web")["parts"][1]["file"],
        "../../p/b.parquet"
    );
    let found = rows(
        &folder,
        "SELECT id, text, domain, text_chars, rps_doc_word_count AS words FROM corpus WHERE id <> 2",
    );
    assert_eq!(found.len(), 3);
    assert_eq!(found[0]["words"], 3);
    assert_eq!(found[1]["domain"], "a.example");
    assert_eq!(found[2]["text_chars"], 4);

    let again = [
        "ingest",
        "p",
        "--to",
        "web",
        "--in-place",
        "--map",
        "id=key",
        "--map",
        "text=body",
    ];
    folder.run(&again).succeeds().says(&["nothing to do"]);
    folder.write("c.jsonl", jsonl(3, 3));
    folder
        .run(&["ingest", "c.jsonl", "--to", "web"])
        .fails_with(&["in-place corpus takes further inputs with --in-place"]);
    folder
        .run(&["ingest", "c.jsonl", "--to", "web", "--in-place"])
        .fails_with(&["c.jsonl is no Parquet file"]);
    parquet(&folder.path("d.parquet"), vec![("body", strings(&["x"]))]);
    folder
        .run(&[
            "ingest",
            "d.parquet",
            "--to",
            "web",
            "--in-place",
            "--map",
            "text=body",
        ])
        .fails_with(&["d.parquet has other columns", "key Int64"]);
}

#[test]
fn a_corpus_is_no_input_of_itself() {
    let folder = Folder::new();
    folder.write("a.jsonl", jsonl(5, 5));
    folder.write(".hidden.jsonl", "");
    folder.write("notes.txt", "");
    folder.ok(&["ingest", ".", "--to", "web"]);
    folder
        .run(&["ingest", ".", "--to", "web"])
        .succeeds()
        .says(&[
            "nothing to do",
            "of no known format: ./notes.txt",
            "part of the corpus itself",
            "hidden",
        ]);
    assert_eq!(counts(&folder, "web"), (5, 0));
}

#[test]
fn the_quickstart_has_its_documents() {
    let folder = Folder::new();
    let input = |name: &str| {
        repository("queries/recipes/quickstart")
            .join(name)
            .display()
            .to_string()
    };
    let map = |pairs: &[&str]| {
        pairs
            .iter()
            .flat_map(|p| ["--map".into(), p.to_string()])
            .collect::<Vec<_>>()
    };
    for (inputs, options) in [
        (
            vec!["web.parquet"],
            map(&["id=doc_id", "url=link", "source=site", "language=lang"]),
        ),
        (vec!["library.parquet"], map(&["id=key", "text=body"])),
        (vec!["law-de.jsonl.zst"], map(&["language=lang"])),
        (
            vec!["code.jsonl.gz"],
            map(&[
                "id=path",
                "text=content",
                "source=repository",
                "language=programming_language",
            ]),
        ),
        (
            vec!["news.json", "unlabelled.jsonl.gz", "junk.jsonl.zst"],
            vec!["--detect-language".to_string()],
        ),
    ] {
        let mut arguments = vec!["ingest".to_string(), "--to".into(), "web".into()];
        arguments.extend(inputs.into_iter().map(input));
        arguments.extend(options);
        folder.ok(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    }
    assert_eq!(counts(&folder, "web"), (2173, 5));
    let languages = rows(&folder, "SELECT count(DISTINCT language) AS n FROM corpus");
    assert!(languages[0]["n"].as_u64() > Some(20), "{languages:?}");
}
