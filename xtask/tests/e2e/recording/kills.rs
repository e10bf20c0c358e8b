//! A viewer that is killed while it records.

#![expect(clippy::disallowed_methods, reason = "what is lost is measured in time")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use xtask::process::{Line, Output};
use xtask::random::random;
use xtask::report::Event;

use super::{folder, reader, text};
use crate::programs::{PATIENCE, Viewer, fixture, robot, viewer};

/// What has to be left by a viewer that was killed.
struct Killed {
    file: PathBuf,
    /// How long after the first frame.
    after: Duration,
    /// How many frames it had reported by then.
    reported: usize,
    /// How many of them are old enough that they must not be lost.
    kept: usize,
}

#[test]
fn fifty_kills_cost_at_most_the_last_second() {
    let folder = folder("kills");
    let next = AtomicU64::new(0);
    let some = || {
        let numbers = std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&n| n < KILLS));
        numbers.map(|n| killed(n, &folder)).collect::<Vec<_>>()
    };
    let killed: Vec<Killed> = thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(some)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("it has killed its share")).collect()
    });
    assert_eq!(killed.len() as u64, KILLS);
    // So that not all of them could have lost everything.
    assert!(killed.iter().filter(|killed| killed.kept > 30).count() >= 10, "too few lived long enough");
    for (killed, recording) in killed.iter().zip(reader::read(killed.iter().map(|killed| &killed.file))) {
        let Killed { file, after, reported, kept } = killed;
        let what = format!("{} killed after {after:?}, with {reported} frames reported", file.display());
        assert!(recording.is_begun(), "not a recording: {what}");
        assert!(!recording.is_complete(), "it was not killed: {what}");
        let numbers = recording.numbers("robot1");
        assert_eq!(numbers, (0..).take(numbers.len()).collect::<Vec<_>>(), "{what}");
        assert!(numbers.len() >= *kept, "{} of {kept} frames: {what}", numbers.len());
    }
}

/// Kills the `n`th viewer while it records a robot.
fn killed(n: u64, folder: &Path) -> Killed {
    let file = folder.join(format!("{n:02}.mcap"));
    let mut command = viewer();
    command.args(["--headless", "--listen", "127.0.0.1:0", "--report", "-", "--every-frame", "--record", text(&file)]);
    let mut viewer = Viewer::follow(&mut command);
    let _robot = robot(&viewer.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop", "--fps", "60", "--stamp"]);
    let after = Duration::from_millis(200 + random(n) % 2800);
    // A frame that is reported has been received before.
    let mut reported: Vec<Instant> = Vec::new();
    let killed_at = loop {
        let now = Instant::now();
        let left = reported.first().map(|first| (*first + after).saturating_duration_since(now));
        if left == Some(Duration::ZERO) {
            break now;
        }
        match viewer.running.next_line(Output::Stdout, left.unwrap_or(PATIENCE)) {
            Line::Text(line) if matches!(Event::parse(&line), Ok(Event::Frame(_))) => reported.push(Instant::now()),
            Line::Text(_) => {}
            Line::Quiet if left.is_some() => {}
            end => panic!("no frame came: {end:?}"),
        }
    };
    viewer.running.kill();
    // While the machine stood still, nothing was written either.
    let stood_still = reported.windows(2).map(|two| two[1] - two[0]).max().unwrap_or_default();
    let kept = reported.iter().filter(|at| killed_at.duration_since(**at) > MAY_BE_LOST + stood_still).count();
    Killed { file, after, reported: reported.len(), kept }
}

const KILLS: u64 = 50;
/// Each viewer has a robot beside it, and neither has much to do.
const AT_ONCE: usize = 8;
const MAY_BE_LOST: Duration = Duration::from_secs(1);
