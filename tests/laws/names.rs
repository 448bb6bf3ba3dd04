//! Names, documentation, and that no file is forgotten.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::support::{Result, functions, here};

#[test]
fn names_are_unique_and_plain() -> Result {
    let functions = functions()?;
    let mut seen = BTreeSet::new();
    let columns = functions.virtual_columns().map(|c| c.name);
    for name in functions.definitions().map(|d| d.name).chain(columns) {
        let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        assert!(plain, "{name} is not in snake case");
        assert!(
            !name.starts_with("keep_"),
            "{name}: names with keep_ are those of verdicts"
        );
    }
    for name in functions.definitions().map(|d| d.name) {
        assert!(seen.insert(name), "two functions are named {name}");
    }
    let mut seen = BTreeSet::new();
    for column in functions.virtual_columns() {
        assert!(
            seen.insert(column.name),
            "two columns are named {}",
            column.name
        );
    }
    Ok(())
}

#[test]
fn every_function_is_documented() -> Result {
    let functions = functions()?;
    for (definition, udf) in functions.definitions().zip(functions.udfs()) {
        let name = definition.name;
        assert_eq!(udf.name(), name);
        let page = udf
            .documentation()
            .ok_or_else(|| format!("{name} has no documentation"))?;
        assert!(page.description.starts_with(definition.definition));
        assert!(page.sql_example.is_some(), "{name} has no example");
        let arguments = page.arguments.as_ref().map_or(0, Vec::len);
        assert_eq!(arguments, definition.arguments.len(), "{name}: arguments");
        for text in [
            definition.definition,
            definition.undefined,
            definition.source,
        ] {
            assert!(!text.trim().is_empty(), "{name} says nothing");
        }
        assert!(definition.version > 0, "{name}: versions start at 1");
    }
    Ok(())
}

#[test]
fn every_file_of_a_family_is_registered() -> Result {
    let functions = functions()?;
    let families: BTreeSet<_> = functions.definitions().map(|d| d.family.name).collect();
    for family in families {
        let folder = [
            here("udfs/src").join(family),
            here("udfs/text/src").join(family),
        ]
        .into_iter()
        .find(|folder| folder.is_dir())
        .ok_or_else(|| format!("no folder is named after the family {family}"))?;
        let list = fs::read_to_string(folder.join("mod.rs"))?;
        for entry in fs::read_dir(&folder)? {
            let path: PathBuf = entry?.path();
            let stem = path
                .file_stem()
                .and_then(|s| s.to_str())
                .unwrap_or_default();
            if stem == "mod" || path.is_dir() {
                continue;
            }
            let source = fs::read_to_string(&path)?;
            let items = items(&source);
            // What its functions share: a file that no list names is not even compiled.
            assert!(
                !items.is_empty() || list.contains(&format!("mod {stem};")),
                "{}: nothing uses it",
                path.display()
            );
            for item in items {
                let line = format!("{stem}::{item}");
                let registered = list.match_indices(&line).any(|(at, _)| {
                    !list[at + line.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
                });
                assert!(
                    registered,
                    "{}: nothing registers it; add `mod {stem};` and `{line}` to {}",
                    path.display(),
                    folder.join("mod.rs").display()
                );
            }
        }
    }
    Ok(())
}

/// What a file of a family offers its list: signals, texts, pieces, or a function.
fn items(source: &str) -> Vec<&str> {
    let mut items: Vec<_> = source
        .lines()
        .filter_map(|line| {
            let (_, rest) = line.strip_prefix("pub")?.split_once(" static ")?;
            let (name, kind) = rest.split_once(':')?;
            let kind = kind.trim().split([' ', '=']).next()?;
            ["Signal", "TextFunction", "PiecesFunction"]
                .contains(&kind)
                .then_some(name)
        })
        .collect();
    if source.contains("fn function()") {
        items.push("function");
    }
    items
}
