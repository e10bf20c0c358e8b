//! How the detectors do: which fail or take long, and when one is switched off for that. Pure: times are arguments.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use vision::detect::Kind;

/// How the detector of each kind does.
#[derive(Debug, Default)]
pub(crate) struct Health {
    kinds: BTreeMap<Kind, State>,
}

#[derive(Debug, Default)]
struct State {
    /// Since when it has been searching a picture.
    busy_since: Option<Duration>,
    /// How long the last search took, and when that was known, if it took long.
    slow: Option<(Duration, Duration)>,
    failed_at: Option<Duration>,
    /// Failures in a row.
    failures: u32,
    /// Searches in a row that took far too long.
    stuck: u32,
    is_off: bool,
}

/// Something is wrong with a detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble {
    /// Which one.
    pub kind: Kind,
    /// What is wrong.
    pub what: Difficulty,
}

/// What is wrong with a detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difficulty {
    /// It failed on a picture a moment ago, and is tried again.
    Failing,
    /// A picture takes it longer than a second.
    Slow {
        /// How long the last one took, or has taken so far.
        took: Duration,
    },
    /// It was switched off, because it failed or took far too long again and again.
    SwitchedOff,
}

/// Why a detector is switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhyOff {
    Failed { in_a_row: u32 },
    TookLong { in_a_row: u32 },
    NeverEnds { after: Duration },
}

impl Health {
    /// Searches that are under way count from when `fair_start` says: while the program was stopped, so were they.
    pub(crate) fn recount(&mut self, fair_start: impl Fn(Duration) -> Duration) {
        self.kinds.values_mut().for_each(|state| state.busy_since = state.busy_since.map(&fair_start));
    }

    /// The detector of `kind` begins with a picture.
    pub(crate) fn begins(&mut self, kind: Kind, now: Duration) {
        self.kinds.entry(kind).or_default().busy_since = Some(now);
    }

    /// It is done with the picture, one of so many `robots`; the reason, if that is the time to switch it off.
    pub(crate) fn ends(&mut self, kind: Kind, has_answer: bool, robots: usize, now: Duration) -> Option<WhyOff> {
        let state = self.kinds.entry(kind).or_default();
        let took = now.saturating_sub(state.busy_since.take().unwrap_or(now));
        state.slow = (took > SLOW).then_some((took, now));
        state.stuck = if took > FAR_TOO_LONG { state.stuck + 1 } else { 0 };
        if has_answer {
            state.failures = 0;
        } else {
            state.failures += 1;
            state.failed_at = Some(now);
        }
        if state.is_off {
            return None;
        }
        // More than there are robots, since the pictures of each may be too much for an engine that does well with others.
        let are_enough = |in_a_row: u32, most: usize| in_a_row as usize >= most.max(robots + 1);
        let why = match (state.failures, state.stuck) {
            (in_a_row, _) if are_enough(in_a_row, MOST_FAILURES) => WhyOff::Failed { in_a_row },
            (_, in_a_row) if are_enough(in_a_row, MOST_STUCK) => WhyOff::TookLong { in_a_row },
            _ => return None,
        };
        state.is_off = true;
        Some(why)
    }

    /// The detectors that have not come back from a picture for so long that they are switched off.
    pub(crate) fn overdue(&mut self, now: Duration) -> Vec<(Kind, WhyOff)> {
        let mut all = Vec::new();
        for (&kind, state) in &mut self.kinds {
            let after = now.saturating_sub(state.busy_since.unwrap_or(now));
            if after >= NEVER_ENDS && !state.is_off {
                state.is_off = true;
                all.push((kind, WhyOff::NeverEnds { after }));
            }
        }
        all
    }

    /// The user has switched `kind` on or off: from now on counts what it does from now on.
    pub(crate) fn switched(&mut self, kind: Kind, now: Duration) {
        let state = self.kinds.entry(kind).or_default();
        *state = State { busy_since: state.busy_since.map(|_| now), ..State::default() };
    }

    /// What is wrong at `now`, with the detectors of the kinds that are on or were switched off for what they did.
    pub(crate) fn troubles(&self, is_on: impl Fn(Kind) -> bool, now: Duration) -> Vec<Trouble> {
        let trouble = |(&kind, state): (&Kind, &State)| {
            let so_far = now.saturating_sub(state.busy_since.unwrap_or(now));
            let is_recent = |at: Duration| now.saturating_sub(at) < SHOWN_FOR;
            let what = match state {
                State { is_off: true, .. } if !is_on(kind) => Difficulty::SwitchedOff,
                _ if !is_on(kind) => return None,
                _ if so_far > SLOW => Difficulty::Slow { took: so_far },
                State { failed_at: Some(at), .. } if is_recent(*at) => Difficulty::Failing,
                State { slow: Some((took, at)), .. } if is_recent(*at) => Difficulty::Slow { took: *took },
                _ => return None,
            };
            Some(Trouble { kind, what })
        };
        self.kinds.iter().filter_map(trouble).collect()
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.label())?;
        match self.what {
            Difficulty::Failing => f.write_str(" failing"),
            Difficulty::Slow { took } => write!(f, " {:.1} s", took.as_secs_f64()),
            Difficulty::SwitchedOff => f.write_str(" off"),
        }
    }
}

impl fmt::Display for WhyOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { in_a_row } => write!(f, "it failed on {in_a_row} pictures in a row"),
            Self::TookLong { in_a_row } => {
                write!(f, "{in_a_row} pictures in a row took it more than {} s each", FAR_TOO_LONG.as_secs())
            }
            Self::NeverEnds { after } => write!(f, "it has not come back from a picture for {} s", after.as_secs()),
        }
    }
}

/// What a person notices: an answer that late is about something else.
const SLOW: Duration = Duration::from_secs(1);
/// The slowest engine takes two seconds for a photo of ten megapixels.
const FAR_TOO_LONG: Duration = Duration::from_secs(5);
const NEVER_ENDS: Duration = Duration::from_secs(30);
/// Two seconds of pictures that come four times a second.
const MOST_FAILURES: usize = 8;
const MOST_STUCK: usize = 3;
/// How long something that was wrong is shown.
const SHOWN_FOR: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: Kind = Kind::Face;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// A search from `from` to `to`.
    fn search(health: &mut Health, has_answer: bool, from: u64, to: u64) -> Option<WhyOff> {
        search_among(1, health, has_answer, from, to)
    }

    /// Of one of so many `robots`.
    fn search_among(robots: usize, health: &mut Health, has_answer: bool, from: u64, to: u64) -> Option<WhyOff> {
        health.begins(FACE, ms(from));
        health.ends(FACE, has_answer, robots, ms(to))
    }

    fn said(health: &Health, now: u64) -> Vec<String> {
        health.troubles(|_| true, ms(now)).iter().map(Trouble::to_string).collect()
    }

    #[test]
    fn a_detector_that_works_is_not_mentioned() {
        let mut health = Health::default();
        assert_eq!(search(&mut health, true, 0, 900), None);
        assert!(said(&health, 900).is_empty());
    }

    #[test]
    fn a_failure_is_shown_for_a_while_and_several_in_a_row_switch_it_off() {
        let mut health = Health::default();
        for n in 0..7 {
            assert_eq!(search(&mut health, false, n * 100, n * 100 + 10), None);
        }
        assert_eq!((said(&health, 700), said(&health, 4000)), (vec!["faces failing".to_owned()], vec![]));
        assert_eq!(search(&mut health, true, 700, 710), None);
        for n in 10..17 {
            assert_eq!(search(&mut health, false, n * 100, n * 100 + 10), None);
        }
        assert_eq!(search(&mut health, false, 1700, 1710), Some(WhyOff::Failed { in_a_row: 8 }));
        assert_eq!(health.troubles(|_| false, ms(9000)), [Trouble { kind: FACE, what: Difficulty::SwitchedOff }]);
        // One that was under way says nothing new.
        assert_eq!(search(&mut health, false, 1800, 1810), None);
        health.switched(FACE, ms(9000));
        assert!(health.troubles(|_| false, ms(9000)).is_empty());
        assert_eq!(search(&mut health, false, 9100, 9110), None);
        let mut health = Health::default();
        let off = (0..21).find_map(|n| search_among(20, &mut health, false, n * 100, n * 100 + 10));
        assert_eq!(off, Some(WhyOff::Failed { in_a_row: 21 }), "where some of twenty robots may be the cause");
    }

    #[test]
    fn a_search_that_takes_long_is_named_with_its_time_also_before_it_ends() {
        let mut health = Health::default();
        health.begins(FACE, ms(0));
        assert!(said(&health, 1000).is_empty());
        assert_eq!(said(&health, 1400), ["faces 1.4 s"]);
        assert_eq!(health.ends(FACE, true, 1, ms(1500)), None);
        assert_eq!((said(&health, 1600), said(&health, 4600)), (vec!["faces 1.5 s".to_owned()], vec![]));
        assert!(health.troubles(|_| false, ms(1600)).is_empty(), "of one that the user has switched off");
    }

    #[test]
    fn a_search_counts_from_when_the_program_went_on() {
        let mut health = Health::default();
        health.begins(FACE, ms(0));
        health.recount(|_| ms(31_000));
        assert!(health.overdue(ms(31_100)).is_empty() && said(&health, 31_100).is_empty());
        assert_eq!(health.ends(FACE, true, 1, ms(31_200)), None);
        assert!(said(&health, 31_300).is_empty());
    }

    #[test]
    fn one_that_takes_far_too_long_or_never_ends_is_switched_off() {
        let mut health = Health::default();
        assert_eq!([search(&mut health, true, 0, 6000), search(&mut health, true, 6000, 12_000)], [None, None]);
        assert_eq!(search(&mut health, true, 12_000, 18_000), Some(WhyOff::TookLong { in_a_row: 3 }));
        // Where there are more robots, some of them may be the cause.
        let mut health = Health::default();
        let off: Vec<_> = (0..5).map(|n| search_among(4, &mut health, true, n * 6000, n * 6000 + 6000)).collect();
        assert_eq!(off, [None, None, None, None, Some(WhyOff::TookLong { in_a_row: 5 })]);
        let mut health = Health::default();
        health.begins(FACE, ms(0));
        assert!(health.overdue(ms(29_999)).is_empty());
        assert_eq!(health.overdue(ms(30_000)), [(FACE, WhyOff::NeverEnds { after: ms(30_000) })]);
        assert!(health.overdue(ms(31_000)).is_empty());
        // Switched on again while it still hangs, it has as much time again.
        health.switched(FACE, ms(40_000));
        assert!(health.overdue(ms(69_999)).is_empty());
        assert_eq!(health.overdue(ms(70_000)).len(), 1);
    }
}
