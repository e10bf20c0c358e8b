//! For the workspace's fuzzers alone: no contract.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::runtime;

use crate::clock::Clock;
use crate::server::ask;

thread_local! {
    static RUNTIME: runtime::Runtime =
        runtime::Builder::new_current_thread().enable_time().build().expect("a runtime without sockets can be had");
    static CLOCK: Clock = Clock::start();
}

/// The content type and the body in what an HTTP server sends until it closes, or why it is no stream.
///
/// # Errors
/// Fails as a camera that is dialled does.
pub fn http_answer(bytes: &[u8]) -> Result<(Option<String>, Vec<u8>), String> {
    let url = "http://camera/stream".parse().expect("it is an address");
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let (here, mut there) = duplex(bytes.len().max(1) + ROOM);
            let answer = async {
                // What comes before the request is no answer to it.
                there.read_exact(&mut [0]).await?;
                there.write_all(bytes).await?;
                there.shutdown().await
            };
            let (asked, answered) = tokio::join!(ask(here, &url, CLOCK.with(|clock| *clock)), answer);
            answered.map_err(|error| error.to_string())?;
            let (content_type, mut body) = asked.map_err(|error| error.to_string())?;
            let mut all = Vec::new();
            // An error in the middle ends the body, as a camera does that goes away.
            _ = body.read_to_end(&mut all).await;
            Ok((content_type, all))
        })
    })
}

/// For the request, which stays unread but for its first byte and must fit.
const ROOM: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fuzzed_reaches_the_body() {
        let answer = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace;boundary=b\r\n\r\n--b\r\n";
        let content_type = "multipart/x-mixed-replace;boundary=b".to_owned();
        assert_eq!(http_answer(answer), Ok((Some(content_type), b"--b\r\n".to_vec())));
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n--b\r\nxyz\r\n";
        assert_eq!(http_answer(chunked), Ok((None, b"--b".to_vec())));
    }
}
