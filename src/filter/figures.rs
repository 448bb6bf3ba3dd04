//! Arithmetic on bit patterns.

use std::ops::{AddAssign, Range};

use corpusql_udfs::value_sums::Sums;
use serde::Serialize;

use super::spread::Estimate;

/// How much text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// Documents
    pub documents: u64,
    /// Code points of their text
    pub characters: u64,
    /// Bytes of their text
    pub bytes: u64,
    /// Tokens of their text, where a column of tokens is stored
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
}

impl Amount {
    /// Nothing, with tokens or without.
    pub fn nothing(with_tokens: bool) -> Self {
        Self {
            tokens: with_tokens.then_some(0),
            ..Self::default()
        }
    }

    /// Of documents, characters, bytes and tokens.
    pub fn of([documents, characters, bytes, tokens]: Sums, with_tokens: bool) -> Self {
        Self {
            documents,
            characters,
            bytes,
            tokens: with_tokens.then_some(tokens),
        }
    }

    /// Documents, characters, bytes and tokens.
    pub fn sums(&self) -> Sums {
        let tokens = self.tokens.unwrap_or(0);
        [self.documents, self.characters, self.bytes, tokens]
    }

    /// What is left without `part`, which is a part of it.
    #[must_use]
    pub fn without(self, part: Self) -> Self {
        Self {
            documents: self.documents - part.documents,
            characters: self.characters - part.characters,
            bytes: self.bytes - part.bytes,
            tokens: self.tokens.map(|t| t - part.tokens.unwrap_or(0)),
        }
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.documents += other.documents;
        self.characters += other.characters;
        self.bytes += other.bytes;
        self.tokens = match (self.tokens, other.tokens) {
            (Some(a), Some(b)) => Some(a + b),
            (one, None) | (None, one) => one,
        };
    }
}

/// What text is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Documents
    Documents,
    /// Code points
    Characters,
    /// Bytes
    Bytes,
    /// Tokens
    Tokens,
}

impl Unit {
    /// How many of them there are.
    pub fn of(self, amount: &Amount) -> u64 {
        match self {
            Self::Documents => amount.documents,
            Self::Characters => amount.characters,
            Self::Bytes => amount.bytes,
            Self::Tokens => amount.tokens.unwrap_or(0),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Characters => "characters",
            Self::Bytes => "bytes",
            Self::Tokens => "tokens",
        }
    }

    /// Its name where there is little room.
    pub fn short(self) -> &'static str {
        match self {
            Self::Characters => "chars",
            other => other.name(),
        }
    }
}

/// What a rule or a filter removes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Removed<T = Amount> {
    /// By it, whatever else removes it too.
    pub alone: T,
    /// By it and nothing else.
    pub only: T,
    /// By it, and by nothing before it.
    pub first: T,
}

/// What one rule does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleFigures<T = Amount> {
    /// The rule.
    pub rule: String,
    /// What it removes.
    #[serde(flatten)]
    pub removed: Removed<T>,
    /// Documents of which it is NULL, and which therefore fail it.
    pub undefined_documents: u64,
}

/// What one filter does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FilterFigures<T = Amount> {
    /// The filter.
    pub filter: String,
    /// What passes all of its rules.
    pub kept: T,
    /// What it removes.
    #[serde(flatten)]
    pub removed: Removed<T>,
    /// Its rules, in order.
    pub rules: Vec<RuleFigures<T>>,
}

/// What a set of filters does to a set of documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section<T = Amount> {
    /// The documents.
    pub total: T,
    /// What passes all filters.
    pub kept: T,
    /// The filters, in order.
    pub filters: Vec<FilterFigures<T>>,
}

impl<T> Removed<T> {
    fn map<U>(&self, f: &mut impl FnMut(&T) -> U) -> Removed<U> {
        Removed {
            alone: f(&self.alone),
            only: f(&self.only),
            first: f(&self.first),
        }
    }
}

impl<T> Section<T> {
    /// The same of other figures, each made from one; always in the same order.
    pub fn map<U>(&self, f: &mut impl FnMut(&T) -> U) -> Section<U> {
        Section {
            total: f(&self.total),
            kept: f(&self.kept),
            filters: self
                .filters
                .iter()
                .map(|filter| FilterFigures {
                    filter: filter.filter.clone(),
                    kept: f(&filter.kept),
                    removed: filter.removed.map(f),
                    rules: filter
                        .rules
                        .iter()
                        .map(|rule| RuleFigures {
                            rule: rule.rule.clone(),
                            removed: rule.removed.map(f),
                            undefined_documents: rule.undefined_documents,
                        })
                        .collect(),
                })
                .collect(),
        }
    }
}

/// What one filter keeps and another drops.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overlap {
    /// The filter that keeps it.
    pub kept_by: String,
    /// The filter that drops it.
    pub dropped_by: String,
    /// How much that is.
    #[serde(flatten)]
    pub amount: Amount,
    /// In a sample, what share of what the first keeps that is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
}

/// Documents that fail the same rules.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// A bit for each rule that does not hold, the first rule in the lowest bit of the first word.
    pub words: Vec<u64>,
    /// How much text.
    pub amount: Amount,
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
    nothing: Amount,
}

impl Outline {
    /// `rules` in order: filter and rule.
    pub fn new(rules: &[(String, String)], with_tokens: bool) -> Self {
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
            nothing: Amount::nothing(with_tokens),
        }
    }

    /// How many rules there are.
    pub fn rules(&self) -> usize {
        self.rules.len()
    }

    /// The figures of the documents in `patterns`; `undefined` has for each rule the number of those of
    /// which it is NULL.
    pub fn section<'a>(
        &self,
        patterns: impl IntoIterator<Item = &'a Pattern>,
        undefined: &[u64],
    ) -> Section {
        let mut section = Section {
            total: self.nothing,
            kept: self.nothing,
            filters: self
                .filters
                .iter()
                .map(|f| self.untouched(f, undefined))
                .collect(),
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

    /// Every ordered pair of filters, and what the first keeps and the second drops of the documents in
    /// `patterns`.
    pub fn overlap<'a>(&self, patterns: impl IntoIterator<Item = &'a Pattern>) -> Vec<Overlap> {
        let count = self.filters.len();
        let mut amounts = vec![self.nothing; count * count];
        for pattern in patterns {
            let keeps: Vec<bool> = self
                .filters
                .iter()
                .map(|(_, range)| !range.clone().any(|rule| pattern.fails(rule)))
                .collect();
            for keeper in (0..count).filter(|&f| keeps[f]) {
                for dropper in (0..count).filter(|&f| !keeps[f]) {
                    amounts[keeper * count + dropper] += pattern.amount;
                }
            }
        }
        let pairs = amounts.into_iter().enumerate();
        pairs
            .map(|(place, amount)| (place / count, place % count, amount))
            .filter(|(keeper, dropper, _)| keeper != dropper)
            .map(|(keeper, dropper, amount)| Overlap {
                kept_by: self.filters[keeper].0.clone(),
                dropped_by: self.filters[dropper].0.clone(),
                amount,
                estimate: None,
            })
            .collect()
    }

    fn untouched(
        &self,
        (filter, range): &(String, Range<usize>),
        undefined: &[u64],
    ) -> FilterFigures {
        let nothing = Removed {
            alone: self.nothing,
            only: self.nothing,
            first: self.nothing,
        };
        FilterFigures {
            filter: filter.clone(),
            kept: self.nothing,
            removed: nothing,
            rules: range
                .clone()
                .map(|place| RuleFigures {
                    rule: self.rules[place].clone(),
                    removed: nothing,
                    undefined_documents: undefined[place],
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
                        tokens: Some(characters / 4),
                    },
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
            let outline = Outline::new(&names, true);
            let section = outline.section(&patterns, &vec![0; names.len()]);
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
            // What a filter keeps, another keeps or drops; both keep the same of each other.
            let kept: Vec<Amount> = section.filters.iter().map(|f| f.kept).collect();
            let overlap = outline.overlap(&patterns);
            let both: Vec<Amount> = overlap
                .iter()
                .zip(&kept)
                .map(|(pair, kept)| kept.without(pair.amount))
                .collect();
            assert_eq!(both, [section.kept; 2]);
        }
    }
}
