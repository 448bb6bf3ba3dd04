//! C4's rules give what the reference implementations gave.
//!
//! `tests/data/c4/golden.jsonl` travels with the project: documents, and what datatrove 0.10.1 left of them and
//! which rule on pages ended them. `CORPUSQL_C4` names a further file of that form.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use corpusql_text::{Analyzer, Lists, Measure, Row, all, all_texts};
use serde_json::Value;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn row<'a>(text: &'a str, language: &'a str) -> Row<'a> {
    Row {
        text,
        language: Some(language),
        domain: None,
        url: None,
    }
}

fn signal(name: &str, text: &str, language: &str) -> Result<Option<i64>> {
    let signal = all()
        .find(|s| s.name == name)
        .ok_or_else(|| format!("no signal {name}"))?;
    let mut analyzer = Analyzer::new();
    let document = analyzer.analyze(row(text, language), signal.needs, Lists::builtin());
    match signal.measure {
        Measure::Int(measure) => Ok(measure(&document)),
        _ => Err(format!("{name} is no number").into()),
    }
}

fn cleaned(name: &str, text: &str) -> Result<String> {
    let function = all_texts()
        .find(|f| f.name == name)
        .ok_or_else(|| format!("no function {name}"))?;
    let mut out = String::new();
    assert!((function.write)(
        &row(text, "en"),
        Lists::builtin(),
        &mut out
    ));
    Ok(out)
}

/// The records of the project's file of some name, and of the file that a variable of the environment names.
fn records(name: &str, more: &str) -> Result<Vec<Value>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/c4");
    let mut files = vec![data.join(name)];
    files.extend(std::env::var_os(more).map(PathBuf::from));
    let mut records = Vec::new();
    for file in files {
        for line in fs::read_to_string(&file)?.lines() {
            records.push(serde_json::from_str(line)?);
        }
    }
    assert!(!records.is_empty());
    Ok(records)
}

#[test]
fn pages_are_cleaned_and_ended_as_by_datatrove() -> Result<()> {
    for record in records("golden.jsonl", "CORPUSQL_C4")? {
        let text = record["text"].as_str().ok_or("a record without text")?;
        for prefix in [
            "datatrove_c4",
            "datatrove_c4_noterm",
            "datatrove_c4_sentences",
        ] {
            let expected = &record[prefix];
            let found = cleaned(&format!("{prefix}_text"), text)?;
            assert_eq!(expected["text"], *found, "{prefix}_text of {text:?}");
            let found = signal(&format!("{prefix}_num_sentences"), text, "en")?;
            assert_eq!(
                expected["sentences"],
                Value::from(found),
                "sentences of {text:?}"
            );
            if prefix != "datatrove_c4_sentences" {
                let found = signal(&format!("{prefix}_kept_lines"), text, "en")?;
                assert_eq!(
                    expected["kept_lines"],
                    Value::from(found),
                    "kept lines of {text:?}"
                );
            }
            for rule in ["lorem_ipsum", "curly_bracket"] {
                let found = signal(&format!("{prefix}_{rule}"), text, "en")?;
                let ended = expected["reason"] == rule;
                assert_eq!(found, Some(ended.into()), "{prefix}_{rule} of {text:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn bad_words_are_found_as_by_datatrove() -> Result<()> {
    for record in records("bad_words.jsonl", "CORPUSQL_C4_BAD_WORDS")? {
        let field = |name: &str| record[name].as_str().ok_or("a record without a field");
        let (text, language) = (field("text")?, field("language")?);
        let found = signal("c4_bad_words", text, language)?;
        assert_eq!(
            record["bad_words"],
            found.map_or(Value::Null, |n| (n > 0).into()),
            "{language}: {text:?}"
        );
    }
    Ok(())
}
