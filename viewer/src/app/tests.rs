//! The state machine, driven with plain values.

use super::tally::End;
use super::*;
use crate::picture::{Pixels, Received};
use crate::report::{Origin, Sighting};
use vision::detect::{Detection, Payload, Point, Shape};

const PEER: &str = "10.0.0.7:5000";

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn picture(robot: u32, seq: u64, at: Duration) -> Arc<Picture> {
    let id = FrameId { robot, seq };
    let jpeg = protocol::Frame::new(*b"jpeg").unwrap();
    Arc::new(Picture::new(Received { id, jpeg, at }, Pixels::new(64, 48).into()))
}

fn code(text: &str) -> Detection {
    let shape = Shape::Quad([(0, 0), (9, 0), (9, 9), (0, 9)].map(|(x, y)| Point { x, y }));
    Detection {
        kind: Kind::Qr,
        shape,
        payload: Some(Payload::new(text.into(), None)),
        score: None,
        engine: "test",
        track: None,
    }
}

fn left(robot: u32, reason: EndReason, received: u64) -> Event {
    Event::Disconnected { robot, end: End { reason, detail: None, received } }
}

/// An app with robot 1 connected.
fn connected(on: &[Kind], once: Once) -> App {
    let mut app = App::new(on.iter().copied().collect(), once, Some(ms(5000)));
    app.handle(Event::Connected { robot: 1, peer: PEER.parse().unwrap() }, ms(0));
    app
}

/// Shows picture `seq` of `robot` as soon as it was received.
fn show(app: &mut App, robot: u32, seq: u64, at: Duration) {
    let picture = picture(robot, seq, at);
    app.show(&picture, at);
    app.shown(picture.id, ms(2));
}

fn answer(app: &mut App, seq: u64, at: Duration, outcome: Result<Vec<Detection>, DetectError>) {
    let id = FrameId { robot: 1, seq };
    app.handle(Event::Detected(Answer { id, kind: Kind::Qr, outcome }), at);
}

/// The kinds of lines there are to write, in order.
fn lines(app: &mut App) -> Vec<String> {
    let name = |line| match line {
        Line::Listening { .. } => "listening".to_owned(),
        Line::Connected { robot, .. } => format!("connected {robot}"),
        Line::Frame(FrameLine { origin: Origin::Robot { robot, seq }, .. }) => format!("frame {robot}/{seq}"),
        Line::Corrupt(CorruptLine { origin: Origin::Robot { robot, seq }, .. }) => format!("corrupt {robot}/{seq}"),
        Line::Ended(EndedLine { robot, reason, received, shown, dropped, corrupt, .. }) => {
            format!("ended {robot} {reason:?} {received}={shown}+{dropped}+{corrupt}")
        }
        other => unreachable!("{other:?}"),
    };
    app.take_effects(ms(0)).lines.into_iter().map(name).collect()
}

fn view(app: &mut App, now: Duration) -> &'static str {
    match tile(app, now).map(|tile| tile.view) {
        None | Some(View::Waiting { .. }) => "filler",
        Some(View::Live(_)) => "live",
        Some(View::Stale { .. }) => "stale",
        Some(View::Gone { .. }) => "gone",
    }
}

/// The part of the screen of the robot that is connected.
fn tile(app: &mut App, now: Duration) -> Option<Tile> {
    let mut tiles = app.scene(now).tiles;
    assert!(tiles.len() <= 1, "{tiles:?}");
    tiles.pop()
}

fn marks(app: &mut App, now: Duration) -> Vec<Mark> {
    tile(app, now).unwrap().marks
}

fn counts(app: &mut App, now: Duration) -> Vec<(Kind, Option<usize>)> {
    tile(app, now).unwrap().counts
}

#[test]
fn filler_is_shown_until_the_first_picture_and_again_after_the_robot_has_left() {
    let mut app = App::new(BTreeSet::new(), Once::Never, Some(ms(5000)));
    assert_eq!(view(&mut app, ms(0)), "filler");
    app.handle(Event::Connected { robot: 1, peer: PEER.parse().unwrap() }, ms(10));
    assert_eq!(view(&mut app, ms(20)), "filler");
    show(&mut app, 1, 0, ms(30));
    assert_eq!(view(&mut app, ms(40)), "live");
    app.handle(left(1, EndReason::HangUp, 1), ms(50));
    assert_eq!(view(&mut app, ms(60)), "filler");
}

#[test]
fn a_silent_robot_leaves_its_last_picture_stale_and_a_new_one_brings_it_back() {
    let mut app = connected(&[], Once::Never);
    show(&mut app, 1, 0, ms(0));
    assert_eq!((view(&mut app, ms(999)), view(&mut app, ms(1000))), ("live", "stale"));
    let Some(View::Stale { silent_for, .. }) = tile(&mut app, ms(3500)).map(|tile| tile.view) else { unreachable!() };
    assert_eq!(silent_for, ms(3500));
    show(&mut app, 1, 1, ms(4000));
    assert_eq!(view(&mut app, ms(4001)), "live");
}

#[test]
fn the_last_line_waits_for_frames_that_are_still_on_their_way() {
    let mut app = connected(&[], Once::Never);
    show(&mut app, 1, 0, ms(0));
    app.handle(left(1, EndReason::EndOfStream, 4), ms(1));
    app.handle(Event::Dropped { id: FrameId { robot: 1, seq: 1 } }, ms(2));
    app.handle(Event::Corrupt { id: FrameId { robot: 1, seq: 2 }, reason: "cut".into() }, ms(3));
    assert_eq!(view(&mut app, ms(3)), "live");
    show(&mut app, 1, 3, ms(4));
    let want = ["connected 1", "frame 1/0", "corrupt 1/2", "frame 1/3", "ended 1 EndOfStream 4=2+1+1"];
    assert_eq!(lines(&mut app), want);
    assert_eq!(view(&mut app, ms(5)), "filler");
}

#[test]
fn once_ends_with_the_first_robot_but_not_before_its_last_detection() {
    let mut app = connected(&[Kind::Qr], Once::FirstRobot);
    show(&mut app, 1, 0, ms(0));
    app.handle(left(1, EndReason::Truncated, 1), ms(1));
    assert_eq!(lines(&mut app), ["connected 1"]);
    assert_eq!(app.ending(), None);
    answer(&mut app, 0, ms(2), Ok(vec![code("a")]));
    assert_eq!(lines(&mut app), ["frame 1/0", "ended 1 Truncated 1=1+0+0"]);
    assert_eq!(app.ending(), Some(&Ending::RobotLeft { cut_short: true }));
}

#[test]
fn a_refused_robot_does_not_end_a_viewer_that_runs_once() {
    let mut app = connected(&[], Once::FirstRobot);
    let refused = Event::Refused { robot: 2, peer: PEER.parse().unwrap(), detail: "robot 1 is connected".into() };
    app.handle(refused, ms(0));
    assert_eq!(lines(&mut app), ["connected 1", "ended 2 Refused 0=0+0+0"]);
    assert_eq!(app.ending(), None);
}

#[test]
fn a_flood_of_refusals_is_reported_in_full_and_told_in_part() {
    let mut app = connected(&[], Once::Never);
    for robot in 2..=2001 {
        let refused = Event::Refused { robot, peer: PEER.parse().unwrap(), detail: "taken".into() };
        app.handle(refused, ms(u64::from(robot) * 6));
    }
    let mut told = std::mem::take(&mut app.effects.notices);
    told.retain(|notice| notice.contains("refused"));
    let first = "robot 2 from 10.0.0.7:5000 refused: taken";
    let second = "robot 1669 from 10.0.0.7:5000 refused: taken (and 1666 more before)";
    assert_eq!(told, [first, second]);
    assert_eq!(lines(&mut app).len(), 2001);
}

#[test]
fn one_that_only_tries_the_port_does_not_end_a_viewer_that_runs_once() {
    let mut app = connected(&[], Once::FirstRobot);
    app.handle(left(1, EndReason::HangUp, 0), ms(1));
    assert_eq!(lines(&mut app), ["connected 1", "ended 1 HangUp 0=0+0+0"]);
    assert_eq!(app.ending(), None);
    app.handle(Event::Connected { robot: 2, peer: PEER.parse().unwrap() }, ms(2));
    app.handle(left(2, EndReason::EndOfStream, 0), ms(3));
    assert_eq!(lines(&mut app), ["connected 2", "ended 2 EndOfStream 0=0+0+0"]);
    assert_eq!(app.ending(), Some(&Ending::RobotLeft { cut_short: false }));
}

#[test]
fn quitting_while_live_accounts_for_every_frame() {
    let mut app = connected(&[Kind::Qr], Once::Never);
    show(&mut app, 1, 0, ms(0));
    app.handle(Event::Key('q'), ms(1));
    assert_eq!(app.ending(), Some(&Ending::Quit));
    app.handle(left(1, EndReason::Quit, 3), ms(2));
    app.close();
    assert_eq!(lines(&mut app), ["connected 1", "frame 1/0", "ended 1 Quit 3=1+2+0"]);
}

#[test]
fn nothing_is_looked_for_until_its_key_is_pressed() {
    let mut app = connected(&[], Once::Never);
    assert!(app.show(&picture(1, 0, ms(0)), ms(0)).is_empty());
    app.handle(Event::Key('r'), ms(1));
    assert_eq!(app.show(&picture(1, 1, ms(2)), ms(2)), BTreeSet::from([Kind::Qr]));
    assert_eq!(counts(&mut app, ms(2)), [(Kind::Qr, None)]);
    app.handle(Event::Key('r'), ms(3));
    assert!(app.show(&picture(1, 2, ms(4)), ms(4)).is_empty());
}

#[test]
fn each_kind_has_its_key() {
    for (key, kind) in [('f', Kind::Face), ('h', Kind::Human), ('r', Kind::Qr)] {
        let mut app = connected(&[], Once::Never);
        app.handle(Event::Key(key), ms(1));
        assert_eq!(app.show(&picture(1, 0, ms(2)), ms(2)), BTreeSet::from([kind]));
        assert_eq!(app.scene(ms(2)).toast, Some(format!("{}: on", kind.label())));
    }
}

#[test]
fn results_are_drawn_on_the_pictures_that_follow_and_fade_once_they_are_missed() {
    let mut app = connected(&[Kind::Qr], Once::Never);
    show(&mut app, 1, 0, ms(0));
    answer(&mut app, 0, ms(0), Ok(vec![code("a")]));
    let mut opacity = |seq: u64, found: Vec<Detection>| {
        show(&mut app, 1, seq, ms(33 * seq));
        answer(&mut app, seq, ms(33 * seq), Ok(found));
        show(&mut app, 1, seq + 1, ms(33 * seq + 33));
        marks(&mut app, ms(33 * seq + 33)).first().map(|mark| (10.0 * mark.opacity).round())
    };
    assert_eq!(opacity(1, vec![code("a")]), Some(10.0));
    assert_eq!(opacity(10, vec![]), Some(9.0));
    assert_eq!(opacity(24, vec![]), None);
}

#[test]
fn results_stay_on_their_own_picture_when_the_stream_stops() {
    let mut app = connected(&[Kind::Qr], Once::Never);
    show(&mut app, 1, 0, ms(0));
    answer(&mut app, 0, ms(0), Ok(vec![code("a")]));
    assert_eq!(marks(&mut app, ms(5000)).len(), 1);
}

#[test]
fn an_answer_for_a_robot_that_has_left_is_not_drawn_over_the_next_one() {
    let mut app = connected(&[Kind::Qr], Once::Never);
    show(&mut app, 1, 0, ms(0));
    app.handle(left(1, EndReason::HangUp, 1), ms(1));
    app.handle(Event::Connected { robot: 2, peer: PEER.parse().unwrap() }, ms(2));
    show(&mut app, 2, 0, ms(3));
    answer(&mut app, 0, ms(4), Ok(vec![code("a")]));
    assert!(marks(&mut app, ms(4)).is_empty());
}

#[test]
fn an_object_has_the_same_number_in_every_line() {
    let mut app = connected(&[Kind::Qr], Once::Never);
    for seq in 0..3 {
        show(&mut app, 1, seq, ms(33 * seq));
        answer(&mut app, seq, ms(33 * seq), Ok(vec![code("b"), code("a")]));
    }
    let tracks = |line| match line {
        Line::Frame(line) => Some(line.detections.iter().map(|d| d.track.unwrap()).collect::<Vec<_>>()),
        _ => None,
    };
    let tracks: Vec<_> = app.take_effects(ms(0)).lines.into_iter().filter_map(tracks).collect();
    assert_eq!(tracks, [[1, 2]; 3]);
}

#[test]
fn a_payload_is_told_once_while_it_stays_in_view() {
    let mut app = connected(&[Kind::Qr], Once::Never);
    for seq in 0..3 {
        show(&mut app, 1, seq, ms(33 * seq));
        answer(&mut app, seq, ms(33 * seq), Ok(vec![code("a")]));
    }
    assert_eq!(app.take_effects(ms(0)).readings, ["a"]);
}

#[test]
fn the_last_line_lists_payloads_even_of_answers_that_came_after_the_robot_had_left() {
    let mut app = connected(&[Kind::Qr], Once::Never);
    for seq in 0..3 {
        show(&mut app, 1, seq, ms(33 * seq));
    }
    app.handle(left(1, EndReason::HangUp, 3), ms(100));
    for (seq, text) in [(0, "a"), (1, "b"), (2, "a")] {
        answer(&mut app, seq, ms(33 * seq), Ok(vec![code(text)]));
    }
    let lines = app.take_effects(ms(0)).lines;
    let Some(Line::Ended(ended)) = lines.last() else { unreachable!("{lines:?}") };
    let sighting = |s: &Sighting| (s.payload.to_string(), s.first, s.last, s.frames);
    let sightings: Vec<_> = ended.summary.sightings.iter().map(sighting).collect();
    assert_eq!(sightings, [("a".into(), 0, 2, 2), ("b".into(), 1, 1, 1)]);
}

#[test]
fn a_detector_that_fails_holds_up_no_line_and_is_told_ever_more_rarely() {
    let mut app = connected(&[Kind::Qr], Once::Never);
    app.take_effects(ms(0));
    let failed = || DetectError::Failed { engine: "e", width: 1, height: 1, message: "no memory".into() };
    for seq in 0..9 {
        show(&mut app, 1, seq, ms(33 * seq));
        answer(&mut app, seq, ms(33 * seq), Err(failed()));
    }
    let effects = app.take_effects(ms(0));
    assert_eq!((effects.lines.len(), effects.notices.len()), (9, 4));
}

#[test]
fn a_detector_that_fails_takes_its_count_off_the_picture() {
    let mut app = connected(&[Kind::Qr], Once::Never);
    show(&mut app, 1, 0, ms(0));
    answer(&mut app, 0, ms(0), Ok(vec![code("a")]));
    assert_eq!(counts(&mut app, ms(0)), [(Kind::Qr, Some(1))]);
    show(&mut app, 1, 1, ms(33));
    let message = "no memory".into();
    answer(&mut app, 1, ms(33), Err(DetectError::Failed { engine: "e", width: 1, height: 1, message }));
    assert_eq!(counts(&mut app, ms(33)), [(Kind::Qr, None)]);
}

#[test]
fn the_first_failure_of_each_kind_is_told() {
    let mut app = connected(&[Kind::Qr, Kind::Face], Once::Never);
    app.take_effects(ms(0));
    for kind in [Kind::Qr, Kind::Qr, Kind::Qr, Kind::Qr, Kind::Face] {
        let (id, message) = (FrameId { robot: 1, seq: 0 }, "no memory".into());
        let outcome = Err(DetectError::Failed { engine: "e", width: 1, height: 1, message });
        app.handle(Event::Detected(Answer { id, kind, outcome }), ms(0));
    }
    assert_eq!(app.scene(ms(0)).toast.as_deref(), Some("face detector failed (1 so far); see the terminal"));
}

#[test]
fn what_has_moved_out_of_the_picture_is_not_marked() {
    let mut app = connected(&[Kind::Qr], Once::Never);
    for seq in 0..10 {
        let at = ms(33 * seq);
        show(&mut app, 1, seq, at);
        // Its right side is at 48, 43, 38 ... 3.
        let moved = Detection { shape: code("a").shape.moved(39 - 5 * seq as i32, 20), ..code("a") };
        answer(&mut app, seq, at, Ok(vec![moved]));
        assert_eq!(marks(&mut app, at).len(), 1);
    }
    // Without an answer it moves on: to -2.
    show(&mut app, 1, 10, ms(330));
    assert_eq!(marks(&mut app, ms(330)).len(), 0);
}

#[test]
fn an_answer_on_its_way_does_not_bring_back_a_kind_that_was_switched_off() {
    let mut app = connected(&[Kind::Qr], Once::Never);
    show(&mut app, 1, 0, ms(0));
    app.handle(Event::Key('r'), ms(1));
    answer(&mut app, 0, ms(2), Ok(vec![code("a")]));
    app.handle(Event::Key('r'), ms(3));
    let Tile { marks, counts, .. } = tile(&mut app, ms(3)).unwrap();
    assert_eq!((marks.len(), counts), (0, vec![(Kind::Qr, None)]));
}

#[test]
fn saving_takes_the_picture_on_the_screen() {
    let mut app = connected(&[], Once::Never);
    app.handle(Event::Key('s'), ms(0));
    assert!(app.take_effects(ms(0)).save.is_none());
    assert_eq!(app.scene(ms(0)).toast.as_deref(), Some("no picture to save yet"));
    show(&mut app, 1, 5, ms(1));
    app.handle(Event::Key('s'), ms(2));
    assert_eq!(app.take_effects(ms(0)).save.unwrap().id.seq, 5);
}

#[test]
fn a_message_passes_and_the_keys_stay_until_they_are_hidden() {
    let mut app = connected(&[], Once::Never);
    app.say("saved".into(), ms(0));
    app.handle(Event::Key('?'), ms(0));
    let scene = app.scene(ms(2999));
    assert_eq!((scene.toast.as_deref(), scene.help), (Some("saved"), true));
    let scene = app.scene(ms(3000));
    assert_eq!((scene.toast, scene.help), (None, true));
    app.handle(Event::Key('?'), ms(3001));
    assert!(!app.scene(ms(3002)).help);
}
