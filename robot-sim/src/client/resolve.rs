//! Looks up the viewer's name, on a thread that may hang without holding up a robot.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, Receiver, Sender};

use tokio::sync::oneshot;

use super::thread::{self, ThreadError};

/// Knows or finds the addresses that robots dial.
#[derive(Debug, Clone)]
pub(super) enum Resolver {
    /// The user gave an IP address.
    Known(SocketAddr),
    /// The user gave a name; a thread looks it up, since an operating system offers no other way.
    Named(Sender<Reply>),
}

/// Finds the addresses of `HOST:PORT`, and may block.
pub(super) type Lookup = fn(&str) -> io::Result<Vec<SocketAddr>>;

type Reply = oneshot::Sender<io::Result<Vec<SocketAddr>>>;

impl Resolver {
    /// Asks the operating system, if `to` is no IP address.
    pub(super) fn new(to: &str) -> Result<Self, ThreadError> {
        Self::with(to, |to| Ok(to.to_socket_addrs()?.collect()))
    }

    /// Asks `lookup`, if `to` is no IP address.
    pub(super) fn with(to: &str, lookup: Lookup) -> Result<Self, ThreadError> {
        if let Ok(address) = to.parse() {
            return Ok(Resolver::Known(address));
        }
        let (requests, incoming) = mpsc::channel();
        let to = to.to_owned();
        // Tokio's own lookup starts its threads when it needs them, and panics where it cannot.
        thread::start("that looks up names", move || answer(&incoming, &to, lookup))?;
        Ok(Resolver::Named(requests))
    }

    /// Returns the addresses of the viewer, at present.
    pub(super) async fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        match self {
            Resolver::Known(address) => Ok(vec![*address]),
            Resolver::Named(requests) => {
                let (reply, answer) = oneshot::channel();
                requests.send(reply).expect("the thread lives as long as a sender");
                answer.await.expect("the thread answers every request")
            }
        }
    }
}

/// Looks the name up when asked; requests that have come by then get the same answer.
fn answer(requests: &Receiver<Reply>, to: &str, lookup: Lookup) {
    while let Ok(first) = requests.recv() {
        if first.is_closed() {
            continue;
        }
        let found = lookup(to);
        for reply in [first].into_iter().chain(requests.try_iter()) {
            // Fails if the robot has stopped waiting.
            let _ = reply.send(match &found {
                Ok(addresses) => Ok(addresses.clone()),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_ip_address_is_not_looked_up() {
        let resolver = Resolver::with("[::1]:80", |_| panic!("looked up")).unwrap();
        assert_eq!(resolver.addresses().await.unwrap(), ["[::1]:80".parse().unwrap()]);
    }

    #[tokio::test]
    async fn a_name_has_the_addresses_that_its_lookup_finds_now() {
        let resolver = Resolver::with("pc:80", |to| {
            assert_eq!(to, "pc:80");
            Ok(vec![SocketAddr::from(([127, 0, 0, 1], 80))])
        });
        let resolver = resolver.unwrap();
        for _ in 0..2 {
            assert_eq!(resolver.addresses().await.unwrap(), ["127.0.0.1:80".parse().unwrap()]);
        }
    }

    #[tokio::test]
    async fn a_lookup_that_fails_says_why() {
        let resolver = Resolver::with("pc:80", |_| Err(io::Error::other("no such host"))).unwrap();
        assert_eq!(resolver.addresses().await.unwrap_err().to_string(), "no such host");
    }
}
