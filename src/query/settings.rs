//! Filters with the parameters that the user has set: `--set NAME.param=value`.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use datafusion::sql::sqlparser::ast::{
    Expr, UnaryOperator, Value as SqlValue, visit_expressions_mut,
};
use serde::Deserialize;

use super::filter_file::{self, FilterFile, Rule};
use super::library::{Kind, Library};
use super::select::normalised;
use crate::error::{Error, Result, near_miss};
use crate::session::Options;

/// The value of a parameter.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(untagged)]
pub enum Value {
    /// `true`, `false`
    Boolean(bool),
    /// A whole number
    Integer(i64),
    /// A number
    Float(f64),
    /// Anything else
    Text(String),
}

impl Value {
    /// Reads `text` as a value that can stand for `default`.
    fn parse(text: &str, default: &Self) -> Option<Self> {
        match default {
            Self::Boolean(_) => text.parse().ok().map(Self::Boolean),
            Self::Integer(_) => {
                let whole = text.parse().ok().map(Self::Integer);
                whole.or_else(|| Self::Float(text.parse().ok()?).standing_for(default))
            }
            Self::Float(_) => Self::Float(text.parse().ok()?).standing_for(default),
            Self::Text(_) => Some(Self::Text(text.to_string())),
        }
    }

    /// This value where `default` stood: a whole number stays one where it can, so that setting a
    /// parameter to its default changes no type in the plan.
    fn standing_for(self, default: &Self) -> Option<Self> {
        /// Beyond this a float does not know its last digit.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match (self, default) {
            (Self::Float(x), _) if !x.is_finite() => None,
            (Self::Float(x), Self::Integer(_)) if x.fract() == 0.0 && x.abs() <= EXACT => {
                Some(Self::Integer(x as i64))
            }
            (Self::Integer(x), Self::Float(_)) => Some(Self::Float(x as f64)),
            (x @ Self::Float(_), Self::Float(_) | Self::Integer(_))
            | (x @ Self::Integer(_), Self::Integer(_))
            | (x @ Self::Boolean(_), Self::Boolean(_))
            | (x @ Self::Text(_), Self::Text(_)) => Some(x),
            _ => None,
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "true or false",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a text",
        }
    }

    /// The value as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Boolean(b) => (*b).into(),
            Self::Integer(i) => (*i).into(),
            Self::Float(x) => (*x).into(),
            Self::Text(s) => s.as_str().into(),
        }
    }

    /// The value as a SQL literal.
    pub fn to_sql(&self) -> Expr {
        let number = |text: String| Expr::Value(SqlValue::Number(text, false).into());
        let signed = |negative: bool, text: String| {
            if negative {
                // In parentheses: `-$x` must not become a comment.
                Expr::Nested(Box::new(Expr::UnaryOp {
                    op: UnaryOperator::Minus,
                    expr: Box::new(number(text)),
                }))
            } else {
                number(text)
            }
        };
        match self {
            Self::Boolean(b) => Expr::Value(SqlValue::Boolean(*b).into()),
            Self::Integer(i) => signed(*i < 0, i.unsigned_abs().to_string()),
            // `{:?}` keeps the point of 3.0, so that the literal stays a float.
            Self::Float(x) => signed(x.is_sign_negative(), format!("{:?}", x.abs())),
            Self::Text(s) => Expr::Value(SqlValue::SingleQuotedString(s.clone()).into()),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(b) => b.fmt(f),
            Self::Integer(i) => i.fmt(f),
            Self::Float(x) => write!(f, "{x:?}"),
            Self::Text(s) => f.write_str(s),
        }
    }
}

/// The filters there are, and what has been set of their parameters: all that `keep_…` means in a query.
#[derive(Clone, Debug)]
pub struct Settings {
    library: Arc<Library>,
    values: BTreeMap<(String, String), Value>,
}

impl Settings {
    /// The filters of the built-in library and the user's folder, with their published parameters.
    pub fn load(options: &Options) -> Result<Self> {
        Ok(Self::new(Library::load(options)?))
    }

    /// The filters of `library`, with their published parameters.
    pub fn new(library: Library) -> Self {
        Self {
            library: Arc::new(library),
            values: BTreeMap::new(),
        }
    }

    /// The queries there are.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Filters as the user names them, each a name or a path; a path's filter is from now on known by
    /// its file's name. Returns the names.
    pub fn name_filters(&mut self, filters: &[String]) -> Result<Vec<String>> {
        let mut names: Vec<String> = Vec::with_capacity(filters.len());
        for filter in filters {
            let name = if Library::is_path(filter) {
                Arc::make_mut(&mut self.library).add(Kind::Filter, Path::new(filter))?
            } else {
                self.library.find(Kind::Filter, filter)?.name.clone()
            };
            if names.contains(&name) {
                return Err(Error::user(format!("filter {name} is named twice")));
            }
            names.push(name);
        }
        Ok(names)
    }

    /// Sets one parameter, as `NAME.param=value` says.
    pub fn set(&mut self, assignment: &str) -> Result<()> {
        let malformed = || {
            Error::user(format!("--set {assignment}: expected NAME.param=value"))
                .hint("for instance --set rpv2_gopher.min_words=100")
        };
        let (target, text) = assignment.split_once('=').ok_or_else(malformed)?;
        let (filter, parameter) = target.trim().split_once('.').ok_or_else(malformed)?;
        let default = self.default_of(filter, parameter)?;
        let text = text.trim();
        let value = Value::parse(text, &default).ok_or_else(|| wrong(target, &default, &text))?;
        self.values
            .insert((filter.to_string(), parameter.to_string()), value);
        Ok(())
    }

    /// Sets one parameter to a value that is one already, as from a recipe.
    pub fn set_value(&mut self, filter: &str, parameter: &str, value: Value) -> Result<()> {
        let default = self.default_of(filter, parameter)?;
        let shown = value.to_string();
        let value = value
            .standing_for(&default)
            .ok_or_else(|| wrong(&format!("{filter}.{parameter}"), &default, &shown))?;
        self.values
            .insert((filter.to_string(), parameter.to_string()), value);
        Ok(())
    }

    /// What has been set, by filter and parameter.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        self.values
            .iter()
            .map(|((filter, parameter), value)| (filter.as_str(), parameter.as_str(), value))
    }

    /// What a parameter of a filter is now: what has been set, or its published value.
    pub fn value(&self, filter: &str, parameter: &str) -> Result<Value> {
        let set = self
            .values
            .get(&(filter.to_string(), parameter.to_string()));
        match set {
            Some(value) => Ok(value.clone()),
            None => self.default_of(filter, parameter),
        }
    }

    /// A filter file, its parameters not yet replaced.
    pub fn filter(&self, name: &str) -> Result<FilterFile> {
        self.library.filter(name)
    }

    /// The rules of a filter, its parameters replaced.
    pub fn rules(&self, filter: &str) -> Result<Vec<Rule>> {
        self.filter(filter)?.rules(|parameter| {
            self.values
                .get(&(filter.to_string(), parameter.to_string()))
                .cloned()
        })
    }

    /// What the column `keep_NAME` or `keep_NAME__RULE` stands for: never NULL. `None` for a column of
    /// any other name; an error for a verdict of which nothing is known.
    pub fn verdict(&self, column: &str) -> Result<Option<Expr>> {
        let Some((filter, rule)) = filter_file::split_verdict(column) else {
            return Ok(None);
        };
        let rules = self.rules(filter)?;
        let Some(rule) = rule else {
            return Ok(filter_file::conjunction(&rules));
        };
        match rules.iter().find(|r| r.name == rule) {
            Some(rule) => Ok(Some(rule.verdict())),
            None => {
                let known = rules.iter().map(|r| r.name.as_str());
                let error = Error::user(format!("filter {filter} has no rule `{rule}`"));
                Err(match near_miss(rule, known) {
                    Some(near) => error.hint(format!(
                        "did you mean `{}`?",
                        filter_file::rule_column(filter, near)
                    )),
                    None => error.hint(format!("`corpusql queries {filter}` prints its rules")),
                })
            }
        }
    }

    /// `expr` with every verdict in it written out.
    pub fn without_verdicts(&self, expr: &Expr) -> Result<Expr> {
        let mut expr = expr.clone();
        let flow = visit_expressions_mut(&mut expr, |e| {
            let name = match e {
                Expr::Identifier(ident) => Some(normalised(ident)),
                Expr::CompoundIdentifier(path) => path.last().map(normalised),
                _ => None,
            };
            match name.map_or(Ok(None), |name| self.verdict(&name)) {
                Ok(Some(verdict)) => *e = Expr::Nested(Box::new(verdict)),
                Ok(None) => {}
                Err(error) => return ControlFlow::Break(Box::new(error)),
            }
            ControlFlow::Continue(())
        });
        match flow {
            ControlFlow::Continue(()) => Ok(expr),
            ControlFlow::Break(error) => Err(*error),
        }
    }

    fn default_of(&self, filter: &str, parameter: &str) -> Result<Value> {
        let file = self.filter(filter)?;
        let params = &file.header().params;
        params.get(parameter).cloned().ok_or_else(|| {
            let error = Error::user(format!("filter {filter} has no parameter `{parameter}`"));
            match near_miss(parameter, params.keys().map(String::as_str)) {
                Some(near) => error.hint(format!("did you mean `{filter}.{near}`?")),
                None => error.hint(format!("`corpusql queries {filter}` prints its parameters")),
            }
        })
    }
}

fn wrong(target: &str, default: &Value, found: &dyn fmt::Display) -> Error {
    Error::user(format!(
        "{target} is {} ({default} unless it is set); found `{found}`",
        default.kind()
    ))
}
