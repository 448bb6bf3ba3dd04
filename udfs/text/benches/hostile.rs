//! Time on texts that are made to be slow: it must grow like their length.
//!
//! ```text
//! cargo bench -p corpusql-text --bench hostile [-- --mb N] [-- --file TEXT]
//! ```
//!
//! Each kind of text is measured with all signals at two lengths, N / 8 and N megabytes; the rates must be
//! about equal. A file is measured as one text, and an eighth of it. Memory is what the analyzer holds just before
//! it gives it back; the peak is that of the process, its texts included.

use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::time::Instant;

use corpusql_text::{Analyzer, Lists, Measure, Needs, Row, all};

fn main() -> Result<(), Box<dyn Error>> {
    let mut megabytes = 64;
    let mut file = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => {}
            "--mb" => megabytes = arguments.next().ok_or("--mb needs a number")?.parse()?,
            "--file" => file = Some(arguments.next().ok_or("--file needs a path")?),
            other => {
                let words = format!("unknown argument '{other}', expected --mb N or --file TEXT");
                return Err(words.into());
            }
        }
    }
    println!(
        "{:<34} {:>14} {:>14} {:>12} {:>12}",
        "text", "MB/s, 1/8", "MB/s", "MB held", "MB peak"
    );
    if let Some(file) = file {
        let text = fs::read_to_string(&file)?;
        let eighth = text.floor_char_boundary(text.len() / 8);
        print_rates(&file, [&text[..eighth], &text]);
        return Ok(());
    }
    let mut state = 1u64;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state >> 33
    };
    let words: Vec<String> = (0..20_000)
        .map(|_| format!("w{:x}", random() % 10_000_019))
        .collect();
    let mut pick = |i: usize| words[(random() as usize % words.len()).min(i + 1)].clone();
    run("empty lines", megabytes, |_| "\n".into());
    run("one word again and again", megabytes, |_| "word ".into());
    run("two words in turn", megabytes, |i| {
        ["ab ", "c "][i % 2].into()
    });
    run("ten words again and again", megabytes, |i| {
        format!("w{} ", i % 10)
    });
    run("each word new", megabytes, |i| format!("{i} "));
    run("words at random, one line", megabytes, |i| pick(i) + " ");
    run("one word", megabytes, |_| "a".into());
    run("one word, commas inside", megabytes, |_| "a,".into());
    run("one word, capital sigmas", megabytes, |_| "Σ".into());
    run("one word, underscores", megabytes, |_| "a_".into());
    run("marks out of order", megabytes, |_| "\u{301}\u{323}".into());
    run("circled letters in one run", megabytes, |_| "Ⓐ.".into());
    run("dots", megabytes, |_| ".".into());
    run("spaces", megabytes, |_| " ".into());
    run("ideographic spaces", megabytes, |_| "\u{3000}".into());
    run("sentences", megabytes, |_| "a.".into());
    run("zero bytes", megabytes, |_| "\0".into());
    run("lorem ipsum", megabytes, |_| "lorem ipsum ".into());
    Ok(())
}

fn run(name: &str, megabytes: usize, mut piece: impl FnMut(usize) -> String) {
    let mut text = String::new();
    let mut eighth = 0;
    let mut pieces = 0;
    while text.len() < megabytes * 1_000_000 {
        text.push_str(&piece(pieces));
        pieces += 1;
        if eighth == 0 && text.len() >= megabytes * 125_000 {
            eighth = text.len();
        }
    }
    print_rates(name, [&text[..eighth], &text]);
}

fn print_rates(name: &str, texts: [&str; 2]) {
    let [eighth, whole] = texts.map(|text| {
        let start = Instant::now();
        let memory = measure(text);
        let rate = text.len() as f64 / 1e6 / start.elapsed().as_secs_f64();
        (rate, memory as f64 / 1e6)
    });
    println!(
        "{name:<34} {:>14.1} {:>14.1} {:>12.1} {:>12.1}",
        eighth.0,
        whole.0,
        whole.1,
        peak().unwrap_or(f64::NAN)
    );
}

/// The most memory that the process had so far, in megabytes.
fn peak() -> Option<f64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib * 1024.0 / 1e6)
}

fn measure(text: &str) -> usize {
    let needs = all().fold(Needs::NONE, |needs, signal| needs | signal.needs);
    let mut analyzer = Analyzer::new();
    let row = Row {
        text,
        language: Some("en"),
        ..Row::default()
    };
    let document = analyzer.analyze(row, needs, Lists::builtin());
    for signal in all() {
        match signal.measure {
            Measure::Int(measure) => drop(black_box(measure(&document))),
            Measure::Float(measure) => drop(black_box(measure(&document))),
            Measure::FloatList(measure) => measure(&document, &mut Vec::new()),
            Measure::UIntList(measure) => measure(&document, &mut Vec::new()),
        }
    }
    document.memory()
}
