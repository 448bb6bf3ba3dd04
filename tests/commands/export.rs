//! `export`: the same bytes however it runs, resumed after a kill, manifests, folders that are taken.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::support::{Folder, contents, jsonl, repository};

/// A corpus `web` of `documents` documents in parts of `part_size`.
fn corpus(documents: usize, part_size: &str) -> Folder {
    let folder = Folder::new();
    folder.write("docs.jsonl", jsonl(documents, 200));
    folder.ok(&[
        "ingest",
        "docs.jsonl",
        "--to",
        "web",
        "--part-size",
        part_size,
    ]);
    folder
}

fn manifest(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join("_export.json")).expect("a manifest");
    serde_json::from_str(&text).expect("JSON")
}

/// Inode and time of each finished shard.
fn shards(folder: &Path) -> BTreeMap<String, (u64, i64, i64)> {
    let Ok(entries) = fs::read_dir(folder) else {
        return BTreeMap::new();
    };
    entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let facts = entry.metadata().ok()?;
            let is_shard = name.starts_with("shard-") && !name.ends_with(".writing");
            is_shard.then(|| (name, (facts.ino(), facts.mtime(), facts.mtime_nsec())))
        })
        .collect()
}

/// Shards that an interrupted run has recorded as whole.
fn recorded(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder.join("_unfinished")) else {
        return Vec::new();
    };
    entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".json") && name.starts_with("shard-"))
        .map(|name| name.trim_end_matches(".json").to_string())
        .collect()
}

#[test]
fn same_bytes_for_any_threads_and_batch_sizes() {
    let folder = corpus(900, "100KB");
    folder.ok(&["annotate", "web", "rpv2"]);
    for format in ["parquet", "jsonl", "jsonl.zst", "jsonl.gz", "rpv2"] {
        let export = |threads: &str, rows: &str| {
            let to = folder.path("out");
            let _ = fs::remove_dir_all(&to);
            folder.ok(&[
                "export",
                "web",
                "--to",
                "out",
                "--format",
                format,
                "--shard-size",
                "120KB",
                "--filter",
                "rpv2_gopher_card",
                "--where",
                "language <> 'zh'",
                "--threads",
                threads,
                "--batch-size",
                rows,
            ]);
            contents(&to)
        };
        let expected = export("1", "8192");
        assert!(
            expected.len() > 3,
            "{format}: several shards and a manifest, found {}",
            expected.len()
        );
        for (threads, rows) in [("2", "8192"), ("1", "1"), ("2", "7")] {
            assert!(
                export(threads, rows) == expected,
                "{format}: {threads} threads, batches of {rows}"
            );
        }
    }
}

#[test]
fn what_is_exported_is_what_the_query_gives() {
    let folder = corpus(500, "60KB");
    let columns = "id, text, language AS lang, rps_doc_word_count, rps_lines_num_words, text_hash";
    let expected = folder.ok(&[
        "sql",
        "web",
        "--format",
        "jsonl",
        "-c",
        &format!("SELECT {columns} FROM corpus WHERE keep_rpv2_gopher_card AND source = 's1'"),
    ]);
    folder.ok(&[
        "export",
        "web",
        "--to",
        "out",
        "--format",
        "jsonl",
        "--shard-size",
        "50KB",
        "--filter",
        "rpv2_gopher_card",
        "--where",
        "source = 's1'",
        "--columns",
        columns,
    ]);
    let mut exported = String::new();
    for name in shards(&folder.path("out")).keys() {
        exported.push_str(&fs::read_to_string(folder.path("out").join(name)).expect("a shard"));
    }
    assert!(exported == expected, "the same lines in the same order");
    assert!(!exported.is_empty());

    let manifest = manifest(&folder.path("out"));
    let listed = manifest["shards"].as_array().expect("shards");
    assert!(listed.len() > 1);
    let (mut documents, mut text_bytes) = (0, 0);
    for shard in listed {
        let bytes = fs::read(
            folder
                .path("out")
                .join(shard["file"].as_str().expect("a name")),
        )
        .expect("a shard");
        assert_eq!(shard["bytes"], bytes.len());
        let digest: String = Sha256::digest(&bytes)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(shard["sha256"], digest);
        let lines: Vec<Value> = String::from_utf8(bytes)
            .expect("UTF-8")
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        assert_eq!(shard["documents"], lines.len());
        let texts = lines
            .iter()
            .map(|line| line["text"].as_str().expect("a text"));
        let size: usize = texts.clone().map(str::len).sum();
        assert_eq!(shard["text_bytes"], size);
        assert_eq!(
            shard["text_chars"],
            texts.map(|t| t.chars().count()).sum::<usize>()
        );
        assert!(size <= 50_000);
        documents += lines.len();
        text_bytes += size;
    }
    assert_eq!(manifest["documents"], documents);
    assert_eq!(manifest["text_bytes"], text_bytes);
    let rules = &manifest["made"]["filters"][0]["rules"];
    assert_eq!(rules[0]["name"], "usual_word_count");
    assert_eq!(
        rules[0]["sql"],
        "coalesce(rps_doc_word_count BETWEEN 50 AND 10000, false)"
    );
    assert_eq!(manifest["made"]["columns"][2]["column"], "language");
}

#[test]
fn a_killed_export_goes_on_where_it_was() {
    let folder = corpus(6000, "300KB");
    let arguments = [
        "export",
        "web",
        "--to",
        "out",
        "--format",
        "jsonl.zst",
        "--shard-size",
        "150KB",
        "--where",
        "rps_doc_word_count > 3",
        "--threads",
        "2",
    ];
    folder.ok(&arguments);
    let out = folder.path("out");
    let expected = contents(&out);
    assert!(
        folder.path("web/documents/part-00007.parquet").exists(),
        "at least 8 parts"
    );
    assert!(
        expected.len() > 12,
        "at least 12 shards, found {}",
        expected.len()
    );
    let mut interrupted = 0;
    for round in 0..8 {
        fs::remove_dir_all(&out).expect("removed");
        let mut child = folder.start(&arguments);
        for _ in 0..4000 {
            if recorded(&out).len() > round || child.try_wait().expect("asked").is_some() {
                break;
            }
            sleep(Duration::from_millis(1));
        }
        sleep(Duration::from_millis(2 * round as u64));
        let _ = child.kill();
        let _ = child.wait();
        let whole = recorded(&out);
        let before = shards(&out);
        interrupted += usize::from(!out.join("_export.json").exists() && !whole.is_empty());
        folder.ok(&arguments);
        let after = shards(&out);
        for (name, facts) in before {
            if whole.iter().any(|stem| name.starts_with(stem)) {
                assert_eq!(
                    after.get(&name),
                    Some(&facts),
                    "{name} was whole and is not written again"
                );
            }
        }
        assert!(contents(&out) == expected, "the same bytes after a kill");
    }
    assert!(
        interrupted > 2,
        "several kills came in the middle, found {interrupted}"
    );
}

#[test]
fn a_killed_replacement_leaves_nothing_of_the_old_export() {
    let folder = corpus(3000, "300KB");
    fn export<'a>(columns: &'a str, shard_size: &'a str) -> [&'a str; 11] {
        [
            "export",
            "web",
            "--to",
            "out",
            "--format",
            "jsonl",
            "--overwrite",
            "--columns",
            columns,
            "--shard-size",
            shard_size,
        ]
    }
    let (old, new) = (export("id, text", "50KB"), export("text", "250KB"));
    folder.ok(&new);
    let out = folder.path("out");
    let expected = contents(&out);
    for round in 0..6 {
        folder.ok(&old);
        let mut child = folder.start(&new);
        for _ in 0..2000 {
            let begun = out.join("_unfinished").exists();
            if begun || child.try_wait().expect("asked").is_some() {
                break;
            }
            sleep(Duration::from_millis(1));
        }
        sleep(Duration::from_millis(3 * round));
        let _ = child.kill();
        let _ = child.wait();
        folder.ok(&new);
        assert!(contents(&out) == expected, "round {round}");
    }
}

#[test]
fn a_folder_is_never_written_over_by_accident() {
    let folder = corpus(60, "1MB");
    let export = |more: &[&str]| {
        let all = [&["export", "web", "--to", "out", "--format", "jsonl"], more].concat();
        folder.run(&all)
    };
    export(&[]).succeeds();
    let before = shards(&folder.path("out"));
    export(&[])
        .succeeds()
        .says(&["out is already there: 60 documents in 1 shard"]);
    assert_eq!(shards(&folder.path("out")), before);
    export(&["--where", "source = 's1'"]).fails_with(&[
        "out holds another export: 60 documents in 1 shards as jsonl, made by SELECT \"id\"",
        "hint: choose another folder, or replace that export with --overwrite (`overwrite: true` in a recipe)",
    ]);
    assert_eq!(shards(&folder.path("out")), before);
    export(&["--where", "source = 's1'", "--overwrite"]).succeeds();
    assert_eq!(manifest(&folder.path("out"))["documents"], 20);

    fs::write(folder.path("out/shard-00000.jsonl"), "cut short").expect("written");
    export(&["--where", "source = 's1'"]).fails_with(&[
        "shard-00000.jsonl is not as it was exported: expected ",
        "found 9 bytes",
        "--overwrite",
    ]);
    export(&["--where", "source = 's1'", "--overwrite"]).succeeds();

    folder.write("mine/notes.txt", "mine");
    folder.write("mine/thesis.tex", "mine");
    for more in [&["--overwrite"][..], &[]] {
        let all = [&["export", "web", "--to", "mine"], more].concat();
        folder.run(&all).fails_with(&[
            "mine is no export; expected a new or empty folder, found notes.txt, thesis.tex",
            "hint: choose another folder with --to",
        ]);
    }
    assert_eq!(
        fs::read_to_string(folder.path("mine/notes.txt")).expect("kept"),
        "mine"
    );
}

#[test]
fn what_removes_everything_is_named() {
    let folder = corpus(60, "1MB");
    folder
        .run(&[
            "export", "web", "--to", "out", "--filter", "rpv2_gopher_card",
            "--set", "rpv2_gopher_card.min_words=5000", "--where", "language = 'en'",
        ])
        .fails_with(&[
            "nothing to export: of 60 documents none survives; rule usual_word_count of rpv2_gopher_card lets no document pass",
            "hint: `corpusql filter` shows what each rule removes",
        ]);
    assert!(!folder.path("out/_export.json").exists());
    folder
        .run(&[
            "export",
            "web",
            "--to",
            "out",
            "--where",
            "source = 's1' AND source = 's2'",
        ])
        .fails_with(&["the condition source = 's1' AND source = 's2' lets no document pass"]);
}

#[test]
fn misspelt_names_are_told() {
    let folder = corpus(20, "1MB");
    let export = |more: &[&str]| {
        let all = [&["export", "web", "--to", "out"], more].concat();
        folder.run(&all)
    };
    export(&["--columns", "id,tetx"]).fails_with(&["tetx", "did you mean text?"]);
    export(&["--filter", "rpv2_goper"]).fails_with(&[
        "no filter is named `rpv2_goper`",
        "did you mean `rpv2_gopher`?",
    ]);
    export(&["--columns", "id,count(*) AS n"]).fails_with(&[
        "--columns, line 1: the aggregate `count(…)` has no place in an export: a value comes from one document",
    ]);
    export(&["--where", "source ="]).fails_with(&["--where", "expected an expression"]);
    export(&["--format", "rpv2", "--columns", "id"])
        .fails_with(&["the format rpv2 has its own columns"]);
    assert!(!folder.path("out").exists(), "nothing was written");
}

/// Any reader finds plain Parquet types, the planned row groups, and the rows of the query.
#[test]
fn parquet_shards_are_plain() {
    use datafusion::arrow::datatypes::DataType;
    use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    let folder = corpus(300, "60KB");
    folder.ok(&[
        "export",
        "web",
        "--to",
        "out",
        "--columns",
        "id, text, text_hash, rps_doc_unigram_entropy, rps_lines_num_words",
    ]);
    let file = fs::File::open(folder.path("out/shard-00000.parquet")).expect("a shard");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet");
    let types: Vec<DataType> = reader
        .schema()
        .fields()
        .iter()
        .map(|f| f.data_type().clone())
        .collect();
    assert_eq!(types[..2], [DataType::Utf8, DataType::Utf8]);
    assert_eq!(
        types[2..4],
        [DataType::FixedSizeBinary(16), DataType::Float64]
    );
    assert!(matches!(types[4], DataType::List(_)));
    let keys = reader
        .metadata()
        .file_metadata()
        .key_value_metadata()
        .cloned()
        .unwrap_or_default();
    assert!(keys.iter().all(|entry| entry.key != "ARROW:schema"));
    assert_eq!(reader.metadata().file_metadata().num_rows(), 300);
}

/// The records of the golden documents have the published values, key by key.
#[test]
fn published_records_are_rebuilt() {
    let folder = Folder::new();
    let golden = fs::read_to_string(repository("tests/data/rpv2/golden.jsonl")).expect("golden");
    folder.write("golden.jsonl", &golden);
    let ut1 = repository("tests/data/rpv2/ut1.json");
    let ut1 = ut1.to_string_lossy();
    folder.ok(&["ingest", "golden.jsonl", "--to", "web"]);
    folder.ok(&[
        "export", "web", "--to", "out", "--format", "rpv2", "--ut1", &ut1,
    ]);
    let name = shards(&folder.path("out"))
        .into_keys()
        .next()
        .expect("a shard");
    assert_eq!(name, "shard-00000.signals.json.gz");
    let file = fs::File::open(folder.path("out").join(name)).expect("a shard");
    let records = std::io::read_to_string(flate2::read::MultiGzDecoder::new(file)).expect("gzip");
    let mut compared = 0;
    for (expected, record) in golden.lines().zip(records.lines()) {
        let expected: Value = serde_json::from_str(expected).expect("JSON");
        let record: Value = serde_json::from_str(record).expect("JSON");
        assert_eq!(record["id"], expected["id"]);
        let length = expected["text"].as_str().expect("a text").chars().count();
        let signals = record["quality_signals"].as_object().expect("signals");
        for (key, triples) in signals {
            let Some(value) = expected["expected"].get(key) else {
                continue;
            };
            let triples = triples.as_array().expect("a list");
            let scores: Vec<Option<f64>> = triples.iter().map(|t| t[2].as_f64()).collect();
            match value {
                Value::Array(values) => {
                    let values: Vec<Option<f64>> = values.iter().map(Value::as_f64).collect();
                    assert_eq!(scores, values, "{key} of {}", record["id"]);
                    let ends: Vec<&Value> = triples.iter().map(|t| &t[1]).collect();
                    let lines = expected["expected"]["rps_lines_end"]
                        .as_array()
                        .expect("ends");
                    if !lines.is_empty() {
                        assert_eq!(ends, lines.iter().collect::<Vec<_>>());
                        assert_eq!(triples[0][0], 0);
                    }
                }
                value => {
                    assert_eq!(triples.len(), 1);
                    assert_eq!(scores, [value.as_f64()], "{key} of {}", record["id"]);
                    assert_eq!(
                        (&triples[0][0], &triples[0][1]),
                        (&0.into(), &length.into())
                    );
                }
            }
            compared += 1;
        }
    }
    assert!(compared > 29 * 100, "{compared} scores compared");
}
