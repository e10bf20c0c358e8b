//! How old pictures were when a page had drawn them, as a histogram that Prometheus reads.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Counts by age.
#[derive(Debug, Default)]
pub(super) struct Latencies(Mutex<Counts>);

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    /// One for each bound, and one for what is above all.
    buckets: [u64; BOUNDS_MS.len() + 1],
    sum: Duration,
}

impl Latencies {
    pub(super) fn record(&self, age: Duration) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = BOUNDS_MS.partition_point(|&bound| age.as_secs_f64() * 1000.0 > bound);
        counts.buckets[bucket] += 1;
        counts.sum += age;
    }

    /// The lines of a histogram called `name`, whose values are seconds.
    pub(super) fn write(&self, name: &str, text: &mut String) {
        let Counts { buckets, sum } = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut below = 0;
        for (bound, count) in
            BOUNDS_MS.iter().map(|ms| (ms / 1000.0).to_string()).chain(["+Inf".to_owned()]).zip(buckets)
        {
            below += count;
            _ = writeln!(text, "{name}_bucket{{le=\"{bound}\"}} {below}");
        }
        _ = writeln!(text, "{name}_sum {}\n{name}_count {below}", sum.as_secs_f64());
    }
}

/// Close together where a picture is fresh.
const BOUNDS_MS: [f64; 22] = [
    1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 50.0, 75.0, 100.0, 150.0, 200.0, 300.0, 500.0,
    1000.0, 2000.0, 5000.0,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_counts_all_that_are_no_older() {
        let latencies = Latencies::default();
        [1, 2, 40, 41, 9000].map(Duration::from_millis).into_iter().for_each(|age| latencies.record(age));
        let mut text = String::new();
        latencies.write("age", &mut text);
        for line in [
            "age_bucket{le=\"0.001\"} 1",
            "age_bucket{le=\"0.04\"} 3",
            "age_bucket{le=\"+Inf\"} 5",
            "age_sum 9.084",
            "age_count 5",
        ] {
            assert!(text.lines().any(|written| written == line), "{line}: {text}");
        }
    }
}
