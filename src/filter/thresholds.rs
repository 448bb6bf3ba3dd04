//! The thresholds in the rules of a filter, and for each the value of a document that decides.
//!
//! A rule that compares measures with a number `t`, in one direction and without a NOT around it, holds of
//! a document for all `t` on one side of a *critical value* of that document:
//!
//! ```text
//!  x >= t           x                            x <= t           x
//!  a AND b          the smaller of both          a AND b          the larger of both
//!  a OR b           the larger of both           a OR b           the smaller of both
//!  another condition: every t passes where it holds, and none where it does not or is NULL
//! ```
//!
//! So one column of critical values says how many documents any other threshold would keep.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, UnaryOperator,
    Value as SqlValue, visit_expressions, visit_expressions_mut,
};
use serde::Serialize;

use crate::error::{Error, Result, near_miss};
use crate::query::Settings;
use crate::query::settings::Value;

/// How a rule compares a measure with the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Comparison {
    /// The measure is the threshold or more.
    #[serde(rename = ">=")]
    AtLeast,
    /// The measure is more than the threshold.
    #[serde(rename = ">")]
    Above,
    /// The measure is the threshold or less.
    #[serde(rename = "<=")]
    AtMost,
    /// The measure is less than the threshold.
    #[serde(rename = "<")]
    Below,
}

impl Comparison {
    fn of(op: &BinaryOperator) -> Option<Self> {
        match op {
            BinaryOperator::GtEq => Some(Self::AtLeast),
            BinaryOperator::Gt => Some(Self::Above),
            BinaryOperator::LtEq => Some(Self::AtMost),
            BinaryOperator::Lt => Some(Self::Below),
            _ => None,
        }
    }

    /// The same with its sides exchanged.
    fn reversed(self) -> Self {
        match self {
            Self::AtLeast => Self::AtMost,
            Self::Above => Self::Below,
            Self::AtMost => Self::AtLeast,
            Self::Below => Self::Above,
        }
    }

    /// Whether larger measures pass.
    pub fn is_lower_bound(self) -> bool {
        matches!(self, Self::AtLeast | Self::Above)
    }

    /// Whether the threshold itself passes.
    pub fn is_inclusive(self) -> bool {
        matches!(self, Self::AtLeast | Self::AtMost)
    }

    /// As SQL writes it.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::Above => ">",
            Self::AtMost => "<=",
            Self::Below => "<",
        }
    }
}

/// A number that rules of a filter compare measures with.
#[derive(Clone, Debug)]
pub struct Threshold {
    /// The filter.
    pub filter: String,
    /// The parameter, or the rule where the number stands in the rule itself.
    pub name: String,
    /// Whether `--set` changes it.
    pub is_parameter: bool,
    /// The rules that it is in, by their places among all rules.
    pub rules: Vec<usize>,
    /// What is compared with it.
    pub measures: Vec<String>,
    /// How.
    pub comparison: Comparison,
    /// What it is now.
    pub value: f64,
    /// The critical value: SQL of type DOUBLE, never NULL.
    pub critical: String,
    /// The columns that are named in the measures.
    columns: BTreeSet<String>,
}

/// A rule without a threshold that can be moved, or a parameter that is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The filter.
    pub filter: String,
    /// The rule.
    pub rule: String,
    /// Why.
    pub why: String,
}

/// The thresholds of filters, in the order of their rules, and what has none.
#[derive(Clone, Debug, Default)]
pub struct Thresholds {
    /// Those that can be moved.
    pub movable: Vec<Threshold>,
    /// The rules that none of them is in.
    pub left_out: Vec<LeftOut>,
}

#[cfg(test)]
impl Threshold {
    /// A threshold of the first rule.
    pub fn for_tests(filter: &str, name: &str, comparison: Comparison, value: f64) -> Self {
        Self {
            filter: filter.to_string(),
            name: name.to_string(),
            is_parameter: true,
            rules: vec![0],
            measures: vec!["x".to_string()],
            comparison,
            value,
            critical: "x".to_string(),
            columns: BTreeSet::new(),
        }
    }
}

/// A rule as it is written, its place, and numbers in comparisons made parameters.
struct Written {
    place: usize,
    name: String,
    expr: Expr,
    /// Parameters of the header that it uses.
    parameters: BTreeSet<String>,
    /// What numbers in comparisons have become.
    literals: Vec<(String, Value)>,
}

impl Thresholds {
    /// The thresholds of `filters`, whose rules follow one another.
    pub fn of(settings: &Settings, filters: &[String]) -> Result<Self> {
        let mut all = Self::default();
        let mut place = 0;
        for filter in filters {
            let file = settings.filter(filter)?;
            let rules: Vec<Written> = file
                .written()
                .iter()
                .enumerate()
                .map(|(number, item)| Written::new(place + number, &item.name, &item.expr))
                .collect();
            place += rules.len();
            all.of_filter(settings, filter, &rules)?;
        }
        Ok(all)
    }

    fn of_filter(&mut self, settings: &Settings, filter: &str, rules: &[Written]) -> Result<()> {
        let start = self.movable.len();
        let mut problems: Vec<(usize, String)> = Vec::new();
        let mut seen = BTreeSet::new();
        for rule in rules {
            // In the order in which they are written.
            for name in in_order(&rule.expr) {
                if !seen.insert(name.clone()) {
                    continue;
                }
                let literal = rule.literals.iter().find(|(n, _)| *n == name);
                let value = match literal {
                    Some((_, value)) => value.clone(),
                    None => settings.value(filter, &name)?,
                };
                let Some(value) = as_number(&value) else {
                    problems.push((rule.place, format!("${name} is no number")));
                    continue;
                };
                let of_all = |parameter: &str| -> Option<Value> {
                    let mut literals = rules.iter().flat_map(|r| &r.literals);
                    match literals.find(|(n, _)| n == parameter) {
                        Some((_, value)) => Some(value.clone()),
                        None => settings.value(filter, parameter).ok(),
                    }
                };
                match threshold(rules, &name, &of_all) {
                    Ok((comparison, critical, measures, columns, places)) => {
                        self.movable.push(Threshold {
                            filter: filter.to_string(),
                            name: match literal {
                                Some(_) => literal_name(rule, &name),
                                None => name,
                            },
                            is_parameter: literal.is_none(),
                            rules: places,
                            measures,
                            comparison,
                            value,
                            critical,
                            columns,
                        });
                    }
                    Err(why) => problems.push((rule.place, why)),
                }
            }
        }
        for rule in rules {
            let mut movable = self.movable[start..].iter();
            if movable.any(|t| t.rules.contains(&rule.place)) {
                continue;
            }
            let problem = problems.iter().find(|(place, _)| *place == rule.place);
            self.left_out.push(LeftOut {
                filter: filter.to_string(),
                rule: rule.name.clone(),
                why: problem.map_or_else(
                    || "it compares nothing with a threshold".to_string(),
                    |(_, why)| why.clone(),
                ),
            });
        }
        Ok(())
    }

    /// Only those that `names` means: `all`, columns, parameters (with their filter or without), rules.
    pub fn chosen(self, names: &[String], rules: &[(String, String)]) -> Result<Self> {
        if names.iter().any(|name| name == "all") {
            return Ok(self);
        }
        let means = |threshold: &Threshold, name: &str| {
            let (filter, own) = match name.split_once('.') {
                Some((filter, own)) => (Some(filter), own),
                None => (None, name),
            };
            let is_rule = |place: &usize| rules.get(*place).is_some_and(|(_, rule)| rule == own);
            filter.is_none_or(|f| f == threshold.filter)
                && (threshold.name == own
                    || threshold.columns.contains(own)
                    || threshold.rules.iter().any(is_rule))
        };
        for name in names {
            if self.movable.iter().any(|t| means(t, name)) {
                continue;
            }
            let known = self.movable.iter().flat_map(|t| {
                let columns = t.columns.iter().map(String::as_str);
                columns.chain([t.name.as_str()])
            });
            let error = Error::user(format!(
                "--sweep {name}: no threshold of {} is compared with it",
                filters(rules).join(", ")
            ));
            return Err(match (near_miss(name, known.clone()), known.count()) {
                (Some(near), _) => error.hint(format!("did you mean {near}?")),
                (None, 0) => error.hint("none of their rules compares with a threshold"),
                (None, _) => error.hint("--sweep all shows those that there are"),
            });
        }
        let movable = self
            .movable
            .into_iter()
            .filter(|t| names.iter().any(|name| means(t, name)))
            .collect();
        Ok(Self {
            movable,
            left_out: Vec::new(),
        })
    }
}

fn filters(rules: &[(String, String)]) -> Vec<&str> {
    let mut filters: Vec<&str> = rules.iter().map(|(filter, _)| filter.as_str()).collect();
    filters.dedup();
    filters
}

impl Written {
    fn new(place: usize, name: &str, expr: &Expr) -> Self {
        let parameters = in_order(expr).into_iter().collect();
        let mut expr = expr.clone();
        let mut literals = Vec::new();
        let _: ControlFlow<()> = visit_expressions_mut(&mut expr, |e| {
            let sides: Vec<&mut Box<Expr>> = match e {
                Expr::BinaryOp { left, op, right } if Comparison::of(op).is_some() => {
                    vec![left, right]
                }
                Expr::Between {
                    negated: false,
                    low,
                    high,
                    ..
                } => vec![low, high],
                _ => Vec::new(),
            };
            for side in sides {
                if let Some(value) = number(side) {
                    // No parameter has a space in its name.
                    let name = format!("{name} {}", literals.len());
                    **side = Expr::Value(SqlValue::Placeholder(format!("${name}")).into());
                    literals.push((name, value));
                }
            }
            ControlFlow::Continue(())
        });
        Self {
            place,
            name: name.to_string(),
            expr,
            parameters,
            literals,
        }
    }
}

/// A number in a rule is called by the rule, and by its place where the rule has several.
fn literal_name(rule: &Written, name: &str) -> String {
    let place = rule.literals.iter().position(|(n, _)| n == name);
    match (rule.literals.len() + rule.parameters.len(), place) {
        (2.., Some(place)) => format!("{}:{}", rule.name, place + 1),
        _ => rule.name.clone(),
    }
}

type Found = (
    Comparison,
    String,
    Vec<String>,
    BTreeSet<String>,
    Vec<usize>,
);

/// The one threshold `name` in all rules that use it.
fn threshold(
    rules: &[Written],
    name: &str,
    values: &dyn Fn(&str) -> Option<Value>,
) -> std::result::Result<Found, String> {
    let mut walk = Walk {
        name,
        values,
        comparison: None,
        measures: Vec::new(),
        columns: BTreeSet::new(),
    };
    let using: Vec<&Written> = rules.iter().filter(|r| uses(&r.expr, name)).collect();
    // The direction first: what AND and OR mean depends on it.
    for rule in &using {
        walk.look(&rule.expr)?;
    }
    let comparison = walk
        .comparison
        .ok_or_else(|| "its threshold is inside of an expression".to_string())?;
    let critical: Vec<String> = using
        .iter()
        .map(|rule| walk.critical(&rule.expr, comparison))
        .collect::<std::result::Result<_, _>>()?;
    Ok((
        comparison,
        all_of(comparison, critical),
        walk.measures,
        walk.columns,
        using.iter().map(|r| r.place).collect(),
    ))
}

struct Walk<'a> {
    name: &'a str,
    values: &'a dyn Fn(&str) -> Option<Value>,
    comparison: Option<Comparison>,
    measures: Vec<String>,
    columns: BTreeSet<String>,
}

impl Walk<'_> {
    /// Notes how the threshold is compared, everywhere.
    fn look(&mut self, expr: &Expr) -> std::result::Result<(), String> {
        let mut found: Vec<(Expr, Comparison)> = Vec::new();
        let _: ControlFlow<()> = visit_expressions(expr, |e| {
            match e {
                Expr::Between {
                    expr,
                    negated: false,
                    low,
                    high,
                } => {
                    for (side, comparison) in
                        [(low, Comparison::AtLeast), (high, Comparison::AtMost)]
                    {
                        if self.is_it(side) {
                            found.push((expr.as_ref().clone(), comparison));
                        }
                    }
                }
                other => {
                    if let Some((measure, comparison)) = self.comparison_in(other) {
                        found.push((measure.clone(), comparison));
                    }
                }
            }
            ControlFlow::Continue(())
        });
        for (measure, comparison) in found {
            if *self.comparison.get_or_insert(comparison) != comparison {
                return Err(format!("{} is compared in two directions", self.shown()));
            }
            let measure = substituted(&measure, self.values);
            self.columns.extend(columns(&measure));
            let measure = measure.to_string();
            if !self.measures.contains(&measure) {
                self.measures.push(measure);
            }
        }
        Ok(())
    }

    fn shown(&self) -> String {
        match self.name.contains(' ') {
            true => "its number".to_string(),
            false => format!("${}", self.name),
        }
    }

    fn is_it(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Nested(inner) => self.is_it(inner),
            other => placeholder(other) == Some(self.name),
        }
    }

    /// The measure that is compared with the threshold, and how.
    fn comparison_in<'e>(&self, expr: &'e Expr) -> Option<(&'e Expr, Comparison)> {
        let Expr::BinaryOp { left, op, right } = expr else {
            return None;
        };
        let comparison = Comparison::of(op)?;
        if self.is_it(right) {
            Some((left, comparison))
        } else if self.is_it(left) {
            Some((right, comparison.reversed()))
        } else {
            None
        }
    }

    /// The critical value of a condition.
    fn critical(&self, expr: &Expr, comparison: Comparison) -> std::result::Result<String, String> {
        if !uses(expr, self.name) {
            return Ok(self.fixed(expr, comparison));
        }
        let never = worst(comparison);
        match expr {
            Expr::Nested(inner) | Expr::IsTrue(inner) => self.critical(inner, comparison),
            Expr::BinaryOp {
                left,
                op: op @ (BinaryOperator::And | BinaryOperator::Or),
                right,
            } => {
                let both = vec![
                    self.critical(left, comparison)?,
                    self.critical(right, comparison)?,
                ];
                Ok(match op {
                    BinaryOperator::And => all_of(comparison, both),
                    _ => any_of(comparison, both),
                })
            }
            Expr::Between {
                expr: measure,
                negated: false,
                low,
                high,
            } => {
                let half = |bound: &Expr, op| Expr::BinaryOp {
                    left: measure.clone(),
                    op,
                    right: Box::new(bound.clone()),
                };
                let halves = [
                    half(low, BinaryOperator::GtEq),
                    half(high, BinaryOperator::LtEq),
                ];
                let halves = halves
                    .iter()
                    .map(|half| self.critical(half, comparison))
                    .collect::<std::result::Result<_, _>>()?;
                Ok(all_of(comparison, halves))
            }
            Expr::Function(call) => match coalesced(call) {
                // NULL is false in any case.
                Some((condition, false)) => self.critical(condition, comparison),
                Some((condition, true)) => match self.measure(condition) {
                    Some(measure) => Ok(format!(
                        "coalesce({measure}, {})",
                        worst(comparison.reversed())
                    )),
                    None => Err("its threshold is inside of coalesce".to_string()),
                },
                None => Err("its threshold is inside of a function".to_string()),
            },
            Expr::Case {
                operand: None,
                conditions,
                else_result,
                ..
            } => {
                let mut text = "CASE".to_string();
                for when in conditions {
                    if uses(&when.condition, self.name) {
                        return Err("its threshold is in the condition of a CASE".to_string());
                    }
                    let condition = substituted(&when.condition, self.values);
                    let result = self.critical(&when.result, comparison)?;
                    text.push_str(&format!(" WHEN {condition} THEN {result}"));
                }
                let otherwise = match else_result {
                    Some(otherwise) => self.critical(otherwise, comparison)?,
                    None => never.to_string(),
                };
                Ok(format!("{text} ELSE {otherwise} END"))
            }
            other => match self.measure(other) {
                Some(measure) => Ok(format!("coalesce({measure}, {never})")),
                None => Err("its threshold is inside of an expression".to_string()),
            },
        }
    }

    /// What a comparison with the threshold measures, as SQL.
    fn measure(&self, expr: &Expr) -> Option<String> {
        let (measure, _) = self.comparison_in(expr)?;
        if uses(measure, self.name) {
            return None;
        }
        let measure = substituted(measure, self.values);
        Some(format!("CAST(({measure}) AS DOUBLE)"))
    }

    /// A condition that the threshold is not in.
    fn fixed(&self, expr: &Expr, comparison: Comparison) -> String {
        let condition = substituted(expr, self.values);
        let (always, never) = (worst(comparison.reversed()), worst(comparison));
        format!("CASE WHEN ({condition}) THEN {always} ELSE {never} END")
    }
}

/// The measure that no threshold keeps.
fn worst(comparison: Comparison) -> &'static str {
    if comparison.is_lower_bound() {
        "CAST('-Infinity' AS DOUBLE)"
    } else {
        "CAST('Infinity' AS DOUBLE)"
    }
}

fn all_of(comparison: Comparison, values: Vec<String>) -> String {
    call(
        if comparison.is_lower_bound() {
            "least"
        } else {
            "greatest"
        },
        values,
    )
}

fn any_of(comparison: Comparison, values: Vec<String>) -> String {
    all_of(comparison.reversed(), values)
}

fn call(function: &str, mut values: Vec<String>) -> String {
    match values.len() {
        1 => values.remove(0),
        _ => format!("{function}({})", values.join(", ")),
    }
}

/// The condition of `coalesce(condition, true or false)`.
fn coalesced(call: &Function) -> Option<(&Expr, bool)> {
    if !call.name.to_string().eq_ignore_ascii_case("coalesce") {
        return None;
    }
    let FunctionArguments::List(list) = &call.args else {
        return None;
    };
    let argument = |place: usize| match list.args.get(place) {
        Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))) => Some(expr),
        _ => None,
    };
    let Expr::Value(otherwise) = argument(1)? else {
        return None;
    };
    match (&otherwise.value, list.args.len()) {
        (SqlValue::Boolean(otherwise), 2) => Some((argument(0)?, *otherwise)),
        _ => None,
    }
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

/// The parameters of an expression in the order in which they are written.
fn in_order(expr: &Expr) -> Vec<String> {
    let mut names = Vec::new();
    let _: ControlFlow<()> = visit_expressions(expr, |e| {
        names.extend(placeholder(e).map(str::to_string));
        ControlFlow::Continue(())
    });
    names
}

fn uses(expr: &Expr, name: &str) -> bool {
    visit_expressions(expr, |e| match placeholder(e) == Some(name) {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    })
    .is_break()
}

/// The columns that an expression names, as SQL compares them.
pub fn columns(expr: &Expr) -> BTreeSet<String> {
    let mut columns = BTreeSet::new();
    let _: ControlFlow<()> = visit_expressions(expr, |e| {
        let ident = match e {
            Expr::Identifier(ident) => Some(ident),
            Expr::CompoundIdentifier(path) => path.last(),
            _ => None,
        };
        columns.extend(ident.map(|ident| match ident.quote_style {
            Some(_) => ident.value.clone(),
            None => ident.value.to_lowercase(),
        }));
        ControlFlow::Continue(())
    });
    columns
}

fn substituted(expr: &Expr, values: &dyn Fn(&str) -> Option<Value>) -> Expr {
    let mut expr = expr.clone();
    let _: ControlFlow<()> = visit_expressions_mut(&mut expr, |e| {
        if let Some(value) = placeholder(e).and_then(values) {
            *e = value.to_sql();
        }
        ControlFlow::Continue(())
    });
    expr
}

/// A number that is written out, with its sign.
fn number(expr: &Expr) -> Option<Value> {
    match expr {
        Expr::Nested(inner) => number(inner),
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => match number(expr)? {
            Value::Integer(i) => Some(Value::Integer(i.checked_neg()?)),
            Value::Float(x) => Some(Value::Float(-x)),
            _ => None,
        },
        Expr::Value(value) => match &value.value {
            SqlValue::Number(text, _) => {
                let whole = text.parse().ok().map(Value::Integer);
                whole.or_else(|| text.parse().ok().map(Value::Float))
            }
            _ => None,
        },
        _ => None,
    }
}

fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(i) => Some(*i as f64),
        Value::Float(x) => Some(*x),
        Value::Boolean(_) | Value::Text(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Library;

    fn thresholds(sql: &str) -> Thresholds {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mine.sql");
        std::fs::write(&path, sql).expect("a file");
        let mut settings = Settings::new(Library::built_in());
        let filters = settings
            .name_filters(&[path.to_string_lossy().into_owned()])
            .expect("a filter");
        Thresholds::of(&settings, &filters).expect("thresholds")
    }

    #[test]
    fn critical_values() {
        const NEVER: &str = "CAST('-Infinity' AS DOUBLE)";
        const ALWAYS: &str = "CAST('Infinity' AS DOUBLE)";
        let cases = [
            ("a >= $t", format!("coalesce(CAST((a) AS DOUBLE), {NEVER})")),
            (
                "$t >= a",
                format!("coalesce(CAST((a) AS DOUBLE), {ALWAYS})"),
            ),
            (
                "a / b > $t",
                format!("coalesce(CAST((a / b) AS DOUBLE), {NEVER})"),
            ),
            (
                "a > $t OR b IS NULL",
                format!(
                    "greatest(coalesce(CAST((a) AS DOUBLE), {NEVER}), CASE WHEN (b IS NULL) THEN {ALWAYS} ELSE {NEVER} END)"
                ),
            ),
            (
                "a <= $t AND (b <= $t)",
                format!(
                    "greatest(coalesce(CAST((a) AS DOUBLE), {ALWAYS}), coalesce(CAST((b) AS DOUBLE), {ALWAYS}))"
                ),
            ),
            (
                "coalesce(a <= $t, true)",
                format!("coalesce(CAST((a) AS DOUBLE), {NEVER})"),
            ),
            (
                "CASE WHEN b THEN a >= $t ELSE true END",
                format!(
                    "CASE WHEN b THEN coalesce(CAST((a) AS DOUBLE), {NEVER}) ELSE CASE WHEN (true) THEN {ALWAYS} ELSE {NEVER} END END"
                ),
            ),
        ];
        for (rule, expected) in cases {
            let all = thresholds(&format!("-- params:\n--   t: 5\nSELECT {rule} AS it"));
            assert_eq!(all.movable[0].critical, expected, "{rule}");
            assert_eq!(all.movable[0].value, 5.0);
            assert!(all.left_out.is_empty());
        }
    }

    #[test]
    fn bounds_and_numbers_in_rules() {
        let all = thresholds(
            "-- params:\n--   low: 5\n--   high: 9\nSELECT a BETWEEN $low AND $high AS middle, b < -0.5 AS small, c > 1 AND d > 2 AS two",
        );
        let found: Vec<(&str, &str, f64)> = all
            .movable
            .iter()
            .map(|t| (t.name.as_str(), t.comparison.symbol(), t.value))
            .collect();
        let expected = [
            ("low", ">=", 5.0),
            ("high", "<=", 9.0),
            ("small", "<", -0.5),
            ("two:1", ">", 1.0),
            ("two:2", ">", 2.0),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_cannot_be_moved_is_said() {
        let all = thresholds(
            "-- params:\n--   t: 5\n--   kind: x\nSELECT a = 0 AS none, NOT a > $t AS inverted, kind = $kind AS right_kind, f(a, $t) AS called",
        );
        let why: Vec<(&str, &str)> = all
            .left_out
            .iter()
            .map(|l| (l.rule.as_str(), l.why.as_str()))
            .collect();
        let expected = [
            ("none", "it compares nothing with a threshold"),
            ("inverted", "its threshold is inside of an expression"),
            ("right_kind", "$kind is no number"),
            ("called", "it compares nothing with a threshold"),
        ];
        assert_eq!(why, expected);
        assert!(all.movable.is_empty());
    }
}
