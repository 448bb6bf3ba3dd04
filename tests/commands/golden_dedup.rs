//! Golden answers of deduplication over all shared documents: signatures, hashes of lines, clusters with their sizes, whole
//! documents. Spans, edges and removed documents are compared where their presets are tested.

use std::collections::HashMap;

use polars::prelude::{AnyValue, DataFrame};

use super::support::{Folder, frame, partition, rows, shared, strings, values};

/// Each list of a column in hexadecimal; `None` where there is nothing in it.
fn hexadecimal(frame: &DataFrame, name: &str) -> Vec<Option<String>> {
    values(frame, name, |value| {
        let AnyValue::List(list) = value else {
            return None;
        };
        let all: String = list
            .iter()
            .map(|value| match value {
                AnyValue::UInt64(number) => format!("{number:016x}"),
                AnyValue::Binary(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
                other => panic!("{other:?} in a list"),
            })
            .collect();
        (!all.is_empty()).then_some(all)
    })
}

/// A corpus `golden` of one of the sets of documents.
fn corpus(set: &str, more: &[&str]) -> Option<(Folder, std::path::PathBuf)> {
    let golden = shared("data/golden")?.join(set);
    let folder = Folder::new();
    let documents = golden.join("documents.parquet");
    let arguments = ["ingest", &documents.to_string_lossy(), "--to", "golden"];
    folder.ok(&[&arguments[..], more].concat());
    Some((folder, golden))
}

/// The answers of a query for each document.
fn by_id(folder: &Folder, sql: &str) -> HashMap<String, String> {
    let pair = |row: String| {
        let (id, value) = row.split_once(',').expect("two columns");
        (id.to_string(), value.to_string())
    };
    rows(folder, &["golden"], sql)
        .into_iter()
        .map(pair)
        .collect()
}

#[test]
fn all_signatures_of_datatrove() {
    let Some((folder, golden)) = corpus("dedup", &[]) else {
        return;
    };
    let signatures = frame(&golden.join("minhash_signatures.parquet"));
    let (ids, configs) = (strings(&signatures, "id"), strings(&signatures, "config"));
    let expected = hexadecimal(&signatures, "signature");
    for (scheme, config) in [("datatrove", "xxhash64"), ("fineweb", "sha1_64")] {
        let sql = format!("SELECT id, encode(minhash(text, '{scheme}'), 'hex') FROM corpus");
        let found = by_id(&folder, &sql);
        let here: Vec<_> = (0..ids.len()).filter(|&i| configs[i] == config).collect();
        assert_eq!(here.len(), found.len(), "{config}");
        for i in here {
            let expected = expected[i].as_deref().unwrap_or_default();
            assert_eq!(found[&ids[i]], expected, "{config} {}", ids[i]);
        }
    }
}

#[test]
fn all_bands_of_redpajama() {
    let Some((folder, golden)) = corpus("rpv2", &["--map", "id=doc_id"]) else {
        return;
    };
    let signatures = frame(&golden.join("minhash.parquet"));
    let ids = strings(&signatures, "doc_id");
    for (similarity, bands, values) in [
        ("0.7", 14, 9),
        ("0.8", 9, 13),
        ("0.9", 5, 25),
        ("1.0", 1, 128),
    ] {
        let bytes = 4 * values;
        // Bands stand side by side; those that are left over are no part of any.
        let digits = 2 * bytes * bands;
        let sql = format!(
            "SELECT id, coalesce(left(encode(minhash(text, 'rpv2'), 'hex'), {digits}), '') FROM corpus"
        );
        let found = by_id(&folder, &sql);
        let expected = hexadecimal(&signatures, &format!("signature_sim{similarity}"));
        assert_eq!(found.len(), ids.len());
        for (id, expected) in ids.iter().zip(&expected) {
            assert_eq!(
                found[id],
                expected.as_deref().unwrap_or_default(),
                "{similarity} {id}"
            );
        }
    }
}

#[test]
fn all_hashes_of_ccnet() {
    let Some((folder, golden)) = corpus("dedup", &[]) else {
        return;
    };
    let hashes = frame(&golden.join("ccnet_line_hashes.parquet"));
    let found = by_id(
        &folder,
        "SELECT id, array_to_string(piece_hashes(text, 'ccnet_paragraphs'), ' ') FROM corpus",
    );
    let expected = values(&hashes, "hashes", |value| match value {
        AnyValue::List(list) => {
            let numbers: Vec<_> = list.iter().map(|n| n.str_value().into_owned()).collect();
            numbers.join(" ")
        }
        _ => String::new(),
    });
    let ids = strings(&hashes, "id");
    assert!(ids.len() > 900);
    for (id, expected) in ids.iter().zip(expected) {
        assert_eq!(found[id], expected, "{id}");
    }
}

#[test]
fn all_clusters_of_datatrove_and_text_dedup() {
    let Some((folder, golden)) = corpus("dedup", &[]) else {
        return;
    };
    let clusters = frame(&golden.join("clusters.parquet"));
    let of = |name| strings(&clusters, name);
    let (ids, configs, numbers) = (of("id"), of("config"), of("cluster_id"));
    let (sizes, removed) = (of("cluster_size"), of("removed"));
    let simplest = ["--minhash", "scheme=datatrove,bands=14,rows=8,name=four"];
    let loose = ["--minhash", "scheme=datatrove,bands=20,rows=5,name=loose"];
    let narrow = [
        "--minhash",
        "scheme=fineweb,hash=sha1_32,bands=14,rows=8,name=narrow",
    ];
    let plain_url = ["--key", "lower(url)", "--name", "plain_url"];
    for (preset, more, config) in [
        ("minhash_datatrove", &[][..], "xxhash64"),
        ("four", &simplest, "xxhash64_4files"),
        ("minhash_fineweb", &[], "sha1_64"),
        ("loose", &loose, "xxhash64_20x5"),
        ("narrow", &narrow, "sha1_32"),
        ("minhash_text_dedup", &[], "minhash_default"),
        ("minhash_text_dedup_xxh3", &[], "minhash_xxh3"),
        ("exact", &[], "exact_text"),
        ("exact_simplified", &[], "exact_simplified_text"),
        ("url", &[], "url_longest"),
        ("plain_url", &plain_url, "url"),
    ] {
        match more {
            [] => folder.ok(&["dedup", "golden", preset]),
            more => folder.ok(&[&["dedup", "golden"], more].concat()),
        };
        let is_text_dedup = preset.starts_with("minhash_text_dedup");
        let column = |name| by_id(&folder, &format!("SELECT id, {preset}_{name} FROM corpus"));
        let (found, size, duplicate) = (
            column("cluster"),
            column("cluster_size"),
            column("duplicate"),
        );
        let here: Vec<_> = (0..ids.len()).filter(|&i| configs[i] == config).collect();
        assert_eq!(here.len(), found.len(), "{config}");
        let short = match preset.strip_prefix("minhash_") {
            Some(scheme) if is_text_dedup => by_id(
                &folder,
                &format!("SELECT id, minhash(text, '{scheme}') IS NULL FROM corpus"),
            ),
            _ => HashMap::new(),
        };
        let is_numbered = here.iter().any(|&i| numbers[i] != "-1");
        if is_numbered {
            let expected = here.iter().map(|&i| {
                // -1 is a document by itself.
                let cluster = match numbers[i].as_str() {
                    "-1" => format!("alone {}", ids[i]),
                    number => number.to_string(),
                };
                (ids[i].clone(), cluster)
            });
            let found = found
                .iter()
                .map(|(id, cluster)| (id.clone(), cluster.clone()));
            assert_eq!(partition(found), partition(expected), "{config}");
        }
        for i in here {
            let id = &ids[i];
            // The reference for whole documents gives sizes with those that stay only.
            if sizes[i] != "-1" {
                assert_eq!(size[id], sizes[i], "{config} {id}");
            }
            // text-dedup's output lacks documents without a signature, which counts as removed.
            if short.get(id).is_none_or(|is_short| is_short == "false") {
                assert_eq!(duplicate[id], removed[i], "{config} {id}");
            }
        }
    }
}

/// Dolma's filter of whole documents marks what the presets of whole documents call duplicates.
#[test]
fn all_documents_of_dolma() {
    let Some((folder, golden)) = corpus("dedup", &[]) else {
        return;
    };
    let spans = frame(&golden.join("dolma_dedupe_spans.parquet"));
    let of = |name| strings(&spans, name);
    let (ids, configs) = (of("id"), of("config"));
    let (starts, ends) = (of("start"), of("end"));
    let lengths = by_id(&folder, "SELECT id, text_bytes FROM corpus");
    folder.ok(&["dedup", "golden", "exact"]);
    folder.ok(&["dedup", "golden", "--key", "url", "--name", "by_url"]);
    let urls = by_id(&folder, "SELECT id, octet_length(url) FROM corpus");
    for (preset, config, whole) in [
        ("exact", "documents_text", &lengths),
        ("by_url", "documents_url", &urls),
    ] {
        let sql = format!("SELECT id FROM corpus WHERE {preset}_duplicate ORDER BY id");
        let here: Vec<_> = (0..ids.len()).filter(|&i| configs[i] == config).collect();
        let mut expected: Vec<_> = here.iter().map(|&i| ids[i].clone()).collect();
        expected.sort();
        assert!(expected.len() > 30);
        assert_eq!(rows(&folder, &["golden"], &sql), expected, "{config}");
        for i in here {
            assert_eq!(
                (starts[i].as_str(), &ends[i]),
                ("0", &whole[&ids[i]]),
                "{config} {}",
                ids[i]
            );
        }
    }
}
