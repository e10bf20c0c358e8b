//! TLS handshakes: who is there, before anybody makes room for it.
#![expect(clippy::disallowed_methods, reason = "handshakes are waited for here")]

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tls::{TlsAcceptor, server::TlsStream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::certificates::Watched;
use crate::clock::Clock;

/// All handshakes that are under way: so many at once, each for so long.
pub(super) struct Handshakes {
    certificates: Watched,
    /// How each can be broken off, the oldest first.
    under_way: Mutex<VecDeque<oneshot::Sender<()>>>,
}

/// A connection that is encrypted, and the name in the robot's certificate if it has shown one.
pub(super) type Shaken = (Box<TlsStream<TcpStream>>, Option<Arc<str>>);

impl Handshakes {
    pub(super) fn new(certificates: Watched) -> Self {
        Self { certificates, under_way: Mutex::default() }
    }

    /// Shakes hands, or says why not.
    ///
    /// When there are too many, the oldest is broken off: a robot needs milliseconds, and what takes longer is none.
    pub(super) async fn accept(&self, stream: TcpStream, clock: Clock) -> Result<Shaken, String> {
        let broken_off = self.enter();
        let acceptor = TlsAcceptor::from(self.certificates.config());
        let stream = tokio::select! {
            biased;
            shaken = clock.timeout(PATIENCE, acceptor.accept(stream).into_fallible()) => match shaken {
                Some(Ok(stream)) => stream,
                Some(Err((error, stream))) => {
                    // Why, in TLS's own words, has been sent.
                    _ = timeout(LINGER, hang_up(stream)).await;
                    return Err(tls::of_robot(&error));
                }
                None => return Err(format!("its TLS handshake was not done within {} s", PATIENCE.as_secs())),
            },
            _ = broken_off => return Err(format!("{MOST} others began a TLS handshake before its own was done")),
        };
        let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let name = certificate.and_then(tls::name_of).map(Arc::from);
        Ok((Box::new(stream), name))
    }

    fn enter(&self) -> oneshot::Receiver<()> {
        let (break_off, broken_off) = oneshot::channel();
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.retain(|handshake| !handshake.is_closed());
        if under_way.len() >= MOST {
            // Fails only if it was done just now.
            _ = under_way.pop_front().map(|oldest| oldest.send(()));
        }
        under_way.push_back(break_off);
        broken_off
    }
}

/// Closes so that the robot gets what was sent last: closing with bytes unread would reset the connection, and lose it.
async fn hang_up(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

/// How long a robot may go on sending that has been refused.
const LINGER: Duration = Duration::from_millis(500);
/// Two round trips on the worst Wi-Fi, and a slow processor's arithmetic.
const PATIENCE: Duration = Duration::from_secs(5);
/// Each holds a socket and some 20 KB.
const MOST: usize = 256;
