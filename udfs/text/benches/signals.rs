//! How fast the signals are: each alone, all in one pass, and the limit kernel of the same run.
//!
//! ```text
//! cargo bench -p corpusql-text --bench signals [-- FILE.jsonl…] [--singles] [--families] [--mb N] [--only NAME,…]
//!     [--turns N] [--lid FILE] [--record FILE]
//! ```
//!
//! A file has one JSON object a line with `text` and `language`; without one the golden documents of
//! `tests/data/rpv2` are used. The *limit kernel* is what any program must do that looks at every word:
//! validate UTF-8, split at whitespace, hash each word to 64 bits. Figures are medians over passes, in
//! processor time of one thread, of text that is in memory; passes that are compared take turns.
//!
//! The first file is measured closely, others (texts of other scripts, for instance) beside it: how fast they are
//! for each byte. `--singles` measures each signal alone, `--families` each family alone and what it adds to one pass
//! of all others; `--record` writes the same of each signal to a file, with what it was measured on (the variables
//! `MACHINE`, `TEXTS` and `COMMIT` say it): `udfs/costs.csv`, from which the reference takes it; with `--lid` what models say
//! as well. `--only` just the signals and families that it names (`all` are all), in one
//! pass, and the functions from text to text, each alone, in so many turns as `--turns` says. `--lid` is the model of
//! `language_score`. `--mb` takes so much of each file.

mod clock;

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use clock::Clock;
use corpusql_text::fasttext::Model;
use corpusql_text::{
    Analyzer, Document, Lists, Measure, Needs, Row, Signal, TextFunction, all, all_texts, c4,
    counts, datatrove, dclm, dolma, language, refinedweb, rps, slimpajama, url_filter,
};
use xxhash_rust::xxh3::xxh3_64;

const PASSES: usize = 7;

/// Turns for each signal that is recorded: there are many.
const RECORD_TURNS: usize = 3;

/// What signals look into.
static LISTS: OnceLock<Lists> = OnceLock::new();

fn lists() -> &'static Lists {
    LISTS.get().unwrap_or(Lists::builtin())
}

struct Text {
    text: String,
    language: Option<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut singles = false;
    let mut families = false;
    let mut record = None;
    let mut limit = usize::MAX;
    let mut only = None;
    let mut turns = PASSES;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--singles" => singles = true,
            "--families" => families = true,
            "--record" => record = Some(arguments.next().ok_or("--record needs a file")?),
            "--bench" => {}
            "--lid" => {
                let path = arguments.next().ok_or("--lid needs a file")?;
                let with_model = Lists::builtin()
                    .clone()
                    .with_language_model(Model::read(Path::new(&path))?);
                LISTS.get_or_init(|| with_model);
            }
            "--only" => only = Some(arguments.next().ok_or("--only needs names")?),
            "--turns" => {
                turns = arguments.next().ok_or("--turns needs a number")?.parse()?;
            }
            "--mb" => {
                let value = arguments.next().ok_or("--mb needs a number")?;
                limit = value.parse::<usize>()? * 1_000_000;
            }
            option if option.starts_with('-') => {
                return Err(format!("there is no option {option}").into());
            }
            _ => files.push(argument.into()),
        }
    }
    if files.is_empty() {
        let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        files.push(crate_folder.join("../../tests/data/rpv2/golden.jsonl"));
    }
    let texts = read(&files[0], limit)?;
    println!("{} texts, {:.1} MB", texts.len(), megabytes(&texts));

    let report = |name: &str, time: Time| {
        let rate = megabytes(&texts) / time.median;
        let (median, best) = (time.median * 1e3, time.best * 1e3);
        println!("{name:<52} {median:>9.2} ms {rate:>8.1} MB/s   best {best:>9.2} ms");
    };
    // Models are measured by themselves: they cost what the model costs.
    let signals: Vec<_> = all().filter(|signal| !is_model(signal)).collect();
    let published: Vec<_> = signals[..29].to_vec();
    if let Some(names) = only {
        let is_named = |signal: &&Signal| {
            let mut names = names.split(',');
            names.any(|name| {
                name == signal.name || !is_model(signal) && [family(signal), "all"].contains(&name)
            })
        };
        let named: Vec<_> = all().filter(is_named).collect();
        if !named.is_empty() {
            let [time] = times_of(turns, [&mut || measure(&texts, &named)]);
            report(&format!("{} signals, one pass", named.len()), time);
        }
        for function in all_texts().filter(|f| names.split(',').any(|name| name == f.name)) {
            let [time] = times_of(turns, [&mut || write(&texts, function)]);
            report(function.name, time);
        }
        return Ok(());
    }
    let [ascii, unicode, fused, everything] = times([
        &mut || limit_ascii(&texts),
        &mut || limit_unicode(&texts),
        &mut || measure(&texts, &published),
        &mut || measure(&texts, &signals),
    ]);
    report("limit kernel, split_ascii_whitespace", ascii);
    report("limit kernel, split_whitespace", unicode);
    report("29 published signals, one pass", fused);
    let name = format!("all {} signals, one pass", signals.len());
    report(&name, everything);
    let ratio = fused.median / ascii.median;
    println!("one pass of the published signals takes {ratio:.2} times the limit kernel");
    let ratio = everything.median / fused.median;
    println!("one pass of all signals takes {ratio:.2} times that of the published ones");
    if let Some(path) = record {
        // What models say is recorded where there is one.
        let models = all().filter(|signal| LISTS.get().is_some() && is_model(signal));
        let models: Vec<_> = models.collect();
        return Ok(std::fs::write(path, record_of(&texts, &signals, &models)?)?);
    }
    if families {
        print_families(&texts, &signals);
    }
    for file in &files[1..] {
        beside(&texts, &read(file, limit)?, file, &published);
    }
    if singles {
        let mut sum = 0.0;
        for (i, signal) in signals.iter().enumerate() {
            let [single, fused] = times([&mut || measure(&texts, &[signal]), &mut || {
                measure(&texts, &published)
            }]);
            report(signal.name, single);
            if i < published.len() {
                sum += single.median / fused.median;
            }
        }
        println!("the published signals one by one take {sum:.2} times one pass");
    }
    Ok(())
}

/// Whether a signal is what a model says.
fn is_model(signal: &Signal) -> bool {
    language::SIGNALS
        .iter()
        .any(|model| model.name == signal.name)
}

/// What each family costs alone, and how much longer one pass of all signals takes with it than without.
fn print_families(texts: &[Text], signals: &[&Signal]) {
    let nanoseconds = |seconds: f64| seconds * 1e3 / megabytes(texts);
    println!(
        "{:<24} {:>8} {:>12} {:>12}",
        "family", "signals", "alone ns/B", "added ns/B"
    );
    let mut families: Vec<&str> = signals.iter().map(|signal| family(signal)).collect();
    families.dedup();
    for name in families {
        let (own, others): (Vec<_>, Vec<_>) =
            signals.iter().partition(|signal| family(signal) == name);
        let [alone, without, with] = times([
            &mut || measure(texts, &own),
            &mut || measure(texts, &others),
            &mut || measure(texts, signals),
        ]);
        println!(
            "{name:<24} {:>8} {:>12.2} {:>12.2}",
            own.len(),
            nanoseconds(alone.median),
            nanoseconds(with.median - without.median)
        );
    }
}

/// What each signal costs alone and how much longer one pass of all takes with it than without, as CSV; of models, how much
/// longer it takes with that one besides.
fn record_of(
    texts: &[Text],
    signals: &[&Signal],
    models: &[&Signal],
) -> Result<String, Box<dyn Error>> {
    let milliseconds = |seconds: f64| (seconds * 1e3 / megabytes(texts)).max(0.0);
    let said =
        |name: &str| std::env::var(name).map_err(|_| format!("--record needs the variable {name}"));
    let mut record = format!(
        "# machine: {}\n# texts: {}, {:.1} MB in {} documents\n# commit: {}\nsignal,alone,added\n",
        said("MACHINE")?,
        said("TEXTS")?,
        megabytes(texts),
        texts.len(),
        said("COMMIT")?
    );
    for signal in signals.iter().chain(models) {
        let others = signals.iter().filter(|other| other.name != signal.name);
        let others: Vec<_> = others.copied().collect();
        let all = [&others[..], &[signal]].concat();
        let [alone, without, with] = times_of(
            RECORD_TURNS,
            [
                &mut || measure(texts, &[signal]),
                &mut || measure(texts, &others),
                &mut || measure(texts, &all),
            ],
        );
        record.push_str(&format!(
            "{},{:.3},{:.3}\n",
            signal.name,
            milliseconds(alone.median),
            milliseconds(with.median - without.median)
        ));
    }
    Ok(record)
}

/// The folder of a signal's source.
fn family(signal: &Signal) -> &'static str {
    let families = [
        ("rps", rps::SIGNALS),
        ("counts", counts::SIGNALS),
        ("datatrove", datatrove::SIGNALS),
        ("c4", c4::SIGNALS),
        ("refinedweb", refinedweb::SIGNALS),
        ("dolma", dolma::SIGNALS),
        ("dclm", dclm::SIGNALS),
        ("slimpajama", slimpajama::SIGNALS),
        ("url_filter", url_filter::SIGNALS),
    ];
    let mut known = families.into_iter();
    let own = known.find(|(_, signals)| signals.iter().any(|own| own.name == signal.name));
    own.map_or("others", |(name, _)| name)
}

/// Texts of another kind beside the first: how much slower or faster a byte of them is.
fn beside(first: &[Text], others: &[Text], file: &Path, signals: &[&Signal]) {
    let [one, other] = times([&mut || measure(first, signals), &mut || {
        measure(others, signals)
    }]);
    let rate = megabytes(others) / other.median;
    let relative = rate / (megabytes(first) / one.median);
    println!(
        "{}: {} texts, {:.1} MB, {rate:.1} MB/s, {relative:.2} times as fast for each byte as the first file",
        file.display(),
        others.len(),
        megabytes(others)
    );
}

fn megabytes(texts: &[Text]) -> f64 {
    texts.iter().map(|t| t.text.len()).sum::<usize>() as f64 / 1e6
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

/// Seconds that a pass takes.
#[derive(Clone, Copy)]
struct Time {
    median: f64,
    best: f64,
}

/// Times some passes, which take turns: what else the machine does meets them alike.
fn times<const N: usize>(passes: [&mut dyn FnMut(); N]) -> [Time; N] {
    times_of(PASSES, passes)
}

/// The same in so many turns.
fn times_of<const N: usize>(turns: usize, mut passes: [&mut dyn FnMut(); N]) -> [Time; N] {
    let mut seconds = [const { Vec::new() }; N];
    for turn in 0..=turns {
        for (pass, seconds) in passes.iter_mut().zip(&mut seconds) {
            let start = Clock::now();
            pass();
            // The first one warms up.
            if turn > 0 || turns == 0 {
                seconds.push(start.seconds());
            }
        }
    }
    seconds.map(|mut seconds| {
        seconds.sort_by(f64::total_cmp);
        Time {
            median: seconds[seconds.len() / 2],
            best: seconds[0],
        }
    })
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
            ..Row::default()
        };
        let document = analyzer.analyze(row, needs, lists());
        floats.clear();
        ends.clear();
        for signal in signals {
            read_signal(signal, &document, &mut floats, &mut ends);
        }
        black_box((&floats, &ends));
    }
}

fn write(texts: &[Text], function: &TextFunction) {
    let mut out = String::new();
    for text in texts {
        let row = Row {
            text: black_box(&text.text),
            language: text.language.as_deref(),
            domain: None,
            url: None,
        };
        out.clear();
        black_box((function.write)(&row, lists(), &mut out));
        black_box(&out);
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
