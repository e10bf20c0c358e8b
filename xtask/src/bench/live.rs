//! The live picture: are all frames shown, how late, and in how much memory?

#![expect(clippy::disallowed_methods, reason = "memory is sampled by the clock")]

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use xtask::cargo::Programs;
use xtask::process::{Line, Output, Running};
use xtask::report::{Ended, Event};

use super::Row;
use super::memory::Resident;

/// Where the pictures are shown.
pub(super) enum Screen {
    None,
    /// On the display of this name, or the one that is there.
    Window(Option<String>),
}

/// Streams the video three times through in real time, and judges what the viewer made of it.
pub(super) fn measure(programs: &Programs, screen: &Screen) -> Result<Vec<Row>> {
    let name = match screen {
        Screen::None => "headless",
        Screen::Window(_) => "window",
    };
    eprintln!("bench: {name}, 640x480 at 30 a second, QR on, for {} s", 10 * PASSES);
    let (ended, resident) = stream(programs, screen)?;
    let sent = FRAMES * PASSES;
    let (p50, p99) = ended.latency_ms.context("the viewer reported no latency")?;
    let all = ended.received == sent && ended.shown == sent;
    let (peak, growth) = (mib(resident.peak().cast_signed()), mib(resident.growth()));
    Ok(vec![
        Row::judged(format!("{name}: frames shown"), format!("{} of {sent}", ended.shown), "every one", all),
        Row::noted(format!("{name}: last byte to window, p50"), format!("{p50:.2} ms")),
        Row::judged(format!("{name}: last byte to window, p99"), format!("{p99:.2} ms"), "<= 8 ms", p99 <= 8.0),
        Row::judged(format!("{name}: resident memory, peak"), format!("{peak:.1} MB"), "<= 150 MB", peak <= 150.0),
        Row::judged(format!("{name}: resident memory, growth"), format!("{growth:+.1} MB"), "<= 2 MB", growth <= 2.0),
    ])
}

fn stream(programs: &Programs, screen: &Screen) -> Result<(Ended, Resident)> {
    let mut command = Command::new(programs.path("viewer")?);
    command.args(["--listen", "127.0.0.1:0", "--detect", "qr", "--report", "-", "--once"]);
    match screen {
        Screen::None => command.arg("--headless"),
        Screen::Window(Some(display)) => command.env("DISPLAY", display).env_remove("WAYLAND_DISPLAY"),
        Screen::Window(None) => &mut command,
    };
    let mut viewer = Running::start(&mut command)?;
    let listening = viewer.wait_for(Output::Stdout, PATIENCE, "its address", |line| match Event::parse(line) {
        Ok(Event::Listening { addr }) => Some(addr),
        _ => None,
    });
    let address = listening.with_context(|| viewer.transcript())?;

    let mut command = Command::new(programs.path("robot-sim")?);
    command.arg("--video").arg(::fixtures::dir().join("qr.mp4"));
    command.args(["--loop", &PASSES.to_string(), "--to", &address]);
    let mut robot = Running::start(&mut command)?;
    let outcome = watch(&mut viewer);
    let (ended, resident) = outcome.with_context(|| viewer.transcript()).with_context(|| robot.transcript())?;
    let status = robot.exit(PATIENCE)?;
    ensure!(status.success(), "robot-sim ended with {status}\n{}", robot.transcript());
    Ok((ended, resident))
}

fn watch(viewer: &mut Running) -> Result<(Ended, Resident)> {
    let mut resident = Resident::default();
    let deadline = Instant::now() + Duration::from_secs(10 * PASSES) + PATIENCE;
    let mut due = Instant::now();
    loop {
        if let Line::Text(line) = viewer.next_line(Output::Stdout, SAMPLE)
            && let Event::Ended(ended) = Event::parse(&line)?
        {
            return Ok((ended, resident));
        }
        if Instant::now() >= due {
            resident.sample(viewer.id())?;
            due += SAMPLE;
        }
        if Instant::now() >= deadline {
            bail!("the stream did not come to its end");
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "megabytes are shown with one decimal")]
fn mib(bytes: i64) -> f64 {
    bytes as f64 / 1e6
}

/// Frames of fixtures/qr.mp4.
const FRAMES: u64 = 300;
const PASSES: u64 = 3;
const SAMPLE: Duration = Duration::from_millis(250);
const PATIENCE: Duration = Duration::from_secs(20);
