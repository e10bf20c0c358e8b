//! One robot's stream: paces the frames, performs the steps of the faults, and dials again when the viewer goes away.
//!
//! This file and those of `client/` are the only ones that touch sockets, threads and the clock.

mod bell;
mod connection;
mod dial;
mod fleet;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::bell::Bell;
use self::connection::{Connection, Farewell, Halt};
pub use self::dial::Address;
use self::dial::{DialError, Dialler};
pub(crate) use self::fleet::Fleet;
use crate::fault::{Fault, Faults, Frames, Pace, Step};
use crate::progress::Progress;
use crate::report::{Ended, Report};
use crate::schedule::{Rate, Schedule};
use crate::source::{Source, SourceError};

/// How a robot takes its leave when it has sent everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goodbye {
    /// With the zero length of picamera's recipe.
    Terminator,
    /// By closing the connection, as the original robot does.
    HangUp,
}

/// What every robot of a run is told.
#[derive(Debug, Clone)]
pub(crate) struct Orders {
    pub(crate) to: Address,
    pub(crate) rate: Rate,
    pub(crate) goodbye: Goodbye,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) faults: Faults,
}

/// A robot that could not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listened for as long as the user was ready to wait.
    #[error(
        "no viewer at {to} {}; start it there with `viewer --listen {to}`, or give it more time with --connect-timeout",
        within(*.waited)
    )]
    NoViewer {
        /// The address that was dialled.
        to: Address,
        /// How long; zero where the user wanted no wait at all.
        waited: Duration,
        /// What the last attempt said.
        #[source]
        source: io::Error,
    },
    /// There is no next frame, though there should be.
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// One robot, ready to dial.
pub(crate) struct Robot<'a> {
    number: u32,
    orders: &'a Orders,
    bell: &'a Arc<Bell>,
    progress: &'a Progress,
    report: Report,
}

/// Why a stream is over before all its frames have been sent.
enum Exit {
    Interrupted,
    ByFault,
    CutShort,
    Failed(ClientError),
}

impl<'a> Robot<'a> {
    pub(crate) fn new(number: u32, orders: &'a Orders, bell: &'a Arc<Bell>, progress: &'a Progress) -> Self {
        Self { number, orders, bell, progress, report: Report::default() }
    }

    /// Plays everything that `source` has, and says how that went.
    pub(crate) fn run(mut self, source: &mut dyn Source) -> (Report, Result<Ended, ClientError>) {
        let mut dialler = Dialler::new(self.number, self.orders, self.bell, self.progress);
        let ended = match dialler.dial() {
            Ok(connection) => {
                let mut line = Line { connection, dialler, schedule: Schedule::new(self.orders.rate) };
                let started = line.connection.opened();
                let ended = self.stream(&mut line, source);
                let ended = self.leave(line.connection, ended);
                self.report.elapsed = now().duration_since(started);
                ended
            }
            Err(DialError::Stopped) => Ok(Ended::Interrupted),
            Err(DialError::NoViewer(error)) => Err(error),
        };
        (self.report, ended)
    }

    /// Sends frame after frame until there is none left.
    fn stream(&mut self, line: &mut Line<'a>, source: &mut dyn Source) -> Result<(), Exit> {
        let epoch = line.connection.opened();
        for number in 0.. {
            if self.bell.is_stopped() {
                return Err(Exit::Interrupted);
            }
            let Some(frame) = source.next_frame().map_err(|error| Exit::Failed(error.into()))? else { break };
            let due = line.schedule.next_due(now().duration_since(epoch));
            let ahead = (epoch + due).saturating_duration_since(now());
            self.wait(line, ahead)?;
            line.dialler.settle(&line.connection);
            let plan = self.orders.faults.plan(number, frame);
            self.note(number, &plan.faults);
            for step in plan.steps {
                self.perform(line, step)?;
            }
        }
        Ok(())
    }

    fn perform(&mut self, line: &mut Line<'a>, step: Step<'_>) -> Result<(), Exit> {
        match step {
            Step::Wait(time) => self.wait(line, time),
            Step::Frame { header, frame, pace } => {
                let sent = line.connection.send([&header, frame.as_bytes()], pace);
                self.go_on(line, sent.map(|()| header.len() + frame.as_bytes().len()))
            }
            Step::Bytes { bytes, pace } => match line.connection.send([&bytes, &[]], pace) {
                Err(Halt::Stopped) => Err(Exit::Interrupted),
                // Such bytes come last, so that it makes no difference when the viewer is gone before they are.
                Ok(()) | Err(Halt::Lost(_)) => Ok(()),
            },
            Step::Redial(away) => {
                line.connection.hang_up();
                if self.bell.wait(away, || self.bell.is_stopped()) {
                    return Err(Exit::Interrupted);
                }
                line.dialler.forget_the_past();
                self.redial(line)
            }
            Step::FallSilent => match line.connection.wait_for_viewer_to_close() {
                Halt::Stopped => Err(Exit::Interrupted),
                Halt::Lost(_) => Err(Exit::ByFault),
            },
            Step::Leave => Err(Exit::ByFault),
        }
    }

    /// Waits; when the viewer goes away meanwhile, goes on with the next viewer at once.
    fn wait(&mut self, line: &mut Line<'a>, time: Duration) -> Result<(), Exit> {
        match line.connection.pause(time) {
            Ok(()) => Ok(()),
            Err(halt) => self.recover(line, halt),
        }
    }

    fn go_on(&mut self, line: &mut Line<'a>, sent: Result<usize, Halt>) -> Result<(), Exit> {
        match sent {
            Ok(bytes) => {
                self.report.frames += 1;
                self.report.bytes += bytes as u64;
                self.progress.add_frame(bytes as u64);
                Ok(())
            }
            Err(halt) => self.recover(line, halt),
        }
    }

    /// Finds the viewer again after it went away, as a camera does that is still running.
    ///
    /// A frame that was being sent is lost, since nobody knows how much of it was read; one that has not been begun goes
    /// to the viewer that is found.
    fn recover(&mut self, line: &mut Line<'a>, halt: Halt) -> Result<(), Exit> {
        let reason = match halt {
            Halt::Stopped => return Err(Exit::Interrupted),
            Halt::Lost(reason) => reason,
        };
        line.dialler.lost(&line.connection, self.report.frames, &reason);
        line.connection.hang_up();
        self.redial(line)
    }

    fn redial(&mut self, line: &mut Line<'a>) -> Result<(), Exit> {
        match line.dialler.dial() {
            Ok(connection) => {
                self.report.reconnects += 1;
                line.connection = connection;
                Ok(())
            }
            Err(DialError::Stopped) => Err(Exit::Interrupted),
            Err(DialError::NoViewer(error)) => {
                self.say(&format!("gave up: {:#}", anyhow::Error::from(error)));
                Err(Exit::CutShort)
            }
        }
    }

    /// Says goodbye, and finds out whether the viewer has taken everything.
    fn leave(&self, mut connection: Connection, ended: Result<(), Exit>) -> Result<Ended, ClientError> {
        let ended = match ended {
            Ok(()) => Ended::Complete,
            Err(Exit::Interrupted) => Ended::Interrupted,
            Err(Exit::ByFault) => Ended::ByFault,
            Err(Exit::CutShort) => Ended::CutShort,
            Err(Exit::Failed(error)) => {
                connection.hang_up();
                return Err(error);
            }
        };
        let polite = matches!(ended, Ended::Complete | Ended::Interrupted) && !connection.is_inside_a_frame();
        let said = match self.orders.goodbye {
            Goodbye::Terminator if polite => connection.send([&protocol::END_OF_STREAM, &[]], Pace::AtOnce),
            _ => Ok(()),
        };
        let farewell = connection.hang_up();
        if ended == Ended::Complete && (said.is_err() || farewell == Farewell::Reset) {
            self.say(&format!("{} closed the connection before the end of the stream", self.orders.to));
            return Ok(Ended::CutShort);
        }
        Ok(ended)
    }

    /// Counts the faults of a frame, and says when one that has a certain place begins.
    fn note(&mut self, number: u64, faults: &[Fault]) {
        for fault in faults {
            self.report.faults += 1;
            if matches!(fault.frames, Frames::Range { first, .. } if first == number) {
                self.say(&format!("frame {number}: {fault}"));
            }
        }
    }

    fn say(&self, text: &str) {
        self.progress.say(self.number, text);
    }
}

/// The connection there is now, and what is needed for the next.
struct Line<'a> {
    connection: Connection,
    dialler: Dialler<'a>,
    schedule: Schedule,
}

fn within(waited: Duration) -> String {
    if waited.is_zero() { "at the first try".to_owned() } else { format!("within {waited:?}") }
}

#[expect(clippy::disallowed_methods, reason = "this is where the clock is read")]
fn now() -> Instant {
    Instant::now()
}
