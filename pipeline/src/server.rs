//! The network's thread: binds the address, runs the acceptor and hears what the system asks for.
#![expect(clippy::disallowed_methods, reason = "the network's thread and sockets start here")]

mod acceptor;
mod admission;
mod certificates;
mod connector;
mod entrance;
mod handshakes;
mod http;
mod places;
mod reader;
mod refusals;
mod signals;
mod trials;
mod waiting;
mod web;

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread;

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime;
use tokio::sync::watch;

use crate::dialled::Dialled;
use crate::event::Event;
use crate::robots::Robots;
use crate::stage::Frames;
use acceptor::Acceptor;
pub use acceptor::Limits;
pub use certificates::Certificates;
pub use entrance::{Arrivals, Entrance, Feed, FeedClosed, Guest};
use handshakes::Handshakes;
pub(crate) use http::ask;
use signals::Signals;

/// The running server.
pub(crate) struct Server {
    stop: watch::Sender<bool>,
    /// Disconnected once every connection is closed.
    closed: mpsc::Receiver<()>,
}

/// The network as it is set up, and not yet served.
pub struct Bound {
    runtime: runtime::Runtime,
    listener: Option<(TcpListener, SocketAddr)>,
    /// Robots that connect are encrypted with these.
    certificates: Option<Certificates>,
    /// Where robots come in that somebody else receives.
    arrivals: Option<Arrivals>,
}

impl Bound {
    /// Takes the address, so that one that is taken is reported before anything else is done; without one no robot can
    /// connect, and only those that are dialled are received.
    ///
    /// # Errors
    /// Fails where the address cannot be had, or hardly a file can be opened.
    pub fn bind(addr: Option<SocketAddr>) -> Result<Self, BindError> {
        check_room_for_files()?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(BindError::Runtime)?;
        let bind = |addr| {
            let _context = runtime.enter();
            let listener = listen(addr).map_err(|source| BindError::of(addr, source))?;
            let addr = listener.local_addr().map_err(BindError::Runtime)?;
            Ok((listener, addr))
        };
        let listener = addr.map(bind).transpose()?;
        Ok(Self { runtime, listener, certificates: None, arrivals: None })
    }

    /// Has robots that connect speak TLS.
    #[must_use]
    pub fn encrypted(self, certificates: Certificates) -> Self {
        Self { certificates: Some(certificates), ..self }
    }

    /// Lets in robots that come by an [`Entrance`] as well.
    #[must_use]
    pub fn with_arrivals(self, arrivals: Arrivals) -> Self {
        Self { arrivals: Some(arrivals), ..self }
    }

    /// Where it is, with the port that the system chose if that was left to it.
    pub fn addr(&self) -> Option<SocketAddr> {
        self.listener.as_ref().map(|(_, addr)| *addr)
    }

    /// Serves it on a thread of its own; `interrupted` is called on the first Ctrl-C.
    pub(crate) fn serve(
        self,
        limits: Limits,
        dialled: Vec<Arc<Dialled>>,
        robots: Arc<Robots>,
        frames: Arc<Frames>,
        interrupted: impl Fn() + Send + 'static,
    ) -> io::Result<Server> {
        let Self { runtime, listener, certificates, arrivals } = self;
        let (listener, addr) = listener.unzip();
        let (stop, stopped) = watch::channel(false);
        // Before anybody hears that it listens: whoever does may send Ctrl-C at once.
        let signals = {
            let _context = runtime.enter();
            Signals::listen()?
        };
        let watch = |certificates: Certificates| {
            let robots = Arc::clone(&robots);
            certificates.watch(move |problem| robots.sinks.send(Event::CertificatesChanged { problem }))
        };
        let handshakes = certificates.map(watch).transpose()?.map(Handshakes::new);
        if let Some(addr) = addr {
            robots.sinks.send(Event::Listening { addr });
        }
        let acceptor = Acceptor::new(limits, handshakes, robots, frames);
        let (serving, closed) = mpsc::channel::<()>();
        let serve = move || {
            runtime.block_on(async {
                let interrupts = tokio::spawn(signals.report(interrupted));
                acceptor.serve(listener, dialled, arrivals, stopped).await;
                drop(serving);
                // Ctrl-C works for as long as the program takes to end.
                _ = interrupts.await;
            });
        };
        thread::Builder::new().name("network".into()).spawn(serve)?;
        Ok(Server { stop, closed })
    }
}

impl Server {
    /// Closes all connections; every end is known when this returns.
    pub(crate) fn stop(self) {
        // Fails only if the server has ended by itself.
        _ = self.stop.send(true);
        // Nothing is ever sent: this waits for the other end to be dropped, also by a panic, which has been printed.
        _ = self.closed.recv();
    }
}

/// Why robots cannot be waited for.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address is not to be had.
    #[error("cannot listen on {addr}: {why}")]
    Bind {
        /// Which address.
        addr: SocketAddr,
        /// Why, and what to do.
        why: String,
    },
    /// Hardly a file can be opened.
    #[error("not even {LEAST_FILES} files can be opened; raise the limit on open files (ulimit -n 1024)")]
    TooFewFiles(#[source] io::Error),
    /// The system refuses what every server needs.
    #[error("the network cannot be set up")]
    Runtime(#[source] io::Error),
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    if cfg!(unix) {
        // So that it can be started again at once; elsewhere this would take a port that another program has.
        socket.set_reuseaddr(true)?;
    }
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Whether there is room for what every server needs: tokio panics where it cannot open its own.
fn check_room_for_files() -> Result<(), BindError> {
    let files: io::Result<Vec<File>> =
        if cfg!(unix) { (0..LEAST_FILES).map(|_| File::open("/dev/null")).collect() } else { Ok(Vec::new()) };
    files.map(drop).map_err(BindError::TooFewFiles)
}

impl BindError {
    /// Why `addr` is not to be had, by what the system says, and what to do.
    pub fn of(addr: SocketAddr, source: io::Error) -> Self {
        let help = match source.kind() {
            io::ErrorKind::AddrInUse => {
                "another program has it, perhaps another viewer; end that one, or choose another port"
            }
            io::ErrorKind::AddrNotAvailable => "this machine has no such address; use 0.0.0.0 for all of its addresses",
            io::ErrorKind::PermissionDenied => "ports below 1024 are for root; choose a higher one",
            _ => "choose another address",
        };
        BindError::Bind { addr, why: format!("{source}; {help}") }
    }
}

/// How many may connect at the same moment, if the system allows as many. Those beyond wait for a second, a robot among them.
const BACKLOG: u32 = 4096;
/// For the network, the page and a few robots.
const LEAST_FILES: usize = 32;
