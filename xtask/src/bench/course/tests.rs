use super::*;
use crate::rows::Verdict;

/// A course of robots that each sent 10 frames: how many of them were shown, and the p99.
pub(crate) fn course(robots: &[(u64, f64)], cores: f64) -> Course {
    let ended = |(at, &(shown, p99)): (usize, &(u64, f64))| Ended {
        robot: at as u64 + 1,
        reason: "end-of-stream".to_owned(),
        received: 10,
        shown,
        dropped: 10 - shown,
        corrupt: 0,
        undelivered: 0,
        latency_ms: Some((1.0, p99)),
        age_ms: None,
        over_best_ms: None,
    };
    Course {
        sent: 10,
        ended: robots.iter().enumerate().map(ended).collect(),
        memory: [200.0].into_iter().collect(),
        cores,
        parts: BTreeMap::new(),
        seconds: 2.0,
        answers: BTreeMap::new(),
        drawn: Vec::new(),
    }
}

/// Two robots that got so many answers about each kind.
pub(crate) fn answered(kinds: &[(&str, [u64; 2])]) -> Course {
    let answers = kinds.iter().map(|&(kind, [one, two])| (kind.to_owned(), BTreeMap::from([(1, one), (2, two)])));
    Course { answers: answers.collect(), ..course(&[(10, 1.0), (10, 1.0)], 0.0) }
}

fn line(text: &str) -> Event {
    Event::parse(text).unwrap()
}

fn frame(robot: u64, counts: &str) -> Event {
    line(&format!(
        r#"{{"event":"frame","robot":{robot},"seq":0,"width":4,"height":3,"bytes":9,"counts":{counts},"detections":[]}}"#
    ))
}

fn ended(robot: u64, reason: &str) -> Event {
    line(&format!(
        r#"{{"event":"ended","robot":{robot},"reason":"{reason}","received":0,"shown":0,"dropped":0,"corrupt":0}}"#
    ))
}

/// What two robots come to with a viewer that is no more than this shell script.
fn watched(script: &str) -> Result<Course> {
    let plan = Plan {
        name: "test",
        robots: 2,
        pictures: &["a.jpg".into()],
        passes: 10,
        pace: Pace::Fps(30),
        screen: Screen::None,
        viewer: &[],
    };
    plan.watch(&mut Running::start(Command::new("sh").args(["-c", script])).unwrap(), None)
}

const CONNECTED: &str = r#"echo '{"event":"connected","robot":1}'; echo '{"event":"connected","robot":2}';"#;

/// The script's line for a robot that ended.
fn ended_line(robot: u64, reason: &str) -> String {
    format!(
        r#"echo '{{"event":"ended","robot":{robot},"reason":"{reason}","received":10,"shown":10,"dropped":0,"corrupt":0,"latency_ms":{{"p50":1,"p99":2}}}}';"#
    )
}

#[test]
fn the_report_is_followed_until_every_robot_has_ended() {
    let script =
        format!("{CONNECTED} {} {} exec sleep 60", ended_line(1, "end-of-stream"), ended_line(2, "end-of-stream"));
    let course = watched(&script).unwrap();
    assert_eq!((course.shown(), course.shown_row("a").verdict), (20, Verdict::Met));
    assert!(course.cores >= 0.0 && course.peak_mb().unwrap() > 0.0);
}

#[test]
fn a_viewer_that_leaves_early_is_an_error_with_what_it_came_to() {
    let error = watched(&format!("{CONNECTED} {}", ended_line(1, "quit"))).unwrap_err().to_string();
    assert!(error.contains("after 1 of 2 robots"), "{error}");
}

#[test]
fn a_refused_robot_is_not_counted_until_it_is_let_in() {
    let mut tally = Tally::new(1);
    tally.take(ended(1, "refused"));
    assert!(!tally.is_complete());
    tally.take(line(r#"{"event":"connected","robot":2,"peer":"127.0.0.1:9"}"#));
    tally.take(ended(2, "end-of-stream"));
    assert!(tally.is_complete() && tally.connected == 1);
}

#[test]
fn answers_are_counted_by_kind_and_robot_and_none_counts_as_none() {
    let mut tally = Tally::new(2);
    for event in [frame(1, r#"{"qr":0,"face":2}"#), frame(1, r#"{"qr":1}"#), frame(2, r#"{"qr":0}"#), frame(2, "{}")] {
        tally.take(event);
    }
    let course = Course { answers: tally.answers, ..course(&[(10, 1.0), (10, 1.0)], 0.0) };
    assert_eq!(["face", "qr", "human"].map(|kind| course.evenness(kind)), [0.0, 0.5, 0.0]);
}

#[test]
fn every_robot_s_every_frame_has_to_be_shown() {
    assert_eq!(course(&[(10, 1.0), (10, 2.0)], 0.0).shown_row("a").verdict, Verdict::Met);
    let row = course(&[(10, 1.0), (9, 2.0)], 0.0).shown_row("a");
    assert_eq!((row.figure.as_str(), row.verdict), ("19 of 20", Verdict::Missed));
    assert_eq!(course(&[(10, 1.0), (9, 2.0)], 0.0).shown_share(), 0.95);
}

#[test]
fn the_slowest_robot_decides_about_latency() {
    let course = course(&[(10, 3.0), (10, 31.0), (10, 4.0)], 0.0);
    assert_eq!(course.worst_p99_ms().unwrap(), 31.0);
    assert_eq!(course.latency_row("a", 30.0).unwrap().verdict, Verdict::Missed);
    assert_eq!(course.latency_row("a", 31.0).unwrap().verdict, Verdict::Met);
}

#[test]
fn a_robot_without_latency_is_an_error() {
    let mut course = course(&[(10, 3.0)], 0.0);
    course.ended[0].latency_ms = None;
    assert!(course.worst_p99_ms().unwrap_err().to_string().contains("no latency"));
}

#[test]
fn answers_a_second_are_counted_by_frames_and_not_by_the_clock() {
    // Two robots that sent ten frames each.
    let course = answered(&[("face", [10, 10]), ("human", [4, 6])]);
    let figure = |row: Row| (row.figure, row.verdict);
    assert_eq!(figure(course.answers_row("a", "face", 30, 30.0)), ("30.00 /s".to_owned(), Verdict::Met));
    assert_eq!(figure(course.answers_row("a", "human", 30, 15.1)), ("15.00 /s".to_owned(), Verdict::Missed));
    assert_eq!(figure(course.answered_row("a", "face")), ("20 of 20".to_owned(), Verdict::Met));
    assert_eq!(figure(course.answered_row("a", "human")), ("10 of 20".to_owned(), Verdict::Missed));
    assert_eq!(course.answered_row("a", "qr").verdict, Verdict::Missed, "what never answers is not in the map");
}
