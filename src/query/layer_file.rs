//! A layer's query: one SELECT whose columns are computed for every document and stored.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Value as SqlValue, visit_expressions};

use super::filter_file::PREFIX;
use super::header::{self, Header};
use super::select::{self, Item, Place};
use crate::error::Result;

/// A layer's query, parsed and checked: scalar expressions over `corpus` and nothing else.
#[derive(Clone, Debug)]
pub struct LayerFile {
    name: String,
    origin: String,
    header: Header,
    text: String,
    columns: Vec<Item>,
}

impl LayerFile {
    /// Parses the query of the layer `name`, whose `text` stands in the file `origin`.
    pub fn parse(name: &str, origin: &str, text: &str) -> Result<Self> {
        let place = Place {
            file: origin,
            what: "a layer",
        };
        let header = header::parse(origin, text)?;
        let columns = select::parse(place, text, true)?;
        for column in &columns {
            if column.name.starts_with(PREFIX) {
                let message = format!(
                    "`{}` would be taken for a verdict: only verdicts begin with `{PREFIX}`",
                    column.name
                );
                return Err(place
                    .error(column.line, message)
                    .hint("give it another name with AS"));
            }
            let parameter = visit_expressions(&column.expr, |e| match e {
                Expr::Value(v) if matches!(v.value, SqlValue::Placeholder(_)) => {
                    ControlFlow::Break(v.to_string())
                }
                _ => ControlFlow::Continue(()),
            });
            if let ControlFlow::Break(parameter) = parameter {
                let message = format!("a layer has no parameters; found `{parameter}`");
                return Err(place.error(column.line, message));
            }
        }
        Ok(Self {
            name: name.to_string(),
            origin: origin.to_string(),
            header,
            text: text.to_string(),
            columns,
        })
    }

    /// Its name: the file's, unless another was given.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where it stands.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What it says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The query as it is written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its columns: name, expression, line.
    pub fn columns(&self) -> &[Item] {
        &self.columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_parameters_are_checked() {
        let refused = |text: &str| {
            let error = LayerFile::parse("mine", "mine.sql", text).expect_err(text);
            error.message().to_string()
        };
        assert_eq!(
            refused("SELECT a,\n  a > 1 AS keep_a FROM corpus"),
            "mine.sql, line 2: `keep_a` would be taken for a verdict: only verdicts begin with `keep_`"
        );
        assert_eq!(
            refused("SELECT a > $b AS c FROM corpus"),
            "mine.sql, line 1: a layer has no parameters; found `$b`"
        );
    }
}
