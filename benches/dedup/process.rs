//! A command as a process of its own, and what it took.

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::setup::Outcome;

/// What a process took.
#[derive(Debug)]
pub struct Ran {
    /// Time that passed.
    pub seconds: f64,
    /// Processor time of all its threads, as far as it was seen.
    pub processor: f64,
    /// Bytes that were resident at most (`VmHWM`).
    pub peak: u64,
    /// Its words.
    pub words: String,
}

impl Ran {
    /// Runs `corpusql` as it was built with the bench.
    pub fn of(words: &[&str]) -> Outcome<Self> {
        let start = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_corpusql"))
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut errors = child.stderr.take().ok_or("no words of the process")?;
        let reader = thread::spawn(move || {
            let mut said = String::new();
            errors.read_to_string(&mut said).map(|_| said)
        });
        let process = format!("/proc/{}", child.id());
        let (mut peak, mut processor) = (0, 0.0_f64);
        let status = loop {
            let facts = fs::read_to_string(format!("{process}/status")).unwrap_or_default();
            let line = facts.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
            peak = peak.max(kib.unwrap_or(0) * 1024);
            let stat = fs::read_to_string(format!("{process}/stat")).unwrap_or_default();
            // Behind the name, which is in parentheses, user and system time are fields 12 and 13, in ticks of 10 ms.
            let fields = stat.rsplit(") ").next().unwrap_or_default();
            let ticks = fields.split(' ').skip(11).take(2);
            let ticks = ticks.filter_map(|tick| tick.parse::<f64>().ok());
            processor = processor.max(ticks.sum::<f64>() / 100.0);
            if let Some(status) = child.try_wait()? {
                break status;
            }
            thread::sleep(Duration::from_millis(5));
        };
        let seconds = start.elapsed().as_secs_f64();
        let words_said = reader.join().map_err(|_| "the reader of words died")??;
        if !status.success() {
            return Err(format!("corpusql {} failed: {words_said}", words.join(" ")).into());
        }
        Ok(Self {
            seconds,
            processor,
            peak,
            words: words_said,
        })
    }

    /// What it says of bytes that did not fit into memory.
    pub fn spilled(&self) -> &str {
        let said = self
            .words
            .split("; ")
            .find_map(|words| words.split_once(" spilled"));
        said.map_or("0 MB", |(size, _)| size)
    }
}
