//! `dedup`: clusters equal to the references', the same however the corpus is cut, refusals with reasons.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use polars::prelude::DataFrame;

use super::support::{
    Folder, contents, frame, jsonl, objects, partition, repository, rows, shared, strings,
};

/// A corpus `web` of the golden documents of text-dedup that travel with the project.
fn near_duplicates(part_size: &str) -> Folder {
    let folder = Folder::new();
    let input = repository("tests/data/minhash/text_dedup.jsonl");
    let input = input.to_string_lossy();
    folder.ok(&["ingest", &input, "--to", "web", "--part-size", part_size]);
    folder
}

/// What the layer of a preset says.
fn found(folder: &Folder, corpus: &str, preset: &str) -> Vec<Vec<String>> {
    let sql = format!("SELECT id, {preset}_cluster FROM corpus");
    partition(rows(folder, &[corpus], &sql).into_iter().map(|row| {
        let (id, cluster) = row.split_once(',').expect("two columns");
        (id.to_string(), cluster.to_string())
    }))
}

#[test]
fn clusters_of_text_dedup() {
    let folder = near_duplicates("1MB");
    let lines =
        fs::read_to_string(repository("tests/data/minhash/text_dedup.jsonl")).expect("it is here");
    let records = objects(&lines);
    for (preset, golden) in [
        ("minhash_text_dedup", "minhash_default"),
        ("minhash_text_dedup_xxh3", "minhash_xxh3"),
    ] {
        folder.ok(&["dedup", "web", preset]);
        let golden = records.iter().map(|record| {
            let id = record["id"].as_str().expect("an id").to_string();
            // A cluster has the number of any document of it; -1 is a document by itself.
            let cluster = record[golden].as_i64().expect("a number");
            let alone = if cluster < 0 { id.as_str() } else { "" };
            (id.clone(), format!("{cluster}{alone}"))
        });
        let golden = partition(golden);
        assert!(golden.len() >= 7);
        assert_eq!(found(&folder, "web", preset), golden, "{preset}");
        // Names, sizes, ranks and duplicates follow from the partition.
        let sql = format!(
            "SELECT count(*) FROM (SELECT *, min(id) OVER (PARTITION BY {preset}_cluster) AS smallest, \
             count(*) OVER (PARTITION BY {preset}_cluster) AS size, \
             sum(CASE WHEN {preset}_duplicate THEN 0 ELSE 1 END) OVER (PARTITION BY {preset}_cluster) AS kept, \
             max({preset}_rank) OVER (PARTITION BY {preset}_cluster) AS last FROM corpus) \
             WHERE {preset}_cluster <> smallest OR {preset}_cluster_size <> size OR kept <> 1 OR last <> size \
             OR {preset}_duplicate <> ({preset}_rank > 1)"
        );
        assert_eq!(rows(&folder, &["web"], &sql), ["0"], "{preset}");
    }
}

#[test]
fn the_same_however_the_corpus_is_cut_and_read() {
    let preset = "minhash_text_dedup";
    let sql = format!(
        "SELECT id, {preset}_cluster, {preset}_cluster_size, {preset}_rank, {preset}_duplicate FROM corpus"
    );
    let whole = near_duplicates("1MB");
    whole.ok(&["dedup", "web", preset]);
    let expected = rows(&whole, &["web"], &sql);
    let folder = near_duplicates("4KB");
    let layers = ["minhash_text_dedup", "exact"].map(|layer| folder.path("web").join(layer));
    let mut bytes = None;
    for (threads, batch, memory) in [
        ("1", "8192", "1GB"),
        ("2", "8192", "1GB"),
        ("2", "3", "1GB"),
        ("2", "8192", "8MB"),
    ] {
        for layer in &layers {
            let _ = fs::remove_dir_all(layer);
        }
        folder.ok(&[
            "dedup",
            "web",
            preset,
            "exact",
            "--threads",
            threads,
            "--batch-size",
            batch,
            "--memory-limit",
            memory,
        ]);
        assert_eq!(rows(&folder, &["web"], &sql), expected);
        let now = contents(&layers[1]);
        assert!(now.len() > 3, "several parts and a manifest");
        assert!(*bytes.get_or_insert_with(|| now.clone()) == now);
    }
}

#[test]
fn again_is_nothing_to_do_and_more_documents_are_taken_in() {
    let folder = near_duplicates("4KB");
    folder.ok(&["dedup", "web", "exact"]);
    let layer = folder.path("web/exact");
    let before = contents(&layer);
    folder
        .run(&["dedup", "web", "exact"])
        .succeeds()
        .says(&["nothing to do"]);
    assert!(contents(&layer) == before);
    // A part that is gone is noticed.
    fs::remove_file(layer.join("part-00000.parquet")).expect("removed");
    folder.ok(&["dedup", "web", "exact"]);
    assert_eq!(contents(&layer).len(), before.len());

    let more = "{\"id\":\"zz\",\"text\":\"new\"}\n{\"id\":\"zy\",\"text\":\"new\"}\n";
    folder.write("more.jsonl", more);
    folder.ok(&["ingest", "more.jsonl", "--to", "web"]);
    folder
        .run(&["sql", "web", "-c", "SELECT exact_cluster FROM corpus"])
        .fails_with(&["out of date", "corpusql dedup"]);
    folder.ok(&["dedup", "web", "exact"]);
    let sql =
        "SELECT id, exact_cluster, exact_rank, exact_duplicate FROM corpus WHERE text = 'new'";
    assert_eq!(
        rows(&folder, &["web"], sql),
        ["zz,zy,1,false", "zy,zy,2,true"]
    );
}

#[test]
fn urls_keep_the_longest_text() {
    let folder = Folder::new();
    let documents = r#"{"id":"a","text":"short","url":"https://A.example/1"}
{"id":"b","text":"the longest of these texts","url":"https://a.example/1"}
{"id":"c","text":"no url"}
{"id":"d","text":"no url"}
{"id":"e","text":"by itself","url":"https://a.example/2"}
{"id":"f","text":"the longest of these texts","url":"HTTPS://a.example/1"}
"#;
    folder.write("docs.jsonl", documents);
    folder.ok(&["ingest", "docs.jsonl", "--to", "web"]);
    folder.ok(&["dedup", "web", "url", "exact"]);
    let sql = "SELECT id, url_cluster, url_cluster_size, url_rank, exact_cluster FROM corpus";
    let expected = [
        "a,a,3,2,a",
        "b,a,3,1,b",
        "c,c,1,1,c",
        "d,d,1,1,c",
        "e,e,1,1,e",
        "f,a,3,3,b",
    ];
    assert_eq!(rows(&folder, &["web"], sql), expected);
}

#[test]
fn queries_are_shown_and_wrong_names_refused() {
    let folder = Folder::new();
    let shown = folder.ok(&["dedup", "web", "minhash_rpv2_0_8", "--print-sql"]);
    assert!(shown.contains("connected_components(document, other)"));
    assert_eq!(
        shown
            .matches("minhash_band(minhash_signature_rpv2, ")
            .count(),
        9
    );
    assert!(folder.ok(&["dedup", "--list"]).contains("minhash_bigcode"));
    folder
        .run(&["dedup", "web", "exakt"])
        .fails_with(&["there is no preset exakt", "did you mean exact?"]);
    folder
        .run(&["dedup", "web", "exact"])
        .fails_with(&["does not exist"]);
}

/// Id, cluster and size of every document, in order.
fn clusters(folder: &Folder, corpus: &[&str], preset: &str) -> Vec<String> {
    let sql = format!("SELECT id, {preset}_cluster, {preset}_cluster_size FROM corpus");
    let arguments = [&["sql"], corpus, &["-c", &sql, "--format", "csv"]].concat();
    let csv = folder.ok(&arguments);
    csv.lines().skip(1).map(str::to_string).collect()
}

#[test]
fn the_printed_sql_gives_the_same_clusters() {
    let folder = near_duplicates("4KB");
    let presets = ["exact", "url", "minhash_text_dedup", "minhash_bigcode"];
    // Documents of the repository have no URLs: half of these share one.
    let more: String = (0..8)
        .map(|i| {
            format!(
                "{{\"id\":\"u{i}\",\"text\":\"page {i}\",\"url\":\"https://a.example/{}\"}}\n",
                i % 4
            )
        })
        .collect();
    folder.write("more.jsonl", more);
    folder.ok(&["ingest", "more.jsonl", "--to", "other"]);
    for (corpora, presets) in [
        (&["web"][..], &presets[2..]),
        (&["other"], &presets),
        (&["other", "web"], &presets[2..]),
    ] {
        for preset in presets {
            folder.ok(&[&["dedup"], corpora, &[preset]].concat());
            let expected = clusters(&folder, corpora, preset);
            let sql = folder.ok(&["dedup", "--print-sql", preset]);
            folder.write("script.sql", sql);
            let arguments = [&["sql"], corpora, &["-f", "script.sql", "--format", "csv"]].concat();
            let csv = folder.ok(&arguments);
            let found: Vec<_> = csv.lines().skip(1).map(str::to_string).collect();
            assert_eq!(found, expected, "{preset} in {corpora:?}");
        }
    }
}

#[test]
fn several_corpora_are_one() {
    let text =
        fs::read_to_string(repository("tests/data/minhash/text_dedup.jsonl")).expect("it is here");
    let lines: Vec<&str> = text.lines().collect();
    let folder = near_duplicates("4KB");
    let (first, second) = lines.split_at(lines.len() / 3);
    folder.write("first.jsonl", first.join("\n"));
    folder.write("second.jsonl", second.join("\n"));
    folder.ok(&["ingest", "first.jsonl", "--to", "one"]);
    folder.ok(&[
        "ingest",
        "second.jsonl",
        "--to",
        "two",
        "--part-size",
        "8KB",
    ]);
    for preset in ["minhash_text_dedup", "minhash_datatrove", "exact"] {
        folder.ok(&["dedup", "web", preset]);
        folder.ok(&["dedup", "one", "two", preset]);
        let sql = format!(
            "SELECT id, {preset}_cluster, {preset}_cluster_size, {preset}_rank, {preset}_duplicate FROM corpus"
        );
        let mut found = rows(&folder, &["one"], &sql);
        assert!(found.len() < rows(&folder, &["web"], &sql).len());
        found.extend(rows(&folder, &["two"], &sql));
        assert_eq!(found, rows(&folder, &["web"], &sql), "{preset}");
        folder
            .run(&["dedup", "one", "two", preset])
            .succeeds()
            .says(&["nothing to do"]);
    }
    // Alone, or with another one that has changed, the answer is another.
    let before = contents(&folder.path("one/exact"));
    folder.write("more.jsonl", "{\"id\":\"zz\",\"text\":\"new\"}\n");
    folder.ok(&["ingest", "more.jsonl", "--to", "two"]);
    folder.ok(&["dedup", "one", "two", "exact"]);
    assert!(contents(&folder.path("one/exact")) != before);
    folder
        .run(&["dedup", "one", "one", "exact"])
        .fails_with(&["named twice"]);
    folder
        .run(&["dedup", "one", "tow", "exact"])
        .fails_with(&["there is no preset tow, and no folder of that name"]);
}

#[test]
fn more_documents_do_not_make_old_signatures_again() {
    let text =
        fs::read_to_string(repository("tests/data/minhash/text_dedup.jsonl")).expect("it is here");
    let lines: Vec<&str> = text.lines().collect();
    let (first, second) = lines.split_at(lines.len() / 2);
    let folder = Folder::new();
    folder.write("first.jsonl", first.join("\n"));
    folder.write("second.jsonl", second.join("\n"));
    let preset = "minhash_datatrove";
    let ingest = |file: &str, corpus: &str| {
        folder.ok(&["ingest", file, "--to", corpus, "--part-size", "4KB"]);
    };
    ingest("first.jsonl", "web");
    folder.ok(&["dedup", "web", preset]);
    let signatures = folder.path("web/minhash_signature_datatrove");
    let old = contents(&signatures);
    ingest("second.jsonl", "web");
    folder
        .run(&["dedup", "web", preset])
        .succeeds()
        .says(&[&format!("{} kept", old.len() - 1)]);
    let new = contents(&signatures);
    assert!(new.len() > old.len());
    for (name, bytes) in old.iter().filter(|(name, _)| name.ends_with(".parquet")) {
        assert!(
            new.iter()
                .any(|part| part == &(name.clone(), bytes.clone())),
            "{name}"
        );
    }
    // From scratch.
    ingest("first.jsonl", "whole");
    ingest("second.jsonl", "whole");
    folder.ok(&["dedup", "whole", preset]);
    let sql = format!(
        "SELECT id, {preset}_cluster, {preset}_cluster_size, {preset}_rank, {preset}_duplicate FROM corpus"
    );
    assert_eq!(
        rows(&folder, &["web"], &sql),
        rows(&folder, &["whole"], &sql)
    );
}

#[test]
fn a_killed_run_goes_on_where_it_was() {
    let folder = Folder::new();
    folder.write("docs.jsonl", jsonl(3000, 200));
    folder.ok(&[
        "ingest",
        "docs.jsonl",
        "--to",
        "web",
        "--part-size",
        "200KB",
    ]);
    let preset = "minhash_text_dedup";
    folder.ok(&["dedup", "web", preset]);
    let layers = ["minhash_signature_text_dedup", preset].map(|l| folder.path("web").join(l));
    let expected = layers.each_ref().map(|layer| contents(layer));
    let mut interrupted = 0;
    for round in 0..6 {
        for layer in &layers {
            fs::remove_dir_all(layer).expect("removed");
        }
        let mut child = folder.start(&["dedup", "web", preset, "--threads", "1"]);
        // Until signatures, or in later rounds clusters, are being written.
        let awaited = &layers[usize::from(round > 2)];
        for _ in 0..4000 {
            if awaited.exists() || child.try_wait().expect("asked").is_some() {
                break;
            }
            sleep(Duration::from_millis(1));
        }
        sleep(Duration::from_millis(20 * round));
        let _ = child.kill();
        let _ = child.wait();
        interrupted += usize::from(!layers[1].join("_layer.json").exists());
        let finished = |layer: &Path| {
            let all = if layer.exists() {
                contents(layer)
            } else {
                Vec::new()
            };
            all.into_iter()
                .filter(|(name, _)| name.ends_with(".parquet"))
                .count()
        };
        let before = finished(&layers[0]);
        let ran = folder.run(&["dedup", "web", preset]).succeeds();
        if before < expected[0].len() - 1 {
            ran.says(&[&format!("{before} kept")]);
        } else {
            ran.says(&["nothing to do: all"]);
        }
        let now = layers.each_ref().map(|layer| contents(layer));
        assert!(now == expected, "the same bytes after a kill");
    }
    assert!(interrupted > 0, "at least one kill came before the end");
}

#[test]
fn parameters_of_ones_own() {
    let folder = near_duplicates("4KB");
    folder
        .run(&[
            "dedup",
            "web",
            "--minhash",
            "scheme=text_dedup,threshold=0.7,name=mine",
        ])
        .succeeds()
        .says(&["25 bands of 10 values", "probability"]);
    folder.ok(&["dedup", "web", "minhash_text_dedup"]);
    assert_eq!(
        found(&folder, "web", "mine"),
        found(&folder, "web", "minhash_text_dedup")
    );
    folder.ok(&[
        "dedup",
        "web",
        "--minhash",
        "scheme=datatrove,ngram=2,bands=30,rows=2",
    ]);
    let loose = found(&folder, "web", "minhash_datatrove_ngram2_30x2");
    let documents = |clusters: &[Vec<String>]| clusters.iter().map(Vec::len).sum::<usize>();
    assert!(documents(&loose) >= documents(&found(&folder, "web", "mine")));
    folder
        .run(&["dedup", "web", "--minhash", "scheme=datatrove,bands=3"])
        .fails_with(&["expected bands and rows, or threshold", "as in --minhash"]);
    let curve = folder.ok(&["dedup", "minhash_rpv2_0_8", "--print-curve"]);
    assert!(curve.contains("0.399"), "{curve}");
    folder
        .run(&["dedup", "exact", "--print-curve"])
        .fails_with(&["exact compares no signatures"]);
}

#[test]
fn candidates_are_verified() {
    let folder = near_duplicates("4KB");
    // So loose that many candidates are none.
    let loose = "scheme=text_dedup,bands=125,rows=2,name=loose";
    folder.ok(&["dedup", "web", "--minhash", loose]);
    let all = found(&folder, "web", "loose");
    let ran = folder
        .run(&["dedup", "web", "--minhash", loose, "--verify", "0.7"])
        .succeeds()
        .says(&["comparisons refused below similarity 0.7"]);
    let pairs = |clusters: &[Vec<String>]| {
        clusters
            .iter()
            .map(|c| c.len() * (c.len() - 1) / 2)
            .sum::<usize>()
    };
    let verified = found(&folder, "web", "loose_verified");
    assert!(
        pairs(&verified) < pairs(&all),
        "{} {}",
        pairs(&verified),
        pairs(&all)
    );
    assert!(!ran.stderr.contains(" 0 of"), "{}", ran.stderr);
    // Whatever the memory and the threads.
    for arguments in [
        &["--threads", "1"][..],
        &["--threads", "2", "--batch-size", "3"],
    ] {
        fs::remove_dir_all(folder.path("web/loose_verified")).expect("removed");
        folder.ok(&[
            &["dedup", "web", "--minhash", loose, "--verify", "0.7"],
            arguments,
        ]
        .concat());
        assert_eq!(found(&folder, "web", "loose_verified"), verified);
    }
    // What brings it up to date says so in full.
    folder.write("more.jsonl", "{\"id\":\"zz\",\"text\":\"new\"}\n");
    folder.ok(&["ingest", "more.jsonl", "--to", "web"]);
    folder
        .run(&[
            "sql",
            "web",
            "-c",
            "SELECT loose_verified_cluster FROM corpus",
        ])
        .fails_with(&[&format!(
            "`corpusql dedup web --minhash {loose} --verify 0.7` brings it up to date"
        )]);
    folder.ok(&["dedup", "web", "--minhash", loose]);
    let all = found(&folder, "web", "loose");
    // All pairs pass at 0.
    folder.ok(&[
        "dedup",
        "web",
        "--minhash",
        &loose.replace("loose", "any"),
        "--verify",
        "0",
    ]);
    assert_eq!(found(&folder, "web", "any_verified"), all);
    folder
        .run(&["dedup", "web", "exact", "--verify", "0.7"])
        .fails_with(&["exact compares no shingles"]);
}

/// A corpus of a golden set, its documents in the order of the reference's input.
fn golden(file: &str, id: &str) -> Option<Folder> {
    let folder = Folder::new();
    let path = shared("data/golden")?.join(file);
    let map = format!("id={id}");
    folder.ok(&[
        "ingest",
        &path.to_string_lossy(),
        "--to",
        "golden",
        "--map",
        &map,
    ]);
    Some(folder)
}

fn golden_frame(file: &str) -> DataFrame {
    frame(&shared("data/golden").expect("it is here").join(file))
}

#[test]
fn all_clusters_of_redpajama() {
    let Some(folder) = golden("rpv2/documents.parquet", "doc_id") else {
        return;
    };
    let clusters = golden_frame("rpv2/lsh_clusters.parquet");
    let of = |name| strings(&clusters, name);
    let all: Vec<_> = of("similarity")
        .into_iter()
        .zip(of("doc_id").into_iter().zip(of("cluster_id")))
        .collect();
    for (similarity, preset) in [
        ("0.7", "minhash_rpv2_0_7"),
        ("0.8", "minhash_rpv2_0_8"),
        ("0.9", "minhash_rpv2_0_9"),
        ("1.0", "minhash_rpv2_1_0"),
    ] {
        folder.ok(&["dedup", "golden", preset]);
        let here = all.iter().filter(|(of, _)| of == similarity);
        let expected = partition(here.map(|(_, pair)| pair.clone()));
        assert!(!expected.is_empty());
        assert_eq!(found(&folder, "golden", preset), expected, "{preset}");
    }
}

#[test]
fn all_removed_documents_of_datatrove() {
    let Some(folder) = golden("dedup/documents.parquet", "id") else {
        return;
    };
    let clusters = golden_frame("dedup/clusters.parquet");
    let of = |name| strings(&clusters, name);
    let (ids, methods, configs, removed) = (of("id"), of("method"), of("config"), of("removed"));
    let loose = "scheme=datatrove,bands=20,rows=5,name=loose";
    let narrow = "scheme=fineweb,hash=sha1_32,bands=14,rows=8,name=narrow";
    for (preset, parameters, method, config) in [
        ("minhash_datatrove", "", "datatrove-minhash", "xxhash64"),
        ("minhash_fineweb", "", "datatrove-minhash", "sha1_64"),
        ("loose", loose, "datatrove-minhash", "xxhash64_20x5"),
        ("narrow", narrow, "datatrove-minhash", "sha1_32"),
        ("exact", "", "datatrove-exact-dedup", "exact_text"),
        (
            "exact_simplified",
            "",
            "datatrove-exact-dedup",
            "exact_simplified_text",
        ),
        ("url", "", "datatrove-exact-dedup", "url_longest"),
    ] {
        match parameters {
            "" => folder.ok(&["dedup", "golden", preset]),
            parameters => folder.ok(&["dedup", "golden", "--minhash", parameters]),
        };
        let sql = format!("SELECT id FROM corpus WHERE {preset}_duplicate ORDER BY id");
        let mut expected: Vec<_> = (0..ids.len())
            .filter(|&i| methods[i] == method && configs[i] == config && removed[i] == "true")
            .map(|i| ids[i].clone())
            .collect();
        expected.sort();
        assert!(expected.len() > 10, "{}", expected.len());
        assert_eq!(rows(&folder, &["golden"], &sql), expected, "{preset}");
    }
}

#[test]
fn all_edges_of_datatrove() {
    let Some(folder) = golden("dedup/documents.parquet", "id") else {
        return;
    };
    let edges = golden_frame("dedup/minhash_edges.parquet");
    let of = |name| strings(&edges, name);
    let expected: Vec<(String, String)> = of("config")
        .into_iter()
        .zip(
            of("bucket")
                .into_iter()
                .zip(of("id1").into_iter().zip(of("id2"))),
        )
        .map(|(config, (bucket, (first, second)))| (config, format!("{bucket},{first},{second}")))
        .collect();
    folder.ok(&[
        "dedup",
        "golden",
        "minhash_datatrove",
        "minhash_fineweb",
        "--minhash",
        "scheme=datatrove,bands=20,rows=5,name=loose",
        "--minhash",
        "scheme=fineweb,hash=sha1_32,bands=14,rows=8,name=narrow",
    ]);
    for (config, signature, bands, bytes) in [
        ("xxhash64", "datatrove", 14, 64),
        ("xxhash64_4files", "datatrove", 14, 64),
        ("sha1_64", "fineweb", 14, 64),
        ("xxhash64_20x5", "datatrove_permutations100", 20, 40),
        ("sha1_32", "fineweb_hashsha1_32", 14, 32),
    ] {
        // Bucket by bucket in the order of the keys: each document, and the one before it with the same key.
        let sql = format!(
            "WITH numbered AS (SELECT id, row_number() OVER () AS n, \
             minhash_bands(minhash_signature_{signature}, {bands}, {bytes}) AS bands FROM corpus), \
             keys AS (SELECT id, n, unnest(bands) AS key, unnest(range(0, {bands})) AS bucket FROM numbered WHERE bands IS NOT NULL), \
             links AS (SELECT bucket, key, n, id, lag(id) OVER (PARTITION BY bucket, key ORDER BY n) AS other FROM keys) \
             SELECT bucket, other, id FROM links WHERE other IS NOT NULL ORDER BY bucket, key, n"
        );
        let here = expected.iter().filter(|(of, _)| of == config);
        let here: Vec<_> = here.map(|(_, edge)| edge.clone()).collect();
        assert!(here.len() > 1000, "{config}");
        assert_eq!(rows(&folder, &["golden"], &sql), here, "{config}");
    }
}
