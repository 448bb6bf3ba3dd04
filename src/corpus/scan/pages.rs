//! Which pages of a layer's columns are fetched, and which are not.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::metrics::LayerMetrics;
use super::part::{ColumnChunk, OpenPart, unsigned};

/// The data pages of the named columns of some rows of a part.
#[derive(Debug)]
pub struct LayerPages {
    metrics: LayerMetrics,
    part: Arc<OpenPart>,
    /// By where they lie in the file.
    chunks: Vec<Chunk>,
}

#[derive(Debug)]
struct Chunk {
    place: ColumnChunk,
    wide: bool,
    /// A bit for each of its pages with wanted rows: whether it has been fetched.
    fetched: Vec<AtomicU64>,
}

impl LayerPages {
    /// Those of `columns` of the layer (whether each is wide beside it) that hold rows in `rows`; none of
    /// them is fetched yet.
    pub fn new(
        part: &Arc<OpenPart>,
        columns: &[(usize, bool)],
        rows: &Range<u64>,
        metrics: LayerMetrics,
    ) -> Self {
        let of_column = |(column, wide): &(usize, bool)| {
            let wide = *wide;
            let chunks = part.chunks(*column, rows).into_iter();
            chunks.map(move |place| Chunk {
                wide,
                fetched: (0..place.pages.len().div_ceil(64))
                    .map(|_| AtomicU64::new(0))
                    .collect(),
                place,
            })
        };
        let mut chunks: Vec<Chunk> = columns.iter().flat_map(of_column).collect();
        chunks.sort_by_key(|chunk| chunk.place.bytes.start);
        chunks.dedup_by_key(|chunk| chunk.place.bytes.start);
        let pages = chunks.iter().map(|chunk| chunk.place.pages.len());
        metrics.pages_skipped.add(pages.sum());
        Self {
            metrics,
            part: Arc::clone(part),
            chunks,
        }
    }

    /// Counts what is fetched: `ranges` of the file, `bytes` altogether.
    pub fn count(&self, ranges: &[Range<u64>], bytes: usize) {
        self.metrics.bytes.add(bytes);
        self.metrics.all_bytes.add(bytes);
        let (mut pages, mut text) = (0, 0);
        for range in ranges {
            let after = self
                .chunks
                .partition_point(|chunk| chunk.place.bytes.start <= range.start);
            let Some(chunk) = after.checked_sub(1).map(|chunk| &self.chunks[chunk]) else {
                continue;
            };
            if chunk.wide && chunk.place.bytes.contains(&range.start) {
                text += range.end - range.start;
            }
            pages += chunk.fetch(&self.part, range);
        }
        self.metrics.text_bytes.add(text as usize);
        self.metrics.pages_read.add(pages);
        self.metrics.pages_skipped.sub(pages);
    }
}

impl Chunk {
    /// Marks its pages that begin in `range` of the file; how many are new.
    fn fetch(&self, part: &OpenPart, range: &Range<u64>) -> usize {
        let place = &self.place;
        let pages = &part.pages(place.row_group, place.leaf)[place.pages.clone()];
        let from = pages.partition_point(|page| unsigned(page.offset) < range.start);
        let to = from + pages[from..].partition_point(|page| unsigned(page.offset) < range.end);
        let mut fresh = 0;
        for page in from..to {
            let bit = 1 << (page % 64);
            let before = self.fetched[page / 64].fetch_or(bit, Ordering::Relaxed);
            fresh += usize::from(before & bit == 0);
        }
        fresh
    }
}
