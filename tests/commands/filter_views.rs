//! `filter`: several filters at once, other thresholds, removed documents, samples and pages; every figure
//! is counted again by another engine.

use std::collections::BTreeMap;

use polars::prelude::*;
use serde_json::Value;

use crate::support::{Folder, quickstart_corpus, six_documents};

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

pub fn report(folder: &Folder, arguments: &[&str]) -> Value {
    let all = [&["filter"], arguments, &["--format", "json"]].concat();
    json(&folder.ok(&all))
}

/// Documents, characters, bytes, tokens.
pub fn amount(value: &Value) -> [u64; 4] {
    ["documents", "characters", "bytes", "tokens"].map(|k| value[k].as_u64().unwrap_or(0))
}

pub fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("an array")
}

pub fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// The quickstart's documents with signals and made-up tokens.
pub fn annotated() -> Folder {
    let folder = quickstart_corpus();
    annotate(&folder);
    folder
}

/// Gives the folder's corpus signals and made-up tokens.
pub fn annotate(folder: &Folder) {
    folder.ok(&["annotate", "corpus", "rpv2"]);
    folder.write(
        "tokens.sql",
        "SELECT CAST(text_bytes / 4 + 1 AS BIGINT) AS tokens_rough FROM corpus",
    );
    folder.ok(&[
        "annotate",
        "corpus",
        "--sql",
        "tokens.sql",
        "--layer",
        "tokens",
    ]);
}

/// The filters of [`annotated`]'s tests and what they demand, written a second time.
pub struct Again {
    pub columns: BTreeMap<String, Vec<Option<f64>>>,
    pub sources: Vec<Option<String>>,
    pub ids: Vec<String>,
    pub amounts: Vec<[u64; 4]>,
}

/// A threshold by name, what it is compared with, whether it is a lower bound, and its value.
pub type Bound = (&'static str, fn(&Again, usize) -> Option<f64>, bool, f64);

impl Again {
    pub fn read(folder: &Folder) -> Self {
        let mut frame = folder.layer("corpus", "documents");
        for layer in ["rpv2", "tokens"] {
            let more = folder.layer("corpus", layer);
            frame = frame.hstack(more.columns()).expect("aligned layers");
        }
        let strings = |name: &str| -> Vec<Option<String>> {
            let column = frame.column(name).expect("a column");
            let column = column.cast(&DataType::String).expect("strings");
            let column = column.str().expect("strings");
            column.iter().map(|v| v.map(str::to_string)).collect()
        };
        let numbers = |name: &str| -> Vec<Option<f64>> {
            let column = frame.column(name).expect("a column");
            let column = column.cast(&DataType::Float64).expect("numbers");
            column.f64().expect("numbers").iter().collect()
        };
        let columns = frame
            .get_column_names()
            .iter()
            .filter(|name| name.starts_with("rps_") || name.starts_with("ccnet_"))
            .map(|name| (name.to_string(), numbers(name)))
            .collect();
        let sizes = ["text_chars", "text_bytes", "tokens_rough"].map(numbers);
        let amounts = (0..frame.height())
            .map(|row| {
                let size = |unit: usize| sizes[unit][row].unwrap_or(0.0) as u64;
                [1, size(0), size(1), size(2)]
            })
            .collect();
        Self {
            columns,
            sources: strings("source"),
            ids: strings("id").into_iter().flatten().collect(),
            amounts,
        }
    }

    pub fn at(&self, column: &str, row: usize) -> Option<f64> {
        self.columns[column][row]
    }

    /// Filter, rule, and the bounds of the rule.
    pub fn rules() -> Vec<(&'static str, &'static str, Vec<Bound>)> {
        fn at_most(
            rule: &'static str,
            name: &'static str,
            measure: fn(&Again, usize) -> Option<f64>,
            value: f64,
        ) -> (&'static str, &'static str, Vec<Bound>) {
            ("rpv2_gopher", rule, vec![(name, measure, false, value)])
        }
        let mut rules: Vec<(&'static str, &'static str, Vec<Bound>)> = vec![
            (
                "rpv2_gopher",
                "usual_word_count",
                vec![
                    (
                        "min_words",
                        |a, r| a.at("rps_doc_word_count", r),
                        true,
                        50.0,
                    ),
                    (
                        "max_words",
                        |a, r| a.at("rps_doc_word_count", r),
                        false,
                        1e5,
                    ),
                ],
            ),
            (
                "rpv2_gopher",
                "usual_word_length",
                vec![
                    (
                        "min_mean_word_length",
                        |a, r| a.at("rps_doc_mean_word_length", r),
                        true,
                        3.0,
                    ),
                    (
                        "max_mean_word_length",
                        |a, r| a.at("rps_doc_mean_word_length", r),
                        false,
                        10.0,
                    ),
                ],
            ),
        ];
        rules.extend([
            at_most(
                "few_symbols",
                "max_symbols_per_word",
                |a, r| a.at("rps_doc_symbol_to_word_ratio", r),
                0.1,
            ),
            at_most(
                "few_bullet_lines",
                "max_bullet_lines",
                |a, r| {
                    Some(
                        a.at("rps_lines_start_with_bulletpoint_sum", r)?
                            / a.at("rps_lines_count", r)?,
                    )
                },
                0.9,
            ),
            at_most(
                "few_ellipsis_lines",
                "max_ellipsis_lines",
                |a, r| a.at("rps_doc_frac_lines_end_with_ellipsis", r),
                0.3,
            ),
            at_most(
                "words_with_letters",
                "max_words_without_letters",
                |a, r| a.at("rps_doc_frac_no_alph_words", r),
                0.2,
            ),
            at_most(
                "varied_2grams",
                "max_top_2gram",
                |a, r| a.at("rps_doc_frac_chars_top_2gram", r),
                0.2,
            ),
            at_most(
                "varied_3grams",
                "max_top_3gram",
                |a, r| a.at("rps_doc_frac_chars_top_3gram", r),
                0.18,
            ),
            at_most(
                "varied_4grams",
                "max_top_4gram",
                |a, r| a.at("rps_doc_frac_chars_top_4gram", r),
                0.16,
            ),
            at_most(
                "few_duplicate_5grams",
                "max_duplicate_5grams",
                |a, r| a.at("rps_doc_frac_chars_dupe_5grams", r),
                0.15,
            ),
            at_most(
                "few_duplicate_6grams",
                "max_duplicate_6grams",
                |a, r| a.at("rps_doc_frac_chars_dupe_6grams", r),
                0.14,
            ),
            at_most(
                "few_duplicate_7grams",
                "max_duplicate_7grams",
                |a, r| a.at("rps_doc_frac_chars_dupe_7grams", r),
                0.13,
            ),
            at_most(
                "few_duplicate_8grams",
                "max_duplicate_8grams",
                |a, r| a.at("rps_doc_frac_chars_dupe_8grams", r),
                0.12,
            ),
            at_most(
                "few_duplicate_9grams",
                "max_duplicate_9grams",
                |a, r| a.at("rps_doc_frac_chars_dupe_9grams", r),
                0.11,
            ),
            at_most(
                "few_duplicate_10grams",
                "max_duplicate_10grams",
                |a, r| a.at("rps_doc_frac_chars_dupe_10grams", r),
                0.10,
            ),
        ]);
        rules.extend([
            (
                "rpv2_c4",
                "enough_sentences",
                vec![(
                    "min_sentences",
                    (|a, r| a.at("rps_doc_num_sentences", r)) as fn(&Again, usize) -> Option<f64>,
                    true,
                    3.0,
                )],
            ),
            (
                "rpv2_c4",
                "no_curly_brackets",
                vec![("", |a, r| a.at("rps_doc_curly_bracket", r), false, 0.0)],
            ),
            (
                "rpv2_c4",
                "no_bad_words",
                vec![(
                    "max_bad_words",
                    |a, r| a.at("rps_doc_ldnoobw_words", r),
                    false,
                    0.0,
                )],
            ),
            (
                "rpv2_c4",
                "no_lorem_ipsum",
                vec![("", |a, r| a.at("rps_doc_lorem_ipsum", r), false, 0.0)],
            ),
        ]);
        rules
    }

    pub fn passes(&self, row: usize, bound: &Bound, threshold: f64) -> bool {
        let (_, measure, lower, _) = bound;
        measure(self, row).is_some_and(|x| {
            if *lower {
                x >= threshold
            } else {
                x <= threshold
            }
        })
    }

    /// For each document, which rules it fails.
    pub fn failures(&self) -> Vec<Vec<bool>> {
        let rules = Self::rules();
        let fails = |row: usize, bounds: &[Bound]| !bounds.iter().all(|b| self.passes(row, b, b.3));
        (0..self.ids.len())
            .map(|row| {
                rules
                    .iter()
                    .map(|(_, _, bounds)| fails(row, bounds))
                    .collect()
            })
            .collect()
    }

    /// The documents of which `holds` is true.
    pub fn sum(&self, holds: impl Fn(usize) -> bool) -> [u64; 4] {
        let mut sum = [0; 4];
        for row in (0..self.ids.len()).filter(|row| holds(*row)) {
            sum.iter_mut()
                .zip(self.amounts[row])
                .for_each(|(s, a)| *s += a);
        }
        sum
    }
}

/// Holds every figure of `section` against `again`, for the documents that `of` selects.
fn check_section(section: &Value, again: &Again, of: impl Fn(usize) -> bool) {
    let (rules, failures) = (Again::rules(), again.failures());
    let mut place = 0;
    assert_eq!(amount(&section["total"]), again.sum(&of));
    let kept = |row: usize| !failures[row].contains(&true);
    assert_eq!(amount(&section["kept"]), again.sum(|r| of(r) && kept(r)));
    for filter in list(&section["filters"]) {
        let range = place..place + list(&filter["rules"]).len();
        let fails_filter = |row: usize| failures[row][range.clone()].contains(&true);
        let first = |row: usize| failures[row].iter().position(|f| *f);
        let name = text(&filter["filter"]);
        assert_eq!(
            amount(&filter["kept"]),
            again.sum(|r| of(r) && !fails_filter(r)),
            "{name}"
        );
        assert_eq!(
            amount(&filter["first"]),
            again.sum(|r| of(r) && first(r).is_some_and(|f| range.contains(&f))),
            "{name}"
        );
        let others = |row: usize| {
            let others = (0..rules.len()).filter(|r| !range.contains(r));
            others.into_iter().any(|r| failures[row][r])
        };
        assert_eq!(
            amount(&filter["only"]),
            again.sum(|r| of(r) && fails_filter(r) && !others(r)),
            "{name}"
        );
        for (rule, at) in list(&filter["rules"]).iter().zip(range.clone()) {
            let (of_filter, of_rule, bounds) = &rules[at];
            assert_eq!((name, text(&rule["rule"])), (*of_filter, *of_rule));
            let many = |row: usize| failures[row].iter().filter(|f| **f).count();
            assert_eq!(
                amount(&rule["alone"]),
                again.sum(|r| of(r) && failures[r][at]),
                "{of_rule}"
            );
            assert_eq!(
                amount(&rule["only"]),
                again.sum(|r| of(r) && failures[r][at] && many(r) == 1),
                "{of_rule}"
            );
            assert_eq!(
                amount(&rule["first"]),
                again.sum(|r| of(r) && first(r) == Some(at)),
                "{of_rule}"
            );
            let undefined = again.sum(|r| of(r) && bounds[0].1(again, r).is_none());
            assert_eq!(rule["undefined_documents"], undefined[0], "{of_rule}");
        }
        place = range.end;
    }
    assert_eq!(place, rules.len());
}

#[test]
fn another_engine_finds_every_figure() {
    let folder = annotated();
    let found = report(
        &folder,
        &[
            "corpus",
            "rpv2_gopher",
            "rpv2_c4",
            "--sweep",
            "all",
            "--target",
            "100k characters",
            "--by",
            "source",
        ],
    );
    let again = Again::read(&folder);
    let (rules, failures) = (Again::rules(), again.failures());
    assert_eq!(found["tokens_column"], "tokens_rough");
    check_section(&found, &again, |_| true);
    let whole = report(&folder, &["corpus", "rpv2_gopher", "rpv2_c4"]);
    check_section(&whole, &again, |_| true);
    assert!(list(&found["groups"]).len() > 1);
    for group in list(&found["groups"]) {
        let source = group["key"]["source"].as_str();
        check_section(group, &again, |row| again.sources[row].as_deref() == source);
    }
    // The matrix.
    let fails = |row: usize, filter: &str| {
        let mut of_filter = rules.iter().zip(&failures[row]);
        of_filter.any(|((f, ..), fails)| *f == filter && *fails)
    };
    assert_eq!(list(&found["overlap"]).len(), 2);
    for pair in list(&found["overlap"]) {
        let (keeper, dropper) = (text(&pair["kept_by"]), text(&pair["dropped_by"]));
        assert_ne!(keeper, dropper);
        assert_eq!(
            amount(pair),
            again.sum(|r| !fails(r, keeper) && fails(r, dropper))
        );
    }
    // The curves.
    let curves = list(&found["sweep"]["curves"]);
    assert_eq!(curves.len(), 19);
    for curve in curves {
        let name = text(&curve["name"]);
        let (at, bound) = rules
            .iter()
            .enumerate()
            .find_map(|(at, (_, _, bounds))| Some((at, bounds.iter().find(|b| b.0 == name)?)))
            .expect("a threshold");
        let keeps = |threshold: f64| {
            again.sum(|row| {
                let others = (0..rules.len())
                    .filter(|r| *r != at)
                    .any(|r| failures[row][r]);
                let own = rules[at].2.iter().all(|b| {
                    let value = if b.0 == name { threshold } else { b.3 };
                    again.passes(row, b, value)
                });
                !others && own
            })
        };
        assert_eq!(curve["threshold"], bound.3, "{name}");
        assert_eq!(curve["comparison"], if bound.2 { ">=" } else { "<=" });
        assert_eq!(amount(&curve["kept"]), keeps(bound.3), "{name}");
        assert_eq!(
            amount(&curve["most"]),
            keeps(if bound.2 { f64::MIN } else { f64::MAX }),
            "{name}"
        );
        assert_eq!(curve["exact"], true);
        let mut values: Vec<f64> = (0..again.ids.len())
            .filter_map(|r| bound.1(&again, r))
            .collect();
        // The parser of JSON can be off by the last bit.
        let exact = |read: f64| {
            let near = values.iter().chain([&bound.3]).copied();
            near.min_by(|a, b| (a - read).abs().total_cmp(&(b - read).abs()))
                .filter(|v| (v - read).abs() <= 1e-15 * read.abs())
                .expect("a value that occurs")
        };
        for point in list(&curve["points"]) {
            let threshold = exact(point["threshold"].as_f64().expect("a number"));
            assert_eq!(
                amount(&point["kept"]),
                keeps(threshold),
                "{name} {threshold}"
            );
        }
        let reached = curve["target"]["threshold"].as_f64().map(exact);
        // The strictest of all values that occur and keep enough.
        values.sort_by(f64::total_cmp);
        if bound.2 {
            values.reverse();
        }
        let strictest = values.into_iter().find(|t| keeps(*t)[1] >= 100_000);
        assert_eq!(reached, strictest, "{name}");
    }
    let left_out: Vec<&str> = list(&found["sweep"]["left_out"])
        .iter()
        .map(|l| text(&l["rule"]))
        .collect();
    assert_eq!(left_out, ["no_curly_brackets", "no_lorem_ipsum"]);
}

#[test]
fn figures_do_not_depend_on_threads_or_batches() {
    let folder = annotated();
    let run = |more: &[&str]| {
        let arguments = [
            &[
                "filter",
                "corpus",
                "rpv2_gopher",
                "rpv2_c4",
                "--by",
                "source,language",
                "--sweep",
                "all",
                "--show-removed",
                "30",
                "--sample",
                "40%",
                "--format",
                "json",
            ],
            more,
        ]
        .concat();
        folder.ok(&arguments)
    };
    let one = run(&["--threads", "1"]);
    assert_eq!(one, run(&["--threads", "7", "--batch-size", "13"]));
    assert_eq!(one, run(&["--threads", "2", "--batch-size", "100000"]));
}

#[test]
fn removed_documents_are_shown_with_their_reasons() {
    let folder = annotated();
    let found = report(
        &folder,
        &["corpus", "rpv2_gopher", "rpv2_c4", "--show-removed", "40"],
    );
    let again = Again::read(&folder);
    let (rules, failures) = (Again::rules(), again.failures());
    let removed = list(&found["removed"]);
    assert_eq!(removed.len(), 40);
    let mut first_rules = Vec::new();
    for document in removed {
        let row = again
            .ids
            .iter()
            .position(|id| id == text(&document["id"]))
            .expect("a document");
        let failed: Vec<&str> = list(&document["failed"])
            .iter()
            .map(|f| text(&f["rule"]))
            .collect();
        let expected: Vec<&str> = rules
            .iter()
            .zip(&failures[row])
            .filter(|(_, fails)| **fails)
            .map(|((_, rule, _), _)| *rule)
            .collect();
        assert_eq!(failed, expected);
        assert_eq!(document["rule"], failed[0]);
        assert_eq!(document["characters"], again.amounts[row][1]);
        assert_eq!(
            document["origin"]["source"].as_str(),
            again.sources[row].as_deref()
        );
        assert!(list(&document["shown"]).len() <= 13);
        first_rules.push(failed[0]);
    }
    // Every rule that removes some first has some shown, in the order of the rules.
    let removing: Vec<&str> = list(&found["filters"])
        .iter()
        .flat_map(|f| list(&f["rules"]))
        .filter(|r| r["first"]["documents"].as_u64() > Some(0))
        .map(|r| text(&r["rule"]))
        .collect();
    first_rules.dedup();
    assert_eq!(first_rules, removing);
}

/// Filters over [`six_documents`] that share a document.
fn two_filters() -> Folder {
    let folder = six_documents();
    folder.write(
        "long.sql",
        "-- keeps: long documents\n-- params:\n--   least: 5\nSELECT text_chars >= $least AS long_enough",
    );
    folder.write(
        "placed.sql",
        "-- keeps: documents with a place\nSELECT url IS NOT NULL AS placed",
    );
    folder
}

#[test]
fn two_filters_by_hand() {
    let folder = two_filters();
    let table = folder.ok(&["filter", "web", "./long.sql", "./placed.sql"]);
    let found = report(
        &folder,
        &["web", "./long.sql", "./placed.sql", "--sweep", "all"],
    );
    let overlap: Vec<(&str, &str, [u64; 4])> = list(&found["overlap"])
        .iter()
        .map(|p| (text(&p["kept_by"]), text(&p["dropped_by"]), amount(p)))
        .collect();
    // long keeps a, c, e, f; placed keeps a, b, c, f.
    assert_eq!(
        overlap,
        [
            ("long", "placed", [1, 6, 6, 0]),
            ("placed", "long", [1, 3, 3, 0])
        ]
    );
    assert!(table.contains("dropped by"), "{table}");
    // Of a, b, c, f by length: 10, 3, 8, 12.
    let curve = &found["sweep"]["curves"][0];
    let points: Vec<(f64, u64)> = list(&curve["points"])
        .iter()
        .map(|p| {
            let threshold = p["threshold"].as_f64().expect("a number");
            (threshold, amount(&p["kept"])[0])
        })
        .collect();
    assert_eq!(points, [(3.0, 4), (5.0, 3), (8.0, 3), (10.0, 2), (12.0, 1)]);
    assert_eq!(found["sweep"]["left_out"][0]["rule"], "placed");
    assert!(found["tokens_column"].is_null());
}

#[test]
fn a_whole_sample_is_no_sample() {
    let folder = annotated();
    let all = report(&folder, &["corpus", "rpv2_gopher"]);
    let found = report(&folder, &["corpus", "rpv2_gopher", "--sample", "100%"]);
    assert_eq!(all["filters"], found["filters"]);
    let sample = &found["sample"];
    assert_eq!(sample["clusters"], sample["of_clusters"]);
    assert_eq!(sample["documents"], found["documents"]);
    let kept = &sample["estimates"]["kept"]["documents"];
    assert_eq!(kept["standard_error"], 0.0);
    let share = all["kept"]["documents"].as_f64().expect("a number")
        / all["total"]["documents"].as_f64().expect("a number");
    assert_eq!(kept["share"], share);
}

#[test]
fn a_sample_says_so() {
    let folder = annotated();
    let found = report(&folder, &["corpus", "rpv2_gopher", "--sample", "20%"]);
    let sample = &found["sample"];
    assert!(sample["clusters"].as_u64() < sample["of_clusters"].as_u64());
    assert_eq!(sample["documents"], found["total"]["documents"]);
    assert!(sample["documents"].as_u64() < found["documents"].as_u64());
    let error =
        &sample["estimates"]["filters"][0]["rules"][0]["alone"]["characters"]["standard_error"];
    assert!(error.as_f64() >= Some(0.0), "{sample}");
    let table = folder.ok(&["filter", "corpus", "rpv2_gopher", "--sample", "20%"]);
    assert!(
        table.contains("a sample: ") && table.contains("% ±"),
        "{table}"
    );
}

#[test]
fn a_page_is_safe_and_whole() {
    let folder = Folder::new();
    let hostile = r#"{"id":"<script>alert(1)</script>","text":"</p><script>alert('x')</script>\n\u001b[31m{{{ \u202e","source":"<img src=x onerror=alert(2)>"}
{"id":"b","text":"{ quiet }","source":"s"}
"#;
    folder.write("in.jsonl", hostile);
    folder.ok(&["ingest", "in.jsonl", "--to", "web"]);
    folder.write(
        "plain.sql",
        "-- params:\n--   most: 0\nSELECT rps_doc_curly_bracket <= $most AS plain, text_chars >= 3 AS long",
    );
    let words = folder.ok(&[
        "filter",
        "web",
        "./plain.sql",
        "--by",
        "source",
        "--html",
        "page.html",
        "--where",
        "source <> '<script>'",
    ]);
    let page = std::fs::read_to_string(folder.path("page.html")).expect("a page");
    assert!(
        !page.contains("<script") && !page.contains("<img"),
        "{page}"
    );
    assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'));
    for outside in ["src=", "href=", "url(", "@import", "http:", "https:"] {
        let ours = page.replace("&lt;img src=x", "");
        assert!(!ours.contains(outside), "{outside}");
    }
    for part in [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "id=\"rules\"",
        "id=\"thresholds\"",
        "id=\"removed\"",
        "id=\"groups\"",
        "class=\"marked\"",
        "default-src 'none'",
        "</html>",
    ] {
        assert!(page.contains(part), "{part}");
    }
    // The page has more than was asked for on stdout.
    assert!(
        !words.contains("threshold") && !words.contains("▸"),
        "{words}"
    );
    let shown = folder.ok(&["filter", "web", "./plain.sql", "--show-removed", "5"]);
    assert!(shown.contains('▸') && !shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn what_is_wrong_is_said() {
    let folder = two_filters();
    let fails = |arguments: &[&str], words: &[&str]| {
        let command = [&["filter", "web", "./long.sql"], arguments].concat();
        folder.run(&command).fails_with(words);
    };
    fails(
        &["--tokens", "tokens_gpt"],
        &["--tokens tokens_gpt: web stores no column"],
    );
    fails(
        &["--tokens", "text"],
        &[
            "column \"text\" of layer documents is",
            "expected whole numbers",
        ],
    );
    fails(
        &["--sweep", "text_char"],
        &[
            "--sweep text_char: no threshold of long is compared with it",
            "did you mean text_chars?",
        ],
    );
    fails(
        &["--target", "2B tokens"],
        &["--target is in tokens, which no column of these corpora counts"],
    );
    fails(
        &["--target", "many"],
        &["--target many: expected an amount"],
    );
    fails(&["--sample", "200%"], &["--sample 200%: expected a share"]);
    fails(
        &["--sample", "5%", "--target", "9 documents"],
        &["--target is an amount of all documents, --sample judges some"],
    );
    fails(
        &["--show-removed", "100000"],
        &["--show-removed 100000: at most 1000 documents are shown"],
    );
    fails(
        &["--html", "absent/page.html"],
        &["cannot create --html absent/page.html: there is no folder absent"],
    );
}

#[test]
fn what_has_no_effect_is_said() {
    let folder = two_filters();
    let said = |arguments: &[&str]| {
        let command = [&["filter", "web", "./long.sql"], arguments].concat();
        folder.run(&command).stderr
    };
    let idle = ["--set", "slimpajama.min_length=5"];
    assert_eq!(
        said(&idle),
        "warning: --set slimpajama.…: filter slimpajama is not named, so this changes nothing unless a rule asks for keep_slimpajama\n"
    );
    assert_eq!(
        said(&[&idle[..], &["--where", "keep_slimpajama"]].concat()),
        ""
    );
    assert_eq!(
        said(&[&idle[..], &["--by", "keep_slimpajama"]].concat()),
        ""
    );
    assert_eq!(
        said(&["--where", "id = 'nobody'", "--show-removed", "3"]),
        "no document is removed, so --show-removed has none to show\n"
    );
    assert_eq!(said(&["--show-removed", "3"]), "");
}

#[test]
fn nothing_selected_is_no_error() {
    let folder = two_filters();
    let found = report(
        &folder,
        &[
            "web",
            "./long.sql",
            "./placed.sql",
            "--where",
            "id = 'nobody'",
            "--sweep",
            "all",
            "--show-removed",
            "3",
            "--html",
            "page.html",
        ],
    );
    assert_eq!(amount(&found["total"]), [0; 4]);
    assert!(folder.path("page.html").is_file());
}
