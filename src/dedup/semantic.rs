//! Documents of one meaning: those whose embeddings point in nearly one direction, after SemDeDup.
//!
//! ```text
//! embeddings ─▶ a sample ─▶ centroids of cells (k-means) ─▶ embeddings in buckets by cell (spilling) ─▶ cell by cell: alike ones, linked
//! ```
//!
//! Only embeddings of one cell are compared. In a cell, documents come in the order of how far they are from its centroid, the
//! farthest first; a document goes when one before it is like it (SemDeDup's `keep_hard`), and is linked to the first of those.
//! Nothing depends on threads or parts: the sample is drawn by the documents' numbers, and sums have a fixed order.

use std::collections::BinaryHeap;

use corpusql_text::vectors::{Cells, first_alike, normalise};
use datafusion::arrow::array::{Array, ArrayRef, AsArray, Float32Array, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float32Type};
use datafusion::execution::memory_pool::MemoryReservation;
use futures::TryStreamExt;
use futures::future::BoxFuture;

use super::Preset;
use super::clusters::{Clusters, Links, Survivor};
use super::linker::Linker;
use super::spill::{Bucket, Buckets};
use super::way::{Read, Run};
use crate::error::{Error, Result};
use crate::query::select::quoted;
use crate::session::Engine;

/// Raised when the same embeddings give other links.
const VERSION: u32 = 1;

/// The name of the preset.
const NAME: &str = "semantic";

/// Rounds of k-means.
const ROUNDS: usize = 10;

/// Embeddings for each cell on which it is trained.
const TRAINED_ON: usize = 64;

/// The most buckets of cells.
const BUCKETS: usize = 256;

/// What is compared, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Semantic {
    /// The column of embeddings: lists of numbers of one length.
    pub column: String,
    /// How many cells; as many as the square root of the documents without.
    pub cells: Option<usize>,
    /// The least cosine of the angle between duplicates: 1 − ε.
    pub threshold: f32,
}

impl Default for Semantic {
    fn default() -> Self {
        Self {
            column: "embedding".to_string(),
            cells: None,
            threshold: 0.95,
        }
    }
}

/// The default.
pub fn presets() -> Vec<Preset> {
    vec![Semantic::default().preset()]
}

impl Semantic {
    /// It, as a preset.
    pub fn preset(self) -> Preset {
        let about = format!(
            "embeddings in column {} with a cosine of at least {} in {} cells",
            self.column,
            self.threshold,
            self.cells
                .map_or("as many as the root of the documents".to_string(), |n| n
                    .to_string()),
        );
        let mut arguments = NAME.to_string();
        let standard = Self::default();
        if self.column != standard.column {
            arguments.push_str(&format!(" --embedding {}", self.column));
        }
        if let Some(cells) = self.cells {
            arguments.push_str(&format!(" --cells {cells}"));
        }
        if self.threshold != standard.threshold {
            arguments.push_str(&format!(" --cosine {}", self.threshold));
        }
        let survivor = Survivor::Leading;
        let clusters = Clusters {
            links: self,
            survivor,
        };
        Preset {
            arguments,
            ..Preset::new(NAME, about, clusters)
        }
    }

    fn sql(&self) -> String {
        format!("SELECT {} AS embedding FROM corpus", quoted(&self.column))
    }

    /// Hands out all documents that have a direction, and how many documents there were without.
    async fn each(
        &self,
        run: &Run<'_>,
        step: &str,
        mut vector: impl FnMut(u32, &[f32]) -> Result<()>,
    ) -> Result<u64> {
        let documents = run.sources.documents() as u64;
        run.progress.begin(step, "documents", documents);
        let planned = run.planner()?.plan(&self.sql()).await?;
        let mut batches = planned.stream().await?;
        let (mut document, mut without) = (0, 0);
        let mut dimension = None;
        let mut own = Vec::new();
        while let Some(batch) = batches.try_next().await? {
            let lists = Lists::of(&batch, &self.column)?;
            for row in 0..batch.num_rows() {
                let has_direction = lists.read(row, &mut own) && normalise(&mut own);
                if has_direction {
                    let expected = *dimension.get_or_insert(own.len());
                    if own.len() != expected {
                        return Err(Error::user(format!(
                            "{} of document number {} has {} numbers, those before it have {expected}",
                            self.column,
                            document + 1,
                            own.len()
                        ))
                        .hint("embeddings that are compared have one length"));
                    }
                    vector(document, &own)?;
                } else {
                    without += 1;
                }
                document += 1;
            }
            run.progress.add(0, 0, batch.num_rows() as u64);
        }
        Ok(without)
    }

    async fn link_all(&self, run: &Run<'_>, linker: &mut Linker) -> Result<String> {
        let documents = run.sources.documents();
        let wanted = self
            .cells
            .unwrap_or((documents as f64).sqrt().ceil() as usize);
        let memory = run.reserve(0)?;
        let mut sample = Sample::new(wanted.max(1) * TRAINED_ON, memory.new_empty());
        let without = self
            .each(run, "drawing a sample", |document, vector| {
                sample.add(document, vector)
            })
            .await
            .map_err(|e| too_large(e, "the sample on which cells are trained", "fewer"))?;
        let (vectors, dimension) = sample.vectors()?;
        let words = |cells: usize| match without {
            0 => format!("{cells} cells"),
            n => format!(
                "{cells} cells; {n} documents have no embedding with a direction and stay alone"
            ),
        };
        if dimension == 0 {
            return Ok(words(0));
        }
        let cells = tokio::task::spawn_blocking(move || {
            Cells::train(&vectors, dimension, wanted.max(1), ROUNDS)
        })
        .await
        .map_err(|e| Error::internal("training cells failed").caused_by(e))?;
        drop(sample);

        let record = Record { dimension };
        let per_bucket = cells.len().div_ceil(BUCKETS);
        let mut buckets = Buckets::new(
            run.engine.runtime(),
            &memory,
            "embeddings by cell",
            record.bytes(),
            cells.len().div_ceil(per_bucket),
        )?;
        let mut bytes = Vec::new();
        self.each(run, "finding cells", |document, vector| {
            let (cell, like) = cells.nearest(vector);
            record.write(cell as u32, document, like, vector, &mut bytes);
            buckets.push(cell / per_bucket, &bytes)
        })
        .await?;
        let compared = documents as u64 - without;
        run.progress
            .begin("comparing in cells", "documents", compared);
        let buckets = buckets.finish()?;
        run.note_buckets(&buckets);
        for bucket in buckets {
            let count = bucket.records();
            self.link_bucket(bucket, record, &memory, linker)
                .map_err(|e| too_large(e, "the embeddings of a cell", "more"))?;
            run.progress.add(0, 0, count);
        }
        Ok(words(cells.len()))
    }

    /// Links alike documents in each cell of a bucket.
    fn link_bucket(
        &self,
        bucket: Bucket,
        record: Record,
        memory: &MemoryReservation,
        linker: &mut Linker,
    ) -> Result<()> {
        let count = bucket.records() as usize;
        let memory = memory.new_empty();
        memory.try_grow(count * (record.bytes() + 40))?;
        let mut vectors = Vec::with_capacity(count * record.dimension);
        // Cell, likeness to its centroid, document, where the vector stands.
        let mut places: Vec<(u32, f32, u32, usize)> = Vec::with_capacity(count);
        bucket.each(|records| {
            for bytes in records.chunks_exact(record.bytes()) {
                let (cell, document, like) = record.read(bytes, &mut vectors);
                places.push((cell, like, document, places.len()));
            }
            Ok(())
        })?;
        places.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        for cell in places.chunk_by(|a, b| a.0 == b.0) {
            let order: Vec<_> = cell.iter().map(|place| place.3).collect();
            let alike = first_alike(&vectors, record.dimension, &order, self.threshold);
            for (later, earlier) in alike.into_iter().enumerate() {
                if let Some(earlier) = earlier {
                    linker.link(cell[earlier].2, cell[later].2);
                }
            }
        }
        Ok(())
    }
}

/// Says what memory was too small for, and what to do.
fn too_large(error: Error, what: &str, cells: &str) -> Error {
    if !error.message().starts_with("out of memory") {
        return error;
    }
    error
        .context(format!("{NAME}: {what}"))
        .hint(format!("raise --memory-limit, or give {cells} --cells"))
}

impl Links for Semantic {
    fn reads(&self) -> Vec<Read> {
        Vec::new()
    }

    fn script(&self) -> String {
        format!(
            "-- directions are put into cells by k-means, {ROUNDS} rounds, on a sample of {TRAINED_ON} documents a cell; in a cell,\n\
             -- a document is linked to the first one that is farther from the centroid and whose cosine is at least {}\n{};\n",
            self.threshold,
            self.sql()
        )
    }

    fn facts(&self, _engine: &Engine) -> String {
        format!(
            "{VERSION} {} {:?} {}",
            self.column, self.cells, self.threshold
        )
    }

    fn link<'a>(
        &'a self,
        run: &'a Run<'_>,
        linker: &'a mut Linker,
    ) -> BoxFuture<'a, Result<Option<String>>> {
        Box::pin(async move { self.link_all(run, linker).await.map(Some) })
    }
}

/// The embeddings of a batch.
struct Lists {
    array: ArrayRef,
}

impl Lists {
    fn of(batch: &RecordBatch, column: &str) -> Result<Self> {
        let array = batch.column(0);
        let item = match array.data_type() {
            DataType::List(item)
            | DataType::LargeList(item)
            | DataType::FixedSizeList(item, _)
            | DataType::ListView(item)
            | DataType::LargeListView(item) => Some(item.data_type()),
            _ => None,
        };
        if !item.is_some_and(|item| item.is_numeric() || *item == DataType::Null) {
            return Err(Error::user(format!(
                "{column} is no column of embeddings: expected lists of numbers, found {}",
                array.data_type()
            ))
            .hint("--embedding COLUMN names another"));
        }
        let wanted = DataType::new_large_list(DataType::Float32, true);
        Ok(Self {
            array: cast(array, &wanted)?,
        })
    }

    /// Copies the numbers of a row; false when it is NULL, or one of them is.
    fn read(&self, row: usize, out: &mut Vec<f32>) -> bool {
        out.clear();
        if self.array.is_null(row) {
            return false;
        }
        let list = self.array.as_list::<i64>().value(row);
        let numbers: &Float32Array = list.as_primitive::<Float32Type>();
        out.extend_from_slice(numbers.values());
        numbers.null_count() == 0 && !out.is_empty()
    }
}

/// The documents with the smallest hashes of their numbers: the same whatever comes in which batch.
struct Sample {
    size: usize,
    /// The largest hash first; with each the place of its vector.
    chosen: BinaryHeap<(u64, usize)>,
    vectors: Vec<Vec<f32>>,
    memory: MemoryReservation,
}

impl Sample {
    fn new(size: usize, memory: MemoryReservation) -> Self {
        Self {
            size,
            chosen: BinaryHeap::new(),
            vectors: Vec::new(),
            memory,
        }
    }

    fn add(&mut self, document: u32, vector: &[f32]) -> Result<()> {
        let hash = hash(document);
        if self.vectors.len() < self.size {
            // Once as it comes, once side by side with the others, and in sums.
            self.memory.try_grow(16 * vector.len() + 64)?;
            self.chosen.push((hash, self.vectors.len()));
            self.vectors.push(vector.to_vec());
        } else if let Some(mut largest) = self.chosen.peek_mut()
            && hash < largest.0
        {
            self.vectors[largest.1].copy_from_slice(vector);
            largest.0 = hash;
        }
        Ok(())
    }

    /// All of them, side by side in the order of their hashes, and the length of one.
    fn vectors(&mut self) -> Result<(Vec<f32>, usize)> {
        let chosen = std::mem::take(&mut self.chosen).into_sorted_vec();
        let dimension = self.vectors.first().map_or(0, Vec::len);
        let mut all = Vec::with_capacity(chosen.len() * dimension);
        for (_, place) in chosen {
            all.append(&mut self.vectors[place]);
        }
        Ok((all, dimension))
    }
}

/// A number that looks random: the finaliser of SplitMix64.
fn hash(document: u32) -> u64 {
    let mut hash = (u64::from(document) + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    hash = (hash ^ hash >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    hash = (hash ^ hash >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    hash ^ hash >> 31
}

/// How an embedding is written: cell, document, likeness to the centroid, numbers; four bytes each.
#[derive(Clone, Copy)]
struct Record {
    dimension: usize,
}

impl Record {
    fn bytes(self) -> usize {
        4 * (3 + self.dimension)
    }

    fn write(self, cell: u32, document: u32, like: f32, vector: &[f32], bytes: &mut Vec<u8>) {
        bytes.clear();
        for number in [cell, document, like.to_bits()] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for number in vector {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
    }

    fn read(self, bytes: &[u8], vectors: &mut Vec<f32>) -> (u32, u32, f32) {
        let (numbers, _) = bytes.as_chunks::<4>();
        let (head, vector) = numbers.split_at(3);
        vectors.extend(vector.iter().map(|number| f32::from_le_bytes(*number)));
        (
            u32::from_le_bytes(head[0]),
            u32::from_le_bytes(head[1]),
            f32::from_le_bytes(head[2]),
        )
    }
}
