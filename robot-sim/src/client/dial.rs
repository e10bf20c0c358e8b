//! Dials until a viewer accepts the connection.
#![expect(clippy::disallowed_methods, reason = "the robot dials, and waits before it dials again, here")]

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tls::TlsConnector;
use tls::rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::{select, time};

use super::connection::{Connection, Loss, Stream};
use super::{ClientError, Run, now};
use crate::report::Count;

/// TLS with the viewer.
#[derive(Clone)]
pub(crate) struct Encryption {
    pub(crate) connector: TlsConnector,
    /// Whose certificate the viewer has to show.
    pub(crate) viewer: ServerName<'static>,
}

/// Dials, and remembers how the last connections went.
pub(super) struct Dialler {
    number: u32,
    run: Arc<Run>,
    /// Since when the robot has been without a viewer that keeps a connection.
    without_since: Instant,
    /// How long to wait before the first attempt; not zero when the last connection was closed early.
    pause: Duration,
    notices: Notices,
    state: State,
    /// Why the last connection was closed, if the viewer said so.
    refusal: Option<String>,
}

/// What the user has been shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// That the viewer is there, or nothing yet.
    Settled,
    /// That the viewer closes at once; not that it has been reached again, since that need not last.
    Refused,
}

/// Why one attempt failed.
enum Failed {
    Network(io::Error),
    /// The other end is there, and TLS with it fails.
    Tls(String),
}

/// Why there is no connection.
pub(super) enum DialError {
    /// The user wants the run to end.
    Stopped,
    /// The connect timeout is over.
    NoViewer(ClientError),
}

impl Dialler {
    pub(super) fn new(number: u32, run: Arc<Run>) -> Self {
        let without_since = now();
        let (notices, state) = (Notices::new(without_since), State::Settled);
        Self { number, run, without_since, pause: Duration::ZERO, notices, state, refusal: None }
    }

    /// Dials every tenth of a second until a viewer listens; at least once, unless the last connection was closed at once.
    pub(super) async fn dial(&mut self) -> Result<Connection, DialError> {
        let stop = self.run.stop.clone();
        select! {
            biased;
            () = stop.requested() => Err(DialError::Stopped),
            dialled = self.dial_until_connected() => dialled,
        }
    }

    async fn dial_until_connected(&mut self) -> Result<Connection, DialError> {
        let mut last_error = match self.refusal.take() {
            Some(refusal) => Failed::Tls(refusal),
            None => Failed::Network(io::Error::other("it closed the last connection at once")),
        };
        let mut pause = self.pause;
        loop {
            let left = self.run.settings.connect_timeout.map(|most| most.saturating_sub(now() - self.without_since));
            if left.is_some_and(|left| left < pause) {
                return Err(DialError::NoViewer(self.error(last_error)));
            }
            wait(pause).await;
            match self.attempt(left).await {
                Ok(connection) => {
                    if self.state == State::Settled {
                        self.notify_connected();
                    }
                    return Ok(connection);
                }
                Err(error) => last_error = error,
            }
            if self.notices.is_due(now()) {
                let to = &self.run.settings.to;
                self.notify(&match &last_error {
                    Failed::Network(error) => format!("no viewer at {to} yet ({error}); still trying"),
                    Failed::Tls(why) => format!("no connection to {to} yet: {why}; still trying"),
                });
            }
            pause = RETRY;
        }
    }

    /// Remembers that the viewer went away for this reason, after `frames` frames, from this connection.
    ///
    /// A viewer that already has a robot refuses the next one by closing: that robot dials less and less often, and the
    /// connect timeout is over unless it finds a viewer that keeps the connection.
    pub(super) fn lost(&mut self, connection: &Connection, frames: u64, reason: &Loss) {
        let (to, frames) = (self.run.settings.to.clone(), Count(frames, "frame"));
        self.settle(connection);
        self.refusal = if let Loss::Refused(why) = reason { Some(why.clone()) } else { None };
        if now() - connection.opened() >= SHORT {
            self.forget_the_past();
            self.notify(&format!("{to} went away after {frames} ({reason}); dialling again"));
            return;
        }
        self.state = State::Refused;
        self.pause = (self.pause * 2).clamp(RETRY, LONGEST_PAUSE);
        if self.notices.is_due(now()) {
            let hint = match reason {
                Loss::Refused(_) => "",
                _ => "; a viewer closes at once where its --allow or --robots leaves no place for this robot",
            };
            self.notify(&format!("{to} went away within a second, after {frames} ({reason}{hint}); dialling again"));
        }
    }

    /// Shows that a viewer which closed at once before has now kept the connection for a second.
    pub(super) fn settle(&mut self, connection: &Connection) {
        if self.state == State::Refused && now() - connection.opened() >= SHORT {
            self.state = State::Settled;
            self.notify_connected();
        }
    }

    /// Forgets earlier connections, because the last one lasted or the robot itself closed it.
    pub(super) fn forget_the_past(&mut self) {
        self.pause = Duration::ZERO;
        self.without_since = now();
        self.notices = Notices::new(self.without_since);
    }

    async fn attempt(&self, left: Option<Duration>) -> Result<Connection, Failed> {
        let started = now();
        let mut failed = Failed::Network(io::Error::new(ErrorKind::NotFound, "the name has no address"));
        for address in self.addresses(left).await.map_err(Failed::Network)? {
            // At least a little, since a connection on the same machine needs no time to speak of.
            let left = left.map(|left| left.saturating_sub(now() - started));
            let most = left.map_or(ONE_ATTEMPT, |left| left.clamp(Duration::from_millis(50), ONE_ATTEMPT));
            match self.open(address, most, left).await {
                Ok(stream) => return Ok(Connection::new(stream, self.run.stop.clone(), now())),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Connects within `most`; TLS may take a second, and longer if there is more time `left` in all.
    async fn open(
        &self,
        address: SocketAddr,
        most: Duration,
        left: Option<Duration>,
    ) -> Result<Box<dyn Stream>, Failed> {
        let late = |_| Failed::Network(io::Error::new(ErrorKind::TimedOut, "connection timed out"));
        let connected = time::timeout(most, TcpStream::connect(address)).await.map_err(late)?;
        let stream = connected.map_err(Failed::Network)?;
        if is_to_itself(&stream) {
            return Err(Failed::Network(ErrorKind::ConnectionRefused.into()));
        }
        stream.set_nodelay(true).map_err(Failed::Network)?;
        let Some(Encryption { connector, viewer }) = &self.run.settings.encryption else { return Ok(Box::new(stream)) };
        let most = left.map_or(LONGEST_HANDSHAKE, |left| left.clamp(HANDSHAKE, LONGEST_HANDSHAKE));
        match time::timeout(most, connector.connect(viewer.clone(), stream)).await {
            Ok(Ok(stream)) => Ok(Box::new(stream)),
            Ok(Err(error)) => Err(Failed::Tls(tls::of_dialled(&error, &tls::VIEWER))),
            Err(_) => Err(Failed::Tls(format!("it has not answered TLS for {:.1} s", most.as_secs_f32()))),
        }
    }

    async fn addresses(&self, left: Option<Duration>) -> io::Result<Vec<SocketAddr>> {
        // Where there is to be one attempt only, it has the time of one.
        let most = match left {
            Some(_) if self.run.settings.connect_timeout == Some(Duration::ZERO) => ONE_ATTEMPT,
            Some(left) => left.min(ONE_LOOKUP),
            None => ONE_LOOKUP,
        };
        let late = |_| io::Error::new(ErrorKind::TimedOut, "the name has not been looked up yet; give an IP address");
        time::timeout(most, self.run.resolver.addresses()).await.map_err(late)?
    }

    fn notify_connected(&self) {
        self.notify(&format!("connected to {}", self.run.settings.to));
    }

    fn notify(&self, text: &str) {
        self.run.progress.notify(self.number, text);
    }

    fn error(&self, last: Failed) -> ClientError {
        let to = self.run.settings.to.clone();
        let waited = self.run.settings.connect_timeout.unwrap_or_default();
        match last {
            Failed::Network(source) => ClientError::NoViewer { to, waited, source },
            Failed::Tls(why) => ClientError::Tls { to, waited, why },
        }
    }
}

/// When to show that there is still no viewer: at once, and then less and less often.
struct Notices {
    next: Instant,
    interval: Duration,
}

impl Notices {
    fn new(now: Instant) -> Self {
        Self { next: now, interval: Duration::from_secs(2) }
    }

    fn is_due(&mut self, now: Instant) -> bool {
        if now < self.next {
            return false;
        }
        self.next = now + self.interval;
        self.interval = (self.interval * 2).min(Duration::from_secs(60));
        true
    }
}

async fn wait(time: Duration) {
    if !time.is_zero() {
        time::sleep(time).await;
    }
}

/// Whether the robot has connected to itself.
///
/// Dialling a free port of one's own machine again and again, the kernel at some time gives the socket that very port to
/// dial from, and TCP connects it with itself.
fn is_to_itself(stream: &TcpStream) -> bool {
    matches!((stream.local_addr(), stream.peer_addr()), (Ok(local), Ok(peer)) if local == peer)
}

/// The robot's own pause between two attempts.
const RETRY: Duration = Duration::from_millis(100);

/// How long one attempt may take; a PC that is switched off does not answer at all.
const ONE_ATTEMPT: Duration = Duration::from_secs(1);

/// How long TLS may take on a connection that stands, also where the connect timeout is over before; a Raspberry Pi Zero needs half
/// of that.
const HANDSHAKE: Duration = Duration::from_secs(1);
const LONGEST_HANDSHAKE: Duration = Duration::from_secs(5);

/// How long a lookup may take before a notice says so.
const ONE_LOOKUP: Duration = Duration::from_secs(5);

/// A connection that lasts less than this was refused.
const SHORT: Duration = Duration::from_secs(1);

/// The longest pause after connections that were refused: a viewer that is started again and again looks the same for its
/// first second, and is to show a picture within another.
const LONGEST_PAUSE: Duration = Duration::from_millis(750);

#[cfg(test)]
mod tests {
    use super::super::resolve::Resolver;
    use super::super::stop::{Stop, Stopper};
    use super::super::{Settings, Stamps, StreamEnd};
    use super::*;
    use crate::client::clock::Clock;
    use crate::fault::Faults;
    use crate::format::Format;
    use crate::playback::Speed;
    use crate::progress::{Progress, Total};
    use crate::schedule::{Pace, Rate};

    #[test]
    fn notices_come_at_once_and_then_less_and_less_often() {
        let start = now();
        let mut notices = Notices::new(start);
        let due: Vec<u64> =
            (0..3000).filter(|tenths| notices.is_due(start + Duration::from_millis(tenths * 100))).collect();
        assert_eq!(due, [0, 20, 60, 140, 300, 620, 1220, 1820, 2420]);
    }

    /// A dialler whose name is looked up for ever, and what stops it.
    fn unanswered(connect_timeout: Option<Duration>) -> (Stopper, Dialler) {
        let settings = Settings {
            to: "pc:80".parse().unwrap(),
            pace: Pace::Even(Rate::UNPACED),
            end: StreamEnd::Terminator,
            connect_timeout,
            stamps: Stamps::Without,
            format: Format::Length,
            faults: Faults::default(),
            encryption: None,
        };
        let resolver = Resolver::with("pc:80", |_| {
            loop {
                std::thread::park();
            }
        });
        let (stopper, stop) = Stop::new();
        let (clock, progress) = (Clock::new(Speed::NORMAL), Progress::new(1, Total::Unknown));
        let run = Run { settings, clock, resolver: resolver.unwrap(), stop, progress };
        (stopper, Dialler::new(1, Arc::new(run)))
    }

    #[tokio::test]
    async fn a_lookup_that_hangs_does_not_hold_up_the_connect_timeout() {
        let (_stopper, mut dialler) = unanswered(Some(Duration::from_millis(150)));
        let Err(DialError::NoViewer(error)) = dialler.dial().await else { panic!("it ended otherwise") };
        let error = format!("{:#}", anyhow::Error::from(error));
        assert!(error.starts_with("no viewer at pc:80 within 150ms; "), "{error}");
        assert!(error.contains("the name has not been looked up"), "{error}");
        assert!(now() - dialler.without_since < ONE_LOOKUP);
    }

    #[tokio::test]
    async fn a_lookup_that_hangs_does_not_hold_up_ctrl_c() {
        let (stopper, mut dialler) = unanswered(None);
        let (dialled, _) = tokio::join!(dialler.dial(), async { stopper.stop() });
        assert!(matches!(dialled, Err(DialError::Stopped)));
    }
}
