//! Fuzzes everything that reads bytes from elsewhere, with libFuzzer.

#![expect(clippy::disallowed_methods, reason = "several fuzzers run side by side")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context as _, Result, bail, ensure};
use xtask::{cargo, process, seeds};

use crate::args::Usage;
use crate::tools::{self, Tool};

/// What the user typed.
pub(crate) struct Args {
    seconds: u64,
    targets: Vec<String>,
}

impl Args {
    pub(crate) fn parse(typed: &[String]) -> Result<Self, Usage> {
        let wrong = |what: String| Usage::Wrong(format!("{what}\n\n{HELP}"));
        let mut args = Self { seconds: 60, targets: Vec::new() };
        let mut words = typed.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--help" | "-h" => return Err(Usage::Help(HELP)),
                "--seconds" => {
                    let seconds = words.next().and_then(|word| word.parse().ok()).filter(|seconds| *seconds > 0);
                    args.seconds = seconds.ok_or_else(|| wrong("--seconds wants a number from 1".to_owned()))?;
                }
                target if TARGETS.contains(&target) => args.targets.push(target.to_owned()),
                other => return Err(wrong(format!("unknown target {other:?}"))),
            }
        }
        if args.targets.is_empty() {
            args.targets = TARGETS.map(str::to_owned).into();
        }
        Ok(args)
    }
}

const HELP: &str = "\
Fuzzes everything that reads bytes from elsewhere, and prints how often each was run. A finding is kept, and ends with an error.

Usage: cargo xtask fuzz [--seconds N] [TARGET]...

  --seconds N  how long each target is fuzzed, one on each core at once; 60 unless given

Targets: length, bare, multipart, stream, stamp, http_answer, jpeg, fault, scenario, report, recording.

The first time cargo-fuzz is installed into the build directory, and everything is built once more with coverage: five minutes on
two cores. It needs no nightly Rust. What has been found to be interesting is kept in target/fuzzing/corpus for the next time.
";

/// What one target did.
struct Outcome {
    target: String,
    executions: u64,
    features: u64,
    finding: Option<PathBuf>,
}

pub(crate) fn run(args: Args) -> Result<()> {
    let cargo_fuzz = tools::installed(&CARGO_FUZZ)?;
    let folder = cargo::output_folder("fuzzing");
    let seeds = folder.join("seeds");
    copy_seeds(&seeds)?;
    let mut build = Command::new(cargo_fuzz);
    // Without a sanitizer: what is fuzzed is safe Rust, which needs none, but for libjpeg-turbo, which none of rustc's would see.
    build
        .args(["fuzz", "build", "--fuzz-dir", "fuzz", "--sanitizer", "none", "--target-dir"])
        .arg(&folder)
        .arg(PROGRAM);
    process::run(build.current_dir(cargo::root()))?;
    let program = built(&folder)?;
    eprintln!("fuzz: {} for {} s each", args.targets.join(", "), args.seconds);
    let queue = Mutex::new(args.targets.into_iter());
    let outcomes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().ok().and_then(|mut queue| queue.next());
                    let Some(target) = next else { break };
                    let outcome = fuzz(&program, &target, args.seconds, &folder);
                    outcomes.lock().expect("nobody panics with it").push(outcome);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().expect("nobody panics with it").into_iter().collect::<Result<Vec<_>>>()?;
    print(&outcomes);
    let findings: Vec<String> =
        outcomes.iter().filter_map(|outcome| Some(outcome.finding.as_ref()?.display().to_string())).collect();
    ensure!(findings.is_empty(), "findings, with what the fuzzers wrote beside them: {}", findings.join(", "));
    Ok(())
}

fn fuzz(program: &Path, target: &str, seconds: u64, folder: &Path) -> Result<Outcome> {
    let (corpus, findings) = (folder.join("corpus").join(target), folder.join("findings").join(target));
    for folder in [&corpus, &findings] {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let mut command = Command::new(program);
    command.env("FUZZ_TARGET", target).arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={LONGEST}"));
    command.arg(format!("-artifact_prefix={}/", findings.display())).args([
        "-print_final_stats=1",
        "-timeout=10",
        "-rss_limit_mb=1024",
    ]);
    command.args([&corpus, &folder.join("seeds")]).stdin(Stdio::null());
    let output = command.output().with_context(|| format!("cannot start {}", program.display()))?;
    let log = String::from_utf8_lossy(&output.stderr);
    fs::write(findings.join("log"), &*log).context("the log cannot be written")?;
    let number = |before: &str| {
        let found = log.rsplit_once(before).and_then(|(_, behind)| behind.split_whitespace().next());
        found.and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    let artifact = log.rsplit_once("Test unit written to ").and_then(|(_, behind)| behind.split_whitespace().next());
    let finding = artifact.map(PathBuf::from);
    if finding.is_none() && !output.status.success() {
        bail!("the fuzzer of {target} ended with {}; see {}", output.status, findings.join("log").display());
    }
    let executions = number("number_of_executed_units:");
    eprintln!("fuzz: {target}: {executions} executions{}", if finding.is_some() { ", and a FINDING" } else { "" });
    Ok(Outcome { target: target.to_owned(), executions, features: number(" ft: "), finding })
}

fn print(outcomes: &[Outcome]) {
    println!("| target | executions | features reached | findings |\n|---|---|---|---|");
    for target in TARGETS {
        for Outcome { executions, features, finding, .. } in outcomes.iter().filter(|outcome| outcome.target == target)
        {
            let finding = finding.as_ref().map_or_else(|| "none".to_owned(), |path| path.display().to_string());
            println!("| {target} | {executions} | {features} | {finding} |");
        }
    }
}

/// Puts the first inputs where libFuzzer looks.
fn copy_seeds(to: &Path) -> Result<()> {
    fs::create_dir_all(to).with_context(|| format!("{} cannot be made", to.display()))?;
    for path in seeds::files(&cargo::root())? {
        let name = path.file_name().context("a file has a name")?;
        fs::copy(&path, to.join(name)).with_context(|| format!("{} cannot be copied", path.display()))?;
    }
    Ok(())
}

/// The program, which cargo-fuzz puts below the name of the machine's kind.
fn built(folder: &Path) -> Result<PathBuf> {
    let kinds = fs::read_dir(folder).context("the build directory cannot be listed")?.filter_map(Result::ok);
    let programs = kinds.map(|kind| kind.path().join("release").join(PROGRAM));
    programs.into_iter().find(|program| program.is_file()).context("cargo-fuzz has built no program")
}

const TARGETS: [&str; 11] = [
    "length",
    "bare",
    "multipart",
    "stream",
    "stamp",
    "http_answer",
    "jpeg",
    "fault",
    "scenario",
    "report",
    "recording",
];
const PROGRAM: &str = "fuzz-target";
const CARGO_FUZZ: Tool = Tool { name: "cargo-fuzz", version: "0.13.2", features: &[] };
/// Bytes: several small frames.
const LONGEST: usize = 4096;
