//! Shows both programs at work: a simulated robot drives past QR codes, and the viewer reads them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use xtask::cargo::{self, Programs};
use xtask::display;
use xtask::process::{self, Line, Output, Running};
use xtask::report::{Ended, Event};

use crate::args::{Usage, switches};
use crate::fleet::Fleet;
use crate::setup::{self, Purpose};

/// What the user typed.
pub(crate) struct Args {
    headless: bool,
    web: bool,
    fleet: bool,
    no_setup: bool,
}

impl Args {
    pub(crate) fn parse(typed: &[String]) -> Result<Self, Usage> {
        let [headless, web, fleet, no_setup] = switches(HELP, ["--headless", "--web", "--fleet", "--no-setup"], typed)?;
        Ok(Self { headless, web, fleet, no_setup })
    }
}

const HELP: &str = "\
Sets up what is missing, builds viewer and robot-sim, and lets viewer show fixtures/qr.mp4 while robot-sim streams it.
Each QR code is printed when it is first read; annotated pictures are left in target/demo.

Usage: cargo xtask demo [--headless | --web] [--fleet] [--no-setup]

  --web       shows four robots on a page for browsers instead, until Ctrl-C; so it does where no display is
  --fleet     shows four robots of a fleet: they dial a gateway, two workers search their pictures, and the viewer shows both
  --headless  opens no window even where a display is, and ends with the video
  --no-setup  installs no system packages
";

pub(crate) fn run(args: Args) -> Result<()> {
    if !args.no_setup {
        setup::ensure(Purpose::Demo)?;
    }
    let programs = if args.fleet { cargo::build_fleet_for_release("demo") } else { cargo::build_for_release("demo") }?;
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed)).context("cannot watch for Ctrl-C")?;
    annotate(&programs)?;
    let show = |programs: &Programs, screen: Screen| show(programs, screen, args.fleet);
    let seen = match (args.headless, args.web, display::usable()) {
        (true, _, _) => show(&programs, Screen::None)?,
        (false, true, _) => show(&programs, Screen::Page)?,
        // With nobody at a terminal, nobody would end it.
        (false, false, None) if !io::stderr().is_terminal() => {
            eprintln!("demo: no display is here (DISPLAY), so it runs headless for the ten seconds of the video");
            show(&programs, Screen::None)?
        }
        (false, false, None) => {
            eprintln!("demo: no display is here (DISPLAY), so it shows robots on a page for browsers");
            show(&programs, Screen::Page)?
        }
        (false, false, Some(name)) => {
            eprintln!("demo: opening a window on display {name}; q in it or Ctrl-C here ends the demo");
            match show(&programs, Screen::Window) {
                Ok(seen) => seen,
                Err(error) if !INTERRUPTED.load(Ordering::Relaxed) => {
                    eprintln!("demo: the window did not work: {error:#}\ndemo: running headless instead");
                    show(&programs, Screen::None)?
                }
                Err(error) => return Err(error),
            }
        }
    };
    seen.summarise();
    Ok(())
}

/// Where the viewer shows what it gets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Screen {
    /// Until it is closed; the robot drives round and round.
    Window,
    /// On a page in browsers, until Ctrl-C; so do four robots.
    Page,
    /// Nowhere; once through the video.
    None,
}

/// What was read in the robot's stream.
#[derive(Default)]
struct Seen {
    codes: BTreeSet<String>,
    ended: Vec<Ended>,
}

impl Seen {
    fn take(&mut self, event: Event) {
        match event {
            Event::Frame(frame) => {
                for found in frame.detections.into_iter().filter(|found| found.kind == "qr") {
                    if !self.codes.contains(&found.payload) {
                        // A code may hold anything, terminal control sequences too.
                        println!("frame {:>4}: {}", frame.seq, found.payload.escape_debug());
                        self.codes.insert(found.payload);
                    }
                }
            }
            Event::Ended(ended) => self.ended.push(ended),
            Event::Listening { .. }
            | Event::Connected { .. }
            | Event::Corrupt { .. }
            | Event::Lost { .. }
            | Event::Recording { .. }
            | Event::Unreachable { .. } => {}
        }
    }

    fn summarise(&self) {
        let sum = |count: fn(&Ended) -> u64| self.ended.iter().map(count).sum::<u64>();
        println!(
            "demo: {} of the video's {} codes read; {} frames received, {} shown, {} dropped, {} corrupt",
            self.codes.len(),
            ::fixtures::get("qr.mp4").map_or(0, |video| video.codes.len()),
            sum(|ended| ended.received),
            sum(|ended| ended.shown),
            sum(|ended| ended.dropped),
            sum(|ended| ended.corrupt),
        );
        eprintln!("demo: annotated pictures are in {}", pictures().display());
    }
}

/// Runs the viewer, and the robot as soon as there is an address to dial, until either the video or the user ends it.
fn show(programs: &Programs, screen: Screen, with_fleet: bool) -> Result<Seen> {
    let sources = sources(screen, with_fleet);
    let kinds = if sources.len() > 1 { "qr,tags,faces,humans" } else { "qr" };
    let fleet = if with_fleet { Some(Fleet::start(programs, "demo", 2, kinds, sources.len())?) } else { None };
    let mut command = Command::new(programs.path("viewer")?);
    command.args(["--report", "-", "--detect", kinds]);
    match &fleet {
        Some(fleet) => command.args(["--zenoh", &fleet.router]),
        None => command.args(["--listen", "127.0.0.1:0"]),
    };
    match screen {
        Screen::Window => {}
        Screen::Page => _ = command.args(["--headless", "--web", page_address()]),
        Screen::None => _ = command.args(["--headless", "--once", &sources.len().to_string()]),
    }
    let mut viewer = Running::start(&mut command)?;
    let address = match &fleet {
        Some(fleet) => Ok(fleet.gateway.clone()),
        None => viewer.wait_for(Output::Stdout, START, "a line saying where it listens", Event::listening),
    };
    let address = address.with_context(|| viewer.transcript())?;
    if screen == Screen::Page {
        let url = |line: &str| line.strip_prefix("the page is at ").map(str::to_owned);
        let url = viewer.wait_for(Output::Stderr, START, "the address of its page", url);
        let url = url.with_context(|| viewer.transcript())?;
        eprintln!("demo: open {url} in a browser on this machine; Ctrl-C here ends the demo");
    }
    let mut robots = Vec::new();
    for source in sources {
        let mut command = Command::new(programs.path("robot-sim")?);
        command.args(source).args(["--to", &address, "--connect-timeout", "10"]);
        if screen != Screen::None {
            command.arg("--loop");
        }
        eprintln!("demo: {}", process::title(&command));
        robots.push(Running::start(&mut command)?);
    }
    watch(&mut viewer, &mut robots)
}

/// What the robots play: one drives past QR codes, and the others see other things.
fn sources(screen: Screen, with_fleet: bool) -> Vec<[String; 2]> {
    let fixture = |name: &str| ::fixtures::dir().join(name).display().to_string();
    let mut sources = vec![["--video".to_owned(), fixture("qr.mp4")]];
    if screen == Screen::Page || with_fleet {
        sources.extend(["tags.mp4", "faces.mp4", "humans.mp4"].map(|video| ["--video".to_owned(), fixture(video)]));
    }
    sources
}

/// The usual address of a page, or any if another program has that.
fn page_address() -> &'static str {
    const USUAL: &str = "127.0.0.1:8080";
    if process::is_free(USUAL) { USUAL } else { "127.0.0.1:0" }
}

fn watch(viewer: &mut Running, robots: &mut [Running]) -> Result<Seen> {
    let mut seen = Seen::default();
    let mut silence = Duration::ZERO;
    loop {
        match viewer.next_line(Output::Stdout, LOOK_UP) {
            Line::Text(line) => {
                seen.take(Event::parse(&line)?);
                silence = Duration::ZERO;
            }
            Line::Closed => break,
            Line::Quiet => silence += LOOK_UP,
        }
        for robot in robots.iter_mut().filter(|_| silence >= GOODBYE) {
            if !robot.is_running() {
                bail!("the robot ended, but the viewer still waits for one\n{}", robot.transcript());
            }
        }
        // On a terminal Ctrl-C reached the viewer as well, and asking it twice would cut its output short.
        if INTERRUPTED.swap(false, Ordering::Relaxed) && viewer.exit(GOODBYE / 5).is_err() {
            viewer.interrupt()?;
        }
    }
    let status = viewer.exit(GOODBYE).with_context(|| viewer.transcript())?;
    if !status.success() {
        bail!("the viewer ended with {status}\n{}", viewer.transcript());
    }
    Ok(seen)
}

/// Lets the viewer read still pictures and leave annotated copies of them.
fn annotate(programs: &Programs) -> Result<()> {
    let directory = pictures();
    fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
    let mut command = Command::new(programs.path("viewer")?);
    command
        .arg("detect")
        .args(::fixtures::stills().map(::fixtures::Fixture::path))
        .args(["--detect", "qr", "--annotate"])
        .arg(&directory);
    let mut detect = Running::start(&mut command)?;
    let status = detect.exit(ANNOTATE).with_context(|| detect.transcript())?;
    if !status.success() {
        bail!("reading still pictures ended with {status}\n{}", detect.transcript());
    }
    eprintln!("demo: still pictures from fixtures/jpeg, with what was found in them, are in {}", directory.display());
    Ok(())
}

fn pictures() -> PathBuf {
    cargo::output_folder("demo")
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

const START: Duration = Duration::from_secs(20);
const LOOK_UP: Duration = Duration::from_millis(100);
const GOODBYE: Duration = Duration::from_secs(5);
const ANNOTATE: Duration = Duration::from_secs(120);
