//! What an export selects: the request, turned into queries and into the facts that identify it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::sql::sqlparser::ast::{Expr, Ident, visit_expressions};

use super::manifest::{AppliedDistinct, AppliedFilter, AppliedRule, Source};
use super::{ExportRequest, Format, rpv2};
use crate::corpus::Corpus;
use crate::corpus::layout::DOCUMENTS;
use crate::corpus::manifest::hex128;
use crate::error::{Error, Result};
use crate::query::filter_file::{rule_column, verdict_column};
use crate::query::select::{self, Item, Place, normalised, quoted};
use crate::query::{Settings, condition};
use crate::session::Engine;

/// What is read to plan shards, whatever is exported.
const SIZES: [&str; 2] = ["text_bytes", "text_chars"];

/// Which documents, and which columns of them.
#[derive(Debug)]
pub struct Selection {
    filters: Vec<AppliedFilter>,
    distinct: Vec<AppliedDistinct>,
    condition: Option<Expr>,
    columns: Vec<Item>,
    /// Every column and function that is named, verdicts resolved.
    named: BTreeSet<String>,
}

impl Selection {
    /// Resolves names and checks that every expression has one value per document.
    pub fn new(engine: &Engine, corpora: &[Arc<Corpus>], request: &ExportRequest) -> Result<Self> {
        let settings = &request.settings;
        let filters = request
            .filters
            .iter()
            .map(|filter| {
                let rules = settings.rules(filter)?;
                let rules = rules.into_iter().map(|rule| AppliedRule {
                    name: rule.name.clone(),
                    sql: rule.verdict().to_string(),
                });
                Ok(AppliedFilter {
                    name: filter.clone(),
                    rules: rules.collect(),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let condition = request.condition.as_ref().map(|c| c.expr.clone());
        let columns = match (&request.columns[..], request.format) {
            ([], Format::Rpv2) => {
                let has = |column: &str| {
                    engine.functions().virtual_column(column).is_some()
                        || corpora.iter().any(|c| c.stored_column(column).is_some())
                };
                parse_columns("the format rpv2", &rpv2::columns(has).join(", "))?
            }
            (_, Format::Rpv2) => {
                return Err(
                    Error::user("the format rpv2 has its own columns; found others")
                        .hint("leave out --columns, or choose --format jsonl.gz"),
                );
            }
            ([], _) => all_document_columns(corpora),
            (given, _) => parse_columns("--columns", &given.join(", "))?,
        };
        let mut named: BTreeSet<String> = SIZES.iter().map(|s| (*s).to_string()).collect();
        for filter in &request.filters {
            name_all(&verdict_column(filter), settings, &mut named)?;
        }
        for expr in condition
            .iter()
            .chain(columns.iter().map(|item| &item.expr))
        {
            names_in(expr, settings, &mut named)?;
        }
        let mut distinct = Vec::new();
        if let Some(chosen) = &request.distinct {
            for expr in chosen.expressions() {
                names_in(&expr, settings, &mut named)?;
            }
            distinct.extend(chosen.presets.iter().map(|preset| AppliedDistinct {
                preset: preset.clone(),
                keep: chosen.order(preset),
            }));
        }
        Ok(Self {
            filters,
            distinct,
            condition,
            columns,
            named,
        })
    }

    /// The filters, with their rules as they are applied.
    pub fn filters(&self) -> &[AppliedFilter] {
        &self.filters
    }

    /// Of which clusters one document is exported, and which, one layer of clusters after the other.
    pub fn distinct(&self) -> &[AppliedDistinct] {
        &self.distinct
    }

    /// The columns: name in the files, and the column of the corpus where it has another name.
    pub fn columns(&self) -> impl Iterator<Item = (&str, Option<String>)> {
        self.columns.iter().map(|item| {
            let expression = item.expr.to_string();
            let other =
                (expression != item.name && expression != quoted(&item.name)).then_some(expression);
            (item.name.as_str(), other)
        })
    }

    /// Whether `text` itself is among the columns.
    pub fn has_text(&self) -> bool {
        self.columns.iter().any(|item| item.name == "text")
    }

    /// The condition that a document has to meet; `None` when all are exported.
    pub fn predicate(&self) -> Option<String> {
        let filters: Vec<String> = self.filters.iter().map(|f| f.name.clone()).collect();
        condition::conjunction(&filters, self.condition.as_ref())
    }

    /// The query that is answered by the export as a whole, before one document of each cluster is chosen.
    pub fn query(&self) -> String {
        let mut sql = self.gather_query();
        if let Some(predicate) = self.predicate() {
            sql.push_str(&format!(" WHERE {predicate}"));
        }
        sql
    }

    /// The query for the position and size of each survivor; `position` is the column of it.
    pub fn survivors_query(&self, position: &str) -> String {
        let mut sql = self.sizes_query(position);
        if let Some(predicate) = self.predicate() {
            sql.push_str(&format!(" WHERE {predicate}"));
        }
        sql
    }

    /// The query for the position and size of rows that are known to survive; `position` is the column of it.
    pub fn sizes_query(&self, position: &str) -> String {
        let position = quoted(position);
        format!("SELECT {position}, {} FROM corpus", SIZES.join(", "))
    }

    /// The query for the exported columns of rows that are known to survive.
    pub fn gather_query(&self) -> String {
        let items: Vec<String> = self
            .columns
            .iter()
            .map(|item| match item.expr.to_string() {
                plain if plain == item.name || plain == quoted(&item.name) => plain,
                expression => format!("{expression} AS {}", quoted(&item.name)),
            })
            .collect();
        format!("SELECT {} FROM corpus", items.join(", "))
    }

    /// The query that counts what each rule and the condition let pass, and the words for each count.
    pub fn passing_query(&self) -> (String, Vec<String>) {
        let mut counts = vec!["count(*)".to_string()];
        let mut words = Vec::new();
        for filter in &self.filters {
            for rule in &filter.rules {
                let column = rule_column(&filter.name, &rule.name);
                counts.push(format!("count(*) FILTER (WHERE {column})"));
                words.push(format!("rule {} of {}", rule.name, filter.name));
            }
        }
        if let Some(condition) = &self.condition {
            counts.push(format!("count(*) FILTER (WHERE {condition})"));
            words.push(format!("the condition {condition}"));
        }
        (format!("SELECT {} FROM corpus", counts.join(", ")), words)
    }

    /// What of `corpus` is read: generations of layers, fingerprints of what is computed.
    pub fn source(&self, engine: &Engine, corpus: &Corpus) -> Source {
        let documents = corpus.documents();
        let generation = documents.manifest().generation.clone();
        let mut layers = BTreeMap::from([(DOCUMENTS.to_string(), generation)]);
        let mut computed = BTreeMap::new();
        for name in &self.named {
            if let Some((layer, _)) = corpus.stored_column(name) {
                let generation = layer.manifest().generation.clone();
                layers.insert(layer.name().to_string(), generation);
            } else if let Some(column) = engine.functions().virtual_column(name) {
                computed.insert(name.clone(), hex128(column.fingerprint));
            } else if let Some(fingerprint) = engine.functions().fingerprint(name) {
                computed.insert(name.clone(), hex128(fingerprint));
            }
        }
        Source {
            corpus: corpus.name().to_string(),
            layers,
            computed,
        }
    }
}

/// `text`, which was given as `option`, as a list of columns.
pub fn parse_columns(option: &str, text: &str) -> Result<Vec<Item>> {
    let place = Place {
        file: option,
        what: "an export",
    };
    select::parse(place, &format!("SELECT {text}\nFROM corpus"), true)
}

/// All columns of the documents, in the order in which the corpora first have them.
fn all_document_columns(corpora: &[Arc<Corpus>]) -> Vec<Item> {
    let mut columns: Vec<Item> = Vec::new();
    for corpus in corpora {
        for field in corpus.documents().schema().fields() {
            if columns.iter().all(|item| item.name != *field.name()) {
                columns.push(Item {
                    name: field.name().clone(),
                    aliased: false,
                    expr: Expr::Identifier(Ident::with_quote('"', field.name())),
                    line: 0,
                });
            }
        }
    }
    columns
}

/// Adds the columns and functions that `expr` names; a verdict stands for what its rules name.
fn names_in(expr: &Expr, settings: &Settings, names: &mut BTreeSet<String>) -> Result<()> {
    let flow = visit_expressions(expr, |e| {
        let name = match e {
            Expr::Identifier(ident) => Some(normalised(ident)),
            Expr::CompoundIdentifier(path) => path.last().map(normalised),
            Expr::Function(function) => Some(function.name.to_string().to_lowercase()),
            _ => None,
        };
        match name.map_or(Ok(()), |name| name_all(&name, settings, names)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(Box::new(error)),
        }
    });
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(*error),
    }
}

fn name_all(name: &str, settings: &Settings, names: &mut BTreeSet<String>) -> Result<()> {
    match settings.verdict(name)? {
        Some(expr) => names_in(&expr, settings, names),
        None => {
            names.insert(name.to_string());
            Ok(())
        }
    }
}
