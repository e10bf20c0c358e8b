//! What became of each of a robot's frames: shown, dropped or corrupt, one of the three.

use std::time::Duration;

use crate::report::{EndReason, EndedLine, Latency, Summary};

/// The counts of one robot.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    pub(crate) robot: u32,
    pub(crate) shown: u64,
    pub(crate) dropped: u64,
    pub(crate) corrupt: u64,
    latency: Histogram,
    end: Option<End>,
}

/// How the connection ended, as the network saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) reason: EndReason,
    pub(crate) detail: Option<String>,
    /// Whole frames that came off the wire.
    pub(crate) received: u64,
}

impl Tally {
    pub(crate) fn new(robot: u32) -> Self {
        Self { robot, shown: 0, dropped: 0, corrupt: 0, latency: Histogram::default(), end: None }
    }

    pub(crate) fn end(&mut self, end: End) {
        self.end = Some(end);
    }

    pub(crate) fn record_latency(&mut self, latency: Duration) {
        self.latency.record(latency);
    }

    /// The last line, once the connection has ended and the fate of every frame is known.
    ///
    /// Frames are still on their way through the decoder when the network has seen the end.
    pub(crate) fn finish(&self) -> Option<EndedLine> {
        let end = self.end.as_ref()?;
        (self.shown + self.dropped + self.corrupt >= end.received).then(|| self.line(end))
    }

    /// The last line now: frames still on their way count as dropped.
    pub(crate) fn finish_now(&mut self) -> Option<EndedLine> {
        let end = self.end.clone()?;
        self.dropped = end.received.saturating_sub(self.shown + self.corrupt);
        Some(self.line(&end))
    }

    fn line(&self, end: &End) -> EndedLine {
        EndedLine {
            robot: self.robot,
            peer: None,
            reason: end.reason,
            detail: end.detail.clone(),
            received: end.received,
            shown: self.shown,
            dropped: self.dropped,
            corrupt: self.corrupt,
            latency_ms: self.latency.summary(),
            summary: Summary::default(),
        }
    }
}

/// Counts durations in steps of 0.1 ms up to 1 s, in memory that does not grow.
#[derive(Debug, Clone)]
struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; STEPS + 1], total: 0 }
    }
}

impl Histogram {
    fn record(&mut self, duration: Duration) {
        let step = (duration.as_micros() / STEP_US) as usize;
        self.counts[step.min(STEPS)] += 1;
        self.total += 1;
    }

    fn summary(&self) -> Option<Latency> {
        (self.total > 0).then(|| Latency { p50: self.percentile_ms(50), p99: self.percentile_ms(99) })
    }

    /// The upper edge of the step that holds the nearest-rank percentile.
    fn percentile_ms(&self, percent: u64) -> f64 {
        let rank = (self.total * percent).div_ceil(100);
        let mut seen = 0;
        let at = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        (at.unwrap_or(STEPS) + 1) as f64 / 10.0
    }
}

const STEP_US: u128 = 100;
const STEPS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn end(received: u64) -> End {
        End { reason: EndReason::HangUp, detail: None, received }
    }

    #[test]
    fn the_end_waits_until_every_frame_has_its_fate() {
        let mut tally = Tally::new(1);
        tally.end(end(3));
        tally.shown = 1;
        tally.corrupt = 1;
        assert_eq!(tally.finish(), None);
        tally.dropped = 1;
        assert_eq!(tally.finish().unwrap().received, 3);
    }

    #[test]
    fn an_end_that_cannot_wait_counts_the_rest_as_dropped() {
        let mut tally = Tally::new(1);
        tally.shown = 2;
        tally.end(end(5));
        assert_eq!(tally.finish_now().unwrap().dropped, 3);
    }

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let mut histogram = Histogram::default();
        for ms in 1..=100 {
            histogram.record(Duration::from_millis(ms) - Duration::from_micros(50));
        }
        let Latency { p50, p99 } = histogram.summary().unwrap();
        assert_eq!((p50, p99), (50.0, 99.0));
    }

    #[test]
    fn a_huge_delay_is_counted_in_the_last_step() {
        let mut histogram = Histogram::default();
        histogram.record(Duration::from_secs(3600));
        assert_eq!(histogram.summary().unwrap().p99, 1000.1);
    }
}
