//! What is cut out equals what the reference implementations cut.
//!
//! `tests/data/spans` travels with the project: the first documents of a stream. `CORPUSQL_GOLDEN_SPANS` names a folder
//! with a longer one of this form.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use corpusql_text::spans::{
    Asked, BffMode, Bloom, Copies, Cut, Grams, Judge, KeySet, Seen, Shape, Tools, Unit, Windows,
    without_spans,
};
use serde_json::Value;
use sha1::{Digest, Sha1};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The streams: the one here, and the one that the environment names.
fn streams() -> Result<Vec<Vec<Value>>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/spans");
    let folders =
        std::iter::once(here).chain(std::env::var_os("CORPUSQL_GOLDEN_SPANS").map(PathBuf::from));
    let read = |folder: PathBuf| -> Result<Vec<Value>> {
        let text = fs::read_to_string(folder.join("golden.jsonl"))?;
        text.lines()
            .map(|line| Ok(serde_json::from_str(line)?))
            .collect()
    };
    folders.map(read).collect()
}

fn text(record: &Value) -> &str {
    record["text"].as_str().expect("a record with a text")
}

/// The text without what is cut.
fn rest(text: &str, cut: &Cut, between: &str) -> String {
    let mut rest = String::new();
    without_spans(text, cut.spans.iter().copied(), between, &mut rest);
    rest
}

/// What is left of a document, in the words of the golden answers: nothing, everything, or the SHA-1 of the text.
fn answer(text: &str, cut: &Cut, between: &str) -> Value {
    if cut.dropped {
        return Value::Null;
    }
    let rest = rest(text, cut, between);
    let characters = |text: &str| i64::try_from(text.chars().count()).expect("a short text");
    assert_eq!(
        cut.removed(text, between),
        characters(text) - characters(&rest)
    );
    if rest == text {
        return Value::Bool(true);
    }
    let digest: [u8; 20] = Sha1::digest(rest.as_bytes()).into();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Value::String(hex)
}

/// Which copies of a key go.
#[derive(Clone, Copy, PartialEq)]
enum Rule {
    /// All but the first.
    AllButFirst,
    /// All where several documents have one; all but the first within a document.
    All,
}

/// What is cut out of each document of a stream, by sets of the standard library.
fn copies(way: Copies, rule: Rule, documents: &[&str]) -> Vec<Cut> {
    let mut tools = Tools::default();
    let keys: Vec<Vec<Option<u64>>> = documents
        .iter()
        .map(|text| {
            let mut keys = Vec::new();
            way.keys(&mut tools, text, &mut keys);
            keys
        })
        .collect();
    let mut of_documents = HashMap::<u64, HashSet<usize>>::new();
    for (number, keys) in keys.iter().enumerate() {
        for key in keys.iter().flatten() {
            of_documents.entry(*key).or_default().insert(number);
        }
    }
    let mut seen = HashSet::new();
    let pairs = documents.iter().zip(&keys);
    pairs
        .map(|(text, keys)| {
            let removed: Vec<u32> = (0..)
                .zip(keys)
                .filter(|(_, key)| {
                    key.is_some_and(|key| {
                        let again = !seen.insert(key);
                        again || rule == Rule::All && of_documents[&key].len() > 1
                    })
                })
                .map(|(number, _)| number)
                .collect();
            let mut cut = Cut::default();
            way.cut(&mut tools, text, &removed, &mut cut);
            cut
        })
        .collect()
}

/// What is cut out of each document of a stream, by a judge.
fn judged(way: Grams, seen: Seen, documents: &[&str]) -> Vec<Cut> {
    let mut tools = Tools::default();
    let mut judge = Judge::new(way, seen);
    documents
        .iter()
        .map(|text| {
            let verdict = judge.judge(&way.read(&mut tools, text));
            let mut cut = Cut::default();
            way.cut(&mut tools, text, &verdict, &mut cut);
            cut
        })
        .collect()
}

fn exact() -> Seen {
    Seen::Exact(KeySet::default())
}

fn windows(unit: Unit, size: usize, min_words: u64, min_sentences: u64) -> Copies {
    Copies::Datatrove(Windows {
        unit,
        size,
        min_words,
        min_sentences,
    })
}

fn dolma(skip_empty: bool, min_length: u64) -> Copies {
    Copies::Dolma(Asked {
        skip_empty,
        min_length,
    })
}

fn dolma_grams(words: usize, stride: usize, threshold: f32) -> Grams {
    Grams::Dolma {
        words,
        stride,
        threshold,
        skip_empty: true,
    }
}

fn bff(mode: BffMode, min_words: usize) -> Grams {
    Grams::Bff {
        mode,
        min_words,
        words: 13,
        threshold: 0.8,
    }
}

#[test]
fn line_hashes_of_ccnet() -> Result {
    for stream in streams()? {
        let mut lines = 0;
        for record in &stream {
            let Some(expected) = record["ccnet_line_hashes"].as_array() else {
                continue;
            };
            let mut keys = Vec::new();
            Copies::Ccnet.keys(&mut Tools::default(), text(record), &mut keys);
            let found: Vec<_> = keys
                .iter()
                .flatten()
                .map(|key| format!("{key:x}"))
                .collect();
            assert_eq!(&found, expected, "{}", record["id"]);
            lines += found.len();
        }
        assert!(lines > 300, "{lines}");
    }
    Ok(())
}

#[test]
fn what_is_left_of_documents() -> Result {
    let ways = [
        ("one_pass", Copies::Ccnet, Rule::AllButFirst),
        ("two_pass", Copies::Ccnet, Rule::All),
        (
            "sent3_default",
            windows(Unit::Sentences, 3, 50, 3),
            Rule::AllButFirst,
        ),
        (
            "sent1_no_min",
            windows(Unit::Sentences, 1, 0, 0),
            Rule::AllButFirst,
        ),
        (
            "lines_no_min",
            windows(Unit::Lines, 3, 0, 0),
            Rule::AllButFirst,
        ),
    ];
    for stream in streams()? {
        let documents: Vec<_> = stream.iter().map(text).collect();
        for (name, way, rule) in ways {
            // Whether a line is in a later document is not known of the first documents of a stream.
            if stream[0].get(name).is_none() {
                continue;
            }
            let cuts = copies(way, rule, &documents);
            let mut differ = 0;
            for (record, cut) in stream.iter().zip(&cuts) {
                let found = answer(text(record), cut, way.between());
                differ += usize::from(!cut.spans.is_empty());
                assert_eq!(found, record[name], "{name} {}", record["id"]);
            }
            assert!(differ > 2, "{name}: {differ}");
        }
    }
    Ok(())
}

#[test]
fn what_bff_leaves() -> Result {
    let ways = [
        ("old-both_13_13_0.8", bff(BffMode::OldBoth, 13)),
        ("old-both_5_13_0.8", bff(BffMode::OldBoth, 5)),
        ("paragraph_5_13_0.8", bff(BffMode::Paragraph, 5)),
        ("document_5_13_0.8", bff(BffMode::Document, 5)),
    ];
    for stream in streams()? {
        let documents: Vec<_> = stream.iter().map(text).collect();
        for (name, way) in ways {
            let cuts = judged(way, exact(), &documents);
            for (record, cut) in stream.iter().zip(&cuts) {
                let found = answer(text(record), cut, "");
                assert_eq!(found, record["bff"][name], "{name} {}", record["id"]);
            }
            assert!(
                cuts.iter().filter(|cut| !cut.spans.is_empty()).count() > 1,
                "{name}"
            );
        }
    }
    Ok(())
}

#[test]
fn spans_of_dolma() -> Result {
    let ways = [
        ("paragraphs", dolma(false, 0)),
        ("paragraphs_skip_empty", dolma(true, 0)),
        ("paragraphs_min_length_20", dolma(true, 20)),
    ];
    let grams = [
        ("ngram13_thr0.8", dolma_grams(13, 1, 0.8)),
        ("ngram8_stride3_thr0.5", dolma_grams(8, 3, 0.5)),
    ];
    for stream in streams()? {
        let documents: Vec<_> = stream.iter().map(text).collect();
        let by_copies = ways
            .iter()
            .map(|(name, way)| (name, copies(*way, Rule::AllButFirst, &documents)));
        let by_grams = grams
            .iter()
            .map(|(name, way)| (name, judged(*way, exact(), &documents)));
        for (name, cuts) in by_copies.chain(by_grams) {
            let mut spans = 0;
            for (record, cut) in stream.iter().zip(&cuts) {
                let golden = record["dolma"][name].as_array().into_iter().flatten();
                let expected: Vec<_> = golden
                    .map(|span| {
                        let end = |i: usize| span[i].as_u64().unwrap_or(u64::MAX);
                        // Dolma's scores have single precision.
                        (end(0), end(1), span[2].as_f64().map(|score| score as f32))
                    })
                    .collect();
                let pairs = cut.spans.iter().zip(&cut.scores);
                let found: Vec<_> = pairs
                    .map(|(&(start, end), &score)| (start, end, Some(score as f32)))
                    .collect();
                assert_eq!(found, expected, "{name} {}", record["id"]);
                spans += cut.spans.len();
            }
            assert!(spans > 100, "{name}: {spans}");
        }
    }
    Ok(())
}

/// A number in letters.
fn word_of(number: usize) -> String {
    let letter = |digit: u8| char::from(b'b' + digit - b'0');
    format!("x{number}")
        .bytes()
        .map(|b| if b == b'x' { 'a' } else { letter(b) })
        .collect()
}

/// Paragraphs of words that no other has.
fn without_duplicates() -> Vec<String> {
    let document = |number: usize| {
        let line = |line: usize| {
            let words = (0..15 + (number + line) % 9)
                .map(|word| word_of(number * 1000 + line * 100 + word));
            format!("Line {}.", words.collect::<Vec<_>>().join(" "))
        };
        (0..6).map(line).collect::<Vec<_>>().join("\n")
    };
    (0..400).map(document).collect()
}

#[test]
fn nothing_is_lost_where_nothing_repeats() {
    let documents = without_duplicates();
    let documents: Vec<_> = documents.iter().map(String::as_str).collect();
    for (way, rule) in [
        (Copies::Ccnet, Rule::All),
        (Copies::Ccnet, Rule::AllButFirst),
        (dolma(false, 0), Rule::AllButFirst),
        (windows(Unit::Sentences, 3, 50, 3), Rule::AllButFirst),
        (windows(Unit::Lines, 3, 0, 0), Rule::AllButFirst),
        (Copies::C4 { min_sentences: 3 }, Rule::AllButFirst),
    ] {
        let cuts = copies(way, rule, &documents);
        let lost = cuts.iter().find(|cut| **cut != Cut::default());
        assert_eq!(lost, None, "{way:?}");
    }
    let mut tools = Tools::default();
    for way in [bff(BffMode::OldBoth, 13), dolma_grams(13, 1, 0.8)] {
        let cuts = judged(way, exact(), &documents);
        assert!(cuts.iter().all(|cut| *cut == Cut::default()), "{way:?}");
        // A filter takes one test of a new key in a hundred for a duplicate at most: no paragraph of several grams has
        // four of five of them wrong, and of 6 · 400 paragraphs few have only one or two.
        let keys: usize = documents
            .iter()
            .map(|text| way.read(&mut tools, text).len())
            .sum();
        let shape = Shape::new(keys as u64, 0.01);
        let cuts = judged(way, Seen::Bloom(Bloom::new(shape)), &documents);
        let lost: usize = cuts.iter().map(|cut| cut.spans.len()).sum();
        assert!(lost <= 10, "{way:?}: {lost}");
    }
}

#[test]
fn a_filter_of_a_small_rate_answers_like_the_set() -> Result {
    for stream in streams()? {
        let documents: Vec<_> = stream.iter().map(text).collect();
        let mut tools = Tools::default();
        for way in [bff(BffMode::OldBoth, 13), dolma_grams(8, 3, 0.5)] {
            let keys: usize = documents
                .iter()
                .map(|text| way.read(&mut tools, text).len())
                .sum();
            let filter = Bloom::new(Shape::new(keys as u64, 1e-9));
            let found = judged(way, Seen::Bloom(filter), &documents);
            assert_eq!(found, judged(way, exact(), &documents));
        }
    }
    Ok(())
}

#[test]
fn lines_of_c4() {
    let way = Copies::C4 { min_sentences: 2 };
    let documents = [
        "One here. Two here.\n Same LINE.\nThree.",
        "same line. \nNew one. And another.\n\nNew one. And another.",
        "One here. Two here.",
        "",
    ];
    let cuts = copies(way, Rule::AllButFirst, &documents);
    let left: Vec<_> = documents
        .iter()
        .zip(&cuts)
        .map(|(text, cut)| (rest(text, cut, ""), cut.dropped))
        .collect();
    let expected = [
        (documents[0], false),
        ("New one. And another.\n", false),
        ("", true),
        ("", true),
    ];
    let expected = expected.map(|(text, dropped)| (text.to_string(), dropped));
    assert_eq!(left, expected);
}
