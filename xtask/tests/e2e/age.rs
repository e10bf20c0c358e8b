//! How old pictures are, by their stamps, as the report says it.

#![expect(clippy::disallowed_methods, reason = "pictures are stamped with the time of day")]

use std::fs;
use std::io::Write as _;
use std::time::{Duration, SystemTime};

use crate::programs::{Viewer, fixture, streamed};

#[test]
fn a_picture_without_a_stamp_has_no_age() {
    let stream = streamed(&[], ["--images", &fixture("jpeg/small.jpg"), "--loop", "3"]);
    assert!(stream.frames.iter().all(|frame| frame.age_ms.is_none() && frame.over_best_ms.is_none()));
    assert_eq!((stream.ended.age_ms, stream.ended.over_best_ms), (None, None));
}

#[test]
fn a_link_that_becomes_slow_shows_in_the_age() {
    let small = fixture("jpeg/small.jpg");
    // 10 KB at 100 kB a second: 100 ms for each picture, where one is taken every 33 ms.
    let slow = ["--loop", "60", "--stamp", "--fault", "bandwidth@30-59:100k"];
    let stream = streamed(&[], ["--images", &small].into_iter().chain(slow));
    assert_eq!(stream.frames.len(), 60);
    let ages: Vec<f64> = stream.frames.iter().filter_map(|frame| frame.age_ms).collect();
    // The robot's clock is this machine's: all have an age but for those before the first that was fast.
    let fastest = ages.iter().take(ages.len() - 30).copied().fold(f64::MAX, f64::min);
    assert!(fastest < 100.0 && ages.len() > 30, "{ages:?}");
    let slow = &ages[ages.len() - 30..];
    assert!(slow.iter().all(|age| *age >= 90.0), "a picture is younger than it took to be sent: {slow:?}");
    // The robot sends pictures that are up to 250 ms late and then leaves some out, so that its queue stays that short.
    let oldest = |ages: &[f64]| ages.iter().copied().fold(0.0, f64::max);
    assert!(oldest(slow) > 250.0, "no queue builds up: {slow:?}");
    let (p50, p99) = stream.ended.age_ms.expect("there were ages");
    assert!(p50 <= p99 && p99 <= oldest(&ages) * 1.02 + 0.2, "{p50} {p99} {ages:?}");
}

#[test]
fn without_clocks_that_agree_there_is_no_age() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is later than 1970");
    let hour = Duration::from_secs(3600);
    for time in [now + hour, now - hour] {
        let mut viewer = Viewer::once();
        let mut socket = viewer.dial();
        socket.write_all(&stamped(time)).unwrap();
        socket.write_all(&[0; 4]).unwrap();
        let stream = viewer.stream();
        assert_eq!(viewer.exit_code(), Some(0));
        let [frame] = &stream.frames[..] else { panic!("one frame was sent: {stream:?}") };
        // The only picture is the fastest; what it has over that is the time from its arrival to the screen.
        let over = frame.over_best_ms.expect("it was stamped");
        assert!(frame.age_ms.is_none() && over < 60_000.0, "{frame:?}");
        assert!(stream.ended.age_ms.is_none() && stream.ended.over_best_ms.is_some());
    }
}

/// A picture behind its length, stamped without the help of the crate under test.
fn stamped(time: Duration) -> Vec<u8> {
    let jpeg = fs::read(fixture("jpeg/small.jpg")).expect("the fixture is there");
    let text = format!("rv1 seq=0 t={}", time.as_nanos());
    let comment_len = (text.len() as u16 + 2).to_be_bytes();
    let frame = [&jpeg[..2], &[0xFF, 0xFE], &comment_len, text.as_bytes(), &jpeg[2..]].concat();
    [&(frame.len() as u32).to_le_bytes(), frame.as_slice()].concat()
}
