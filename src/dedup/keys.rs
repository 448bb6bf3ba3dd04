//! Documents with an equal key, or an equal key in one of several bands.
//!
//! ```text
//! columns, read once by all threads ─▶ records of 16 bytes in buckets (spilling) ─▶ sorted bucket by bucket ─▶ neighbours, linked
//!                                         where the order of keys decides: whose group has several documents ─▶ their keys, read again and sorted
//! ```

use std::ops::Range;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use corpusql_text::links::{
    self, Firsts, PIECES, RECORD, Scatter, SharedTrees, Union, python_set_order,
};
use corpusql_text::minhash::{Bands, Scheme};
use corpusql_udfs::clusters::{gather_keys, scatter_bands, scatter_keys};
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::buffer::{BooleanBuffer, Buffer};
use datafusion::arrow::datatypes::DataType;
use datafusion::execution::memory_pool::{MemoryLimit, MemoryReservation};
use futures::future::BoxFuture;
use futures::{Stream, TryStreamExt};

use super::Preset;
use super::blocks::Blocks;
use super::clusters::{Clusters, Links, Survivor};
use super::edges::{Edges, record};
use super::linker::Linker;
use super::reading::{self, Worker};
use super::verify::{Demand, Verifier};
use super::way::{Read, Run};
use crate::error::{Error, Result};
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
#[derive(Clone, Debug)]
pub struct Signature {
    /// Its column.
    pub column: String,
    /// How it is made.
    pub scheme: Scheme,
    /// How it is cut.
    pub cut: Bands,
}

/// Exact duplicates.
pub fn presets() -> Vec<Preset> {
    let preset = |name, about, key: &str, functions, priority, survivor| {
        let links = Keys {
            read: None,
            keys: vec![key.to_string()],
            functions,
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
            &[],
            None,
            Survivor::First,
        ),
        preset(
            "exact_simplified",
            "documents with the same text as datatrove simplifies it: no case, accents, punctuation, and one number like another",
            "datatrove_simplified_text(text)",
            &["datatrove_simplified_text"],
            None,
            Survivor::First,
        ),
        preset(
            "url",
            "documents with the same URL in lower case; the longest text stays, up to 262,140 characters",
            "nullif(lower(url), '')",
            &[],
            Some("least(text_chars / 4, 65535)"),
            Survivor::Leading,
        ),
    ]
}

impl Keys {
    /// The columns of documents that keys are made of.
    fn columns(&self) -> Vec<String> {
        match &self.signature {
            Some(signature) => vec![signature.column.clone()],
            None => {
                let priority = self.priority.map(str::to_string);
                self.keys.iter().cloned().chain(priority).collect()
            }
        }
    }

    /// The key that is a stored column has one type in all corpora: as other types, values would be compared as what they are not.
    fn check_types(&self, run: &Run<'_>) -> Result<()> {
        let (Some(read), None) = (&self.read, &self.signature) else {
            return Ok(());
        };
        let mut known: Option<(&str, &DataType)> = None;
        for corpus in run.sources.corpora() {
            let Some((layer, column)) = corpus.stored_column(&read.layer) else {
                continue;
            };
            let found = (corpus.name(), layer.schema().field(column).data_type());
            match known {
                Some((first, known)) if known != found.1 => {
                    return Err(Error::user(format!(
                        "the key {} is {known} in {first} and {} in {}",
                        read.layer, found.1, found.0
                    ))
                    .hint("say which it is, as in --key 'CAST(number AS VARCHAR)'"));
                }
                _ => known = Some(found),
            }
        }
        Ok(())
    }

    async fn link_all(&self, run: &Run<'_>, linker: &mut Linker) -> Result<Option<String>> {
        self.check_types(run)?;
        let bands = self.keys.len();
        let memory = run.reserve(0)?;
        let mut verifier = self
            .demand
            .map(|demand| Verifier::new(run, demand))
            .transpose()?;
        let by_rank = matches!(linker, Linker::Ordered(trees) if trees.union() == Union::ByRank);
        let in_order = matches!(linker, Linker::Ordered(_)) && !by_rank && self.signature.is_some();
        let layout = Layout::new(run, bands, in_order);
        for first in (0..bands).step_by(layout.bands) {
            let here = Here {
                keys: self,
                run,
                memory: &memory,
                layout,
                bands: first..bands.min(first + layout.bands),
            };
            let records = here.scatter().await?;
            match &*linker {
                Linker::Shared(trees) if verifier.is_none() => {
                    here.link_shared(records, Arc::clone(trees)).await?;
                }
                _ if by_rank => here.link_by_rank(records, linker).await?,
                _ if in_order => {
                    here.link_in_order(records, linker, &mut verifier).await?;
                }
                _ => here.link_pairs(records, linker, &mut verifier).await?,
            }
            if let Some(verifier) = &mut verifier {
                verifier.judge(run, linker).await?;
            }
        }
        Ok(verifier.map(|verifier| verifier.words()))
    }
}

/// How bands are parted into buckets.
#[derive(Clone, Copy, Debug)]
struct Layout {
    /// Bands that are read at once.
    bands: usize,
    /// Each has two to the power of this many buckets.
    bits: u32,
    /// Bytes of a block.
    block: usize,
}

/// Memory that is reckoned with where it is not limited.
const MEMORY: usize = 8 << 30;
/// The share of memory that all blocks being filled may take.
const SHARE_OF_BLOCKS: usize = 8;
/// The share that a bucket may take, of those that are sorted at once.
const SHARE_OF_BUCKETS: usize = 32;
/// Bytes of a bucket, as far as keys are spread evenly.
const BUCKET: std::ops::RangeInclusive<usize> = (1 << 20)..=(16 << 20);
/// Bytes of a block.
const BLOCK: std::ops::RangeInclusive<usize> = (4 << 10)..=(64 << 10);
/// Bands at once, where it is noted of each document in which of them it is the first of a group: 4 bytes a document.
const MARKED: usize = 32;

impl Layout {
    fn new(run: &Run<'_>, bands: usize, marked: bool) -> Self {
        let threads = run.engine.options().threads.max(1);
        let memory = match run.engine.runtime().memory_pool.memory_limit() {
            MemoryLimit::Finite(bytes) => bytes,
            _ => MEMORY,
        };
        let of_band = RECORD * run.sources.documents().max(1);
        let bucket = (memory / SHARE_OF_BUCKETS / threads).clamp(*BUCKET.start(), *BUCKET.end());
        let buckets = of_band.div_ceil(bucket).next_power_of_two();
        let open = memory / SHARE_OF_BLOCKS / threads / buckets;
        let block = (of_band / buckets).next_power_of_two().min(open / bands);
        // Of whole records.
        let block = block.clamp(*BLOCK.start(), *BLOCK.end()) / RECORD * RECORD;
        let most = if marked { MARKED } else { bands };
        Self {
            bands: (open / block).clamp(1, most.min(bands).max(1)),
            bits: buckets.ilog2(),
            block,
        }
    }
}

/// Some bands, whose records are handled together.
struct Here<'a> {
    keys: &'a Keys,
    run: &'a Run<'a>,
    memory: &'a MemoryReservation,
    layout: Layout,
    bands: Range<usize>,
}

impl Here<'_> {
    fn documents(&self) -> u64 {
        self.run.sources.documents() as u64
    }

    /// Bits of a record that are the key.
    fn key_bits(&self) -> u32 {
        match self.keys.priority {
            Some(_) => links::IN_TURN_BITS,
            None => links::KEY_BITS,
        }
    }

    /// Which bands, in words.
    fn words(&self) -> String {
        match (self.bands.len(), self.keys.keys.len()) {
            (_, 1) => "keys".to_string(),
            (here, all) if here == all => format!("{all} bands"),
            (_, all) => format!(
                "bands {} to {} of {all}",
                self.bands.start + 1,
                self.bands.end
            ),
        }
    }

    /// The first byte of the bands in a signature, and bytes of one.
    fn cut(&self, signature: &Signature) -> (usize, usize) {
        let bytes = signature.cut.rows * signature.scheme.width();
        (self.bands.start * bytes, bytes)
    }

    /// Reads the keys of all documents as records in buckets.
    async fn scatter(&self) -> Result<Arc<Blocks>> {
        let Layout { bits, block, .. } = self.layout;
        let (bands, runtime) = (self.bands.len(), self.run.engine.runtime());
        self.run.progress.begin(
            &format!("reading {}", self.words()),
            "documents",
            self.documents(),
        );
        let records = Arc::new(Blocks::new(
            runtime,
            self.memory,
            "keys of documents",
            bands << bits,
        ));
        let made_of = match &self.keys.signature {
            Some(signature) => MadeOf::Signature(self.cut(signature)),
            None => MadeOf::Keys(
                self.bands.clone(),
                self.keys.priority.map(|_| self.keys.keys.len()),
            ),
        };
        reading::read(self.run, &self.keys.columns(), None, || {
            let memory = self.memory.new_empty();
            memory.try_grow((bands * block) << bits)?;
            Ok(Scattering {
                made_of: made_of.clone(),
                scatter: Scatter::new(bands, bits, block),
                records: Arc::clone(&records),
                _memory: memory,
            })
        })
        .await?;
        records.finish()?;
        self.run
            .spilled
            .fetch_add(records.spilled(), Ordering::Relaxed);
        Ok(records)
    }

    /// Hands out the records of all buckets in order, to be worked on by all threads; what comes out comes in the order of
    /// buckets.
    fn buckets<T: Send + 'static>(
        &self,
        records: Arc<Blocks>,
        work: impl Fn(usize, &[u128]) -> Result<T> + Clone + Send + 'static,
    ) -> impl Stream<Item = Result<T>> {
        let bits = self.layout.bits;
        let (memory, progress) = (Arc::new(self.memory.new_empty()), self.run.progress.clone());
        let total = self.documents() * self.bands.len() as u64;
        progress.begin(&format!("sorting {}", self.words()), "keys", total);
        let buckets = self.bands.len() << bits;
        reading::in_order(self.run.engine.options().threads, buckets, move |bucket| {
            let memory = memory.new_empty();
            let blocks = records.take(bucket, &memory)?;
            let bytes = blocks.iter().map(Vec::len).sum::<usize>();
            memory.try_grow(bytes + bytes / 4)?;
            let sorted = links::records_of(&blocks, bits);
            drop(blocks);
            let found = work(bucket >> bits, &sorted)?;
            let count = sorted.len() as u64;
            progress.add(count, 0, count);
            Ok(found)
        })
    }

    /// Links documents of one key, in any order.
    async fn link_shared(&self, records: Arc<Blocks>, trees: Arc<SharedTrees>) -> Result<()> {
        let key_bits = self.key_bits();
        let linked = self.buckets(records, move |_, sorted| {
            trees.link_groups(sorted, key_bits);
            Ok(())
        });
        linked.try_for_each(|()| async { Ok(()) }).await
    }

    /// Links documents of one key, or those of them that are similar enough, in the order of buckets.
    async fn link_pairs(
        &self,
        records: Arc<Blocks>,
        linker: &mut Linker,
        verifier: &mut Option<Verifier>,
    ) -> Result<()> {
        let key_bits = self.key_bits();
        let mut found = pin!(self.buckets(records, move |_, sorted| {
            let mut found = Vec::new();
            links::neighbours(sorted, key_bits, &mut found);
            Ok(found)
        }));
        while let Some(triples) = found.try_next().await? {
            for triple in triples {
                match verifier {
                    Some(verifier) => verifier.push(self.run, linker, triple).await?,
                    None => linker.link(triple.1, triple.2),
                }
            }
        }
        Ok(())
    }

    /// Joins documents by union by rank as text-dedup does: band by band, keys in the order of their first documents, and the
    /// documents of one key with the first of them, in the order in which Python hands out a set of their numbers.
    async fn link_by_rank(&self, records: Arc<Blocks>, linker: &mut Linker) -> Result<()> {
        let key_bits = self.key_bits();
        let mut found = pin!(self.buckets(records, move |band, sorted| {
            let mut edges = Vec::new();
            links::groups(sorted, key_bits, &mut |group| {
                let first = group[0] as u32;
                let order = python_set_order(group.iter().map(|record| *record as u32));
                edges.extend(
                    (0..)
                        .zip(order)
                        .map(|(place, other)| record(first, place, other)),
                );
            });
            Ok((band, edges))
        }));
        let what = "links of documents";
        let (mut of_band, mut edges) = (0, Edges::new(self.run, what)?);
        while let Some((band, more)) = found.try_next().await? {
            if band != of_band {
                let whole = std::mem::replace(&mut edges, Edges::new(self.run, what)?);
                whole.each(self.run, |first, other| linker.link(other, first))?;
                of_band = band;
            }
            more.into_iter().try_for_each(|edge| edges.push(edge))?;
        }
        edges.each(self.run, |first, other| linker.link(other, first))
    }

    /// Links documents of one key, or those of them that are similar enough: band by band, in the order of keys.
    ///
    /// Records have hashes of keys, whose order says nothing. They tell which documents are the first of a group; the keys of
    /// these are read again, and sorted.
    async fn link_in_order(
        &self,
        records: Arc<Blocks>,
        linker: &mut Linker,
        verifier: &mut Option<Verifier>,
    ) -> Result<()> {
        let Some(signature) = &self.keys.signature else {
            return Err(Error::internal("keys without a signature have no order"));
        };
        let (run, bands) = (self.run, self.bands.len());
        let documents = run.sources.documents();
        let firsts = Arc::new(Firsts::new(bands, documents));
        let blocks = |what, buckets| {
            Arc::new(Blocks::new(
                run.engine.runtime(),
                self.memory,
                what,
                buckets,
            ))
        };
        let chains = blocks("links of documents", bands);
        let (key_bits, marked, into) = (self.key_bits(), Arc::clone(&firsts), Arc::clone(&chains));
        let marking = self.buckets(records, move |band, sorted| {
            let mut links = Vec::new();
            marked.mark(band, sorted, key_bits, &mut links);
            links.shrink_to_fit();
            match links.is_empty() {
                true => Ok(()),
                false => into.push(band, links),
            }
        });
        marking.try_for_each(|()| async { Ok(()) }).await?;
        chains.finish()?;

        let any: Vec<u64> = firsts.of_any_band().into_iter().map(u64::to_le).collect();
        let any = BooleanBuffer::new(Buffer::from_vec(any), 0, documents);
        let (cut, block) = (self.cut(signature), self.layout.block);
        let count = any.count_set_bits() as u64;
        run.progress.begin(
            &format!("reading {} of groups", self.words()),
            "documents",
            count,
        );
        let keyed = blocks("keys of groups", bands * PIECES);
        if count > 0 {
            reading::read(run, &self.keys.columns(), Some(&any), || {
                Ok(Gathering {
                    cut,
                    block,
                    firsts: Arc::clone(&firsts),
                    open: vec![Vec::new(); bands * PIECES],
                    keyed: Arc::clone(&keyed),
                    memory: self.memory.new_empty(),
                })
            })
            .await?;
        }
        keyed.finish()?;
        drop((any, firsts));

        let total = documents as u64 * bands as u64;
        run.progress
            .begin(&format!("linking {}", self.words()), "keys", total);
        for band in 0..bands {
            let memory = self.memory.new_empty();
            let next = links::next_of(documents, &chains.take(band, &memory)?);
            memory.free();
            let (of_band, base) = (Arc::clone(&keyed), Arc::new(self.memory.new_empty()));
            let threads = run.engine.options().threads;
            let mut pieces = pin!(reading::in_order(threads, PIECES, move |piece| {
                let memory = base.new_empty();
                let blocks = of_band.take(band * PIECES + piece, &memory)?;
                let bytes = blocks.iter().map(Vec::len).sum::<usize>();
                // A place takes less than a key with its document.
                memory.try_grow(bytes)?;
                Ok(links::in_order(&blocks, cut.1))
            }));
            while let Some(firsts) = pieces.try_next().await? {
                match (&mut *linker, &mut *verifier) {
                    (Linker::Ordered(trees), None) => trees.link_chains(&firsts, &next),
                    (linker, verifier) => {
                        for first in firsts {
                            let (mut before, mut document) = (first, next[first as usize]);
                            while before != document {
                                match verifier {
                                    None => linker.link(before, document),
                                    Some(verifier) => {
                                        verifier
                                            .push(run, linker, (first, before, document))
                                            .await?;
                                    }
                                }
                                (before, document) = (document, next[document as usize]);
                            }
                        }
                    }
                }
            }
            run.progress.add(documents as u64, 0, documents as u64);
        }
        for spilled in [chains, keyed] {
            run.spilled.fetch_add(spilled.spilled(), Ordering::Relaxed);
        }
        Ok(())
    }
}

/// What records are made of.
#[derive(Clone, Debug)]
enum MadeOf {
    /// Bands of a signature: where the first begins, and bytes of one.
    Signature((usize, usize)),
    /// These columns, and the column of priorities.
    Keys(Range<usize>, Option<usize>),
}

/// Makes records of keys.
struct Scattering {
    made_of: MadeOf,
    scatter: Scatter,
    records: Arc<Blocks>,
    _memory: MemoryReservation,
}

impl Worker for Scattering {
    fn take(&mut self, columns: &[ArrayRef], documents: &[u32]) -> Result<()> {
        match &self.made_of {
            MadeOf::Signature(cut) => {
                scatter_bands(&columns[0], documents, *cut, &mut self.scatter)?;
            }
            MadeOf::Keys(bands, priority) => {
                let priority = priority.map(|column| &columns[column]);
                scatter_keys(
                    &columns[bands.clone()],
                    priority,
                    documents,
                    &mut self.scatter,
                )?;
            }
        }
        for (bucket, block) in self.scatter.take_full() {
            self.records.push(bucket, block)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        for (bucket, mut block) in self.scatter.finish() {
            block.shrink_to_fit();
            self.records.push(bucket, block)?;
        }
        Ok(())
    }
}

/// Gathers the keys of documents that are the first of a group.
struct Gathering {
    cut: (usize, usize),
    block: usize,
    firsts: Arc<Firsts>,
    open: Vec<Vec<u8>>,
    keyed: Arc<Blocks>,
    memory: MemoryReservation,
}

impl Worker for Gathering {
    fn take(&mut self, columns: &[ArrayRef], documents: &[u32]) -> Result<()> {
        gather_keys(
            &columns[0],
            documents,
            self.cut,
            &self.firsts,
            &mut self.open,
        )?;
        for (bucket, open) in self.open.iter_mut().enumerate() {
            if open.len() >= self.block {
                let mut block = std::mem::take(open);
                block.shrink_to_fit();
                self.keyed.push(bucket, block)?;
            }
        }
        let open = self.open.iter().map(Vec::capacity).sum();
        Ok(self.memory.try_resize(open)?)
    }

    fn finish(self) -> Result<()> {
        for (bucket, mut block) in self.open.into_iter().enumerate() {
            if !block.is_empty() {
                block.shrink_to_fit();
                self.keyed.push(bucket, block)?;
            }
        }
        Ok(())
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
        let mut facts = self.keys.clone();
        facts.extend(self.priority.map(|priority| format!("{priority} DESC")));
        if let Some(demand) = self.demand {
            facts.push(format!("at least {}", demand.similarity));
        }
        for name in self.functions {
            let print = engine.functions().fingerprint(name).unwrap_or_default();
            facts.push(format!("{name} {print:032x}"));
        }
        facts.join("\n")
    }

    fn verified(&self, similarity: f64) -> Option<Self> {
        let scheme = self.signature.as_ref()?.scheme;
        Some(Self {
            demand: Some(Demand { scheme, similarity }),
            ..self.clone()
        })
    }

    fn curve(&self) -> Option<Bands> {
        self.signature.as_ref().map(|signature| signature.cut)
    }

    fn link<'a>(
        &'a self,
        run: &'a Run<'_>,
        linker: &'a mut Linker,
    ) -> BoxFuture<'a, Result<Option<String>>> {
        Box::pin(self.link_all(run, linker))
    }
}
