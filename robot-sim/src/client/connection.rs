//! One TCP connection to the viewer: sends whole frames, and notices at once when the viewer closes.
#![expect(clippy::disallowed_methods, reason = "the socket is waited for here")]

use std::fmt;
use std::io::{self, ErrorKind, IoSlice};
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::{select, task, time};

use super::now;
use super::stop::Stop;
use crate::fault::Pace;

/// An open connection.
///
/// The viewer sends nothing, so that a socket with something to read means that it has closed.
pub(super) struct Connection {
    /// `None` once this side has closed it.
    stream: Option<TcpStream>,
    stop: Stop,
    lost: Option<Loss>,
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

/// How the connection was lost.
#[derive(Debug, Clone)]
pub(super) enum Loss {
    Closed,
    Reset,
    Write(String),
}

/// What the viewer did after the robot closed its sending side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Close {
    /// It closed too, or has not done so for [`LINGER`].
    Quiet,
    /// It threw away what had been sent and not been read.
    Reset,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, stop: Stop, opened: Instant) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream: Some(stream), stop, lost: None, opened, inside_a_frame: false })
    }

    pub(super) fn opened(&self) -> Instant {
        self.opened
    }

    /// Whether a frame has been begun and not been finished, so that nothing else can follow.
    pub(super) fn is_inside_a_frame(&self) -> bool {
        self.inside_a_frame
    }

    /// Sends the parts, one after the other, as one frame.
    pub(super) async fn send(&mut self, parts: [&[u8]; 3], pace: Pace) -> Result<(), Halt> {
        self.check()?;
        self.inside_a_frame = true;
        match pace {
            Pace::AtOnce => self.write(&mut parts.map(IoSlice::new)).await?,
            Pace::Pieces { size, pause } => self.send_pieces(&parts.concat(), size, pause).await?,
        }
        self.inside_a_frame = false;
        // A robot that never has to wait lets the others run.
        task::coop::consume_budget().await;
        Ok(())
    }

    /// Waits; broken off when the run is to end or the viewer goes away.
    pub(super) async fn pause(&mut self, pause: Duration) -> Result<(), Halt> {
        if pause.is_zero() {
            self.check()?;
            return if self.stop.is_requested() { Err(Halt::Stopped) } else { Ok(()) };
        }
        match time::timeout(pause, self.halt()).await {
            Ok(halt) => Err(halt),
            Err(_) => Ok(()),
        }
    }

    /// Waits until the viewer closes or the run is to end.
    pub(super) async fn halt(&mut self) -> Halt {
        let stop = self.stop.clone();
        select! {
            biased;
            loss = self.loss() => Halt::Lost(loss),
            () = stop.requested() => Halt::Stopped,
        }
    }

    /// Closes the sending side, gives the viewer a moment to read the rest and close too, and closes for good.
    ///
    /// Inside a frame there is nothing to wait for: the viewer is gone, or has read nothing until the user ended the run.
    pub(super) async fn close(&mut self) -> Close {
        if let Some(stream) = &mut self.stream {
            // Fails only when the viewer has already torn the connection down, which reading shows.
            let _ = stream.shutdown().await;
        }
        if !self.inside_a_frame {
            // The viewer may take longer; what is under way reaches it all the same.
            let _ = time::timeout(LINGER, self.loss()).await;
        }
        let close = if matches!(self.check(), Err(Halt::Lost(Loss::Reset))) { Close::Reset } else { Close::Quiet };
        self.stream = None;
        close
    }

    /// Sends piece after piece, each a pause after the one before.
    ///
    /// The pauses are counted from the start, since a timer is late by up to a millisecond. A connection that was held up
    /// makes up for no more than [`CATCH_UP`].
    async fn send_pieces(&mut self, bytes: &[u8], size: NonZeroUsize, pause: Duration) -> Result<(), Halt> {
        let mut due = now();
        for piece in bytes.chunks(size.get()) {
            self.write(&mut [IoSlice::new(piece)]).await?;
            task::coop::consume_budget().await;
            let now = now();
            due = due.max(now.checked_sub(CATCH_UP).unwrap_or(now)) + pause;
            self.pause(due.saturating_duration_since(now)).await?;
        }
        Ok(())
    }

    async fn write(&mut self, mut parts: &mut [IoSlice<'_>]) -> Result<(), Halt> {
        IoSlice::advance_slices(&mut parts, 0);
        while !parts.is_empty() {
            let Some(stream) = &self.stream else { return Err(Halt::Lost(Loss::Closed)) };
            match stream.try_write_vectored(parts) {
                Ok(0) => return Err(Halt::Lost(Loss::Closed)),
                Ok(written) => IoSlice::advance_slices(&mut parts, written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.writable().await?,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(Halt::Lost(Loss::Write(error.to_string()))),
            }
        }
        Ok(())
    }

    /// Waits until there is room for more; a frame is finished after Ctrl-C too, as long as the viewer keeps reading.
    async fn writable(&mut self) -> Result<(), Halt> {
        let stop = self.stop.clone();
        let Some(stream) = &self.stream else { return Err(Halt::Lost(Loss::Closed)) };
        let stuck = async {
            stop.requested().await;
            let _ = time::timeout(STUCK, std::future::pending::<()>()).await;
        };
        let loss = select! {
            biased;
            loss = read_to_end(stream) => loss,
            // An error shows when writing.
            _ = stream.writable() => return Ok(()),
            () = stuck => return Err(Halt::Stopped),
        };
        Err(Halt::Lost(self.lost.insert(loss).clone()))
    }

    /// Waits until the viewer closes.
    async fn loss(&mut self) -> Loss {
        if let Some(loss) = &self.lost {
            return loss.clone();
        }
        let loss = match &self.stream {
            Some(stream) => read_to_end(stream).await,
            None => Loss::Closed,
        };
        self.lost.insert(loss).clone()
    }

    /// Finds out, without waiting, whether the viewer has closed.
    fn check(&mut self) -> Result<(), Halt> {
        let seen = || self.stream.as_ref().map_or(Some(Loss::Closed), read);
        match self.lost.clone().or_else(seen) {
            Some(loss) => Err(Halt::Lost(self.lost.insert(loss).clone())),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loss::Closed => f.write_str("it closed the connection"),
            Loss::Reset => f.write_str("it reset the connection"),
            Loss::Write(error) => f.write_str(error),
        }
    }
}

/// Reads until the connection ends, one way or the other.
async fn read_to_end(stream: &TcpStream) -> Loss {
    loop {
        // An error shows when reading.
        let _ = stream.readable().await;
        if let Some(loss) = read(stream) {
            return loss;
        }
    }
}

/// Reads and ignores what has come; returns how the connection ended, if it has.
fn read(stream: &TcpStream) -> Option<Loss> {
    let mut ignored = [0; 512];
    loop {
        match stream.try_read(&mut ignored) {
            Ok(0) => return Some(Loss::Closed),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Some(Loss::Reset),
        }
    }
}

/// How long a viewer may read nothing, once the run is to end, before the frame is given up.
const STUCK: Duration = Duration::from_millis(200);

/// How long a viewer may take to read the rest and close.
const LINGER: Duration = Duration::from_secs(2);

/// How far behind its rate a connection may be and still make up for it; longer than a timer is late.
pub(super) const CATCH_UP: Duration = Duration::from_millis(5);
