//! Decoders of streams: the same events however the bytes are cut, and nothing above the limit.

use protocol::{
    BareDecoder, Boundary, DecodeError, Decoder, Event, FrameLimit, MultipartDecoder, Progress, StreamDecoder,
};

/// Frames behind lengths.
pub fn length(bytes: &[u8]) {
    check(bytes, |limit| Decoding::Length(Decoder::new(limit)));
}

/// JPEG after JPEG.
pub fn bare(bytes: &[u8]) {
    check(bytes, |limit| Decoding::Bare(BareDecoder::new(limit)));
}

/// JPEGs between boundaries.
pub fn multipart(bytes: &[u8]) {
    check(bytes, |limit| Decoding::Multipart(Box::new(MultipartDecoder::new(limit))));
}

/// Any of these, told apart by the first bytes.
pub fn stream(bytes: &[u8]) {
    check(bytes, |limit| Decoding::Any(Box::new(StreamDecoder::new(limit))));
}

/// What an HTTP server answers: its header, and its body as a stream with the boundary that the header names.
pub fn http_answer(bytes: &[u8]) {
    let Ok((content_type, body)) = pipeline::internal::http_answer(bytes) else { return };
    assert!(body.len() <= bytes.len(), "HTTP makes no body of more bytes than have come");
    let boundary = content_type.as_deref().and_then(Boundary::from_content_type);
    check(&body, |limit| {
        let decoder: StreamDecoder = match &boundary {
            Some(boundary) => MultipartDecoder::with_boundary(limit, boundary.clone()).into(),
            None => StreamDecoder::new(limit),
        };
        Decoding::Any(Box::new(decoder))
    });
}

enum Decoding {
    Length(Decoder),
    Bare(BareDecoder),
    Multipart(Box<MultipartDecoder>),
    Any(Box<StreamDecoder>),
}

impl Decoding {
    /// The next event, found in turns of so much `work`.
    fn decode(&mut self, input: &mut &[u8], work: usize) -> Result<Option<Event>, DecodeError> {
        loop {
            let work = &mut { work };
            let progress = match self {
                Self::Length(decoder) => return decoder.decode(input),
                Self::Bare(decoder) => decoder.decode_some(input, work),
                Self::Multipart(decoder) => decoder.decode_some(input, work),
                Self::Any(decoder) => decoder.decode_some(input, work),
            };
            match progress? {
                Progress::Event(event) => return Ok(Some(event)),
                Progress::NeedsInput => return Ok(None),
                Progress::Paused => {}
            }
        }
    }

    fn finish(&self) -> Result<(), DecodeError> {
        match self {
            Self::Length(decoder) => decoder.finish(),
            Self::Bare(decoder) => decoder.finish(),
            Self::Multipart(decoder) => decoder.finish(),
            Self::Any(decoder) => decoder.finish(),
        }
    }
}

/// The first two bytes choose the limit and how the others are cut.
fn check(bytes: &[u8], new: impl Fn(FrameLimit) -> Decoding) {
    let (&[limit, cut], bytes) = bytes.split_first_chunk().unwrap_or((&[0, 0], bytes));
    let most = LIMITS[usize::from(limit) % LIMITS.len()];
    let limit = FrameLimit::new(most).expect("a limit may be as small");
    let whole = decode(new(limit), std::iter::once(bytes), usize::MAX);
    let cut = usize::from(cut) % 64 + 1;
    let in_pieces = decode(new(limit), bytes.chunks(cut), usize::MAX);
    assert_eq!(whole, in_pieces, "in pieces of {cut} bytes the stream is another one");
    let in_turns = decode(new(limit), std::iter::once(bytes), cut);
    assert_eq!(whole, in_turns, "in turns of {cut} bytes the stream is another one");
    let mut counted = 0;
    for event in &whole.0 {
        counted += match event {
            Event::Frame(frame) => {
                assert!(frame.as_bytes().len() <= most as usize, "a frame is above the limit");
                frame.as_bytes().len() as u64
            }
            Event::Lost(lost) => lost.bytes,
            _ => 0,
        };
    }
    assert!(counted <= bytes.len() as u64, "bytes are counted twice");
}

/// All events, and how the stream ends.
fn decode<'a>(
    mut decoder: Decoding,
    pieces: impl Iterator<Item = &'a [u8]>,
    work: usize,
) -> (Vec<Event>, Result<(), DecodeError>) {
    let mut events = Vec::new();
    for mut piece in pieces {
        loop {
            match decoder.decode(&mut piece, work) {
                Ok(Some(event)) => {
                    let is_last = event == Event::EndOfStream;
                    events.push(event);
                    if is_last && piece.is_empty() {
                        break;
                    }
                }
                Ok(None) => {
                    assert!(piece.is_empty(), "the decoder waits for more and leaves what is there");
                    break;
                }
                Err(error) => {
                    assert_eq!(decoder.decode(&mut piece, work), Err(error.clone()), "an error is final");
                    return (events, Err(error));
                }
            }
        }
    }
    (events, decoder.finish())
}

/// Small ones, at which random bytes arrive, and the default's.
const LIMITS: [u32; 5] = [1, 64, 1000, 60_000, 16 << 20];
