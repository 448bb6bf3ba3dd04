//! The clock of the benches.

use std::fs;
use std::time::Instant;

/// Processor time of this thread where the system tells it (Linux), else time that passed.
pub struct Clock {
    start: Instant,
    processor: Option<f64>,
}

impl Clock {
    /// Starts.
    pub fn now() -> Self {
        Self {
            start: Instant::now(),
            processor: processor_seconds(),
        }
    }

    /// Seconds since the start.
    pub fn seconds(&self) -> f64 {
        match (self.processor, processor_seconds()) {
            (Some(start), Some(end)) => end - start,
            _ => self.start.elapsed().as_secs_f64(),
        }
    }
}

fn processor_seconds() -> Option<f64> {
    // The kernel books the time of a running thread at its ticks, and when it yields.
    std::thread::yield_now();
    let stat = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = stat.split(' ').next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}
