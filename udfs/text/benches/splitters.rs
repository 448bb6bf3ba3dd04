//! How fast texts are split into words and sentences, and simplified.
//!
//! ```text
//! cargo bench -p corpusql-text --bench splitters [-- FILE.jsonl]
//! ```
//!
//! The file has one JSON object a line with `text`; without one the golden documents of `tests/data/datatrove` are
//! used. Figures are medians over passes, in processor time of one thread, of text that is in
//! memory.

mod clock;

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use clock::Clock;
use corpusql_text::words::simplify::simplify;
use corpusql_text::words::spacy_en::SpacyEn;

const PASSES: usize = 9;

fn main() -> Result<(), Box<dyn Error>> {
    let golden =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/datatrove/tokens.jsonl");
    let file = std::env::args()
        .skip(1)
        .find(|argument| argument != "--bench");
    let mut texts = Vec::new();
    for line in BufReader::new(File::open(file.map_or(golden, PathBuf::from))?).lines() {
        let record: serde_json::Value = serde_json::from_str(&line?)?;
        texts.push(
            record["text"]
                .as_str()
                .ok_or("a record without text")?
                .to_string(),
        );
    }
    let bytes: usize = texts.iter().map(String::len).sum();
    println!("{} texts, {:.1} MB", texts.len(), bytes as f64 / 1e6);
    let mut spacy = SpacyEn::new();
    let mut simple = String::new();
    let report = |name: &str, f: &mut dyn FnMut(&str) -> u64| {
        let mut times: Vec<f64> = (0..PASSES)
            .map(|_| {
                let start = Clock::now();
                black_box(texts.iter().map(|text| f(text)).sum::<u64>());
                start.seconds()
            })
            .collect();
        times.sort_unstable_by(f64::total_cmp);
        let rate = bytes as f64 / 1e6 / times[PASSES / 2];
        let sum = texts.iter().map(|text| f(text)).sum::<u64>();
        println!("{name:<24} {rate:>8.1} MB/s {sum:>10}");
    };
    report("str::split_whitespace", &mut |text| {
        text.split_whitespace().count() as u64
    });
    report("spacy_en words", &mut |text| {
        let mut words = 0;
        spacy.words(text, |word| words += u64::from(!word.is_empty()));
        words
    });
    report("spacy_en sentences", &mut |text| {
        spacy.count_sentences(text)
    });
    report("simplify", &mut |text| {
        simple.clear();
        simplify(text, &mut simple);
        simple.len() as u64
    });
    Ok(())
}
