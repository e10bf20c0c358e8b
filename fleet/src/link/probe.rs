//! What is in the way of the router, found out by a connection beside Zenoh's own, whose errors do not say it.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

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
    let config = files.load().map_err(|error| format!("{:#}", anyhow::Error::from(error)))?;
    let name = ServerName::try_from(host.to_owned()).map_err(|error| format!("{host}: {error}"))?;
    let mut connection = ClientConnection::new(config, name).map_err(|error| in_words(io::Error::other(error)))?;
    connection.complete_io(socket).map_err(|error| match error.kind() {
        // A router without TLS takes this for the beginning of a long message.
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            "it does not answer TLS; was it started with --tls-cert? If not, give --zenoh tcp/HOST:PORT".to_owned()
        }
        _ => in_words(error),
    })?;
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
