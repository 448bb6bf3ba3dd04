//! What a scan does with each unit, decided once for the query: which conjuncts run on what, in which
//! order columns are read and signals computed.
//!
//! ```text
//!  stored, narrow ─▶ stored, wide ─▶ computed from narrow ─▶ computed from the text ─▶ asked of a model ─▶ output
//!  layer by layer    text LIKE …     one pass for all signals of the stage
//! ```
//!
//! What is computed from the text comes before what is computed from a text that is made of it: of a document that falls
//! there, no other text is made. What is measured to take a fifth of the time of the dearest of them, or less, comes before
//! the others: lines and characters before words. A second look at a text costs little beside what the first spares when one
//! document in five falls.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use corpusql_udfs::{Cost, Functions, Fused};
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{BinaryExpr, Literal};
use datafusion::physical_expr::utils::{collect_columns, reassign_expr_columns};
use datafusion::physical_optimizer::pruning::{PruningPredicate, PruningPredicateBuilder};
use datafusion::physical_plan::PhysicalExpr;
use datafusion::scalar::ScalarValue;

use super::Switches;
use crate::corpus::table::{LayeredTable, Source, TableColumn};
use crate::error::Result;

/// A conjunct and the columns that it reads.
#[derive(Debug)]
pub struct Conjunct {
    /// The expression, over `columns` in that order.
    pub expr: Arc<dyn PhysicalExpr>,
    /// The table's columns it reads.
    pub columns: Vec<usize>,
    /// Their schema.
    pub schema: SchemaRef,
    /// What the statistics of stored columns can say about it.
    pub pruning: Option<PruningPredicate>,
}

/// Conjuncts that run together, and what must be there before.
#[derive(Debug, Default)]
pub struct Stage {
    /// Stored columns that are read for it.
    pub read: Vec<usize>,
    /// What is computed for it.
    pub compute: Vec<Compute>,
    /// What it demands.
    pub conjuncts: Vec<Conjunct>,
    /// The layer whose columns its conjuncts read, the last of them; none where they are computed.
    pub layer: Option<usize>,
    /// Whether its conjuncts ask a model.
    pub asks_model: bool,
}

/// Columns that are computed in one pass.
#[derive(Debug)]
pub enum Compute {
    /// Functions of the registry.
    Signals {
        /// The pass.
        fused: Fused,
        /// The columns it reads.
        inputs: Vec<usize>,
        /// The columns it makes.
        outputs: Vec<usize>,
    },
    /// What follows from where the rows lie, or that nothing is known.
    Given(usize),
}

/// What a scan does with each unit.
#[derive(Debug)]
pub struct Program {
    /// On all rows of a unit.
    pub narrow: Vec<Stage>,
    /// Narrow columns that are read for the rows left then: the output's, and those of later stages.
    pub carried: Vec<usize>,
    /// On the rows of one row group of the documents.
    pub wide: Vec<Stage>,
    /// Makes what the output still lacks.
    pub last: Stage,
    /// The table's columns that come out.
    pub output: Vec<usize>,
    /// Whether anything is left to do after the narrow stages.
    pub by_row_group: bool,
}

impl Program {
    /// Orders the conjuncts of a scan.
    pub fn new(
        table: &LayeredTable,
        conjuncts: Vec<Arc<dyn PhysicalExpr>>,
        output: &[usize],
    ) -> Result<Self> {
        let columns = table.columns();
        let switches = table.switches();
        let mut ranked: Vec<(Rank, Conjunct)> = conjuncts
            .iter()
            .flat_map(|c| split_conjunction(c))
            .map(|expr| {
                let conjunct = Conjunct::new(&expr, columns)?;
                Ok((rank(&conjunct.columns, columns), conjunct))
            })
            .collect::<Result<_>>()?;
        if switches.late {
            part_cheap(&mut ranked, columns);
            // Stable: within a rank the query's order holds.
            ranked.sort_by_key(|(rank, _)| *rank);
        } else {
            ranked
                .iter_mut()
                .for_each(|(rank, _)| *rank = Rank::of_text(0));
        }

        let mut build = Builder::new(table);
        let mut stages: Vec<(Rank, Stage)> = Vec::new();
        for (rank, conjunct) in ranked {
            match stages.last_mut() {
                Some((last, stage)) if *last == rank => stage.conjuncts.push(conjunct),
                _ => stages.push((
                    rank,
                    Stage {
                        layer: rank.layer(&conjunct.columns, columns),
                        asks_model: rank == Rank::Model,
                        conjuncts: vec![conjunct],
                        ..Stage::default()
                    },
                )),
            }
        }
        let (mut narrow, mut wide): (Vec<_>, Vec<_>) =
            stages.into_iter().partition(|(rank, _)| rank.is_narrow());
        for (_, stage) in &mut narrow {
            let needed: Vec<usize> = stage.needed();
            build.fill(stage, &needed)?;
        }
        let read_first = build.there.clone();
        for (_, stage) in &mut wide {
            let mut needed: Vec<usize> = stage.needed();
            if !switches.late {
                needed.extend(output);
            }
            build.fill(stage, &needed)?;
        }
        let mut last = Stage::default();
        build.fill(&mut last, output)?;

        let computes = |c: &Compute| matches!(c, Compute::Signals { .. });
        let by_row_group = !wide.is_empty()
            || last.compute.iter().any(computes)
            || last.read.iter().any(|c| is_wide(&columns[*c]));
        let mut wide: Vec<Stage> = wide.into_iter().map(|(_, stage)| stage).collect();
        // Narrow columns of the later stages are cheap: they are read once for the whole unit.
        let mut carried = Vec::new();
        for stage in wide.iter_mut().chain([&mut last]) {
            stage.read.retain(|column| {
                let wide = is_wide(&columns[*column]);
                if !wide && !read_first.contains(column) {
                    carried.push(*column);
                }
                wide
            });
        }
        Ok(Self {
            narrow: narrow.into_iter().map(|(_, stage)| stage).collect(),
            carried,
            wide,
            last,
            output: output.to_vec(),
            by_row_group,
        })
    }

    /// In words, for `EXPLAIN`.
    pub fn describe(&self, table: &LayeredTable, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = table.columns();
        let name = |column: &usize| columns[*column].field.name().as_str();
        let output: Vec<&str> = self.output.iter().map(name).collect();
        write!(f, ", output=[{}]", output.join(", "))?;
        let mut read: Vec<String> = Vec::new();
        for column in self.reads() {
            if let Source::Stored { layer, .. } = columns[*column].source {
                read.push(format!("{}.{}", table.layers()[layer].name(), name(column)));
            }
        }
        write!(f, ", read=[{}]", read.join(", "))?;
        let mut demand = |title: &str, stages: &[Stage]| {
            for stage in stages {
                let title = if stage.asks_model {
                    "where_model"
                } else {
                    title
                };
                let words: Vec<String> =
                    stage.conjuncts.iter().map(|c| c.expr.to_string()).collect();
                write!(f, ", {title}=[{}]", words.join(" AND "))?;
            }
            Ok(())
        };
        demand("where_stored", &self.narrow)?;
        demand("where_computed", &self.wide)?;
        for pass in self.passes() {
            if let Compute::Signals { outputs, .. } = pass {
                let names: Vec<&str> = outputs.iter().map(name).collect();
                write!(f, ", pass=[{}]", names.join(", "))?;
            }
        }
        Ok(())
    }

    /// The stored columns that are read.
    pub fn reads(&self) -> impl Iterator<Item = &usize> {
        let stages = self.narrow.iter().chain(&self.wide).chain([&self.last]);
        stages.flat_map(|s| &s.read).chain(&self.carried)
    }

    /// What is computed, in order.
    pub fn passes(&self) -> impl Iterator<Item = &Compute> {
        let stages = self.narrow.iter().chain(&self.wide).chain([&self.last]);
        stages.flat_map(|s| &s.compute)
    }

    /// Whether every row comes out.
    pub fn keeps_all(&self) -> bool {
        self.narrow.is_empty() && self.wide.is_empty()
    }
}

impl Stage {
    /// What makes `columns` of rows of which nothing is known.
    pub fn of_columns(table: &LayeredTable, columns: &[usize]) -> Result<Self> {
        let mut stage = Self::default();
        Builder::new(table).fill(&mut stage, columns)?;
        Ok(stage)
    }

    fn needed(&self) -> Vec<usize> {
        self.conjuncts
            .iter()
            .flat_map(|c| c.columns.iter().copied())
            .collect()
    }
}

/// What stages before have left.
struct Builder<'a> {
    columns: &'a [TableColumn],
    functions: &'a Functions,
    switches: Switches,
    there: BTreeSet<usize>,
}

impl<'a> Builder<'a> {
    fn new(table: &'a LayeredTable) -> Self {
        Self {
            columns: table.columns(),
            functions: table.functions(),
            switches: table.switches(),
            there: BTreeSet::new(),
        }
    }

    /// Adds to `stage` what makes the columns in `needed` that are not there yet.
    fn fill(&mut self, stage: &mut Stage, needed: &[usize]) -> Result<()> {
        // Inputs first: what is computed from computed columns comes in a later pass.
        let mut passes: Vec<Vec<usize>> = Vec::new();
        let mut placed: Vec<(usize, usize)> = Vec::new();
        for column in needed {
            self.place(*column, stage, &mut passes, &mut placed);
        }
        for pass in passes {
            let together = if self.switches.fusion {
                self.by_text(pass)
            } else {
                pass.into_iter().map(|column| vec![column]).collect()
            };
            for columns in together {
                let signals = self.signals(&columns)?;
                stage.compute.extend(signals);
            }
        }
        Ok(())
    }

    /// Columns of one pass by the text that they read; those that read none go with the first.
    fn by_text(&self, pass: Vec<usize>) -> Vec<Vec<usize>> {
        let mut groups: Vec<(Option<usize>, Vec<usize>)> = Vec::new();
        for column in pass {
            let text = match self.columns[column].source {
                Source::Computed { text, .. } => text,
                _ => None,
            };
            let group = groups
                .iter_mut()
                .find(|(of, _)| text.is_none() || of.is_none() || *of == text);
            match group {
                Some((of, group)) => {
                    *of = of.or(text);
                    group.push(column);
                }
                None => groups.push((text, vec![column])),
            }
        }
        groups.into_iter().map(|(_, group)| group).collect()
    }

    /// Puts one column into the reads or into a pass of computing; returns the number of the first pass
    /// that finds it there.
    fn place(
        &mut self,
        column: usize,
        stage: &mut Stage,
        passes: &mut Vec<Vec<usize>>,
        placed: &mut Vec<(usize, usize)>,
    ) -> usize {
        if !self.there.insert(column) {
            return placed
                .iter()
                .find(|(c, _)| *c == column)
                .map_or(0, |(_, pass)| pass + 1);
        }
        match &self.columns[column].source {
            Source::Stored { .. } => {
                stage.read.push(column);
                0
            }
            Source::RowName | Source::Part | Source::Position | Source::Missing => {
                stage.compute.push(Compute::Given(column));
                0
            }
            Source::Computed { inputs, .. } => {
                let pass = inputs
                    .iter()
                    .map(|input| self.place(*input, stage, passes, placed))
                    .max()
                    .unwrap_or(0);
                if passes.len() <= pass {
                    passes.resize_with(pass + 1, Vec::new);
                }
                passes[pass].push(column);
                placed.push((column, pass));
                pass + 1
            }
        }
    }

    fn signals(&self, outputs: &[usize]) -> Result<Option<Compute>> {
        if outputs.is_empty() {
            return Ok(None);
        }
        let name = |column: usize| self.columns[column].field.name().as_str();
        let names: Vec<&str> = outputs.iter().map(|c| name(*c)).collect();
        let fused = self.functions.fuse(&names)?;
        // The pass reads columns by name; each is an input of one of its outputs.
        let inputs = fused
            .inputs()
            .iter()
            .filter_map(|input| {
                outputs
                    .iter()
                    .flat_map(|output| match &self.columns[*output].source {
                        Source::Computed { inputs, .. } => inputs.as_slice(),
                        _ => &[],
                    })
                    .copied()
                    .find(|column| name(*column) == *input)
            })
            .collect();
        Ok(Some(Compute::Signals {
            fused,
            inputs,
            outputs: outputs.to_vec(),
        }))
    }
}

impl Conjunct {
    fn new(expr: &Arc<dyn PhysicalExpr>, table: &[TableColumn]) -> Result<Self> {
        let mut columns: Vec<usize> = collect_columns(expr).iter().map(|c| c.index()).collect();
        columns.sort_unstable();
        columns.dedup();
        let fields: Vec<_> = columns
            .iter()
            .map(|c| Arc::clone(&table[*c].field))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let expr = reassign_expr_columns(Arc::clone(expr), &schema)?;
        let pruning = PruningPredicateBuilder::new()
            .with_file_schema(Arc::clone(&schema))
            .try_build(Arc::clone(&expr))
            .ok()
            .filter(|p| !p.always_true());
        Ok(Self {
            expr,
            columns,
            schema,
            pruning,
        })
    }
}

/// When a conjunct runs; cheaper ranks first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Narrow stored columns: of how many layers, and which layer is the last of them.
    Narrow { layers: usize, layer: usize },
    /// Stored text.
    Wide,
    /// Computed from narrow columns.
    ComputedNarrow,
    /// Computed from the text, or from one that so many functions made of it one after the other; whether it takes long
    /// beside others that are.
    ComputedText { made: usize, dear: bool },
    /// Asked of a model.
    Model,
}

impl Rank {
    /// The rank of what is computed from a text that so many functions made, before others are known.
    fn of_text(made: usize) -> Self {
        Self::ComputedText { made, dear: true }
    }

    fn is_narrow(self) -> bool {
        matches!(self, Self::Narrow { .. })
    }

    /// The layer that a conjunct of this rank over columns of `table` is decided by.
    fn layer(self, conjunct: &[usize], table: &[TableColumn]) -> Option<usize> {
        match self {
            Self::Narrow { layer, .. } => Some(layer),
            Self::Wide => conjunct
                .iter()
                .find_map(|column| match table[*column].source {
                    Source::Stored {
                        layer, wide: true, ..
                    } => Some(layer),
                    _ => None,
                }),
            Self::ComputedNarrow | Self::ComputedText { .. } | Self::Model => None,
        }
    }
}

fn rank(conjunct: &[usize], columns: &[TableColumn]) -> Rank {
    let mut layers = BTreeSet::new();
    let mut highest = None;
    for column in conjunct {
        let rank = match &columns[*column].source {
            Source::Stored { wide: true, .. } => Some(Rank::Wide),
            Source::Stored { layer, .. } => {
                layers.insert(*layer);
                None
            }
            Source::Computed { .. } => Some(computed_rank(*column, columns)),
            Source::RowName | Source::Part | Source::Position | Source::Missing => {
                Some(Rank::ComputedNarrow)
            }
        };
        highest = highest.max(rank);
    }
    highest.unwrap_or(Rank::Narrow {
        layers: layers.len(),
        layer: layers.last().copied().unwrap_or(0),
    })
}

/// When a conjunct on a computed column runs.
fn computed_rank(column: usize, columns: &[TableColumn]) -> Rank {
    let Source::Computed { text, cost, .. } = &columns[column].source else {
        return Rank::of_text(0);
    };
    match (cost, text) {
        (Cost::Narrow, _) => Rank::ComputedNarrow,
        (Cost::Model, _) => Rank::Model,
        (Cost::Text, None) => Rank::of_text(0),
        (Cost::Text, Some(text)) => match columns[*text].source {
            Source::Computed { .. } => match computed_rank(*text, columns) {
                Rank::ComputedText { made, .. } => Rank::of_text(made + 1),
                dearer => dearer,
            },
            _ => Rank::of_text(0),
        },
    }
}

/// Marks which of the conjuncts that are computed from the same text take little beside the dearest of them. What was not
/// measured stays with the dear ones.
fn part_cheap(ranked: &mut [(Rank, Conjunct)], columns: &[TableColumn]) {
    const SEVERAL: u64 = 5;
    let measured = |conjunct: &Conjunct| {
        let times = conjunct.columns.iter().map(|c| match columns[*c].source {
            Source::Computed { nanoseconds, .. } => nanoseconds,
            _ => Some(0),
        });
        times.reduce(|a, b| Some(a?.max(b?))).flatten()
    };
    let mut dearest: BTreeMap<Rank, u64> = BTreeMap::new();
    for (rank, conjunct) in ranked.iter() {
        let dearest = dearest.entry(*rank).or_default();
        *dearest = measured(conjunct).unwrap_or_default().max(*dearest);
    }
    for (rank, conjunct) in ranked {
        let dearest = dearest[rank];
        if let Rank::ComputedText { dear, .. } = rank {
            *dear = measured(conjunct).is_none_or(|time| SEVERAL * time > dearest);
        }
    }
}

/// Whether a column is text of the size of documents.
fn is_wide(column: &TableColumn) -> bool {
    matches!(column.source, Source::Stored { wide: true, .. })
}

/// `a AND b` as `a`, `b`. A conjunct decides only on true, so `x IS NOT DISTINCT FROM true`, which is
/// what a verdict becomes, is `x`.
fn split_conjunction(expr: &Arc<dyn PhysicalExpr>) -> Vec<Arc<dyn PhysicalExpr>> {
    if let Some(binary) = expr.downcast_ref::<BinaryExpr>() {
        match binary.op() {
            Operator::And => {
                let mut parts = split_conjunction(binary.left());
                parts.extend(split_conjunction(binary.right()));
                return parts;
            }
            Operator::IsNotDistinctFrom if is_true(binary.right()) => {
                return split_conjunction(binary.left());
            }
            _ => {}
        }
    }
    vec![Arc::clone(expr)]
}

fn is_true(expr: &Arc<dyn PhysicalExpr>) -> bool {
    expr.downcast_ref::<Literal>()
        .is_some_and(|l| *l.value() == ScalarValue::Boolean(Some(true)))
}
