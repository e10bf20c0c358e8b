//! The page in a browser, and the streams for other programs: an HTTP server on a thread of its own.
//!
//! ```text
//!            ┌──────────┐ boards ┌──────────────┐ updates
//!  Observer ▶│ Gallery  │───┬───▶│ conversation │────────▶ a page, which acknowledges each
//!            └──────────┘   │    └──────────────┘
//!                           └───▶ streams ───────────────▶ VLC, OpenCV, <img>, …
//! ```
//!
//! It looks on and is waited for by nobody: a page that is slow makes neither the window late nor another page.
#![expect(clippy::disallowed_methods, reason = "the server's thread, socket and first task start here")]

mod access;
mod announce;
mod board;
mod connections;
mod conversation;
mod files;
mod gallery;
mod latencies;
mod lines;
mod metrics;
mod routes;
mod streams;
mod visitor;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use pipeline::report::Contents;
use pipeline::{BindError, Observer, RecordingControl, Sink};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{self, Runtime};
use tokio::sync::{Semaphore, broadcast};
use tokio::time::{interval, sleep};

use crate::addresses::{self, Reach};
use crate::scene::Waiting;
use access::Access;
use gallery::Gallery;
use lines::Lines;
use routes::App;

/// What the page needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Config {
    /// Where browsers connect.
    pub(crate) addr: SocketAddr,
    /// Names by which this machine may be asked, beside its IP addresses.
    pub(crate) hosts: Vec<String>,
    /// The secret in addresses; a new one without it.
    pub(crate) token: Option<String>,
}

/// The server with its address, and not yet served.
pub(crate) struct Bound {
    runtime: Runtime,
    listener: TcpListener,
    addr: SocketAddr,
    access: Access,
    /// Where the report's lines go.
    lines: broadcast::Sender<Arc<str>>,
}

/// The running server, for the main loop.
pub(crate) struct Web {
    gallery: Arc<Gallery>,
}

/// When a picture goes to pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// As soon as it is there.
    First,
    /// When a window has had the time to draw it: the work for many pages would make the window late.
    AfterTheWindow,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WebError {
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("the system gives no random numbers for the token in the page's address ({0}); leave out --web")]
    Random(getrandom::Error),
}

impl Bound {
    /// Takes the address.
    pub(crate) fn bind(config: &Config) -> Result<Self, WebError> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().map_err(BindError::Runtime)?;
        let listen = || {
            let _context = runtime.enter();
            let socket = if config.addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            // As every server does, so that it can be started again at once.
            socket.set_reuseaddr(true)?;
            // What the kernel holds back of a stream is old when it arrives.
            socket.set_send_buffer_size(HELD_BY_THE_KERNEL)?;
            socket.bind(config.addr)?;
            socket.listen(BACKLOG)
        };
        let listener = listen().map_err(|source| BindError::of(config.addr, source))?;
        let addr = listener.local_addr().map_err(BindError::Runtime)?;
        let access = Access::new(addr, &config.hosts, config.token.as_deref()).map_err(WebError::Random)?;
        let (lines, _) = broadcast::channel(MOST_BEHIND);
        Ok(Self { runtime, listener, addr, access, lines })
    }

    /// Says on the terminal where the page is.
    pub(crate) fn announce(&self) {
        announce::announce(&self.url(), !self.addr.ip().to_canonical().is_loopback());
    }

    /// What hands the report to those who listen at `/events`.
    pub(crate) fn report(&self, contents: Contents) -> Box<dyn Sink> {
        Box::new(Lines::new(self.lines.clone(), contents))
    }

    /// The address to open.
    fn url(&self) -> String {
        let addr = match self.addr.ip().is_unspecified() {
            true => Reach::new(self.addr, addresses::interfaces()).addresses().first().copied().unwrap_or(self.addr),
            false => self.addr,
        };
        let token = self.access.token().map(|token| format!("?token={token}")).unwrap_or_default();
        format!("http://{addr}/{token}")
    }

    /// Serves it on a thread of its own, which ends with the program.
    pub(crate) fn serve(
        self,
        observer: Observer,
        recording: RecordingControl,
        waiting: Waiting,
        turn: Turn,
    ) -> io::Result<Web> {
        let gallery = Arc::new(Gallery::new(observer, recording, waiting));
        let places = Arc::new(Semaphore::new(MOST_WATCHING));
        let app = Arc::new(App { access: self.access, gallery: Arc::clone(&gallery), lines: self.lines, places });
        let (runtime, listener) = (self.runtime, self.listener);
        let serve = {
            let gallery = Arc::clone(&gallery);
            move || {
                runtime.block_on(async {
                    tokio::spawn(keep_publishing(gallery, turn));
                    connections::serve(listener, app).await;
                });
            }
        };
        thread::Builder::new().name("web".into()).spawn(serve)?;
        Ok(Web { gallery })
    }
}

impl Web {
    /// From now on pages without a robot say this.
    pub(crate) fn set_waiting(&self, waiting: Waiting) {
        self.gallery.set_waiting(waiting);
    }

    /// Shows a message on every page for a while.
    pub(crate) fn say(&self, text: &str) {
        self.gallery.say(text.to_owned());
    }
}

/// Makes a board when something has changed, and every so often, because time passes as well.
async fn keep_publishing(gallery: Arc<Gallery>, turn: Turn) {
    let mut observer = gallery.observer.clone();
    let mut ticks = interval(TICK);
    loop {
        tokio::select! {
            () = observer.changed() => match turn {
                Turn::First => {}
                Turn::AfterTheWindow => sleep(WINDOW_DRAWS_WITHIN).await,
            },
            _ = ticks.tick() => {}
        }
        gallery.publish();
        // With many robots there is something new all the time.
        sleep(LEAST_BETWEEN_BOARDS).await;
    }
}

/// Lines of the report that a listener may be behind before it loses the oldest.
const MOST_BEHIND: usize = 256;
/// Pages and streams at once.
const MOST_WATCHING: usize = 64;
const BACKLOG: u32 = 128;
/// Bytes of one connection, which Linux doubles.
const HELD_BY_THE_KERNEL: u32 = 64 * 1024;
/// Counted from its decoding; `cargo xtask bench page` shows whether that is enough.
const WINDOW_DRAWS_WITHIN: Duration = Duration::from_millis(5);
/// Few screens show more than 125 pictures a second.
const LEAST_BETWEEN_BOARDS: Duration = Duration::from_millis(8);
/// So often ages and silences are looked at.
const TICK: Duration = Duration::from_millis(250);
