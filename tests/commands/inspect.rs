//! `inspect --cluster`: the biggest clusters, the members of one side by side; and cluster sizes on the page of a filter.

use std::fs;

use serde_json::Value;

use super::support::Folder;

const FOX: &str = "The quick brown fox jumps over the lazy dog while the old grey cat looks on from the warm wall behind the house.";

/// A corpus with a cluster of four, one of two and a document by itself.
fn corpus() -> Folder {
    let folder = Folder::new();
    let documents = [
        ("a", FOX.to_string(), "crawl"),
        ("b", FOX.to_string(), "books"),
        ("c", FOX.to_string(), "crawl"),
        ("d", FOX.to_string(), "crawl"),
        ("e", "one and the same".to_string(), "books"),
        ("f", "one and the same".to_string(), "books"),
        ("g", "by itself".to_string(), "books"),
    ];
    let line = |(id, text, source): &(&str, String, &str)| {
        serde_json::json!({"id": id, "text": text, "source": source, "url": format!("https://x.example/{}", &text[..3])}).to_string()
    };
    folder.write(
        "docs.jsonl",
        documents.iter().map(line).collect::<Vec<_>>().join("\n"),
    );
    folder.ok(&["ingest", "docs.jsonl", "--to", "web"]);
    folder.ok(&["dedup", "web", "exact"]);
    folder
}

#[test]
fn the_biggest_clusters() {
    let folder = corpus();
    let biggest = folder
        .run(&["inspect", "web", "--cluster", "exact", "--format", "csv"])
        .succeeds();
    let begins = &FOX[..60];
    assert_eq!(
        biggest.stdout,
        format!(
            "cluster,size,survivor,sources,begins_with\na,4,a,\"crawl 3, books 1\",{begins}\ne,2,e,books 2,one and the same\n"
        )
    );
    assert!(
        biggest.stderr.contains("2 clusters of several documents"),
        "{}",
        biggest.stderr
    );
    folder
        .run(&["inspect", "web", "--cluster", "exact", "--most", "1"])
        .succeeds()
        .says(&["the 1 biggest of 2 clusters"]);
}

#[test]
fn members_side_by_side() {
    let folder = Folder::new();
    let other = FOX
        .replace("brown fox", "red fox")
        .replace("behind the house", "");
    for (id, text) in [("a", FOX), ("b", &other)] {
        let line =
            serde_json::json!({"id": id, "text": text, "url": "https://x.example/"}).to_string();
        folder.write(&format!("{id}.jsonl"), line);
        folder.ok(&["ingest", &format!("{id}.jsonl"), "--to", "web"]);
    }
    folder.ok(&["dedup", "web", "url"]);
    let shown = folder.ok(&["inspect", "web", "a", "--cluster", "url"]);
    assert!(
        shown.starts_with("url, cluster a: 2 documents\n"),
        "{shown}"
    );
    assert!(
        shown.contains("1  a,") && shown.contains("stays"),
        "{shown}"
    );
    assert!(
        shown.contains("[-brown-]") && shown.contains("{+red+}") && shown.contains(" │ "),
        "{shown}"
    );
    assert!(shown.contains("words the same"), "{shown}");
    let json = folder.ok(&[
        "inspect",
        "web",
        "a",
        "--cluster",
        "url",
        "--format",
        "json",
    ]);
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["size"], 2);
    assert_eq!(json["members"][1]["runs"][1]["differs"]["member"], "red");
    let shown = folder.ok(&["inspect", "web", "a", "--cluster", "url", "--most", "1"]);
    assert!(shown.contains("1 of them shown"), "{shown}");
    folder
        .run(&["inspect", "web", "zz", "--cluster", "url"])
        .fails_with(&["no cluster `zz`", "hint:"]);
    folder
        .run(&["inspect", "web", "--cluster", "ulr"])
        .fails_with(&["no clusters by ulr", "did you mean url?"]);
    folder
        .run(&["inspect", "web", "a", "--cluster", "url", "--format", "csv"])
        .fails_with(&["table, json or jsonl"]);
}

#[test]
fn sizes_on_the_page() {
    let folder = corpus();
    folder.write(
        "keep.sql",
        "-- keeps: all\nSELECT text_chars > 0 AS some_text\n",
    );
    folder.ok(&["filter", "web", "./keep.sql", "--html", "page.html"]);
    let page = fs::read_to_string(folder.path("page.html")).expect("a page");
    assert!(page.contains("<section id=\"clusters\">"));
    assert!(
        page.contains("<th scope=\"row\">3–4</th>")
            && page.contains("<td class=\"n\">4</td><td class=\"n\">3</td>"),
        "{page}"
    );
}
