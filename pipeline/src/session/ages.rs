//! How old a robot's pictures were when they came, by their stamps, and when they were on the screen.

use std::time::Duration;

use protocol::{Age, AgeMeter, Frame, Stamp};

use super::histogram::Histogram;
use crate::event::{FrameTimes, Latency};

/// The ages of one robot's stamped pictures.
#[derive(Debug)]
pub(super) struct Ages {
    meter: AgeMeter,
    /// Nanoseconds from 1970 to the start of the program's clock, as they were when the robot connected.
    ///
    /// They are never looked up again, so that the stream has a clock that does not jump when this machine's is set.
    epoch_ns: u64,
    since_taken: Histogram,
    over_best: Histogram,
}

impl Ages {
    pub(super) fn new(epoch_ns: u64) -> Self {
        let (since_taken, over_best) = Default::default();
        Self { meter: AgeMeter::new(), epoch_ns, since_taken, over_best }
    }

    /// When a frame was taken whose last byte has come at `at`, and when that was on the stream's clock.
    pub(super) fn times(&self, frame: &Frame, at: Duration) -> FrameTimes {
        let arrived_ns = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX).saturating_add(self.epoch_ns);
        FrameTimes { arrived_ns, stamp: Stamp::read(frame.as_bytes()) }
    }

    /// The age of a frame when it arrived; `None` if it has no stamp.
    pub(super) fn arrived(&mut self, FrameTimes { arrived_ns, stamp }: FrameTimes) -> Option<Age> {
        stamp.map(|stamp| self.meter.arrived(stamp, arrived_ns))
    }

    /// A picture of this age was handed to the screen.
    pub(super) fn shown(&mut self, age: Age) {
        match age {
            Age::SinceTaken(age) => self.since_taken.record(age),
            Age::OverBest(over) => self.over_best.record(over),
        }
    }

    /// The ages of pictures while clocks agreed.
    pub(super) fn since_taken(&self) -> Option<Latency> {
        self.since_taken.summary()
    }

    /// What pictures had over the best while clocks did not agree.
    pub(super) fn over_best(&self) -> Option<Latency> {
        self.over_best.summary()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn stamped(seq: u64, time_ms: u64) -> Frame {
        let stamp = Stamp { seq, time_ns: EPOCH_NS + time_ms * 1_000_000 };
        stamp.write(Frame::new(*b"\xFF\xD8jpeg").unwrap()).unwrap()
    }

    fn arrived(ages: &mut Ages, frame: &Frame, at: Duration) -> Option<Age> {
        let times = ages.times(frame, at);
        ages.arrived(times)
    }

    #[test]
    fn a_stamp_is_compared_with_the_time_of_day_on_the_clock_of_the_program() {
        let mut ages = Ages::new(EPOCH_NS);
        assert_eq!(arrived(&mut ages, &stamped(0, 5000), ms(5020)), Some(Age::SinceTaken(ms(20))));
        assert_eq!(arrived(&mut ages, &Frame::new(*b"\xFF\xD8jpeg").unwrap(), ms(5030)), None);
        assert_eq!(arrived(&mut ages, &stamped(1, 5040), ms(5039)), Some(Age::OverBest(ms(0))));
    }

    #[test]
    fn the_two_kinds_of_age_are_summed_up_apart() {
        let mut ages = Ages::new(EPOCH_NS);
        assert_eq!((ages.since_taken(), ages.over_best()), (None, None));
        (1..=100).for_each(|n| ages.shown(Age::SinceTaken(ms(n))));
        ages.shown(Age::OverBest(ms(500)));
        let Latency { p50, p99 } = ages.since_taken().unwrap();
        assert!((50.0..51.0).contains(&p50) && (99.0..101.0).contains(&p99), "{p50} {p99}");
        assert!(ages.over_best().unwrap().p50 > 499.0);
    }

    /// Some moment in 2026.
    const EPOCH_NS: u64 = 1_795_000_000_000_000_000;
}
