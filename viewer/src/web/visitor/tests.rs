//! What a page is sent, and when.

use std::collections::BTreeSet;
use std::sync::Arc;

use pipeline::{FrameId, Identity, Received, RecordingState, RobotView, ViewState};
use vision::Pixels;

use super::*;
use crate::addresses::Reach;
use crate::scene::Waiting;
use crate::web::board::Facts;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn view(robot: u32, seq: u64, age: Option<protocol::Age>) -> RobotView {
    view_of(robot, seq, format!("jpeg {seq}").into_bytes(), age)
}

fn view_of(robot: u32, seq: u64, jpeg: Vec<u8>, age: Option<protocol::Age>) -> RobotView {
    view_with(robot, seq, jpeg, age, Pixels::new(32, 16))
}

fn view_with(robot: u32, seq: u64, jpeg: Vec<u8>, age: Option<protocol::Age>, pixels: Pixels) -> RobotView {
    let id = FrameId { robot: RobotId(robot), seq };
    let frame = Arc::new(protocol::Frame::new(jpeg).unwrap());
    let picture = StreamPicture::new(Received { id, frame, at: ms(50), age }, pixels.into());
    RobotView {
        robot: Identity { id: id.robot, name: None },
        peer: format!("10.0.0.{robot}:5000").parse().unwrap(),
        tile: robot as usize - 1,
        state: ViewState::Live(Arc::new(picture)),
        marks: Vec::new(),
        counts: Vec::new(),
        numbers: None,
    }
}

#[test]
fn texts_of_codes_are_sent_of_the_robot_that_is_shown_alone_and_only_up_to_a_bound() {
    let code = |text: &str| {
        let bounds = vision::Rect { x: 0, y: 0, width: 10, height: 10 };
        let payload = Some(vision::detect::Payload::new(text.as_bytes().to_vec(), None));
        let detection = vision::Detection { payload, ..vision::Detection::human(bounds, 1.0, "test") };
        pipeline::Mark { detection, opacity: 1.0, sight: vision::Sight::Seen }
    };
    let texts = |robots: u32, large: &str| {
        let marks = ["short", &"long".repeat(MOST_TEXT / 4), "last"].map(code);
        let views = (1..=robots).map(|id| RobotView { marks: marks.to_vec(), ..view(id, 1, None) });
        let mut page = Visitor::new(ms(0));
        page.hear(large).unwrap();
        let update = page.next(&board_of(views.collect()), ms(0)).unwrap();
        let json = String::from_utf8_lossy(&update.head);
        [r#""text":"short""#, r#""text":"last""#, r#""text":"long"#].map(|text| json.matches(text).count())
    };
    assert_eq!(texts(1, r#"{"large":null}"#), [1, 1, 0]);
    assert_eq!(texts(2, r#"{"large":null}"#), [0, 0, 0]);
    assert_eq!(texts(2, r#"{"large":2}"#), [1, 1, 0]);
}

/// So many people in a picture, as `n` says.
fn marked(n: u64, count: usize, view: RobotView) -> RobotView {
    let mark = |at: usize| {
        let bounds = vision::Rect { x: at as i32, y: n as i32, width: 10, height: 10 };
        let detection = vision::Detection::human(bounds, 1.0, "test");
        pipeline::Mark { detection, opacity: 1.0, sight: vision::Sight::Seen }
    };
    RobotView { marks: (0..count).map(mark).collect(), ..view }
}

#[test]
fn marks_are_sent_when_they_change_and_of_the_robots_that_are_shown() {
    let places = |update: Option<Update>| -> Vec<u64> {
        let update = update.expect("there is something to send");
        let json: serde_json::Value = serde_json::from_slice(&update.head[4..]).unwrap();
        let robots = json["robots"].as_array().unwrap().iter().filter(|robot| !robot["marks"].is_null());
        robots.map(|robot| robot["place"].as_u64().unwrap()).collect()
    };
    let views = |seq, marks| board_of((1..=2).map(|id| marked(marks, 3, view(id, seq, None))).collect());
    let mut page = Visitor::new(ms(0));
    let mut update = |said: &str, board, at| {
        page.hear(said).unwrap();
        let places = places(page.next(&board, ms(at)));
        page.hear(&format!(r#"{{"ack":{}}}"#, page.sent)).unwrap();
        places
    };
    let none: [u64; 0] = [];
    assert_eq!(update(r#"{"visible":true}"#, views(1, 1), 0), [1, 2]);
    assert_eq!(update(r#"{"visible":true}"#, views(2, 1), 10), none);
    assert_eq!(update(r#"{"visible":true}"#, views(2, 2), 600), [1, 2]);
    assert_eq!(update(r#"{"visible":true}"#, views(3, 3), 610), [1, 2]);
    // Those of one that is not shown come when it is.
    assert_eq!(update(r#"{"large":2}"#, views(4, 4), 620), [2]);
    assert_eq!(update(r#"{"visible":false}"#, views(5, 5), 1200), none);
    assert_eq!(update(r#"{"large":null}"#, views(6, 6), 1800), none);
    assert_eq!(update(r#"{"visible":true}"#, views(6, 6), 1810), [1, 2]);
}

#[test]
fn marks_cost_as_much_as_pictures_and_neither_makes_an_update_large() {
    // Eight robots send small pictures full of people, and one an empty one of 640 × 480.
    let views = |n: u64| {
        let crowds = (1..=8).map(|robot| marked(n, 512, view_of(robot, n, vec![0; 5000], None)));
        crowds.chain([view_of(9, n, vec![0; 25_000], None)]).collect::<Vec<_>>()
    };
    let mut page = Visitor::new(ms(0));
    let (mut at, mut good) = (0.0, 0);
    for n in 1.. {
        let Some(update) = page.next(&board_of(views(n)), Duration::from_secs_f64(at)) else { continue };
        let bytes: usize = update.messages().map(|message| message.len()).sum();
        assert!(bytes < 280_000, "{bytes}");
        good += update.pictures.iter().filter(|frame| frame.as_bytes().len() == 25_000).count();
        page.hear(&format!(r#"{{"ack":{n}}}"#)).unwrap();
        // A link with 300 kB a second.
        at += bytes as f64 / 300e3;
        if at > 13.0 {
            break;
        }
    }
    // A ninth of the link would be 17.
    assert!(good >= 15, "{good}");
}

#[test]
fn a_name_means_the_robot_that_is_there_and_not_what_it_has_left_behind() {
    let robot = |id, state: ViewState| {
        let (robot, view) = (Identity { id: RobotId(id), name: Some("left".into()) }, view(id, 1, None));
        RobotView { robot, state, ..view }
    };
    let gone = ViewState::Gone { reason: pipeline::EndReason::HangUp, detail: None, ago: ms(0) };
    let live = view(2, 1, None).state;
    let ViewState::Live(picture) = live.clone() else { unreachable!("it is") };
    let stale = ViewState::Stale { picture, silent_for: ms(3000) };
    let views = [robot(1, gone), robot(2, stale), robot(3, live)];
    let found = |views: &[RobotView]| board_of(views.to_vec()).robot("left").map(|robot| robot.id);
    assert_eq!([2, 3].map(|count| found(&views[..count])), [2, 3].map(|id| Some(RobotId(id))));
}

/// What there is to see of the robots from 1 on, whose newest frames have these numbers.
fn board(newest: &[u64]) -> Board {
    let views = (1..).zip(newest).map(|(robot, &seq)| view(robot, seq, None));
    board_of(views.collect())
}

fn board_of(views: Vec<RobotView>) -> Board {
    let facts = Facts {
        on: &BTreeSet::new(),
        troubles: Vec::new(),
        recording: RecordingState::Off,
        message: None,
        waiting: &Waiting { reach: Reach::dialling(), unreached: Vec::new(), left: None },
        now: ms(0),
    };
    Board::new(views, facts)
}

/// The number of an update, and what follows its JSON.
fn read(update: Option<Update>) -> Option<(u64, String)> {
    let update: Vec<u8> = update?.messages().collect::<Vec<_>>().concat();
    let (length, rest) = update.split_first_chunk::<4>().unwrap();
    let (json, pictures) = rest.split_at(u32::from_le_bytes(*length) as usize);
    let json: serde_json::Value = serde_json::from_slice(json).unwrap();
    let places = json["robots"].as_array().unwrap().iter().filter_map(|robot| robot.get("picture"));
    let bytes: u64 = places.map(|place| place["bytes"].as_u64().unwrap()).sum();
    assert_eq!(bytes, pictures.len() as u64);
    Some((json["n"].as_u64().unwrap(), String::from_utf8(pictures.to_vec()).unwrap()))
}

fn some(n: u64, pictures: &str) -> Option<(u64, String)> {
    Some((n, pictures.to_owned()))
}

#[test]
fn the_next_picture_leaves_when_the_last_is_acknowledged_and_is_the_newest() {
    let mut page = Visitor::new(ms(0));
    assert_eq!(read(page.next(&board(&[1]), ms(1))), some(1, "jpeg 1"));
    for seq in 2..9 {
        assert!(page.next(&board(&[seq]), ms(33 * seq)).is_none());
    }
    assert!(matches!(page.hear(r#"{"ack":1}"#), Ok(Heard::Drawn(_))));
    assert_eq!(read(page.next(&board(&[9]), ms(300))), some(2, "jpeg 9"));
}

#[test]
fn a_page_hears_twice_a_second_though_nothing_comes() {
    let mut page = Visitor::new(ms(0));
    assert_eq!(read(page.next(&board(&[]), ms(1))), some(1, ""));
    page.hear(r#"{"ack":1}"#).unwrap();
    assert!(page.next(&board(&[]), ms(400)).is_none());
    assert_eq!(read(page.next(&board(&[]), ms(501))), some(2, ""));
    page.left(ms(520));
    assert_eq!(page.silent_since(), Some(ms(520)));
}

#[test]
fn a_hidden_page_gets_no_picture_and_the_newest_when_it_is_seen_again() {
    let mut page = Visitor::new(ms(0));
    page.hear(r#"{"visible":false}"#).unwrap();
    assert_eq!(read(page.next(&board(&[1]), ms(1))), some(1, ""));
    page.hear(r#"{"ack":1}"#).unwrap();
    page.hear(r#"{"visible":true}"#).unwrap();
    assert_eq!(read(page.next(&board(&[7]), ms(2))), some(2, "jpeg 7"));
}

#[test]
fn of_several_robots_only_the_one_that_is_shown_large_is_sent() {
    let mut page = Visitor::new(ms(0));
    assert_eq!(read(page.next(&board(&[1, 2]), ms(1))), some(1, "jpeg 1jpeg 2"));
    page.hear(r#"{"ack":1}"#).unwrap();
    page.hear(r#"{"large":2}"#).unwrap();
    assert!(page.next(&board(&[3, 2]), ms(2)).is_none());
    assert_eq!(read(page.next(&board(&[3, 4]), ms(2))), some(2, "jpeg 4"));
    page.hear(r#"{"ack":2}"#).unwrap();
    page.hear(r#"{"large":null}"#).unwrap();
    assert_eq!(read(page.next(&board(&[3, 4]), ms(3))), some(3, "jpeg 3"));
}

/// Whose pictures an update holds, of robots that each send one with so many bytes at every moment.
fn turn(page: &mut Visitor, n: u64, sizes: &[usize], at: Duration) -> Vec<usize> {
    let views = (1..).zip(sizes).map(|(robot, &bytes)| view_of(robot, n, vec![0; bytes], None));
    turn_of(page, views.collect(), at)
}

/// Whose pictures an update holds, by their bytes; it is acknowledged.
fn turn_of(page: &mut Visitor, views: Vec<RobotView>, at: Duration) -> Vec<usize> {
    let update = page.next(&board_of(views), at);
    let sent = update.iter().flat_map(|update| &update.pictures).map(|frame| frame.as_bytes().len());
    let sent: Vec<usize> = sent.collect();
    page.hear(&format!(r#"{{"ack":{}}}"#, page.sent)).unwrap();
    sent
}

#[test]
fn an_update_is_small_and_robots_take_turns_in_them() {
    let mut page = Visitor::new(ms(0));
    let sizes: Vec<usize> = (0..9).map(|n| 100_000 + n).collect();
    let sent: Vec<usize> = (1..10).flat_map(|n| turn(&mut page, n, &sizes, ms(10 * n))).collect();
    assert_eq!(sent.len(), 18);
    for size in sizes {
        assert_eq!(sent.iter().filter(|sent| **sent == size).count(), 2, "{sent:?}");
    }
    // One with more bytes has an update of its own.
    assert_eq!(turn(&mut Visitor::new(ms(0)), 1, &[300_000, 10], ms(1)), [300_000]);
}

#[test]
fn who_was_not_shown_or_silent_has_no_more_turns_than_others_afterwards() {
    let mut page = Visitor::new(ms(0));
    let both = [200_000, 200_001];
    page.hear(r#"{"large":1}"#).unwrap();
    (1..20).for_each(|n| assert_eq!(turn(&mut page, n, &both, ms(10 * n)), [200_000]));
    page.hear(r#"{"large":null}"#).unwrap();
    let sent: Vec<usize> = (20..30).flat_map(|n| turn(&mut page, n, &both, ms(10 * n))).collect();
    assert!(sent.iter().filter(|sent| **sent == 200_000).count() >= 4, "{sent:?}");
}

#[test]
fn large_pictures_rest_for_four_times_as_long_as_one_took_while_smaller_ones_are_shown() {
    let (large, small) = (2_000_000, 100_000);
    let mut page = Visitor::new(ms(0));
    // It takes a second.
    assert_eq!(turn(&mut page, 1, &[large, small], ms(0)), [large]);
    assert_eq!(turn(&mut page, 2, &[large, small], ms(1000)), [small]);
    assert_eq!(turn(&mut page, 3, &[large, small], ms(2000)), [small]);
    assert_eq!(turn(&mut page, 4, &[large, small], ms(4799)), [small]);
    assert_eq!(turn(&mut page, 5, &[large, small], ms(4800)), [large]);
    // Where all are large, or one is shown alone, nothing is to be gained by that.
    let mut page = Visitor::new(ms(0));
    assert_eq!((1..4).map(|n| turn(&mut page, n, &[large], ms(1000 * n)).len()).sum::<usize>(), 3);
    page.hear(r#"{"large":1}"#).unwrap();
    assert_eq!((4..7).map(|n| turn(&mut page, n, &[large, small], ms(1000 * n)).len()).sum::<usize>(), 3);
}

#[test]
fn a_picture_that_is_not_so_large_rests_for_less_and_a_quick_one_not_at_all() {
    let (larger, small) = (262_144, 100_000);
    for (took, rest) in [(50, 0), (90, 40), (1050, 1000)] {
        let mut page = Visitor::new(ms(0));
        assert_eq!(turn(&mut page, 1, &[larger, small], ms(0)), [larger]);
        if rest > 0 {
            assert_eq!(turn(&mut page, 2, &[larger, small], ms(took + rest - 1)), [small]);
        }
        assert_eq!(turn(&mut page, 3, &[larger], ms(took + rest)), [larger], "{took} ms");
    }
}

#[test]
fn a_picture_does_not_rest_because_of_larger_ones() {
    let mut page = Visitor::new(ms(0));
    let mut turn = |n: u64, at| {
        let huge = view_with(1, n, vec![0; 1000], None, Pixels::new(4000, 4000));
        let others = [(2, 200_000), (3, 50_000)].map(|(robot, bytes)| view_of(robot, n, vec![0; bytes], None));
        turn_of(&mut page, [huge].into_iter().chain(others).collect(), ms(at))
    };
    // Each takes a second: the largest rests for 3.8 s, and the middle one for 0.7 s.
    assert_eq!(turn(1, 0), [1000]);
    assert_eq!(turn(2, 1000), [200_000, 50_000]);
    assert_eq!(turn(3, 2000), [50_000]);
    assert_eq!(turn(4, 3000), [200_000, 50_000]);
    assert_eq!(turn(5, 4799), [50_000]);
    // The largest has its turn again after others for as many bytes.
    assert_eq!(turn(6, 9000), [200_000, 50_000]);
    assert_eq!(turn(7, 9100), [50_000]);
    assert_eq!(turn(8, 9200), [1000]);
}

#[test]
fn pictures_with_many_pixels_cost_as_much_as_those_with_many_bytes() {
    // Three have 2000×1996 pixels in few bytes, and one is small.
    let views = |n: u64| {
        let many = (1..=3).map(|robot| view_with(robot, n, vec![0; 1000], None, Pixels::new(2000, 1996)));
        many.chain([view_of(4, n, vec![0; 50_000], None)]).collect::<Vec<_>>()
    };
    let mut page = Visitor::new(ms(0));
    // Each update with one of the many pixels takes 80 ms, others 5 ms.
    let (mut at, mut small, mut many) = (0, 0, 0);
    for n in 1.. {
        let sent = turn_of(&mut page, views(n), ms(at));
        let large = sent.iter().filter(|bytes| **bytes == 1000).count();
        assert!(large <= 1, "{sent:?}");
        (small, many) = (small + usize::from(sent.contains(&50_000)), many + large);
        at += if large > 0 { 80 } else { 5 };
        if at > 1500 {
            break;
        }
    }
    assert!(small > 15 && many > 9, "{small} {many}");
}

#[test]
fn messages_are_of_bounded_size_and_together_the_update() {
    let pictures = [vec![1; 150_000], vec![2; 10]].map(|jpeg| Arc::new(Frame::new(jpeg).unwrap()));
    let update = Update { head: vec![0; 70_000], pictures: pictures.to_vec() };
    let messages: Vec<Vec<u8>> = update.messages().collect();
    assert_eq!(messages.iter().map(Vec::len).collect::<Vec<_>>(), [65_536, 65_536, 65_536, 23_402]);
    assert_eq!(messages.concat(), [vec![0; 70_000], vec![1; 150_000], vec![2; 10]].concat());
}

#[test]
fn how_old_a_picture_was_is_known_when_it_has_been_drawn() {
    let mut page = Visitor::new(ms(0));
    let stamped = view(1, 1, Some(protocol::Age::SinceTaken(ms(20))));
    let other = view(2, 1, Some(protocol::Age::OverBest(ms(20))));
    page.next(&board_of(vec![stamped, other]), ms(60));
    let drawn = Heard::Drawn(vec![Taken::Stamped(ms(30)), Taken::Arrived(ms(50))]);
    assert_eq!(page.hear(r#"{"ack":1}"#), Ok(drawn));
    // Once more says nothing new.
    assert_eq!(page.hear(r#"{"ack":1}"#), Ok(Heard::Drawn(Vec::new())));
}

#[test]
fn wishes_are_understood_and_nonsense_is_not() {
    let mut page = Visitor::new(ms(0));
    let wish = Wish::Detect { kind: Kind::Face, is_on: true };
    assert_eq!(page.hear(r#"{"detect":"face","on":true}"#), Ok(Heard::Wish(wish)));
    assert_eq!(page.hear(r#"{"record":false}"#), Ok(Heard::Wish(Wish::Record { is_on: false })));
    assert_eq!(page.hear(r#"{"ack":5}"#), Ok(Heard::Nothing));
    for nonsense in ["", "{}", "[]", "5", r#"{"detect":"cat","on":true}"#, r#"{"detect":"face"}"#, r#"{"ack":-1}"#] {
        assert_eq!(page.hear(nonsense), Err(Nonsense), "{nonsense}");
    }
}
