//! One document of each cluster of duplicates, chosen of those that pass, last.
//!
//! A layer of clusters says which documents belong together (`PRESET_cluster`) and which of them its origin would
//! keep (`PRESET_rank`). Who stays is decided here, after everything else, among the documents that pass: no cluster is lost
//! because its survivor was chosen before anybody asked for quality.
//!
//! ```text
//! documents that pass, a bit each ─▶ of clusters of several: cluster, sort keys, position
//!                                 ─▶ sorted (spilling) ─▶ the first of each cluster stays
//! ```
//!
//! Text is never moved; what is held in memory is a bit for each document.

mod choose;
mod lost;

use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::sql::sqlparser::ast::{
    Expr, Ident, OrderByExpr, Value as SqlValue, visit_expressions,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Token;

pub use choose::{choose, passing, survivors};
pub use lost::{lost_clusters, may_lose_clusters};

use super::Settings;
use super::planner::Planner;
use super::select::{self, Place, last_name, normalised};
use crate::corpus::sink::is_wide_text;
use crate::corpus::{Corpus, DEDUP, arguments_and_corpora};
use crate::error::{Error, Result, near_miss};
use crate::session::Engine;

/// Of which clusters one document stays, and which.
#[derive(Clone, Debug)]
pub struct Distinct {
    /// The layers of clusters, one after the other: the second chooses of what the first leaves.
    pub presets: Vec<String>,
    /// Which document of a cluster stays; by its origin's rule without.
    pub keep: Option<Keep>,
}

/// The order whose first document stays.
#[derive(Clone, Debug)]
pub struct Keep {
    keys: Vec<OrderByExpr>,
    /// The user's own words.
    text: String,
    /// What it was given as: `--keep`.
    option: String,
}

impl Distinct {
    /// What `--distinct` and `--keep` say; `dashes` are what stands before these words in messages. Nothing without a preset.
    pub fn parse(presets: &[String], keep: Option<&str>, dashes: &str) -> Result<Option<Self>> {
        for (place, preset) in presets.iter().enumerate() {
            if preset.trim().is_empty() {
                return Err(Error::user(format!("{dashes}distinct has an empty name"))
                    .hint(format!("for instance {dashes}distinct exact")));
            }
            if presets[..place].contains(preset) {
                return Err(Error::user(format!(
                    "{dashes}distinct names {preset} twice: after the first time one document of each cluster is left"
                )));
            }
        }
        let keep = keep
            .map(|text| Keep::parse(&format!("{dashes}keep"), text))
            .transpose()?;
        match (presets, keep) {
            ([], None) => Ok(None),
            ([], Some(keep)) => Err(Error::user(format!(
                "{} says which document of a cluster stays, and no clusters are named",
                keep.option
            ))
            .hint(format!("name them with {dashes}distinct PRESET"))),
            (presets, keep) => Ok(Some(Self {
                presets: presets.to_vec(),
                keep,
            })),
        }
    }

    /// The order whose first document of a cluster stays, as SQL.
    pub fn order(&self, preset: &str) -> String {
        let keys: Vec<String> = self.keys(preset).iter().map(ToString::to_string).collect();
        format!("ORDER BY {}", keys.join(", "))
    }

    /// The sort keys of a preset.
    fn keys(&self, preset: &str) -> Vec<OrderByExpr> {
        match &self.keep {
            Some(keep) => keep.keys.clone(),
            None => vec![OrderByExpr::from(column(preset, RANK))],
        }
    }

    /// The expressions that decide, of all presets.
    pub fn expressions(&self) -> impl Iterator<Item = Expr> {
        self.presets.iter().flat_map(|preset| {
            let size = Expr::Identifier(column(preset, SIZE));
            let keys = self.keys(preset).into_iter().map(|key| key.expr);
            [Expr::Identifier(column(preset, CLUSTER)), size]
                .into_iter()
                .chain(keys)
        })
    }

    /// The columns that its layers must have.
    pub fn needed(&self) -> impl Iterator<Item = (&str, String)> {
        self.presets.iter().flat_map(|preset| {
            let rank = self.keep.is_none().then_some(RANK);
            let ends = [CLUSTER].into_iter().chain(rank);
            ends.map(move |end| (preset.as_str(), column(preset, end).value))
        })
    }

    /// The order, where the user has given one.
    pub fn keep(&self) -> Option<&Keep> {
        self.keep.as_ref()
    }

    /// In words: `one document of each cluster of exact, the first in ORDER BY exact_rank`.
    pub fn words(&self) -> String {
        let each: Vec<String> = self
            .presets
            .iter()
            .map(|preset| {
                format!(
                    "one document of each cluster of {preset}, the first in {}",
                    self.order(preset)
                )
            })
            .collect();
        each.join("; of these ")
    }

    /// The layers are there and fresh, and the order can be planned.
    pub async fn check(
        &self,
        engine: &Engine,
        corpora: &[Arc<Corpus>],
        settings: &Settings,
    ) -> Result<()> {
        for preset in &self.presets {
            for corpus in corpora {
                self.check_layer(corpus, preset)?;
            }
            check_together(corpora, preset)?;
        }
        let Some(keep) = &self.keep else {
            return Ok(());
        };
        let items = keep.keys.iter().enumerate();
        let items: Vec<String> = items
            .map(|(place, key)| format!("({}) AS key_{place}", key.expr))
            .collect();
        let planner = Planner::new(engine, corpora)?
            .with_settings(settings.clone())
            .with_source(&keep.option, &keep.text);
        let planned = planner
            .plan(&format!("SELECT {} FROM corpus", items.join(", ")))
            .await?;
        for (key, field) in keep.keys.iter().zip(planned.schema().fields()) {
            keep.check_type(key, field.data_type())?;
        }
        Ok(())
    }

    fn check_layer(&self, corpus: &Corpus, preset: &str) -> Result<()> {
        let (name, root) = (corpus.name(), corpus.root().display());
        let Some(layer) = corpus.layer(preset) else {
            let error = Error::user(format!("{name} has no layer {preset} of clusters"));
            let clusters = corpus.layers().iter().filter(|layer| {
                let column = column(layer.name(), CLUSTER).value;
                layer.schema().index_of(&column).is_ok()
            });
            return Err(match near_miss(preset, clusters.map(|l| l.name())) {
                Some(near) => error.hint(format!("did you mean {near}?")),
                None => error.hint(format!(
                    "`corpusql dedup {root} {preset}` makes it; `corpusql dedup --list` names all presets"
                )),
            });
        };
        if let Some(why) = layer.stale() {
            return Err(
                Error::user(format!("layer {preset} of {name} is out of date: {why}")).hint(
                    format!("`{}` brings it up to date", layer.command(corpus.root())),
                ),
            );
        }
        let has = |column: &str| layer.schema().index_of(column).is_ok();
        let missing = self
            .needed()
            .find(|(of, column)| *of == preset && !has(column));
        // Exact substrings have the text without them as a column, spans have a function that makes it.
        let without = match (
            has(&column(preset, TEXT).value),
            has(&column(preset, START).value),
        ) {
            (true, _) => Some(format!("the column {}", column(preset, TEXT))),
            (_, true) => Some(format!(
                "text_without_spans(text, {}, {}, '')",
                column(preset, START),
                column(preset, END)
            )),
            _ => None,
        };
        match missing {
            None => Ok(()),
            Some(missing) => Err(match without {
                Some(without) => Error::user(format!(
                    "layer {preset} of {name} says what is copied inside of documents, and has no clusters to choose from"
                ))
                .hint(format!(
                    "{without} is the text without it: export it in the place of `text`, or choose with --distinct exact"
                )),
                None => Error::user(format!(
                    "layer {preset} of {name} has no column {}",
                    missing.1
                ))
                .hint(match missing.1.ends_with(RANK) {
                    true => "say with --keep 'ORDER BY …' which document of a cluster stays",
                    false => {
                        "layers of clusters are made by `corpusql dedup`, and named after its presets"
                    }
                }),
            }),
        }
    }
}

/// Clusters that were found in each corpus by itself say nothing of several: their names are ids, which mean nothing elsewhere.
fn check_together(corpora: &[Arc<Corpus>], preset: &str) -> Result<()> {
    let definition = |corpus: &Arc<Corpus>| {
        let (layer, place) = corpus.stored_column(&column(preset, CLUSTER).value)?;
        let definition = &layer.manifest().columns.get(place)?.definition;
        definition.starts_with(DEDUP).then(|| definition.clone())
    };
    let definitions: Vec<Option<String>> = corpora.iter().map(definition).collect();
    let together = match &definitions[..] {
        [] | [_] => true,
        [first, others @ ..] => {
            let of_several = |d: &String| !arguments_and_corpora(d).1.is_empty();
            others.iter().all(|other| other == first) && first.as_ref().is_none_or(of_several)
        }
    };
    if together {
        return Ok(());
    }
    let names: Vec<&str> = corpora.iter().map(|c| c.name()).collect();
    let roots: Vec<String> = corpora
        .iter()
        .map(|c| c.root().display().to_string())
        .collect();
    Err(Error::user(format!(
        "the clusters of {preset} in {} were not found together: a document in one may be a duplicate of one in another",
        names.join(" and ")
    ))
    .hint(format!("`corpusql dedup {} {preset}` finds them together", roots.join(" "))))
}

/// The preset of which a column of clusters has the name.
pub(super) fn preset_of(column: &str) -> Option<&str> {
    let ends = [CLUSTER, SIZE, RANK, DUPLICATE];
    let mut presets = ends
        .iter()
        .filter_map(|end| column.strip_suffix(end)?.strip_suffix('_'));
    presets.next()
}

/// How the column of the text without what is copied ends, which layers of spans have.
const TEXT: &str = "text";
/// How the columns of where spans begin and end do.
const START: &str = "start";
const END: &str = "end";
/// How the column of the cluster ends.
const CLUSTER: &str = "cluster";
/// How the column of its size ends.
const SIZE: &str = "cluster_size";
/// How the column of the rank ends.
const RANK: &str = "rank";
/// How the column that says who does not stay ends.
const DUPLICATE: &str = "duplicate";

/// A column of a layer of clusters.
fn column(preset: &str, end: &str) -> Ident {
    let name = format!("{preset}_{end}");
    let plain = name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    match plain {
        true => name.as_str().into(),
        false => Ident::with_quote('"', name),
    }
}

impl Keep {
    /// Parses `text`, which was given as `option`: `ORDER BY` and scalar expressions.
    pub fn parse(option: &str, text: &str) -> Result<Self> {
        const EXAMPLE: &str = "as in 'ORDER BY text_chars DESC, id'";
        let place = Place {
            file: option,
            what: "an order",
        };
        let syntax = |e| select::syntax_error(option, &e).hint(EXAMPLE);
        let mut parser = Parser::new(&GenericDialect {})
            .try_with_sql(text)
            .map_err(syntax)?;
        if !parser.parse_keywords(&[Keyword::ORDER, Keyword::BY]) {
            let found = parser.peek_token_ref().token.clone();
            return Err(
                Error::user(format!("{option} begins with ORDER BY; found {found}")).hint(EXAMPLE),
            );
        }
        let keys = parser
            .parse_comma_separated(Parser::parse_order_by_expr)
            .map_err(syntax)?;
        let rest = parser.next_token();
        if rest.token != Token::EOF {
            let start = rest.span.start;
            return Err(Error::user(format!(
                "{option}, line {}, column {}: expected the end of the order, found {}",
                start.line, start.column, rest.token
            ))
            .hint(EXAMPLE));
        }
        for key in &keys {
            if key.with_fill.is_some() {
                return Err(Error::user(format!("{option} has no WITH FILL")).hint(EXAMPLE));
            }
            select::check_scalar(place, &key.expr)?;
            let names_nothing = visit_expressions(&key.expr, |e| match e {
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            });
            if names_nothing.is_continue() {
                return Err(Error::user(format!(
                    "{option}: `{}` is the same of every document",
                    key.expr
                ))
                .hint("order by columns and what is computed from them"));
            }
            let parameter = visit_expressions(&key.expr, |e| match e {
                Expr::Value(v) if matches!(v.value, SqlValue::Placeholder(_)) => {
                    ControlFlow::Break(v.to_string())
                }
                _ => ControlFlow::Continue(()),
            });
            if let ControlFlow::Break(parameter) = parameter {
                return Err(Error::user(format!(
                    "{option} has no parameters; found `{parameter}`"
                )));
            }
        }
        Ok(Self {
            keys,
            text: text.to_string(),
            option: option.to_string(),
        })
    }

    /// The expressions to order by.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        self.keys.iter().map(|key| &key.expr)
    }

    /// Every key has values that can be ordered, and none of them is a text: texts are not sorted.
    pub fn check_types(&self, types: &[DataType]) -> Result<()> {
        let mut pairs = self.keys.iter().zip(types);
        pairs.try_for_each(|(key, data_type)| self.check_type(key, data_type))
    }

    fn check_type(&self, key: &OrderByExpr, data_type: &DataType) -> Result<()> {
        let (option, expr) = (&self.option, &key.expr);
        if data_type.is_nested() {
            return Err(Error::user(format!(
                "{option}: `{expr}` is {data_type}, which has no order"
            ))
            .hint("order by numbers, strings, dates or Booleans"));
        }
        let is_string = matches!(
            data_type,
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
        );
        if is_string && names_text(expr) {
            return Err(Error::user(format!(
                "{option}: `{expr}` would carry texts through a sort"
            ))
            .hint("order by what is measured of the text, as in text_chars, or by text_hash"));
        }
        Ok(())
    }
}

/// Whether an expression reads a column of the size of texts.
fn names_text(expr: &Expr) -> bool {
    let is_text = |name: &str| is_wide_text(&Field::new(name, DataType::Utf8View, true));
    let flow = visit_expressions(expr, |e| {
        let name = match e {
            Expr::Identifier(ident) => Some(normalised(ident)),
            Expr::CompoundIdentifier(path) => path.last().map(normalised),
            Expr::Function(function) => last_name(&function.name),
            _ => None,
        };
        match name.is_some_and(|name| is_text(&name)) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    flow.is_break()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Keep> {
        Keep::parse("--keep", text)
    }

    #[test]
    fn orders_are_read() {
        let keep = parse("order  by Text_Chars desc nulls last, rps_doc_word_count(text), id ASC")
            .unwrap();
        let distinct = Distinct {
            presets: vec!["exact".to_string()],
            keep: Some(keep),
        };
        assert_eq!(
            distinct.order("exact"),
            "ORDER BY Text_Chars DESC NULLS LAST, rps_doc_word_count(text), id ASC"
        );
        let distinct = Distinct {
            keep: None,
            ..distinct
        };
        assert_eq!(distinct.order("exact"), "ORDER BY exact_rank");
    }

    #[test]
    fn what_is_no_order_is_refused() {
        for (text, expected) in [
            ("", "--keep begins with ORDER BY; found EOF"),
            (
                "text_chars DESC",
                "--keep begins with ORDER BY; found text_chars",
            ),
            ("ORDER BY", "--keep: expected an expression, found EOF"),
            ("ORDER BY id,", "--keep: expected an expression, found EOF"),
            (
                "ORDER BY id LIMIT 3",
                "--keep, line 1, column 13: expected the end of the order, found LIMIT",
            ),
            ("ORDER BY 1", "--keep: `1` is the same of every document"),
            ("ORDER BY id + $x", "--keep has no parameters; found `$x`"),
            (
                "ORDER BY max(id)",
                "--keep, line 1: the aggregate `max(…)` has no place in an order: a value comes from one document",
            ),
            (
                "ORDER BY random()",
                "--keep, line 1: `random(…)` has no place in an order: its value is another one each time, and no run could be repeated",
            ),
        ] {
            assert_eq!(parse(text).expect_err(text).message(), expected);
        }
    }

    #[test]
    fn options_go_together() {
        let exact = ["exact".to_string()];
        assert!(Distinct::parse(&[], None, "--").unwrap().is_none());
        assert!(Distinct::parse(&exact, None, "--").unwrap().is_some());
        let error = Distinct::parse(&[], Some("ORDER BY id"), "--").expect_err("no clusters");
        assert_eq!(error.next_step(), Some("name them with --distinct PRESET"));
        let twice = [&exact[..], &exact[..]].concat();
        assert!(Distinct::parse(&twice, None, "--").is_err());
    }
}
