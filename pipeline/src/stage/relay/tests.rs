//! What becomes of frames that are handed on.

use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use protocol::Frame;
use tokio::sync::oneshot;

use super::*;
use crate::clock::Clock;
use crate::event::{End, EndReason};
use crate::mailbox::Policy;
use crate::pipeline::Config;
use crate::quota::Once;
use crate::session::ViewState;
use crate::sink::{Loses, Sinks};
use crate::wake::Wake;

/// Hands on to a channel.
struct Channel(Sender<(Option<String>, SocketAddr, u64)>);

impl Relay for Channel {
    fn hand_on(&mut self, robot: &Identity, peer: SocketAddr, received: &Received) {
        self.0.send((robot.name.as_deref().map(str::to_owned), peer, received.id.seq)).unwrap();
    }
}

#[test]
fn frames_are_handed_on_as_they_came_and_counted_and_only_who_waits_has_to_show_a_picture() {
    let wake = Arc::new(Wake::default());
    let sinks = Sinks::start(Vec::new(), Loses::Nothing, &wake).unwrap();
    let robots = Robots::new(Clock::start(), sinks, wake, &Config::new(1, Policy::NewestWins, Once::Never));
    let (robots, frames) = (Arc::new(robots), Arc::new(Frames::new(Duration::MAX)));
    let (sender, handed_on) = mpsc::channel();
    spawn_relay(Box::new(Channel(sender)), PixelLimit::DEFAULT, &frames, &robots).unwrap();

    let peer = "10.0.0.7:5000".parse().unwrap();
    let (robot, _stop) = robots.connect(peer, Some("left".into()), None);
    for seq in 0..2 {
        let received = robots.received(&robot, Frame::new(*b"no picture").unwrap(), robots.clock.now()).unwrap();
        assert!(frames.put_newest(received).unwrap().is_empty());
        let one = handed_on.recv_timeout(Duration::from_secs(20)).unwrap();
        assert_eq!(one, (Some("left".to_owned()), peer, seq));
    }
    robots.ended(&robot, End { reason: EndReason::HangUp, detail: None });
    let is_over = || robots.views(robots.clock.now()).iter().all(|view| matches!(view.state, ViewState::Gone { .. }));
    while !is_over() {
        std::thread::yield_now();
    }

    for (jpeg, is_picture) in [(vision::Pixels::new(16, 16).to_jpeg(90).unwrap(), true), (b"none".to_vec(), false)] {
        let (answer, answered) = oneshot::channel();
        frames.put(Origin::Newcomer, Job::Try { frame: Frame::new(jpeg).unwrap(), answer }).unwrap();
        assert_eq!(answered.blocking_recv().unwrap().is_ok(), is_picture);
    }
    frames.close();
}
