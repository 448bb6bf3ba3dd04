//! Words and sentences equal what the packages gave that define them.
//!
//! `tests/data/datatrove` travels with the project. `CORPUSQL_TOKENS` names a further file of that form.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use corpusql_text::words::simplify::simplify;
use corpusql_text::words::spacy_en::SpacyEn;
use serde_json::{Map, Value};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn pieces<'t>(split: impl FnOnce(&mut dyn FnMut(&'t str))) -> Value {
    let mut pieces = Vec::new();
    split(&mut |piece| pieces.push(piece));
    pieces.into()
}

#[test]
fn published_tokens() -> Result<()> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/datatrove");
    let mut files = vec![data.join("tokens.jsonl"), data.join("hostile.jsonl")];
    files.extend(std::env::var_os("CORPUSQL_TOKENS").map(PathBuf::from));
    let mut spacy = SpacyEn::new();
    for file in files {
        let mut wrong = Vec::new();
        let mut compared = 0;
        for line in fs::read_to_string(&file)?.lines() {
            let record: Map<String, Value> = serde_json::from_str(line)?;
            let field = |name: &str| record[name].as_str().ok_or("a record without text");
            let (text, simplified) = (field("text")?, field("simplified")?);
            let mut simple = String::new();
            simplify(text, &mut simple);
            for (name, found) in [
                ("simplified", simple.into()),
                ("words", pieces(|emit| spacy.words(text, emit))),
                ("sentences", pieces(|emit| spacy.sentences(text, emit))),
                (
                    "simplified_words",
                    pieces(|emit| spacy.words(simplified, emit)),
                ),
            ] {
                compared += 1;
                if record[name] != found {
                    wrong.push(format!(
                        "{} {name}: {}",
                        record["id"],
                        difference(&record[name], &found)
                    ));
                }
            }
        }
        assert!(compared > 0, "{} holds nothing", file.display());
        assert!(
            wrong.is_empty(),
            "{} of {compared} differ in {}:\n{}",
            wrong.len(),
            file.display(),
            wrong.join("\n")
        );
    }
    Ok(())
}

/// The first pieces that differ.
fn difference(expected: &Value, found: &Value) -> String {
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (expected, found) = (items(expected), items(found));
    let same = expected
        .iter()
        .zip(&found)
        .take_while(|(a, b)| a == b)
        .count();
    let near = |items: &[Value]| {
        let part = &items[same.min(items.len())..items.len().min(same + 4)];
        part.iter()
            .map(Value::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    format!(
        "piece {same}: expected {}, found {}",
        near(&expected),
        near(&found)
    )
}
