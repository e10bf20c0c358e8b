//! What senders do, and what goes wrong with it.

use alloc::format;
use alloc::vec::Vec;

use super::*;
use crate::Lost;

/// A picture of 17 bytes with an end in its first segment.
const JPEG: &[u8] = b"\xFF\xD8\xFF\xC0\0\x04\xFF\xD9\xFF\xDA\0\x02ab\xFF\x00\xFF\xD9";

fn frame() -> Event {
    Event::Frame(Frame::new(JPEG).unwrap())
}

fn decode_all(mut decoder: MultipartDecoder, stream: &[u8]) -> (Vec<Event>, Result<(), DecodeError>) {
    let mut events = Vec::new();
    let mut input = stream;
    loop {
        match decoder.decode(&mut input) {
            Ok(Some(event)) => events.push(event),
            Ok(None) => return (events, decoder.finish()),
            Err(error) => return (events, Err(error)),
        }
    }
}

fn decode(stream: &[u8]) -> (Vec<Event>, Result<(), DecodeError>) {
    decode_all(MultipartDecoder::new(FrameLimit::DEFAULT), stream)
}

/// `parts` with `JPEG` for each `@`.
fn stream(parts: &str) -> Vec<u8> {
    parts.split('@').map(str::as_bytes).collect::<Vec<_>>().join(JPEG)
}

#[track_caller]
fn gives(parts: &str, events: &[Event]) {
    assert_eq!(decode(&stream(parts)), (events.to_vec(), Ok(())));
}

#[test]
fn parts_come_with_and_without_lengths_and_either_line_end() {
    gives("--b\r\nContent-Type: image/jpeg\r\nContent-Length: 18\r\n\r\n@\r\n--b\r\n\r\n@\r\n", &[frame(), frame()]);
    gives("--b\ncontent-length:18\n\n@\n--b\nX: y\n\n@\n--b--\n", &[frame(), frame(), Event::EndOfStream]);
}

#[test]
fn a_boundary_before_each_part_behind_an_empty_line_is_what_esp32_sends() {
    let part = "\r\n--123456789000000000000987654321\r\nContent-Type: image/jpeg\r\nContent-Length: 18\r\n\r\n@";
    gives(&part.repeat(3), &[frame(), frame(), frame()]);
}

#[test]
fn a_picture_comes_with_its_last_byte_and_the_end_with_its_dashes() {
    let mut decoder = MultipartDecoder::new(FrameLimit::DEFAULT);
    assert_eq!(decoder.decode(&mut &stream("--b\r\n\r\n@")[..]), Ok(Some(frame())));
    assert_eq!(decoder.decode(&mut &b"\r\n--b-"[..]), Ok(None));
    assert_eq!(decoder.decode(&mut &b"-"[..]), Ok(Some(Event::EndOfStream)));
    assert_eq!(decoder.decode(&mut &b"\r\nx"[..]), Err(DecodeError::AfterEnd { at: 34 }));
}

#[test]
fn a_content_length_that_lies_loses_nothing_where_the_picture_is_whole() {
    for length in ["3", "999999", "4294967295", "99999999999999999999", "-1"] {
        gives(&format!("--b\r\nContent-Length: {length}\r\n\r\n@\r\n--b\r\n\r\n@"), &[frame(), frame()]);
    }
}

#[test]
fn bytes_behind_a_picture_are_lost_unless_its_length_counts_them() {
    gives("--b\r\nContent-Length: 24\r\n\r\n@extras\r\n--b\r\n\r\n@", &[frame(), frame()]);
    let lost = Event::Lost(Lost { at: 25, bytes: 8, why: Damage::NoJpeg { found: b'e' } });
    gives("--b\r\n\r\n@extras\r\n--b\r\n\r\n@", &[frame(), lost, frame()]);
}

#[test]
fn a_picture_that_is_cut_off_by_a_boundary_is_lost_and_the_next_comes() {
    let mut cut = stream("--b\r\nContent-Length: 18\r\n\r\n@");
    cut.truncate(cut.len() - 4);
    cut.extend(stream("\r\n--b\r\n\r\n@\r\n--b--"));
    let (events, end) = decode(&cut);
    let [Event::Lost(lost), second, Event::EndOfStream] = &events[..] else { panic!("{events:?}") };
    // The picture, and the line end behind it.
    assert_eq!((lost.at, lost.bytes, end), (27, 14 + 2, Ok(())), "{lost:?}");
    assert_eq!(*second, frame());
}

#[test]
fn a_part_that_is_no_jpeg_is_lost_and_an_empty_one_is_not() {
    let lost = Event::Lost(Lost { at: 7, bytes: 7, why: Damage::NoJpeg { found: b'h' } });
    gives("--b\r\n\r\nhello\r\n--b\r\n\r\n@", &[lost, frame()]);
    gives("--b\r\n\r\n\r\n--b\r\n--b\r\n\r\n@", &[frame()]);
}

#[test]
fn a_boundary_that_is_named_finds_the_first_part_and_gives_way_to_the_first_line() {
    let named = || MultipartDecoder::with_boundary(FrameLimit::DEFAULT, Boundary::new("b").unwrap());
    let preamble = stream("a preamble\r\n--other\r\n--b\r\n\r\n@");
    assert_eq!(decode_all(named(), &preamble), (Vec::from([frame()]), Ok(())));
    assert_eq!(decode_all(named(), &stream("--other\r\n\r\n@\r\n--other--")).0, [frame(), Event::EndOfStream]);
}

#[test]
fn closing_inside_a_part_is_no_end_and_between_parts_it_is_one() {
    let whole = stream("--b\r\nA: b\r\n\r\n@\r\n--b\r\n");
    let picture = 13..13 + JPEG.len();
    for end in 0..=whole.len() {
        let is_inside = (6..picture.end).contains(&end);
        assert_eq!(decode(&whole[..end]).1.is_err(), is_inside, "after {end} bytes");
    }
}

#[test]
fn headers_without_end_and_a_stream_without_boundary_fail() {
    let endless = [b"--b\r\n".as_slice(), &b"A: b\r\n".repeat(2000)].concat();
    assert_eq!(decode(&endless).1, Err(DecodeError::LongHeaders { at: 5, limit: LONGEST_HEADERS }));
    let (events, end) = decode_all(
        MultipartDecoder::new(FrameLimit::new(100).unwrap()),
        &[&stream("--b\r\n\r\n@"), &b"no boundary \n".repeat(20)[..]].concat(),
    );
    assert_eq!(events, [frame()]);
    assert!(matches!(end, Err(DecodeError::NoPicture { at: 25, .. })), "{end:?}");
}

#[test]
fn a_picture_above_the_limit_is_lost_and_the_next_comes() {
    let decoder = MultipartDecoder::new(FrameLimit::new(JPEG.len() as u32).unwrap());
    let large = [&JPEG[..JPEG.len() - 2], b"more\xFF\xD9"].concat();
    let wire = [b"--b\r\n\r\n".as_slice(), &large, b"\r\n--b\r\n\r\n", JPEG].concat();
    let why = Damage::TooLarge { limit: JPEG.len() as u32 };
    let lost = Event::Lost(Lost { at: 7, bytes: large.len() as u64 + 2, why });
    assert_eq!(decode_all(decoder, &wire), (Vec::from([lost, frame()]), Ok(())));
}

#[test]
fn what_is_encoded_comes_back() {
    let boundary = Boundary::new("frame").unwrap();
    let picture = Frame::new(JPEG).unwrap();
    let mut wire = Vec::new();
    for length in [ContentLength::Announced, ContentLength::Omitted] {
        wire.extend(part_header(&boundary, &picture, length));
        wire.extend_from_slice(picture.as_bytes());
        wire.extend(PART_END);
    }
    wire.extend(close_parts(&boundary));
    assert_eq!(decode(&wire), (Vec::from([frame(), frame(), Event::EndOfStream]), Ok(())));
}
