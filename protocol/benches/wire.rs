//! Encoding and decoding beside a plain copy of the same bytes: the copy is the lower bound, the difference is the cost of the format.
//!
//! `copy` writes every frame over the last one and allocates nothing. `copy_owned` copies every frame into memory of its
//! own, which is the least that a decoder handing out frames can do.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use protocol::{BareDecoder, Boundary, ContentLength, Decoder, Event, Frame, FrameLimit, MultipartDecoder, PART_END};

fn main() {
    divan::main();
}

/// Bytes of a frame: a small thumbnail, a picture of 640×480, a still.
const SIZES: [usize; 3] = [1_000, 43_000, 1_000_000];

/// Bytes that arrive at once: an Ethernet segment's payload, and a read buffer filled by a fast sender.
const CHUNKS: [usize; 2] = [1_448, 64 * 1024];

#[divan::bench(args = SIZES)]
fn encode(bencher: Bencher, size: usize) {
    let frames = frames(size);
    let mut out = Vec::new();
    bencher.counter(payload_bytes(size)).bench_local(|| {
        for frame in &frames {
            out.clear();
            protocol::encode(black_box(frame), &mut out);
            black_box(&out);
        }
    });
}

#[divan::bench(args = SIZES)]
fn encode_copy(bencher: Bencher, size: usize) {
    let frames = frames(size);
    let mut out = Vec::new();
    bencher.counter(payload_bytes(size)).bench_local(|| {
        for frame in &frames {
            out.clear();
            out.extend_from_slice(black_box(frame).as_bytes());
            black_box(&out);
        }
    });
}

#[divan::bench(args = SIZES, consts = CHUNKS)]
fn decode<const CHUNK: usize>(bencher: Bencher, size: usize) {
    let wire = wire(size);
    bencher.counter(payload_bytes(size)).bench(|| {
        let mut decoder = Decoder::new(FrameLimit::DEFAULT);
        for mut chunk in black_box(&wire).chunks(CHUNK) {
            while let Some(event) = decoder.decode(&mut chunk).expect("the stream is whole") {
                drop(black_box::<Event>(event));
            }
        }
    });
}

#[divan::bench(args = SIZES, consts = CHUNKS)]
fn decode_bare<const CHUNK: usize>(bencher: Bencher, size: usize) {
    let wire: Vec<u8> = pictures(size).iter().flat_map(|picture| picture.as_bytes().to_vec()).collect();
    bencher.counter(payload_bytes(size)).bench(|| {
        let mut decoder = BareDecoder::new(FrameLimit::DEFAULT);
        for mut chunk in black_box(&wire).chunks(CHUNK) {
            while let Some(event) = decoder.decode(&mut chunk).expect("the stream is whole") {
                drop(black_box::<Event>(event));
            }
        }
    });
}

#[divan::bench(args = SIZES, consts = CHUNKS)]
fn decode_multipart<const CHUNK: usize>(bencher: Bencher, size: usize) {
    let boundary = Boundary::new("frame").expect("it is one");
    let part = |picture: &Frame| {
        [&protocol::part_header(&boundary, picture, ContentLength::Announced), picture.as_bytes(), &PART_END].concat()
    };
    let wire: Vec<u8> = pictures(size).iter().flat_map(part).collect();
    bencher.counter(payload_bytes(size)).bench(|| {
        let mut decoder = MultipartDecoder::new(FrameLimit::DEFAULT);
        for mut chunk in black_box(&wire).chunks(CHUNK) {
            while let Some(event) = decoder.decode(&mut chunk).expect("the stream is whole") {
                drop(black_box::<Event>(event));
            }
        }
    });
}

#[divan::bench(args = SIZES)]
fn decode_copy(bencher: Bencher, size: usize) {
    let wire = wire(size);
    let mut frame = vec![0; size];
    bencher.counter(payload_bytes(size)).bench_local(|| {
        for bytes in black_box(&wire).chunks_exact(4 + size) {
            frame.copy_from_slice(&bytes[4..]);
            black_box(&frame);
        }
    });
}

#[divan::bench(args = SIZES)]
fn decode_copy_owned(bencher: Bencher, size: usize) {
    let wire = wire(size);
    bencher.counter(payload_bytes(size)).bench(|| {
        for bytes in black_box(&wire).chunks_exact(4 + size) {
            drop(black_box(bytes[4..].to_vec()));
        }
    });
}

/// Frames of a stream: about as many bytes for every size, and more than a processor keeps nearby in its first caches.
fn count(size: usize) -> usize {
    4_300_000 / size
}

/// Payload bytes of a stream, for figures in bytes a second.
fn payload_bytes(size: usize) -> BytesCount {
    BytesCount::new(count(size) * size)
}

fn frames(size: usize) -> Vec<Frame> {
    let payload = |k: usize| Vec::from_iter((0..size).map(|i| ((31 * i + 7 * k) % 251) as u8));
    (0..count(size)).map(|k| Frame::new(payload(k)).expect("no size is zero")).collect()
}

/// The same as one scan of a JPEG, with a stuffed byte about as often as real ones have it: one in 256.
fn pictures(size: usize) -> Vec<Frame> {
    const HEAD: &[u8] = b"\xFF\xD8\xFF\xC0\0\x04ab\xFF\xDA\0\x08abcdef";
    let picture = |frame: Frame| {
        let mut bytes = frame.into_bytes();
        let end = bytes.len() - 2;
        bytes[HEAD.len()..end].chunks_exact_mut(256).for_each(|data| data[..2].copy_from_slice(&[0xFF, 0]));
        bytes[..HEAD.len()].copy_from_slice(HEAD);
        bytes[end..].copy_from_slice(&[0xFF, 0xD9]);
        Frame::new(bytes).expect("no size is zero")
    };
    frames(size).into_iter().map(picture).collect()
}

fn wire(size: usize) -> Vec<u8> {
    let mut wire = Vec::new();
    for frame in frames(size) {
        protocol::encode(&frame, &mut wire);
    }
    wire
}
