//! Hours of everything at once: four robots with random faults that come and go, all detectors, a window and a page.
//!
//! ```text
//! robots ──▶ viewer ──▶ report ──▶ tally ──▶ table and plot
//! (killed,   (release)     usage of /proc ──┘
//!  dialled
//!  again)
//! ```

#![expect(clippy::disallowed_methods, reason = "everything here is over time")]

mod plot;
mod robots;
mod tally;

use std::fs;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use xtask::cargo::{self, Programs};
use xtask::display::Virtual;
use xtask::process::{Line, Output, Running, free_address};
use xtask::report::Event;
use xtask::usage::Usage;
use xtask::web;

use self::robots::Robots;
use self::tally::Tally;
use crate::args::Usage as Typed;
use crate::bench::pictures;
use crate::chromium::Browser;
use crate::rows;

/// What the user typed.
pub(crate) struct Args {
    minutes: u64,
    seed: u64,
}

impl Args {
    pub(crate) fn parse(typed: &[String]) -> Result<Self, Typed> {
        let mut args = Self { minutes: 10, seed: 1 };
        let mut words = typed.iter();
        while let Some(word) = words.next() {
            let wrong = |what: String| Typed::Wrong(format!("{what}\n\n{HELP}"));
            let mut number = |least: u32| {
                let number = words.next().and_then(|word| word.parse().ok()).filter(|number: &u32| *number >= least);
                number.ok_or_else(|| wrong(format!("{word} wants a number from {least} to {}", u32::MAX)))
            };
            match word.as_str() {
                "--help" | "-h" => return Err(Typed::Help(HELP)),
                "--minutes" => args.minutes = number(1)?.into(),
                "--seed" => args.seed = number(0)?.into(),
                other => return Err(wrong(format!("unknown option {other:?}"))),
            }
        }
        Ok(args)
    }
}

const HELP: &str = "\
Lets four robots stream to one viewer that looks for everything, in a window on a display in memory and on a page in Chromium if
that is installed. The robots send damaged frames, stall, hang up, are killed and come back, at random. It fails if memory, threads,
open files or the age of pictures have grown from the second third of the time to the last; of less than half an hour that says
little. Prints figures beside their goals; target/soak has a plot and all samples. Ctrl-C ends it early, and reports what there is.

Usage: cargo xtask soak [--minutes N] [--seed N]

  --minutes N  how long; 10 unless given
  --seed N     other faults at other times; 1 unless given
";

pub(crate) fn run(args: Args) -> Result<()> {
    let programs = cargo::build_for_release("soak")?;
    let folder = cargo::output_folder("soak");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut robots = Robots::new(&programs, args.seed, ROBOTS.map(|video| pictures::of_video(&programs, video, SIZE)))?;
    // Until here Ctrl-C ends it at once.
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed)).context("cannot watch for Ctrl-C")?;

    let display = Virtual::start()?;
    let page = free_address()?;
    let mut viewer = Running::start(&mut viewer(&programs, &display, &page)?)?;
    let address = viewer.wait_for(Output::Stdout, PATIENCE, "the address it listens on", Event::listening);
    let address = address.with_context(|| viewer.transcript())?;
    let browser = Browser::open(&page);
    if let Err(error) = &browser {
        eprintln!("soak: goes on without a page: {error:#}");
    }
    eprintln!("soak: {} minutes; Ctrl-C ends it with what there is until then", args.minutes);
    let mut tally = Tally::default();
    let outcome = play(Duration::from_secs(60 * args.minutes), &mut viewer, &address, &mut robots, &mut tally);
    tally.drawn_on_page = browser.is_ok().then(|| drawn(&page)).flatten();
    robots.end();

    let (plot, samples) = (folder.join("soak.svg"), folder.join("samples.csv"));
    fs::write(&plot, plot::svg(&tally.title(), &tally.panels()))
        .with_context(|| format!("cannot write {}", plot.display()))?;
    fs::write(&samples, tally.csv()).with_context(|| format!("cannot write {}", samples.display()))?;
    println!("\n{}\na plot: {}\nits samples: {}", tally.title(), plot.display(), samples.display());
    outcome.with_context(|| viewer.transcript())?;
    // On a terminal Ctrl-C has reached the viewer as well, and its display.
    if !is_interrupted() {
        viewer.interrupt()?;
        let status = viewer.exit(PATIENCE).with_context(|| viewer.transcript())?;
        ensure!(status.success(), "the viewer ended with {status}\n{}", viewer.transcript());
        check_for_panics(&viewer)?;
    }
    rows::print(&tally.rows(robots.counts(), browser.is_ok()))
}

fn viewer(programs: &Programs, display: &Virtual, page: &str) -> Result<Command> {
    let mut command = Command::new(programs.path("viewer")?);
    command.args(["--listen", "127.0.0.1:0", "--report", "-", "--robots", "4", "--detect", "qr,tags,faces,humans"]);
    command.args(["--web", page]).env("DISPLAY", display.name()).env_remove("WAYLAND_DISPLAY");
    Ok(command)
}

/// Follows the report for so long, and takes a sample every few seconds.
fn play(time: Duration, viewer: &mut Running, address: &str, robots: &mut Robots, tally: &mut Tally) -> Result<()> {
    let (started, mut heard, mut due) = (Instant::now(), Instant::now(), Instant::now() + SAMPLE);
    let mut said = Duration::ZERO;
    while started.elapsed() < time && !is_interrupted() {
        robots.step(address)?;
        // As many lines as there are, but not for ever.
        for _ in 0..1000 {
            match viewer.next_line(Output::Stdout, TURN) {
                Line::Text(line) => {
                    heard = Instant::now();
                    tally.take(&Event::parse(&line)?)?;
                }
                Line::Closed if is_interrupted() => return Ok(()),
                Line::Closed => bail!("the viewer has ended its report"),
                Line::Quiet => break,
            }
        }
        ensure!(heard.elapsed() < PATIENCE, "the viewer has reported nothing for {} s", PATIENCE.as_secs());
        if Instant::now() < due {
            continue;
        }
        due += SAMPLE;
        match Usage::of(viewer.id())? {
            Some(usage) => tally.sample(started.elapsed(), usage),
            None if is_interrupted() => return Ok(()),
            None => bail!("the viewer has ended"),
        }
        check_for_panics(viewer)?;
        if started.elapsed() - said >= SAY {
            said = started.elapsed();
            eprintln!("soak: {}", tally.title());
        }
    }
    Ok(())
}

fn check_for_panics(viewer: &Running) -> Result<()> {
    match viewer.lines(Output::Stderr).iter().find(|line| line.contains("panicked")) {
        Some(line) => bail!("the viewer panicked: {line}"),
        None => Ok(()),
    }
}

/// How many pictures the page has drawn, if the viewer can say so.
fn drawn(page: &str) -> Option<u64> {
    let metrics = web::get(page, "/metrics", &[]).ok()?.text();
    metrics.lines().find_map(|line| line.strip_prefix("robot_vision_page_age_seconds_count ")?.trim().parse().ok())
}

fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// What each robot films.
const ROBOTS: [&str; 4] = ["qr.mp4", "faces.mp4", "humans.mp4", "tags.mp4"];
const SIZE: &str = "640x480";
/// Short beside what anything here waits for.
const TURN: Duration = Duration::from_millis(5);
const SAMPLE: Duration = Duration::from_secs(5);
const SAY: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Args, Typed> {
        Args::parse(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn minutes_and_seed_are_numbers() {
        let args = parse(&["--minutes", "90", "--seed", "0"]).ok().unwrap();
        assert_eq!((args.minutes, args.seed), (90, 0));
        for words in [&["--minutes"][..], &["--minutes", "0"], &["--minutes", "x"], &["--hours", "1"]] {
            let Err(Typed::Wrong(message)) = parse(words) else { panic!("{words:?} is accepted") };
            assert!(message.contains(words[0]) && message.contains("Usage:"), "{message}");
        }
    }
}
