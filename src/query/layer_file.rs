//! A layer's query: one SELECT whose columns are computed for every document and stored.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, Value as SqlValue, visit_expressions};

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
