//! Reads one robot's stream, however it is framed: bytes in, frames out, and in the end the reason why it is over.
#![expect(clippy::disallowed_methods, reason = "deadlines of sockets are waited for here")]

use std::io;
use std::ops::Range;
use std::time::Duration;

use protocol::{Boundary, DecodeError, Foreign, Frame, FrameLimit, Lost, MultipartDecoder, Progress, StreamDecoder};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt as _};
use tokio::task;
use tokio::time::{Instant, sleep_until, timeout};

use super::web;
use crate::clock::Clock;
use crate::event::{End, EndReason};

/// Reads one robot's stream. It may be left and asked again at any time without losing a byte.
pub(super) struct Reader<S> {
    stream: S,
    clock: Clock,
    decoder: StreamDecoder,
    buffer: Vec<u8>,
    /// What of the buffer was read and is not decoded.
    undecoded: Range<usize>,
    /// How much may be decoded before others have their turn, in bytes.
    work: usize,
    /// There is more to decode, and others have had their turn.
    is_paused: bool,
    /// When the last bytes came.
    read_at: Duration,
    idle: Option<Duration>,
    /// When the frame that has begun must be whole; `None` between two frames.
    frame_due: Option<Instant>,
    /// When that frame had begun.
    frame_since: Duration,
    /// Until when what was due is looked for once more.
    looks_until: Option<Instant>,
    frames: u64,
    /// Where the last frame or loss ended, in bytes of the stream.
    decoded_to: u64,
    /// The other end is a browser, or another that waits for an answer.
    is_http: bool,
    /// The robot has said that nothing follows.
    has_said_goodbye: bool,
    /// TLS announces its end; a stream that ends without that may have been cut.
    is_tls: bool,
}

/// A frame, and when its last byte had been read.
pub(super) type Timed = (Frame, Duration);

/// What comes next in a stream.
#[derive(Debug)]
pub(super) enum Read {
    Frame(Timed),
    /// Bytes that belong to no whole frame.
    Lost(Lost),
}

impl<S: AsyncRead + Unpin> Reader<S> {
    pub(super) fn new(stream: S, limit: FrameLimit, idle: Option<Duration>, clock: Clock) -> Self {
        Self {
            stream,
            clock,
            decoder: StreamDecoder::new(limit),
            buffer: vec![0; FIRST_BYTES],
            undecoded: 0..0,
            work: WORK,
            is_paused: false,
            read_at: clock.now(),
            idle,
            frame_due: None,
            frame_since: Duration::ZERO,
            looks_until: None,
            frames: 0,
            decoded_to: 0,
            is_http: false,
            has_said_goodbye: false,
            is_tls: false,
        }
    }

    /// Reads a stream that is encrypted.
    pub(super) fn of_tls(stream: S, limit: FrameLimit, idle: Option<Duration>, clock: Clock) -> Self {
        Self { is_tls: true, ..Self::new(stream, limit, idle, clock) }
    }

    /// Reads the body of an HTTP answer, whose header may say what separates the pictures.
    pub(super) fn of_http(
        body: S,
        content_type: Option<&str>,
        limit: FrameLimit,
        idle: Option<Duration>,
        clock: Clock,
    ) -> Self {
        let boundary = content_type.and_then(Boundary::from_content_type);
        let decoder = match boundary {
            Some(boundary) => MultipartDecoder::with_boundary(limit, boundary).into(),
            None => StreamDecoder::new(limit),
        };
        Self { decoder, ..Self::new(body, limit, idle, clock) }
    }

    /// The next frame or loss, or why there is none.
    pub(super) async fn next(&mut self) -> Result<Read, End> {
        loop {
            if let Some(read) = self.decode()? {
                return Ok(read);
            }
            // A robot that floods is never without bytes; the others have their turn all the same.
            task::yield_now().await;
            self.work = WORK;
            let mut due = self.due();
            // Whoever floods with what is no frame is never without bytes, and yet late.
            if due.is_some_and(|due| due <= Instant::now()) {
                self.overdue(due)?;
                due = self.due();
            }
            if self.is_paused {
                continue;
            }
            tokio::select! {
                biased;
                read = self.stream.read(&mut self.buffer) => match read {
                    Ok(0) => return Err(self.closed(None)),
                    Ok(len) => {
                        if self.frame_due.is_none() {
                            self.looks_until = None;
                        }
                        self.undecoded = 0..len;
                        if len == self.buffer.len() {
                            self.buffer.resize(READ_BYTES, 0);
                        }
                        self.read_at = self.clock.now();
                    }
                    Err(error) => return Err(self.closed(Some(error))),
                },
                () = wait_until(due) => self.overdue(due)?,
            }
        }
    }

    /// The next frame or loss among the bytes that were read.
    fn decode(&mut self) -> Result<Option<Read>, End> {
        let mut bytes = &self.buffer[self.undecoded.clone()];
        let decoded = self.decoder.decode_some(&mut bytes, &mut self.work);
        self.undecoded.start = self.undecoded.end - bytes.len();
        match decoded {
            Ok(Progress::Event(protocol::Event::Frame(frame))) => {
                self.next_frame();
                Ok(Some(Read::Frame((frame, self.read_at))))
            }
            Ok(Progress::Event(protocol::Event::Lost(lost))) => {
                self.next_frame();
                Ok(Some(Read::Lost(lost)))
            }
            Ok(Progress::Event(protocol::Event::EndOfStream)) => {
                self.has_said_goodbye = true;
                Err(End { reason: EndReason::EndOfStream, detail: None })
            }
            Ok(progress @ (Progress::NeedsInput | Progress::Paused)) => {
                self.is_paused = progress == Progress::Paused;
                // Also behind headers and padding, where the stream might end: they come now and then as well as pictures.
                let is_inside = self.decoder.position() > self.decoded_to;
                if is_inside && self.frame_due.is_none() {
                    self.frame_since = self.clock.now();
                }
                self.frame_due = if is_inside { self.deadline() } else { None };
                Ok(None)
            }
            Err(error) => {
                self.is_http = matches!(error, DecodeError::Foreign(Foreign::HttpRequest));
                Err(End { reason: reason_of(&error), detail: Some(error.to_string()) })
            }
        }
    }

    fn next_frame(&mut self) {
        self.frames += 1;
        (self.frame_due, self.looks_until) = (None, None);
        self.decoded_to = self.decoder.position();
    }

    /// How long to wait for the next bytes.
    fn due(&self) -> Option<Instant> {
        self.looks_until.or_else(|| self.deadline())
    }

    /// When something must have come: one that sends a byte now and then must not hold its place for ever.
    fn deadline(&self) -> Option<Instant> {
        self.frame_due.or_else(|| self.idle.map(|idle| Instant::now() + idle))
    }

    /// What was due has not come: the end, unless this program may have been stopped meanwhile.
    fn overdue(&mut self, due: Option<Instant>) -> Result<(), End> {
        let was_stopped = self.frame_due.is_some() && self.clock.was_stopped_since(self.frame_since);
        if was_stopped || due.is_some_and(|due| due.elapsed() >= LATE) {
            // It was, and goes on. The wait starts again.
            (self.frame_due, self.looks_until) = (None, None);
        } else if self.looks_until.is_none() {
            // After a short stop the deadline is hardly late, and bytes that came meanwhile may still be unread.
            self.looks_until = Some(Instant::now() + SECOND_LOOK);
        } else {
            return Err(self.out_of_time());
        }
        Ok(())
    }

    fn out_of_time(&self) -> End {
        let idle = self.idle.unwrap_or_default().as_secs_f64();
        let detail = match self.frame_due {
            None => format!("nothing came for {idle} s (--idle-timeout)"),
            Some(_) => format!(
                "byte {}: frame {} was not whole {idle} s after it had begun (--idle-timeout)",
                self.decoder.position(),
                self.frames
            ),
        };
        End { reason: EndReason::Timeout, detail: Some(detail) }
    }

    /// A robot that is switched off closes or resets the connection wherever it is: between two frames that is an ordinary end.
    ///
    /// Not so with TLS, whose records hold back up to 16 KB of a frame until they are whole: without its `close_notify`
    /// nobody can tell whether anything was cut off (RFC 8446, section 6.1).
    fn closed(&self, error: Option<io::Error>) -> End {
        let at = self.decoder.position();
        let broken = error.map(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof if self.is_tls => (true, WITHOUT_CLOSE_NOTIFY.to_owned()),
            _ => (self.is_tls || is_nonsense(&error), error.to_string()),
        });
        let (reason, detail) = match (self.decoder.finish(), broken) {
            (Ok(()), Some((true, how))) => {
                (EndReason::Truncated, Some(format!("byte {at}: the connection broke between two frames ({how})")))
            }
            (Ok(()), _) => (EndReason::HangUp, None),
            (Err(inside), None) => (EndReason::Truncated, Some(inside.to_string())),
            (Err(inside), Some((_, how))) => (EndReason::Truncated, Some(format!("{inside} ({how})"))),
        };
        End { reason, detail }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Reader<S> {
    /// Closes the connection. A browser that was sent here is first told what this is. After a goodbye this waits until the
    /// robot has closed its side: TLS has a goodbye of its own, and closing a socket with bytes unread resets the connection,
    /// by which the robot would take its last frames for lost.
    pub(super) async fn close(mut self) {
        if self.is_http {
            web::refuse(&mut self.stream).await;
        }
        if self.is_tls {
            // With its own goodbye, for which robots may wait.
            _ = timeout(GOODBYE, self.stream.shutdown()).await;
        }
        if self.has_said_goodbye {
            let rest = async { while let Ok(1..) = self.stream.read(&mut self.buffer).await {} };
            _ = timeout(GOODBYE, rest).await;
        }
    }
}

/// Whether what came is no valid HTTP or TLS.
fn is_nonsense(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
}

fn reason_of(error: &DecodeError) -> EndReason {
    match error {
        // A length in the wrong byte order is too large a length.
        DecodeError::TooLarge { .. } | DecodeError::Foreign(Foreign::BigEndian { .. }) => EndReason::Oversize,
        DecodeError::Foreign(_) => EndReason::Unsupported,
        DecodeError::NoPicture { .. } | DecodeError::LongHeaders { .. } => EndReason::Corrupt,
        _ => EndReason::Truncated,
    }
}

async fn wait_until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

const WITHOUT_CLOSE_NOTIFY: &str = "closed without TLS's close_notify, so that more may have been on its way";
/// A deadline that is noticed so much too late says nothing about the robot.
const LATE: Duration = Duration::from_secs(1);
/// A program that goes on after it was stopped sees at once what has come meanwhile.
const SECOND_LOOK: Duration = Duration::from_millis(250);
/// How long a robot that has said goodbye may take to close.
const GOODBYE: Duration = Duration::from_millis(500);
/// Room for one ordinary frame (10 to 45 KB), so that most come in one read.
const READ_BYTES: usize = 64 * 1024;
/// As much as one read, so that what has to be gone over again takes turns as what is read does.
const WORK: usize = READ_BYTES;
/// Until more has come at once: of a thousand connections that send nothing, each has a buffer too.
const FIRST_BYTES: usize = 1024;

#[cfg(test)]
mod tests;
