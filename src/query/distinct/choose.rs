//! Choosing: positions of what passes, then the first document of each cluster.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, RecordBatch};
use datafusion::arrow::compute::{concat, partition};
use datafusion::common::runtime::SpawnedTask;
use datafusion::execution::SendableRecordBatchStream;
use futures::{StreamExt, TryStreamExt, stream};

use super::{CLUSTER, Distinct, RANK, SIZE, column};
use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::query::Settings;
use crate::query::counts::counts;
use crate::query::places::{PlaceSet, Places, all_rows};
use crate::query::planner::Planner;
use crate::session::Engine;

/// The documents that meet `predicate`, all without; and what the planner warns of.
pub async fn passing(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    settings: &Settings,
    predicate: Option<&str>,
) -> Result<(Arc<PlaceSet>, Vec<String>)> {
    let set = Arc::new(PlaceSet::none(corpora, &engine.runtime().memory_pool)?);
    let condition = predicate.map_or_else(String::new, |p| format!(" WHERE {p}"));
    let sql = format!(
        "SELECT {} FROM corpus{condition}",
        Places::sql(corpora).join(", ")
    );
    let planned = Planner::new(engine, corpora)?
        .with_settings(settings.clone())
        .with_rows(all_rows(corpora))
        .plan(&sql)
        .await?;
    let warnings = planned.warnings().to_vec();
    let partitions = planned.partitions();
    let progress = Progress::start(
        "distinct: who passes",
        partitions.count() as u64,
        engine.options().quiet,
    );
    let mut tasks = stream::iter(0..partitions.count())
        .map(|partition| {
            let (batches, set) = (partitions.stream(partition), Arc::clone(&set));
            let progress = progress.clone();
            async move {
                let task = SpawnedTask::spawn(mark(batches?, set, progress));
                task.await
                    .map_err(|e| Error::internal("a task ended early").caused_by(e))?
            }
        })
        .buffer_unordered(engine.options().threads);
    while let Some(()) = tasks.try_next().await? {}
    drop(tasks);
    progress.discard();
    Ok((set, warnings))
}

/// Adds the documents of a stream.
async fn mark(
    mut batches: SendableRecordBatchStream,
    set: Arc<PlaceSet>,
    progress: Progress,
) -> Result<()> {
    while let Some(batch) = batches.try_next().await? {
        let places = Places::of(batch.columns())?;
        for row in 0..places.count() {
            set.add(places.place(row));
        }
        progress.add(places.count() as u64, 0, 0);
    }
    progress.add(0, 0, 1);
    Ok(())
}

/// The documents that meet `predicate` and stay; with how many of those that pass did not, and warnings.
pub async fn survivors(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    settings: &Settings,
    predicate: Option<&str>,
    distinct: &Distinct,
) -> Result<(Arc<PlaceSet>, u64, Vec<String>)> {
    let (set, warnings) = passing(engine, corpora, settings, predicate).await?;
    let mut removed = 0;
    for preset in &distinct.presets {
        removed += choose(engine, corpora, settings, distinct, preset, &set).await?;
    }
    Ok((set, removed, warnings))
}

/// Leaves of the documents in `set` one of each cluster of `preset`; says how many went.
pub async fn choose(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    settings: &Settings,
    distinct: &Distinct,
    preset: &str,
    set: &PlaceSet,
) -> Result<u64> {
    check_names(engine, corpora, preset).await?;
    let sql = sql(corpora, distinct, preset);
    let planned = Planner::new(engine, corpora)?
        .with_settings(settings.clone())
        .with_rows(set.rows())
        .plan(&sql)
        .await?;
    let mut batches = planned.stream().await?;
    // The cluster of the last row so far.
    let mut before: Option<ArrayRef> = None;
    let mut removed = 0;
    while let Some(batch) = batches.try_next().await? {
        removed += remove_later(&batch, &mut before, set)?;
    }
    Ok(removed)
}

/// A cluster is known by the smallest id in it, so where ids are not unique two clusters can have one name, and one of them
/// would be lost. Clusters of unknown size are not of our making, and their names mean what their author says.
async fn check_names(engine: &Engine, corpora: &[Arc<Corpus>], preset: &str) -> Result<()> {
    let [cluster, size, rank] = [CLUSTER, SIZE, RANK].map(|end| column(preset, end));
    let is_stored = |name: &str| corpora.iter().all(|c| c.stored_column(name).is_some());
    if ![&size, &rank].iter().all(|c| is_stored(&c.value)) {
        return Ok(());
    }
    let sql = format!(
        "SELECT count(*) AS names FROM (SELECT {cluster} FROM corpus WHERE {size} > 1 GROUP BY {cluster} \
         HAVING count(*) > max({size}) OR min({size}) < max({size}) OR count(*) FILTER (WHERE {rank} = 1) > 1) AS shared"
    );
    let batches = Planner::new(engine, corpora)?.plan(&sql).await?;
    let mut shared = 0;
    for batch in batches.collect().await? {
        shared += counts(batch.column(0))?.values().iter().sum::<u64>();
    }
    match shared {
        0 => Ok(()),
        n => Err(Error::user(format!(
            "{} in common with another: clusters are named by ids, which are not unique here",
            match n {
                1 => format!("1 cluster of {preset} has its name"),
                n => format!("{n} clusters of {preset} have their names"),
            }
        ))
        .hint("ingest the documents with unique ids (--map id=COLUMN), then run `corpusql dedup` again")),
    }
}

/// Removes all documents of a batch but the first of each cluster; equal clusters stand side by side.
fn remove_later(batch: &RecordBatch, before: &mut Option<ArrayRef>, set: &PlaceSet) -> Result<u64> {
    if batch.num_rows() == 0 {
        return Ok(0);
    }
    let clusters = batch.column(0);
    let places = Places::of(&batch.columns()[1..])?;
    let goes_on = match before {
        None => false,
        Some(before) => {
            let pair = concat(&[before.as_ref(), clusters.slice(0, 1).as_ref()])?;
            partition(&[pair])?.len() == 1
        }
    };
    let mut removed = 0;
    for group in partition(std::slice::from_ref(clusters))?.ranges() {
        let first_stays = group.start > 0 || !goes_on;
        for row in group.skip(usize::from(first_stays)) {
            set.remove(places.place(row));
            removed += 1;
        }
    }
    // A copy: the slice would hold the whole batch.
    *before = Some(concat(&[clusters.slice(clusters.len() - 1, 1).as_ref()])?);
    Ok(removed)
}

/// The members of clusters of several: cluster and place, clusters side by side, who stays first. Ties come in the order of the
/// corpora, parts and rows, as in every sort here.
fn sql(corpora: &[Arc<Corpus>], distinct: &Distinct, preset: &str) -> String {
    let cluster = column(preset, CLUSTER);
    let mut columns = vec![format!("{cluster} AS cluster")];
    columns.extend(Places::sql(corpora));
    let mut order = vec!["cluster".to_string()];
    for (place, key) in distinct.keys(preset).iter().enumerate() {
        columns.push(format!("({}) AS key_{place}", key.expr));
        order.push(format!("key_{place}{}", key.options));
    }
    let size = column(preset, SIZE);
    let has_sizes = |corpus: &Arc<Corpus>| corpus.stored_column(&size.value).is_some();
    let several = match corpora.iter().all(has_sizes) {
        true => format!(" AND {size} > 1"),
        false => String::new(),
    };
    format!(
        "SELECT cluster, place_corpus, place_part, place_row \
         FROM (SELECT {} FROM corpus WHERE {cluster} IS NOT NULL{several}) AS members \
         ORDER BY {}",
        columns.join(", "),
        order.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use datafusion::arrow::array::{StringViewArray, UInt32Array, UInt64Array};
    use datafusion::execution::memory_pool::UnboundedMemoryPool;
    use proptest::prelude::*;

    use super::*;
    use crate::query::places::Place;

    /// Rows as the sort gives them, cut into batches at `cuts`.
    fn batches(rows: &[(String, Place)], cuts: &[usize]) -> Vec<RecordBatch> {
        let mut ends: Vec<usize> = cuts.iter().map(|c| c % (rows.len() + 1)).collect();
        ends.extend([0, rows.len()]);
        ends.sort_unstable();
        let batch = |rows: &[(String, Place)]| {
            let clusters: StringViewArray = rows.iter().map(|(c, _)| Some(c.as_str())).collect();
            let corpora: UInt64Array = rows.iter().map(|(_, p)| Some(p.corpus as u64)).collect();
            let parts: UInt32Array = rows.iter().map(|(_, p)| Some(p.part)).collect();
            let places: UInt64Array = rows.iter().map(|(_, p)| Some(p.row)).collect();
            let columns: [(&str, ArrayRef); 4] = [
                ("cluster", Arc::new(clusters)),
                ("place_corpus", Arc::new(corpora)),
                ("place_part", Arc::new(parts)),
                ("place_row", Arc::new(places)),
            ];
            RecordBatch::try_from_iter(columns).expect("a batch")
        };
        ends.windows(2).map(|w| batch(&rows[w[0]..w[1]])).collect()
    }

    proptest! {
        /// Against the obvious way: a set of the clusters that have been seen.
        #[test]
        fn the_first_of_each_cluster_stays(
            clusters in prop::collection::vec(0_u8..9, 0..120),
            cuts in prop::collection::vec(any::<usize>(), 0..12),
        ) {
            let mut rows: Vec<(String, Place)> = clusters
                .iter()
                .enumerate()
                .map(|(n, cluster)| {
                    let place = Place { corpus: n % 2, part: (n % 3) as u32, row: (n / 6 * 5) as u64 };
                    (format!("a cluster with a longer name {cluster}"), place)
                })
                .collect();
            rows.sort_by(|a, b| a.0.cmp(&b.0));
            let pool: Arc<dyn datafusion::execution::memory_pool::MemoryPool> = Arc::new(UnboundedMemoryPool::default());
            let set = PlaceSet::of_sizes(vec![vec![100; 3]; 2], &pool).expect("memory");
            rows.iter().for_each(|(_, place)| set.add(*place));
            let (mut before, mut removed) = (None, 0);
            for batch in batches(&rows, &cuts) {
                removed += remove_later(&batch, &mut before, &set).expect("rows");
            }
            let mut seen = BTreeSet::new();
            let mut expected: Vec<Place> = rows
                .iter()
                .filter(|(cluster, _)| seen.insert(cluster.as_str()))
                .map(|(_, place)| *place)
                .collect();
            expected.sort_unstable();
            prop_assert_eq!(removed as usize, rows.len() - expected.len());
            let mut found = Vec::new();
            for (corpus, parts) in set.rows().into_iter().enumerate() {
                for part in parts {
                    let mask = part.mask.expect("not all rows");
                    found.extend(mask.set_indices().map(|row| Place {
                        corpus,
                        part: part.part as u32,
                        row: row as u64,
                    }));
                }
            }
            prop_assert_eq!(found.len() as u64, set.count());
            prop_assert_eq!(found, expected);
        }
    }
}
