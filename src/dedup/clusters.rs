//! Linked documents become clusters: a way for all that link documents.

use std::fmt::Debug;
use std::sync::Arc;

use corpusql_text::minhash::Bands;
use datafusion::arrow::datatypes::{DataType, Field};
use futures::future::BoxFuture;

use super::layer;
use super::linker::Linker;
use super::way::{Read, Run, Way};
use crate::error::Result;
use crate::session::Engine;

/// Raised when the same links give other clusters or ranks.
const VERSION: u32 = 2;

/// Which document of a cluster stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survivor {
    /// The first, in the order of the corpora.
    First,
    /// The one with the smallest id.
    SmallestId,
    /// The root of a union by size over the links in their order; of two equal sizes, the root of a link's first document.
    Largest,
    /// The first in the order of the one band.
    Leading,
    /// The root of text-dedup's union by rank.
    Rank,
}

impl Survivor {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::First => "the first document of a cluster stays",
            Self::SmallestId => "the document with the smallest id stays",
            Self::Largest => "the root of a union by size, in the order of the links, stays",
            Self::Leading => "the first document of a cluster, in the order of the query, stays",
            Self::Rank => {
                "the root of text-dedup's union by rank, in the order of its links, stays"
            }
        }
    }
}

/// Says which documents belong together.
pub trait Links: Debug + Send + Sync {
    /// The layers that are read besides the documents.
    fn reads(&self) -> Vec<Read>;

    /// All that is asked of the corpora, for people.
    fn script(&self) -> String;

    /// What the links depend on besides what is read.
    fn facts(&self, engine: &Engine) -> String;

    /// The same links, but only those of documents that are similar enough, where that can be seen.
    fn verified(&self, _similarity: f64) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }

    /// The probability that two documents of a similarity are linked, where it is known.
    fn curve(&self) -> Option<Bands> {
        None
    }

    /// Links documents by their numbers in [`Sources`](super::Sources). Returns words for the closing line, if there is
    /// more to say than what the clusters say.
    fn link<'a>(
        &'a self,
        run: &'a Run<'_>,
        linker: &'a mut Linker,
    ) -> BoxFuture<'a, Result<Option<String>>>;
}

/// Clusters of linked documents: what is linked, directly or through others, is one.
#[derive(Debug)]
pub struct Clusters<L> {
    /// What links them.
    pub links: L,
    /// Who stays.
    pub survivor: Survivor,
}

impl<L: Links + 'static> Way for Clusters<L> {
    fn reads(&self) -> Vec<Read> {
        self.links.reads()
    }

    fn rule(&self) -> String {
        self.survivor.words().to_string()
    }

    fn script(&self) -> String {
        self.links.script()
    }

    fn fields(&self, preset: &str) -> Vec<Field> {
        [
            ("cluster", DataType::Utf8View),
            ("cluster_size", DataType::Int64),
            ("rank", DataType::Int64),
            ("duplicate", DataType::Boolean),
        ]
        .into_iter()
        .map(|(name, data_type)| Field::new(format!("{preset}_{name}"), data_type, false))
        .collect()
    }

    fn facts(&self, engine: &Engine) -> String {
        let links = self.links.facts(engine);
        format!("{VERSION} {:?} {links}", self.survivor)
    }

    fn curve(&self) -> Option<Bands> {
        self.links.curve()
    }

    fn verified(&self, similarity: f64) -> Option<Arc<dyn Way>> {
        let links = self.links.verified(similarity)?;
        let survivor = match self.survivor {
            // Its order is that of all links, those too that are refused.
            Survivor::Rank => Survivor::First,
            other => other,
        };
        Some(Arc::new(Clusters { links, survivor }))
    }

    fn run<'a>(&'a self, run: Run<'a>) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let documents = run.sources.documents();
            let memory = run.reserve(documents * Linker::BYTES)?;
            let mut linker = Linker::new(documents, self.survivor);
            let more = self.links.link(&run, &mut linker).await?;
            let forest = linker.finish()?;
            let (clusters, duplicates) = forest.clusters_and_duplicates();
            layer::write(run, forest, self.survivor, &memory).await?;
            let words = format!(
                "{clusters} clusters of several documents, {duplicates} duplicates of {documents} documents"
            );
            Ok(match more {
                Some(more) => format!("{words}; {more}"),
                None => words,
            })
        })
    }
}
