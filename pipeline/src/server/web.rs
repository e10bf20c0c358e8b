//! What a browser is told that was sent to the robots' port.
#![expect(clippy::disallowed_methods, reason = "a browser is waited for here")]

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// Answers an HTTP request of which the first bytes have been read.
pub(super) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) {
    // One that does not read it, or has gone, gets no other answer.
    _ = timeout(PATIENCE, answer(stream)).await;
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        PAGE.len()
    );
    stream.write_all(&[head.as_bytes(), PAGE.as_bytes()].concat()).await?;
    stream.shutdown().await?;
    // Closing with a request unread resets the connection, and the answer with it.
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

const PAGE: &str = "\
This port takes pictures from robots; it is no web page.

Send JPEGs to it over plain TCP, in one of these ways:

  rpicam-vid -t 0 -n --codec mjpeg -o tcp://THIS-MACHINE:PORT
  ffmpeg -i INPUT -c:v mjpeg -f mjpeg tcp://THIS-MACHINE:PORT
  each JPEG behind its length, as 4 bytes little-endian (struct.pack(\"<L\", n) in Python)
";

/// A browser reads its answer at once.
const PATIENCE: Duration = Duration::from_millis(500);
