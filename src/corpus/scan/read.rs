//! Columns of some rows of one part: read from the layers' files, or computed.

use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use corpusql_udfs::PassTimes;
use datafusion::arrow::array::{
    Array, ArrayRef, StringViewBuilder, UInt32Array, UInt64Array, new_null_array,
};
use datafusion::arrow::compute::concat;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::object_store::ObjectStore;

use super::metrics::ScanMetrics;
use super::pages::LayerPages;
use super::part::{OpenPart, PartReader};
use super::program::{Compute, Stage};
use super::prune::prune;
use super::rows::{Positions, Rows};
use super::texts::TextReader;
use crate::corpus::table::{LayeredTable, Source};
use crate::error::{Error, Result};

/// Decoded text that is held at a time, and what a batch of it may weigh.
const BATCH_BYTES: u64 = 4 << 20;
/// Packed text that is fetched at a time, unless one page has more.
const FETCH_BYTES: u64 = 16 << 20;

/// Reads and computes columns of rows of one part.
#[derive(Clone, Debug)]
pub struct Reader {
    table: Arc<LayeredTable>,
    metrics: Arc<ScanMetrics>,
    number: usize,
    reservation: Arc<MemoryReservation>,
    /// The part's files by layer; only those that are read.
    parts: Arc<Vec<Option<Arc<OpenPart>>>>,
    /// Their pages by layer.
    pages: Arc<Vec<Option<Arc<LayerPages>>>>,
}

impl Reader {
    /// Opens the files of part `number` that hold `columns`, of which `rows` are going to be read.
    pub async fn open(
        table: &Arc<LayeredTable>,
        store: &Arc<dyn ObjectStore>,
        metrics: &Arc<ScanMetrics>,
        reservation: &Arc<MemoryReservation>,
        (number, rows): (usize, &Range<u64>),
        columns: impl Iterator<Item = &usize>,
    ) -> Result<Self> {
        let corpus = table.corpus();
        let mut parts: Vec<Option<Arc<OpenPart>>> = vec![None; table.layers().len()];
        let mut named: Vec<Vec<(usize, bool)>> = vec![Vec::new(); parts.len()];
        for column in columns {
            let Source::Stored {
                layer,
                column,
                wide,
            } = table.columns()[*column].source
            else {
                continue;
            };
            named[layer].push((column, wide));
            if parts[layer].is_none() {
                let layer_files = &table.layers()[layer];
                let opened = corpus.part_cache().open(store, corpus, layer_files, number);
                parts[layer] = Some(opened.await?);
            }
        }
        let pages = parts.iter().zip(&named).zip(&metrics.layers);
        let pages = pages.map(|((part, columns), metrics)| {
            let pages = LayerPages::new(part.as_ref()?, columns, rows, metrics.clone());
            Some(Arc::new(pages))
        });
        Ok(Self {
            table: Arc::clone(table),
            metrics: Arc::clone(metrics),
            reservation: Arc::clone(reservation),
            number,
            pages: Arc::new(pages.collect()),
            parts: Arc::new(parts),
        })
    }

    /// The counters.
    pub fn metrics(&self) -> &ScanMetrics {
        &self.metrics
    }

    /// Takes rows out that the statistics of the parts rule out.
    pub fn prune(&self, stage: &Stage, rows: &mut Rows) -> Result<()> {
        for conjunct in &stage.conjuncts {
            let pruned = prune(conjunct, rows, self.table.columns(), &self.parts)?;
            let metrics = &self.metrics;
            metrics
                .rows_pruned
                .add(pruned.by_row_groups + pruned.by_pages);
            metrics.rows_pruned_by_row_groups.add(pruned.by_row_groups);
            metrics.rows_pruned_by_page_index.add(pruned.by_pages);
        }
        Ok(())
    }

    /// Reads, computes and demands what a stage says.
    pub async fn run(&self, stage: &Stage, rows: &mut Rows) -> Result<()> {
        self.load(&stage.read, rows).await?;
        self.compute(&stage.compute, rows)?;
        let before = rows.count;
        for conjunct in &stage.conjuncts {
            if rows.count == 0 {
                break;
            }
            rows.demand(conjunct)?;
        }
        let pruned = match stage.layer {
            Some(layer) => &self.metrics.layers[layer].rows_pruned,
            None => &self.metrics.rows_pruned_by_computed,
        };
        pruned.add(before - rows.count);
        Ok(())
    }

    /// Of `columns`, those that are stored in `layer`, by their places in it; what its file lacks is
    /// left out.
    fn in_layer(&self, columns: &[usize], layer: usize) -> (Vec<usize>, Vec<usize>) {
        let Some(part) = &self.parts[layer] else {
            return (Vec::new(), Vec::new());
        };
        let here = columns.iter().filter_map(|wanted| {
            let Source::Stored {
                layer: of, column, ..
            } = self.table.columns()[*wanted].source
            else {
                return None;
            };
            (of == layer && part.column_in_file(column).is_some()).then_some((*wanted, column))
        });
        here.unzip()
    }

    /// Readers of `columns` of `layer` in batches of about `batch_rows`, and the columns of each.
    fn readers(
        &self,
        layer: usize,
        columns: &[usize],
        rows: &Rows,
        batch_rows: usize,
    ) -> Result<Vec<(Vec<usize>, ColumnReader)>> {
        let (Some(part), Some(pages)) = (&self.parts[layer], &self.pages[layer]) else {
            return Ok(Vec::new());
        };
        let (here, places) = self.in_layer(columns, layer);
        let here = here.into_iter().zip(places);
        let (by_page, others): (Vec<_>, Vec<_>) =
            here.partition(|(_, place)| part.is_by_page(*place));
        let mut readers = Vec::new();
        let (range, mask) = (&rows.range, rows.mask.as_ref());
        let reservation = || self.reservation.new_empty();
        for (column, place) in by_page {
            let pages = Arc::clone(pages);
            let reader =
                TextReader::new(part, place, range, mask, batch_rows, pages, reservation())?;
            readers.push((vec![column], ColumnReader::Text(Box::new(reader))));
        }
        if !others.is_empty() {
            let (columns, places): (Vec<usize>, Vec<usize>) = others.into_iter().unzip();
            let pages = Arc::clone(pages);
            let reader = part.read(&places, range, mask, batch_rows, pages, reservation())?;
            readers.push((columns, ColumnReader::Any(Box::new(reader))));
        }
        Ok(readers)
    }

    /// Reads stored columns that are not known yet, layer by layer.
    pub async fn load(&self, columns: &[usize], rows: &mut Rows) -> Result<()> {
        let wanted: Vec<usize> = columns
            .iter()
            .copied()
            .filter(|c| rows.columns[*c].is_none())
            .collect();
        for layer in 0..self.parts.len() {
            for (here, mut reader) in self.readers(layer, &wanted, rows, rows.count)? {
                let mut pieces: Vec<Vec<ArrayRef>> = vec![Vec::new(); here.len()];
                while let Some(arrays) = reader.next().await? {
                    for (pieces, array) in pieces.iter_mut().zip(arrays) {
                        pieces.push(array);
                    }
                }
                for (column, pieces) in here.into_iter().zip(pieces) {
                    let array = match pieces.as_slice() {
                        [one] => Arc::clone(one),
                        [] => return Err(self.too_few(layer, rows.count, 0)),
                        many => concat(&many.iter().map(AsRef::as_ref).collect::<Vec<_>>())?,
                    };
                    if array.len() != rows.count {
                        return Err(self.too_few(layer, rows.count, array.len()));
                    }
                    rows.columns[column] = Some(array);
                }
            }
        }
        // A file without the column: its values are NULL.
        for column in wanted {
            if rows.columns[column].is_none() {
                let data_type = self.table.columns()[column].field.data_type();
                rows.columns[column] = Some(new_null_array(data_type, rows.count));
            }
        }
        Ok(())
    }

    /// Computes columns, one pass after the other.
    pub fn compute(&self, passes: &[Compute], rows: &mut Rows) -> Result<()> {
        for pass in passes {
            match pass {
                Compute::Signals {
                    fused,
                    inputs,
                    outputs,
                } => {
                    let start = Instant::now();
                    let arrays = inputs
                        .iter()
                        .map(|column| rows.column(*column).map(Arc::clone))
                        .collect::<Result<Vec<_>>>()?;
                    self.metrics.rows_computed.add(rows.count);
                    let mut times = PassTimes::default();
                    let values = fused.evaluate_timed(&arrays, rows.count, Some(&mut times))?;
                    for (column, value) in outputs.iter().zip(values) {
                        rows.columns[*column] = Some(value);
                    }
                    self.metrics.text_bytes_computed.add(times.text_bytes());
                    if let Some(first) = outputs.first() {
                        self.metrics.add_pass(*first, start.elapsed(), &times);
                    }
                }
                Compute::Given(column) => rows.columns[*column] = Some(self.given(*column, rows)?),
            }
        }
        Ok(())
    }

    /// What follows from where rows lie.
    fn given(&self, column: usize, rows: &Rows) -> Result<ArrayRef> {
        let column = &self.table.columns()[column];
        let count = rows.count;
        let positions = Positions::of(rows);
        let row = |n| rows.range.start + positions.at(n);
        Ok(match &column.source {
            Source::Missing => new_null_array(column.field.data_type(), count),
            Source::Part => {
                let number = u32::try_from(self.number)
                    .map_err(|_| Error::internal("a corpus of more than 2^32 parts"))?;
                Arc::new(UInt32Array::from_value(number, count))
            }
            Source::Position => Arc::new(UInt64Array::from_iter_values((0..count).map(row))),
            Source::RowName => {
                let file = self.table.corpus().documents().part_path(self.number);
                let file = file.file_name().unwrap_or_default().to_string_lossy();
                let mut names = StringViewBuilder::with_capacity(count);
                for n in 0..count {
                    names.append_value(format!("{file}/{}", row(n)));
                }
                Arc::new(names.finish())
            }
            Source::Stored { .. } | Source::Computed { .. } => {
                return Err(Error::internal(format!(
                    "the column {} does not follow from a position",
                    column.field.name()
                )));
            }
        })
    }

    /// Readers of `columns` of `rows` that go side by side, in batches that fit in memory.
    pub fn step(&self, columns: &[usize], rows: &Rows, batch_size: usize) -> Result<Steps> {
        let batch_rows = self.fitting_rows(columns, rows, batch_size);
        let mut sources = Vec::new();
        for layer in 0..self.parts.len() {
            for (columns, reader) in self.readers(layer, columns, rows, batch_rows)? {
                sources.push(StepSource {
                    layer,
                    columns,
                    reader: Some(reader),
                    left: rows.count,
                    pending: Vec::new(),
                });
            }
        }
        Ok(Steps { sources })
    }

    /// Rows whose values in `columns` weigh no more than a batch may.
    pub fn fitting_rows(&self, columns: &[usize], rows: &Rows, batch_size: usize) -> usize {
        let bytes_per_row: u64 = (0..self.parts.len())
            .flat_map(|layer| {
                let (_, places) = self.in_layer(columns, layer);
                places.into_iter().map(move |place| (layer, place))
            })
            .filter_map(|(layer, place)| {
                Some(
                    self.parts[layer]
                        .as_ref()?
                        .bytes_per_row(place, &rows.range),
                )
            })
            .sum();
        let fitting = usize::try_from(BATCH_BYTES / bytes_per_row.max(1)).unwrap_or(batch_size);
        fitting.clamp(1, batch_size)
    }

    /// The rows inside `rows` of part `number` at which narrow ones of `columns` are cut, so that what is held of each is
    /// small: none of most, as they have few bytes a row.
    pub async fn cuts_of_narrow(
        table: &Arc<LayeredTable>,
        store: &Arc<dyn ObjectStore>,
        (number, rows): (usize, &Range<u64>),
        columns: impl Iterator<Item = &usize>,
    ) -> Result<Vec<u64>> {
        let mut cuts = Vec::new();
        for column in columns {
            if let Source::Stored {
                layer,
                column,
                wide: false,
            } = table.columns()[*column].source
            {
                let corpus = table.corpus();
                let layer = &table.layers()[layer];
                let part = corpus.part_cache().open(store, corpus, layer, number);
                cuts.extend(part.await?.cuts(column, rows, FETCH_BYTES));
            }
        }
        cuts.sort_unstable();
        cuts.dedup();
        Ok(cuts)
    }

    /// The rows inside `rows` that begin what is fetched at a time of a wide column.
    pub fn cuts(&self, column: usize, rows: &Range<u64>) -> Vec<u64> {
        match self.table.columns()[column].source {
            Source::Stored {
                layer,
                column,
                wide: true,
            } => self.parts[layer]
                .as_ref()
                .map_or_else(Vec::new, |part| part.cuts(column, rows, FETCH_BYTES)),
            _ => Vec::new(),
        }
    }

    /// Whether single pages of a column can be read.
    pub fn has_page_index(&self, column: usize) -> bool {
        match self.table.columns()[column].source {
            Source::Stored { layer, .. } => self.parts[layer]
                .as_ref()
                .is_some_and(|part| part.metadata().offset_index().is_some()),
            _ => true,
        }
    }

    fn too_few(&self, layer: usize, expected: usize, found: usize) -> Error {
        Error::user(format!(
            "part {} of layer {} does not hold the rows it should: expected {expected}, found {found}",
            self.number,
            self.table.layers()[layer].name()
        ))
    }
}

/// Reads columns of one layer.
enum ColumnReader {
    /// One column of strings, page by page.
    Text(Box<TextReader>),
    /// Columns of any type.
    Any(Box<PartReader>),
}

impl ColumnReader {
    /// The next rows; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<ArrayRef>>> {
        match self {
            Self::Text(reader) => Ok(reader.next().await?.map(|array| vec![array])),
            Self::Any(reader) => reader.next().await,
        }
    }
}

/// Columns of several layers that are read side by side.
pub struct Steps {
    sources: Vec<StepSource>,
}

struct StepSource {
    layer: usize,
    columns: Vec<usize>,
    /// Dropped with what it has fetched as soon as it has given out all rows.
    reader: Option<ColumnReader>,
    left: usize,
    pending: Vec<ArrayRef>,
}

impl Steps {
    /// The next of `left` rows for which all columns are there: how many they are, and the columns.
    pub async fn next(
        &mut self,
        reader: &Reader,
        left: usize,
    ) -> Result<(usize, Vec<(usize, ArrayRef)>)> {
        let mut count = left;
        for source in &mut self.sources {
            while source.pending.first().is_none_or(|a| a.is_empty()) {
                let arrays = match &mut source.reader {
                    Some(reader) => reader.next().await?,
                    None => None,
                };
                let Some(arrays) = arrays else {
                    return Err(reader.too_few(source.layer, left, 0));
                };
                source.left = source
                    .left
                    .saturating_sub(arrays.first().map_or(0, |a| a.len()));
                if source.left == 0 {
                    source.reader = None;
                }
                source.pending = arrays;
            }
            count = count.min(source.pending.first().map_or(0, |a| a.len()));
        }
        let mut columns = Vec::new();
        for source in &mut self.sources {
            for (column, pending) in source.columns.iter().zip(&mut source.pending) {
                columns.push((*column, pending.slice(0, count)));
                *pending = pending.slice(count, pending.len() - count);
            }
        }
        Ok((count, columns))
    }
}
