//! Which pages of a layer's columns are fetched, and which are not.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::metrics::LayerMetrics;
use super::part::OpenPart;

/// The data pages of the named columns of some rows of a part.
#[derive(Debug)]
pub struct LayerPages {
    metrics: LayerMetrics,
    /// Where pages begin in the file, in order, and whether each has been fetched.
    starts: Vec<u64>,
    fetched: Vec<AtomicBool>,
    /// Where the wide columns lie in the file.
    wide: Vec<Range<u64>>,
}

impl LayerPages {
    /// Those of `columns` of the layer (whether each is wide beside it) that hold rows in `rows`; none of
    /// them is fetched yet.
    pub fn new(
        part: &OpenPart,
        columns: &[(usize, bool)],
        rows: &Range<u64>,
        metrics: LayerMetrics,
    ) -> Self {
        let mut starts = Vec::new();
        let mut wide = Vec::new();
        for (column, is_wide) in columns {
            let chunks = part.page_starts(*column, rows, &mut starts);
            if *is_wide {
                wide.extend(chunks);
            }
        }
        starts.sort_unstable();
        starts.dedup();
        metrics.pages_skipped.add(starts.len());
        Self {
            metrics,
            fetched: starts.iter().map(|_| AtomicBool::new(false)).collect(),
            starts,
            wide,
        }
    }

    /// Counts what is fetched: `ranges` of the file, `bytes` altogether.
    pub fn count(&self, ranges: &[Range<u64>], bytes: usize) {
        self.metrics.bytes.add(bytes);
        self.metrics.all_bytes.add(bytes);
        let mut pages = 0;
        for range in ranges {
            let from = self.starts.partition_point(|start| *start < range.start);
            let to = self.starts.partition_point(|start| *start < range.end);
            let fresh = self.fetched[from..to]
                .iter()
                .filter(|fetched| !fetched.swap(true, Ordering::Relaxed));
            pages += fresh.count();
            if self.wide.iter().any(|chunk| chunk.contains(&range.start)) {
                self.metrics
                    .text_bytes
                    .add((range.end - range.start) as usize);
            }
        }
        self.metrics.pages_read.add(pages);
        self.metrics.pages_skipped.sub(pages);
    }
}
