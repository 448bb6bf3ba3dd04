//! `dedup semantic`: duplicates equal to plain comparison in the order of SemDeDup, the same however the corpus is cut and read.

use std::fs;

use polars::prelude::{DataFrame, IntoColumn, NamedFrom, ParquetWriter, Series};

use super::support::{Folder, contents};

/// Vectors, some near copies of those before; one is NULL, one zero.
fn made() -> Vec<Option<Vec<f32>>> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    let mut vectors: Vec<Vec<f32>> = Vec::new();
    for i in 0..58 {
        let vector = match i % 3 {
            2 => vectors[i / 2].iter().map(|x| x + 0.1 * next()).collect(),
            _ => (0..8).map(|_| next()).collect(),
        };
        vectors.push(vector);
    }
    let mut all: Vec<_> = vectors.into_iter().map(Some).collect();
    all.insert(7, None);
    all.insert(20, Some(vec![0.0; 8]));
    all
}

/// A corpus `web` of documents with these vectors.
fn corpus(vectors: &[Option<Vec<f32>>], part_size: &str) -> Folder {
    let folder = Folder::new();
    let ids: Vec<_> = (0..vectors.len()).map(|i| format!("{i}")).collect();
    let texts: Vec<_> = (0..vectors.len())
        .map(|i| format!("text number {i} of these"))
        .collect();
    let lists: Vec<Option<Series>> = vectors
        .iter()
        .map(|vector| vector.as_ref().map(|vector| Series::new("".into(), vector)))
        .collect();
    let columns = vec![
        Series::new("id".into(), ids).into_column(),
        Series::new("text".into(), texts).into_column(),
        Series::new("embedding".into(), lists).into_column(),
    ];
    let mut frame = DataFrame::new(vectors.len(), columns).expect("a frame");
    let file = fs::File::create(folder.path("docs.parquet")).expect("a file");
    ParquetWriter::new(file)
        .finish(&mut frame)
        .expect("written");
    folder.ok(&[
        "ingest",
        "docs.parquet",
        "--to",
        "web",
        "--part-size",
        part_size,
    ]);
    folder
}

/// Which documents go when there is one cell: those that are like one that is farther from the centre.
fn plain(vectors: &[Option<Vec<f32>>], threshold: f64) -> Vec<bool> {
    let unit = |vector: &Vec<f32>| -> Option<Vec<f64>> {
        let length = vector
            .iter()
            .map(|&x| f64::from(x).powi(2))
            .sum::<f64>()
            .sqrt();
        (length > 0.0).then(|| vector.iter().map(|&x| f64::from(x) / length).collect())
    };
    let units: Vec<(usize, Vec<f64>)> = vectors
        .iter()
        .enumerate()
        .filter_map(|(i, vector)| Some((i, vector.as_ref().and_then(unit)?)))
        .collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let centre: Vec<f64> = (0..8)
        .map(|k| units.iter().map(|(_, u)| u[k]).sum())
        .collect();
    let mut order: Vec<_> = units.iter().collect();
    order.sort_by(|a, b| dot(&a.1, &centre).total_cmp(&dot(&b.1, &centre)));
    let mut goes = vec![false; vectors.len()];
    for (later, (i, unit)) in order.iter().enumerate() {
        goes[*i] = order[..later]
            .iter()
            .any(|(_, before)| dot(unit, before) >= threshold);
    }
    goes
}

fn rows(folder: &Folder, sql: &str) -> Vec<String> {
    super::support::rows(folder, &["web"], sql)
}

#[test]
fn who_goes_is_like_one_farther_from_the_centre() {
    let vectors = made();
    let folder = corpus(&vectors, "1MB");
    for cosine in ["0.95", "0.8"] {
        let _ = fs::remove_dir_all(folder.path("web/semantic"));
        folder
            .run(&[
                "dedup", "web", "semantic", "--cells", "1", "--cosine", cosine,
            ])
            .succeeds()
            .says(&["1 cells; 2 documents have no embedding with a direction and stay alone"]);
        let found = rows(&folder, "SELECT semantic_duplicate FROM corpus");
        let expected = plain(&vectors, cosine.parse().expect("a number"));
        let count = expected.iter().filter(|goes| **goes).count();
        assert!((8..50).contains(&count), "{count}");
        let expected: Vec<_> = expected.iter().map(bool::to_string).collect();
        assert_eq!(found, expected, "{cosine}");
        let sql = "SELECT count(DISTINCT semantic_cluster) + count(*) FILTER (WHERE semantic_duplicate) - count(*) FROM corpus";
        assert_eq!(rows(&folder, sql), ["0"]);
    }
}

#[test]
fn the_same_however_the_corpus_is_cut_and_read() {
    let vectors = made();
    let sql = "SELECT id, semantic_cluster, semantic_cluster_size, semantic_rank FROM corpus";
    let asked = [
        "dedup", "web", "semantic", "--cells", "5", "--cosine", "0.9",
    ];
    let whole = corpus(&vectors, "1MB");
    whole.ok(&asked);
    let expected = rows(&whole, sql);
    let folder = corpus(&vectors, "300B");
    let layer = folder.path("web/semantic");
    let mut bytes = None;
    for (threads, batch) in [("1", "8192"), ("2", "8192"), ("2", "3")] {
        let _ = fs::remove_dir_all(&layer);
        folder.ok(&[&asked[..], &["--threads", threads, "--batch-size", batch]].concat());
        assert_eq!(rows(&folder, sql), expected);
        let now = contents(&layer);
        assert!(now.len() > 3, "several parts and a manifest");
        assert!(*bytes.get_or_insert_with(|| now.clone()) == now);
    }
}

#[test]
fn columns_that_are_no_embeddings_are_refused() {
    let mut vectors = made();
    vectors[40] = Some(vec![1.0; 3]);
    let folder = corpus(&vectors, "1MB");
    folder
        .run(&["dedup", "web", "semantic"])
        .fails_with(&["document number 41 has 3 numbers, those before it have 8"]);
    folder
        .run(&["dedup", "web", "semantic", "--embedding", "text"])
        .fails_with(&["text is no column of embeddings", "--embedding COLUMN"]);
    folder
        .run(&["dedup", "web", "exact", "--cells", "5"])
        .fails_with(&["for the preset semantic"]);
}
