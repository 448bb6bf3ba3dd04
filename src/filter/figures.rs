//! Arithmetic on bit patterns.

use std::ops::{AddAssign, Range};

use serde::Serialize;

/// How much text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// Documents
    pub documents: u64,
    /// Code points of their text
    pub characters: u64,
    /// Bytes of their text
    pub bytes: u64,
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.documents += other.documents;
        self.characters += other.characters;
        self.bytes += other.bytes;
    }
}

/// What a rule or a filter removes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// By it, whatever else removes it too.
    pub alone: Amount,
    /// By it and nothing else.
    pub only: Amount,
    /// By it, and by nothing before it.
    pub first: Amount,
}

/// What one rule does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleFigures {
    /// The rule.
    pub rule: String,
    /// What it removes.
    #[serde(flatten)]
    pub removed: Removed,
    /// Documents of which it is NULL, and which therefore fail it.
    pub undefined_documents: u64,
}

/// What one filter does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FilterFigures {
    /// The filter.
    pub filter: String,
    /// What passes all of its rules.
    pub kept: Amount,
    /// What it removes.
    #[serde(flatten)]
    pub removed: Removed,
    /// Its rules, in order.
    pub rules: Vec<RuleFigures>,
}

/// What a set of filters does to a set of documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// The documents.
    pub total: Amount,
    /// What passes all filters.
    pub kept: Amount,
    /// The filters, in order.
    pub filters: Vec<FilterFigures>,
}

/// Documents that fail the same rules.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// A bit for each rule that does not hold, the first rule in the lowest bit of the first word.
    pub words: Vec<u64>,
    /// How much text.
    pub amount: Amount,
    /// For each rule, documents of which it is NULL.
    pub undefined: Vec<u64>,
}

impl Pattern {
    fn fails(&self, rule: usize) -> bool {
        self.words[rule / 64] >> (rule % 64) & 1 == 1
    }

    fn failures(&self) -> u32 {
        self.words.iter().map(|w| w.count_ones()).sum()
    }

    fn first_failure(&self) -> Option<usize> {
        let word = self.words.iter().position(|w| *w != 0)?;
        Some(word * 64 + self.words[word].trailing_zeros() as usize)
    }
}

/// Filters and their rules, and the place of each rule in the pattern.
#[derive(Clone, Debug)]
pub struct Outline {
    filters: Vec<(String, Range<usize>)>,
    rules: Vec<String>,
}

impl Outline {
    /// `rules` in order: filter and rule.
    pub fn new(rules: &[(String, String)]) -> Self {
        let mut filters: Vec<(String, Range<usize>)> = Vec::new();
        for (place, (filter, _)) in rules.iter().enumerate() {
            match filters.last_mut() {
                Some((name, range)) if name == filter => range.end = place + 1,
                _ => filters.push((filter.clone(), place..place + 1)),
            }
        }
        Self {
            filters,
            rules: rules.iter().map(|(_, rule)| rule.clone()).collect(),
        }
    }

    /// The figures of the documents in `patterns`.
    pub fn section(&self, patterns: &[Pattern]) -> Section {
        let mut section = Section {
            total: Amount::default(),
            kept: Amount::default(),
            filters: self.filters.iter().map(|f| self.untouched(f)).collect(),
        };
        for pattern in patterns {
            section.total += pattern.amount;
            let failures = pattern.failures();
            let first = pattern.first_failure();
            if failures == 0 {
                section.kept += pattern.amount;
            }
            for (figures, (_, range)) in section.filters.iter_mut().zip(&self.filters) {
                let mut failed_here = 0;
                for (rule, place) in figures.rules.iter_mut().zip(range.clone()) {
                    rule.undefined_documents += pattern.undefined[place];
                    if !pattern.fails(place) {
                        continue;
                    }
                    failed_here += 1;
                    rule.removed.alone += pattern.amount;
                    if failures == 1 {
                        rule.removed.only += pattern.amount;
                    }
                    if first == Some(place) {
                        rule.removed.first += pattern.amount;
                    }
                }
                if failed_here == 0 {
                    figures.kept += pattern.amount;
                    continue;
                }
                figures.removed.alone += pattern.amount;
                if failed_here == failures {
                    figures.removed.only += pattern.amount;
                }
                if first.is_some_and(|place| range.contains(&place)) {
                    figures.removed.first += pattern.amount;
                }
            }
        }
        section
    }

    fn untouched(&self, (filter, range): &(String, Range<usize>)) -> FilterFigures {
        FilterFigures {
            filter: filter.clone(),
            kept: Amount::default(),
            removed: Removed::default(),
            rules: self.rules[range.clone()]
                .iter()
                .map(|rule| RuleFigures {
                    rule: rule.clone(),
                    removed: Removed::default(),
                    undefined_documents: 0,
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A linear congruential generator: patterns that nobody chose.
    fn patterns(rules: usize, many: usize) -> Vec<Pattern> {
        let mut state = 7_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        (0..many)
            .map(|_| {
                let mut words = vec![0; rules.div_ceil(64)];
                for rule in 0..rules {
                    if next() % 16 == 0 {
                        words[rule / 64] |= 1 << (rule % 64);
                    }
                }
                let documents = next() % 5 + 1;
                let characters = documents * (next() % 1000);
                Pattern {
                    words,
                    amount: Amount {
                        documents,
                        characters,
                        bytes: characters * 2,
                    },
                    undefined: vec![0; rules],
                }
            })
            .collect()
    }

    /// The obvious way, document by document, over lists of failed rules.
    fn naive(names: &[(String, String)], patterns: &[Pattern], place: usize) -> [u64; 3] {
        let mut counts = [0; 3];
        for pattern in patterns {
            let failed: Vec<usize> = (0..names.len()).filter(|&r| pattern.fails(r)).collect();
            for (count, holds) in counts.iter_mut().zip([
                failed.contains(&place),
                failed == [place],
                failed.first() == Some(&place),
            ]) {
                *count += u64::from(holds) * pattern.amount.documents;
            }
        }
        counts
    }

    #[test]
    fn figures_equal_the_obvious_ones_and_add_up() {
        // More rules than a word has bits; one filter across the border.
        for (first, second) in [(3, 2), (40, 30), (64, 1), (1, 130)] {
            let names: Vec<(String, String)> = (0..first)
                .map(|r| ("a".to_string(), format!("r{r}")))
                .chain((0..second).map(|r| ("b".to_string(), format!("s{r}"))))
                .collect();
            let patterns = patterns(names.len(), 200);
            let section = Outline::new(&names).section(&patterns);
            let mut sum = section.kept;
            for (place, rule) in section.filters.iter().flat_map(|f| &f.rules).enumerate() {
                let r = &rule.removed;
                assert_eq!(
                    [r.alone.documents, r.only.documents, r.first.documents],
                    naive(&names, &patterns, place),
                    "rule {place} of {}",
                    names.len()
                );
                sum += r.first;
            }
            assert_eq!(sum, section.total, "kept and first do not add up to all");
            for filter in &section.filters {
                let mut sum = filter.kept;
                sum += filter.removed.alone;
                assert_eq!(sum, section.total);
                let mut firsts = Amount::default();
                for rule in &filter.rules {
                    firsts += rule.removed.first;
                }
                assert_eq!(firsts, filter.removed.first);
            }
        }
    }
}
