//! Properties of any stream: any frames, any cutting, any bytes.

use proptest::collection::vec;
use proptest::prelude::*;
use protocol::{DecodeError, Decoder, END_OF_STREAM, Event, Frame, FrameLimit};

proptest! {
    #[test]
    fn any_frames_cut_into_any_chunks_come_back(frames in frames(), end in ending(), cuts in cuts()) {
        let wire = wire(&frames, end);
        let (events, outcome) = decode(FrameLimit::DEFAULT, chunks(&wire, &cuts));
        let marker = (end == Ending::Marker).then_some(Event::EndOfStream);
        prop_assert_eq!(events, Vec::from_iter(frames.into_iter().map(Event::Frame).chain(marker)));
        prop_assert_eq!(outcome, Ok(()));
    }

    #[test]
    fn any_bytes_give_what_a_reading_of_the_whole_gives(bytes in hostile_bytes(), limit in limit(), cuts in cuts()) {
        prop_assert_eq!(decode(limit, chunks(&bytes, &cuts)), read_whole(limit, &bytes));
    }

    #[test]
    fn waiting_for_more_leaves_no_input(bytes in hostile_bytes(), limit in limit(), cuts in cuts()) {
        let mut decoder = Decoder::new(limit);
        let mut consumed = 0;
        for chunk in chunks(&bytes, &cuts) {
            let mut input = chunk;
            let waiting = loop {
                match decoder.decode(&mut input) {
                    Ok(Some(_)) => {}
                    Ok(None) => break true,
                    Err(_) => break false,
                }
            };
            consumed += chunk.len() - input.len();
            prop_assert_eq!(decoder.position(), consumed as u64);
            prop_assert!(!waiting || input.is_empty());
        }
    }

    #[test]
    fn an_error_is_repeated_whatever_comes_next(bytes in hostile_bytes(), limit in limit(), more in hostile_bytes()) {
        let mut decoder = Decoder::new(limit);
        let mut input = &bytes[..];
        let error = loop {
            match decoder.decode(&mut input) {
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(error) => break error,
            }
        };
        for mut next in [input, &more, &[]] {
            let before = next;
            prop_assert_eq!(decoder.decode(&mut next), Err(error.clone()));
            prop_assert_eq!(next, before);
        }
        prop_assert_eq!(decoder.finish(), Err(error));
    }

    #[test]
    fn a_truncated_stream_is_told_from_a_finished_one_at_every_byte(frames in small_frames(), end in ending()) {
        let mut decoder = Decoder::new(FrameLimit::DEFAULT);
        let mut expected = finish_at_every_byte(&frames, end).into_iter();
        prop_assert_eq!(decoder.finish(), expected.next().unwrap());
        for byte in wire(&frames, end) {
            decoder.decode(&mut &[byte][..])?;
            prop_assert_eq!(decoder.finish(), expected.next().unwrap());
        }
        prop_assert_eq!(expected.next(), None);
    }
}

#[cfg(feature = "codec")]
proptest! {
    #[test]
    fn codec_and_core_agree_on_any_bytes(bytes in hostile_bytes(), limit in limit(), cuts in cuts()) {
        prop_assert_eq!(
            decode_with_codec(limit, chunks(&bytes, &cuts)),
            decode(limit, chunks(&bytes, &cuts))
        );
    }

    #[test]
    fn codec_and_core_agree_on_any_frames(frames in frames(), end in ending(), cuts in cuts()) {
        let wire = wire(&frames, end);
        prop_assert_eq!(
            decode_with_codec(FrameLimit::DEFAULT, chunks(&wire, &cuts)),
            decode(FrameLimit::DEFAULT, chunks(&wire, &cuts))
        );
    }
}

type Outcome = (Vec<Event>, Result<(), DecodeError>);

/// How a whole stream ends; both are normal.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ending {
    Marker,
    HangUp,
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![Just(Ending::Marker), Just(Ending::HangUp)]
}

fn frame(sizes: impl Into<proptest::collection::SizeRange>) -> impl Strategy<Value = Frame> {
    vec(any::<u8>(), sizes).prop_map(|payload| Frame::new(payload).expect("no size range holds zero"))
}

fn small_frames() -> impl Strategy<Value = Vec<Frame>> {
    vec(frame(1..40), 0..6)
}

/// Frames around the sizes at which the bytes of a header carry over, and one size that the first room does not hold.
fn frames() -> impl Strategy<Value = Vec<Frame>> {
    let large = (65_530..150_000_usize, any::<u8>())
        .prop_map(|(len, byte)| Frame::new(vec![byte; len]).expect("the range holds no zero"));
    vec(prop_oneof![4 => frame(1..20), 2 => frame(250..260), 1 => large], 0..6)
}

fn limit() -> impl Strategy<Value = FrameLimit> {
    (1..300_u32).prop_map(|bytes| FrameLimit::new(bytes).expect("the range holds no zero"))
}

/// Sizes of the chunks in which a stream arrives, used round and round.
fn cuts() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![3 => 1..10_usize, 2 => 10..2_000_usize, 1 => 2_000..200_000_usize], 1..10)
}

/// Bytes of a peer that knows the format and means no good, since nearly all random bytes die at the first header.
fn hostile_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => frame(1..40).prop_map(|frame| wire(&[frame], Ending::HangUp)),
        2 => (0..310_u32).prop_map(|len| len.to_le_bytes().to_vec()),
        1 => any::<u32>().prop_map(|len| len.to_le_bytes().to_vec()),
        1 => (1..300_u32).prop_map(|len| len.to_be_bytes().to_vec()),
        1 => Just(END_OF_STREAM.to_vec()),
        1 => vec(any::<u8>(), 0..20),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn wire(frames: &[Frame], end: Ending) -> Vec<u8> {
    let mut wire = Vec::new();
    for frame in frames {
        protocol::encode(frame, &mut wire);
    }
    if end == Ending::Marker {
        wire.extend_from_slice(&END_OF_STREAM);
    }
    wire
}

fn chunks<'a>(mut bytes: &'a [u8], cuts: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut sizes = cuts.iter().cycle();
    std::iter::from_fn(move || {
        let size = *sizes.next()?;
        let (chunk, rest) = bytes.split_at(size.min(bytes.len()));
        bytes = rest;
        (!chunk.is_empty()).then_some(chunk)
    })
}

fn decode<'a>(limit: FrameLimit, chunks: impl Iterator<Item = &'a [u8]>) -> Outcome {
    let mut decoder = Decoder::new(limit);
    let mut events = Vec::new();
    for mut chunk in chunks {
        loop {
            match decoder.decode(&mut chunk) {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(error) => return (events, Err(error)),
            }
        }
    }
    (events, decoder.finish())
}

/// Drives the codec as tokio-util's `FramedRead` does.
#[cfg(feature = "codec")]
fn decode_with_codec<'a>(limit: FrameLimit, chunks: impl Iterator<Item = &'a [u8]>) -> Outcome {
    use protocol::{CodecError, FrameCodec};
    use tokio_util::bytes::BytesMut;
    use tokio_util::codec::Decoder as _;

    let mut codec = FrameCodec::new(limit);
    let mut buffer = BytesMut::new();
    let mut events = Vec::new();
    let mut drain = |codec: &mut FrameCodec, buffer: &mut BytesMut, eof: bool| {
        loop {
            let event = if eof { codec.decode_eof(buffer) } else { codec.decode(buffer) };
            match event {
                Ok(Some(event)) => events.push(event),
                Ok(None) => return Ok(()),
                Err(CodecError::Decode(error)) => return Err(error),
                Err(CodecError::Io(error)) => unreachable!("there is no connection that could fail: {error}"),
            }
        }
    };
    let mut outcome = Ok(());
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        outcome = outcome.and_then(|()| drain(&mut codec, &mut buffer, false));
    }
    let outcome = outcome.and_then(|()| drain(&mut codec, &mut buffer, true));
    (events, outcome)
}

/// The format read from a whole stream in the plainest way, as a second opinion.
fn read_whole(limit: FrameLimit, stream: &[u8]) -> Outcome {
    let mut events = Vec::new();
    let mut at = 0;
    loop {
        let rest = &stream[at..];
        if rest.is_empty() {
            return (events, Ok(()));
        }
        let Some((header, rest)) = rest.split_first_chunk::<4>() else {
            return (events, Err(DecodeError::TruncatedHeader { at: at as u64, arrived: rest.len() as u8 }));
        };
        let len =
            u32::from(header[0]) | u32::from(header[1]) << 8 | u32::from(header[2]) << 16 | u32::from(header[3]) << 24;
        if len == 0 {
            events.push(Event::EndOfStream);
            let after = DecodeError::AfterEnd { at: at as u64 + 4 };
            return (events, if rest.is_empty() { Ok(()) } else { Err(after) });
        }
        if len > limit.bytes() {
            let swapped = u32::from_be_bytes(*header);
            return (events, Err(DecodeError::TooLarge { at: at as u64, len, limit: limit.bytes(), swapped }));
        }
        let Some(payload) = rest.get(..len as usize) else {
            let arrived = rest.len() as u32;
            return (events, Err(DecodeError::TruncatedPayload { at: at as u64 + 4, arrived, len }));
        };
        events.push(Event::Frame(Frame::new(payload).expect("the length is not zero")));
        at += 4 + payload.len();
    }
}

/// What `finish` has to say before the first byte of a whole stream and after each.
fn finish_at_every_byte(frames: &[Frame], end: Ending) -> Vec<Result<(), DecodeError>> {
    let mut expected = vec![Ok(())];
    let mut at = 0;
    for frame in frames {
        let len = frame.as_bytes().len() as u32;
        expected.extend((1..4).map(|arrived| Err(DecodeError::TruncatedHeader { at, arrived })));
        expected.extend((0..len).map(|arrived| Err(DecodeError::TruncatedPayload { at: at + 4, arrived, len })));
        expected.push(Ok(()));
        at += 4 + u64::from(len);
    }
    if end == Ending::Marker {
        expected.extend((1..4).map(|arrived| Err(DecodeError::TruncatedHeader { at, arrived })));
        expected.push(Ok(()));
    }
    expected
}
