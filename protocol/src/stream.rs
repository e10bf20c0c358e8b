//! One decoder for every usual sender: the first bytes decide how the stream is framed.

use core::fmt;

use crate::progress::STEP;
use crate::sniff::{Beginning, LONGEST, sniff};
use crate::{BareDecoder, DecodeError, Decoder, Event, Foreign, FrameLimit, MultipartDecoder, Progress};

/// Decodes one stream of pictures, whichever way they are framed.
///
/// How the stream is cut into pieces makes no difference, not even in its first bytes: the verdict comes with the first
/// byte that decides it. A stream that is none of ours is an error that names it ([`DecodeError::Foreign`]); one whose first
/// bytes mean nothing at all is taken as lengths, and fails as such.
#[derive(Debug)]
pub struct StreamDecoder {
    limit: FrameLimit,
    /// Bytes that it took to decide.
    sniffed: usize,
    state: State,
}

/// How pictures are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Each behind its length.
    Length,
    /// JPEG after JPEG.
    Bare,
    /// Between boundaries.
    Multipart,
}

/// Prints what the stream consists of: `sends …`.
impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Framing::Length => "JPEGs behind their lengths",
            Framing::Bare => "bare JPEGs",
            Framing::Multipart => "JPEGs in a multipart stream",
        })
    }
}

impl StreamDecoder {
    /// Starts at the beginning of a stream whose pictures have at most `limit` bytes.
    #[must_use]
    pub fn new(limit: FrameLimit) -> StreamDecoder {
        StreamDecoder { limit, sniffed: 0, state: State::Beginning([0; LONGEST]) }
    }

    /// Consumes from the front of `input` up to the end of the next event; `Ok(None)` means more is needed.
    ///
    /// Call it until it returns `Ok(None)`: then `input` is empty and may be filled again.
    ///
    /// # Errors
    ///
    /// Fails if the stream is foreign, or as the decoder of its framing does. An error is final: every later call repeats it
    /// and consumes nothing.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Event>, DecodeError> {
        self.decode_some(input, &mut { usize::MAX }).map(Progress::event)
    }

    /// As [`decode`](Self::decode), but stops once nothing is left of `work`, about as many bytes, so that a stream that takes
    /// much does not keep others waiting. Call it until it says that it [needs input](Progress::NeedsInput).
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    pub fn decode_some(&mut self, input: &mut &[u8], work: &mut usize) -> Result<Progress, DecodeError> {
        while let State::Beginning(bytes) = &mut self.state {
            let Some((&first, rest)) = input.split_first() else { return Ok(Progress::NeedsInput) };
            *input = rest;
            bytes[self.sniffed] = first;
            self.sniffed += 1;
            let (bytes, sniffed) = (*bytes, self.sniffed);
            let beginning = sniff(&bytes[..sniffed], self.limit.bytes());
            debug_assert!(beginning.is_some() || sniffed < LONGEST, "{bytes:?} decide nothing");
            let Some(beginning) = beginning.or((sniffed == LONGEST).then_some(Beginning::Length)) else { continue };
            self.state = State::of(beginning, self.limit);
            // These bytes are few.
            if let Some(event) = self.state.decode_some(&mut &bytes[..sniffed], &mut { usize::MAX })?.event() {
                return Ok(Progress::Event(event));
            }
        }
        self.state.decode_some(input, work)
    }

    /// Checks that the stream may end here: before its first byte, between pictures, or behind its end.
    ///
    /// # Errors
    ///
    /// Fails as the decoder of the stream's framing does, and repeats an error that [`decode`](Self::decode) returned.
    pub fn finish(&self) -> Result<(), DecodeError> {
        match &self.state {
            State::Beginning(bytes) => {
                // Too little to be anything else; a header above the limit is one without its payload, too.
                let mut decoder = Decoder::new(self.limit);
                decoder.decode(&mut &bytes[..self.sniffed])?;
                decoder.finish()
            }
            State::Length(decoder) => decoder.finish(),
            State::Bare(decoder) => decoder.finish(),
            State::Multipart(decoder) => decoder.finish(),
            State::Foreign(foreign) => Err(DecodeError::Foreign(foreign.clone())),
        }
    }

    /// How the stream is framed, once its first bytes have decided that.
    #[must_use]
    pub fn framing(&self) -> Option<Framing> {
        match self.state {
            State::Beginning(_) | State::Foreign(_) => None,
            State::Length(_) => Some(Framing::Length),
            State::Bare(_) => Some(Framing::Bare),
            State::Multipart(_) => Some(Framing::Multipart),
        }
    }

    /// How many bytes of the stream have been consumed.
    #[must_use]
    pub fn position(&self) -> u64 {
        let decoded = match &self.state {
            State::Beginning(_) | State::Foreign(_) => 0,
            State::Length(decoder) => decoder.position(),
            State::Bare(decoder) => decoder.position(),
            State::Multipart(decoder) => decoder.position(),
        };
        // A header that is too large is an error before the bytes behind it, which were needed to know that it is one.
        decoded.max(self.sniffed as u64)
    }
}

/// A multipart stream whose boundary is known from elsewhere, as from the header of an HTTP answer.
impl From<MultipartDecoder> for StreamDecoder {
    fn from(decoder: MultipartDecoder) -> StreamDecoder {
        StreamDecoder { limit: decoder.limit(), sniffed: 0, state: State::Multipart(decoder) }
    }
}

enum State {
    Beginning([u8; LONGEST]),
    Length(Decoder),
    Bare(BareDecoder),
    Multipart(MultipartDecoder),
    Foreign(Foreign),
}

impl State {
    fn of(beginning: Beginning, limit: FrameLimit) -> State {
        match beginning {
            Beginning::Length => State::Length(Decoder::new(limit)),
            Beginning::Bare => State::Bare(BareDecoder::new(limit)),
            Beginning::Multipart => State::Multipart(MultipartDecoder::new(limit)),
            Beginning::Foreign(foreign) => State::Foreign(foreign),
        }
    }

    fn decode_some(&mut self, input: &mut &[u8], work: &mut usize) -> Result<Progress, DecodeError> {
        match self {
            State::Beginning(_) => Ok(Progress::NeedsInput),
            // A length is little work, and its frame is copied.
            State::Length(decoder) => {
                *work = work.saturating_sub(STEP);
                Ok(decoder.decode(input)?.map_or(Progress::NeedsInput, Progress::Event))
            }
            State::Bare(decoder) => decoder.decode_some(input, work),
            State::Multipart(decoder) => decoder.decode_some(input, work),
            State::Foreign(foreign) => Err(DecodeError::Foreign(foreign.clone())),
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Beginning(bytes) => f.debug_tuple("Beginning").field(bytes).finish(),
            State::Length(decoder) => decoder.fmt(f),
            State::Bare(decoder) => decoder.fmt(f),
            State::Multipart(decoder) => decoder.fmt(f),
            State::Foreign(foreign) => foreign.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    /// The events of `stream` where so much is decoded at a time, and how often the decoder has paused.
    fn decode(stream: &[u8], work: usize) -> (Vec<Event>, usize) {
        let mut decoder = StreamDecoder::new(FrameLimit::DEFAULT);
        let (mut events, mut pauses, mut input) = (Vec::new(), 0, stream);
        loop {
            match decoder.decode_some(&mut input, &mut { work }).unwrap() {
                Progress::Event(event) => events.push(event),
                Progress::NeedsInput => return (events, pauses),
                Progress::Paused => pauses += 1,
            }
        }
    }

    #[test]
    fn what_has_to_be_gone_over_again_takes_turns_and_comes_to_the_same() {
        let picture = b"\xFF\xD8\xFF\xC0\0\x02\xFF\xDA\0\x02";
        // Given up at its end, and then so many lines, or starts of pictures.
        let lines = [b"--b\r\n\r\n", &picture[..], &[b'\n'; 100_000], b"\xFF\x02\n--b\r\n"].concat();
        let starts = [&picture[..], &b"\xFF\0".repeat(50_000), b"\xFF\xC4\0\x02x", picture, b"\xFF\xD9"].concat();
        for stream in [lines, starts] {
            let (whole, none) = decode(&stream, usize::MAX);
            let (parts, pauses) = decode(&stream, 10_000);
            assert!(whole == parts && matches!(whole[..], [Event::Lost(_), ..]), "{whole:?}");
            assert!(none == 0 && pauses >= 100, "{pauses} pauses");
        }
    }

    #[test]
    fn a_length_in_front_is_no_work_to_speak_of() {
        let stream = [&4_u32.to_le_bytes()[..], b"jpeg"].concat().repeat(1000);
        let (events, pauses) = decode(&stream, 1);
        assert_eq!((events.len(), pauses), (1000, 0));
    }
}
