//! The codec, driven as tokio-util's `FramedRead` drives it, says what the core says of the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{CodecError, DecodeError, Decoder, Event, FrameCodec, FrameLimit};
use tokio_util::bytes::BytesMut;
use tokio_util::codec::{Decoder as _, Encoder};

fuzz_target!(|input: (u16, Vec<u8>, &[u8])| {
    let (limit, cuts, stream) = input;
    let Some(limit) = FrameLimit::new(limit.into()) else { return };

    let (events, outcome) = decode_with_core(limit, stream);
    assert_eq!(decode_with_codec(limit, stream, &cuts), (events.clone(), outcome));

    let mut wire = BytesMut::new();
    let mut codec = FrameCodec::new(limit);
    for event in events {
        codec.encode(event, &mut wire).expect("there is no connection that could fail");
    }
    assert!(stream.starts_with(&wire));
});

fn decode_with_core(limit: FrameLimit, mut stream: &[u8]) -> (Vec<Event>, Result<(), DecodeError>) {
    let mut decoder = Decoder::new(limit);
    let mut events = Vec::new();
    loop {
        match decoder.decode(&mut stream) {
            Ok(Some(event)) => events.push(event),
            Ok(None) => return (events, decoder.finish()),
            Err(error) => return (events, Err(error)),
        }
    }
}

fn decode_with_codec(limit: FrameLimit, mut stream: &[u8], cuts: &[u8]) -> (Vec<Event>, Result<(), DecodeError>) {
    let mut codec = FrameCodec::new(limit);
    let mut buffer = BytesMut::new();
    let mut events = Vec::new();
    let mut cuts = cuts.iter();
    loop {
        let size = cuts.next().map_or(stream.len(), |&size| stream.len().min(size.into()));
        let (chunk, rest) = stream.split_at(size);
        buffer.extend_from_slice(chunk);
        stream = rest;
        let eof = stream.is_empty();
        loop {
            let event = if eof { codec.decode_eof(&mut buffer) } else { codec.decode(&mut buffer) };
            match event {
                Ok(Some(event)) => events.push(event),
                Ok(None) if eof => return (events, Ok(())),
                Ok(None) => break,
                Err(CodecError::Decode(error)) => return (events, Err(error)),
                Err(CodecError::Io(error)) => panic!("there is no connection that could fail: {error}"),
            }
        }
    }
}
