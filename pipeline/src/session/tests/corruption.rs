//! Frames that are no pictures, and bytes that are no frames.

use super::*;

#[test]
fn lost_bytes_count_as_a_corrupt_frame_in_its_place() {
    let mut stream = Stream::connect(&[]);
    let lost = || protocol::Lost { at: 7, bytes: 5, why: protocol::Damage::NoJpeg { found: b'x' } };
    assert_eq!(stream.receive(), 0);
    stream.session.lost(lost(), ms(0));
    assert_eq!(stream.receive(), 2);
    stream.show_late(0, ms(2));
    stream.show_late(2, ms(3));
    stream.session.lost(lost(), ms(4));
    stream.end(EndReason::HangUp, ms(5));
    stream.poll(ms(5));
    let want = ["connected", "frame 0", "corrupt 1+0", "frame 2", "corrupt 3+0", "ended HangUp 4=2+0+2"];
    assert_eq!(stream.said(), want);
}

#[test]
fn a_robot_whose_first_picture_comes_behind_lost_bytes_is_not_said_to_send_none() {
    let mut stream = Stream::connect(&[]);
    assert_eq!(stream.receive(), 0);
    stream.session.lost(protocol::Lost { at: 7, bytes: 5, why: protocol::Damage::NoJpeg { found: b'x' } }, ms(0));
    assert_eq!(stream.receive(), 2);
    stream.session.dropped(0, ms(1));
    stream.session.decoded(2, ms(1));
    stream.poll(ms(1));
    assert_eq!(stream.said(), ["connected", "corrupt 1+0"]);
}

#[test]
fn a_robot_that_sends_no_pictures_is_named_once_and_found_hopeless() {
    let mut stream = Stream::connect(&[]);
    let mut verdicts = Vec::new();
    for n in 0..300 {
        let seq = stream.receive();
        verdicts.push(stream.session.corrupt(seq, &cut(), ms(33 * n)));
        stream.poll(ms(33 * n));
    }
    let last = verdicts.pop();
    assert_eq!(last, Some(Verdict::Hopeless { in_a_row: 300 }));
    assert!(verdicts.iter().all(|verdict| *verdict == Verdict::GoOn));
    assert_eq!(stream.said().iter().filter(|said| *said == "no pictures").count(), 1);
    let ViewState::Waiting { first_corrupt } = stream.view(ms(9900)).state else { unreachable!() };
    assert_eq!(first_corrupt.as_deref(), Some("the JPEG decoder panicked: cut"));
    // One that was on its way while the connection was closed.
    let seq = stream.receive();
    assert_eq!(stream.session.corrupt(seq, &cut(), ms(9900)), Verdict::GoOn);
    stream.end(EndReason::Corrupt, ms(9900));
    assert_eq!(stream.said().last().map(String::as_str), Some("ended Corrupt 301=0+1+300"));
}

#[test]
fn a_flood_of_corrupt_frames_is_few_events_in_the_order_of_the_frames() {
    let mut stream = Stream::connect(&[]);
    for n in 0..250 {
        let seq = stream.receive();
        stream.session.corrupt(seq, &cut(), ms(n / 100));
    }
    stream.show(ms(3));
    stream.end(EndReason::HangUp, ms(4));
    let said = stream.said();
    let corrupt: Vec<_> = said.iter().filter(|said| said.starts_with("corrupt")).collect();
    assert_eq!((corrupt.len(), corrupt.last().map(|said| said.as_str())), (31, Some("corrupt 249+219")));
    assert_eq!(said[33..], ["frame 250", "ended HangUp 251=1+0+250"]);
}

#[test]
fn a_robot_is_blamed_for_damaged_frames_and_not_for_those_that_wait_for_a_decoder() {
    let mut stream = Stream::connect(&[]);
    let frame = Arc::new(Frame::new(*b"jpeg").unwrap());
    let mut receive = |at| stream.session.received(&frame, ms(at)).0;
    let (first, second, third) = (receive(1000), receive(5000), receive(9000));
    assert_eq!(stream.session.picture_at(), ms(9000));
    stream.session.decoded(first, ms(9100));
    stream.session.corrupt(second, &cut(), ms(9200));
    assert_eq!(stream.session.picture_at(), ms(9100));
    stream.session.decoded(third, ms(9300));
    assert_eq!(stream.session.picture_at(), ms(9300));
}
