use super::*;

fn rect(x: f64, y: f64, width: f64, height: f64) -> Outline {
    Outline::Rect([x, y, width, height])
}

fn sure(outline: Outline) -> Object {
    Object { outline, difficult: false }
}

fn difficult(outline: Outline) -> Object {
    Object { outline, difficult: true }
}

/// A square on its corner, around `[x, y]`.
fn diamond(x: f64, y: f64, half: f64) -> Outline {
    Outline::Quad([[x, y - half], [x + half, y], [x, y + half], [x - half, y]])
}

#[test]
fn overlap_is_intersection_over_union() {
    let square = rect(0.0, 0.0, 10.0, 10.0);
    assert_eq!(square.overlap(&square), 1.0);
    assert_eq!(square.overlap(&rect(0.0, 0.0, 10.0, 5.0)), 0.5);
    assert_eq!(square.overlap(&rect(5.0, 0.0, 10.0, 10.0)), 50.0 / 150.0);
    assert_eq!(square.overlap(&rect(10.0, 0.0, 10.0, 10.0)), 0.0);
    assert_eq!(square.overlap(&rect(20.0, 20.0, 1.0, 1.0)), 0.0);
}

#[test]
fn a_point_is_inside_its_quadrilateral_and_not_merely_inside_the_box_around_it() {
    let code = diamond(50.0, 50.0, 10.0);
    assert!(code.contains([50.0, 50.0]) && code.contains([44.0, 47.0]));
    assert!(!code.contains([42.0, 42.0]) && !code.contains([61.0, 50.0]));
}

#[test]
fn a_code_is_found_once_and_read_again_without_harm() {
    let codes = [sure(diamond(50.0, 50.0, 20.0)), sure(diamond(150.0, 50.0, 20.0))];
    let hits = [diamond(52.0, 49.0, 3.0), diamond(48.0, 50.0, 20.0), diamond(300.0, 50.0, 20.0)];
    let judged = judge(Kind::Qr, &codes, &hits);
    assert_eq!(judged.objects, [Fate::Found, Fate::Missed]);
    assert_eq!(judged.hits, [Hit::Right, Hit::Again, Hit::False]);
    assert_eq!(judged.tally(), Tally { found: 1, false_hits: 1, missed: 1, again: 1 });
}

#[test]
fn a_centre_in_two_codes_finds_the_one_that_is_left() {
    let codes = [sure(diamond(50.0, 50.0, 20.0)), sure(diamond(60.0, 50.0, 20.0))];
    let judged = judge(Kind::Qr, &codes, &[diamond(55.0, 50.0, 5.0), diamond(55.0, 50.0, 5.0)]);
    assert_eq!(judged.objects, [Fate::Found, Fate::Found]);
}

#[test]
fn the_better_overlap_finds_the_face_and_the_other_hit_is_false() {
    let face = [sure(rect(0.0, 0.0, 10.0, 10.0))];
    let hits = [rect(0.0, 0.0, 10.0, 8.0), rect(0.0, 0.0, 10.0, 9.0)];
    let judged = judge(Kind::Face, &face, &hits);
    assert_eq!(judged.hits, [Hit::False, Hit::Right]);
    assert_eq!(judged.tally(), Tally { found: 1, false_hits: 1, missed: 0, again: 0 });
}

#[test]
fn a_hit_that_loses_its_best_face_takes_the_next() {
    let faces = [sure(rect(0.0, 0.0, 10.0, 10.0)), sure(rect(4.0, 0.0, 10.0, 10.0))];
    // The second hit is the first face exactly; what is left for the first hit is the second face, at 0.37.
    let hits = [rect(0.0, 1.0, 10.0, 10.0), rect(0.0, 0.0, 10.0, 10.0)];
    assert_eq!(judge(Kind::Face, &faces, &hits).tally(), Tally { found: 2, false_hits: 0, missed: 0, again: 0 });
}

#[test]
fn the_limits_are_exclusive_for_faces_and_inclusive_for_humans() {
    let object = [sure(rect(0.0, 0.0, 10.0, 10.0))];
    let found = |kind, height| judge(kind, &object, &[rect(0.0, 0.0, 10.0, height)]).tally().found;
    assert_eq!((found(Kind::Face, 3.0), found(Kind::Face, 3.1)), (0, 1));
    assert_eq!((found(Kind::Human, 3.9), found(Kind::Human, 4.0)), (0, 1));
}

#[test]
fn a_difficult_human_is_neither_found_nor_missed_nor_false() {
    let humans = [difficult(rect(0.0, 0.0, 10.0, 20.0)), sure(rect(50.0, 0.0, 10.0, 20.0))];
    let hits = [rect(0.0, 0.0, 10.0, 20.0), rect(1.0, 0.0, 10.0, 20.0), rect(50.0, 0.0, 10.0, 20.0)];
    let judged = judge(Kind::Human, &humans, &hits);
    assert_eq!(judged.objects, [Fate::Neutral, Fate::Found]);
    assert_eq!(judged.hits, [Hit::Neutral, Hit::Neutral, Hit::Right]);
    assert_eq!(judged.tally(), Tally { found: 1, false_hits: 0, missed: 0, again: 0 });
    assert_eq!(judge(Kind::Human, &humans[..1], &[]).tally(), Tally::default());
}

#[test]
fn a_hit_on_both_goes_to_the_human_that_counts() {
    let humans = [difficult(rect(0.0, 0.0, 10.0, 20.0)), sure(rect(3.0, 0.0, 10.0, 20.0))];
    let judged = judge(Kind::Human, &humans, &[rect(0.0, 0.0, 10.0, 20.0)]);
    assert_eq!((judged.objects[1], judged.hits[0]), (Fate::Found, Hit::Right));
}

#[test]
fn recall_is_exact_and_missing_where_nothing_was_there() {
    let tally = Tally { found: 6, false_hits: 2, missed: 4, again: 9 };
    assert_eq!(tally.recall(), Some(0.6));
    assert_eq!(Tally::default().recall(), None);
    assert_eq!(Tally { missed: 3, ..Tally::default() }.recall(), Some(0.0));
}

#[test]
fn each_second_of_a_video_has_its_own_recall() {
    let frame = |found, missed| Tally { found, missed, ..Tally::default() };
    let frames = [frame(1, 1), frame(2, 0), frame(0, 0), frame(0, 0), frame(0, 4)];
    let recall: Vec<Option<f64>> = per_second(2, &frames).into_iter().map(Tally::recall).collect();
    assert_eq!(recall, [Some(0.75), None, Some(0.0)], "two frames, two without anything to find, and one");
}
