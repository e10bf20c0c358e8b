//! Runs `viewer detect` over a set, as a user would, and takes its report.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use xtask::process::{Line, Output, Running};
use xtask::report::{Detection, Event, Frame};

use super::engines::Engine;
use super::sets::{Labelled, Set};

/// What an engine made of a set.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// One reading for each picture, in the order of the set.
    Measured(Vec<Reading>),
    /// This viewer does not know the engine, or the engine did not come to the end; why, in one line.
    Unusable(String),
}

/// What an engine saw in one picture.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Pixels across and down.
    pub(crate) size: (u64, u64),
    pub(crate) elapsed_ms: f64,
    pub(crate) detections: Vec<Detection>,
    /// Whether the engine gave up on the picture instead of answering.
    pub(crate) failed: bool,
}

/// Lets `engine` look at every picture of the set. A picture that the viewer cannot read is an error: the set is at
/// fault and not the engine.
pub(crate) fn run(viewer: &Path, set: &Set, engine: &Engine, more: &[OsString]) -> Result<Outcome> {
    let mut readings = Vec::with_capacity(set.pictures.len());
    for pictures in set.pictures.chunks(AT_ONCE) {
        let mut command = Command::new(viewer);
        command.args(["detect", "--detect", set.kind.option()]).args(engine.arguments).args(more);
        command.arg("--").args(pictures.iter().map(|picture| &picture.path));
        let mut running = Running::start(&mut command)?;
        match follow(&mut running, set, pictures)? {
            Ok(mut more) => readings.append(&mut more),
            Err(reason) => return Ok(Outcome::Unusable(reason)),
        }
    }
    Ok(Outcome::Measured(readings))
}

/// Reads the report to its end; the inner error says why the engine is of no use.
fn follow(running: &mut Running, set: &Set, pictures: &[Labelled]) -> Result<Result<Vec<Reading>, String>> {
    let mut frames = HashMap::new();
    loop {
        match running.next_line(Output::Stdout, PATIENCE) {
            Line::Text(line) => match Event::parse(&line)? {
                Event::Frame(frame) => {
                    let source = frame.source.clone().with_context(|| format!("no source in {line}"))?;
                    frames.insert(source, frame);
                }
                Event::Corrupt { source, reason, .. } => {
                    let source = source.unwrap_or_default();
                    bail!(
                        "{source}: the viewer cannot read this picture: {reason}; mend it, or take it out of {}",
                        truth(set)
                    )
                }
                _ => bail!("`viewer detect` is not expected to report {line}"),
            },
            Line::Closed => break,
            Line::Quiet => return Ok(Err(format!("no picture was finished within {} s", PATIENCE.as_secs()))),
        }
    }
    let status = running.exit(GOODBYE).with_context(|| running.transcript())?;
    if !status.success() {
        let errors = running.lines(Output::Stderr);
        return Ok(Err(complaint(&errors).unwrap_or_else(|| format!("viewer ended with {status}"))));
    }
    let reading = |picture: &Labelled| {
        let frame = frames.remove(&picture.path.display().to_string());
        frame.and_then(|frame| reading(set, frame)).with_context(|| {
            format!("no line with its time about {}\n{}", picture.path.display(), running.transcript())
        })
    };
    pictures.iter().map(reading).collect::<Result<_>>().map(Ok)
}

fn reading(set: &Set, frame: Frame) -> Option<Reading> {
    let mut detections = frame.detections;
    detections.retain(|detection| detection.kind == set.kind.name());
    let failed = !frame.counts.contains_key(set.kind.name());
    Some(Reading { size: frame.size, elapsed_ms: frame.elapsed_ms?, detections, failed })
}

fn truth(set: &Set) -> String {
    set.dir.join("truth.json").display().to_string()
}

/// The line that says what is wrong: of clap's message the first, of a log the last.
fn complaint(errors: &[String]) -> Option<String> {
    let marked = errors.iter().find(|line| line.starts_with("error: "));
    marked.or_else(|| errors.iter().rfind(|line| !line.trim().is_empty())).cloned()
}

/// Pictures for one process: their paths have to fit on a command line.
const AT_ONCE: usize = 1000;
/// The slowest engine takes about a second for a large picture.
const PATIENCE: Duration = Duration::from_secs(120);
const GOODBYE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::eval::engines;
    use crate::eval::sets::Format;
    use xtask::score::Kind;

    /// What a viewer that is no more than this shell script comes to, with two pictures.
    fn played(script: &str) -> Result<Result<Vec<Reading>, String>> {
        let picture = |name: &str| {
            let (name, path) = (name.to_owned(), PathBuf::from(name));
            Labelled { name, path, format: Format::Jpeg, objects: Vec::new() }
        };
        let pictures = vec![picture("a.jpg"), picture("b.jpg")];
        let set = Set { kind: Kind::Face, dir: "set".into(), pictures };
        let mut running = Running::start(Command::new("sh").args(["-c", script])).unwrap();
        follow(&mut running, &set, &set.pictures)
    }

    fn frame(name: &str, counts: &str) -> String {
        let face = r#"{"kind":"face","box":[1,2,3,4],"score":9.5,"engine":"seeta"}"#;
        let code = r#"{"kind":"qr","box":[1,2,3,4],"corners":[],"text":"","engine":"zxing"}"#;
        format!(
            r#"echo '{{"event":"frame","source":"{name}","width":64,"height":48,"counts":{counts},"detections":[{face},{code}],"elapsed_ms":1.5}}';"#
        )
    }

    #[test]
    fn readings_come_in_the_order_of_the_set_and_only_of_its_kind() {
        let script = frame("b.jpg", r#"{"qr":1}"#) + &frame("a.jpg", r#"{"face":1}"#);
        let readings = played(&script).unwrap().unwrap();
        assert_eq!(readings.iter().map(|reading| reading.failed).collect::<Vec<_>>(), [false, true]);
        assert_eq!((readings[0].size, readings[0].elapsed_ms), ((64, 48), 1.5));
        assert_eq!(readings[0].detections.len(), 1);
    }

    #[test]
    fn a_viewer_that_refuses_an_engine_makes_it_unusable_in_its_own_words() {
        let script = "echo \"error: unexpected argument '--face-engine'\" >&2; echo >&2; echo Usage: >&2; exit 2";
        assert_eq!(played(script).unwrap().unwrap_err(), "error: unexpected argument '--face-engine'");
        let crash = frame("a.jpg", r#"{"face":1}"#) + "kill -SEGV $$";
        assert!(played(&crash).unwrap().unwrap_err().contains("signal"), "a crash is told");
    }

    #[test]
    fn a_picture_that_cannot_be_read_or_gets_no_line_is_named() {
        let corrupt = r#"echo '{"event":"corrupt","source":"a.jpg","reason":"half a file"}'; exit 1"#;
        let told = format!("{:#}", played(corrupt).unwrap_err());
        assert!(told.contains("a.jpg") && told.contains("half a file") && told.contains("truth.json"), "{told}");
        let told = format!("{:#}", played(&frame("a.jpg", r#"{"face":1}"#)).unwrap_err());
        assert!(told.contains("about b.jpg"), "{told}");
    }

    #[test]
    fn an_engine_is_asked_for_by_its_arguments_alone() {
        let set = Set { kind: Kind::Human, dir: "set".into(), pictures: Vec::new() };
        let engine = engines::of(Kind::Human).next().unwrap();
        let outcome = run(Path::new("no-such-viewer"), &set, engine, &[]).unwrap();
        assert!(matches!(outcome, Outcome::Measured(readings) if readings.is_empty()), "no picture, no process");
    }
}
