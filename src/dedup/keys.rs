//! Documents with an equal key, or an equal key in one of several bands.

use std::sync::Arc;

use corpusql_text::minhash::{Bands, Scheme};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::{concat, partition};
use datafusion::arrow::datatypes::UInt64Type;
use datafusion::execution::SendableRecordBatchStream;
use futures::future::BoxFuture;
use futures::{StreamExt, TryStreamExt};

use super::Preset;
use super::clusters::{Clusters, Links, Survivor};
use super::forest::Linker;
use super::verify::{Demand, Verifier};
use super::way::{Read, Run};
use crate::error::{Error, Result};
use crate::query::planner::Planned;
use crate::session::Engine;

/// Links documents that have a key in common.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The layer that the keys are made of, where they are not of the documents alone.
    pub read: Option<Read>,
    /// The keys as SQL over a document's columns, one for each band; NULL links nothing.
    pub keys: Vec<String>,
    /// The functions in them.
    pub functions: &'static [&'static str],
    /// How the keys are cut from a signature, if they are.
    pub signature: Option<Signature>,
    /// What documents with equal keys have to be besides.
    pub demand: Option<Demand>,
    /// The order of documents with equal keys where it is not that of the corpora: this, the highest first.
    pub priority: Option<&'static str>,
}

/// A signature that keys are cut from.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// How it is made.
    pub scheme: Scheme,
    /// How it is cut.
    pub cut: Bands,
}

/// Exact duplicates.
pub fn presets() -> Vec<Preset> {
    let preset = |name, about, key: &str, priority, survivor| {
        let links = Keys {
            read: None,
            keys: vec![key.to_string()],
            functions: &[],
            signature: None,
            demand: None,
            priority,
        };
        Preset::new(name, about, Clusters { links, survivor })
    };
    vec![
        preset(
            "exact",
            "documents with the same text",
            "text_hash",
            None,
            Survivor::First,
        ),
        preset(
            "url",
            "documents with the same URL in lower case; the longest text stays, up to 262,140 characters",
            "nullif(lower(url), '')",
            Some("least(text_chars / 4, 65535)"),
            Survivor::Leading,
        ),
    ]
}

impl Keys {
    /// The query of a band: documents, numbered from 1 in the order of the corpora, with their keys; equal keys stand
    /// side by side.
    fn sql(&self, band: usize) -> String {
        let (column, order) = match self.priority {
            Some(priority) => (format!(", {priority} AS priority"), ", priority DESC"),
            None => (String::new(), ""),
        };
        format!(
            "SELECT document, key\n\
             FROM (SELECT row_number() OVER () AS document, {key} AS key{column} FROM corpus) AS keys\n\
             WHERE key IS NOT NULL\n\
             ORDER BY key{order}, document",
            key = self.keys[band],
        )
    }

    async fn link_all(&self, run: &Run<'_>, linker: &mut Linker) -> Result<Option<String>> {
        let mut plans = Vec::with_capacity(self.keys.len());
        for band in 0..self.keys.len() {
            plans.push(run.planner()?.plan(&self.sql(band)).await?);
        }
        let physical: Vec<_> = plans
            .iter()
            .map(|plan| Arc::clone(plan.physical()))
            .collect();
        let words = self.link_plans(plans, run, linker).await?;
        physical.iter().for_each(|plan| run.note_spilled(plan));
        Ok(words)
    }

    async fn link_plans(
        &self,
        plans: Vec<Planned>,
        run: &Run<'_>,
        linker: &mut Linker,
    ) -> Result<Option<String>> {
        let threads = run.engine.options().threads;
        let documents = run.sources.documents() as u64;
        if let Some(demand) = self.demand {
            let mut verifier = Verifier::new(run, demand)?;
            for plan in plans {
                verify_band(run, plan.stream().await?, linker, &mut verifier).await?;
                run.progress.add(0, 0, documents);
            }
            return Ok(Some(verifier.words()));
        }
        if let Some(trees) = linker.shared() {
            // Who stays does not depend on the order of links: each band is linked as it comes.
            let mut linked = futures::stream::iter(plans)
                .map(|plan| async {
                    let stream = plan.stream().await?;
                    let trees = Arc::clone(trees);
                    let task = tokio::spawn(async move {
                        link_band(None, stream, |first, second| trees.link(first, second)).await
                    });
                    task.await.map_err(failed)?
                })
                .buffer_unordered(threads);
            while let Some(()) = linked.try_next().await? {
                run.progress.add(0, 0, documents);
            }
            return Ok(None);
        }
        // Bands are sorted side by side and linked in their order, which decides who stays.
        let mut sorted = futures::stream::iter(plans)
            .map(|plan| async {
                let mut stream = plan.stream().await?;
                let task = tokio::spawn(async move {
                    let first = stream.try_next().await?;
                    Ok::<_, Error>((first, stream))
                });
                task.await.map_err(failed)?
            })
            .buffered(threads);
        while let Some((first, rest)) = sorted.try_next().await? {
            link_band(first, rest, |first, second| linker.link(first, second)).await?;
            run.progress.add(0, 0, documents);
        }
        Ok(None)
    }
}

impl Links for Keys {
    fn reads(&self) -> Vec<Read> {
        self.read.clone().into_iter().collect()
    }

    fn script(&self) -> String {
        let links: Vec<_> = self
            .keys
            .iter()
            .map(|key| {
                format!(
                    "  SELECT document, lag(document) OVER (PARTITION BY key ORDER BY document) AS other\n  \
                     FROM (SELECT CAST(row_number() OVER () AS BIGINT) AS document, {key} AS key FROM corpus) AS keys\n  \
                     WHERE key IS NOT NULL"
                )
            })
            .collect();
        let mut script = String::from(
            "-- documents with equal keys are linked, linked documents are a cluster; this query gives the same clusters\n",
        );
        if let Some(demand) = self.demand {
            script.push_str(&format!(
                "-- but for the pairs below similarity {}, which only the command refuses\n",
                demand.similarity
            ));
        }
        script.push_str(&format!(
            "WITH links AS (\n{}\n), components AS (\n  \
               SELECT pair['node'] AS document, pair['component'] AS component\n  \
               FROM (SELECT unnest(connected_components(document, other)) AS pair FROM links) AS pairs\n\
             ), documents AS (\n  \
               SELECT CAST(row_number() OVER () AS BIGINT) AS document, id FROM corpus\n\
             ), clusters AS (\n  \
               SELECT documents.document, id, coalesce(component, documents.document) AS component\n  \
               FROM documents LEFT JOIN components ON documents.document = components.document\n\
             )\n\
             SELECT id, min(id) OVER (PARTITION BY component) AS cluster, count(*) OVER (PARTITION BY component) AS cluster_size\n\
             FROM clusters ORDER BY document;\n",
            links.join("\n  UNION ALL\n")
        ));
        script
    }

    fn facts(&self, engine: &Engine) -> String {
        let mut facts: Vec<_> = (0..self.keys.len()).map(|band| self.sql(band)).collect();
        if let Some(demand) = self.demand {
            facts.push(format!("at least {}", demand.similarity));
        }
        for name in self.functions {
            let print = engine.functions().fingerprint(name).unwrap_or_default();
            facts.push(format!("{name} {print:032x}"));
        }
        facts.join("\n")
    }

    fn work(&self, documents: u64) -> u64 {
        documents * self.keys.len() as u64
    }

    fn verified(&self, similarity: f64) -> Option<Self> {
        let scheme = self.signature?.scheme;
        Some(Self {
            demand: Some(Demand { scheme, similarity }),
            ..self.clone()
        })
    }

    fn curve(&self) -> Option<Bands> {
        self.signature.map(|signature| signature.cut)
    }

    fn link<'a>(
        &'a self,
        run: &'a Run<'_>,
        linker: &'a mut Linker,
    ) -> BoxFuture<'a, Result<Option<String>>> {
        Box::pin(self.link_all(run, linker))
    }
}

fn failed(error: tokio::task::JoinError) -> Error {
    Error::internal("sorting a band failed").caused_by(error)
}

/// Links neighbours with equal keys.
async fn link_band(
    first: Option<RecordBatch>,
    rest: SendableRecordBatchStream,
    mut link: impl FnMut(u32, u32),
) -> Result<()> {
    let mut batches = futures::stream::iter(first.map(Ok)).chain(rest);
    let mut band = Band::default();
    while let Some(batch) = batches.try_next().await? {
        band.neighbours(&batch, |_, before, document| link(before, document))?;
    }
    Ok(())
}

/// Links documents with equal keys that are what is demanded: each is compared with the one before it and with the first
/// of its key.
async fn verify_band(
    run: &Run<'_>,
    mut batches: SendableRecordBatchStream,
    linker: &mut Linker,
    verifier: &mut Verifier,
) -> Result<()> {
    let mut band = Band::default();
    while let Some(batch) = batches.try_next().await? {
        let mut pairs = Vec::new();
        band.neighbours(&batch, |first, before, document| {
            pairs.push((before, document));
            if first != before {
                pairs.push((first, document));
            }
        })?;
        for (one, other) in pairs {
            if verifier.push(linker, one, other) {
                verifier.judge(run, linker).await?;
            }
        }
    }
    verifier.judge(run, linker).await
}

/// The end of the batches of a band so far.
#[derive(Debug, Default)]
struct Band {
    /// The last key, the first document that has it, and the last.
    last: Option<(ArrayRef, u32, u32)>,
}

impl Band {
    /// Calls `found` for every document whose key the one before it has: with the first of that key, the one before it,
    /// and itself.
    fn neighbours(
        &mut self,
        batch: &RecordBatch,
        mut found: impl FnMut(u32, u32, u32),
    ) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        // Numbered from 1, as SQL does.
        let numbers = batch.column(0).as_primitive::<UInt64Type>().values();
        let documents: Vec<u32> = numbers.iter().map(|number| *number as u32 - 1).collect();
        let keys = batch.column(1);
        let mut first = documents[0];
        if let Some((key, first_before, before)) = &self.last
            && partition(&[concat(&[key.as_ref(), keys.slice(0, 1).as_ref()])?])?.len() == 1
        {
            first = *first_before;
            found(first, *before, documents[0]);
        }
        for group in partition(std::slice::from_ref(keys))?.ranges() {
            if group.start > 0 {
                first = documents[group.start];
            }
            for pair in documents[group].windows(2) {
                found(first, pair[0], pair[1]);
            }
        }
        let last = keys.len() - 1;
        // A copy: the slice would hold the whole batch.
        let key = concat(&[keys.slice(last, 1).as_ref()])?;
        self.last = Some((key, first, documents[last]));
        Ok(())
    }
}
