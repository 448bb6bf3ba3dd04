//! `corpusql run`: a recipe.

use clap::Args;

use crate::error::Result;
use crate::output::{self, Output};
use crate::recipe::{self, Source};
use crate::session::{Engine, Options};

/// What a recipe can say.
const KEYS: &str = "\
A recipe is YAML with the keys what, corpus, relative_to, options and steps.
  options   threads, memory_limit, ut1, url_lists, public_suffixes, lid, queries; the command line wins
  steps     a list of these, each of which may also name a corpus of its own:
    ingest    inputs, map, language, source, detect_language, part_size, in_place, strict, again
    annotate  layers; or sql and layer; prefix
    dedup     presets, minhash, verify; corpora instead of corpus
    filter    filters, where, set, distinct, keep, by, output, format
    mix       by, filters, where, set, distinct, keep, pivot, value, output, format
    export    filters, where, set, distinct, keep, to, format, columns, shard_size, overwrite
`corpusql queries quickstart` prints one.";

/// Run a recipe: ingest, annotate, dedup, filter, mix, export
///
/// A recipe is checked whole before the first document is read. What an earlier run has finished is
/// not done again. Relative paths in it start at the current folder unless it says `relative_to: recipe`.
#[derive(Args, Debug)]
#[command(after_long_help = KEYS)]
pub struct Run {
    /// A recipe's file, or the name of one that is built in
    recipe: String,
    /// Say what would be done and what is done already, and do nothing
    #[arg(long)]
    plan: bool,
}

impl Run {
    /// Runs the command.
    pub async fn run(self, engine: &Engine) -> Result<()> {
        let source = Source::open(&self.recipe, engine.options())?;
        if self.plan {
            let plan = recipe::plan(engine, &source).await?;
            return output::write_text(&plan, &Output::default());
        }
        recipe::run(engine, &source).await
    }

    /// Options with what the recipe says of them.
    pub fn options(&self, mut options: Options) -> Result<Options> {
        Source::open(&self.recipe, &options)?.set_options(&mut options);
        Ok(options)
    }
}
