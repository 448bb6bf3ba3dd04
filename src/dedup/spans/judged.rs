//! Ways that look at one document after the other: n-grams of words that were met before.

use std::sync::Arc;

use corpusql_text::spans::{Bloom, Cut, DocumentGrams, Grams, Judge, KeySet, Seen, Shape, Tools};
use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::{Field, SchemaRef};
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::MemoryReservation;
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use futures::{StreamExt, TryStreamExt};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};

use super::columns::{Columns, Tally, fields, texts};
use super::{TEXTS, VERSION};
use crate::dedup::{Read, Run, Way};
use crate::error::{Error, Result};
use crate::query::planner::Planner;
use crate::session::Engine;

/// A way that compares n-grams, exactly or by a Bloom filter.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    /// Whose n-grams, and what goes.
    pub grams: Grams,
    /// How often the filter may take an n-gram that is new for one that was met; none where all are remembered exactly.
    pub false_positives: Option<f64>,
}

impl Judged {
    /// Whether spans have scores.
    fn has_scores(&self) -> bool {
        matches!(self.grams, Grams::Dolma { .. })
    }

    async fn write(&self, run: Run<'_>) -> Result<String> {
        let memory = run.reserve(0)?;
        let mut shape = None;
        let seen = match self.false_positives {
            None => Seen::Exact(KeySet::default()),
            Some(rate) => {
                let keys = self.count(&run).await?;
                let filter = Shape::new(keys, rate);
                let bytes = usize::try_from(filter.bytes()).unwrap_or(usize::MAX);
                take(&run, &memory, bytes)?;
                shape = Some((filter, keys));
                Seen::Bloom(Bloom::new(filter))
            }
        };
        let mut judge = Judge::new(self.grams, seen);
        let fresh: Vec<_> = run.layers.iter().map(|l| l.is_up_to_date()).collect();
        let mut written: Vec<Vec<_>> = run.layers.iter().map(|_| Vec::new()).collect();
        let mut tally = Tally::default();
        for (of, number, _) in run.sources.parts() {
            let layer = &run.layers[of];
            let finished = layer.finished(number);
            // Documents of parts that are there already have to be judged for those behind them.
            let mut part = match finished.is_some() || fresh[of] {
                true => None,
                false => Some(layer.part(number)?),
            };
            let mut documents = self.read(&run, of, number).await?;
            while let Some((batch, grams)) = documents.next().await? {
                let keys = grams.iter().map(DocumentGrams::len).sum();
                take(&run, &memory, judge.seen().bytes_with(keys))?;
                let (way, schema) = (*self, Arc::clone(layer.schema()));
                let task = spawn_blocking(move || {
                    let columns = way.judge(&mut judge, schema, &batch, &grams);
                    (judge, columns)
                });
                let (back, columns) = task.await.map_err(failed)?;
                judge = back;
                let (columns, found) = columns?;
                if let Some(part) = &mut part {
                    part.write(&columns)?;
                }
                tally += found;
                run.progress.add(0, 0, columns.num_rows() as u64);
            }
            match (part, finished) {
                (Some(part), _) => written[of].push(part.finish()?),
                (None, Some(part)) => written[of].push(part),
                (None, None) => {}
            }
        }
        for ((layer, parts), fresh) in run.layers.into_iter().zip(written).zip(fresh) {
            if !fresh {
                layer.commit(parts)?;
            }
        }
        let words = tally.words(run.sources.documents());
        Ok(match shape {
            None => words,
            Some((shape, keys)) => format!(
                "{words}; a Bloom filter of {} bytes for {keys} n-grams takes a new one for one that was met with a probability of at most {:.2e}",
                shape.bytes(),
                shape.rate
            ),
        })
    }

    /// How many n-grams there are.
    async fn count(&self, run: &Run<'_>) -> Result<u64> {
        let mut keys = 0;
        for (of, number, _) in run.sources.parts() {
            let mut documents = self.read(run, of, number).await?;
            while let Some((_, grams)) = documents.next().await? {
                keys += grams.iter().map(|grams| grams.len() as u64).sum::<u64>();
                run.progress.add(0, 0, grams.len() as u64);
            }
        }
        Ok(keys)
    }

    /// Reads the n-grams of a part, several batches at once.
    async fn read(&self, run: &Run<'_>, of: usize, number: usize) -> Result<Documents> {
        let corpus = std::slice::from_ref(&run.sources.corpora()[of]);
        let planner = Planner::new(run.engine, corpus)?.with_part(number);
        Ok(Documents {
            grams: self.grams,
            texts: planner.plan(TEXTS).await?.stream().await?,
            more: true,
            running: FuturesOrdered::new(),
            threads: run.engine.options().threads,
        })
    }

    /// The columns of some documents.
    fn judge(
        &self,
        judge: &mut Judge,
        schema: SchemaRef,
        batch: &RecordBatch,
        grams: &[DocumentGrams],
    ) -> Result<(RecordBatch, Tally)> {
        let texts = texts(batch)?;
        let mut columns = Columns::new(self.has_scores(), texts.len());
        let mut tools = Tools::default();
        let mut cut = Cut::default();
        for (text, grams) in texts.iter().zip(grams) {
            let text = text.unwrap_or_default();
            let verdict = judge.judge(grams);
            self.grams.cut(&mut tools, text, &verdict, &mut cut);
            columns.push(text, &cut, "");
        }
        columns.finish(schema)
    }
}

/// A batch of documents with their n-grams.
type WithGrams = (RecordBatch, Vec<DocumentGrams>);

/// Documents and their n-grams, in order.
struct Documents {
    grams: Grams,
    texts: SendableRecordBatchStream,
    more: bool,
    running: FuturesOrdered<JoinHandle<Result<WithGrams>>>,
    threads: usize,
}

impl Documents {
    /// The next batch of them.
    async fn next(&mut self) -> Result<Option<WithGrams>> {
        while self.more && self.running.len() < self.threads {
            match self.texts.try_next().await? {
                None => self.more = false,
                Some(batch) => {
                    let way = self.grams;
                    self.running.push_back(spawn_blocking(move || {
                        let texts = texts(&batch)?;
                        let mut tools = Tools::default();
                        let texts = texts.iter().map(Option::unwrap_or_default);
                        let grams = texts.map(|text| way.read(&mut tools, text)).collect();
                        Ok((batch, grams))
                    }));
                }
            }
        }
        match self.running.next().await {
            None => Ok(None),
            Some(done) => done.map_err(failed)?.map(Some),
        }
    }
}

fn failed(error: JoinError) -> Error {
    Error::internal("reading n-grams failed").caused_by(error)
}

/// Takes memory for what was seen, so many bytes in all.
fn take(run: &Run<'_>, memory: &MemoryReservation, bytes: usize) -> Result<()> {
    memory.try_resize(bytes).map_err(|e: DataFusionError| {
        let error = Error::user(format!(
            "{} needs {bytes} bytes of memory for the n-grams that were met",
            run.preset.name
        ));
        error.caused_by(e).hint("raise --memory-limit; the presets that end in _bloom take 1.5 to 5 bytes for each n-gram instead of about 16")
    })
}

impl Way for Judged {
    fn reads(&self) -> Vec<Read> {
        Vec::new()
    }

    fn rule(&self) -> String {
        match self.grams {
            Grams::Dolma { threshold, .. } => {
                format!(
                    "a paragraph is cut when at least {threshold} of its n-grams were met before, in it or in front of it"
                )
            }
            Grams::Bff { threshold, .. } => format!(
                "what has more than {threshold} of its n-grams in front of it is cut, and its n-grams are not remembered"
            ),
        }
    }

    fn script(&self) -> String {
        let memory = match self.false_positives {
            None => "remembered exactly, as hashes of 64 bits".to_string(),
            Some(rate) => format!(
                "counted first, then remembered by a Bloom filter that takes at most {rate} of new ones for ones that were met"
            ),
        };
        format!(
            "-- {:?}: words are those of uax29_words; n-grams are {memory}\n\
             -- one document after the other, in the order of:\n\
             {TEXTS};\n\
             -- the text without what is cut: text_without_spans(text, PRESET_start, PRESET_end, '')\n",
            self.grams
        )
    }

    fn fields(&self, preset: &str) -> Vec<Field> {
        fields(preset, self.has_scores())
    }

    fn facts(&self, _: &Engine) -> String {
        format!("{VERSION} {self:?}")
    }

    fn work(&self, documents: u64) -> u64 {
        documents * if self.false_positives.is_some() { 2 } else { 1 }
    }

    fn run<'a>(&'a self, run: Run<'a>) -> BoxFuture<'a, Result<String>> {
        Box::pin(self.write(run))
    }
}
