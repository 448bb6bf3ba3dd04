//! Arguments that commands over filtered documents share.

use clap::Args;

use crate::error::{Error, Result};
use crate::progress::say;
use crate::query::{Condition, Distinct, Settings, condition};
use crate::session::Engine;

/// What `filter`, `mix` and others are told of documents and filters.
#[derive(Args, Clone, Debug, Default)]
pub struct Selection {
    /// Only documents that meet this condition
    #[arg(long = "where", value_name = "SQL")]
    condition: Option<String>,
    /// Change a parameter of a filter; may be repeated
    #[arg(long, value_name = "NAME.param=value")]
    set: Vec<String>,
    /// Of the documents that pass, choose one of each cluster of this preset of `dedup`, last; of several presets in turn
    #[arg(long, value_name = "PRESET", value_delimiter = ',')]
    distinct: Vec<String>,
    /// Which document of a cluster stays: the first in this order [default: ORDER BY PRESET_rank]
    #[arg(long, value_name = "ORDER BY …")]
    keep: Option<String>,
}

impl Selection {
    /// Filters by name or path, with the parameters that were set.
    pub fn settings(&self, engine: &Engine, filters: &[String]) -> Result<(Settings, Vec<String>)> {
        let mut settings = Settings::load(engine.options())?;
        let names = settings.name_filters(filters)?;
        for assignment in &self.set {
            settings.set(assignment)?;
        }
        Ok((settings, names))
    }

    /// Whether the condition or the order of survivors names something.
    pub fn mentions(&self, name: &str) -> bool {
        let mut texts = [&self.condition, &self.keep].into_iter().flatten();
        texts.any(|text| text.contains(name))
    }

    /// Of which clusters one document stays.
    pub fn distinct(&self) -> Result<Option<Distinct>> {
        Distinct::parse(&self.distinct, self.keep.as_deref(), "--")
    }

    /// The condition.
    pub fn condition(&self) -> Result<Option<Condition>> {
        self.condition
            .as_deref()
            .map(|text| condition::parse("--where", text))
            .transpose()
    }
}

/// Words on stderr, unless nobody wants them.
pub fn warn(engine: &Engine, warnings: &[String]) {
    if !engine.options().quiet {
        for warning in warnings {
            say(format_args!("warning: {warning}"));
        }
    }
}

/// Columns to group by: named once each.
pub fn distinct(columns: Vec<String>) -> Result<Vec<String>> {
    for (place, column) in columns.iter().enumerate() {
        if column.trim().is_empty() {
            return Err(Error::user("--by has an empty name").hint("as in --by source,language"));
        }
        if columns[..place].contains(column) {
            return Err(Error::user(format!("--by names `{column}` twice")));
        }
    }
    Ok(columns)
}
