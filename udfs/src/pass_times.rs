//! What the time of a fused pass goes into, estimated from a sample of its documents.

use std::time::{Duration, Instant};

/// Of documents below [`ALWAYS_BYTES`], one in so many is timed.
const SAMPLED: usize = 64;
/// Longer documents are all timed: few, and any one can outweigh the rest.
const ALWAYS_BYTES: usize = 64 << 10;

/// The times of the shared view and of each signal in a pass over one batch.
///
/// Every 64th document is timed, and every one of 64 KiB or more; what the sampled short ones took stands for
/// all short ones. A clock reading costs as much as a small signal, so what one costs is measured with each
/// sampled document and taken off. What falls outside (finding the rows, growing and finishing the columns)
/// is spread in proportion.
#[derive(Clone, Debug, Default)]
pub struct PassTimes {
    short: Sample,
    long: Sample,
    short_seen: usize,
    short_timed: usize,
    text_bytes: usize,
}

/// Nanoseconds: the view's, then each signal's.
#[derive(Clone, Debug, Default)]
struct Sample(Vec<u64>);

impl PassTimes {
    /// The clock for the next document, of so many bytes, if it is to be timed.
    pub(crate) fn clock(&mut self, bytes: usize) -> Option<Clock<'_>> {
        self.text_bytes += bytes;
        let sample = if bytes >= ALWAYS_BYTES {
            &mut self.long
        } else {
            self.short_seen += 1;
            if self.short_seen % SAMPLED != 1 {
                return None;
            }
            self.short_timed += 1;
            &mut self.short
        };
        let before = Instant::now();
        let last = Instant::now();
        Some(Clock {
            sample,
            place: 0,
            cost: last - before,
            last,
        })
    }

    /// Bytes of the texts that the pass looked at.
    pub fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// `taken` by the pass, shared out: to the view, and to each signal in the order of the pass.
    pub fn split(&self, taken: Duration) -> (Duration, Vec<Duration>) {
        let scale = self.short_seen as f64 / self.short_timed.max(1) as f64;
        let count = self.short.0.len().max(self.long.0.len());
        let of = |sample: &Sample, n: usize| sample.0.get(n).copied().unwrap_or(0) as f64;
        let times: Vec<f64> = (0..count)
            .map(|n| of(&self.short, n) * scale + of(&self.long, n))
            .collect();
        let all: f64 = times.iter().sum();
        if all <= 0.0 {
            return (taken, Vec::new());
        }
        let mut shares = times.iter().map(|time| taken.mul_f64(time / all));
        (shares.next().unwrap_or_default(), shares.collect())
    }
}

/// Times the steps of one document.
pub(crate) struct Clock<'a> {
    sample: &'a mut Sample,
    place: usize,
    cost: Duration,
    last: Instant,
}

impl Clock<'_> {
    /// The next step has been done.
    pub(crate) fn step(&mut self) {
        let now = Instant::now();
        let taken = (now - self.last).saturating_sub(self.cost).as_nanos();
        let taken = u64::try_from(taken).unwrap_or(u64::MAX);
        match self.sample.0.get_mut(self.place) {
            Some(time) => *time = time.saturating_add(taken),
            None => self.sample.0.push(taken),
        }
        self.place += 1;
        self.last = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_samples_stand_for_all() {
        let times = PassTimes {
            short: Sample(vec![10, 20]),
            long: Sample(vec![100, 0]),
            short_seen: 20,
            short_timed: 2,
            text_bytes: 0,
        };
        let (view, signals) = times.split(Duration::from_nanos(800));
        assert_eq!(view, Duration::from_nanos(400));
        assert_eq!(signals, [Duration::from_nanos(400)]);
        let nothing = PassTimes::default().split(Duration::from_nanos(7));
        assert_eq!(nothing, (Duration::from_nanos(7), Vec::new()));
    }

    #[test]
    fn one_short_document_in_64_and_every_long_one_is_timed() {
        let mut times = PassTimes::default();
        let timed = |times: &mut PassTimes, bytes| {
            let mut clock = times.clock(bytes);
            if let Some(clock) = &mut clock {
                clock.step();
                clock.step();
            }
            clock.is_some()
        };
        let short = (0..129).filter(|_| timed(&mut times, 100)).count();
        assert_eq!(short, 3);
        assert!(timed(&mut times, ALWAYS_BYTES) && timed(&mut times, ALWAYS_BYTES));
        assert_eq!(times.short.0.len(), 2);
        assert_eq!(times.long.0.len(), 2);
    }
}
