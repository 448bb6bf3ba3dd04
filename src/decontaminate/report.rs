//! What was found of each benchmark, read from the layers.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, AsArray, Float64Array, RecordBatch, StringArray, UInt64Array,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use futures::TryStreamExt;

use super::judge::{Judge, Sought};
use super::method::Kind;
use super::report_n;
use crate::corpus;
use crate::error::Result;
use crate::output::{self, Format, Output};
use crate::query::planner::Planner;
use crate::query::select::quoted;
use crate::session::Engine;

/// What was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The method.
    pub method: &'static str,
    /// The layer that says it document by document.
    pub layer: String,
    /// Documents that were looked at.
    pub documents: u64,
    /// Those that are contaminated.
    pub contaminated: u64,
    /// By benchmark, in the order of their names.
    pub benchmarks: Vec<Figures>,
    /// What a user should know of the evaluation sets.
    pub warnings: Vec<String>,
}

/// What was found of one benchmark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Its name.
    pub name: String,
    /// The length of grams that tell its items.
    pub n: Option<u64>,
    /// Its items.
    pub items: u64,
    /// Items that nothing can tell: they are too short for the method.
    pub too_short: u64,
    /// Items that some document has something of.
    pub found: u64,
    /// Contaminated documents that have something of it.
    pub documents: u64,
}

impl Report {
    /// Reads it from the layers of the corpora.
    pub async fn of<P: AsRef<Path>>(
        engine: &Engine,
        roots: &[P],
        layer: &str,
        judge: &Judge,
    ) -> Result<Self> {
        let evals = &judge.evals;
        let mut benchmarks: Vec<Figures> = Vec::with_capacity(evals.benchmarks.len());
        let mut warnings = Vec::new();
        for (number, benchmark) in evals.benchmarks.iter().enumerate() {
            let first = evals.first(number);
            let items = benchmark.questions.len();
            let short = (first..first + items).filter(|item| judge.sought.is_too_short(*item));
            let figures = Figures {
                name: benchmark.name.clone(),
                n: match judge.method.kind {
                    Kind::DolmaParagraphs => None,
                    Kind::Gpt3 => match &judge.sought {
                        Sought::Grams(index) => Some(report_n(evals, number, index) as u64),
                        Sought::Runs(_) => None,
                    },
                    Kind::Datatrove | Kind::Palm | Kind::Llama2 => Some(judge.method.n as u64),
                },
                items: items as u64,
                too_short: short.count() as u64,
                ..Figures::default()
            };
            if benchmark.label.is_none() {
                warnings.push(format!(
                    "{}: no field is called like an answer, only the questions (`{}`) are looked at; --label-field names one",
                    benchmark.name, benchmark.query
                ));
            }
            if figures.too_short == figures.items {
                warnings.push(format!(
                    "{}: all its items are too short for {}: nothing of it can be found",
                    benchmark.name,
                    judge.method.kind.name()
                ));
            }
            benchmarks.push(figures);
        }
        let mut report = Self {
            method: judge.method.kind.name(),
            layer: layer.to_string(),
            documents: 0,
            contaminated: 0,
            benchmarks,
            warnings,
        };
        let mut found = vec![false; evals.questions().count()];
        let column = |name: &str| quoted(&format!("{layer}_{name}"));
        let sql = format!(
            "SELECT {contaminated}, {items} FROM corpus WHERE {contaminated} OR {items} IS NOT NULL",
            contaminated = column("contaminated"),
            items = column("items"),
        );
        for corpus in corpus::open_all(roots)? {
            report.documents += corpus.rows();
            let planner = Planner::new(engine, &[corpus])?;
            let mut batches = planner.plan(&sql).await?.stream().await?;
            while let Some(batch) = batches.try_next().await? {
                report.add(&batch, judge, &mut found)?;
            }
        }
        for (place, _) in found.iter().enumerate().filter(|(_, found)| **found) {
            report.benchmarks[evals.place(place).0].found += 1;
        }
        Ok(report)
    }

    /// Counts documents, and marks the items that they have something of.
    fn add(&mut self, batch: &RecordBatch, judge: &Judge, found: &mut [bool]) -> Result<()> {
        let contaminated = batch.column(0).as_boolean();
        let items = batch.column(1).as_list::<i32>();
        for row in 0..batch.num_rows() {
            let is_contaminated = contaminated.value(row);
            self.contaminated += u64::from(is_contaminated);
            let names = cast(&items.value(row), &DataType::Utf8)?;
            let mut last = None;
            for name in names.as_string::<i32>().iter().flatten() {
                let Some(place) = judge.evals.named(name) else {
                    continue;
                };
                found[place] = true;
                let benchmark = judge.evals.place(place).0;
                if last != Some(benchmark) {
                    self.benchmarks[benchmark].documents += u64::from(is_contaminated);
                    last = Some(benchmark);
                }
            }
        }
        Ok(())
    }

    /// In words: what was found, and how to leave it out.
    pub fn words(&self) -> String {
        if self.contaminated == 0 && self.benchmarks.iter().all(|b| b.found == 0) {
            return format!(
                "no document of {} holds anything of these evaluation sets by {}",
                self.documents, self.method
            );
        }
        format!(
            "{} of {} documents are contaminated; WHERE NOT {}_contaminated leaves them out",
            self.contaminated, self.documents, self.layer
        )
    }

    /// Writes a row for each benchmark.
    pub fn write(&self, output: &Output) -> Result<()> {
        let batch = self.batch(output.format == Format::Table)?;
        output::write_batches(batch.schema(), &[batch], output)
    }

    fn batch(&self, for_people: bool) -> Result<RecordBatch> {
        let all = self.benchmarks.iter();
        let numbers = |of: fn(&Figures) -> u64| {
            Arc::new(UInt64Array::from_iter_values(all.clone().map(of))) as ArrayRef
        };
        let share = |f: &Figures| f.found as f64 / f.items.max(1) as f64;
        let shares: ArrayRef = match for_people {
            true => Arc::new(StringArray::from_iter_values(
                all.clone().map(|f| output::grid::share(f.found, f.items)),
            )),
            false => Arc::new(Float64Array::from_iter_values(all.clone().map(share))),
        };
        let names = StringArray::from_iter_values(all.clone().map(|f| &f.name));
        let methods = StringArray::from_iter_values(all.clone().map(|_| self.method));
        let n: UInt64Array = all.clone().map(|f| f.n).collect();
        Ok(RecordBatch::try_from_iter([
            ("benchmark", Arc::new(names) as ArrayRef),
            ("method", Arc::new(methods)),
            ("n", Arc::new(n)),
            ("items", numbers(|f| f.items)),
            ("too_short", numbers(|f| f.too_short)),
            ("items_found", numbers(|f| f.found)),
            ("share_found", shares),
            ("documents", numbers(|f| f.documents)),
        ])?)
    }
}
