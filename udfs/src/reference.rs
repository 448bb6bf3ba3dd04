//! The reference of all functions as one Markdown page: `udfs/REFERENCE.md`.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::definition::{Definition, Family};
use crate::functions::Functions;

const INTRODUCTION: &str = "\
# Functions

All functions and the columns that they are known by, made from what the functions say of themselves
(`corpusql functions --reference`). In a query over a corpus a signal is a column: `rps_doc_word_count` stands for
`rps_doc_word_count(text)`, whether it is stored or not. In any DataFusion program the functions are called.

## Words used

* *Spaces* and *word characters* (letters, numerals, `_`; no combining marks) are those of Python 3.11, Unicode 14.
* *Raw words* are the longest runs of word characters, and the longest runs of other characters that are no spaces:
  `don't` has three, `...` is one.
* *Raw lines* end behind `\\n`, which belongs to the line.
* The *normalised text* has no ASCII punctuation (deleted, not replaced), is in lower case, has single spaces and is
  canonically decomposed (NFD). *Normalised words* are its words.
* *Characters* are code points.

## Word lists

| list | languages | read by |
|---|---|---|
| stop words | bg, de, en, es, fi, fr, it | `rps_doc_stop_word_fraction` |
| bad words | ar, cs, da, de, en, eo, es, fa, fi, fil, fr, fr-CA-u-sd-caqc, hi, hu, it, ja, kab, ko, nl, no, pl, pt, ru, sv, th, tlh, tr, zh | `c4_bad_words`; of these de, en, es, fr, it, and an empty list for bg and fi, by `rps_doc_ldnoobw_words` |
| UT1 domains | any; loaded by the user (`--ut1`) | `rps_doc_ut1_blacklist` |
| public suffixes | any; the user may load a newer list (`--public-suffixes`) | `url_domain`, `url_site`, `datatrove_url_domain_listed`, `datatrove_url_host_listed` |
| domains, URLs and words of datatrove's URL filter | any; loaded by the user (`--url-lists`) | `datatrove_url_…` |

Origin and licences: [text/data](text/data/README.md). A language without a list gives NULL.
";

/// What the bench `signals` of `corpusql-text` measured and wrote down.
const COSTS: &str = include_str!("../costs.csv");

/// What a signal costs, in milliseconds for each megabyte of text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// When it is all that is measured.
    pub alone: f64,
    /// What one pass of all signals takes longer with it than without.
    pub added: f64,
}

/// The recorded costs, by signal. A row that is not `name,alone,added` is left out.
pub fn costs() -> BTreeMap<&'static str, Cost> {
    let rows = COSTS.lines().filter(|line| !line.starts_with('#'));
    let cost = |row: &'static str| {
        let mut cells = row.split(',');
        let name = cells.next()?;
        let mut number = || cells.next()?.parse().ok();
        let (alone, added) = (number()?, number()?);
        Some((name, Cost { alone, added }))
    };
    rows.filter_map(cost).collect()
}

/// What the record says of itself: the machine, the text, the commit.
fn circumstances() -> String {
    let lines = COSTS.lines().filter_map(|line| line.strip_prefix("# "));
    lines.collect::<Vec<_>>().join("\n")
}

/// The page.
pub fn markdown(functions: &Functions) -> String {
    let mut page = INTRODUCTION.to_string();
    let _ = write!(
        page,
        "\n## Costs\n\nThe *cost* of a signal is processor time of one thread in milliseconds for each megabyte of text: \
         when it is asked for alone, and\nwhat one pass of all signals takes longer with it than without. The second figure \
         is the difference\nof two passes: small where others need the same view of the text, and off by a few where the machine \
         was loaded.\nRecorded in [costs.csv](costs.csv):\n\n{}\n",
        circumstances()
    );
    let costs = costs();
    let mut family: Option<&Family> = None;
    for definition in functions.definitions().chain(functions.aggregates()) {
        if family != Some(definition.family) {
            family = Some(definition.family);
            let Family { title, about, .. } = definition.family;
            page.push_str(&format!("\n## {title}\n\n{about}.\n"));
        }
        entry(&mut page, functions, definition, costs.get(definition.name));
    }
    page
}

fn entry(page: &mut String, functions: &Functions, definition: &Definition, cost: Option<&Cost>) {
    let is_signal = corpusql_text::all().any(|signal| signal.name == definition.name);
    let cost = match cost {
        Some(Cost { alone, added }) => {
            format!("\n* cost: {alone:.2} ms/MB alone, {added:.2} more in a pass of all")
        }
        None if is_signal => "\n* cost: not measured".into(),
        None => String::new(),
    };
    let columns: Vec<_> = functions
        .virtual_columns()
        .filter(|column| column.function == definition.name && column.name != definition.name)
        .map(|column| format!("`{}`", column.name))
        .collect();
    let column = match columns.as_slice() {
        [] => String::new(),
        [one] => format!(" By name: the column {one}."),
        several => format!(" By name: the columns {}.", several.join(", ")),
    };
    let (call, answer) = definition.example;
    // Writing to a string cannot fail.
    let _ = write!(
        page,
        "\n### {name}\n\n`{signature}` → `{returns}`, version {version}\n\n{text}{column}\n\n\
         * NULL: {null}\n* range: {range}{cost}\n* source: {source}\n* example: `{call}` = `{answer}`\n",
        name = definition.name,
        signature = definition.signature(),
        returns = definition.sql_type(),
        version = definition.version,
        text = definition.definition,
        null = definition.null_text(),
        range = definition.range_text(),
        source = definition.source,
    );
}
