//! Filters that have no program to compare with decide as worked out by hand: for each rule a document that passes the
//! whole filter, mostly on the limit, and one that fails this rule and no other.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::support::Folder;

/// A rule, how its number is worked out, a document that passes and one that fails.
type Case = (&'static str, &'static str, String, String);

/// `words` in turn, `n` of them.
fn cycle(words: &[&str], n: usize) -> String {
    let words: Vec<&str> = words.iter().copied().cycle().take(n).collect();
    words.join(" ")
}

/// So many words of six letters, no two of them alike: `word00`, `word01`, …, those behind 99 with another beginning.
fn unlike(n: usize) -> Vec<String> {
    const BEGINNINGS: [&str; 2] = ["word", "term"];
    let word = |i: usize| format!("{}{:02}", BEGINNINGS[i / 100], i % 100);
    (0..n).map(word).collect()
}

/// `n` words of six letters, `between` others, the `n` words again, then `end`.
fn again(n: usize, between: usize, end: &str) -> String {
    let words: Vec<String> = (0..n).map(|i| format!("same{i:02}")).collect();
    let words = words.join(" ");
    format!("{words} {} {words} {end}", unlike(between).join(" "))
}

/// `n` pieces of three words each, 20 characters without their end, and `others` behind the first of them.
fn pieces(n: usize, others: &[&str], between: &str, end: &str) -> String {
    let mut all = String::new();
    for (i, words) in unlike(3 * n).chunks(3).enumerate() {
        all += &format!("{}{end}", words.join(between));
        if let Some(other) = others.get(i) {
            all += &format!("{other}{end}");
        }
    }
    all
}

fn lines(n: usize, line: impl Fn(usize) -> String) -> String {
    (0..n).map(|i| line(i) + "\n").collect()
}

/// Two letters with so many blanks and a line feed between them.
fn apart(blanks: usize) -> String {
    format!("x{}\nx", " ".repeat(blanks))
}

fn case(rule: &'static str, how: &'static str, passes: String, fails: String) -> Case {
    (rule, how, passes, fails)
}

fn dclm_quality() -> Vec<Case> {
    let mill = ["mill", "of", "the"];
    vec![
        case(
            "usual_word_count",
            "50 words pass, 49 fail",
            cycle(&mill, 50),
            cycle(&mill, 49),
        ),
        case(
            "usual_word_length",
            "17 times 4 + 2 + 3 letters in 51 words are 3 a word, 2 + 2 + 3 are 2.33",
            cycle(&mill, 51),
            cycle(&["ox", "of", "the"], 51),
        ),
        case(
            "usual_word_length",
            "16 + 2 + 3 letters in three words are 7 a word, 29 + 2 + 3 are 11.3",
            cycle(&["incomprehensible", "of", "the"], 51),
            cycle(&["floccinaucinihilipilification", "of", "the"], 51),
        ),
        case(
            "few_symbols",
            "5 signs in 50 words are 0.1, 6 are 0.12",
            cycle(&mill, 45) + &" mill#".repeat(5),
            cycle(&mill, 44) + &" mill#".repeat(6),
        ),
        case(
            "few_bullet_lines",
            "9 of 10 lines are 0.9; with all of them it is 1",
            lines(10, |i| {
                format!("{}mill of the mill of the", if i > 0 { "•" } else { "" })
            }),
            lines(10, |_| "•mill of the mill of the".into()),
        ),
        case(
            "few_ellipsis_lines",
            "3 of 10 lines are 0.3, 4 are 0.4; 4 signs in 60 words are no 0.1",
            lines(10, |i| {
                format!("mill of the mill of the{}", if i < 3 { "..." } else { "" })
            }),
            lines(10, |i| {
                format!("mill of the mill of the{}", if i < 4 { "..." } else { "" })
            }),
        ),
        case(
            "words_with_letters",
            "10 of 50 words are numbers, which is 0.2; 11 are 0.22",
            cycle(&mill, 40) + &" 1900".repeat(10),
            cycle(&mill, 39) + &" 1900".repeat(11),
        ),
        case(
            "stop_words",
            "\"of\" and \"The\" are two, \"of\" alone is one; \"the,\" is none",
            cycle(&["mill"], 48) + " of The",
            cycle(&["mill"], 48) + " of the,",
        ),
    ]
}

fn dclm_repetition() -> Vec<Case> {
    let word = |letters: usize| "x".repeat(letters);
    vec![
        case(
            "few_duplicate_lines",
            "3 of 10 lines are \"a\": 0.3; 4 of 10 are 0.4, though 4 of 124 characters only",
            pieces(7, &["a"; 3], " ", "\n"),
            pieces(6, &["a"; 4], " ", "\n"),
        ),
        case(
            "few_duplicate_paragraphs",
            "3 of 10 paragraphs are \"a\", 4 of 10 are 0.4; of the lines, as most paragraphs have three, 4 of 22",
            (0..7).map(|i| three_lines(i, i < 3)).collect(),
            (0..6).map(|i| three_lines(i, i < 4)).collect(),
        ),
        case(
            "few_characters_in_duplicate_lines",
            "2 of 10 lines are alike: 2 x 20 of 40 + 8 x 20 characters are 0.2, 2 x 21 of 202 are 0.208",
            pieces(8, &[&word(20), &word(20)], " ", "\n"),
            pieces(8, &[&word(21), &word(21)], " ", "\n"),
        ),
        case(
            "few_characters_in_duplicate_paragraphs",
            "2 paragraphs of two words with blanks and a line feed between them, 20 characters, of 40 + 8 x 20: 0.2; with 21 of 202: 0.208; the lines in them have 4 characters",
            pieces(8, &[&*apart(17); 2], "\n", "\n\n"),
            pieces(8, &[&*apart(18); 2], "\n", "\n\n"),
        ),
        case(
            "varied_2grams",
            "a pair of 12 letters stands twice: 24 of 24 + 16 x 6 letters are 0.2, with 15 others 24 of 114 are 0.21",
            again(2, 16, ""),
            again(2, 15, ""),
        ),
        case(
            "varied_3grams",
            "18 letters twice: 36 of 36 + 27 x 6 + 2 are 0.18, without the two letters it is 0.182",
            again(3, 27, "yz"),
            again(3, 27, ""),
        ),
        case(
            "varied_4grams",
            "24 letters twice: 48 of 48 + 42 x 6 are 0.16, with 41 others 48 of 294 are 0.163",
            again(4, 42, ""),
            again(4, 41, ""),
        ),
        case(
            "few_duplicate_5grams",
            "30 letters twice: 60 of 60 + 56 x 6 + 4 are 0.15, without the four letters it is 0.152",
            again(5, 56, "wxyz"),
            again(5, 56, ""),
        ),
        case(
            "few_duplicate_6grams",
            "36 letters twice: 72 of 72 + 74 x 6 are 0.1395, with 73 others 72 of 510 are 0.1412, which five words in a row may be",
            again(6, 74, ""),
            again(6, 73, ""),
        ),
        case(
            "few_duplicate_7grams",
            "42 letters twice: 84 of 84 + 94 x 6 are 0.1296, with 93 others 84 of 642 are 0.1308",
            again(7, 94, ""),
            again(7, 93, ""),
        ),
        case(
            "few_duplicate_8grams",
            "48 letters twice: 96 of 96 + 117 x 6 + 2 are 0.12, without the two letters it is 0.1203",
            again(8, 117, "yz"),
            again(8, 117, ""),
        ),
        case(
            "few_duplicate_9grams",
            "54 letters twice: 108 of 108 + 146 x 6 are 0.1098, with 145 others 108 of 978 are 0.1104",
            again(9, 146, ""),
            again(9, 145, ""),
        ),
        case(
            "few_duplicate_10grams",
            "60 letters twice: 120 of 120 + 180 x 6 are 0.1, with 179 others 120 of 1194 are 0.1005",
            again(10, 180, ""),
            again(10, 179, ""),
        ),
    ]
}

/// A paragraph of three lines of one word, and perhaps one of the line "a".
fn three_lines(i: usize, more: bool) -> String {
    let words = unlike(3 * i + 3);
    let more = if more { "a\n\n" } else { "" };
    format!("{}\n\n{more}", words[3 * i..].join("\n"))
}

fn c4_tfds() -> Vec<Case> {
    let three =
        "We went down to the sea.\nIt was cold in the wind.\nNobody else had come that day!";
    let with = |line: &str| format!("{three}\n{line}");
    vec![
        case(
            "not_too_long",
            "190,000 characters pass, one more fails; the line of one word is dropped before",
            format!("{three}\n{}", "x".repeat(190_000 - 1 - three.len())),
            format!("{three}\n{}", "x".repeat(190_000 - three.len())),
        ),
        case(
            "no_lorem_ipsum",
            "a line without an end mark is dropped before it is looked at; one with five words and a mark is not",
            with("Here is some Lorem ipsum text"),
            with("Here is some Lorem ipsum text."),
        ),
        case(
            "no_curly_brackets",
            "four words are too few, so the line is dropped before; five are enough; } does not count",
            with("We saw a {.\nWe saw a } there once."),
            with("We saw a { there."),
        ),
        case(
            "no_bad_words",
            "the listed word is looked for in lines that stay, with anything but a word character around it",
            with("They sold nude pictures there\nThey sold nudepictures there at noon."),
            with("They sold \"nude\" pictures there."),
        ),
        case(
            "enough_sentences",
            "three lines of a sentence are three; a line that asks for javascript is dropped: two",
            three.to_string(),
            three.replace("Nobody", "Javascript"),
        ),
    ]
}

fn words_removed(rule: &'static str, list_marks: &str) -> Vec<Case> {
    let text = |words: usize| {
        format!(
            "{}\n{list_marks}\nSUBSCRIBE",
            cycle(&["Yes", "we", "can"], words)
        )
    };
    vec![case(
        rule,
        "of 20 words the line of one goes: 0.05; of 19 it is 0.0526",
        text(19),
        text(18),
    )]
}

fn slimpajama() -> Vec<Case> {
    let text = |letters: usize| format!(" «{}»  ... --{}!", "ab ".repeat(60), "c".repeat(letters));
    vec![case(
        "long_enough",
        "« and 60 times \"ab \" and » and a blank are 183 characters, as two blanks are one and ASCII punctuation is none; 17 letters make 200, 16 make 199",
        text(17),
        text(16),
    )]
}

#[test]
fn filters_without_an_oracle_decide_as_worked_out_by_hand() {
    let filters = [
        ("dclm_quality", dclm_quality()),
        ("dclm_repetition", dclm_repetition()),
        (
            "dclm_refinedweb_lines",
            words_removed("few_words_removed", "- - - -"),
        ),
        ("refinedweb_lines", words_removed("few_words_removed", "")),
        ("c4_tfds", c4_tfds()),
        ("slimpajama", slimpajama()),
    ];
    let folder = Folder::new();
    let documents = filters.iter().flat_map(|(filter, cases)| {
        cases
            .iter()
            .zip(0..)
            .flat_map(move |((_, _, passes, fails), number)| {
                [("passes", passes), ("fails", fails)].map(|(kind, text)| {
                    let id = format!("{filter} {number} {kind}");
                    json!({"id": id, "text": text, "language": "en"}).to_string()
                })
            })
    });
    folder.write("documents.jsonl", documents.collect::<Vec<_>>().join("\n"));
    folder.ok(&["ingest", "documents.jsonl", "--to", "web"]);
    let mut wrong = Vec::new();
    for (filter, cases) in &filters {
        let rules = rules(&folder, filter);
        for rule in &rules {
            assert!(
                cases.iter().any(|case| case.0 == rule),
                "{filter}: no documents for {rule}"
            );
        }
        let columns = rules
            .iter()
            .map(|rule| format!(", keep_{filter}__{rule} AS {rule}"));
        let sql = format!(
            "SELECT id{} FROM corpus WHERE id LIKE '{filter} %'",
            columns.collect::<String>()
        );
        let rows: BTreeMap<String, Value> = folder
            .ok(&["sql", "web", "--format", "jsonl", "-c", &sql])
            .lines()
            .map(|line| {
                let row: Value = serde_json::from_str(line).expect("JSON");
                (row["id"].as_str().expect("an id").to_string(), row)
            })
            .collect();
        let failed = |id: String| -> Vec<&str> {
            let fails = |rule: &&String| rows[&id][rule.as_str()] != Value::Bool(true);
            rules.iter().filter(fails).map(String::as_str).collect()
        };
        for ((rule, how, ..), number) in cases.iter().zip(0..) {
            for (kind, expected) in [("passes", vec![]), ("fails", vec![*rule])] {
                let found = failed(format!("{filter} {number} {kind}"));
                if found != expected {
                    wrong.push(format!(
                        "{filter}, {rule} ({how}): what {kind} fails {found:?}"
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rule that URLs are no words, in DCLM: 49 words and an address, which goes from every text, and a URL, which goes only from a
/// text that begins with a top-level domain (`mil`, not `pil`).
fn without_urls() -> [(String, &'static [&'static str]); 4] {
    let words = |first: &str, n: usize| {
        let mut text = first.to_string();
        for (word, i) in unlike(n - 3).iter().zip(0..) {
            text += if i % 10 == 9 { "\n" } else { " " };
            text += word;
        }
        text + " of the"
    };
    [
        (words("mill", 49) + " 10.0.0.1:80/x", &["usual_word_count"]),
        (words("mill", 50) + " 10.0.0.1:80/x", &[]),
        (
            words("mill", 49) + " https://a.example.org/b",
            &["usual_word_count"],
        ),
        (words("pill", 49) + " https://a.example.org/b", &[]),
    ]
}

#[test]
fn dclms_rules_in_a_row_decide_like_each_alone_over_the_text_without_urls() {
    let parts = [
        ("dclm_quality", dclm_quality()),
        ("dclm_repetition", dclm_repetition()),
        (
            "dclm_refinedweb_lines",
            words_removed("few_words_removed", "- - - -"),
        ),
    ];
    let texts = parts.iter().flat_map(|(_, cases)| cases);
    let texts = texts.flat_map(|(_, _, passes, fails)| [passes, fails]);
    let folder = Folder::new();
    let mut documents: Vec<String> = texts
        .zip(0..)
        .flat_map(|(text, number)| {
            let with_address = format!("{text} 10.0.0.1:80/x");
            [("plain", text), ("with", &with_address)].map(|(kind, text)| {
                json!({"id": format!("{kind} {number}"), "text": text}).to_string()
            })
        })
        .collect();
    let all = documents.len() / 2;
    for ((text, _), number) in without_urls().iter().zip(0..) {
        documents.push(json!({"id": format!("url {number}"), "text": text}).to_string());
    }
    folder.write("documents.jsonl", documents.join("\n"));
    folder.ok(&["ingest", "documents.jsonl", "--to", "web"]);
    let chain = rules(&folder, "dclm_refinedweb");
    let part_of = |rule: &String| {
        let has = |(part, _): &&(&'static str, Vec<Case>)| rules(&folder, part).contains(rule);
        parts.iter().find(has).expect("a part with the rule").0
    };
    let in_parts: usize = parts
        .iter()
        .map(|(part, _)| rules(&folder, part).len())
        .sum();
    assert_eq!(chain.len(), in_parts);
    let columns = chain.iter().map(|rule| {
        let part = part_of(rule);
        format!(", keep_{part}__{rule} AS part_{rule}, keep_dclm_refinedweb__{rule} AS {rule}")
    });
    let sql = format!("SELECT id{} FROM corpus", columns.collect::<String>());
    let found = folder.ok(&["sql", "web", "--format", "jsonl", "-c", &sql]);
    let rows: BTreeMap<String, Value> = found
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).expect("JSON");
            (row["id"].as_str().expect("an id").to_string(), row)
        })
        .collect();
    let mut failures = 0;
    for number in 0..all {
        let (plain, with) = (
            &rows[&format!("plain {number}")],
            &rows[&format!("with {number}")],
        );
        for rule in &chain {
            assert_eq!(
                with[rule.as_str()],
                plain[format!("part_{rule}")],
                "{number}: {rule}"
            );
            failures += usize::from(with[rule.as_str()] == Value::Bool(false));
        }
    }
    assert!(failures > chain.len());
    for ((_, expected), number) in without_urls().iter().zip(0..) {
        let row = &rows[&format!("url {number}")];
        let failed = chain
            .iter()
            .map(String::as_str)
            .filter(|rule| row[*rule] != Value::Bool(true));
        assert_eq!(failed.collect::<Vec<_>>(), *expected, "url {number}");
    }
}

/// The rules of a filter, in order.
fn rules(folder: &Folder, filter: &str) -> Vec<String> {
    let report = folder.ok(&["filter", "web", filter, "--format", "json"]);
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let rules = report["filters"][0]["rules"].as_array().expect("rules");
    let name = |rule: &Value| rule["rule"].as_str().expect("a name").to_string();
    rules.iter().map(name).collect()
}
