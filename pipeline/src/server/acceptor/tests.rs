//! The acceptor with real sockets on the loopback, and no decoder but the one that a test plays.

use std::num::NonZeroUsize;
use std::sync::mpsc::{self, Receiver, Sender};

use protocol::Frame;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use vision::{Kind, Pixels};

use super::*;
use crate::clock::Clock;
use crate::event::EndedEvent;
use crate::frame::{RobotId, StreamPicture};
use crate::pipeline::Config;
use crate::quota::Once;
use crate::sink::{Filter, Loses, Sink, SinkError, Sinks};
use crate::wake::Wake;

mod stopped;
mod unread;

/// Passes every event on but for frames, once it may.
struct PassedOn {
    events: Sender<Event>,
    /// As long as its other end is there, nothing passes.
    barrier: Option<Receiver<()>>,
}

impl Sink for PassedOn {
    fn name(&self) -> &'static str {
        "events"
    }

    fn filter(&self) -> Filter {
        Box::new(|event| !matches!(event, Event::Received(_)))
    }

    fn room(&self) -> usize {
        1000
    }

    fn is_result(&self) -> bool {
        true
    }

    fn write(&mut self, event: &Event) -> Result<(), SinkError> {
        if let Some(barrier) = self.barrier.take() {
            _ = barrier.recv();
        }
        self.events.send(event.clone()).map_err(|_| SinkError::ReaderGone { name: "events".to_owned() })
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

/// A server with `robots` places, and what it says.
struct Served {
    addr: SocketAddr,
    robots: Arc<Robots>,
    frames: Arc<Frames>,
    events: Receiver<Event>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Served {
    async fn start(places: usize, policy: Policy, once: Once) -> Self {
        Self::with(None, places, policy, once).await
    }

    /// With every frame wanted, and nobody who reads what is said of it until the sender is dropped.
    async fn start_unread(places: usize) -> (Self, Sender<()>) {
        let (reader, barrier) = mpsc::channel();
        (Self::with(Some(barrier), places, Policy::EveryFrame, Once::Never).await, reader)
    }

    async fn with(barrier: Option<Receiver<()>>, places: usize, policy: Policy, once: Once) -> Self {
        let (sender, events) = mpsc::channel();
        let wake = Arc::new(Wake::default());
        let sink = PassedOn { events: sender, barrier };
        let sinks = Sinks::start(vec![Box::new(sink)], Loses::Nothing, &wake).unwrap();
        let frames = Arc::new(Frames::new(Duration::MAX));
        let name = |net: &str, name: &str| (net.parse().unwrap(), Arc::from(name));
        let mut config = Config::new(places, policy, once);
        config.limits.names = vec![name("127.0.0.0/8", "here"), name("127.0.0.1/32", "this")];
        let robots = Arc::new(Robots::new(Clock::start(), sinks, wake, &config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let acceptor = Acceptor::new(config.limits, None, Arc::clone(&robots), Arc::clone(&frames));
        let serving = tokio::spawn(acceptor.serve(Some(listener), Vec::new(), None, stopped));
        Self { addr, robots, frames, events, stop, serving }
    }

    async fn dial(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.unwrap()
    }

    /// The next event, in words, and the robot's number.
    async fn next(&self) -> (String, u32) {
        timeout(Duration::from_secs(20), self.told()).await.expect("an event comes")
    }

    async fn told(&self) -> (String, u32) {
        loop {
            match self.events.try_recv() {
                Ok(Event::Connected { robot, .. }) => return ("connected".to_owned(), robot.id.0),
                Ok(Event::Ended(EndedEvent { robot, reason, .. })) => return (format!("{reason:?}"), robot.id.0),
                Ok(Event::Refused(_)) => return ("refused".to_owned(), 0),
                Ok(_) => {}
                // The server runs on this thread too.
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }

    /// Leaves no room for events.
    fn fill(&self) {
        for _ in 0..100 {
            self.robots.sinks.send(Event::NotAccepted { error: "there is no room".to_owned() });
        }
    }

    /// Plays the decoder, which finds every frame good, until `robots` have one.
    fn decode(&self) -> JoinHandle<()> {
        let (frames, robots) = (Arc::clone(&self.frames), Arc::clone(&self.robots));
        tokio::task::spawn_blocking(move || {
            while let Some((origin, job)) = frames.take(|| Duration::ZERO) {
                match job {
                    Job::Show(frames) => frames.ids().for_each(|id| robots.dropped(id)),
                    Job::Try { answer, .. } => _ = answer.send(Ok(())),
                }
                frames.done(origin, Duration::ZERO, Duration::ZERO);
            }
        })
    }

    async fn close(mut self) {
        self.stop.send(true).unwrap();
        self.frames.close();
        (&mut self.serving).await.unwrap();
    }
}

impl Drop for Served {
    /// Lets the decoder go, also where the test has failed.
    fn drop(&mut self) {
        self.frames.close();
    }
}

/// Longer than a robot may be without a picture while others wait.
const STALLED: Duration = Duration::from_millis(2300);
const FRAME: &[u8] = b"\x04\0\0\0jpeg";

fn said(word: &str, robot: u32) -> (String, u32) {
    (word.to_owned(), robot)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_robot_that_dials_anew_at_once_is_never_refused() {
    let served = Served::start(1, Policy::NewestWins, Once::Never).await;
    let decoder = served.decode();
    for _ in 0..200 {
        let mut robot = served.dial().await;
        robot.write_all(FRAME).await.unwrap();
        robot.shutdown().await.unwrap();
    }
    let mut events = Vec::new();
    while events.len() < 400 {
        events.push(served.next().await);
    }
    events.sort();
    let all = |word| (1..=200).map(move |robot| said(word, robot));
    assert_eq!(events, all("HangUp").chain(all("connected")).collect::<Vec<_>>());
    served.close().await;
    decoder.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bare_connection_displaces_nobody_and_a_picture_displaces_a_silent_robot() {
    let served = Served::start(1, Policy::NewestWins, Once::Never).await;
    let decoder = served.decode();
    let mut silent = served.dial().await;
    assert_eq!(served.next().await, said("connected", 1));
    let (_bare, mut robot) = (served.dial().await, served.dial().await);
    robot.write_all(FRAME).await.unwrap();
    // Had the bare one come in, it would be robot 2 and silent.
    assert_eq!([served.next().await, served.next().await], [said("Timeout", 1), said("connected", 2)]);
    robot.write_all(&[0; 4]).await.unwrap();
    // The bare one gets the place.
    assert_eq!([served.next().await, served.next().await], [said("EndOfStream", 2), said("connected", 3)]);
    assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
    served.close().await;
    decoder.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_robot_whose_reader_waits_for_the_decoder_keeps_its_place_and_newcomers_wait() {
    let served = Served::start(1, Policy::EveryFrame, Once::Never).await;
    let mut first = served.dial().await;
    // Nobody takes the first frame, and so the second has to wait.
    first.write_all(&FRAME.repeat(2)).await.unwrap();
    assert_eq!(served.next().await, said("connected", 1));
    let mut second = served.dial().await;
    second.write_all(FRAME).await.unwrap();
    first.shutdown().await.unwrap();
    // Longer than a newcomer waits for robots that are heard.
    sleep(Duration::from_secs(3)).await;
    assert!(served.events.try_recv().is_err());
    let decoder = served.decode();
    assert_eq!([served.next().await, served.next().await], [said("HangUp", 1), said("connected", 2)]);
    served.close().await;
    decoder.await.unwrap();
}

/// The robot sends a picture half a second after a newcomer has come, and has not been displaced.
async fn robot_1_leaves_by_itself(served: &Served, robot: &mut TcpStream) {
    sleep(Duration::from_millis(500)).await;
    robot.write_all(FRAME).await.unwrap();
    robot.shutdown().await.unwrap();
    assert_eq!([served.next().await, served.next().await], [said("HangUp", 1), said("connected", 2)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent_connections_that_wait_hold_up_no_robot() {
    let served = Served::start(1, Policy::NewestWins, Once::Never).await;
    let decoder = served.decode();
    let _silent = served.dial().await;
    assert_eq!(served.next().await, said("connected", 1));
    let mut waiting = Vec::new();
    for _ in 0..24 {
        waiting.push(served.dial().await);
    }
    let refused = loop {
        match served.events.try_recv() {
            Ok(Event::Refused(refused)) => break refused,
            _ => tokio::task::yield_now().await,
        }
    };
    assert!(refused.detail.contains("others came"), "{}", refused.detail);
    let mut robot = served.dial().await;
    robot.write_all(FRAME).await.unwrap();
    let next = async {
        loop {
            match served.next().await {
                (word, _) if word == "refused" => {}
                event => return event,
            }
        }
    };
    assert_eq!(next.await, said("Timeout", 1));
    assert_eq!(served.next().await, said("connected", 2));
    served.close().await;
    decoder.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_robot_that_has_left_keeps_its_place_until_its_frame_is_through() {
    let served = Served::start(1, Policy::NewestWins, Once::Never).await;
    let mut first = served.dial().await;
    first.write_all(&[FRAME, &[0; 4]].concat()).await.unwrap();
    assert_eq!(served.next().await, said("connected", 1));
    // Its connection is not kept.
    assert_eq!(first.read(&mut [0]).await.unwrap(), 0);
    let _second = served.dial().await;
    // Longer than a newcomer waits for robots that stay.
    sleep(Duration::from_secs(3)).await;
    assert!(served.events.try_recv().is_err());
    let decoder = served.decode();
    assert_eq!([served.next().await, served.next().await], [said("EndOfStream", 1), said("connected", 2)]);
    served.close().await;
    decoder.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_robot_says_after_its_goodbye_resets_nothing() {
    let served = Served::start(1, Policy::NewestWins, Once::Never).await;
    let decoder = served.decode();
    let mut robot = served.dial().await;
    // More than the server reads at first, so that it sees the goodbye before the rest; and of that more than it reads at once.
    robot.write_all(&[FRAME, &[0; 4], &[1; 2000]].concat()).await.unwrap();
    sleep(Duration::from_millis(50)).await;
    robot.write_all(&[1; 2000]).await.unwrap();
    sleep(Duration::from_millis(50)).await;
    robot.write_all(&[1; 2000]).await.unwrap();
    robot.shutdown().await.unwrap();
    assert_eq!(robot.read(&mut [0]).await.unwrap(), 0);
    served.close().await;
    decoder.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn robots_that_come_and_go_take_no_room_from_one_that_stays() {
    let served = Served::start(2, Policy::NewestWins, Once::Never).await;
    let decoder = served.decode();
    let mut stays = served.dial().await;
    assert_eq!(served.next().await, said("connected", 1));
    for robot in 2..=51 {
        served.dial().await.write_all(&[FRAME, &[0; 4]].concat()).await.unwrap();
        assert_eq!([served.next().await, served.next().await], [said("connected", robot), said("EndOfStream", robot)]);
    }
    let shown = || -> Vec<u32> {
        let views = served.robots.views(served.robots.clock.now());
        views.iter().map(|view| view.robot.id.0).collect()
    };
    assert_eq!(shown(), [1, 51]);
    let known = || -> Vec<u32> { (1..=51).filter(|&id| served.robots.is_known(RobotId(id))).collect() };
    assert_eq!(served.robots.poll().len(), 50, "the pictures of all that have left can go");
    assert_eq!(known(), [1, 50, 51], "of 50 that have left, as many are known as there are places");
    // The one that leaves last is known, however early it came.
    stays.shutdown().await.unwrap();
    assert_eq!(served.next().await, said("HangUp", 1));
    assert_eq!(shown(), [1, 51]);
    served.robots.poll();
    assert_eq!(known(), [1, 51]);
    served.close().await;
    decoder.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_that_have_left_only_the_newest_wait_for_detectors() {
    let served = Served::start(3, Policy::NewestWins, Once::Never).await;
    let robots = &served.robots;
    let on = [Kind::Face].into();
    for _ in 0..17 {
        let (robot, _stop) = robots.connect("127.0.0.1:1".parse().unwrap(), None, None);
        let frame = Frame::new(*b"jpeg").unwrap();
        let received = robots.received(&robot, frame, robots.clock.now()).unwrap();
        let Received { id, frame, at, age } = received;
        let copy = Received { id, frame: Arc::clone(&frame), at, age };
        let picture = |received| StreamPicture::new(received, Pixels::new(64, 48).into());
        robots.decoded(picture(copy));
        let picture = Arc::new(picture(Received { id, frame, at, age }));
        robots.showing(&robot, &picture, &on);
        robots.shown(&[picture]);
        robots.ended(&robot, End { reason: EndReason::HangUp, detail: None });
    }
    robots.poll();
    for robot in 1..=17 {
        assert_eq!(served.next().await, said("connected", robot));
    }
    assert_eq!(served.next().await, said("HangUp", 1));
    sleep(Duration::from_millis(50)).await;
    assert!(served.events.try_recv().is_err(), "the others wait");
    served.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_the_robots_that_are_waited_for_have_come_nobody_else_comes_in() {
    let served = Served::start(9, Policy::NewestWins, Once::First(NonZeroUsize::MIN)).await;
    let decoder = served.decode();
    let mut probe = served.dial().await;
    assert_eq!(served.next().await, said("connected", 1));
    let mut robot = served.dial().await;
    assert_eq!(served.next().await, said("connected", 2));
    robot.write_all(FRAME).await.unwrap();
    assert_eq!(served.next().await, said("Refused", 1));
    assert_eq!(probe.read(&mut [0]).await.unwrap(), 0);
    let mut late = served.dial().await;
    assert_eq!(late.read(&mut [0]).await.unwrap(), 0);
    assert_eq!(served.next().await, said("refused", 0));
    robot.write_all(&[0; 4]).await.unwrap();
    assert_eq!(served.next().await, said("EndOfStream", 2));
    // The outcome follows the event that everybody gets.
    let is_cut_short = loop {
        match served.robots.outcome() {
            Some(is_cut_short) => break is_cut_short,
            None => tokio::task::yield_now().await,
        }
    };
    assert!(!is_cut_short);
    served.close().await;
    decoder.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_robot_is_called_by_the_name_of_the_smallest_network_that_has_its_address() {
    let served = Served::start(1, Policy::NewestWins, Once::Never).await;
    let _robot = served.dial().await;
    let connected = loop {
        match served.events.try_recv() {
            Ok(Event::Connected { robot, .. }) => break robot,
            _ => tokio::task::yield_now().await,
        }
    };
    assert_eq!(connected.to_string(), "robot 1 (this)");
    served.close().await;
}
