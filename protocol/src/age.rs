//! How old a picture is, as far as stamps and times of arrival can tell: bytes and times in, no clock.
//!
//! A picture's **delay** is its time of arrival on the receiver's clock less the time of its stamp on the sender's. It is
//! how long the picture really took, plus how far the sender's clock is behind; the wire has one direction, so the two
//! cannot be told apart. They can be bounded, because no picture arrives before it was taken:
//!
//! - The sender's clock is behind by no more than the **least delay** that was seen. So an age that is given as the delay
//!   is too high by the least delay at most. It is too low by as much as the sender's clock is ahead, and that is less than
//!   the fastest picture really took. The clocks *agree* while the least delay is from 0 to 100 ms, and then the delay is
//!   the age. A negative delay proves that they do not, and is remembered for 30 seconds.
//! - What a delay has **over the best** needs no clock, since the difference between the clocks is the same in both. The
//!   picture is older by that than the fastest one was: a queue shows, and the picture is at least that old.
//!
//! The least delay stays for as long as the stream does, but counts for 0.5 ms more with each second. By no more than
//! that can the clocks drift apart: quartz is off by 0.1 ms a second at most, and Linux changes the rate of a clock by
//! 0.5 ms a second at most (`MAXFREQ`). So drift never looks like a queue. The minimum of a sliding window is not used: a
//! queue that stands for longer than the window would become the best that was seen, and one that grows would only show
//! the growth within the window, while the picture is minutes old.
//!
//! A sender's clock that is set back makes stamps run backwards while numbers count up. Then, and when a sender counts
//! from the start, all that was seen is forgotten. If the clock is set back by less than the time between two stamps,
//! nothing shows it, and delays are over the best by that until the least delay has caught up. A clock that is set
//! forward gives a new least delay by itself.

use core::time::Duration;

use crate::Stamp;

/// Tells how old the pictures of one stream are.
///
/// Hand over the stamp of every frame that has one, in the order in which frames arrive, of frames that are never shown
/// too: any of them may be the fastest. The times of arrival are those of a clock that never jumps, such as a monotonic
/// one that was compared once with the time of day when the stream began. Memory does not grow.
#[derive(Clone, Debug, Default)]
pub struct AgeMeter {
    seen: Option<Seen>,
}

/// What may be said of a picture's age; see the [module](self) for how far it can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// The clocks agree, and this long ago the picture was taken.
    SinceTaken(Duration),
    /// The clocks do not agree, and the picture is older by this than the fastest one of its stream was on arrival.
    OverBest(Duration),
}

impl AgeMeter {
    /// Starts without having seen a picture.
    #[must_use]
    pub fn new() -> AgeMeter {
        AgeMeter::default()
    }

    /// The age of a picture when it arrived, `at_ns` nanoseconds after 1970 on the receiver's clock.
    pub fn arrived(&mut self, stamp: Stamp, at_ns: u64) -> Age {
        let delay_ns = i128::from(at_ns) - i128::from(stamp.time_ns);
        let before = self.seen.take().and_then(|seen| seen.continued_by(stamp));
        let seen = self.seen.insert(before.unwrap_or_else(|| Seen::starting_with(stamp, delay_ns, at_ns)));
        seen.add(delay_ns, at_ns);
        seen.age(delay_ns, at_ns)
    }
}

impl Age {
    /// The age of the same picture after some more time.
    #[must_use]
    pub fn after(self, time: Duration) -> Age {
        match self {
            Age::SinceTaken(age) => Age::SinceTaken(age.saturating_add(time)),
            Age::OverBest(over) => Age::OverBest(over.saturating_add(time)),
        }
    }
}

#[derive(Clone, Debug)]
struct Seen {
    /// The stamp with the highest number.
    newest: Stamp,
    /// How many stamps in a row have come late.
    late: u32,
    /// The least delay, and when the picture that had it arrived.
    least: (i128, u64),
    /// When a picture last arrived before it was taken.
    negative_at: Option<u64>,
}

impl Seen {
    fn starting_with(stamp: Stamp, delay_ns: i128, at_ns: u64) -> Seen {
        Seen { newest: stamp, late: 0, least: (delay_ns, at_ns), negative_at: None }
    }

    /// The same with `stamp`, be it late; `None` if that is of another run, or of another time of the sender's clock.
    fn continued_by(self, stamp: Stamp) -> Option<Seen> {
        let newest = self.newest;
        if stamp.seq > newest.seq {
            return (stamp.time_ns >= newest.time_ns).then_some(Seen { newest: stamp, late: 0, ..self });
        }
        // A network repeats a few or changes their order. A whole row of old numbers is a sender that has started anew.
        let late = self.late + 1;
        (stamp.time_ns <= newest.time_ns && late <= MOST_LATE).then_some(Seen { late, ..self })
    }

    /// A late or repeated picture has a higher delay than the one that overtook it, and so is never the least.
    fn add(&mut self, delay_ns: i128, at_ns: u64) {
        if self.late == 0 && delay_ns <= self.least_ns(at_ns) {
            self.least = (delay_ns, at_ns);
        }
        if delay_ns < 0 {
            self.negative_at = Some(at_ns);
        }
    }

    /// The least delay, with what the clocks may have drifted apart since.
    fn least_ns(&self, at_ns: u64) -> i128 {
        let (least_ns, then_ns) = self.least;
        least_ns + i128::from(at_ns.saturating_sub(then_ns)) / DRIFT_ONE_IN
    }

    fn age(&self, delay_ns: i128, at_ns: u64) -> Age {
        let least_ns = self.least_ns(at_ns);
        let is_refuted = self.negative_at.is_some_and(|then_ns| at_ns.saturating_sub(then_ns) < REFUTED_FOR_NS);
        if !is_refuted && (0..=MOST_LEAST_NS).contains(&least_ns) {
            return Age::SinceTaken(duration(delay_ns));
        }
        Age::OverBest(duration(delay_ns - least_ns))
    }
}

/// Nothing for what is negative, and 584 years for what is more.
fn duration(ns: i128) -> Duration {
    Duration::from_nanos(u64::try_from(ns.max(0)).unwrap_or(u64::MAX))
}

/// Two clocks drift apart by one second in this many at most: 0.5 ms a second.
const DRIFT_ONE_IN: i128 = 2000;
/// The least delay with which clocks agree: a slow wireless network has less, a clock that nobody sets is off by more.
const MOST_LEAST_NS: i128 = 100_000_000;
/// How long clocks do not agree after a picture that arrived before it was taken.
const REFUTED_FOR_NS: u64 = 30_000_000_000;
/// How many pictures in a row may come late.
const MOST_LATE: u32 = 16;

#[cfg(test)]
mod tests;
