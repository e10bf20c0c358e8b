//! A router of Zenoh, for a fleet of which nobody has set one up.

use std::path::PathBuf;
use std::sync::mpsc;

use anyhow::{Context as _, anyhow};
use zenoh::Wait as _;

use crate::address::Address;
use crate::messages::say;
use crate::settings;

/// What a router needs to know.
#[derive(Debug)]
pub struct Config {
    /// Where it listens.
    pub listen: Address,
    /// For `tls/…`: its certificate, and whom it lets in.
    pub tls: Option<tls::ServerFiles>,
    /// More settings, as Zenoh reads them: access control, other routers.
    pub file: Option<PathBuf>,
}

/// Routes until it is told to end.
///
/// # Errors
/// Fails where the settings are none, or the address cannot be had.
pub fn run(config: Config) -> anyhow::Result<()> {
    let Config { listen, tls, file } = config;
    let more = match &file {
        None => zenoh::Config::default(),
        Some(path) => {
            zenoh::Config::from_file(path).map_err(|error| anyhow!("--config {}: {error}", path.display()))?
        }
    };
    let settings = settings::router(more, &listen, tls.as_ref()).map_err(|error| anyhow!("{error}"))?;
    let (stop, stopped) = mpsc::channel();
    ctrlc::set_handler(move || _ = stop.send(())).context("signals cannot be heard")?;
    let session = zenoh::open(settings).wait().map_err(|error| anyhow!("--listen {listen}: {error}"))?;
    say(&format!("routing on {listen}"));
    // Nothing else ends it.
    _ = stopped.recv();
    session.close().wait().map_err(|error| anyhow!("{error}"))
}
