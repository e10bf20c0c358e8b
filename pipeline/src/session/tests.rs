//! The state machine, driven with plain values.

mod age;
mod corruption;

use protocol::Frame;
use vision::detect::{Detection, Payload, Point, Shape};
use vision::picture::Pixels;
use vision::track::Sight;

use super::*;
use crate::event::{EndReason, Sighting};
use crate::frame::{Received, RobotId};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn id(seq: u64) -> FrameId {
    FrameId { robot: RobotId(1), seq }
}

fn picture(seq: u64, at: Duration) -> Arc<StreamPicture> {
    let received = Received { id: id(seq), frame: Arc::new(Frame::new(*b"jpeg").unwrap()), at, age: None };
    Arc::new(StreamPicture::new(received, Pixels::new(64, 48).into()))
}

fn code(text: &str) -> Detection {
    let shape = Shape::Quad([(0, 0), (9, 0), (9, 9), (0, 9)].map(|(x, y)| Point { x, y }));
    let payload = Some(Payload::new(text.into(), None));
    Detection { payload, ..Detection::new(Kind::Qr, shape, "test") }
}

fn cut() -> NotAPicture {
    NotAPicture::Panicked("cut".into())
}

/// A session, the kinds that are searched for, and what has come out.
struct Stream {
    session: Session,
    on: BTreeSet<Kind>,
    events: Vec<Event>,
    /// The numbers of the frames whose bytes have come out.
    received: Vec<u64>,
}

impl Stream {
    fn connect(on: &[Kind]) -> Self {
        Self::with(on, Policy::NewestWins)
    }

    fn with(on: &[Kind], policy: Policy) -> Self {
        let robot = Identity { id: RobotId(1), name: None };
        let session = Session::new(robot, "10.0.0.7:5000".parse().unwrap(), None, policy, ms(0), 0);
        Self { session, on: on.iter().copied().collect(), events: Vec::new(), received: Vec::new() }
    }

    /// Receives a frame without a stamp.
    fn receive(&mut self) -> u64 {
        self.session.received(&Arc::new(Frame::new(*b"jpeg").unwrap()), ms(0)).0
    }

    /// Receives the next frame and shows it at once.
    fn show(&mut self, at: Duration) -> u64 {
        let seq = self.receive();
        self.show_late(seq, at);
        seq
    }

    /// Shows a frame that was received before.
    fn show_late(&mut self, seq: u64, at: Duration) {
        self.session.decoded(seq, at);
        let picture = picture(seq, at);
        self.session.showing(&picture, self.on.clone(), at);
        self.session.shown(&picture, at);
        self.poll(at);
    }

    fn answer(&mut self, seq: u64, at: Duration, found: Vec<Detection>) {
        self.session.answer(&picture(seq, at), Kind::Qr, Ok(found.into()), &self.on, at);
        self.poll(at);
    }

    fn fail(&mut self, seq: u64) {
        let error = DetectError::Failed { engine: "e", width: 1, height: 1, message: "no memory".into() };
        self.session.answer(&picture(seq, ms(0)), Kind::Qr, Err(error), &self.on, ms(0));
        self.poll(ms(0));
    }

    fn end(&mut self, reason: EndReason, at: Duration) {
        self.session.end(End { reason, detail: None }, at);
        self.poll(at);
    }

    fn poll(&mut self, at: Duration) {
        while let Some(event) = self.session.poll(at) {
            // Of every frame, and at once: they would stand between all others.
            if let Event::Received(received) = event {
                self.received.push(received.seq);
            } else {
                self.events.push(event);
            }
        }
    }

    fn view(&mut self, at: Duration) -> RobotView {
        self.session.view(&self.on, at)
    }

    fn state(&mut self, at: Duration) -> &'static str {
        match self.view(at).state {
            ViewState::Waiting { .. } => "waiting",
            ViewState::Live(_) => "live",
            ViewState::Stale { .. } => "stale",
            ViewState::Gone { .. } => "gone",
        }
    }

    /// What has come out since the last call, in words.
    fn said(&mut self) -> Vec<String> {
        let word = |event| match event {
            Event::Connected { .. } => "connected".to_owned(),
            Event::Frame(frame) => format!("frame {}", frame.seq),
            Event::Corrupt(corrupt) => format!("corrupt {}+{}", corrupt.seq, corrupt.more),
            Event::NoPictures { .. } => "no pictures".to_owned(),
            Event::InView { payload, .. } => format!("in view {payload}"),
            Event::DetectorFailed { .. } => "detector failed".to_owned(),
            Event::Ended(EndedEvent { reason, received, shown, dropped, corrupt, .. }) => {
                format!("ended {reason:?} {received}={shown}+{dropped}+{corrupt}")
            }
            other => unreachable!("{other:?}"),
        };
        self.events.drain(..).map(word).collect()
    }
}

#[test]
fn a_robot_waits_is_live_falls_silent_comes_back_and_is_gone() {
    let mut stream = Stream::connect(&[]);
    assert_eq!(stream.state(ms(20)), "waiting");
    stream.show(ms(30));
    assert_eq!((stream.state(ms(1029)), stream.state(ms(1030))), ("live", "stale"));
    stream.show(ms(4000));
    assert_eq!(stream.state(ms(4001)), "live");
    stream.end(EndReason::HangUp, ms(4100));
    let ViewState::Gone { reason, ago, .. } = stream.view(ms(5100)).state else { unreachable!() };
    assert_eq!((reason, ago), (EndReason::HangUp, ms(1000)));
}

#[test]
fn the_last_event_waits_for_frames_that_are_still_on_their_way() {
    let mut stream = Stream::connect(&[]);
    stream.show(ms(0));
    (1..4).for_each(|_| _ = stream.receive());
    stream.end(EndReason::EndOfStream, ms(1));
    stream.session.dropped(1, ms(2));
    stream.session.corrupt(2, &cut(), ms(3));
    assert_eq!(stream.state(ms(3)), "live");
    stream.show_late(3, ms(4));
    let want = ["connected", "frame 0", "corrupt 2+0", "frame 3", "ended EndOfStream 4=2+1+1"];
    assert_eq!(stream.said(), want);
    assert_eq!((stream.state(ms(5)), stream.session.is_closed()), ("gone", true));
}

#[test]
fn of_losses_while_a_frame_decodes_only_so_many_are_read_and_each_is_counted_as_corrupt() {
    let mut stream = Stream::connect(&[]);
    stream.receive();
    let mut read = 0;
    while stream.session.has_room_for_losses() {
        let why = protocol::Damage::NoJpeg { found: b'x' };
        stream.session.lost(protocol::Lost { at: read, bytes: 1, why }, ms(0));
        read += 1;
    }
    assert_eq!(read, 64);
    stream.session.corrupt(0, &cut(), ms(1));
    stream.poll(ms(1));
    assert!(stream.session.has_room_for_losses());
    stream.end(EndReason::HangUp, ms(2));
    stream.poll(ms(5000));
    assert_eq!(stream.said().last().map(String::as_str), Some("ended HangUp 65=0+0+65"));
}

#[test]
fn a_robot_that_loses_everything_is_hopeless_however_late_its_losses_are_counted() {
    let mut stream = Stream::connect(&[]);
    let lost = || protocol::Lost { at: 7, bytes: 5, why: protocol::Damage::NoJpeg { found: b'x' } };
    (0..299).for_each(|n| assert_eq!(stream.session.lost(lost(), ms(n)), Verdict::GoOn));
    stream.receive();
    assert_eq!(stream.session.lost(lost(), ms(300)), Verdict::GoOn);
    stream.session.dropped(299, ms(301));
    stream.poll(ms(301));
    assert_eq!(stream.session.lost(lost(), ms(302)), Verdict::Hopeless { in_a_row: 300 });
}

#[test]
fn a_corrupt_frame_does_not_overtake_a_picture_that_waits_for_the_screen() {
    let mut stream = Stream::connect(&[]);
    (0..4).for_each(|_| _ = stream.receive());
    stream.session.decoded(0, ms(0));
    stream.session.corrupt(1, &cut(), ms(1));
    stream.session.decoded(2, ms(2));
    stream.session.corrupt(3, &cut(), ms(3));
    stream.poll(ms(3));
    assert_eq!(stream.said(), ["connected"]);
    stream.session.dropped(2, ms(4));
    stream.session.showing(&picture(0, ms(5)), BTreeSet::new(), ms(5));
    stream.session.shown(&picture(0, ms(5)), ms(5));
    stream.poll(ms(5));
    assert_eq!(stream.said(), ["frame 0", "corrupt 1+0", "corrupt 3+0"]);
}

#[test]
fn every_whole_frame_comes_out_at_once_whatever_becomes_of_it() {
    let mut stream = Stream::connect(&[Kind::Qr]);
    let (corrupt, dropped) = (stream.receive(), stream.receive());
    stream.poll(ms(0));
    assert_eq!(stream.received, [0, 1]);
    stream.session.corrupt(corrupt, &cut(), ms(1));
    stream.session.dropped(dropped, ms(1));
    stream.show(ms(2));
    assert_eq!(stream.received, [0, 1, 2]);
}

#[test]
fn a_robot_that_has_left_keeps_no_picture() {
    let mut stream = Stream::connect(&[]);
    stream.show(ms(0));
    assert!(stream.session.picture().is_some());
    stream.end(EndReason::HangUp, ms(1));
    assert!(stream.session.picture().is_none());
}

#[test]
fn the_last_event_waits_for_the_last_detection() {
    let mut stream = Stream::connect(&[Kind::Qr]);
    stream.show(ms(0));
    stream.end(EndReason::Truncated, ms(1));
    assert_eq!(stream.said(), ["connected"]);
    stream.answer(0, ms(2), vec![code("a")]);
    assert_eq!(stream.said(), ["in view a", "frame 0", "ended Truncated 1=1+0+0"]);
}

#[test]
fn an_answer_after_the_last_event_changes_nothing() {
    let mut stream = Stream::connect(&[Kind::Qr]);
    stream.show(ms(0));
    stream.end(EndReason::HangUp, ms(1));
    stream.poll(ms(6000));
    assert_eq!(stream.said(), ["connected", "frame 0", "ended HangUp 1=1+0+0"]);
    stream.answer(0, ms(6001), vec![code("a")]);
    assert!(stream.said().is_empty() && stream.session.sightings.take().sightings.is_empty());
}

#[test]
fn closing_accounts_for_every_frame() {
    let mut stream = Stream::connect(&[Kind::Qr]);
    stream.show(ms(0));
    (0..2).for_each(|_| _ = stream.receive());
    stream.session.close(End { reason: EndReason::Quit, detail: None }, ms(2));
    stream.poll(ms(2));
    assert_eq!(stream.said(), ["connected", "frame 0", "ended Quit 3=1+2+0"]);
}

#[test]
fn each_frame_says_which_kinds_were_searched_for_in_it() {
    let mut stream = Stream::connect(&[Kind::Qr]);
    stream.show(ms(0));
    stream.answer(0, ms(0), vec![code("a")]);
    stream.session.forget(Kind::Qr);
    stream.on.clear();
    stream.show(ms(33));
    let counts = stream.events.iter().filter_map(|event| match event {
        Event::Frame(frame) => Some(frame.counts.clone()),
        _ => None,
    });
    assert_eq!(counts.collect::<Vec<_>>(), [BTreeMap::from([(Kind::Qr, 1)]), BTreeMap::new()]);
}

#[test]
fn what_is_counted_is_what_the_last_answer_had_and_what_is_missed_is_expected() {
    let mut stream = Stream::connect(&[Kind::Qr]);
    stream.show(ms(0));
    assert_eq!(stream.view(ms(0)).counts, [(Kind::Qr, None)]);
    stream.answer(0, ms(0), vec![code("a")]);
    let seen = stream.view(ms(0));
    assert_eq!(
        (seen.counts, seen.marks[0].sight, seen.marks[0].opacity),
        (vec![(Kind::Qr, Some(1))], Sight::Seen, 1.0)
    );
    for seq in 1..4 {
        stream.show(ms(33 * seq));
        stream.answer(seq, ms(33 * seq), Vec::new());
    }
    let missed = stream.view(ms(99));
    assert_eq!((missed.counts, missed.marks[0].sight), (vec![(Kind::Qr, Some(0))], Sight::Expected));
}

#[test]
fn of_what_nobody_has_looked_for_lately_it_is_not_known_how_many_there_are() {
    let mut stream = Stream::connect(&[Kind::Qr]);
    let seq = stream.show(ms(0));
    stream.answer(seq, ms(0), vec![code("a")]);
    (0..40).for_each(|n| _ = stream.show(ms(10 * n)));
    assert_eq!(stream.view(ms(400)).counts, [(Kind::Qr, Some(1))]);
    (40..100).for_each(|n| _ = stream.show(ms(10 * n)));
    assert_eq!(stream.view(ms(1000)).counts, [(Kind::Qr, None)]);
    // That nothing was there is no news that fades.
    let seq = stream.show(ms(1000));
    stream.answer(seq, ms(1000), Vec::new());
    (100..200).for_each(|n| _ = stream.show(ms(10 * n)));
    assert_eq!(stream.view(ms(2000)).counts, [(Kind::Qr, Some(0))]);
}

#[test]
fn results_stay_on_their_own_picture_when_the_stream_stops() {
    let mut stream = Stream::connect(&[Kind::Qr]);
    stream.show(ms(0));
    stream.answer(0, ms(0), vec![code("a")]);
    assert_eq!(stream.view(ms(5000)).marks.len(), 1);
}

#[test]
fn an_answer_on_its_way_does_not_bring_back_a_kind_that_was_switched_off() {
    let mut stream = Stream::connect(&[Kind::Qr]);
    stream.show(ms(0));
    stream.on.clear();
    stream.session.forget(Kind::Qr);
    stream.answer(0, ms(2), vec![code("a")]);
    stream.on.insert(Kind::Qr);
    stream.session.forget(Kind::Qr);
    let view = stream.view(ms(3));
    assert_eq!((view.marks.len(), view.counts), (0, vec![(Kind::Qr, None)]));
}

#[test]
fn what_has_moved_out_of_the_picture_is_neither_marked_nor_counted() {
    let mut stream = Stream::connect(&[Kind::Qr]);
    for seq in 0..10 {
        let at = ms(33 * seq);
        stream.show(at);
        // Its right side is at 48, 43, 38 ... 3.
        let moved = Detection { shape: code("a").shape.moved(39 - 5 * seq as i32, 20), ..code("a") };
        stream.answer(seq, at, vec![moved]);
        assert_eq!(stream.view(at).marks.len(), 1);
    }
    // Without an answer it moves on: to -2.
    stream.show(ms(330));
    let view = stream.view(ms(330));
    assert_eq!((view.marks.len(), view.counts), (0, vec![(Kind::Qr, Some(0))]));
}

#[test]
fn an_object_has_the_same_number_in_every_event() {
    let mut stream = Stream::connect(&[Kind::Qr]);
    for seq in 0..3 {
        stream.show(ms(33 * seq));
        stream.answer(seq, ms(33 * seq), vec![code("b"), code("a")]);
    }
    let tracks = |event: &Event| match event {
        Event::Frame(frame) => Some(frame.detections.iter().map(|d| d.track.unwrap()).collect::<Vec<_>>()),
        _ => None,
    };
    let tracks: Vec<_> = stream.events.iter().filter_map(tracks).collect();
    assert_eq!(tracks, [[1, 2]; 3]);
}

#[test]
fn the_last_event_lists_payloads_even_of_answers_that_came_after_the_connection_was_over() {
    let mut stream = Stream::connect(&[Kind::Qr]);
    (0..3).for_each(|seq| _ = stream.show(ms(33 * seq)));
    stream.end(EndReason::HangUp, ms(100));
    for (seq, text) in [(0, "a"), (1, "b"), (2, "a")] {
        stream.answer(seq, ms(33 * seq), vec![code(text)]);
    }
    let Some(Event::Ended(ended)) = stream.events.last() else { unreachable!("{:?}", stream.events) };
    let sighting = |s: &Sighting| (s.payload.to_string(), s.first, s.last, s.frames);
    let sightings: Vec<_> = ended.summary.sightings.iter().map(sighting).collect();
    assert_eq!(sightings, [("a".into(), 0, 2, 2), ("b".into(), 1, 1, 1)]);
}

#[test]
fn a_detector_that_fails_holds_up_no_event_is_reported_ever_more_rarely_and_has_no_count() {
    let mut stream = Stream::connect(&[Kind::Qr]);
    stream.show(ms(0));
    stream.answer(0, ms(0), vec![code("a")]);
    for seq in 1..10 {
        stream.show(ms(33 * seq));
        stream.fail(seq);
    }
    assert_eq!(stream.view(ms(300)).counts, [(Kind::Qr, None)]);
    let said = stream.said();
    assert_eq!(said.iter().filter(|said| said.starts_with("frame")).count(), 10);
    assert_eq!(said.iter().filter(|said| *said == "detector failed").count(), 4);
}

#[test]
fn with_every_frame_wanted_no_event_leaves_without_its_answer() {
    let mut stream = Stream::with(&[Kind::Qr], Policy::EveryFrame);
    stream.show(ms(0));
    stream.poll(ms(3_600_000));
    assert_eq!(stream.said(), ["connected"]);
    stream.session.skip(0, Kind::Qr);
    stream.poll(ms(3_600_000));
    assert_eq!(stream.said(), ["frame 0"]);
}
