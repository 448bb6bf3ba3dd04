//! A look at what is removed: a few documents for each rule and source, always the same ones.
//!
//! Documents are drawn by a hash of their ids, so a sample does not change with parts, threads or the
//! order of documents. The scan keeps the smallest hashes of each stratum (the first rule that a document
//! fails, and its source); the text of those that are chosen is read afterwards, by position.

use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr};
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use super::lines::{self, Lines, ShownLine};
use super::scan::BoundRule;
use super::tally::{Judged, Layout};
use super::thresholds;
use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::query::Settings;
use crate::query::places::{Place, Places};
use crate::query::planner::{PartRows, Planner};
use crate::query::select::quoted;
use crate::session::Engine;

/// Documents that a sample shows at most.
pub const MOST_SHOWN: usize = 1000;
/// Sources that one rule's documents are drawn from at most.
const MOST_SOURCES: usize = 64;
/// Columns that say where a document is from, as far as they are stored.
const ORIGIN: [&str; 4] = [SOURCE, "language", "domain", "url"];
/// The column that, with the first rule that a document fails, makes its stratum.
const SOURCE: &str = "source";

/// A document that was removed.
#[derive(Clone, Debug, Serialize)]
pub struct RemovedDocument {
    /// The filter of the first rule that it fails.
    pub filter: String,
    /// The first rule that it fails.
    pub rule: String,
    /// Its corpus, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corpus: Option<String>,
    /// Its name.
    pub id: String,
    /// Where it is from, by column.
    pub origin: serde_json::Map<String, serde_json::Value>,
    /// Code points of its text.
    pub characters: u64,
    /// Lines of its text.
    pub lines: u64,
    /// All rules that it fails.
    pub failed: Vec<FailedRule>,
    /// Some of its lines.
    pub shown: Vec<ShownLine>,
}

/// A rule that a document fails.
#[derive(Clone, Debug, Serialize)]
pub struct FailedRule {
    /// The filter.
    pub filter: String,
    /// The rule.
    pub rule: String,
    /// What it demands.
    pub demands: String,
    /// What was measured.
    pub measured: Vec<Measured>,
}

/// What was measured of a document.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// What: an expression over columns.
    pub measure: String,
    /// How much; null where it is undefined.
    pub value: serde_json::Value,
}

/// A document by the hash of its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    hash: u64,
    place: Place,
}

/// The documents of one rule and source with the smallest hashes.
type Drawn = BinaryHeap<Candidate>;

/// The removed documents that may be shown.
#[derive(Debug)]
pub struct Candidates {
    many: usize,
    /// By rule, by the hash of the source and the source.
    strata: Vec<BTreeMap<(u64, Option<String>), Drawn>>,
}

impl Candidates {
    /// None yet, to choose `many` from later.
    pub fn new(many: usize, rules: usize) -> Self {
        Self {
            many,
            strata: vec![BTreeMap::new(); rules],
        }
    }

    /// The columns that candidates are drawn by.
    pub fn sql(corpora: &[Arc<Corpus>]) -> [String; 2] {
        let source = match corpora.iter().any(|c| c.stored_column(SOURCE).is_some()) {
            true => SOURCE,
            false => "NULL",
        };
        [
            "CAST(id AS VARCHAR) AS drawn_id".to_string(),
            format!("CAST({source} AS VARCHAR) AS drawn_source"),
        ]
    }

    /// Adds the removed documents of a batch; `columns` are those that [`sql`](Self::sql) asks for.
    pub fn add(&mut self, columns: &[ArrayRef], places: &Places, judged: &Judged) -> Result<()> {
        let [id, source] = [strings(&columns[0])?, strings(&columns[1])?];
        for row in 0..judged.rows() {
            let Some(rule) = judged.first_failure(row) else {
                continue;
            };
            let candidate = Candidate {
                hash: xxh3_64(id.value(row).as_bytes()),
                place: places.place(row),
            };
            let source = source.is_valid(row).then(|| source.value(row));
            self.draw(rule, source, [candidate]);
        }
        Ok(())
    }

    /// Adds what another has drawn.
    pub fn merge(&mut self, other: Self) {
        for (rule, sources) in other.strata.into_iter().enumerate() {
            for ((_, source), drawn) in sources {
                self.draw(rule, source.as_deref(), drawn);
            }
        }
    }

    fn draw(
        &mut self,
        rule: usize,
        source: Option<&str>,
        candidates: impl IntoIterator<Item = Candidate>,
    ) {
        let hash = source.map_or(0, |s| xxh3_64(s.as_bytes()));
        let sources = &mut self.strata[rule];
        // Too many sources: those with the smallest hashes stay, whatever the order in which they come.
        if sources.len() == MOST_SOURCES
            && sources
                .last_key_value()
                .is_some_and(|((last, _), _)| *last < hash)
        {
            return;
        }
        let drawn = sources
            .entry((hash, source.map(str::to_string)))
            .or_default();
        for candidate in candidates {
            if drawn.len() < self.many {
                drawn.push(candidate);
            } else if drawn.peek().is_some_and(|largest| candidate < *largest) {
                drawn.pop();
                drawn.push(candidate);
            }
        }
        if sources.len() > MOST_SOURCES {
            sources.pop_last();
        }
    }

    /// Chooses: each rule and, within a rule, each source in turn, smallest hashes first.
    fn chosen(self) -> Vec<(usize, Candidate)> {
        let many = self.many;
        let mut rules: Vec<(usize, std::vec::IntoIter<Candidate>)> = self
            .strata
            .into_iter()
            .enumerate()
            .map(|(rule, sources)| (rule, in_turn(sources).into_iter()))
            .collect();
        let mut chosen = Vec::new();
        while chosen.len() < many {
            let before = chosen.len();
            for (rule, documents) in &mut rules {
                if chosen.len() < many {
                    chosen.extend(documents.next().map(|d| (*rule, d)));
                }
            }
            if chosen.len() == before {
                break;
            }
        }
        // Stable: within a rule as they were drawn.
        chosen.sort_by_key(|(rule, _)| *rule);
        chosen
    }
}

/// One document of each source in turn, sources by name.
fn in_turn(sources: BTreeMap<(u64, Option<String>), Drawn>) -> Vec<Candidate> {
    let mut sources: Vec<_> = sources
        .into_iter()
        .map(|((_, name), drawn)| (name, drawn.into_sorted_vec().into_iter()))
        .collect();
    sources.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut all = Vec::new();
    loop {
        let before = all.len();
        all.extend(sources.iter_mut().filter_map(|(_, drawn)| drawn.next()));
        if all.len() == before {
            return all;
        }
    }
}

/// Reads the documents that are chosen of the candidates.
pub async fn read(
    engine: &Engine,
    corpora: &[Arc<Corpus>],
    settings: &Settings,
    rules: &[BoundRule],
    candidates: Candidates,
) -> Result<Vec<RemovedDocument>> {
    let chosen = candidates.chosen();
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let mut places: Vec<Place> = chosen.iter().map(|(_, drawn)| drawn.place).collect();
    places.sort_unstable();
    let mut wanted = vec![Vec::new(); corpora.len()];
    for place in &places {
        wanted[place.corpus].push(PartRows {
            part: place.part as usize,
            rows: place.row..place.row + 1,
            mask: None,
        });
    }
    let reader = Reader::new(engine, corpora, rules);
    let planner = Planner::new(engine, corpora)?
        .with_settings(settings.clone())
        .with_rows(wanted);
    let batches = planner.plan(&reader.sql()).await?.collect().await?;
    let mut read = Vec::new();
    for batch in &batches {
        reader.documents(batch, &mut read)?;
    }
    if read.len() != places.len() {
        return Err(Error::internal(format!(
            "{} documents were to be shown, {} were found",
            places.len(),
            read.len()
        )));
    }
    let failed: Vec<Vec<usize>> = read.iter().map(|d| d.failed.clone()).collect();
    let texts: Vec<Lines> = read
        .iter_mut()
        .map(|d| Lines::of(std::mem::take(&mut d.text), std::mem::take(&mut d.inputs)))
        .collect();
    let shown = lines::mark(engine, rules, &reader.inputs, &texts, &failed).await?;
    let mut documents: Vec<Option<RemovedDocument>> = read
        .into_iter()
        .zip(shown)
        .zip(&texts)
        .zip(&places)
        .map(|(((document, shown), lines), place)| {
            let first = &rules[document.failed[0]];
            Some(RemovedDocument {
                filter: first.filter.clone(),
                rule: first.name.clone(),
                corpus: (corpora.len() > 1).then(|| corpora[place.corpus].name().to_string()),
                id: document.id,
                origin: document.origin,
                characters: document.characters,
                lines: lines.count(),
                failed: document
                    .failed
                    .iter()
                    .map(|rule| FailedRule {
                        filter: rules[*rule].filter.clone(),
                        rule: rules[*rule].name.clone(),
                        demands: one_line(&rules[*rule].expr.to_string()),
                        measured: reader.terms_of[*rule]
                            .iter()
                            .map(|term| Measured {
                                measure: one_line(&reader.terms[*term]),
                                value: document.measured[*term].clone(),
                            })
                            .collect(),
                    })
                    .collect(),
                shown,
            })
        })
        .collect();
    Ok(chosen
        .iter()
        .filter_map(|(_, drawn)| documents[places.binary_search(&drawn.place).ok()?].take())
        .collect())
}

/// Reads chosen documents with everything that is shown of them.
struct Reader {
    rules: Vec<String>,
    /// What rules measure, each once; and for each rule, which of them.
    terms: Vec<String>,
    terms_of: Vec<Vec<usize>>,
    /// Columns that say where a document is from.
    origin: Vec<&'static str>,
    /// Columns beside the text that signals read.
    inputs: Vec<String>,
}

/// A document as it is read.
struct Read {
    id: String,
    characters: u64,
    failed: Vec<usize>,
    measured: Vec<serde_json::Value>,
    origin: serde_json::Map<String, serde_json::Value>,
    inputs: Vec<Option<String>>,
    text: String,
}

impl Reader {
    fn new(engine: &Engine, corpora: &[Arc<Corpus>], rules: &[BoundRule]) -> Self {
        let is_stored = |name: &str| corpora.iter().any(|c| c.stored_column(name).is_some());
        let mut terms: Vec<String> = Vec::new();
        let terms_of = rules
            .iter()
            .map(|rule| {
                let of_rule = terms_of(&rule.expr);
                of_rule
                    .into_iter()
                    .map(|term| match terms.iter().position(|t| *t == term) {
                        Some(place) => place,
                        None => {
                            terms.push(term);
                            terms.len() - 1
                        }
                    })
                    .collect()
            })
            .collect();
        let mut inputs: Vec<String> = engine
            .functions()
            .virtual_columns()
            .flat_map(|c| c.inputs.iter().copied())
            .filter(|input| *input != "text" && is_stored(input))
            .map(str::to_string)
            .collect();
        inputs.sort();
        inputs.dedup();
        Self {
            rules: rules.iter().map(|rule| rule.expr.to_string()).collect(),
            terms,
            terms_of,
            origin: ORIGIN.into_iter().filter(|name| is_stored(name)).collect(),
            inputs,
        }
    }

    fn layout(&self) -> Layout {
        Layout {
            keys: 0,
            rules: self.rules.len(),
            tokens: false,
        }
    }

    fn sql(&self) -> String {
        let mut columns: Vec<String> = Vec::new();
        for (place, rule) in self.rules.iter().enumerate() {
            columns.push(format!("({rule}) AS rule_{place}"));
        }
        columns.push("text_chars AS characters, text_bytes AS bytes".to_string());
        for (place, term) in self.terms.iter().enumerate() {
            columns.push(format!("({term}) AS term_{place}"));
        }
        for name in &self.origin {
            columns.push(format!("CAST({name} AS VARCHAR) AS origin_{name}"));
        }
        for (place, name) in self.inputs.iter().enumerate() {
            columns.push(format!(
                "CAST({} AS VARCHAR) AS input_{place}",
                quoted(name)
            ));
        }
        columns.push("CAST(id AS VARCHAR) AS document".to_string());
        columns.push("text AS body".to_string());
        format!("SELECT {} FROM corpus", columns.join(", "))
    }

    fn documents(&self, batch: &RecordBatch, read: &mut Vec<Read>) -> Result<()> {
        let layout = self.layout();
        let judged = Judged::new(&layout, batch)?;
        let mut columns = batch.columns()[layout.end()..].iter();
        let mut take = |many: usize| -> Vec<&ArrayRef> { columns.by_ref().take(many).collect() };
        let terms = take(self.terms.len())
            .into_iter()
            .map(values)
            .collect::<Result<Vec<_>>>()?;
        let mut texts = |many: usize| {
            take(many)
                .into_iter()
                .map(strings)
                .collect::<Result<Vec<_>>>()
        };
        let origin = texts(self.origin.len())?;
        let inputs = texts(self.inputs.len())?;
        let [ids, bodies] = <[StringArray; 2]>::try_from(texts(2)?)
            .map_err(|_| Error::internal("a column of the sample is missing"))?;
        let text = |column: &StringArray, row: usize| {
            column.is_valid(row).then(|| column.value(row).to_string())
        };
        for row in 0..batch.num_rows() {
            let failed: Vec<usize> = (0..self.rules.len())
                .filter(|rule| judged.fails(row, *rule))
                .collect();
            if failed.is_empty() {
                return Err(Error::internal(
                    "a document that was removed fails no rule when it is read again",
                ));
            }
            let from = self.origin.iter().zip(&origin);
            read.push(Read {
                id: text(&ids, row).unwrap_or_default(),
                characters: judged.amount(row).characters,
                failed,
                measured: terms.iter().map(|term| term[row].clone()).collect(),
                origin: from
                    .filter_map(|(name, column)| {
                        Some(((*name).to_string(), text(column, row)?.into()))
                    })
                    .collect(),
                inputs: inputs.iter().map(|column| text(column, row)).collect(),
                text: text(&bodies, row).unwrap_or_default(),
            });
        }
        Ok(())
    }
}

/// A column as strings.
fn strings(column: &ArrayRef) -> Result<StringArray> {
    Ok(cast(column, &DataType::Utf8)?.as_string::<i32>().clone())
}

/// A column as JSON values.
fn values(column: &ArrayRef) -> Result<Vec<serde_json::Value>> {
    let numeric = column.data_type().is_numeric();
    if numeric {
        let numbers = cast(column, &DataType::Float64)?;
        let whole = column.data_type().is_integer();
        let numbers = numbers.as_primitive::<Float64Type>().iter();
        return Ok(numbers
            .map(|value| match value {
                Some(x) if whole => serde_json::Value::from(x as i64),
                Some(x) => serde_json::Value::from(x),
                None => serde_json::Value::Null,
            })
            .collect());
    }
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(column.as_ref(), &options)?;
    Ok((0..column.len())
        .map(|row| match column.is_null(row) {
            true => serde_json::Value::Null,
            false => lines::cut(&formatter.value(row).to_string()).into(),
        })
        .collect())
}

/// What a rule measures: what it compares with numbers and texts, or its columns.
fn terms_of(rule: &Expr) -> Vec<String> {
    let mut terms = Vec::new();
    compared(rule, &mut terms);
    if terms.is_empty() {
        terms.extend(thresholds::columns(rule).iter().map(|c| quoted(c)));
    }
    terms
}

fn compared(expr: &Expr, terms: &mut Vec<String>) {
    let mut add = |term: &Expr| {
        let term = term.to_string();
        if !terms.contains(&term) {
            terms.push(term);
        }
    };
    match expr {
        Expr::Nested(inner)
        | Expr::UnaryOp { expr: inner, .. }
        | Expr::IsTrue(inner)
        | Expr::IsNotTrue(inner)
        | Expr::IsFalse(inner)
        | Expr::IsNotFalse(inner) => compared(inner, terms),
        Expr::BinaryOp {
            left,
            op: BinaryOperator::And | BinaryOperator::Or,
            right,
        } => {
            compared(left, terms);
            compared(right, terms);
        }
        Expr::BinaryOp { left, right, .. } => {
            for side in [left, right] {
                if !thresholds::columns(side).is_empty() {
                    add(side);
                }
            }
        }
        Expr::Between { expr, .. }
        | Expr::InList { expr, .. }
        | Expr::IsNull(expr)
        | Expr::IsNotNull(expr) => {
            add(expr);
        }
        _ => {}
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(hash: u64) -> Candidate {
        Candidate {
            hash,
            place: Place {
                corpus: 0,
                part: 0,
                row: hash,
            },
        }
    }

    #[test]
    fn each_rule_and_source_has_its_turn_in_any_order() {
        let rows: Vec<(usize, String, u64)> = (0..2000_u64)
            .map(|n| {
                let hash = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                ((n % 3) as usize, format!("source {}", n % 100), hash)
            })
            .collect();
        let draw = |rows: &mut dyn Iterator<Item = &(usize, String, u64)>| {
            let mut candidates = Candidates::new(20, 3);
            rows.for_each(|(rule, source, hash)| {
                candidates.draw(*rule, Some(source), [document(*hash)]);
            });
            candidates
        };
        let forth = draw(&mut rows.iter()).chosen();
        let mut halves = draw(&mut rows[1000..].iter().rev());
        halves.merge(draw(&mut rows[..1000].iter()));
        assert_eq!(forth, halves.chosen());
        let of_rule = |rule| forth.iter().filter(|(r, _)| *r == rule).count();
        assert_eq!([0, 1, 2].map(of_rule), [7, 7, 6]);
    }

    #[test]
    fn terms() {
        let terms = |rule: &str| {
            let condition = crate::query::condition::parse("--where", rule).expect("a rule");
            terms_of(&condition.expr)
        };
        assert_eq!(
            terms("a / b <= 3 AND (c = 'x' OR d IS NULL)"),
            ["a / b", "c", "d"]
        );
        assert_eq!(terms("f(a, 2) < 0.5"), ["f(a, 2)"]);
        assert_eq!(terms("starts_with(url, 'x')"), ["\"url\""]);
        assert_eq!(terms("a BETWEEN 1 AND 2"), ["a"]);
    }
}
