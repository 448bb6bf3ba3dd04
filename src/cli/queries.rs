//! `corpusql queries`: the library of queries.

use std::sync::Arc;

use clap::Args;
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema};

use crate::error::{Error, Result, near_miss};
use crate::output::{self, Format, Output};
use crate::query::{Kind, Library, QueryFile, readme};
use crate::session::Engine;

/// List layers, filters, reports and recipes, or print one
#[derive(Args, Debug)]
pub struct Queries {
    /// Print this query; kind/name where two kinds share a name
    name: Option<String>,
    /// Print the page queries/README.md
    #[arg(long, conflicts_with = "name")]
    readme: bool,
    #[command(flatten)]
    output: Output,
}

impl Queries {
    /// Runs the command.
    pub async fn run(self, engine: &Engine) -> Result<()> {
        if self.readme {
            return output::write_text(&readme::render()?, &self.output);
        }
        let library = Library::load(engine.options())?;
        match &self.name {
            Some(name) => output::write_text(&find(&library, name)?.text, &self.output),
            None => list(&library, &self.output),
        }
    }
}

/// The one query of this name, whatever its kind.
fn find<'a>(library: &'a Library, name: &str) -> Result<&'a QueryFile> {
    let (folder, bare) = match name.split_once('/') {
        Some((folder, bare)) => (Some(folder), bare),
        None => (None, name),
    };
    let of_kind =
        |f: &&QueryFile| folder.is_none_or(|k| k == f.kind.folder() || k == f.kind.to_string());
    let found: Vec<&QueryFile> = library
        .files()
        .filter(of_kind)
        .filter(|f| f.name == bare)
        .collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let error = Error::user(format!("no query is named `{name}`"));
            let names = library.files().filter(of_kind).map(|f| f.name.as_str());
            Err(match near_miss(bare, names) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("`corpusql queries` lists them"),
            })
        }
        several => {
            let names: Vec<String> = several
                .iter()
                .map(|f| format!("{}/{}", f.kind, f.name))
                .collect();
            Err(Error::user(format!("several queries are named `{name}`"))
                .hint(format!("say {}", names.join(" or "))))
        }
    }
}

fn list(library: &Library, output: &Output) -> Result<()> {
    if output.format == Format::Table {
        return output::write_text(&table(library)?, output);
    }
    let mut columns: [Vec<String>; 5] = Default::default();
    for file in library.files() {
        let summary = file.summary()?;
        let cells = [
            file.kind.to_string(),
            file.name.clone(),
            summary.what,
            summary.source,
            file.origin.clone(),
        ];
        for (column, cell) in columns.iter_mut().zip(cells) {
            column.push(cell);
        }
    }
    let fields: Vec<Field> = ["kind", "name", "what", "source", "file"]
        .iter()
        .map(|n| Field::new(*n, DataType::Utf8, false))
        .collect();
    let arrays = columns.map(|c| Arc::new(StringArray::from(c)) as ArrayRef);
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays.to_vec())?;
    output::write_batches(schema, &[batch], output)
}

/// For people: the kinds one after the other, with the whole of what each query says of itself.
fn table(library: &Library) -> Result<String> {
    let width = library.files().map(|f| f.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for kind in Kind::ALL {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(kind.folder());
        text.push('\n');
        for file in library.files().filter(|f| f.kind == kind) {
            let what = file.summary()?.what;
            text.push_str(&format!("  {:width$}  {what}\n", file.name));
        }
    }
    Ok(text)
}
