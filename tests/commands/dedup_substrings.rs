//! `dedup exact_substrings`: ranges equal to the reference's and to plain comparison, the same however the corpus is cut,
//! read and interrupted.

use std::collections::HashMap;
use std::fs;

use serde_json::json;

use super::support::{Folder, contents, frame, shared, strings};

/// Starts and ends of ranges.
type Ranges = Vec<(usize, usize)>;

/// Texts with stretches in common, from a small generator.
fn made() -> Vec<String> {
    const PIECES: [&str; 12] = [
        "the ferry leaves at seven",
        " and the gulls follow it",
        "\u{e9}\u{e8}",
        "\u{4e2d}\u{6587}\u{5b57}",
        "aaaaaaaaaaaaaaaaaaaa",
        "ab",
        "abab",
        " nobody minds",
        "\n",
        ".",
        "0",
        "the lighthouse keeper",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % below
    };
    let mut texts: Vec<String> = (0..120)
        .map(|_| (0..next(24)).map(|_| PIECES[next(PIECES.len())]).collect())
        .collect();
    // Short ones, and more than 256, so that headers have bytes of 255 in them.
    texts.extend((0..200).map(|i| ["x", "", "xy", "the"][i % 4].to_string()));
    texts.extend_from_within(3..40);
    texts
}

/// Where bytes are that belong to a window that occurs more than once in the sequence, plainly.
fn plain(texts: &[String], window: usize, keep_first: bool) -> Vec<Ranges> {
    let mut sequence = Vec::new();
    let mut starts = Vec::new();
    for (number, text) in texts.iter().enumerate() {
        sequence.extend_from_slice(&[255, 255]);
        sequence.extend_from_slice(&(number as u32).to_le_bytes());
        starts.push(sequence.len());
        sequence.extend_from_slice(text.as_bytes());
    }
    let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (place, bytes) in sequence.windows(window).enumerate() {
        places.entry(bytes).or_default().push(place);
    }
    let mut marks = vec![false; sequence.len()];
    for places in places.values().filter(|places| places.len() > 1) {
        for &place in &places[usize::from(keep_first)..] {
            marks[place..place + window].fill(true);
        }
    }
    let of_text = |(&start, text): (&usize, &String)| {
        let mut ranges = Ranges::new();
        for byte in (0..text.len()).filter(|byte| marks[start + byte]) {
            match ranges.last_mut() {
                Some(range) if range.1 == byte => range.1 += 1,
                _ => ranges.push((byte, byte + 1)),
            }
        }
        ranges
    };
    starts.iter().zip(texts).map(of_text).collect()
}

/// A corpus `web` of texts.
fn corpus(texts: &[String], part_size: &str) -> Folder {
    let folder = Folder::new();
    let lines = texts.iter().enumerate();
    let lines: Vec<_> = lines
        .map(|(i, text)| json!({"id": format!("{i}"), "text": text}).to_string())
        .collect();
    folder.write("docs.jsonl", lines.join("\n"));
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

/// What the layer says: ranges, bytes, whether RefinedWeb drops it, what is left.
fn found(folder: &Folder, corpus: &str, preset: &str) -> Vec<(Ranges, i64, bool, String)> {
    let sql = format!(
        "SELECT {preset}_starts AS starts, {preset}_ends AS ends, {preset}_bytes AS bytes, \
         {preset}_dropped AS dropped, {preset}_text AS rest FROM corpus"
    );
    let rows = folder.ok(&["sql", corpus, "-c", &sql, "--format", "jsonl"]);
    let row = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let list = |name: &str| -> Vec<usize> {
            serde_json::from_value(row[name].clone()).expect("a list")
        };
        (
            list("starts").into_iter().zip(list("ends")).collect(),
            row["bytes"].as_i64().expect("a number"),
            row["dropped"].as_bool().expect("a Boolean"),
            row["rest"].as_str().expect("a text").to_string(),
        )
    };
    rows.lines().map(row).collect()
}

#[test]
fn equal_to_plain_comparison() {
    let texts = made();
    let folder = corpus(&texts, "1MB");
    for (preset, window, keep_first) in [
        ("exact_substrings_8", 8, false),
        ("exact_substrings_25", 25, false),
        ("exact_substrings_25_keep_first", 25, true),
        ("exact_substrings", 100, false),
    ] {
        folder.ok(&["dedup", "web", preset]);
        let expected = plain(&texts, window, keep_first);
        assert!(
            expected.iter().filter(|ranges| !ranges.is_empty()).count() > 5,
            "{preset}"
        );
        let found = found(&folder, "web", preset);
        assert_eq!(found.len(), texts.len());
        for (((ranges, bytes, dropped, rest), expected), text) in
            found.iter().zip(&expected).zip(&texts)
        {
            assert_eq!(ranges, expected, "{preset} of {text:?}");
            assert_eq!(
                *bytes as usize,
                ranges.iter().map(|r| r.1 - r.0).sum::<usize>()
            );
            let cut =
                |at: usize, c: char| ranges.iter().any(|r| r.0 < at + c.len_utf8() && at < r.1);
            let left: String = text
                .char_indices()
                .filter(|&(at, c)| !cut(at, c))
                .map(|(_, c)| c)
                .collect();
            assert_eq!(*rest, left);
            assert_eq!(*dropped, left.chars().count() < 20);
        }
    }
}

#[test]
fn the_same_however_the_corpus_is_cut_and_read_and_what_is_whole_is_kept() {
    let preset = "exact_substrings_25";
    let texts = made();
    let folder = corpus(&texts, "1kB");
    let expected = plain(&texts, 25, false);
    let layer = folder.path("web").join(preset);
    let mut bytes = None;
    for (threads, batch) in [("1", "8192"), ("2", "8192"), ("2", "3")] {
        let _ = fs::remove_dir_all(&layer);
        folder.ok(&[
            "dedup",
            "web",
            preset,
            "--threads",
            threads,
            "--batch-size",
            batch,
            "--memory-limit",
            "1GB",
        ]);
        let ranges: Vec<_> = found(&folder, "web", preset)
            .into_iter()
            .map(|row| row.0)
            .collect();
        assert_eq!(ranges, expected);
        let now = contents(&layer);
        assert!(now.len() > 3, "several parts and a manifest");
        assert!(*bytes.get_or_insert_with(|| now.clone()) == now);
    }
    // As after an interruption: some parts are whole, nothing is visible yet.
    fs::remove_file(layer.join("_layer.json")).expect("removed");
    fs::remove_file(layer.join("part-00001.parquet")).expect("removed");
    folder.ok(&["dedup", "web", preset]);
    assert!(bytes == Some(contents(&layer)));
    folder
        .run(&["dedup", "web", preset])
        .succeeds()
        .says(&["nothing to do"]);
}

#[test]
fn a_corpus_without_repetition_loses_nothing() {
    let texts: Vec<_> = (0..50)
        .map(|i| format!("document number {i} says {}", i * i * 7919))
        .collect();
    let folder = corpus(&texts, "1MB");
    folder
        .run(&["dedup", "web", "exact_substrings"])
        .succeeds()
        .says(&["0 ranges in 0 documents"]);
    assert!(
        found(&folder, "web", "exact_substrings")
            .iter()
            .zip(&texts)
            .all(|(row, text)| row.3 == *text)
    );
}

#[test]
fn wrong_lengths_are_refused() {
    let folder = Folder::new();
    for preset in ["exact_substrings_7", "exact_substrings_long"] {
        folder
            .run(&["dedup", "web", preset])
            .fails_with(&["there is no preset"]);
    }
    assert!(
        folder
            .ok(&["dedup", "--list"])
            .contains("exact_substrings_keep_first")
    );
}

#[test]
fn ranges_of_the_reference() {
    let Some(golden) = shared("data/golden/dedup") else {
        return;
    };
    let folder = Folder::new();
    let documents = golden.join("documents.parquet");
    folder.ok(&["ingest", &documents.to_string_lossy(), "--to", "golden"]);
    let path = golden.join("exact_substring_ranges.parquet");
    let frame = frame(&path);
    let values = |name: &str| strings(&frame, name);
    let numbers = |name: &str| -> Vec<usize> {
        let values = values(name);
        let numbers = values.iter().map(|value| value.parse().expect("a number"));
        numbers.collect()
    };
    let names: Vec<String> = folder
        .ok(&[
            "sql",
            "golden",
            "-c",
            "SELECT id FROM corpus",
            "--format",
            "csv",
        ])
        .lines()
        .skip(1)
        .map(str::to_string)
        .collect();
    let ids = values("id");
    let (thresholds, starts, ends) = (
        numbers("length_threshold_bytes"),
        numbers("start_byte"),
        numbers("end_byte"),
    );
    for (threshold, preset) in [(100, "exact_substrings"), (300, "exact_substrings_300")] {
        folder.ok(&["dedup", "golden", preset]);
        let mut expected: HashMap<&str, Ranges> = HashMap::new();
        for row in (0..ids.len()).filter(|&row| thresholds[row] == threshold) {
            let range = (starts[row], ends[row]);
            expected.entry(&ids[row]).or_default().push(range);
        }
        assert!(expected.len() > 100, "{}", expected.len());
        expected
            .values_mut()
            .for_each(|ranges| ranges.sort_unstable());
        for (row, id) in found(&folder, "golden", preset).iter().zip(&names) {
            let expected = expected.get(id.as_str()).cloned().unwrap_or_default();
            assert_eq!(row.0, expected, "{preset} of {id}");
        }
    }
}
