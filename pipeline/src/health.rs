//! How the detectors do: which fail or take long, and for whose pictures one is switched off for that. Pure: times are
//! arguments.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use vision::detect::Kind;

use crate::event::Identity;
use crate::frame::RobotId;
use crate::mailbox::Policy;

/// How the detector of each kind does, and with whose pictures.
#[derive(Debug)]
pub(crate) struct Health {
    /// Where every frame is wanted nothing is switched off: what is found may not depend on the time it takes.
    may_switch_off: bool,
    kinds: BTreeMap<Kind, State>,
    records: BTreeMap<(RobotId, Kind), Record>,
}

#[derive(Debug, Default)]
struct State {
    busy: Option<Busy>,
    /// How long the last search took, and when that was known, if it took long.
    slow: Option<(Duration, Duration)>,
}

/// A search that is under way.
#[derive(Debug)]
struct Busy {
    robot: Identity,
    since: Duration,
    /// It has taken so long that it was said.
    is_said: bool,
}

/// What one detector did with the pictures of one robot.
#[derive(Debug)]
struct Record {
    robot: Identity,
    failed_at: Option<Duration>,
    /// Failures in a row.
    failures: u32,
    /// Searches in a row that took far too long.
    stuck: u32,
    /// It does not search them any more.
    is_off: bool,
}

/// Something is wrong with a detector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Which one.
    pub kind: Kind,
    /// What is wrong.
    pub what: Difficulty,
}

/// What is wrong with a detector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difficulty {
    /// It failed on a picture of this robot a moment ago, and is tried again.
    Failing {
        /// Whose it is.
        robot: Identity,
    },
    /// A picture takes it longer than a second.
    Slow {
        /// How long the last one took, or has taken so far.
        took: Duration,
    },
    /// It searches no pictures of this robot any more, because it failed on them or took far too long again and again.
    SwitchedOff {
        /// Whose they are.
        robot: Identity,
    },
}

/// Why a detector is switched off for a robot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhyOff {
    Failed { in_a_row: u32 },
    TookLong { in_a_row: u32 },
    TookForEver { worked: Duration },
}

impl Health {
    pub(crate) fn new(policy: Policy) -> Self {
        let may_switch_off = policy == Policy::NewestWins;
        Self { may_switch_off, kinds: BTreeMap::new(), records: BTreeMap::new() }
    }

    /// Searches that are under way count from when `fair_start` says: while the program was stopped, so were they.
    pub(crate) fn recount(&mut self, fair_start: impl Fn(Duration) -> Duration) {
        let busy = self.kinds.values_mut().filter_map(|state| state.busy.as_mut());
        busy.for_each(|busy| busy.since = fair_start(busy.since));
    }

    /// The detector of `kind` begins with a picture of `robot`.
    pub(crate) fn begins(&mut self, kind: Kind, robot: Identity, now: Duration) {
        self.kinds.entry(kind).or_default().busy = Some(Busy { robot, since: now, is_said: false });
    }

    /// It is done with the picture, on which its thread has `worked` for so long as far as that is known; the reason, if that is
    /// the time to switch it off for this robot.
    ///
    /// For no other: their pictures may do it no harm, and nobody may take the others' answers away. Nor because the machine
    /// has too much to do: time in which the thread has not worked does not count.
    pub(crate) fn ends(
        &mut self,
        kind: Kind,
        has_answer: bool,
        worked: Option<Duration>,
        now: Duration,
    ) -> Option<WhyOff> {
        let state = self.kinds.entry(kind).or_default();
        let Busy { robot, since, .. } = state.busy.take()?;
        let took = now.saturating_sub(since);
        state.slow = (took > SLOW).then_some((took, now));
        let worked = worked.map_or(took, |worked| worked.min(took));
        let record = self.records.entry((robot.id, kind)).or_insert_with(|| Record::new(robot));
        if !has_answer {
            record.failed_at = Some(now);
        }
        record.stuck = if worked > FAR_TOO_LONG { record.stuck + 1 } else { 0 };
        record.failures = if has_answer { 0 } else { record.failures + 1 };
        if record.is_off || !self.may_switch_off {
            return None;
        }
        let why = match (record.failures, record.stuck) {
            _ if worked > FOR_EVER => WhyOff::TookForEver { worked },
            (in_a_row @ MOST_FAILURES.., _) => WhyOff::Failed { in_a_row },
            (_, in_a_row @ MOST_STUCK..) => WhyOff::TookLong { in_a_row },
            _ => return None,
        };
        record.is_off = true;
        Some(why)
    }

    /// The detectors that have not come back from a picture for [`FOR_EVER`], each once, and whose picture it is.
    pub(crate) fn hanging(&mut self, now: Duration) -> Vec<(Kind, Identity)> {
        let hanging = |(&kind, state): (&Kind, &mut State)| {
            let Busy { robot, since, is_said } = state.busy.as_mut()?;
            if *is_said || now.saturating_sub(*since) < FOR_EVER {
                return None;
            }
            *is_said = true;
            Some((kind, robot.clone()))
        };
        if self.may_switch_off { self.kinds.iter_mut().filter_map(hanging).collect() } else { Vec::new() }
    }

    /// Whether the detector of `kind` was switched off for `robot`.
    pub(crate) fn is_off(&self, kind: Kind, robot: RobotId) -> bool {
        self.records.get(&(robot, kind)).is_some_and(|record| record.is_off)
    }

    /// The user has switched `kind` on or off: from now on counts what it does from now on.
    pub(crate) fn switched(&mut self, kind: Kind, now: Duration) {
        let state = self.kinds.entry(kind).or_default();
        let busy = state.busy.take().map(|busy| Busy { since: now, is_said: false, ..busy });
        *state = State { busy, ..State::default() };
        self.records.retain(|(_, of), _| *of != kind);
    }

    /// Forgets the robots that are not known any more.
    pub(crate) fn retain(&mut self, is_known: impl Fn(RobotId) -> bool) {
        self.records.retain(|(robot, _), _| is_known(*robot));
    }

    /// What is wrong at `now`, with the detectors of the kinds that are on.
    pub(crate) fn troubles(&self, is_on: impl Fn(Kind) -> bool, now: Duration) -> Vec<Trouble> {
        let is_recent = |at: Duration| now.saturating_sub(at) < SHOWN_FOR;
        let general = |(&kind, state): (&Kind, &State)| {
            let so_far = state.busy.as_ref().map_or(Duration::ZERO, |busy| now.saturating_sub(busy.since));
            let what = match state {
                _ if so_far > SLOW => Difficulty::Slow { took: so_far },
                State { slow: Some((took, at)), .. } if is_recent(*at) => Difficulty::Slow { took: *took },
                _ => return None,
            };
            Some(Trouble { kind, what })
        };
        let of_a_robot = |(&(_, kind), record): (&(RobotId, Kind), &Record)| {
            let robot = record.robot.clone();
            let what = match record {
                Record { is_off: true, .. } => Difficulty::SwitchedOff { robot },
                Record { failed_at: Some(at), .. } if is_recent(*at) => Difficulty::Failing { robot },
                _ => return None,
            };
            Some(Trouble { kind, what })
        };
        let of_robots = self.records.iter().filter_map(of_a_robot);
        self.kinds.iter().filter_map(general).chain(of_robots).filter(|trouble| is_on(trouble.kind)).collect()
    }
}

impl Record {
    fn new(robot: Identity) -> Self {
        Self { robot, failed_at: None, failures: 0, stuck: 0, is_off: false }
    }
}

impl Trouble {
    /// Whether it is to be seen beside the pictures of `robot`.
    pub fn concerns(&self, robot: RobotId) -> bool {
        match &self.what {
            Difficulty::SwitchedOff { robot: whose } | Difficulty::Failing { robot: whose } => whose.id == robot,
            Difficulty::Slow { .. } => true,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.label())?;
        match &self.what {
            Difficulty::Failing { .. } => f.write_str(" failing"),
            Difficulty::Slow { took } => write!(f, " {:.1} s", took.as_secs_f64()),
            Difficulty::SwitchedOff { .. } => f.write_str(" off"),
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
            Self::TookForEver { worked } => write!(f, "a picture took it {} s", worked.as_secs()),
        }
    }
}

/// What a person notices: an answer that late is about something else.
const SLOW: Duration = Duration::from_secs(1);
/// The slowest engine takes two seconds for a photo of ten megapixels.
const FAR_TOO_LONG: Duration = Duration::from_secs(5);
pub(crate) const FOR_EVER: Duration = Duration::from_secs(30);
/// Two seconds of pictures that come four times a second.
const MOST_FAILURES: u32 = 8;
const MOST_STUCK: u32 = 3;
/// How long something that was wrong is shown.
const SHOWN_FOR: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: Kind = Kind::Face;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    const ROBOT: RobotId = RobotId(1);
    const OTHER: RobotId = RobotId(2);

    fn identity(id: RobotId) -> Identity {
        Identity { id, name: None }
    }

    fn switched_off(robot: RobotId) -> Trouble {
        Trouble { kind: FACE, what: Difficulty::SwitchedOff { robot: identity(robot) } }
    }

    /// A search from `from` to `to`.
    fn search(health: &mut Health, has_answer: bool, from: u64, to: u64) -> Option<WhyOff> {
        search_of(ROBOT, health, has_answer, from, to)
    }

    fn search_of(robot: RobotId, health: &mut Health, has_answer: bool, from: u64, to: u64) -> Option<WhyOff> {
        health.begins(FACE, identity(robot), ms(from));
        health.ends(FACE, has_answer, None, ms(to))
    }

    fn said(health: &Health, now: u64) -> Vec<String> {
        health.troubles(|_| true, ms(now)).iter().map(Trouble::to_string).collect()
    }

    #[test]
    fn a_detector_that_works_is_not_mentioned() {
        let mut health = Health::new(Policy::NewestWins);
        assert_eq!(search(&mut health, true, 0, 900), None);
        assert!(said(&health, 900).is_empty());
    }

    #[test]
    fn a_failure_is_shown_for_a_while_and_several_in_a_row_switch_it_off() {
        let mut health = Health::new(Policy::NewestWins);
        for n in 0..7 {
            assert_eq!(search(&mut health, false, n * 100, n * 100 + 10), None);
        }
        assert_eq!((said(&health, 700), said(&health, 4000)), (vec!["faces failing".to_owned()], vec![]));
        assert_eq!(search(&mut health, true, 700, 710), None);
        for n in 10..17 {
            assert_eq!(search(&mut health, false, n * 100, n * 100 + 10), None);
        }
        assert_eq!(search(&mut health, false, 1700, 1710), Some(WhyOff::Failed { in_a_row: 8 }));
        assert_eq!(health.troubles(|_| true, ms(9000)), [switched_off(ROBOT)]);
        assert!(health.troubles(|_| false, ms(9000)).is_empty(), "of one that the user has switched off");
        // One that was under way says nothing new.
        assert_eq!(search(&mut health, false, 1800, 1810), None);
        health.switched(FACE, ms(9000));
        assert!(!health.is_off(FACE, ROBOT) && said(&health, 9000).is_empty());
        assert_eq!(search(&mut health, false, 9100, 9110), None);
    }

    #[test]
    fn what_a_robots_pictures_do_counts_for_this_robot_alone() {
        let mut health = Health::new(Policy::NewestWins);
        let off = (0..30).find_map(|n| {
            let at = n * 100;
            assert_eq!(search_of(OTHER, &mut health, true, at, at + 10), None);
            search(&mut health, false, at + 50, at + 60)
        });
        assert_eq!(off, Some(WhyOff::Failed { in_a_row: 8 }), "though the other's pictures do well between");
        assert!(health.is_off(FACE, ROBOT) && !health.is_off(FACE, OTHER));
        assert_eq!(health.troubles(|_| true, ms(60_000)), [switched_off(ROBOT)]);
        assert!(!health.troubles(|_| true, ms(800)).iter().any(|trouble| trouble.concerns(OTHER)));
        health.retain(|robot| robot == OTHER);
        assert!(said(&health, 60_000).is_empty());
    }

    #[test]
    fn a_search_that_takes_long_is_named_with_its_time_also_before_it_ends() {
        let mut health = Health::new(Policy::NewestWins);
        health.begins(FACE, identity(ROBOT), ms(0));
        assert!(said(&health, 1000).is_empty());
        assert_eq!(said(&health, 1400), ["faces 1.4 s"]);
        assert_eq!(health.ends(FACE, true, None, ms(1500)), None);
        assert_eq!((said(&health, 1600), said(&health, 4600)), (vec!["faces 1.5 s".to_owned()], vec![]));
        assert!(health.troubles(|_| false, ms(1600)).is_empty(), "of one that the user has switched off");
    }

    #[test]
    fn a_search_counts_from_when_the_program_went_on() {
        let mut health = Health::new(Policy::NewestWins);
        health.begins(FACE, identity(ROBOT), ms(0));
        health.recount(|_| ms(31_000));
        assert!(health.hanging(ms(31_100)).is_empty() && said(&health, 31_100).is_empty());
        assert_eq!(health.ends(FACE, true, None, ms(31_200)), None);
        assert!(said(&health, 31_300).is_empty());
    }

    #[test]
    fn one_that_takes_far_too_long_again_and_again_or_for_ever_once_is_switched_off() {
        let mut health = Health::new(Policy::NewestWins);
        assert_eq!([search(&mut health, true, 0, 6000), search(&mut health, true, 6000, 12_000)], [None, None]);
        assert_eq!(search(&mut health, true, 12_000, 18_000), Some(WhyOff::TookLong { in_a_row: 3 }));
        let mut health = Health::new(Policy::NewestWins);
        assert_eq!(search(&mut health, true, 0, 31_000), Some(WhyOff::TookForEver { worked: ms(31_000) }));
        assert!(health.is_off(FACE, ROBOT) && search_of(OTHER, &mut health, true, 90_000, 90_010).is_none());
    }

    #[test]
    fn time_in_which_it_did_not_work_counts_for_nothing() {
        let mut health = Health::new(Policy::NewestWins);
        for n in 0..9 {
            health.begins(FACE, identity(ROBOT), ms(n * 40_000));
            assert_eq!(health.ends(FACE, true, Some(ms(900)), ms(n * 40_000 + 39_000)), None);
        }
        assert_eq!(said(&health, 8 * 40_000 + 39_000), ["faces 39.0 s"]);
    }

    #[test]
    fn one_that_hangs_is_said_once() {
        let mut health = Health::new(Policy::NewestWins);
        health.begins(FACE, identity(ROBOT), ms(0));
        assert!(health.hanging(ms(29_999)).is_empty());
        assert_eq!(health.hanging(ms(30_000)), [(FACE, identity(ROBOT))]);
        assert!(health.hanging(ms(31_000)).is_empty());
        // Switched on again while it still hangs, it has as much time again.
        health.switched(FACE, ms(40_000));
        assert!(health.hanging(ms(69_999)).is_empty());
        assert_eq!(health.hanging(ms(70_000)).len(), 1);
        assert_eq!(health.ends(FACE, true, None, ms(80_000)), Some(WhyOff::TookForEver { worked: ms(40_000) }));
    }

    #[test]
    fn where_every_frame_is_wanted_nothing_is_switched_off() {
        let mut health = Health::new(Policy::EveryFrame);
        assert!((0..20).all(|n| search(&mut health, false, n * 9000, n * 9000 + 8000).is_none()));
        health.begins(FACE, identity(ROBOT), ms(0));
        assert!(health.hanging(ms(60_000)).is_empty() && !health.is_off(FACE, ROBOT));
    }
}
