//! Lets connections in, as many as there is room for.
#![expect(clippy::disallowed_methods, reason = "connections are accepted and served here")]

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::sleep;

use super::routes::{self, App};

/// Serves who connects, for ever.
pub(super) async fn serve(listener: TcpListener, app: Arc<App>) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut strangers = Strangers::default();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely; a connection that ends gives one back.
            sleep(NOT_ACCEPTED).await;
            continue;
        };
        strangers.keep_only_strangers();
        let place = match Arc::clone(&places).try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                strangers.close_the_oldest();
                Arc::clone(&places).acquire_owned().await.expect("nobody closes it")
            }
        };
        let caller = Caller::default();
        let connection = tokio::spawn(answer(stream, Arc::clone(&app), caller.clone(), place));
        strangers.0.push_back((connection.abort_handle(), caller));
    }
}

/// Answers one connection's requests.
async fn answer(stream: TcpStream, app: Arc<App>, caller: Caller, place: OwnedSemaphorePermit) {
    // A picture is written at once, and should leave at once.
    _ = stream.set_nodelay(true);
    give_up_on_who_reads_nothing(&stream);
    let router = TowerToHyperService::new(routes::router(app));
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(caller.clone());
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(HELD_BY_US)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    // What went wrong with a connection is the other side's business.
    _ = connection.await;
    drop(place);
}

/// Who is at the other end of a connection: a stranger until a request holds the token, if one is wanted.
#[derive(Debug, Clone, Default)]
pub(super) struct Caller(Arc<AtomicBool>);

impl Caller {
    pub(super) fn set_known(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_known(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Connections of strangers, the oldest first: that is closed when all places are taken.
#[derive(Default)]
struct Strangers(VecDeque<(AbortHandle, Caller)>);

impl Strangers {
    fn keep_only_strangers(&mut self) {
        self.0.retain(|(connection, caller)| !connection.is_finished() && !caller.is_known());
    }

    fn close_the_oldest(&mut self) {
        if let Some((connection, _)) = self.0.pop_front() {
            connection.abort();
        }
    }
}

/// Has the kernel close a connection whose other end has taken nothing for a while, lest it holds its place for ever.
///
/// Other systems than Linux close it after some minutes.
#[cfg(target_os = "linux")]
fn give_up_on_who_reads_nothing(stream: &TcpStream) {
    // Without it the place is held for longer, and all else works.
    _ = rustix::net::sockopt::set_tcp_user_timeout(stream, TAKES_NOTHING_MS);
}

#[cfg(not(target_os = "linux"))]
fn give_up_on_who_reads_nothing(_: &TcpStream) {}

/// As long as a page may take to acknowledge an update.
#[cfg(target_os = "linux")]
const TAKES_NOTHING_MS: u32 = 30_000;
/// Connections at once; a browser opens a few for one page.
const MOST_CONNECTIONS: usize = 256;
const NOT_ACCEPTED: Duration = Duration::from_millis(250);
/// A connection without a complete request is closed after this.
const HEADERS_WITHIN: Duration = Duration::from_secs(10);
const MOST_HEADERS: usize = 64;
/// Bytes of one connection: of headers that are read, and of pictures that wait for the kernel.
const HELD_BY_US: usize = 32 * 1024;
