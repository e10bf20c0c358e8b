//! The other parts of a fleet, on this machine: a router, a gateway and two workers.

use std::process::Command;

use anyhow::{Context as _, Result};
use xtask::cargo::Programs;
use xtask::process::{self, Output, Running};

use super::START;

/// The parts, which end with this.
pub(super) struct Fleet {
    /// Where its router is, as Zenoh writes it.
    pub(super) router: String,
    /// Where robots connect.
    pub(super) gateway: String,
    _parts: Vec<Running>,
}

impl Fleet {
    /// Starts them, and waits until each is there; workers search for `kinds`.
    pub(super) fn start(programs: &Programs, kinds: &str) -> Result<Self> {
        let router = format!("tcp/{}", process::free_address()?);
        let start = |arguments: &[&str]| {
            let mut command = Command::new(programs.path("fleet")?);
            command.args(arguments);
            eprintln!("demo: {}", process::title(&command));
            Running::start(&mut command)
        };
        let wait = |part: &mut Running, what: &str, beginning: &str| {
            let rest = |line: &str| line.strip_prefix(beginning).map(str::to_owned);
            let found = part.wait_for(Output::Stderr, START, what, rest);
            found.with_context(|| part.transcript())
        };
        let mut parts = vec![start(&["router", "--listen", &router])?];
        wait(&mut parts[0], "a line saying where it routes", "routing on ")?;
        let mut gateway = start(&["gateway", "--listen", "127.0.0.1:0", "--zenoh", &router])?;
        let listening = wait(&mut gateway, "a line saying where it listens", "listening on ")?;
        let address = listening.split(';').next().unwrap_or_default().to_owned();
        wait(&mut gateway, "the router", "connected to ")?;
        parts.push(gateway);
        for _ in 0..2 {
            let mut worker = start(&["worker", "--zenoh", &router, "--detect", kinds])?;
            wait(&mut worker, "the router", "connected to ")?;
            parts.push(worker);
        }
        Ok(Self { router, gateway: address, _parts: parts })
    }
}
