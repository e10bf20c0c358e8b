//! How often new pictures are drawn: a few at once, and on average no more than a monitor shows.

use std::time::Duration;

/// A token bucket on times that the caller gives.
///
/// Copying 1280×984 pixels to the desktop takes 4 ms, ten times as long as drawing one tile of nine, so that 9 robots would
/// keep a core busy with pictures that no monitor shows. A camera's picture that comes late, close to the next one, is
/// drawn all the same.
#[derive(Debug)]
pub(crate) struct Pacing {
    /// When the bucket would be full if nothing more were drawn.
    full_at: Duration,
}

impl Pacing {
    pub(crate) fn new() -> Self {
        Self { full_at: Duration::ZERO }
    }

    /// How long to wait before new pictures are drawn; nought is now.
    pub(crate) fn wait(&self, now: Duration) -> Duration {
        self.full_at.saturating_sub(now + REFRESH * (BURST - 1))
    }

    /// New pictures were drawn at `now`.
    pub(crate) fn drawn(&mut self, now: Duration) {
        self.full_at = self.full_at.max(now) + REFRESH;
    }
}

/// A little less than from one picture of a monitor to the next.
const REFRESH: Duration = Duration::from_millis(15);
/// How many may follow each other without a pause.
const BURST: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_camera_is_never_held_back_also_when_two_pictures_come_together() {
        let mut pacing = Pacing::new();
        for at in [1000, 1033, 1095, 1100, 1133, 1166, 1199] {
            assert_eq!(pacing.wait(ms(at)), Duration::ZERO, "{at}");
            pacing.drawn(ms(at));
        }
    }

    #[test]
    fn pictures_of_many_robots_are_drawn_together_66_times_a_second() {
        let mut pacing = Pacing::new();
        let (mut now, mut drawn) = (ms(1000), 0);
        while now < ms(11_000) {
            now += pacing.wait(now);
            pacing.drawn(now);
            drawn += 1;
            now += ms(3);
        }
        assert!((660..=670).contains(&drawn), "{drawn} in ten seconds");
    }
}
