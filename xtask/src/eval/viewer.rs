//! Runs `viewer detect`, as a user would, and reads its report.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use xtask::process::{Line, Output, Running};
use xtask::report::{Event, Frame};

use super::engines::{Engine, NEEDS_MODEL};

/// The program that is measured.
#[derive(Debug)]
pub(crate) struct Viewer {
    pub(crate) program: PathBuf,
    /// For the engine that needs one.
    pub(crate) face_model: Option<PathBuf>,
}

impl Viewer {
    /// The report's frames about `files`. The inner error is one line on why the engine is unusable: this viewer does
    /// not know it, or it did not finish. A file that cannot be read is an error: the file is at fault and not the
    /// engine, and `remedy` is what to do.
    pub(crate) fn detect<'file>(
        &self,
        engine: &Engine,
        files: impl IntoIterator<Item = &'file Path>,
        remedy: &str,
    ) -> Result<Result<Vec<Frame>, String>> {
        let mut command = Command::new(&self.program);
        command.args(["detect", "--detect", engine.kind.option()]).args(engine.arguments);
        if let Some(model) = self.face_model.as_ref().filter(|_| engine.name == NEEDS_MODEL) {
            command.arg("--face-model").arg(model);
        }
        command.arg("--").args(files);
        follow(&mut Running::start(&mut command)?, remedy)
    }
}

/// Reads the report to its end.
fn follow(running: &mut Running, remedy: &str) -> Result<Result<Vec<Frame>, String>> {
    let mut frames = Vec::new();
    loop {
        match running.next_line(Output::Stdout, PATIENCE) {
            Line::Text(line) => match Event::parse(&line)? {
                Event::Frame(frame) => frames.push(frame),
                Event::Corrupt { source, reason, .. } => {
                    bail!("{}: the viewer cannot read this: {reason}; {remedy}", source.unwrap_or_default())
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
    Ok(Ok(frames))
}

/// The line with the error: of clap's message the first, of a log the last.
fn complaint(errors: &[String]) -> Option<String> {
    let marked = errors.iter().find(|line| line.starts_with("error: "));
    marked.or_else(|| errors.iter().rfind(|line| !line.trim().is_empty())).cloned()
}

/// The slowest engine takes about a second for a large picture.
const PATIENCE: Duration = Duration::from_secs(120);
const GOODBYE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    /// What a viewer that is only this shell script gives.
    fn played(script: &str) -> Result<Result<Vec<Frame>, String>> {
        let mut running = Running::start(Command::new("sh").args(["-c", script])).unwrap();
        follow(&mut running, "mend it")
    }

    const FRAME: &str = r#"echo '{"event":"frame","source":"a.jpg","width":64,"height":48,"counts":{"face":0},"detections":[],"elapsed_ms":1.5}';"#;

    #[test]
    fn frames_come_in_the_order_of_the_report() {
        let frames = played(&(FRAME.to_owned() + &FRAME.replace("a.jpg", "b.jpg"))).unwrap().unwrap();
        assert_eq!(
            frames.iter().map(|frame| frame.source.as_deref()).collect::<Vec<_>>(),
            [Some("a.jpg"), Some("b.jpg")]
        );
    }

    #[test]
    fn a_viewer_that_refuses_an_engine_makes_it_unusable_in_its_own_words() {
        let script = "echo \"error: unexpected argument '--face-engine'\" >&2; echo >&2; echo Usage: >&2; exit 2";
        assert_eq!(played(script).unwrap().unwrap_err(), "error: unexpected argument '--face-engine'");
        let crash = FRAME.to_owned() + "kill -SEGV $$";
        assert!(played(&crash).unwrap().unwrap_err().contains("signal"), "a crash is reported");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_with_what_to_do() {
        let corrupt = r#"echo '{"event":"corrupt","source":"a.jpg","reason":"half a file"}'; exit 1"#;
        let error = format!("{:#}", played(corrupt).unwrap_err());
        assert!(error.contains("a.jpg") && error.contains("half a file") && error.contains("mend it"), "{error}");
    }
}
