//! Streams written by the other implementation, CPython's `struct`: see `golden/make.py`.
//!
//! A round trip through this crate's own encoder could not see a mistake made alike on both sides.

use std::collections::BTreeSet;
use std::path::Path;

use protocol::{DecodeError, Decoder, END_OF_STREAM, Event, Frame, FrameLimit};

#[test]
fn every_stream_decodes_to_the_frames_that_went_in() {
    for golden in GOLDENS {
        assert_eq!(decode([golden.stream]), golden.expected(), "{}", golden.file);
    }
}

#[test]
fn every_stream_decodes_alike_when_split_at_any_byte() {
    for golden in GOLDENS {
        let expected = golden.expected();
        for at in 0..=golden.stream.len() {
            let (front, back) = golden.stream.split_at(at);
            // Not `assert_eq`, which would print thousands of frames.
            assert!(decode([front, back]) == expected, "{} split at byte {at}", golden.file);
        }
    }
}

#[test]
fn every_stream_decodes_alike_byte_by_byte() {
    for golden in GOLDENS {
        assert_eq!(decode(golden.stream.chunks(1)), golden.expected(), "{}", golden.file);
    }
}

#[test]
fn the_encoder_writes_what_struct_writes() {
    for golden in GOLDENS.iter().filter(|golden| golden.end.is_ok()) {
        let mut wire = Vec::new();
        for frame in golden.frames() {
            protocol::encode(&frame, &mut wire);
        }
        if golden.end == Ok(End::Marker) {
            wire.extend_from_slice(&END_OF_STREAM);
        }
        assert!(wire == golden.stream, "{}", golden.file);
    }
}

#[test]
fn every_stream_in_the_directory_is_tested() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let files = directory.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: BTreeSet<String> = files.filter(|file| file.ends_with(".bin")).collect();
    let listed: BTreeSet<String> = GOLDENS.iter().map(|golden| golden.file.to_owned()).collect();
    assert_eq!(found, listed);
}

/// One stream and what it holds.
struct Golden {
    file: &'static str,
    stream: &'static [u8],
    lengths: &'static [usize],
    end: Result<End, DecodeError>,
}

/// How a stream without a mistake ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Marker,
    HangUp,
}

impl Golden {
    fn frames(&self) -> impl Iterator<Item = Frame> {
        // The formula of make.py.
        let payload = |k: usize, len: usize| Vec::from_iter((0..len).map(|i| ((31 * i + 7 * k) % 251) as u8));
        self.lengths
            .iter()
            .enumerate()
            .map(move |(k, &len)| Frame::new(payload(k, len)).expect("no golden frame is empty"))
    }

    fn expected(&self) -> (Vec<Event>, Result<(), DecodeError>) {
        let mut events: Vec<Event> = self.frames().map(Event::Frame).collect();
        // Bytes after the end spoil the stream, but the marker was there.
        if matches!(self.end, Ok(End::Marker) | Err(DecodeError::AfterEnd { .. })) {
            events.push(Event::EndOfStream);
        }
        (events, self.end.clone().map(|_| ()))
    }
}

fn decode<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Event>, Result<(), DecodeError>) {
    let mut decoder = Decoder::new(FrameLimit::new(LIMIT).expect("the limit is not zero"));
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

/// Lets the one header through that uses all four bytes.
const LIMIT: u32 = 16_909_060;

macro_rules! golden {
    ($file:literal, $lengths:expr, $end:expr) => {
        Golden { file: $file, stream: include_bytes!(concat!("golden/", $file)), lengths: &$lengths, end: $end }
    };
}

const GOLDENS: &[Golden] = &[
    golden!("end.bin", [], Ok(End::Marker)),
    golden!("1-2-3-end.bin", [1, 2, 3], Ok(End::Marker)),
    golden!("255-256-257-end.bin", [255, 256, 257], Ok(End::Marker)),
    golden!("66051-1-end.bin", [66_051, 1], Ok(End::Marker)),
    golden!("300-40-hangup.bin", [300, 40], Ok(End::HangUp)),
    golden!("300-40-cut-in-header.bin", [300], Err(DecodeError::TruncatedHeader { at: 304, arrived: 3 })),
    golden!("300-40-cut-in-payload.bin", [300], Err(DecodeError::TruncatedPayload { at: 308, arrived: 39, len: 40 })),
    golden!(
        "16909060-cut-in-payload.bin",
        [],
        Err(DecodeError::TruncatedPayload { at: 4, arrived: 20, len: 16_909_060 })
    ),
    golden!(
        "300-big-endian.bin",
        [5],
        Err(DecodeError::TooLarge { at: 9, len: 0x2C01_0000, limit: LIMIT, swapped: 300 })
    ),
    golden!(
        "4294967295-lying.bin",
        [5],
        Err(DecodeError::TooLarge { at: 9, len: u32::MAX, limit: LIMIT, swapped: u32::MAX })
    ),
    golden!("5-end-5-after.bin", [5], Err(DecodeError::AfterEnd { at: 13 })),
];
