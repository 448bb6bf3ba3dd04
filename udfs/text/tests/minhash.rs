//! Signatures and clusters equal what the reference implementations gave.
//!
//! `tests/data/minhash` travels with the project. `CORPUSQL_GOLDEN_MINHASH` names a folder with further files of
//! these forms.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use corpusql_text::minhash::{Instructions, Preset, Sketcher};
use serde_json::Value;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The records of a file, here and in the folder that the environment names.
fn records(file: &str) -> Result<Vec<Vec<Value>>> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/minhash");
    let folders =
        std::iter::once(here).chain(std::env::var_os("CORPUSQL_GOLDEN_MINHASH").map(PathBuf::from));
    let read = |folder: PathBuf| -> Result<Vec<Value>> {
        let text = fs::read_to_string(folder.join(file))?;
        text.lines()
            .map(|line| Ok(serde_json::from_str(line)?))
            .collect()
    };
    folders.map(read).collect()
}

fn preset(name: &str) -> Result<&'static Preset> {
    Ok(Preset::named(name).ok_or_else(|| format!("no preset {name}"))?)
}

fn text(record: &Value) -> Result<&str> {
    Ok(record["text"].as_str().ok_or("a record without text")?)
}

#[test]
fn signatures_of_redpajama() -> Result {
    for instructions in Instructions::available() {
        let scheme = preset("minhash_rpv2_1_0")?.scheme;
        let mut sketcher = Sketcher::with_instructions(scheme, instructions);
        for record in records("rpv2.jsonl")?.iter().flatten() {
            let hex = |values: &[u64]| {
                values
                    .iter()
                    .map(|v| format!("{v:08x}"))
                    .collect::<String>()
            };
            let found = sketcher.sketch(text(record)?).map(hex);
            let expected = record["signature"].as_str();
            assert_eq!(
                found.as_deref(),
                expected,
                "{} {instructions:?}",
                record["id"]
            );
        }
    }
    Ok(())
}

#[test]
fn signatures_of_datatrove() -> Result {
    for name in ["minhash_datatrove", "minhash_fineweb"] {
        for instructions in Instructions::available() {
            let mut sketcher = Sketcher::with_instructions(preset(name)?.scheme, instructions);
            for record in records("datatrove.jsonl")?.iter().flatten() {
                let expected = record[name]
                    .as_array()
                    .ok_or("a record without signature")?;
                let expected: Vec<_> = expected.iter().filter_map(Value::as_u64).collect();
                let found = sketcher.sketch(text(record)?).unwrap_or_default();
                assert_eq!(found, expected, "{} {name} {instructions:?}", record["id"]);
            }
        }
    }
    Ok(())
}

#[test]
fn clusters_of_text_dedup() -> Result {
    for (name, config) in [
        ("minhash_text_dedup", "minhash_default"),
        ("minhash_text_dedup_xxh3", "minhash_xxh3"),
    ] {
        for records in records("text_dedup.jsonl")? {
            let texts = records.iter().map(text).collect::<Result<Vec<_>>>()?;
            let found = clusters(preset(name)?, &texts);
            let mut first = HashMap::new();
            for (i, record) in records.iter().enumerate() {
                // A cluster has the number of any document of it; -1 is a document by itself.
                let cluster = record[config].as_i64().ok_or("a record without cluster")?;
                let key = if cluster < 0 { -2 - i as i64 } else { cluster };
                let expected = *first.entry(key).or_insert(i);
                assert_eq!(found[i], expected, "{} {name}", record["id"]);
            }
        }
    }
    Ok(())
}

/// The first document of each document's cluster, the plain way.
fn clusters(preset: &Preset, texts: &[&str]) -> Vec<usize> {
    let mut sketcher = Sketcher::new(preset.scheme);
    let mut cluster: Vec<usize> = (0..texts.len()).collect();
    let mut owners = HashMap::new();
    for (i, text) in texts.iter().enumerate() {
        let Some(signature) = sketcher.sketch(text) else {
            continue;
        };
        for (band, values) in signature
            .chunks(preset.cut.rows)
            .take(preset.cut.bands)
            .enumerate()
        {
            let owner = *owners.entry((band, values.to_vec())).or_insert(i);
            let (from, to) = (
                cluster[i].max(cluster[owner]),
                cluster[i].min(cluster[owner]),
            );
            for other in &mut cluster[..=i] {
                if *other == from {
                    *other = to;
                }
            }
        }
    }
    cluster
}

/// Numbers that look random, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Copies of texts with some of their words replaced become candidates as often as the similarity of their shingles
/// says. Printed as a table with `--nocapture`.
#[test]
fn planted_near_duplicates() -> Result {
    const PAIRS: usize = 60;
    const WORDS: usize = 400;
    println!("preset                    edited  similarity  expected  found");
    for name in [
        "minhash_rpv2_0_7",
        "minhash_rpv2_0_8",
        "minhash_text_dedup",
        "minhash_bigcode",
    ] {
        let preset = preset(name)?;
        let n = preset.scheme.shingle;
        let mut numbers = Numbers(7);
        let mut sketcher = Sketcher::new(preset.scheme);
        for percent in [0, 1, 2, 5, 10, 40] {
            let (mut similarity, mut expected, mut found) = (0.0, 0.0, 0);
            for _ in 0..PAIRS {
                let words: Vec<_> = (0..WORDS).map(|_| numbers.below(50_000)).collect();
                let edit = |&word: &u64| match numbers.below(100) < percent {
                    true => 50_000 + numbers.below(50_000),
                    false => word,
                };
                let edited: Vec<_> = words.iter().map(edit).collect();
                let sets = [&words, &edited].map(|w| w.windows(n).collect::<HashSet<_>>());
                let common = sets[0].intersection(&sets[1]).count() as f64;
                let jaccard = common / ((sets[0].len() + sets[1].len()) as f64 - common);
                similarity += jaccard;
                expected += preset.cut.probability(jaccard);
                let text = |words: &[u64]| {
                    let words: Vec<_> = words.iter().map(|word| format!("w{word}")).collect();
                    words.join(" ")
                };
                let mut bands = |words: &[u64]| -> Option<Vec<Vec<u64>>> {
                    let signature = sketcher.sketch(&text(words))?;
                    let bands = signature.chunks(preset.cut.rows).take(preset.cut.bands);
                    Some(bands.map(<[u64]>::to_vec).collect())
                };
                let (one, other) = (bands(&words), bands(&edited));
                let (one, other) = one.zip(other).ok_or("a text without signature")?;
                found += usize::from(one.iter().zip(&other).any(|(a, b)| a == b));
            }
            let pairs = PAIRS as f64;
            let (similarity, expected) = (similarity / pairs, expected / pairs);
            let found = found as f64 / pairs;
            println!(
                "{name:<25} {percent:>4} %  {similarity:>10.3}  {expected:>8.3}  {found:>5.3}"
            );
            // Four standard deviations of what is drawn.
            let deviation = (expected * (1.0 - expected) / pairs).sqrt();
            assert!(
                (found - expected).abs() <= 4.0 * deviation + 0.01,
                "{name}, {percent} %"
            );
        }
    }
    Ok(())
}
