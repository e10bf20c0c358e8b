//! The network's thread: binds the address, runs the server and listens for Ctrl-C.
#![expect(clippy::disallowed_methods, reason = "the network's thread and sockets start here")]

use std::io;
use std::net::SocketAddr;
use std::process;
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};

use tokio::net::TcpListener;
use tokio::runtime;
use tokio::sync::watch;

use crate::app::Event;
use crate::listen::{Limits, Outlets, serve};

/// The running server.
pub(crate) struct Network {
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

/// An address that is ours, and not yet served.
pub(crate) struct Bound {
    runtime: runtime::Runtime,
    listener: TcpListener,
    addr: SocketAddr,
}

impl Bound {
    /// Takes the address, so that one that is taken is told at once.
    pub(crate) fn bind(addr: SocketAddr) -> Result<Self, NetworkError> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(NetworkError::Runtime)?;
        let listener = runtime.block_on(TcpListener::bind(addr)).map_err(|source| NetworkError::bind(addr, source))?;
        let addr = listener.local_addr().map_err(NetworkError::Runtime)?;
        Ok(Self { runtime, listener, addr })
    }

    /// Serves it on a thread of its own.
    pub(crate) fn serve(self, limits: Limits, outlets: Outlets) -> Result<Network, NetworkError> {
        let Self { runtime, listener, addr } = self;
        let (stop, stopped) = watch::channel(false);
        let events = outlets.events.clone();
        // The receiver is in the hands of the caller.
        _ = events.send(Event::Listening { addr });
        let serve = move || {
            runtime.block_on(async {
                tokio::spawn(interrupts(events));
                serve(listener, limits, outlets, stopped).await;
            });
            // Tasks that wait for a slot were freed when it was closed.
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new().name("network".into()).spawn(serve).map_err(NetworkError::Runtime)?;
        Ok(Network { stop, thread })
    }
}

impl Network {
    /// Disconnects the robot; all that came before has been told when this returns.
    pub(crate) fn stop(self) {
        // Fails only if the server has ended by itself.
        _ = self.stop.send(true);
        // Its panic has been printed, and there is nothing left to stop.
        _ = self.thread.join();
    }
}

/// Why robots cannot be waited for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NetworkError {
    #[error("cannot listen on {addr}: {why}")]
    Bind { addr: SocketAddr, why: String },
    #[error("the network cannot be set up")]
    Runtime(#[source] io::Error),
}

impl NetworkError {
    fn bind(addr: SocketAddr, source: io::Error) -> Self {
        let help = match source.kind() {
            io::ErrorKind::AddrInUse => {
                "another program has it, perhaps another viewer; end that one, or choose another port with --listen"
            }
            io::ErrorKind::AddrNotAvailable => "this machine has no such address; use 0.0.0.0 for all of its own",
            io::ErrorKind::PermissionDenied => "ports below 1024 are for root; choose a higher one with --listen",
            _ => "choose another address with --listen",
        };
        NetworkError::Bind { addr, why: format!("{source}; {help}") }
    }
}

/// Tells of the first Ctrl-C (or SIGTERM); the second ends the program on the spot.
async fn interrupts(events: Sender<Event>) {
    for count in 0.. {
        interrupt().await;
        if count > 0 || events.send(Event::Interrupted).is_err() {
            process::exit(INTERRUPTED);
        }
    }
}

#[cfg(unix)]
async fn interrupt() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn interrupt() {
    _ = tokio::signal::ctrl_c().await;
}

/// What shells report for a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;
