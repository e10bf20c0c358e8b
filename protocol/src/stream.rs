//! One decoder for every usual sender: the first bytes decide how the stream is framed.

use core::fmt;

use crate::sniff::{Beginning, LONGEST, sniff};
use crate::{BareDecoder, DecodeError, Decoder, Event, Foreign, FrameLimit, MultipartDecoder};

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
        while let State::Beginning(bytes) = &mut self.state {
            let Some((&first, rest)) = input.split_first() else { return Ok(None) };
            *input = rest;
            bytes[self.sniffed] = first;
            self.sniffed += 1;
            let (bytes, sniffed) = (*bytes, self.sniffed);
            let beginning = sniff(&bytes[..sniffed], self.limit.bytes());
            debug_assert!(beginning.is_some() || sniffed < LONGEST, "{bytes:?} decide nothing");
            let Some(beginning) = beginning.or((sniffed == LONGEST).then_some(Beginning::Length)) else { continue };
            self.state = State::of(beginning, self.limit);
            if let Some(event) = self.state.decode(&mut &bytes[..sniffed])? {
                return Ok(Some(event));
            }
        }
        self.state.decode(input)
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

    fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Event>, DecodeError> {
        match self {
            State::Beginning(_) => Ok(None),
            State::Length(decoder) => decoder.decode(input),
            State::Bare(decoder) => decoder.decode(input),
            State::Multipart(decoder) => decoder.decode(input),
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
