//! The columns that say of documents which cluster they belong to: the inner loops of writing them.

use std::sync::Arc;

use corpusql_text::links::{Firsts, Forest, Scatter, record, record_in_turn};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanBuilder, Int64Builder, StringViewArray, StringViewBuilder,
};
use datafusion::arrow::datatypes::{DataType, Int64Type, UInt64Type};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::common::exec_err;
use datafusion::error::Result;

/// The names of clusters, which are the smallest id in each, and who stays.
#[derive(Debug, Default)]
pub struct Names {
    names: Vec<Box<str>>,
    stays: Vec<u32>,
}

impl Names {
    /// Bytes that the name of a cluster takes beside those of the id.
    pub const BYTES: usize = 48;

    /// So many clusters without names.
    pub fn new(clusters: usize) -> Self {
        Self {
            names: vec![Box::default(); clusters],
            stays: vec![u32::MAX; clusters],
        }
    }

    /// Looks at the ids of the documents from number `first`. The document with the smallest id stays, or the root of the
    /// tree. Returns how many more bytes the names take.
    pub fn look_at(
        &mut self,
        ids: &StringViewArray,
        first: usize,
        forest: &Forest,
        smallest_stays: bool,
    ) -> usize {
        let mut more = 0;
        for (document, id) in (first..).zip(ids) {
            let root = forest.root(document);
            let Some(slot) = forest.slot(root) else {
                continue;
            };
            let (name, stays) = (&mut self.names[slot], &mut self.stays[slot]);
            let id = id.unwrap_or_default();
            if *stays == u32::MAX || id < &**name {
                more += id.len().saturating_sub(name.len());
                *name = id.into();
                *stays = if smallest_stays { document } else { root } as u32;
            }
        }
        more
    }

    /// Who stays of each cluster.
    pub fn stays(&self) -> &[u32] {
        &self.stays
    }

    /// Cluster, its size, rank, and whether it is a duplicate, of the documents from number `first`.
    pub fn columns(&self, ids: &StringViewArray, first: usize, forest: &Forest) -> Vec<ArrayRef> {
        let rows = ids.len();
        let mut clusters = StringViewBuilder::with_capacity(rows);
        let mut sizes = Int64Builder::with_capacity(rows);
        let mut ranks = Int64Builder::with_capacity(rows);
        let mut duplicates = BooleanBuilder::with_capacity(rows);
        for (document, id) in (first..).zip(ids) {
            let root = forest.root(document);
            clusters.append_value(match forest.slot(root) {
                Some(slot) => &self.names[slot],
                None => id.unwrap_or_default(),
            });
            let rank = forest.rank(document, &self.stays);
            sizes.append_value(forest.size(root).into());
            ranks.append_value(rank.into());
            duplicates.append_value(rank > 1);
        }
        vec![
            Arc::new(clusters.finish()),
            Arc::new(sizes.finish()),
            Arc::new(ranks.finish()),
            Arc::new(duplicates.finish()),
        ]
    }
}

/// The bands of signatures as records: `bytes` bytes each from `offset`, for `documents` numbered beside them.
pub fn scatter_bands(
    signatures: &ArrayRef,
    documents: &[u32],
    (offset, bytes): (usize, usize),
    scatter: &mut Scatter,
) -> Result<()> {
    let Some(signatures) = signatures.as_binary_view_opt() else {
        return exec_err!("signatures are {}, no bytes", signatures.data_type());
    };
    for (document, signature) in documents.iter().zip(signatures) {
        if let Some(signature) = signature {
            scatter.push_bands(signature, offset, bytes, *document);
        }
    }
    Ok(())
}

/// The keys of documents that are the first of a group, piece by piece: [`Firsts::push_keys`] of all `documents`.
pub fn gather_keys(
    signatures: &ArrayRef,
    documents: &[u32],
    cut: (usize, usize),
    firsts: &Firsts,
    open: &mut [Vec<u8>],
) -> Result<()> {
    let Some(signatures) = signatures.as_binary_view_opt() else {
        return exec_err!("signatures are {}, no bytes", signatures.data_type());
    };
    for (document, signature) in documents.iter().zip(signatures) {
        if let Some(signature) = signature {
            firsts.push_keys(signature, cut, *document, open);
        }
    }
    Ok(())
}

/// Keys of any type as records, band by band; NULL gives none. With `turns`, numbers up to 65,535, the documents with
/// the highest come first.
pub fn scatter_keys(
    keys: &[ArrayRef],
    turns: Option<&ArrayRef>,
    documents: &[u32],
    scatter: &mut Scatter,
) -> Result<()> {
    let turns = turns.map(turns_of).transpose()?;
    for (band, keys) in keys.iter().enumerate() {
        let mut add = |row: usize, key: &[u8]| {
            let record = match &turns {
                Some(turns) => record_in_turn(key, turns[row], documents[row]),
                None => record(key, documents[row]),
            };
            scatter.push(band, record);
        };
        match keys.data_type() {
            DataType::Utf8View => (0..).zip(keys.as_string_view()).for_each(|(row, key)| {
                key.into_iter().for_each(|key| add(row, key.as_bytes()));
            }),
            DataType::BinaryView => (0..).zip(keys.as_binary_view()).for_each(|(row, key)| {
                key.into_iter().for_each(|key| add(row, key));
            }),
            other => {
                let converter = RowConverter::new(vec![SortField::new(other.clone())])?;
                let rows = converter.convert_columns(std::slice::from_ref(keys))?;
                let valid = (0..keys.len()).filter(|row| !keys.is_null(*row));
                valid.for_each(|row| add(row, rows.row(row).as_ref()));
            }
        }
    }
    Ok(())
}

/// The highest comes first; NULL before all, as in a descending order.
fn turns_of(turns: &ArrayRef) -> Result<Vec<u16>> {
    let turn = |number: Option<u64>| match number {
        None => 0,
        Some(number) => u16::MAX - u16::try_from(number).unwrap_or(u16::MAX),
    };
    Ok(match turns.data_type() {
        DataType::Int64 => {
            let numbers = turns.as_primitive::<Int64Type>().iter();
            numbers
                .map(|n| turn(n.map(|n| n.max(0).unsigned_abs())))
                .collect()
        }
        DataType::UInt64 => turns
            .as_primitive::<UInt64Type>()
            .iter()
            .map(turn)
            .collect(),
        other => return exec_err!("turns are {other}, no whole numbers"),
    })
}
