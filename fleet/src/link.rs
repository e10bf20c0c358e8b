//! The connection to Zenoh's router: opened for as long as it takes, and what is in the way of it.
#![expect(clippy::disallowed_methods, reason = "the link has a thread of its own, which waits between attempts")]

use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use zenoh::{Config, Session, Wait as _};

use crate::address::Address;
use crate::settings;

/// Where the router is, and what is needed to get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Router {
    /// Where it is.
    pub address: Address,
    /// For `tls/…`: whom to trust, and what to show.
    pub tls: Option<Tls>,
}

/// The files for an encrypted way to the router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// Authorities that sign the router's certificate.
    pub ca: PathBuf,
    /// This program's certificate and its private key, for routers that ask for one.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// The connection to the router, which is there or will be.
#[derive(Debug, Clone)]
pub struct Link(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    router: Router,
    session: Mutex<Option<Session>>,
    /// What is in the way of it.
    fault: Mutex<Option<Arc<str>>>,
    is_over: AtomicBool,
}

impl Link {
    /// Connects on a thread of its own; `opened` is called there once, with the session.
    ///
    /// # Errors
    /// Fails where the system gives no thread.
    pub fn open(router: Router, opened: impl FnOnce(Session) + Send + 'static) -> io::Result<Self> {
        let (session, fault, is_over) = (Mutex::default(), Mutex::default(), AtomicBool::new(false));
        let link = Self(Arc::new(Shared { router, session, fault, is_over }));
        let shared = Arc::clone(&link.0);
        thread::Builder::new().name("zenoh-link".to_owned()).spawn(move || shared.keep(opened))?;
        Ok(link)
    }

    /// Where the router is.
    pub fn address(&self) -> &Address {
        &self.0.router.address
    }

    /// What is in the way of the router; `None` while it is there.
    pub fn fault(&self) -> Option<Arc<str>> {
        lock(&self.0.fault).clone()
    }

    /// Closes the session, so that others see at once that this program has gone.
    pub fn close(&self) {
        self.0.is_over.store(true, Ordering::Relaxed);
        let session = lock(&self.0.session).take();
        session.into_iter().for_each(|session| _ = session.close().wait());
    }
}

impl Shared {
    fn keep(&self, opened: impl FnOnce(Session)) {
        let Some(session) = self.first() else { return };
        *lock(&self.session) = Some(session.clone());
        *lock(&self.fault) = None;
        opened(session.clone());
        // Zenoh connects again by itself; what is in its way is found out here.
        while !self.is_over.load(Ordering::Relaxed) && !session.is_closed() {
            let is_there = session.info().routers_zid().wait().next().is_some();
            *lock(&self.fault) = if is_there { None } else { Some(self.probe()) };
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Tries until the router is there.
    fn first(&self) -> Option<Session> {
        *lock(&self.fault) = Some(CONNECTING.into());
        while !self.is_over.load(Ordering::Relaxed) {
            match settings::client(&self.router).and_then(|config: Config| zenoh::open(config).wait()) {
                Ok(session) => return Some(session),
                Err(error) => {
                    let why = self.probe();
                    let is_silent = &*why == CONNECTING;
                    *lock(&self.fault) = Some(if is_silent { error.to_string().into() } else { why });
                    thread::sleep(RETRY_EVERY);
                }
            }
        }
        None
    }

    /// Why nothing is to be had at the router's address, as far as a plain connection can tell.
    fn probe(&self) -> Arc<str> {
        let address = &self.router.address;
        let found = (address.host(), address.port()).to_socket_addrs();
        let connected = found.and_then(|mut found| {
            let first = found.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
            TcpStream::connect_timeout(&first, PROBE)
        });
        match connected {
            Ok(_) => CONNECTING.into(),
            Err(error) => format!("{error}; is a router there (`fleet router`, zenohd)?").into(),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const CONNECTING: &str = "connecting";
/// How often a router is looked for that is not there.
const RETRY_EVERY: Duration = Duration::from_millis(250);
/// How often it is found out whether the router is still there.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long a plain connection may take.
const PROBE: Duration = Duration::from_secs(2);
