//! Every fault of robot-sim, in every format and with both endings: what the viewer makes of it, in one table.

#![expect(clippy::disallowed_methods, reason = "several robots run side by side")]

use std::fmt::Write as _;
use std::sync::Mutex;
use std::thread;

use xtask::report::Event;

use crate::programs::{Viewer, exit_code, fixture, robot};
use crate::summary;

/// Each fault on the third frame, or on all if it is one of the link; and none.
const FAULTS: [&str; 21] = [
    "",
    "stall@2:50ms",
    "cut@2:50%",
    "hangup@2",
    "truncate@2:50%",
    "flip@2:20",
    "zeros@2:200",
    "noise@2:200",
    "missing@2:200",
    "garbage@2",
    "oversize@2:4294967295",
    "oversize@2:40000",
    "end@2",
    "bytes-after-end@2",
    "big-endian@2",
    "dribble@2:100",
    "bandwidth:1M",
    "jitter:5ms",
    "reconnect@2:50ms",
    "half-open@2:50ms",
    "half-open@2",
];

#[test]
fn every_fault_in_every_format_and_with_both_endings_is_accounted_for() {
    let formats = ["length", "mjpeg", "multipart"];
    let endings = ["", "--no-end"];
    let cases: Vec<(&str, &str, &str)> = FAULTS
        .iter()
        .flat_map(|&fault| formats.iter().flat_map(move |&format| endings.map(|ending| (fault, format, ending))))
        .collect();
    let (next, lines) = (Mutex::new(cases.iter().enumerate()), Mutex::new(Vec::new()));
    // Most of the time of each is waiting.
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some((number, case)) = next.lock().unwrap().next() else { break };
                    let line = row(*case);
                    lines.lock().unwrap().push((number, line));
                }
            });
        }
    });
    let mut lines = lines.into_inner().unwrap();
    lines.sort();
    let mut text = String::new();
    let _ = writeln!(text, "{:<22} {:<9} {:<8} received shown corrupt  ended as", "fault", "format", "ending");
    lines.into_iter().for_each(|(_, line)| text += &line);
    summary::check("matrix", &text);
}

/// One run: a line of the table.
fn row((fault, format, ending): (&str, &str, &str)) -> String {
    let mut viewer = Viewer::start(&["--idle-timeout", "1"]);
    // Where the viewer closes, what the robot does next depends on when it notices; so nothing comes behind.
    let viewer_closes = fault.starts_with("oversize") || fault.starts_with("big-endian");
    let frames = if viewer_closes { "3" } else { "6" };
    let still = fixture("jpeg/small.jpg");
    let mut sent = vec!["--images", &still, "--loop", frames, "--fps", "0", "--connect-timeout", "1", "--seed", "7"];
    sent.extend(["--format", format]);
    if !fault.is_empty() {
        sent.extend(["--fault", fault]);
    }
    sent.extend((!ending.is_empty()).then_some(ending));
    let mut robot = robot(&viewer.addr, sent);
    let code = exit_code(&mut robot);
    let name = if fault.is_empty() { "none" } else { fault };
    let words = format!("{name:<22} {format:<9} {:<8}", ending.trim_start_matches("--"));
    if code == Some(2) {
        viewer.interrupt();
        return format!("{words} makes no sense in this format\n");
    }
    let connections = if fault.starts_with("reconnect") || fault.starts_with("half-open@2:") { 2 } else { 1 };
    let (mut received, mut shown, mut corrupt, mut reasons) = (0, 0, 0, Vec::new());
    while reasons.len() < connections {
        if let Event::Ended(ended) = viewer.event() {
            assert_eq!(ended.received, ended.shown + ended.corrupt, "{ended:?}");
            (received, shown, corrupt) = (received + ended.received, shown + ended.shown, corrupt + ended.corrupt);
            reasons.push(ended.reason);
        }
    }
    viewer.interrupt();
    assert_eq!(viewer.exit_code(), Some(0), "{fault} {format} {ending}");
    assert!(viewer_closes || code == Some(0), "{fault} {format} {ending}: robot-sim ended with {code:?}");
    format!("{words} {received:>8} {shown:>5} {corrupt:>7}  {}\n", reasons.join(", "))
}
