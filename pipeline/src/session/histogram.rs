//! Counts durations in memory that does not grow, for percentiles.

use std::time::Duration;

use crate::event::Latency;

/// Buckets of 0.1 ms up to 12.8 ms, and from there on 64 for each doubling, so that a value is off by at most 1.6 %.
///
/// A log-linear histogram, as Gil Tene's HdrHistogram has it.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    counts: Vec<u64>,
    total: u64,
}

impl Histogram {
    pub(super) fn record(&mut self, duration: Duration) {
        let bucket = bucket_of(u64::try_from(duration.as_micros() / STEP_US).unwrap_or(u64::MAX));
        if self.counts.len() <= bucket {
            self.counts.resize(bucket + 1, 0);
        }
        self.counts[bucket] += 1;
        self.total += 1;
    }

    /// `None` while nothing was recorded.
    pub(super) fn summary(&self) -> Option<Latency> {
        (self.total > 0).then(|| Latency { p50: self.percentile_ms(50), p99: self.percentile_ms(99) })
    }

    /// The upper edge of the bucket that holds the nearest-rank percentile.
    fn percentile_ms(&self, percent: u64) -> f64 {
        let rank = (self.total * percent).div_ceil(100);
        let mut seen = 0;
        let at = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        lower_edge(at.unwrap_or(self.counts.len()) + 1) as f64 / 10.0
    }
}

fn bucket_of(steps: u64) -> usize {
    let doublings = (u64::BITS - steps.leading_zeros()).saturating_sub(FINE_BITS);
    doublings as usize * HALF + (steps >> doublings) as usize
}

/// The first value, in steps, that falls into `bucket`.
fn lower_edge(bucket: usize) -> u64 {
    let doublings = (bucket / HALF).saturating_sub(1);
    ((bucket - doublings * HALF) as u64) << doublings
}

const STEP_US: u128 = 100;
/// Values below 2 to the power of this have buckets of their own.
const FINE_BITS: u32 = 7;
const HALF: usize = 1 << (FINE_BITS - 1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let mut histogram = Histogram::default();
        for tenths in 1..=100 {
            histogram.record(Duration::from_micros(100 * tenths - 50));
        }
        let Latency { p50, p99 } = histogram.summary().unwrap();
        assert_eq!((p50, p99), (5.0, 9.9));
    }

    #[test]
    fn a_value_of_any_size_is_off_by_less_than_a_sixtieth() {
        for ms in [1, 13, 100, 999, 1000, 5000, 86_400_000_u32] {
            let mut histogram = Histogram::default();
            histogram.record(Duration::from_millis(ms.into()));
            let off = histogram.summary().unwrap().p99 / f64::from(ms);
            assert!((1.0..1.11).contains(&off) && (ms < 13 || off < 1.016), "{ms} ms: {off}");
        }
    }

    #[test]
    fn every_bucket_begins_where_the_one_before_ends() {
        for bucket in 0..2000 {
            let edge = lower_edge(bucket);
            assert_eq!(bucket_of(edge), bucket);
            assert!(edge == 0 || bucket_of(edge - 1) == bucket - 1);
        }
    }
}
