//! A preview on some of the documents: clusters drawn by hash, and how far their shares can be off.
//!
//! Documents are drawn in clusters, since reading a row group costs little more than reading one of its
//! documents, but neighbours resemble each other. So errors are those of cluster sampling, worked out in
//! [`spread`](super::spread). The hash is seeded: another seed draws other clusters.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::buffer::BooleanBuffer;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::figures::{Amount, Outline, Overlap, Pattern, Section};
use super::scan::Group;
use super::spread::{Estimate, Spread};
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
    /// What the draw was seeded with.
    pub seed: u64,
    /// What clusters are: `row groups`, or `blocks of 1,024 documents`.
    pub unit: &'static str,
    /// Clusters that were drawn.
    pub clusters: u64,
    /// Clusters that there are.
    pub of_clusters: u64,
    /// Documents in those that were drawn.
    pub documents: u64,
    /// The shares of the selected documents, with their standard errors and where they lie in all documents.
    pub estimates: Section<Estimate>,
}

/// Clusters that were drawn.
#[derive(Debug)]
pub struct Drawn {
    fraction: Fraction,
    seed: u64,
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
pub fn draw(corpora: &[Arc<Corpus>], fraction: Fraction, seed: u64) -> Drawn {
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
            hash(cluster, seed),
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
        seed,
        unit,
        of_clusters,
        documents: all.iter().map(|c| c.rows.end - c.rows.start).sum(),
        rows,
        clusters: all,
    }
}

fn hash(cluster: &Cluster, seed: u64) -> u64 {
    let place = [
        cluster.corpus as u64,
        cluster.part as u64,
        cluster.rows.start,
    ];
    xxh3_64_with_seed(&place.map(u64::to_le_bytes).concat(), seed)
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

    /// A spread over the clusters of the sample, to be added to.
    pub fn spread(&self, with_tokens: bool) -> Spread {
        Spread::new(self.clusters.len() as u64, self.of_clusters, with_tokens)
    }

    /// What the documents of the clusters say of all documents; `all` are the figures of the sample.
    pub fn sample(&self, outline: &Outline, groups: &[Group], all: &Section) -> Sample {
        let patterns = groups.iter().flat_map(|g| &g.patterns);
        Sample {
            fraction: self.fraction.0,
            seed: self.seed,
            unit: self.unit,
            clusters: self.clusters.len() as u64,
            of_clusters: self.of_clusters,
            documents: self.documents,
            estimates: self.section(outline, patterns, all),
        }
    }

    /// What the documents in `patterns`, each with its cluster, say of all documents of their kind; `all` are
    /// their figures.
    pub fn section<'a>(
        &self,
        outline: &Outline,
        patterns: impl IntoIterator<Item = &'a (u64, Pattern)>,
        all: &Section,
    ) -> Section<Estimate> {
        let nothing = vec![0; outline.rules()];
        // For each figure, how it spreads over the clusters.
        let mut spreads: Vec<Spread> = Vec::new();
        for patterns in self.by_cluster(patterns) {
            let section = outline.section(patterns, &nothing);
            let mut place = 0;
            section.map(&mut |amount: &Amount| {
                if place == spreads.len() {
                    spreads.push(self.spread(section.total.tokens.is_some()));
                }
                spreads[place].add(&section.total, amount);
                place += 1;
            });
        }
        let mut spreads = spreads.iter();
        all.map(&mut |_| spreads.next().map(Spread::estimate).unwrap_or_default())
    }

    /// What the sample says of the share of what a filter keeps that another drops.
    pub fn overlaps(&self, outline: &Outline, groups: &[Group], overlaps: &mut [Overlap]) {
        let patterns = groups.iter().flat_map(|g| &g.patterns);
        let nothing = vec![0; outline.rules()];
        let mut spreads: Vec<Spread> = overlaps
            .iter()
            .map(|pair| self.spread(pair.amount.tokens.is_some()))
            .collect();
        for patterns in self.by_cluster(patterns) {
            let section = outline.section(patterns.iter().copied(), &nothing);
            let pairs = outline.overlap(patterns.iter().copied());
            for (spread, pair) in spreads.iter_mut().zip(pairs) {
                let kept = section.filters.iter().find(|f| f.filter == pair.kept_by);
                if let Some(keeper) = kept {
                    spread.add(&keeper.kept, &pair.amount);
                }
            }
        }
        for (pair, spread) in overlaps.iter_mut().zip(spreads) {
            pair.estimate = Some(spread.estimate());
        }
    }

    /// The patterns of each cluster that was drawn.
    fn by_cluster<'a>(
        &self,
        patterns: impl IntoIterator<Item = &'a (u64, Pattern)>,
    ) -> Vec<Vec<&'a Pattern>> {
        let mut found = vec![Vec::new(); self.clusters.len()];
        for (cluster, pattern) in patterns {
            found[*cluster as usize].push(pattern);
        }
        found
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
}
