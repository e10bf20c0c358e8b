//! Plays a camera that is an HTTP server: everyone who asks for `/stream` is sent all frames, from the first.
#![expect(clippy::disallowed_methods, reason = "the listening socket, its tasks and their deadlines are here")]

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame as BodyFrame, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::{join, select, time};

use super::clock::Turn;
use super::connection;
use super::stop::Stop;
use super::{ClientError, Outcome, Run, now, stamped};
use crate::fault::{Fault, Frames, Pace, Step};
use crate::format::BOUNDARY;
use crate::report::{Ended, Report};
use crate::schedule::{self, CATCH_UP, Schedule};
use crate::source::{Feed, Passes, Played, Reader};

/// An address that viewers can dial, before anyone is answered.
pub(crate) struct Bound {
    listener: TcpListener,
    addr: SocketAddr,
}

impl Bound {
    /// Takes the address.
    pub(crate) fn to(addr: SocketAddr) -> anyhow::Result<Self> {
        let bound = TcpListener::bind(addr).and_then(|listener| {
            listener.set_nonblocking(true)?;
            let addr = listener.local_addr()?;
            Ok(Self { listener, addr })
        });
        bound.map_err(|source| BindError { addr, source }.into())
    }

    /// Where, with the port that the system chose if that was left to it.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Answers viewers until the run is to end, and returns what became of each.
    pub(super) async fn serve(self, run: &Arc<Run>, feed: &Arc<Feed>, passes: Passes) -> io::Result<Vec<Outcome>> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        run.clock.start();
        run.progress.print(&format!("serving http://{}/stream; Ctrl-C ends it", self.addr));
        let mut viewers = JoinSet::new();
        let mut outcomes = Vec::new();
        for number in 1.. {
            let stream = select! {
                biased;
                () = run.stop.requested() => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    Err(error) => {
                        run.progress.print(&format!("cannot accept a viewer ({error})"));
                        time::sleep(RETRY).await;
                        continue;
                    }
                },
            };
            // An answer that waits for more bytes would only add to the age of pictures.
            let _ = stream.set_nodelay(true);
            let (run, feed) = (Arc::clone(run), Arc::clone(feed));
            viewers.spawn(async move {
                let start = |body| Player::new(number, Arc::clone(&run), body).play(feed.read(passes));
                answer(TokioIo::new(stream), start, &run.stop).await
            });
            while let Some(ended) = viewers.try_join_next() {
                outcomes.extend(ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())));
            }
        }
        while let Some(ended) = viewers.join_next().await {
            outcomes.extend(ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())));
        }
        Ok(outcomes)
    }
}

/// Another program has the address, or this machine does not.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve at {addr}; end the program that has this port, or choose another: --serve 127.0.0.1:8081")]
struct BindError {
    addr: SocketAddr,
    #[source]
    source: io::Error,
}

/// Answers one connection; `start` plays a stream into the body that it is given.
async fn answer<P: Future<Output = Outcome>>(
    io: TokioIo<tokio::net::TcpStream>,
    start: impl Fn(mpsc::Sender<Part>) -> P,
    stop: &Stop,
) -> Option<Outcome> {
    let (asked, mut wanted) = mpsc::channel(1);
    let service = service_fn(move |request: Request<Incoming>| {
        let asked = asked.clone();
        async move {
            if !is_for_the_stream(&request) {
                return Ok::<_, Infallible>(not_found());
            }
            let (parts, body) = mpsc::channel(1);
            // Fails if a stream has begun on this connection, which then is never asked again.
            let _ = asked.try_send(parts);
            Ok(streaming(body))
        }
    });
    let mut server = http1::Builder::new();
    // One that asks for nothing would otherwise be waited for at the end.
    server.timer(TokioTimer::new()).header_read_timeout(ASKED_WITHIN).keep_alive(false);
    // A connection that a fault cut off, or that the viewer closed, is an ordinary end here.
    let connection = async {
        select! {
            _ = server.serve_connection(io, service) => {}
            // A viewer that does not read would otherwise be waited for, and with it the end.
            () = async { stop.requested().await; time::sleep(READ_WITHIN).await } => {}
        }
    };
    let playing = async {
        match wanted.recv().await {
            Some(parts) => Some(start(parts).await),
            None => None,
        }
    };
    join!(connection, playing).1
}

/// The two addresses at which such cameras have their stream.
fn is_for_the_stream(request: &Request<Incoming>) -> bool {
    let uri = request.uri();
    let is_named = uri.path() == "/stream" || (uri.path() == "/" && uri.query() == Some("action=stream"));
    request.method() == Method::GET && is_named
}

fn streaming(body: mpsc::Receiver<Part>) -> Response<Parts> {
    let mut response = Response::new(Parts(body));
    let content_type = format!("multipart/x-mixed-replace;boundary={BOUNDARY}");
    response.headers_mut().insert(CONTENT_TYPE, content_type.try_into().expect("a boundary is printable"));
    response.headers_mut().insert(CACHE_CONTROL, "no-store".try_into().expect("it is printable"));
    response
}

fn not_found() -> Response<Parts> {
    let (parts, body) = mpsc::channel(1);
    let _ = parts.try_send(Ok(Bytes::from_static(b"there is only /stream, which is also /?action=stream\n")));
    let mut response = Response::new(Parts(body));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Some bytes of a body, or its end in the middle.
type Part = Result<Bytes, Cut>;

/// A fault closes the connection.
#[derive(Debug, thiserror::Error)]
#[error("a fault closes the connection")]
struct Cut;

struct Parts(mpsc::Receiver<Part>);

impl Body for Parts {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<BodyFrame<Bytes>, Cut>>> {
        self.0.poll_recv(context).map(|part| part.map(|part| part.map(BodyFrame::data)))
    }
}

/// Sends everything to one viewer.
struct Player {
    number: u32,
    run: Arc<Run>,
    body: mpsc::Sender<Part>,
    schedule: Schedule,
    report: Report,
}

/// Why a stream is over before all its frames have been sent.
enum Over {
    Interrupted,
    ViewerLeft,
    ByFault,
    Failed(ClientError),
}

impl Player {
    fn new(number: u32, run: Arc<Run>, body: mpsc::Sender<Part>) -> Self {
        let pace = match run.settings.pace {
            schedule::Pace::Recorded { .. } => schedule::Pace::Recorded { from: run.clock.position() },
            even @ schedule::Pace::Even(_) => even,
        };
        let schedule = Schedule::new(pace);
        Self { number, run, body, schedule, report: Report::default() }
    }

    async fn play(mut self, mut reader: Reader) -> Outcome {
        let started = now();
        self.notify("a viewer has connected");
        let run = Arc::clone(&self.run);
        let mut turn = run.clock.turn(self.number);
        let ended = match self.stream(&mut reader, &mut turn).await {
            Ok(()) | Err(Over::Interrupted) => {
                let marker = self.run.settings.end_marker();
                _ = self.send(&marker, Pace::AtOnce).await;
                Ok(Ended::Complete)
            }
            Err(Over::ViewerLeft) => {
                self.notify("the viewer has left");
                Ok(Ended::Complete)
            }
            Err(Over::ByFault) => {
                _ = self.body.send(Err(Cut)).await;
                Ok(Ended::ByFault)
            }
            Err(Over::Failed(error)) => Err(error),
        };
        self.report.elapsed = now() - started;
        (self.report, ended)
    }

    async fn stream(&mut self, reader: &mut Reader, turn: &mut Turn<'_>) -> Result<(), Over> {
        let run = Arc::clone(&self.run);
        for number in 0.. {
            let frame = select! {
                biased;
                () = run.stop.requested() => return Err(Over::Interrupted),
                frame = reader.next_frame() => frame.map_err(|error| Over::Failed(error.into()))?,
            };
            let Some(Played { frame, at }) = frame else { break };
            let due = self.schedule.next_due(run.clock.position(), at, run.clock.distance(CATCH_UP));
            while let Some(left) = turn.left(due) {
                select! {
                    biased;
                    waited = self.wait(left) => waited?,
                    () = turn.changed() => {}
                }
            }
            let settings = &run.settings;
            let taken = run.clock.instant(self.schedule.taken());
            let frame = stamped(settings.stamps, number, frame, taken).map_err(Over::Failed)?;
            let plan = settings.faults.plan(number, &frame, settings.format);
            self.note(number, &plan.faults);
            for step in plan.steps {
                self.perform(step).await?;
            }
        }
        Ok(())
    }

    async fn perform(&mut self, step: Step<'_>) -> Result<(), Over> {
        match step {
            Step::Wait(time) => self.wait(time).await,
            Step::Frame { before, frame, behind, pace } => {
                let bytes = [&before, frame.as_bytes(), behind].concat();
                self.send(&bytes, pace).await?;
                self.report.frames += 1;
                self.report.bytes += bytes.len() as u64;
                self.run.progress.add_frame(bytes.len() as u64);
                Ok(())
            }
            Step::Bytes { bytes, pace } => self.send(&bytes, pace).await,
            Step::StaySilent => self.wait(FOR_EVER).await,
            // Such faults are rejected with --serve.
            Step::Redial(_) | Step::Close => Err(Over::ByFault),
        }
    }

    async fn send(&self, bytes: &[u8], pace: Pace) -> Result<(), Over> {
        let (size, pause) = match pace {
            Pace::AtOnce => (NonZeroUsize::MAX, Duration::ZERO),
            Pace::Pieces { size, pause } => (size, pause),
        };
        let mut due = now();
        for piece in bytes.chunks(size.get()) {
            self.body.send(Ok(Bytes::copy_from_slice(piece))).await.map_err(|_| Over::ViewerLeft)?;
            let now = now();
            due = due.max(now.checked_sub(connection::CATCH_UP).unwrap_or(now)) + pause;
            self.wait(due.saturating_duration_since(now)).await?;
        }
        Ok(())
    }

    /// Waits; broken off when the run is to end or the viewer goes away.
    async fn wait(&self, time: Duration) -> Result<(), Over> {
        if time.is_zero() {
            return Ok(());
        }
        select! {
            biased;
            () = self.body.closed() => Err(Over::ViewerLeft),
            () = self.run.stop.requested() => Err(Over::Interrupted),
            () = time::sleep(time) => Ok(()),
        }
    }

    /// Counts the faults of a frame, and reports one that has a certain place when it begins.
    fn note(&mut self, number: u64, faults: &[Fault]) {
        for fault in faults {
            self.report.faults += 1;
            if matches!(fault.frames, Frames::Range { first, .. } if first == number) {
                self.notify(&format!("frame {number}: {fault}"));
            }
        }
    }

    fn notify(&self, text: &str) {
        self.run.progress.print(&format!("viewer {}: {text}", self.number));
    }
}

/// How long to wait before the next viewer, when the system could not give a socket for one.
const RETRY: Duration = Duration::from_millis(100);
/// How long a connection may take to say what it wants; a viewer says it at once.
const ASKED_WITHIN: Duration = Duration::from_secs(2);
/// How long a viewer may take to read what is left when the run is to end.
const READ_WITHIN: Duration = Duration::from_secs(2);
/// Longer than anybody waits.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);
