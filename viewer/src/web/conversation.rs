//! The WebSocket of an open page.
#![expect(clippy::disallowed_methods, reason = "a page is waited for here, and not for ever")]

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures_util::SinkExt as _;
use futures_util::stream::{SplitSink, StreamExt as _};
use pipeline::Clock;
use tokio::task::yield_now;
use tokio::time::{sleep, timeout};

use super::gallery::Gallery;
use super::visitor::{Heard, Nonsense, Taken, Update, Visitor};

/// Sends a page updates until it is closed, or has not answered for too long.
pub(super) async fn converse(socket: WebSocket, gallery: Arc<Gallery>) {
    let (mut out, mut messages) = socket.split();
    let mut boards = gallery.boards();
    let clock = gallery.observer.clock();
    let now = || clock.now();
    let mut visitor = Visitor::new(now());
    gallery.publish();
    loop {
        let board = Arc::clone(&boards.borrow_and_update());
        let update = visitor.next(&board, now());
        drop(board);
        for message in update.iter().flat_map(Update::messages) {
            if !send(&mut out, Message::Binary(Bytes::from(message)), clock).await {
                return;
            }
        }
        if update.is_some() {
            visitor.left(now());
        }
        let pause = match visitor.silent_since().map(|since| clock.since(since)) {
            Some(silent_for) if silent_for >= PATIENCE => {
                return close(&mut out, SILENT, "no answer for too long").await;
            }
            Some(silent_for) => PATIENCE.saturating_sub(silent_for),
            // Boards are made every so often, and wake it.
            None => PATIENCE,
        };
        tokio::select! {
            message = messages.next() => match message {
                Some(Ok(Message::Text(text))) => match visitor.hear(text.as_str()) {
                    Ok(Heard::Nothing) => {}
                    Ok(Heard::Wish(wish)) => gallery.fulfil(wish),
                    Ok(Heard::Drawn(pictures)) => measure(&gallery, &pictures),
                    Err(Nonsense) => return close(&mut out, NONSENSE, "a message that no page of this viewer sends").await,
                },
                // Its answer is on its way before the next one is read: whoever asks and never reads fills no memory.
                Some(Ok(Message::Ping(_))) => if !matches!(clock.timeout(PATIENCE, out.flush()).await, Some(Ok(()))) {
                    return;
                },
                Some(Ok(Message::Pong(_))) => {}
                // Its answer is ready, and the page sees that this is no broken connection (RFC 6455, 5.5.1).
                Some(Ok(Message::Close(_))) => {
                    _ = timeout(FAREWELL, out.flush()).await;
                    return;
                }
                Some(Ok(Message::Binary(_)) | Err(_)) | None => return,
            },
            // The sender lives in the gallery.
            _ = boards.changed() => {}
            () = sleep(pause) => {}
        }
        // A page that says much is never without a message; the others have their turn all the same.
        yield_now().await;
    }
}

/// How long pictures took to the page's own word that they are on its screen.
fn measure(gallery: &Gallery, pictures: &[Taken]) {
    let now = gallery.observer.clock().now();
    for picture in pictures {
        let (Taken::Stamped(since) | Taken::Arrived(since)) = picture;
        gallery.latencies.record(now.saturating_sub(*since));
    }
}

/// Whether the page has taken it.
async fn send(out: &mut SplitSink<WebSocket, Message>, message: Message, clock: Clock) -> bool {
    matches!(clock.timeout(PATIENCE, out.send(message)).await, Some(Ok(())))
}

async fn close(out: &mut SplitSink<WebSocket, Message>, code: u16, reason: &'static str) {
    let close = out.send(Message::Close(Some(CloseFrame { code, reason: reason.into() })));
    _ = timeout(FAREWELL, close).await;
}

/// Opened to be refused, because a page cannot see why an HTTP request for a WebSocket failed.
pub(super) async fn refuse(socket: WebSocket, code: u16, reason: &'static str) {
    let (mut out, _) = socket.split();
    close(&mut out, code, reason).await;
}

/// A phone that is out of reach for a moment answers later; one that is gone must not hold its place.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a page may take to hear that its connection ends.
const FAREWELL: Duration = Duration::from_secs(1);
/// Of the codes for applications (RFC 6455, 7.4.2).
pub(super) const WRONG_TOKEN: u16 = 4401;
const SILENT: u16 = 4408;
pub(super) const TOO_MANY: u16 = 4429;
const NONSENSE: u16 = 4400;
