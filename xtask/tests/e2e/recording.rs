//! Recordings: what other programs read in them, and what is left of them when things break.
//!
//! ```text
//! contents  topics, frames, times, schemas    kills  of the viewer at random moments
//! naming    robots' topics, files' names      disk   one that is full
//! length    --record-split, --record-limit    key    v in the window
//!
//! reader    a recording as Python's libraries read it
//! ```

mod contents;
mod disk;
mod key;
mod kills;
mod length;
mod naming;
pub(crate) mod reader;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use xtask::cargo;
use xtask::process::{Line, Output};

use crate::programs::{PATIENCE, Viewer, exit_code, robot};
use reader::Recording;

/// A robot's stream, recorded from the beginning to the end, and what the viewer reported meanwhile.
struct Session {
    recording: Recording,
    report: Vec<Value>,
    /// When it began and ended, in nanoseconds since 1970.
    from_ns: u64,
    until_ns: u64,
}

impl Session {
    /// Lets robots send this to a viewer with `more` on its command line, which ends when they have left.
    fn recorded(name: &str, more: &[&str], sent: &[&str]) -> Self {
        let file = folder(name).join("session.mcap");
        let from_ns = now_ns();
        let mut viewer = Viewer::start(&[&["--record", text(&file)], more].concat());
        let mut robot = robot(&viewer.addr, sent);
        let report = rest(&mut viewer);
        assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
        let recording = reader::read_one(&file);
        Self { recording, report, from_ns, until_ns: now_ns() }
    }

    /// What the viewer reported about this robot.
    fn about(&self, robot: u64) -> Vec<&Value> {
        self.report.iter().filter(|line| line["robot"] == robot).collect()
    }
}

/// What the viewer reports until its end.
fn rest(viewer: &mut Viewer) -> Vec<Value> {
    std::iter::from_fn(|| match viewer.running.next_line(Output::Stdout, PATIENCE) {
        Line::Text(line) => Some(json(&line)),
        Line::Closed => None,
        Line::Quiet => panic!("the viewer neither reports nor ends"),
    })
    .collect()
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// An empty folder for recordings, which stays until the next run.
fn folder(name: &str) -> PathBuf {
    let folder = cargo::output_folder("e2e").join("recordings").join(name);
    _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("target can be written");
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the checkout's path is UTF-8")
}

#[expect(clippy::disallowed_methods, reason = "recordings have the time of day in them")]
fn now_ns() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    u64::try_from(since_1970.as_nanos()).expect("it is before 2500")
}
