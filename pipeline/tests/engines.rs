//! Detectors that fail, hang or take long, in a whole pipeline: pictures go on, and it is said which one it is.

#![expect(clippy::disallowed_methods, reason = "a test is the robot, and its detectors wait")]

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use pipeline::{
    Bound, Clock, Config, Difficulty, Event, Filter, Leave, Limits, Once, Orientations, Pipeline, Policy, Sink,
    SinkError, ViewState,
};
use protocol::{Frame, FrameLimit};
use vision::detect::{DetectError, Detection, Detector, Kind};
use vision::jpeg::PixelLimit;
use vision::picture::Picture;

/// A detector of a kind that does this with every picture.
struct Doing(Kind, fn(&Picture) -> Result<Vec<Detection>, DetectError>);

impl Detector for Doing {
    fn kind(&self) -> Kind {
        self.0
    }

    fn detect(&mut self, picture: &Picture) -> Result<Vec<Detection>, DetectError> {
        (self.1)(picture)
    }
}

/// Passes every event on but for the frames' bytes.
struct PassedOn(Sender<Event>);

impl Sink for PassedOn {
    fn name(&self) -> &'static str {
        "events"
    }

    fn filter(&self) -> Filter {
        Box::new(|event| !matches!(event, Event::Received(_)))
    }

    fn is_result(&self) -> bool {
        true
    }

    fn write(&mut self, event: &Event) -> Result<(), SinkError> {
        self.0.send(event.clone()).map_err(|_| SinkError::ReaderGone { name: "events".to_owned() })
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

/// A pipeline with these detectors, all of them on, and robots.
struct Watched {
    pipeline: Pipeline,
    addr: SocketAddr,
    events: Receiver<Event>,
    /// Each with the frame that it sends.
    robots: Vec<(TcpStream, Vec<u8>)>,
}

impl Watched {
    fn start(policy: Policy, detectors: Vec<Doing>) -> Self {
        let (sender, events) = mpsc::channel();
        let bound = Bound::bind(Some(([127, 0, 0, 1], 0).into())).expect("a port is free");
        let addr = bound.addr().expect("it listens");
        let (frame, pixels) = (FrameLimit::DEFAULT, PixelLimit::DEFAULT);
        let limits = Limits { robots: 2, frame, pixels, idle: None, allow: Vec::new(), names: Vec::new() };
        let detect: BTreeSet<Kind> = detectors.iter().map(Doing::kind).collect();
        let (once, orientations) = (Once::Never, Orientations::default());
        let config = Config { limits, dial: Vec::new(), policy, once, detect, orientations };
        let detectors = detectors.into_iter().map(|detector| Box::new(detector) as Box<dyn Detector>).collect();
        let sinks: Vec<Box<dyn Sink>> = vec![Box::new(PassedOn(sender))];
        let pipeline = Pipeline::start(bound, config, detectors, sinks, Clock::start()).expect("threads can be had");
        let mut watched = Self { pipeline, addr, events, robots: Vec::new() };
        watched.connect("jpeg/small.jpg");
        watched
    }

    /// One more robot, which sends this picture.
    fn connect(&mut self, fixture: &str) {
        let fixture = fixtures::get(fixture).expect("it is in the catalogue");
        let jpeg = fs::read(fixture.path()).expect("it can be read");
        let mut frame = Vec::new();
        protocol::encode(&Frame::new(jpeg).expect("it is not empty"), &mut frame);
        self.robots.push((TcpStream::connect(self.addr).expect("it listens"), frame));
    }

    /// Sends a frame of each robot every 20 ms and shows what comes, until `is_done`; every event comes back.
    fn until(&mut self, what: &str, is_done: impl Fn(&Pipeline, &[Event]) -> bool) -> Vec<Event> {
        let started = Instant::now();
        let mut all = Vec::new();
        while !is_done(&self.pipeline, &all) {
            assert!(started.elapsed() < Duration::from_secs(60), "{what} has not come: {:?}", self.pipeline.troubles());
            self.robots.iter_mut().for_each(|(robot, frame)| robot.write_all(frame).expect("it is read"));
            thread::sleep(Duration::from_millis(20));
            let pictures = self.pipeline.take();
            self.pipeline.shown(&pictures);
            self.pipeline.poll();
            all.extend(self.events.try_iter());
        }
        all
    }

    fn has_trouble(pipeline: &Pipeline, kind: Kind, is_it: impl Fn(&Difficulty) -> bool) -> bool {
        pipeline.troubles().iter().any(|trouble| trouble.kind == kind && is_it(&trouble.what))
    }
}

fn fails(_: &Picture) -> Result<Vec<Detection>, DetectError> {
    Err(DetectError::Failed { engine: "stub", width: 1, height: 1, message: "as asked".to_owned() })
}

fn hangs(_: &Picture) -> Result<Vec<Detection>, DetectError> {
    loop {
        thread::park();
    }
}

fn finds_nothing(_: &Picture) -> Result<Vec<Detection>, DetectError> {
    Ok(Vec::new())
}

#[test]
fn detectors_that_fail_again_and_again_are_switched_off_and_can_be_switched_on() {
    let detectors =
        vec![Doing(Kind::Face, |_| panic!("as asked")), Doing(Kind::Human, fails), Doing(Kind::Qr, finds_nothing)];
    let mut watched = Watched::start(Policy::NewestWins, detectors);
    let is_off = |what: &Difficulty| matches!(what, Difficulty::SwitchedOff { .. });
    let mut events = watched.until("the end of two detectors", |pipeline, _| {
        [Kind::Face, Kind::Human].iter().all(|&kind| Watched::has_trouble(pipeline, kind, is_off))
    });
    let failed = |part: &str| {
        events.iter().any(|event| matches!(event, Event::DetectorFailed { error, .. } if error.contains(part)))
    };
    assert!(failed("face: panicked on a 320×240 picture") && failed("stub: as asked"), "{events:?}");
    assert_eq!(watched.pipeline.detected_kinds().len(), 3, "for other robots they are on");
    events.extend(watched.until("a picture searched for codes alone", |_, events| {
        events.iter().any(|event| matches!(event, Event::Frame(frame) if frame.counts.keys().eq([&Kind::Qr])))
    }));
    let off = |event: &&Event| matches!(event, Event::DetectorOff { why, .. } if why.contains("8 pictures in a row"));
    assert_eq!(events.iter().filter(off).count(), 2);
    assert!(!watched.pipeline.toggle(Kind::Human));
    assert!(!Watched::has_trouble(&watched.pipeline, Kind::Human, is_off));
    assert!(watched.pipeline.toggle(Kind::Human));
    watched.until("its next failures", |pipeline, _| Watched::has_trouble(pipeline, Kind::Human, is_off));
    watched.pipeline.close(Leave::Now).unwrap();
}

#[test]
fn a_detector_that_fails_on_one_robots_pictures_goes_on_with_the_others() {
    let fails_on_small = |picture: &Picture| if picture.luma().width == 320 { fails(picture) } else { Ok(Vec::new()) };
    let mut watched = Watched::start(Policy::NewestWins, vec![Doing(Kind::Human, fails_on_small)]);
    watched.connect("jpeg/two-codes.jpg");
    let off = |event: &Event| match event {
        Event::DetectorOff { robot, .. } => Some(robot.clone()),
        _ => None,
    };
    let events = watched.until("the end for one robot", |_, events| events.iter().any(|event| off(event).is_some()));
    let whose = events.iter().find_map(off).expect("it was waited for");
    let counts = |events: &[Event], of_whose: bool| -> Vec<_> {
        let of = |event: &Event| match event {
            Event::Frame(frame) if (frame.robot == whose) == of_whose => Some(frame.counts.get(&Kind::Human).copied()),
            _ => None,
        };
        events.iter().filter_map(of).collect()
    };
    let events = watched.until("twenty answers for the other", |_, events| {
        counts(events, false).iter().filter(|count| **count == Some(0)).count() >= 20
    });
    let of_whose = counts(&events, true);
    assert!(of_whose.len() > 10 && of_whose.iter().all(Option::is_none), "{of_whose:?}");
    let mut shown: Vec<_> = watched.pipeline.views().into_iter().map(|view| view.counts).collect();
    shown.sort();
    assert_eq!(shown, [vec![], vec![(Kind::Human, Some(0))]]);
    watched.pipeline.close(Leave::Now).unwrap();
}

#[test]
fn a_detector_that_hangs_is_named_while_pictures_go_on() {
    let mut watched =
        Watched::start(Policy::NewestWins, vec![Doing(Kind::Face, hangs), Doing(Kind::Qr, finds_nothing)]);
    let is_slow = |what: &Difficulty| matches!(what, Difficulty::Slow { .. });
    watched.until("the slow detector", |pipeline, _| Watched::has_trouble(pipeline, Kind::Face, is_slow));
    assert!(!Watched::has_trouble(&watched.pipeline, Kind::Qr, |_| true));
    let newest = |pipeline: &Pipeline| match &pipeline.views()[0].state {
        ViewState::Live(picture) => picture.id.seq,
        other => panic!("the picture is not live: {other:?}"),
    };
    let before = newest(&watched.pipeline);
    watched.until("ten more pictures", |pipeline, _| newest(pipeline) >= before + 10);
    watched.pipeline.close(Leave::Now).unwrap();
}

#[test]
fn where_every_frame_is_wanted_a_detector_that_fails_stays_on() {
    let mut watched = Watched::start(Policy::EveryFrame, vec![Doing(Kind::Human, fails)]);
    watched.until("twenty pictures", |_, events| {
        events.iter().filter(|event| matches!(event, Event::Frame(_))).count() >= 20
    });
    assert_eq!(watched.pipeline.detected_kinds(), [Kind::Human].into());
    assert!(Watched::has_trouble(&watched.pipeline, Kind::Human, |what| matches!(what, Difficulty::Failing { .. })));
    watched.pipeline.close(Leave::Now).unwrap();
}
