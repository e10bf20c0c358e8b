//! The real programs as processes, over loopback: what they print, how they exit, what they show.
//!
//! ```text
//! stream    what robots usually do           window   under Xvfb: pixels and keys
//! faults    what they do when things break   python   robots and PCs written by somebody else
//! restarts  who comes first, who leaves      files    viewer detect
//! engines   what each of them finds            robots   several at once
//! pi        robot/stream.py on a stub of picamera2
//! matrix    every fault in every format           sequences     hundreds of faults in a row
//! keys      turning, saving, full screen         orientation   cameras that are not upright
//! readme    what the documentation shows         senders       FFmpeg, GStreamer, browsers
//! age       how old pictures are by their stamps http      cameras that are dialled
//! page      what a browser shows                 web      what other programs get
//! tls       streams that are encrypted, and robots with certificates     network   far, slow, lossy, gone
//! recording what is kept of it, whatever happens
//! replay    recordings, played again             fleet    many machines, joined by Zenoh
//! ```
//!
//! `cargo xtask e2e` builds the programs and runs these tests; `cargo test` alone does the same. A failure prints every
//! program's arguments, exit code and output. No test sleeps for a fixed time: each wait is for a condition and has a
//! deadline.

mod age;
mod browser;
mod engines;
mod faults;
mod files;
mod fleet;
mod http;
mod keys;
mod matrix;
mod network;
mod orientation;
mod page;
mod pi;
mod png;
mod programs;
mod python;
mod readme;
mod recording;
mod replay;
mod report_examples;
mod restarts;
mod robots;
mod screen;
mod senders;
mod sequences;
mod stream;
mod summary;
mod system;
mod tls;
mod truth;
mod web;
mod window;
