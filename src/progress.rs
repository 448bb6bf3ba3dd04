//! Progress of long work, on stderr: documents/s, MB/s, share done, time left; of one step after the other, where the work
//! has several.
//!
//! A bar on a terminal; elsewhere a line every ten seconds; one closing line always, unless quiet.

use std::fmt::Display;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

const LINE_EVERY: Duration = Duration::from_secs(10);

/// Counts what has been done; cheap to clone and to call from many threads.
#[derive(Clone)]
pub struct Progress(Arc<Inner>);

struct Inner {
    action: String,
    quiet: bool,
    step: Mutex<Step>,
    documents: AtomicU64,
    bytes: AtomicU64,
    /// What share is measured by: done and total, in whatever unit the caller has.
    done: AtomicU64,
    total: AtomicU64,
    bar: Option<ProgressBar>,
    last_line: Mutex<Instant>,
    finished: AtomicBool,
}

/// What is being done now.
struct Step {
    /// Behind the action; nothing where there is but one step.
    words: String,
    /// What the units of work are.
    unit: &'static str,
    started: Instant,
}

impl Progress {
    /// Starts to report `action` (`ingest`, `annotate rpv2` …) over `total` units of work.
    pub fn start(action: &str, total: u64, quiet: bool) -> Self {
        let terminal = console_is_terminal();
        let bar = (!quiet && terminal).then(|| {
            let bar =
                ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(5));
            if let Ok(style) = ProgressStyle::with_template("{prefix} {bar:30} {percent:>3}% {msg}")
            {
                bar.set_style(style);
            }
            bar.set_prefix(action.to_string());
            bar
        });
        let now = Instant::now();
        Self(Arc::new(Inner {
            action: action.to_string(),
            quiet,
            step: Mutex::new(Step {
                words: String::new(),
                unit: "documents",
                started: now,
            }),
            documents: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            done: AtomicU64::new(0),
            total: AtomicU64::new(total),
            bar,
            last_line: Mutex::new(now),
            finished: AtomicBool::new(false),
        }))
    }

    /// Begins a step of the work, described by `words`, over `total` of `unit`: what is done from now on is of this step,
    /// and texts are not counted.
    pub fn begin(&self, words: &str, unit: &'static str, total: u64) {
        let inner = &self.0;
        *inner.step() = Step {
            words: words.to_string(),
            unit,
            started: Instant::now(),
        };
        for count in [&inner.documents, &inner.bytes, &inner.done] {
            count.store(0, Ordering::Relaxed);
        }
        inner.total.store(total, Ordering::Relaxed);
        if let Some(bar) = &inner.bar {
            bar.set_prefix(inner.title());
            bar.set_length(total);
            bar.set_position(0);
        }
    }

    /// More documents, with so many bytes of text, making so many units of the total.
    pub fn add(&self, documents: u64, bytes: u64, done: u64) {
        let inner = &self.0;
        inner.documents.fetch_add(documents, Ordering::Relaxed);
        inner.bytes.fetch_add(bytes, Ordering::Relaxed);
        let done = inner.done.fetch_add(done, Ordering::Relaxed) + done;
        if let Some(bar) = &inner.bar {
            bar.set_position(done);
            bar.set_message(self.rates(true));
        } else if !inner.quiet
            && let Ok(mut last) = inner.last_line.try_lock()
            && last.elapsed() >= LINE_EVERY
        {
            *last = Instant::now();
            say(format_args!("{}: {}", inner.title(), self.rates(true)));
        }
    }

    /// Ends with one line: `words`, then what was done and how fast.
    pub fn finish(&self, words: &str) {
        if self.0.finished.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Some(bar) = &self.0.bar {
            bar.finish_and_clear();
        }
        if !self.0.quiet {
            let space = if words.is_empty() { "" } else { "; " };
            say(format_args!(
                "{}: {words}{space}{}",
                self.0.action,
                self.rates(false)
            ));
        }
    }

    /// Ends without a line.
    pub fn discard(&self) {
        if !self.0.finished.swap(true, Ordering::Relaxed)
            && let Some(bar) = &self.0.bar
        {
            bar.finish_and_clear();
        }
    }

    /// A line of words in between.
    pub fn note(&self, words: &str) {
        match &self.0.bar {
            Some(bar) => bar.suspend(|| say(words)),
            None if !self.0.quiet => say(words),
            None => {}
        }
    }

    fn rates(&self, running: bool) -> String {
        let inner = &self.0;
        let (seconds, unit, is_step) = {
            let step = inner.step();
            let seconds = step.started.elapsed().as_secs_f64().max(1e-3);
            (seconds, step.unit, !step.words.is_empty())
        };
        let documents = inner.documents.load(Ordering::Relaxed);
        let megabytes = inner.bytes.load(Ordering::Relaxed) as f64 / 1e6;
        let (done, total) = (
            inner.done.load(Ordering::Relaxed),
            inner.total.load(Ordering::Relaxed),
        );
        let mut words = match is_step {
            true => format!(
                "{} {unit}, {:.0} {unit}/s",
                HumanCount(done),
                done as f64 / seconds
            ),
            false => format!(
                "{} documents, {megabytes:.1} MB of text, {:.0} documents/s, {:.1} MB/s",
                HumanCount(documents),
                documents as f64 / seconds,
                megabytes / seconds
            ),
        };
        if !running {
            words.push_str(&format!(", {seconds:.1} s"));
        } else if total > 0 {
            let share = (done as f64 / total as f64).min(1.0);
            words.push_str(&format!(", {:.0} %", 100.0 * share));
            if share > 0.0 {
                let left = Duration::from_secs_f64(seconds * (1.0 - share) / share);
                words.push_str(&format!(", {} left", HumanDuration(left)));
            }
        }
        words
    }
}

impl Inner {
    fn step(&self) -> MutexGuard<'_, Step> {
        self.step.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The action, and its step.
    fn title(&self) -> String {
        match self.step().words.as_str() {
            "" => self.action.clone(),
            words => format!("{}, {words}", self.action),
        }
    }
}

/// A line on stderr. Nobody may be there to read it: that stops no work.
pub fn say(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn console_is_terminal() -> bool {
    use std::io::IsTerminal;
    io::stderr().is_terminal()
}
