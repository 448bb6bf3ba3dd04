//! A look at clusters of duplicates: the biggest of them, or the members of one with what differs marked.
//!
//! Only numbers and names are read of all documents; texts are read by position, of the documents that are shown.

mod show;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, UInt64Type};
use serde::Serialize;

use crate::corpus::{Corpus, DEDUP};
use crate::error::{Error, Result, near_miss};
use crate::output::{self, Format, Output};
use crate::query::planner::Planner;
use crate::query::select::quoted;
use crate::session::Engine;
use words::{Run, Word, compare};

/// Characters of a document's beginning.
const BEGINNING: usize = 60;
/// Sources of a cluster that are named.
const MOST_SOURCES: usize = 4;

/// The clusters of one layer.
#[derive(Debug)]
pub struct Clusters {
    corpus: Arc<Corpus>,
    preset: String,
    has_source: bool,
}

/// The members of a cluster that are shown.
#[derive(Clone, Debug, Serialize)]
pub struct Members {
    /// The layer that says what belongs together.
    pub preset: String,
    /// The cluster.
    pub cluster: String,
    /// How many documents it has.
    pub size: u64,
    /// Those of them that are shown, the one that stays first.
    pub members: Vec<Member>,
    /// Whether longer texts were compared only by their first words.
    pub is_cut: bool,
}

/// A document of a cluster.
#[derive(Clone, Debug, Serialize)]
pub struct Member {
    /// Its rank: 1 for the one that stays.
    pub rank: u64,
    /// Its id.
    pub id: String,
    /// Where it is from, where that is stored.
    pub source: Option<String>,
    /// Its length.
    pub characters: u64,
    /// The share of its words and the survivor's that are the same.
    pub same: f64,
    /// Its words, beside those of the document that stays.
    pub runs: Vec<Piece>,
}

/// Words that are the same in a document and the one that stays, or that differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// Both have these words.
    Same(String),
    /// What stands in the one that stays, and what stands here.
    Differs {
        /// In the one that stays.
        survivor: String,
        /// Here.
        member: String,
    },
}

impl Clusters {
    /// The clusters of the layer `preset`.
    pub fn open(corpus: Corpus, preset: &str) -> Result<Self> {
        if corpus.stored_column(&format!("{preset}_cluster")).is_none() {
            let root = corpus.root().display();
            if let Some(why) = corpus.layer(preset).and_then(|layer| layer.stale()) {
                return Err(Error::user(format!(
                    "the layer {preset} of {root} is out of date: {why}"
                ))
                .hint(format!(
                    "`corpusql dedup {root} {preset}` brings it up to date"
                )));
            }
            let is_made = |c: &crate::corpus::Column| c.definition.starts_with(DEDUP);
            let layers = corpus.readable_layers();
            let made: Vec<&str> = layers
                .filter(|l| l.manifest().columns.iter().any(is_made))
                .map(|l| l.name())
                .filter(|name| corpus.stored_column(&format!("{name}_cluster")).is_some())
                .collect();
            let there = match &made[..] {
                [] => "it has no layer of clusters".to_string(),
                made => format!("it has {}", made.join(", ")),
            };
            let error = Error::user(format!("{root} has no clusters by {preset}: {there}"));
            return Err(match near_miss(preset, made) {
                Some(near) => error.hint(format!("did you mean {near}?")),
                None => error.hint(format!("`corpusql dedup {root} PRESET` makes one")),
            });
        }
        Ok(Self {
            has_source: corpus.stored_column("source").is_some(),
            corpus: Arc::new(corpus),
            preset: preset.to_string(),
        })
    }

    fn column(&self, name: &str) -> String {
        quoted(&format!("{}_{name}", self.preset))
    }

    async fn rows(&self, engine: &Engine, sql: &str) -> Result<Vec<RecordBatch>> {
        let planner = Planner::new(engine, std::slice::from_ref(&self.corpus))?;
        planner.plan(sql).await?.collect().await
    }

    /// The biggest clusters of several documents, `most` of them; and how many there are.
    pub async fn biggest(&self, engine: &Engine, most: usize) -> Result<(RecordBatch, u64)> {
        let (cluster, size, rank) = (
            self.column("cluster"),
            self.column("cluster_size"),
            self.column("rank"),
        );
        let groups = format!(
            "SELECT {cluster} AS cluster, max({size}) AS size FROM corpus WHERE {size} > 1 GROUP BY {cluster}"
        );
        let all = self
            .rows(
                engine,
                &format!("SELECT count(*) AS clusters FROM ({groups}) AS groups"),
            )
            .await?;
        let all = match all.first() {
            Some(batch) => numbers(batch.column(0))?.value(0),
            None => 0,
        };
        let sql = format!("{groups} ORDER BY size DESC, cluster LIMIT {most}");
        let mut names = Vec::new();
        let mut sizes = Vec::new();
        for batch in self.rows(engine, &sql).await? {
            let (clusters, numbers) = (strings(batch.column(0))?, numbers(batch.column(1))?);
            for row in 0..batch.num_rows() {
                names.push(clusters.value(row).to_string());
                sizes.push(numbers.value(row));
            }
        }
        let literals: Vec<String> = names.iter().map(|name| literal(name)).collect();
        let mut survivors = BTreeMap::new();
        let mut sources = BTreeMap::<String, Vec<(u64, String)>>::new();
        if !names.is_empty() {
            let within = format!("{cluster} IN ({})", literals.join(", "));
            let sql = format!(
                "SELECT {cluster} AS cluster, CAST(id AS VARCHAR) AS id, substr(text, 1, {}) AS beginning \
                 FROM corpus WHERE {rank} = 1 AND {size} > 1 AND {within}",
                4 * BEGINNING
            );
            for batch in self.rows(engine, &sql).await? {
                let columns = [0, 1, 2].map(|column| strings(batch.column(column)));
                let [clusters, ids, texts] = columns;
                let (clusters, ids, texts) = (clusters?, ids?, texts?);
                for row in 0..batch.num_rows() {
                    let value = (ids.value(row).to_string(), beginning(texts.value(row)));
                    survivors.insert(clusters.value(row).to_string(), value);
                }
            }
            if self.has_source {
                let sql = format!(
                    "SELECT {cluster} AS cluster, coalesce(CAST(source AS VARCHAR), '?') AS source, count(*) AS documents \
                     FROM corpus WHERE {size} > 1 AND {within} GROUP BY 1, 2 ORDER BY documents DESC, source"
                );
                for batch in self.rows(engine, &sql).await? {
                    let (clusters, names) = (strings(batch.column(0))?, strings(batch.column(1))?);
                    let documents = numbers(batch.column(2))?;
                    for row in 0..batch.num_rows() {
                        let of = sources.entry(clusters.value(row).to_string()).or_default();
                        of.push((documents.value(row), names.value(row).to_string()));
                    }
                }
            }
        }
        let of_survivor = |name: &String, which: fn(&(String, String)) -> &String| {
            survivors.get(name).map(which).cloned()
        };
        let ids: StringArray = names
            .iter()
            .map(|name| of_survivor(name, |s| &s.0))
            .collect();
        let texts: StringArray = names
            .iter()
            .map(|name| of_survivor(name, |s| &s.1))
            .collect();
        let of_sources: StringArray = names
            .iter()
            .map(|name| sources.get(name).map(|of| source_words(of)))
            .collect();
        let mut columns: Vec<(&str, ArrayRef)> = vec![
            ("cluster", Arc::new(StringArray::from(names.clone()))),
            ("size", Arc::new(UInt64Array::from(sizes))),
            ("survivor", Arc::new(ids)),
        ];
        if self.has_source {
            columns.push(("sources", Arc::new(of_sources)));
        }
        columns.push(("begins_with", Arc::new(texts)));
        Ok((RecordBatch::try_from_iter(columns)?, all))
    }

    /// The members of a cluster, `most` of them, each beside the one that stays.
    pub async fn members(&self, engine: &Engine, cluster: &str, most: usize) -> Result<Members> {
        let rank = self.column("rank");
        let source = match self.has_source {
            true => "CAST(source AS VARCHAR)",
            false => "CAST(NULL AS VARCHAR)",
        };
        let sql = format!(
            "SELECT {rank} AS place, {} AS size, text_chars AS characters, CAST(id AS VARCHAR) AS id, {source} AS source, text \
             FROM corpus WHERE {} = {} ORDER BY place LIMIT {most}",
            self.column("cluster_size"),
            self.column("cluster"),
            literal(cluster)
        );
        let mut found = Members {
            preset: self.preset.clone(),
            cluster: cluster.to_string(),
            size: 0,
            members: Vec::new(),
            is_cut: false,
        };
        let mut survivor: Option<String> = None;
        for batch in self.rows(engine, &sql).await? {
            let [places, sizes, characters] = [0, 1, 2].map(|column| numbers(batch.column(column)));
            let (places, sizes, characters) = (places?, sizes?, characters?);
            let [ids, sources, texts] = [3, 4, 5].map(|column| strings(batch.column(column)));
            let (ids, sources, texts) = (ids?, sources?, texts?);
            for row in 0..batch.num_rows() {
                let text = texts.value(row);
                let first = survivor.get_or_insert_with(|| text.to_string());
                let (same, runs, is_cut) = beside(first, text);
                found.size = sizes.value(row);
                found.is_cut |= is_cut;
                found.members.push(Member {
                    rank: places.value(row),
                    id: ids.value(row).to_string(),
                    source: sources
                        .is_valid(row)
                        .then(|| sources.value(row).to_string()),
                    characters: characters.value(row),
                    same,
                    runs,
                });
            }
        }
        if found.members.is_empty() {
            return Err(Error::user(format!(
                "{} has no cluster `{cluster}` by {}",
                self.corpus.name(),
                self.preset
            ))
            .hint(format!(
                "a cluster is called like its smallest id; `corpusql inspect {} --cluster {}` shows the biggest",
                self.corpus.root().display(),
                self.preset
            )));
        }
        Ok(found)
    }
}

impl Members {
    /// Writes them as `output` says: words for people, one object as JSON.
    pub fn write(&self, output: &Output) -> Result<()> {
        let text = match output.format {
            Format::Table => show::text(self, output.on_terminal()),
            Format::Json | Format::Jsonl => {
                let json = match output.format {
                    Format::Json => serde_json::to_string_pretty(self),
                    _ => serde_json::to_string(self),
                };
                json.map_err(|e| Error::internal("cannot write the cluster").caused_by(e))? + "\n"
            }
            Format::Csv | Format::Parquet => {
                return Err(Error::user(
                    "the members of a cluster are written as table, json or jsonl",
                )
                .hint("without an id, --cluster writes the biggest clusters in every format"));
            }
        };
        output::write_text(&text, output)
    }
}

/// A text beside another: the share of words that are the same, the runs, and whether words were left out.
fn beside(survivor: &str, text: &str) -> (f64, Vec<Piece>, bool) {
    let ((left, more_left), (right, more_right)) = (words::words(survivor), words::words(text));
    let mut same = 0;
    let runs = compare(&left, &right).into_iter().map(|run| match run {
        Run::Same(places) => {
            same += places.len();
            Piece::Same(joined(&left[places]))
        }
        Run::Differs(of_left, of_right) => Piece::Differs {
            survivor: joined(&left[of_left]),
            member: joined(&right[of_right]),
        },
    });
    let runs = runs.collect();
    let all = left.len() + right.len();
    let share = match all {
        0 => 1.0,
        all => 2.0 * same as f64 / all as f64,
    };
    (share, runs, more_left || more_right)
}

/// Words as they stand in their text, whitespace as single spaces.
fn joined(words: &[Word<'_>]) -> String {
    let mut text = String::new();
    for (place, word) in words.iter().enumerate() {
        if word.spaced && place > 0 {
            text.push(' ');
        }
        text.push_str(word.text);
    }
    text
}

fn source_words(sources: &[(u64, String)]) -> String {
    let shown = sources.iter().take(MOST_SOURCES);
    let mut words: Vec<String> = shown.map(|(many, name)| format!("{name} {many}")).collect();
    if sources.len() > MOST_SOURCES {
        words.push(format!("{} more", sources.len() - MOST_SOURCES));
    }
    words.join(", ")
}

/// The first words of a text, on one line.
fn beginning(text: &str) -> String {
    let line: Vec<&str> = text.split_whitespace().collect();
    line.join(" ").chars().take(BEGINNING).collect()
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn strings(column: &ArrayRef) -> Result<StringArray> {
    Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone())
}

fn numbers(column: &ArrayRef) -> Result<UInt64Array> {
    Ok(cast(column, &DataType::UInt64)?
        .as_primitive::<UInt64Type>()
        .clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_the_survivor() {
        let (same, runs, is_cut) = beside("The cat, sat.", "The dog sat. Yes");
        assert_eq!(
            runs,
            [
                Piece::Same("The".to_string()),
                Piece::Differs {
                    survivor: "cat,".to_string(),
                    member: "dog".to_string()
                },
                Piece::Same("sat.".to_string()),
                Piece::Differs {
                    survivor: String::new(),
                    member: "Yes".to_string()
                },
            ]
        );
        assert!((same - 0.6).abs() < 1e-9 && !is_cut);
        assert_eq!(beside("", ""), (1.0, vec![], false));
    }

    #[test]
    fn sources_and_beginnings() {
        let sources: Vec<_> = (1..=6).rev().map(|i| (i, format!("s{i}"))).collect();
        assert_eq!(source_words(&sources), "s6 6, s5 5, s4 4, s3 3, 2 more");
        assert_eq!(beginning(" a\n\tb "), "a b");
        assert_eq!(literal("it's"), "'it''s'");
    }
}
