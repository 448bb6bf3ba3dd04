//! Documents that hold pieces of evaluation sets → a layer that says which, of what and where; and a report.
//!
//! Nothing is deleted: a query leaves out what it does not want.
//!
//! ```text
//! evaluation sets ─▶ grams in memory ─┐
//! text, read once, batch by batch ────┴▶ what is found of each document ─▶ parts of the layer ─▶ report by benchmark
//! ```
//!
//! GPT-3's method has to know first how many documents have a gram: it counts in a first pass and then reads only
//! the documents that have any.

mod evals;
mod judge;
mod layer;
mod method;
mod report;
mod scan;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use corpusql_text::decontaminate::skips::Skips;
use corpusql_text::decontaminate::{Index, Item};
use datafusion::arrow::datatypes::Field;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};

pub use evals::Fields;
pub use method::{Changes, Kind, Method};
pub use report::Report;

use crate::corpus::layout::check_layer_name;
use crate::corpus::made::MadeLayer;
use crate::corpus::{self, Column, Corpus, DECONTAMINATE};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::session::Engine;
use evals::{Evals, Question};
use judge::{Judge, Sought, Tokens};
use method::GPT3_REPORT_N;
use scan::Scan;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    /// How.
    pub method: Method,
    /// The evaluation sets: files, or folders of them.
    pub against: Vec<PathBuf>,
    /// Which of their fields hold what.
    pub fields: Fields,
    /// The layer to write; named after the method without.
    pub layer: Option<String>,
}

impl Request {
    /// The layer that is written.
    pub fn layer(&self) -> String {
        match &self.layer {
            Some(layer) => layer.clone(),
            None => format!("decontaminate_{}", self.method.kind.name()),
        }
    }

    /// The columns that the layer gets.
    pub fn columns(&self) -> Vec<Field> {
        layer::fields(&self.method, &self.layer())
    }

    /// Looks at the evaluation sets and says what is wrong with them.
    pub fn check(&self, engine: &Engine) -> Result<()> {
        check_layer_name(&self.layer())?;
        Evals::read(&self.against, &self.fields, &memory(engine)).map(drop)
    }
}

/// Whether the layers of all corpora are as [`decontaminate`] would make them. Touches nothing.
pub fn is_done<P: AsRef<Path>>(engine: &Engine, roots: &[P], request: &Request) -> Result<bool> {
    let evals = Evals::read(&request.against, &request.fields, &memory(engine))?;
    let corpora = corpus::open_all(roots)?;
    let name = request.layer();
    Ok(corpora.iter().enumerate().all(|(number, corpus)| {
        let columns = columns(&corpora, number, request, &evals);
        let layer = corpus.layer(&name).filter(|layer| layer.stale().is_none());
        layer.is_some_and(|layer| layer.manifest().columns == columns)
    }))
}

/// Writes the layer of every corpus, unless it is up to date, and reports what is in them all.
pub async fn decontaminate<P: AsRef<Path>>(
    engine: &Engine,
    roots: &[P],
    request: &Request,
) -> Result<Report> {
    check_layer_name(&request.layer())?;
    let memory = memory(engine);
    let evals = Evals::read(&request.against, &request.fields, &memory)?;
    let corpora = corpus::open_all(roots)?;
    let mut layers = Vec::with_capacity(corpora.len());
    for number in 0..corpora.len() {
        layers.push(open(&corpora, number, request, &evals)?);
    }
    let judge = Arc::new(judge(request.method, evals));
    memory.try_grow(judge.sought.memory())?;
    let action = format!("decontaminate {}", request.method.kind.name());
    let is_counted = request.method.kind == Kind::Gpt3;
    let to_do: Vec<bool> = layers.iter().map(|layer| !layer.is_up_to_date()).collect();
    let all: u64 = corpora.iter().map(|corpus| corpus.rows()).sum();
    let of_layers = corpora.iter().zip(&to_do).filter(|(_, to_do)| **to_do);
    let missing: u64 = of_layers.map(|(corpus, _)| corpus.rows()).sum();
    // Of the second pass of GPT-3's method nobody knows before how much it reads.
    let work = if is_counted && missing > 0 {
        all
    } else {
        missing
    };
    let progress = Progress::start(&action, work, engine.options().quiet);
    let sources: Vec<Arc<Corpus>> = corpora
        .iter()
        .map(|corpus| Arc::new(corpus.without_layer(&request.layer())))
        .collect();
    let scan = Scan::new(engine, &judge, &progress);
    let counted = match is_counted && missing > 0 {
        true => Some(scan.count(&sources, &memory).await?),
        false => None,
    };
    let mut kept = 0;
    for (corpus, made) in layers.into_iter().enumerate() {
        if !to_do[corpus] {
            continue;
        }
        let mut parts = Vec::new();
        for number in 0..sources[corpus].documents().manifest().parts.len() {
            if let Some(part) = made.finished(number) {
                kept += 1;
                parts.push(part);
                continue;
            }
            let mut part = made.part(number)?;
            let schema = made.schema();
            match &counted {
                Some(counted) => {
                    let place = (corpus, number);
                    scan.counted_part(&sources, place, counted, &mut part, schema)
                        .await?;
                }
                None => {
                    scan.part(&sources[corpus], number, &mut part, schema)
                        .await?;
                }
            }
            parts.push(part.finish()?);
        }
        made.commit(parts)?;
    }
    if missing == 0 {
        progress.finish("nothing to do: the layer is up to date");
    } else if kept > 0 {
        progress.finish(&format!("{kept} parts were finished before"));
    } else {
        progress.finish("");
    }
    Report::of(engine, roots, &request.layer(), &judge).await
}

/// The layer of one of the corpora, locked for writing.
fn open(
    corpora: &[Arc<Corpus>],
    number: usize,
    request: &Request,
    evals: &Evals,
) -> Result<MadeLayer> {
    let name = request.layer();
    let corpus = &corpora[number];
    if let Some(there) = corpus.layer(&name)
        && there
            .manifest()
            .columns
            .iter()
            .any(|c| !c.definition.starts_with(DECONTAMINATE))
    {
        return Err(Error::user(format!(
            "the layer {name} of {} holds other columns",
            corpus.root().display()
        ))
        .hint("choose another name with --layer"));
    }
    let columns = columns(corpora, number, request, evals);
    let step = format!("decontaminate {}", request.method.kind.name());
    MadeLayer::open(corpus, &name, &step, columns, &[])
}

/// The columns of the layer of one of the corpora, with what decides their values.
fn columns(
    corpora: &[Arc<Corpus>],
    number: usize,
    request: &Request,
    evals: &Evals,
) -> Vec<Column> {
    // GPT-3's method counts documents of all corpora.
    let others = match request.method.kind {
        Kind::Gpt3 => identities(corpora, number),
        _ => String::new(),
    };
    layer::columns(&request.method, &request.layer(), evals, &others)
}

/// The identities of the documents of all corpora but one.
fn identities(corpora: &[Arc<Corpus>], but: usize) -> String {
    let others = corpora
        .iter()
        .enumerate()
        .filter(|(number, _)| *number != but);
    let mut identities: Vec<&str> = others
        .flat_map(|(_, corpus)| &corpus.documents().manifest().parts)
        .map(|part| part.identity.as_str())
        .collect();
    identities.sort_unstable();
    identities.join(" ")
}

fn judge(method: Method, evals: Evals) -> Judge {
    let items: Vec<Item<'_, String>> = evals.questions().map(Question::item).collect();
    let sought = match method.scheme {
        None => {
            let mut tokens = Tokens::default();
            Sought::Runs(Skips::new(evals.questions().map(|q| tokens.of_question(q))))
        }
        Some(scheme) if method.kind == Kind::Gpt3 => {
            // The lengths of all questions first, then the index that reports by them.
            let lengths = Index::new(scheme, &items, |_| 0);
            let n_of: Vec<usize> = (0..evals.benchmarks.len())
                .map(|benchmark| report_n(&evals, benchmark, &lengths))
                .collect();
            Sought::Grams(Index::new(scheme, &items, |item| n_of[evals.place(item).0]))
        }
        Some(scheme) => Sought::Grams(Index::new(scheme, &items, |_| 0)),
    };
    drop(items);
    Judge {
        method,
        evals,
        sought,
    }
}

/// The length of grams that GPT-3 reports a benchmark by: the 5th percentile of the words of its examples, from 8 to 13.
fn report_n(evals: &Evals, benchmark: usize, index: &Index) -> usize {
    let first = evals.first(benchmark);
    let many = evals.benchmarks[benchmark].questions.len();
    let mut words: Vec<u32> = (first..first + many)
        .map(|item| index.units(item))
        .collect();
    words.sort_unstable();
    let fifth = words
        .get(many.saturating_sub(1) * 5 / 100)
        .copied()
        .unwrap_or(0);
    (fifth as usize).clamp(*GPT3_REPORT_N.start(), *GPT3_REPORT_N.end())
}

fn memory(engine: &Engine) -> MemoryReservation {
    MemoryConsumer::new("evaluation sets").register(&engine.runtime().memory_pool)
}
