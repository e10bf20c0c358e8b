//! Memory follows what has arrived, never what a header promises: measured at the allocator.

#![expect(unsafe_code, reason = "an allocator that counts can only be written with it")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use proptest::collection::vec;
use proptest::prelude::*;
use protocol::{BareDecoder, Decoder, Event, FrameLimit, MultipartDecoder, StreamDecoder};

#[test]
fn a_header_alone_takes_no_memory() {
    let mut decoder = Decoder::new(FrameLimit::DEFAULT);
    let peak = peak_of(|| assert_eq!(decoder.decode(&mut &header(16 * MIB)[..]), Ok(None)));
    assert_eq!(peak, 0);
}

#[test]
fn a_header_of_16_mib_and_10_bytes_take_64_kib() {
    let mut decoder = Decoder::new(FrameLimit::DEFAULT);
    let peak = peak_of(|| {
        assert_eq!(decoder.decode(&mut &header(16 * MIB)[..]), Ok(None));
        assert_eq!(decoder.decode(&mut &[0; 10][..]), Ok(None));
    });
    assert_eq!(peak, 64 * 1024);
}

#[test]
fn a_header_above_the_limit_takes_no_memory() {
    let mut decoder = Decoder::new(FrameLimit::DEFAULT);
    let peak = peak_of(|| assert!(decoder.decode(&mut &header(u32::MAX)[..]).is_err()));
    assert_eq!(peak, 0);
}

proptest! {
    #[test]
    fn memory_follows_what_has_arrived(
        announced in prop_oneof![1..200_000_u32, 200_000..=16 * MIB],
        chunks in vec(prop_oneof![1..2_000_usize, 2_000..300_000_usize], 1..20),
    ) {
        let mut decoder = Decoder::new(FrameLimit::DEFAULT);
        let mut frame = None;
        let mut held = peak_of(|| {
            frame = decoder.decode(&mut &header(announced)[..]).expect("the limit allows this frame");
        });
        let mut arrived = 0;
        for len in chunks {
            let len = len.min(announced as usize - arrived);
            let chunk = vec![0; len];
            // Nothing is let go of before the frame is whole, so that what single calls add makes up what is held.
            held += peak_of(|| frame = decoder.decode(&mut &chunk[..]).expect("the limit allows this frame"));
            arrived += len;
            prop_assert!(held <= (2 * arrived).max(64 * 1024), "{held} bytes for {arrived} that arrived");
            prop_assert!(held <= announced as usize, "{held} bytes for a frame of {announced}");
            if arrived == announced as usize {
                break;
            }
        }
        prop_assert_eq!(frame.is_some(), arrived == announced as usize);
    }
}

#[test]
fn a_stream_that_is_sniffed_takes_no_memory_and_a_foreign_one_never_does() {
    let mut decoder = StreamDecoder::new(FrameLimit::DEFAULT);
    let peak = peak_of(|| assert_eq!(decoder.decode(&mut &b"OPTIONS "[..]), Ok(None)));
    assert_eq!(peak, 0);
    let peak = peak_of(|| assert!(decoder.decode(&mut &b"rtsp://"[..]).is_err()));
    assert_eq!(peak, 0);
}

proptest! {
    #[test]
    fn memory_without_lengths_follows_what_has_arrived_too(
        scan in 0..400_000_usize, chunk in prop_oneof![1..2_000_usize, 2_000..300_000_usize], announced in any::<u32>(),
    ) {
        let picture = [&b"\xFF\xD8\xFF\xC0\0\x04ab\xFF\xDA\0\x08abcdef"[..], &vec![7; scan], b"\xFF\xD9"].concat();
        let header = format!("--b\r\nContent-Length: {announced}\r\n\r\n").into_bytes();
        let (mut bare, mut parts) = (BareDecoder::new(FrameLimit::DEFAULT), MultipartDecoder::new(FrameLimit::DEFAULT));
        let mut event = None;
        peak_of(|| event = parts.decode(&mut &header[..]).expect("headers are no error"));
        let (mut held, mut held_parts, mut arrived) = (0, 0, 0);
        for piece in picture.chunks(chunk) {
            arrived += piece.len();
            held += peak_of(|| event = bare.decode(&mut &piece[..]).expect("the limit allows this picture"));
            prop_assert_eq!(matches!(event, Some(Event::Frame(_))), arrived == picture.len());
            event = None;
            held_parts += peak_of(|| event = parts.decode(&mut &piece[..]).expect("the limit allows this picture"));
            prop_assert_eq!(matches!(event, Some(Event::Frame(_))), arrived == picture.len());
            event = None;
            for held in [held, held_parts] {
                prop_assert!(held <= (2 * arrived).max(16 * 1024), "{held} bytes for {arrived} that arrived");
            }
        }
    }

    #[test]
    fn what_is_lost_is_not_kept(garbage in 100_000..400_000_usize, chunk in 1_000..100_000_usize) {
        let mut bare = BareDecoder::new(FrameLimit::new(1_000_000).expect("it is not zero"));
        let mut held = 0;
        for piece in vec![b'x'; garbage].chunks(chunk) {
            held += peak_of(|| assert_eq!(bare.decode(&mut &piece[..]), Ok(None)));
        }
        prop_assert_eq!(held, 0);
    }
}

const MIB: u32 = 1024 * 1024;

fn header(len: u32) -> [u8; 4] {
    len.to_le_bytes()
}

/// How many bytes more than before `run` this thread held at any moment of it.
fn peak_of(run: impl FnOnce()) -> usize {
    let before = HELD.get();
    PEAK.set(before);
    run();
    usize::try_from(PEAK.get() - before).expect("a peak is never below where it started")
}

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

impl Counting {
    fn count(change: isize) {
        HELD.set(HELD.get() + change);
        PEAK.set(PEAK.get().max(HELD.get()));
    }
}

// SAFETY: every call goes to the system's allocator with the arguments it came with, and counting neither allocates nor
// panics: the cells need no initialisation and no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Counting::count(layout.size() as isize);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        Counting::count(-(layout.size() as isize));
        // SAFETY: the caller keeps the contract of `dealloc`, and `block` came from the system's allocator.
        unsafe { System.dealloc(block, layout) }
    }

    /// Counts the growth alone: whether the old and the new block exist side by side is up to the system.
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        Counting::count(new_size as isize - layout.size() as isize);
        // SAFETY: the caller keeps the contract of `realloc`, and `block` came from the system's allocator.
        unsafe { System.realloc(block, layout, new_size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;
