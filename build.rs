//! Embeds every query under `queries/`: dropping a file into a folder makes it part of the binary.

use std::env;
use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

/// Folder, extension, the variant of `Kind`.
const FOLDERS: [(&str, &str, &str); 5] = [
    ("layers", "sql", "Layer"),
    ("filters", "sql", "Filter"),
    ("mixtures", "sql", "Mixture"),
    ("reports", "sql", "Report"),
    ("recipes", "yaml", "Recipe"),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=queries");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("queries");
    let mut list = String::from("&[\n");
    for (folder, extension, kind) in FOLDERS {
        let mut files = Vec::new();
        for entry in fs::read_dir(root.join(folder))? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == extension) {
                files.push(path);
            }
        }
        files.sort();
        for path in files {
            let name = path.file_stem().ok_or("a file without a name")?;
            writeln!(
                list,
                "    (Kind::{kind}, {name:?}, include_str!({path:?})),"
            )?;
        }
    }
    list.push(']');
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("queries.rs"), list)?;
    Ok(())
}
