//! The one scan behind the report: every document's rules and amounts, counted partition by partition.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

use datafusion::arrow::array::{AsArray, Float64Array, RecordBatch};
use datafusion::common::runtime::SpawnedTask;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, MemoryReservation};
use datafusion::sql::sqlparser::ast::{Expr, Value};
use futures::{StreamExt, TryStreamExt, stream};

use super::Request;
use super::clusters::Drawn;
use super::figures::{Amount, Pattern};
use super::removed::Candidates;
use super::rows::Keys;
use super::sweep::{Cluster, Values};
use super::tally::{Judged, Layout, Tally, WORD};
use super::thresholds::Threshold;
use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::query::check::{Check, is_boolean};
use crate::query::places::{PlaceSet, Places, all_rows};
use crate::query::planner::{PartRows, Planned, Planner};
use crate::query::select::quoted;
use crate::session::Engine;

/// All documents, counted by what they fail.
#[derive(Debug)]
pub struct Scanned {
    /// The groups, ordered by key; one without keys.
    pub groups: Vec<Group>,
    /// The key of each group.
    pub keys: Keys,
    /// The documents that count for each threshold that is moved.
    pub values: Vec<Values>,
    /// The removed documents that may be shown.
    pub candidates: Candidates,
    /// From the planner.
    pub warnings: Vec<String>,
}

/// What was counted of one group.
#[derive(Debug)]
pub struct Group {
    /// Its key as comparable bytes.
    pub key: Box<[u8]>,
    /// Its documents by what they fail, each with its cluster.
    pub patterns: Vec<(u64, Pattern)>,
    /// For each rule, the documents of which it is NULL.
    pub undefined: Vec<u64>,
}

impl Scanned {
    /// The documents of all groups by what they fail, and for each rule those of which it is NULL.
    pub fn all(&self, rules: usize) -> (Vec<Pattern>, Vec<u64>) {
        let mut undefined = vec![0; rules];
        let mut amounts: BTreeMap<&[u64], Amount> = BTreeMap::new();
        for group in &self.groups {
            undefined
                .iter_mut()
                .zip(&group.undefined)
                .for_each(|(sum, documents)| *sum += documents);
            for (_, pattern) in &group.patterns {
                *amounts.entry(&pattern.words).or_default() += pattern.amount;
            }
        }
        let patterns = amounts.into_iter().map(|(words, amount)| Pattern {
            words: words.to_vec(),
            amount,
        });
        (patterns.collect(), undefined)
    }
}

/// A rule, its parameters replaced by values.
#[derive(Clone, Debug)]
pub struct BoundRule {
    /// Its filter.
    pub filter: String,
    /// Its name.
    pub name: String,
    /// It.
    pub expr: Expr,
}

/// What the scan is to count beside the rules.
#[derive(Clone, Copy, Debug)]
pub struct Aims<'a> {
    /// The column of tokens, if there is one.
    pub tokens: Option<&'a str>,
    /// The thresholds to move.
    pub thresholds: &'a [Threshold],
    /// How many removed documents are to be shown.
    pub show: usize,
    /// The clusters to judge; all documents without.
    pub drawn: Option<&'a Arc<Drawn>>,
    /// Where those go that pass everything, if somebody asks for them.
    pub passing: Option<&'a Arc<PlaceSet>>,
}

impl Aims<'_> {
    /// Whether the scan has to say where documents lie.
    fn places(&self) -> bool {
        self.show > 0 || self.drawn.is_some() || self.passing.is_some()
    }
}

/// What the counting of all partitions shares.
struct Shared {
    layout: Layout,
    /// For each threshold, the rules that it is not in.
    others: Vec<Vec<u64>>,
    /// For each threshold, the documents that count for it. Shared, so that memory does not grow with
    /// the number of threads.
    values: Vec<Mutex<Values>>,
    show: usize,
    drawn: Option<Arc<Drawn>>,
    passing: Option<Arc<PlaceSet>>,
}

/// The rules of the filters that are asked for; what is asked beside them is checked.
pub async fn rules(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    request: &Request,
) -> Result<Vec<BoundRule>> {
    let check = Check::new(engine, corpora, &request.settings);
    if let Some(condition) = &request.condition {
        check.condition(condition).await?;
    }
    check.columns("--by", &request.by).await?;
    if let Some(distinct) = &request.distinct {
        distinct.check(engine, corpora, &request.settings).await?;
    }
    let mut rules = Vec::new();
    for filter in &request.filters {
        let of_filter = request.settings.rules(filter)?;
        rules.extend(of_filter.into_iter().map(|rule| BoundRule {
            filter: filter.clone(),
            name: rule.name,
            expr: rule.expr,
        }));
    }
    Ok(rules)
}

/// Judges the documents.
pub async fn scan(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    request: &Request,
    rules: &[BoundRule],
    aims: Aims<'_>,
) -> Result<Scanned> {
    let rows = match aims.drawn {
        Some(drawn) => Some(drawn.rows.clone()),
        None => aims.places().then(|| all_rows(corpora)),
    };
    let condition = request.condition.as_ref().map(|c| &c.expr);
    let sql = sql(corpora, request, rules, condition, aims);
    let planned = match plan(engine, corpora, request, rows, &sql).await {
        Ok(planned) if judges(&planned, request.by.len(), rules.len()) => planned,
        // What is wrong is said of the words that the user wrote. To plan each filter before would cost a report over
        // few documents most of its time.
        other => {
            let check = Check::new(engine, corpora, &request.settings);
            for filter in &request.filters {
                check.filter(filter).await?;
            }
            other?
        }
    };
    count_all(engine, request, rules.len(), aims, planned).await
}

async fn plan(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    request: &Request,
    rows: Option<Vec<Vec<PartRows>>>,
    sql: &str,
) -> Result<Planned> {
    let mut planner = Planner::new(engine, corpora)?.with_settings(request.settings.clone());
    if let Some(rows) = rows {
        planner = planner.with_rows(rows);
    }
    planner.plan(sql).await
}

/// Whether the columns of the rules, which follow so many keys, are conditions.
fn judges(planned: &Planned, keys: usize, rules: usize) -> bool {
    let schema = planned.schema();
    let mut rules = schema.fields().iter().skip(keys).take(rules);
    rules.all(|rule| is_boolean(rule.data_type()))
}

/// The documents of a set by group: what they amount to.
pub async fn amounts(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    request: &Request,
    tokens: Option<&str>,
    set: &PlaceSet,
) -> Result<HashMap<Box<[u8]>, Amount>> {
    let aims = Aims {
        tokens,
        thresholds: &[],
        show: 0,
        drawn: None,
        passing: None,
    };
    // A rule that all pass: each group has one pattern.
    let rule = BoundRule {
        filter: String::new(),
        name: String::new(),
        expr: Expr::Value(Value::Boolean(true).into()),
    };
    let sql = sql(corpora, request, std::slice::from_ref(&rule), None, aims);
    let rows = Some(set.rows());
    let planned = plan(engine, corpora, request, rows, &sql).await?;
    let scanned = count_all(engine, request, 1, aims, planned).await?;
    let groups = scanned.groups.into_iter().map(|group| {
        let mut sum = Amount::nothing(tokens.is_some());
        group
            .patterns
            .iter()
            .for_each(|(_, pattern)| sum += pattern.amount);
        (group.key, sum)
    });
    Ok(groups.collect())
}

/// Counts the documents that the query gives, partition by partition.
async fn count_all(
    engine: &Engine,
    request: &Request,
    rules: usize,
    aims: Aims<'_>,
    planned: Planned,
) -> Result<Scanned> {
    let layout = Layout {
        keys: request.by.len(),
        rules,
        tokens: aims.tokens.is_some(),
    };
    let warnings = planned.warnings().to_vec();
    let keys: Vec<_> = planned.schema().fields()[..layout.keys]
        .iter()
        .map(|field| field.data_type().clone())
        .collect();
    let pool = &engine.runtime().memory_pool;
    let held = MemoryConsumer::new("threshold sweep").register(pool);
    held.try_grow(aims.thresholds.len() * Values::most_memory(aims.drawn.is_some()))?;
    let shared = Arc::new(Shared::new(layout, aims));
    let partitions = planned.partitions();
    let mut tallies = stream::iter(0..partitions.count())
        .map(|partition| {
            let tally = Tally::new(layout, &keys, pool);
            let batches = partitions.stream(partition);
            let (shared, pool) = (Arc::clone(&shared), Arc::clone(pool));
            async move {
                let counted = SpawnedTask::spawn(count(shared, batches?, tally?, pool)).await;
                counted.map_err(|e| Error::internal("a task ended early").caused_by(e))?
            }
        })
        // A partition that ends makes room for the next at once: sums do not depend on the order, and a part's last
        // partition is often much smaller than the one before.
        .buffer_unordered(engine.options().threads);
    let mut tally = Tally::new(layout, &keys, pool)?;
    let mut candidates = shared.no_candidates();
    while let Some((more, drawn)) = tallies.try_next().await? {
        tally.merge(more)?;
        candidates.merge(drawn);
    }
    drop(tallies);
    let counted = tally.finish()?;
    let shared =
        Arc::into_inner(shared).ok_or_else(|| Error::internal("a task is still counting"))?;
    let values = shared.values.into_iter().map(Mutex::into_inner);
    Ok(Scanned {
        groups: counted
            .groups
            .into_iter()
            .map(|group| Group {
                key: group.key,
                patterns: group.patterns,
                undefined: group.undefined,
            })
            .collect(),
        keys: Keys::new(&request.by, counted.keys),
        values: values
            .collect::<std::result::Result<_, _>>()
            .map_err(|_| Error::internal("a task that counted has died"))?,
        candidates,
        warnings,
    })
}

/// Counts one partition.
async fn count(
    shared: Arc<Shared>,
    mut batches: SendableRecordBatchStream,
    mut tally: Tally,
    pool: Arc<dyn MemoryPool>,
) -> Result<(Tally, Candidates)> {
    let mut candidates = shared.no_candidates();
    let mut cluster = OpenCluster::new(&shared, &pool);
    while let Some(batch) = batches.try_next().await? {
        let judged = Judged::new(&shared.layout, &batch)?;
        let places = shared.places(&batch)?;
        let clusters = match (&shared.drawn, &places) {
            (Some(drawn), Some(places)) => Some(drawn.clusters_of(places)),
            _ => None,
        };
        tally.add(&batch, &judged, clusters.as_deref())?;
        match &clusters {
            None => shared.count_values(&batch, &judged)?,
            Some(clusters) => cluster.add(&shared, &batch, &judged, clusters)?,
        }
        if let (Some(passing), Some(places)) = (&shared.passing, &places) {
            (0..judged.rows())
                .filter(|&row| judged.first_failure(row).is_none())
                .for_each(|row| passing.add(places.place(row)));
        }
        if let (1.., Some(places)) = (shared.show, &places) {
            let first = shared.first_place() + Places::COLUMNS;
            candidates.add(&batch.columns()[first..], places, &judged)?;
        }
    }
    cluster.close(&shared)?;
    Ok((tally, candidates))
}

/// The cluster of a sample that is being read: the documents of one come one after the other.
struct OpenCluster {
    number: Option<u64>,
    whole: Amount,
    /// For each threshold, the documents that count for it.
    documents: Vec<Vec<(f64, Amount)>>,
    memory: MemoryReservation,
}

impl OpenCluster {
    fn new(shared: &Shared, pool: &Arc<dyn MemoryPool>) -> Self {
        Self {
            number: None,
            whole: Amount::nothing(shared.layout.tokens),
            documents: vec![Vec::new(); shared.others.len()],
            memory: MemoryConsumer::new("cluster of a sample").register(pool),
        }
    }

    /// Adds the documents of a batch, each of its cluster.
    fn add(
        &mut self,
        shared: &Shared,
        batch: &RecordBatch,
        judged: &Judged,
        clusters: &[u64],
    ) -> Result<()> {
        if shared.others.is_empty() {
            return Ok(());
        }
        let mut row = 0;
        for of_cluster in clusters.chunk_by(|a, b| a == b) {
            if self.number != Some(of_cluster[0]) {
                self.close(shared)?;
                self.number = Some(of_cluster[0]);
            }
            let rows = row..row + of_cluster.len();
            row = rows.end;
            rows.clone()
                .for_each(|row| self.whole += judged.amount(row));
            for (place, documents) in self.documents.iter_mut().enumerate() {
                documents.extend(shared.counting(batch, judged, place, rows.clone()));
            }
        }
        let held: usize = self.documents.iter().map(Vec::capacity).sum();
        Ok(self.memory.try_resize(held * size_of::<(f64, Amount)>())?)
    }

    /// Counts the documents of the cluster, which has no more.
    fn close(&mut self, shared: &Shared) -> Result<()> {
        if self.number.take().is_none() {
            return Ok(());
        }
        for (documents, values) in self.documents.iter_mut().zip(&shared.values) {
            locked(values)?.add_cluster(Cluster {
                whole: &self.whole,
                documents: std::mem::take(documents),
            });
        }
        self.whole = Amount::nothing(shared.layout.tokens);
        Ok(())
    }
}

fn locked(values: &Mutex<Values>) -> Result<MutexGuard<'_, Values>> {
    let died = |_| Error::internal("a task that counted has died");
    values.lock().map_err(died)
}

impl Shared {
    fn new(layout: Layout, aims: Aims<'_>) -> Self {
        let thresholds = aims.thresholds;
        let others = |threshold: &Threshold| {
            let mut words = vec![u64::MAX; layout.words()];
            for rule in &threshold.rules {
                words[rule / WORD] &= !(1 << (rule % WORD));
            }
            words
        };
        Self {
            layout,
            others: thresholds.iter().map(others).collect(),
            values: thresholds
                .iter()
                .map(|t| {
                    let spread = aims.drawn.map(|drawn| drawn.spread(layout.tokens));
                    Mutex::new(Values::new(t.comparison, layout.tokens, spread))
                })
                .collect(),
            show: aims.show,
            drawn: aims.drawn.cloned(),
            passing: aims.passing.cloned(),
        }
    }

    fn no_candidates(&self) -> Candidates {
        Candidates::new(self.show, self.layout.rules)
    }

    /// The first of the columns that say where documents lie.
    fn first_place(&self) -> usize {
        self.layout.end() + self.values.len()
    }

    /// Where the documents of a batch lie, if the scan was asked.
    fn places(&self, batch: &RecordBatch) -> Result<Option<Places>> {
        let columns = batch.columns().get(self.first_place()..);
        let columns = columns.filter(|columns| columns.len() >= Places::COLUMNS);
        columns.map(Places::of).transpose()
    }

    /// Counts the documents of a batch for every threshold.
    fn count_values(&self, batch: &RecordBatch, judged: &Judged) -> Result<()> {
        for (place, values) in self.values.iter().enumerate() {
            let critical = self.critical(batch, place).values();
            locked(values)?.add_batch(critical, judged, &self.others[place]);
        }
        Ok(())
    }

    /// The critical values of a threshold; none is NULL.
    fn critical<'a>(&self, batch: &'a RecordBatch, threshold: usize) -> &'a Float64Array {
        batch.column(self.layout.end() + threshold).as_primitive()
    }

    /// The critical values and amounts of the documents that fail no rule without a threshold.
    fn counting<'a>(
        &'a self,
        batch: &'a RecordBatch,
        judged: &'a Judged,
        threshold: usize,
        rows: Range<usize>,
    ) -> impl Iterator<Item = (f64, Amount)> + 'a {
        let critical = self.critical(batch, threshold);
        let others = &self.others[threshold];
        let passes_others = move |row: &usize| {
            let words = judged.pattern(*row).iter().zip(others);
            words.fold(0, |failed, (word, others)| failed | (word & others)) == 0
        };
        rows.filter(passes_others)
            .map(|row| (critical.value(row), judged.amount(row)))
    }
}

/// Groups, rules, amounts, in the order of [`Layout`],
/// the critical values of thresholds, then what [`Places`] and [`Candidates`] read.
fn sql(
    corpora: &[Arc<Corpus>],
    request: &Request,
    rules: &[BoundRule],
    condition: Option<&Expr>,
    aims: Aims<'_>,
) -> String {
    let mut columns: Vec<String> = Vec::new();
    for (place, column) in request.by.iter().enumerate() {
        columns.push(format!("{} AS by_{place}", quoted(column)));
    }
    for (place, rule) in rules.iter().enumerate() {
        columns.push(format!("({}) AS rule_{place}", rule.expr));
    }
    columns.push("text_chars AS characters, text_bytes AS bytes".to_string());
    columns.extend(
        aims.tokens
            .map(|column| format!("{} AS tokens", quoted(column))),
    );
    for (place, threshold) in aims.thresholds.iter().enumerate() {
        columns.push(format!("{} AS value_{place}", threshold.critical));
    }
    if aims.places() {
        columns.extend(Places::sql(corpora));
    }
    if aims.show > 0 {
        columns.extend(Candidates::sql(corpora));
    }
    let condition = condition.map_or_else(String::new, |c| format!(" WHERE {c}"));
    format!("SELECT {} FROM corpus{condition}", columns.join(", "))
}
