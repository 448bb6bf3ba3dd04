//! How fast signatures are made: every scheme on every instruction set of this processor.
//!
//! ```text
//! cargo bench -p corpusql-text --bench minhash [-- FILE.jsonl] [--mb N] [--scheme NAME] [--signatures FOLDER]
//! ```
//!
//! The file has one JSON object a line with `text`; without one the golden documents of `tests/data/rpv2` are used.
//! Figures are the best of several passes over text in memory, in processor time of one thread, from the text to the
//! signature. `--signatures` also writes them, as `SCHEME-INSTRUCTIONS.txt`: a line of numbers for each text, an empty one
//! for a text that has none.

use std::error::Error;
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use corpusql_text::minhash::{Instructions, Scheme, Sketcher};

const PASSES: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let mut file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/rpv2/golden.jsonl");
    let mut limit = usize::MAX;
    let (mut only, mut folder) = (None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--bench" => {}
            "--mb" => {
                let value = arguments.next().ok_or("--mb needs a number")?;
                limit = value.parse::<usize>()? * 1_000_000;
            }
            "--scheme" => only = Some(arguments.next().ok_or("--scheme needs a name")?),
            "--signatures" => {
                let value = arguments.next().ok_or("--signatures needs a folder")?;
                folder = Some(PathBuf::from(value));
            }
            _ => file = PathBuf::from(argument),
        }
    }
    let mut texts = Vec::new();
    let mut bytes = 0;
    for line in BufReader::new(File::open(&file)?).lines() {
        let record: serde_json::Value = serde_json::from_str(&line?)?;
        let text = record["text"].as_str().ok_or("a record without text")?;
        bytes += text.len();
        texts.push(text.to_string());
        if bytes >= limit {
            break;
        }
    }
    println!("{} texts, {:.1} MB", texts.len(), bytes as f64 / 1e6);

    let wanted = |scheme: &&Scheme| only.as_deref().is_none_or(|name| name == scheme.name);
    for scheme in Scheme::all().filter(wanted) {
        for instructions in Instructions::available() {
            let mut sketcher = Sketcher::with_instructions(*scheme, instructions);
            let mut pass = || {
                let start = Clock::now();
                for text in &texts {
                    black_box(sketcher.sketch(text));
                }
                start.seconds()
            };
            let best = (0..PASSES).map(|_| pass()).fold(f64::INFINITY, f64::min);
            let rate = bytes as f64 / 1e6 / best;
            let instructions = format!("{instructions:?}");
            println!("{:<16} {instructions:<9} {rate:>7.1} MB/s", scheme.name);
            if let Some(folder) = &folder {
                let file = folder.join(format!("{}-{instructions}.txt", scheme.name));
                let mut out = BufWriter::new(File::create(file)?);
                for text in &texts {
                    let values = sketcher.sketch(text).unwrap_or_default();
                    let values: Vec<_> = values.iter().map(u64::to_string).collect();
                    writeln!(out, "{}", values.join(" "))?;
                }
            }
        }
    }
    Ok(())
}

/// Processor time of this thread where the system tells, else the time that passes.
struct Clock {
    start: Instant,
    processor: Option<f64>,
}

impl Clock {
    fn now() -> Self {
        Self {
            start: Instant::now(),
            processor: processor_seconds(),
        }
    }

    fn seconds(&self) -> f64 {
        match (self.processor, processor_seconds()) {
            (Some(start), Some(end)) => end - start,
            _ => self.start.elapsed().as_secs_f64(),
        }
    }
}

fn processor_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = stat.split(' ').next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}
