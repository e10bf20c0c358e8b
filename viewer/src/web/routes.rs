//! Which address gives what, and what every answer says to browsers.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Extension, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use futures_util::stream;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast};

use super::access::{Access, Refusal};
use super::connections::Caller;
use super::gallery::Gallery;
use super::{conversation, files, metrics, streams};

/// What all requests share.
pub(super) struct App {
    pub(super) access: Access,
    pub(super) gallery: Arc<Gallery>,
    /// The report's lines.
    pub(super) lines: broadcast::Sender<Arc<str>>,
    /// For pages and streams, which stay.
    pub(super) places: Arc<Semaphore>,
}

type Shared = State<Arc<App>>;

/// All addresses. None of them changes anything: what a page wants done, it says through its WebSocket.
pub(super) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(root))
        .route("/ws", get(web_socket))
        .route("/state", get(state))
        .route("/events", get(events))
        .route("/metrics", get(figures))
        .route("/robots/{robot}/snapshot.jpg", get(snapshot))
        .route("/robots/{robot}/stream.mjpg", get(stream))
        .route("/{file}", get(file))
        .layer(from_fn_with_state(Arc::clone(&app), guard))
        .with_state(app)
}

/// Lets nobody in who has no business here, and says to browsers what the page may do.
async fn guard(State(app): Shared, Extension(caller): Extension<Caller>, request: Request, next: Next) -> Response {
    let host = host(&request).map(str::to_owned);
    let token = parameter(request.uri(), "token");
    // The page's style and script are no secret, and the WebSocket says in its own way that a token is wrong.
    let path = request.uri().path();
    let is_open = path == "/ws" || files::file(path.trim_start_matches('/')).is_some();
    let allowed = app.access.check_host(host.as_deref()).and_then(|()| {
        let checked = app.access.check_token(token.as_deref());
        if checked.is_ok() {
            caller.set_known();
        }
        if is_open { Ok(()) } else { checked }
    });
    let mut response = match allowed {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self {
            Refusal::Host { .. } | Refusal::NoHost => StatusCode::MISDIRECTED_REQUEST,
            Refusal::Origin { .. } => StatusCode::FORBIDDEN,
            Refusal::Token => StatusCode::UNAUTHORIZED,
        };
        (status, format!("{self}\n")).into_response()
    }
}

/// The page, or what mjpg-streamer has at the same address.
async fn root(State(app): Shared, uri: Uri) -> Response {
    match parameter(&uri, "action").as_deref() {
        None => Html(files::PAGE).into_response(),
        Some("stream") => watch(&app, "1"),
        Some("snapshot") => streams::snapshot(&app.gallery.look(), "1"),
        Some(_) => (StatusCode::BAD_REQUEST, "action is `stream` or `snapshot`\n").into_response(),
    }
}

/// The page's parts, which say nothing without the token.
async fn file(Path(name): Path<String>) -> Response {
    match files::file(&name) {
        Some((content_type, text)) => ([(header::CONTENT_TYPE, content_type)], text).into_response(),
        None => (StatusCode::NOT_FOUND, "there is nothing here\n").into_response(),
    }
}

async fn web_socket(State(app): Shared, headers: HeaderMap, uri: Uri, upgrade: WebSocketUpgrade) -> Response {
    // An Origin that is no text is refused, and not taken for absent.
    let origin = headers.get(header::ORIGIN).map(|origin| String::from_utf8_lossy(origin.as_bytes()));
    if let Err(refusal) = app.access.check_origin(origin.as_deref(), header(&headers, &header::HOST)) {
        return refusal.into_response();
    }
    let upgrade = upgrade.max_message_size(LONGEST_MESSAGE).max_frame_size(LONGEST_MESSAGE);
    if app.access.check_token(parameter(&uri, "token").as_deref()).is_err() {
        let reason = "the token in the address is missing or wrong";
        return upgrade.on_upgrade(move |socket| conversation::refuse(socket, conversation::WRONG_TOKEN, reason));
    }
    let Some(permit) = permit(&app) else {
        return upgrade
            .on_upgrade(|socket| conversation::refuse(socket, conversation::TOO_MANY, "too many pages are open"));
    };
    upgrade.on_upgrade(async move |socket| {
        conversation::converse(socket, Arc::clone(&app.gallery)).await;
        drop(permit);
    })
}

async fn state(State(app): Shared) -> Response {
    let json = serde_json::to_string(&app.gallery.look().whole()).expect("its keys are strings and its numbers finite");
    ([(header::CONTENT_TYPE, "application/json")], json).into_response()
}

async fn figures(State(app): Shared) -> Response {
    let text = metrics::text(&app.gallery.look(), &app.gallery.latencies);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

async fn snapshot(State(app): Shared, Path(robot): Path<String>) -> Response {
    streams::snapshot(&app.gallery.look(), &robot)
}

async fn stream(State(app): Shared, Path(robot): Path<String>) -> Response {
    watch(&app, &robot)
}

fn watch(app: &App, robot: &str) -> Response {
    match permit(app) {
        Some(permit) => streams::stream(&app.gallery, robot, permit),
        None => too_many(),
    }
}

/// The report, as server-sent events.
async fn events(State(app): Shared) -> Response {
    let Some(permit) = permit(&app) else { return too_many() };
    let lines = stream::unfold((app.lines.subscribe(), permit), |(mut lines, permit)| async move {
        let event = match lines.recv().await {
            Ok(line) => Event::default().data(line),
            Err(RecvError::Lagged(lost)) => Event::default().data(format!("{{\"event\":\"lost\",\"lines\":{lost}}}")),
            Err(RecvError::Closed) => return None,
        };
        Some((Ok::<Event, Infallible>(event), (lines, permit)))
    });
    Sse::new(lines).keep_alive(KeepAlive::default()).into_response()
}

fn permit(app: &App) -> Option<OwnedSemaphorePermit> {
    Arc::clone(&app.places).try_acquire_owned().ok()
}

fn too_many() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "too many pages and streams are open; close one\n").into_response()
}

/// The one name under which the machine is asked.
fn host(request: &Request) -> Option<&str> {
    let (headers, in_url) = (request.headers(), request.uri().authority());
    let is_one = headers.get_all(header::HOST).iter().count() == 1;
    let host = header(headers, &header::HOST).filter(|_| is_one)?;
    in_url.is_none_or(|authority| authority.as_str().eq_ignore_ascii_case(host)).then_some(host)
}

fn header<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The parameter `name` of a URL; what is looked for here has no character that would be escaped.
fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).next()
}

/// What every answer says: no other page may frame or read it, nothing but the page's own files runs in it, and its address,
/// which holds the token, is told to nobody.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::CACHE_CONTROL, "no-store"),
];
/// Bytes; a page says little.
const LONGEST_MESSAGE: usize = 4096;
