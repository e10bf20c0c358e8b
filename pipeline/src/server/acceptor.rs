//! Accepts connections, finds a place for each, and hands frames on until the stream is over.
#![expect(clippy::disallowed_methods, reason = "sockets, tasks and waiting live here")]

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use protocol::FrameLimit;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};
use vision::jpeg::PixelLimit;

use super::admission::is_allowed;
use super::connector::Connector;
use super::entrance::{Arrival, Arrivals, Brought, Source};
use super::handshakes::Handshakes;
use super::places::{Answer, Crowded, Place, Places};
use super::reader::{Read, Reader, Timed};
use super::refusals::Refusals;
use super::trials::Trials;
use super::waiting::NotAdmitted;
use crate::dialled::Dialled;
use crate::elsewhere::Answers;
use crate::event::{End, EndReason, Event, RefusedEvent};
use crate::frame::Received;
use crate::mailbox::{Closed, Policy};
use crate::robots::{ALL_HAVE_COME, Robot, Robots};
use crate::stage::{Frames, Job, Origin};

/// What robots may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How many may be connected at once.
    pub robots: usize,
    /// The longest frame.
    pub frame: FrameLimit,
    /// The largest picture.
    pub pixels: PixelLimit,
    /// How long a robot may be silent, and how long one frame may take; `None` is for ever.
    pub idle: Option<Duration>,
    /// Networks that robots may come from; all if there are none.
    pub allow: Vec<IpNet>,
    /// Names of robots, by where they come from; the smallest network that has the address counts.
    pub names: Vec<(IpNet, Arc<str>)>,
}

/// What the server works with.
pub(super) struct Acceptor {
    pub(super) limits: Limits,
    /// Where robots speak TLS.
    handshakes: Option<Handshakes>,
    pub(super) robots: Arc<Robots>,
    pub(super) frames: Arc<Frames>,
    refusals: Mutex<Refusals>,
    pub(super) trials: Arc<Trials>,
}

impl Acceptor {
    pub(super) fn new(
        limits: Limits,
        handshakes: Option<Handshakes>,
        robots: Arc<Robots>,
        frames: Arc<Frames>,
    ) -> Self {
        Self {
            limits,
            handshakes,
            robots,
            frames,
            refusals: Mutex::new(Refusals::per_second(REFUSED_EVENTS_PER_SECOND)),
            trials: Trials::new(),
        }
    }

    /// Accepts robots and dials others until `stop` changes; then closes all connections, and returns when every end is known.
    pub(super) async fn serve(
        self,
        listener: Option<TcpListener>,
        dialled: Vec<Arc<Dialled>>,
        mut arrivals: Option<Arrivals>,
        mut stop: watch::Receiver<bool>,
    ) {
        let places = Places::new(self.limits.robots);
        let acceptor = Arc::new(self);
        let mut connections = JoinSet::new();
        for dialled in dialled {
            let (acceptor, places) = (Arc::clone(&acceptor), Arc::clone(&places));
            connections.spawn(Connector { acceptor, places, dialled, stop: stop.clone() }.run());
        }
        let beating = tokio::spawn(acceptor.robots.clock.beat());
        let mut look = interval(LOOK_EVERY);
        let mut waited_for = None;
        loop {
            tokio::select! {
                biased;
                _ = stop.changed() => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                _ = look.tick() => {
                    let (now, room) = (acceptor.robots.clock.now(), acceptor.robots.sinks.have_room());
                    acceptor.report(acceptor.refusals().due(now, room));
                    let sinks = &acceptor.robots.sinks;
                    let before = std::mem::replace(&mut waited_for, sinks.waited_for());
                    // Twice in a row: a pipe that is full for a moment is none of the user's business.
                    if let (Some(sink), Some(_)) = (waited_for, before) {
                        sinks.send(Event::SinkStalled { sink, loses: false });
                    }
                }
                arrival = arrived(arrivals.as_mut()) => {
                    connections.spawn(arrival.run(Arc::clone(&acceptor), Arc::clone(&places), stop.clone()));
                }
                accepted = accept(listener.as_ref(), &acceptor.robots) => match accepted {
                    Ok((stream, peer)) => {
                        let connection = Connection {
                            acceptor: Arc::clone(&acceptor),
                            places: Arc::clone(&places),
                            peer,
                            name: acceptor.name_of(peer),
                            url: None,
                            stop: stop.clone(),
                        };
                        connections.spawn(connection.run(stream));
                    }
                    // Out of file descriptors, or a peer that left while it waited: the next one may fare better.
                    Err(error) => {
                        acceptor.robots.sinks.send(Event::NotAccepted { error: error.to_string() });
                        sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        acceptor.robots.stop_all();
        while connections.join_next().await.is_some() {}
        acceptor.report(acceptor.refusals().rest());
        beating.abort();
    }

    fn refuse(&self, peer: SocketAddr, detail: String) {
        let (now, room) = (self.robots.clock.now(), self.robots.sinks.have_room());
        self.report(self.refusals().add(peer, detail, now, room));
    }

    fn refusals(&self) -> MutexGuard<'_, Refusals> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self, refused: Option<RefusedEvent>) {
        refused.into_iter().for_each(|refused| self.robots.sinks.send(Event::Refused(refused)));
    }

    pub(super) fn name_of(&self, peer: SocketAddr) -> Option<Arc<str>> {
        let ip = peer.ip().to_canonical();
        let named = self.limits.names.iter().filter(|(net, _)| net.contains(&ip));
        named.max_by_key(|(net, _)| net.prefix_len()).map(|(_, name)| Arc::clone(name))
    }
}

/// The next connection, once there is room for its events: until then the system keeps it. None ever comes where nothing
/// listens.
async fn accept(listener: Option<&TcpListener>, robots: &Robots) -> io::Result<(TcpStream, SocketAddr)> {
    let Some(listener) = listener else { return std::future::pending().await };
    until_there_is_room(robots).await;
    listener.accept().await
}

/// The next robot that somebody brings.
async fn arrived(arrivals: Option<&mut Arrivals>) -> Arrival {
    match arrivals {
        Some(arrivals) => match arrivals.0.recv().await {
            Some(arrival) => arrival,
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

/// Waits until the events of a robot that comes and goes can be written.
pub(super) async fn until_there_is_room(robots: &Robots) {
    while !robots.sinks.have_room() {
        sleep(ROOM_POLL).await;
    }
}

/// One connection.
pub(super) struct Connection {
    pub(super) acceptor: Arc<Acceptor>,
    pub(super) places: Arc<Places>,
    pub(super) peer: SocketAddr,
    pub(super) name: Option<Arc<str>>,
    /// Where the stream was asked for, unless the robot dialled.
    pub(super) url: Option<Arc<str>>,
    pub(super) stop: watch::Receiver<bool>,
}

impl Connection {
    /// A robot has dialled.
    async fn run(mut self, stream: TcpStream) {
        let acceptor = Arc::clone(&self.acceptor);
        let Acceptor { limits, handshakes, robots, .. } = &*acceptor;
        if !is_allowed(&limits.allow, self.peer.ip()) {
            let detail = format!("{} is in none of the networks that --allow names", self.peer.ip().to_canonical());
            return acceptor.refuse(self.peer, detail);
        }
        let Some(handshakes) = handshakes else {
            return self.read(Reader::new(stream, limits.frame, limits.idle, robots.clock)).await;
        };
        let shaken = tokio::select! {
            biased;
            _ = self.stop.changed() => return,
            shaken = handshakes.accept(stream, robots.clock) => shaken,
        };
        match shaken {
            Ok((stream, name)) => {
                self.name = name.or(self.name);
                self.read(Reader::of_tls(stream, limits.frame, limits.idle, robots.clock)).await;
            }
            Err(detail) => acceptor.refuse(self.peer, detail),
        }
    }

    /// Reads what a robot that has dialled sends.
    async fn read(mut self, mut reader: Reader<impl AsyncRead + AsyncWrite + Unpin>) {
        let leaving = self.receive(&mut reader).await;
        reader.close().await;
        if let Some(leaving) = leaving {
            leaving.leave().await;
        }
    }

    /// Finds a place, and hands frames on until the stream is over; the robot that has streamed comes back, still in its place.
    pub(super) async fn receive(&mut self, reader: &mut Reader<impl AsyncRead + Unpin>) -> Option<Leaving> {
        if self.acceptor.robots.all_have_come() {
            self.acceptor.refuse(self.peer, ALL_HAVE_COME.to_owned());
            return None;
        }
        let admitted = match self.places.ask() {
            Ok(Answer::Place(place)) => Ok((place, None)),
            Ok(Answer::Wait(ticket)) => self.wait_for_place(ticket, reader).await,
            Err(Crowded) => Err(NotAdmitted::Refused("too many connections wait for a place".to_owned())),
        };
        match admitted {
            // The program's end makes places free, and those who wait may hear of that first.
            Ok(_) if *self.stop.borrow() => {}
            Ok((place, first)) => return Some(self.stream(reader, place, first, drop).await),
            Err(NotAdmitted::Refused(detail)) => self.acceptor.refuse(self.peer, detail),
            Err(NotAdmitted::Left) => {}
        }
        None
    }

    /// Lets the robot in, and hands its frames on to the decoders until its stream is over.
    pub(super) async fn stream(
        &self,
        source: &mut impl Source,
        place: Place,
        mut first: Option<Timed>,
        admitted: impl FnOnce(Answers),
    ) -> Leaving {
        let Acceptor { robots, frames, .. } = &*self.acceptor;
        let (robot, mut stop) = robots.connect(self.peer, self.name.clone(), self.url.clone());
        admitted(Answers::new(Arc::clone(robots), robot.id()));
        let end = loop {
            let brought = match first.take() {
                Some(frame) => Ok(Brought::Read(Read::Frame(frame))),
                None => tokio::select! {
                    biased;
                    end = stopped(&mut stop) => break end,
                    brought = async {
                        until_it_may_be_read(robots, &robot).await;
                        source.next().await
                    } => brought,
                },
            };
            let (frame, at) = match brought {
                Ok(Brought::Read(Read::Frame(timed))) => timed,
                Ok(Brought::Numbered(timed, number)) => {
                    robots.number(&robot, number);
                    timed
                }
                Ok(Brought::Undelivered(frames)) => {
                    robots.undelivered(&robot, frames);
                    continue;
                }
                Ok(Brought::Read(Read::Lost(lost))) => match robots.lost(&robot, lost) {
                    Ok(()) => continue,
                    Err(end) => break end,
                },
                Err(end) => break end,
            };
            let received = match robots.received(&robot, frame, at) {
                Ok(received) => received,
                Err(end) => break end,
            };
            if let Err(end) = hand_on(robots, frames, &robot, received, &mut stop).await {
                break end;
            }
        };
        robots.ended(&robot, end);
        Leaving { robots: Arc::clone(robots), robot, place, stop: self.stop.clone() }
    }
}

/// A robot whose connection is over.
pub(super) struct Leaving {
    robots: Arc<Robots>,
    robot: Arc<Robot>,
    place: Place,
    stop: watch::Receiver<bool>,
}

impl Leaving {
    /// Frees its place once its last frame is done.
    ///
    /// Otherwise connections that each send one frame and leave could fill the memory with frames, and decoders would work
    /// through these before those of the robots that stay.
    pub(super) async fn leave(mut self) {
        tokio::select! {
            () = self.robot.until_done() => {}
            _ = self.stop.wait_for(|is_over| *is_over) => {}
        }
        // In this order: those who wait must not see a place that nobody has and nobody gets.
        drop(self.place);
        self.robots.free_place(&self.robot);
    }
}

/// Waits, and so does the socket, while what has come from `robot` is more than can be written or decoded.
async fn until_it_may_be_read(robots: &Robots, robot: &Robot) {
    if robots.have_room(robot) {
        return;
    }
    robot.stop_hearing(robots.clock.now());
    while !robots.have_room(robot) {
        sleep(ROOM_POLL).await;
    }
    robot.hear(robots.clock.now());
}

/// Hands a frame to the decoders; with every frame wanted this waits for them, and so does the socket.
async fn hand_on(
    robots: &Robots,
    frames: &Frames,
    robot: &Robot,
    received: Received,
    stop: &mut watch::Receiver<Option<End>>,
) -> Result<(), End> {
    let id = received.id;
    let outcome = match robots.policy {
        Policy::NewestWins => frames.put_newest(received),
        Policy::EveryFrame => {
            let job = Job::Show(received.into());
            robot.stop_hearing(robots.clock.now());
            let handed_on = tokio::select! {
                biased;
                put = frames.put_when_empty(Origin::Robot(id.robot), job) => put.map(|()| Vec::new()),
                end = stopped(stop) => {
                    robot.hear(robots.clock.now());
                    robots.dropped(id);
                    return Err(end);
                }
            };
            robot.hear(robots.clock.now());
            handed_on
        }
    };
    match outcome {
        Ok(dropped) => {
            dropped.iter().for_each(|frame| robots.dropped(frame.id));
            Ok(())
        }
        Err(Closed) => {
            robots.dropped(id);
            Err(End { reason: EndReason::Quit, detail: None })
        }
    }
}

/// Waits until the connection has to be closed, and returns why.
async fn stopped(stop: &mut watch::Receiver<Option<End>>) -> End {
    // Fails only without the other end, which the robot itself holds for as long as its stream is read.
    _ = stop.wait_for(Option::is_some).await.map(drop);
    stop.borrow().clone().unwrap_or(End { reason: EndReason::Quit, detail: None })
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How often room is looked for by a robot that waits for it.
const ROOM_POLL: Duration = Duration::from_millis(10);
/// How often refusals are reported that were held back, and sinks looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Refused connections beyond this are counted in the events of others.
const REFUSED_EVENTS_PER_SECOND: f64 = 10.0;

#[cfg(test)]
mod tests;
