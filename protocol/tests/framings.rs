//! Properties of streams without lengths, and of telling all framings apart: any pictures, any cutting, any bytes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use protocol::{
    BareDecoder, Boundary, ContentLength, DecodeError, Decoder, Event, Frame, FrameLimit, MultipartDecoder, PART_END,
    StreamDecoder, close_parts, part_header,
};

proptest! {
    #[test]
    fn any_bytes_decode_alike_however_they_are_cut(
        bytes in hostile_bytes(), limit in limit(), cuts in cuts(), kind in kind(),
    ) {
        let whole = decode(kind, limit, [&bytes[..]].into_iter());
        prop_assert_eq!(decode(kind, limit, chunks(&bytes, &cuts)), whole.clone());
        prop_assert_eq!(decode(kind, limit, bytes.chunks(1)), whole);
    }

    #[test]
    fn waiting_leaves_no_input_and_an_error_is_repeated(
        bytes in hostile_bytes(), limit in limit(), cuts in cuts(), kind in kind(),
    ) {
        let mut decoder = Any::new(kind, limit);
        let mut consumed = 0;
        for chunk in chunks(&bytes, &cuts) {
            let mut input = chunk;
            let outcome = loop {
                match decoder.decode(&mut input) {
                    Ok(Some(_)) => {}
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            };
            consumed += chunk.len() - input.len();
            prop_assert_eq!(decoder.position(), consumed as u64);
            let Err(error) = outcome else {
                prop_assert!(input.is_empty());
                continue;
            };
            for mut next in [input, b"\xFF\xD8\xFF\xE0", &[]] {
                let before = next;
                prop_assert_eq!(decoder.decode(&mut next), Err(error.clone()));
                prop_assert_eq!(next, before);
            }
            prop_assert_eq!(decoder.finish(), Err(error));
        }
    }

    #[test]
    fn no_byte_is_counted_twice_and_no_picture_is_above_the_limit(
        bytes in hostile_bytes(), limit in limit(), kind in kind(),
    ) {
        let (events, position, _) = decode(kind, limit, [&bytes[..]].into_iter());
        let mut counted = 0;
        for event in &events {
            counted += match event {
                Event::Frame(frame) => {
                    prop_assert!(frame.len_u32() <= limit.bytes());
                    u64::from(frame.len_u32())
                }
                Event::Lost(lost) => {
                    prop_assert!(lost.bytes > 0 && lost.at + lost.bytes <= position, "{lost:?} of {position}");
                    lost.bytes
                }
                Event::EndOfStream => 0,
            };
        }
        prop_assert!(counted <= position, "{counted} of {position}");
    }

    #[test]
    fn any_pictures_cut_into_any_chunks_come_back(
        pictures in vec(picture(), 1..5), sender in sender(), cuts in cuts(),
    ) {
        let (wire, ends) = sender.send(&pictures);
        let (events, position, end) = decode(Kind::Any, FrameLimit::DEFAULT, chunks(&wire, &cuts));
        let marker = ends.then_some(Event::EndOfStream);
        prop_assert_eq!(events, Vec::from_iter(pictures.into_iter().map(Event::Frame).chain(marker)));
        prop_assert_eq!((position, end), (wire.len() as u64, Ok(())));
    }

    #[test]
    fn behind_any_damage_a_stream_finds_its_way_back(
        pictures in vec(picture(), 1..4), sender in sender(), from in any::<Index>(), to in any::<Index>(),
        damage in vec(any::<u8>(), 0..10),
    ) {
        let (Sender::Parts(..) | Sender::Bare) = sender else { return Ok(()) };
        let (mut wire, _) = sender.send(&pictures);
        // The first bytes decide what the stream is, and the last picture may belong to what was damaged.
        let start = 20.min(wire.len());
        let (a, b) = (start + from.index(wire.len() - start + 1), start + to.index(wire.len() - start + 1));
        wire.splice(a.min(b)..a.max(b), damage);
        // More than a segment, or the rest of a part, can swallow.
        let last = Frame::new(*PLAIN).unwrap();
        let (more, _) = sender.send(&vec![last.clone(); 5000]);
        wire.extend(more);
        let (events, _, _) = decode(Kind::Any, FrameLimit::DEFAULT, [&wire[..]].into_iter());
        let found = events.iter().filter(|event| **event == Event::Frame(last.clone())).count();
        // A closing boundary in the middle is an end, and rightly so.
        prop_assert!(found > 1000 || events.contains(&Event::EndOfStream), "{found}");
    }

    #[test]
    fn a_stream_of_lengths_is_one_whatever_its_frames_hold(
        payloads in vec(vec(any::<u8>(), 1..12), 1..6), cuts in cuts(),
    ) {
        let mut wire = Vec::new();
        for payload in payloads {
            protocol::encode(&Frame::new(payload).unwrap(), &mut wire);
        }
        let by_length = decode(Kind::Length, FrameLimit::DEFAULT, chunks(&wire, &cuts));
        let mut decoder = StreamDecoder::new(FrameLimit::DEFAULT);
        // Every frame comes with its last byte, also the first, by which the framing is known.
        let mut events = Vec::new();
        for byte in wire {
            events.extend(decoder.decode(&mut &[byte][..])?);
            let mut reference = Vec::from_iter(by_length.0.iter().take(events.len()).cloned());
            prop_assert_eq!(&events, &reference);
            reference.clear();
        }
        prop_assert_eq!((events, decoder.position(), decoder.finish()), by_length);
    }
}

/// A picture of 27 bytes.
const PLAIN: &[u8; 27] = b"\xFF\xD8\xFF\xC0\0\x08JFIF12\xFF\xC4\0\x02\xFF\xDA\0\x02ab\xFF\x00c\xFF\xD9";

#[derive(Clone, Copy, Debug)]
enum Kind {
    Length,
    Bare,
    Multipart,
    Any,
}

fn kind() -> impl Strategy<Value = Kind> {
    select(&[Kind::Bare, Kind::Multipart, Kind::Any][..])
}

/// A decoder of any kind.
#[derive(Debug)]
enum Any {
    Length(Decoder),
    Bare(BareDecoder),
    Multipart(MultipartDecoder),
    Stream(StreamDecoder),
}

macro_rules! each {
    ($any:expr, $decoder:ident => $call:expr) => {
        match $any {
            Any::Length($decoder) => $call,
            Any::Bare($decoder) => $call,
            Any::Multipart($decoder) => $call,
            Any::Stream($decoder) => $call,
        }
    };
}

impl Any {
    fn new(kind: Kind, limit: FrameLimit) -> Any {
        match kind {
            Kind::Length => Any::Length(Decoder::new(limit)),
            Kind::Bare => Any::Bare(BareDecoder::new(limit)),
            Kind::Multipart => Any::Multipart(MultipartDecoder::new(limit)),
            Kind::Any => Any::Stream(StreamDecoder::new(limit)),
        }
    }

    fn decode(&mut self, input: &mut &[u8]) -> Result<Option<Event>, DecodeError> {
        each!(self, decoder => decoder.decode(input))
    }

    fn finish(&self) -> Result<(), DecodeError> {
        each!(self, decoder => decoder.finish())
    }

    fn position(&self) -> u64 {
        each!(self, decoder => decoder.position())
    }
}

type Outcome = (Vec<Event>, u64, Result<(), DecodeError>);

fn decode<'a>(kind: Kind, limit: FrameLimit, chunks: impl Iterator<Item = &'a [u8]>) -> Outcome {
    let mut decoder = Any::new(kind, limit);
    let mut events = Vec::new();
    for mut chunk in chunks {
        loop {
            match decoder.decode(&mut chunk) {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break,
                Err(error) => return (events, decoder.position(), Err(error)),
            }
        }
    }
    (events, decoder.position(), decoder.finish())
}

/// How pictures are sent.
#[derive(Clone, Copy, Debug)]
enum Sender {
    Length,
    Bare,
    Parts(ContentLength, bool),
}

impl Sender {
    /// The stream, and whether it has an end.
    fn send(self, pictures: &[Frame]) -> (Vec<u8>, bool) {
        let boundary = Boundary::new("frame").expect("it is one");
        let mut wire = Vec::new();
        for picture in pictures {
            match self {
                Sender::Length => protocol::encode(picture, &mut wire),
                Sender::Bare => wire.extend_from_slice(picture.as_bytes()),
                Sender::Parts(length, _) => {
                    wire.extend(part_header(&boundary, picture, length));
                    wire.extend_from_slice(picture.as_bytes());
                    wire.extend(PART_END);
                }
            }
        }
        if let Sender::Parts(_, true) = self {
            wire.extend(close_parts(&boundary));
            return (wire, true);
        }
        (wire, false)
    }
}

fn sender() -> impl Strategy<Value = Sender> {
    select(
        &[
            Sender::Length,
            Sender::Bare,
            Sender::Parts(ContentLength::Announced, false),
            Sender::Parts(ContentLength::Omitted, false),
            Sender::Parts(ContentLength::Announced, true),
        ][..],
    )
}

/// Markers as in a JPEG, with random content: segments that may hold thumbnails and boundaries, scans, restarts, stuffing.
fn picture() -> impl Strategy<Value = Frame> {
    let content = prop_oneof![vec(any::<u8>(), 0..40), Just(PLAIN.to_vec()), Just(b"\r\n--frame\r\n\r\n".to_vec())];
    let segment = |kind: u8| {
        content.clone().prop_map(move |content| {
            let len = (content.len() as u16 + 2).to_be_bytes();
            [&[0xFF, kind], &len[..], &content].concat()
        })
    };
    let data =
        vec(prop_oneof![6 => vec(0..0xFF_u8, 0..30), 1 => Just(vec![0xFF, 0]), 1 => Just(vec![0xFF, 0xD3])], 0..5);
    let scan = (vec(segment(0xC4), 0..2), data)
        .prop_map(|(tables, data)| [tables.concat(), b"\xFF\xDA\0\x08abcdef".to_vec(), data.concat()].concat());
    (vec(segment(0xE1), 0..3), segment(0xC2), vec(scan, 1..3)).prop_map(|(head, frame_header, scans)| {
        let parts = [vec![0xFF, 0xD8], head.concat(), frame_header, scans.concat(), vec![0xFF, 0xD9]];
        Frame::new(parts.concat()).expect("it has markers at least")
    })
}

fn limit() -> impl Strategy<Value = FrameLimit> {
    (1..300_u32).prop_map(|bytes| FrameLimit::new(bytes).expect("the range holds no zero"))
}

/// Sizes of the chunks in which a stream arrives, used round and round.
fn cuts() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![3 => 1..10_usize, 2 => 10..2_000_usize], 1..10)
}

/// Bytes of a peer that knows the formats and means no good.
fn hostile_bytes() -> impl Strategy<Value = Vec<u8>> {
    let words: &[&[u8]] = &[
        b"--b\r\n",
        b"--b\n",
        b"--b--",
        b"\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: 99999999\r\n",
        b"--",
        b"HTTP",
        b"\0\0\0\x01",
        b"\0\0\x01",
        b"\xFF",
        b"\xFF\xD8",
        b"\xFF\xD9",
        b"\xFF\xD8\xFF\xE0\0\x04",
        b"\xFF\xDA\0\x08",
        b"OPTIONS ",
        b"\x16\x03\x01",
        b"\x89PNG",
        b"\x47\x40\0\x10",
        b"\x05\0\0\0",
        b"\0\0\0\0",
        b"RIFF",
        PLAIN,
    ];
    let piece = prop_oneof![
        4 => picture().prop_map(Frame::into_bytes),
        6 => select(words).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 0..20),
        1 => vec(Just(b'x'), 0..400),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn chunks<'a>(mut bytes: &'a [u8], cuts: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut sizes = cuts.iter().cycle();
    std::iter::from_fn(move || {
        let (chunk, rest) = bytes.split_at((*sizes.next()?).min(bytes.len()));
        bytes = rest;
        (!chunk.is_empty()).then_some(chunk)
    })
}
