//! The address that a robot dials.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

/// Where the viewer listens: a name or an IP address, and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self(address.to_string())
    }
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let is_a_name = |name: &str| !name.is_empty() && !name.contains([':', '/', ' ']);
        let is_a_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
        let is_an_address = match text.parse::<SocketAddr>() {
            Ok(address) => address.port() > 0,
            Err(_) => text.rsplit_once(':').is_some_and(|(name, port)| is_a_name(name) && is_a_port(port)),
        };
        if is_an_address {
            Ok(Address(text.to_owned()))
        } else {
            Err("write HOST:PORT with a port from 1, for example 127.0.0.1:8000, pc.local:8000 or [::1]:8000")
        }
    }
}

impl Address {
    /// The name or IP address, without the port.
    pub(crate) fn host(&self) -> &str {
        let (host, _) = self.0.rsplit_once(':').expect("an address has a port");
        host.trim_matches(['[', ']'])
    }

    /// What a viewer has to be told to listen on, so that this address reaches it; it takes no names.
    pub(super) fn to_listen_on(&self) -> String {
        let (host, port) = self.0.rsplit_once(':').expect("an address has a port");
        let is_loopback = match self.0.parse::<SocketAddr>() {
            Ok(address) => address.ip().is_loopback(),
            Err(_) => host == "localhost",
        };
        match (is_loopback, host.starts_with('[')) {
            (true, _) => self.0.clone(),
            (false, true) => format!("[::]:{port}"),
            (false, false) => format!("0.0.0.0:{port}"),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_viewer_is_proposed_an_address_that_it_can_listen_on() {
        for (to, proposed) in [
            ("raspberrypi.local:8000", "0.0.0.0:8000"),
            ("192.168.1.20:9000", "0.0.0.0:9000"),
            ("[fe80::1]:8000", "[::]:8000"),
            ("127.0.0.1:8000", "127.0.0.1:8000"),
            ("localhost:8000", "localhost:8000"),
            ("[::1]:8000", "[::1]:8000"),
        ] {
            assert_eq!(to.parse::<Address>().unwrap().to_listen_on(), proposed, "{to}");
        }
    }

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for good in ["127.0.0.1:8000", "pc.local:8000", "[::1]:8000", "localhost:1"] {
            assert_eq!(good.parse::<Address>().unwrap().to_string(), good);
        }
        for bad in ["", "8000", ":8000", "localhost", "127.0.0.1:0", "127.0.0.1:65536", "::1:8000:", "http://pc:80"] {
            assert!(bad.parse::<Address>().is_err(), "{bad}");
        }
    }
}
