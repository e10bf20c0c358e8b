//! Measures speed and size, and sets each figure beside its target.

mod keys;
mod live;
mod memory;
mod throughput;

use anyhow::{Result, bail};
use xtask::cargo::{self, Profile};
use xtask::display::{self, Virtual};
use xtask::process;

use crate::args::{Usage, switches};
use live::Screen;

/// What the user typed: nothing, as a figure that depends on options compares with no other.
pub(crate) struct Args;

impl Args {
    pub(crate) fn parse(typed: &[String]) -> Result<Self, Usage> {
        switches(HELP, [], typed).map(|[]| Self)
    }
}

const HELP: &str = "\
Builds for release and measures, for about two minutes:
  - the live picture at 640x480, 30 a second, QR on, headless and in a window: frames, latency, memory
  - how soon q works in a window to which no frame comes
  - robot-sim without pacing into a plain reader, beside a plain writer into the same reader
  - encoding and decoding of the wire format, beside a plain copy of the same bytes
A figure that misses its target makes the exit code 1. Other work on the machine shows in every figure.

Usage: cargo xtask bench
";

pub(crate) fn run(_: Args) -> Result<()> {
    eprintln!("bench: building for release; the first time this takes some minutes");
    let programs = cargo::build(Profile::Release, &[])?;
    let mut rows = Vec::new();

    rows.extend(live::measure(&programs, &Screen::None)?);
    let memory_only = if display::usable().is_none() { Some(Virtual::start()?) } else { None };
    let name = memory_only.as_ref().map(|display| display.name().to_owned());
    rows.extend(live::measure(&programs, &Screen::Window(name))?);
    rows.extend(keys::measure(&programs)?);
    rows.extend(throughput::measure(&programs)?);

    let mut protocol = cargo::command();
    protocol.args(["bench", "--package", "protocol"]);
    eprintln!("bench: {}", process::title(&protocol));
    process::run(&mut protocol)?;

    println!("\n{:<44} {:>22} {:>22}", "measured", "figure", "target");
    for row in &rows {
        println!("{:<44} {:>22} {:>22}  {}", row.what, row.figure, row.target, row.verdict.word());
    }
    match rows.iter().filter(|row| row.verdict == Verdict::Missed).count() {
        0 => Ok(()),
        missed => bail!("{missed} of {} figures miss their targets; is the machine doing something else?", rows.len()),
    }
}

/// One line of the table.
struct Row {
    what: String,
    figure: String,
    target: String,
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Met,
    Missed,
    /// It has no target and only helps to read the others.
    Note,
}

impl Row {
    fn judged(what: impl Into<String>, figure: String, target: impl Into<String>, met: bool) -> Self {
        let verdict = if met { Verdict::Met } else { Verdict::Missed };
        Self { what: what.into(), figure, target: target.into(), verdict }
    }

    fn noted(what: impl Into<String>, figure: String) -> Self {
        Self { what: what.into(), figure, target: String::new(), verdict: Verdict::Note }
    }
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "MISSED",
            Self::Note => "",
        }
    }
}
