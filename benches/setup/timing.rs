//! Clocks.

use std::fs;
use std::time::Instant;

/// What one run took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Took {
    /// Time that passed.
    pub seconds: f64,
    /// Processor time of the process; 0 where the system does not tell (it does on Linux).
    pub processor: f64,
}

/// Runs something and says what it took.
pub fn timed<T>(work: impl FnOnce() -> T) -> (T, Took) {
    let (start, processor) = (Instant::now(), processor_seconds());
    let value = work();
    let took = Took {
        seconds: start.elapsed().as_secs_f64(),
        processor: processor_seconds() - processor,
    };
    (value, took)
}

/// The median run, by the time that passed and by processor time, each for itself.
pub fn median(runs: &[Took]) -> Took {
    Took {
        seconds: middle(runs.iter().map(|run| run.seconds)),
        processor: middle(runs.iter().map(|run| run.processor)),
    }
}

/// The median.
pub fn middle(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() % 2 {
        _ if values.is_empty() => f64::NAN,
        0 => (values[half - 1] + values[half]) / 2.0,
        _ => values[half],
    }
}

/// Processor time of all threads of this process, in ticks of 10 ms.
fn processor_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, which is in parentheses, user and system time are fields 12 and 13.
    let fields = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = fields.split(' ').skip(11).take(2);
    ticks.filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}
