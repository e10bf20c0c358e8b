//! When the next frame is due: pure arithmetic on positions in the input, which the caller reads from its clock.

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

/// Where due times come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Pace {
    /// An even rate, from the moment when the first frame is asked for.
    Even(Rate),
    /// Each frame's own time, counted from this position.
    Recorded {
        /// Where the recording begins.
        from: Duration,
    },
}

/// Gives each frame its due time: frame `n` is due `n / fps` after the first, or when its recording says.
///
/// Due times are counted from the start, never from the frame before, so rounding and late wake-ups do not add up. A
/// sender that was held up for at most [`CATCH_UP`] sends what is overdue at once and is back on time; after a longer
/// halt the schedule restarts at the late frame, without a burst of old ones.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    pace: Pace,
    origin: Option<Duration>,
    frames: u64,
    taken: Duration,
}

impl Schedule {
    /// Makes a schedule whose first frame is due when it is first asked for.
    pub(crate) fn new(pace: Pace) -> Self {
        let origin = match pace {
            Pace::Even(_) => None,
            Pace::Recorded { from } => Some(from),
        };
        Self { pace, origin, frames: 0, taken: Duration::ZERO }
    }

    /// Returns when the next frame is due, at `now` or later, and counts that frame.
    ///
    /// `recorded` is the frame's own time, if its input has any; `catch_up` is [`CATCH_UP`], as far as the position moves in
    /// that time.
    pub(crate) fn next_due(&mut self, now: Duration, recorded: Option<Duration>, catch_up: Duration) -> Duration {
        let after = match self.pace {
            Pace::Recorded { .. } => recorded.unwrap_or_default(),
            Pace::Even(Rate { per_second: Some(fps) }) => Duration::from_secs_f64(self.frames as f64 / fps),
            Pace::Even(Rate { per_second: None }) => {
                self.taken = now;
                // A clock that stands still holds the frame back.
                return now + Duration::from_nanos(1);
            }
        };
        match self.origin.map(|origin| origin + after) {
            Some(due) if now <= due + catch_up => {
                self.frames += 1;
                self.taken = due;
                due.max(now)
            }
            late => {
                match (self.pace, late) {
                    // What follows keeps its distance from this frame.
                    (Pace::Recorded { .. }, Some(due)) => self.origin = self.origin.map(|origin| origin + (now - due)),
                    _ => self.origin = Some(now),
                }
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
        Schedule::new(Pace::Even(fps.try_into().unwrap()))
    }

    fn due(schedule: &mut Schedule, now: Duration) -> Duration {
        schedule.next_due(now, None, CATCH_UP)
    }

    #[test]
    fn due_times_do_not_drift_over_a_day() {
        let mut schedule = schedule(29.97);
        let frames = 24 * 3600 * 30;
        let mut last = Duration::ZERO;
        for _ in 0..=frames {
            // The sender wakes a little late every time.
            last = due(&mut schedule, last + Duration::from_micros(70));
        }
        let exact = frames as f64 / 29.97;
        let error = last.as_secs_f64() - exact;
        assert!((0.0..0.001).contains(&error), "off by {error} s");
    }

    #[test]
    fn a_short_halt_is_caught_up_with() {
        let mut schedule = schedule(10.0);
        assert_eq!(due(&mut schedule, ms(0)), ms(0));
        for taken in [100, 200, 300] {
            assert_eq!((due(&mut schedule, ms(340)), schedule.taken()), (ms(340), ms(taken)));
        }
        assert_eq!((due(&mut schedule, ms(340)), schedule.taken()), (ms(400), ms(400)));
    }

    #[test]
    fn after_a_long_halt_the_schedule_restarts() {
        let mut schedule = schedule(10.0);
        due(&mut schedule, ms(0));
        assert_eq!((due(&mut schedule, ms(5000)), schedule.taken()), (ms(5000), ms(5000)));
        assert_eq!(due(&mut schedule, ms(5001)), ms(5100));
    }

    #[test]
    fn recorded_frames_keep_their_distances_whenever_they_are_asked_for() {
        let mut schedule = Schedule::new(Pace::Recorded { from: ms(1000) });
        let mut next = |now, recorded| schedule.next_due(ms(now), Some(ms(recorded)), CATCH_UP);
        assert_eq!([next(1000, 0), next(1001, 70), next(1001, 500)], [ms(1000), ms(1070), ms(1500)]);
        // Late by less than is caught up with, and by more: what follows is late by as much.
        assert_eq!([next(1700, 600), next(1700, 700)], [ms(1700), ms(1700)]);
        assert_eq!([next(2800, 800), next(2800, 850)], [ms(2800), ms(2850)]);
    }

    #[test]
    fn without_pacing_every_frame_is_due_now() {
        let mut schedule = Schedule::new(Pace::Even(Rate::UNPACED));
        let at_once = ms(3) + Duration::from_nanos(1);
        assert_eq!(due(&mut schedule, ms(3)), at_once);
        assert_eq!(due(&mut schedule, ms(3)), at_once);
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
                let due = due(&mut schedule, now);
                prop_assert!(due >= now);
                sent += 1;
                now = due;
            }
            // However it was held up, the sender is never ahead of the rate.
            prop_assert!(f64::from(sent - 1) / fps <= now.as_secs_f64() + 1e-6);
        }
    }
}
