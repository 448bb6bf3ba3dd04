//! Rows summed by a number of theirs: the inner loop of curves over thresholds.
//!
//! Up to so many values are told apart. Beyond, neighbouring values are put together in bins whose edges are floats
//! with fewer digits, as few bits less as are needed. Bins depend on the values alone, not on the order in which they
//! come.

/// Numbers of a sum: the count of rows, then three amounts.
pub const SUMS: usize = 4;

/// The count of some rows, and their amounts.
pub type Sums = [u64; SUMS];

/// How many slots a table has at first.
const SMALLEST: usize = 64;

/// Which thresholds a value passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// Those up to it; else those from it on.
    pub is_lower_bound: bool,
    /// The threshold that is equal to it, too.
    pub is_inclusive: bool,
}

/// Where a value lies, turned so that the larger ones pass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// Every threshold is passed.
    Always,
    /// No threshold is passed.
    Never,
    /// Those up to this key.
    UpTo(u64),
}

impl Side {
    /// Values turned so that the larger ones pass; its own inverse.
    #[inline]
    pub fn oriented(self, value: f64) -> f64 {
        match self.is_lower_bound {
            true => value,
            false => -value,
        }
    }

    /// Where a value lies. NaN is larger than any number.
    #[inline]
    pub fn value(self, value: f64) -> Value {
        let value = self.oriented(value);
        match value.is_finite() {
            true => Value::UpTo(key(value)),
            false if value == f64::INFINITY || (value.is_nan() && value.is_sign_positive()) => {
                Value::Always
            }
            false => Value::Never,
        }
    }

    /// The bin of a key. Its edge is its smallest key where the threshold itself passes, else its largest: then all
    /// of a bin passes at its edge, or none of it.
    #[inline]
    pub fn bin(self, shift: u32, key: u64) -> u64 {
        match self.is_inclusive {
            true => key >> shift,
            false => (key >> shift) + u64::from(key & ((1 << shift) - 1) != 0),
        }
    }

    /// The threshold at the edge of a bin.
    pub fn edge(self, shift: u32, bin: u64) -> f64 {
        self.oriented(value(bin << shift))
    }

    /// The bin that holds this one when one bit more is left out.
    #[inline]
    pub fn coarser(self, bin: u64) -> u64 {
        (bin + u64::from(!self.is_inclusive)) >> 1
    }
}

/// Rows counted and summed by a number.
#[derive(Clone, Debug)]
pub struct ValueSums {
    side: Side,
    /// Bins that are told apart at most.
    most: usize,
    /// Bits that bins leave out of the values' keys.
    shift: u32,
    /// The bin of each slot, where the hash of it puts it.
    bins: Vec<u64>,
    /// What is in it; a count of 0 marks a free slot.
    sums: Vec<Sums>,
    len: usize,
    always: Sums,
}

impl ValueSums {
    /// Nothing yet; `most` values are told apart.
    pub fn new(side: Side, most: usize) -> Self {
        Self {
            side,
            most,
            shift: 0,
            bins: vec![0; SMALLEST],
            sums: vec![[0; SUMS]; SMALLEST],
            len: 0,
            always: [0; SUMS],
        }
    }

    /// Bytes that one may come to hold.
    pub fn most_memory(most: usize) -> usize {
        (2 * (most + 1)).next_power_of_two() * (size_of::<u64>() + size_of::<Sums>())
    }

    /// Which thresholds a value passes.
    pub fn side(&self) -> Side {
        self.side
    }

    /// Bits that bins leave out of the values' keys.
    pub fn shift(&self) -> u32 {
        self.shift
    }

    /// What passes every threshold.
    pub fn always(&self) -> Sums {
        self.always
    }

    /// Adds the rows whose pattern (`others.len()` words each in `patterns`) has no bit of `others`: each with its
    /// value, the count 1 and its numbers of `amounts`, of which there are three at most.
    pub fn add_rows(
        &mut self,
        values: &[f64],
        patterns: &[u64],
        others: &[u64],
        amounts: &[&[u64]],
    ) {
        match others {
            [others] => self.add_where(values, amounts, |row| patterns[row] & others == 0),
            _ => self.add_where(values, amounts, |row| {
                let pattern = &patterns[row * others.len()..][..others.len()];
                let failed = pattern.iter().zip(others);
                failed.fold(0, |sum, (word, others)| sum | (word & others)) == 0
            }),
        }
    }

    fn add_where(&mut self, values: &[f64], amounts: &[&[u64]], counts: impl Fn(usize) -> bool) {
        for (row, value) in values.iter().enumerate() {
            if !counts(row) {
                continue;
            }
            let mut sums = [0; SUMS];
            sums[0] = 1;
            for (sum, amount) in sums[1..].iter_mut().zip(amounts) {
                *sum = amount[row];
            }
            self.add(*value, &sums);
        }
    }

    /// Adds a row, or several of one value.
    pub fn add(&mut self, value: f64, sums: &Sums) {
        match self.side.value(value) {
            Value::Always => add(&mut self.always, sums),
            Value::Never => {}
            Value::UpTo(_) if sums[0] == 0 => {}
            Value::UpTo(key) => {
                self.add_to(self.side.bin(self.shift, key), sums);
                while self.len > self.most {
                    self.coarsen();
                }
            }
        }
    }

    /// Adds to a bin.
    fn add_to(&mut self, bin: u64, sums: &Sums) {
        let mask = self.bins.len() - 1;
        let mut slot = hash(bin) & mask;
        loop {
            if self.sums[slot][0] == 0 {
                break;
            }
            if self.bins[slot] == bin {
                return add(&mut self.sums[slot], sums);
            }
            slot = (slot + 1) & mask;
        }
        self.bins[slot] = bin;
        self.sums[slot] = *sums;
        self.len += 1;
        if 2 * self.len > self.bins.len() {
            self.rebuild(2 * self.bins.len(), |bin| bin);
        }
    }

    fn coarsen(&mut self) {
        let side = self.side;
        self.rebuild(self.bins.len(), |bin| side.coarser(bin));
        self.shift += 1;
    }

    /// Puts everything in a table of so many slots, each bin under another name.
    fn rebuild(&mut self, slots: usize, renamed: impl Fn(u64) -> u64) {
        let bins = std::mem::replace(&mut self.bins, vec![0; slots]);
        let sums = std::mem::replace(&mut self.sums, vec![[0; SUMS]; slots]);
        self.len = 0;
        for (bin, sums) in bins.iter().zip(&sums).filter(|(_, sums)| sums[0] > 0) {
            self.add_to(renamed(*bin), sums);
        }
    }

    /// The bins, ascending, and what is in each.
    pub fn bins(&self) -> Vec<(u64, Sums)> {
        let slots = self.bins.iter().copied().zip(self.sums.iter().copied());
        let mut bins: Vec<(u64, Sums)> = slots.filter(|(_, sums)| sums[0] > 0).collect();
        bins.sort_unstable_by_key(|(bin, _)| *bin);
        bins
    }
}

#[inline]
fn add(sums: &mut Sums, more: &Sums) {
    sums.iter_mut()
        .zip(more)
        .for_each(|(sum, more)| *sum += more);
}

/// Values are no adversaries.
#[inline]
fn hash(bin: u64) -> usize {
    let mixed = bin.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ mixed >> 29) as usize
}

/// Floats as integers in the same order.
#[inline]
fn key(value: f64) -> u64 {
    let bits = value.to_bits();
    match bits >> 63 {
        0 => bits | 1 << 63,
        _ => !bits,
    }
}

fn value(key: u64) -> f64 {
    f64::from_bits(match key >> 63 {
        0 => !key,
        _ => key & !(1 << 63),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_in_the_order_of_their_values() {
        let values = [-1e300, -2.5, -0.0, 0.0, 1e-300, 0.1, 0.2, 7.0, 1e300];
        for pair in values.windows(2) {
            assert!(key(pair[0]) < key(pair[1]), "{pair:?}");
        }
        for v in values {
            assert_eq!(value(key(v)).to_bits(), v.to_bits());
        }
    }

    fn any_value() -> impl Strategy<Value = f64> {
        prop_oneof![
            4 => -50.0..50.0_f64,
            2 => (-9..9_i8).prop_map(f64::from),
            1 => -1e9..1e9_f64,
            1 => prop::sample::select(vec![f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -f64::NAN]),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// At the edge of every bin: what those of the rows amount to that pass there.
        #[test]
        fn edges_keep_what_passes_there(
            rows in prop::collection::vec((any_value(), 0..4_u64, 0..9_u64), 0..400),
            is_lower_bound: bool,
            is_inclusive: bool,
            most in prop::sample::select(vec![40_usize, 1000]),
            two_words: bool,
        ) {
            let side = Side { is_lower_bound, is_inclusive };
            let words = 1 + usize::from(two_words);
            let others = vec![2; words];
            let values: Vec<f64> = rows.iter().map(|r| r.0).collect();
            let patterns: Vec<u64> =
                rows.iter().flat_map(|r| [r.1, 1][..words].to_vec()).collect();
            let amounts: Vec<u64> = rows.iter().map(|r| r.2).collect();
            let mut sums = ValueSums::new(side, most);
            sums.add_rows(&values, &patterns, &others, &[&amounts]);
            let bins = sums.bins();
            prop_assert!(bins.len() <= most);
            prop_assert!(sums.shift() == 0 || rows.len() > most);
            let counted = || rows.iter().filter(|r| r.1 & 2 == 0);
            // NaN and infinities are larger or smaller than any threshold.
            let oriented = |value: f64| side.oriented(value);
            let always = counted().filter(|r| {
                let value = oriented(r.0);
                value == f64::INFINITY || value.is_nan() && value.is_sign_positive()
            });
            let mut kept = [always.clone().count() as u64, always.map(|r| r.2).sum(), 0, 0];
            prop_assert_eq!(sums.always(), kept);
            for (bin, of_bin) in bins.iter().rev() {
                let edge = side.edge(sums.shift(), *bin);
                let before = kept;
                kept.iter_mut().zip(of_bin).for_each(|(kept, more)| *kept += more);
                let passes = |value: f64| match (is_lower_bound, is_inclusive) {
                    // As floats are ordered in all: -0 below 0.
                    (true, true) => value.total_cmp(&edge).is_ge(),
                    (true, false) => value.total_cmp(&edge).is_gt(),
                    (false, true) => value.total_cmp(&edge).is_le(),
                    (false, false) => value.total_cmp(&edge).is_lt(),
                };
                let passing: Vec<_> = counted().filter(|r| passes(r.0)).collect();
                let expected = if is_inclusive { kept } else { before };
                prop_assert_eq!(passing.len() as u64, expected[0]);
                prop_assert_eq!(passing.iter().map(|r| r.2).sum::<u64>(), expected[1]);
            }
        }

        /// Bins do not depend on the order of the rows, and all rows are in one.
        #[test]
        fn any_order_gives_the_same_bins(
            rows in prop::collection::vec((any_value(), 0..9_u64), 0..300),
            is_inclusive: bool,
        ) {
            let side = Side { is_lower_bound: true, is_inclusive };
            let (mut forth, mut back) = (ValueSums::new(side, 40), ValueSums::new(side, 40));
            let sums = |amount: u64| [1, amount, 0, 0];
            rows.iter().for_each(|r| forth.add(r.0, &sums(r.1)));
            rows.iter().rev().for_each(|r| back.add(r.0, &sums(r.1)));
            prop_assert_eq!(forth.bins(), back.bins());
            let mut expected: BTreeMap<u64, Sums> = BTreeMap::new();
            for (value, amount) in &rows {
                if let Value::UpTo(key) = side.value(*value) {
                    let bin = expected.entry(side.bin(forth.shift(), key)).or_default();
                    add(bin, &sums(*amount));
                }
            }
            prop_assert_eq!(forth.bins(), expected.into_iter().collect::<Vec<_>>());
        }
    }
}
