//! What other thresholds would keep: one curve for each threshold, all other rules as they are.
//!
//! A document counts for a threshold when it fails no rule, or only rules that this threshold is in; its
//! critical value (see [`thresholds`](super::thresholds)) then says which thresholds keep it. So one scan
//! gives all curves.
//!
//! A curve knows every value that occurs, up to [`MOST_VALUES`]; beyond, neighbouring values are put
//! together in bins (see [`value_sums`](corpusql_udfs::value_sums)). What a bin's edge keeps is exact; only
//! thresholds between edges are not told apart.
//!
//! In a sample, a curve also says how far each of its points can be off. That takes the sum over the clusters
//! of the square of what each keeps at the point, and a cluster's square grows from value to value by an
//! amount of its own: so what is added to a bin is the growth, which can be added up over clusters and bins like the
//! documents.

use std::collections::HashMap;

use corpusql_udfs::value_sums::{Side, Value, ValueSums};
use serde::Serialize;

use super::figures::{Amount, Unit};
use super::spread::{Estimate, Growth, Spread};
use super::tally::Judged;
use super::thresholds::{Comparison, LeftOut, Threshold};
use crate::error::{Error, Result};

/// Values that a curve knows apart at most.
const MOST_VALUES: usize = 1 << 14;
/// Points of a curve at most that are given for its values, and as many again for its documents.
const POINTS: usize = 100;

/// The curves of a report.
#[derive(Clone, Debug, Serialize)]
pub struct Sweep {
    /// A curve for each threshold.
    pub curves: Vec<Curve>,
    /// The rules without one.
    pub left_out: Vec<LeftOut>,
}

/// What a threshold would keep wherever it were.
#[derive(Clone, Debug, Serialize)]
pub struct Curve {
    /// The filter.
    pub filter: String,
    /// The threshold: a parameter of the filter, or a rule with the number in it.
    pub name: String,
    /// Whether `--set` changes it.
    pub is_parameter: bool,
    /// The rules that it is in.
    pub rules: Vec<String>,
    /// What is compared with it.
    pub measures: Vec<String>,
    /// How the measure is compared with it.
    pub comparison: Comparison,
    /// What it is now.
    pub threshold: f64,
    /// What is kept now.
    pub kept: Amount,
    /// What would be kept if every threshold passed.
    pub most: Amount,
    /// In a sample, what share of all documents that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_estimate: Option<Estimate>,
    /// Whether every value that occurs was told apart from every other.
    pub exact: bool,
    /// Values closer to each other than this share of them may not be told apart: the width of a bin. 0 where all are.
    pub bin_width: f64,
    /// Other thresholds, ascending, and what each keeps.
    pub points: Vec<Point>,
    /// The strictest threshold that keeps as much as was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Point>,
}

/// What a threshold keeps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// The threshold.
    pub threshold: f64,
    /// What it keeps.
    pub kept: Amount,
    /// In a sample, what share of all documents that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
}

/// How much is to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    /// So many.
    pub amount: u64,
    /// Of these.
    pub unit: Unit,
}

/// How much was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AskedTarget {
    amount: u64,
    /// The unit that was named.
    unit: Option<Unit>,
}

impl AskedTarget {
    /// Reads `2B tokens`, `500M`, `10000 documents`.
    pub fn parse(text: &str) -> Result<Self> {
        let malformed = || {
            Error::user(format!(
                "--target {text}: expected an amount, as in 2B tokens or 10000 documents"
            ))
            .hint("k, M, B and T are thousands, millions, …; units are documents, characters, bytes and tokens")
        };
        let trimmed = text.trim();
        let end = trimmed
            .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','))
            .unwrap_or(trimmed.len());
        let (number, rest) = trimmed.split_at(end);
        let number: f64 = number.replace(',', "").parse().map_err(|_| malformed())?;
        let rest = rest.trim_start();
        let (scale, unit) = match rest.char_indices().nth(1) {
            // A letter alone or before a space is a scale; a longer word is the unit.
            Some((second, ' ')) => rest.split_at(second),
            None => rest.split_at(rest.len()),
            Some(_) => ("", rest),
        };
        let scale = match scale {
            "" => 1.0,
            "k" | "K" => 1e3,
            "m" | "M" => 1e6,
            "g" | "G" | "b" | "B" => 1e9,
            "t" | "T" => 1e12,
            _ => return Err(malformed()),
        };
        let unit = match unit.trim() {
            "" => None,
            "tokens" => Some(Unit::Tokens),
            "documents" => Some(Unit::Documents),
            "characters" => Some(Unit::Characters),
            "bytes" => Some(Unit::Bytes),
            _ => return Err(malformed()),
        };
        let amount = number * scale;
        // Beyond this a float is no exact count.
        if !(1.0..=9_007_199_254_740_992.0).contains(&amount) {
            return Err(malformed());
        }
        Ok(Self {
            amount: amount.round() as u64,
            unit,
        })
    }

    /// In the unit that was named, else in tokens where a column counts them, else in characters.
    pub fn resolved(self, with_tokens: bool) -> Result<Target> {
        let unit = match (self.unit, with_tokens) {
            (Some(Unit::Tokens), false) => {
                return Err(Error::user(
                    "--target is in tokens, which no column of these corpora counts",
                )
                .hint("annotate tokens first, or give the amount in characters or documents"));
            }
            (Some(unit), _) => unit,
            (None, true) => Unit::Tokens,
            (None, false) => Unit::Characters,
        };
        Ok(Target {
            amount: self.amount,
            unit,
        })
    }
}

/// The documents that count for one threshold, by critical value.
#[derive(Debug)]
pub struct Values {
    with_tokens: bool,
    sums: ValueSums,
    /// In a sample: how what every threshold keeps spreads over the clusters, and how its products grow from bin
    /// to bin.
    spread: Option<(Spread, Growths)>,
}

/// How products grow from bin to bin.
#[derive(Debug, Default)]
struct Growths {
    /// Bits that bins leave out of the values' keys.
    shift: u32,
    bins: HashMap<u64, Growth>,
}

/// Documents of one cluster of a sample, and all of them together.
pub struct Cluster<'a> {
    /// All documents of the cluster.
    pub whole: &'a Amount,
    /// Those that count for the threshold: critical value and amount.
    pub documents: Vec<(f64, Amount)>,
}

impl Values {
    /// None yet; with `spread` in a sample.
    pub fn new(comparison: Comparison, with_tokens: bool, spread: Option<Spread>) -> Self {
        let side = Side {
            is_lower_bound: comparison.is_lower_bound(),
            is_inclusive: comparison.is_inclusive(),
        };
        Self {
            with_tokens,
            sums: ValueSums::new(side, MOST_VALUES),
            spread: spread.map(|spread| (spread, Growths::default())),
        }
    }

    /// Bytes that it may come to hold.
    pub fn most_memory(of_sample: bool) -> usize {
        let growth = if of_sample {
            2 * MOST_VALUES * (size_of::<(u64, Growth)>() + 1)
        } else {
            0
        };
        ValueSums::most_memory(MOST_VALUES) + growth
    }

    /// Adds the documents of a batch that fail no rule without the threshold.
    pub fn add_batch(&mut self, critical: &[f64], judged: &Judged, others: &[u64]) {
        self.sums
            .add_rows(critical, &judged.patterns, others, &judged.amounts());
    }

    /// Adds the documents of a whole cluster.
    pub fn add_cluster(&mut self, cluster: Cluster) {
        let Cluster { whole, documents } = cluster;
        let side = self.sums.side();
        let mut always = Amount::nothing(whole.tokens.is_some());
        let mut values: Vec<(u64, Amount)> = Vec::with_capacity(documents.len());
        for (critical, amount) in documents {
            match side.value(critical) {
                Value::Always => always += amount,
                Value::UpTo(key) => values.push((key, amount)),
                Value::Never => {}
            }
            self.sums.add(critical, &amount.sums());
        }
        let shift = self.sums.shift();
        let Some((spread, growths)) = &mut self.spread else {
            return;
        };
        growths.coarsen(side, shift);
        spread.add(whole, &always);
        // From the strictest down, as the curve is added up.
        values.sort_unstable_by_key(|(key, _)| std::cmp::Reverse(*key));
        let mut kept = always;
        for equal in values.chunk_by(|a, b| a.0 == b.0) {
            let before = kept;
            equal.iter().for_each(|(_, amount)| kept += *amount);
            let bin = side.bin(shift, equal[0].0);
            let growth = growths.bins.entry(bin).or_default();
            growth.add(whole, &before, &kept);
        }
    }

    /// How wide a bin is, as a share of the values in it, at most.
    fn bin_width(&self) -> f64 {
        match self.sums.shift() {
            0 => 0.0,
            shift => f64::EPSILON * 2f64.powi(shift as i32),
        }
    }

    /// The curve of `threshold`, where `now` is what all rules together keep, with what a sample says of that.
    pub fn curve(
        self,
        threshold: &Threshold,
        rules: &[(String, String)],
        (now, now_estimate): (Amount, Option<Estimate>),
        target: Option<Target>,
    ) -> Curve {
        let (side, bins) = (self.sums.side(), self.sums.bins());
        let amount = |sums| Amount::of(sums, self.with_tokens);
        // From the strictest down: what a bin's edge keeps.
        let mut kept = amount(self.sums.always());
        let mut spread = self.spread.as_ref().map(|(spread, _)| spread.clone());
        let mut estimate = spread.as_ref().map(Spread::estimate);
        let mut points: Vec<Point> = Vec::with_capacity(bins.len());
        for (bin, sums) in bins.into_iter().rev() {
            let before = (kept, estimate);
            let amount = amount(sums);
            kept += amount;
            if let (Some(spread), Some((_, growths))) = (&mut spread, &self.spread) {
                let growth = growths.bins.get(&bin).copied().unwrap_or_default();
                spread.grow(&amount, &growth);
                estimate = Some(spread.estimate());
            }
            let (kept, estimate) = match side.is_inclusive {
                true => (kept, estimate),
                false => before,
            };
            points.push(Point {
                threshold: side.edge(self.sums.shift(), bin),
                kept,
                estimate,
            });
        }
        let most = kept;
        let reaches = |point: &&Point, target: Target| target.unit.of(&point.kept) >= target.amount;
        let target = target.and_then(|t| points.iter().find(|p| reaches(p, t)).copied());
        // The strictest lower bound is the largest, the strictest upper bound the smallest.
        if side.is_lower_bound {
            points.reverse();
        }
        let mut points = thinned(points);
        let now_at = Point {
            threshold: threshold.value,
            kept: now,
            estimate: now_estimate,
        };
        match points.binary_search_by(|p| p.threshold.total_cmp(&threshold.value)) {
            Ok(place) => points[place] = now_at,
            Err(place) => points.insert(place, now_at),
        }
        Curve {
            filter: threshold.filter.clone(),
            name: threshold.name.clone(),
            is_parameter: threshold.is_parameter,
            rules: threshold
                .rules
                .iter()
                .map(|place| rules[*place].1.clone())
                .collect(),
            measures: threshold.measures.clone(),
            comparison: threshold.comparison,
            threshold: threshold.value,
            kept: now,
            most,
            most_estimate: estimate,
            exact: self.sums.shift() == 0,
            bin_width: self.bin_width(),
            points,
            target,
        }
    }
}

impl Growths {
    /// Leaves out as many bits as this.
    fn coarsen(&mut self, side: Side, shift: u32) {
        while self.shift < shift {
            let mut coarse: HashMap<u64, Growth> = HashMap::new();
            for (bin, growth) in self.bins.drain() {
                coarse.entry(side.coarser(bin)).or_default().grow(&growth);
            }
            self.bins = coarse;
            self.shift += 1;
        }
    }
}

impl Curve {
    /// About so many of its points, at even steps of the documents that are kept, and the one of now.
    pub fn few(&self, many: usize) -> Vec<&Point> {
        let documents = |p: &Point| p.kept.documents as f64;
        let all = self.points.iter().map(documents);
        let (low, high) = all.fold((f64::INFINITY, 0.0_f64), |(low, high), d| {
            (low.min(d), high.max(d))
        });
        let step = ((high - low) / many.max(1) as f64).max(1.0);
        let mut few: Vec<&Point> = Vec::new();
        let mut last = f64::NEG_INFINITY;
        let end = self.points.len().saturating_sub(1);
        for (place, point) in self.points.iter().enumerate() {
            let far = (documents(point) - last).abs() >= step;
            if far || place == end || point.threshold == self.threshold {
                few.push(point);
                last = documents(point);
            }
        }
        few
    }
}

/// Some of the points, ascending: at even steps of the threshold, and at even steps of what is kept.
fn thinned(points: Vec<Point>) -> Vec<Point> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return points;
    };
    if points.len() <= 2 * POINTS {
        return points;
    }
    let (low, width) = (first.threshold, last.threshold - first.threshold);
    let kept = |point: &Point| point.kept.documents as f64;
    let (from, height) = (kept(first), kept(last) - kept(first));
    let step = |part: f64| (part * POINTS as f64).floor();
    let mut steps = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    let end = points.len() - 1;
    let mut thinned = Vec::with_capacity(2 * POINTS + 2);
    for (place, point) in points.into_iter().enumerate() {
        let here = (
            step((point.threshold - low) / width),
            step((kept(&point) - from) / height),
        );
        if here.0 > steps.0 || here.1 > steps.1 || place == end {
            steps = here;
            thinned.push(point);
        }
    }
    thinned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threshold(comparison: Comparison, value: f64) -> Threshold {
        Threshold::for_tests("mine", "t", comparison, value)
    }

    fn one() -> Amount {
        Amount {
            documents: 1,
            ..Amount::nothing(false)
        }
    }

    #[test]
    fn curves_equal_counting_again() {
        // More values than are told apart, in two orders; few values.
        for many in [50_u32, 60_000] {
            let all: Vec<f64> = (0..many)
                .map(|n| (f64::from(n.wrapping_mul(2_654_435_761)) / 1e6).sin() * f64::from(n % 97))
                .collect();
            for comparison in [
                Comparison::AtLeast,
                Comparison::Above,
                Comparison::AtMost,
                Comparison::Below,
            ] {
                let mut forth = Values::new(comparison, false, None);
                let mut back = Values::new(comparison, false, None);
                all.iter().for_each(|v| forth.sums.add(*v, &one().sums()));
                all.iter()
                    .rev()
                    .for_each(|v| back.sums.add(*v, &one().sums()));
                let rules = [("mine".to_string(), "rule".to_string())];
                let passes = |value: f64, threshold: f64| match comparison {
                    Comparison::AtLeast => value >= threshold,
                    Comparison::Above => value > threshold,
                    Comparison::AtMost => value <= threshold,
                    Comparison::Below => value < threshold,
                };
                let keeps = |t: f64| all.iter().filter(|v| passes(**v, t)).count() as u64;
                let mut now = one();
                now.documents = keeps(3.0);
                let target = Some(Target {
                    amount: u64::from(many) / 3,
                    unit: Unit::Documents,
                });
                let at = threshold(comparison, 3.0);
                let curve = forth.curve(&at, &rules, (now, None), target);
                assert_eq!(
                    curve.points,
                    back.curve(&at, &rules, (now, None), target).points
                );
                assert_eq!(curve.exact, many < 1000);
                assert_eq!(curve.bin_width > 0.0, !curve.exact);
                assert!(curve.bin_width < 1e-2, "{}", curve.bin_width);
                assert!(curve.points.len() <= 2 * POINTS + 3);
                assert!(
                    curve
                        .points
                        .windows(2)
                        .all(|p| p[0].threshold < p[1].threshold)
                );
                for point in &curve.points {
                    assert_eq!(point.kept.documents, keeps(point.threshold), "{point:?}");
                }
                assert_eq!(curve.most.documents, u64::from(many));
                let reached = curve.target.expect("a threshold");
                assert_eq!(reached.kept.documents, keeps(reached.threshold));
                assert!(reached.kept.documents >= u64::from(many) / 3);
            }
        }
    }

    #[test]
    fn what_no_threshold_moves() {
        let mut values = Values::new(Comparison::AtMost, false, None);
        // Kept by all, by none, by none: NaN is larger than any number.
        for v in [f64::NEG_INFINITY, f64::INFINITY, f64::NAN, 4.0] {
            values.sums.add(v, &one().sums());
        }
        let now = Amount {
            documents: 2,
            ..one()
        };
        let rules = [("mine".to_string(), "rule".to_string())];
        let curve = values.curve(
            &threshold(Comparison::AtMost, 5.0),
            &rules,
            (now, None),
            None,
        );
        let points: Vec<(f64, u64)> = curve
            .points
            .iter()
            .map(|p| (p.threshold, p.kept.documents))
            .collect();
        assert_eq!(points, [(4.0, 2), (5.0, 2)]);
        assert_eq!(curve.most.documents, 2);
    }

    #[test]
    fn targets() {
        let target = |text: &str| {
            let asked = AskedTarget::parse(text)?;
            asked.resolved(true).map(|t| (t.amount, t.unit))
        };
        for (text, amount, unit) in [
            ("2B tokens", 2_000_000_000, Unit::Tokens),
            ("2B", 2_000_000_000, Unit::Tokens),
            ("1.5k documents", 1500, Unit::Documents),
            ("12,000 characters", 12_000, Unit::Characters),
            ("77 bytes", 77, Unit::Bytes),
            ("500M", 500_000_000, Unit::Tokens),
            ("9documents", 9, Unit::Documents),
        ] {
            assert_eq!(target(text).expect(text), (amount, unit), "{text}");
        }
        for text in [
            "",
            "many",
            "2X tokens",
            "2 apples",
            "0",
            "-3",
            "1e30",
            "80%",
        ] {
            assert!(target(text).is_err(), "{text}");
        }
        let without = |text: &str| AskedTarget::parse(text)?.resolved(false);
        assert_eq!(without("5M").expect("a target").unit, Unit::Characters);
        assert!(without("5M tokens").is_err());
    }

    #[test]
    fn errors_of_curves_equal_those_of_their_points() {
        // Clusters of documents whose values and amounts depend on the cluster; more values than are told apart.
        for many in [7_u64, 4_000] {
            for comparison in [Comparison::AtLeast, Comparison::Below] {
                let documents = |cluster: u64| {
                    (0..many).map(move |n| {
                        let value = ((n * 7919 + cluster * 104_729) as f64).sin() * 50.0
                            + (cluster % 5) as f64;
                        let amount = Amount {
                            documents: 1,
                            characters: (n * 31 + cluster) % 1000,
                            bytes: n,
                            tokens: Some(n % 7),
                        };
                        (value, amount)
                    })
                };
                let mut values = Values::new(comparison, true, Some(Spread::new(12, 100, true)));
                let wholes: Vec<Amount> = (0..12)
                    .map(|cluster| {
                        let mut whole = Amount::nothing(true);
                        documents(cluster).for_each(|(_, amount)| whole += amount);
                        // Documents that count for no threshold.
                        whole.documents += cluster;
                        whole
                    })
                    .collect();
                for (cluster, whole) in wholes.iter().enumerate() {
                    values.add_cluster(Cluster {
                        whole,
                        documents: documents(cluster as u64).collect(),
                    });
                }
                let rules = [("mine".to_string(), "rule".to_string())];
                let at = threshold(comparison, 1e9);
                let curve = values.curve(&at, &rules, (one(), None), None);
                assert_eq!(curve.exact, many < 1000);
                for point in curve.points.iter().filter(|p| p.threshold != 1e9) {
                    let mut spread = Spread::new(12, 100, true);
                    for (cluster, whole) in wholes.iter().enumerate() {
                        let mut part = Amount::nothing(true);
                        documents(cluster as u64)
                            .filter(|(value, _)| match comparison {
                                Comparison::AtLeast => *value >= point.threshold,
                                _ => *value < point.threshold,
                            })
                            .for_each(|(_, amount)| part += amount);
                        spread.add(whole, &part);
                    }
                    assert_eq!(point.estimate, Some(spread.estimate()));
                }
            }
        }
    }
}
