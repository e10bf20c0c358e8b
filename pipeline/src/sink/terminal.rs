//! Messages for the person at the terminal.

use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;

use super::{Filter, Sink, SinkError};
use crate::clock::Clock;
use crate::count::Count;
use crate::event::{EndedEvent, Event, Identity, RefusedEvent};
use crate::frame::RobotId;
use crate::throttle::Throttle;
use vision::detect::Kind;
use vision::text::printable;

/// Writes what a person wants to know of, a line each.
pub struct Terminal<W> {
    out: W,
    clock: Clock,
    /// How robots connect.
    hint: String,
    /// What becomes of good frames, in a word or two.
    fate: &'static str,
    refusals: Throttle,
    failures: Throttle,
    arrivals: Throttle,
    waits: Throttle,
    /// Robots whose arrival was not worth a line among so many.
    unannounced: BTreeSet<RobotId>,
}

impl<W: Write + Send> Terminal<W> {
    /// Writes to `out`, by the time of `clock`; `hint` is a line that says how robots connect.
    pub fn new(out: W, clock: Clock, hint: String) -> Self {
        Self {
            out,
            clock,
            hint,
            fate: "shown",
            refusals: Throttle::per_second(REPEATED_PER_SECOND),
            failures: Throttle::per_second(REPEATED_PER_SECOND),
            waits: Throttle::new(1.0, REPEATED_PER_SECOND),
            arrivals: Throttle::new(ARRIVALS_AT_ONCE, ARRIVALS_PER_SECOND),
            unannounced: BTreeSet::new(),
        }
    }

    /// For a program that hands frames on instead of showing pictures.
    #[must_use]
    pub fn of_relay(self) -> Self {
        Self { fate: "handed on", ..self }
    }

    /// What to say of a robot that has come, unless many have come just now.
    fn arrival(&mut self, robot: &Identity, said: String, now: Duration) -> Option<String> {
        let Some(before) = self.arrivals.pass(now) else {
            self.unannounced.insert(robot.id);
            return None;
        };
        Some(said + &and_more(before))
    }

    /// What to say of `event` at `now`.
    fn message(&mut self, event: &Event, now: Duration) -> Option<String> {
        Some(match event {
            Event::Listening { addr } => format!("listening on {addr}; waiting for a robot\n{}", self.hint),
            Event::Connected { robot, peer, url: None } => {
                self.arrival(robot, format!("{robot} connected from {peer}"), now)?
            }
            Event::Connected { robot, url: Some(url), .. } => {
                self.arrival(robot, format!("{robot} connected: {url}"), now)?
            }
            Event::NoPictures { robot, reason } => format!("{robot} sends no pictures: {reason}"),
            Event::Ended(ended) => {
                let is_unannounced = self.unannounced.remove(&ended.robot.id);
                if is_unannounced && ended.received == 0 {
                    return None;
                }
                of_end(ended, self.fate)
            }
            Event::Refused(RefusedEvent { peer, detail, more }) => {
                let Some(before) = self.refusals.pass(now) else {
                    self.refusals.hold_back(*more);
                    return None;
                };
                let more = and_more(before + more);
                format!("{peer} refused: {detail}{more}")
            }
            Event::Unreachable { url, detail } => format!("{url}: {detail}; trying again until it answers"),
            Event::DetectorFailed { id, error } => {
                format!("frame {} of {}: {error}; the picture is shown without it", id.seq, id.robot)
            }
            Event::DetectorOff { robot, kind, why } => off(robot, *kind, why),
            Event::DetectorHangs { robot, kind, after } => {
                let (kind, after) = (kind.label(), after.as_secs());
                format!("{kind}: no answer for {after} s to a picture of {robot}; until then nobody's are searched")
            }
            Event::NotAccepted { error } => {
                let before = self.failures.pass(now)?;
                let more = and_more(before);
                format!("a connection could not be accepted: {error}; raise the limit on open files (ulimit -n){more}")
            }
            Event::CertificatesChanged { problem: None } => {
                "--tls-cert: the files have changed; robots that connect from now on see what they say now".to_owned()
            }
            Event::CertificatesChanged { problem: Some(problem) } => {
                format!("--tls-cert: the files have changed, but {problem}; what they said before still counts")
            }
            Event::Recording(event) => event.to_string(),
            Event::Lost { lines, .. } => format!("{} left out here: nobody read them", Count(*lines, "message")),
            Event::SinkStalled { sink: "recording", loses: true } => {
                "recording: the disk does not keep up; frames are left out".to_owned()
            }
            Event::SinkStalled { sink, loses: false } => {
                self.waits.pass(now)?;
                format!("{sink}: its reader does not keep up; robots wait for it (--every-frame)")
            }
            Event::SinkStalled { sink, loses: true } => {
                format!("{sink}: its reader does not keep up; lines are left out")
            }
            Event::Received(_) | Event::Frame(_) | Event::Corrupt(_) | Event::InView { .. } => return None,
        })
    }
}

impl<W: Write + Send> Sink for Terminal<W> {
    fn name(&self) -> &'static str {
        "messages"
    }

    fn filter(&self) -> Filter {
        Box::new(|event| {
            !matches!(event, Event::Received(_) | Event::Frame(_) | Event::Corrupt(_) | Event::InView { .. })
        })
    }

    fn is_result(&self) -> bool {
        false
    }

    fn write(&mut self, event: &Event) -> Result<(), SinkError> {
        let now = self.clock.now();
        if let Some(message) = self.message(event, now) {
            // A terminal that has gone away is no reason to stop.
            _ = writeln!(self.out, "{}", printable(&message));
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        _ = self.out.flush();
        Ok(())
    }
}

/// That a detector was switched off.
fn off(robot: &Identity, kind: Kind, why: &str) -> String {
    let kind = kind.label();
    format!("{kind}: switched off for {robot}, because {why}; its key or button, off and on, tries it again")
}

/// How many were held back before a line of their kind.
fn and_more(before: u64) -> String {
    if before > 0 { format!(" (and {before} more before)") } else { String::new() }
}

fn of_end(ended: &EndedEvent, fate: &str) -> String {
    let EndedEvent { robot, reason, detail, received, shown, dropped, corrupt, undelivered, .. } = ended;
    let detail = detail.as_ref().map(|detail| format!(" ({detail})")).unwrap_or_default();
    let reason = reason.as_words();
    let received = Count(*received, "frame");
    let undelivered = if *undelivered > 0 { format!(", {undelivered} lost on their way") } else { String::new() };
    format!(
        "{robot} {reason}{detail}: {received} received, {shown} {fate}, {dropped} dropped, {corrupt} corrupt{undelivered}"
    )
}

/// A robot that dials once a second stays readable beside other messages.
const REPEATED_PER_SECOND: f64 = 0.1;
/// A class full of robots.
const ARRIVALS_AT_ONCE: f64 = 40.0;
const ARRIVALS_PER_SECOND: f64 = 1.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{EndReason, Summary};

    #[test]
    fn one_message_is_not_called_messages() {
        let mut terminal = Terminal::new(Vec::new(), Clock::start(), String::new());
        let mut said = |lines| terminal.message(&Event::Lost { lines, frames: 0 }, Duration::ZERO).unwrap();
        assert!(said(1).starts_with("1 message left out") && said(2).starts_with("2 messages left out"));
    }

    #[test]
    fn a_flood_of_connections_without_a_frame_is_reported_in_part_and_counted() {
        let mut terminal = Terminal::new(Vec::new(), Clock::start(), String::new());
        let robot = |number| Identity { id: RobotId(number), name: None };
        let connected = |number| {
            let peer = "10.0.0.7:5000".parse().unwrap();
            Event::Connected { robot: robot(number), peer, url: None }
        };
        let ended = |number, received| {
            Event::Ended(EndedEvent {
                robot: robot(number),
                reason: EndReason::HangUp,
                detail: None,
                received,
                shown: 0,
                dropped: 0,
                corrupt: 0,
                undelivered: 0,
                latency_ms: None,
                age_ms: None,
                over_best_ms: None,
                summary: Summary::default(),
            })
        };
        let said = (1..=300).flat_map(|number| [connected(number), ended(number, 0)]);
        let said = said.filter_map(|event| terminal.message(&event, Duration::ZERO)).count();
        assert_eq!(said, 80);
        // A robot that came unnoticed is mentioned when it leaves.
        assert_eq!(terminal.message(&connected(301), Duration::ZERO), None);
        assert!(terminal.message(&ended(301, 9), Duration::ZERO).is_some());
        let later = terminal.message(&connected(302), Duration::from_secs(1)).unwrap();
        assert_eq!(later, "robot 302 connected from 10.0.0.7:5000 (and 261 more before)");
    }

    #[test]
    fn refusals_that_one_event_counts_are_counted_though_it_has_no_line() {
        let mut terminal = Terminal::new(Vec::new(), Clock::start(), String::new());
        let mut said = |more, secs| {
            let peer = "10.0.0.7:5000".parse().unwrap();
            let event = Event::Refused(RefusedEvent { peer, detail: "full".into(), more });
            terminal.message(&event, Duration::from_secs(secs))
        };
        assert_eq!(said(0, 0).unwrap(), "10.0.0.7:5000 refused: full");
        assert_eq!(said(489, 1), None);
        assert_eq!(said(0, 20).unwrap(), "10.0.0.7:5000 refused: full (and 490 more before)");
    }

    #[test]
    fn a_flood_of_refusals_is_reported_in_part_and_counted() {
        let mut terminal = Terminal::new(Vec::new(), Clock::start(), String::new());
        let refused = |n: u32| {
            let peer = "10.0.0.7:5000".parse().unwrap();
            Event::Refused(RefusedEvent { peer, detail: format!("refusal {n}"), more: 0 })
        };
        let said: Vec<String> =
            (0..2000).filter_map(|n| terminal.message(&refused(n), n * Duration::from_millis(6))).collect();
        let want = ["10.0.0.7:5000 refused: refusal 0", "10.0.0.7:5000 refused: refusal 1667 (and 1666 more before)"];
        assert_eq!(said, want);
    }
}
