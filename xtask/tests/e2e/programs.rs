//! Starts the programs under test and follows the viewer's report.

#![expect(clippy::disallowed_methods, reason = "some tests are a robot themselves, and need its socket")]

use std::ffi::OsStr;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use xtask::cargo;
use xtask::process::{Line, Output, Running};
use xtask::report::{Ended, Event, Frame};

/// Long enough for the slowest machine that runs tests; passing tests never wait for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A viewer without a window that looks at every frame for QR codes, and its report.
pub(crate) struct Viewer {
    pub(crate) running: Running,
    pub(crate) addr: String,
}

/// A robot's whole stream as the viewer reported it.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) frames: Vec<Frame>,
    pub(crate) corrupt: Vec<u64>,
    pub(crate) ended: Ended,
}

impl Viewer {
    /// Starts a viewer on a port of the system's choice, with `more` on its command line.
    pub(crate) fn start(more: &[&str]) -> Self {
        Self::start_at("127.0.0.1:0", more)
    }

    /// Starts a viewer that accepts one robot and then ends.
    pub(crate) fn once() -> Self {
        Self::start(&["--once"])
    }

    pub(crate) fn start_at(addr: &str, more: &[&str]) -> Self {
        let mut command = viewer();
        command.args(["--headless", "--listen", addr, "--report", "-", "--detect", "qr", "--every-frame"]).args(more);
        Self::follow(&mut command)
    }

    /// Starts `command`, a viewer whose report goes to its standard output, and waits until it accepts robots.
    pub(crate) fn follow(command: &mut Command) -> Self {
        let running = Running::start(command).expect("the viewer starts");
        let mut viewer = Self { running, addr: String::new() };
        match viewer.event() {
            Event::Listening { addr } => viewer.addr = addr,
            other => panic!("the first event is {other:?}"),
        }
        viewer
    }

    /// The next line of the report that is not about a recording: those come at any moment.
    pub(crate) fn event(&mut self) -> Event {
        loop {
            match self.running.next_line(Output::Stdout, PATIENCE) {
                Line::Text(line) => match Event::parse(&line).expect("the report keeps its contract") {
                    Event::Recording { .. } => {}
                    event => return event,
                },
                end => panic!("no event came: {end:?}"),
            }
        }
    }

    /// Waits until a robot connects, and returns its number.
    pub(crate) fn connected(&mut self) -> u64 {
        match self.event() {
            Event::Connected { robot } => robot,
            other => panic!("no robot connected: {other:?}"),
        }
    }

    /// Waits for the next picture.
    pub(crate) fn frame(&mut self) -> Frame {
        match self.event() {
            Event::Frame(frame) => frame,
            other => panic!("no picture: {other:?}"),
        }
    }

    /// Collects one robot's stream from its first line to its last, which must be the only one.
    pub(crate) fn stream(&mut self) -> Stream {
        let number = self.connected();
        self.rest_of(number)
    }

    /// Collects what is left of the stream of the robot that is connected.
    pub(crate) fn rest_of(&mut self, number: u64) -> Stream {
        let (mut frames, mut corrupt) = (Vec::new(), Vec::new());
        loop {
            match self.event() {
                Event::Frame(frame) if frame.robot == number => frames.push(frame),
                Event::Corrupt { robot, seq, .. } if robot == number => corrupt.push(seq),
                Event::Ended(ended) if ended.robot == number => return Stream { frames, corrupt, ended },
                other => panic!("in the middle of robot {number}'s stream: {other:?}"),
            }
        }
    }

    /// Waits for the viewer's end: its exit code, and no event after those that were read.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        let status = self.running.exit(PATIENCE).expect("the viewer ends");
        assert_eq!(self.running.next_line(Output::Stdout, PATIENCE), Line::Closed, "something follows the end");
        status.code()
    }

    /// Quits the viewer as Ctrl-C does, with or without a robot.
    pub(crate) fn interrupt(&self) {
        self.running.interrupt().expect("the viewer runs");
    }

    pub(crate) fn stderr(&self) -> String {
        self.running.lines(Output::Stderr).join("\n")
    }

    /// A connection to the viewer, for tests that send bytes of their own.
    pub(crate) fn dial(&self) -> TcpStream {
        TcpStream::connect(&self.addr).expect("the viewer takes connections")
    }
}

/// The whole stream of one robot, after which both programs have to end well; `more` is on the viewer's command line.
pub(crate) fn streamed<S: AsRef<OsStr>>(more: &[&str], sent: impl IntoIterator<Item = S>) -> Stream {
    let mut viewer = Viewer::start(&[&["--once"], more].concat());
    let mut robot = robot(&viewer.addr, sent);
    let stream = viewer.stream();
    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
    stream
}

/// Starts robot-sim towards `addr`.
pub(crate) fn robot<S: AsRef<OsStr>>(addr: &str, more: impl IntoIterator<Item = S>) -> Running {
    let mut command = robot_sim();
    Running::start(command.args(["--to", addr]).args(more)).expect("robot-sim starts")
}

/// Starts robot-sim as a camera that waits to be dialled, and gives the address of its stream as well.
pub(crate) fn camera<S: AsRef<OsStr>>(more: impl IntoIterator<Item = S>) -> (Running, String) {
    let mut command = Command::new(&programs().robot_sim);
    let mut camera = Running::start(command.args(["--serve", "127.0.0.1:0"]).args(more)).expect("robot-sim starts");
    let address = |line: &str| Some(line[line.find("http://")?..].split([';', ' ']).next()?.to_owned());
    let url = camera.wait_for(Output::Stderr, PATIENCE, "its address", address).expect("it serves");
    (camera, url)
}

/// The viewer, with nothing on its command line yet.
pub(crate) fn viewer() -> Command {
    Command::new(&programs().viewer)
}

/// As [`viewer`].
pub(crate) fn robot_sim() -> Command {
    Command::new(&programs().robot_sim)
}

/// What `cargo xtask certs` runs.
pub(crate) fn make_certs() -> Command {
    Command::new(&programs().make_certs)
}

/// Gateway, worker or router, as the first argument says.
pub(crate) fn fleet() -> Command {
    Command::new(&programs().fleet)
}

/// The exit code of a program that ends by itself.
pub(crate) fn exit_code(program: &mut Running) -> Option<i32> {
    program.exit(PATIENCE).expect("the program ends").code()
}

/// The path of a fixture, as an argument.
pub(crate) fn fixture(name: &str) -> String {
    let fixture = fixtures::get(name).unwrap_or_else(|| panic!("{name} is not in the catalogue"));
    fixture.path().to_str().expect("the checkout's path is UTF-8").to_owned()
}

struct Programs {
    viewer: PathBuf,
    robot_sim: PathBuf,
    make_certs: PathBuf,
    fleet: PathBuf,
}

/// The programs that a task built; without a task they are built here, so that no outdated program is tested.
fn programs() -> &'static Programs {
    static PROGRAMS: OnceLock<Programs> = OnceLock::new();
    PROGRAMS.get_or_init(|| {
        let names = ["VIEWER", "ROBOT_SIM", "MAKE_CERTS", "FLEET"];
        let given = names.map(|name| std::env::var_os(format!("ROBOT_VISION_{name}")).map(PathBuf::from));
        if let [Some(viewer), Some(robot_sim), Some(make_certs), Some(fleet)] = given {
            return Programs { viewer, robot_sim, make_certs, fleet };
        }
        let built = cargo::build_for_e2e().expect("the programs build");
        let path = |name| built.path(name).expect("cargo reports its path").to_owned();
        Programs {
            viewer: path("viewer"),
            robot_sim: path("robot-sim"),
            make_certs: path("make-certs"),
            fleet: path("fleet"),
        }
    })
}
