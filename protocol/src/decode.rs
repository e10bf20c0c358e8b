//! Bytes to events, incrementally: any cutting of a stream into chunks gives the same events.

use alloc::vec::Vec;
use core::{fmt, mem};

use crate::encode::HEADER_LEN;
use crate::{DecodeError, Frame, FrameLimit, Lost};

/// Decodes one stream of frames behind their lengths, from its first byte to its last.
///
/// It holds at most one frame. Its memory follows the bytes of that frame that have arrived, whatever the header
/// announced: at most twice as many, or 64 KiB, and never more than the frame needs in the end.
#[derive(Debug)]
pub struct Decoder {
    limit: FrameLimit,
    position: u64,
    state: State,
}

/// What a stream consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A whole frame has arrived.
    Frame(Frame),
    /// The peer ended the stream: with a length of zero, or with a multipart stream's last line. Nothing may follow.
    EndOfStream,
    /// Bytes were no picture, and the stream goes on behind them. Never comes where pictures have lengths.
    Lost(Lost),
}

impl Decoder {
    /// Starts at the beginning of a stream whose payloads have at most `limit` bytes.
    #[must_use]
    pub fn new(limit: FrameLimit) -> Decoder {
        Decoder { limit, position: 0, state: State::NEXT_HEADER }
    }

    /// Consumes from the front of `input` up to the end of the next event; `Ok(None)` means more is needed.
    ///
    /// Call it until it returns `Ok(None)`: then `input` is empty and may be filled again.
    ///
    /// # Errors
    ///
    /// Fails if a header announces more than the limit, or if anything follows the end marker. An error is final, since
    /// nothing marks where the next frame would start: every later call repeats it and consumes nothing.
    pub fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Event>, DecodeError> {
        loop {
            match &mut self.state {
                State::Header { bytes, filled } => {
                    let arrived = split_front(input, HEADER_LEN - *filled);
                    bytes[*filled..*filled + arrived.len()].copy_from_slice(arrived);
                    *filled += arrived.len();
                    self.position += arrived.len() as u64;
                    if *filled < HEADER_LEN {
                        return Ok(None);
                    }
                    let len = u32::from_le_bytes(*bytes);
                    if len == 0 {
                        self.state = State::Ended;
                        return Ok(Some(Event::EndOfStream));
                    }
                    self.open_payload(len)?;
                }
                State::Payload { payload, len } => {
                    let arrived = split_front(input, *len as usize - payload.len());
                    make_room(payload, arrived.len(), *len as usize);
                    payload.extend_from_slice(arrived);
                    self.position += arrived.len() as u64;
                    if payload.len() < *len as usize {
                        return Ok(None);
                    }
                    let frame = Frame::from_wire(mem::take(payload));
                    self.state = State::NEXT_HEADER;
                    return Ok(Some(Event::Frame(frame)));
                }
                State::Ended if input.is_empty() => return Ok(None),
                State::Ended => return Err(self.fail(DecodeError::AfterEnd { at: self.position })),
                State::Failed(error) => return Err(error.clone()),
            }
        }
    }

    /// Checks that the stream may end here: between frames, or after the marker.
    ///
    /// # Errors
    ///
    /// Fails if the stream is inside a header or a payload, and repeats an error that [`decode`](Self::decode) returned.
    pub fn finish(&self) -> Result<(), DecodeError> {
        match &self.state {
            State::Header { filled: 0, .. } | State::Ended => Ok(()),
            State::Header { filled, .. } => {
                Err(DecodeError::TruncatedHeader { at: self.position - *filled as u64, arrived: *filled as u8 })
            }
            State::Payload { payload, len } => Err(DecodeError::TruncatedPayload {
                at: self.position - payload.len() as u64,
                arrived: payload.len() as u32,
                len: *len,
            }),
            State::Failed(error) => Err(error.clone()),
        }
    }

    /// How many bytes of the stream have been consumed.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Expects a payload of `len` bytes if the limit allows it. Reserves no memory yet: nothing of it has arrived.
    fn open_payload(&mut self, len: u32) -> Result<(), DecodeError> {
        let limit = self.limit.bytes();
        if len > limit {
            let at = self.position - HEADER_LEN as u64;
            return Err(self.fail(DecodeError::TooLarge { at, len, limit, swapped: len.swap_bytes() }));
        }
        self.state = State::Payload { payload: Vec::new(), len };
        Ok(())
    }

    /// Makes `error` the result of every later call, and frees what was held.
    fn fail(&mut self, error: DecodeError) -> DecodeError {
        self.state = State::Failed(error.clone());
        error
    }
}

enum State {
    Header {
        bytes: [u8; HEADER_LEN],
        filled: usize,
    },
    /// `payload` is shorter than `len` between calls.
    Payload {
        payload: Vec<u8>,
        len: u32,
    },
    Ended,
    Failed(DecodeError),
}

impl State {
    const NEXT_HEADER: State = State::Header { bytes: [0; HEADER_LEN], filled: 0 };
}

/// Prints how far a payload has come and not its bytes, as [`Frame`] does.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Header { bytes, filled } => write!(f, "Header({:?})", &bytes[..*filled]),
            State::Payload { payload, len } => write!(f, "Payload({} of {len} bytes)", payload.len()),
            State::Ended => f.write_str("Ended"),
            State::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}

/// Takes up to `most` bytes off the front of `input`.
fn split_front<'a>(input: &mut &'a [u8], most: usize) -> &'a [u8] {
    let (front, rest) = input.split_at(most.min(input.len()));
    *input = rest;
    front
}

/// Makes room for `arriving` bytes in the payload of a frame that will have `len`.
///
/// Doubling keeps the copying linear for a peer that sends in small pieces; `len` bounds it, so that a whole frame has
/// no byte to spare.
fn make_room(payload: &mut Vec<u8>, arriving: usize, len: usize) {
    let needed = payload.len() + arriving;
    if needed > payload.capacity() {
        let room = needed.max(payload.len().saturating_mul(2)).max(FIRST_ROOM).min(len);
        payload.reserve_exact(room - payload.len());
    }
}

/// Room for the first bytes of a frame. A robot's usual frame has 10 to 45 KB, and so is never moved while it grows.
const FIRST_ROOM: usize = 64 * 1024;

// Lengths are `u32` on the wire and `usize` in memory.
const _: () = assert!(usize::BITS >= u32::BITS, "addresses of at least 32 bits are needed");

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn a_frame_at_the_limit_is_accepted() {
        let mut decoder = decoder(4);
        assert_eq!(decoder.decode(&mut &b"\x04\0\0\0jpeg"[..]), Ok(Some(Event::Frame(Frame::new(*b"jpeg").unwrap()))));
    }

    #[test]
    fn a_frame_above_the_limit_is_refused_before_its_payload() {
        let mut decoder = decoder(4);
        let error = DecodeError::TooLarge { at: 0, len: 5, limit: 4, swapped: 0x0500_0000 };
        assert_eq!(decoder.decode(&mut &b"\x05\0\0\0"[..]), Err(error));
    }

    #[test]
    fn an_offset_counts_from_the_start_of_the_stream() {
        let mut decoder = decoder(4);
        let mut input = &b"\x04\0\0\0jpeg\0\0\x01\0"[..];
        assert!(matches!(decoder.decode(&mut input), Ok(Some(Event::Frame(_)))));
        let error = DecodeError::TooLarge { at: 8, len: 0x1_0000, limit: 4, swapped: 0x100 };
        assert_eq!(decoder.decode(&mut input), Err(error));
    }

    #[test]
    fn zero_length_ends_the_stream() {
        let mut decoder = decoder(4);
        assert_eq!(decoder.decode(&mut &[0; 4][..]), Ok(Some(Event::EndOfStream)));
        assert_eq!(decoder.decode(&mut &[][..]), Ok(None));
        assert_eq!(decoder.finish(), Ok(()));
    }

    #[test]
    fn bytes_after_the_end_are_an_error() {
        let mut decoder = decoder(4);
        let mut input = &[0; 5][..];
        assert_eq!(decoder.decode(&mut input), Ok(Some(Event::EndOfStream)));
        assert_eq!(decoder.decode(&mut input), Err(DecodeError::AfterEnd { at: 4 }));
    }

    #[test]
    fn an_error_is_final_and_consumes_nothing() {
        let mut decoder = decoder(4);
        let error = decoder.decode(&mut &b"\x05\0\0\0"[..]).unwrap_err();
        let mut valid = &b"\x01\0\0\0j"[..];
        assert_eq!(decoder.decode(&mut valid), Err(error.clone()));
        assert_eq!((valid.len(), decoder.position()), (5, 4));
        assert_eq!(decoder.finish(), Err(error));
    }

    #[test]
    fn debug_output_shows_how_far_a_payload_has_come_and_not_its_bytes() {
        let mut decoder = decoder(100);
        assert_eq!(decoder.decode(&mut &b"\x64\0\0\0jpeg"[..]), Ok(None));
        assert!(format!("{decoder:?}").ends_with("state: Payload(4 of 100 bytes) }"), "{decoder:?}");
    }

    #[test]
    fn a_payload_has_no_byte_to_spare_once_it_is_whole() {
        let len = 3 * FIRST_ROOM + 1;
        let mut payload = Vec::new();
        for _ in 0..len {
            make_room(&mut payload, 1, len);
            payload.push(0);
        }
        assert_eq!(payload.capacity(), len);
    }

    #[test]
    fn a_payload_that_comes_byte_by_byte_is_moved_a_few_times_only() {
        let len = 16 * FIRST_ROOM;
        let mut payload = Vec::new();
        let mut moves = 0;
        for _ in 0..len {
            let before = payload.capacity();
            make_room(&mut payload, 1, len);
            moves += usize::from(payload.capacity() != before);
            payload.push(0);
        }
        // 64 KiB, then doubled four times up to 1 MiB.
        assert_eq!(moves, 5);
    }

    fn decoder(limit: u32) -> Decoder {
        Decoder::new(FrameLimit::new(limit).unwrap())
    }
}
