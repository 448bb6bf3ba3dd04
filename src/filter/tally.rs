//! Documents counted by what they fail, batch by batch.
//!
//! All of it is sums of integers, so the order in which batches and partitions come does not matter.

use std::collections::HashMap;
use std::sync::Arc;

pub use corpusql_udfs::patterns::WORD;
use corpusql_udfs::patterns::{KeyedSums, failures};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, UInt64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};

use super::figures::{Amount, Pattern};
use crate::error::Result;
use crate::query::counts::counts;

/// What a hash map takes for an entry beside the entry.
const ENTRY_OVERHEAD: usize = 32;

/// What the columns of a batch are: keys, rules, amounts; more may follow.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Columns that make groups.
    pub keys: usize,
    /// Rules.
    pub rules: usize,
    /// Whether a column of tokens follows characters and bytes.
    pub tokens: bool,
}

impl Layout {
    /// Words of a pattern.
    pub fn words(&self) -> usize {
        self.rules.div_ceil(WORD)
    }

    /// The first column behind the amounts.
    pub fn end(&self) -> usize {
        self.keys + self.rules + 2 + usize::from(self.tokens)
    }
}

/// One batch, its rules as bit patterns.
#[derive(Debug)]
pub struct Judged {
    /// The rows' patterns one after the other, each so many words.
    pub patterns: Vec<u64>,
    /// The words of one pattern.
    pub words: usize,
    characters: UInt64Array,
    bytes: UInt64Array,
    tokens: Option<UInt64Array>,
    /// The rules' columns.
    rules: Vec<BooleanArray>,
}

impl Judged {
    /// Judges the rows of `batch`.
    pub fn new(layout: &Layout, batch: &RecordBatch) -> Result<Self> {
        let rules: Vec<BooleanArray> = batch.columns()[layout.keys..][..layout.rules]
            .iter()
            .map(|column| Ok(cast(column, &DataType::Boolean)?.as_boolean().clone()))
            .collect::<Result<_>>()?;
        let words = layout.words();
        let patterns = failures(&rules, batch.num_rows());
        let amounts = layout.keys + layout.rules;
        Ok(Self {
            patterns,
            words,
            characters: counts(batch.column(amounts))?,
            bytes: counts(batch.column(amounts + 1))?,
            tokens: layout
                .tokens
                .then(|| counts(batch.column(amounts + 2)))
                .transpose()?,
            rules,
        })
    }

    /// The pattern of a row.
    pub fn pattern(&self, row: usize) -> &[u64] {
        &self.patterns[row * self.words..][..self.words]
    }

    /// Whether a row fails a rule.
    pub fn fails(&self, row: usize, rule: usize) -> bool {
        self.pattern(row)[rule / WORD] >> (rule % WORD) & 1 == 1
    }

    /// The first rule that a row fails.
    pub fn first_failure(&self, row: usize) -> Option<usize> {
        let pattern = self.pattern(row);
        let word = pattern.iter().position(|w| *w != 0)?;
        Some(word * WORD + pattern[word].trailing_zeros() as usize)
    }

    /// What a row amounts to.
    pub fn amount(&self, row: usize) -> Amount {
        Amount {
            documents: 1,
            characters: self.characters.value(row),
            bytes: self.bytes.value(row),
            tokens: self.tokens.as_ref().map(|t| t.value(row)),
        }
    }

    /// Characters and bytes of the rows, and tokens where they are counted.
    pub fn amounts(&self) -> Vec<&[u64]> {
        let amounts = [&self.characters, &self.bytes]
            .into_iter()
            .chain(&self.tokens);
        amounts.map(|numbers| numbers.values().as_ref()).collect()
    }

    /// Rows.
    pub fn rows(&self) -> usize {
        self.characters.len()
    }
}

/// Documents counted by group, cluster and pattern.
#[derive(Debug)]
pub struct Tally {
    layout: Layout,
    converter: Option<RowConverter>,
    /// The groups' keys as comparable bytes, each with its group's number.
    groups: HashMap<Box<[u8]>, usize>,
    /// Group, cluster, then the words of the pattern.
    amounts: KeyedSums,
    /// For each group, for each rule, the documents of which it is NULL.
    undefined: Vec<u64>,
    reservation: MemoryReservation,
}

/// All that was counted.
#[derive(Debug)]
pub struct Counted {
    /// The keys of the groups, a row each, in order; no columns without keys.
    pub keys: Vec<ArrayRef>,
    /// Of each group.
    pub groups: Vec<CountedGroup>,
}

/// What was counted of one group.
#[derive(Debug, Default)]
pub struct CountedGroup {
    /// Its key as comparable bytes.
    pub key: Box<[u8]>,
    /// The patterns with the clusters that they were found in.
    pub patterns: Vec<(u64, Pattern)>,
    /// For each rule, the documents of which it is NULL.
    pub undefined: Vec<u64>,
}

impl Tally {
    /// Nothing yet, of batches of this layout whose keys have these types.
    pub fn new(layout: Layout, keys: &[DataType], pool: &Arc<dyn MemoryPool>) -> Result<Self> {
        let fields: Vec<SortField> = keys.iter().cloned().map(SortField::new).collect();
        Ok(Self {
            layout,
            converter: match fields.is_empty() {
                true => None,
                false => Some(RowConverter::new(fields)?),
            },
            groups: HashMap::new(),
            amounts: KeyedSums::new(2 + layout.words(), 2 + usize::from(layout.tokens)),
            undefined: Vec::new(),
            reservation: MemoryConsumer::new("filter report").register(pool),
        })
    }

    /// Counts the rows of a batch; `clusters` says which cluster each is of.
    pub fn add(
        &mut self,
        batch: &RecordBatch,
        judged: &Judged,
        clusters: Option<&[u64]>,
    ) -> Result<()> {
        let groups = self.groups_of(batch)?;
        let values = judged.amounts();
        let heads = [groups.as_deref(), clusters];
        self.amounts
            .add_rows(judged.rows(), &heads, &judged.patterns, &values);
        for (rule, holds) in judged.rules.iter().enumerate() {
            let Some(valid) = holds.nulls() else { continue };
            let Some(groups) = &groups else {
                self.undefined[rule] += valid.null_count() as u64;
                continue;
            };
            for row in (!valid.inner()).set_indices() {
                self.undefined[groups[row] as usize * self.layout.rules + rule] += 1;
            }
        }
        self.account()
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: Self) -> Result<()> {
        let rules = self.layout.rules;
        let mut places = vec![0; other.undefined.len() / rules.max(1)];
        for (key, place) in other.groups {
            places[place] = self.group(&key);
        }
        for (place, undefined) in other.undefined.chunks(rules.max(1)).enumerate() {
            let mine = &mut self.undefined[places[place] * rules..][..rules];
            mine.iter_mut().zip(undefined).for_each(|(m, o)| *m += o);
        }
        for (key, sums) in other.amounts.iter() {
            let mut key = key.to_vec();
            key[0] = places[key[0] as usize] as u64;
            self.amounts.add(&key, sums);
        }
        self.account()
    }

    /// All groups in the order of their keys.
    pub fn finish(self) -> Result<Counted> {
        let rules = self.layout.rules;
        let mut ordered: Vec<(Box<[u8]>, usize)> = self.groups.into_iter().collect();
        ordered.sort_unstable();
        let mut groups: Vec<CountedGroup> = self
            .undefined
            .chunks(rules.max(1))
            .map(|undefined| CountedGroup {
                key: Box::default(),
                patterns: Vec::new(),
                undefined: undefined.to_vec(),
            })
            .collect();
        let mut amounts: Vec<(&[u64], &[u64])> = self.amounts.iter().collect();
        amounts.sort_unstable();
        for (key, sums) in amounts {
            let pattern = Pattern {
                words: key[2..].to_vec(),
                amount: Amount {
                    documents: sums[0],
                    characters: sums[1],
                    bytes: sums[2],
                    tokens: sums.get(3).copied(),
                },
            };
            groups[key[0] as usize].patterns.push((key[1], pattern));
        }
        let Some(converter) = self.converter else {
            return Ok(Counted {
                keys: Vec::new(),
                groups,
            });
        };
        let parser = converter.parser();
        let keys = converter.convert_rows(ordered.iter().map(|(key, _)| parser.parse(key)))?;
        let groups = ordered
            .iter()
            .map(|(key, place)| CountedGroup {
                key: key.clone(),
                ..std::mem::take(&mut groups[*place])
            })
            .collect();
        Ok(Counted { keys, groups })
    }

    /// The group of each row; `None` where all are of one.
    fn groups_of(&mut self, batch: &RecordBatch) -> Result<Option<Vec<u64>>> {
        let Some(converter) = &self.converter else {
            if batch.num_rows() > 0 {
                self.group(&[]);
            }
            return Ok(None);
        };
        let rows = converter.convert_columns(&batch.columns()[..self.layout.keys])?;
        let mut groups: Vec<u64> = Vec::with_capacity(rows.num_rows());
        for row in 0..rows.num_rows() {
            let same = row > 0 && rows.row(row) == rows.row(row - 1);
            groups.push(match same {
                true => groups[row - 1],
                false => self.group(rows.row(row).as_ref()) as u64,
            });
        }
        Ok(Some(groups))
    }

    /// The number of a group.
    fn group(&mut self, key: &[u8]) -> usize {
        if let Some(place) = self.groups.get(key) {
            return *place;
        }
        let place = self.groups.len();
        self.groups.insert(key.into(), place);
        self.undefined.resize((place + 1) * self.layout.rules, 0);
        place
    }

    /// Tells the memory pool what is held now.
    fn account(&self) -> Result<()> {
        let keys: usize = match self.groups.len() {
            0 | 1 => 0,
            many => many * (ENTRY_OVERHEAD + self.layout.keys * 16),
        };
        let held = self.amounts.memory() + keys + self.undefined.len() * 8;
        Ok(self.reservation.try_resize(held)?)
    }
}
