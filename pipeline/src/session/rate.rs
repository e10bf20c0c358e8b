//! How many pictures a second.

use std::collections::VecDeque;
use std::time::Duration;

/// The moments of the last [`WINDOW`].
#[derive(Debug, Default)]
pub(super) struct Rate {
    moments: VecDeque<Duration>,
}

impl Rate {
    pub(super) fn record(&mut self, now: Duration) {
        self.moments.push_back(now);
        self.forget(now);
    }

    /// Per second, over the window or over what there has been of it.
    pub(super) fn per_second(&mut self, now: Duration) -> f64 {
        self.forget(now);
        let Some(first) = self.moments.front() else { return 0.0 };
        let span = now.saturating_sub(*first).as_secs_f64();
        if self.moments.len() < 2 || span <= 0.0 { 0.0 } else { (self.moments.len() - 1) as f64 / span }
    }

    fn forget(&mut self, now: Duration) {
        while self.moments.front().is_some_and(|&moment| now.saturating_sub(moment) > WINDOW) {
            self.moments.pop_front();
        }
    }
}

const WINDOW: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_pictures_a_second_read_as_thirty() {
        let mut rate = Rate::default();
        for n in 0..100 {
            rate.record(Duration::from_secs(n) / 30);
        }
        let fps = rate.per_second(Duration::from_secs(99) / 30);
        assert!((fps - 30.0).abs() < 0.01, "{fps}");
    }

    #[test]
    fn silence_brings_the_rate_to_nothing() {
        let mut rate = Rate::default();
        rate.record(Duration::ZERO);
        rate.record(Duration::from_millis(33));
        assert_eq!(rate.per_second(Duration::from_secs(5)), 0.0);
    }
}
