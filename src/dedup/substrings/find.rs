//! Windows that occur more than once → ranges of the sequence.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use corpusql_text::substrings::{
    Copies, HEADER, Repeated, Seen, Windows, mark_places, marked_places, part_places, part_windows,
};
use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::Int64Type;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::execution::runtime_env::RuntimeEnv;

use super::super::spill::{Bucket, Buckets};
use super::super::way::Run;
use super::chunks;
use crate::error::{Error, Result};

/// A window: its hash, and where it begins.
const WINDOW: usize = Repeated::RECORD;

/// Where a window begins.
const PLACE: usize = Repeated::PLACE;

/// Buckets by a byte of the hash.
const FAN: usize = 256;

/// Bytes of a hash by which buckets are parted again.
const DEPTH: usize = 4;

/// Memory for the windows of a bucket, and for the places of one, where there is no limit.
const MEMORY: usize = 1 << 30;

/// The least of it.
const LEAST: usize = 16 << 20;

/// The bytes of the sequence that one bucket of places covers, at least.
const WIDTH: u64 = 4 << 20;

/// Slots of [`Seen`] for each byte of the sequence: about four for each anchor.
const SLOTS: f64 = 0.16;

/// The ranges, in order.
pub(super) struct Ranges {
    window: u64,
    buckets: std::vec::IntoIter<Bucket>,
    width: u64,
    /// Where the next bucket begins.
    next: u64,
    /// Where windows begin in this bucket, last first.
    places: Vec<u64>,
    /// The range that may go on.
    open: Option<Range<u64>>,
    memory: MemoryReservation,
}

/// Finds all ranges that are made of windows of `bytes` bytes.
pub(super) async fn ranges(run: &Run<'_>, bytes: usize, copies: Copies) -> Result<Ranges> {
    let windows = Arc::new(Windows::new(bytes));
    let runtime = Arc::clone(run.engine.runtime());
    let memory = run.reserve(0)?;
    let limit = run.engine.options().memory_limit;
    let budget = limit.map_or(MEMORY, |limit| (limit / 8).clamp(LEAST, MEMORY));

    // Pass 1.
    let length = length(run).await?;
    let slots = (length as f64 * SLOTS) as usize;
    let slots = slots.clamp(1 << 16, budget * 4);
    memory.try_grow(Seen::bytes(slots))?;
    let seen = Arc::new(Seen::new(slots));
    let (of, to) = (Arc::clone(&windows), Arc::clone(&seen));
    let note = move |chunk: &chunks::Chunk, memory: &mut Vec<u64>| {
        of.note(&chunk.bytes, memory, &to);
    };
    chunks::each(run, bytes, note, |()| Ok(())).await?;

    // Pass 2.
    let what = "windows of texts";
    let mut hashed = Buckets::new(&runtime, &memory, what, WINDOW, FAN)?;
    let (of, to) = (Arc::clone(&windows), Arc::clone(&seen));
    let hash = move |chunk: &chunks::Chunk, memory: &mut Vec<u64>| {
        let mut records = Vec::new();
        of.records(&chunk.bytes, chunk.start, memory, &to, &mut records);
        records
    };
    let held = run.reserve(chunks::memory(bytes))?;
    let mut parted = vec![Vec::new(); FAN];
    let keep = |records: Vec<u8>| {
        part_windows(&records, 0, &mut parted);
        hashed.push_all(&mut parted)
    };
    chunks::each(run, bytes, hash, keep).await?;
    drop((seen, parted, held));
    memory.shrink(Seen::bytes(slots));

    // Equal ones.
    let width = length.div_ceil(1024).max(WIDTH);
    let count = (length / width + 1) as usize;
    let mut places = Buckets::new(&runtime, &memory, what, PLACE, count)?;
    let threads = run.engine.options().threads.max(1);
    let each = budget / threads;
    let mut parted = vec![Vec::new(); count];
    let _memory = run.reserve(budget)?;
    let hashed = hashed.finish()?;
    run.note_buckets(&hashed);
    let mut waiting = hashed.into_iter();
    let mut tasks = VecDeque::new();
    loop {
        while tasks.len() < threads
            && let Some(bucket) = waiting.next()
        {
            let compare = Compare {
                runtime: Arc::clone(&runtime),
                memory: memory.new_empty(),
                copies,
                budget: each,
            };
            tasks.push_back(tokio::task::spawn_blocking(move || {
                let mut found = Buckets::new(&compare.runtime, &compare.memory, what, PLACE, 1)?;
                compare.bucket(bucket, 1, &mut found)?;
                found.finish()
            }));
        }
        let Some(task) = tasks.pop_front() else {
            break;
        };
        let found = task
            .await
            .map_err(|e| Error::internal("comparing windows failed").caused_by(e))??;
        for bucket in found {
            bucket.each(|records| {
                part_places(records, width, &mut parted);
                places.push_all(&mut parted)
            })?;
        }
    }
    let places = places.finish()?;
    run.note_buckets(&places);
    Ok(Ranges {
        window: bytes as u64,
        buckets: places.into_iter(),
        width,
        next: 0,
        places: Vec::new(),
        open: None,
        memory,
    })
}

/// Bytes of the sequence.
async fn length(run: &Run<'_>) -> Result<u64> {
    let sql = "SELECT CAST(coalesce(sum(text_bytes), 0) AS BIGINT) AS bytes FROM corpus";
    let batches = run.planner()?.plan(sql).await?.collect().await?;
    let bytes: i64 = batches
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().iter())
        .sum();
    Ok(bytes as u64 + (HEADER * run.sources.documents()) as u64)
}

/// Finds equal windows in buckets.
struct Compare {
    runtime: Arc<RuntimeEnv>,
    memory: MemoryReservation,
    copies: Copies,
    /// Bytes of memory for the windows of a bucket.
    budget: usize,
}

impl Compare {
    /// Adds where windows begin that are reported. The first `depth` bytes of the hashes are the same.
    fn bucket(&self, bucket: Bucket, depth: usize, found: &mut Buckets) -> Result<()> {
        let bytes = (bucket.records() as usize).saturating_mul(Repeated::MEMORY);
        if bytes > self.budget && depth < DEPTH {
            let what = "windows of texts";
            let mut parted = Buckets::new(&self.runtime, &self.memory, what, WINDOW, FAN)?;
            let mut open = vec![Vec::new(); FAN];
            bucket.each(|records| {
                part_windows(records, depth, &mut open);
                parted.push_all(&mut open)
            })?;
            drop((open, bucket));
            return parted
                .finish()?
                .into_iter()
                .try_for_each(|bucket| self.bucket(bucket, depth + 1, found));
        }
        let mut repeated = Repeated::default();
        let mut places = Vec::new();
        bucket.each(|records| {
            places.clear();
            repeated.add(records, self.copies, &mut places);
            found.push(0, &places)
        })
    }
}

impl Ranges {
    /// The next range.
    pub(super) fn next(&mut self) -> Result<Option<Range<u64>>> {
        loop {
            while let Some(&place) = self.places.last() {
                match &mut self.open {
                    Some(open) if place <= open.end => open.end = place + self.window,
                    Some(_) => return Ok(self.open.take()),
                    open @ None => *open = Some(place..place + self.window),
                }
                self.places.pop();
            }
            let Some(bucket) = self.buckets.next() else {
                return Ok(self.open.take());
            };
            self.load(bucket)?;
        }
    }

    /// Puts the places of a bucket in order.
    fn load(&mut self, bucket: Bucket) -> Result<()> {
        let first = self.next;
        self.next += self.width;
        if bucket.records() == 0 {
            return Ok(());
        }
        // What was taken for the bucket before is used again.
        let bytes = self.width as usize / 8 + bucket.records() as usize * PLACE;
        if bytes > self.memory.size() {
            self.memory.try_resize(bytes)?;
        }
        let mut marks = vec![0_u64; self.width.div_ceil(64) as usize];
        bucket.each(|records| {
            mark_places(records, first, &mut marks);
            Ok(())
        })?;
        marked_places(&marks, first, &mut self.places);
        Ok(())
    }
}
