//! Parts of a query are planned by themselves first, so that what is wrong is said of the words that the
//! user wrote, not of the query that is made from them.

use std::sync::Arc;

use datafusion::arrow::datatypes::DataType;

use super::condition::Condition;
use super::planner::Planner;
use super::select::quoted;
use super::settings::Settings;
use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::session::Engine;

/// Plans parts of queries over some corpora.
#[derive(Debug)]
pub struct Check<'a> {
    engine: &'a Engine,
    corpora: &'a [Arc<Corpus>],
    settings: &'a Settings,
}

impl<'a> Check<'a> {
    /// For queries over `corpora`.
    pub fn new(engine: &'a Engine, corpora: &'a [Arc<Corpus>], settings: &'a Settings) -> Self {
        Self {
            engine,
            corpora,
            settings,
        }
    }

    /// The condition is Boolean and names what there is.
    pub async fn condition(&self, condition: &Condition) -> Result<()> {
        let Condition { expr, text, option } = condition;
        let types = self.types(option, text, &[expr.to_string()]).await?;
        match types.first() {
            Some(other) if !is_boolean(other) => Err(Error::user(format!(
                "{option} {text} is {other}, expected Boolean"
            ))
            .hint("compare with something, as in language = 'en'")),
            _ => Ok(()),
        }
    }

    /// The columns that were listed with `option` are there.
    pub async fn columns(&self, option: &str, columns: &[String]) -> Result<()> {
        if columns.is_empty() {
            return Ok(());
        }
        let list: Vec<String> = columns.iter().map(|c| quoted(c)).collect();
        self.types(option, &list.join(","), &list).await.map(drop)
    }

    /// The rules of a filter are Boolean and name what there is.
    pub async fn filter(&self, name: &str) -> Result<()> {
        let file = self.settings.filter(name)?;
        let rules = self.settings.rules(name)?;
        let list: Vec<String> = rules.iter().map(|r| r.expr.to_string()).collect();
        let types = match self.types(file.origin(), file.text(), &list).await {
            Ok(types) => types,
            Err(all) => {
                // The first rule that fails by itself is the one to speak of.
                for (rule, expr) in rules.iter().zip(list) {
                    if let Err(error) = self.types(file.origin(), file.text(), &[expr]).await {
                        return Err(error.context(format!(
                            "rule {} of filter {name} cannot be judged",
                            rule.name
                        )));
                    }
                }
                return Err(all);
            }
        };
        for (rule, found) in rules.iter().zip(types) {
            if !is_boolean(&found) {
                return Err(Error::user(format!(
                    "{}, line {}: rule {} is {found}, expected Boolean",
                    file.origin(),
                    rule.line,
                    rule.name
                ))
                .hint("a rule is true when the document passes; compare with a threshold"));
            }
        }
        Ok(())
    }

    /// The types of `list` over the table.
    async fn types(&self, origin: &str, text: &str, list: &[String]) -> Result<Vec<DataType>> {
        let items: Vec<String> = list
            .iter()
            .enumerate()
            .map(|(place, item)| format!("{item} AS item_{place}"))
            .collect();
        let planner = Planner::new(self.engine, self.corpora)?
            .with_settings(self.settings.clone())
            .with_source(origin, text);
        let planned = planner
            .plan(&format!("SELECT {} FROM corpus", items.join(", ")))
            .await?;
        let schema = planned.schema();
        Ok(schema
            .fields()
            .iter()
            .map(|f| f.data_type().clone())
            .collect())
    }
}

/// NULL is a condition that never holds.
pub fn is_boolean(found: &DataType) -> bool {
    matches!(found, DataType::Boolean | DataType::Null)
}
