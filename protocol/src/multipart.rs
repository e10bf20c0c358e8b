//! A multipart stream: JPEGs behind headers, between lines that all say the same.
//!
//! ```text
//! --boundary ⏎ Content-Type: image/jpeg ⏎ Content-Length: len ⏎ ⏎ JPEG ⏎ --boundary ⏎ … --boundary--
//! ```

mod boundary;
mod encode;

use alloc::vec::Vec;
use core::mem::replace;

use memchr::memchr;

pub use boundary::Boundary;
use boundary::{LONGEST_LINE, LineKind, content};
pub use encode::{ContentLength, PART_END, close_parts, part_header};

use crate::jpeg::{Bad, Step, Walker};
use crate::progress::STEP;
use crate::skipped::Skipped;
use crate::tape::Tape;
use crate::{Damage, DecodeError, Event, Frame, FrameLimit, Progress};

/// Decodes one multipart stream, as FFmpeg, GStreamer and HTTP cameras send it.
///
/// A picture ends where it says so itself and comes out with its last byte; a `Content-Length` is not relied on. Damaged
/// pictures, and bytes behind a picture that no `Content-Length` counts, are lost and counted ([`Event::Lost`]); the stream
/// goes on at the next boundary. Bytes behind a picture that a `Content-Length` counts are padding, and are skipped. Lines may
/// end in CR LF or LF.
///
/// It holds at most one picture, and its memory follows what has arrived: at most twice as much, or 16 KiB, and some
/// hundred bytes.
#[derive(Debug)]
pub struct MultipartDecoder {
    limit: FrameLimit,
    boundary: Option<Boundary>,
    /// A line other than an empty one has been read.
    has_line: bool,
    /// The first boundary was there; bytes before it are no loss.
    has_begun: bool,
    tape: Tape,
    phase: Phase,
    line: Line,
    /// Bytes of the part that its `Content-Length` counts and that have not been read.
    announced: u64,
    skipped: Skipped,
    failed: Option<DecodeError>,
}

#[derive(Debug)]
enum Phase {
    /// Before the next boundary.
    Seek,
    /// Behind a boundary, and `read` bytes of headers.
    Headers {
        read: usize,
    },
    /// Behind the headers.
    BeforePicture,
    Picture(Walker),
    /// Behind the last boundary.
    Ending,
    Ended,
}

impl MultipartDecoder {
    /// Starts at the beginning of a stream whose pictures have at most `limit` bytes; its first line is the boundary.
    #[must_use]
    pub fn new(limit: FrameLimit) -> MultipartDecoder {
        MultipartDecoder {
            limit,
            boundary: None,
            has_line: false,
            has_begun: false,
            tape: Tape::default(),
            phase: Phase::Seek,
            line: Line::default(),
            announced: 0,
            skipped: Skipped::default(),
            failed: None,
        }
    }

    /// Starts at the beginning of a stream whose boundary is known, as from [`Boundary::from_content_type`].
    ///
    /// Where the stream's first line is another boundary, that counts.
    #[must_use]
    pub fn with_boundary(limit: FrameLimit, boundary: Boundary) -> MultipartDecoder {
        MultipartDecoder { boundary: Some(boundary), ..MultipartDecoder::new(limit) }
    }

    pub(crate) fn limit(&self) -> FrameLimit {
        self.limit
    }

    /// Consumes from the front of `input` up to the end of the next event; `Ok(None)` means more is needed.
    ///
    /// Call it until it returns `Ok(None)`: then `input` is empty and may be filled again.
    ///
    /// # Errors
    ///
    /// Fails if no boundary comes within as many bytes as the limit allows a picture to have, if a part's headers have no
    /// end, or if anything but line ends follows the last boundary. An error is final: every later call repeats it and
    /// consumes nothing.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Event>, DecodeError> {
        self.decode_some(input, &mut { usize::MAX }).map(Progress::event)
    }

    /// As [`decode`](Self::decode), but stops once nothing is left of `work`, about as many bytes. A picture that is given up is
    /// gone over once more, and may consist of millions of lines.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_some(&mut self, input: &mut &[u8], work: &mut usize) -> Result<Progress, DecodeError> {
        loop {
            if let Some(error) = &self.failed {
                return Err(error.clone());
            }
            if let Phase::Ending = self.phase {
                let lost = self.skipped.take().map(Event::Lost);
                if lost.is_none() {
                    self.phase = Phase::Ended;
                }
                return Ok(Progress::Event(lost.unwrap_or(Event::EndOfStream)));
            }
            let Some(&next) = self.tape.peek(input).first() else { return Ok(Progress::NeedsInput) };
            if *work == 0 {
                return Ok(Progress::Paused);
            }
            // A picture's bytes are counted as well.
            *work = work.saturating_sub(STEP);
            let event = match &self.phase {
                Phase::Seek => self.seek(input),
                Phase::Headers { read } => self.read_headers(*read, input),
                Phase::Picture(_) => self.read_picture(input, work),
                Phase::BeforePicture | Phase::Ended if matches!(next, b'\r' | b'\n') => {
                    self.tape.skip(1, input);
                    None
                }
                Phase::BeforePicture => {
                    self.phase = Phase::Picture(Walker::new());
                    None
                }
                Phase::Ending | Phase::Ended => {
                    self.fail(DecodeError::AfterEnd { at: self.tape.position() });
                    None
                }
            };
            if let Some(event) = event {
                return Ok(Progress::Event(event));
            }
        }
    }

    /// Checks that the stream may end here: between parts, or behind the last boundary.
    ///
    /// # Errors
    ///
    /// Fails if the stream is inside a part, or behind bytes that belong to none, and repeats an error that
    /// [`decode`](Self::decode) returned.
    pub fn finish(&self) -> Result<(), DecodeError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        match &self.phase {
            Phase::Seek => self.skipped.unresolved().map_or(Ok(()), Err),
            Phase::Headers { read: 0 } | Phase::Ending | Phase::Ended => Ok(()),
            Phase::Headers { .. } | Phase::BeforePicture | Phase::Picture(_) => {
                let arrived = self.tape.kept().len();
                let at = self.tape.position() - arrived as u64;
                Err(DecodeError::TruncatedPicture { at, arrived: arrived as u32 })
            }
        }
    }

    /// How many bytes of the stream have been consumed.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.tape.taken()
    }

    /// Reads a line, or some of it, before the next boundary.
    fn seek(&mut self, input: &mut &[u8]) -> Option<Event> {
        let bytes = self.tape.peek(input);
        if self.line.is_long() {
            // It is no boundary, and need not be kept.
            let len = to_line_end(bytes).min(self.skipped.room(self.limit));
            let (passed, is_over) = (&bytes[..len], bytes[..len].ends_with(b"\n"));
            self.skipped.pass_announced(self.tape.position(), passed, &mut self.announced);
            self.tape.skip(len, input);
            if is_over {
                self.line.clear();
            }
            if len == 0 {
                self.fail(self.skipped.error());
            }
            return None;
        }
        let read = self.line.read(bytes, self.boundary.as_ref());
        self.tape.skip(read, input);
        match self.judge_line() {
            LineKind::Opens => {
                self.line.clear();
                self.phase = Phase::Headers { read: 0 };
                let lost = self.skipped.take();
                return if replace(&mut self.has_begun, true) { lost.map(Event::Lost) } else { None };
            }
            LineKind::Closes => self.phase = Phase::Ending,
            LineKind::Other if self.line.is_whole() || self.line.is_long() => {
                let at = self.tape.position() - self.line.bytes.len() as u64;
                self.skipped.pass_announced(at, &self.line.bytes, &mut self.announced);
                if self.line.is_whole() {
                    self.line.clear();
                }
                if self.skipped.room(self.limit) == 0 {
                    self.fail(self.skipped.error());
                }
            }
            LineKind::Other => {}
        }
        None
    }

    fn judge_line(&mut self) -> LineKind {
        if self.line.is_whole() && !self.has_line && !content(&self.line.bytes).is_empty() {
            self.has_line = true;
            self.boundary = Boundary::of_line(&self.line.bytes).or(self.boundary.take());
        }
        match &self.boundary {
            Some(boundary) if self.line.is_whole() => boundary.judge(&self.line.bytes),
            Some(boundary) if boundary.close(&self.line.bytes).is_some() => LineKind::Closes,
            _ => LineKind::Other,
        }
    }

    fn read_headers(&mut self, already: usize, input: &mut &[u8]) -> Option<Event> {
        let bytes = self.tape.peek(input);
        let room = LONGEST_HEADERS - already;
        let bytes = &bytes[..bytes.len().min(room)];
        let read = if self.line.is_long() { to_line_end(bytes) } else { self.line.read(bytes, self.boundary.as_ref()) };
        let is_over = self.line.is_whole() || bytes[..read].ends_with(b"\n");
        self.tape.skip(read, input);
        self.phase = Phase::Headers { read: already + read };
        match self.judge_line() {
            // Some senders have a boundary behind each part and before each part.
            LineKind::Opens => self.phase = Phase::Headers { read: 0 },
            LineKind::Closes => self.phase = Phase::Ending,
            LineKind::Other if is_over && content(&self.line.bytes).is_empty() => self.phase = Phase::BeforePicture,
            LineKind::Other if is_over => self.announced = content_length(&self.line.bytes).unwrap_or(self.announced),
            LineKind::Other if read == room => {
                let at = self.tape.position() - LONGEST_HEADERS as u64;
                self.fail(DecodeError::LongHeaders { at, limit: LONGEST_HEADERS });
            }
            LineKind::Other => {}
        }
        if is_over {
            self.line.clear();
        }
        None
    }

    fn read_picture(&mut self, input: &mut &[u8], work: &mut usize) -> Option<Event> {
        let Phase::Picture(walker) = &mut self.phase else { return None };
        let limit = self.limit.bytes() as usize;
        let bytes = self.tape.peek(input);
        let room = bytes.len().min(limit - self.tape.kept().len()).min((*work).max(1));
        let (walked, step) = walker.walk(&bytes[..room]);
        *work = work.saturating_sub(walked);
        self.tape.keep(walked, input, limit);
        let len = self.tape.kept().len();
        match step {
            Step::More if len == limit => {
                let why = Damage::TooLarge { limit: self.limit.bytes() };
                self.give_up(Bad { why, resume: len, unconfirmed: len }, true);
            }
            Step::More | Step::Begun => {}
            Step::End => {
                self.announced = self.announced.saturating_sub(len as u64);
                self.phase = Phase::Seek;
                return Some(Event::Frame(Frame::from_wire(self.tape.take())));
            }
            Step::Bad(bad) => {
                let has_begun = walker.has_begun();
                self.give_up(bad, has_begun);
            }
        }
        None
    }

    /// Seeks the next boundary from where it may be: text between two pictures looks like a picture's data.
    fn give_up(&mut self, bad: Bad, has_begun: bool) {
        let at = self.tape.position() - self.tape.kept().len() as u64;
        let resume = if has_begun { bad.unconfirmed } else { 0 };
        if has_begun {
            self.skipped.lose(at, resume, bad.why.behind(at));
        }
        self.tape.go_back(resume);
        self.announced = 0;
        self.phase = Phase::Seek;
    }

    fn fail(&mut self, error: DecodeError) {
        self.failed = Some(error);
        self.tape = Tape::spent(self.tape.taken());
    }
}

/// The line that is being read, as far as it can matter.
#[derive(Debug, Default)]
struct Line {
    bytes: Vec<u8>,
}

impl Line {
    /// Reads on in `bytes`, up to the line's end or until it closes the stream, and returns how many bytes that are.
    fn read(&mut self, bytes: &[u8], boundary: Option<&Boundary>) -> usize {
        let before = self.bytes.len();
        let read = to_line_end(bytes).min(LONGEST_LINE - before);
        self.bytes.extend_from_slice(&bytes[..read]);
        if let Some(close) = boundary.and_then(|boundary| boundary.close(&self.bytes)) {
            self.bytes.truncate(close);
        }
        self.bytes.len() - before
    }

    fn is_whole(&self) -> bool {
        self.bytes.ends_with(b"\n")
    }

    /// Whether it is longer than any line that matters.
    fn is_long(&self) -> bool {
        self.bytes.len() == LONGEST_LINE && !self.is_whole()
    }

    fn clear(&mut self) {
        self.bytes.clear();
    }
}

fn to_line_end(bytes: &[u8]) -> usize {
    memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1)
}

fn content_length(line: &[u8]) -> Option<u64> {
    let (name, value) = core::str::from_utf8(line).ok()?.split_once(':')?;
    if name.trim_ascii().eq_ignore_ascii_case("content-length") { value.trim_ascii().parse().ok() } else { None }
}

/// As many bytes as the headers of a part may have; cameras send less than two hundred.
const LONGEST_HEADERS: usize = 8 * 1024;

#[cfg(test)]
mod tests;
