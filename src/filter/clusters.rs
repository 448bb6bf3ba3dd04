//! A preview on some of the documents: clusters drawn by hash, and how far their shares can be off.
//!
//! Documents are drawn in clusters, since reading a row group costs little more than reading one of its
//! documents, but neighbours resemble each other. So errors are those of cluster sampling: with `m` of `M`
//! clusters drawn, of which cluster `i` has `y_i` of `x_i`, the share `R = sum y / sum x` has the standard
//! error
//!
//! ```text
//!  sqrt((1 - m/M) / (m (m - 1)) * sum (y_i - R x_i)^2) / mean x
//! ```

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::buffer::BooleanBuffer;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use super::figures::{Amount, Outline, Section, Unit};
use super::scan::Group;
use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::query::places::{Place, Places};
use crate::query::planner::PartRows;

/// Row groups are drawn where the sample has this many; else smaller blocks.
const FEWEST_ROW_GROUPS: u64 = 50;
/// Documents of a block.
const BLOCK: u64 = 1024;

/// What share of the documents is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fraction(f64);

impl Fraction {
    /// Reads `2%` or `0.02`.
    pub fn parse(text: &str) -> Result<Self> {
        let malformed = || {
            Error::user(format!(
                "--sample {text}: expected a share of the documents"
            ))
            .hint("as in --sample 2% or --sample 0.02")
        };
        let trimmed = text.trim();
        let (number, scale) = match trimmed.strip_suffix('%') {
            Some(percent) => (percent.trim_end(), 100.0),
            None => (trimmed, 1.0),
        };
        let number: f64 = number.parse().map_err(|_| malformed())?;
        let fraction = number / scale;
        if fraction > 0.0 && fraction <= 1.0 {
            Ok(Self(fraction))
        } else {
            Err(malformed())
        }
    }
}

/// What was drawn, and what it says of all documents.
#[derive(Clone, Debug, Serialize)]
pub struct Sample {
    /// The share that was asked for.
    pub fraction: f64,
    /// What clusters are: `row groups`, or `blocks of 1,024 documents`.
    pub unit: &'static str,
    /// Clusters that were drawn.
    pub clusters: u64,
    /// Clusters that there are.
    pub of_clusters: u64,
    /// Documents in those that were drawn.
    pub documents: u64,
    /// The shares of the selected documents, with their standard errors.
    pub estimates: Section<Estimate>,
}

/// An estimated share, in each unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// Of the documents
    pub documents: Share,
    /// Of the characters
    pub characters: Share,
    /// Of the bytes
    pub bytes: Share,
    /// Of the tokens
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Share>,
}

impl Estimate {
    /// The share in one unit.
    pub fn of(&self, unit: Unit) -> Share {
        match unit {
            Unit::Documents => self.documents,
            Unit::Characters => self.characters,
            Unit::Bytes => self.bytes,
            Unit::Tokens => self.tokens.unwrap_or_default(),
        }
    }
}

/// A share, and how far it can be off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Share {
    /// Part of the whole, from 0 to 1; null of nothing.
    pub share: Option<f64>,
    /// Its standard error; null where one cluster is all that was drawn.
    pub standard_error: Option<f64>,
}

impl Share {
    /// Half the width of the interval that holds the true share in 95 of 100 samples.
    pub fn margin(&self) -> Option<f64> {
        Some(1.96 * self.standard_error?)
    }
}

/// Clusters that were drawn.
#[derive(Debug)]
pub struct Drawn {
    fraction: Fraction,
    unit: &'static str,
    of_clusters: u64,
    documents: u64,
    /// Of each corpus, the rows that were drawn.
    pub rows: Vec<Vec<PartRows>>,
    /// By corpus, part and row, in order.
    clusters: Vec<Cluster>,
}

/// Consecutive documents of one row group.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cluster {
    corpus: usize,
    part: usize,
    rows: Range<u64>,
}

/// Draws clusters: at least two, where there are two.
pub fn draw(corpora: &[Arc<Corpus>], fraction: Fraction) -> Drawn {
    let row_groups = clusters(corpora, u64::MAX);
    let share = |all: &[Cluster]| (all.len() as f64 * fraction.0).ceil() as u64;
    let (mut all, unit) = match share(&row_groups) >= FEWEST_ROW_GROUPS {
        true => (row_groups, "row groups"),
        false => (clusters(corpora, BLOCK), "blocks of 1,024 documents"),
    };
    let of_clusters = all.len() as u64;
    let many = share(&all).max(2).min(of_clusters);
    all.sort_by_cached_key(|cluster| {
        (
            hash(cluster),
            cluster.corpus,
            cluster.part,
            cluster.rows.start,
        )
    });
    all.truncate(many as usize);
    all.sort_by_key(|cluster| (cluster.corpus, cluster.part, cluster.rows.start));
    let mut rows = vec![Vec::new(); corpora.len()];
    for of_part in all.chunk_by(|a, b| (a.corpus, a.part) == (b.corpus, b.part)) {
        let (corpus, part) = (of_part[0].corpus, of_part[0].part);
        let total = corpora[corpus].documents().manifest().parts[part].rows;
        let mut clusters = of_part.iter().peekable();
        let mask = BooleanBuffer::collect_bool(total as usize, |row| {
            let row = row as u64;
            while clusters.next_if(|c| c.rows.end <= row).is_some() {}
            clusters.peek().is_some_and(|c| c.rows.contains(&row))
        });
        rows[corpus].push(PartRows {
            part,
            rows: 0..total,
            mask: Some(mask),
        });
    }
    Drawn {
        fraction,
        unit,
        of_clusters,
        documents: all.iter().map(|c| c.rows.end - c.rows.start).sum(),
        rows,
        clusters: all,
    }
}

fn hash(cluster: &Cluster) -> u64 {
    let place = [
        cluster.corpus as u64,
        cluster.part as u64,
        cluster.rows.start,
    ];
    xxh3_64(&place.map(u64::to_le_bytes).concat())
}

/// The row groups of all documents, cut into runs of at most so many.
fn clusters(corpora: &[Arc<Corpus>], most: u64) -> Vec<Cluster> {
    let mut clusters = Vec::new();
    for (corpus, found) in corpora.iter().enumerate() {
        for (part, documents) in found.documents().manifest().parts.iter().enumerate() {
            let mut start = 0;
            for rows in &documents.row_groups {
                let end = start + rows;
                while start < end {
                    let rows = start..end.min(start.saturating_add(most));
                    start = rows.end;
                    clusters.push(Cluster { corpus, part, rows });
                }
            }
        }
    }
    clusters
}

impl Drawn {
    /// The cluster of a row: its place among those that were drawn.
    fn cluster_of(&self, place: Place) -> usize {
        let place = (place.corpus, place.part as usize, place.row);
        let behind = |c: &Cluster| (c.corpus, c.part, c.rows.start) <= place;
        self.clusters.partition_point(behind).saturating_sub(1)
    }

    /// The cluster that each document was drawn with.
    pub fn clusters_of(&self, places: &Places) -> Vec<u64> {
        (0..places.count())
            .map(|row| self.cluster_of(places.place(row)) as u64)
            .collect()
    }

    /// What the documents of the clusters say of all documents; `all` are the figures of the sample.
    pub fn sample(&self, outline: &Outline, groups: &[Group], all: &Section) -> Sample {
        let mut patterns = vec![Vec::new(); self.clusters.len()];
        for (cluster, pattern) in groups.iter().flat_map(|g| &g.patterns) {
            patterns[*cluster as usize].push(pattern);
        }
        let nothing = vec![0; outline.rules()];
        let mut totals: Vec<Amount> = Vec::with_capacity(patterns.len());
        // For each figure, its amounts in the clusters.
        let mut amounts: Vec<Vec<Amount>> = Vec::new();
        for patterns in patterns {
            let section = outline.section(patterns, &nothing);
            totals.push(section.total);
            let mut place = 0;
            section.map(&mut |amount| {
                if place == amounts.len() {
                    amounts.push(Vec::new());
                }
                amounts[place].push(*amount);
                place += 1;
            });
        }
        let mut figures = amounts.iter();
        let estimates = all.map(&mut |_| {
            let parts = figures.next().map_or(&[][..], Vec::as_slice);
            self.estimate(&totals, parts)
        });
        Sample {
            fraction: self.fraction.0,
            unit: self.unit,
            clusters: self.clusters.len() as u64,
            of_clusters: self.of_clusters,
            documents: self.documents,
            estimates,
        }
    }

    fn estimate(&self, totals: &[Amount], parts: &[Amount]) -> Estimate {
        let of = |unit: Unit| {
            let counts = totals.iter().zip(parts);
            let counts: Vec<[f64; 2]> = counts
                .map(|(total, part)| [unit.of(total) as f64, unit.of(part) as f64])
                .collect();
            share(&counts, self.of_clusters as f64)
        };
        let with_tokens = totals.first().is_some_and(|t| t.tokens.is_some());
        Estimate {
            documents: of(Unit::Documents),
            characters: of(Unit::Characters),
            bytes: of(Unit::Bytes),
            tokens: with_tokens.then(|| of(Unit::Tokens)),
        }
    }
}

/// The share of the whole that the second numbers are of the first, with `of` clusters in all.
fn share(counts: &[[f64; 2]], of: f64) -> Share {
    let [whole, part] = [0, 1].map(|i| counts.iter().map(|c| c[i]).sum::<f64>());
    if whole == 0.0 {
        return Share::default();
    }
    let (ratio, many) = (part / whole, counts.len() as f64);
    let squares: f64 = counts.iter().map(|[x, y]| (y - ratio * x).powi(2)).sum();
    let variance = (1.0 - many / of) / (many * (many - 1.0)) * squares;
    Share {
        share: Some(ratio),
        standard_error: (many > 1.0).then(|| variance.max(0.0).sqrt() / (whole / many)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions() {
        for (text, expected) in [
            ("2%", 0.02),
            ("0.5", 0.5),
            ("100 %", 1.0),
            (" 1e-3 ", 0.001),
        ] {
            assert_eq!(Fraction::parse(text).expect(text), Fraction(expected));
        }
        for text in ["", "0", "0%", "-1%", "2", "101%", "some", "nan", "%"] {
            assert!(Fraction::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn errors_worked_out_by_hand() {
        // Shares 1/2, 1/4 and 3/4 of clusters of 4 documents; 3 of 12 clusters.
        let found = share(&[[4.0, 2.0], [4.0, 1.0], [4.0, 3.0]], 12.0);
        assert_eq!(found.share, Some(0.5));
        // sqrt(0.75 / 6 * 2) / 4
        assert_eq!(found.standard_error, Some(0.125));
        // All clusters: nothing is left to be wrong about.
        assert_eq!(
            share(&[[4.0, 2.0], [4.0, 1.0]], 2.0).standard_error,
            Some(0.0)
        );
        assert_eq!(share(&[[4.0, 2.0]], 9.0).standard_error, None);
        assert_eq!(share(&[[0.0, 0.0]], 9.0).share, None);
    }
}
