//! Starts the parts of a fleet, each of which is connected to the router before a test goes on.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use xtask::process::{Line, Output, Running};

use crate::programs::{PATIENCE, exit_code, fleet, robot, viewer};
use crate::restarts::free_address;

/// A router and a gateway, at addresses that they have again when they are started again.
pub(super) struct Fleet {
    pub(super) router: Running,
    pub(super) gateway: Running,
    /// The router's address, as `--zenoh` takes it.
    pub(super) zenoh: String,
    /// Where robots dial.
    pub(super) robots: String,
}

impl Fleet {
    /// Starts both on 127.0.0.`host`, which no other test uses.
    pub(super) fn start(host: u8) -> Self {
        Self::with_gateway(host, &[])
    }

    /// The same with more options of the gateway.
    pub(super) fn with_gateway(host: u8, more: &[&str]) -> Self {
        let (zenoh, robots) = (format!("tcp/{}", free_address(host)), free_address(host));
        let router = start_router(&zenoh);
        let gateway = start_gateway(&zenoh, &robots, more);
        Self { router, gateway, zenoh, robots }
    }

    /// Starts the router again, which has ended.
    pub(super) fn restart_router(&mut self) {
        self.router = start_router(&self.zenoh);
    }

    /// Starts the gateway again, which has ended.
    pub(super) fn restart_gateway(&mut self) {
        self.gateway = start_gateway(&self.zenoh, &self.robots, &[]);
    }

    /// A worker that reads QR codes.
    pub(super) fn worker(&self, more: &[&str]) -> Running {
        let mut command = fleet();
        connected(command.args(["worker", "--zenoh", &self.zenoh, "--detect", "qr"]).args(more))
    }

    /// A viewer of the fleet, whose report goes to its standard output.
    pub(super) fn viewer(&self, more: &[&str]) -> Watcher {
        let mut command = viewer();
        command.args(["--headless", "--zenoh", &self.zenoh, "--report", "-"]);
        Watcher { running: connected(command.args(more)), report: Vec::new() }
    }

    /// robot-sim, which dials the gateway.
    pub(super) fn robot(&self, sent: &[&str]) -> Running {
        robot(&self.robots, sent)
    }

    /// Ends gateway and router, which takes both well.
    pub(super) fn end(mut self) {
        for part in [&mut self.gateway, &mut self.router] {
            part.interrupt().expect("it runs");
            assert_eq!(exit_code(part), Some(0));
        }
    }
}

/// A viewer of a fleet, and what it has reported.
pub(super) struct Watcher {
    pub(super) running: Running,
    pub(super) report: Vec<Value>,
}

impl Watcher {
    /// Waits for the next line of the report.
    pub(super) fn line(&mut self) -> &Value {
        match self.running.next_line(Output::Stdout, PATIENCE) {
            Line::Text(line) => self.report.push(parse(&line)),
            end => panic!("no line came: {end:?}"),
        }
        self.report.last().expect("a line has come")
    }

    /// Reads on until each of so many robots has had a line for which `is` holds, and gives their names and how long that took.
    pub(super) fn all(&mut self, robots: usize, is: impl Fn(&Value) -> bool) -> (BTreeSet<String>, Duration) {
        let (started, mut names) = (now(), BTreeSet::new());
        while names.len() < robots {
            assert!(started.elapsed() < PATIENCE, "only {names:?} had that");
            let line = self.line();
            if is(line) {
                names.insert(line["name"].as_str().expect("robots of a fleet have names").to_owned());
            }
        }
        (names, started.elapsed())
    }

    /// The address of the page, for one that has a page.
    pub(super) fn page(&self) -> String {
        let address = |lines: &[String]| {
            let url = lines.iter().find_map(|line| line.strip_prefix("the page is at http://"))?;
            url.split('/').next().map(str::to_owned)
        };
        wait_until(&self.running, "the page's address", |lines| address(lines).is_some());
        address(&self.running.lines(Output::Stderr)).expect("it was there")
    }

    /// Ends the viewer, as Ctrl-C does, and gives all that it has reported.
    pub(super) fn end(mut self) -> Vec<Value> {
        self.running.interrupt().expect("it runs");
        loop {
            match self.running.next_line(Output::Stdout, PATIENCE) {
                Line::Text(line) => self.report.push(parse(&line)),
                Line::Closed => break,
                Line::Quiet => panic!("the viewer does not end"),
            }
        }
        assert_eq!(exit_code(&mut self.running), Some(0));
        self.report
    }
}

/// Ends these programs as Ctrl-C does, which they take well.
pub(super) fn end(programs: impl IntoIterator<Item = Running>) {
    for mut program in programs {
        program.interrupt().expect("it runs");
        assert_eq!(exit_code(&mut program), Some(0));
    }
}

pub(super) fn is_frame(line: &Value) -> bool {
    line["event"] == "frame"
}

pub(super) fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[expect(clippy::disallowed_methods, reason = "how long things take is what is tested")]
pub(super) fn now() -> Instant {
    Instant::now()
}

fn start_router(zenoh: &str) -> Running {
    let mut router = Running::start(fleet().args(["router", "--listen", zenoh])).expect("fleet starts");
    let routes = |line: &str| (line == format!("routing on {zenoh}")).then_some(());
    router.wait_for(Output::Stderr, PATIENCE, "that it routes", routes).expect("the router runs");
    router
}

fn start_gateway(zenoh: &str, robots: &str, more: &[&str]) -> Running {
    let mut command = fleet();
    let gateway = connected(command.args(["gateway", "--listen", robots, "--zenoh", zenoh]).args(more));
    // It listens before it connects, and may say so later.
    let listens = format!("listening on {robots}");
    wait_until(&gateway, "that it listens", |lines| lines.iter().any(|line| line.starts_with(&listens)));
    gateway
}

/// Starts a part of the fleet and waits until it has the router.
fn connected(command: &mut Command) -> Running {
    let mut part = Running::start(command).expect("the program starts");
    let is_connected = |line: &str| line.starts_with("connected to t").then_some(());
    part.wait_for(Output::Stderr, PATIENCE, "the router", is_connected).expect("it connects");
    part
}

/// Waits until what a program has said so far is as `is` wants it.
#[expect(clippy::disallowed_methods, reason = "waiting for a state needs the clock")]
pub(super) fn wait_until(program: &Running, what: &str, is: impl Fn(&[String]) -> bool) {
    let started = now();
    while !is(&program.lines(Output::Stderr)) {
        assert!(started.elapsed() < PATIENCE, "{what} never came");
        std::thread::sleep(Duration::from_millis(10));
    }
}
