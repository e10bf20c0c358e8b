//! How the system asks the program to end.

#[cfg(unix)]
use std::fs;
use std::io;
use std::process;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Ctrl-C, SIGTERM and SIGHUP, which no longer end the program once this is there.
#[cfg(unix)]
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    /// `None` if whoever started the program wants it to survive its terminal, as `nohup` does.
    hang_up: Option<Signal>,
}

/// What the system wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// That the program ends; asked again, at once.
    End,
    /// The same because its terminal has gone, which several may say.
    HungUp,
}

impl Signals {
    /// Reports each wish to end; the second Ctrl-C or SIGTERM ends the program on the spot.
    pub(super) async fn report(mut self, interrupted: impl Fn()) {
        let mut asked = 0;
        loop {
            match self.next().await {
                Asked::End if asked > 0 => process::exit(INTERRUPTED),
                Asked::End => asked += 1,
                Asked::HungUp => {}
            }
            interrupted();
        }
    }
}

#[cfg(unix)]
impl Signals {
    /// # Errors
    /// Fails where the system has no room for it.
    pub(super) fn listen() -> io::Result<Self> {
        let hang_up = if is_hang_up_ignored() { None } else { Some(signal(SignalKind::hangup())?) };
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Self { interrupt, terminate, hang_up })
    }

    async fn next(&mut self) -> Asked {
        let hung_up = async {
            match &mut self.hang_up {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Asked::End,
            _ = self.terminate.recv() => Asked::End,
            _ = hung_up => Asked::HungUp,
        }
    }
}

/// Whether SIGHUP is ignored, by proc(5); where there is no such file, it is not.
#[cfg(unix)]
fn is_hang_up_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    // The lowest bit is signal 1, which is SIGHUP.
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

/// Ctrl-C, which no longer ends the program once this is waited for.
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Asked {
        _ = tokio::signal::ctrl_c().await;
        Asked::End
    }
}

/// What shells report for a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;
