//! The network side: accepts robots, holds them to the limits, reads frames as they come.
#![expect(clippy::disallowed_methods, reason = "sockets, tasks and waiting live here")]

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::time::Duration;

use ipnet::IpNet;
use protocol::{DecodeError, Decoder, FrameLimit};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::app::Event;
use crate::app::tally::End;
use crate::clock::Clock;
use crate::picture::{FrameId, Received};
use crate::report::EndReason;
use crate::slot::{Closed, Policy, Slot};

/// What a robot may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) frame: FrameLimit,
    /// How long a robot may be silent; `None` is for ever.
    pub(crate) idle: Option<Duration>,
    /// Networks that robots may come from; all if there are none.
    pub(crate) allow: Vec<IpNet>,
}

/// Everything the network side hands its findings to.
#[derive(Clone)]
pub(crate) struct Outlets {
    pub(crate) inbox: Arc<Slot<Received>>,
    pub(crate) events: Sender<Event>,
    pub(crate) clock: Clock,
}

/// Accepts robots until `stop` changes; then disconnects the one that is live, and has told so when it returns.
pub(crate) async fn serve(listener: TcpListener, limits: Limits, outlets: Outlets, mut stop: watch::Receiver<bool>) {
    let mut door = Door { limits, outlets, robots: 0, live: None };
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => door.admit(stream, peer).await,
                // Out of file descriptors, or a peer that left while it waited: the next one may fare better.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
        }
    }
    if let Some(live) = door.live.take() {
        live.disconnect(EndReason::Quit, None).await;
    }
}

/// Decides who comes in.
struct Door {
    limits: Limits,
    outlets: Outlets,
    /// How many have been at the door; numbers the robots.
    robots: u32,
    live: Option<Live>,
}

impl Door {
    async fn admit(&mut self, stream: TcpStream, peer: SocketAddr) {
        self.robots += 1;
        let robot = self.robots;
        if let Some(detail) = self.objection(peer).await {
            // The event's receiver lives as long as the program; when it is gone nobody is left to be told.
            _ = self.outlets.events.send(Event::Refused { robot, peer, detail });
            return;
        }
        _ = self.outlets.events.send(Event::Connected { robot, peer });
        self.live = Some(Live::start(robot, stream, &self.limits, self.outlets.clone()));
    }

    /// Why `peer` may not come in. A live robot that has gone silent makes room: it may have lost its power, and be the
    /// very one that knocks.
    async fn objection(&mut self, peer: SocketAddr) -> Option<String> {
        if !is_allowed(&self.limits.allow, peer.ip()) {
            return Some(format!("{} is in none of the networks that --allow names", peer.ip().to_canonical()));
        }
        let live = self.live.take_if(|live| !live.task.is_finished())?;
        let silent_for = live.silent_for(self.outlets.clock);
        if silent_for < MAKES_ROOM_AFTER {
            let robot = live.robot;
            self.live = Some(live);
            return Some(format!("robot {robot} is connected; one robot at a time"));
        }
        let detail = format!("silent for {:.1} s when another robot came", silent_for.as_secs_f64());
        live.disconnect(EndReason::Timeout, Some(detail)).await;
        None
    }
}

fn is_allowed(allow: &[IpNet], peer: IpAddr) -> bool {
    allow.is_empty() || allow.iter().any(|net| net.contains(&peer.to_canonical()))
}

/// The robot that is connected, from the door's side.
struct Live {
    robot: u32,
    task: JoinHandle<()>,
    leave: oneshot::Sender<(EndReason, Option<String>)>,
    /// Milliseconds on the program's clock.
    last_heard_ms: Arc<AtomicU64>,
}

impl Live {
    fn start(robot: u32, stream: TcpStream, limits: &Limits, outlets: Outlets) -> Self {
        let last_heard_ms = Arc::new(AtomicU64::new(millis(outlets.clock.now())));
        let (leave, told) = oneshot::channel();
        let reader = Reader {
            robot,
            decoder: Decoder::new(limits.frame),
            idle: limits.idle,
            received: 0,
            last_heard_ms: Arc::clone(&last_heard_ms),
            outlets,
        };
        Self { robot, task: tokio::spawn(reader.run(stream, told)), leave, last_heard_ms }
    }

    fn silent_for(&self, clock: Clock) -> Duration {
        Duration::from_millis(millis(clock.now()).saturating_sub(self.last_heard_ms.load(Ordering::Relaxed)))
    }

    /// Closes the connection; the robot's end has been told when this returns.
    async fn disconnect(self, reason: EndReason, detail: Option<String>) {
        // Either fails only if the task has ended by itself, which is what is wanted.
        _ = self.leave.send((reason, detail));
        _ = self.task.await;
    }
}

/// Reads one robot's stream.
struct Reader {
    robot: u32,
    decoder: Decoder,
    idle: Option<Duration>,
    received: u64,
    last_heard_ms: Arc<AtomicU64>,
    outlets: Outlets,
}

impl Reader {
    async fn run(mut self, mut stream: TcpStream, mut told: oneshot::Receiver<(EndReason, Option<String>)>) {
        let mut buffer = vec![0; READ_BYTES];
        let (reason, detail) = loop {
            let silence = self.idle;
            tokio::select! {
                biased;
                order = &mut told => break order.unwrap_or((EndReason::Quit, None)),
                read = stream.read(&mut buffer) => match self.heard(read, &buffer).await {
                    Some(end) => break end,
                    None => continue,
                },
                () = sleep_or_never(silence) => {
                    let idle = silence.unwrap_or_default().as_secs_f64();
                    break (EndReason::Timeout, Some(format!("nothing came for {idle} s (--idle-timeout)")));
                }
            }
        };
        drop(stream);
        let end = End { reason, detail, received: self.received };
        _ = self.outlets.events.send(Event::Disconnected { robot: self.robot, end });
    }

    /// What one read brought; an end if it was the last.
    async fn heard(&mut self, read: io::Result<usize>, buffer: &[u8]) -> Option<(EndReason, Option<String>)> {
        match read {
            Ok(0) => Some(self.closed(None)),
            Ok(len) => {
                self.last_heard_ms.store(millis(self.outlets.clock.now()), Ordering::Relaxed);
                self.feed(&buffer[..len]).await
            }
            Err(error) => Some(self.closed(Some(error))),
        }
    }

    async fn feed(&mut self, mut bytes: &[u8]) -> Option<(EndReason, Option<String>)> {
        loop {
            match self.decoder.decode(&mut bytes) {
                Ok(None) => return None,
                Ok(Some(protocol::Event::EndOfStream)) => return Some((EndReason::EndOfStream, None)),
                Ok(Some(protocol::Event::Frame(jpeg))) => {
                    let id = FrameId { robot: self.robot, seq: self.received };
                    self.received += 1;
                    let received = Received { id, jpeg, at: self.outlets.clock.now() };
                    if self.hand_on(received).await.is_err() {
                        return Some((EndReason::Quit, None));
                    }
                }
                Err(error) => return Some((reason_of(&error), Some(error.to_string()))),
            }
        }
    }

    /// With every frame wanted, this waits for the decoder, and so does the socket.
    async fn hand_on(&self, received: Received) -> Result<(), Closed> {
        let displaced = match self.outlets.inbox.policy() {
            Policy::NewestWins => self.outlets.inbox.put(received)?,
            Policy::EveryOne => {
                let inbox = Arc::clone(&self.outlets.inbox);
                tokio::task::spawn_blocking(move || inbox.put(received)).await.map_err(|_| Closed)??
            }
        };
        if let Some(displaced) = displaced {
            _ = self.outlets.events.send(Event::Dropped { id: displaced.id });
        }
        Ok(())
    }

    /// A robot that is switched off closes wherever it is: between two frames that is an ordinary end.
    fn closed(&self, error: Option<io::Error>) -> (EndReason, Option<String>) {
        match (self.decoder.finish(), error) {
            (Ok(()), _) => (EndReason::HangUp, None),
            (Err(inside), None) => (EndReason::Truncated, Some(inside.to_string())),
            (Err(inside), Some(error)) => (EndReason::Truncated, Some(format!("{inside} ({error})"))),
        }
    }
}

fn reason_of(error: &DecodeError) -> EndReason {
    match error {
        DecodeError::TooLarge { .. } => EndReason::Oversize,
        _ => EndReason::Truncated,
    }
}

async fn sleep_or_never(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}

fn millis(time: Duration) -> u64 {
    time.as_millis() as u64
}

/// Room for one ordinary frame (10 to 45 KB), so that most come in one read.
const READ_BYTES: usize = 64 * 1024;
/// A robot silent for this long makes room for another; a camera is never silent for a second.
const MAKES_ROOM_AFTER: Duration = Duration::from_secs(2);
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
