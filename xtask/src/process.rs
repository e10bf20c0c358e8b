//! Starts a program, reads its output line by line, waits with a deadline, and always ends it.

#![expect(clippy::disallowed_methods, reason = "pipes are read on threads, and deadlines need the clock")]

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

/// A child process whose output is kept line by line.
///
/// Dropping it kills the process and waits for it. If that happens while a test panics, everything the process was
/// given and everything it wrote is printed, so that a red test needs no second run.
pub struct Running {
    child: Child,
    title: String,
    log: Arc<Log>,
    read: [usize; 2],
}

/// Which of a program's two outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Results.
    Stdout,
    /// Everything else.
    Stderr,
}

/// Result of waiting for a line.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// The next line, without its end.
    Text(String),
    /// The program closed this output.
    Closed,
    /// Nothing came in time.
    Quiet,
}

impl Running {
    /// Starts `command` with nothing to read and both outputs kept.
    pub fn start(command: &mut Command) -> Result<Self> {
        let title = title(command);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {title}"))?;
        let log = Arc::new(Log::default());
        if let Some(pipe) = child.stdout.take() {
            collect(Arc::clone(&log), Output::Stdout, pipe);
        }
        if let Some(pipe) = child.stderr.take() {
            collect(Arc::clone(&log), Output::Stderr, pipe);
        }
        Ok(Self { child, title, log, read: [0; 2] })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the next line of `output` that was not handed out before.
    pub fn next_line(&mut self, output: Output, within: Duration) -> Line {
        let deadline = Instant::now() + within;
        let at = output as usize;
        let mut kept = self.log.lock();
        loop {
            if let Some((number, line)) = kept.lines[at].from(self.read[at]) {
                self.read[at] = number + 1;
                return Line::Text(line.to_owned());
            }
            if kept.closed[at] {
                return Line::Closed;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Line::Quiet;
            }
            kept = self.log.wait(kept, left);
        }
    }

    /// Reads on in `output` until `pick` takes a line; `what` names it in the error.
    pub fn wait_for<T>(
        &mut self,
        output: Output,
        within: Duration,
        what: &str,
        mut pick: impl FnMut(&str) -> Option<T>,
    ) -> Result<T> {
        let deadline = Instant::now() + within;
        loop {
            match self.next_line(output, deadline.saturating_duration_since(Instant::now())) {
                Line::Text(line) => {
                    if let Some(found) = pick(&line) {
                        return Ok(found);
                    }
                }
                Line::Closed => bail!("{} ended its {output:?} without {what}", self.title),
                Line::Quiet => bail!("{} did not give {what} within {within:?}", self.title),
            }
        }
    }

    /// Waits for the program to end by itself.
    pub fn exit(&mut self, within: Duration) -> Result<ExitStatus> {
        let deadline = Instant::now() + within;
        let mut kept = self.log.lock();
        loop {
            // The outputs are closed a moment before the exit code can be had, hence the short waits.
            let status = self.child.try_wait().with_context(|| format!("cannot wait for {}", self.title))?;
            let all_read = kept.closed == [true; 2];
            match status {
                Some(status) if all_read => return Ok(status),
                _ if Instant::now() >= deadline => bail!("{} still runs after {within:?}", self.title),
                _ => kept = self.log.wait(kept, EXIT_POLL),
            }
        }
    }

    /// Whether the program has not ended yet.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Asks the program to end, as Ctrl-C does.
    pub fn interrupt(&self) -> Result<()> {
        self.signal("INT")
    }

    /// Sends the program a signal, named as `kill` does.
    ///
    /// # Errors
    /// Fails where the program has ended.
    pub fn signal(&self, name: &str) -> Result<()> {
        // The standard library sends no signal but KILL; every Unix shell sends them all.
        let status = Command::new("sh")
            .args(["-c", "kill -s \"$1\" \"$0\"", &self.id().to_string(), name])
            .status()
            .with_context(|| format!("cannot start sh to send SIG{name}"))?;
        ensure!(status.success(), "cannot send SIG{name} to {}: kill ended with {status}", self.title);
        Ok(())
    }

    /// Ends the program at once, as a power failure would.
    pub fn kill(&mut self) {
        // It may have ended by itself in the meantime, which serves as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// What was written to `output` so far; of very much only the end.
    pub fn lines(&self, output: Output) -> Vec<String> {
        self.log.lock().lines[output as usize].kept.iter().cloned().collect()
    }

    /// The command line, how it ended, and both outputs: what a failure has to show.
    pub fn transcript(&mut self) -> String {
        let ended = match self.child.try_wait() {
            Ok(Some(status)) => status.to_string(),
            Ok(None) => "still running".to_owned(),
            Err(error) => format!("state unknown: {error}"),
        };
        let kept = self.log.lock();
        let mut text = format!("--- {}\n--- {ended}\n", self.title);
        for (name, lines) in [("stdout", &kept.lines[0]), ("stderr", &kept.lines[1])] {
            let _ = writeln!(text, "--- {name}, {} lines", lines.forgotten + lines.kept.len());
            let hidden = lines.kept.len().saturating_sub(SHOWN_FIRST + SHOWN_LAST);
            for (number, line) in lines.kept.iter().enumerate() {
                if number < SHOWN_FIRST || number >= SHOWN_FIRST + hidden {
                    let _ = writeln!(text, "{line}");
                } else if number == SHOWN_FIRST {
                    let _ = writeln!(text, "... {hidden} lines ...");
                }
            }
        }
        text
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let transcript = thread::panicking().then(|| self.transcript());
        self.kill();
        if let Some(text) = transcript {
            #[expect(clippy::print_stderr, reason = "a failing test has to show what the programs did")]
            {
                eprintln!("{text}");
            }
        }
    }
}

/// Whether nobody listens at `address`.
pub fn is_free(address: &str) -> bool {
    TcpListener::bind(address).is_ok()
}

/// An address on loopback at which nobody listens now.
///
/// # Errors
/// Fails where no port is free.
pub fn free_address() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no port is free")?;
    Ok(listener.local_addr()?.to_string())
}

/// Runs `command` to its end with this program's own outputs; anything but success is an error that names it.
pub fn run(command: &mut Command) -> Result<()> {
    let title = title(command);
    let status = command.status().with_context(|| format!("cannot start {title}"))?;
    ensure!(status.success(), "{title} ended with {status}; its messages are above");
    Ok(())
}

/// The command line as one would type it at the workspace's root.
pub fn title(command: &Command) -> String {
    let mut text = String::new();
    for (name, value) in command.get_envs() {
        // Only what changes the outcome for a person: the rest is wiring between a task and what it starts.
        if name == "RUSTDOCFLAGS" {
            let _ = write!(text, "RUSTDOCFLAGS='{}' ", value.unwrap_or_default().to_string_lossy());
        }
    }
    let program = Path::new(command.get_program());
    let is_cargo = program.file_stem().is_some_and(|stem| stem == "cargo");
    text += &if is_cargo { Cow::Borrowed("cargo") } else { program.to_string_lossy() };
    for arg in command.get_args() {
        let arg = arg.to_string_lossy();
        let quote = if arg.is_empty() || arg.contains(char::is_whitespace) { "'" } else { "" };
        let _ = write!(text, " {quote}{arg}{quote}");
    }
    text
}

#[derive(Default)]
struct Log {
    kept: Mutex<Kept>,
    changed: Condvar,
}

#[derive(Default)]
struct Kept {
    lines: [Lines; 2],
    closed: [bool; 2],
}

/// The newest lines of an output: a viewer that runs all day reports more than anybody wants to keep.
#[derive(Default)]
struct Lines {
    forgotten: usize,
    kept: VecDeque<String>,
}

impl Lines {
    fn push(&mut self, line: String) {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
            self.forgotten += 1;
        }
        self.kept.push_back(line);
    }

    /// The oldest line that is `number` or newer, with its number.
    fn from(&self, number: usize) -> Option<(usize, &str)> {
        let number = number.max(self.forgotten);
        self.kept.get(number - self.forgotten).map(|line| (number, line.as_str()))
    }
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        // Lines are only ever appended: what another thread left when it panicked is still whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'log>(&'log self, kept: MutexGuard<'log, Kept>, at_most: Duration) -> MutexGuard<'log, Kept> {
        self.changed.wait_timeout(kept, at_most).unwrap_or_else(PoisonError::into_inner).0
    }
}

fn collect(log: Arc<Log>, output: Output, pipe: impl Read + Send + 'static) {
    thread::spawn(move || {
        let mut pipe = BufReader::new(pipe);
        let mut line = Vec::new();
        while matches!(pipe.read_until(b'\n', &mut line), Ok(1..)) {
            let text = String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned();
            log.lock().lines[output as usize].push(text);
            log.changed.notify_all();
            line.clear();
        }
        log.lock().closed[output as usize] = true;
        log.changed.notify_all();
    });
}

const EXIT_POLL: Duration = Duration::from_millis(5);
/// Lines of each output; a transcript shows fewer.
const KEPT: usize = 10_000;
const SHOWN_FIRST: usize = 20;
const SHOWN_LAST: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    fn shell(script: &str) -> Running {
        Running::start(Command::new("sh").args(["-c", script])).unwrap()
    }

    #[test]
    fn lines_come_in_order_from_both_outputs() {
        let mut running = shell("echo one; echo two; echo other >&2");
        assert_eq!(running.next_line(Output::Stdout, SOON), Line::Text("one".into()));
        assert_eq!(running.next_line(Output::Stdout, SOON), Line::Text("two".into()));
        assert_eq!(running.next_line(Output::Stdout, SOON), Line::Closed);
        assert_eq!(running.next_line(Output::Stderr, SOON), Line::Text("other".into()));
    }

    #[test]
    fn exit_waits_for_the_code_and_the_last_line() {
        let mut running = shell("echo last; exit 3");
        assert_eq!(running.exit(SOON).unwrap().code(), Some(3));
        assert_eq!(running.lines(Output::Stdout), ["last"]);
    }

    #[test]
    fn a_program_that_stays_is_named_when_the_deadline_passes() {
        let mut running = shell("exec sleep 60");
        let error = running.exit(Duration::from_millis(20)).unwrap_err().to_string();
        assert!(error.contains("exec sleep 60") && error.contains("still runs"), "{error}");
        assert!(running.is_running());
    }

    #[test]
    fn interrupt_reaches_the_program() {
        // A shell cannot trap a signal that was ignored when it started, as it is under some job runners; Python can.
        let script = "import signal, sys\n\
                      signal.signal(signal.SIGINT, lambda *_: sys.exit(7))\n\
                      print('ready', flush=True)\n\
                      signal.pause()";
        let mut running = Running::start(Command::new("python3").args(["-c", script])).unwrap();
        running.wait_for(Output::Stdout, SOON, "ready", |line| (line == "ready").then_some(())).unwrap();
        running.interrupt().unwrap();
        assert_eq!(running.exit(SOON).unwrap().code(), Some(7));
    }

    #[test]
    fn a_transcript_shows_arguments_exit_and_both_outputs_but_not_a_flood() {
        let mut running = shell("seq 1 500; echo oops >&2; exit 4");
        running.exit(SOON).unwrap();
        let text = running.transcript();
        for part in ["seq 1 500", "exit status: 4", "oops", "\n1\n", "\n500\n", "... 420 lines ..."] {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
    }

    #[test]
    fn of_very_much_only_the_end_is_kept() {
        let mut running = shell("seq 1 10003");
        running.exit(SOON).unwrap();
        assert_eq!(running.lines(Output::Stdout).len(), KEPT);
        assert_eq!(running.next_line(Output::Stdout, SOON), Line::Text("4".into()));
        assert_eq!(running.next_line(Output::Stdout, SOON), Line::Text("5".into()));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = Running::start(&mut Command::new("no-such-program-at-all")).err().unwrap();
        assert!(error.to_string().contains("no-such-program-at-all"), "{error}");
    }

    #[test]
    fn a_command_that_does_not_succeed_is_an_error_with_its_command_line() {
        assert!(run(Command::new("sh").args(["-c", "exit 0"])).is_ok());
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err().to_string();
        assert!(error.starts_with("sh -c 'exit 3' ended with exit status: 3"), "{error}");
    }
}
