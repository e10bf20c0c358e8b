//! What each sender begins with, and when that is known.

use alloc::vec::Vec;
use std::string::ToString;

use super::*;

const LIMIT: u32 = 16 * 1024 * 1024;

/// The verdict on `stream`, and on how many bytes it takes.
fn verdict(stream: &[u8]) -> (Option<Beginning>, usize) {
    let at = (0..=stream.len()).find(|&len| sniff(&stream[..len], LIMIT).is_some());
    (at.and_then(|len| sniff(&stream[..len], LIMIT)), at.unwrap_or(stream.len()))
}

#[track_caller]
fn is(stream: &[u8], beginning: Beginning, after: usize) {
    assert_eq!(verdict(stream), (Some(beginning), after));
}

#[track_caller]
fn is_foreign(stream: &[u8], foreign: Foreign) {
    assert_eq!(verdict(stream).0, Some(Beginning::Foreign(foreign)));
}

#[test]
fn our_own_framings_are_known_by_six_bytes() {
    is(b"\x4a\x27\0\0\xFF\xD8\xFF", Beginning::Length, 6);
    is(b"\xFF\xD8\xFF\xE0\0\x10JFIF", Beginning::Bare, 4);
    is(b"\xFF\xD8\xFF\xDB\0\x84", Beginning::Bare, 4);
    is(b"--ffmpeg\r\n", Beginning::Multipart, 4);
    is(b"\r\n--123\r\n", Beginning::Multipart, 5);
}

#[test]
fn a_length_is_one_even_where_garbage_follows_or_it_looks_like_a_marker() {
    is(b"\x05\0\0\0hello", Beginning::Length, 5);
    is(b"\x01\0\0\0\x89", Beginning::Length, 5);
    is(b"\x02\0\0\0\xFFx", Beginning::Length, 6);
    // 0x0000D8FF bytes, and 0x2D2D bytes.
    is(b"\xFF\xD8\0\0\xFF\xD8\xFF", Beginning::Length, 6);
    is(b"--\0\0\xFF\xD8\xFF", Beginning::Length, 6);
}

#[test]
fn a_length_of_zero_is_a_goodbye_at_once() {
    is(b"\0\0\0\0", Beginning::Length, 4);
}

#[test]
fn two_bytes_decide_nothing() {
    for first in 0..=u16::MAX {
        assert_eq!(sniff(&first.to_le_bytes(), LIMIT), None);
    }
}

#[test]
fn h264_is_told_from_a_frame_of_16_mib() {
    for video in [
        &b"\0\0\0\x01\x67\x42"[..],
        b"\0\0\0\x01\x09\xF0",
        b"\0\0\x01\x67\x42",
        b"\0\0\0\x01\x40\x01",
        b"\0\0\x01\xB3x",
    ] {
        is_foreign(video, Foreign::Mpeg { at: 0 });
    }
    is(b"\0\0\0\x01\xFF\xD8", Beginning::Length, 6);
    is(b"\0\0\0\x01\x80\x01", Beginning::Length, 5);
    is_foreign(b"\x00\x10\0\0\0\0\0\x01\x67", Foreign::Mpeg { at: 4 });
}

#[test]
fn a_big_endian_length_is_one_only_where_a_jpeg_follows() {
    let foreign = Foreign::BigEndian { len: 0x4A27_0000, limit: LIMIT, swapped: 0x274A };
    is_foreign(b"\0\0\x27\x4a\xFF\xD8\xFF", foreign);
    is(b"\0\0\x27\x4a\xFF\0", Beginning::Length, 6);
    // 359 bytes, which looks like a start code.
    is_foreign(b"\0\0\x01\x67\xFF\xD8", Foreign::BigEndian { len: 0x6701_0000, limit: LIMIT, swapped: 0x167 });
    is(b"\xFF\xFF\xFF\xFF", Beginning::Length, 4);
}

#[test]
fn clients_and_servers_of_other_protocols_are_named() {
    is_foreign(b"\x16\x03\x01\0\xF4\x01\0\0\xF0", Foreign::Tls);
    is(b"\x16\x03\x01\0\xFF\xD8", Beginning::Length, 6);
    for request in
        ["GET / HTTP/1.1\r\n", "POST /feed", "HEAD / ", "OPTIONS / HTTP/1.1\r\n", "OPTIONS * HTTP/1.1\r\nHost: rtsp"]
    {
        is_foreign(request.as_bytes(), Foreign::HttpRequest);
    }
    is_foreign(b"HTTP/1.0 200 OK\r\n", Foreign::HttpAnswer);
    is_foreign(b"hello world\r\n", Foreign::Text);
    for rtsp in ["OPTIONS rtsp://192.168.1.2/", "OPTIONS * RTSP/1.0\r\n", "DESCRIBE rtsp://", "RTSP/1.0 200 OK"] {
        is_foreign(rtsp.as_bytes(), Foreign::Rtsp);
    }
}

#[test]
fn pictures_and_videos_in_other_formats_are_named() {
    let picture = |at, format| Foreign::Picture { at, format };
    is_foreign(b"\x89PNG\r\n\x1a\n", picture(0, "PNG"));
    is_foreign(b"\0\x10\0\0\x89PNG\r\n\x1a\n", picture(4, "PNG"));
    is_foreign(b"GIF89a", picture(0, "GIF"));
    is_foreign(b"RIFF\x24\0\0\0WEBPVP8 ", picture(0, "WebP"));
    for (bytes, format) in [
        (&b"RIFF\x24\0\0\0AVI LIST"[..], "AVI"),
        (b"\0\0\0\x20ftypisom", "MP4"),
        (b"\x47\x40\x11\x10\0\x42\xF0\x25", "MPEG-TS"),
        (b"\x1A\x45\xDF\xA3\x01", "Matroska or WebM"),
        (b"FLV\x01\x05", "FLV"),
    ] {
        is_foreign(bytes, Foreign::Container { format });
    }
}

#[test]
fn no_verdict_comes_later_than_the_longest_prefix_or_than_a_short_frame() {
    for beginning in [&b"OPTIONS somewhere that is far away"[..], b"\r\n\r\n\r\n\r\n", b"\0\0\0\x20ft", b"RIFF1234AVI "]
    {
        let stream = Vec::from_iter(beginning.iter().copied().chain([b'x'; LONGEST]));
        assert!(verdict(&stream).1 <= LONGEST, "{beginning:?}");
    }
    for len in 1..SHORTEST_FOREIGN as u8 {
        for first in 0..=255 {
            let stream = Vec::from_iter([len, 0, 0, 0].into_iter().chain([first; 20]));
            assert!(verdict(&stream).1 <= 4 + usize::from(len), "{stream:?}");
        }
    }
}

#[test]
fn h264_says_what_to_do() {
    assert_eq!(
        Foreign::Mpeg { at: 0 }.to_string(),
        "byte 0: this is H.264 or another MPEG video, not JPEGs; \
         add `--codec mjpeg` to rpicam-vid, or `-c:v mjpeg -f mjpeg` to ffmpeg"
    );
}
