//! One connection to the viewer: sends whole frames, and notices at once when the viewer closes.
#![expect(clippy::disallowed_methods, reason = "the socket is waited for here")]

use std::fmt;
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::{select, task, time};

use super::now;
use super::stop::Stop;
use crate::fault::Pace;

/// An open connection.
///
/// The viewer sends nothing, so that a socket with something to read means that it has closed.
pub(super) struct Connection {
    /// `None` once this side has closed it.
    stream: Option<Box<dyn Stream>>,
    stop: Stop,
    lost: Option<Loss>,
    opened: Instant,
    inside_a_frame: bool,
}

/// A socket, or TLS over one.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

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
    /// It wants TLS, or does not want this robot's certificate.
    Refused(String),
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
    pub(super) fn new(stream: Box<dyn Stream>, stop: Stop, opened: Instant) -> Self {
        Self { stream: Some(stream), stop, lost: None, opened, inside_a_frame: false }
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
            // Fails only when the viewer has already torn the connection down, which reading shows; takes time only where TLS
            // has to say so and there is no room for it.
            let patience = if self.inside_a_frame { STUCK } else { LINGER };
            let _ = time::timeout(patience, stream.shutdown()).await;
        }
        if !self.inside_a_frame {
            // The viewer may take longer; what is under way reaches it all the same.
            let _ = time::timeout(LINGER, self.loss()).await;
        }
        let close = match self.check() {
            Err(Halt::Lost(Loss::Reset | Loss::Refused(_))) => Close::Reset,
            _ => Close::Quiet,
        };
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

    /// Writes the parts; a frame is finished after Ctrl-C too, as long as the viewer keeps reading.
    async fn write(&mut self, mut parts: &mut [IoSlice<'_>]) -> Result<(), Halt> {
        let Some(stream) = &mut self.stream else { return Err(Halt::Lost(Loss::Closed)) };
        let stop = self.stop.clone();
        let write = async {
            IoSlice::advance_slices(&mut parts, 0);
            while !parts.is_empty() {
                let written = poll_fn(|cx| match Pin::new(&mut **stream).poll_write_vectored(cx, parts) {
                    Poll::Pending => poll_loss(stream, cx).map(Err),
                    Poll::Ready(written) => Poll::Ready(written.map_err(Loss::of_write)),
                });
                match written.await? {
                    0 => return Err(Loss::Closed),
                    written => IoSlice::advance_slices(&mut parts, written),
                }
            }
            // TLS keeps back what the socket has no room for.
            poll_fn(|cx| match Pin::new(&mut **stream).poll_flush(cx) {
                Poll::Pending => poll_loss(stream, cx).map(Err),
                Poll::Ready(flushed) => Poll::Ready(flushed.map_err(Loss::of_write)),
            })
            .await
        };
        let stuck = async {
            stop.requested().await;
            let _ = time::timeout(STUCK, std::future::pending::<()>()).await;
        };
        let loss = select! {
            biased;
            written = write => match written {
                Ok(()) => return Ok(()),
                Err(loss) => loss,
            },
            () = stuck => return Err(Halt::Stopped),
        };
        Err(Halt::Lost(self.lost.insert(loss).clone()))
    }

    /// Waits until the viewer closes.
    async fn loss(&mut self) -> Loss {
        if let Some(loss) = &self.lost {
            return loss.clone();
        }
        let loss = match &mut self.stream {
            Some(stream) => poll_fn(|cx| poll_loss(stream, cx)).await,
            None => Loss::Closed,
        };
        self.lost.insert(loss).clone()
    }

    /// Finds out, without waiting, whether the viewer has closed.
    fn check(&mut self) -> Result<(), Halt> {
        if self.lost.is_none() {
            self.lost = match &mut self.stream {
                None => Some(Loss::Closed),
                Some(stream) => match poll_loss(stream, &mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(loss) => Some(loss),
                    Poll::Pending => None,
                },
            };
        }
        match &self.lost {
            Some(loss) => Err(Halt::Lost(loss.clone())),
            None => Ok(()),
        }
    }
}

impl Loss {
    fn of_read(error: &io::Error) -> Self {
        match error.kind() {
            // Of TLS, without the goodbye that it has.
            ErrorKind::UnexpectedEof => Loss::Closed,
            ErrorKind::InvalidData => Loss::Refused(tls::of_dialled(error, &tls::VIEWER)),
            _ => Loss::Reset,
        }
    }

    fn of_write(error: io::Error) -> Self {
        Loss::Write(error.to_string())
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loss::Closed => f.write_str("it closed the connection"),
            Loss::Reset => f.write_str("it reset the connection"),
            Loss::Write(error) => f.write_str(error),
            Loss::Refused(why) => f.write_str(why),
        }
    }
}

/// Reads and ignores what has come; ready with how the connection ended, if it has.
fn poll_loss(stream: &mut Box<dyn Stream>, cx: &mut Context<'_>) -> Poll<Loss> {
    let mut ignored = [0; 512];
    loop {
        let mut buffer = ReadBuf::new(&mut ignored);
        match ready!(Pin::new(&mut **stream).poll_read(cx, &mut buffer)) {
            Ok(()) if buffer.filled().is_empty() => return Poll::Ready(Loss::Closed),
            // Inside TLS nothing comes, and what is outside is not seen here.
            Ok(()) if tls::is_tls_alert(buffer.filled()) => {
                return Poll::Ready(Loss::Refused("it wants TLS; give --tls-ca".to_owned()));
            }
            Ok(()) => {}
            Err(error) => return Poll::Ready(Loss::of_read(&error)),
        }
    }
}

/// How long a viewer may read nothing, once the run is to end, before the frame is given up.
const STUCK: Duration = Duration::from_millis(200);

/// How long a viewer may take to read the rest and close.
const LINGER: Duration = Duration::from_secs(2);

/// How far behind its rate a connection may be and still make up for it; longer than a timer is late.
pub(super) const CATCH_UP: Duration = Duration::from_millis(5);
