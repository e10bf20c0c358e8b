//! Robots that cannot be heard for a while, which is not their fault.

use std::time::Duration;

use super::{Robot, lock};

/// For how long a robot could not be heard, because its reader waited for a decoder or a result's queue.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hearing {
    waits_since: Option<Duration>,
    /// When the picture came since which this counts.
    picture_at: Duration,
    /// For how long its reader has waited since that picture.
    unheard: Duration,
}

impl Hearing {
    fn goes_on(&mut self, picture_at: Duration, now: Duration) {
        if self.picture_at != picture_at {
            (self.picture_at, self.unheard) = (picture_at, Duration::ZERO);
        }
        let since = self.waits_since.take().unwrap_or(now);
        self.unheard += now.saturating_sub(since.max(picture_at));
    }

    /// Since when it could have sent a picture and has not, of one whose last picture came at `picture_at`.
    pub(super) fn silent_since(&self, picture_at: Duration) -> Duration {
        if self.picture_at == picture_at { picture_at + self.unheard } else { picture_at }
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.waits_since.is_some()
    }
}

impl Robot {
    /// Its reader waits from `now` on, and does not hear it.
    pub(crate) fn stop_hearing(&self, now: Duration) {
        lock(&self.hearing).waits_since = Some(now);
    }

    /// Its reader hears it again.
    pub(crate) fn hear(&self, now: Duration) {
        let picture_at = lock(&self.session).picture_at();
        lock(&self.hearing).goes_on(picture_at, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Waits from the one time to the other.
    fn wait(hearing: &mut Hearing, picture_at: u64, from: u64, to: u64) {
        hearing.waits_since = Some(ms(from));
        hearing.goes_on(ms(picture_at), ms(to));
    }

    #[test]
    fn the_time_in_which_it_could_not_be_heard_is_no_silence() {
        let mut hearing = Hearing::default();
        wait(&mut hearing, 100, 100, 2400);
        wait(&mut hearing, 100, 2500, 3500);
        assert_eq!(hearing.silent_since(ms(100)), ms(3400));
        // With the next picture it begins anew, also where that came while its reader waited.
        assert_eq!(hearing.silent_since(ms(3600)), ms(3600));
        wait(&mut hearing, 3800, 3700, 3900);
        assert_eq!(hearing.silent_since(ms(3800)), ms(3900));
    }

    #[test]
    fn who_sends_no_picture_gains_no_time_by_what_else_it_sends() {
        let mut hearing = Hearing::default();
        (1..10).for_each(|n| wait(&mut hearing, 0, n * 1000, n * 1000 + 1));
        assert_eq!(hearing.silent_since(ms(0)), ms(9));
    }
}
