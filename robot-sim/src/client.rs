//! One robot's stream: paces the frames, performs the steps of the faults, and dials again when the viewer goes away.
//!
//! This file and those of `client/` are the only ones that touch sockets, threads and the clock. All robots are tasks of
//! one thread; what blocks, decoding and looking up names, has a thread of its own for all robots together.
#![expect(clippy::disallowed_methods, reason = "deadlines are waited for, and the clock is read here")]

mod address;
mod clock;
mod connection;
mod descriptors;
mod dial;
mod fleet;
mod keyboard;
mod resolve;
mod serve;
mod stop;
mod thread;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use protocol::{Frame, Stamp, StampError};
use tokio::{select, time};

pub use self::address::Address;
use self::clock::{Clock, Turn};
use self::connection::{Close, Connection, Halt};
pub(crate) use self::dial::Encryption;
use self::dial::{DialError, Dialler};
pub(crate) use self::fleet::{Fleet, Outcome};
use self::resolve::Resolver;
pub(crate) use self::serve::Bound;
use self::stop::Stop;
use crate::fault::{self, Fault, Faults, Frames, Step};
use crate::format::Format;
use crate::progress::Progress;
use crate::report::{Ended, Report};
use crate::schedule::{CATCH_UP, Pace, Schedule};
use crate::source::{Played, Reader, SourceError};

/// How a robot ends its stream when it has sent everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEnd {
    /// With what its format has for that: the zero length of picamera's recipe, or the last boundary.
    Terminator,
    /// By closing the connection, as many robots do.
    Close,
}

/// Whether pictures say when they were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamps {
    /// They are sent as they are.
    Without,
    /// Each has a stamp with its number and the time when it was due, before any fault.
    With,
}

/// What all robots of a run have in common.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) to: Address,
    pub(crate) pace: Pace,
    pub(crate) end: StreamEnd,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) stamps: Stamps,
    pub(crate) format: Format,
    pub(crate) faults: Faults,
    /// TLS with the viewer, if it is wanted.
    pub(crate) encryption: Option<Encryption>,
}

/// What all robots of a run share.
struct Run {
    settings: Settings,
    clock: Clock,
    resolver: Resolver,
    stop: Stop,
    progress: Progress,
}

/// A robot that could not send its stream.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No viewer listened within the connect timeout.
    #[error(
        "no viewer at {to} {}; start it there with `viewer --listen {}`, or give it more time with --connect-timeout",
        within(*.waited),
        .to.to_listen_on()
    )]
    NoViewer {
        /// The address that was dialled.
        to: Address,
        /// How long; zero if the user allowed one attempt only.
        waited: Duration,
        /// The error of the last attempt.
        #[source]
        source: io::Error,
    },
    /// TLS with the viewer failed until the connect timeout was over.
    #[error("no encrypted connection to {to} {}: {why}", within(*.waited))]
    Tls {
        /// The address that was dialled.
        to: Address,
        /// How long; zero if the user allowed one attempt only.
        waited: Duration,
        /// What went wrong, and what to do.
        why: String,
    },
    /// The next frame cannot be read, decoded or encoded.
    #[error(transparent)]
    Source(#[from] Arc<SourceError>),
    /// A frame has no place for a stamp.
    #[error(
        "frame {number} cannot be stamped; leave out --stamp, or have the pictures encoded again with --quality 85"
    )]
    Stamp {
        /// The number of the frame.
        number: u64,
        /// What is wrong with it.
        #[source]
        source: StampError,
    },
}

/// One robot, ready to dial.
struct Robot {
    number: u32,
    run: Arc<Run>,
    dialler: Dialler,
    schedule: Schedule,
    report: Report,
    /// Where in the input its first frame is.
    first: Duration,
}

/// Why a stream is over before all its frames have been sent.
enum Exit {
    Interrupted,
    ByFault,
    CutShort,
    Failed(ClientError),
}

impl Robot {
    fn new(number: u32, run: Arc<Run>, first: Duration) -> Self {
        let dialler = Dialler::new(number, Arc::clone(&run));
        let schedule = Schedule::new(run.settings.pace);
        Self { number, run, dialler, schedule, report: Report::default(), first }
    }

    /// Sends everything that `reader` has, and returns how that went.
    async fn run(mut self, mut reader: Reader) -> Outcome {
        let run = Arc::clone(&self.run);
        let mut turn = run.clock.turn(self.number);
        if !self.is_near(&mut turn).await {
            return (self.report, Ok(Ended::Interrupted));
        }
        self.dialler.forget_the_past();
        let dialled = self.dialler.dial().await;
        // A robot without a viewer does not hold up those that come later.
        run.clock.start();
        let ended = match dialled {
            Ok(mut connection) => {
                let started = connection.opened();
                let ended = self.stream(&mut connection, &mut reader, &mut turn).await;
                let ended = self.finish(connection, ended).await;
                self.report.elapsed = now().duration_since(started);
                ended
            }
            Err(DialError::Stopped) => Ok(Ended::Interrupted),
            Err(DialError::NoViewer(error)) => Err(error),
        };
        (self.report, ended)
    }

    /// Waits until the first frame is near; returns false if the run is to end before.
    async fn is_near(&self, turn: &mut Turn<'_>) -> bool {
        let clock = &self.run.clock;
        while let Some(left) = turn.left_before(self.first.saturating_sub(clock.distance(LEAD)), self.first) {
            select! {
                biased;
                () = self.run.stop.requested() => return false,
                () = time::sleep(left) => {}
                () = turn.changed() => {}
            }
        }
        true
    }

    /// Sends frame after frame until there is none left.
    async fn stream(
        &mut self,
        connection: &mut Connection,
        reader: &mut Reader,
        turn: &mut Turn<'_>,
    ) -> Result<(), Exit> {
        let run = Arc::clone(&self.run);
        for number in 0.. {
            if self.run.stop.is_requested() {
                return Err(Exit::Interrupted);
            }
            let frame = select! {
                biased;
                frame = reader.next_frame() => frame.map_err(|error| Exit::Failed(error.into()))?,
                () = self.run.stop.requested() => return Err(Exit::Interrupted),
            };
            let Some(Played { frame, at }) = frame else { break };
            let due = self.schedule.next_due(run.clock.position(), at, run.clock.distance(CATCH_UP));
            self.wait_for(connection, turn, due).await?;
            self.dialler.settle(connection);
            let taken = run.clock.instant(self.schedule.taken());
            let frame = stamped(run.settings.stamps, number, frame, taken).map_err(Exit::Failed)?;
            let plan = run.settings.faults.plan(number, &frame, run.settings.format);
            self.note(number, &plan.faults);
            for step in plan.steps {
                self.perform(connection, step).await?;
            }
        }
        Ok(())
    }

    async fn perform(&mut self, connection: &mut Connection, step: Step<'_>) -> Result<(), Exit> {
        match step {
            Step::Wait(time) => self.wait(connection, time).await,
            Step::Frame { before, frame, behind, pace } => {
                let parts = [before.as_slice(), frame.as_bytes(), behind];
                let sent = connection.send(parts, pace).await;
                self.count(connection, sent.map(|()| parts.iter().map(|part| part.len()).sum())).await
            }
            Step::Bytes { bytes, pace } => match connection.send([&bytes, &[], &[]], pace).await {
                Err(Halt::Stopped) => Err(Exit::Interrupted),
                // Such bytes come last, so that it makes no difference when the viewer is gone before they are.
                Ok(()) | Err(Halt::Lost(_)) => Ok(()),
            },
            Step::Redial(away) => {
                connection.close().await;
                if time::timeout(away, self.run.stop.requested()).await.is_ok() {
                    return Err(Exit::Interrupted);
                }
                self.dialler.forget_the_past();
                self.redial(connection).await
            }
            Step::StaySilent => match connection.halt().await {
                Halt::Stopped => Err(Exit::Interrupted),
                Halt::Lost(_) => Err(Exit::ByFault),
            },
            Step::Close => Err(Exit::ByFault),
        }
    }

    /// Waits; if the viewer goes away in that time, continues with the next viewer at once.
    async fn wait(&mut self, connection: &mut Connection, time: Duration) -> Result<(), Exit> {
        match connection.pause(time).await {
            Ok(()) => Ok(()),
            Err(halt) => self.recover(connection, halt).await,
        }
    }

    /// Waits until a frame is due, with the next viewer if this one goes away in that time.
    async fn wait_for(&mut self, connection: &mut Connection, turn: &mut Turn<'_>, due: Duration) -> Result<(), Exit> {
        loop {
            let left = turn.left(due);
            let waited = select! {
                biased;
                waited = connection.pause(left.unwrap_or_default()) => waited,
                () = turn.changed() => Ok(()),
            };
            match waited {
                Ok(()) if left.is_none() => return Ok(()),
                Ok(()) => {}
                Err(halt) => self.recover(connection, halt).await?,
            }
        }
    }

    async fn count(&mut self, connection: &mut Connection, sent: Result<usize, Halt>) -> Result<(), Exit> {
        match sent {
            Ok(bytes) => {
                self.report.frames += 1;
                self.report.bytes += bytes as u64;
                self.run.progress.add_frame(bytes as u64);
                Ok(())
            }
            Err(halt) => self.recover(connection, halt).await,
        }
    }

    /// Finds the viewer again after it went away, as a camera does that is still running.
    ///
    /// A frame that was being sent is lost, since it is unknown how much of it was read; one that has not been begun is
    /// sent to the viewer that is found.
    async fn recover(&mut self, connection: &mut Connection, halt: Halt) -> Result<(), Exit> {
        let reason = match halt {
            Halt::Stopped => return Err(Exit::Interrupted),
            Halt::Lost(reason) => reason,
        };
        self.dialler.lost(connection, self.report.frames, &reason);
        connection.close().await;
        self.redial(connection).await
    }

    async fn redial(&mut self, connection: &mut Connection) -> Result<(), Exit> {
        match self.dialler.dial().await {
            Ok(next) => {
                self.report.reconnects += 1;
                *connection = next;
                Ok(())
            }
            Err(DialError::Stopped) => Err(Exit::Interrupted),
            Err(DialError::NoViewer(error)) => {
                self.notify(&format!("gave up: {:#}", anyhow::Error::from(error)));
                Err(Exit::CutShort)
            }
        }
    }

    /// Ends the stream, and finds out whether the viewer has taken everything.
    async fn finish(&self, mut connection: Connection, ended: Result<(), Exit>) -> Result<Ended, ClientError> {
        let ended = match ended {
            Ok(()) => Ended::Complete,
            Err(Exit::Interrupted) => Ended::Interrupted,
            Err(Exit::ByFault) => Ended::ByFault,
            Err(Exit::CutShort) => Ended::CutShort,
            Err(Exit::Failed(error)) => {
                connection.close().await;
                return Err(error);
            }
        };
        let polite = matches!(ended, Ended::Complete | Ended::Interrupted) && !connection.is_inside_a_frame();
        let marker = self.run.settings.end_marker();
        let sent = match marker.is_empty() || !polite {
            true => Ok(()),
            false => connection.send([&marker, &[], &[]], fault::Pace::AtOnce).await,
        };
        let close = connection.close().await;
        if ended == Ended::Complete && (sent.is_err() || close == Close::Reset) {
            self.notify(&format!("{} closed the connection before the end of the stream", self.run.settings.to));
            return Ok(Ended::CutShort);
        }
        Ok(ended)
    }

    /// Counts the faults of a frame, and reports one that has a certain place when it begins.
    fn note(&mut self, number: u64, faults: &[Fault]) {
        for fault in faults {
            self.report.faults += 1;
            if matches!(fault.frames, Frames::Range { first, .. } if first == number) {
                self.notify(&format!("frame {number}: {fault}"));
            }
        }
    }

    fn notify(&self, text: &str) {
        self.run.progress.notify(self.number, text);
    }
}

impl Settings {
    /// The bytes that end a stream; none if it just closes.
    fn end_marker(&self) -> Vec<u8> {
        match self.end {
            StreamEnd::Terminator => self.format.end_marker(),
            StreamEnd::Close => Vec::new(),
        }
    }
}

/// The frame as it is sent, with the time when it was taken if that is wanted.
fn stamped(stamps: Stamps, number: u64, frame: Arc<Frame>, taken: Instant) -> Result<Arc<Frame>, ClientError> {
    if stamps == Stamps::Without {
        return Ok(frame);
    }
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let time = since_1970.saturating_sub(now().saturating_duration_since(taken));
    let stamp = Stamp { seq: number, time_ns: u64::try_from(time.as_nanos()).unwrap_or(u64::MAX) };
    let stamped = stamp.write(Arc::unwrap_or_clone(frame));
    stamped.map(Arc::new).map_err(|source| ClientError::Stamp { number, source })
}

fn within(waited: Duration) -> String {
    if waited.is_zero() { "at the first try".to_owned() } else { format!("within {waited:?}") }
}

fn now() -> Instant {
    Instant::now()
}

/// How long before its first frame a robot of a recording dials.
const LEAD: Duration = Duration::from_millis(500);
