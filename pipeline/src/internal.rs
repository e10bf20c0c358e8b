//! For the workspace's fuzzers alone: no contract.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::runtime;

use crate::server::ask;

thread_local! {
    static RUNTIME: runtime::Runtime =
        runtime::Builder::new_current_thread().enable_time().build().expect("a runtime without sockets can be had");
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
            there.write_all(bytes).await.map_err(|error| error.to_string())?;
            there.shutdown().await.map_err(|error| error.to_string())?;
            let (content_type, mut body) = ask(here, &url).await.map_err(|error| error.to_string())?;
            let mut all = Vec::new();
            // An error in the middle ends the body, as a camera does that goes away.
            _ = body.read_to_end(&mut all).await;
            Ok((content_type, all))
        })
    })
}

/// For the request.
const ROOM: usize = 4096;
