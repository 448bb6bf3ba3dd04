//! `run`: a recipe from inputs to shards, again, planned, interrupted; and all that can be wrong with one.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use super::support::{Folder, contents, jsonl};

const RECIPE: &str = "\
what: a small run
corpus: web
options: { threads: 2, memory_limit: 1GB }
steps:
  - ingest:
      inputs: [docs.jsonl]
      part_size: 100KB
  - ingest:
      inputs: more/*.jsonl
      language: en
  - annotate:
      layers: rpv2
  - annotate:
      sql: mine.sql
      layer: mine
  - filter:
      filters: [rpv2_gopher_card, ./long.sql]
      where: language = 'en' AND words_per_line > 0
      by: [source]
      set: { rpv2_gopher_card.min_words: 20 }
      output: report.json
      format: json
  - mix:
      by: [source, language]
      filter: rpv2_gopher_card
      pivot: language
  - export:
      filter: long
      where: loud <> 'S2'
      to: out
      format: jsonl.gz
      shard_size: 80KB
      columns: [id, text, loud, words_per_line AS density, rps_doc_word_count]
";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write(
        "recipe.yaml",
        RECIPE.replace("filter: long\n", "filter: long.sql\n"),
    );
    folder.write("docs.jsonl", jsonl(900, 200));
    folder.write("more/a.jsonl", jsonl(40, 90).replace("doc-", "a-"));
    folder.write("more/b.jsonl", jsonl(30, 90).replace("doc-", "b-"));
    folder.write(
        "mine.sql",
        "SELECT rps_doc_word_count / rps_lines_count AS words_per_line, upper(source) AS loud FROM corpus",
    );
    folder.write(
        "long.sql",
        "-- params:\n--   least: 30\nSELECT rps_doc_word_count >= $least AS long_enough",
    );
    folder
}

#[test]
fn a_recipe_runs_once_and_repeats_nothing() {
    let folder = folder();
    let plan = folder.ok(&["run", "recipe.yaml", "--plan"]);
    let expected = "
 1  to do     ingest docs.jsonl: 1 input with ";
    assert!(plan.starts_with(&expected[1..]), "{plan}");
    assert!(
        plan.contains(" 3  to do     annotate rpv2: after the steps before\n"),
        "{plan}"
    );
    assert!(
        plan.contains(" 5  each run  filter rpv2_gopher_card, long: a report\n"),
        "{plan}"
    );
    assert!(
        plan.contains(" 7  to do     export to out: after the steps before\n"),
        "{plan}"
    );
    assert!(
        !folder.path("web").exists() && !folder.path("out").exists(),
        "a plan touches nothing"
    );

    let first = folder.run(&["run", "recipe.yaml"]).succeeds().says(&[
        "step 1 of 7: ingest docs.jsonl\n",
        "step 4 of 7: annotate mine\n",
        "recipe.yaml: 7 steps done, 0 skipped, ",
    ]);
    assert!(
        first.stdout.contains("documents"),
        "the mixture is on stdout: {}",
        first.stdout
    );
    let report = fs::read_to_string(folder.path("report.json")).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["documents"], 970);
    assert_eq!(report["set"]["rpv2_gopher_card.min_words"], 20);
    let corpus = contents(&folder.path("web"));
    let out = contents(&folder.path("out"));
    assert!(out.len() > 2, "several shards");

    let plan = folder.ok(&["run", "recipe.yaml", "--plan"]);
    for line in [
        " 1  done      ingest docs.jsonl: 1 input ingested\n",
        " 2  done      ingest more/*.jsonl: 2 inputs ingested\n",
        " 4  done      annotate mine: ",
        " 6  each run  mix by source, language: a report\n",
        " 7  done      export to out: ",
    ] {
        assert!(plan.contains(line), "{line} not in\n{plan}");
    }
    let again = folder.run(&["run", "recipe.yaml"]).succeeds().says(&[
        "step 1 of 7: ingest docs.jsonl: skipped, 1 input ingested before\n",
        "step 3 of 7: annotate rpv2: skipped, ",
        "step 7 of 7: export to out: skipped, ",
        "recipe.yaml: 2 steps done, 5 skipped, ",
    ]);
    assert_eq!(again.stdout, first.stdout);
    assert!(contents(&folder.path("web")) == corpus && contents(&folder.path("out")) == out);

    // A changed threshold is another export: the folder is not written over, the rest is skipped.
    folder.write(
        "long.sql",
        "-- params:\n--   least: 60\nSELECT rps_doc_word_count >= $least AS long_enough",
    );
    folder.run(&["run", "recipe.yaml"]).fails_with(&[
        "error: recipe.yaml:27:5: step 7 of 7, export to out",
        "caused by: out holds another export: ",
        "hint: choose another folder, or replace that export with --overwrite (`overwrite: true` in a recipe)",
    ]);
}

#[test]
fn an_interrupted_run_goes_on() {
    let folder = folder();
    let run = ["run", "recipe.yaml", "--quiet"];
    folder.ok(&run);
    let corpus = contents(&folder.path("web"));
    let out = contents(&folder.path("out"));
    let mut interrupted = 0;
    for round in 0..6 {
        for name in ["web", "out"] {
            fs::remove_dir_all(folder.path(name)).expect("removed");
        }
        let mut child = folder.start(&run);
        sleep(Duration::from_millis(60 + 90 * round));
        let _ = child.kill();
        interrupted += usize::from(!child.wait().expect("ended").success());
        folder.ok(&run);
        assert!(
            contents(&folder.path("web")) == corpus,
            "the same corpus after a kill"
        );
        assert!(
            contents(&folder.path("out")) == out,
            "the same shards after a kill"
        );
    }
    assert!(interrupted > 0, "at least one kill came before the end");
}

#[test]
fn paths_and_options() {
    let folder = folder();
    fs::create_dir(folder.path("elsewhere")).expect("a folder");
    let beside = fs::read_to_string(folder.path("recipe.yaml")).expect("a recipe");
    folder.write("recipe.yaml", format!("relative_to: recipe\n{beside}"));
    let mut command = folder.command(&["run", "../recipe.yaml", "--quiet", "--threads", "1"]);
    let ran = command
        .current_dir(folder.path("elsewhere"))
        .output()
        .expect("runs");
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    assert!(folder.path("out/_export.json").exists());
    let plan = folder.ok(&["run", "quickstart", "--help"]);
    assert!(plan.contains("Relative paths in it start at the current folder"));
}

/// A recipe with `steps` on a corpus that is there, and what is said of it.
#[track_caller]
fn refused(folder: &Folder, recipe: &str, words: &[&str]) {
    folder.write("wrong.yaml", recipe);
    folder.run(&["run", "wrong.yaml"]).fails_with(words);
    folder
        .run(&["run", "--plan", "wrong.yaml"])
        .fails_with(words);
}

#[test]
fn what_is_wrong_is_said_where_it_stands() {
    let folder = folder();
    folder.ok(&["ingest", "docs.jsonl", "--to", "web"]);
    let before = contents(&folder.path("web"));
    let cases: &[(&str, &[&str])] = &[
        (
            "corpus: [\n",
            &[
                "error: wrong.yaml:1:9: unclosed bracket '['",
                "hint: a recipe is YAML",
            ],
        ),
        (
            "corpus: web\ncorpus: web\n",
            &["error: wrong.yaml:2:1: duplicate mapping key `corpus`"],
        ),
        (
            "corpus: web\n",
            &["error: wrong.yaml:1:1: a recipe needs the key `steps`"],
        ),
        (
            "",
            &["error: wrong.yaml:1:1: a recipe needs the key `steps`"],
        ),
        (
            "corpse: web\nsteps:\n  - annotate: { layers: rpv2 }\n",
            &[
                "wrong.yaml:1:1: a recipe has no key `corpse`; it has what, source, corpus, relative_to, options, steps; did you mean `corpus`?",
            ],
        ),
        (
            "corpus: web\nsteps:\n  - anotate: { layers: rpv2 }\n",
            &[
                "error: wrong.yaml:3:5: no step is named `anotate`; there are ingest, annotate, dedup, decontaminate, filter, mix, export",
                "hint: did you mean `annotate`?",
            ],
        ),
        (
            "corpus: web\nsteps:\n  - annotate: { layer: rpv2 }\n",
            &[
                "wrong.yaml:3:24: layer names what `sql` makes, and there is no `sql`",
                "layers of the library stand under `layers`",
            ],
        ),
        (
            "corpus: web\nsteps:\n  - annotate: { layers: rvp2 }\n",
            &[
                "error: wrong.yaml:3:25: no layer is named `rvp2`",
                "hint: did you mean `rpv2`?",
            ],
        ),
        (
            "corpus: web\nsteps:\n  - annotate: { sql: gone.sql, layer: mine }\n",
            &["error: wrong.yaml:3:22: cannot read gone.sql: No such file"],
        ),
        (
            "corpus: nowhere\nsteps:\n  - annotate: { layers: rpv2 }\n  - mix: { by: source }\n",
            &[
                "error: wrong.yaml:1:9: there is no corpus nowhere, and no step before makes it",
                "hint: begin with an ingest step",
            ],
        ),
        (
            "corpus: new\nsteps:\n  - ingest: { inputs: [docs.jsonl, gone-*.jsonl] }\n",
            &["error: wrong.yaml:3:36: no input matches gone-*.jsonl"],
        ),
        (
            "corpus: new\nsteps:\n  - ingest: { inputs: docs.jsonl, map: { txt: body } }\n",
            &[
                "error: wrong.yaml:3:42: txt is no base column",
                "did you mean text?",
            ],
        ),
        (
            "corpus: web\nsteps:\n  - filter: { filters: rpv2_goper }\n",
            &[
                "error: wrong.yaml:3:24: no filter is named `rpv2_goper`",
                "hint: did you mean `rpv2_gopher`?",
            ],
        ),
        (
            "corpus: web\nsteps:\n  - filter:\n      filters: rpv2_c4\n      set: { rpv2_c4.min_sentence: 3 }\n",
            &[
                "error: wrong.yaml:5:14: filter rpv2_c4 has no parameter `min_sentence`",
                "hint: did you mean `rpv2_c4.min_sentences`?",
            ],
        ),
        (
            "corpus: web\nsteps:\n  - filter:\n      filters: rpv2_c4\n      where: languge = 'en'\n",
            &[
                "error: wrong.yaml:5:14: there is no column `languge`",
                "hint: did you mean `language`?",
            ],
        ),
        (
            "corpus: web\nsteps:\n  - filter:\n      filters: rpv2_c4\n      where: language =\n",
            &["error: wrong.yaml:5:14: where: expected an expression, found EOF"],
        ),
        (
            "corpus: web\nsteps:\n  - filter:\n      filters: rpv2_c4\n      where: rps_doc_word_count\n",
            &[
                "error: wrong.yaml:5:14: a condition is true or false; this is a value of type Int64",
            ],
        ),
        (
            "corpus: web\nsteps:\n  - filter: { filters: rpv2_c4, where: 'rps_doc_wordcount(text) > 3' }\n",
            &[
                "error: wrong.yaml:3:40: there is no function `rps_doc_wordcount`",
                "hint: did you mean `rps_doc_word_count`?",
            ],
        ),
        (
            "corpus: web\nsteps:\n  - mix: { by: [source, langage] }\n",
            &[
                "error: wrong.yaml:3:25: there is no column `langage`",
                "hint: did you mean `language`?",
            ],
        ),
        (
            "corpus: web\nsteps:\n  - mix: { by: [source, language], pivot: langage }\n",
            &[
                "error: wrong.yaml:3:43: pivot is one of the columns of `by` (source, language); found `langage`",
                "hint: did you mean `language`?",
            ],
        ),
        (
            "corpus: web\nsteps:\n  - mix: { by: source, format: jsn }\n",
            &[
                "error: wrong.yaml:3:32: format is one of table, csv, json, jsonl, parquet; found `jsn`",
                "hint: did you mean `json`?",
            ],
        ),
        (
            "corpus: web\nsteps:\n  - export: { to: out, format: jsonl.zstd }\n",
            &[
                "error: wrong.yaml:3:32: format is one of parquet, jsonl, jsonl.zst, jsonl.gz, rpv2; found `jsonl.zstd`",
                "hint: did you mean `jsonl.zst`?",
            ],
        ),
        (
            "corpus: web\nsteps:\n  - export: { to: out, columns: [id, tetx] }\n",
            &[
                "error: wrong.yaml:3:38: there is no column `tetx`",
                "hint: did you mean `text`?",
            ],
        ),
        (
            "corpus: web\nsteps:\n  - export: { to: more }\n",
            &[
                "error: wrong.yaml:3:19: more is no export; expected a new or empty folder, found a.jsonl, b.jsonl",
            ],
        ),
        (
            "corpus: web\nsteps:\n  - export: { format: jsonl }\n",
            &["error: wrong.yaml:3:5: export needs the key `to`"],
        ),
        (
            "corpus: web\nsteps:\n  - export: { to: out, shard_size: 5 parsecs }\n",
            &["error: wrong.yaml:3:36: shard_size: `parsecs` is no unit of size"],
        ),
        (
            "corpus: web\noptions: { threads: none }\nsteps:\n  - export:\n    to: out\n",
            &[
                "error: wrong.yaml has 2 problems\n  wrong.yaml:2:21: threads takes a number of at least 1, found `none`\n  wrong.yaml:4:5: a step has one name, found export, to; begin each step with a dash of its own",
            ],
        ),
    ];
    for (recipe, words) in cases {
        refused(&folder, recipe, words);
    }
    assert!(
        contents(&folder.path("web")) == before,
        "nothing was touched"
    );
    folder.run(&["run", "quikstart"]).fails_with(&[
        "no recipe is named `quikstart`",
        "hint: did you mean `quickstart`?",
    ]);
    folder
        .run(&["run", "gone.yaml"])
        .fails_with(&["cannot read gone.yaml"]);
}

/// Columns of Parquet inputs and of layers that do not exist yet are known.
#[test]
fn columns_are_known_before_they_exist() {
    let folder = folder();
    folder.ok(&["ingest", "docs.jsonl", "--to", "web"]);
    folder.ok(&[
        "export",
        "web",
        "--to",
        "parquet",
        "--columns",
        "id AS key, text AS body, language, rps_doc_word_count AS words",
    ]);
    let recipe = |map: &str, column: &str| {
        format!(
            "corpus: new\nsteps:\n  - ingest: {{ inputs: parquet/*.parquet, map: {{ {map} }} }}\n  - annotate: {{ sql: mine.sql, layer: mine, prefix: my_ }}\n  - mix: {{ by: language, where: words > 5 AND {column} > 0.5 }}\n"
        )
    };
    refused(
        &folder,
        &recipe("id: kay, text: body", "my_words_per_line"),
        &[
            "error: wrong.yaml:3:53: no input has the column kay",
            "hint: did you mean key?",
        ],
    );
    refused(
        &folder,
        &recipe("id: key, text: body", "my_words_per_lin"),
        &[
            "error: wrong.yaml:5:33: there is no column `my_words_per_lin`",
            "did you mean `my_words_per_line`?",
        ],
    );
    folder.write(
        "right.yaml",
        recipe("id: key, text: body", "my_words_per_line"),
    );
    folder.ok(&["run", "right.yaml"]);
}

#[test]
fn steps_choose_of_clusters() {
    let folder = Folder::new();
    folder.write(
        "docs.jsonl",
        jsonl(60, 40) + &jsonl(60, 40).replace("doc-", "copy-"),
    );
    folder.ok(&["ingest", "docs.jsonl", "--to", "web"]);
    folder.ok(&["dedup", "web", "exact", "--quiet"]);
    let recipe = "\
corpus: web
steps:
  - filter:
      filters: rpv2_gopher_card
      set: { rpv2_gopher_card.min_words: 5 }
      distinct: exact
      keep: ORDER BY id DESC
      output: report.json
      format: json
  - mix:
      by: source
      where: language <> 'zh'
      distinct: [exact]
      output: mix.json
      format: json
  - export:
      where: language <> 'zh'
      distinct: exact
      keep: ORDER BY id
      to: out
      format: jsonl
      columns: id
";
    folder.write("recipe.yaml", recipe);
    folder.ok(&["run", "recipe.yaml", "--quiet"]);
    let read = |name: &str| -> serde_json::Value {
        let text = fs::read_to_string(folder.path(name)).expect("a file");
        serde_json::from_str(&text).expect("JSON")
    };
    let report = read("report.json");
    assert_eq!(report["distinct"][0]["keep"], "ORDER BY id DESC");
    let documents = |value: &serde_json::Value| value["documents"].as_u64().expect("a number");
    let (kept, chosen) = (documents(&report["kept"]), &report["distinct"][0]);
    assert_eq!(
        kept,
        documents(&chosen["kept"]) + documents(&chosen["duplicates"])
    );
    assert!(
        documents(&chosen["kept"]) * 2 <= kept,
        "every document has a copy"
    );
    let ids = fs::read_to_string(folder.path("out/shard-00000.jsonl")).expect("a shard");
    assert!(!ids.contains("doc-"), "`copy-` comes before `doc-`: {ids}");
    let mix = read("mix.json");
    let counted: u64 = mix.as_array().expect("groups").iter().map(documents).sum();
    assert_eq!(counted, ids.lines().count() as u64);
    assert_eq!(counted, documents(&read("out/_export.json")));
    folder
        .run(&["run", "recipe.yaml"])
        .succeeds()
        .says(&["step 3 of 3: export to out: skipped, "]);

    let wrong = |change: (&str, &str), words: &[&str]| {
        refused(&folder, &recipe.replace(change.0, change.1), words);
    };
    wrong(
        ("distinct: [exact]", "distinct: [exakt]"),
        &["wrong.yaml:13:18: distinct: there is no column `exakt_cluster`"],
    );
    wrong(
        ("keep: ORDER BY id\n", "keep: id\n"),
        &["wrong.yaml:19:13: keep begins with ORDER BY; found id"],
    );
    wrong(
        ("keep: ORDER BY id\n", "keep: ORDER BY idd\n"),
        &["wrong.yaml:19:13: there is no column `idd`"],
    );
    wrong(
        ("keep: ORDER BY id\n", "keep: ORDER BY text\n"),
        &["wrong.yaml:19:13: keep: `text` would carry texts through a sort"],
    );
    wrong(
        (
            "      distinct: exact\n      keep: ORDER BY id\n",
            "      keep: ORDER BY id\n",
        ),
        &["keep says which document of a cluster stays, and no clusters are named"],
    );
}

#[test]
fn duplicates_are_found_once() {
    let folder = Folder::new();
    folder.write("web.jsonl", jsonl(40, 40));
    folder.write("books.jsonl", jsonl(50, 40).replace("doc-", "book-"));
    folder.write("chosen.sql", "SELECT text_chars > 0 AS written");
    let recipe = "\
corpus: web
steps:
  - ingest: { inputs: web.jsonl }
  - ingest: { inputs: books.jsonl, corpus: books }
  - dedup:
      presets: [exact, minhash_text_dedup]
      corpora: [web, books]
  - dedup: { presets: url }
  - dedup: { key: \"substr(text, 1, 9)\", name: beginning }
  - export:
      filter: ./chosen.sql
      distinct: [url]
      keep: ORDER BY minhash_text_dedup_cluster_size DESC, exact_rank
      to: out
";
    folder.write("recipe.yaml", recipe);
    let plan = folder.ok(&["run", "recipe.yaml", "--plan"]);
    for line in [
        " 3  to do     dedup exact, minhash_text_dedup in 2 corpora: after the steps before\n",
        " 4  to do     dedup url: after the steps before\n",
        " 5  to do     dedup beginning: after the steps before\n",
    ] {
        assert!(plan.contains(line), "{line} not in\n{plan}");
    }
    assert!(!folder.path("web").exists(), "a plan touches nothing");
    folder.ok(&["run", "recipe.yaml", "--quiet"]);
    let sql = "SELECT count(*) AS n FROM corpus WHERE exact_cluster_size = 2 AND exact_rank = 2";
    let twins = |corpus: &str| folder.ok(&["sql", corpus, "-c", sql, "--format", "csv"]);
    assert_eq!([twins("web"), twins("books")], ["n\n0\n", "n\n40\n"]);
    let before = [
        contents(&folder.path("web")),
        contents(&folder.path("books")),
    ];
    folder.run(&["run", "recipe.yaml"]).succeeds().says(&[
        "step 3 of 6: dedup exact, minhash_text_dedup in 2 corpora: skipped, 2 layers found before\n",
        "step 4 of 6: dedup url: skipped, 1 layer found before\n",
        "step 5 of 6: dedup beginning: skipped, 1 layer found before\n",
        "step 6 of 6: export to out: skipped, ",
    ]);
    let after = [
        contents(&folder.path("web")),
        contents(&folder.path("books")),
    ];
    assert!(before == after, "nothing is written twice");
    fs::remove_dir_all(folder.path("books/exact")).expect("removed");
    let plan = folder.ok(&["run", "recipe.yaml", "--plan"]);
    assert!(
        plan.contains(
            " 3  to do     dedup exact, minhash_text_dedup in 2 corpora: 1 of 2 layers to find\n"
        ),
        "{plan}"
    );
    assert!(
        !folder.path("books/exact").exists(),
        "a plan touches nothing"
    );

    let wrong = |change: (&str, &str), words: &[&str]| {
        refused(&folder, &recipe.replace(change.0, change.1), words);
    };
    wrong(
        ("presets: [exact, ", "presets: [exakt, "),
        &[
            "wrong.yaml:6:17: there is no preset exakt",
            "did you mean exact?",
        ],
    );
    wrong(
        ("      presets: [exact, minhash_text_dedup]\n", ""),
        &["dedup needs the key `presets`"],
    );
    wrong((", name: beginning", ""), &["dedup needs the key `name`"]);
    wrong(
        ("substr(text, 1, 9)", "min(text)"),
        &[
            "wrong.yaml:9:",
            "the aggregate `min(…)` has no place in a key",
        ],
    );
    wrong(
        ("substr(text, 1, 9)", "substr(txet, 1, 9)"),
        &[
            "wrong.yaml:9:",
            "there is no column `txet`",
            "did you mean `text`?",
        ],
    );
    wrong(
        ("corpora: [web, books]", "corpora: [web, web]"),
        &["wrong.yaml:7:22: the corpus web is named twice"],
    );
    wrong(
        (
            "      corpora: [web, books]\n",
            "      corpora: [web, books]\n      corpus: web\n",
        ),
        &["corpus and corpora both say what dedup works on"],
    );
    wrong(
        ("distinct: [url]", "distinct: [minhash_rpv2_0_8]"),
        &[
            "distinct: there is no column `minhash_rpv2_0_8_cluster`",
            "`dedup: { presets: [minhash_rpv2_0_8] }` is the step that makes it",
        ],
    );
}
