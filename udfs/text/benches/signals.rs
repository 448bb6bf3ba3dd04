//! How fast the signals are: each alone, all in one pass, and the limit kernel of the same run.
//!
//! ```text
//! cargo bench -p corpusql-text --bench signals [-- FILE.jsonl] [--singles] [--mb N]
//! ```
//!
//! The file has one JSON object a line with `text` and `language`; without one the golden documents of
//! `tests/data/rpv2` are used. The *limit kernel* is what any program must do that looks at every word:
//! validate UTF-8, split at whitespace, hash each word to 64 bits. Figures are medians over passes, on one
//! thread, of text that is in memory.

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Instant;

use corpusql_text::{Analyzer, Document, Lists, Measure, Needs, Row, Signal, all};
use xxhash_rust::xxh3::xxh3_64;

const PASSES: usize = 5;

struct Text {
    text: String,
    language: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut file = None;
    let mut singles = false;
    let mut limit = usize::MAX;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--singles" => singles = true,
            "--bench" => {}
            "--mb" => {
                let value = arguments.next().ok_or("--mb needs a number")?;
                limit = value.parse::<usize>()? * 1_000_000;
            }
            _ => file = Some(argument),
        }
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/rpv2/golden.jsonl");
    let texts = read(file.as_ref().map_or(&*golden, |f| Path::new(f)), limit)?;
    let bytes: usize = texts.iter().map(|t| t.text.len()).sum();
    println!("{} texts, {:.1} MB", texts.len(), bytes as f64 / 1e6);

    let report = |name: &str, seconds: f64| {
        let rate = bytes as f64 / 1e6 / seconds;
        println!("{name:<52} {:>9.2} ms {rate:>9.1} MB/s", seconds * 1e3);
        seconds
    };
    let ascii = median(|| limit_ascii(&texts));
    let unicode = median(|| limit_unicode(&texts));
    let limit = report("limit kernel, split_ascii_whitespace", ascii);
    report("limit kernel, split_whitespace", unicode);
    let signals: Vec<_> = all().collect();
    let published: Vec<_> = signals[..29].to_vec();
    let fused = report(
        "29 published signals, one pass",
        median(|| measure(&texts, &published)),
    );
    report(
        &format!("all {} signals, one pass", signals.len()),
        median(|| measure(&texts, &signals)),
    );
    println!("one pass takes {:.2} times the limit kernel", fused / limit);
    if singles {
        let mut sum = 0.0;
        for signal in &signals {
            let seconds = report(signal.name, median(|| measure(&texts, &[signal])));
            if published.iter().any(|s| s.name == signal.name) {
                sum += seconds;
            }
        }
        println!(
            "the published signals one by one take {:.2} times one pass",
            sum / fused
        );
    }
    Ok(())
}

fn read(path: &Path, limit: usize) -> Result<Vec<Text>, Box<dyn Error>> {
    let mut texts = Vec::new();
    let mut bytes = 0;
    for line in BufReader::new(File::open(path)?).lines() {
        let record: serde_json::Value = serde_json::from_str(&line?)?;
        let field = |name: &str| record[name].as_str().map(String::from);
        let text = field("text").ok_or("a record without text")?;
        bytes += text.len();
        texts.push(Text {
            text,
            language: field("language"),
        });
        if bytes >= limit {
            break;
        }
    }
    Ok(texts)
}

fn median(mut pass: impl FnMut()) -> f64 {
    pass();
    let mut seconds: Vec<f64> = (0..PASSES)
        .map(|_| {
            let start = Instant::now();
            pass();
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[PASSES / 2]
}

fn limit_ascii(texts: &[Text]) {
    for text in texts {
        let bytes = black_box(text.text.as_bytes());
        if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
            let hashes = text
                .split_ascii_whitespace()
                .map(|word| xxh3_64(word.as_bytes()));
            black_box(hashes.fold(0, |sum, hash| sum ^ hash));
        }
    }
}

fn limit_unicode(texts: &[Text]) {
    for text in texts {
        let bytes = black_box(text.text.as_bytes());
        if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
            let hashes = text.split_whitespace().map(|word| xxh3_64(word.as_bytes()));
            black_box(hashes.fold(0, |sum, hash| sum ^ hash));
        }
    }
}

fn measure(texts: &[Text], signals: &[&Signal]) {
    let needs = signals
        .iter()
        .fold(Needs::NONE, |needs, signal| needs | signal.needs);
    let mut analyzer = Analyzer::new();
    let (mut floats, mut ends) = (Vec::new(), Vec::new());
    for text in texts {
        let row = Row {
            text: black_box(&text.text),
            language: text.language.as_deref(),
            domain: None,
        };
        let document = analyzer.analyze(row, needs, Lists::builtin());
        floats.clear();
        ends.clear();
        for signal in signals {
            read_signal(signal, &document, &mut floats, &mut ends);
        }
        black_box((&floats, &ends));
    }
}

fn read_signal(
    signal: &Signal,
    document: &Document<'_>,
    floats: &mut Vec<Option<f64>>,
    ends: &mut Vec<u32>,
) {
    match signal.measure {
        Measure::Int(measure) => floats.push(measure(document).map(|value| value as f64)),
        Measure::Float(measure) => floats.push(measure(document)),
        Measure::FloatList(measure) => measure(document, floats),
        Measure::UIntList(measure) => measure(document, ends),
    }
}
