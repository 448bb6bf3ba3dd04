//! Random queries, answered with each part of the scan on and off: equal answers.
//!
//! A few hundred answers are compared in every run of the tests; `CORPUSQL_RANDOM_QUERIES=10000` asks more,
//! and `CORPUSQL_RANDOM_SEED` starts elsewhere.

use std::sync::Arc;

use corpusql::corpus::Corpus;
use corpusql::corpus::scan::Switches;
use corpusql::error::Result;
use corpusql::query::Planner;
use corpusql::session::Engine;
use datafusion::common::runtime::SpawnedTask;
use futures::{StreamExt, stream};
use tempfile::TempDir;

use super::corpora::{self, Random};
use super::rows_of;

const QUERIES: usize = 200;

fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(default, |v| v.parse().expect("a number"))
}

/// A query, and three ways to answer it.
struct Question {
    number: u64,
    sql: String,
    ways: [Way; 3],
}

/// Switches, the corpus and the engine by their numbers.
struct Way {
    switches: usize,
    corpus: usize,
    engine: usize,
}

impl Question {
    fn new(number: u64, random: &mut Random) -> Self {
        let sql = query(random);
        // What the star of a query lists depends on what is stored.
        let stars = sql.contains("c.*") || sql.contains(", *") || sql.starts_with("SELECT *");
        // All on, and two of the other combinations; over many queries all of them come.
        let ways = [15, random.below(16), random.below(16)].map(|switches| Way {
            switches,
            corpus: if stars { 1 } else { random.below(3) },
            engine: random.below(3),
        });
        Self { number, sql, ways }
    }

    /// A left join gives its rows in the order of its plan, and what is pushed down decides whether it is one.
    fn is_ordered(&self) -> bool {
        !self.sql.contains(" LEFT JOIN ") || self.sql.contains(" ORDER BY ")
    }
}

/// What queries are asked of.
struct World {
    corpora: [Arc<Corpus>; 3],
    engines: [Engine; 3],
}

impl World {
    /// Answers a question in all ways; how many gave an answer, which are all the same.
    async fn ask(&self, question: Question) -> usize {
        let Question { number, sql, ways } = &question;
        let rows = |answer: Vec<String>| {
            let mut answer = answer;
            if !question.is_ordered() {
                answer.sort();
            }
            answer
        };
        let plain = switches(0);
        let expected = answer(&self.engines[0], &self.corpora[1], plain, sql).await;
        let expected = expected.map(rows);
        let mut answered = 0;
        for way in ways {
            let (engine, corpus) = (&self.engines[way.engine], &self.corpora[way.corpus]);
            let found = answer(engine, corpus, switches(way.switches), sql).await;
            let way = way.switches;
            match (&expected, found.map(rows)) {
                (Ok(expected), Ok(found)) => {
                    assert_eq!(&found, expected, "query {number}, way {way}: {sql}");
                    answered += 1;
                }
                (Err(_), Err(_)) => {}
                (Err(e), Ok(_)) => panic!("query {number}, way {way} answers alone: {sql}\n{e:?}"),
                (Ok(_), Err(e)) => panic!("query {number}, way {way} fails alone: {sql}\n{e:?}"),
            }
        }
        answered
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_way_to_an_answer_gives_the_same() {
    let folder = TempDir::new().expect("a folder");
    let full = corpora::write(folder.path()).await;
    // Signals stored, computed, and stored in two layers.
    let none = Arc::new(full.without_layer("rpv2"));
    let folder = TempDir::new().expect("a folder");
    corpora::write(folder.path()).await;
    let more = [
        "rps_doc_num_sentences",
        "rps_doc_frac_unique_words",
        "text_chars",
    ];
    corpora::add_signals(folder.path(), "more", &more).await;
    let more = Arc::new(Corpus::open(folder.path()).expect("the corpus opens"));
    let world = Arc::new(World {
        corpora: [full, none, more],
        engines: [
            corpora::engine(1, 8192),
            corpora::engine(2, 7),
            corpora::engine(2, 50),
        ],
    });
    let mut random = Random(setting("CORPUSQL_RANDOM_SEED", 20_240_101));
    let queries = setting("CORPUSQL_RANDOM_QUERIES", QUERIES as u64);
    let questions = (0..queries).map(|number| Question::new(number, &mut random));
    let mut answered = 0;
    let mut answers = stream::iter(questions)
        .map(|question| {
            let world = Arc::clone(&world);
            SpawnedTask::spawn(async move { world.ask(question).await }).join_unwind()
        })
        .buffer_unordered(4);
    while let Some(answers) = answers.next().await {
        answered += answers.expect("a question that ends") as u64;
    }
    assert!(
        answered * 10 >= queries * 3 * 9,
        "most queries are meant to run: {answered}"
    );
}

/// One of the 16 combinations of switches.
fn switches(bits: usize) -> Switches {
    Switches {
        pushdown: bits & 1 > 0,
        fusion: bits & 2 > 0,
        late: bits & 4 > 0,
        pruning: bits & 8 > 0,
    }
}

async fn answer(
    engine: &Engine,
    corpus: &Arc<Corpus>,
    switches: Switches,
    sql: &str,
) -> Result<Vec<String>> {
    let planner = Planner::new(engine, &[Arc::clone(corpus)])?;
    rows_of(planner.with_switches(switches), sql).await
}

/// Columns of numbers: stored in two layers, stored or computed, computed, computed from a text that is computed, asked of a
/// model; one that takes several times as long as another.
const NUMBERS: [&str; 14] = [
    "score",
    "place",
    "few",
    "rps_doc_word_count",
    "rps_doc_mean_word_length",
    "rps_doc_num_sentences",
    "rps_doc_frac_unique_words",
    "text_chars",
    "octet_length(text)",
    "character_length(note_text)",
    "rps_doc_num_sentences(datatrove_c4_noterm_text(text))",
    "language_score",
    "datatrove_dup_line_frac",
    "datatrove_top_2_gram",
];
const STRINGS: [&str; 9] = [
    "id",
    "text",
    "url",
    "source",
    "language",
    "label",
    "note_text",
    "domain",
    "language_id",
];
const OTHERS: [&str; 3] = ["items", "rps_lines_num_words", "text_hash"];
const VERDICTS: [&str; 4] = [
    "keep_rpv2_gopher",
    "keep_rpv2_c4",
    "keep_rpv2_gopher__usual_word_count",
    "keep_rpv2_c4__enough_sentences",
];

/// A column of `table`; of the only one, if it is empty.
fn of(table: &str, column: &str) -> String {
    match column.rsplit_once('(') {
        _ if table.is_empty() => column.to_string(),
        Some((function, rest)) => format!("{function}({table}.{rest}"),
        None => format!("{table}.{column}"),
    }
}

fn predicate(random: &mut Random, table: &str, depth: usize) -> String {
    if depth > 0 && random.below(3) == 0 {
        let (left, right) = (
            predicate(random, table, depth - 1),
            predicate(random, table, depth - 1),
        );
        let operator = random.one_of(&["AND", "OR", "OR"]);
        let not = random.one_of(&["", "", "NOT "]);
        return format!("{not}({left} {operator} {right})");
    }
    let number = of(table, random.one_of(&NUMBERS));
    let string = of(table, random.one_of(&STRINGS));
    match random.below(12) {
        0..=3 => {
            let operator = random.one_of(&["<", "<=", ">", ">=", "=", "<>"]);
            let value = match number.rsplit('.').next() {
                Some("place") => random.below(3200).to_string(),
                _ => random.below(40).to_string(),
            };
            format!("{number} {operator} {value}")
        }
        4 => {
            let low = random.below(2200);
            format!("{number} BETWEEN {} AND {}", low / 100, low)
        }
        5 => format!("{number} IS {}NULL", random.one_of(&["", "NOT "])),
        6 => format!("{string} IS {}NULL", random.one_of(&["", "NOT "])),
        7 => format!(
            "{string} LIKE '%{}%'",
            random.one_of(&["o", "e 1", "wiki", "数", "3"])
        ),
        8 => format!(
            "{string} {} ('en', 'good', 'wiki', 'site1.org')",
            random.one_of(&["IN", "NOT IN"])
        ),
        9 => of(table, random.one_of(&VERDICTS)),
        10 => format!("{number} > {}", of(table, random.one_of(&NUMBERS))),
        _ => format!("coalesce({number}, 3) % 3 = 1"),
    }
}

fn item(random: &mut Random, table: &str) -> String {
    let column = match random.below(8) {
        0..=2 => random.one_of(&NUMBERS),
        3..=5 => random.one_of(&STRINGS),
        6 => random.one_of(&OTHERS),
        _ => random.one_of(&VERDICTS),
    };
    of(table, column)
}

fn items(random: &mut Random, table: &str) -> String {
    let count = 1 + random.below(4);
    let items: Vec<String> = (0..count)
        .map(|number| format!("{} AS c{number}", item(random, table)))
        .collect();
    items.join(", ")
}

fn clause(random: &mut Random, table: &str) -> String {
    match random.below(5) {
        0 => String::new(),
        _ => {
            let count = 1 + random.below(3);
            let conjuncts: Vec<String> = (0..count).map(|_| predicate(random, table, 2)).collect();
            format!(" WHERE {}", conjuncts.join(" AND "))
        }
    }
}

fn limit(random: &mut Random) -> String {
    match random.below(4) {
        0 => format!(" LIMIT {}", random.below(60)),
        1 => format!(" LIMIT {} OFFSET {}", random.below(200), random.below(250)),
        _ => String::new(),
    }
}

/// Lists, cases and expressions over several columns.
fn expression(random: &mut Random, table: &str) -> String {
    let number = of(table, random.one_of(&NUMBERS));
    let string = of(table, random.one_of(&STRINGS));
    match random.below(6) {
        0 => format!("array_length({})", of(table, "items")),
        1 => format!("{}[1]", of(table, "rps_lines_num_words")),
        2 => format!(
            "CASE WHEN {} THEN {number} ELSE -1 END",
            predicate(random, table, 1)
        ),
        3 => format!("concat({string}, '/', {})", of(table, "id")),
        4 => format!("nullif({number}, 0) IS NULL"),
        _ => format!("left({string}, 3)"),
    }
}

fn query(random: &mut Random) -> String {
    match random.below(17) {
        10 => {
            let items = [
                item(random, ""),
                expression(random, ""),
                expression(random, ""),
            ];
            format!(
                "SELECT {} FROM corpus{}{}",
                items.join(", "),
                clause(random, ""),
                limit(random)
            )
        }
        11 => {
            let columns = [
                random.one_of(&["source", "label", "few"]),
                random.one_of(&VERDICTS),
            ];
            format!(
                "SELECT DISTINCT {} FROM corpus{} ORDER BY 1, 2{}",
                columns.join(", "),
                clause(random, ""),
                limit(random)
            )
        }
        12 => {
            let keys = [expression(random, ""), item(random, "")];
            format!(
                "SELECT id, text, {} FROM corpus{} ORDER BY {} DESC NULLS LAST, id{}",
                item(random, ""),
                clause(random, ""),
                keys[random.below(2)],
                limit(random)
            )
        }
        13 => format!(
            "SELECT id, {} FROM corpus WHERE few IN (SELECT {} FROM corpus{}) OR {}",
            item(random, ""),
            random.one_of(&["few", "place", "rps_doc_word_count"]),
            clause(random, ""),
            predicate(random, "", 1)
        ),
        14 => format!(
            "SELECT a.id, b.text, {} FROM corpus a LEFT JOIN corpus b ON a.id = b.id AND {} WHERE {} \
             {}",
            item(random, "b"),
            predicate(random, "b", 1),
            predicate(random, "a", 1),
            random.one_of(&["ORDER BY a.id", ""])
        ),
        15 => format!(
            "SELECT id, {} FROM corpus{} UNION ALL SELECT id, {} FROM corpus{}{}",
            random.one_of(&["few", "place"]),
            clause(random, ""),
            random.one_of(&["few", "rps_doc_word_count"]),
            clause(random, ""),
            limit(random)
        ),
        16 => format!(
            "SELECT source, count(DISTINCT label), sum(few), count(*) FILTER (WHERE {}) FROM corpus{} \
             GROUP BY source HAVING count(*) > {} ORDER BY source",
            predicate(random, "", 1),
            clause(random, ""),
            random.below(40)
        ),
        0 => {
            let stars = random.one_of(&["*", "*, text_chars", "c.*", "c.id, *"]);
            format!(
                "SELECT {stars} FROM corpus c{}{}",
                clause(random, ""),
                limit(random)
            )
        }
        1..=3 => {
            let items = items(random, "");
            format!(
                "SELECT {items} FROM corpus{}{}",
                clause(random, ""),
                limit(random)
            )
        }
        4 => {
            let key = random.one_of(&["few", "source", "label", "rps_doc_word_count", "score"]);
            let direction = random.one_of(&["", " DESC", " NULLS FIRST"]);
            let items = items(random, "");
            format!(
                "SELECT id, {items} FROM corpus{} ORDER BY {key}{direction}{}",
                clause(random, ""),
                limit(random)
            )
        }
        5 => {
            let number = random.one_of(&NUMBERS);
            format!(
                "SELECT count(*), count({number}), min({number}), max({number}), sum(score), avg({number}) \
                 FROM corpus{}",
                clause(random, "")
            )
        }
        6 => {
            let key = random.one_of(&["source", "label", "few", "keep_rpv2_c4"]);
            let number = random.one_of(&NUMBERS);
            format!(
                "SELECT {key}, count(*), max({number}), avg({number}), min(id) FROM corpus{} GROUP BY {key}",
                clause(random, "")
            )
        }
        7 => {
            let predicate = predicate(random, "a", 1);
            let items = items(random, "b");
            format!(
                "SELECT a.id, {items} FROM corpus a JOIN corpus b ON a.place = b.place + {} \
                 WHERE {predicate}",
                random.below(3)
            )
        }
        8 => {
            let inner = clause(random, "");
            let items = items(random, "w");
            format!(
                "WITH w AS (SELECT * FROM corpus{inner}) SELECT {items} FROM w{}",
                clause(random, "w")
            )
        }
        _ => {
            let inner = predicate(random, "d", 1);
            format!(
                "SELECT id FROM corpus c WHERE {}EXISTS (SELECT 1 FROM corpus d WHERE d.id = c.id AND \
                 {inner})",
                random.one_of(&["", "NOT "])
            )
        }
    }
}
