//! Lets a few of the same thing pass and counts the rest, so that a flood fills neither terminal nor disk.

use std::time::Duration;

/// A token bucket: `burst` may pass at once, and `rate` more a second.
#[derive(Debug)]
pub(crate) struct Throttle {
    burst: f64,
    rate: f64,
    tokens: f64,
    at: Duration,
    held_back: u64,
}

impl Throttle {
    /// Lets `rate` things pass a second, and as many at once, but one at least.
    pub(crate) fn per_second(rate: f64) -> Self {
        Self::new(rate.max(1.0), rate)
    }

    /// Lets `burst` things pass at once, and `rate` a second after that.
    pub(crate) fn new(burst: f64, rate: f64) -> Self {
        Self { burst, rate, tokens: burst, at: Duration::ZERO, held_back: 0 }
    }

    /// Counts `more` beside those that were held back.
    pub(crate) fn hold_back(&mut self, more: u64) {
        self.held_back += more;
    }

    /// Whether the next one may pass at `now`: `Some` with how many were held back since the last one that did.
    pub(crate) fn pass(&mut self, now: Duration) -> Option<u64> {
        let elapsed = now.saturating_sub(self.at).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.rate).min(self.burst);
        self.at = now;
        if self.tokens < 1.0 {
            self.held_back += 1;
            return None;
        }
        self.tokens -= 1.0;
        Some(std::mem::take(&mut self.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_ten_seconds_passes_and_says_how_many_did_not() {
        let mut throttle = Throttle::per_second(0.1);
        let passed = [0, 1, 9_000, 10_010, 10_020, 60_000, 70_010].map(|ms| throttle.pass(Duration::from_millis(ms)));
        assert_eq!(passed, [Some(0), None, None, Some(2), None, Some(1), Some(0)]);
    }

    #[test]
    fn a_burst_passes_and_a_flood_does_not() {
        let mut throttle = Throttle::per_second(10.0);
        let passed = (0..1000).filter(|ms| throttle.pass(Duration::from_millis(*ms)).is_some()).count();
        assert!((19..=20).contains(&passed), "{passed}");
    }
}
