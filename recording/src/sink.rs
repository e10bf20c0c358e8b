//! Counts what is written, and keeps the error that a write failed with.

use std::io::{self, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Stands between the MCAP writer and the caller's sink.
///
/// Chunks are made in memory, so that the MCAP writer never goes back in what it has written: it asks where it is, and no more.
pub(crate) struct Sink<W> {
    inner: W,
    status: Arc<Status>,
    written: u64,
}

/// What the writer knows of its sink while the MCAP writer owns it.
#[derive(Debug, Default)]
pub(crate) struct Status(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    written: u64,
    failure: Option<io::Error>,
}

impl<W> Sink<W> {
    pub(crate) fn new(inner: W, status: Arc<Status>) -> Self {
        Self { inner, status, written: 0 }
    }

    pub(crate) fn into_inner(self) -> W {
        self.inner
    }
}

impl Status {
    /// Bytes that the sink has taken.
    pub(crate) fn written(&self) -> u64 {
        self.state().written
    }

    /// The error that a write failed with, once.
    pub(crate) fn take_failure(&self) -> Option<io::Error> {
        self.state().failure.take()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the error and gives the MCAP writer one like it, because that may hide what it is given.
    fn keep(&self, error: io::Error) -> io::Error {
        // The one who calls tries again, and that is no failure.
        if error.kind() == io::ErrorKind::Interrupted {
            return error;
        }
        let like = error.kind().into();
        self.state().failure.get_or_insert(error);
        like
    }
}

impl<W: Write> Write for Sink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.inner.write(bytes) {
            // `write_all` makes an error of this without asking the sink again.
            Ok(0) if !bytes.is_empty() => Err(self.status.keep(io::ErrorKind::WriteZero.into())),
            Ok(taken) => {
                self.written += taken as u64;
                self.status.state().written = self.written;
                Ok(taken)
            }
            Err(error) => Err(self.status.keep(error)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush().map_err(|error| self.status.keep(error))
    }
}

impl<W> Seek for Sink<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match to {
            SeekFrom::Current(0) => Ok(self.written),
            _ => Err(self.status.keep(io::ErrorKind::NotSeekable.into())),
        }
    }
}
