//! The address of a router, as Zenoh writes it: `tcp/192.168.1.2:7447`, `tls/router.local:7447`.

use std::fmt;
use std::str::FromStr;

/// Where a router is, or listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    is_encrypted: bool,
    /// Without brackets.
    host: String,
    port: u16,
}

impl Address {
    /// Whether the way there is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// A name or an IP address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let wanted = || "give tcp/HOST:PORT, or tls/HOST:PORT, such as tcp/192.168.1.2:7447".to_owned();
        let (protocol, place) = typed.split_once('/').ok_or_else(wanted)?;
        let is_encrypted = match protocol {
            "tcp" => false,
            "tls" => true,
            other => return Err(format!("{other:?} is not known; {}", wanted())),
        };
        let (host, port) = place.rsplit_once(':').ok_or_else(wanted)?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%');
        if host.is_empty() || !host.chars().all(is_host) {
            return Err(wanted());
        }
        Ok(Self { is_encrypted, host: host.to_owned(), port: port.parse().map_err(|_| wanted())? })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { is_encrypted, host, port } = self;
        let protocol = if *is_encrypted { "tls" } else { "tcp" };
        if host.contains(':') { write!(f, "{protocol}/[{host}]:{port}") } else { write!(f, "{protocol}/{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_zenoh_writes_them() {
        for typed in ["tcp/192.168.1.2:7447", "tls/router.local:7447", "tcp/[::1]:0"] {
            assert_eq!(typed.parse::<Address>().unwrap().to_string(), typed);
        }
        let address: Address = "tls/[fd00::1]:7447".parse().unwrap();
        assert_eq!((address.is_encrypted(), address.host(), address.port()), (true, "fd00::1", 7447));
    }

    #[test]
    fn others_are_refused_with_an_example() {
        for typed in ["192.168.1.2:7447", "udp/1.2.3.4:7447", "tcp/1.2.3.4", "tcp/:7447", "tcp/a b:1", "tcp/h#x=y:1"] {
            let error = typed.parse::<Address>().unwrap_err();
            assert!(error.contains("such as tcp/192.168.1.2:7447"), "{typed}: {error}");
        }
    }
}
