//! One TCP connection to the viewer: whole frames go out, and it is noticed at once when the viewer goes away.

use std::fmt;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::bell::Bell;
use crate::fault::Pace;

/// An open connection, watched by a thread of its own.
///
/// The viewer sends nothing, so a reader that blocks until the connection ends costs nothing, and tells of a viewer that
/// closes while the robot is waiting for the next frame's time.
pub(super) struct Connection {
    stream: TcpStream,
    bell: Arc<Bell>,
    viewer: Arc<AtomicU8>,
    watcher: Option<JoinHandle<()>>,
    opened: Instant,
    inside_a_frame: bool,
}

/// Why sending or waiting was broken off.
#[derive(Debug)]
pub(super) enum Halt {
    /// The user wants the run to end.
    Stopped,
    /// The viewer is gone.
    Lost(Loss),
}

/// How the viewer went.
#[derive(Debug)]
pub(super) enum Loss {
    Closed,
    Reset,
    Write(io::Error),
}

/// What the viewer did after the robot hung up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Farewell {
    /// It closed too, or has not done so for [`LINGER`].
    Quiet,
    /// It threw away what had been sent and not been read.
    Reset,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, bell: Arc<Bell>, opened: Instant) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        // A viewer that reads nothing blocks the robot; it still has to hear Ctrl-C.
        stream.set_write_timeout(Some(WRITE_SLICE))?;
        let viewer = Arc::new(AtomicU8::new(THERE));
        let watcher = watch(stream.try_clone()?, Arc::clone(&viewer), Arc::clone(&bell))?;
        Ok(Self { stream, bell, viewer, watcher: Some(watcher), opened, inside_a_frame: false })
    }

    pub(super) fn opened(&self) -> Instant {
        self.opened
    }

    /// Whether a frame has been begun and not been finished, so that nothing else can follow.
    pub(super) fn is_inside_a_frame(&self) -> bool {
        self.inside_a_frame
    }

    /// Sends the parts, one after the other, as one frame.
    pub(super) fn send(&mut self, parts: [&[u8]; 2], pace: Pace) -> Result<(), Halt> {
        self.loss().map_err(Halt::Lost)?;
        self.inside_a_frame = true;
        match pace {
            Pace::AtOnce => self.write(&mut parts.map(IoSlice::new))?,
            Pace::Pieces { size, pause } => {
                for piece in parts.concat().chunks(size.get()) {
                    self.write(&mut [IoSlice::new(piece)])?;
                    self.pause(pause)?;
                }
            }
        }
        self.inside_a_frame = false;
        Ok(())
    }

    /// Waits; broken off when the run is to end or the viewer goes away.
    pub(super) fn pause(&self, time: Duration) -> Result<(), Halt> {
        if !self.bell.wait(time, || self.bell.is_stopped() || self.is_lost()) {
            return Ok(());
        }
        self.loss().map_err(Halt::Lost)?;
        Err(Halt::Stopped)
    }

    /// Waits until the viewer closes or the run is to end.
    pub(super) fn wait_for_viewer_to_close(&self) -> Halt {
        self.bell.wait_for(|| self.bell.is_stopped() || self.is_lost());
        self.loss().map_or_else(Halt::Lost, |()| Halt::Stopped)
    }

    /// Closes the sending side, gives the viewer a moment to read the rest and close too, and closes for good.
    ///
    /// Inside a frame there is nothing to wait for: the viewer is gone, or has not read for so long that the user gave up.
    pub(super) fn hang_up(&mut self) -> Farewell {
        // Both fail only when the viewer has already torn the connection down, which the watcher has seen.
        let _ = self.stream.shutdown(Shutdown::Write);
        if !self.inside_a_frame {
            self.bell.wait(LINGER, || self.is_lost());
        }
        let _ = self.stream.shutdown(Shutdown::Both);
        let farewell = match self.viewer.load(Ordering::SeqCst) {
            RESET => Farewell::Reset,
            _ => Farewell::Quiet,
        };
        if let Some(watcher) = self.watcher.take() {
            watcher.join().expect("the watcher does not panic");
        }
        farewell
    }

    fn write(&mut self, mut parts: &mut [IoSlice<'_>]) -> Result<(), Halt> {
        IoSlice::advance_slices(&mut parts, 0);
        while !parts.is_empty() {
            match self.stream.write_vectored(parts) {
                Ok(0) => return Err(Halt::Lost(Loss::Closed)),
                Ok(written) => IoSlice::advance_slices(&mut parts, written),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    self.loss().map_err(Halt::Lost)?;
                    if self.bell.is_stopped() {
                        return Err(Halt::Stopped);
                    }
                }
                Err(error) => return Err(Halt::Lost(Loss::Write(error))),
            }
        }
        Ok(())
    }

    fn is_lost(&self) -> bool {
        self.viewer.load(Ordering::SeqCst) != THERE
    }

    fn loss(&self) -> Result<(), Loss> {
        match self.viewer.load(Ordering::SeqCst) {
            THERE => Ok(()),
            CLOSED => Err(Loss::Closed),
            _ => Err(Loss::Reset),
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loss::Closed => f.write_str("it hung up"),
            Loss::Reset => f.write_str("it reset the connection"),
            Loss::Write(error) => error.fmt(f),
        }
    }
}

/// Starts the thread that reads until the connection ends, one way or the other.
#[expect(clippy::disallowed_methods, reason = "a read that blocks needs a thread")]
fn watch(mut stream: TcpStream, viewer: Arc<AtomicU8>, bell: Arc<Bell>) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("watcher".to_owned()).spawn(move || {
        let mut ignored = [0; 512];
        let end = loop {
            match stream.read(&mut ignored) {
                Ok(0) => break CLOSED,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break RESET,
            }
        };
        viewer.store(end, Ordering::SeqCst);
        bell.ring();
    })
}

const THERE: u8 = 0;
const CLOSED: u8 = 1;
const RESET: u8 = 2;

/// How long a write may block before it is looked whether the run is to end.
const WRITE_SLICE: Duration = Duration::from_millis(200);

/// How long a viewer may take to read the rest and close; what is under way reaches it later all the same.
const LINGER: Duration = Duration::from_secs(2);
