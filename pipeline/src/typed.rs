//! What people type of robots: addresses, networks and names, for the command line of each program that lets robots in.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;

use crate::dialled::Target;
use crate::stream_url::StreamUrlError;

/// An address of this machine, with a port; `localhost` has a number.
///
/// # Errors
/// Fails with what to type instead.
pub fn address(typed: &str) -> Result<SocketAddr, String> {
    let named = typed.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    named.as_deref().unwrap_or(typed).parse().map_err(|_| {
        "give an IP address of this machine and a port, such as 127.0.0.1:8000, or 0.0.0.0:8000 for all of its addresses"
            .to_owned()
    })
}

/// An address to dial, perhaps with a name before it: `door=http://…`.
///
/// # Errors
/// Fails with what to type instead.
pub fn target(typed: &str) -> Result<Target, String> {
    // An address may hold equals signs as well, but not before its scheme.
    let (name, url) = match typed.split_once('=') {
        Some((before, url)) if !before.contains("://") => (Some(name(before)?), url),
        _ => (None, typed),
    };
    Ok(Target { url: url.parse().map_err(|error: StreamUrlError| error.to_string())?, name })
}

/// A network, or the address of one robot.
///
/// # Errors
/// Fails with what to type instead.
pub fn network(typed: &str) -> Result<IpNet, String> {
    if let Ok(network) = typed.parse() {
        return canonical(network);
    }
    let addr: IpAddr =
        typed.parse().map_err(|_| "give a network, such as 192.168.1.0/24, or an address, such as 192.168.1.17")?;
    let addr = addr.to_canonical();
    match network_prefix(addr) {
        Some(prefix) => Err(format!("this is the address of a network; give its size as well: {addr}/{prefix}")),
        None => Ok(addr.into()),
    }
}

/// A network of IPv4 addresses mapped into IPv6 is one of IPv4, as robots are judged; the error says what to give instead.
fn canonical(network: IpNet) -> Result<IpNet, String> {
    let (mapped, prefix) = (network.addr().to_canonical(), network.prefix_len());
    if mapped == network.addr() {
        return Ok(network);
    }
    let of_ipv4 = prefix.checked_sub(96).and_then(|prefix| IpNet::new(mapped, prefix).ok());
    of_ipv4.ok_or_else(|| {
        let prefix = if prefix <= 32 { prefix.to_string() } else { "N, with N up to 32".to_owned() };
        format!("a network of IPv4 mapped into IPv6 has a prefix of 96 or more; give {mapped}/{prefix}")
    })
}

/// The length of the prefix that was probably meant, for an address that ends in zeros and so is no robot's.
fn network_prefix(addr: IpAddr) -> Option<u8> {
    match addr {
        IpAddr::V4(addr) => match addr.octets() {
            [0, 0, 0, 0] => Some(0),
            [_, 0, 0, 0] => Some(8),
            [_, _, 0, 0] => Some(16),
            [_, _, _, 0] => Some(24),
            _ => None,
        },
        IpAddr::V6(addr) if addr.is_unspecified() => Some(0),
        IpAddr::V6(addr) => (addr.segments()[4..] == [0; 4]).then_some(64),
    }
}

/// A network or an address, and the name of the robots there: `192.168.1.17=left`.
///
/// # Errors
/// Fails with what to type instead.
pub fn named_network(typed: &str) -> Result<(IpNet, Arc<str>), String> {
    let wanted = "give an address or network, and a name, such as 192.168.1.17=left or 10.1.0.0/16=lab";
    let (robots, named) = typed.split_once('=').ok_or(wanted)?;
    Ok((network(robots)?, name(named).map_err(|_| wanted)?))
}

/// A name for a robot.
///
/// # Errors
/// Fails with what to type instead.
pub fn name(typed: &str) -> Result<Arc<str>, String> {
    let name = typed.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err("the name is empty or holds control characters; give one such as left".to_owned());
    }
    Ok(name.into())
}
