//! How far a share that was found in some clusters of documents can be off.
//!
//! With `m` of `M` clusters drawn, of which cluster `i` has `y_i` of `x_i`, the share `R = sum y / sum x` has the
//! standard error
//!
//! ```text
//!  sqrt((1 - m/M) m/(m - 1) sum (y_i - R x_i)^2) / sum x
//! ```
//!
//! The interval is not `R` plus and minus a multiple of it: a share is never below 0, and of what is rare most
//! samples have less than their due, so that such intervals miss it too often. It is Wilson's interval for as
//! many independent documents as have the same standard error, with Student's quantile for the clusters that
//! have something to say. Where none of the documents of a sample has a property, or all of them have it, the error
//! says nothing, and they count as if they had been drawn one by one.

use serde::Serialize;

use super::figures::{Amount, Unit};

/// An estimated share, in each unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
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
    /// Its standard error; null where one cluster is all that has something to say.
    pub standard_error: Option<f64>,
    /// From where to where the share of all documents lies, in 95 of 100 samples.
    pub interval: Option<[f64; 2]>,
}

impl Share {
    /// How far the interval reaches from the share, on its longer side.
    pub fn margin(&self) -> Option<f64> {
        let [low, high] = self.interval?;
        let share = self.share?;
        Some((share - low).max(high - share))
    }
}

/// The sums over clusters that an estimate needs, of one share.
#[derive(Clone, Debug)]
pub struct Spread {
    /// Clusters that were drawn, and that there are.
    clusters: [f64; 2],
    /// Clusters in which the whole is not empty.
    telling: u64,
    documents: u64,
    with_tokens: bool,
    /// For each unit.
    sums: [Sums; UNITS.len()],
}

const UNITS: [Unit; 4] = [Unit::Documents, Unit::Characters, Unit::Bytes, Unit::Tokens];

/// Sums of the wholes `x` and the parts `y` of clusters, and of their products. Integers, so that the order of
/// the clusters does not matter.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    x: u128,
    y: u128,
    xx: u128,
    products: Products,
}

/// Sums of the products that change when a part of the clusters grows.
#[derive(Clone, Copy, Debug, Default)]
struct Products {
    xy: u128,
    yy: u128,
}

/// By how much the products of all units grow where each cluster's part becomes larger.
#[derive(Clone, Copy, Debug, Default)]
pub struct Growth([Products; UNITS.len()]);

impl Growth {
    /// Adds what becomes of a cluster with this `whole` when `before` of it becomes `after`.
    pub fn add(&mut self, whole: &Amount, before: &Amount, after: &Amount) {
        for (products, unit) in self.0.iter_mut().zip(UNITS) {
            let [x, before, after] = [whole, before, after].map(|a| u128::from(unit.of(a)));
            products.xy += x * (after - before);
            products.yy += after * after - before * before;
        }
    }

    /// Adds another growth.
    pub fn grow(&mut self, other: &Self) {
        for (products, more) in self.0.iter_mut().zip(&other.0) {
            products.xy += more.xy;
            products.yy += more.yy;
        }
    }
}

impl Spread {
    /// No cluster yet, of `drawn` of `all`.
    pub fn new(drawn: u64, all: u64, with_tokens: bool) -> Self {
        Self {
            clusters: [drawn as f64, all as f64],
            telling: 0,
            documents: 0,
            with_tokens,
            sums: Default::default(),
        }
    }

    /// Adds a cluster of which `part` of `whole` is what is asked for.
    pub fn add(&mut self, whole: &Amount, part: &Amount) {
        self.telling += u64::from(whole.documents > 0);
        self.documents += whole.documents;
        for (sums, unit) in self.sums.iter_mut().zip(UNITS) {
            let [x, y] = [whole, part].map(|a| u128::from(unit.of(a)));
            sums.x += x;
            sums.y += y;
            sums.xx += x * x;
            sums.products.xy += x * y;
            sums.products.yy += y * y;
        }
    }

    /// The same clusters with a larger part of each: by `parts` together, and their products by `growth`.
    pub fn grow(&mut self, parts: &Amount, growth: &Growth) {
        for ((sums, more), unit) in self.sums.iter_mut().zip(&growth.0).zip(UNITS) {
            sums.y += u128::from(unit.of(parts));
            sums.products.xy += more.xy;
            sums.products.yy += more.yy;
        }
    }

    /// What the clusters say of all of them.
    pub fn estimate(&self) -> Estimate {
        let [documents, characters, bytes, tokens] = self.sums.map(|sums| self.share(&sums));
        Estimate {
            documents,
            characters,
            bytes,
            tokens: self.with_tokens.then_some(tokens),
        }
    }

    fn share(&self, sums: &Sums) -> Share {
        if sums.x == 0 {
            return Share::default();
        }
        let [drawn, all] = self.clusters;
        let [x, y, xx, xy, yy] =
            [sums.x, sums.y, sums.xx, sums.products.xy, sums.products.yy].map(|sum| sum as f64);
        let share = y / x;
        let left = 1.0 - drawn / all;
        if left <= 0.0 {
            return Share {
                share: Some(share),
                standard_error: Some(0.0),
                interval: Some([share; 2]),
            };
        }
        if self.telling < 2 {
            return Share {
                share: Some(share),
                ..Share::default()
            };
        }
        let squares = (yy - 2.0 * share * xy + share * share * xx).max(0.0);
        let error = (left * drawn / (drawn - 1.0) * squares).sqrt() / x;
        // As many as were drawn, and more the fewer are left.
        let most = self.documents as f64 / left;
        let as_many = match share * (1.0 - share) / (error * error) {
            many if many.is_finite() && many > 0.0 => many.min(most),
            _ => most,
        };
        Share {
            share: Some(share),
            standard_error: Some(error),
            interval: Some(wilson(share, as_many, student(self.telling - 1))),
        }
    }
}

/// Wilson's interval for a share among so many, with this quantile.
fn wilson(share: f64, many: f64, quantile: f64) -> [f64; 2] {
    let square = quantile * quantile / many;
    let middle = (share + square / 2.0) / (1.0 + square);
    let half = (share * (1.0 - share) * square + square * square / 4.0).sqrt() / (1.0 + square);
    [
        (middle - half).clamp(0.0, share),
        (middle + half).clamp(share, 1.0),
    ]
}

/// Student's quantile at 0.975 with so many degrees of freedom: exact for two, then by its expansion in their
/// reciprocal, within half a percent.
fn student(freedom: u64) -> f64 {
    const FEW: [f64; 4] = [12.706, 4.303, 3.182, 2.776];
    if let Some(exact) = FEW.get(freedom.saturating_sub(1) as usize) {
        return *exact;
    }
    let (z, d) = (1.959_964_f64, freedom as f64);
    let terms = [
        z,
        (z.powi(3) + z) / 4.0,
        (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0,
        (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0,
    ];
    terms.iter().rev().fold(0.0, |sum, term| sum / d + term)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(documents: u64) -> Amount {
        Amount {
            documents,
            ..Amount::default()
        }
    }

    fn share(clusters: &[[u64; 2]], all: u64) -> Share {
        let mut spread = Spread::new(clusters.len() as u64, all, false);
        for [whole, part] in clusters {
            spread.add(&documents(*whole), &documents(*part));
        }
        spread.estimate().documents
    }

    #[test]
    fn errors_worked_out_by_hand() {
        // Shares 1/2, 1/4 and 3/4 of clusters of 4 documents; 3 of 12 clusters.
        let found = share(&[[4, 2], [4, 1], [4, 3]], 12);
        assert_eq!(found.share, Some(0.5));
        // sqrt(0.75 * 3/2 * 2) / 12
        assert_eq!(found.standard_error, Some(0.125));
        // As 0.25 / 0.125^2 = 16 documents; Student's quantile of two degrees of freedom.
        let half = 0.5 / (1.0 + 16.0 / 4.303_f64.powi(2)).sqrt();
        let [low, high] = found.interval.expect("an interval");
        assert!((low - (0.5 - half)).abs() < 1e-12, "{low}");
        assert!((high - (0.5 + half)).abs() < 1e-12, "{high}");
        // All clusters: nothing is left to be wrong about.
        let all = share(&[[4, 2], [4, 1]], 2);
        assert_eq!(all.standard_error, Some(0.0));
        assert_eq!(all.interval, Some([0.375; 2]));
        assert_eq!(share(&[[4, 2]], 9).standard_error, None);
        assert_eq!(share(&[[4, 2], [0, 0]], 9).standard_error, None);
        assert_eq!(share(&[[0, 0]], 9).share, None);
    }

    #[test]
    fn what_no_document_has_may_still_be_there() {
        // 200 documents of 2,000: as 222, so up to 3.9 / 226.
        let none = share(&[[20, 0]; 10], 100);
        let [low, high] = none.interval.expect("an interval");
        assert_eq!(
            (none.share, none.standard_error, low),
            (Some(0.0), Some(0.0), 0.0)
        );
        assert!((0.015..0.025).contains(&high), "{high}");
        let all = share(&[[20, 20]; 10], 100);
        assert!((all.interval.expect("an interval")[0] - (1.0 - high)).abs() < 1e-12);
    }

    #[test]
    fn quantiles_of_student() {
        for (freedom, expected) in [
            (1, 12.706),
            (5, 2.571),
            (10, 2.228),
            (30, 2.042),
            (1000, 1.962),
        ] {
            let found = student(freedom);
            assert!(
                (found - expected).abs() < 0.005 * expected,
                "{freedom}: {found}"
            );
        }
    }

    #[test]
    fn growing_parts_give_the_same_as_new_clusters() {
        let wholes = [5, 9, 4].map(documents);
        let parts = [[1, 4], [0, 2], [3, 4]].map(|parts| parts.map(documents));
        let spread_of = |time: usize| {
            let mut spread = Spread::new(3, 30, false);
            for (whole, parts) in wholes.iter().zip(&parts) {
                spread.add(whole, &parts[time]);
            }
            spread
        };
        let mut grown = spread_of(0);
        let (mut growth, mut more) = (Growth::default(), Growth::default());
        growth.add(&wholes[0], &parts[0][0], &parts[0][1]);
        more.add(&wholes[1], &parts[1][0], &parts[1][1]);
        more.add(&wholes[2], &parts[2][0], &parts[2][1]);
        growth.grow(&more);
        grown.grow(&documents(6), &growth);
        assert_eq!(grown.estimate(), spread_of(1).estimate());
    }
}
