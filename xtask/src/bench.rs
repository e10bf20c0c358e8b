//! Measures speed and size, and shows each figure beside its goal.
//!
//! ```text
//! pictures ──▶ course ──▶ live, detectors, reaction,   one measurement a file: rows with a goal
//! (JPEGs)      (viewer,   unpaced, many, scale, fair, grid
//!               robots,   page, keys, damage, crowd,
//!               usage)    throughput, receivers, original, fleet
//! ```

mod course;
mod crowd;
mod damage;
mod detectors;
mod fair;
mod fleet;
mod grid;
mod keys;
mod live;
mod many;
mod original;
mod page;
pub(crate) mod pictures;
mod reaction;
mod receivers;
mod scale;
mod throughput;
mod unpaced;

use anyhow::Result;
use xtask::cargo::{self, Programs};
use xtask::process;

use crate::args::Usage;
use crate::eval::take_switch;
use crate::rows::{self, Row};

/// What the user typed.
pub(crate) struct Args {
    chosen: Vec<&'static Measurement>,
    /// Whether the viewer is measured beside the original and others.
    original: Option<original::Args>,
}

impl Args {
    pub(crate) fn parse(typed: &[String]) -> Result<Self, Usage> {
        if typed.iter().any(|word| word == "--help" || word == "-h") {
            return Err(Usage::Help(HELP));
        }
        let (is_original, typed) = take_switch("--original", typed);
        let (names, options) = apart(&typed);
        let named = |word: &String| {
            let found = MEASUREMENTS.iter().chain([&FLEET]).find(|measurement| measurement.name == word);
            found.ok_or_else(|| Usage::Wrong(format!("unknown measurement {word:?}\n\n{HELP}")))
        };
        let mut chosen = names.iter().map(named).collect::<Result<Vec<_>, _>>()?;
        let original = original::Args::parse(HELP, &options)?;
        if !is_original && !original.is_empty() {
            return Err(Usage::Wrong(format!("{} goes with --original\n\n{HELP}", options[0])));
        }
        if chosen.is_empty() && !is_original {
            chosen.extend(MEASUREMENTS);
        }
        Ok(Self { chosen, original: is_original.then_some(original) })
    }
}

/// Names, and options with what follows each.
fn apart(typed: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut names, mut options) = (Vec::new(), Vec::new());
    let mut words = typed.iter();
    while let Some(word) = words.next() {
        if !word.starts_with("--") {
            names.push(word.clone());
            continue;
        }
        options.push(word.clone());
        if !word.contains('=') {
            options.extend(words.next().cloned());
        }
    }
    (names, options)
}

const HELP: &str = "\
Builds viewer and robot-sim for release and measures; all of it takes about eight minutes on two cores.
A figure that misses its goal makes the exit code 1. Other work on the machine shows in every figure.

Usage: cargo xtask bench [NAME]... [--original [--qr DIR] [--faces DIR] [--humans DIR]]

  live        one robot, 640x480, 30 a second, QR: frames, latency, memory; headless and in a window
  detectors   one robot with all detectors at 640x480, 1920x1080 and 320x240: frames, latency, answers a second, CPU
  reaction    drawn drives with all detectors: how soon, how old and how far off boxes are
  unpaced     one robot as fast as every frame is decoded, beside the recipe's receiver in Python
  many        64 robots, 320x240, 30 a second, no detection: frames, CPU, latency, memory
  scale       what 1, 4, 16, 64 and 256 robots cost
  fair        4 robots, all detectors: whether each robot gets its share of the answers
  grid        9 robots in the window: frames, latency
  page        a page in Chromium: how old pictures are there; what twenty pages cost the viewer and its window
  keys        how soon q works in a window to which no frame comes
  damage      how many damaged frames are shown all the same, and that no good one is called damaged
  crowd       one robot beside 1,000 peers that are silent, slow, or send something else: frames, age, memory
  throughput  robot-sim without pacing into a plain reader, beside a plain writer into the same reader
  wire        encoding and decoding of the wire format, beside a plain copy of the same bytes
  fleet       fleets of 1 to 64 robots and 1 to 4 workers: frames, age, CPU of each part; one beside the plain wire. It takes
              about five minutes, and Zenoh is built first

Without a name all but fleet are measured, in this order. Without a display, windows open on one in memory (Xvfb).

  --original  the viewer beside the original, the Python program that it replaces: its calls on the same pictures, their
              processor time, and what both find; and beside the recipe's receiver and imagezmq: pictures a second, and how
              old they are. It takes about six minutes. Python's packages are fetched from PyPI into target/baseline the
              first time; zbar's library has to be there (apt-get install libzbar0). docs/bench.md says what is compared.
  --qr DIR, --faces DIR, --humans DIR
              with --original: labelled photos as well, as `cargo xtask eval` takes them
";

/// Something to measure by its name on the command line.
struct Measurement {
    name: &'static str,
    measure: fn(&Programs) -> Result<Vec<Row>>,
}

const MEASUREMENTS: &[Measurement] = &[
    Measurement { name: "live", measure: live::measure },
    Measurement { name: "detectors", measure: detectors::measure },
    Measurement { name: "reaction", measure: reaction::measure },
    Measurement { name: "unpaced", measure: unpaced::measure },
    Measurement { name: "many", measure: many::measure },
    Measurement { name: "scale", measure: scale::measure },
    Measurement { name: "fair", measure: fair::measure },
    Measurement { name: "grid", measure: grid::measure },
    Measurement { name: "page", measure: page::measure },
    Measurement { name: "keys", measure: keys::measure },
    Measurement { name: "damage", measure: damage::measure },
    Measurement { name: "crowd", measure: crowd::measure },
    Measurement { name: "throughput", measure: throughput::measure },
    Measurement { name: "wire", measure: wire },
];

/// Only where it is asked for: most people have no fleet, and its engine takes minutes to build.
const FLEET: Measurement = Measurement { name: "fleet", measure: fleet::measure };

pub(crate) fn run(args: Args) -> Result<()> {
    let original = args.original.map(original::Args::prepare).transpose()?;
    let with_fleet = args.chosen.iter().any(|measurement| measurement.name == FLEET.name);
    let programs =
        if with_fleet { cargo::build_fleet_for_release("bench") } else { cargo::build_for_release("bench") }?;
    let mut rows = Vec::new();
    for measurement in args.chosen {
        rows.extend(measured(measurement.name, (measurement.measure)(&programs)));
    }
    if let Some(original) = original {
        rows.extend(measured("original", original::measure(&programs, original)));
    }
    rows::print(&rows)
}

/// The rows of a measurement; one that failed must not hide the figures of the others.
fn measured(name: &str, rows: Result<Vec<Row>>) -> Vec<Row> {
    rows.unwrap_or_else(|error| {
        eprintln!("bench: {name}: {error:#}");
        vec![Row::judged(name, "not measured", "see above", false)]
    })
}

/// Runs the crate's own benchmarks, which print a table of their own.
fn wire(_: &Programs) -> Result<Vec<Row>> {
    let mut protocol = cargo::command();
    protocol.args(["bench", "--package", "protocol"]);
    eprintln!(
        "bench: {}, which builds the benchmarks first: a minute, if they are not built yet",
        process::title(&protocol)
    );
    process::run(&mut protocol)?;
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Args, Usage> {
        Args::parse(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_named_measurements_are_chosen_and_without_a_name_all() {
        let names = |words: &[&str]| -> Vec<&str> {
            parse(words).ok().unwrap().chosen.iter().map(|measurement| measurement.name).collect()
        };
        assert_eq!(names(&["fleet", "live"]), ["fleet", "live"]);
        assert_eq!((names(&[]).len(), names(&[]).contains(&"fleet")), (MEASUREMENTS.len(), false));
    }

    #[test]
    fn the_original_is_measured_only_where_that_is_asked_for() {
        let args = |words: &[&str]| parse(words).ok().unwrap();
        assert!(args(&[]).original.is_none());
        let alone = args(&["--original", "--faces", "f"]);
        assert!(alone.original.is_some_and(|original| !original.is_empty()) && alone.chosen.is_empty());
        let both = args(&["live", "--original"]);
        assert!(both.original.is_some() && both.chosen.len() == 1);
        let Err(Usage::Wrong(message)) = parse(&["--faces", "f"]) else { panic!("accepted") };
        assert!(message.starts_with("--faces goes with --original"), "{message}");
    }

    #[test]
    fn every_measurement_is_in_the_help() {
        for measurement in MEASUREMENTS.iter().chain([&FLEET]) {
            assert!(HELP.contains(&format!("\n  {} ", measurement.name)), "{}", measurement.name);
        }
    }

    #[test]
    fn a_name_that_is_not_known_is_quoted() {
        let Err(Usage::Wrong(message)) = parse(&["live", "mny"]) else { panic!("accepted") };
        assert!(message.contains("\"mny\"") && message.contains("many"), "{message}");
    }
}
