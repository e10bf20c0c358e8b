use super::*;
use crate::score::Tally;

fn code(payload: &str, readable: bool) -> Sight {
    let object = Object { outline: Outline::Rect([0.0, 0.0, 10.0, 10.0]), difficult: !readable };
    Sight { object, payload: payload.to_owned(), place: None }
}

/// Far from every code: codes in a video are judged by their payloads.
fn read(payload: &str, track: u64) -> Detection {
    let payload = payload.to_owned();
    let area = [500.0, 400.0, 10.0, 10.0];
    Detection { kind: "qr".into(), area, corners: Vec::new(), payload, pose: None, score: None, track: Some(track) }
}

fn judged(there: &[Sight], found: &[Detection]) -> Judged {
    frame(Kind::Qr, there, found)
}

/// Of frames at two a second, in each of which these are in view and these numbers are read of a code "a".
fn renumbered(frames: &[(&[&str], &[u64])]) -> usize {
    let there = frames.iter().map(|(there, _)| there.iter().map(|payload| code(payload, true)).collect());
    let truth = Truth { kind: Kind::Qr, rate: 2, size: (64.0, 48.0), frames: there.collect() };
    let found: Vec<Vec<Detection>> =
        frames.iter().map(|(_, tracks)| tracks.iter().map(|&track| read("a", track)).collect()).collect();
    truth.renumbered(found.iter().map(Vec::as_slice))
}

#[test]
fn a_payload_that_no_code_in_the_frame_has_is_false() {
    let judged = judged(&[code("a", true), code("b", true)], &[read("c", 1), read("b", 2)]);
    assert_eq!(judged.objects, [Fate::Missed, Fate::Found]);
    assert_eq!(judged.hits, [Hit::False, Hit::Right]);
}

#[test]
fn an_unreadable_code_is_neither_read_nor_missed_nor_false() {
    let judged = judged(&[code("a", false), code("b", false)], &[read("a", 1)]);
    assert_eq!(judged.hits, [Hit::Neutral]);
    assert_eq!(judged.tally(), Tally::default());
}

#[test]
fn codes_alike_are_read_once_each_and_the_readable_first() {
    let there = [code("a", false), code("a", true)];
    assert_eq!(judged(&there, &[read("a", 1)]).objects, [Fate::Neutral, Fate::Found]);
    let thrice = judged(&there, &[read("a", 1), read("a", 2), read("a", 3)]);
    assert_eq!(thrice.hits, [Hit::Right, Hit::Neutral, Hit::Again]);
}

#[test]
fn a_code_that_keeps_its_number_is_not_renumbered() {
    assert_eq!(renumbered(&[(&["a"], &[7]), (&["a"], &[]), (&["a"], &[7])]), 0);
    assert_eq!(renumbered(&[(&["a"], &[7]), (&["a"], &[8, 7]), (&["a"], &[7])]), 0, "one of two readings kept it");
}

#[test]
fn each_change_of_a_number_counts_once() {
    assert_eq!(renumbered(&[(&["a"], &[7]), (&["a"], &[8]), (&["a"], &[8]), (&["a"], &[7])]), 2);
    assert_eq!(renumbered(&[(&["a", "b"], &[7]), (&["b", "a"], &[8])]), 1, "another code is in view as well");
}

#[test]
fn a_number_is_forgotten_after_more_than_two_seconds_out_of_view() {
    let gap = |frames: usize, there: &'static [&'static str]| {
        let mut course: Vec<(&[&str], &[u64])> = vec![(&["a"], &[7])];
        course.extend(vec![(there, &[][..]); frames]);
        course.push((&["a"], &[8]));
        renumbered(&course)
    };
    assert_eq!((gap(4, &[]), gap(5, &[])), (1, 0));
    assert_eq!(gap(5, &["a"]), 1, "it was in view but was not read");
}

#[test]
fn a_code_that_was_twice_in_view_may_have_either_number() {
    assert_eq!(renumbered(&[(&["a"], &[7]), (&["a", "a"], &[8, 7]), (&["a"], &[8])]), 0);
}

#[test]
fn truth_of_each_kind_is_understood() {
    let text = r#"{"width":64,"height":48,"fps":30,"frames":[[],[{"corners":[[1,2],[3,2],[3,4],[1,4]],"readable":false,"text":"a"},
        {"corners":[[1,2],[3,2],[3,4],[1,4]],"readable":true,"bytes_base64":"/w=="}]]}"#;
    let truth = Truth::parse(Kind::Qr, text).unwrap();
    assert_eq!((truth.rate, truth.frames[0].len(), truth.wanted()), (30, 0, 1));
    assert!(truth.frames[1][0].object.difficult, "it is not readable");
    let payloads: Vec<&str> = truth.frames[1].iter().map(|sight| sight.payload.as_str()).collect();
    assert_eq!(payloads, ["a", "base64:/w=="]);

    let text = r#"{"width":64,"height":48,"fps":15,"frames":[[{"box":[1,2,3,4],"difficult":true},{"box":[1,2,3,4],"difficult":false}]]}"#;
    let truth = Truth::parse(Kind::Human, text).unwrap();
    assert_eq!(truth.frames[0][0].object.outline, Outline::Rect([1.0, 2.0, 3.0, 4.0]));
    assert_eq!((truth.frames[0][0].object.difficult, truth.wanted()), (true, 1));
}

#[test]
fn truth_of_another_form_is_quoted_with_its_frame() {
    for (text, expected) in [
        ("{", "not JSON"),
        (r#"{"width":64,"height":48,"fps":0,"frames":[]}"#, "fps"),
        (r#"{"width":64,"height":48,"fps":15}"#, "frames"),
        (r#"{"width":64,"height":48,"fps":15,"frames":[[],3]}"#, "frame 1: expected a list of objects, found 3"),
        (r#"{"width":64,"height":48,"fps":15,"frames":[[{"box":[1,2,3],"difficult":true}]]}"#, "[1,2,3]"),
        (r#"{"width":64,"height":48,"fps":15,"frames":[[{"box":[1,2,3,4]}]]}"#, "[1,2,3,4]"),
    ] {
        let error = format!("{:#}", Truth::parse(Kind::Face, text).unwrap_err());
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn every_kind_has_a_video_with_its_truth() {
    for kind in Kind::ALL {
        let truth = Truth::load(kind).unwrap();
        assert!(video(kind).is_file() && truth.wanted() > 0, "{kind:?}");
        let nothing: Vec<Vec<Detection>> = truth.frames.iter().map(|_| Vec::new()).collect();
        let judged = truth.judge(nothing.iter().map(Vec::as_slice)).unwrap();
        assert_eq!(judged.iter().map(Judged::tally).sum::<Tally>().missed, truth.wanted());
        let error = truth.judge(nothing[1..].iter().map(Vec::as_slice)).unwrap_err().to_string();
        assert!(error.contains("frames"), "{error}");
    }
}
