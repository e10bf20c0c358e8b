//! What each fault changes in a frame, and what it does not.

#![expect(clippy::unwrap_used, reason = "a test fails where something is not as it should be")]

use std::borrow::Cow;
use std::time::Duration;

use proptest::prelude::*;
use protocol::{Decoder, Event, Frame, FrameLimit};
use robot_sim::Format;
use robot_sim::fault::{Fault, Faults, Pace, Plan, Step};

const SECOND: Duration = Duration::from_secs(1);

fn frame() -> Frame {
    Frame::new((0..1000).map(|n| (n % 251) as u8).collect::<Vec<_>>()).unwrap()
}

fn faults(specs: &[&str]) -> Faults {
    Faults { seed: 7, list: specs.iter().map(|spec| spec.parse().unwrap()).collect() }
}

fn steps<'a>(specs: &[&str], frame: &'a Frame) -> Vec<Step<'a>> {
    faults(specs).plan(5, frame, Format::Length).steps
}

fn intact(frame: &Frame) -> Step<'_> {
    Step::Frame {
        before: protocol::header(frame).to_vec(),
        frame: Cow::Borrowed(frame),
        behind: &[],
        pace: Pace::AtOnce,
    }
}

fn bytes(bytes: Vec<u8>) -> Step<'static> {
    Step::Bytes { bytes, pace: Pace::AtOnce }
}

fn wire(frame: &Frame) -> Vec<u8> {
    let mut wire = Vec::new();
    protocol::encode(frame, &mut wire);
    wire
}

/// The header and payload that are sent by a plan of one frame.
fn only_frame(steps: Vec<Step<'_>>) -> (u32, Vec<u8>) {
    let [Step::Frame { before, frame, behind: [], .. }] = <[Step<'_>; 1]>::try_from(steps).unwrap() else {
        panic!("not a frame")
    };
    (u32::from_le_bytes(before.try_into().unwrap()), frame.into_owned().into_bytes())
}

#[test]
fn without_a_fault_the_frame_is_sent_as_it_is_and_not_copied() {
    let frame = frame();
    let steps = faults(&["flip@6", "hangup@100"]).plan(5, &frame, Format::Length).steps;
    let [Step::Frame { frame: Cow::Borrowed(sent), .. }] = steps[..] else { panic!("{steps:?}") };
    assert!(std::ptr::eq(sent, &frame));
}

#[test]
fn a_stall_waits_and_then_sends_the_frame() {
    let frame = frame();
    assert_eq!(steps(&["stall@5:2s"], &frame), [Step::Wait(2 * SECOND), intact(&frame)]);
}

#[test]
fn a_cut_closes_inside_the_frame() {
    let frame = frame();
    assert_eq!(steps(&["cut@5"], &frame), [bytes(wire(&frame)[..502].to_vec()), Step::Close]);
    assert_eq!(steps(&["cut@5:2"], &frame), [bytes(wire(&frame)[..2].to_vec()), Step::Close]);
    assert_eq!(steps(&["cut@5:99999"], &frame), [bytes(wire(&frame)[..1003].to_vec()), Step::Close]);
    assert_eq!(steps(&["cut@5:0"], &frame), [bytes(wire(&frame)[..1].to_vec()), Step::Close]);
}

#[test]
fn a_hangup_closes_without_sending_anything() {
    assert_eq!(steps(&["hangup@5"], &frame()), [Step::Close]);
}

#[test]
fn a_truncated_frame_has_a_header_that_fits_the_rest() {
    let (header, payload) = only_frame(steps(&["truncate@5:30%"], &frame()));
    assert_eq!((header, payload.as_slice()), (300, &frame().as_bytes()[..300]));
}

#[test]
fn flipped_bits_keep_the_length() {
    let (header, payload) = only_frame(steps(&["flip@5:20"], &frame()));
    let differing: u32 = payload.iter().zip(frame().as_bytes()).map(|(a, b)| (a ^ b).count_ones()).sum();
    assert_eq!((header, payload.len(), differing), (1000, 1000, 20));
}

#[test]
fn zeros_keep_the_length_and_replace_a_run() {
    let bright = Frame::new(vec![0xff; 1000]).unwrap();
    let (header, payload) = only_frame(steps(&["zeros@5:200"], &bright));
    assert_eq!((header, payload.len()), (1000, 1000));
    assert_eq!(payload.iter().filter(|&&byte| byte == 0).count(), 200);
}

#[test]
fn noise_keeps_the_length_and_replaces_a_run() {
    let (header, payload) = only_frame(steps(&["noise@5:200"], &frame()));
    assert_eq!((header, payload.len()), (1000, 1000));
    let differing: Vec<usize> = (0..1000).filter(|&at| payload[at] != frame().as_bytes()[at]).collect();
    let (first, last) = (differing[0], differing[differing.len() - 1]);
    assert!(last - first < 200 && differing.len() > 150, "{} bytes from {first} to {last}", differing.len());
}

#[test]
fn missing_bytes_leave_one_gap_and_a_true_header() {
    let (header, payload) = only_frame(steps(&["missing@5:200"], &frame()));
    assert_eq!((header, payload.len()), (800, 800));
    let whole = frame();
    let before = payload.iter().zip(whole.as_bytes()).take_while(|(a, b)| a == b).count();
    assert_eq!(payload[before..], whole.as_bytes()[before + 200..]);
    let (_, payload) = only_frame(steps(&["missing@5:4000"], &frame()));
    assert_eq!(payload.len(), 1, "a frame is never empty");
}

#[test]
fn garbage_has_the_length_of_the_frame_and_nothing_of_it() {
    let (header, payload) = only_frame(steps(&["garbage@5"], &frame()));
    assert_eq!((header, payload.len()), (1000, 1000));
    let kept = payload.iter().zip(frame().as_bytes()).filter(|(a, b)| a == b).count();
    assert!(kept < 30, "{kept} bytes are as they were");
}

#[test]
fn a_lying_header_changes_nothing_but_the_header() {
    let (header, payload) = only_frame(steps(&["oversize@5"], &frame()));
    assert_eq!((header, payload.as_slice()), (u32::MAX, frame().as_bytes()));
}

#[test]
fn big_endian_reverses_the_header_and_nothing_else() {
    let (header, payload) = only_frame(steps(&["big-endian@5"], &frame()));
    assert_eq!((header, payload.as_slice()), (1000u32.swap_bytes(), frame().as_bytes()));
}

#[test]
fn an_early_end_replaces_the_frame() {
    assert_eq!(steps(&["end@5"], &frame()), [bytes(vec![0; 4]), Step::Close]);
}

#[test]
fn bytes_after_the_end_are_the_whole_frame() {
    let frame = frame();
    assert_eq!(steps(&["bytes-after-end@5"], &frame), [bytes([vec![0; 4], wire(&frame)].concat()), Step::Close]);
}

#[test]
fn a_reconnect_comes_back_with_the_frame() {
    let frame = frame();
    let away = Step::Redial(Duration::from_millis(500));
    assert_eq!(steps(&["reconnect@5:500ms"], &frame), [away, intact(&frame)]);
}

#[test]
fn half_open_is_for_good_or_comes_back_after_its_time() {
    let frame = frame();
    assert_eq!(steps(&["half-open@5"], &frame), [Step::StaySilent]);
    let back = [Step::Wait(SECOND), Step::Redial(Duration::ZERO), intact(&frame)];
    assert_eq!(steps(&["half-open@5:1s"], &frame), back);
}

#[test]
fn each_format_puts_its_own_bytes_around_a_frame() {
    let frame = frame();
    let sent = |specs: &[&str], format| {
        let steps = faults(specs).plan(5, &frame, format).steps;
        let bytes = |step| match step {
            Step::Frame { before, frame, behind, .. } => [&before, frame.as_bytes(), behind].concat(),
            Step::Bytes { bytes, .. } => bytes,
            _ => Vec::new(),
        };
        steps.into_iter().flat_map(bytes).collect::<Vec<u8>>()
    };
    let part = [
        b"--boundarydonotcross\r\nContent-Type: image/jpeg\r\nContent-Length: 1000\r\n\r\n",
        frame.as_bytes(),
        b"\r\n",
    ];
    let last = b"--boundarydonotcross--\r\n";
    assert_eq!(sent(&[], Format::Mjpeg), frame.as_bytes());
    assert_eq!(sent(&[], Format::Multipart), part.concat());
    assert_eq!(sent(&["cut@5:50%"], Format::Mjpeg), &frame.as_bytes()[..500]);
    assert_eq!(sent(&["end@5"], Format::Multipart), last);
    assert_eq!(sent(&["bytes-after-end@5"], Format::Multipart), [last.as_slice(), &part.concat()].concat());
}

#[test]
fn two_limits_of_the_link_hold_together() {
    let frame = frame();
    let pace = |specs: &[&str]| match &steps(specs, &frame)[..] {
        [Step::Frame { pace: Pace::Pieces { size, pause }, .. }] => (size.get(), pause.as_micros()),
        steps => panic!("{steps:?}"),
    };
    assert_eq!(pace(&["dribble:1"]), (1, 0));
    assert_eq!(pace(&["bandwidth:1M"]), (20_000, 20_000));
    assert_eq!(pace(&["bandwidth:10"]), (1, 100_000));
    assert_eq!(pace(&["bandwidth:1M", "dribble:10"]), (10, 10));
    assert_eq!(pace(&["dribble:10", "bandwidth:1M"]), (10, 10));
}

#[test]
fn jitter_differs_from_frame_to_frame_and_keeps_its_bound() {
    let (frame, faults) = (frame(), faults(&["jitter:20ms"]));
    let mut waits: Vec<Duration> = (0..100)
        .map(|number| match faults.plan(number, &frame, Format::Length).steps[..] {
            [Step::Wait(wait), _] => wait,
            ref steps => panic!("{steps:?}"),
        })
        .collect();
    waits.sort();
    waits.dedup();
    assert!(waits.len() > 90, "only {} different waits", waits.len());
    let longest = waits.last().unwrap().as_millis();
    assert!((15..=20).contains(&longest), "{longest} ms");
}

#[test]
fn faults_on_one_frame_add_up_in_order() {
    let frame = frame();
    let steps = steps(&["truncate@5:10%", "big-endian@5", "stall@5:1s", "cut@5:4"], &frame);
    assert_eq!(steps, [Step::Wait(SECOND), bytes(vec![0, 0, 0, 100]), Step::Close]);
}

#[test]
fn of_two_ends_on_one_frame_the_first_counts() {
    assert_eq!(steps(&["hangup@5", "end@5"], &frame()), [Step::Close]);
    assert_eq!(steps(&["end@5", "hangup@5"], &frame()), [bytes(vec![0; 4]), Step::Close]);
}

#[test]
fn every_fault_of_a_frame_is_counted_those_of_the_link_among_them() {
    let frame = frame();
    let Plan { faults, .. } =
        faults(&["dribble:1", "flip@5", "jitter:1ms", "zeros@4", "garbage@5"]).plan(5, &frame, Format::Length);
    let names: Vec<String> = faults.iter().map(Fault::to_string).collect();
    assert_eq!(names, ["dribble:1", "flip@5:20", "jitter:1ms", "garbage@5"]);
}

proptest! {
    #[test]
    fn the_same_seed_does_the_same_damage(
        seed: u64,
        number in 0u64..100,
        payload in prop::collection::vec(any::<u8>(), 1..500),
        specs in prop::collection::vec(
            prop::sample::select(vec!["flip@*", "zeros@*:9", "noise@*:9", "garbage@*", "truncate@*/2", "jitter:1s", "bandwidth:9k"]),
            0..5,
        ),
    ) {
        let frame = Frame::new(payload).unwrap();
        let faults = Faults { seed, ..faults(&specs) };
        let plan = |faults: &Faults| format!("{:?}", faults.plan(number, &frame, Format::Length));
        prop_assert_eq!(plan(&faults), plan(&faults.clone()));
    }

    /// Damage inside frames keeps the stream decodable, and changes only the frames that are named.
    #[test]
    fn only_the_frames_that_are_named_differ(
        seed: u64,
        payloads in prop::collection::vec(prop::collection::vec(1u8.., 20..200), 1..20),
        first in 0u64..20,
        more in 0u64..5,
        kind in prop::sample::select(vec!["flip", "zeros", "missing", "garbage", "truncate"]),
    ) {
        let spec = format!("{kind}@{first}-{}", first + more);
        let faults = Faults { seed, ..faults(&[&spec]) };
        let frames: Vec<Frame> = payloads.into_iter().map(|payload| Frame::new(payload).unwrap()).collect();
        let mut stream = Vec::new();
        for (number, frame) in (0..).zip(&frames) {
            for step in faults.plan(number, frame, Format::Length).steps {
                let Step::Frame { before, frame, .. } = step else { panic!("{step:?}") };
                stream.extend_from_slice(&before);
                stream.extend_from_slice(frame.as_bytes());
            }
        }
        let mut input = stream.as_slice();
        let mut decoder = Decoder::new(FrameLimit::DEFAULT);
        for (number, sent) in (0..).zip(&frames) {
            let Ok(Some(Event::Frame(received))) = decoder.decode(&mut input) else { panic!("frame {number} is missing") };
            let named = (first..=first + more).contains(&number);
            prop_assert_eq!(&received != sent, named, "frame {}", number);
        }
        prop_assert!(input.is_empty());
    }
}
