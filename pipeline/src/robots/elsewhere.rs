//! Robots whose pictures others search.

use std::collections::{BTreeSet, VecDeque};

use vision::Orientation;
use vision::detect::Kind;

use super::{Robot, Robots, lock};
use crate::elsewhere::Found;
use crate::frame::{FrameId, Layout, RobotId};
use crate::mailbox::Policy;

/// Who else searches one robot's pictures.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    /// What others search for.
    kinds: BTreeSet<Kind>,
    /// Answers to pictures that are not on the screen yet.
    early: VecDeque<Found>,
}

impl Robots {
    /// Those of the kinds `on` for which the detectors of this program search the next picture of `robot`.
    ///
    /// Where every frame is wanted, or the pictures are turned here, what others find is of no use.
    pub(crate) fn searched_here(&self, robot: &Robot, on: &BTreeSet<Kind>) -> BTreeSet<Kind> {
        if !self.takes_answers(robot) {
            return on.clone();
        }
        on - &lock(&robot.elsewhere).kinds
    }

    fn takes_answers(&self, robot: &Robot) -> bool {
        self.policy == Policy::NewestWins && *lock(&robot.orientation) == Orientation::UPRIGHT
    }

    /// Somebody who searches the pictures of `robot` for `kinds` has found something in one.
    pub(crate) fn found_elsewhere(&self, robot: RobotId, kinds: &BTreeSet<Kind>, found: Found) {
        let Some(robot) = self.get(robot) else { return };
        if !self.takes_answers(&robot) {
            return;
        }
        let mut elsewhere = lock(&robot.elsewhere);
        elsewhere.kinds.clone_from(kinds);
        if lock(&robot.session).is_shown(found.seq) {
            drop(elsewhere);
            return self.answer_elsewhere(&robot, kinds, found);
        }
        elsewhere.early.push_back(found);
        if elsewhere.early.len() > MOST_EARLY {
            elsewhere.early.pop_front();
        }
    }

    /// Frame `seq` of `robot` is being shown, and may have been searched already.
    pub(super) fn answer_early(&self, robot: &Robot, seq: u64) {
        let mut elsewhere = lock(&robot.elsewhere);
        let at = elsewhere.early.iter().position(|found| found.seq == seq);
        let found = at.and_then(|at| elsewhere.early.remove(at));
        elsewhere.early.retain(|found| found.seq > seq);
        let kinds = elsewhere.kinds.clone();
        drop(elsewhere);
        if let Some(found) = found {
            self.answer_elsewhere(robot, &kinds, found);
        }
    }

    fn answer_elsewhere(&self, robot: &Robot, kinds: &BTreeSet<Kind>, found: Found) {
        let Found { seq, width, height, mut answers } = found;
        let on = self.searched(robot.id());
        let layout = Layout::upright(width, height);
        let id = FrameId { robot: robot.id(), seq };
        self.with(robot, |session, now| {
            for &kind in kinds {
                session.skip_before(seq, kind);
                match answers.remove(&kind).filter(|_| on.contains(&kind)) {
                    Some(answer) => session.answer_to(id, layout, kind, Ok(answer), &on, now),
                    None => session.skip(seq, kind),
                }
            }
        });
        self.changed();
    }

    /// Nobody else searches the pictures of `robot` any more; those that wait for an answer get none.
    pub(crate) fn nobody_searches_elsewhere(&self, robot: RobotId) {
        let Some(robot) = self.get(robot) else { return };
        let elsewhere = std::mem::take(&mut *lock(&robot.elsewhere));
        self.with(&robot, |session, _| {
            elsewhere.kinds.iter().for_each(|&kind| session.skip_before(u64::MAX, kind));
        });
    }
}

/// An answer comes at most a few frames before the picture is on the screen.
const MOST_EARLY: usize = 8;

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::{self, Receiver, Sender};
    use std::time::Duration;

    use protocol::Frame;
    use vision::{Answer, Detection, Payload, Pixels, Point};

    use super::*;
    use crate::clock::Clock;
    use crate::event::{End, EndReason, Event};
    use crate::frame::StreamPicture;
    use crate::pipeline::Config;
    use crate::quota::Once;
    use crate::sink::{Filter, Loses, Sink, SinkError, Sinks};
    use crate::wake::Wake;

    const SIZE: (usize, usize) = (64, 48);

    struct PassedOn(Sender<Event>);

    impl Sink for PassedOn {
        fn name(&self) -> &'static str {
            "test"
        }

        fn filter(&self) -> Filter {
            Box::new(|event| matches!(event, Event::Frame(_)))
        }

        fn is_result(&self) -> bool {
            true
        }

        fn write(&mut self, event: &Event) -> Result<(), SinkError> {
            _ = self.0.send(event.clone());
            Ok(())
        }

        fn flush(&mut self) -> Result<(), SinkError> {
            Ok(())
        }
    }

    /// One robot whose pictures are searched for QR codes, and the events of its frames.
    struct Watched {
        robots: Robots,
        robot: Arc<Robot>,
        events: Receiver<Event>,
    }

    impl Watched {
        fn start(policy: Policy) -> Self {
            let (sender, events) = mpsc::channel();
            let wake = Arc::new(Wake::default());
            let sinks = Sinks::start(vec![Box::new(PassedOn(sender))], Loses::Nothing, &wake).unwrap();
            let config = Config { detect: [Kind::Qr].into(), ..Config::new(1, policy, Once::Never) };
            let robots = Robots::new(Clock::start(), sinks, wake, &config);
            let (robot, _) = robots.connect("10.0.0.7:5000".parse().unwrap(), None, None);
            Self { robots, robot, events }
        }

        /// Shows frame `seq`; which kinds are searched for here comes back.
        fn show(&self, seq: u64) -> BTreeSet<Kind> {
            self.robots.number(&self.robot, seq);
            let received = self.robots.received(&self.robot, Frame::new(*b"jpeg").unwrap(), Duration::ZERO).unwrap();
            assert_eq!(received.id.seq, seq);
            let picture = StreamPicture::new(received, Pixels::new(SIZE.0, SIZE.1).into());
            self.robots.decoded(picture);
            let on = self.robots.searched(self.robot.id());
            let here = self.robots.searched_here(&self.robot, &on);
            let (picture, _) = self.robots.take_fresh(&self.robot).unwrap();
            self.robots.showing(&self.robot, &picture, &on);
            self.robots.shown(&[picture]);
            here
        }

        fn found(&self, seq: u64, texts: &[&str]) {
            let corners = [(0, 0), (9, 0), (9, 9), (0, 9)].map(|(x, y)| Point { x, y });
            let code = |text: &&str| Detection::code(corners, Payload::new((*text).into(), None), "zxing");
            let answer: Answer = texts.iter().map(code).collect::<Vec<_>>().into();
            let found = Found { seq, width: SIZE.0, height: SIZE.1, answers: [(Kind::Qr, answer)].into() };
            self.robots.found_elsewhere(self.robot.id(), &[Kind::Qr].into(), found);
        }

        /// The next frame's number, and how many codes were found in it, if it was searched.
        fn next(&self) -> (u64, Option<usize>) {
            match self.events.recv_timeout(Duration::from_secs(20)) {
                Ok(Event::Frame(frame)) => (frame.seq, frame.counts.get(&Kind::Qr).copied()),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_others_find_is_reported_and_not_searched_again() {
        let watched = Watched::start(Policy::NewestWins);
        assert_eq!(watched.show(7), [Kind::Qr].into(), "nobody else has answered yet");
        watched.found(7, &["a"]);
        assert_eq!(watched.next(), (7, Some(1)));
        assert!(watched.show(9).is_empty());
        watched.found(9, &["a"]);
        assert_eq!(watched.next(), (9, Some(1)));
    }

    #[test]
    fn an_answer_may_come_before_its_picture_and_leave_earlier_ones_out() {
        let watched = Watched::start(Policy::NewestWins);
        watched.found(0, &[]);
        assert!(watched.show(0).is_empty());
        assert_eq!(watched.next(), (0, Some(0)));
        [1, 2].into_iter().for_each(|seq| drop(watched.show(seq)));
        watched.found(3, &["a", "b"]);
        watched.show(3);
        assert_eq!([watched.next(), watched.next(), watched.next()], [(1, None), (2, None), (3, Some(2))]);
    }

    #[test]
    fn the_last_picture_is_answered_after_the_end_of_its_stream() {
        let watched = Watched::start(Policy::NewestWins);
        watched.show(0);
        watched.found(0, &["a"]);
        watched.show(1);
        watched.robots.ended(&watched.robot, End { reason: EndReason::EndOfStream, detail: None });
        watched.found(1, &["a"]);
        assert_eq!([watched.next(), watched.next()], [(0, Some(1)), (1, Some(1))]);
    }

    #[test]
    fn when_nobody_else_searches_any_more_it_is_done_here_and_nothing_waits() {
        let watched = Watched::start(Policy::NewestWins);
        watched.found(0, &[]);
        watched.show(0);
        watched.show(1);
        watched.robots.nobody_searches_elsewhere(watched.robot.id());
        watched.robots.poll();
        assert_eq!([watched.next(), watched.next()], [(0, Some(0)), (1, None)]);
        assert_eq!(watched.show(2), [Kind::Qr].into());
    }

    #[test]
    fn where_every_frame_counts_or_pictures_are_turned_others_answers_are_of_no_use() {
        let watched = Watched::start(Policy::EveryFrame);
        watched.found(0, &[]);
        assert_eq!(watched.show(0), [Kind::Qr].into());
        let watched = Watched::start(Policy::NewestWins);
        watched.robots.turn(watched.robot.id(), Orientation::R90);
        watched.found(0, &[]);
        assert_eq!(watched.show(0), [Kind::Qr].into());
    }
}
