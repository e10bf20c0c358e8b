//! Receivers in Python that print a port, and then what they received: the viewer's peers.

use std::ffi::OsStr;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use xtask::cargo;
use xtask::process::{Output, Running};

/// What a receiver decoded.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Received {
    /// From the first picture to the end.
    pub(super) seconds: f64,
    pub(super) pictures: Vec<Picture>,
}

/// A picture and its times in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    /// 0 where the sender stamps none.
    pub(super) taken_ns: i64,
    pub(super) decoded_ns: i64,
}

/// A program of xtask/baseline, run by this interpreter.
pub(super) fn script(interpreter: impl AsRef<OsStr>, name: &str) -> Command {
    let mut command = Command::new(interpreter);
    // The programs import one another, and Python would leave its cache beside them.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg(cargo::root().join("xtask/baseline").join(name));
    command
}

/// Lets `receiver` receive what the program that `sender` makes for a port sends. The inner error names a Python module that
/// is missing.
pub(super) fn receive(
    receiver: &mut Command,
    sender: impl FnOnce(u64) -> Result<Command>,
) -> Result<Result<Received, String>> {
    let mut receiver = Running::start(receiver)?;
    let mut line = |what| {
        let json = |line: &str| serde_json::from_str::<Value>(line).ok();
        receiver.wait_for(Output::Stdout, PATIENCE, what, json).with_context(|| receiver.transcript())
    };
    let first = line("its port")?;
    if let Some(missing) = first["missing"].as_str() {
        return Ok(Err(missing.to_owned()));
    }
    let port = first["port"].as_u64().with_context(|| format!("the receiver printed no port but {first}"))?;
    let mut sender = Running::start(&mut sender(port)?)?;
    let last = line("what it received")?;
    let status = sender.exit(PATIENCE).with_context(|| sender.transcript())?;
    ensure!(status.success(), "the sender ended with {status}\n{}", sender.transcript());
    Received::parse(&last).map(Ok)
}

impl Received {
    fn parse(line: &Value) -> Result<Self> {
        let of = |picture: &Value| {
            Some(Picture { taken_ns: picture.get(1)?.as_i64()?, decoded_ns: picture.get(2)?.as_i64()? })
        };
        let pictures: Option<Vec<Picture>> = line["pictures"].as_array().and_then(|list| list.iter().map(of).collect());
        let (seconds, pictures) =
            line["seconds"].as_f64().zip(pictures).with_context(|| format!("the receiver printed {line}"))?;
        Ok(Self { seconds, pictures })
    }

    /// Pictures a second, of `sent` that all have to be there.
    #[expect(clippy::cast_precision_loss, reason = "frames are few")]
    pub(super) fn rate(&self, sent: usize) -> Result<f64> {
        let frames = self.pictures.len();
        ensure!(frames == sent, "the receiver got {frames} of {sent} frames");
        Ok(frames as f64 / self.seconds)
    }
}

const PATIENCE: Duration = Duration::from_secs(240);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_receiver_s_last_line_has_its_pictures_and_their_times() {
        let line = json!({"frames": 2, "seconds": 0.5, "pictures": [[0, 100, 200], [1, 300, 350]]});
        let received = Received::parse(&line).unwrap();
        assert_eq!(received.pictures[1], Picture { taken_ns: 300, decoded_ns: 350 });
        assert_eq!(received.rate(2).unwrap(), 4.0);
        assert!(received.rate(3).is_err(), "one is missing");
        assert!(Received::parse(&json!({"error": 1})).is_err());
    }

    #[test]
    fn a_receiver_without_its_modules_says_which() {
        let mut shell = Command::new("sh");
        shell.args(["-c", r#"echo '{"missing":"No module named PIL"}'"#]);
        let missing = receive(&mut shell, |_| panic!("no sender is started")).unwrap().unwrap_err();
        assert_eq!(missing, "No module named PIL");
    }

    #[test]
    fn a_stamp_is_read_in_python_as_it_is_printed() {
        let script =
            "from stamps import Log; log = Log(); log.decoded(b'rv1 seq=17 t=1795000000123456789'); log.print()";
        let mut python = Command::new("python3");
        python.args(["-c", script]).env("PYTHONPATH", cargo::root().join("xtask/baseline"));
        let output = python.env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
        let received = Received::parse(&serde_json::from_slice(&output.stdout).unwrap()).unwrap();
        assert_eq!(received.pictures[0].taken_ns, 1_795_000_000_123_456_789);
        assert!(received.pictures[0].decoded_ns > 0);
    }

    #[test]
    fn every_program_of_the_baseline_is_valid_python() {
        for name in ["calls.py", "camera.py", "hub.py", "original.py", "recipe.py", "stamps.py"] {
            let path = cargo::root().join("xtask/baseline").join(name);
            let parse = "import ast, sys; ast.parse(open(sys.argv[1]).read())";
            let status = Command::new("python3").args(["-c", parse]).arg(path).status().unwrap();
            assert!(status.success(), "{name}");
        }
    }

    #[test]
    fn what_a_sender_sends_is_what_the_receiver_prints() {
        let mut shell = Command::new("sh");
        shell.args(["-c", r#"echo '{"port":7}'; echo '{"seconds":1.0,"pictures":[[0,1,2]]}'"#]);
        let sender = |port| {
            assert_eq!(port, 7);
            Ok(Command::new("true"))
        };
        assert_eq!(receive(&mut shell, sender).unwrap().unwrap().pictures.len(), 1);
    }
}
