//! A fleet on this machine: a router, a gateway and workers.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use xtask::cargo::Programs;
use xtask::process::{self, Output, Running};

/// Its parts, which end with this.
pub(crate) struct Fleet {
    /// Where its router is, as Zenoh writes it.
    pub(crate) router: String,
    /// Where robots connect.
    pub(crate) gateway: String,
    parts: Vec<(Part, Running)>,
}

/// What a program of the fleet does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Router,
    Gateway,
    Worker,
}

impl Fleet {
    /// Starts so many workers, which search for `kinds`, and the rest, for so many robots, and waits until all are there.
    pub(crate) fn start(programs: &Programs, task: &str, workers: usize, kinds: &str, robots: usize) -> Result<Self> {
        let fleet = programs.path("fleet")?;
        let router = format!("tcp/{}", process::free_address()?);
        let robots = robots.to_string();
        let start = |arguments: &[&str]| {
            let mut command = Command::new(fleet);
            command.args(arguments);
            eprintln!("{task}: {}", process::title(&command));
            Running::start(&mut command)
        };
        let wait = |part: &mut Running, what: &str, beginning: &str| {
            let rest = |line: &str| line.strip_prefix(beginning).map(str::to_owned);
            let found = part.wait_for(Output::Stderr, START, what, rest);
            found.with_context(|| part.transcript())
        };
        let mut parts = vec![(Part::Router, start(&["router", "--listen", &router])?)];
        wait(&mut parts[0].1, "a line saying where it routes", "routing on ")?;
        let mut gateway = start(&["gateway", "--listen", "127.0.0.1:0", "--zenoh", &router, "--robots", &robots])?;
        let listening = wait(&mut gateway, "a line saying where it listens", "listening on ")?;
        let address = listening.split(';').next().unwrap_or_default().to_owned();
        wait(&mut gateway, "the router", "connected to ")?;
        parts.push((Part::Gateway, gateway));
        for _ in 0..workers {
            let mut worker = start(&["worker", "--zenoh", &router, "--detect", kinds, "--robots", &robots])?;
            wait(&mut worker, "the router", "connected to ")?;
            parts.push((Part::Worker, worker));
        }
        Ok(Self { router, gateway: address, parts })
    }

    /// Which process does what.
    pub(crate) fn processes(&self) -> impl Iterator<Item = (Part, u32)> {
        self.parts.iter().map(|(part, running)| (*part, running.id()))
    }
}

const START: Duration = Duration::from_secs(20);
