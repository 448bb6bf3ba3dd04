//! A condition that the user gives: one Boolean expression with one value per document.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Value as SqlValue, visit_expressions};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::filter_file::verdict_column;
use super::select::{self, Place};
use crate::error::{Error, Result};

/// A condition, and the words in which it was given.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The expression.
    pub expr: Expr,
    /// The user's own words.
    pub text: String,
    /// What it was given as: `--where`.
    pub option: String,
}

/// What a document has to meet that passes `filters` and the condition, as SQL; `None` where all pass.
pub fn conjunction(filters: &[String], condition: Option<&Expr>) -> Option<String> {
    let verdicts = filters.iter().map(|filter| verdict_column(filter));
    let condition = condition.map(|c| match filters {
        [] => c.to_string(),
        _ => format!("({c})"),
    });
    let all: Vec<String> = verdicts.chain(condition).collect();
    (!all.is_empty()).then(|| all.join(" AND "))
}

/// Parses `text`, which was given as `option` (`--where`); positions in errors are those of `text`.
pub fn parse(option: &str, text: &str) -> Result<Condition> {
    let place = Place {
        file: option,
        what: "a condition",
    };
    let expr = expression(
        place,
        text,
        "language = 'en'",
        "a condition is one expression; join several with AND or OR",
    )?;
    Ok(Condition {
        expr,
        text: text.to_string(),
        option: option.to_string(),
    })
}

/// Parses one expression with one value per document, the whole of `text`. `example` and `one` are for those who gave none, or several.
pub fn expression(place: Place<'_>, text: &str, example: &str, one: &str) -> Result<Expr> {
    let option = place.file;
    let syntax = |e| select::syntax_error(option, &e).hint(format!("found in {option} {text}"));
    let mut parser = Parser::new(&GenericDialect {})
        .try_with_sql(text)
        .map_err(syntax)?;
    if parser.peek_token_ref().token == Token::EOF {
        return Err(Error::user(format!("{option} is empty"))
            .hint(format!("for instance {option} \"{example}\"")));
    }
    let expr = parser.parse_expr().map_err(syntax)?;
    let rest = parser.next_token();
    if rest.token != Token::EOF {
        let start = rest.span.start;
        let what = place.what.strip_prefix("a ").unwrap_or(place.what);
        return Err(Error::user(format!(
            "{option}, line {}, column {}: expected the end of the {what}, found {}",
            start.line, start.column, rest.token
        ))
        .hint(one));
    }
    select::check_scalar(place, &expr)?;
    let parameter = visit_expressions(&expr, |e| match e {
        Expr::Value(v) if matches!(v.value, SqlValue::Placeholder(_)) => {
            ControlFlow::Break(v.to_string())
        }
        _ => ControlFlow::Continue(()),
    });
    match parameter {
        ControlFlow::Break(parameter) => Err(Error::user(format!(
            "{option} has no parameters; found `{parameter}`"
        ))),
        ControlFlow::Continue(()) => Ok(expr),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_expression_passes_and_positions_are_the_users() {
        let condition = parse("--where", "language = 'en' AND\ntext_chars > 5 -- long").unwrap();
        assert_eq!(
            condition.expr.to_string(),
            "language = 'en' AND text_chars > 5"
        );
        let cases = [
            ("language = ", "--where: expected an expression, found EOF"),
            (
                "language =\n  )",
                "--where, line 2, column 3: expected an expression, found )",
            ),
            (
                "true) OR (true",
                "--where, line 1, column 5: expected the end of the condition, found )",
            ),
            (
                "language = 'en', true",
                "--where, line 1, column 16: expected the end of the condition, found ,",
            ),
            (
                "count(*) > 1",
                "--where, line 1: the aggregate `count(…)` has no place in a condition: a value comes from one document",
            ),
            ("text_chars > $x", "--where has no parameters; found `$x`"),
            (" ", "--where is empty"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse("--where", text).expect_err(text).message(), expected);
        }
    }
}
