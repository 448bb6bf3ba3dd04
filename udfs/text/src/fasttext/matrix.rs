//! Rows of weights.

use std::io::Read;

use super::reader::{ModelError, Reader};

/// Weights, as they are or as codes.
#[derive(Debug)]
pub(super) enum Matrix {
    /// All numbers, row by row.
    Plain {
        rows: usize,
        columns: usize,
        /// Where the first row begins.
        first: usize,
        data: Vec<f32>,
    },
    /// Each row in codes for the pieces of its columns, and its length in a code of its own.
    Quantised {
        rows: usize,
        columns: usize,
        codes: Vec<u8>,
        pieces: Quantiser,
        norms: Option<(Vec<u8>, Quantiser)>,
    },
}

/// What 256 codes stand for in each piece of a row.
#[derive(Debug)]
pub(super) struct Quantiser {
    dimensions: usize,
    /// Pieces of a row.
    count: usize,
    /// Columns of a piece; the last one may have fewer.
    width: usize,
    centroids: Vec<f32>,
}

const CODES: usize = 256;
const MOST_ROWS: usize = 1 << 40;
const MOST_COLUMNS: usize = 1 << 16;
/// Memory that codes are written out to numbers in.
const MOST_WRITTEN_OUT: usize = 64 << 20;
/// Columns of the rows that are summed in registers: those of fastText's own models for languages.
pub(super) const SHORT: usize = 16;

impl Quantiser {
    fn read(reader: &mut Reader<impl Read>, what: &str) -> Result<Self, ModelError> {
        let dimensions = reader.size(what, 1, MOST_COLUMNS)?;
        let count = reader.size(what, 1, MOST_COLUMNS)?;
        let width = reader.size(what, 1, MOST_COLUMNS)?;
        let last = reader.size(what, 1, MOST_COLUMNS)?;
        if dimensions != (count - 1) * width + last || last > width {
            return Err(reader.wrong(format!(
                "{what}: expected {dimensions} columns in pieces, found {count} pieces of {width}, the last of {last}"
            )));
        }
        Ok(Self {
            dimensions,
            count,
            width,
            centroids: reader.floats(dimensions * CODES, what)?,
        })
    }

    /// What a code stands for in a piece.
    #[inline(always)]
    fn centroid(&self, piece: usize, code: u8) -> &[f32] {
        let start = piece * self.width;
        let width = self.width.min(self.dimensions - start);
        let at = start * CODES + usize::from(code) * width;
        &self.centroids[at..at + width]
    }

    /// Adds `scale` times what the codes stand for.
    #[inline]
    fn add(&self, codes: &[u8], scale: f32, sums: &mut [f32]) {
        if self.width == 2 && self.dimensions.is_multiple_of(2) {
            let pieces = self.centroids.chunks_exact(2 * CODES);
            for ((centroids, &code), sums) in pieces.zip(codes).zip(sums.chunks_exact_mut(2)) {
                let at = 2 * usize::from(code);
                sums[0] += scale * centroids[at];
                sums[1] += scale * centroids[at + 1];
            }
            return;
        }
        for (piece, (&code, sums)) in codes.iter().zip(sums.chunks_mut(self.width)).enumerate() {
            for (sum, value) in sums.iter_mut().zip(self.centroid(piece, code)) {
                *sum += scale * value;
            }
        }
    }

    /// `scale` times the product with what the codes stand for.
    fn dot(&self, codes: &[u8], scale: f32, vector: &[f32]) -> f32 {
        let mut sum = 0.0;
        for (piece, (&code, vector)) in codes.iter().zip(vector.chunks(self.width)).enumerate() {
            for (x, value) in vector.iter().zip(self.centroid(piece, code)) {
                sum += x * value;
            }
        }
        sum * scale
    }

    fn memory(&self) -> usize {
        size_of_val(&self.centroids[..])
    }
}

impl Matrix {
    pub(super) fn read(
        reader: &mut Reader<impl Read>,
        quantised: bool,
        what: &str,
    ) -> Result<Self, ModelError> {
        let with_norms = quantised && reader.flag(&format!("whether the {what} has norms"))?;
        let rows = reader.long_size(&format!("rows of the {what}"), 0, MOST_ROWS)?;
        let columns = reader.long_size(&format!("columns of the {what}"), 1, MOST_COLUMNS)?;
        if !quantised {
            let data = reader.floats(rows * columns, &format!("the {what}"))?;
            return Ok(Self::Plain {
                rows,
                columns,
                first: 0,
                data,
            });
        }
        let size = reader.size(&format!("codes of the {what}"), 0, i32::MAX as usize)?;
        let codes = reader.bytes(size, &format!("codes of the {what}"))?;
        let pieces = Quantiser::read(reader, &format!("the quantiser of the {what}"))?;
        if pieces.dimensions != columns || codes.len() != rows * pieces.count {
            return Err(reader.wrong(format!(
                "expected codes of {} bytes for {rows} rows of the {what} in {} pieces, found {}; expected {columns} columns, found {}",
                rows * pieces.count,
                pieces.count,
                codes.len(),
                pieces.dimensions
            )));
        }
        let norms = if with_norms {
            let what = format!("norms of the {what}");
            let codes = reader.bytes(rows, &what)?;
            let quantiser = Quantiser::read(reader, &what)?;
            if quantiser.dimensions != 1 {
                return Err(reader.wrong(format!(
                    "{what}: expected 1 column, found {}",
                    quantiser.dimensions
                )));
            }
            Some((codes, quantiser))
        } else {
            None
        };
        Ok(Self::Quantised {
            rows,
            columns,
            codes,
            pieces,
            norms,
        })
    }

    /// The rows with these numbers.
    pub(super) fn in_order(self, order: &[u32]) -> Self {
        let rows = order.len();
        match self {
            Self::Plain {
                columns,
                first,
                data,
                ..
            } => Self::Plain {
                rows,
                columns,
                first: 0,
                data: gather(&data[first..], columns, order),
            },
            Self::Quantised {
                columns,
                codes,
                pieces,
                norms,
                ..
            } => Self::Quantised {
                rows,
                columns,
                codes: gather(&codes, pieces.count, order),
                norms: norms.map(|(codes, norms)| (gather(&codes, 1, order), norms)),
                pieces,
            },
        }
    }

    /// The same rows as numbers instead of codes, unless they take too much memory. Adding a row adds the same products,
    /// which are made here once; products of rows and vectors are others, as they are scaled after they are summed.
    pub(super) fn written_out(self) -> Self {
        let (rows, columns) = (self.rows(), self.columns());
        let bytes = rows.saturating_mul(columns * size_of::<f32>());
        if matches!(self, Self::Plain { .. }) || bytes > MOST_WRITTEN_OUT {
            return self;
        }
        // Rows as long as a line of the cache lie in one each.
        const LINE: usize = 64;
        let mut data = vec![0.0; rows * columns + LINE / size_of::<f32>()];
        let first = data.as_ptr().align_offset(LINE);
        let first = first.min(LINE / size_of::<f32>());
        for (row, sums) in data[first..]
            .chunks_exact_mut(columns)
            .take(rows)
            .enumerate()
        {
            self.add_row(row, sums);
        }
        Self::Plain {
            rows,
            columns,
            first,
            data,
        }
    }

    /// The rows, where they are numbers and [`SHORT`].
    pub(super) fn short_rows(&self) -> Option<&[[f32; SHORT]]> {
        match self {
            Self::Plain {
                columns: SHORT,
                first,
                data,
                ..
            } => Some(data[*first..].as_chunks().0),
            _ => None,
        }
    }

    /// Refuses a matrix of another shape.
    pub(super) fn check(
        &self,
        reader: &Reader<impl Read>,
        what: &str,
        expected: usize,
        dimensions: usize,
    ) -> Result<(), ModelError> {
        if self.rows() < expected || self.columns() != dimensions {
            return Err(reader.wrong(format!(
                "expected {expected} rows of {dimensions} columns in the {what}, found {} of {}",
                self.rows(),
                self.columns()
            )));
        }
        Ok(())
    }

    pub(super) fn rows(&self) -> usize {
        match self {
            Self::Plain { rows, .. } | Self::Quantised { rows, .. } => *rows,
        }
    }

    pub(super) fn columns(&self) -> usize {
        match self {
            Self::Plain { columns, .. } | Self::Quantised { columns, .. } => *columns,
        }
    }

    /// Adds a row to sums.
    #[inline]
    pub(super) fn add_row(&self, row: usize, sums: &mut [f32]) {
        match self {
            Self::Plain {
                columns,
                first,
                data,
                ..
            } => {
                for (sum, value) in sums.iter_mut().zip(&data[first + row * columns..]) {
                    *sum += value;
                }
            }
            Self::Quantised {
                codes,
                pieces,
                norms,
                ..
            } => {
                let codes = &codes[row * pieces.count..][..pieces.count];
                pieces.add(codes, norm(norms, row), sums);
            }
        }
    }

    /// The product of a row and a vector.
    pub(super) fn dot_row(&self, row: usize, vector: &[f32]) -> f32 {
        match self {
            Self::Plain {
                columns,
                first,
                data,
                ..
            } => {
                let row = &data[first + row * columns..];
                row.iter().zip(vector).map(|(a, b)| a * b).sum()
            }
            Self::Quantised {
                codes,
                pieces,
                norms,
                ..
            } => {
                let codes = &codes[row * pieces.count..][..pieces.count];
                pieces.dot(codes, norm(norms, row), vector)
            }
        }
    }

    pub(super) fn memory(&self) -> usize {
        match self {
            Self::Plain { data, .. } => size_of_val(&data[..]),
            Self::Quantised {
                codes,
                pieces,
                norms,
                ..
            } => {
                let norms = norms
                    .as_ref()
                    .map_or(0, |(codes, norms)| codes.len() + norms.memory());
                codes.len() + pieces.memory() + norms
            }
        }
    }
}

/// The rows with these numbers, one behind the other.
fn gather<T: Copy>(all: &[T], columns: usize, order: &[u32]) -> Vec<T> {
    let rows = order
        .iter()
        .map(|&row| &all[row as usize * columns..][..columns]);
    rows.flatten().copied().collect()
}

/// The length of a quantised row.
fn norm(norms: &Option<(Vec<u8>, Quantiser)>, row: usize) -> f32 {
    norms.as_ref().map_or(1.0, |(codes, norms)| {
        norms.centroids[usize::from(codes[row])]
    })
}
