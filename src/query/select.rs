//! One SELECT list of scalar expressions: what filters and layers are made of.
//!
//! A rule and a stored column have one value per document, computed from that document alone, and the same
//! one tomorrow. Everything that could break this is refused here, with its line and the reason.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::LazyLock;

use datafusion::logical_expr::Volatility;
use datafusion::sql::sqlparser::ast::{
    Distinct, Expr, FunctionArguments, GroupByExpr, Ident, ObjectName, Query, Select, SelectItem,
    SetExpr, Spanned, Statement, TableFactor, Visit, Visitor,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};

use super::header::lower_first;
use super::names::ignored_of;
use crate::error::{Error, Result};

/// A file and what it holds, for messages.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The file, as the user knows it.
    pub file: &'a str,
    /// `a filter`, `a layer`.
    pub what: &'a str,
}

impl Place<'_> {
    /// An error on `line` (0 where the parser does not know it).
    pub fn error(&self, line: u64, message: impl std::fmt::Display) -> Error {
        match line {
            0 => Error::user(format!("{}: {message}", self.file)),
            line => Error::user(format!("{}, line {line}: {message}", self.file)),
        }
    }
}

/// One expression of the list.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its alias, or the column that it is.
    pub name: String,
    /// Whether the name was written, not taken from a column.
    pub aliased: bool,
    /// The expression, placeholders as they stand.
    pub expr: Expr,
    /// Its line in the file.
    pub line: u64,
}

/// Parses `text` as one SELECT list of scalar expressions, `FROM corpus` where `from` says so.
pub fn parse(place: Place<'_>, text: &str, from: bool) -> Result<Vec<Item>> {
    let select = parse_select(place, text, from)?;
    let mut items = Vec::with_capacity(select.projection.len());
    let mut names = BTreeSet::new();
    for item in select.projection {
        let line = item.span().start.line;
        let (name, aliased, expr) = match item {
            SelectItem::ExprWithAlias { expr, alias } => (normalised(&alias), true, expr),
            SelectItem::UnnamedExpr(expr) => match &expr {
                Expr::Identifier(ident) => (normalised(ident), false, expr),
                Expr::CompoundIdentifier(path) => match path.last() {
                    Some(ident) => (normalised(ident), false, expr),
                    None => return Err(place.error(line, "an expression has no name")),
                },
                _ => {
                    return Err(place
                        .error(line, format!("`{expr}` has no name"))
                        .hint("write `expression AS name`"));
                }
            },
            other => {
                return Err(place.error(
                    line,
                    format!("`{other}` is not one expression; {} names each", place.what),
                ));
            }
        };
        check_scalar(place, &expr)?;
        if !names.insert(name.clone()) {
            return Err(place.error(line, format!("`{name}` is there twice")));
        }
        items.push(Item {
            name,
            aliased,
            expr,
            line,
        });
    }
    Ok(items)
}

/// An error of the SQL parser on `file`: its line in front, in our words.
pub fn syntax_error(file: &str, error: &ParserError) -> Error {
    let text = match error {
        ParserError::ParserError(text) | ParserError::TokenizerError(text) => text.clone(),
        ParserError::RecursionLimitExceeded => "it is nested too deeply".to_string(),
    };
    let (message, place) = match text.rsplit_once(" at Line: ") {
        Some((message, at)) => (
            message,
            format!(", line {}", at.replace("Column:", "column")),
        ),
        None => (text.as_str(), String::new()),
    };
    let message = message
        .replace("Expected: ", "expected ")
        .replace(", found: ", ", found ");
    Error::user(format!("{file}{place}: {}", lower_first(&message)))
}

/// A column's name as SQL reads it: exactly this one.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn parse_select(place: Place<'_>, text: &str, from: bool) -> Result<Box<Select>> {
    let mut statements = Parser::new(&GenericDialect {})
        .try_with_sql(text)
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|e| syntax_error(place.file, &e))?;
    let statement = match (statements.pop(), statements.len()) {
        (Some(statement), 0) => statement,
        (found, more) => {
            let found = more + usize::from(found.is_some());
            return Err(place.error(
                0,
                format!("{} is one SELECT; found {found} statements", place.what),
            ));
        }
    };
    let line = statement.span().start.line;
    let Statement::Query(query) = statement else {
        return Err(place.error(line, format!("{} is one SELECT", place.what)));
    };
    let Query {
        with,
        body,
        order_by,
        limit_clause,
        fetch,
        ..
    } = query.as_ref();
    let refuse = |line: u64, what: &str, why: &str| {
        Err(place.error(line, format!("{} has no {what}: {why}", place.what)))
    };
    if let Some(with) = with {
        return refuse(with.span().start.line, "WITH", "it is one SELECT list");
    }
    if let Some(order_by) = order_by {
        return refuse(
            order_by.span().start.line,
            "ORDER BY",
            "documents keep their order",
        );
    }
    let limit = limit_clause.as_ref().map(Spanned::span);
    if let Some(span) = limit.or(fetch.as_ref().map(Spanned::span)) {
        return refuse(span.start.line, "LIMIT", "every document gets a value");
    }
    let SetExpr::Select(select) = body.as_ref() else {
        return refuse(
            body.span().start.line,
            "UNION, VALUES or nested SELECT",
            "it is one SELECT list",
        );
    };
    check_clauses(place, select, from)?;
    // Whatever else the grammar knows: the query must be what its list and its table alone would be.
    let mut plain = Parser::new(&GenericDialect {})
        .try_with_sql("SELECT 1")
        .and_then(|mut parser| parser.parse_query())
        .map_err(|e| Error::internal("the plain SELECT does not parse").caused_by(e))?;
    if let SetExpr::Select(template) = plain.body.as_mut() {
        template.projection.clone_from(&select.projection);
        template.from.clone_from(&select.from);
    }
    if plain != query {
        return Err(place.error(
            line,
            format!(
                "{} is a SELECT list{} and nothing else",
                place.what,
                if from { " FROM corpus" } else { "" }
            ),
        ));
    }
    Ok(select.clone())
}

fn check_clauses(place: Place<'_>, select: &Select, from: bool) -> Result<()> {
    let refuse = |line: u64, what: &str, why: &str| {
        Err(place.error(line, format!("{} has no {what}: {why}", place.what)))
    };
    if let Some(distinct) = &select.distinct
        && !matches!(distinct, Distinct::All)
    {
        let line = select.select_token.0.span.start.line;
        return refuse(line, "DISTINCT", "every document gets a value");
    }
    if let Some(condition) = &select.selection {
        return refuse(
            condition.span().start.line,
            "WHERE",
            "every document gets a value",
        );
    }
    let grouped = match &select.group_by {
        GroupByExpr::All(_) => Some(0),
        GroupByExpr::Expressions(list, modifiers) if list.is_empty() && modifiers.is_empty() => {
            None
        }
        GroupByExpr::Expressions(list, _) => Some(list.first().map_or(0, |e| e.span().start.line)),
    };
    if let Some(line) = grouped {
        return refuse(line, "GROUP BY", "a value comes from one document");
    }
    if let Some(condition) = &select.having {
        return refuse(
            condition.span().start.line,
            "HAVING",
            "a value comes from one document",
        );
    }
    let Some(first) = select.from.first() else {
        if from {
            let line = select.select_token.0.span.start.line;
            return Err(place
                .error(line, format!("{} reads the table corpus", place.what))
                .hint("end it with FROM corpus"));
        }
        return Ok(());
    };
    let line = first.span().start.line;
    if !from {
        return refuse(line, "FROM", "its rules read the corpus that is filtered");
    }
    if select.from.len() > 1 || !first.joins.is_empty() {
        return refuse(line, "join", "a value comes from one document");
    }
    if let Some(what) = ignored_of(&first.relation) {
        return refuse(line, what, "every document gets a value");
    }
    match &first.relation {
        TableFactor::Table {
            name, args: None, ..
        } if last_name(name).as_deref() == Some("corpus") => Ok(()),
        other => Err(place.error(
            line,
            format!("{} reads the table corpus; found `{other}`", place.what),
        )),
    }
}

/// Refuses everything in `expr` that is not one value from one document.
pub(super) fn check_scalar(place: Place<'_>, expr: &Expr) -> Result<()> {
    match expr.visit(&mut ScalarCheck { place }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(*error),
    }
}

struct ScalarCheck<'a> {
    place: Place<'a>,
}

impl ScalarCheck<'_> {
    fn refuse(&self, line: u64, what: &str, why: &str) -> ControlFlow<Box<Error>> {
        let message = format!("{what} has no place in {}: {why}", self.place.what);
        ControlFlow::Break(Box::new(self.place.error(line, message)))
    }
}

impl Visitor for ScalarCheck<'_> {
    type Break = Box<Error>;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        self.refuse(
            query.span().start.line,
            "a subquery",
            "a value comes from one document",
        )
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        let Expr::Function(function) = expr else {
            return ControlFlow::Continue(());
        };
        let line = function.name.span().start.line;
        let name = last_name(&function.name).unwrap_or_default();
        let call = format!("`{name}(…)`");
        if function.over.is_some() {
            return self.refuse(
                line,
                &format!("the window {call}"),
                "a value comes from one document, not from its neighbours",
            );
        }
        let aggregates = match &function.args {
            FunctionArguments::List(list) => {
                list.duplicate_treatment.is_some() || !list.clauses.is_empty()
            }
            FunctionArguments::None | FunctionArguments::Subquery(_) => false,
        };
        if aggregates || function.filter.is_some() || !function.within_group.is_empty() {
            return self.refuse(
                line,
                &format!("the aggregate {call}"),
                "a value comes from one document",
            );
        }
        match NOT_SCALAR.get(name.as_str()) {
            None => ControlFlow::Continue(()),
            Some(NotScalar::Aggregate) => self.refuse(
                line,
                &format!("the aggregate {call}"),
                "a value comes from one document",
            ),
            Some(NotScalar::Window) => self.refuse(
                line,
                &format!("the window function {call}"),
                "a value comes from one document, not from its neighbours",
            ),
            Some(NotScalar::Rows) => {
                self.refuse(line, &call, "a document has one value, not several rows")
            }
            Some(NotScalar::Changing) => self.refuse(
                line,
                &call,
                "its value is another one each time, and no run could be repeated",
            ),
        }
    }
}

#[derive(Clone, Copy)]
enum NotScalar {
    Aggregate,
    Window,
    Rows,
    Changing,
}

/// Functions by name that have no place in a scalar expression, from the engine's own registry.
static NOT_SCALAR: LazyLock<HashMap<String, NotScalar>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    let mut add = |name: &str, aliases: &[String], why: NotScalar| {
        names.insert(name.to_lowercase(), why);
        names.extend(aliases.iter().map(|a| (a.to_lowercase(), why)));
    };
    for f in datafusion::functions_aggregate::all_default_aggregate_functions() {
        add(f.name(), f.aliases(), NotScalar::Aggregate);
    }
    for f in datafusion::functions_window::all_default_window_functions() {
        add(f.name(), f.aliases(), NotScalar::Window);
    }
    for f in datafusion::functions::all_default_functions() {
        if f.signature().volatility != Volatility::Immutable {
            add(f.name(), f.aliases(), NotScalar::Changing);
        }
    }
    add("unnest", &[], NotScalar::Rows);
    names
});

/// The last part of a name, as DataFusion sees it.
pub fn last_name(name: &ObjectName) -> Option<String> {
    Some(normalised(name.0.last()?.as_ident()?))
}

/// A name as DataFusion sees it: in lower case unless quoted.
pub fn normalised(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYER: Place<'_> = Place {
        file: "l.sql",
        what: "a layer",
    };

    #[test]
    fn scalar_lists_pass() {
        let items = parse(
            LAYER,
            "-- a comment\nSELECT Text_Chars, c.url,\n  lower(text) = 'x' AS \"Y\" FROM corpus c;",
            true,
        )
        .unwrap();
        let names: Vec<(&str, u64)> = items.iter().map(|i| (i.name.as_str(), i.line)).collect();
        assert_eq!(names, [("text_chars", 2), ("url", 2), ("Y", 3)]);
    }

    #[test]
    fn everything_else_is_refused_with_line_and_reason() {
        let cases = [
            (
                "SELECT\n count(*) AS n FROM corpus",
                "l.sql, line 2: the aggregate `count(…)` has no place in a layer: a value comes from one document",
            ),
            (
                "SELECT mean(x) AS n FROM corpus",
                "l.sql, line 1: the aggregate `mean(…)` has no place in a layer: a value comes from one document",
            ),
            (
                "SELECT 1 +\n lag(x) OVER () AS n FROM corpus",
                "l.sql, line 2: the window `lag(…)` has no place in a layer: a value comes from one document, not from its neighbours",
            ),
            (
                "SELECT row_number() AS n FROM corpus",
                "l.sql, line 1: the window function `row_number(…)` has no place in a layer: a value comes from one document, not from its neighbours",
            ),
            (
                "SELECT unnest([1]) AS n FROM corpus",
                "l.sql, line 1: `unnest(…)` has no place in a layer: a document has one value, not several rows",
            ),
            (
                "SELECT random() AS n FROM corpus",
                "l.sql, line 1: `random(…)` has no place in a layer: its value is another one each time, and no run could be repeated",
            ),
            (
                "SELECT x AS a,\n (SELECT 1) AS n FROM corpus",
                "l.sql, line 2: a subquery has no place in a layer: a value comes from one document",
            ),
            (
                "SELECT x IN (SELECT 1) AS n FROM corpus",
                "l.sql, line 1: a subquery has no place in a layer: a value comes from one document",
            ),
            (
                "SELECT x FROM corpus\nWHERE y > 1",
                "l.sql, line 2: a layer has no WHERE: every document gets a value",
            ),
            (
                "SELECT x FROM corpus GROUP BY x",
                "l.sql, line 1: a layer has no GROUP BY: a value comes from one document",
            ),
            (
                "SELECT DISTINCT x FROM corpus",
                "l.sql, line 1: a layer has no DISTINCT: every document gets a value",
            ),
            (
                "SELECT x FROM corpus LIMIT 3",
                "l.sql, line 1: a layer has no LIMIT: every document gets a value",
            ),
            (
                "SELECT x FROM corpus\nORDER BY x",
                "l.sql, line 2: a layer has no ORDER BY: documents keep their order",
            ),
            (
                "SELECT x FROM corpus JOIN b ON true",
                "l.sql, line 1: a layer has no join: a value comes from one document",
            ),
            (
                "SELECT x FROM corpus TABLESAMPLE (10 PERCENT)",
                "l.sql, line 1: a layer has no TABLESAMPLE: every document gets a value",
            ),
            (
                "SELECT x FROM other",
                "l.sql, line 1: a layer reads the table corpus; found `other`",
            ),
            ("SELECT x", "l.sql, line 1: a layer reads the table corpus"),
            (
                "WITH a AS (SELECT 1) SELECT x FROM corpus",
                "l.sql, line 1: a layer has no WITH: it is one SELECT list",
            ),
            (
                "SELECT * FROM corpus",
                "l.sql, line 1: `*` is not one expression; a layer names each",
            ),
            (
                "SELECT x,\n x + 1 FROM corpus",
                "l.sql, line 2: `x + 1` has no name",
            ),
            (
                "SELECT x,\n y AS x FROM corpus",
                "l.sql, line 2: `x` is there twice",
            ),
            (
                "SELECT x FROM corpus; SELECT 2",
                "l.sql: a layer is one SELECT; found 2 statements",
            ),
            ("", "l.sql: a layer is one SELECT; found 0 statements"),
            ("DROP TABLE x", "l.sql: a layer is one SELECT"),
            (
                "SELECT x FROM corpus QUALIFY x > 1",
                "l.sql, line 1: a layer is a SELECT list FROM corpus and nothing else",
            ),
            (
                "SELECT lower(x\nFROM corpus",
                "l.sql, line 2, column 1: expected ), found FROM",
            ),
        ];
        for (sql, expected) in cases {
            let error = parse(LAYER, sql, true).expect_err(sql);
            assert_eq!(error.message(), expected, "for {sql}");
        }
    }
}
