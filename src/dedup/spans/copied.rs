//! Ways whose pieces stay or go by the order of their copies alone: keys are sorted, neighbours compared.

use std::sync::Arc;

use corpusql_text::spans::{Copies, Cut, Tools, copies};
use datafusion::arrow::array::{Array, RecordBatch};
use datafusion::arrow::datatypes::{Field, SchemaRef};
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use futures::{StreamExt, TryStreamExt};

use super::columns::{Columns, Tally, fields, texts};
use super::marks::Marks;
use super::{TEXTS, VERSION};
use crate::dedup::{Read, Run, Way};
use crate::error::{Error, Result};
use crate::query::planner::Planner;
use crate::session::Engine;

/// Which copies of a piece stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The first, in the order of the documents.
    First,
    /// The first of each document, where no other document has one.
    Alone,
    /// The first of the document whose URL has the smallest MD5 digest.
    SmallestUrl,
}

/// A way that compares pieces as wholes.
#[derive(Clone, Copy, Debug)]
pub struct Copied {
    /// What `piece_hashes` calls the pieces.
    pub pieces: &'static str,
    /// Which copies stay.
    pub keep: Keep,
}

impl Copied {
    /// The query for the pieces of all documents, copies side by side, the one that stays first.
    fn sql(&self) -> String {
        let (computed, carried, order) = match self.keep {
            Keep::First | Keep::Alone => ("", "", ""),
            // Pages without URL go by their ids.
            Keep::SmallestUrl => (
                ", md5(coalesce(url, id)) AS priority",
                ", priority",
                ", priority",
            ),
        };
        format!(
            "SELECT key, document, position\n\
             FROM (SELECT document, unnest(hashes) AS key, unnest(range(0, CAST(cardinality(hashes) AS BIGINT))) AS position{carried}\n      \
             FROM (SELECT row_number() OVER () AS document, hashes{carried}\n            \
             FROM (SELECT piece_hashes(text, '{}') AS hashes{computed} FROM corpus) AS texts) AS numbered) AS pieces\n\
             WHERE key IS NOT NULL\n\
             ORDER BY key{order}, document, position",
            self.pieces
        )
    }

    fn way(&self) -> Result<Copies> {
        let unknown = || Error::internal(format!("there are no pieces {}", self.pieces));
        copies(self.pieces).ok_or_else(unknown)
    }

    async fn write(&self, run: Run<'_>) -> Result<String> {
        let way = self.way()?;
        let plan = run.planner()?.plan(&self.sql()).await?;
        let sorted = Arc::clone(plan.physical());
        let mut marks = Marks::find(run.engine, self.keep, plan.stream().await?).await?;
        let fresh: Vec<_> = run.layers.iter().map(|l| l.is_up_to_date()).collect();
        let mut written: Vec<Vec<_>> = run.layers.iter().map(|_| Vec::new()).collect();
        let mut tally = Tally::default();
        // Numbered from 1, as SQL does.
        let mut document = 1;
        for (of, number, rows) in run.sources.parts() {
            let end = document + rows as u64;
            let layer = &run.layers[of];
            if fresh[of] {
                // Its marks are passed over with those that come next.
            } else if let Some(part) = layer.finished(number) {
                written[of].push(part);
            } else {
                let mut part = layer.part(number)?;
                let corpus = std::slice::from_ref(&run.sources.corpora()[of]);
                let planner = Planner::new(run.engine, corpus)?.with_part(number);
                let mut batches = planner.plan(TEXTS).await?.stream().await?;
                let mut running = FuturesOrdered::new();
                let mut more = true;
                loop {
                    while more && running.len() < run.engine.options().threads {
                        let Some(batch) = batches.try_next().await? else {
                            more = false;
                            break;
                        };
                        let next = document + batch.num_rows() as u64;
                        let removed = marks.of(document..next).await?;
                        document = next;
                        let schema = Arc::clone(layer.schema());
                        running.push_back(tokio::task::spawn_blocking(move || {
                            cut(way, schema, &batch, &removed)
                        }));
                    }
                    let Some(done) = running.next().await else {
                        break;
                    };
                    let (columns, found) =
                        done.map_err(|e| Error::internal("cutting texts failed").caused_by(e))??;
                    part.write(&columns)?;
                    tally += found;
                    run.progress.add(0, 0, columns.num_rows() as u64);
                }
                written[of].push(part.finish()?);
            }
            document = end;
        }
        for plan in [&sorted, marks.plan()] {
            run.note_spilled(plan);
        }
        for ((layer, parts), fresh) in run.layers.into_iter().zip(written).zip(fresh) {
            if !fresh {
                layer.commit(parts)?;
            }
        }
        Ok(tally.words(run.sources.documents()))
    }
}

/// The columns of some documents, of which pieces go.
fn cut(
    way: Copies,
    schema: SchemaRef,
    batch: &RecordBatch,
    removed: &[Vec<u32>],
) -> Result<(RecordBatch, Tally)> {
    let texts = texts(batch)?;
    let mut columns = Columns::new(false, texts.len());
    let mut tools = Tools::default();
    let mut cut = Cut::default();
    for (text, removed) in texts.iter().zip(removed) {
        let text = text.unwrap_or_default();
        way.cut(&mut tools, text, removed, &mut cut);
        columns.push(text, &cut, way.between());
    }
    columns.finish(schema)
}

impl Way for Copied {
    fn reads(&self) -> Vec<Read> {
        Vec::new()
    }

    fn rule(&self) -> String {
        match self.keep {
            Keep::First => "the first copy of a piece stays, all others are cut",
            Keep::Alone => "a piece that several documents have is cut everywhere; within a document, the first copy stays",
            Keep::SmallestUrl => "the first copy on the page whose URL has the smallest MD5 digest stays",
        }
        .to_string()
    }

    fn script(&self) -> String {
        let between = match self.way() {
            Ok(way) if way.between() == "\n" => "chr(10)",
            _ => "''",
        };
        format!(
            "-- of pieces with equal keys the first is the one that stays, if any does; the others become spans of the text\n\
             {};\n\
             -- the text without them: text_without_spans(text, PRESET_start, PRESET_end, {between})\n",
            self.sql()
        )
    }

    fn fields(&self, preset: &str) -> Vec<Field> {
        fields(preset, false)
    }

    fn facts(&self, engine: &Engine) -> String {
        let print = engine.functions().fingerprint("piece_hashes");
        format!(
            "{VERSION} {:?} {:?} {} {:032x}",
            self.keep,
            copies(self.pieces),
            self.sql(),
            print.unwrap_or_default()
        )
    }

    fn run<'a>(&'a self, run: Run<'a>) -> BoxFuture<'a, Result<String>> {
        Box::pin(self.write(run))
    }
}
