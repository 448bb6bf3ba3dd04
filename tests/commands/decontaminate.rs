//! `decontaminate`: verdicts equal to the references', what each method finds, the same bytes however it runs, refusals with reasons.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use super::support::{Folder, contents, jsonl, repository, shared};

const QUESTION: &str = "A farmer keeps nineteen grey geese behind the old mill and sells three of them each week; how many are left after five weeks?";
const ANSWER: &str = "Five weeks with three geese each are fifteen geese that are sold, so that only four of the nineteen geese are left behind the mill.";

/// Rows of a query, as CSV without its header.
fn rows(folder: &Folder, sql: &str) -> Vec<String> {
    super::support::rows(folder, &["web"], sql)
}

/// Rows of the report, as CSV without its header.
fn report(folder: &Folder, more: &[&str]) -> Vec<String> {
    let arguments = ["decontaminate", "web", "--format", "csv", "--against"];
    let csv = folder.ok(&[&arguments[..], more].concat());
    csv.lines().skip(1).map(str::to_string).collect()
}

/// A corpus of these documents, called by their places, and the evaluation set `geese` of one question.
fn corpus(texts: &[&str]) -> Folder {
    let folder = Folder::new();
    let line =
        |(place, text)| serde_json::json!({"id": format!("{place}"), "text": text}).to_string();
    let lines: Vec<String> = texts.iter().enumerate().map(line).collect();
    folder.write("docs.jsonl", lines.join("\n"));
    folder.ok(&["ingest", "docs.jsonl", "--to", "web"]);
    let item = serde_json::json!({"question": QUESTION, "answer": ANSWER});
    folder.write("geese.jsonl", format!("{item}\n"));
    folder
}

#[test]
fn datatrove_looks_at_answers() {
    let folder = corpus(&[
        &format!("Before. {ANSWER} Behind."),
        QUESTION,
        &format!("{QUESTION} {ANSWER}"),
        "Nothing of it.",
        &format!("Ünd: {}", ANSWER.to_uppercase().replace(',', " --")),
    ]);
    assert_eq!(
        report(&folder, &["geese.jsonl"]),
        ["geese,datatrove,12,1,0,1,1.0,3"]
    );
    let d = "decontaminate_datatrove";
    let sql = format!(
        "SELECT id, {d}_benchmark, {d}_item, {d}_matches, {d}_first_match FROM corpus WHERE {d}_contaminated"
    );
    let first = "five weeks with three geese each are fifteen geese that are sold";
    // The answer has 25 tokens and so 14 grams; 11 more begin in the question.
    let across = "of them each week how many are left after five weeks five";
    assert_eq!(
        rows(&folder, &sql),
        [
            format!("0,geese,geese/0,14,{first}"),
            format!("2,geese,geese/0,25,{across}"),
            format!("4,geese,geese/0,14,{first}"),
        ]
    );
    // Where they are, in characters.
    let sql = format!(
        "SELECT substr(text, CAST({d}_span_starts[1] AS BIGINT) + 1, CAST({d}_span_ends[1] - {d}_span_starts[1] AS BIGINT)) AS found \
         FROM corpus WHERE id = '4'"
    );
    let found = rows(&folder, &sql);
    assert!(
        found[0].starts_with("FIVE WEEKS") && found[0].ends_with("THE MILL"),
        "{found:?}"
    );
    // With grams of the question, that is found, too.
    let more = ["geese.jsonl", "--query-ngrams", "--layer", "q"];
    assert_eq!(report(&folder, &more), ["geese,datatrove,12,1,0,1,1.0,4"]);
    assert_eq!(
        rows(&folder, "SELECT id FROM corpus WHERE NOT q_contaminated"),
        ["3"]
    );
}

#[test]
fn gpt3_cuts_and_leaves_out_what_is_frequent() {
    let filler = |word: &str, many: usize| vec![word; many].join(" ");
    let planted = format!(
        "{} {QUESTION} {}",
        filler("before", 100),
        filler("behind", 100)
    );
    let folder = corpus(&[&planted, "Nothing of it.", QUESTION]);
    assert_eq!(
        report(&folder, &["geese.jsonl", "--method", "gpt3"]),
        ["geese,gpt3,13,1,0,1,1.0,2"]
    );
    let g = "decontaminate_gpt3";
    let sql = format!(
        "SELECT id, {g}_contaminated, {g}_pieces, {g}_dropped, {g}_text IS NULL, length(coalesce({g}_text, text)) FROM corpus"
    );
    // 700 characters before and behind, of which 200 go on each side: two pieces, an empty line between them.
    assert_eq!(
        rows(&folder, &sql),
        [
            "0,true,2,false,false,1002",
            "1,false,1,false,true,14",
            "2,true,0,true,false,0"
        ]
    );
    // What more than ten documents have is no evidence, but the item is found all the same.
    let many: Vec<&str> = vec![QUESTION; 11];
    let folder = corpus(&many);
    assert_eq!(
        report(&folder, &["geese.jsonl", "--method", "gpt3"]),
        ["geese,gpt3,13,1,0,1,1.0,0"]
    );
    let sql = format!("SELECT count(*) FROM corpus WHERE {g}_contaminated OR {g}_dropped");
    assert_eq!(rows(&folder, &sql), ["0"]);
    // In several corpora together.
    let lines = |from: usize, to: usize| -> String {
        let line = |i| serde_json::json!({"id": format!("{i}"), "text": QUESTION}).to_string();
        (from..to).map(line).collect::<Vec<_>>().join("\n")
    };
    let folder = Folder::new();
    folder.write(
        "geese.jsonl",
        serde_json::json!({"question": QUESTION}).to_string(),
    );
    for (name, lines) in [("web", lines(0, 6)), ("books", lines(6, 12))] {
        folder.write("docs.jsonl", lines);
        folder.ok(&["ingest", "docs.jsonl", "--to", name]);
    }
    let of = |corpora: &[&str]| {
        let arguments = [
            &["decontaminate"],
            corpora,
            &[
                "--against",
                "geese.jsonl",
                "--method",
                "gpt3",
                "--format",
                "csv",
            ],
        ];
        folder
            .ok(&arguments.concat())
            .lines()
            .skip(1)
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(of(&["web"]), ["geese,gpt3,13,1,0,1,1.0,6"]);
    assert_eq!(of(&["web", "books"]), ["geese,gpt3,13,1,0,1,1.0,0"]);
}

#[test]
fn paragraphs_and_shares() {
    let words: Vec<&str> = QUESTION.split(' ').collect();
    let most = words[..words.len() - 2].join(" ");
    let folder = corpus(&[
        &format!("Title\n{QUESTION}\nrest"),
        &format!("Title {QUESTION}"),
        &format!("{most}, {ANSWER}"),
        ANSWER,
    ]);
    let p = "decontaminate_dolma_paragraphs";
    assert_eq!(
        report(&folder, &["geese.jsonl", "--method", "dolma_paragraphs"]),
        ["geese,dolma_paragraphs,,1,0,1,1.0,2"]
    );
    let sql = format!(
        "SELECT id, {p}_span_starts, {p}_span_ends FROM corpus WHERE {p}_contaminated ORDER BY id"
    );
    let ends = (6 + QUESTION.chars().count(), ANSWER.chars().count());
    assert_eq!(
        rows(&folder, &sql),
        [format!("0,[6],[{}]", ends.0), format!("3,[0],[{}]", ends.1)]
    );
    assert_eq!(
        report(&folder, &["geese.jsonl", "--method", "palm"]),
        ["geese,palm,8,1,0,1,1.0,1"]
    );
    let s = "decontaminate_palm";
    let sql = format!("SELECT id, {s}_contaminated, round({s}_share, 3) FROM corpus");
    // 24 words and 25 words: 42 grams. The third text lacks the last two words of the question, which are also the first
    // two of the answer: it lacks seven grams.
    assert_eq!(words.len(), 24);
    assert_eq!(ANSWER.split(' ').count(), 25);
    let share = |grams: f64| (grams / 42.0 * 1000.0).round() / 1000.0;
    assert_eq!(
        rows(&folder, &sql),
        [
            format!("0,false,{}", share(17.0)),
            format!("1,false,{}", share(17.0)),
            format!("2,true,{}", share(35.0)),
            format!("3,false,{}", share(18.0)),
        ]
    );
}

#[test]
fn llama2_looks_at_runs_of_tokens() {
    // Two words of the answer are others; another text has too few of its tokens.
    let edited = ANSWER
        .replace("only four", "only five")
        .replace("behind", "near");
    let few = ANSWER.split(' ').take(8).collect::<Vec<_>>().join(" ");
    let folder = corpus(&[
        &format!("Ünd: {edited} Behind."),
        &format!("{few} x"),
        "Nothing of it.",
    ]);
    assert_eq!(
        report(&folder, &["geese.jsonl", "--method", "llama2"]),
        ["geese,llama2,11,1,0,1,1.0,1"]
    );
    let l = "decontaminate_llama2";
    let sql = format!(
        "SELECT id, {l}_item, {l}_first_match, {l}_span_starts, {l}_span_ends FROM corpus WHERE {l}_contaminated AND {l}_share > 0.3"
    );
    // The first word is another token at the beginning of a line than behind a space.
    let found = edited.trim_start_matches("Five");
    let end = 5 + edited.chars().count();
    assert_eq!(
        rows(&folder, &sql),
        [format!("0,geese/0,\"{found}\",[9],[{end}]")]
    );
}

/// What no reference's answer is known of, worked out by hand.
#[test]
fn the_edges_of_each_method() {
    const TREES: [&str; 13] = [
        "alder", "birch", "cedar", "elm", "fir", "hazel", "larch", "maple", "oak", "pine", "rowan",
        "willow", "yew",
    ];
    let words = |from: usize, to: usize| TREES[from..to].join(" ");
    let chinese = "今天天气很好我们去公园散步然后回家吃饭";
    let (twelve, thirteen) = (words(0, 12), words(0, 13));
    let filler = "filler ".repeat(100);
    // Eleven matches that are far apart: twelve pieces. Ten matches: eleven. Nine: ten.
    let scattered =
        |matches: usize| format!("{filler}{}", format!("{thirteen} {filler}").repeat(matches));
    let documents = [
        thirteen.clone(),
        twelve.clone(),
        // The last 13 words of a text, behind a line of other words; capitals and marks are nothing.
        format!(
            "other words\n{}!",
            thirteen.to_uppercase().replace(' ', ", ")
        ),
        format!("{thirteen}\r\nnext"),
        chinese.to_string(),
        String::new(),
        ". . . . . . . . . . . . . . .".to_string(),
        scattered(9),
        scattered(10),
    ];
    let texts: Vec<&str> = documents.iter().map(String::as_str).collect();
    let folder = corpus(&texts);
    // Of one set: the question twice, empty ones, marks alone, one without spaces, one of 12 words.
    let items = [
        serde_json::json!({"question": thirteen}),
        serde_json::json!({"question": thirteen}),
        serde_json::json!({"question": "", "answer": ""}),
        serde_json::json!({"question": ". . . . . . . . . . . . . . ."}),
        serde_json::json!({"question": chinese}),
        serde_json::json!({"question": twelve}),
        serde_json::json!({"question": words(0, 3), "answer": [words(3, 13), "x"]}),
    ];
    let lines: Vec<String> = items.iter().map(ToString::to_string).collect();
    folder.write("edges.jsonl", lines.join("\n"));
    let run = |method: &str, more: &[&str]| {
        let report = report(
            &folder,
            &[&["edges.jsonl", "--method", method, "--layer", "e"], more].concat(),
        );
        let sql = "SELECT id, e_matches, e_items FROM corpus WHERE e_contaminated";
        (report, rows(&folder, sql))
    };

    // 12-grams: two of each text that has 13 words. Items 1 and 6 are too short where only their answers count.
    let (report, found) = run("datatrove", &["--query-ngrams"]);
    assert_eq!(report, ["edges,datatrove,12,7,3,4,0.5714285714285714,6"]);
    let all = r#""[""edges/0"",""edges/1"",""edges/5"",""edges/6""]""#;
    assert_eq!(found[0], format!("0,2,{all}"));
    assert_eq!(
        found[1],
        r#"1,1,"[""edges/0"",""edges/1"",""edges/5"",""edges/6""]""#
    );
    assert_eq!(found[2], format!("2,2,{all}"));
    let ids: Vec<_> = found.iter().map(|row| &row[..1]).collect();
    assert_eq!(ids, ["0", "1", "2", "3", "7", "8"]);

    // 13-grams, in ten documents or fewer; words that are nothing but marks are none, and a script without spaces is one word.
    // Items are found by shorter n-grams, as long as the fifth percentile of items, 8 at least.
    let (report, found) = run("gpt3", &[]);
    assert_eq!(report, ["edges,gpt3,8,7,3,4,0.5714285714285714,5"]);
    let ids: Vec<_> = found.iter().map(|row| &row[..1]).collect();
    assert_eq!(ids, ["0", "2", "3", "7", "8"]);
    // One match more, one piece more.
    let sql = "SELECT id, e_pieces, e_dropped, length(e_text) FROM corpus WHERE e_pieces > 1";
    assert_eq!(rows(&folder, sql)[1..], ["8,11,true,0"]);
    assert!(rows(&folder, sql)[0].starts_with("7,10,false,"));

    // Lines exactly as they are: a carriage return is part of one, twelve words are too few, marks are not looked for. By UAX #29
    // every Chinese character is a word.
    let (report, found) = run("dolma_paragraphs", &[]);
    assert_eq!(
        report,
        ["edges,dolma_paragraphs,,7,4,3,0.42857142857142855,2"]
    );
    assert_eq!(
        found,
        [
            r#"0,1,"[""edges/0"",""edges/1""]""#,
            r#"4,1,"[""edges/4""]""#
        ]
    );

    // All 8-grams of item 5 are in the documents with 12 words and more.
    let (report, found) = run("palm", &[]);
    assert_eq!(report, ["edges,palm,8,7,3,4,0.5714285714285714,6"]);
    assert_eq!(found.len(), 6);
}

#[test]
fn evaluation_sets_of_all_forms() {
    let folder = corpus(&[QUESTION, ANSWER]);
    folder.write(
        "array.json",
        format!("[{{\"prompt\":\"x\",\"gold\":1,\"choices\":[\"no\",\"{ANSWER}\"]}}]"),
    );
    folder.ok(&[
        "sql",
        "web",
        "-c",
        "SELECT text AS query, text AS target FROM corpus",
        "--format",
        "parquet",
        "--output",
        "table.parquet",
    ]);
    let found = report(&folder, &["geese.jsonl", "array.json", "table.parquet"]);
    assert_eq!(
        found,
        [
            "array,datatrove,12,1,0,1,1.0,1",
            "geese,datatrove,12,1,0,1,1.0,1",
            "table,datatrove,12,2,0,2,1.0,2"
        ]
    );
    let d = "decontaminate_datatrove";
    // The last of several benchmarks has the word, all are named.
    let sql = format!("SELECT {d}_benchmark, {d}_benchmarks, {d}_items FROM corpus WHERE id = '1'");
    assert_eq!(
        rows(&folder, &sql),
        [r#"table,"[""array"",""geese"",""table""]","[""array/0"",""geese/0"",""table/1""]""#]
    );
    // A folder is all the sets in it; other fields can be named.
    folder.write(
        "sets/a.jsonl",
        format!("{{\"x\":\"{QUESTION}\",\"y\":[\"{ANSWER}\"]}}"),
    );
    folder.write("sets/README.md", "no set");
    let found = report(
        &folder,
        &["sets", "--query-field", "x", "--label-field", "y"],
    );
    assert_eq!(found, ["a,datatrove,12,1,0,1,1.0,1"]);
    // A set without answers is one of questions.
    folder.write("only.jsonl", format!("{{\"question\":\"{QUESTION}\"}}"));
    folder
        .run(&["decontaminate", "web", "--against", "only.jsonl"])
        .succeeds()
        .says(&[
            "no field is called like an answer",
            "too short",
            "no document of 2 holds anything",
        ]);
}

#[test]
fn what_is_wrong_is_said() {
    let folder = corpus(&["text"]);
    let fails = |arguments: &[&str], words: &[&str]| {
        folder
            .run(&[&["decontaminate", "web", "--against"], arguments].concat())
            .fails_with(words);
    };
    fails(
        &["nowhere.jsonl"],
        &["cannot read the evaluation set nowhere.jsonl"],
    );
    folder.write("x.txt", "x");
    fails(&["x.txt"], &["cannot tell the format", "x.txt", "hint:"]);
    folder.write("bad.jsonl", "{\"question\":\"a\"}\n\nnot json\n");
    fails(
        &["bad.jsonl"],
        &["bad.jsonl, line 3", "expected a JSON object"],
    );
    folder.write("list.jsonl", "[1]\n");
    fails(
        &["list.jsonl"],
        &["object 1", "expected an object, found a number"],
    );
    folder.write("number.jsonl", "{\"question\":\"a\"}\n{\"question\":5}\n");
    fails(
        &["number.jsonl"],
        &[
            "number.jsonl, line 2",
            "expected a text in the field question, found a number",
        ],
    );
    folder.write(
        "choice.jsonl",
        "{\"question\":\"a\",\"answer\":4,\"choices\":[\"x\"]}\n",
    );
    fails(
        &["choice.jsonl"],
        &["choice.jsonl, line 1", "answer is 4", "1 choices"],
    );
    folder.write("none.jsonl", "{\"a\":\"a\"}\n");
    fails(
        &["none.jsonl"],
        &[
            "no field is called like a question",
            "there are a",
            "--query-field",
        ],
    );
    fails(
        &["geese.jsonl", "--label-field", "gold"],
        &["no field gold", "question, answer"],
    );
    folder.write("empty.jsonl", "");
    fails(&["empty.jsonl"], &["empty.jsonl is empty"]);
    folder.write("broken.jsonl.gz", "no gzip");
    fails(&["broken.jsonl.gz"], &["broken.jsonl.gz is damaged"]);
    folder.write("broken.parquet", "no parquet");
    fails(&["broken.parquet"], &["broken.parquet is damaged"]);
    folder.write("other/geese.jsonl", "{\"question\":\"a\"}\n");
    fails(
        &["geese.jsonl", "other/geese.jsonl"],
        &["two evaluation sets are called geese"],
    );
    fs::create_dir(folder.path("nothing")).expect("a folder");
    fails(&["nothing"], &["there is no evaluation set in this folder"]);
    fails(
        &["geese.jsonl", "--method", "gtp3"],
        &["there is no method gtp3", "did you mean gpt3?"],
    );
    fails(&["geese.jsonl", "--ngram", "0"], &["--ngram 0"]);
    fails(
        &["geese.jsonl", "--method", "palm", "--query-ngrams"],
        &["--query-ngrams", "datatrove"],
    );
    fails(
        &["geese.jsonl", "--layer", "documents"],
        &["documents", "cannot be written"],
    );
    folder.ok(&["dedup", "web", "exact"]);
    fails(
        &["geese.jsonl", "--layer", "exact"],
        &["exact", "holds other columns", "--layer"],
    );
    assert!(
        folder
            .ok(&["decontaminate", "--list"])
            .contains("dolma_paragraphs")
    );
}

/// A corpus of several parts with the question planted here and there, and the set `geese`.
fn planted(documents: usize, part_size: &str) -> Folder {
    let folder = Folder::new();
    let docs = jsonl(documents, 120)
        .replace("quiet quiet", ANSWER)
        .replace("42 a ", &format!("\\n{QUESTION}\\n"));
    folder.write("docs.jsonl", docs);
    folder.ok(&[
        "ingest",
        "docs.jsonl",
        "--to",
        "web",
        "--part-size",
        part_size,
    ]);
    let item = serde_json::json!({"question": QUESTION, "answer": ANSWER});
    folder.write("geese.jsonl", format!("{item}\n"));
    folder
}

const METHODS: [&str; 5] = ["datatrove", "gpt3", "dolma_paragraphs", "palm", "llama2"];

#[test]
fn the_same_however_it_runs() {
    let (whole, parts) = (planted(600, "10MB"), planted(600, "40KB"));
    for method in METHODS {
        let run = |folder: &Folder, more: &[&str]| {
            let arguments = [
                "decontaminate",
                "web",
                "--against",
                "geese.jsonl",
                "--method",
                method,
            ];
            folder.ok(&[&arguments[..], more].concat())
        };
        let layer = format!("web/decontaminate_{method}");
        let sql = format!(
            "SELECT id, {} FROM corpus",
            [
                "contaminated",
                "matches",
                "first_match",
                "items",
                "span_starts"
            ]
            .map(|c| format!("decontaminate_{method}_{c}"))
            .join(", ")
        );
        let expected = run(&whole, &[]);
        let mut bytes = None;
        for (threads, batch) in [("1", "8192"), ("2", "8192"), ("2", "7")] {
            let _ = fs::remove_dir_all(parts.path(&layer));
            let found = run(&parts, &["--threads", threads, "--batch-size", batch]);
            assert_eq!(found, expected, "{method}");
            let now = contents(&parts.path(&layer));
            assert!(now.len() > 3, "several parts and a manifest");
            assert!(*bytes.get_or_insert_with(|| now.clone()) == now, "{method}");
        }
        assert_eq!(rows(&whole, &sql), rows(&parts, &sql), "{method}");
    }
    let sql = METHODS
        .map(|m| format!("count(*) FILTER (WHERE decontaminate_{m}_items IS NOT NULL)"))
        .join(", ");
    let counts = rows(&whole, &format!("SELECT {sql} FROM corpus"));
    assert!(counts[0].split(',').all(|count| count != "0"), "{counts:?}");
}

#[test]
fn a_killed_run_goes_on_where_it_was() {
    let folder = planted(3000, "100KB");
    for method in ["datatrove", "gpt3"] {
        let arguments = [
            "decontaminate",
            "web",
            "--against",
            "geese.jsonl",
            "--method",
            method,
        ];
        let layer = folder.path(&format!("web/decontaminate_{method}"));
        let expected_report = folder.ok(&arguments);
        let expected = contents(&layer);
        let whole = |layer: &std::path::Path| {
            let entries = fs::read_dir(layer).into_iter().flatten().flatten();
            let names = entries.map(|e| e.file_name().to_string_lossy().into_owned());
            names.filter(|name| name.ends_with(".parquet")).count()
        };
        let mut interrupted = 0;
        for round in 0..4 {
            fs::remove_dir_all(&layer).expect("removed");
            let mut child = folder.start(&arguments);
            for _ in 0..3000 {
                if whole(&layer) > round || child.try_wait().expect("asked").is_some() {
                    break;
                }
                sleep(Duration::from_millis(1));
            }
            let _ = child.kill();
            let _ = child.wait();
            let finished = whole(&layer);
            let was_interrupted = !layer.join("_layer.json").exists();
            let again = folder.run(&arguments).succeeds();
            if was_interrupted && finished > 0 {
                interrupted += 1;
                assert!(
                    again.stderr.contains("parts were finished before"),
                    "{}",
                    again.stderr
                );
            }
            assert_eq!(again.stdout, expected_report);
            assert!(contents(&layer) == expected, "the same bytes after a kill");
        }
        assert!(interrupted > 0, "at least one kill came before the end");
        folder.run(&arguments).succeeds().says(&["nothing to do"]);
    }
}

#[test]
fn other_sets_and_other_documents_begin_anew() {
    let folder = corpus(&[ANSWER, "other"]);
    let run = |folder: &Folder| {
        folder
            .run(&["decontaminate", "web", "--against", "geese.jsonl"])
            .succeeds()
    };
    run(&folder);
    run(&folder).says(&["nothing to do", "1 of 2 documents are contaminated"]);
    folder.write("geese.jsonl", "{\"question\":\"a\",\"answer\":\"one two three four five six seven eight nine ten eleven twelve\"}\n");
    let again = run(&folder);
    assert!(!again.stderr.contains("nothing to do"));
    assert!(
        again.stderr.contains("no document of 2 holds anything"),
        "{}",
        again.stderr
    );
    folder.write("more.jsonl", "{\"id\":\"m\",\"text\":\"One, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve!\"}");
    folder.ok(&["ingest", "more.jsonl", "--to", "web"]);
    folder
        .run(&[
            "sql",
            "web",
            "-c",
            "SELECT decontaminate_datatrove_matches FROM corpus",
        ])
        .fails_with(&[
            "out of date",
            "corpusql decontaminate web --against FILES… --layer decontaminate_datatrove",
        ]);
    run(&folder).says(&["1 of 3 documents are contaminated"]);
    // The anti-join is SQL, in every command.
    let clean = "NOT decontaminate_datatrove_contaminated";
    assert_eq!(
        rows(&folder, &format!("SELECT id FROM corpus WHERE {clean}")),
        ["0", "1"]
    );
    folder.ok(&[
        "export", "web", "--where", clean, "--to", "out", "--format", "jsonl",
    ]);
    let shard = contents(&folder.path("out"))
        .into_iter()
        .find(|(name, _)| name.ends_with(".jsonl"));
    let shard = String::from_utf8(shard.expect("a shard").1).expect("text");
    assert_eq!(shard.lines().count(), 2);
}

#[test]
fn a_step_of_a_recipe() {
    let folder = corpus(&[ANSWER, "other"]);
    let recipe = "corpus: web\nsteps:\n  - decontaminate: { against: geese.jsonl, ngram: 8 }\n  - export: { where: NOT decontaminate_datatrove_contaminated, to: out, format: jsonl }\n";
    folder.write("recipe.yaml", recipe);
    folder.run(&["run", "recipe.yaml"]).succeeds().says(&[
        "decontaminate by datatrove against geese.jsonl",
        "1 of 2 documents are contaminated",
    ]);
    folder
        .run(&["run", "recipe.yaml"])
        .succeeds()
        .says(&["skipped"]);
    folder.write(
        "recipe.yaml",
        recipe
            .replace("geese.jsonl", "gone.jsonl")
            .replace("ngram: 8", "method: gtp3"),
    );
    folder
        .run(&["run", "recipe.yaml"])
        .fails_with(&["recipe.yaml:3:", "did you mean gpt3?"]);
    folder.write("recipe.yaml", recipe.replace("geese.jsonl", "gone.jsonl"));
    folder
        .run(&["run", "recipe.yaml"])
        .fails_with(&["recipe.yaml:3:", "gone.jsonl"]);
}

/// The configurations of the reference, as arguments.
const CONFIGURATIONS: [(&str, &[&str]); 5] = [
    ("default_12gram", &[]),
    ("query_too", &["--query-ngrams"]),
    ("label_only", &["--no-overlap-ngrams"]),
    ("gpt3_13gram_query", &["--query-ngrams", "--ngram", "13"]),
    ("8gram_query", &["--query-ngrams", "--ngram", "8"]),
];

/// What each configuration finds first in the documents, by id.
fn found(folder: &Folder, against: &str, (config, more): (&str, &[&str])) -> Vec<String> {
    let arguments = [
        "decontaminate",
        "web",
        "--against",
        against,
        "--layer",
        "layer",
        "--format",
        "csv",
    ];
    let report = folder.ok(&[&arguments[..], more].concat());
    let sql =
        "SELECT id, layer_contaminated, layer_first_match, layer_benchmark FROM corpus ORDER BY id";
    let found = rows(folder, sql);
    let contaminated = found.iter().filter(|row| row.contains(",true,")).count();
    assert!(
        report.trim_end().ends_with(&format!(",{contaminated}")),
        "{config}: {report}"
    );
    found
}

fn expected(id: &str, gram: Option<&str>) -> String {
    match gram {
        Some(gram) => format!("{id},true,{gram},gsm8k"),
        None => format!("{id},false,,"),
    }
}

#[test]
fn verdicts_of_datatrove() {
    let folder = Folder::new();
    let data = |name: &str| {
        repository("tests/data/decontamination")
            .join(name)
            .to_string_lossy()
            .into_owned()
    };
    folder.ok(&[
        "ingest",
        &data("documents.jsonl"),
        "--to",
        "web",
        "--part-size",
        "50KB",
    ]);
    let lines = fs::read_to_string(data("documents.jsonl")).expect("it is here");
    let mut golden: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    golden.sort_by_key(|record| record["id"].to_string());
    for configuration in CONFIGURATIONS {
        let expected: Vec<_> = golden
            .iter()
            .map(|record| {
                let gram = record["found"][configuration.0].as_str();
                expected(record["id"].as_str().expect("an id"), gram)
            })
            .collect();
        assert_eq!(
            found(&folder, &data("gsm8k.jsonl"), configuration),
            expected,
            "{}",
            configuration.0
        );
    }
}

#[test]
fn all_verdicts_of_datatrove() {
    let Some(golden) = shared("data/golden/dedup") else {
        return;
    };
    let folder = Folder::new();
    let path = |name: &str| golden.join(name).to_string_lossy().into_owned();
    folder.ok(&[
        "ingest",
        &path("decontamination_documents.parquet"),
        "--to",
        "web",
    ]);
    folder.ok(&[
        "ingest",
        &path("decontamination.parquet"),
        "--to",
        "verdicts",
        "--map",
        "text=config",
    ]);
    fs::copy(
        path("decontamination_evals.parquet"),
        folder.path("gsm8k.parquet"),
    )
    .expect("copied");
    for configuration in CONFIGURATIONS {
        let sql = format!(
            "SELECT id, contaminated, ngram, CASE WHEN contaminated THEN 'gsm8k' END FROM corpus WHERE text = '{}' ORDER BY id",
            configuration.0
        );
        let csv = folder.ok(&["sql", "verdicts", "-c", &sql, "--format", "csv"]);
        let expected: Vec<_> = csv.lines().skip(1).map(str::to_string).collect();
        assert!(expected.len() > 200);
        assert_eq!(
            found(&folder, "gsm8k.parquet", configuration),
            expected,
            "{}",
            configuration.0
        );
    }
}

/// The sets that are there are read as they are: their fields are found.
#[test]
fn published_sets() {
    let Some(sets) = shared("data/bench") else {
        return;
    };
    let folder = corpus(&["text"]);
    let sets = sets.to_string_lossy().into_owned();
    for method in METHODS {
        let rows = report(&folder, &[&sets, "--method", method]);
        let items: Vec<_> = rows
            .iter()
            .map(|row| row.split(',').nth(3).unwrap_or_default())
            .collect();
        assert_eq!(
            items,
            ["164", "1172", "3270", "1319", "5000", "974", "1550", "1838"],
            "{rows:?}"
        );
        let short: Vec<_> = rows
            .iter()
            .map(|row| row.split(',').nth(4).unwrap_or_default())
            .collect();
        assert!(
            method != "datatrove" || (short[0] == "0" && short[3] == "0"),
            "{rows:?}"
        );
    }
}
