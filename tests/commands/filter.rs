//! `filter`: the report of what rules remove.

use std::fmt::Write as _;

use polars::prelude::*;
use serde_json::Value;

use crate::support::{Folder, golden_corpus, quickstart_corpus, six_documents};

/// Three rules over [`six_documents`]; `spoken` is NULL where there is no language.
const MINE: &str = "-- keeps: long English documents that say where they are from
-- params:
--   least: 5
SELECT
  text_chars >= $least AS long_enough,
  language = 'en' AS spoken,
  url IS NOT NULL AS placed
";

fn folder() -> Folder {
    let folder = six_documents();
    folder.write("mine.sql", MINE);
    folder
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// Documents, characters and bytes.
fn amount(value: &Value) -> [u64; 3] {
    ["documents", "characters", "bytes"].map(|k| value[k].as_u64().expect("a number"))
}

#[test]
fn figures_are_those_worked_out_by_hand() {
    let folder = folder();
    let report = json(&folder.ok(&["filter", "web", "./mine.sql", "--format", "json"]));
    assert_eq!(report["documents"], 6);
    assert_eq!(amount(&report["total"]), [6, 42, 43]);
    assert_eq!(amount(&report["kept"]), [1, 10, 10]);
    let rules = report["filters"][0]["rules"].as_array().expect("rules");
    let figures = |rule: usize| ["alone", "only", "first"].map(|k| amount(&rules[rule][k]));
    assert_eq!(rules[0]["rule"], "long_enough");
    assert_eq!(figures(0), [[2, 6, 7], [1, 3, 3], [2, 6, 7]]);
    assert_eq!(figures(1), [[3, 23, 24], [2, 20, 20], [2, 20, 20]]);
    assert_eq!(figures(2), [[2, 9, 10], [1, 6, 6], [1, 6, 6]]);
    let undefined: Vec<u64> = rules
        .iter()
        .map(|r| r["undefined_documents"].as_u64().expect("a number"))
        .collect();
    assert_eq!(undefined, [0, 2, 0]);
}

#[test]
fn parameters_conditions_and_groups() {
    let folder = folder();
    let report = json(&folder.ok(&[
        "filter",
        "web",
        "./mine.sql",
        "--set",
        "mine.least=3",
        "--where",
        "source = 'crawl' OR id = 'c'",
        "--by",
        "source,language",
        "--format",
        "json",
    ]));
    assert_eq!(report["set"]["mine.least"], 3);
    assert_eq!(amount(&report["total"]), [4, 24, 25]);
    assert_eq!(amount(&report["kept"]), [2, 13, 13]);
    let groups: Vec<(&Value, [u64; 3])> = report["groups"]
        .as_array()
        .expect("groups")
        .iter()
        .map(|g| (&g["key"], amount(&g["kept"])))
        .collect();
    assert_eq!(
        groups,
        [
            (
                &serde_json::json!({"source": "crawl", "language": "en"}),
                [2, 13, 13]
            ),
            (
                &serde_json::json!({"source": "books", "language": "de"}),
                [0, 0, 0]
            ),
            (
                &serde_json::json!({"source": "crawl", "language": null}),
                [0, 0, 0]
            ),
        ]
    );
}

#[test]
fn the_table_says_what_happened() {
    let folder = folder();
    let table = folder.ok(&["filter", "web", "./mine.sql", "--by", "source"]);
    let expected = "\
web: 6 documents, 42 characters

                   ──────── alone ────────  ──────── only ─────────  ──────── first ────────
removes            documents         chars  documents         chars  documents         chars
─────────────────  ─────────  ─────  ─────  ─────────  ─────  ─────  ─────────  ─────  ─────
mine
  long_enough              2  33.3%  14.3%          1  16.7%   7.1%          2  33.3%  14.3%
  spoken                   3  50.0%  54.8%          2  33.3%  47.6%          2  33.3%  47.6%
  placed                   2  33.3%  21.4%          1  16.7%  14.3%          1  16.7%  14.3%
  = all its rules          5  83.3%  76.2%          5  83.3%  76.2%          5  83.3%  76.2%
alone: fails the rule · only: fails no other rule · first: fails no rule before it; first and kept add up to all
NULL, which fails, in mine: spoken in 2 documents

keeps  documents         characters
─────  ─────────  ─────  ──────────  ─────
mine           1  16.7%          10  23.8%

        ──────── all ────────  ────────────── kept ───────────────
source  documents  characters  documents         characters         removes most
──────  ─────────  ──────────  ─────────  ─────  ──────────  ─────  ─────────────────
books           3          26          0     0%           0     0%  spoken 66.7%
crawl           3          16          1  33.3%          10  62.5%  long_enough 66.7%
";
    assert_eq!(table, expected);
}

#[test]
fn rows_hold_the_same_figures() {
    let folder = folder();
    let csv = folder.ok(&["filter", "web", "./mine.sql", "--format", "csv"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "filter,rule,documents,characters,bytes,alone_documents,alone_characters,alone_bytes,\
         only_documents,only_characters,only_bytes,first_documents,first_characters,first_bytes,undefined_documents"
    );
    assert_eq!(lines[2], "mine,spoken,6,42,43,3,23,24,2,20,20,2,20,20,2");
    assert_eq!(lines[4], "mine,,6,42,43,5,32,33,5,32,33,5,32,33,");
    assert_eq!(lines.len(), 6);
}

#[test]
fn a_filter_that_removes_everything_names_the_rule() {
    let folder = folder();
    let table = folder.ok(&["filter", "web", "./mine.sql", "--set", "mine.least=1e9"]);
    assert!(
        table.contains("mine keeps nothing: long_enough alone removes all"),
        "{table}"
    );
    let table = folder.ok(&["filter", "web", "./mine.sql", "--where", "id = 'nobody'"]);
    assert_eq!(
        table,
        "web: none of 6 documents meets id = 'nobody'; nothing to filter\n"
    );
}

#[test]
fn more_rules_than_a_word_has_bits() {
    let folder = folder();
    let mut sql = String::from("SELECT\n");
    for length in 0..130 {
        let _ = writeln!(
            sql,
            "  text_chars <> {length} AS not_{length}{}",
            if length < 129 { "," } else { "" }
        );
    }
    folder.write("lengths.sql", sql);
    let report = json(&folder.ok(&["filter", "web", "./lengths.sql", "--format", "json"]));
    let removed: Vec<(u64, u64)> = report["filters"][0]["rules"]
        .as_array()
        .expect("rules")
        .iter()
        .enumerate()
        .filter_map(|(length, r)| {
            let documents = r["only"]["documents"].as_u64()?;
            (documents > 0).then_some((length as u64, documents))
        })
        .collect();
    assert_eq!(removed, [(3, 2), (6, 1), (8, 1), (10, 1), (12, 1)]);
    assert_eq!(report["kept"]["documents"], 0);
}

#[test]
fn what_is_wrong_is_said() {
    let folder = folder();
    let fails = |arguments: &[&str], words: &[&str]| {
        let command = [&["filter", "web"], arguments].concat();
        folder.run(&command).fails_with(words);
    };
    fails(
        &["rpv2_goper"],
        &[
            "no filter is named `rpv2_goper`",
            "did you mean `rpv2_gopher`?",
        ],
    );
    fails(&["./absent.sql"], &["cannot read ./absent.sql"]);
    fails(
        &["rpv2_c4", "--set", "rpv2_c4.min_sentence=3"],
        &[
            "filter rpv2_c4 has no parameter `min_sentence`",
            "did you mean `rpv2_c4.min_sentences`?",
        ],
    );
    fails(
        &["rpv2_c4", "--set", "rpv2_c4.min_sentences=few"],
        &["rpv2_c4.min_sentences is a number (3 unless it is set); found `few`"],
    );
    fails(
        &["rpv2_c4", "--set", "min_sentences"],
        &["expected NAME.param=value"],
    );
    fails(
        &["rpv2_c4", "--where", "language = = 'en'"],
        &["--where, line 1, column 12: expected an expression, found ="],
    );
    fails(
        &["rpv2_c4", "--where", "langage = 'en'"],
        &[
            "--where, line 1, column 1: there is no column langage",
            "did you mean language?",
        ],
    );
    fails(
        &["rpv2_c4", "--where", "language"],
        &["--where language is", "expected Boolean"],
    );
    fails(
        &["rpv2_c4", "--by", "sorce"],
        &["--by, line 1, column 1: there is no column sorce", "source"],
    );
    fails(
        &["rpv2_c4", "--by", "source,source"],
        &["--by names `source` twice"],
    );
    fails(&["rpv2_c4", "rpv2_c4"], &["filter rpv2_c4 is named twice"]);
    folder.write("number.sql", "SELECT\n  text_chars AS long");
    fails(
        &["./number.sql"],
        &["./number.sql, line 2: rule long is Int64, expected Boolean"],
    );
    folder.write(
        "unknown.sql",
        "SELECT\n  id <> '' AS named,\n  text_char > 1 AS long",
    );
    fails(
        &["./unknown.sql"],
        &[
            "rule long of filter unknown cannot be judged",
            "./unknown.sql, line 3, column 3: there is no column text_char",
            "did you mean text_chars?",
        ],
    );
    folder.write(
        "header.sql",
        "-- keeps: all\n-- parms:\n--   a: 1\nSELECT true AS a",
    );
    fails(
        &["./header.sql"],
        &[
            "./header.sql, line 2",
            "unknown key `parms`",
            "did you mean `params`?",
        ],
    );
}

#[test]
fn survivors_of_the_golden_documents() {
    let Some((folder, ut1)) = golden_corpus() else {
        return;
    };
    let report = json(&folder.ok(&[
        "filter",
        "golden",
        "rpv2_gopher",
        "rpv2_gopher_card",
        "rpv2_c4",
        "rpv2_refinedweb_lines",
        "--ut1",
        &ut1,
        "--format",
        "json",
    ]));
    let kept: Vec<u64> = report["filters"]
        .as_array()
        .expect("filters")
        .iter()
        .map(|f| f["kept"]["documents"].as_u64().expect("a number"))
        .collect();
    // Computed from the reference's values, by another program.
    assert_eq!(kept, [195, 347, 281, 470]);
}

#[test]
fn another_engine_agrees() {
    let folder = quickstart_corpus();
    folder.ok(&["annotate", "corpus", "rpv2"]);
    let report = json(&folder.ok(&["filter", "corpus", "rpv2_gopher", "--format", "json"]));
    let documents = folder.layer("corpus", "documents");
    let signals = folder.layer("corpus", "rpv2");
    let both = documents
        .hstack(
            signals
                .select([
                    "rps_doc_word_count",
                    "rps_doc_frac_no_alph_words",
                    "rps_doc_symbol_to_word_ratio",
                ])
                .expect("columns")
                .columns(),
        )
        .expect("aligned layers")
        .lazy();
    let figures = both
        .select([
            col("text_chars").sum().cast(DataType::UInt64).alias("all"),
            col("text_chars")
                .filter(
                    col("rps_doc_word_count")
                        .lt(lit(50))
                        .or(col("rps_doc_word_count").gt(lit(100_000))),
                )
                .sum()
                .cast(DataType::UInt64)
                .alias("usual_word_count"),
            col("rps_doc_frac_no_alph_words")
                .lt_eq(lit(0.2))
                .fill_null(lit(false))
                .not()
                .sum()
                .cast(DataType::UInt64)
                .alias("words_with_letters"),
            col("rps_doc_symbol_to_word_ratio")
                .is_null()
                .sum()
                .cast(DataType::UInt64)
                .alias("undefined"),
        ])
        .collect()
        .expect("figures");
    let figure = |name: &str| {
        figures
            .column(name)
            .expect("a column")
            .u64()
            .expect("numbers")
            .get(0)
    };
    let rule = |name: &str| {
        let rules = report["filters"][0]["rules"].as_array().expect("rules");
        rules
            .iter()
            .find(|r| r["rule"] == name)
            .expect("a rule")
            .clone()
    };
    assert_eq!(report["total"]["characters"].as_u64(), figure("all"));
    assert_eq!(
        rule("usual_word_count")["alone"]["characters"].as_u64(),
        figure("usual_word_count")
    );
    assert_eq!(
        rule("words_with_letters")["alone"]["documents"].as_u64(),
        figure("words_with_letters")
    );
    assert_eq!(
        rule("few_symbols")["undefined_documents"].as_u64(),
        figure("undefined")
    );
}
