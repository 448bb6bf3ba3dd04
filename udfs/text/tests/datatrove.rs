//! The quantities equal what datatrove's own helper functions gave.
//!
//! `tests/data/datatrove/quantities.jsonl` travels with the project. `CORPUSQL_QUANTITIES` names a further file of
//! that form.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use corpusql_text::{Analyzer, Document, Lists, Measure, Needs, Row, Signal, datatrove};
use serde_json::{Map, Value};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The signals by the names of the quantities.
const QUANTITIES: [(&str, &str); 27] = [
    ("n_words", "word_count"),
    ("n_non_symbol_words", "non_symbol_word_count"),
    ("mean_word_len", "mean_word_length"),
    ("hash_ratio", "hash_ratio"),
    ("ellipsis_ratio", "ellipsis_ratio"),
    ("bullet_line_ratio", "bullet_line_ratio"),
    ("ellipsis_line_ratio", "ellipsis_line_ratio"),
    ("alpha_word_ratio", "alpha_word_ratio"),
    ("n_stop_words", "stop_word_count"),
    ("dup_para_frac", "dup_para_frac"),
    ("dup_para_char_frac", "dup_para_char_frac"),
    ("dup_line_frac", "dup_line_frac"),
    ("dup_line_char_frac", "dup_line_char_frac"),
    ("top_2_gram", "top_2_gram"),
    ("top_3_gram", "top_3_gram"),
    ("top_4_gram", "top_4_gram"),
    ("dup_5_gram", "dup_5_gram"),
    ("dup_6_gram", "dup_6_gram"),
    ("dup_7_gram", "dup_7_gram"),
    ("dup_8_gram", "dup_8_gram"),
    ("dup_9_gram", "dup_9_gram"),
    ("dup_10_gram", "dup_10_gram"),
    ("fw_line_punct_ratio", "line_punct_ratio"),
    ("fw_short_line_ratio", "short_line_ratio"),
    ("fw_char_dup_ratio", "char_dup_ratio"),
    ("fw_newline_word_ratio", "newline_word_ratio"),
    ("n_sentences_en", "sentence_count"),
];

#[test]
fn published_quantities() -> Result<()> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/datatrove");
    let mut files = vec![data.join("quantities.jsonl")];
    files.extend(std::env::var_os("CORPUSQL_QUANTITIES").map(PathBuf::from));
    let needs = datatrove::SIGNALS.iter();
    let everything = needs.fold(Needs::NONE, |needs, signal| needs | signal.needs);
    let (mut fused, mut single) = (Analyzer::new(), Analyzer::new());
    for file in files {
        let (mut compared, mut wrong) = (0, Vec::new());
        for line in fs::read_to_string(&file)?.lines() {
            let record: Map<String, Value> = serde_json::from_str(line)?;
            let row = Row {
                text: record["text"].as_str().ok_or("a record without text")?,
                language: None,
                domain: None,
                url: None,
            };
            let together = fused.analyze(row, everything, Lists::builtin());
            for (quantity, name) in QUANTITIES {
                // As strings: the parser of JSON numbers does not round to the nearest.
                let expected = record["q"][quantity].as_str();
                let expected = expected.map(str::parse::<f64>).transpose()?;
                let signal = datatrove::SIGNALS
                    .iter()
                    .find(|signal| signal.name.strip_prefix("datatrove_") == Some(name))
                    .ok_or_else(|| format!("no signal for {quantity}"))?;
                let alone = single.analyze(row, signal.needs, Lists::builtin());
                for (how, document) in [("in one pass", &together), ("alone", &alone)] {
                    compared += 1;
                    let found = measure(signal, document);
                    if expected.map(f64::to_bits) != found.map(f64::to_bits) {
                        let id = &record["id"];
                        wrong.push(format!(
                            "{id} {name} {how}: expected {expected:?}, found {found:?}"
                        ));
                    }
                }
            }
        }
        assert!(compared > 0, "{} holds no value", file.display());
        assert!(
            wrong.is_empty(),
            "{} of {compared} values differ in {}:\n{}",
            wrong.len(),
            file.display(),
            wrong.join("\n")
        );
    }
    Ok(())
}

fn measure(signal: &Signal, document: &Document<'_>) -> Option<f64> {
    match signal.measure {
        Measure::Int(measure) => measure(document).map(|value| value as f64),
        Measure::Float(measure) => measure(document),
        Measure::FloatList(_) | Measure::UIntList(_) => None,
    }
}
