//! A filter: a file of rules, each a Boolean expression that is true when the document passes.
//!
//! The verdict is the conjunction of the rules. NULL counts as false: each rule is wrapped in
//! `coalesce(rule, false)`, so a verdict is never NULL; a rule that accepts NULL says so itself.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList,
    FunctionArguments, Ident, ObjectName, Value as SqlValue, visit_expressions,
    visit_expressions_mut,
};

use super::header::{self, FilterHeader};
use super::select::{self, Item, Place};
use super::settings::Value;
use crate::error::{Error, Result, near_miss};

/// What the names of verdicts begin with; nothing else may.
pub const PREFIX: &str = "keep_";
/// What stands between a filter and its rule in the name of the rule's column.
const SEPARATOR: &str = "__";

/// A filter file, parsed and checked; its parameters stand as they are written.
#[derive(Clone, Debug)]
pub struct FilterFile {
    name: String,
    origin: String,
    header: FilterHeader,
    text: String,
    rules: Vec<Item>,
}

/// One rule, its parameters replaced by values.
#[derive(Clone, Debug)]
pub struct Rule {
    /// What is demanded.
    pub name: String,
    /// Its line in the filter's file.
    pub line: u64,
    /// The expression as it was written; it may be NULL.
    pub expr: Expr,
}

impl Rule {
    /// The rule as a verdict: never NULL.
    pub fn verdict(&self) -> Expr {
        let argument = |e: Expr| FunctionArg::Unnamed(FunctionArgExpr::Expr(e));
        Expr::Function(Function {
            name: ObjectName::from(vec![Ident::new("coalesce")]),
            uses_odbc_syntax: false,
            parameters: FunctionArguments::None,
            args: FunctionArguments::List(FunctionArgumentList {
                duplicate_treatment: None,
                args: vec![
                    argument(self.expr.clone()),
                    argument(Expr::Value(SqlValue::Boolean(false).into())),
                ],
                clauses: Vec::new(),
            }),
            filter: None,
            null_treatment: None,
            over: None,
            within_group: Vec::new(),
        })
    }
}

impl FilterFile {
    /// Parses the filter `name`, whose `text` stands in the file `origin`.
    pub fn parse(name: &str, origin: &str, text: &str) -> Result<Self> {
        let place = Place {
            file: origin,
            what: "a filter",
        };
        check_name(place, 0, "filter", name)?;
        let header: FilterHeader = header::parse(origin, text)?;
        let rules = select::parse(place, text, false)?;
        let mut used = BTreeSet::new();
        for rule in &rules {
            if !rule.aliased {
                return Err(place
                    .error(rule.line, format!("the rule `{}` has no name", rule.expr))
                    .hint("write `expression AS what_is_demanded`"));
            }
            check_name(place, rule.line, "rule", &rule.name)?;
            for parameter in parameters(&rule.expr) {
                if !header.params.contains_key(&parameter) {
                    let error = place.error(
                        rule.line,
                        format!("rule `{}` uses `${parameter}`, which the header does not list under params", rule.name),
                    );
                    return Err(
                        match near_miss(&parameter, header.params.keys().map(String::as_str)) {
                            Some(near) => error.hint(format!("did you mean `${near}`?")),
                            None => error,
                        },
                    );
                }
                used.insert(parameter);
            }
        }
        if let Some(unused) = header.params.keys().find(|p| !used.contains(*p)) {
            return Err(place.error(0, format!("no rule uses the parameter `{unused}`")));
        }
        Ok(Self {
            name: name.to_string(),
            origin: origin.to_string(),
            header,
            text: text.to_string(),
            rules,
        })
    }

    /// Its name: the file's.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it stands.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What it says of itself.
    pub fn header(&self) -> &FilterHeader {
        &self.header
    }

    /// The file as it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names of its rules, in order.
    pub fn rule_names(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|r| r.name.as_str())
    }

    /// Its rules as they are written, with their parameters.
    pub fn written(&self) -> &[Item] {
        &self.rules
    }

    /// Its rules, each parameter replaced by what `set` says or by its published value.
    pub fn rules(&self, set: impl Fn(&str) -> Option<Value>) -> Result<Vec<Rule>> {
        self.rules
            .iter()
            .map(|rule| {
                let mut expr = rule.expr.clone();
                let flow = visit_expressions_mut(&mut expr, |e| {
                    let Some(name) = placeholder(e) else {
                        return ControlFlow::Continue(());
                    };
                    match set(name).or_else(|| self.header.params.get(name).cloned()) {
                        Some(value) => {
                            *e = value.to_sql();
                            ControlFlow::Continue(())
                        }
                        None => ControlFlow::Break(name.to_string()),
                    }
                });
                if let ControlFlow::Break(name) = flow {
                    return Err(Error::internal(format!(
                        "{}: parameter `{name}` has no value",
                        self.origin
                    )));
                }
                Ok(Rule {
                    name: rule.name.clone(),
                    line: rule.line,
                    expr,
                })
            })
            .collect()
    }
}

/// All of `rules` as one verdict; `None` without rules.
pub fn conjunction(rules: &[Rule]) -> Option<Expr> {
    rules
        .iter()
        .map(Rule::verdict)
        .reduce(|left, right| Expr::BinaryOp {
            left: Box::new(left),
            op: BinaryOperator::And,
            right: Box::new(right),
        })
}

/// The column of a filter's verdict.
pub fn verdict_column(filter: &str) -> String {
    format!("{PREFIX}{filter}")
}

/// The column of one rule.
pub fn rule_column(filter: &str, rule: &str) -> String {
    format!("{PREFIX}{filter}{SEPARATOR}{rule}")
}

/// The filter and the rule that a column's name means, if it names a verdict.
pub fn split_verdict(column: &str) -> Option<(&str, Option<&str>)> {
    let rest = column.strip_prefix(PREFIX)?;
    Some(match rest.split_once(SEPARATOR) {
        Some((filter, rule)) => (filter, Some(rule)),
        None => (rest, None),
    })
}

/// The parameters that an expression uses.
fn parameters(expr: &Expr) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let _: ControlFlow<()> = visit_expressions(expr, |e| {
        names.extend(placeholder(e).map(str::to_string));
        ControlFlow::Continue(())
    });
    names
}

fn placeholder(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(value) => match &value.value {
            SqlValue::Placeholder(name) => Some(name.strip_prefix('$').unwrap_or(name)),
            _ => None,
        },
        _ => None,
    }
}

/// Names become parts of column names, which nobody should have to quote.
fn check_name(place: Place<'_>, line: u64, what: &str, name: &str) -> Result<()> {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain && !name.contains(SEPARATOR) && !name.ends_with('_') {
        return Ok(());
    }
    Err(place.error(
        line,
        format!("`{name}` cannot name a {what}: expected lower-case letters, digits and single underscores"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<FilterFile> {
        FilterFile::parse("mine", "mine.sql", text)
    }

    #[test]
    fn parameters_are_replaced_in_the_syntax_tree() {
        let file = parse("-- params:\n--   least: 5\n--   kind: it's\n--   low: -2\nSELECT\n  n >= $least AS enough,\n  kind = $kind AND -$low < n AS right_kind").unwrap();
        let rules = file
            .rules(|p| (p == "least").then_some(Value::Integer(7)))
            .unwrap();
        assert_eq!(rules[0].expr.to_string(), "n >= 7");
        assert_eq!(rules[1].expr.to_string(), "kind = 'it''s' AND -(-2) < n");
        assert_eq!(
            conjunction(&rules).unwrap().to_string(),
            "coalesce(n >= 7, false) AND coalesce(kind = 'it''s' AND -(-2) < n, false)"
        );
    }

    #[test]
    fn verdict_names_split() {
        assert_eq!(split_verdict("keep_a_b__c_d"), Some(("a_b", Some("c_d"))));
        assert_eq!(split_verdict("keep_a"), Some(("a", None)));
        assert_eq!(split_verdict("kept"), None);
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        let cases = [
            (
                "SELECT a > 1 AS x FROM corpus",
                "mine.sql, line 1: a filter has no FROM: its rules read the corpus that is filtered",
            ),
            ("SELECT a", "mine.sql, line 1: the rule `a` has no name"),
            ("SELECT a > 1", "mine.sql, line 1: `a > 1` has no name"),
            (
                "SELECT\n  a > $b AS x",
                "mine.sql, line 2: rule `x` uses `$b`, which the header does not list under params",
            ),
            (
                "-- params:\n--   b: 1\nSELECT a AS x",
                "mine.sql: no rule uses the parameter `b`",
            ),
            (
                "SELECT a AS \"X y\"",
                "mine.sql, line 1: `X y` cannot name a rule: expected lower-case letters, digits and single underscores",
            ),
            (
                "SELECT a AS x__y",
                "mine.sql, line 1: `x__y` cannot name a rule: expected lower-case letters, digits and single underscores",
            ),
            (
                "SELECT sum(a) > 1 AS x",
                "mine.sql, line 1: the aggregate `sum(…)` has no place in a filter: a value comes from one document",
            ),
        ];
        for (sql, expected) in cases {
            assert_eq!(parse(sql).expect_err(sql).message(), expected, "for {sql}");
        }
    }
}
