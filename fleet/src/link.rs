//! The connection to Zenoh's router: opened for as long as it takes, and what is in the way of it.
#![expect(clippy::disallowed_methods, reason = "the link has a thread of its own, which waits between attempts")]

mod probe;

use std::io;
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
    pub tls: Option<tls::ClientFiles>,
}

/// The connection to the router, which is there or will be.
#[derive(Debug, Clone)]
pub struct Link(Arc<Shared>);

/// Why the router is not even looked for.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Files for TLS.
    #[error("--zenoh-ca, --zenoh-cert, --zenoh-key")]
    Files(#[from] tls::LoadError),
    /// The system has no more.
    #[error("the threads of the fleet cannot be started; end other programs")]
    Thread(#[from] io::Error),
}

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
    /// Fails on files that cannot be used, and where the system gives no thread.
    pub fn open(router: Router, opened: impl FnOnce(Session) + Send + 'static) -> Result<Self, OpenError> {
        router.tls.as_ref().map(tls::ClientFiles::load).transpose()?;
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
            *lock(&self.fault) = if is_there { None } else { Some(self.probe().unwrap_or_else(|| CONNECTING.into())) };
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Tries until the router is there.
    fn first(&self) -> Option<Session> {
        *lock(&self.fault) = Some(CONNECTING.into());
        while !self.is_over.load(Ordering::Relaxed) {
            match settings::client(&self.router).and_then(|config: Config| zenoh::open(config).wait()) {
                Ok(session) => return Some(session),
                // Zenoh's own words are about its sources.
                Err(_) => {
                    *lock(&self.fault) = Some(self.probe().unwrap_or_else(|| NO_ROUTER.into()));
                    thread::sleep(RETRY_EVERY);
                }
            }
        }
        None
    }

    /// What is in the way of the router, as far as that is to be found out.
    fn probe(&self) -> Option<Arc<str>> {
        probe::fault(&self.router).map(Into::into)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

const CONNECTING: &str = "connecting";
const NO_ROUTER: &str = "something answers there, but no router of Zenoh's; is that its address?";
/// How often a router is looked for that is not there.
const RETRY_EVERY: Duration = Duration::from_millis(250);
/// How often it is found out whether the router is still there.
const LOOK_EVERY: Duration = Duration::from_millis(250);
