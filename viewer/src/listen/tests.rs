//! The door, with real sockets on the loopback and times that are made up.

use std::sync::mpsc;

use tokio::io::AsyncWriteExt;

use super::admission::Activity;
use super::*;
use crate::slot::Policy;

/// A door, the sockets that lead to it, and what it says.
struct Porch {
    door: Door,
    listener: TcpListener,
    events: mpsc::Receiver<Event>,
}

impl Porch {
    async fn open(policy: Policy) -> Self {
        let (sender, events) = mpsc::channel();
        let outlets = Outlets { inbox: Arc::new(Slot::new(policy)), events: sender, clock: Clock::start() };
        let limits = Limits { frame: FrameLimit::DEFAULT, idle: None, allow: Vec::new() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { door: Door { limits, outlets, robots: 0, live: None }, listener, events }
    }

    /// A robot comes to the door at `now`; its end of the connection comes back.
    async fn knock(&mut self, now: Duration) -> TcpStream {
        let robot = TcpStream::connect(self.listener.local_addr().unwrap()).await.unwrap();
        let (stream, peer) = self.listener.accept().await.unwrap();
        self.door.admit(stream, peer, now).await;
        robot
    }

    fn told(&self) -> Vec<String> {
        let word = |event| match event {
            Event::Connected { robot, .. } => format!("connected {robot}"),
            Event::Refused { robot, .. } => format!("refused {robot}"),
            Event::Disconnected { robot, end } => format!("ended {robot} {:?}", end.reason),
            other => unreachable!("{other:?}"),
        };
        self.events.try_iter().map(word).collect()
    }
}

const SOON: Duration = Duration::from_millis(10);
const MUCH_LATER: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn the_end_of_a_silent_robot_is_told_before_the_next_one_enters() {
    let mut porch = Porch::open(Policy::NewestWins).await;
    let (_first, _second) = (porch.knock(SOON).await, porch.knock(MUCH_LATER).await);
    assert_eq!(porch.told(), ["connected 1", "ended 1 Timeout", "connected 2"]);
}

#[tokio::test]
async fn a_robot_that_keeps_the_decoder_busy_keeps_its_place() {
    let mut porch = Porch::open(Policy::EveryOne).await;
    let mut first = porch.knock(SOON).await;
    // Nobody takes the first frame, and so the second has to wait.
    first.write_all(&b"\x04\0\0\0jpeg".repeat(2)).await.unwrap();
    let activity = &mut porch.door.live.as_mut().unwrap().reins.activity;
    activity.wait_for(|activity| *activity == Activity::HandingOn).await.unwrap();
    let _second = porch.knock(MUCH_LATER).await;
    let told = porch.told();
    // Lets the thread go that still waits.
    porch.door.outlets.inbox.close();
    assert_eq!(told, ["connected 1", "refused 2"]);
}

#[tokio::test]
async fn a_robot_that_has_left_leaves_its_place_at_once() {
    let mut porch = Porch::open(Policy::NewestWins).await;
    drop(porch.knock(SOON).await);
    (&mut porch.door.live.as_mut().unwrap().task).await.unwrap();
    // Its task has been waited for, and must not be waited for again.
    let _second = porch.knock(SOON).await;
    assert_eq!(porch.told(), ["connected 1", "ended 1 HangUp", "connected 2"]);
}
