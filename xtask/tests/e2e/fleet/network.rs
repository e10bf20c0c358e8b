//! A gateway and the rest of the fleet on two machines, and a link between them that is slow, loses packets, or is cut.

use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use xtask::process::{Line, Output, Running};

use super::parts::{Watcher, end, is_frame, now};
use crate::network::{Network, skip};
use crate::programs::{PATIENCE, exit_code, fixture, fleet, robot_sim, viewer};

/// Two machines: robots and their gateway on one, router and viewer on the other.
struct Two {
    far: Network,
    near: Network,
    router: Running,
    gateway: Running,
    viewer: Watcher,
}

const ROUTER: &str = "tcp/10.9.0.1:7447";
const GATEWAY: &str = "127.0.0.1:8000";

impl Two {
    /// `None`, said on standard error, where this machine does not allow it.
    fn start() -> Option<Self> {
        let mut near = Network::new()?;
        let far = near.beside();
        let start = |network: &Network, program: Command, words: &[&str], ready: &'static str| {
            let mut part = Running::start(network.within(program.get_program()).args(words)).expect("it starts");
            part.wait_for(Output::Stderr, PATIENCE, ready, |line| line.starts_with(ready).then_some(())).expect(ready);
            part
        };
        let router = start(&near, fleet(), &["router", "--listen", ROUTER], "routing on ");
        let gateway = start(&far, fleet(), &["gateway", "--listen", GATEWAY, "--zenoh", ROUTER], "connected to ");
        let words = ["--headless", "--zenoh", ROUTER, "--report", "-"];
        let viewer = Watcher { running: start(&near, viewer(), &words, "connected to "), report: Vec::new() };
        Some(Self { far, near, router, gateway, viewer })
    }

    fn robots(&self, more: &[&str]) -> Running {
        let mut command = self.far.within(robot_sim().get_program());
        command.args(["--to", GATEWAY, "--stamp", "--images", &fixture("jpeg/small.jpg"), "--fps", "15"]);
        Running::start(command.args(more)).expect("robot-sim starts")
    }
}

#[test]
fn over_a_slow_or_lossy_link_pictures_stay_new_and_those_that_are_lost_are_counted() {
    let Some(mut two) = Two::start() else { return };
    for (conditions, qdisc, oldest_ms) in [
        ("2 Mbit/s", "tbf rate 2mbit burst 3kb latency 500ms", 2000.0),
        ("a delay of 50 ms, more or less", "netem delay 50ms 10ms", 500.0),
        ("a loss of 5 %", "netem loss 5%", 2000.0),
    ] {
        if !two.far.shape(qdisc) {
            skip(&format!("a fleet with {conditions}"), "this kernel does not have what tc needs for it");
            continue;
        }
        let before = two.viewer.report.len();
        let mut robots = two.robots(&["--robots", "2", "--loop", FRAMES]);
        two.viewer.all(2, |line| line["event"] == "ended");
        assert_eq!(exit_code(&mut robots), Some(0));
        let lines = &two.viewer.report[before..];
        let mut ages: Vec<f64> = lines.iter().filter_map(|line| line["age_ms"].as_f64()).collect();
        ages.sort_by(f64::total_cmp);
        assert!(!ages.is_empty(), "{conditions}: nothing was shown");
        let p99 = ages[ages.len() * 99 / 100];
        for ended in lines.iter().filter(|line| line["event"] == "ended") {
            let count = |key: &str| ended[key].as_u64().unwrap_or_default();
            let (received, lost) = (count("received"), count("undelivered"));
            println!(
                "{conditions}: {received} frames received, {lost} lost; age p50 {:.0} ms, p99 {p99:.0} ms",
                ages[ages.len() / 2]
            );
            let sent: u64 = FRAMES.parse().expect("it is a number");
            // The first ones come before the viewer has asked for them.
            assert!(received + lost <= sent && received + lost >= sent - 15, "{conditions}: {ended}");
        }
        assert!(p99 < oldest_ms, "{conditions}: {p99} ms");
    }
    end([two.viewer.running, two.gateway, two.router]);
}

#[test]
fn after_a_cut_of_ten_seconds_robots_are_live_again_within_a_second() {
    let Some(mut two) = Two::start() else { return };
    let robots = two.robots(&["--robots", "2", "--loop"]);
    two.viewer.all(2, |line| line["seq"].as_u64() > Some(30));
    [&two.far, &two.near].into_iter().for_each(Network::cut);
    let cut = now();
    while cut.elapsed() < CUT {
        match two.viewer.running.next_line(Output::Stdout, Duration::from_millis(100)) {
            Line::Text(line) => {
                let line: Value = super::parts::parse(&line);
                assert!(!is_frame(&line) || cut.elapsed() < Duration::from_secs(2), "{line}");
            }
            Line::Quiet => {}
            Line::Closed => panic!("the viewer has ended"),
        }
    }
    [&two.far, &two.near].into_iter().for_each(Network::restore);
    // Pictures from before the cut would be no news.
    let (_, back) = two.viewer.all(2, |line| line["age_ms"].as_f64().is_some_and(|age| age < 1000.0));
    println!("after a cut of {CUT:?}: live again after {back:.2?}");
    end([robots, two.viewer.running, two.gateway, two.router]);
    assert!(back < Duration::from_secs(1), "{back:?}");
}

const FRAMES: &str = "150";
const CUT: Duration = Duration::from_secs(10);
