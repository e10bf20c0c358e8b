//! Asks an HTTP server for its stream: one request, and its body as bytes to read.
#![expect(clippy::disallowed_methods, reason = "sockets are dialled and waited for here")]

use std::error::Error as _;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http_body_util::{BodyDataStream, BodyExt as _, Empty, combinators::MapErr};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{
    ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderValue, LOCATION, USER_AGENT, WWW_AUTHENTICATE,
};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinHandle;
use tokio_util::io::StreamReader;

use crate::clock::Clock;
use crate::stream_url::StreamUrl;

/// A server's answer that is a stream.
pub(super) struct HttpStream {
    pub(super) peer: SocketAddr,
    /// As the server sent it, `multipart/x-mixed-replace;boundary=…` from most.
    pub(super) content_type: Option<String>,
    pub(super) body: HttpBody,
}

/// The bytes of a stream, without HTTP's own framing.
pub(crate) struct HttpBody {
    body: StreamReader<BodyDataStream<IoBody>, Bytes>,
    /// Moves the connection on while the body is read.
    _connection: Driver,
}

type IoBody = MapErr<Incoming, fn(hyper::Error) -> io::Error>;

impl AsyncRead for HttpBody {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().body).poll_read(cx, buf)
    }
}

/// A task that ends with its owner.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Dials, and asks for the stream.
pub(super) async fn open(url: &StreamUrl, clock: Clock) -> Result<HttpStream, HttpError> {
    let addresses = within(clock, LOOK_UP_WITHIN, lookup(url)).await??;
    let socket = within(clock, CONNECT_WITHIN, connect(&addresses)).await??;
    let peer = socket.peer_addr().map_err(HttpError::Connect)?;
    let (content_type, body) = ask(socket, url, clock).await?;
    Ok(HttpStream { peer, content_type, body })
}

/// Asks for the stream on a connection, and checks that what is answered may be one.
pub(crate) async fn ask(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    url: &StreamUrl,
    clock: Clock,
) -> Result<(Option<String>, HttpBody), HttpError> {
    // Cameras' own servers are small programs that bend the rules; what does not matter to the stream is let pass.
    let handshake = http1::Builder::new()
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        // Headers are shorter. Ever more answers before the answer would otherwise be read so far ahead that robots wait.
        .max_buf_size(MOST_READ)
        .handshake(TokioIo::new(socket));
    let (mut requests, connection) = handshake.await.map_err(HttpError::NoHttp)?;
    let connection = Driver(tokio::spawn(async move {
        // The reader of the body gets the same error.
        _ = connection.await;
    }));
    let response = within(clock, ANSWER_WITHIN, requests.send_request(request(url))).await?;
    let response = response.map_err(HttpError::of_answer)?;
    let content_type = check(&response, url.authorization().is_some())?;
    let body = StreamReader::new(BodyDataStream::new(response.into_body().map_err(to_io as fn(_) -> _)));
    Ok((content_type, HttpBody { body, _connection: connection }))
}

/// What hyper has read says what is wrong, and of which kind that is; hyper's own error does not.
fn to_io(error: hyper::Error) -> io::Error {
    let below = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    match below {
        Some(below) => io::Error::new(below.kind(), below.to_string()),
        None => io::Error::other(error),
    }
}

async fn within<T>(clock: Clock, limit: Duration, work: impl Future<Output = T>) -> Result<T, HttpError> {
    clock.timeout(limit, work).await.ok_or(HttpError::Silent { seconds: limit.as_secs() })
}

async fn lookup(url: &StreamUrl) -> Result<Vec<SocketAddr>, HttpError> {
    let (host, port) = (url.host().trim_matches(['[', ']']), url.port());
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    // A task of its own: tokio starts a thread for this, and panics where the system has none.
    let looked_up = tokio::spawn({
        let host = host.to_owned();
        async move { lookup_host((host, port)).await.map(Iterator::collect) }
    });
    let looked_up = looked_up.await.unwrap_or_else(|panic| Err(io::Error::other(panic)));
    let addresses: Vec<SocketAddr> = looked_up.map_err(HttpError::LookUp)?;
    if addresses.is_empty() { Err(HttpError::LookUp(io::ErrorKind::NotFound.into())) } else { Ok(addresses) }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, HttpError> {
    TcpStream::connect(addresses).await.map_err(HttpError::Connect)
}

fn request(url: &StreamUrl) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = url.target().parse().expect("part of an address that was parsed");
    let header = |value: &str| HeaderValue::from_str(value).expect("part of an address that was parsed");
    let headers = request.headers_mut();
    headers.insert(HOST, header(url.authority()));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("robot-vision/", env!("CARGO_PKG_VERSION"))));
    headers.insert(ACCEPT, HeaderValue::from_static("multipart/x-mixed-replace, image/jpeg, */*"));
    if let Some(authorization) = url.authorization() {
        headers.insert(AUTHORIZATION, authorization.clone());
    }
    request
}

/// The content type, unless the answer can be no stream.
fn check(response: &Response<Incoming>, gave_password: bool) -> Result<Option<String>, HttpError> {
    let text = |name| response.headers().get(name).map(|value| shortened(&String::from_utf8_lossy(value.as_bytes())));
    let status = response.status();
    match status {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => {
            let scheme = text(WWW_AUTHENTICATE).unwrap_or_default();
            let offers_basic = scheme.is_empty() || scheme.to_ascii_lowercase().contains("basic");
            return Err(match (offers_basic, gave_password) {
                (false, _) => HttpError::OtherLogin { scheme },
                (true, true) => HttpError::WrongPassword,
                (true, false) => HttpError::NoPassword,
            });
        }
        _ if status.is_redirection() => {
            let location = text(LOCATION).filter(|location| !location.is_empty());
            let Some(location) = location else { return Err(HttpError::Status { status }) };
            let is_https = location.to_ascii_lowercase().starts_with("https:");
            return Err(if is_https { HttpError::OnlyHttps } else { HttpError::Elsewhere { location } });
        }
        _ => return Err(HttpError::Status { status }),
    }
    let content_type = text(CONTENT_TYPE);
    let of = |start: &str| content_type.as_ref().is_some_and(|found| found.to_ascii_lowercase().starts_with(start));
    if of("image/") {
        return Err(HttpError::OnePicture);
    }
    if of("text/") || of("application/json") {
        return Err(HttpError::Page { content_type: content_type.unwrap_or_default() });
    }
    let compresses = |coding: &str| COMPRESSIONS.iter().any(|known| coding.eq_ignore_ascii_case(known));
    if let Some(coding) = text(CONTENT_ENCODING).filter(|coding| compresses(coding)) {
        return Err(HttpError::Compressed { coding });
    }
    Ok(content_type)
}

/// What a camera says, no longer than a person reads: it is shown, reported, and compared with what was said before.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Why there is no stream at an address; where more can be said, also what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error("its name is not known ({0}); check the spelling, or give its IP address")]
    LookUp(#[source] io::Error),
    #[error("{0}; is it switched on, and are address and port right?")]
    Connect(#[source] io::Error),
    #[error("no answer within {seconds} s; is it switched on, and in the same network?")]
    Silent { seconds: u64 },
    #[error(
        "it closed the connection without an answer; does it serve another viewer, which many cameras do only one at a time?"
    )]
    NoAnswer,
    #[error("what answers is no HTTP server ({0}); check the port")]
    NoHttp(#[source] hyper::Error),
    #[error("the server wants a user and a password; give them as http://USER:PASSWORD@HOST/…")]
    NoPassword,
    #[error(
        "the server rejects this user and password; check both, and write special characters as % and two hexadecimal digits"
    )]
    WrongPassword,
    #[error(
        "the server wants another login than Basic ({scheme}), which is not supported; change that in its settings"
    )]
    OtherLogin { scheme: String },
    #[error("the server points to {location:?}; look in a browser where its stream is, and give that address")]
    Elsewhere { location: String },
    #[error("the server wants HTTPS, which is not supported; allow plain HTTP in its settings")]
    OnlyHttps,
    #[error("the server answers {status}; check the path: {PATHS}")]
    Status { status: StatusCode },
    #[error(
        "the server compresses its stream ({coding}), though JPEGs are compressed already; switch that off in its settings"
    )]
    Compressed { coding: String },
    #[error("that is a single picture, and no stream; {PATHS}")]
    OnePicture,
    #[error("that is a page ({content_type}), and no stream; {PATHS}")]
    Page { content_type: String },
}

impl HttpError {
    fn of_answer(error: hyper::Error) -> Self {
        if error.is_parse() { HttpError::NoHttp(error) } else { HttpError::NoAnswer }
    }
}

/// Content codings that are registered with IANA and change the bytes; whatever else a camera writes there means nothing.
const COMPRESSIONS: [&str; 7] = ["gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd"];
const PATHS: &str = "it is :81/stream on an ESP32-CAM, /?action=stream with mjpg-streamer, /stream with ustreamer, /video in \
                     phones' apps";
/// An address has some dozens of characters, as have the names of types.
const LONGEST_TEXT: usize = 200;
const MOST_READ: usize = 16 * 1024;
const LOOK_UP_WITHIN: Duration = Duration::from_secs(5);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// A camera may have to start first.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_camera_says_is_kept_as_long_as_a_person_reads() {
        assert_eq!(shortened("/stream"), "/stream");
        assert_eq!(shortened(&"ü".repeat(100_000)), format!("{}…", "ü".repeat(200)));
    }
}
