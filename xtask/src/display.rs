//! A display to open windows on: the one of this session, or a virtual one.

use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::process::{Output, Running};

/// An X server that draws into memory; it ends when this is dropped.
pub struct Virtual {
    server: Running,
    name: String,
}

impl Virtual {
    /// Starts Xvfb on a display number that it picks itself.
    pub fn start() -> Result<Self> {
        let mut command = Command::new("Xvfb");
        // The server writes the number it took to its standard output once it takes clients: no guess, no race.
        // Without -noreset it would start afresh whenever the last client leaves.
        command.args(["-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp", "-noreset"]);
        let mut server = Running::start(&mut command).context("Xvfb is needed; `cargo xtask setup` installs it")?;
        let number = server.wait_for(Output::Stdout, START, "a display number", |line| line.trim().parse::<u32>().ok());
        let number = number.with_context(|| server.transcript())?;
        Ok(Self { server, name: format!(":{number}") })
    }

    /// The value for `DISPLAY`, such as `:3`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Ends it at once, as when a desktop's session ends.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Stops it, so that it takes nothing and says nothing, without going away.
    pub fn stop(&self) -> Result<()> {
        self.server.signal("STOP")
    }

    /// The server's process id.
    pub fn id(&self) -> u32 {
        self.server.id()
    }
}

/// The value of `DISPLAY`, if an X server answers there.
///
/// A display on another machine is not tested, because that could take long.
pub fn usable() -> Option<String> {
    let name = std::env::var("DISPLAY").ok()?;
    match local_socket(&name) {
        Some(path) => UnixStream::connect(path).is_ok().then_some(name),
        None => (!name.is_empty()).then_some(name),
    }
}

/// The socket of a display on this machine.
fn local_socket(display: &str) -> Option<String> {
    let (host, rest) = display.rsplit_once(':')?;
    let number = rest.split('.').next()?;
    let local = host.is_empty() || host == "unix";
    (local && number.parse::<u32>().is_ok()).then(|| format!("/tmp/.X11-unix/X{number}"))
}

const START: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_display_has_a_socket() {
        assert_eq!(local_socket(":0").as_deref(), Some("/tmp/.X11-unix/X0"));
        assert_eq!(local_socket(":12.1").as_deref(), Some("/tmp/.X11-unix/X12"));
        assert_eq!(local_socket("unix:3").as_deref(), Some("/tmp/.X11-unix/X3"));
    }

    #[test]
    fn a_remote_display_has_none() {
        assert_eq!(local_socket("elsewhere:10.0"), None);
        assert_eq!(local_socket(""), None);
    }
}
