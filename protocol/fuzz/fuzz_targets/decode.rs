//! Any bytes, cut anywhere, decode to what they decode to in one piece; what decodes encodes to the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{DecodeError, Decoder, END_OF_STREAM, Event, FrameLimit};

fuzz_target!(|input: (u16, Vec<u8>, &[u8])| {
    let (limit, cuts, stream) = input;
    let Some(limit) = FrameLimit::new(limit.into()) else { return };

    let (events, consumed, outcome) = decode(limit, [stream]);
    assert_eq!(decode(limit, chunks(stream, &cuts)), (events.clone(), consumed, outcome.clone()));

    let mut wire = Vec::new();
    for event in &events {
        match event {
            Event::Frame(frame) => {
                assert!(frame.len_u32() <= limit.bytes());
                protocol::encode(frame, &mut wire);
            }
            Event::EndOfStream => wire.extend_from_slice(&END_OF_STREAM),
            Event::Lost(lost) => panic!("behind lengths nothing is lost: {lost}"),
        }
    }
    assert!(stream.starts_with(&wire));
    match outcome {
        Ok(()) => assert_eq!(wire, stream),
        Err(DecodeError::AfterEnd { at }) => assert_eq!(at, wire.len() as u64),
        Err(DecodeError::TooLarge { at, len, .. }) => {
            assert_eq!(at, wire.len() as u64);
            assert!(len > limit.bytes());
        }
        Err(DecodeError::TruncatedHeader { at, arrived }) => {
            assert_eq!(at, wire.len() as u64);
            assert_eq!(at + u64::from(arrived), stream.len() as u64);
        }
        Err(DecodeError::TruncatedPayload { at, arrived, len }) => {
            assert_eq!(at, wire.len() as u64 + 4);
            assert_eq!(at + u64::from(arrived), stream.len() as u64);
            assert!(arrived < len);
        }
        Err(error) => panic!("no error of a stream of lengths: {error}"),
    }
});

/// What a stream says, how many bytes of it were consumed, and how it ended.
fn decode<'a>(
    limit: FrameLimit,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Event>, u64, Result<(), DecodeError>) {
    let mut decoder = Decoder::new(limit);
    let mut events = Vec::new();
    for mut chunk in chunks {
        loop {
            match decoder.decode(&mut chunk) {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(error) => return (events, decoder.position(), Err(error)),
            }
        }
        assert!(chunk.is_empty(), "waiting for more leaves no input");
    }
    (events, decoder.position(), decoder.finish())
}

/// Cuts `stream` into pieces of the sizes in `cuts`; what is left over is the last piece.
fn chunks<'a>(mut stream: &'a [u8], cuts: &[u8]) -> Vec<&'a [u8]> {
    let mut chunks = Vec::new();
    for &size in cuts {
        let (chunk, rest) = stream.split_at(usize::from(size).min(stream.len()));
        chunks.push(chunk);
        stream = rest;
    }
    chunks.push(stream);
    chunks
}
