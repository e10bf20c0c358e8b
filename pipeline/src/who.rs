//! Whether a robot that connects is one that was there before.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// What a robot has in common with itself when it connects again, and with no other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// Its name, and the address that was dialled for its stream.
    At(Option<Arc<str>>, Arc<str>),
    /// Its name, which others may have as well, and where it comes from, which others may share.
    Of(Option<Arc<str>>, IpAddr),
}

impl Who {
    pub(crate) fn new(peer: SocketAddr, name: Option<&Arc<str>>, url: Option<&Arc<str>>) -> Self {
        match url {
            Some(url) => Who::At(name.cloned(), Arc::clone(url)),
            None => Who::Of(name.cloned(), peer.ip()),
        }
    }
}
