//! Measures speed and size, and shows each figure beside its goal.
//!
//! ```text
//! pictures ──▶ course ──▶ live, detectors, reaction,   one measurement a file: rows with a goal
//! (JPEGs)      (viewer,   unpaced, fleet, scale, fair, grid
//!               robots,   keys, throughput
//!               usage)
//! ```

mod course;
mod detectors;
mod fair;
mod fleet;
mod grid;
mod keys;
mod live;
mod pictures;
mod reaction;
mod scale;
mod throughput;
mod unpaced;
mod usage;

use anyhow::{Result, bail};
use xtask::cargo::{self, Programs};
use xtask::process;

use crate::args::Usage;

/// What the user typed.
pub(crate) struct Args {
    chosen: Vec<&'static Measurement>,
}

impl Args {
    pub(crate) fn parse(typed: &[String]) -> Result<Self, Usage> {
        if typed.iter().any(|word| word == "--help" || word == "-h") {
            return Err(Usage::Help(HELP));
        }
        let named = |word: &String| {
            let found = MEASUREMENTS.iter().find(|measurement| measurement.name == word);
            found.ok_or_else(|| Usage::Wrong(format!("unknown measurement {word:?}\n\n{HELP}")))
        };
        let mut chosen = typed.iter().map(named).collect::<Result<Vec<_>, _>>()?;
        if chosen.is_empty() {
            chosen.extend(MEASUREMENTS);
        }
        Ok(Self { chosen })
    }
}

const HELP: &str = "\
Builds viewer and robot-sim for release and measures; all of it takes about six minutes on two cores.
A figure that misses its goal makes the exit code 1. Other work on the machine shows in every figure.

Usage: cargo xtask bench [NAME]...

  live        one robot, 640x480, 30 a second, QR: frames, latency, memory; headless and in a window
  detectors   the same with all detectors: frames, latency
  reaction    drawn drives with all detectors: how soon, how old and how far off boxes are
  unpaced     one robot as fast as every frame is decoded, beside the recipe's receiver in Python
  fleet       64 robots, 320x240, 30 a second, no detection: frames, CPU, latency, memory
  scale       what 1, 4, 16, 64 and 256 robots cost
  fair        4 robots, all detectors: whether each robot gets its share of the answers
  grid        9 robots in the window: frames, latency
  keys        how soon q works in a window to which no frame comes
  throughput  robot-sim without pacing into a plain reader, beside a plain writer into the same reader
  wire        encoding and decoding of the wire format, beside a plain copy of the same bytes

Without a name all are measured, in this order. Without a display, windows open on one in memory (Xvfb).
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
    Measurement { name: "fleet", measure: fleet::measure },
    Measurement { name: "scale", measure: scale::measure },
    Measurement { name: "fair", measure: fair::measure },
    Measurement { name: "grid", measure: grid::measure },
    Measurement { name: "keys", measure: keys::measure },
    Measurement { name: "throughput", measure: throughput::measure },
    Measurement { name: "wire", measure: wire },
];

pub(crate) fn run(args: Args) -> Result<()> {
    let programs = cargo::build_for_release("bench")?;
    let mut rows = Vec::new();
    for measurement in args.chosen {
        // One that fails must not hide the figures of the others.
        match (measurement.measure)(&programs) {
            Ok(more) => rows.extend(more),
            Err(error) => {
                eprintln!("bench: {}: {error:#}", measurement.name);
                rows.push(Row::judged(measurement.name, "not measured", "see above", false));
            }
        }
    }
    if !rows.is_empty() {
        println!("\n{:<48} {:>22} {:>22}", "measured", "figure", "goal");
    }
    for row in &rows {
        println!("{:<48} {:>22} {:>22}  {}", row.what, row.figure, row.goal, row.verdict.word());
    }
    match rows.iter().filter(|row| row.verdict == Verdict::Missed).count() {
        0 => Ok(()),
        missed => bail!("{missed} of {} figures miss their goals; is the machine doing something else?", rows.len()),
    }
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

/// One line of the table.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    what: String,
    figure: String,
    goal: String,
    verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Met,
    Missed,
    /// It has no goal and only helps to read the others.
    Note,
}

impl Row {
    fn judged(what: impl Into<String>, figure: impl Into<String>, goal: impl Into<String>, met: bool) -> Self {
        let verdict = if met { Verdict::Met } else { Verdict::Missed };
        Self { what: what.into(), figure: figure.into(), goal: goal.into(), verdict }
    }

    /// A figure in `unit` that must not exceed `limit`.
    fn at_most(what: impl Into<String>, figure: f64, limit: f64, unit: &str) -> Self {
        Self::judged(what, format!("{figure:.2} {unit}"), format!("<= {limit} {unit}"), figure <= limit)
    }

    /// A figure in `unit` that must reach `limit`.
    fn at_least(what: impl Into<String>, figure: f64, limit: f64, unit: &str) -> Self {
        Self::judged(what, format!("{figure:.2} {unit}"), format!(">= {limit} {unit}"), figure >= limit)
    }

    fn noted(what: impl Into<String>, figure: impl Into<String>) -> Self {
        Self { what: what.into(), figure: figure.into(), goal: String::new(), verdict: Verdict::Note }
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
        assert_eq!(names(&[]).len(), MEASUREMENTS.len());
    }

    #[test]
    fn every_measurement_is_in_the_help() {
        for measurement in MEASUREMENTS {
            assert!(HELP.contains(&format!("\n  {} ", measurement.name)), "{}", measurement.name);
        }
    }

    #[test]
    fn a_name_that_is_not_known_is_quoted() {
        let Err(Usage::Wrong(message)) = parse(&["live", "flet"]) else { panic!("accepted") };
        assert!(message.contains("\"flet\"") && message.contains("fleet"), "{message}");
    }

    #[test]
    fn a_figure_meets_its_limit_when_it_is_equal_to_it() {
        let verdict = |row: Row| row.verdict;
        assert_eq!(verdict(Row::at_most("a", 8.0, 8.0, "ms")), Verdict::Met);
        assert_eq!(verdict(Row::at_most("a", 8.01, 8.0, "ms")), Verdict::Missed);
        assert_eq!(verdict(Row::at_least("a", 0.7, 0.7, "")), Verdict::Met);
        assert_eq!(verdict(Row::at_least("a", 0.69, 0.7, "")), Verdict::Missed);
        assert_eq!(Row::at_most("a", 1.0, 8.0, "ms").goal, "<= 8 ms");
    }
}
