//! Reads one robot's stream: bytes in, frames out, and in the end the reason why it is over.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use protocol::{DecodeError, Decoder};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{oneshot, watch};
use tokio::task;
use tokio::time::{Instant, sleep_until};

use super::admission::Activity;
use super::{Limits, Outlets};
use crate::app::Event;
use crate::app::tally::End;
use crate::picture::{FrameId, Received};
use crate::report::EndReason;
use crate::slot::{Closed, Policy};

/// Reads one robot's stream.
pub(super) struct Reader {
    robot: u32,
    decoder: Decoder,
    idle: Option<Duration>,
    /// When the frame that has begun must be whole; `None` between two frames.
    frame_due: Option<Instant>,
    received: u64,
    activity: watch::Sender<Activity>,
    told: oneshot::Receiver<Farewell>,
    outlets: Outlets,
}

/// Why a connection is over.
#[derive(Debug)]
pub(super) struct Farewell {
    pub(super) reason: EndReason,
    pub(super) detail: Option<String>,
}

/// The other ends of a reader's channels.
pub(super) struct Reins {
    /// Ends the reading; heeded wherever the reader waits, also for the decoder.
    pub(super) leave: oneshot::Sender<Farewell>,
    pub(super) activity: watch::Receiver<Activity>,
}

impl Reader {
    pub(super) fn new(robot: u32, limits: &Limits, outlets: Outlets) -> (Self, Reins) {
        let (leave, told) = oneshot::channel();
        let (activity, watched) = watch::channel(Activity::Quiet { since: outlets.clock.now() });
        let reader = Self {
            robot,
            decoder: Decoder::new(limits.frame),
            idle: limits.idle,
            frame_due: None,
            received: 0,
            activity,
            told,
            outlets,
        };
        (reader, Reins { leave, activity: watched })
    }

    /// Reads until the stream is over; has told of the end when it returns.
    pub(super) async fn run(mut self, mut stream: impl AsyncRead + Unpin) {
        let mut buffer = vec![0; READ_BYTES];
        let Farewell { reason, detail } = loop {
            let due = self.due();
            tokio::select! {
                biased;
                order = &mut self.told => break order.unwrap_or(Farewell::QUIT),
                read = stream.read(&mut buffer) => {
                    if let Some(farewell) = self.heard(read, &buffer).await {
                        break farewell;
                    }
                }
                () = wait_until(due) => break self.out_of_time(),
            }
        };
        drop(stream);
        let end = End { reason, detail, received: self.received };
        // The event's receiver lives as long as the program; when it is gone nobody is left to be told.
        _ = self.outlets.events.send(Event::Disconnected { robot: self.robot, end });
    }

    /// How long to wait for the next bytes: one that sends a byte now and then must not hold the only place for ever.
    fn due(&self) -> Option<Instant> {
        self.frame_due.or_else(|| self.idle.map(|idle| Instant::now() + idle))
    }

    fn out_of_time(&self) -> Farewell {
        let idle = self.idle.unwrap_or_default().as_secs_f64();
        let detail = match self.frame_due {
            None => format!("nothing came for {idle} s (--idle-timeout)"),
            Some(_) => format!(
                "byte {}: frame {} was not whole {idle} s after it had begun (--idle-timeout)",
                self.decoder.position(),
                self.received
            ),
        };
        Farewell { reason: EndReason::Timeout, detail: Some(detail) }
    }

    /// What one read brought; a farewell if it was the last.
    async fn heard(&mut self, read: io::Result<usize>, buffer: &[u8]) -> Option<Farewell> {
        match read {
            Ok(0) => Some(self.closed(None)),
            Ok(len) => {
                let farewell = self.feed(&buffer[..len]).await;
                self.activity.send_replace(Activity::Quiet { since: self.outlets.clock.now() });
                farewell
            }
            Err(error) => Some(self.closed(Some(error))),
        }
    }

    async fn feed(&mut self, mut bytes: &[u8]) -> Option<Farewell> {
        loop {
            match self.decoder.decode(&mut bytes) {
                Ok(None) => {
                    let is_inside = self.decoder.finish().is_err();
                    self.frame_due = if is_inside { self.due() } else { None };
                    return None;
                }
                Ok(Some(protocol::Event::EndOfStream)) => {
                    return Some(Farewell { reason: EndReason::EndOfStream, detail: None });
                }
                Ok(Some(protocol::Event::Frame(jpeg))) => {
                    self.frame_due = None;
                    let id = FrameId { robot: self.robot, seq: self.received };
                    self.received += 1;
                    let received = Received { id, jpeg, at: self.outlets.clock.now() };
                    if let Some(farewell) = self.hand_on(received).await {
                        return Some(farewell);
                    }
                }
                Err(error) => {
                    return Some(Farewell { reason: reason_of(&error), detail: Some(error.to_string()) });
                }
            }
        }
    }

    /// With every frame wanted, this waits for the decoder, and so does the socket.
    ///
    /// A reader that is told to leave meanwhile leaves the frame behind, which goes on to the decoder by itself: it has
    /// been received, and will be shown or found corrupt.
    async fn hand_on(&mut self, received: Received) -> Option<Farewell> {
        let put = match self.outlets.inbox.policy() {
            Policy::NewestWins => self.outlets.inbox.put(received),
            Policy::EveryOne => {
                self.activity.send_replace(Activity::HandingOn);
                let inbox = Arc::clone(&self.outlets.inbox);
                let putting = task::spawn_blocking(move || inbox.put(received));
                tokio::select! {
                    biased;
                    order = &mut self.told => return Some(order.unwrap_or(Farewell::QUIT)),
                    put = putting => put.unwrap_or(Err(Closed)),
                }
            }
        };
        match put {
            Ok(None) => None,
            Ok(Some(displaced)) => {
                _ = self.outlets.events.send(Event::Dropped { id: displaced.id });
                None
            }
            Err(Closed) => Some(Farewell::QUIT),
        }
    }

    /// A robot that is switched off closes wherever it is: between two frames that is an ordinary end.
    fn closed(&self, error: Option<io::Error>) -> Farewell {
        let (reason, detail) = match (self.decoder.finish(), error) {
            (Ok(()), _) => (EndReason::HangUp, None),
            (Err(inside), None) => (EndReason::Truncated, Some(inside.to_string())),
            (Err(inside), Some(error)) => (EndReason::Truncated, Some(format!("{inside} ({error})"))),
        };
        Farewell { reason, detail }
    }
}

impl Farewell {
    pub(super) const QUIT: Farewell = Farewell { reason: EndReason::Quit, detail: None };
}

fn reason_of(error: &DecodeError) -> EndReason {
    match error {
        DecodeError::TooLarge { .. } => EndReason::Oversize,
        _ => EndReason::Truncated,
    }
}

async fn wait_until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Room for one ordinary frame (10 to 45 KB), so that most come in one read.
const READ_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests;
