//! When the next frame is due: pure arithmetic on times that the caller reads from its clock.

use std::str::FromStr;
use std::time::Duration;

/// How many frames a second to send: a number, or as fast as the viewer takes them.
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(try_from = "f64")]
pub struct Rate {
    per_second: Option<f64>,
}

impl Rate {
    /// As fast as the viewer takes them.
    pub const UNPACED: Rate = Rate { per_second: None };

    /// The rate of a video that gives none, and of still pictures.
    pub const CAMERA: Rate = Rate { per_second: Some(30.0) };
}

impl TryFrom<f64> for Rate {
    type Error = RateError;

    fn try_from(fps: f64) -> Result<Self, RateError> {
        if fps == 0.0 {
            Ok(Rate::UNPACED)
        } else if (SLOWEST..=FASTEST).contains(&fps) {
            Ok(Rate { per_second: Some(fps) })
        } else {
            Err(RateError(fps.to_string()))
        }
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let fps: f64 = text.trim().parse().map_err(|_| RateError(text.to_owned()))?;
        Rate::try_from(fps).map_err(|_| RateError(text.to_owned()))
    }
}

/// A number that is not a rate.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a number of frames a second; give 0 for no pacing, or {SLOWEST} to {FASTEST}, for example 29.97")]
pub struct RateError(String);

/// Gives each frame its due time: frame `n` is due `n / fps` after the first.
///
/// Due times are counted from the start, never from the frame before, so rounding and late wake-ups do not add up. A
/// sender that was held up for at most [`CATCH_UP`] sends what is overdue at once and is back on time; after a longer
/// halt the schedule restarts at the late frame, without a burst of old ones.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    rate: Rate,
    origin: Option<Duration>,
    frames: u64,
    taken: Duration,
}

impl Schedule {
    /// Makes a schedule whose first frame is due when it is first asked for.
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, origin: None, frames: 0, taken: Duration::ZERO }
    }

    /// Returns when the next frame is due, at `now` or later, and counts that frame.
    ///
    /// `now` is the time since any fixed moment, and the result is on the same clock.
    pub(crate) fn next_due(&mut self, now: Duration) -> Duration {
        let Some(fps) = self.rate.per_second else {
            self.taken = now;
            return now;
        };
        let due = self.origin.map(|origin| origin + Duration::from_secs_f64(self.frames as f64 / fps));
        match due {
            Some(due) if now <= due + CATCH_UP => {
                self.frames += 1;
                self.taken = due;
                due.max(now)
            }
            _ => {
                self.origin = Some(now);
                self.frames = 1;
                self.taken = now;
                now
            }
        }
    }

    /// Returns when a camera takes the frame that was asked for last: before it is due, if the sender was held up.
    pub(crate) fn taken(&self) -> Duration {
        self.taken
    }
}

/// The longest halt that is made up for by sending overdue frames without a pause.
pub(crate) const CATCH_UP: Duration = Duration::from_millis(250);

const SLOWEST: f64 = 0.001;
const FASTEST: f64 = 100_000.0;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn schedule(fps: f64) -> Schedule {
        Schedule::new(fps.try_into().unwrap())
    }

    #[test]
    fn due_times_do_not_drift_over_a_day() {
        let mut schedule = schedule(29.97);
        let frames = 24 * 3600 * 30;
        let mut due = Duration::ZERO;
        for _ in 0..=frames {
            // The sender wakes a little late every time.
            due = schedule.next_due(due + Duration::from_micros(70));
        }
        let exact = frames as f64 / 29.97;
        let error = due.as_secs_f64() - exact;
        assert!((0.0..0.001).contains(&error), "off by {error} s");
    }

    #[test]
    fn a_short_halt_is_caught_up_with() {
        let mut schedule = schedule(10.0);
        assert_eq!(schedule.next_due(ms(0)), ms(0));
        for taken in [100, 200, 300] {
            assert_eq!((schedule.next_due(ms(340)), schedule.taken()), (ms(340), ms(taken)));
        }
        assert_eq!((schedule.next_due(ms(340)), schedule.taken()), (ms(400), ms(400)));
    }

    #[test]
    fn after_a_long_halt_the_schedule_restarts() {
        let mut schedule = schedule(10.0);
        schedule.next_due(ms(0));
        assert_eq!((schedule.next_due(ms(5000)), schedule.taken()), (ms(5000), ms(5000)));
        assert_eq!(schedule.next_due(ms(5001)), ms(5100));
    }

    #[test]
    fn without_pacing_every_frame_is_due_now() {
        let mut schedule = Schedule::new(Rate::UNPACED);
        assert_eq!(schedule.next_due(ms(3)), ms(3));
        assert_eq!(schedule.next_due(ms(3)), ms(3));
    }

    #[test]
    fn zero_means_no_pacing_and_nonsense_is_refused() {
        assert_eq!("0".parse::<Rate>().unwrap(), Rate::UNPACED);
        assert_eq!("30".parse::<Rate>().unwrap(), Rate::CAMERA);
        for bad in ["-1", "nan", "inf", "fast", "", "1e9", "1e-9"] {
            let error = bad.parse::<Rate>().unwrap_err().to_string();
            assert!(error.contains(&format!("`{bad}`")), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_frame_is_due_in_the_past_and_none_comes_early(
            fps in 0.5f64..500.0,
            halts in prop::collection::vec(0u64..400, 1..100),
        ) {
            let mut schedule = schedule(fps);
            let mut now = Duration::ZERO;
            let mut sent = 0u32;
            for halt in halts {
                now += ms(halt);
                let due = schedule.next_due(now);
                prop_assert!(due >= now);
                sent += 1;
                now = due;
            }
            // However it was held up, the sender is never ahead of the rate.
            prop_assert!(f64::from(sent - 1) / fps <= now.as_secs_f64() + 1e-6);
        }
    }
}
