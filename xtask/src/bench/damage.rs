//! How many damaged frames are shown all the same, and that no good one is taken for damaged.

use std::ops::RangeInclusive;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use xtask::cargo::Programs;
use xtask::process::{Line, Output, Running};
use xtask::report::{Ended, Event};

use crate::rows::Row;

/// Sends frames with each kind of damage, and good ones of many qualities.
pub(super) fn measure(programs: &Programs) -> Result<Vec<Row>> {
    let stills: Vec<String> = ::fixtures::stills().map(|still| still.path().display().to_string()).collect();
    // Every second frame is damaged, because a viewer closes a connection that brings nothing else. There are nine stills, so each
    // has its turn.
    let passes = 2 * DAMAGED.div_ceil(stills.len());
    let mut rows = Vec::new();
    for (fault, what, goal) in FAULTS {
        let damaged = (passes * stills.len() / 2) as u64;
        eprintln!("bench: {damaged} frames with {what}");
        let mut robot = vec!["--images".to_owned()];
        robot.extend(stills.iter().cloned());
        robot.extend(["--loop", &passes.to_string(), "--fault", fault].map(str::to_owned));
        let ended = stream(programs, &robot)?;
        ensure!(ended.received == 2 * damaged, "{} of {} frames arrived", ended.received, 2 * damaged);
        let share = 100.0 * (ended.shown as f64 - damaged as f64) / damaged as f64;
        let figure = format!("{share:.1} % of {damaged}");
        rows.push(match goal {
            Some(most) => {
                Row::judged(format!("shown of frames with {what}"), figure, format!("<= {most} %"), share <= most)
            }
            None => Row::noted(format!("shown of frames with {what}"), figure),
        });
    }
    let (mut good, mut corrupt) = (0, 0);
    for video in VIDEOS {
        let path = ::fixtures::get(video).with_context(|| format!("{video} is not in the catalogue"))?.path();
        for quality in QUALITIES.step_by(QUALITY_STEP) {
            let ended = stream(
                programs,
                &["--video", &path.display().to_string(), "--quality", &quality.to_string()].map(str::to_owned),
            )?;
            good += ended.received;
            corrupt += ended.corrupt;
        }
        eprintln!("bench: {good} good frames up to {video}, of which {corrupt} were called corrupt");
    }
    let figure = format!("{corrupt} of {good}");
    rows.push(Row::judged("good frames called corrupt", figure, "0 of 10000", corrupt == 0 && good >= 10_000));
    Ok(rows)
}

/// Sends what `robot` says as fast as it goes to a viewer that takes every frame.
fn stream(programs: &Programs, robot: &[String]) -> Result<Ended> {
    let mut command = Command::new(programs.path("viewer")?);
    command.args(["--headless", "--listen", "127.0.0.1:0", "--once", "--every-frame", "--report", "-"]);
    let mut viewer = Running::start(&mut command)?;
    let addr = viewer.wait_for(Output::Stdout, PATIENCE, "its address", Event::listening)?;
    let mut command = Command::new(programs.path("robot-sim")?);
    let mut robot = Running::start(command.args(["--to", &addr, "--fps", "0"]).args(robot))?;
    // First its end: what it cannot understand, the viewer would wait for.
    let status = robot.exit(PATIENCE)?;
    ensure!(status.success(), "robot-sim ended with {status}\n{}", robot.transcript());
    let ended = loop {
        match viewer.next_line(Output::Stdout, PATIENCE) {
            Line::Text(line) => {
                if let Event::Ended(ended) = Event::parse(&line)? {
                    break ended;
                }
            }
            end => anyhow::bail!("the viewer's report has no end ({end:?})\n{}", viewer.transcript()),
        }
    };
    viewer.exit(PATIENCE)?;
    Ok(ended)
}

/// What robot-sim does to each frame, in words, and what share of the frames may be shown all the same, in percent: half of what
/// libjpeg-turbo alone lets pass, or what SECURITY.md promises; nothing where that is only told.
const FAULTS: [(&str, &str, Option<f64>); 9] = [
    ("zeros@*/2:200", "200 bytes of zeros", Some(5.85)),
    ("flip@*/2:20", "20 flipped bits", Some(2.3)),
    ("flip@*/2:1", "1 flipped bit", None),
    ("noise@*/2:200", "200 random bytes in a row", Some(1.0)),
    ("noise@*/2:16", "16 random bytes in a row", None),
    ("missing@*/2:200", "200 bytes missing", Some(1.0)),
    ("missing@*/2:16", "16 bytes missing", None),
    ("truncate@*/2:90%", "the last tenth missing", Some(0.0)),
    ("garbage@*/2", "random bytes instead", Some(0.0)),
];
const DAMAGED: usize = 540;
const VIDEOS: [&str; 4] = ["qr.mp4", "tags.mp4", "faces.mp4", "humans.mp4"];
/// Of 480 frames each.
const QUALITIES: RangeInclusive<u32> = 4..=100;
const QUALITY_STEP: usize = 4;
const PATIENCE: Duration = Duration::from_secs(120);
