//! A router of Zenoh, for a fleet of which nobody has set one up.

use std::fs;
use std::net::ToSocketAddrs as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use anyhow::{Context as _, anyhow};
use pipeline::Bound;
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
        Some(path) => from_file(path).with_context(|| format!("--config {}", path.display()))?,
    };
    let settings = settings::router(more, &listen, tls.as_ref()).map_err(in_words)?;
    take(&listen)?;
    let (stop, stopped) = mpsc::channel();
    ctrlc::set_handler(move || _ = stop.send(())).context("signals cannot be heard")?;
    let session =
        zenoh::open(settings).wait().map_err(|error| in_words(error).context(format!("--listen {listen}")))?;
    say(&format!("routing on {listen}"));
    // Nothing else ends it.
    _ = stopped.recv();
    session.close().wait().map_err(in_words)
}

/// Zenoh reads the file again; what it says of one that cannot be read names neither the file nor the reason.
fn from_file(path: &Path) -> anyhow::Result<zenoh::Config> {
    fs::read_to_string(path)?;
    zenoh::Config::from_file(path).map_err(in_words)
}

/// Fails, with a reason, where the address cannot be had: Zenoh would say that it did not work.
fn take(listen: &Address) -> anyhow::Result<()> {
    let addresses = (listen.host(), listen.port()).to_socket_addrs().with_context(|| format!("--listen {listen}"))?;
    for addr in addresses {
        Bound::bind(Some(addr)).context("--listen")?;
    }
    Ok(())
}

/// Zenoh's error without the places in its source where it and its causes arose.
fn in_words(error: zenoh::Error) -> anyhow::Error {
    anyhow!("{}", without_places(&error.to_string()))
}

/// Leaves out each ` at FILE.rs:LINE.`.
fn without_places(error: &str) -> String {
    let mut words: Vec<&str> = error.split(' ').collect();
    let mut at = 0;
    while at + 1 < words.len() {
        if words[at] == "at" && words[at + 1].contains(".rs:") {
            words.drain(at..at + 2);
        } else {
            at += 1;
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_do_not_name_places_in_zenohs_source() {
        let error = "Invalid thing at /home/z/zenoh/src/lib.rs:17. - Caused by no door at nine at src/a.rs:3.";
        assert_eq!(without_places(error), "Invalid thing - Caused by no door at nine");
    }
}
