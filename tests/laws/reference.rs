//! The generated page is up to date.

use std::collections::BTreeSet;
use std::fs;

use corpusql_udfs::reference;

use crate::support::{Result, functions, here};

#[test]
fn the_reference_is_what_the_functions_say() -> Result {
    let page = fs::read_to_string(here("udfs/REFERENCE.md")).unwrap_or_default();
    assert!(
        page == reference::markdown(&functions()?),
        "udfs/REFERENCE.md is out of date; write it anew with:\n    cargo run -- functions --reference --output udfs/REFERENCE.md"
    );
    Ok(())
}

/// What is recorded was measured of functions that there are.
#[test]
fn recorded_costs_are_those_of_signals() -> Result {
    let functions = functions()?;
    let costs = reference::costs();
    assert!(costs.len() > 100, "{} costs", costs.len());
    for (name, cost) in costs {
        let mut known = functions.definitions();
        assert!(
            known.any(|known| known.name == name),
            "there is no {name}: record the costs anew"
        );
        let possible = |ms: f64| ms.is_finite() && ms >= 0.0;
        assert!(
            possible(cost.alone) && possible(cost.added),
            "{name}: {cost:?}"
        );
    }
    Ok(())
}

/// The table of word lists names the languages whose files there are.
#[test]
fn the_reference_names_all_lists() -> Result {
    let page = reference::markdown(&functions()?);
    for (row, folder) in [("stop words", "stop_words"), ("bad words", "bad_words")] {
        let files = fs::read_dir(here("udfs/text/data").join(folder))?;
        let mut languages = BTreeSet::new();
        for file in files {
            let name = file?.file_name();
            languages.extend(
                name.to_string_lossy()
                    .strip_suffix(".txt")
                    // English as it was when C4 was made.
                    .filter(|language| *language != "en-25e679f")
                    .map(String::from),
            );
        }
        let languages: Vec<_> = languages.into_iter().collect();
        let start = format!("| {row} | {}", languages.join(", "));
        assert!(page.contains(&start), "no row starts with {start}");
    }
    Ok(())
}
