//! How many documents are in clusters of which size, by each layer of duplicates that is stored.

use std::sync::Arc;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, UInt64Type};
use futures::TryStreamExt;

use crate::corpus::{Corpus, DEDUP};
use crate::error::Result;
use crate::query::Condition;
use crate::query::planner::Planner;
use crate::query::select::quoted;
use crate::session::Engine;

/// Documents by the size of their cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterSizes {
    /// The layer, which is called like what made it.
    pub preset: String,
    /// 1, 2, 3 to 4, 5 to 8 and so on, up to the largest.
    pub bins: Vec<SizeBin>,
}

/// Documents in clusters of similar size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SizeBin {
    /// The smallest size.
    pub from: u64,
    /// The largest size.
    pub to: u64,
    /// Documents.
    pub documents: u64,
    /// Those of them that are duplicates: not the one of its cluster that stays.
    pub duplicates: u64,
}

/// Counts the documents that meet the condition, by every layer of clusters that all corpora have.
pub async fn cluster_sizes(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    condition: Option<&Condition>,
) -> Result<Vec<ClusterSizes>> {
    let condition = condition.map_or_else(String::new, |c| format!(" WHERE {}", c.expr));
    let mut all = Vec::new();
    for preset in presets(corpora) {
        let size = quoted(&format!("{preset}_cluster_size"));
        let duplicate = quoted(&format!("{preset}_duplicate"));
        let sql = format!(
            "SELECT {size} AS size, count(*) AS documents, count(*) FILTER (WHERE {duplicate}) AS duplicates \
             FROM corpus{condition} GROUP BY {size}"
        );
        let mut rows = Vec::new();
        let planner = Planner::new(engine, corpora)?;
        let mut batches = planner.plan(&sql).await?.stream().await?;
        while let Some(batch) = batches.try_next().await? {
            let columns = batch.columns().iter();
            let columns: Vec<_> = columns
                .map(|column| cast(column, &DataType::UInt64))
                .collect::<std::result::Result<_, _>>()?;
            let value =
                |column: usize, row| columns[column].as_primitive::<UInt64Type>().value(row);
            rows.extend(
                (0..batch.num_rows()).map(|row| (value(0, row), value(1, row), value(2, row))),
            );
        }
        let bins = bins(&rows);
        if !bins.is_empty() {
            all.push(ClusterSizes { preset, bins });
        }
    }
    Ok(all)
}

/// Layers of clusters that all corpora have.
fn presets(corpora: &[Arc<Corpus>]) -> Vec<String> {
    let has = |corpus: &Corpus, column: String| corpus.stored_column(&column).is_some();
    let Some(first) = corpora.first() else {
        return Vec::new();
    };
    let made = first.readable_layers().filter(|layer| {
        let columns = &layer.manifest().columns;
        columns.iter().any(|c| c.definition.starts_with(DEDUP))
    });
    made.map(|layer| layer.name().to_string())
        .filter(|name| {
            corpora.iter().all(|corpus| {
                has(corpus, format!("{name}_cluster_size"))
                    && has(corpus, format!("{name}_duplicate"))
            })
        })
        .collect()
}

/// Sizes with documents and duplicates, put together by powers of two.
fn bins(rows: &[(u64, u64, u64)]) -> Vec<SizeBin> {
    let place = |size: u64| size.max(1).next_power_of_two().trailing_zeros() as usize;
    let Some(largest) = rows.iter().map(|row| row.0).max() else {
        return Vec::new();
    };
    let mut bins: Vec<SizeBin> = (0..=place(largest))
        .map(|place| SizeBin {
            from: (1 << place) / 2 + 1,
            to: 1 << place,
            ..SizeBin::default()
        })
        .collect();
    for (size, documents, duplicates) in rows {
        let bin = &mut bins[place(*size)];
        bin.documents += documents;
        bin.duplicates += duplicates;
    }
    bins
}

#[cfg(test)]
mod tests {
    use super::{SizeBin, bins};

    #[test]
    fn sizes_are_put_together() {
        let found = bins(&[(1, 10, 0), (3, 6, 4), (4, 4, 3), (9, 9, 8)]);
        let bounds: Vec<_> = found.iter().map(|bin| (bin.from, bin.to)).collect();
        assert_eq!(bounds, [(1, 1), (2, 2), (3, 4), (5, 8), (9, 16)]);
        let amounts: Vec<_> = found
            .iter()
            .map(|bin| (bin.documents, bin.duplicates))
            .collect();
        assert_eq!(amounts, [(10, 0), (0, 0), (10, 7), (0, 0), (9, 8)]);
        assert_eq!(bins(&[]), Vec::<SizeBin>::new());
    }
}
