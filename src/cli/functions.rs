//! `corpusql functions`: what can be measured.

use std::sync::Arc;

use clap::Args;
use corpusql_udfs::{Definition, Functions as Registry, reference};
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray, UInt32Array};

use crate::error::{Error, Result, near_miss};
use crate::output::{self, Format, Output};
use crate::session::Engine;

/// List the SQL functions, or show one
#[derive(Args, Debug)]
pub struct Functions {
    /// Show this function: its definition, when it is NULL, its range, an example
    name: Option<String>,
    /// Print the page udfs/REFERENCE.md
    #[arg(long, conflicts_with = "name")]
    reference: bool,
    #[command(flatten)]
    output: Output,
}

impl Functions {
    /// Runs the command.
    pub async fn run(self, engine: &Engine) -> Result<()> {
        let functions = engine.functions();
        if self.reference {
            return output::write_text(&reference::markdown(functions), &self.output);
        }
        let table = self.output.format == Format::Table;
        match &self.name {
            Some(name) => {
                let definition = find(functions, name)?;
                if table {
                    output::write_text(&page(functions, definition), &self.output)
                } else {
                    write(functions, &[definition], &self.output)
                }
            }
            None if table => output::write_text(&list(functions), &self.output),
            None => {
                let all: Vec<_> = all(functions).collect();
                write(functions, &all, &self.output)
            }
        }
    }
}

/// Functions of a row, then aggregates.
fn all(functions: &Registry) -> impl Iterator<Item = &Definition> {
    functions.definitions().chain(functions.aggregates())
}

/// The function of that name, or behind the column of that name.
fn find<'a>(functions: &'a Registry, name: &str) -> Result<&'a Definition> {
    let column = functions.virtual_column(name).map(|column| column.function);
    functions.definition(column.unwrap_or(name)).ok_or_else(|| {
        let error = Error::user(format!("no function is named `{name}`"));
        match near_miss(name, all(functions).map(|d| d.name)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("`corpusql functions` lists them"),
        }
    })
}

/// The columns that a function is known by; empty where there is none.
fn columns(functions: &Registry, definition: &Definition) -> String {
    let columns: Vec<_> = functions
        .virtual_columns()
        .filter(|column| column.function == definition.name)
        .map(|column| column.name)
        .collect();
    columns.join(", ")
}

/// Longest summary in the list, in characters.
const SUMMARY: usize = 52;

/// For people: the families one after the other, a function a line.
fn list(functions: &Registry) -> String {
    let names = all(functions).map(|d| d.name.len()).max();
    let types = all(functions).map(|d| type_name(d).chars().count()).max();
    let (names, types) = (names.unwrap_or(0), types.unwrap_or(0));
    let mut text = String::new();
    let mut family = None;
    for definition in all(functions) {
        if family != Some(definition.family) {
            let gap = if family.is_some() { "\n" } else { "" };
            text.push_str(&format!("{gap}{}\n", definition.family.title));
            family = Some(definition.family);
        }
        text.push_str(&format!(
            "  {:names$}  {:types$}  {}\n",
            definition.name,
            type_name(definition),
            summary(definition.definition)
        ));
    }
    text
}

/// The type, without the fields of a struct: `STRUCT(…)[]`.
fn type_name(definition: &Definition) -> String {
    let name = definition.sql_type();
    match (name.find('('), name.rfind(')')) {
        (Some(open), Some(close)) => format!("{}…{}", &name[..=open], &name[close..]),
        _ => name.to_string(),
    }
}

/// The first sentence, or the beginning of it.
fn summary(definition: &str) -> String {
    let sentence = definition.split(". ").next().unwrap_or(definition);
    let sentence = sentence.trim_end_matches('.');
    match sentence.char_indices().nth(SUMMARY) {
        Some((end, _)) => {
            let short = &sentence[..end];
            let word = short.rfind(' ').unwrap_or(end);
            format!("{}…", &short[..word])
        }
        None => sentence.to_string(),
    }
}

/// For people: all that is known of a function.
fn page(functions: &Registry, definition: &Definition) -> String {
    let (call, answer) = definition.example;
    let mut text = format!(
        "{} → {}\n\n{}\n\n",
        definition.signature(),
        definition.sql_type(),
        definition.definition
    );
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            text.push_str(&format!("{name:10}{value}\n"));
        }
    };
    for argument in &definition.arguments {
        let (name, kind) = (argument.name, argument.accepts.name());
        line("argument", &format!("{name}: {kind}, {}", argument.meaning));
    }
    line("column", &columns(functions, definition));
    line("NULL", &definition.null_text());
    line("range", &definition.range_text());
    line("source", definition.source);
    line("version", &definition.version.to_string());
    line("example", &format!("{call} = {answer}"));
    text
}

/// For programs: a row for each function.
fn write(functions: &Registry, definitions: &[&Definition], output: &Output) -> Result<()> {
    type Cell = fn(&Registry, &Definition) -> String;
    let columns: [(&str, Cell); 12] = [
        ("name", |_, d| d.name.to_string()),
        ("family", |_, d| d.family.name.to_string()),
        ("signature", |_, d| d.signature()),
        ("type", |_, d| d.sql_type()),
        ("column", columns),
        ("definition", |_, d| d.definition.to_string()),
        ("null", |_, d| d.null_text()),
        ("range", |_, d| d.range_text()),
        ("source", |_, d| d.source.to_string()),
        ("example", |_, d| d.example.0.to_string()),
        ("answer", |_, d| d.example.1.to_string()),
        ("fingerprint", |f, d| {
            format!("{:032x}", f.fingerprint(d.name).unwrap_or_default())
        }),
    ];
    let columns = columns.map(|(name, cell)| {
        let cells = definitions.iter().map(|d| Some(cell(functions, d)));
        let cells = cells.map(|c| c.filter(|c| !c.is_empty()));
        let cells: StringArray = cells.collect();
        (name, Arc::new(cells) as ArrayRef)
    });
    let versions: UInt32Array = definitions.iter().map(|d| Some(d.version)).collect();
    let version = ("version", Arc::new(versions) as ArrayRef);
    let batch = RecordBatch::try_from_iter(columns.into_iter().chain([version]))?;
    output::write_batches(batch.schema(), &[batch], output)
}
