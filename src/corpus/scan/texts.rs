//! Texts of a part from pages as a corpus writes them, page by page: see [`corpusql_pages`].

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use corpusql_pages::{PageDecoder, WantedPage, wanted_pages};
use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::buffer::BooleanBuffer;
use datafusion::execution::memory_pool::MemoryReservation;

use super::pages::LayerPages;
use super::part::OpenPart;
use crate::error::Result;

/// Text that makes a batch, whatever its rows.
const BATCH_BYTES: usize = 4 << 20;

/// Reads one column of strings in batches.
pub struct TextReader {
    part: Arc<OpenPart>,
    /// What is still to be decoded, in order, and its bytes once they are fetched.
    wanted: VecDeque<WantedPage>,
    fetched: VecDeque<Bytes>,
    decoder: PageDecoder,
    batch_rows: usize,
    pages: Arc<LayerPages>,
    reservation: MemoryReservation,
}

impl TextReader {
    /// A reader of the rows of `column` in `rows` whose bit in `selection` is set, in batches of about `batch_rows` or
    /// 4 MiB. A batch ends with a page.
    pub fn new(
        part: &Arc<OpenPart>,
        column: usize,
        rows: &Range<u64>,
        selection: Option<&BooleanBuffer>,
        batch_rows: usize,
        pages: Arc<LayerPages>,
        reservation: MemoryReservation,
    ) -> Result<Self> {
        let chunks = part.chunks(column, rows);
        let nullable = chunks
            .first()
            .is_some_and(|chunk| part.is_nullable(chunk.leaf));
        let wanted = chunks.iter().flat_map(|chunk| {
            let held = part.row_group_rows(chunk.row_group);
            let locations = part.pages(chunk.row_group, chunk.leaf);
            wanted_pages(locations, &held, rows, selection)
        });
        Ok(Self {
            wanted: wanted.collect(),
            part: Arc::clone(part),
            fetched: VecDeque::new(),
            decoder: PageDecoder::new(nullable)?,
            batch_rows,
            pages,
            reservation,
        })
    }

    /// The next rows; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<ArrayRef>> {
        if self.fetched.is_empty() && !self.wanted.is_empty() {
            self.fetch().await?;
        }
        while self.decoder.rows() < self.batch_rows && self.decoder.bytes() < BATCH_BYTES {
            let (Some(page), Some(bytes)) = (self.wanted.front(), self.fetched.front()) else {
                break;
            };
            // A large page does not follow others into their batch.
            let is_large = bytes.len() > BATCH_BYTES;
            if is_large && self.decoder.rows() > 0 {
                break;
            }
            self.decoder
                .push(page, bytes)
                .map_err(|e| self.part.unreadable(e))?;
            self.wanted.pop_front();
            self.fetched.pop_front();
        }
        if self.decoder.rows() == 0 {
            self.reservation.free();
            return Ok(None);
        }
        let array = self.decoder.finish().map_err(|e| self.part.unreadable(e))?;
        Ok(Some(Arc::new(array)))
    }

    async fn fetch(&mut self) -> Result<()> {
        let ranges: Vec<Range<u64>> = self.wanted.iter().map(|page| page.bytes.clone()).collect();
        let (fetched, bytes) = self.part.fetch(&ranges).await?;
        self.pages.count(&ranges, bytes);
        // Without a limit to fail at: what a row group needs, it needs. Who can spill does.
        self.reservation.resize(bytes);
        self.fetched = fetched.into();
        Ok(())
    }
}
