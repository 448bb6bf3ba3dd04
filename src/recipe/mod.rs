//! Recipes: YAML → steps. The whole run, repeatable.
//!
//! ```text
//! text ─▶ tree with lines and columns ─▶ steps ─▶ checked against paths, names, columns ─▶ requests ─▶ run
//! ```
//!
//! A recipe is checked whole before the first document is read, and all that is wrong with it is said at
//! once, each with its line and column. Every step knows what it has finished before, so a recipe
//! that is run again repeats nothing: an input is ingested once, a layer's part is computed once, an
//! export is written once. Reports are printed every time.

mod check;
mod columns;
mod fields;
mod run;
mod steps;
mod tree;

use std::path::PathBuf;

use crate::error::{Error, Result};
use crate::query::{Kind, Library};
use crate::session::{Engine, Options};
use check::Task;
use fields::Problems;
use steps::Recipe;
use tree::Malformed;

/// A recipe's text and where it stands.
#[derive(Debug)]
pub struct Source {
    origin: PathBuf,
    text: String,
}

impl Source {
    /// Opens a recipe by its path, or by its name in the library of queries.
    pub fn open(name: &str, options: &Options) -> Result<Self> {
        let library = Library::load(options)?;
        let file = library.open(Kind::Recipe, name)?;
        Ok(Self {
            origin: PathBuf::from(&file.origin),
            text: file.text.to_string(),
        })
    }

    /// Sets what the recipe says of the run's options. What is wrong with them is said by [`run`].
    pub fn set_options(&self, options: &mut Options) {
        let Ok(recipe) = self.read(&mut Problems::default()) else {
            return;
        };
        let base = self.base(&recipe);
        let given = &recipe.options;
        if let Some(threads) = given.threads {
            options.threads = threads;
        }
        if let Some(bytes) = given.memory_limit {
            options.memory_limit = usize::try_from(bytes).ok();
        }
        for (path, option) in [
            (&given.ut1, &mut options.ut1),
            (&given.url_lists, &mut options.url_lists),
            (&given.public_suffixes, &mut options.public_suffixes),
            (&given.lid, &mut options.lid),
            (&given.queries, &mut options.queries),
        ] {
            if let Some(path) = path {
                *option = Some(base.join(&path.value));
            }
        }
    }

    /// The steps, as they are written.
    fn read(&self, problems: &mut Problems) -> std::result::Result<Recipe, Malformed> {
        Ok(steps::read(&tree::parse(&self.text)?, problems))
    }

    /// Where relative paths start: the current folder, unless the recipe says that it is its own.
    fn base(&self, recipe: &Recipe) -> PathBuf {
        match self.origin.parent() {
            Some(folder) if recipe.beside_recipe => folder.to_path_buf(),
            _ => PathBuf::new(),
        }
    }

    /// The steps, checked whole.
    async fn check(&self, engine: &Engine) -> Result<Vec<Task>> {
        let mut problems = Problems::default();
        let recipe = self.read(&mut problems).map_err(|malformed| {
            let place = malformed
                .place
                .map_or_else(String::new, |p| format!(":{p}"));
            let shown = self.origin.display();
            Error::user(format!("{shown}{place}: {}", malformed.message))
                .hint("a recipe is YAML; `corpusql queries quickstart` prints one")
        })?;
        let base = self.base(&recipe);
        let tasks = check::check(engine, &recipe, &base, &mut problems).await?;
        match problems.into_error(&self.origin) {
            Some(error) => Err(error),
            None => Ok(tasks),
        }
    }
}

/// Runs a recipe's steps in order, after all of it has been checked.
pub async fn run(engine: &Engine, source: &Source) -> Result<()> {
    run::run(engine, &source.origin, source.check(engine).await?).await
}

/// Says, in one line a step, what would be done and what is done already. Touches nothing.
pub async fn plan(engine: &Engine, source: &Source) -> Result<String> {
    run::plan(engine, source.check(engine).await?).await
}
