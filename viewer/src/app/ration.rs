//! How often the same kind of thing is told, lest a flood of it fills the terminal.

use std::time::Duration;

/// Lets one pass, and then no other for a while; counts those it holds back.
#[derive(Debug, Default)]
pub(crate) struct Ration {
    told_at: Option<Duration>,
    untold: u64,
}

impl Ration {
    /// Whether to tell now: `Some` with how many were held back since the last time.
    pub(crate) fn draw(&mut self, now: Duration) -> Option<u64> {
        if self.told_at.is_some_and(|at| now.saturating_sub(at) < EVERY) {
            self.untold += 1;
            return None;
        }
        self.told_at = Some(now);
        Some(std::mem::take(&mut self.untold))
    }
}

/// A robot that dials once a second stays readable beside what else is told.
const EVERY: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_ten_seconds_passes_and_says_how_many_did_not() {
        let mut ration = Ration::default();
        let draws = [0, 1, 9_999, 10_000, 10_001, 60_000, 70_000].map(|ms| ration.draw(Duration::from_millis(ms)));
        assert_eq!(draws, [Some(0), None, None, Some(2), None, Some(1), Some(0)]);
    }
}
