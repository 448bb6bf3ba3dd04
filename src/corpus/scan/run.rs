//! The rows of one partition, unit by unit: narrow columns decide, then text is read row group by row
//! group for the rows that are left.

use std::collections::VecDeque;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, StringViewBuilder, UInt64Array, new_null_array};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::execution::memory_pool::MemoryReservation;
use datafusion::object_store::ObjectStore;

use super::Switches;
use super::metrics::ScanMetrics;
use super::part::{OpenPart, PartReader};
use super::program::{Compute, Program, Stage};
use super::prune::prune;
use super::rows::{Positions, Rows, compact};
use super::units::Unit;
use crate::corpus::table::{Source, TableColumn};
use crate::corpus::{Corpus, Layer};
use crate::error::{Error, Result};

/// Decoded text that is held at a time, and what a batch may weigh.
const BATCH_BYTES: u64 = 4 << 20;

/// What all partitions of a scan share.
#[derive(Debug)]
pub struct Shared {
    /// The corpus.
    pub corpus: Arc<Corpus>,
    /// The layers that are read, documents first.
    pub layers: Vec<Arc<Layer>>,
    /// The table's columns.
    pub columns: Vec<TableColumn>,
    /// What is done.
    pub program: Program,
    /// What comes out.
    pub schema: SchemaRef,
    /// What is switched off.
    pub switches: Switches,
}

/// One partition as it is read.
pub struct PartitionRun {
    shared: Arc<Shared>,
    store: Arc<dyn ObjectStore>,
    batch_size: usize,
    metrics: ScanMetrics,
    reservation: MemoryReservation,
    /// Rows that may still come out.
    remaining: Option<usize>,
    units: VecDeque<Unit>,
    unit: Option<Arc<OpenUnit>>,
    row_groups: VecDeque<Rows>,
    row_group: Option<RowGroupRun>,
    /// Finished rows, and how many of them have come out.
    ready: Option<(Rows, usize)>,
}

/// A unit and the parts that hold it.
struct OpenUnit {
    unit: Unit,
    /// By layer; only those that the query reads.
    parts: Vec<Option<Arc<OpenPart>>>,
}

impl PartitionRun {
    /// A run over `units`.
    pub fn new(
        shared: Arc<Shared>,
        store: Arc<dyn ObjectStore>,
        units: Vec<Unit>,
        batch_size: usize,
        fetch: Option<usize>,
        metrics: ScanMetrics,
        reservation: MemoryReservation,
    ) -> Self {
        Self {
            shared,
            store,
            batch_size: batch_size.max(1),
            metrics,
            reservation,
            remaining: fetch,
            units: units.into(),
            unit: None,
            row_groups: VecDeque::new(),
            row_group: None,
            ready: None,
        }
    }

    /// The next batch; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if self.remaining == Some(0) {
                return Ok(None);
            }
            if let Some((rows, out)) = self.ready.take() {
                if out < rows.count {
                    return self.emit(rows, out).map(Some);
                }
                continue;
            }
            if let (Some(run), Some(unit)) = (&mut self.row_group, &self.unit) {
                let reader = Reader {
                    shared: &self.shared,
                    metrics: &self.metrics,
                    unit,
                };
                match run.next(&reader).await? {
                    Some(rows) => self.ready = Some((rows, 0)),
                    None => self.row_group = None,
                }
                continue;
            }
            if let (Some(rows), Some(unit)) = (self.row_groups.pop_front(), &self.unit) {
                let reader = Reader {
                    shared: &self.shared,
                    metrics: &self.metrics,
                    unit,
                };
                self.row_group = Some(reader.start_row_group(rows, self.batch_size)?);
                continue;
            }
            let Some(unit) = self.units.pop_front() else {
                self.unit = None;
                self.reservation.free();
                return Ok(None);
            };
            self.start_unit(unit).await?;
        }
    }

    /// Reads what decides cheaply, and splits what is left into row groups where text is needed.
    async fn start_unit(&mut self, unit: Unit) -> Result<()> {
        let shared = Arc::clone(&self.shared);
        let program = &shared.program;
        let mut rows = Rows::all(unit.rows.clone(), self.shared.columns.len());
        if let Some(mask) = &unit.mask {
            rows.prune(mask.clone());
        } else if let (true, Some(remaining)) = (program.keeps_all(), self.remaining) {
            let wanted = (remaining as u64).min(rows.range.end - rows.range.start);
            rows = Rows::all(
                rows.range.start..rows.range.start + wanted,
                self.shared.columns.len(),
            );
        }
        let unit = Arc::new(self.open_unit(unit).await?);
        let reader = Reader {
            shared: &self.shared,
            metrics: &self.metrics,
            unit: &unit,
        };
        let wanted = rows.count;
        self.metrics.rows_scanned.add(wanted);
        if self.shared.switches.pruning {
            for stage in &program.narrow {
                reader.prune(stage, &mut rows)?;
            }
            self.metrics.rows_pruned.add(wanted - rows.count);
        }
        for stage in &program.narrow {
            if rows.count > 0 {
                reader.run_stage(stage, &mut rows).await?;
            }
        }
        self.metrics.rows_after_stored.add(rows.count);
        if rows.count > 0 {
            reader.load(&program.carried, &mut rows).await?;
            self.reservation.try_resize(rows.memory())?;
            if program.by_row_group {
                let positions = Positions::of(&rows);
                let mut from = 0;
                for row_group in &unit.unit.row_groups {
                    let to = rows.count_before(row_group.end);
                    if to > from {
                        self.row_groups.push_back(rows.slice(&positions, from, to));
                    }
                    from = to;
                }
            } else {
                self.ready = Some((rows, 0));
            }
        }
        self.unit = Some(unit);
        Ok(())
    }

    async fn open_unit(&mut self, unit: Unit) -> Result<OpenUnit> {
        let program = &self.shared.program;
        let stages = program.narrow.iter().chain(&program.wide);
        let mut parts = vec![None; self.shared.layers.len()];
        for column in stages
            .chain([&program.last])
            .flat_map(|s| &s.read)
            .chain(&program.carried)
        {
            if let Source::Stored { layer, .. } = self.shared.columns[*column].source
                && parts[layer].is_none()
            {
                let opened = self.shared.corpus.part_cache().open(
                    &self.store,
                    &self.shared.corpus,
                    &self.shared.layers[layer],
                    unit.part,
                );
                parts[layer] = Some(opened.await?);
            }
        }
        Ok(OpenUnit { unit, parts })
    }

    /// The next rows of `rows`, from the `out`th on.
    fn emit(&mut self, rows: Rows, out: usize) -> Result<RecordBatch> {
        let mut to = rows.count.min(out.saturating_add(self.batch_size));
        if let Some(remaining) = &mut self.remaining {
            to = to.min(out + *remaining);
            *remaining -= to - out;
        }
        let output = &self.shared.program.output;
        let batch = rows.batch(output, &self.shared.schema)?;
        let batch = batch.slice(out, to - out);
        self.ready = Some((rows, to));
        Ok(batch)
    }
}

/// Reads and computes columns of rows of one unit.
struct Reader<'a> {
    shared: &'a Shared,
    metrics: &'a ScanMetrics,
    unit: &'a OpenUnit,
}

impl Reader<'_> {
    /// Takes rows out that the statistics of the parts rule out.
    fn prune(&self, stage: &Stage, rows: &mut Rows) -> Result<()> {
        for conjunct in &stage.conjuncts {
            prune(conjunct, rows, &self.shared.columns, &self.unit.parts)?;
        }
        Ok(())
    }

    /// Reads, computes and demands what a stage says.
    async fn run_stage(&self, stage: &Stage, rows: &mut Rows) -> Result<()> {
        self.load(&stage.read, rows).await?;
        self.compute(&stage.compute, rows)?;
        for conjunct in &stage.conjuncts {
            if rows.count == 0 {
                break;
            }
            rows.demand(conjunct)?;
        }
        Ok(())
    }

    /// Reads stored columns that are not known yet, layer by layer.
    async fn load(&self, columns: &[usize], rows: &mut Rows) -> Result<()> {
        let wanted: Vec<usize> = columns
            .iter()
            .copied()
            .filter(|c| rows.columns[*c].is_none())
            .collect();
        for (layer, part) in self.unit.parts.iter().enumerate() {
            let Some(part) = part else { continue };
            let mut here = Vec::new();
            for column in &wanted {
                if let Source::Stored {
                    layer: of,
                    column: place,
                    ..
                } = self.shared.columns[*column].source
                    && of == layer
                {
                    if part.column_in_file(place).is_some() {
                        here.push((*column, place));
                    } else {
                        let data_type = self.shared.columns[*column].field.data_type();
                        rows.columns[*column] = Some(new_null_array(data_type, rows.count));
                    }
                }
            }
            if here.is_empty() {
                continue;
            }
            let places: Vec<usize> = here.iter().map(|(_, place)| *place).collect();
            let mut reader = part.read(
                &places,
                &rows.range,
                rows.mask.as_ref(),
                rows.count,
                self.metrics.bytes_read[layer].clone(),
            )?;
            let mut pieces: Vec<Vec<ArrayRef>> = vec![Vec::new(); here.len()];
            while let Some(arrays) = reader.next().await? {
                for (pieces, array) in pieces.iter_mut().zip(arrays) {
                    pieces.push(array);
                }
            }
            for ((column, _), pieces) in here.iter().zip(pieces) {
                let array = match pieces.as_slice() {
                    [one] => Arc::clone(one),
                    many => concat(&many.iter().map(AsRef::as_ref).collect::<Vec<_>>())?,
                };
                if array.len() != rows.count {
                    return Err(self.too_few(layer, rows.count, array.len()));
                }
                rows.columns[*column] = Some(array);
            }
        }
        Ok(())
    }

    /// Computes columns, one pass after the other.
    fn compute(&self, passes: &[Compute], rows: &mut Rows) -> Result<()> {
        for pass in passes {
            match pass {
                Compute::Signals {
                    fused,
                    inputs,
                    outputs,
                } => {
                    let _timer = self.metrics.compute_time.timer();
                    let arrays = inputs
                        .iter()
                        .map(|column| rows.column(*column).map(Arc::clone))
                        .collect::<Result<Vec<_>>>()?;
                    self.metrics.rows_computed.add(rows.count);
                    let values = fused.evaluate(&arrays, rows.count)?;
                    for (column, value) in outputs.iter().zip(values) {
                        rows.columns[*column] = Some(value);
                    }
                }
                Compute::RowName(column) => {
                    rows.columns[*column] = Some(self.row_names(rows));
                }
                Compute::Position(column) => {
                    let positions = Positions::of(rows);
                    let of = |row| rows.range.start + positions.at(row);
                    let array = UInt64Array::from_iter_values((0..rows.count).map(of));
                    rows.columns[*column] = Some(Arc::new(array));
                }
                Compute::Missing(column) => {
                    let data_type = self.shared.columns[*column].field.data_type();
                    rows.columns[*column] = Some(new_null_array(data_type, rows.count));
                }
            }
        }
        Ok(())
    }

    fn row_names(&self, rows: &Rows) -> ArrayRef {
        let file = self.shared.layers[0].part_path(self.unit.unit.part);
        let file = file
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        let positions = Positions::of(rows);
        let mut names = StringViewBuilder::with_capacity(rows.count);
        for row in 0..rows.count {
            names.append_value(format!("{file}/{}", rows.range.start + positions.at(row)));
        }
        Arc::new(names.finish())
    }

    /// Prepares to read the text of the rows of one row group.
    fn start_row_group(&self, rows: Rows, batch_size: usize) -> Result<RowGroupRun> {
        let program = &self.shared.program;
        let mut stages = program.wide.iter().chain([&program.last]);
        let mut head: Vec<usize> = stages.next().map_or(Vec::new(), |s| s.read.clone());
        // A column without page index is fetched whole: better once, with the first.
        for column in stages.flat_map(|s| &s.read) {
            if let Source::Stored { layer, .. } = self.shared.columns[*column].source
                && let Some(part) = &self.unit.parts[layer]
                && part.metadata().offset_index().is_none()
            {
                head.push(*column);
            }
        }
        let mut sources = Vec::new();
        let mut bytes_per_row = 0;
        for (layer, part) in self.unit.parts.iter().enumerate() {
            let Some(part) = part else { continue };
            let (columns, places): (Vec<usize>, Vec<usize>) = head
                .iter()
                .filter_map(|column| match self.shared.columns[*column].source {
                    Source::Stored {
                        layer: of,
                        column: place,
                        ..
                    } if of == layer && part.column_in_file(place).is_some() => {
                        Some((*column, place))
                    }
                    _ => None,
                })
                .unzip();
            if columns.is_empty() {
                continue;
            }
            bytes_per_row += places
                .iter()
                .map(|place| part.bytes_per_row(*place, &rows.range))
                .sum::<u64>();
            sources.push((layer, columns, places));
        }
        let fitting = usize::try_from(BATCH_BYTES / bytes_per_row.max(1)).unwrap_or(batch_size);
        let batch_rows = fitting.clamp(1, batch_size);
        let sources = sources
            .into_iter()
            .filter_map(|(layer, columns, places)| {
                let part = self.unit.parts[layer].as_ref()?;
                let bytes = self.metrics.bytes_read[layer].clone();
                let reader = part.read(&places, &rows.range, rows.mask.as_ref(), batch_rows, bytes);
                Some(reader.map(|reader| HeadSource {
                    layer,
                    columns,
                    reader,
                    pending: Vec::new(),
                }))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(RowGroupRun {
            positions: Positions::of(&rows),
            rows,
            taken: 0,
            sources,
        })
    }

    fn too_few(&self, layer: usize, expected: usize, found: usize) -> Error {
        Error::user(format!(
            "part {} of layer {} does not hold the rows it should: expected {expected}, found {found}",
            self.unit.unit.part,
            self.shared.layers[layer].name()
        ))
    }
}

/// The rows of one row group of the documents, in batches that fit in memory.
struct RowGroupRun {
    rows: Rows,
    positions: Positions,
    taken: usize,
    /// The columns that are read in step; without any, the rows are one batch.
    sources: Vec<HeadSource>,
}

struct HeadSource {
    layer: usize,
    columns: Vec<usize>,
    reader: PartReader,
    pending: Vec<ArrayRef>,
}

impl RowGroupRun {
    /// The next rows with all that the output needs.
    async fn next(&mut self, reader: &Reader<'_>) -> Result<Option<Rows>> {
        while self.taken < self.rows.count {
            let mut rows = self.take(reader).await?;
            let program = &reader.shared.program;
            for stage in &program.wide {
                if rows.count > 0 {
                    reader.run_stage(stage, &mut rows).await?;
                }
            }
            reader.metrics.rows_after_computed.add(rows.count);
            if rows.count > 0 {
                reader.load(&program.last.read, &mut rows).await?;
                reader.compute(&program.last.compute, &mut rows)?;
                for column in &program.output {
                    let compacted = rows.column(*column).map(compact)?;
                    rows.columns[*column] = Some(compacted);
                }
                return Ok(Some(rows));
            }
        }
        Ok(None)
    }

    /// The next rows for which all sources have values.
    async fn take(&mut self, reader: &Reader<'_>) -> Result<Rows> {
        let left = self.rows.count - self.taken;
        let mut count = left;
        for source in &mut self.sources {
            while source.pending.first().is_none_or(|a| a.is_empty()) {
                match source.reader.next().await? {
                    Some(arrays) => source.pending = arrays,
                    None => return Err(reader.too_few(source.layer, left, 0)),
                }
            }
            count = count.min(source.pending.first().map_or(0, |a| a.len()));
        }
        let to = self.taken + count;
        let mut rows = self.rows.slice(&self.positions, self.taken, to);
        self.taken = to;
        for source in &mut self.sources {
            for (column, pending) in source.columns.iter().zip(&mut source.pending) {
                rows.columns[*column] = Some(pending.slice(0, count));
                *pending = pending.slice(count, pending.len() - count);
            }
        }
        // Columns that this file lacks are NULL; `load` knows.
        Ok(rows)
    }
}
