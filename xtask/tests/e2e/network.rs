//! Slow, lossy and interrupted networks. Each test has a network namespace of its own, in which `tc` makes
//! the loopback interface behave like that.
//!
//! That needs Linux, `ip` and `tc`, and the right to make a namespace; delay and loss also need netem in the kernel. Where one of
//! them is missing, the test says so on standard error and tests the rest.

use std::ffi::OsStr;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use xtask::cargo;
use xtask::process::{Line, Output, Running};
use xtask::report::{Ended, Event};

use crate::programs::{PATIENCE, Viewer, exit_code, fixture, robot_sim, viewer};

#[test]
fn a_far_slow_or_lossy_link_costs_no_frame() {
    let Some(network) = Network::new() else { return };
    for (conditions, qdisc, least_age_ms) in [
        ("2 Mbit/s", "tbf rate 2mbit burst 3kb latency 500ms", 20.0),
        ("a delay of 50 ms, more or less", "netem delay 50ms 10ms", 40.0),
        ("a loss of 5 %", "netem loss 5%", 0.0),
        ("a loss of 5 % at 4 Mbit/s and 20 ms", "netem delay 20ms loss 5% rate 4mbit", 20.0),
    ] {
        if !network.shape(qdisc) {
            skip(conditions, "this kernel does not have what tc needs for it");
            continue;
        }
        let mut viewer = network.viewer(&["--once"]);
        let mut robot = network.robot(&viewer, &["--loop", "45", "--fps", "15"]);
        let mut ages = Vec::new();
        let ended = end_of_stream(&mut viewer, |age_ms| ages.push(age_ms));
        assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)), "{conditions}");
        assert_eq!((ended.reason.as_str(), ended.received, ended.shown), ("end-of-stream", 45, 45), "{conditions}");
        ages.sort_by(f64::total_cmp);
        // Else the conditions were others.
        assert!(ages[ages.len() / 2] >= least_age_ms, "{conditions}: {ages:?}");
        println!("{conditions}: age p50 {:.1} ms, most {:.1} ms", ages[ages.len() / 2], ages[ages.len() - 1]);
    }
}

#[test]
fn a_short_blackout_costs_no_frame_and_no_connection() {
    let Some(network) = Network::new() else { return };
    let mut viewer = network.viewer(&["--once"]);
    let mut robot = network.robot(&viewer, &["--loop", "150", "--fps", "15"]);
    let number = viewer.connected();
    viewer.frame();
    network.cut();
    let before = frames_until_silence(&mut viewer);
    network.restore();
    let stream = viewer.rest_of(number);
    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
    assert_eq!((stream.ended.reason.as_str(), stream.ended.shown), ("end-of-stream", 150));
    assert_eq!(1 + before + stream.frames.len(), 150);
}

#[test]
fn after_a_long_blackout_the_robot_dials_again() {
    let Some(network) = Network::new() else { return };
    let mut viewer = network.viewer(&["--idle-timeout", "4"]);
    let robot = network.robot(&viewer, &["--loop", "--fps", "15"]);
    let first = viewer.connected();
    viewer.frame();
    network.cut();
    frames_until_silence(&mut viewer);
    assert_eq!(viewer.rest_of(first).ended.reason, "timeout");
    network.restore();
    let second = viewer.connected();
    assert_ne!(first, second);
    viewer.frame();
    robot.interrupt().unwrap();
    assert_eq!(viewer.rest_of(second).ended.reason, "end-of-stream");
    viewer.interrupt();
    assert_eq!(viewer.exit_code(), Some(0));
}

#[test]
fn a_viewers_machine_that_does_not_answer_is_dialled_again_from_the_pi() {
    let Some(network) = Network::new() else { return };
    let mut viewer = network.viewer(&["--idle-timeout", "4"]);
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let mut robot = network.within(python);
    robot.arg(cargo::root().join("robot/stream.py")).args(["--test-pattern", "--to", &viewer.addr]);
    let mut robot = Running::start(&mut robot).expect("Python starts");
    let first = viewer.connected();
    viewer.frame();
    network.cut();
    let gave_up =
        |line: &str| (line.contains("has not answered for ") && line.contains("dialling again")).then_some(());
    robot.wait_for(Output::Stderr, PATIENCE, "a line saying that nothing moves", gave_up).unwrap();
    assert_eq!(viewer.rest_of(first).ended.reason, "timeout");
    network.restore();
    let second = viewer.connected();
    viewer.frame();
    robot.signal("TERM").expect("it runs");
    assert_eq!(viewer.rest_of(second).ended.reason, "end-of-stream");
    assert_eq!(exit_code(&mut robot), Some(0));
}

/// How many frames come until none does for a second, although the robot sends fifteen in that time.
fn frames_until_silence(viewer: &mut Viewer) -> usize {
    let mut frames = 0;
    loop {
        match viewer.running.next_line(Output::Stdout, Duration::from_secs(1)) {
            Line::Text(_) => frames += 1,
            Line::Quiet => return frames,
            Line::Closed => panic!("the viewer has ended"),
        }
        assert!(frames < 100, "nothing is cut off");
    }
}

/// A namespace with nothing in it but a loopback interface, or with a link to such a one.
pub(crate) struct Network {
    keeper: Running,
    is_root: bool,
    /// The interface that behaves as it is told to.
    interface: &'static str,
}

impl Network {
    /// `None`, said on standard error, where this machine does not allow it.
    pub(crate) fn new() -> Option<Self> {
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
        let mut keeper = Command::new("unshare");
        keeper.args(if is_root { &["--net"][..] } else { &["--net", "--user", "--map-root-user"] });
        // Packets as on a real link: loopback's own are as large as a picture.
        keeper.args(["sh", "-c", "ip link set lo mtu 1500 up && tc qdisc show && echo ready && exec sleep infinity"]);
        let is_ready = |line: &str| (line == "ready").then_some(());
        let started = Running::start(keeper.env("PATH", path())).and_then(|mut keeper| {
            let ready = keeper.wait_for(Output::Stdout, PATIENCE, "ready", is_ready);
            // What it wrote on its standard error says why.
            ready.with_context(|| keeper.transcript()).map(|()| keeper)
        });
        match started {
            Ok(keeper) => Some(Self { keeper, is_root, interface: "lo" }),
            Err(error) => {
                skip("slow and interrupted networks", &format!("{error:#}"));
                None
            }
        }
    }

    /// Another machine's network, linked with this one: that one has the address 10.9.0.2 on the link, and this one 10.9.0.1.
    pub(crate) fn beside(&mut self) -> Self {
        let mut keeper = self.within("unshare");
        keeper.args(["--net", "sh", "-c", "ip link set lo up && echo ready && exec sleep infinity"]);
        let mut keeper = Running::start(keeper.env("PATH", path())).expect("a second namespace can be had");
        let is_ready = |line: &str| (line == "ready").then_some(());
        keeper.wait_for(Output::Stdout, PATIENCE, "ready", is_ready).expect("it is there");
        let other = Self { keeper, is_root: self.is_root, interface: WIRE };
        self.interface = WIRE;
        let id = other.keeper.id().to_string();
        self.ip(&["link", "add", WIRE, "type", "veth", "peer", "name", WIRE, "netns", &id]);
        for (network, address) in [(&*self, "10.9.0.1/24"), (&other, "10.9.0.2/24")] {
            network.ip(&["address", "add", address, "dev", WIRE]);
            network.ip(&["link", "set", WIRE, "up"]);
        }
        other
    }

    fn ip(&self, words: &[&str]) {
        let status = self.within("ip").args(words).env("PATH", path()).status();
        assert!(status.expect("nsenter is there").success(), "ip {words:?}");
    }

    /// `program` in this network.
    pub(crate) fn within(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--net", "--target", &self.keeper.id().to_string()]);
        if !self.is_root {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg("--").arg(program);
        command
    }

    /// Makes it behave like this; `false` where the kernel cannot.
    pub(crate) fn shape(&self, qdisc: &str) -> bool {
        let mut tc = self.within("tc");
        tc.args(["qdisc", "replace", "dev", self.interface, "root"]).args(qdisc.split(' '));
        tc.env("PATH", path()).stderr(Stdio::null()).status().expect("nsenter is there").success()
    }

    /// Lets no packet through. The sender's TCP is told so and tries again every half second, where a radio link would be silent.
    pub(crate) fn cut(&self) {
        assert!(self.shape("pfifo limit 0"), "every kernel has pfifo");
    }

    pub(crate) fn restore(&self) {
        assert!(self.shape("pfifo limit 1000"), "every kernel has pfifo");
    }

    fn viewer(&self, more: &[&str]) -> Viewer {
        let mut command = self.within(viewer().get_program());
        command.args(["--headless", "--listen", "127.0.0.1:0", "--report", "-", "--every-frame", "--detect", "qr"]);
        Viewer::follow(command.args(more))
    }

    fn robot(&self, viewer: &Viewer, more: &[&str]) -> Running {
        let mut command = self.within(robot_sim().get_program());
        command.args(["--to", &viewer.addr, "--stamp", "--images", &fixture("jpeg/small.jpg")]).args(more);
        Running::start(&mut command).expect("robot-sim starts")
    }
}

/// Both ends of a link between two networks.
const WIRE: &str = "wire";

/// Where programs are, those for administrators as well.
fn path() -> String {
    std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin"
}

/// The only stream's end, and the age of each of its pictures.
fn end_of_stream(viewer: &mut Viewer, mut age_ms: impl FnMut(f64)) -> Ended {
    loop {
        match viewer.event() {
            Event::Ended(ended) => return ended,
            Event::Frame(frame) => frame.age_ms.into_iter().for_each(&mut age_ms),
            Event::Connected { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Says, past the test runner, which keeps what passing tests print, what is not tested and why.
pub(crate) fn skip(what: &str, why: &str) {
    // Where standard error is closed nobody wants to know.
    let _ = writeln!(std::io::stderr(), "network: not tested: {what}: {why}");
}
