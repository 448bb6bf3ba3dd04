//! Expressions held against columns before there is a document: are the names known, do the types fit.
//!
//! The corpus of a recipe may not exist yet, so its table is an empty one with the columns that it is
//! going to have; DataFusion plans the expressions over it as it will over the corpus.

use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::DataFusionError;
use datafusion::prelude::SessionContext;
use datafusion::sql::sqlparser::ast::{Expr, visit_expressions};

use super::fields::did_you_mean;
use crate::error::{Error, Result};
use crate::query::filter_file::{PREFIX, rule_column, verdict_column};
use crate::query::select::normalised;
use crate::query::{Kind, Settings};
use crate::session::Engine;

/// The columns that expressions can name at one step of a recipe.
#[derive(Clone)]
pub struct Columns {
    stored: Vec<Field>,
}

impl Columns {
    /// A corpus with these stored columns.
    pub fn new(schema: &Schema) -> Self {
        Self {
            stored: schema.fields().iter().map(|f| f.as_ref().clone()).collect(),
        }
    }

    /// More stored columns; one that is there already stays as it is.
    pub fn extend(&mut self, fields: impl IntoIterator<Item = Field>) {
        for field in fields {
            if self.stored.iter().all(|f| f.name() != field.name()) {
                self.stored.push(field);
            }
        }
    }

    /// Stored columns, and those that can be computed.
    fn schema(&self, engine: &Engine) -> SchemaRef {
        let mut all = self.clone();
        let computed = engine.functions().virtual_columns();
        all.extend(computed.map(|c| Field::new(c.name, c.data_type.clone(), true)));
        Arc::new(Schema::new(all.stored))
    }

    /// Whether `name` is a stored column.
    pub fn is_stored(&self, name: &str) -> bool {
        self.stored.iter().any(|field| field.name() == name)
    }

    /// Whether `name` is a column, with a suggestion where it is not.
    pub fn check_name(&self, engine: &Engine, settings: &Settings, name: &str) -> Result<()> {
        if name.starts_with(PREFIX) && settings.verdict(name)?.is_some() {
            return Ok(());
        }
        let schema = self.schema(engine);
        if schema.column_with_name(name).is_some() {
            return Ok(());
        }
        let mut known: Vec<String> = schema.fields().iter().map(|f| f.name().clone()).collect();
        for filter in settings.library().names(Kind::Filter) {
            known.push(verdict_column(filter));
            if let Ok(rules) = settings.rules(filter) {
                known.extend(rules.iter().map(|rule| rule_column(filter, &rule.name)));
            }
        }
        let error = Error::user(format!("there is no column `{name}`"));
        Err(match did_you_mean(name, known.iter().map(String::as_str)) {
            Some(hint) => error.hint(hint),
            None => error.hint(
                "columns are those of the documents, of layers, and all signals: `corpusql functions` lists them",
            ),
        })
    }

    /// Plans `expr` over these columns: its type, or what is wrong with it.
    pub async fn check(
        &self,
        engine: &Engine,
        settings: &Settings,
        expr: &Expr,
    ) -> Result<DataType> {
        self.check_names(engine, settings, expr)?;
        let expr = settings.without_verdicts(expr)?;
        let context =
            SessionContext::new_with_config_rt(engine.config(), Arc::clone(engine.runtime()));
        let mut state = context.state();
        engine.functions().register(&mut state)?;
        let context = SessionContext::new_with_state(state);
        context.register_table("corpus", Arc::new(EmptyTable::new(self.schema(engine))))?;
        let planned = async {
            let query = context
                .sql(&format!("SELECT {expr} AS value FROM corpus"))
                .await?;
            query.into_optimized_plan()
        };
        let plan = planned.await.map_err(|e| explain(engine, &e))?;
        Ok(plan.schema().field(0).data_type().clone())
    }

    fn check_names(&self, engine: &Engine, settings: &Settings, expr: &Expr) -> Result<()> {
        let flow = visit_expressions(expr, |e| {
            let name = match e {
                Expr::Identifier(ident) => normalised(ident),
                Expr::CompoundIdentifier(path) => match &path[..] {
                    [table, column, ..] if normalised(table) == "corpus" => normalised(column),
                    [column, ..] => normalised(column),
                    [] => return ControlFlow::Continue(()),
                },
                _ => return ControlFlow::Continue(()),
            };
            match self.check_name(engine, settings, &name) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => ControlFlow::Break(Box::new(error)),
            }
        });
        match flow {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(error) => Err(*error),
        }
    }
}

/// What DataFusion says of an expression, in words of ours where a function is misspelt.
fn explain(engine: &Engine, error: &DataFusionError) -> Error {
    let said = error.strip_backtrace();
    let unknown = said
        .split_once("Invalid function '")
        .and_then(|(_, rest)| rest.split_once('\''));
    let Some((name, _)) = unknown else {
        let said = said.trim_start_matches("Error during planning: ");
        return Error::user(said.replace('\n', " "));
    };
    let error = Error::user(format!("there is no function `{name}`"));
    let functions = engine.functions().definitions().map(|f| f.name);
    match did_you_mean(name, functions) {
        Some(hint) => error.hint(hint),
        None => error.hint(
            "`corpusql functions` lists the signals' functions; those of DataFusion are there too",
        ),
    }
}
