//! Connections that are refused: a few are reported at once, and of the others how many there were, as soon as that may be said.

use std::net::SocketAddr;
use std::time::Duration;

use crate::event::RefusedEvent;
use crate::throttle::Throttle;

/// What is to be said of refused connections.
#[derive(Debug)]
pub(super) struct Refusals {
    throttle: Throttle,
    /// The last one that was held back, and how many have been with it.
    held_back: Option<(SocketAddr, String, u64)>,
}

impl Refusals {
    /// Lets `rate` events pass a second.
    pub(super) fn per_second(rate: f64) -> Self {
        Self { throttle: Throttle::per_second(rate), held_back: None }
    }

    /// One was refused at `now`: what to report, if there is `room` for it.
    pub(super) fn add(&mut self, peer: SocketAddr, detail: String, now: Duration, room: bool) -> Option<RefusedEvent> {
        let before = self.held_back.take().map_or(0, |(_, _, count)| count);
        self.held_back = Some((peer, detail, before + 1));
        self.due(now, room)
    }

    /// What to report at `now` of those that were held back.
    pub(super) fn due(&mut self, now: Duration, room: bool) -> Option<RefusedEvent> {
        let is_due = self.held_back.is_some() && room && self.throttle.pass(now).is_some();
        if is_due { self.rest() } else { None }
    }

    /// What was held back, whether or not it is due.
    pub(super) fn rest(&mut self) -> Option<RefusedEvent> {
        let (peer, detail, count) = self.held_back.take()?;
        Some(RefusedEvent { peer, detail, more: count - 1 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_reported_or_counted_though_no_other_follows() {
        let mut refusals = Refusals::per_second(10.0);
        let peer = "10.0.0.7:5000".parse().unwrap();
        let count = |event: RefusedEvent| 1 + event.more;
        let at_once: Vec<u64> =
            (0..200).filter_map(|n| refusals.add(peer, n.to_string(), Duration::ZERO, true)).map(count).collect();
        assert_eq!(at_once, [1; 10]);
        assert_eq!(refusals.due(Duration::from_secs(1), false), None);
        let later = refusals.due(Duration::from_secs(1), true).unwrap();
        assert_eq!((later.detail.as_str(), later.more), ("199", 189));
        assert_eq!(refusals.due(Duration::from_secs(2), true), None);
        // Nothing could be written, and then it is over.
        assert_eq!(refusals.add(peer, "last".to_owned(), Duration::from_secs(3), false), None);
        assert_eq!(refusals.rest().map(count), Some(1));
    }
}
