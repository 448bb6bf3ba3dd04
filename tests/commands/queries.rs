//! `queries`: the library, listed and printed.

use crate::support::{Folder, repository};

#[test]
fn a_query_is_printed_as_it_stands() {
    let folder = Folder::new();
    let printed = folder.ok(&["queries", "rpv2_gopher"]);
    let file = repository("queries/filters/rpv2_gopher.sql");
    assert_eq!(printed, std::fs::read_to_string(file).expect("the file"));
    assert_eq!(folder.ok(&["queries", "filter/rpv2_gopher"]), printed);
}

#[test]
fn the_list_has_every_kind() {
    let folder = Folder::new();
    let table = folder.ok(&["queries"]);
    for words in [
        "layers\n",
        "filters\n",
        "mixtures\n",
        "reports\n",
        "recipes\n",
    ] {
        assert!(table.contains(words), "{words} not in {table}");
    }
    let list: Vec<serde_json::Value> =
        serde_json::from_str(&folder.ok(&["queries", "--format", "json"])).expect("JSON");
    let gopher = list
        .iter()
        .find(|q| q["name"] == "rpv2_gopher")
        .expect("the filter");
    assert_eq!(gopher["kind"], "filter");
    assert_eq!(gopher["file"], "queries/filters/rpv2_gopher.sql");
}

#[test]
fn a_folder_of_queries_comes_first() {
    let folder = Folder::new();
    folder.write(
        "mine/filters/short.sql",
        "-- keeps: what is short\nSELECT text_chars < 9 AS short",
    );
    let list = folder.ok(&["queries", "--queries", "mine"]);
    assert!(list.contains("what is short"), "{list}");
    folder
        .run(&["queries", "--queries", "absent"])
        .fails_with(&["--queries absent is no folder"]);
    folder
        .run(&["queries", "shorter"])
        .fails_with(&["no query is named `shorter`"]);
}
