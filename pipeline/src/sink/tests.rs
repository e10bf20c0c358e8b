//! Sinks that stand still, and those beside them.

#![expect(clippy::disallowed_methods, reason = "what is tested is one thread waiting for another")]

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use super::*;
use crate::event::{EndReason, EndedEvent, Identity, Summary};
use crate::frame::RobotId;

/// Writes an event only when it is let, and says which.
struct Gated {
    name: &'static str,
    is_result: bool,
    gate: Receiver<()>,
    written: Sender<Event>,
}

impl Sink for Gated {
    fn name(&self) -> &'static str {
        self.name
    }

    fn filter(&self) -> Filter {
        Box::new(|_| true)
    }

    fn is_result(&self) -> bool {
        self.is_result
    }

    fn write(&mut self, event: &Event) -> Result<(), SinkError> {
        // Without anybody to open it, the gate is open.
        _ = self.gate.recv();
        self.written.send(event.clone()).map_err(|_| SinkError::ReaderGone { name: self.name.to_owned() })
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        Ok(())
    }
}

/// A sink with what opens its gate and what it has written.
fn gated(name: &'static str, is_result: bool) -> (Box<dyn Sink>, Sender<()>, Receiver<Event>) {
    let ((open, gate), (written, events)) = (mpsc::channel(), mpsc::channel());
    (Box::new(Gated { name, is_result, gate, written }), open, events)
}

/// An event of about a kilobyte.
fn event(n: u32) -> Event {
    Event::NoPictures { robot: Identity { id: RobotId(n), name: None }, reason: "x".repeat(1000) }
}

/// The end of a robot that has sent nothing.
pub(super) fn ended(robot: Identity) -> EndedEvent {
    EndedEvent {
        robot,
        reason: EndReason::EndOfStream,
        detail: None,
        received: 0,
        shown: 0,
        dropped: 0,
        corrupt: 0,
        undelivered: 0,
        latency_ms: None,
        age_ms: None,
        over_best_ms: None,
        summary: Summary::default(),
    }
}

fn numbers(events: &Receiver<Event>) -> Vec<u32> {
    let number = |event| match event {
        Event::NoPictures { robot, .. } => Some(robot.id.0),
        _ => None,
    };
    events.iter().filter_map(number).collect()
}

#[test]
fn a_sink_that_stands_still_loses_what_is_too_much_and_says_how_much_when_it_goes_on() {
    let (stuck, open, written) = gated("stuck", true);
    let (other, _, beside) = gated("other", false);
    let wake = Arc::new(Wake::default());
    let sinks = Sinks::start(vec![stuck, other], Loses::WhatIsTooMuch, &wake).unwrap();
    let mut stalled = 0;
    for n in 0..20_000 {
        sinks.send(event(n));
        // The other one keeps up, and gets one event about it.
        while let Event::SinkStalled { sink, .. } = beside.recv().unwrap() {
            assert_eq!(sink, "stuck");
            stalled += 1;
        }
    }
    assert_eq!(stalled, 1);
    // That a robot has left is known all the same.
    sinks.send(Event::Ended(ended(Identity { id: RobotId(7), name: None })));
    drop(open);
    assert_eq!(sinks.close(|| Patience::Endless), None);
    drop(sinks);
    let events: Vec<Event> = written.iter().collect();
    let [.., Event::Ended(_), Event::Lost { lines, .. }] = &events[..] else { unreachable!("{:?}", events.last()) };
    let held = events.len() as u64 - 2;
    assert_eq!(held + lines, 20_000);
    assert!((5_000..9_000).contains(&held), "{held} events were held");
}

#[test]
fn a_sink_that_may_lose_nothing_makes_decoders_wait_and_nobody_else() {
    let (slow, open, written) = gated("slow", true);
    let sinks = Sinks::start(vec![slow], Loses::Nothing, &Arc::new(Wake::default())).unwrap();
    (0..20_000).for_each(|n| sinks.send(event(n)));
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| sinks.wait_for_room());
        assert!(!waiting.is_finished());
        drop(open);
        waiting.join().unwrap();
    });
    assert_eq!(sinks.close(|| Patience::Endless), None);
    drop(sinks);
    assert_eq!(numbers(&written), (0..20_000).collect::<Vec<_>>());
}

#[test]
fn who_waits_for_room_is_freed_when_it_is_over_and_what_stands_still_is_left_behind() {
    let (stuck, open, _written) = gated("stuck", true);
    let sinks = Sinks::start(vec![stuck], Loses::Nothing, &Arc::new(Wake::default())).unwrap();
    (0..10_000).for_each(|n| sinks.send(event(n)));
    sinks.release();
    sinks.wait_for_room();
    let left = Unwritten { sink: "stuck", lines: 10_000, waited: Duration::from_secs(1) };
    assert_eq!(sinks.close(|| Patience::WhileMoving), Some(left));
    drop(open);
}

#[test]
fn a_sink_that_fails_says_so_and_holds_nobody_up() {
    let (gone, _, written) = gated("gone", true);
    drop(written);
    let wake = Arc::new(Wake::default());
    let sinks = Sinks::start(vec![gone], Loses::Nothing, &wake).unwrap();
    sinks.send(event(0));
    wake.wait(Duration::from_secs(60));
    assert!(matches!(sinks.failure(), Some(SinkError::ReaderGone { .. })));
    (0..20_000).for_each(|n| sinks.send(event(n)));
    sinks.wait_for_room();
    assert_eq!(sinks.close(|| Patience::Endless), None);
}
