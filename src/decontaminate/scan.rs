//! Documents against the index: read in order, judged in parallel, a bounded number of batches at a time.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use datafusion::arrow::array::{
    Array, AsArray, BooleanBufferBuilder, RecordBatch, StringViewArray,
};
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::runtime::SpawnedTask;
use datafusion::execution::memory_pool::MemoryReservation;
use futures::{Stream, StreamExt, TryStreamExt};

use super::judge::{Judge, Outcome, Worker};
use super::layer;
use super::method::GPT3_MOST_DOCUMENTS;
use crate::corpus::Corpus;
use crate::corpus::made::MadePart;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::query::planner::{PartRows, Planner};
use crate::session::Engine;

/// Rows that are written at a time where most documents have nothing to say of.
const ROWS: usize = 8192;

/// The documents of a part whose grams are looked at a second time, and how many documents have each gram.
#[derive(Debug)]
pub struct Counted {
    /// Of each part of each corpus, the documents that have any gram.
    parts: Vec<Vec<BooleanBuffer>>,
    /// Of each gram, in how many documents it is.
    documents: Arc<Vec<AtomicU32>>,
}

/// What judges documents, shared by all threads; workers are used again.
pub struct Scan<'a> {
    engine: &'a Engine,
    judge: Arc<Judge>,
    workers: Arc<Mutex<Vec<Worker>>>,
    progress: &'a Progress,
}

impl<'a> Scan<'a> {
    /// A scan that reports to `progress`.
    pub fn new(engine: &'a Engine, judge: &Arc<Judge>, progress: &'a Progress) -> Self {
        Self {
            engine,
            judge: Arc::clone(judge),
            workers: Arc::default(),
            progress,
        }
    }

    /// Judges all documents of a part as they come.
    pub async fn part(
        &self,
        corpus: &Arc<Corpus>,
        number: usize,
        part: &mut MadePart,
        schema: &SchemaRef,
    ) -> Result<()> {
        let planner = Planner::new(self.engine, std::slice::from_ref(corpus))?.with_part(number);
        let schema = Arc::clone(schema);
        let judge = Arc::clone(&self.judge);
        let work = move |worker: &mut Worker, texts: &StringViewArray| {
            let outcomes: Vec<_> = texts
                .iter()
                .map(|text| judge.outcome(worker, text.unwrap_or_default(), |_| true))
                .collect();
            layer::batch(&schema, &judge.method, &judge.evals, &outcomes)
        };
        let mut batches = self.batches(planner, work).await?;
        while let Some(batch) = batches.try_next().await? {
            part.write(&batch)?;
        }
        Ok(())
    }

    /// Counts the documents that have each gram. What is kept of them comes from `memory`.
    pub async fn count(
        &self,
        corpora: &[Arc<Corpus>],
        memory: &MemoryReservation,
    ) -> Result<Counted> {
        let grams = self.judge.sought.grams();
        memory.try_grow(4 * grams)?;
        let documents: Arc<Vec<AtomicU32>> =
            Arc::new((0..grams).map(|_| AtomicU32::new(0)).collect());
        let mut parts = Vec::with_capacity(corpora.len());
        for corpus in corpora {
            let mut of_corpus = Vec::new();
            for (number, part) in corpus.documents().manifest().parts.iter().enumerate() {
                let rows = usize::try_from(part.rows).unwrap_or(usize::MAX);
                memory.try_grow(rows / 8)?;
                let mut any = BooleanBufferBuilder::new(rows);
                let planner =
                    Planner::new(self.engine, std::slice::from_ref(corpus))?.with_part(number);
                let (judge, documents) = (Arc::clone(&self.judge), Arc::clone(&documents));
                let work = move |worker: &mut Worker, texts: &StringViewArray| {
                    let mut any = BooleanBufferBuilder::new(texts.len());
                    for text in texts {
                        let numbers = judge.numbers(worker, text.unwrap_or_default());
                        any.append(numbers.is_some());
                        for gram in numbers.into_iter().flatten() {
                            documents[gram as usize].fetch_add(1, Ordering::Relaxed);
                        }
                    }
                    Ok(any.finish())
                };
                let mut batches = self.batches(planner, work).await?;
                while let Some(batch) = batches.try_next().await? {
                    any.append_buffer(&batch);
                }
                of_corpus.push(any.finish());
            }
            parts.push(of_corpus);
        }
        Ok(Counted { parts, documents })
    }

    /// Judges the documents of a part that have any gram, by those that are not too frequent.
    pub async fn counted_part(
        &self,
        corpora: &[Arc<Corpus>],
        (corpus, number): (usize, usize),
        counted: &Counted,
        part: &mut MadePart,
        schema: &SchemaRef,
    ) -> Result<()> {
        let any = &counted.parts[corpus][number];
        let rows = PartRows {
            part: number,
            rows: 0..any.len() as u64,
            mask: Some(any.clone()),
        };
        let planner = Planner::new(self.engine, std::slice::from_ref(&corpora[corpus]))?
            .with_rows(vec![vec![rows]]);
        let (judge, documents) = (Arc::clone(&self.judge), Arc::clone(&counted.documents));
        let work = move |worker: &mut Worker, texts: &StringViewArray| {
            let counts =
                |gram: u32| documents[gram as usize].load(Ordering::Relaxed) <= GPT3_MOST_DOCUMENTS;
            let outcomes = texts
                .iter()
                .map(|text| judge.outcome(worker, text.unwrap_or_default(), counts));
            Ok(outcomes.collect::<Vec<_>>())
        };
        let mut batches = self.batches(planner, work).await?;
        let mut found = Vec::new().into_iter();
        let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(ROWS);
        let write = |outcomes: &mut Vec<Option<Outcome>>, part: &mut MadePart| {
            let batch = layer::batch(schema, &self.judge.method, &self.judge.evals, outcomes)?;
            outcomes.clear();
            part.write(&batch)
        };
        for is_any in any {
            if is_any {
                let outcome = loop {
                    if let Some(outcome) = found.next() {
                        break outcome;
                    }
                    let more = batches.try_next().await?;
                    found = more
                        .ok_or_else(|| Error::internal("a part has fewer documents than before"))?
                        .into_iter();
                };
                outcomes.push(outcome);
            } else {
                outcomes.push(None);
            }
            if outcomes.len() == ROWS {
                write(&mut outcomes, part)?;
            }
        }
        write(&mut outcomes, part)
    }

    /// What `work` makes of the texts that a plan reads, in order.
    async fn batches<T: Send + 'static>(
        &self,
        planner: Planner<'_>,
        work: impl Fn(&mut Worker, &StringViewArray) -> Result<T> + Send + Sync + 'static,
    ) -> Result<impl Stream<Item = Result<T>> + Unpin> {
        let texts = planner
            .plan("SELECT text FROM corpus")
            .await?
            .stream()
            .await?;
        let work = Arc::new(work);
        let workers = Arc::clone(&self.workers);
        let progress = self.progress.clone();
        Ok(texts
            .map(move |batch| {
                let (work, workers) = (Arc::clone(&work), Arc::clone(&workers));
                let progress = progress.clone();
                async move {
                    let batch = batch?;
                    let done = SpawnedTask::spawn_blocking(move || {
                        let mut worker = take(&workers);
                        let texts = strings(&batch)?;
                        let result = work(&mut worker, &texts);
                        if let Ok(mut workers) = workers.lock() {
                            workers.push(worker);
                        }
                        let bytes = texts.lengths().map(u64::from).sum();
                        progress.add(texts.len() as u64, bytes, texts.len() as u64);
                        result
                    });
                    done.await
                        .map_err(|e| Error::internal("a task ended early").caused_by(e))?
                }
            })
            .buffered(self.engine.options().threads)
            .boxed())
    }
}

/// A worker that nobody uses now, or a new one.
fn take(workers: &Mutex<Vec<Worker>>) -> Worker {
    let free = workers.lock().ok().and_then(|mut workers| workers.pop());
    free.unwrap_or_default()
}

/// The texts of a batch; none is NULL.
fn strings(batch: &RecordBatch) -> Result<StringViewArray> {
    Ok(cast(batch.column(0), &DataType::Utf8View)?
        .as_string_view()
        .clone())
}
