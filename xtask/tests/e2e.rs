//! The real programs as processes, over loopback: what they print, how they exit, what they show.
//!
//! ```text
//! stream    what robots usually do           window   under Xvfb: pixels and keys
//! faults    what they do when things break   python   robots and PCs written by somebody else
//! restarts  who comes first, who leaves      files    viewer detect
//! engines   what each of them finds
//! ```
//!
//! `cargo xtask e2e` builds the programs and runs this; `cargo test` alone does the same. A failure prints every program's
//! arguments, exit and output. Nothing sleeps for luck: each wait is for a condition and has a deadline.

#[path = "e2e/engines.rs"]
mod engines;
#[path = "e2e/faults.rs"]
mod faults;
#[path = "e2e/files.rs"]
mod files;
#[path = "e2e/png.rs"]
mod png;
#[path = "e2e/programs.rs"]
mod programs;
#[path = "e2e/python.rs"]
mod python;
#[path = "e2e/restarts.rs"]
mod restarts;
#[path = "e2e/screen.rs"]
mod screen;
#[path = "e2e/stream.rs"]
mod stream;
#[path = "e2e/summary.rs"]
mod summary;
#[path = "e2e/truth.rs"]
mod truth;
#[path = "e2e/window.rs"]
mod window;
