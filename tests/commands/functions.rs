//! `corpusql functions`.

use std::fs;

use serde_json::Value;

use crate::support::{Folder, repository};

#[test]
fn all_functions_are_listed_by_family() {
    let list = Folder::new().ok(&["functions"]);
    assert!(
        list.starts_with("RedPajama-V2\n  rps_doc_curly_bracket "),
        "{list}"
    );
    for family in ["\n\nCounts\n", "\n\nTexts\n", "\n\nURLs\n", "\n\nRules\n"] {
        assert!(list.contains(family), "{list}");
    }
    assert!(
        list.lines().all(|line| line.chars().count() < 140),
        "{list}"
    );
}

#[test]
fn programs_get_a_row_for_each_function() {
    let folder = Folder::new();
    let rows: Value = serde_json::from_str(&folder.ok(&["functions", "--format", "json"])).unwrap();
    let rows = rows.as_array().unwrap();
    let named = |name: &str| rows.iter().find(|row| row["name"] == name).unwrap();
    let row = named("rps_doc_stop_word_fraction");
    assert_eq!(
        row["signature"],
        "rps_doc_stop_word_fraction(text, language)"
    );
    assert_eq!(row["type"], "DOUBLE");
    assert_eq!(row["version"], 1);
    assert_eq!(named("url_netloc")["column"], "domain");
    assert_eq!(named("bit_pattern")["column"], Value::Null);
}

#[test]
fn one_function_is_explained() {
    let folder = Folder::new();
    let page = folder.ok(&["functions", "text_bytes"]);
    assert_eq!(
        page,
        "text_bytes(text) → BIGINT\n\n\
         Bytes of the text in UTF-8.\n\n\
         argument  text: a string, the text of the document\n\
         column    text_bytes\n\
         NULL      when an argument is\n\
         range     0 and more\n\
         source    CorpuSQL\n\
         version   1\n\
         example   text_bytes('naïve') = 6\n"
    );
    let by_column = folder.ok(&["functions", "domain"]);
    assert!(
        by_column.starts_with("url_netloc(url) → VARCHAR\n"),
        "{by_column}"
    );
}

#[test]
fn a_misspelt_name_gets_the_near_one() {
    let folder = Folder::new();
    folder
        .run(&["functions", "rps_doc_wordcount"])
        .fails_with(&[
            "no function is named `rps_doc_wordcount`",
            "did you mean `rps_doc_word_count`?",
        ]);
    folder
        .run(&["functions", "nonsense"])
        .fails_with(&["hint: `corpusql functions` lists them"]);
}

#[test]
fn the_reference_is_written_by_the_program() {
    let folder = Folder::new();
    folder.ok(&["functions", "--reference", "--output", "page.md"]);
    let written = fs::read_to_string(folder.path("page.md")).unwrap();
    let carried = fs::read_to_string(repository("udfs/REFERENCE.md")).unwrap();
    assert!(
        written == carried,
        "write it anew with:\n    cargo run -- functions --reference --output udfs/REFERENCE.md"
    );
}
