//! What every preset finds among real near-duplicates: licence files out of packages, and all pairs of them that are similar.
//!
//! The table is part of `docs/dedup.md`. The files are no part of this repository; where they are, the test says when the
//! table is not what it computes, and `CORPUSQL_UPDATE_DOCS=1` writes it there.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs::{self, File};

use polars::prelude::{ParquetReader, SerReader};

use super::support::{Folder, repository, shared};

const MARK: &str = "<!-- licences -->\n";
const END: &str = "<!-- end of licences -->";

/// The Jaccard similarity of all pairs that have one of 0.5 and more, smaller number first.
fn pairs(file: &std::path::Path) -> HashMap<(u32, u32), f64> {
    let reader = ParquetReader::new(File::open(file).expect("a file"));
    let frame = reader.finish().expect("a frame");
    let of = |name| {
        let values = frame.column(name).expect("a column");
        let values = values.as_materialized_series().clone();
        values
            .iter()
            .map(|value| value.try_extract::<f64>().expect("a number"))
            .collect::<Vec<_>>()
    };
    let ids = of("a").into_iter().zip(of("b"));
    let ids = ids.map(|(a, b)| (a.min(b) as u32, a.max(b) as u32));
    ids.zip(of("jaccard")).collect()
}

#[test]
fn table_of_presets() {
    let Some(data) = shared("data/dedup-licences") else {
        return;
    };
    let similar = pairs(&data.join("licence_files_pairs.parquet"));
    let wanted = similar.values().filter(|&&jaccard| jaccard >= 0.8).count();
    let folder = Folder::new();
    let files = data.join("licence_files.parquet");
    folder.ok(&["ingest", &files.to_string_lossy(), "--to", "web"]);
    let list = folder.ok(&["dedup", "--list"]);
    let presets: Vec<_> = list
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| {
            *name == "exact" || name.starts_with("minhash_") || name.starts_with("simhash_")
        })
        .collect();
    folder.ok(&[&["dedup", "web"], &presets[..]].concat());
    let mut table = String::from(
        "| preset | pairs found | recall, similarity 0.8 and more | precision: found pairs of 0.7 and more |\n|---|---|---|---|\n",
    );
    for preset in presets {
        let sql = format!("SELECT id, {preset}_cluster FROM corpus");
        let csv = folder.ok(&["sql", "web", "-c", &sql, "--format", "csv"]);
        let mut clusters = HashMap::<&str, Vec<u32>>::new();
        for row in csv.lines().skip(1) {
            let (id, cluster) = row.split_once(',').expect("two columns");
            clusters
                .entry(cluster)
                .or_default()
                .push(id.parse().expect("a number"));
        }
        let (mut found, mut recalled, mut good) = (0_usize, 0_usize, 0_usize);
        for members in clusters.values_mut() {
            members.sort_unstable();
            for (i, &first) in members.iter().enumerate() {
                for &second in &members[i + 1..] {
                    let jaccard = similar.get(&(first, second)).copied().unwrap_or(0.0);
                    found += 1;
                    recalled += usize::from(jaccard >= 0.8);
                    good += usize::from(jaccard >= 0.7);
                }
            }
        }
        assert!(recalled > 0, "{preset}");
        let recall = recalled as f64 / wanted as f64;
        let precision = good as f64 / found as f64;
        writeln!(
            table,
            "| `{preset}` | {found} | {recall:.3} | {precision:.3} |"
        )
        .expect("written");
    }
    let page = repository("docs/dedup.md");
    let text = fs::read_to_string(&page).expect("the page");
    let start = text.find(MARK).expect("the mark") + MARK.len();
    let len = text[start..].find(END).expect("the end of the mark");
    if std::env::var_os("CORPUSQL_UPDATE_DOCS").is_some() {
        let (before, behind) = (&text[..start], &text[start + len..]);
        fs::write(page, format!("{before}{table}{behind}")).expect("written");
    } else {
        assert_eq!(
            &text[start..start + len],
            table,
            "docs/dedup.md is not current; CORPUSQL_UPDATE_DOCS=1 makes it so"
        );
    }
}
