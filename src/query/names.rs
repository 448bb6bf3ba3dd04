//! The words of a query: one query and nothing else, the names in it, and where a name stands.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::common::{DataFusionError, SchemaError};
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{
    Query, Select, SetExpr, Spanned, Statement as SqlStatement, TableFactor, Visit, Visitor,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, Tokenizer};

use super::select::{normalised, syntax_error};
use crate::error::{Error, Result};

/// Parses `sql` as one query, or EXPLAIN or EXPLAIN ANALYZE of one. `file` names the SQL in errors.
pub fn parse(file: &str, sql: &str) -> Result<Statement> {
    let statements = DFParserBuilder::new(sql)
        .with_dialect(&GenericDialect {})
        .build()
        .and_then(|mut parser| parser.parse_statements());
    let mut statements = statements.map_err(|e| match e {
        DataFusionError::SQL(e, _) => syntax_error(file, &e),
        other => Error::from(other),
    })?;
    let (Some(statement), true) = (statements.pop_front(), statements.is_empty()) else {
        return Err(if sql.trim().is_empty() || words(sql).is_empty() {
            Error::user(format!("{file} is empty: expected one query"))
        } else {
            Error::user(format!(
                "{file} holds more than one statement: expected one query"
            ))
            .hint("run them one by one")
        });
    };
    check(file, &statement)?;
    Ok(statement)
}

fn check(file: &str, statement: &Statement) -> Result<()> {
    let query = match statement {
        Statement::Explain(explain) => return check(file, &explain.statement),
        Statement::Statement(statement) => match statement.as_ref() {
            SqlStatement::Query(query) => Some(query),
            _ => None,
        },
        _ => None,
    };
    if let Some(query) = query
        && is_read_only(&query.body)
    {
        return match query.visit(&mut Ignored { file }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(error) => Err(*error),
        };
    }
    let text = statement.to_string();
    let verb: Vec<&str> = text.split_whitespace().take(2).collect();
    Err(Error::user(format!(
        "{file} would run {}: a query only reads, expected SELECT, WITH or EXPLAIN",
        verb.join(" ")
    ))
    .hint("corpora are changed by `corpusql ingest` and `corpusql annotate`; results are written with --output FILE"))
}

fn is_read_only(body: &SetExpr) -> bool {
    match body {
        SetExpr::Select(select) => select.into.is_none(),
        SetExpr::Query(query) => is_read_only(&query.body),
        SetExpr::SetOperation { left, right, .. } => is_read_only(left) && is_read_only(right),
        SetExpr::Values(_) | SetExpr::Table(_) => true,
        SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => false,
    }
}

/// Refuses what the grammar knows and planning would pass over without a word.
struct Ignored<'a> {
    file: &'a str,
}

impl Ignored<'_> {
    fn refuse(&self, at: Location, what: &str) -> ControlFlow<Box<Error>> {
        let place = match at.line {
            0 => self.file.to_string(),
            line => format!("{}, line {line}", self.file),
        };
        let error = Error::user(format!(
            "{place}: {what} is not supported; the answer would be the one without it"
        ));
        ControlFlow::Break(Box::new(match what {
            "TABLESAMPLE" => error.hint("`corpusql mix` draws samples that can be repeated"),
            _ => error.hint("leave it out"),
        }))
    }
}

impl Visitor for Ignored<'_> {
    type Break = Box<Error>;

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        match ignored_of(factor) {
            Some(what) => self.refuse(factor.span().start, what),
            None => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        let ignored = [
            (!query.locks.is_empty(), "FOR UPDATE or FOR SHARE"),
            (query.for_clause.is_some(), "FOR XML, JSON or BROWSE"),
            (query.settings.is_some(), "SETTINGS"),
            (query.format_clause.is_some(), "FORMAT"),
        ];
        match ignored.iter().find(|(is_there, _)| *is_there) {
            Some((_, what)) => self.refuse(query.span().start, what),
            None => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Self::Break> {
        let ignored = [
            (select.prewhere.is_some(), "PREWHERE"),
            (!select.connect_by.is_empty(), "CONNECT BY"),
            (
                select.value_table_mode.is_some(),
                "SELECT AS VALUE or STRUCT",
            ),
        ];
        match ignored.iter().find(|(is_there, _)| *is_there) {
            Some((_, what)) => self.refuse(select.span().start, what),
            None => ControlFlow::Continue(()),
        }
    }
}

/// What planning would ignore of a table in a FROM clause.
pub(super) fn ignored_of(factor: &TableFactor) -> Option<&'static str> {
    match factor {
        TableFactor::Table {
            with_hints,
            version,
            with_ordinality,
            partitions,
            json_path,
            sample,
            index_hints,
            ..
        } => [
            (sample.is_some(), "TABLESAMPLE"),
            (!with_hints.is_empty(), "WITH after a table"),
            (version.is_some(), "a version of a table"),
            (*with_ordinality, "WITH ORDINALITY"),
            (!partitions.is_empty(), "PARTITION after a table"),
            (json_path.is_some(), "a path into a table"),
            (!index_hints.is_empty(), "an index hint"),
        ]
        .into_iter()
        .find_map(|(is_there, what)| is_there.then_some(what)),
        TableFactor::Derived { sample, .. } => sample.as_ref().map(|_| "TABLESAMPLE"),
        TableFactor::Function {
            with_ordinality: true,
            ..
        } => Some("WITH ORDINALITY"),
        _ => None,
    }
}

/// The names that may be columns in `sql`, as SQL compares them: a superset, since any word may be one.
pub fn words(sql: &str) -> BTreeSet<String> {
    tokens(sql).into_iter().map(|(name, _)| name).collect()
}

/// Where `name` first stands in `sql`.
pub fn find(sql: &str, name: &str) -> Option<Location> {
    tokens(sql)
        .into_iter()
        .find(|(word, _)| word == name)
        .map(|(_, location)| location)
}

fn tokens(sql: &str) -> Vec<(String, Location)> {
    let tokens = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location();
    tokens
        .unwrap_or_default()
        .into_iter()
        .filter_map(|token| match token.token {
            Token::Word(word) => Some((normalised(&word.to_ident(token.span)), token.span.start)),
            _ => None,
        })
        .collect()
}

/// What planning says of a name that is not there.
#[derive(Debug)]
pub enum Unknown {
    /// A column, and those that would have been possible there.
    Column(String, Vec<String>),
    /// A table.
    Table(String),
    /// A function, and the one that comes nearest.
    Function(String, Option<String>),
}

/// The name that `error` is about, if it is about one.
pub fn unknown_name(error: &DataFusionError) -> Option<Unknown> {
    match error {
        DataFusionError::SchemaError(inner, _) => match inner.as_ref() {
            SchemaError::FieldNotFound {
                field,
                valid_fields,
            } => Some(Unknown::Column(
                field.name.clone(),
                valid_fields.iter().map(|f| f.name.clone()).collect(),
            )),
            _ => None,
        },
        DataFusionError::Plan(text) if text.starts_with("Invalid function '") => {
            let mut quoted = text.split('\'').skip(1).step_by(2);
            let name = quoted.next()?.to_string();
            Some(Unknown::Function(name, quoted.next().map(str::to_string)))
        }
        DataFusionError::Plan(text) => {
            let table = text.strip_prefix("table '")?.strip_suffix("' not found")?;
            Some(Unknown::Table(
                table.rsplit('.').next().unwrap_or(table).to_string(),
            ))
        }
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
            unknown_name(inner)
        }
        DataFusionError::Collection(errors) => errors.first().and_then(unknown_name),
        DataFusionError::Shared(inner) => unknown_name(inner),
        _ => None,
    }
}

/// `FILE, line 3, column 8`: where `name` stands in `sql`, as far as it is found.
pub fn place(file: &str, sql: &str, name: &str) -> String {
    match find(sql, name) {
        Some(at) => format!("{file}, line {}, column {}", at.line, at.column),
        None => file.to_string(),
    }
}

/// An error of the tokenizer or parser, if `error` is one.
pub fn parser_error(error: &DataFusionError) -> Option<&ParserError> {
    match error {
        DataFusionError::SQL(inner, _) => Some(inner),
        DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
            parser_error(inner)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_as_sql_does() {
        let names = words("SELECT Text, \"Id\", c.rps_doc_word_count -- not_this\n, 'nor this'");
        let expected = ["c", "id", "rps_doc_word_count", "select", "text"];
        for name in expected {
            assert_eq!(names.contains(name), name != "id", "{name}");
        }
        assert!(names.contains("Id") && !names.contains("not_this"));
    }

    #[test]
    fn only_queries_pass() {
        assert!(parse("query", "SELECT 1").is_ok());
        assert!(
            parse(
                "query",
                "EXPLAIN ANALYZE WITH x AS (SELECT 1) SELECT * FROM x"
            )
            .is_ok()
        );
        for (sql, expected) in [
            (
                "DROP TABLE corpus",
                "query would run DROP TABLE: a query only reads, expected SELECT, WITH or EXPLAIN",
            ),
            (
                "SELECT 1; SELECT 2",
                "query holds more than one statement: expected one query",
            ),
            ("  -- nothing", "query is empty: expected one query"),
            (
                "COPY (SELECT 1) TO 'x.csv'",
                "query would run COPY (SELECT: a query only reads, expected SELECT, WITH or EXPLAIN",
            ),
            (
                "SELECT lower(id\nFROM corpus",
                "query, line 2, column 1: expected ), found FROM",
            ),
            (
                "SELECT 1 FROM corpus,\n corpus TABLESAMPLE (10 PERCENT)",
                "query, line 2: TABLESAMPLE is not supported; the answer would be the one without it",
            ),
            (
                "SELECT (SELECT max(n) FROM (SELECT 1 AS n) AS a TABLESAMPLE (1 ROWS))",
                "query, line 1: TABLESAMPLE is not supported; the answer would be the one without it",
            ),
            (
                "SELECT 1 FROM corpus WITH (NOLOCK)",
                "query, line 1: WITH after a table is not supported; the answer would be the one without it",
            ),
            (
                "EXPLAIN SELECT id FROM corpus FOR UPDATE",
                "query, line 1: FOR UPDATE or FOR SHARE is not supported; the answer would be the one without it",
            ),
            (
                "SELECT id FROM corpus PREWHERE id = '1'",
                "query, line 1: PREWHERE is not supported; the answer would be the one without it",
            ),
        ] {
            assert_eq!(parse("query", sql).expect_err(sql).message(), expected);
        }
    }
}
