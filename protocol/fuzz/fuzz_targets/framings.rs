//! Any bytes decode alike however they are cut, whichever way the stream is framed, and nothing is counted twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{BareDecoder, DecodeError, Event, FrameLimit, MultipartDecoder, StreamDecoder};

type Outcome = (Vec<Event>, u64, Result<(), DecodeError>);

/// A decoder as a function of pieces.
macro_rules! decode {
    ($decoder:ty, $limit:expr, $chunks:expr) => {{
        let mut decoder = <$decoder>::new($limit);
        let mut events = Vec::new();
        let mut outcome = Ok(());
        'stream: for mut chunk in $chunks {
            loop {
                match decoder.decode(&mut chunk) {
                    Ok(Some(event)) => events.push(event),
                    Ok(None) => break,
                    Err(error) => {
                        outcome = Err(error);
                        break 'stream;
                    }
                }
            }
            assert!(chunk.is_empty(), "waiting for more leaves no input");
        }
        let outcome = outcome.and_then(|()| decoder.finish());
        let result: Outcome = (events, decoder.position(), outcome);
        result
    }};
}

macro_rules! check {
    ($decoder:ty, $limit:expr, $stream:expr, $cuts:expr) => {{
        let whole = decode!($decoder, $limit, [$stream]);
        assert_eq!(decode!($decoder, $limit, chunks($stream, $cuts)), whole);
        assert_eq!(decode!($decoder, $limit, $stream.chunks(1)), whole);
        count($limit, &whole);
    }};
}

fuzz_target!(|input: (u16, Vec<u8>, &[u8])| {
    let (limit, cuts, stream) = input;
    let Some(limit) = FrameLimit::new(limit.into()) else { return };
    check!(StreamDecoder, limit, stream, &cuts);
    check!(BareDecoder, limit, stream, &cuts);
    check!(MultipartDecoder, limit, stream, &cuts);
});

fn count(limit: FrameLimit, (events, position, _): &Outcome) {
    let bytes = |event: &Event| match event {
        Event::Frame(frame) => {
            assert!(frame.len_u32() <= limit.bytes());
            u64::from(frame.len_u32())
        }
        Event::Lost(lost) => {
            assert!(lost.bytes > 0 && lost.at + lost.bytes <= *position);
            lost.bytes
        }
        Event::EndOfStream => 0,
    };
    assert!(events.iter().map(bytes).sum::<u64>() <= *position);
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
