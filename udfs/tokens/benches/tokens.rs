//! `cargo bench -p corpusql-tokens -- FILE.jsonl…`: MB/s of text per encoding, one thread, in memory.
//!
//! The first 20 MB of the field `text` are counted; without a file, the documents of the golden tests. `cold` is
//! the median of five passes, each with a counter that has seen nothing; `warm` counts the same texts once more. Counts
//! of both must agree.

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::time::Instant;

use corpusql_tokens::{Counter, Encoding};

const LIMIT: usize = 20_000_000;
const PASSES: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut files: Vec<PathBuf> = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .map(PathBuf::from)
        .collect();
    if files.is_empty() {
        let golden = "../../tests/data/rpv2/golden.jsonl";
        files.push(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(golden));
    }
    for encoding in Encoding::ALL {
        let start = Instant::now();
        black_box(Counter::new(encoding));
        println!(
            "{encoding:7} first counter {:6.1} ms",
            start.elapsed().as_secs_f64() * 1e3
        );
    }
    for file in files {
        let texts = texts(&file)?;
        let bytes: usize = texts.iter().map(String::len).sum();
        println!(
            "{}: {} texts, {:.1} MB",
            file.display(),
            texts.len(),
            bytes as f64 / 1e6
        );
        for encoding in Encoding::ALL {
            let (mut cold, mut warm) = (Vec::new(), Vec::new());
            let mut tokens = None;
            for _ in 0..PASSES {
                let mut counter = Counter::new(encoding);
                for times in [&mut cold, &mut warm] {
                    let start = Instant::now();
                    let count: u64 = texts
                        .iter()
                        .map(|text| counter.count(black_box(text)))
                        .sum();
                    times.push(start.elapsed().as_secs_f64());
                    assert_eq!(
                        *tokens.get_or_insert(count),
                        count,
                        "passes count differently"
                    );
                }
            }
            println!(
                "{encoding:7} cold {:6.1} MB/s   warm {:6.1} MB/s   {} tokens",
                bytes as f64 / 1e6 / median(cold),
                bytes as f64 / 1e6 / median(warm),
                tokens.unwrap_or(0)
            );
        }
    }
    Ok(())
}

fn texts(file: &PathBuf) -> Result<Vec<String>, Box<dyn Error>> {
    let mut texts = Vec::new();
    let mut bytes = 0;
    for line in BufReader::new(File::open(file)?).lines() {
        let document: serde_json::Value = serde_json::from_str(&line?)?;
        let text = document["text"].as_str().ok_or("a line without text")?;
        bytes += text.len();
        texts.push(text.to_owned());
        if bytes >= LIMIT {
            break;
        }
    }
    Ok(texts)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
