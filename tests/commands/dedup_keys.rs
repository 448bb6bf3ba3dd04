//! `dedup --key`: equal values of an expression of the user's are clusters; what is no key is refused with a reason.

use super::support::{Folder, contents, rows, the_same_bytes};

/// Of every document the cluster, its size, and whether it is a duplicate.
fn answer(folder: &Folder, corpora: &[&str], name: &str) -> Vec<String> {
    let sql =
        format!("SELECT id, {name}_cluster, {name}_cluster_size, {name}_duplicate FROM corpus");
    rows(folder, corpora, &sql)
}

const HOST: [&str; 4] = ["--key", "split_part(url, '/', 3)", "--name", "host"];

/// A corpus `web` of pages of two hosts, and one without a URL.
fn pages() -> Folder {
    let folder = Folder::new();
    let pages = [
        ("f", "'https://one/1'"),
        ("e", "'https://two/1'"),
        ("d", "null"),
        ("c", "'https://one/2'"),
        ("b", "null"),
        ("a", "'https://ONE/3'"),
    ];
    let lines = pages.map(|(id, url)| {
        let url = url.replace('\'', "\"");
        format!("{{\"id\":\"{id}\",\"text\":\"page {id}\",\"url\":{url}}}\n")
    });
    folder.write("pages.jsonl", lines.concat());
    folder.ok(&["ingest", "pages.jsonl", "--to", "web"]);
    folder
}

#[test]
fn equal_values_are_clusters_and_null_is_alone() {
    let folder = pages();
    folder.ok(&[&["dedup", "web"], &HOST[..]].concat());
    let expected = [
        "f,c,2,false",
        "e,e,1,false",
        "d,d,1,false",
        "c,c,2,true",
        "b,b,1,false",
        "a,a,1,false",
    ];
    assert_eq!(answer(&folder, &["web"], "host"), expected);
    folder
        .run(&[&["dedup", "web"], &HOST[..]].concat())
        .succeeds()
        .says(&["dedup host: nothing to do"]);
    // The values are a column that says why.
    let sql = "SELECT host_key FROM corpus WHERE id = 'a'";
    assert_eq!(rows(&folder, &["web"], sql), ["ONE"]);
    // A survivor is chosen as of any clusters.
    folder.ok(&[
        "export",
        "web",
        "--distinct",
        "host",
        "--keep",
        "ORDER BY id",
        "--format",
        "jsonl",
        "--to",
        "out",
    ]);
    let kept: Vec<String> = contents(&folder.path("out"))
        .into_iter()
        .map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned())
        .filter(|text| text.contains("\"page "))
        .collect();
    assert!(kept.concat().contains("page c") && !kept.concat().contains("page f"));
    // Another expression under the name is another layer.
    folder.ok(&[
        "dedup",
        "web",
        "--key",
        "lower(split_part(url, '/', 3))",
        "--name",
        "host",
    ]);
    assert_eq!(answer(&folder, &["web"], "host")[5], "a,a,3,true");
}

#[test]
fn several_corpora_are_one_and_types_agree() {
    let folder = pages();
    let more = "{\"id\":\"z\",\"text\":\"more\",\"url\":\"https://two/9\"}\n";
    folder.write("more.jsonl", more);
    folder.ok(&["ingest", "more.jsonl", "--to", "other"]);
    // An expression with the words that part the names of corpora.
    let key = "replace(split_part(url, '/', 3), ' of ', '')";
    let both = ["dedup", "web", "other", "--key", key, "--name", "host"];
    folder.ok(&both);
    assert_eq!(answer(&folder, &["other"], "host"), ["z,e,2,true"]);
    assert_eq!(answer(&folder, &["web", "other"], "host")[1], "e,e,2,false");
    let count = |corpora: &[&str]| {
        folder.run(&[&["export"], corpora, &["--distinct", "host", "--to", "out"]].concat())
    };
    count(&["web", "other"]).succeeds();
    // Found in each by itself they say nothing of both, whatever the expression holds.
    for corpus in ["web", "other"] {
        folder.ok(&["dedup", corpus, "--key", key, "--name", "host"]);
    }
    count(&["web", "other"]).fails_with(&["were not found together"]);
    // More documents: the hint is the command.
    folder.write("new.jsonl", more.replace("\"z\"", "\"y\""));
    folder.ok(&["ingest", "new.jsonl", "--to", "other"]);
    let sql = "SELECT host_cluster FROM corpus";
    folder.run(&["sql", "other", "-c", sql]).fails_with(&[
        "out of date",
        "corpusql dedup other --key 'replace(split_part(url, '\\''/'\\'', 3), '\\'' of '\\'', '\\'''\\'')' --name host",
    ]);
    // One type in all corpora.
    folder.write("n.sql", "SELECT 7 AS number FROM corpus");
    folder.write("t.sql", "SELECT '7' AS number FROM corpus");
    folder.ok(&["annotate", "web", "--sql", "n.sql", "--layer", "numbers"]);
    folder.ok(&["annotate", "other", "--sql", "t.sql", "--layer", "numbers"]);
    folder
        .run(&[
            "dedup", "web", "other", "--key", "number", "--name", "numbered",
        ])
        .fails_with(&[
            "the key numbered_key is Int64 in web and Utf8View in other",
            "CAST",
        ]);
}

#[test]
fn more_documents_give_what_a_run_from_scratch_gives() {
    let folder = pages();
    folder.ok(&[&["dedup", "web"], &HOST[..]].concat());
    let keys = folder.path("web/host_key");
    let old = contents(&keys);
    let more = "{\"id\":\"zz\",\"text\":\"new\",\"url\":\"https://two/2\"}\n";
    folder.write("more.jsonl", more);
    folder.ok(&["ingest", "more.jsonl", "--to", "web"]);
    folder
        .run(&[&["dedup", "web"], &HOST[..]].concat())
        .succeeds()
        .says(&["1 parts computed, 1 kept"]);
    let new = contents(&keys);
    let part = |all: &[(String, Vec<u8>)]| {
        all.iter()
            .find(|(name, _)| name.starts_with("part-00000"))
            .cloned()
    };
    assert!(part(&old).is_some() && part(&old) == part(&new));
    folder.ok(&["ingest", "pages.jsonl", "more.jsonl", "--to", "whole"]);
    folder.ok(&[&["dedup", "whole"], &HOST[..]].concat());
    assert_eq!(
        answer(&folder, &["web"], "host"),
        answer(&folder, &["whole"], "host")
    );
}

#[test]
fn the_printed_sql_gives_the_same_clusters() {
    let folder = pages();
    let asked = [&["dedup", "web", "exact_simplified"], &HOST[..]].concat();
    folder.ok(&asked);
    let sql = folder.ok(&[&["dedup", "--print-sql"], &HOST[..]].concat());
    assert!(sql.contains(
        "-- reads the layer host_key: SELECT split_part(url, '/', 3) AS host_key FROM corpus"
    ));
    folder.write("script.sql", sql);
    let csv = folder.ok(&["sql", "web", "-f", "script.sql", "--format", "csv"]);
    let found: Vec<_> = csv.lines().skip(1).collect();
    let expected = rows(
        &folder,
        &["web"],
        "SELECT id, host_cluster, host_cluster_size FROM corpus",
    );
    assert_eq!(found, expected);
}

#[test]
fn nothing_is_lost_where_nothing_repeats() {
    let folder = pages();
    folder.ok(&[
        "dedup",
        "web",
        "exact",
        "exact_simplified",
        "url",
        "--key",
        "concat_ws(' ', id, url)",
        "--name",
        "both",
    ]);
    for name in ["exact", "exact_simplified", "url", "both"] {
        let sql =
            format!("SELECT count(*) FROM corpus WHERE {name}_duplicate OR {name}_cluster <> id");
        let lost = rows(&folder, &["web"], &sql);
        assert_eq!(lost, ["0"], "{name}");
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let folder = pages();
    for (key, name, words) in [
        ("lower(", "a", ["--key: expected an expression", "lower("]),
        (
            "url, id",
            "a",
            ["expected the end of the key, found ,", "concat_ws"],
        ),
        (
            "max(url)",
            "a",
            ["the aggregate `max(…)` has no place in a key", ""],
        ),
        ("ulr", "a", ["there is no column ulr", "did you mean url?"]),
        ("frob(url)", "a", ["there is no function frob", ""]),
        ("NULL", "a", ["has no type, it is always NULL", "CAST"]),
        (
            "url",
            "exact",
            ["exact is the name of a published preset", ""],
        ),
        (
            "url",
            "documents",
            ["`documents` is not an annotation layer", ""],
        ),
        (
            "url",
            "Mine",
            ["`Mine` is no name for a layer", "lower-case"],
        ),
    ] {
        folder
            .run(&["dedup", "web", "--key", key, "--name", name])
            .fails_with(&words);
    }
    // Neither without the other.
    folder
        .run(&["dedup", "web", "--key", "url"])
        .fails_with(&["--name"]);
    // A layer of something else is not overwritten.
    folder.write("mine.sql", "SELECT text_chars AS size FROM corpus");
    folder.ok(&["annotate", "web", "--sql", "mine.sql", "--layer", "sizes"]);
    folder
        .run(&["dedup", "web", "--key", "size", "--name", "sizes"])
        .fails_with(&["would take the place of the layer sizes", "another name"]);
}

#[test]
fn columns_of_clusters_and_signatures_that_are_not_there_are_named_with_what_makes_them() {
    let folder = pages();
    for (column, hint) in [
        (
            "minhash_signature_fineweb",
            "`corpusql annotate CORPUS minhash_signature_fineweb` makes it",
        ),
        ("exact_cluster", "`corpusql dedup CORPUS exact` makes it"),
    ] {
        folder
            .run(&["sql", "web", "-c", &format!("SELECT {column} FROM corpus")])
            .fails_with(&["there is no column", hint]);
    }
    folder
        .run(&["dedup", "web", "minhash_signature_fineweb"])
        .fails_with(&["it is a layer that minhash_fineweb reads"]);
    // Spans have no clusters.
    folder.ok(&["dedup", "web", "c4_lines"]);
    folder
        .run(&["export", "web", "--distinct", "c4_lines", "--to", "out"])
        .fails_with(&[
            "has no clusters to choose from",
            "text_without_spans(text, c4_lines_start, c4_lines_end, '')",
        ]);
}

/// Every way to find duplicates, on documents that repeat each other: the same bytes with one thread and two, in any batches, and after
/// it was killed.
#[test]
fn every_family_gives_the_same_bytes() {
    let folder = Folder::new();
    let texts = super::support::jsonl(400, 120);
    let copies = texts.replace("\"doc-", "\"copy-").replace("quiet", "loud");
    folder.write("docs.jsonl", format!("{texts}{copies}"));
    folder.ok(&["ingest", "docs.jsonl", "--to", "web", "--part-size", "60KB"]);
    folder.write(
        "vectors.sql",
        "SELECT make_array(CAST(text_chars AS DOUBLE), CAST(text_bytes % 7 AS DOUBLE), 1.0) AS embedding FROM corpus",
    );
    folder.ok(&[
        "annotate",
        "web",
        "--sql",
        "vectors.sql",
        "--layer",
        "vectors",
    ]);
    let key = ["--key", "substr(text, 1, 20)", "--name", "beginning"];
    for (asked, layers) in [
        (
            &["exact", "url", "exact_simplified"][..],
            &["exact", "url", "exact_simplified"][..],
        ),
        (&key[..], &["beginning_key", "beginning"]),
        (
            &["minhash_bigcode"],
            &["minhash_signature_bigcode", "minhash_bigcode"],
        ),
        (
            &["minhash_datatrove", "--verify", "0.5"],
            &["minhash_datatrove_verified"],
        ),
        (
            &["simhash_text_dedup"],
            &["simhash_fingerprint_text_dedup", "simhash_text_dedup"],
        ),
        (&["exact_substrings"], &["exact_substrings"]),
        (&["semantic"], &["semantic"]),
        (
            &["ccnet_paragraphs", "dolma_ngrams"],
            &["ccnet_paragraphs", "dolma_ngrams"],
        ),
    ] {
        the_same_bytes(&folder, &[&["dedup", "web"], asked].concat(), layers);
    }
}
