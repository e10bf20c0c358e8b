//! What is in the way of the router, found out by a connection beside Zenoh's own, whose errors do not say it.
#![expect(clippy::disallowed_methods, reason = "the probe blocks the link's thread, and for a bounded time")]

use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use tls::rustls::ClientConnection;
use tls::rustls::pki_types::ServerName;

use super::Router;

/// What is in the way; `None` if a connection meets nothing.
pub(super) fn fault(router: &Router) -> Option<String> {
    let mut socket = match connect(router) {
        Ok(socket) => socket,
        Err(error) => return Some(format!("{error}; is a router there (`fleet router`, zenohd)?")),
    };
    match &router.tls {
        None => {
            asks_for_tls(&mut socket).then(|| "it is encrypted; give --zenoh tls/HOST:PORT, and --zenoh-ca".to_owned())
        }
        Some(files) => handshake(&mut socket, router.address.host(), files).err(),
    }
}

fn connect(router: &Router) -> io::Result<TcpStream> {
    let mut found = (router.address.host(), router.address.port()).to_socket_addrs()?;
    let first = found.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
    let socket = TcpStream::connect_timeout(&first, PATIENCE)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket)
}

/// Whether an empty message of Zenoh's is answered as TLS answers what it does not understand.
fn asks_for_tls(socket: &mut TcpStream) -> bool {
    let mut answer = [0; 5];
    let heard = socket.write_all(&[0; 5]).and_then(|()| socket.set_read_timeout(Some(SECOND_THOUGHTS)));
    heard.and_then(|()| socket.read_exact(&mut answer)).is_ok() && tls::is_tls_alert(&answer)
}

/// Does what Zenoh does first, and gives the reason why that fails.
fn handshake(socket: &mut TcpStream, host: &str, files: &tls::ClientFiles) -> Result<(), String> {
    let in_words = |error: io::Error| tls::of_dialled(&error, &tls::ROUTER);
    let since = Instant::now();
    let config = files.load().map_err(|error| format!("{:#}", anyhow::Error::from(error)))?;
    let name = ServerName::try_from(host.to_owned()).map_err(|error| format!("{host}: {error}"))?;
    let mut connection = ClientConnection::new(config, name).map_err(|error| in_words(io::Error::other(error)))?;
    while connection.is_handshaking() {
        while connection.wants_write() {
            connection.write_tls(socket).map_err(in_words)?;
        }
        match connection.read_tls(socket) {
            Ok(0) => return Err(in_words(io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => _ = connection.process_new_packets().map_err(|error| in_words(io::Error::other(error)))?,
            // A router without TLS takes this for the beginning of a long message.
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                return Err("it has not answered TLS for two seconds; was it started with --tls-cert?".to_owned());
            }
            Err(error) => return Err(in_words(error)),
        }
        if since.elapsed() > PATIENCE {
            return Err("it has not finished the TLS handshake in two seconds".to_owned());
        }
    }
    while connection.wants_write() {
        connection.write_tls(socket).map_err(in_words)?;
    }
    // That it does not let this program in the router says only once it has seen the certificate.
    socket.set_read_timeout(Some(SECOND_THOUGHTS)).map_err(in_words)?;
    // Otherwise it waits for Zenoh's first message, or has closed without a word.
    if connection.read_tls(socket).is_ok() {
        connection.process_new_packets().map_err(|error| in_words(io::Error::other(error)))?;
    }
    Ok(())
}

const PATIENCE: Duration = Duration::from_secs(2);
/// How long the router may take to refuse what it has got.
const SECOND_THOUGHTS: Duration = Duration::from_millis(300);
