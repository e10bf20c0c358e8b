//! Runs robot-sim, with a deadline, and shows all its output when a test fails.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs, process};

/// A robot-sim that is running; killed if the test is over before it is.
pub(crate) struct Robot {
    child: Child,
    command: String,
}

/// A robot-sim that has ended.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    command: String,
}

/// A folder for one test, removed at its end.
pub(crate) struct Folder(PathBuf);

impl Robot {
    pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_robot-sim");

    /// Starts the program with these arguments, separated by blanks.
    pub(crate) fn start(args: &str) -> Self {
        Robot::start_into(args, Stdio::piped())
    }

    /// Starts it with a standard output of the test's choice.
    pub(crate) fn start_into(args: &str, stdout: Stdio) -> Self {
        let mut command = Command::new(Robot::PROGRAM);
        Robot::spawn(command.args(args.split_whitespace()).stdout(stdout), format!("robot-sim {args}"))
    }

    /// Starts it with a variable in its environment.
    #[cfg(target_os = "linux")]
    pub(crate) fn start_with(args: &str, variable: &str, value: &str) -> Self {
        let mut command = Command::new(Robot::PROGRAM);
        command.args(args.split_whitespace()).env(variable, value).stdout(Stdio::piped());
        Robot::spawn(&mut command, format!("{variable}={value} robot-sim {args}"))
    }

    /// Starts a shell that becomes the program.
    #[cfg(target_os = "linux")]
    pub(crate) fn shell(script: &str) -> Self {
        Robot::spawn(Command::new("sh").args(["-c", script]).stdout(Stdio::piped()), script.to_owned())
    }

    fn spawn(command: &mut Command, shown: String) -> Self {
        let child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        Self { child, command: shown }
    }

    /// Starts it, and waits for its end.
    pub(crate) fn run(args: &str) -> Finished {
        Robot::start(args).finish()
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, such as `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.id().to_string()]).status().unwrap();
        assert!(status.success(), "kill: {status}");
    }

    /// Stops reading the standard output, as `| true` does.
    pub(crate) fn stop_reading(&mut self) {
        self.child.stdout = None;
    }

    /// The standard error of the program while it runs.
    pub(crate) fn stderr(&mut self) -> &mut ChildStderr {
        self.child.stderr.as_mut().unwrap()
    }

    /// Waits for the end of the program.
    pub(crate) fn finish(mut self) -> Finished {
        let (stdout, stderr) = (self.child.stdout.take(), self.child.stderr.take());
        let (stdout, stderr) = (thread::spawn(|| read(stdout)), thread::spawn(|| read(stderr)));
        let deadline = Instant::now() + DEADLINE;
        let code = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status.code();
            }
            if Instant::now() > deadline {
                self.child.kill().unwrap();
                let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
                panic!("{} still runs after {DEADLINE:?}\n{stdout}\n{stderr}", self.command);
            }
            thread::sleep(Duration::from_millis(5));
        };
        let command = self.command.clone();
        Finished { code, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap(), command }
    }
}

impl Drop for Robot {
    fn drop(&mut self) {
        // Fails when the program has ended, as it should have.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Finished {
    /// Fails, and shows everything, unless the program ended with this code.
    #[track_caller]
    pub(crate) fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Fails, and shows everything, unless stderr has this text.
    #[track_caller]
    pub(crate) fn expect_stderr(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "`{text}` is missing\n{self}");
        self
    }

    /// Fails, and shows everything, unless stdout begins with this text.
    #[track_caller]
    pub(crate) fn expect_stdout(self, text: &str) -> Self {
        assert!(self.stdout.starts_with(text), "it does not begin with `{text}`\n{self}");
        self
    }

    pub(crate) fn expect_no_stdout(self) -> Self {
        assert_eq!(self.stdout, "", "{self}");
        self
    }
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finished { code, stdout, stderr, command } = self;
        write!(f, "{command}\nexit code {code:?}\nstdout:\n{stdout}\nstderr:\n{stderr}")
    }
}

impl Folder {
    /// Makes an empty folder; the name has to differ from that of other tests.
    pub(crate) fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("robot-sim-{name}-{}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    /// Writes a file and returns its path.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind in a folder for temporary files does no harm.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A file that begins and ends as a JPEG, with a payload that distinguishes it from others.
pub(crate) fn jpeg(mark: u8, len: usize) -> Vec<u8> {
    let mut bytes = vec![mark; len.max(6)];
    bytes[..4].copy_from_slice(&[0xff, 0xd8, 0xff, 0xe0]);
    let end = bytes.len() - 2;
    bytes[end..].copy_from_slice(&[0xff, 0xd9]);
    bytes
}

/// Everything that comes; nothing where the test has the other end, or closed it.
fn read(pipe: Option<impl Read>) -> String {
    let mut text = String::new();
    if let Some(mut pipe) = pipe {
        pipe.read_to_string(&mut text).unwrap();
    }
    text
}

const DEADLINE: Duration = Duration::from_secs(30);
