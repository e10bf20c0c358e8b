//! Labels that are new take time, of which each tile has its share.

use super::*;

/// Codes with forty letters each, that are like no other.
fn codes(count: usize, letter: char) -> Vec<Mark> {
    let code = |n: usize| {
        let text: String = format!("{n:03}").chars().chain(std::iter::repeat_n(letter, 37)).collect();
        seen(found(Kind::Qr, [10 * n as i32, 5 * n as i32, 8, 8], Some(&text)), 1.0)
    };
    (0..count).map(code).collect()
}

/// How many lines are written when a scene of tiles with these marks is drawn so often, ten times a second.
fn lines(marks: &[Vec<Mark>], times: usize) -> usize {
    let mut overlay = Overlay::new();
    let view = picture(ground(640, 480, PINK));
    let scene = scene(marks.iter().map(|marks| tile(View::Live(Arc::clone(&view)), marks.clone())).collect());
    let mut filler = Filler::open(&FillerChoice::Rain).unwrap();
    for n in 0..times {
        overlay.draw(&scene, (1400, 600), &mut filler, Duration::from_millis(100 * n as u64)).unwrap();
    }
    overlay.text.lines_cached()
}

#[test]
fn new_labels_are_written_some_at_a_time_until_all_are_there() {
    let none = lines(&[vec![]], 1);
    assert_eq!(lines(&[codes(64, 'あ')], 1) - none, 2);
    assert_eq!(lines(&[codes(64, 'あ')], 40) - none, 64);
    assert_eq!(lines(&[codes(64, 'x')], 1) - none, 20);
}

#[test]
fn one_robots_labels_keep_no_other_robots_from_being_written() {
    let (many, few) = (codes(64, 'あ'), codes(6, 'x'));
    for order in [[many.clone(), few.clone()], [few.clone(), many.clone()]] {
        let alone = order.clone().map(|marks| if marks.len() == 6 { vec![] } else { marks });
        for times in [1, 2] {
            // The other may have one less, for which there is no room in its half.
            let (both, one) = (lines(&order, times), lines(&alone, times));
            assert!(both >= one - 1 + 6, "{both} and {one} after {times}");
        }
        assert_eq!(lines(&order, 40), lines(&[vec![], vec![]], 1) + 70);
    }
}

#[test]
fn tags_whose_distance_is_another_one_in_each_picture_have_all_their_labels() {
    let tags = |picture: usize| {
        let tag = |n: usize| {
            let said = format!("tag {n}, {}.{:02} m", picture % 7, (31 * picture + n) % 100);
            seen(found(Kind::Qr, [60 * (n % 8) as i32, 40 * (n / 8) as i32, 8, 8], Some(&said)), 1.0)
        };
        (0..40).map(tag).collect::<Vec<_>>()
    };
    let mut overlay = Overlay::new();
    let mut filler = Filler::open(&FillerChoice::Rain).unwrap();
    let other = picture(ground(64, 48, PINK));
    for n in 0..20 {
        // Of nine robots one has a new picture.
        let mut tiles = vec![tile(View::Live(picture(ground(640, 480, PINK))), tags(n))];
        tiles.extend((0..8).map(|_| tile(View::Live(Arc::clone(&other)), vec![])));
        let before = overlay.text.lines_cached();
        overlay.draw(&scene(tiles), (1400, 1000), &mut filler, Duration::ZERO).unwrap();
        let written = overlay.text.lines_cached() - before;
        assert!(n == 0 || written == 40, "{written} in picture {n}");
    }
}
