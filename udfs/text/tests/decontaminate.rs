//! Grams and verdicts equal what datatrove gave.
//!
//! `tests/data/decontamination` travels with the project. `CORPUSQL_GOLDEN_DECONTAMINATION` names a folder with other files
//! of these forms.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use corpusql_text::decontaminate::{Finder, Index, Item, Scheme};
use serde_json::Value;
use xxhash_rust::xxh64::xxh64;

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// What each configuration of the reference is.
fn configurations() -> [(&'static str, Scheme); 5] {
    [
        ("default_12gram", Scheme::datatrove(12, false, true)),
        ("query_too", Scheme::datatrove(12, true, true)),
        ("label_only", Scheme::datatrove(12, false, false)),
        ("gpt3_13gram_query", Scheme::datatrove(13, true, true)),
        ("8gram_query", Scheme::datatrove(8, true, true)),
    ]
}

fn folders() -> impl Iterator<Item = PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/decontamination");
    let more = std::env::var_os("CORPUSQL_GOLDEN_DECONTAMINATION").map(PathBuf::from);
    std::iter::once(here).chain(more)
}

fn records(folder: &Path, file: &str) -> Result<Vec<Value>> {
    let text = fs::read_to_string(folder.join(file))?;
    let records = text.lines().map(|line| Ok(serde_json::from_str(line)?));
    records.collect()
}

fn text<'r>(record: &'r Value, field: &str) -> Result<&'r str> {
    Ok(record[field]
        .as_str()
        .ok_or_else(|| format!("a record without {field}"))?)
}

#[test]
fn grams_of_items() -> Result {
    for folder in folders() {
        let items = records(&folder, "gsm8k.jsonl")?;
        for golden in records(&folder, "hashes.jsonl")? {
            let place = golden["item"].as_u64().ok_or("a record without item")? as usize;
            let labels = [text(&items[place], "label")?];
            let item = Item {
                query: text(&items[place], "query")?,
                labels: &labels,
            };
            for (name, scheme) in configurations() {
                let index = Index::new(scheme, &[item], |_| 0);
                let hashes = index
                    .grams()
                    .hashes()
                    .iter()
                    .map(|hash| format!("{hash:016x}"));
                let mut expected: Vec<_> = text(&golden, name)?.split(' ').collect();
                expected.sort_unstable();
                assert_eq!(hashes.collect::<Vec<_>>(), expected, "{place} {name}");
            }
        }
    }
    Ok(())
}

/// Of every item, where the full lists would be long.
#[test]
fn digests_of_the_grams_of_all_items() -> Result {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/decontamination");
    let items = records(&here, "gsm8k.jsonl")?;
    let digests = records(&here, "hash_digests.jsonl")?;
    assert_eq!(items.len(), digests.len());
    for (item, golden) in items.iter().zip(&digests) {
        let labels = [text(item, "label")?];
        let item = Item {
            query: text(item, "query")?,
            labels: &labels,
        };
        for (name, scheme) in configurations() {
            let index = Index::new(scheme, &[item], |_| 0);
            let hashes = index.grams().hashes().iter();
            let hashes: Vec<_> = hashes.map(|hash| format!("{hash:016x}")).collect();
            let digest = xxh64(hashes.join(" ").as_bytes(), 0);
            let found = format!("{} {digest:016x}", hashes.len());
            assert_eq!(found, text(golden, name)?, "{} {name}", golden["item"]);
        }
    }
    Ok(())
}

#[test]
fn verdicts_of_documents() -> Result {
    for folder in folders() {
        let items = records(&folder, "gsm8k.jsonl")?;
        let labels: Vec<[&str; 1]> = items
            .iter()
            .map(|item| Ok([text(item, "label")?]))
            .collect::<Result<_>>()?;
        let items: Vec<Item> = items
            .iter()
            .zip(&labels)
            .map(|(item, labels)| {
                Ok(Item {
                    query: text(item, "query")?,
                    labels,
                })
            })
            .collect::<Result<_>>()?;
        let documents = records(&folder, "documents.jsonl")?;
        assert!(documents.len() > 50);
        for (name, scheme) in configurations() {
            let index = Index::new(scheme, &items, |_| 0);
            let mut finder = Finder::default();
            for document in &documents {
                let text = text(document, "text")?;
                finder.look(&index, text);
                let found = finder.found(&index, |_| true);
                let first = found.as_ref().map(|found| found.first_gram.as_str());
                assert_eq!(
                    first,
                    document["found"][name].as_str(),
                    "{} {name}",
                    document["id"]
                );
                let characters = text.chars().count() as u32;
                for (start, end) in found.into_iter().flat_map(|found| found.spans) {
                    assert!(
                        start < end && end <= characters,
                        "{} {name}",
                        document["id"]
                    );
                }
            }
        }
    }
    Ok(())
}
