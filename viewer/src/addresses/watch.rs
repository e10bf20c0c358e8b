//! Asks the system for this machine's addresses, and again now and then: Wi-Fi may come later than the viewer.
#![expect(clippy::disallowed_methods, reason = "the system may take its time, which the main loop does not have")]

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use if_addrs::IfAddr;
use ipnet::IpNet;

use super::{Interface, Reach};

/// All addresses that this machine has now; none where the system does not say.
pub(crate) fn interfaces() -> Vec<Interface> {
    let all = if_addrs::get_if_addrs().unwrap_or_default();
    let interface = |one: if_addrs::Interface| {
        let prefix = match &one.addr {
            IfAddr::V4(addr) => addr.prefixlen,
            IfAddr::V6(addr) => addr.prefixlen,
        };
        // The system knows how long its addresses are.
        let net = IpNet::new(one.ip(), prefix).ok()?;
        Some(Interface { net, name: one.name })
    };
    all.into_iter().filter_map(interface).collect()
}

/// A thread that looks every few seconds; it ends when this is dropped.
pub(crate) struct Watch {
    news: Receiver<Reach>,
    _stop: Sender<()>,
}

impl Watch {
    /// `known` is what the caller has got already.
    pub(crate) fn start(mut known: Reach) -> io::Result<Self> {
        let (changed, news) = mpsc::channel();
        let (stop, stopped) = mpsc::channel();
        let look = move || {
            while stopped.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                let now = known.again(interfaces());
                if now != known {
                    known = now.clone();
                    // Nobody is interested any more once the window has gone.
                    _ = changed.send(now);
                }
            }
        };
        thread::Builder::new().name("addresses".to_owned()).spawn(look)?;
        Ok(Self { news, _stop: stop })
    }

    /// What has changed since the last call.
    pub(crate) fn news(&self) -> Option<Reach> {
        self.news.try_iter().last()
    }
}

const PAUSE: Duration = Duration::from_secs(2);
