//! Certificates from files, and from these files again when they have changed.
#![expect(
    clippy::disallowed_methods,
    reason = "a thread looks at the files, which the network's thread has no time for"
)]

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use tls::rustls::ServerConfig;
use tls::{LoadError, ServerContents, ServerFiles};
use tokio::sync::watch;

/// Certificates that were read, and their files.
pub struct Certificates {
    files: ServerFiles,
    contents: ServerContents,
    config: Arc<ServerConfig>,
}

/// What the files say at any time, until this is dropped.
pub(super) struct Watched {
    config: watch::Receiver<Arc<ServerConfig>>,
    _stop: Sender<()>,
}

impl Certificates {
    /// Reads the files.
    ///
    /// # Errors
    /// Fails on files that cannot be read or used.
    pub fn load(files: ServerFiles) -> Result<Self, LoadError> {
        let contents = files.read()?;
        let config = files.config(&contents)?;
        Ok(Self { files, contents, config })
    }

    /// Whether robots have to show a certificate of their own.
    pub fn ask_robots(&self) -> bool {
        self.files.client_ca.is_some()
    }

    /// Looks at the files every second, on a thread of its own, and calls `changed` when they have changed: without a problem,
    /// what they say counts from then on; with one, what they said before does.
    pub(super) fn watch(self, changed: impl Fn(Option<String>) + Send + 'static) -> io::Result<Watched> {
        let (news, config) = watch::channel(self.config);
        let (stop, stopped) = mpsc::channel();
        let mut changes = Changes::new(Ok(self.contents));
        let look = move || {
            while stopped.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                let read = self.files.read().map_err(|error| with_source(&error));
                let Some(read) = changes.settled(read) else { continue };
                let config =
                    read.and_then(|contents| self.files.config(&contents).map_err(|error| with_source(&error)));
                match config {
                    Ok(config) => {
                        // Nobody wants it any more once the server has gone.
                        _ = news.send(config);
                        changed(None);
                    }
                    Err(problem) => changed(Some(problem)),
                }
            }
        };
        thread::Builder::new().name("certificates".to_owned()).spawn(look)?;
        Ok(Watched { config, _stop: stop })
    }
}

impl Watched {
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config.borrow())
    }
}

/// Tells when something that is looked at again and again has changed and settled: certificate and key are written one after the
/// other.
struct Changes<T> {
    known: T,
    seen: Option<T>,
}

impl<T: Clone + PartialEq> Changes<T> {
    fn new(known: T) -> Self {
        Self { known, seen: None }
    }

    /// What was seen, if it is new, and was the same the last time.
    fn settled(&mut self, now: T) -> Option<T> {
        if now == self.known {
            self.seen = None;
        } else if self.seen.as_ref() == Some(&now) {
            self.known = now.clone();
            self.seen = None;
            return Some(now);
        } else {
            self.seen = Some(now);
        }
        None
    }
}

fn with_source(error: &LoadError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

const PAUSE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_counts_once_it_is_seen_twice() {
        let mut changes = Changes::new("old");
        let seen = ["old", "half", "new", "new", "new", "half", "new", "old", "old"];
        let settled: Vec<Option<&str>> = seen.into_iter().map(|now| changes.settled(now)).collect();
        assert_eq!(settled, [None, None, None, Some("new"), None, None, None, None, Some("old")]);
    }
}
