//! Time on texts that are made to be slow: it must grow like their length.
//!
//! ```text
//! cargo bench -p corpusql-text --bench hostile [-- --mb N] [-- --exponents] [-- --only WORDS] [-- --file TEXT]
//! ```
//!
//! `--only` takes the kind of text with that name, or else those whose names have these words in them.
//!
//! Each kind of text is measured with all signals at two lengths, N / 8 and N megabytes; the rates must be
//! about equal. A file is measured as one text, and an eighth of it. Memory is what the analyzer holds just before
//! it gives it back; the peak is that of the process, its texts included.
//!
//! `--exponents` measures each family of signals by itself, and the functions from text to text, at N / 8, N / 4,
//! N / 2 and N megabytes: the slope of time over length, both as logarithms, is the exponent, which must be about 1.
//! Behind it stand nanoseconds for each byte of the longest text.

mod clock;

use std::error::Error;
use std::fs;
use std::hint::black_box;

use clock::Clock;
use corpusql_text::{
    Analyzer, Lists, Measure, Needs, Row, Signal, all, all_texts, c4, counts, datatrove, dclm,
    dolma, refinedweb, rps,
};

/// Families by the folder of their source.
const FAMILIES: [(&str, &[&Signal]); 7] = [
    ("rps", rps::SIGNALS),
    ("counts", counts::SIGNALS),
    ("datatrove", datatrove::SIGNALS),
    ("c4", c4::SIGNALS),
    ("refinedweb", refinedweb::SIGNALS),
    ("dolma", dolma::SIGNALS),
    ("dclm", dclm::SIGNALS),
];

/// How often the longest text is longer than each that is measured for an exponent.
const LENGTHS: [usize; 4] = [8, 4, 2, 1];

/// A kind of text: what it is called, and its pieces by their number.
type Kind = (&'static str, Box<dyn FnMut(usize) -> String>);

fn main() -> Result<(), Box<dyn Error>> {
    let mut megabytes = 64;
    let mut file = None;
    let mut exponents = false;
    let mut only = String::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => {}
            "--mb" => megabytes = arguments.next().ok_or("--mb needs a number")?.parse()?,
            "--exponents" => exponents = true,
            "--only" => only = arguments.next().ok_or("--only needs words")?,
            "--file" => file = Some(arguments.next().ok_or("--file needs a path")?),
            other => {
                let words = format!(
                    "unknown argument '{other}', expected --mb N, --exponents, --only WORDS or --file TEXT"
                );
                return Err(words.into());
            }
        }
    }
    let named = kinds().iter().any(|(name, _)| *name == only);
    let asked = || {
        let mut kinds = kinds();
        kinds.retain(|(name, _)| *name == only || !named && name.contains(&only));
        kinds
    };
    if exponents {
        print!("{:<28}", "text");
        for (name, _) in FAMILIES {
            print!(" {name:>13}");
        }
        println!(" {:>13}", "texts");
        for (name, mut piece) in asked() {
            print_exponents(name, &make(megabytes, &mut piece));
        }
        return Ok(());
    }
    println!(
        "{:<34} {:>14} {:>14} {:>12} {:>12}",
        "text", "MB/s, 1/8", "MB/s", "MB held", "MB peak"
    );
    if let Some(file) = file {
        print_rates(&file, &fs::read_to_string(&file)?);
        return Ok(());
    }
    for (name, mut piece) in asked() {
        print_rates(name, &make(megabytes, &mut piece));
    }
    Ok(())
}

/// All kinds of text.
fn kinds() -> Vec<Kind> {
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
    let mut number = random;
    let any = move |_| {
        // As often as not one of the first 12,288, else any; a space instead of a surrogate.
        let below = if number() % 2 == 0 { 0x3000 } else { 0x11_0000 };
        char::from_u32((number() % below) as u32)
            .unwrap_or(' ')
            .into()
    };
    let pick = move |i: usize| words[(random() as usize % words.len()).min(i + 1)].clone() + " ";
    let fixed = |piece: &'static str| move |_| piece.to_string();
    vec![
        ("empty lines", Box::new(fixed("\n"))),
        ("one word again and again", Box::new(fixed("word "))),
        (
            "two words in turn",
            Box::new(|i| ["ab ", "c "][i % 2].into()),
        ),
        (
            "ten words again and again",
            Box::new(|i| format!("w{} ", i % 10)),
        ),
        ("each word new", Box::new(|i| format!("{i} "))),
        ("words at random, one line", Box::new(pick)),
        ("characters at random", Box::new(any)),
        ("one word", Box::new(fixed("a"))),
        ("one word, commas inside", Box::new(fixed("a,"))),
        ("one word, capital sigmas", Box::new(fixed("Σ"))),
        ("one word, underscores", Box::new(fixed("a_"))),
        ("marks out of order", Box::new(fixed("\u{301}\u{323}"))),
        ("circled letters in one run", Box::new(fixed("Ⓐ."))),
        ("dots", Box::new(fixed("."))),
        ("spaces", Box::new(fixed(" "))),
        ("ideographic spaces", Box::new(fixed("\u{3000}"))),
        ("sentences", Box::new(fixed("a."))),
        ("sentences of one word", Box::new(fixed("A. "))),
        ("zero bytes", Box::new(fixed("\0"))),
        ("lorem ipsum", Box::new(fixed("lorem ipsum "))),
        ("use cookies", Box::new(fixed("use cookie"))),
        ("brackets", Box::new(fixed("[1{"))),
        ("at signs", Box::new(fixed("a@"))),
        ("addresses", Box::new(fixed("a@b.c. "))),
        ("dots and digits", Box::new(fixed("1.1."))),
        (
            "one line again and again",
            Box::new(fixed("The cat sat on it.\n")),
        ),
        ("lines of one word", Box::new(|i| format!("{}\n", i % 1000))),
        ("each line new", Box::new(|i| format!("a{i} b\n"))),
    ]
}

fn make(megabytes: usize, piece: &mut dyn FnMut(usize) -> String) -> String {
    let mut text = String::new();
    let mut pieces = 0;
    while text.len() < megabytes * 1_000_000 {
        text.push_str(&piece(pieces));
        pieces += 1;
    }
    text
}

fn start_of(text: &str, part: usize) -> &str {
    &text[..text.floor_char_boundary(text.len() / part)]
}

fn print_exponents(name: &str, text: &str) {
    print!("{name:<28}");
    for (_, signals) in FAMILIES {
        print_exponent(text, |text| {
            black_box(measure(text, signals.iter().copied()));
        });
    }
    print_exponent(text, |text| {
        let row = row(text);
        for function in all_texts() {
            let mut out = String::new();
            black_box((function.write)(&row, Lists::builtin(), &mut out));
        }
    });
    println!();
}

fn print_exponent(text: &str, measure: impl Fn(&str)) {
    let points = LENGTHS.map(|part| {
        let text = start_of(text, part);
        // The better of two: the first one meets memory that it must ask for.
        let seconds = [(); 2].map(|()| {
            let start = Clock::now();
            measure(text);
            start.seconds()
        });
        (text.len() as f64, seconds[0].min(seconds[1]))
    });
    // The slope of the line of least squares.
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / 4.0;
    let (x, y) = (mean(&|p| p.0.ln()), mean(&|p| p.1.ln()));
    let both = mean(&|p| (p.0.ln() - x) * (p.1.ln() - y));
    let slope = both / mean(&|p| (p.0.ln() - x).powi(2));
    let (bytes, seconds) = points[LENGTHS.len() - 1];
    print!(" {slope:>5.2} {:>7.1}", seconds * 1e9 / bytes);
}

fn print_rates(name: &str, text: &str) {
    let [eighth, whole] = [start_of(text, 8), text].map(|text| {
        let start = Clock::now();
        let memory = measure(text, all());
        let rate = text.len() as f64 / 1e6 / start.seconds();
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

fn row(text: &str) -> Row<'_> {
    Row {
        text,
        language: Some("en"),
        ..Row::default()
    }
}

/// Measures signals in one pass; the memory that it took.
fn measure(text: &str, signals: impl Iterator<Item = &'static Signal> + Clone) -> usize {
    let needs = signals
        .clone()
        .fold(Needs::NONE, |needs, signal| needs | signal.needs);
    let mut analyzer = Analyzer::new();
    let document = analyzer.analyze(row(text), needs, Lists::builtin());
    for signal in signals {
        match signal.measure {
            Measure::Int(measure) => drop(black_box(measure(&document))),
            Measure::Float(measure) => drop(black_box(measure(&document))),
            Measure::FloatList(measure) => measure(&document, &mut Vec::new()),
            Measure::UIntList(measure) => measure(&document, &mut Vec::new()),
        }
    }
    document.memory()
}
