//! Pages → strings, only of wanted rows.

use std::io::{self, Cursor};
use std::ops::Range;

use datafusion::arrow::array::{BooleanBufferBuilder, StringViewArray, make_view};
use datafusion::arrow::buffer::{BooleanBuffer, Buffer, NullBuffer};
use datafusion::parquet::basic::{Compression, Encoding, Type as PhysicalType};
use datafusion::parquet::errors::{ParquetError, Result};
use datafusion::parquet::file::metadata::ColumnChunkMetaData;
use datafusion::parquet::file::page_index::offset_index::PageLocation;
use zstd::bulk::Decompressor;

use crate::header::{PageForm, PageHeader};
use crate::levels;

/// Texts lie together in buffers of this size, unless one is larger.
const BLOCK_BYTES: usize = 1 << 20;
/// Up to so many bytes a text is part of its view.
const INLINE_BYTES: usize = 12;

/// Whether the pages of a column chunk can be read here, page by page, given that it has a page index.
pub fn is_readable(chunk: &ColumnChunkMetaData) -> bool {
    let column = chunk.column_descr();
    let plain = chunk
        .encodings()
        .all(|e| matches!(e, Encoding::PLAIN | Encoding::RLE));
    column.physical_type() == PhysicalType::BYTE_ARRAY
        && column.max_rep_level() == 0
        && column.max_def_level() <= 1
        && matches!(chunk.compression(), Compression::ZSTD(_))
        && chunk.dictionary_page_offset().is_none()
        && plain
}

/// A page that has wanted rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedPage {
    /// Where it lies in the file, with its header.
    pub bytes: Range<u64>,
    /// Its rows.
    pub rows: usize,
    /// Which of them are wanted, a bit each; all without.
    pub wanted: Option<BooleanBuffer>,
}

impl WantedPage {
    /// How many rows are wanted.
    pub fn count(&self) -> usize {
        self.wanted
            .as_ref()
            .map_or(self.rows, BooleanBuffer::count_set_bits)
    }
}

/// The pages with wanted rows of a column chunk, in order. The chunk has the rows `held` of its file and its pages are
/// `locations`. Wanted are the rows of `rows`, of these the ones whose bit in `selection` is set.
pub fn wanted_pages(
    locations: &[PageLocation],
    held: &Range<u64>,
    rows: &Range<u64>,
    selection: Option<&BooleanBuffer>,
) -> Vec<WantedPage> {
    let mut pages = Vec::new();
    let first_row = |page: &PageLocation| held.start + unsigned(page.first_row_index);
    let end = held.end.min(rows.end);
    let mut at = held.start.max(rows.start);
    loop {
        // The next wanted row, its page, and what else is wanted of that.
        if let (Some(selection), true) = (selection, at < end) {
            let offset = (at - rows.start) as usize;
            let rest = selection.slice(offset, (end - at) as usize);
            match rest.set_indices().next() {
                Some(skipped) => at += skipped as u64,
                None => break,
            }
        }
        if at >= end {
            break;
        }
        let page = locations.partition_point(|page| first_row(page) <= at);
        let Some(location) = page.checked_sub(1).map(|page| &locations[page]) else {
            break;
        };
        let all = first_row(location)..locations.get(page).map_or(held.end, first_row);
        let inside = all.start.max(rows.start)..all.end.min(end);
        let wanted = match selection {
            None if inside == all => None,
            selection => {
                let mut wanted = BooleanBufferBuilder::new((all.end - all.start) as usize);
                wanted.append_n((inside.start - all.start) as usize, false);
                let length = (inside.end - inside.start) as usize;
                match selection {
                    None => wanted.append_n(length, true),
                    Some(bits) => {
                        let offset = (inside.start - rows.start) as usize;
                        wanted.append_buffer(&bits.slice(offset, length));
                    }
                }
                wanted.append_n((all.end - inside.end) as usize, false);
                let wanted = wanted.finish();
                (wanted.count_set_bits() < wanted.len()).then_some(wanted)
            }
        };
        let start = unsigned(location.offset);
        let size = u64::try_from(location.compressed_page_size).unwrap_or_default();
        pages.push(WantedPage {
            bytes: start..start + size,
            rows: (all.end - all.start) as usize,
            wanted,
        });
        at = inside.end.max(at + 1);
    }
    pages
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// Decodes pages of one column into arrays.
pub struct PageDecoder {
    /// Whether pages have definition levels.
    nullable: bool,
    unpacker: Decompressor<'static>,
    /// A page of which not all is wanted.
    page: Vec<u8>,
    views: Vec<u128>,
    nulls: BooleanBufferBuilder,
    /// The texts of the array in the making.
    blocks: Vec<Buffer>,
    block: Vec<u8>,
    bytes: usize,
}

impl PageDecoder {
    /// A decoder of a column that may have NULLs or not.
    pub fn new(nullable: bool) -> Result<Self> {
        Ok(Self {
            nullable,
            unpacker: Decompressor::new().map_err(cannot_unpack)?,
            page: Vec::new(),
            views: Vec::new(),
            nulls: BooleanBufferBuilder::new(0),
            blocks: Vec::new(),
            block: Vec::new(),
            bytes: 0,
        })
    }

    /// Rows decoded since the last array.
    pub fn rows(&self) -> usize {
        self.views.len()
    }

    /// Bytes that they take in memory.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds the wanted rows of a page, which is `bytes` with its header.
    pub fn push(&mut self, page: &WantedPage, bytes: &[u8]) -> Result<()> {
        let (header, length) =
            PageHeader::parse(bytes).ok_or_else(|| damaged("it has no header of plain values"))?;
        let packed = bytes
            .get(length..length.saturating_add(header.packed))
            .ok_or_else(|| damaged("it is shorter than it says"))?;
        if header.values != page.rows {
            return Err(damaged(format!(
                "it has {} rows, expected {}",
                header.values, page.rows
            )));
        }
        let (levels, values, is_packed) = match header.form {
            PageForm::First => (&[][..], packed, true),
            PageForm::Second {
                levels, is_packed, ..
            } => {
                let (levels, values) = packed
                    .split_at_checked(levels)
                    .ok_or_else(|| damaged("its levels are longer than itself"))?;
                (levels, values, is_packed)
            }
        };
        let unpacked = header
            .unpacked
            .checked_sub(levels.len())
            .ok_or_else(|| damaged("its levels are longer than itself"))?;
        if page.wanted.is_some() {
            // Only some texts are kept of it.
            let mut whole = std::mem::take(&mut self.page);
            whole.clear();
            self.unpack(values, unpacked, is_packed, &mut whole)?;
            let outcome = self.pick(page, levels, &header.form, &whole);
            self.page = whole;
            return outcome;
        }
        // All texts of the page stay where they are unpacked to.
        if self.block.capacity() - self.block.len() < unpacked {
            self.end_block();
            self.block.reserve_exact(unpacked.max(BLOCK_BYTES));
        }
        let mut block = std::mem::take(&mut self.block);
        let start = block.len();
        let outcome = self
            .unpack(values, unpacked, is_packed, &mut block)
            .and_then(|()| self.keep(page, levels, &header.form, &block[start..], start));
        self.block = block;
        self.bytes += unpacked;
        outcome
    }

    /// The rows since the last array.
    pub fn finish(&mut self) -> Result<StringViewArray> {
        self.end_block();
        let nulls = self.nullable.then(|| NullBuffer::new(self.nulls.finish()));
        self.bytes = 0;
        let views = std::mem::take(&mut self.views);
        let blocks = std::mem::take(&mut self.blocks);
        let nulls = nulls.filter(|nulls| nulls.null_count() > 0);
        Ok(StringViewArray::try_new(views.into(), blocks, nulls)?)
    }

    fn end_block(&mut self) {
        if !self.block.is_empty() {
            let mut block = std::mem::take(&mut self.block);
            if 2 * block.len() < block.capacity() {
                block.shrink_to_fit();
            }
            self.blocks.push(Buffer::from_vec(block));
        }
    }

    /// Appends the unpacked page to `to`.
    fn unpack(
        &mut self,
        values: &[u8],
        unpacked: usize,
        is_packed: bool,
        to: &mut Vec<u8>,
    ) -> Result<()> {
        let start = to.len();
        if !is_packed {
            to.extend_from_slice(values);
        } else if unpacked > 0 {
            to.reserve(unpacked);
            let mut cursor = Cursor::new(&mut *to);
            cursor.set_position(start as u64);
            self.unpacker
                .decompress_to_buffer(values, &mut cursor)
                .map_err(cannot_unpack)?;
        }
        if to.len() - start != unpacked {
            return Err(damaged(format!(
                "it has {} bytes, expected {unpacked}",
                to.len() - start
            )));
        }
        Ok(())
    }

    /// Which rows have a value, and the values: `page` behind its levels.
    fn split<'a>(
        &self,
        rows: usize,
        levels: &'a [u8],
        form: &PageForm,
        page: &'a [u8],
    ) -> Result<(Option<BooleanBuffer>, &'a [u8])> {
        if !self.nullable {
            return Ok((None, page));
        }
        let too_few = || damaged("it has too few levels");
        let (levels, values) = match form {
            PageForm::Second { .. } => (levels, page),
            PageForm::First => {
                let (length, rest) = page.split_first_chunk::<4>().ok_or_else(too_few)?;
                let length = u32::from_le_bytes(*length) as usize;
                rest.split_at_checked(length).ok_or_else(too_few)?
            }
        };
        let mut valid = levels::decode(levels, rows).ok_or_else(too_few)?;
        Ok((Some(valid.finish()), values))
    }

    /// Adds all rows of a page that has been unpacked into the block, at `start`.
    fn keep(
        &mut self,
        page: &WantedPage,
        levels: &[u8],
        form: &PageForm,
        unpacked: &[u8],
        start: usize,
    ) -> Result<()> {
        let (valid, values) = self.split(page.rows, levels, form, unpacked)?;
        let block = u32::try_from(self.blocks.len()).map_err(|_| too_many())?;
        let base = start + (unpacked.len() - values.len());
        let mut left = Values { values, at: 0 };
        for row in 0..page.rows {
            if valid.as_ref().is_some_and(|valid| !valid.value(row)) {
                self.views.push(0);
                continue;
            }
            let (text, at) = left.next()?;
            let offset = u32::try_from(base + at).map_err(|_| too_many())?;
            self.views.push(make_view(text, block, offset));
        }
        if let Some(valid) = valid {
            self.nulls.append_buffer(&valid);
        }
        left.end()
    }

    /// Adds some rows of an unpacked page: copies their texts.
    fn pick(
        &mut self,
        page: &WantedPage,
        levels: &[u8],
        form: &PageForm,
        unpacked: &[u8],
    ) -> Result<()> {
        let (valid, values) = self.split(page.rows, levels, form, unpacked)?;
        let mut left = Values { values, at: 0 };
        for row in 0..page.rows {
            let is_wanted = page.wanted.as_ref().is_none_or(|wanted| wanted.value(row));
            let is_valid = valid.as_ref().is_none_or(|valid| valid.value(row));
            if is_wanted && self.nullable {
                self.nulls.append(is_valid);
            }
            if !is_valid {
                self.views.extend(is_wanted.then_some(0));
                continue;
            }
            let (text, _) = left.next()?;
            if is_wanted {
                let view = self.copied(text)?;
                self.views.push(view);
            }
        }
        left.end()
    }

    fn copied(&mut self, text: &[u8]) -> Result<u128> {
        if text.len() > INLINE_BYTES && self.block.capacity() - self.block.len() < text.len() {
            self.end_block();
            self.block.reserve_exact(text.len().max(BLOCK_BYTES));
        }
        let block = u32::try_from(self.blocks.len()).map_err(|_| too_many())?;
        let offset = u32::try_from(self.block.len()).map_err(|_| too_many())?;
        if text.len() > INLINE_BYTES {
            self.block.extend_from_slice(text);
            self.bytes += text.len();
        }
        Ok(make_view(text, block, offset))
    }
}

/// Plain values one after the other, each behind its length.
struct Values<'a> {
    values: &'a [u8],
    at: usize,
}

impl<'a> Values<'a> {
    /// The next value, and where it stands.
    fn next(&mut self) -> Result<(&'a [u8], usize)> {
        let short = || damaged("its values are longer than itself");
        let rest = self.values.get(self.at..).ok_or_else(short)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
        let length = u32::from_le_bytes(*length) as usize;
        let value = rest.get(..length).ok_or_else(short)?;
        let at = self.at + 4;
        self.at = at + length;
        Ok((value, at))
    }

    fn end(self) -> Result<()> {
        if self.at == self.values.len() {
            return Ok(());
        }
        Err(damaged("it has more values than rows"))
    }
}

fn damaged(what: impl std::fmt::Display) -> ParquetError {
    ParquetError::General(format!("a page is damaged: {what}"))
}

fn too_many() -> ParquetError {
    ParquetError::General("texts of more than 4 GiB in one array".to_string())
}

fn cannot_unpack(error: io::Error) -> ParquetError {
    damaged(format!("zstd cannot unpack it: {error}"))
}
