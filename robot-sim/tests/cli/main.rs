//! The program as a process, against a listener in the test: bytes on the wire, exit codes, what is printed.

#![expect(clippy::unwrap_used, reason = "a test fails where something is not as it should be")]
#![expect(clippy::disallowed_methods, reason = "tests act as the viewer, with sockets, threads and the clock")]

mod arguments;
mod faults;
mod leaving;
mod output;
mod replay;
mod robot;
mod serve;
mod stream;
#[cfg(feature = "video")]
mod video;
mod viewer;
#[cfg(not(feature = "video"))]
mod without_video;
