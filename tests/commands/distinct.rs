//! `--distinct`: one document of each cluster, chosen of those that pass, in `filter`, `mix` and `export`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use polars::prelude::*;
use serde_json::{Value, json};

use super::support::{Folder, contents};

/// Nine documents in the clusters {a b c}, {d e}, {f}, {g h}, {i} by text and {a d}, {b e f} by URL.
///
/// | id | text | characters | language | source | url | exact rank | url rank |
/// |---|---|---|---|---|---|---|---|
/// | a | same | 4 | de | crawl | 1 | 1 | 1 |
/// | b | same | 4 | en | crawl | 2 | 2 | 1 |
/// | c | same | 4 | en | books | | 3 | 1 |
/// | d | other | 5 | en | books | 1 | 1 | 2 |
/// | e | other | 5 | en | crawl | 2 | 2 | 2 |
/// | f | longest | 7 | en | books | 2 | 1 | 3 |
/// | g | neither | 7 | de | crawl | | 1 | 1 |
/// | h | neither | 7 | de | crawl | | 2 | 1 |
/// | i | ï | 1 | en | crawl | | 1 | 1 |
const NINE: &str = r#"{"id":"a","text":"same","language":"de","source":"crawl","url":"https://a.example/1"}
{"id":"b","text":"same","language":"en","source":"crawl","url":"https://a.example/2"}
{"id":"c","text":"same","language":"en","source":"books"}
{"id":"d","text":"other","language":"en","source":"books","url":"https://a.example/1"}
{"id":"e","text":"other","language":"en","source":"crawl","url":"https://a.example/2"}
{"id":"f","text":"longest","language":"en","source":"books","url":"https://a.example/2"}
{"id":"g","text":"neither","language":"de","source":"crawl"}
{"id":"h","text":"neither","language":"de","source":"crawl"}
{"id":"i","text":"ï","language":"en","source":"crawl"}
"#;

/// What is English.
const ENGLISH: &str = "-- keeps: English\nSELECT language = 'en' AS english";

fn nine() -> Folder {
    let folder = Folder::new();
    folder.write("nine.jsonl", NINE);
    folder.write("english.sql", ENGLISH);
    folder.ok(&["ingest", "nine.jsonl", "--to", "web"]);
    folder.ok(&["dedup", "web", "exact", "url", "--quiet"]);
    folder
}

/// The ids that are exported, in order.
fn exported(folder: &Folder, arguments: &[&str]) -> Vec<String> {
    let _ = fs::remove_dir_all(folder.path("out"));
    let fixed = ["--to", "out", "--format", "jsonl", "--columns", "id"];
    folder.ok(&[&["export"], arguments, &fixed].concat());
    ids(&folder.path("out"))
}

/// The ids in the shards of an export.
fn ids(out: &Path) -> Vec<String> {
    let mut files: Vec<_> = fs::read_dir(out)
        .expect("an export")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    files.sort();
    let lines: String = files
        .iter()
        .map(|path| fs::read_to_string(path).expect("a shard"))
        .collect();
    lines
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            line["id"].as_str().expect("an id").to_string()
        })
        .collect()
}

fn report(folder: &Folder, arguments: &[&str]) -> Value {
    let all = [&["filter"], arguments, &["--format", "json"]].concat();
    serde_json::from_str(&folder.ok(&all)).expect("JSON")
}

/// Documents, characters and bytes.
fn amount(value: &Value) -> [u64; 3] {
    ["documents", "characters", "bytes"].map(|k| value[k].as_u64().expect("a number"))
}

#[test]
fn who_stays_is_worked_out_by_hand() {
    let folder = nine();
    let web = |more: &[&str]| exported(&folder, &[&["web"], more].concat());
    let english = ["--filter", "./english.sql"];
    let and = |more: &[&str]| web(&[&english, more].concat());
    // Without a filter the origin's rule decides; with one, of those that pass.
    assert_eq!(web(&["--distinct", "exact"]), ["a", "d", "f", "g", "i"]);
    assert_eq!(and(&["--distinct", "exact"]), ["b", "d", "f", "i"]);
    assert_eq!(and(&["--distinct", "url"]), ["b", "c", "d", "i"]);
    let keep = |preset: &str, order: &str| and(&["--distinct", preset, "--keep", order]);
    assert_eq!(keep("exact", "ORDER BY id DESC"), ["c", "e", "f", "i"]);
    assert_eq!(
        keep("url", "ORDER BY text_chars DESC"),
        ["c", "d", "f", "i"]
    );
    // `b` and `c` are tied, so are `d` and `e`: the first in the corpus stays.
    assert_eq!(keep("exact", "ORDER BY text_chars"), ["b", "d", "f", "i"]);
    assert_eq!(
        keep("exact", "ORDER BY url IS NULL DESC, id"),
        ["c", "d", "f", "i"]
    );
    // NULL is the largest, unless said.
    assert_eq!(keep("exact", "ORDER BY url"), ["b", "d", "f", "i"]);
    assert_eq!(keep("exact", "ORDER BY url DESC"), ["c", "e", "f", "i"]);
    assert_eq!(
        keep("exact", "ORDER BY url DESC NULLS LAST"),
        ["b", "e", "f", "i"]
    );
    // A verdict and a computed signal are columns like others.
    let computed = "ORDER BY keep_english__english, rps_doc_word_count(text), source";
    assert_eq!(keep("exact", computed), ["c", "d", "f", "i"]);
    // Of what one layer of clusters leaves, the next chooses.
    assert_eq!(web(&["--distinct", "exact,url"]), ["a", "f", "g", "i"]);
    assert_eq!(
        and(&["--distinct", "exact", "--distinct", "url"]),
        ["b", "d", "i"]
    );
    assert_eq!(and(&["--distinct", "url,exact"]), ["b", "d", "i"]);
    let where_ = ["--where", "source = 'crawl'", "--distinct", "exact"];
    assert_eq!(web(&where_), ["a", "e", "g", "i"]);
}

#[test]
fn the_report_ends_with_duplicates_among_those_kept() {
    let folder = nine();
    let asked = ["web", "./english.sql", "--distinct", "exact"];
    let found = report(&folder, &[&asked[..], &["--by", "source"]].concat());
    assert_eq!(amount(&found["total"]), [9, 44, 45]);
    assert_eq!(amount(&found["kept"]), [6, 26, 27]);
    let chosen = &found["distinct"][0];
    assert_eq!(chosen["preset"], "exact");
    assert_eq!(chosen["keep"], "ORDER BY exact_rank");
    assert_eq!(amount(&chosen["duplicates"]), [2, 9, 9]);
    assert_eq!(amount(&chosen["kept"]), [4, 17, 18]);
    let groups: Vec<(&Value, [[u64; 3]; 3])> = found["groups"]
        .as_array()
        .expect("groups")
        .iter()
        .map(|g| {
            let chosen = &g["distinct"][0];
            let (gone, kept) = (&chosen["duplicates"], &chosen["kept"]);
            let amounts = [&g["kept"], gone, kept].map(amount);
            (&g["key"]["source"], amounts)
        })
        .collect();
    assert_eq!(
        groups,
        [
            (&json!("crawl"), [[3, 10, 11], [1, 5, 5], [2, 5, 6]]),
            (&json!("books"), [[3, 16, 16], [1, 4, 4], [2, 12, 12]]),
        ]
    );
    // In turn, what goes is of what was left.
    let found = report(
        &folder,
        &["web", "./english.sql", "--distinct", "exact,url"],
    );
    let steps: Vec<[[u64; 3]; 2]> = (0..2)
        .map(|i| ["duplicates", "kept"].map(|k| amount(&found["distinct"][i][k])))
        .collect();
    assert_eq!(steps, [[[2, 9, 9], [4, 17, 18]], [[1, 7, 7], [3, 10, 11]]]);
    // Without it the report is what it was.
    let found = report(&folder, &["web", "./english.sql"]);
    assert!(found.get("distinct").is_none());

    let table = folder.ok(&[&["filter"], &asked[..], &["--by", "source"]].concat());
    let expected = "\
web: 9 documents, 44 characters

                               ──────── alone ────────  ──────── only ─────────  ──────── first ────────
removes                        documents         chars  documents         chars  documents         chars
─────────────────────────────  ─────────  ─────  ─────  ─────────  ─────  ─────  ─────────  ─────  ─────
english
  english                              3  33.3%  40.9%          3  33.3%  40.9%          3  33.3%  40.9%
distinct exact
  duplicates among those kept                                                            2  22.2%  20.5%
alone: fails the rule · only: fails no other rule · first: fails no rule before it; first and kept add up to all

keeps              documents         characters
─────────────────  ─────────  ─────  ──────────  ─────
english                    6  66.7%          26  59.1%
one of each exact          4  44.4%          17  38.6%
one of each exact: of the documents of a cluster that pass, the first in ORDER BY exact_rank stays

        ──────── all ────────  ────────────── kept ───────────────  ─ one of each exact ─
source  documents  characters  documents         characters         documents  characters  removes most
──────  ─────────  ──────────  ─────────  ─────  ──────────  ─────  ─────────  ──────────  ─────────────
crawl           6          28          3  50.0%          10  35.7%          2           5  english 50.0%
books           3          16          3   100%          16   100%          2          12
";
    assert_eq!(table, expected);
    let csv = folder.ok(&[&["filter"], &asked[..], &["--format", "csv"]].concat());
    let last = csv.lines().last().expect("a row");
    assert_eq!(last, "distinct,exact,9,44,45,,,,,,,2,9,9,");
}

#[test]
fn tokens_are_counted_too() {
    let folder = nine();
    folder.write(
        "tokens.sql",
        "SELECT text_chars * 10 AS tokens_ten FROM corpus",
    );
    folder.ok(&[
        "annotate",
        "web",
        "--sql",
        "tokens.sql",
        "--layer",
        "tokens",
    ]);
    let found = report(&folder, &["web", "./english.sql", "--distinct", "exact"]);
    let chosen = &found["distinct"][0];
    assert_eq!(chosen["duplicates"]["tokens"], 90);
    assert_eq!(chosen["kept"]["tokens"], 170);
    let table = folder.ok(&["filter", "web", "./english.sql", "--distinct", "exact"]);
    assert!(
        table.contains("one of each exact          4  44.4%          17  38.6%     170  38.6%"),
        "{table}"
    );
}

#[test]
fn the_page_has_it() {
    let folder = nine();
    let words = folder.ok(&[
        "filter",
        "web",
        "./english.sql",
        "--distinct",
        "exact",
        "--by",
        "source",
        "--html",
        "page.html",
    ]);
    assert!(words.contains("duplicates among those kept"));
    let page = fs::read_to_string(folder.path("page.html")).expect("a page");
    for part in [
        "duplicates among those kept",
        "ORDER BY exact_rank",
        "<dt>one of each exact</dt><dd>4</dd>",
        "No curves for other thresholds",
        "duplicates by exact",
    ] {
        assert!(page.contains(part), "{part} not in\n{page}");
    }
    folder.ok(&["filter", "web", "./english.sql", "--html", "page.html"]);
    let page = fs::read_to_string(folder.path("page.html")).expect("a page");
    assert!(!page.contains("duplicates among"));
}

#[test]
fn statistics_are_those_of_the_chosen() {
    let folder = nine();
    let rows = |more: &[&str]| -> Value {
        let all = [&["mix", "web", "--by", "source", "--format", "json"], more].concat();
        serde_json::from_str(&folder.ok(&all)).expect("JSON")
    };
    let found = rows(&["--filter", "./english.sql", "--distinct", "exact"]);
    let figures = |row: &Value| {
        (
            row["source"].as_str().map(str::to_string),
            ["documents", "characters", "bytes", "max_characters"].map(|k| row[k].as_u64()),
        )
    };
    assert_eq!(
        figures(&found[0]),
        (Some("books".into()), [Some(2), Some(12), Some(12), Some(7)])
    );
    assert_eq!(
        figures(&found[1]),
        (Some("crawl".into()), [Some(2), Some(5), Some(6), Some(4)])
    );
    assert!(found[0].get("kept_english_documents").is_none());
    let table = folder.ok(&[
        "mix",
        "web",
        "--filter",
        "./english.sql",
        "--where",
        "id <> 'i'",
        "--distinct",
        "exact",
    ]);
    let head = "web: 3 of 9 documents, where id <> 'i' and that pass english: one document of each cluster of exact, the first in \
                ORDER BY exact_rank; without 2 duplicates\n";
    assert!(table.starts_with(head), "{table}");
    let none = folder.ok(&["mix", "web", "--where", "id = 'z'", "--distinct", "exact"]);
    assert_eq!(
        none,
        "web: none of 9 documents, where id = 'z'; nothing to count\n"
    );
}

#[test]
fn what_is_lost_by_choosing_before_filtering_is_counted() {
    let folder = nine();
    let words = "exact_duplicate beside other conditions: 1 cluster is lost whole, with 2 documents that would pass, because the \
                 survivor was chosen before filtering; `--distinct exact` instead of exact_duplicate chooses it among those that pass";
    // `a` is the survivor of {a b c} and not English; nothing English is in {g h}.
    let survivors = ["--where", "NOT exact_duplicate"];
    let runs: [&[&str]; 3] = [
        &["filter", "web", "./english.sql"],
        &["mix", "web", "--filter", "./english.sql"],
        &["export", "web", "--filter", "./english.sql", "--to", "out"],
    ];
    for run in runs {
        folder
            .run(&[run, &survivors].concat())
            .succeeds()
            .says(&[words]);
        let _ = fs::remove_dir_all(folder.path("out"));
        // Without it nothing is said.
        let quiet = folder.run(run).succeeds();
        assert!(!quiet.stderr.contains("lost whole"), "{}", quiet.stderr);
        let _ = fs::remove_dir_all(folder.path("out"));
    }
    for alone in [&survivors[..], &["--where", "exact_duplicate"]] {
        let ran = folder.run(&[&["mix", "web"], alone].concat()).succeeds();
        assert!(!ran.stderr.contains("lost whole"), "{}", ran.stderr);
    }
    // Inside one condition, inside a rule, and by two layers at once.
    let together = [
        "mix",
        "web",
        "--where",
        "NOT exact_duplicate AND language = 'en'",
    ];
    folder.run(&together).succeeds().says(&[words]);
    folder.write(
        "one.sql",
        "SELECT NOT exact_duplicate AS first_copy, language = 'en' AS english",
    );
    folder
        .run(&["filter", "web", "./one.sql"])
        .succeeds()
        .says(&[words]);
    folder
        .run(&["mix", "web", "--where", "keep_one", "--filter", "./one.sql"])
        .succeeds()
        .says(&[words]);
    let both = "NOT exact_duplicate AND NOT url_duplicate AND language = 'en'";
    folder.run(&["mix", "web", "--where", both]).succeeds().says(&[
        "warning: exact_duplicate beside other conditions: 1 cluster is lost whole, with 2 documents that would pass",
        "warning: url_duplicate beside other conditions: 2 clusters are lost whole, with 2 documents that would pass",
    ]);
    folder
        .run(&[
            "filter",
            "web",
            "./english.sql",
            "--where",
            "NOT exact_duplicate",
            "--sample",
            "50%",
        ])
        .succeeds()
        .says(&["how many is not counted in a sample. `--distinct exact`"]);
}

#[test]
fn what_does_not_go_together_is_refused() {
    let folder = nine();
    let filter = |more: &[&str]| {
        let all = [&["filter", "web", "./english.sql"], more].concat();
        folder.run(&all)
    };
    filter(&["--distinct", "exakt"])
        .fails_with(&["web has no layer exakt of clusters", "did you mean exact?"]);
    filter(&["--distinct", "minhash_rpv2_0_8"]).fails_with(&[
        "web has no layer minhash_rpv2_0_8 of clusters",
        "`corpusql dedup web minhash_rpv2_0_8` makes it",
    ]);
    filter(&["--keep", "ORDER BY id"]).fails_with(&["no clusters are named", "--distinct PRESET"]);
    filter(&["--distinct", "exact,exact"]).fails_with(&["names exact twice"]);
    filter(&["--distinct", "exact", "--keep", "id"])
        .fails_with(&["--keep begins with ORDER BY; found id"]);
    filter(&["--distinct", "exact", "--keep", "ORDER BY idd"]).fails_with(&[
        "--keep, line 1, column 10: there is no column idd",
        "did you mean id?",
    ]);
    filter(&["--distinct", "exact", "--keep", "ORDER BY upper(text)"]).fails_with(&[
        "`upper(text)` would carry texts through a sort",
        "text_chars",
    ]);
    filter(&[
        "--distinct",
        "exact",
        "--keep",
        "ORDER BY rps_lines_num_words",
    ])
    .fails_with(&["has no order"]);
    filter(&["--distinct", "exact", "--sample", "50%"]).fails_with(&["--sample draws row groups"]);
    filter(&["--distinct", "exact", "--sweep", "all"]).fails_with(&["--sweep moves thresholds"]);
    filter(&["--distinct", "exact", "--target", "3 documents"])
        .fails_with(&["--target moves thresholds"]);
    folder.write("own.sql", "SELECT source AS own_cluster FROM corpus");
    folder.ok(&["annotate", "web", "--sql", "own.sql", "--layer", "own"]);
    filter(&["--distinct", "own"])
        .fails_with(&["layer own of web has no column own_rank", "--keep"]);
    // Clusters of one's own: their sizes are not known, and need not be.
    assert_eq!(
        exported(
            &folder,
            &[
                "web",
                "--distinct",
                "own",
                "--keep",
                "ORDER BY text_chars DESC, id DESC"
            ]
        ),
        ["f", "h"]
    );
    folder.write("more.jsonl", "{\"id\":\"z\",\"text\":\"more\"}\n");
    folder.ok(&["ingest", "more.jsonl", "--to", "web"]);
    filter(&["--distinct", "exact"]).fails_with(&[
        "layer exact of web is out of date",
        "`corpusql dedup web exact` brings it up to date",
    ]);
}

#[test]
fn clusters_cross_corpora_that_were_taken_as_one() {
    let folder = nine();
    let books = r#"{"id":"z","text":"same","language":"en","source":"books"}
{"id":"y","text":"new","language":"en","source":"books"}
{"id":"x","text":"longest","language":"en","source":"books"}
"#;
    folder.write("books.jsonl", books);
    folder.ok(&["ingest", "books.jsonl", "--to", "books"]);
    let english = [
        "web",
        "books",
        "--filter",
        "./english.sql",
        "--distinct",
        "exact",
    ];
    let export = [&["export"], &english[..], &["--to", "out"]].concat();
    folder.run(&export).fails_with(&[
        "books has no layer exact of clusters",
        "`corpusql dedup books exact` makes it",
    ]);
    folder.ok(&["dedup", "books", "exact", "--quiet"]);
    folder.run(&export).fails_with(&[
        "the clusters of exact in web and books were not found together",
        "`corpusql dedup web books exact` finds them together",
    ]);
    folder.ok(&["dedup", "web", "books", "exact", "--quiet"]);
    assert_eq!(exported(&folder, &english), ["b", "d", "f", "i", "y"]);
    let keep = |order: &str| exported(&folder, &[&english[..], &["--keep", order]].concat());
    assert_eq!(keep("ORDER BY id DESC"), ["e", "i", "z", "y", "x"]);
    // Ties: corpora in the order of the command, whatever their ranks.
    assert_eq!(keep("ORDER BY text_chars"), ["b", "d", "f", "i", "y"]);
    let turned = [
        "books",
        "web",
        "--filter",
        "./english.sql",
        "--distinct",
        "exact",
        "--keep",
        "ORDER BY text_chars",
    ];
    assert_eq!(exported(&folder, &turned), ["z", "y", "x", "d", "i"]);
    let found = report(
        &folder,
        &["web", "books", "./english.sql", "--distinct", "exact"],
    );
    assert_eq!(amount(&found["distinct"][0]["duplicates"]), [4, 20, 20]);
    assert_eq!(amount(&found["distinct"][0]["kept"]), [5, 20, 21]);
    // One corpus by itself: its documents alone are chosen from.
    let alone = ["books", "--distinct", "exact"];
    assert_eq!(exported(&folder, &alone), ["z", "y", "x"]);
    // The survivors of two clusters of `books` lie in `web`; they do not count as lost where `web` is read.
    let survivors = ["--where", "NOT exact_duplicate"];
    folder
        .run(&[&["mix", "books"], &survivors[..]].concat())
        .succeeds()
        .says(&["2 clusters are lost whole, with 2 documents that would pass"]);
    let both = folder.run(&[&["mix", "web", "books"], &survivors[..]].concat());
    assert!(!both.succeeds().stderr.contains("lost whole"));
}

#[test]
fn clusters_with_one_name_are_not_taken_for_one() {
    let folder = Folder::new();
    let twins = |text: &str| {
        format!("{{\"id\":\"0\",\"text\":\"{text}\"}}\n{{\"id\":\"1\",\"text\":\"{text}\"}}\n")
    };
    folder.write("one.jsonl", twins("one"));
    folder.write("two.jsonl", twins("two"));
    folder.ok(&["ingest", "one.jsonl", "--to", "one"]);
    folder.ok(&["ingest", "two.jsonl", "--to", "two"]);
    folder.ok(&["dedup", "one", "two", "exact", "--quiet"]);
    folder
        .run(&["mix", "one", "two", "--distinct", "exact"])
        .fails_with(&[
            "1 cluster of exact has its name in common with another",
            "unique ids (--map id=COLUMN)",
        ]);
}

/// Documents of few texts, languages and lengths, so that clusters are many and ties are common.
fn random(documents: usize, seed: u64) -> String {
    let mut state = seed | 1;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or(0) % below
    };
    let mut text = String::new();
    for number in 0..documents {
        let word = ["river", "stone", "é", "evening", "window"][next(5)];
        let body = format!("{word} ").repeat(1 + next(documents / 12 + 1));
        let language = ["\"en\"", "\"de\"", "\"fr\"", "null"][next(4)];
        let url = match next(4) {
            0 => "null".to_string(),
            _ => format!("\"https://example.org/{}\"", next(documents / 4)),
        };
        let _ = writeln!(
            text,
            r#"{{"id":"doc-{:04}","text":"{}","language":{language},"source":"s{}","url":{url}}}"#,
            (number * 7919) % documents.next_power_of_two() * 2 + number % 2,
            body.trim_end(),
            next(3)
        );
    }
    text
}

/// A row of the corpus as the obvious way sees it.
#[derive(Clone, Debug)]
struct Row {
    id: String,
    chars: i64,
    language: Option<String>,
    source: String,
    cluster: String,
    rank: i64,
}

/// The corpus and the layer of a preset, as another engine reads them.
fn table(folder: &Folder, preset: &str) -> DataFrame {
    let documents = folder.layer("web", "documents");
    let clusters = folder.layer("web", preset);
    let documents = documents
        .select(["id", "text_chars", "language", "source"])
        .expect("columns");
    let all = documents.hstack(clusters.columns()).expect("the same rows");
    all.with_row_index("row".into(), None).expect("an index")
}

fn rows(table: &DataFrame, preset: &str) -> Vec<Row> {
    let text = |name: &str| -> Vec<Option<String>> {
        let column = table.column(name).expect(name);
        let column = column.cast(&DataType::String).expect("strings");
        let column = column.str().expect("strings");
        column.iter().map(|v| v.map(str::to_string)).collect()
    };
    let number = |name: &str| -> Vec<i64> {
        let column = table.column(name).expect(name);
        let column = column.cast(&DataType::Int64).expect("numbers");
        column.i64().expect("numbers").iter().flatten().collect()
    };
    let [id, language, source] = ["id", "language", "source"].map(text);
    let cluster = text(&format!("{preset}_cluster"));
    let (chars, rank) = (number("text_chars"), number(&format!("{preset}_rank")));
    (0..table.height())
        .map(|i| Row {
            id: id[i].clone().expect("an id"),
            chars: chars[i],
            language: language[i].clone(),
            source: source[i].clone().expect("a source"),
            cluster: cluster[i].clone().expect("a cluster"),
            rank: rank[i],
        })
        .collect()
}

/// The naive twin: of each cluster the first by `before` of those that pass.
fn naive(
    rows: &[Row],
    passes: impl Fn(&Row) -> bool,
    before: impl Fn(&Row, &Row) -> bool,
) -> Vec<String> {
    let mut best: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate().filter(|(_, row)| passes(row)) {
        let entry = best.entry(&row.cluster).or_insert(place);
        if before(row, &rows[*entry]) {
            *entry = place;
        }
    }
    let places: BTreeSet<usize> = best.into_values().collect();
    places
        .into_iter()
        .map(|place| rows[place].id.clone())
        .collect()
}

const LONG: &str = "SELECT text_chars > 12 AS long_enough, rps_doc_word_count < 30 AS short_enough";

#[test]
fn random_corpora_as_the_naive_twin_and_polars_choose() {
    let mut chosen_differently = 0;
    for seed in [3, 77, 2026] {
        let folder = Folder::new();
        folder.write("docs.jsonl", random(400, seed));
        folder.write("long.sql", LONG);
        folder.ok(&["ingest", "docs.jsonl", "--to", "web", "--part-size", "4KB"]);
        folder.ok(&["dedup", "web", "exact", "url", "--quiet"]);
        for preset in ["exact", "url"] {
            let table = table(&folder, preset);
            let all = rows(&table, preset);
            // Words are all followed by a space but the last.
            let passes = |row: &Row| {
                row.chars > 12 && row.language.as_deref() != Some("de") && row.language.is_some()
            };
            let choose = |order: Option<&str>| {
                let mut asked = vec![
                    "web",
                    "--where",
                    "language <> 'de' AND text_chars > 12",
                    "--distinct",
                    preset,
                ];
                asked.extend(order.iter().flat_map(|order| ["--keep", order]));
                exported(&folder, &asked)
            };
            let by_rank = naive(&all, passes, |a, b| a.rank < b.rank);
            assert_eq!(choose(None), by_rank, "{preset} {seed}");
            let by_length = naive(&all, passes, |a, b| {
                (std::cmp::Reverse(a.chars), &a.id) < (std::cmp::Reverse(b.chars), &b.id)
            });
            assert_eq!(
                choose(Some("ORDER BY text_chars DESC, id")),
                by_length,
                "{preset} {seed}"
            );
            let by_source = naive(&all, passes, |a, b| a.source > b.source);
            assert_eq!(
                choose(Some("ORDER BY source DESC")),
                by_source,
                "{preset} {seed}"
            );
            chosen_differently +=
                usize::from(by_rank != by_source) + usize::from(by_rank != by_length);

            // Polars, on its own: the figures of the report and of the mixture.
            let kept = table
                .clone()
                .lazy()
                .filter(
                    col("text_chars")
                        .cast(DataType::Int64)
                        .gt(lit(12))
                        .and(col("language").cast(DataType::String).neq(lit("de"))),
                )
                .sort(
                    [format!("{preset}_rank"), "row".to_string()],
                    SortMultipleOptions::default(),
                )
                .unique_stable(
                    Some(by_name([format!("{preset}_cluster")], true, false)),
                    UniqueKeepStrategy::First,
                )
                .group_by([col("source").cast(DataType::String)])
                .agg([
                    len().cast(DataType::Int64).alias("documents"),
                    col("text_chars")
                        .cast(DataType::Int64)
                        .sum()
                        .alias("characters"),
                ])
                .collect()
                .expect("a frame");
            let strings = kept.column("source").expect("keys");
            let numbers = ["documents", "characters"].map(|name| {
                let column = kept.column(name).expect("figures");
                column
                    .i64()
                    .expect("numbers")
                    .iter()
                    .flatten()
                    .collect::<Vec<_>>()
            });
            let expected: BTreeMap<String, [i64; 2]> = strings
                .str()
                .expect("strings")
                .iter()
                .enumerate()
                .map(|(i, key)| {
                    (
                        key.expect("a source").to_string(),
                        [numbers[0][i], numbers[1][i]],
                    )
                })
                .collect();
            let of = |row: &Value, figures: &Value| {
                let key = row["source"].as_str().expect("a source").to_string();
                let figure = |k: &str| figures[k].as_i64().expect("a number");
                (key, [figure("documents"), figure("characters")])
            };
            let condition = [
                "--where",
                "language <> 'de'",
                "--by",
                "source",
                "--distinct",
                preset,
            ];
            folder.write("longer.sql", "SELECT text_chars > 12 AS long_enough");
            let found = report(
                &folder,
                &[&["web", "./longer.sql"], &condition[..]].concat(),
            );
            let groups = found["groups"].as_array().expect("groups");
            let groups: BTreeMap<_, _> = groups
                .iter()
                .map(|g| of(&g["key"], &g["distinct"][0]["kept"]))
                .collect();
            assert_eq!(groups, expected, "filter {preset} {seed}");
            let mix = [
                &["mix", "web", "--filter", "./longer.sql", "--format", "json"],
                &condition[..],
            ]
            .concat();
            let mixed: Value = serde_json::from_str(&folder.ok(&mix)).expect("JSON");
            let mixed: BTreeMap<_, _> = mixed
                .as_array()
                .expect("groups")
                .iter()
                .map(|row| of(row, row))
                .collect();
            assert_eq!(mixed, expected, "mix {preset} {seed}");
        }
    }
    assert!(chosen_differently > 6, "the orders choose differently");
}

#[test]
fn the_same_however_the_corpus_is_cut_and_read() {
    let documents = random(500, 11);
    let make = |part_size: &str| {
        let folder = Folder::new();
        folder.write("docs.jsonl", &documents);
        folder.write("long.sql", LONG);
        folder.ok(&[
            "ingest",
            "docs.jsonl",
            "--to",
            "web",
            "--part-size",
            part_size,
        ]);
        folder.ok(&["dedup", "web", "exact", "--quiet"]);
        folder
    };
    let mut expected: Option<[String; 2]> = None;
    let mut shards: Option<Vec<(String, Vec<u8>)>> = None;
    for (part_size, threads, batch) in [
        ("1MB", "1", "8192"),
        ("1MB", "2", "3"),
        ("3KB", "1", "8192"),
        ("3KB", "2", "1"),
        ("3KB", "2", "50"),
    ] {
        let folder = make(part_size);
        let fixed = [
            "--distinct",
            "exact",
            "--keep",
            "ORDER BY rps_doc_word_count DESC, source",
            "--threads",
            threads,
            "--batch-size",
            batch,
        ];
        let run = |command: &[&str]| folder.ok(&[command, &fixed[..]].concat());
        let figures = [
            run(&[
                "filter",
                "web",
                "./long.sql",
                "--by",
                "language",
                "--format",
                "json",
            ]),
            run(&[
                "mix",
                "web",
                "--filter",
                "./long.sql",
                "--by",
                "language",
                "--format",
                "json",
            ]),
        ];
        run(&[
            "export",
            "web",
            "--filter",
            "./long.sql",
            "--to",
            "out",
            "--format",
            "jsonl",
            "--shard-size",
            "2KB",
        ]);
        let written: Vec<_> = contents(&folder.path("out"))
            .into_iter()
            .filter(|(name, _)| name != "_export.json")
            .collect();
        assert!(written.len() > 2);
        let at = format!("parts of {part_size}, {threads} threads, batches of {batch}");
        assert_eq!(
            *expected.get_or_insert_with(|| figures.clone()),
            figures,
            "{at}"
        );
        assert!(
            *shards.get_or_insert_with(|| written.clone()) == written,
            "{at}"
        );
    }
}

#[test]
fn an_export_knows_how_it_was_chosen() {
    let folder = nine();
    let export = |more: &[&str]| {
        let fixed = ["export", "web", "--to", "out", "--format", "jsonl"];
        folder.run(&[&fixed[..], more].concat())
    };
    export(&["--distinct", "exact", "--where", "language = 'en'"]).succeeds();
    let manifest = fs::read_to_string(folder.path("out/_export.json")).expect("a manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(
        manifest["made"]["distinct"],
        json!([{"preset": "exact", "keep": "ORDER BY exact_rank"}])
    );
    let layers = manifest["made"]["corpora"][0]["layers"]
        .as_object()
        .expect("layers");
    assert!(layers.contains_key("exact"));
    export(&["--distinct", "exact", "--where", "language = 'en'"])
        .succeeds()
        .says(&["out is already there: 4 documents"]);
    // Another choice is another export, even where it gives the same documents.
    for other in [
        &["--where", "language = 'en'"][..],
        &["--where", "language = 'en'", "--distinct", "url"],
        &[
            "--where",
            "language = 'en'",
            "--distinct",
            "exact",
            "--keep",
            "ORDER BY exact_rank ASC",
        ],
    ] {
        export(other).fails_with(&["out holds another export"]);
    }
    // As is one over clusters that were made again.
    let before = fs::read(folder.path("web/exact/_layer.json")).expect("a layer");
    folder.write("more.jsonl", "{\"id\":\"z\",\"text\":\"more\"}\n");
    folder.ok(&["ingest", "more.jsonl", "--to", "web"]);
    folder.ok(&["dedup", "web", "exact", "--quiet"]);
    assert!(fs::read(folder.path("web/exact/_layer.json")).expect("a layer") != before);
    export(&["--distinct", "exact", "--where", "language = 'en'"])
        .fails_with(&["out holds another export"]);
}

#[test]
fn a_killed_export_of_chosen_documents_goes_on() {
    let folder = Folder::new();
    folder.write("docs.jsonl", random(3000, 5));
    folder.ok(&[
        "ingest",
        "docs.jsonl",
        "--to",
        "web",
        "--part-size",
        "300KB",
    ]);
    folder.ok(&["dedup", "web", "url", "--quiet"]);
    let arguments = [
        "export",
        "web",
        "--to",
        "out",
        "--format",
        "jsonl.zst",
        "--shard-size",
        "60KB",
        "--where",
        "rps_doc_word_count > 3",
        "--distinct",
        "url",
        "--keep",
        "ORDER BY rps_doc_word_count DESC, id",
        "--threads",
        "2",
        "--quiet",
    ];
    folder.ok(&arguments);
    let out = folder.path("out");
    let expected = contents(&out);
    assert!(
        expected.len() > 5,
        "several shards, found {}",
        expected.len()
    );
    let mut interrupted = 0;
    for round in 0..6_u64 {
        fs::remove_dir_all(&out).expect("removed");
        let mut child = folder.start(&arguments);
        for _ in 0..4000 {
            let begun = out.join("_unfinished/plan.json").exists();
            if begun || child.try_wait().expect("asked").is_some() {
                break;
            }
            sleep(Duration::from_millis(1));
        }
        sleep(Duration::from_millis(3 * round));
        let _ = child.kill();
        let _ = child.wait();
        interrupted += usize::from(!out.join("_export.json").exists());
        folder.ok(&arguments);
        assert!(contents(&out) == expected, "round {round}");
    }
    assert!(interrupted > 0, "at least one kill came before the end");
}
