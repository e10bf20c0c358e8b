//! Networks as they are: far away, slow, lossy, gone for a while. Each test has a network namespace of its own, in which `tc` makes
//! the loopback interface behave like that.
//!
//! That needs Linux, `ip` and `tc`, and the right to make a namespace; delay and loss also need netem in the kernel. Where one of
//! them is missing, the test says so on standard error and tests the rest.

#![expect(clippy::disallowed_methods, reason = "a blackout lasts for a while")]

use std::ffi::OsStr;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use xtask::process::{Output, Running};
use xtask::report::{Ended, Event};

use crate::programs::{PATIENCE, Viewer, exit_code, fixture, robot_sim, viewer};

#[test]
fn a_far_slow_or_lossy_link_costs_no_frame() {
    let Some(network) = Network::new() else { return };
    for (conditions, qdisc, least_age_ms) in [
        ("2 Mbit/s", "tbf rate 2mbit burst 3kb latency 500ms", 5.0),
        ("a delay of 50 ms, more or less", "netem delay 50ms 10ms", 40.0),
        ("a loss of 5 %", "netem loss 5%", 0.0),
        ("a loss of 5 % at 4 Mbit/s and 20 ms", "netem delay 20ms loss 5% rate 4mbit", 20.0),
    ] {
        if !network.is_like(qdisc) {
            skip(conditions, "this kernel does not have what tc needs for it");
            continue;
        }
        let mut viewer = network.viewer(&["--once"]);
        let mut robot = network.robot(&viewer, &["--loop", "45", "--fps", "15"]);
        let mut ages = Vec::new();
        let ended = ended(&mut viewer, |age_ms| ages.push(age_ms));
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
    let mut robot = network.robot(&viewer, &["--loop", "60", "--fps", "15"]);
    let number = viewer.connected();
    for _ in 0..10 {
        viewer.frame();
    }
    network.is_gone();
    thread::sleep(BLACKOUT);
    network.is_back();
    let stream = viewer.rest_of(number);
    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
    assert_eq!((stream.ended.reason.as_str(), stream.ended.shown), ("end-of-stream", 60));
}

#[test]
fn after_a_long_blackout_the_robot_dials_again() {
    let Some(network) = Network::new() else { return };
    let mut viewer = network.viewer(&["--idle-timeout", "1"]);
    let robot = network.robot(&viewer, &["--loop", "--fps", "15"]);
    let first = viewer.connected();
    viewer.frame();
    network.is_gone();
    assert_eq!(viewer.rest_of(first).ended.reason, "timeout");
    network.is_back();
    let second = viewer.connected();
    assert_ne!(first, second);
    viewer.frame();
    robot.interrupt().unwrap();
    assert_eq!(viewer.rest_of(second).ended.reason, "end-of-stream");
}

/// A namespace with nothing in it but a loopback interface.
struct Network {
    keeper: Running,
    is_root: bool,
}

impl Network {
    /// `None`, said on standard error, where this machine does not allow it.
    fn new() -> Option<Self> {
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
        let mut keeper = Command::new("unshare");
        keeper.args(if is_root { &["--net"][..] } else { &["--net", "--user", "--map-root-user"] });
        // Packets as on a real link: loopback's own are as large as a picture.
        keeper.args(["sh", "-c", "ip link set lo mtu 1500 up && tc qdisc show && echo ready && exec sleep infinity"]);
        let mut keeper = Running::start(keeper.env("PATH", path())).ok()?;
        let is_ready = |line: &str| (line == "ready").then_some(());
        match keeper.wait_for(Output::Stdout, PATIENCE, "ready", is_ready) {
            Ok(()) => Some(Self { keeper, is_root }),
            Err(_) => {
                skip("networks that are slow or gone", &keeper.lines(Output::Stderr).join(" "));
                None
            }
        }
    }

    /// `program` in this network.
    fn within(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--net", "--target", &self.keeper.id().to_string()]);
        if !self.is_root {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg("--").arg(program);
        command
    }

    /// Makes it behave like this; `false` where the kernel cannot.
    fn is_like(&self, qdisc: &str) -> bool {
        let mut tc = self.within("tc");
        tc.args(["qdisc", "replace", "dev", "lo", "root"]).args(qdisc.split(' '));
        tc.env("PATH", path()).stderr(Stdio::null()).status().expect("nsenter is there").success()
    }

    /// Loses every packet from now on, without a word.
    fn is_gone(&self) {
        assert!(self.is_like("pfifo limit 0"), "every kernel has pfifo");
    }

    fn is_back(&self) {
        assert!(self.is_like("pfifo limit 1000"), "every kernel has pfifo");
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

/// Where programs are, those for administrators as well.
fn path() -> String {
    std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/sbin"
}

/// The only stream's end, and the age of each of its pictures.
fn ended(viewer: &mut Viewer, mut age_ms: impl FnMut(f64)) -> Ended {
    loop {
        match viewer.event() {
            Event::Ended(ended) => return ended,
            Event::Frame(frame) => frame.age_ms.into_iter().for_each(&mut age_ms),
            Event::Connected { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

/// Shorter than the viewer's patience with a silent robot.
const BLACKOUT: Duration = Duration::from_secs(1);

/// Says, past the test runner, which keeps what passing tests print, what is not tested and why.
fn skip(what: &str, why: &str) {
    // Where standard error is closed nobody wants to know.
    let _ = writeln!(std::io::stderr(), "network: not tested: {what}: {why}");
}
