//! URLs, formatters and fastText's classifiers give what the programs give that they are named after.
//!
//! The cases and answers that travel with the project are in `tests/data/url`. The larger comparison, over the golden
//! documents of the filters, runs where those documents are.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use corpusql_text::fasttext::{Answer, Model, Scratch};
use corpusql_text::url::{Rules, Suffixes, host, surt};
use corpusql_text::{Analyzer, Lists, Measure, Needs, Row, UrlLists, format, url_filter};
use serde_json::Value;

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/data/url")
        .join(path)
}

fn records(path: &str) -> Result<Vec<Value>> {
    let lines = fs::read_to_string(data(path))?;
    Ok(lines
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?)
}

/// The reason that datatrove gives, from the signals.
fn reason(lists: &Lists, url: &str) -> Option<&'static str> {
    let mut analyzer = Analyzer::new();
    let row = Row {
        url: Some(url),
        ..Row::default()
    };
    let document = analyzer.analyze(row, Needs::NONE, lists);
    let reasons = [
        ("domain", 1),
        ("subdomain", 1),
        ("url", 1),
        ("hard_blacklisted", 1),
        ("soft_blacklisted", 2),
        ("blacklisted_subword", 1),
    ];
    let mut signals = url_filter::SIGNALS.iter().zip(reasons);
    signals.find_map(|(signal, (reason, least))| match signal.measure {
        Measure::Int(measure) => (measure(&document)? >= least).then_some(reason),
        _ => None,
    })
}

#[test]
fn urls() -> Result {
    let lists = UrlLists::from_folder(&data("lists"))?;
    let lists = Lists::builtin().clone().with_urls(lists);
    let records = records("urls.jsonl")?;
    assert_eq!(records.len(), 400);
    for record in records {
        let url = record["url"].as_str().ok_or("a URL")?;
        let host = host(url);
        let domain = |rules| {
            Suffixes::builtin()
                .registered_domain(&host, rules)
                .unwrap_or_default()
        };
        // An IDNA dot is a dot.
        let expected = record["host"]
            .as_str()
            .map(|host| host.replace(['。', '．', '｡'], "."));
        assert_eq!(Some(&*host), expected.as_deref(), "{url:?}");
        assert_eq!(record["domain"], domain(Rules::Registries), "{url:?}");
        assert_eq!(record["site"], domain(Rules::All), "{url:?}");
        assert_eq!(record["surt"].as_str(), surt(url).as_deref(), "{url:?}");
        assert_eq!(record["reason"].as_str(), reason(&lists, url), "{url:?}");
    }
    assert_eq!(reason(Lists::builtin(), "http://bad.co.uk/"), None);
    Ok(())
}

#[test]
fn formatted_texts() -> Result {
    for record in records("texts.jsonl")? {
        let text = record["text"].as_str().ok_or("a text")?;
        let row = Row {
            text,
            ..Row::default()
        };
        for (function, answer) in format::TEXTS.iter().zip(["pii", "symbol_lines"]) {
            let mut out = String::new();
            assert!((function.write)(&row, Lists::builtin(), &mut out));
            assert_eq!(record[answer], out, "{} {text:?}", function.name);
        }
    }
    Ok(())
}

#[test]
fn classifiers() -> Result {
    let mut scratch = Scratch::default();
    for record in records("models/answers.jsonl")? {
        let path = record["model"].as_str().ok_or("a model")?;
        let model = Model::read(&data("models").join(path))?;
        let line = record["line"].as_str().ok_or("a line")?;
        let expected = record["answers"].as_array().ok_or("answers")?;
        let found = model.predict(line, usize::MAX, &mut scratch).to_vec();
        assert_eq!(found.len(), expected.len(), "{path} {line:?}");
        for expected in expected {
            let named = |answer: &&Answer| expected[0] == model.label(answer.label);
            let found = found.iter().find(named).ok_or("an answer")?;
            let difference =
                f64::from(found.probability) - expected[1].as_f64().ok_or("a number")?;
            assert!(
                difference.abs() <= 1e-5,
                "{path} {line:?} {expected} {found:?}"
            );
        }
        let best = model.predict(line, 1, &mut scratch);
        // Of labels that are as probable either may be the first.
        let probability = |answers: &[Answer]| answers.first().map(|answer| answer.probability);
        assert_eq!(probability(best), probability(&found), "{path} {line:?}");
    }
    Ok(())
}

/// A file that is cut off, or has any byte changed, is refused or answers: it never panics.
#[test]
fn broken_models() -> Result {
    let mut scratch = Scratch::default();
    for entry in fs::read_dir(data("models"))? {
        let path = entry?.path();
        let bytes = fs::read(&path)?;
        if path.extension().is_some_and(|e| e == "jsonl") {
            assert!(Model::read(&path).is_err());
            continue;
        }
        let headers = 400.min(bytes.len());
        for end in (0..headers).chain((headers..bytes.len()).step_by(97)) {
            let error = Model::from_bytes(&bytes[..end]).err().ok_or("an error")?;
            assert!(error.to_string().contains("end of the file"), "{error}");
        }
        for at in (0..headers).chain((headers..bytes.len()).step_by(31)) {
            for byte in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut broken = bytes.clone();
                broken[at] = byte;
                if let Ok(model) = Model::from_bytes(&broken) {
                    model.predict("the hello größe unseen", 3, &mut scratch);
                }
            }
        }
    }
    Ok(())
}
