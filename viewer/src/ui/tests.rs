//! Keys, robots and times in; scenes out.

use super::*;
use crate::last_to_leave::LEFT_FOR;
use crate::scene::Left;
use pipeline::{EndReason, Identity};

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn robot(id: u32, from: &str, state: ViewState) -> RobotView {
    let robot = Identity { id: RobotId(id), name: None };
    let peer = format!("{from}:5000").parse().unwrap();
    RobotView { robot, peer, tile: id as usize - 1, state, marks: Vec::new(), counts: Vec::new(), numbers: None }
}

fn here(id: u32, from: &str) -> RobotView {
    robot(id, from, ViewState::Waiting { first_corrupt: None })
}

fn gone(id: u32, from: &str) -> RobotView {
    robot(id, from, ViewState::Gone { reason: EndReason::HangUp, detail: None, ago: ms(100) })
}

fn ui() -> Ui {
    Ui::new(Reach::new("127.0.0.1:8000".parse().unwrap(), Vec::new()), BTreeSet::new())
}

/// The names and keys on the screen.
fn tiles(ui: &mut Ui, robots: Vec<RobotView>) -> Vec<(String, Option<char>)> {
    ui.scene(robots, ms(0)).tiles.into_iter().map(|tile| (tile.name, tile.key)).collect()
}

fn named(id: u32, key: char) -> (String, Option<char>) {
    (format!("robot {id}"), Some(key))
}

#[test]
fn each_kind_has_its_key() {
    for (key, kind) in [('f', Kind::Face), ('h', Kind::Human), ('r', Kind::Qr), ('t', Kind::Tag)] {
        assert_eq!(ui().key(key, ms(0)), Some(Action::Toggle(kind)));
    }
    assert_eq!(ui().key('q', ms(0)), Some(Action::Quit));
}

#[test]
fn a_single_robot_needs_no_key_and_several_have_one_each() {
    let mut ui = ui();
    assert_eq!(tiles(&mut ui, vec![here(1, "10.0.0.1")]), [("robot 1".to_owned(), None)]);
    let two = vec![here(1, "10.0.0.1"), here(2, "10.0.0.2")];
    assert_eq!(tiles(&mut ui, two), [named(1, '1'), named(2, '2')]);
}

#[test]
fn a_digit_shows_one_robot_large_until_it_has_left_or_all_are_wanted() {
    let mut ui = ui();
    let all = || vec![here(1, "10.0.0.1"), here(2, "10.0.0.2"), here(3, "10.0.0.3")];
    tiles(&mut ui, all());
    ui.key('2', ms(0));
    assert_eq!(tiles(&mut ui, all()), [("robot 2".to_owned(), None)]);
    assert_eq!(ui.key('s', ms(0)), Some(Action::Save(vec![RobotId(2)])));
    assert_eq!(ui.key('T', ms(0)), Some(Action::Turn(vec![RobotId(2)], Orientation::R90)));
    ui.key('0', ms(0));
    assert_eq!(tiles(&mut ui, all()).len(), 3);
    let everyone = [1, 2, 3].map(RobotId).into();
    assert_eq!(ui.key('m', ms(0)), Some(Action::Turn(everyone, Orientation::FLIP_H)));
    ui.key('2', ms(0));
    let others = vec![here(1, "10.0.0.1"), here(3, "10.0.0.3")];
    assert_eq!(tiles(&mut ui, others), [named(1, '1'), named(3, '3')]);
    ui.key('2', ms(0));
    assert_eq!(ui.scene(all(), ms(1)).toast.as_deref(), Some("there is no robot 2"));
}

#[test]
fn the_only_robot_that_has_left_is_named_with_the_reason_while_the_next_one_is_waited_for() {
    let mut ui = ui();
    tiles(&mut ui, vec![here(1, "10.0.0.1")]);
    let detail = Some("byte 17: 4 of 900 bytes had come".to_owned());
    let state = ViewState::Gone { reason: EndReason::Truncated, detail: detail.clone(), ago: ms(100) };
    let scene = ui.scene(vec![robot(1, "10.0.0.1", state)], ms(5000));
    let (from, why) = ("10.0.0.1".parse().unwrap(), "was cut off");
    let left = Left { name: "robot 1".into(), from, why, detail, ago: ms(100) };
    assert!(scene.tiles.is_empty());
    assert_eq!(scene.waiting.left, Some(left.clone()));
    // Long after the pipeline has forgotten it, and not for ever.
    assert_eq!(ui.scene(Vec::new(), ms(64_900)).waiting.left, Some(Left { ago: ms(60_000), ..left }));
    assert_eq!(ui.scene(Vec::new(), ms(4900) + LEFT_FOR).waiting.left, None);
}

#[test]
fn a_robot_that_came_and_left_between_two_scenes_is_shown_with_the_reason() {
    let mut ui = ui();
    tiles(&mut ui, vec![here(1, "10.0.0.1")]);
    let both = || vec![here(1, "10.0.0.1"), gone(2, "10.0.0.2")];
    assert_eq!(tiles(&mut ui, both()), [named(1, '1'), named(2, '2')]);
}

#[test]
fn the_list_of_keys_says_what_is_on() {
    let mut ui = ui();
    ui.key('?', ms(0));
    ui.switched(Kind::Face, true, ms(0));
    let scene = ui.scene(Vec::new(), ms(1));
    assert_eq!(
        (scene.help, scene.toast.as_deref()),
        (Some(Help { on: [Kind::Face].into(), skeletons: false }), Some("faces: on"))
    );
    ui.switched(Kind::Face, false, ms(2));
    assert_eq!(ui.scene(Vec::new(), ms(3)).help, Some(Help { on: [].into(), skeletons: false }));
}

#[test]
fn a_message_passes_and_the_keys_stay_until_they_are_hidden() {
    let mut ui = ui();
    ui.say("saved".into(), ms(0));
    ui.key('?', ms(0));
    let scene = ui.scene(Vec::new(), ms(2999));
    assert_eq!((scene.toast.as_deref(), scene.help.is_some()), (Some("saved"), true));
    let scene = ui.scene(Vec::new(), ms(3000));
    assert_eq!((scene.toast, scene.help.is_some()), (None, true));
    ui.key('?', ms(3001));
    assert!(ui.scene(Vec::new(), ms(3002)).help.is_none());
}

#[test]
fn a_camera_that_is_not_reached_is_named_while_waiting_and_once_beside_other_robots() {
    let mut ui = ui();
    let camera = |why: Option<&str>| Unreached {
        name: Some("door".into()),
        url: "http://cam/".into(),
        why: why.map(Into::into),
    };
    ui.set_unreached(vec![camera(Some("refused"))], ms(0));
    let scene = ui.scene(Vec::new(), ms(1));
    assert_eq!((scene.waiting.unreached, scene.toast), (vec![camera(Some("refused"))], None));

    ui.scene(vec![here(1, "10.0.0.1")], ms(2));
    for (why, said) in [(None, None), (Some("404"), Some("door: 404")), (Some("404"), None)] {
        ui.set_unreached(vec![camera(why)], ms(3));
        assert_eq!(ui.message.take().map(|(text, _)| text).as_deref(), said);
    }
}

#[test]
fn skeletons_are_off_at_first_and_a_key_shows_them() {
    let mut ui = ui();
    let mut skeletons = |key: Option<char>| {
        key.map(|key| ui.key(key, ms(0)));
        let keypoints = Some([vision::Point { x: 1, y: 2 }; vision::KEYPOINTS]);
        let bounds = vision::Rect { x: 0, y: 0, width: 10, height: 20 };
        let detection = vision::Detection { keypoints, ..vision::Detection::human(bounds, 1.0, "test") };
        let mark = pipeline::Mark { detection, opacity: 1.0, sight: vision::Sight::Seen };
        let scene = ui.scene(vec![RobotView { marks: vec![mark], ..here(1, "10.0.0.1") }], ms(1));
        (scene.tiles[0].marks[0].detection.keypoints.is_some(), scene.toast)
    };
    assert_eq!(skeletons(None), (false, None));
    assert_eq!(skeletons(Some('k')), (true, Some("skeletons of humans: on".to_owned())));
    assert_eq!(skeletons(Some('k')), (false, Some("skeletons of humans: off".to_owned())));
}

#[test]
fn a_detector_that_was_switched_off_for_a_robot_is_said_once_with_its_key_and_shown_in_its_tile() {
    let mut ui = ui();
    let robot = pipeline::Identity { id: RobotId(2), name: None };
    let off = pipeline::Trouble { kind: Kind::Human, what: pipeline::Difficulty::SwitchedOff { robot } };
    let slow = pipeline::Trouble { kind: Kind::Face, what: pipeline::Difficulty::Slow { took: ms(1400) } };
    let said = ui.set_troubles(vec![slow.clone(), off.clone()]);
    assert_eq!(
        said,
        ["humans: switched off for robot 2, whose pictures are too much for it; h, twice, tries it again"]
    );
    assert!(ui.set_troubles(vec![slow, off]).is_empty());
    let scene = ui.scene(vec![here(1, "10.0.0.1"), here(2, "10.0.0.2")], ms(0));
    let shown: Vec<_> = scene.tiles.iter().map(|tile| tile.troubles.join(", ")).collect();
    assert_eq!(shown, ["faces 1.4 s", "faces 1.4 s, humans off"]);
}
