//! What a decoder makes of the frames that wait for it.

use vision::Pixels;

use super::*;
use crate::clock::Clock;
use crate::pipeline::Config;
use crate::quota::Once;
use crate::session::{Numbers, ViewState};
use crate::sink::{Loses, Sinks};
use crate::wake::Wake;

/// Robots without a server.
fn robots() -> Robots {
    let wake = Arc::new(Wake::default());
    let sinks = Sinks::start(Vec::new(), Loses::Nothing, &wake).unwrap();
    Robots::new(Clock::start(), sinks, wake, &Config::new(1, Policy::NewestWins, Once::Never))
}

/// The frame that is shown of `waiting`, which all wait for the decoder, and how many are dropped and corrupt.
fn shown_of(waiting: &[&[u8]]) -> (u64, u64, u64) {
    let (robots, frames) = (robots(), Frames::new(Duration::MAX));
    let (robot, _stop) = robots.connect("10.0.0.7:5000".parse().unwrap(), None, None);
    for jpeg in waiting {
        let received = robots.received(&robot, Frame::new(*jpeg).unwrap(), robots.clock.now()).unwrap();
        let dropped = frames.put_newest(received).unwrap();
        dropped.iter().for_each(|frame| robots.dropped(frame.id));
    }
    let (_, job) = frames.take(|| Duration::ZERO).unwrap();
    work_on(job, &robots, &PixelPool::new(PixelLimit::DEFAULT), &mut Pixels::default());
    let (picture, _) = robots.take_fresh(&robot).expect("one of the frames is a picture");
    robots.showing(&robot, &picture, &BTreeSet::new());
    robots.shown(&[Arc::clone(&picture)]);
    let view = robots.views(robots.clock.now()).remove(0);
    assert!(matches!(view.state, ViewState::Live(_)));
    let Numbers { dropped, corrupt, .. } = view.numbers.unwrap();
    (picture.id.seq, dropped, corrupt)
}

#[test]
fn the_newest_frame_that_is_a_picture_is_shown_and_damaged_ones_push_none_out() {
    let good = Pixels::new(64, 48).to_jpeg(90).unwrap();
    let (good, cut) = (&good[..], &good[..good.len() - 9]);
    assert_eq!(shown_of(&[good, good, good]), (2, 2, 0));
    assert_eq!(shown_of(&[good, good, cut]), (1, 1, 1));
    // What is older than the one that is shown need not be looked at.
    assert_eq!(shown_of(&[cut, good, cut]), (1, 1, 1));
}
