//! `queries/README.md`, made from the headers of the files.

use std::fmt::Write;

use super::library::{Kind, Library};
use crate::error::{Error, Result};

/// The page for the built-in queries.
pub fn render() -> Result<String> {
    let library = Library::built_in();
    let mut page = String::from(
        "# Queries\n\n\
         Made by `corpusql queries --readme` from the headers of the files; `corpusql queries NAME` prints a file. Copy one, \
         change it, and name it by its path, or put it into a folder of the same shape and say `--queries DIR`.\n",
    );
    for kind in Kind::ALL {
        section(&library, kind, &mut page)
            .map_err(|e| Error::internal("cannot write the page").caused_by(e))?;
    }
    Ok(page)
}

fn section(library: &Library, kind: Kind, page: &mut String) -> Result<()> {
    let write = |page: &mut String, text: std::fmt::Arguments<'_>| {
        page.write_fmt(text)
            .map_err(|e| Error::internal("cannot write the page").caused_by(e))
    };
    let (title, intro, head) = match kind {
        Kind::Layer => (
            "Layers",
            "Columns that `corpusql annotate CORPUS NAME` stores.",
            "| layer | columns | what | source |\n|---|---|---|---|",
        ),
        Kind::Filter => (
            "Filters",
            "Rules for `filter`, `mix` and `export`; in any query `keep_NAME` is the verdict and `keep_NAME__RULE` one rule. \
             A parameter is changed with `--set NAME.param=value`.",
            "| filter | rules | keeps | source | parameters |\n|---|---|---|---|---|",
        ),
        Kind::Mixture => (
            "Mixtures",
            "How much of each source.",
            "| mixture | what |\n|---|---|",
        ),
        Kind::Report => (
            "Reports",
            "Figures to read: `corpusql sql CORPUS -f queries/reports/NAME.sql`.",
            "| report | what |\n|---|---|",
        ),
        Kind::Recipe => (
            "Recipes",
            "Whole runs: `corpusql run queries/recipes/NAME.yaml`.",
            "| recipe | what |\n|---|---|",
        ),
    };
    write(page, format_args!("\n## {title}\n\n{intro}\n\n{head}\n"))?;
    for file in library.files().filter(|f| f.kind == kind) {
        let summary = file.summary()?;
        let link = format!(
            "[`{0}`]({1}/{0}.{2})",
            file.name,
            kind.folder(),
            kind.extension()
        );
        let cells = match kind {
            Kind::Layer => {
                let columns = library.layer(&file.name)?.columns().len();
                vec![columns.to_string(), summary.what, summary.source]
            }
            Kind::Filter => {
                let filter = library.filter(&file.name)?;
                let rules = filter.rule_names().count();
                let params: Vec<String> = filter
                    .header()
                    .params
                    .iter()
                    .map(|(name, value)| format!("`{name}` {value}"))
                    .collect();
                vec![
                    rules.to_string(),
                    summary.what,
                    summary.source,
                    params.join(", "),
                ]
            }
            Kind::Mixture | Kind::Report | Kind::Recipe => vec![summary.what],
        };
        write(page, format_args!("| {link} | {} |\n", cells.join(" | ")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/queries/README.md");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == super::render().unwrap(),
            "queries/README.md is not what the files say; write it with `cargo run -- queries --readme > queries/README.md`"
        );
    }
}
