//! Several robots on one screen.

use super::*;

fn live_tile(pixels: Pixels) -> Tile {
    let numbers = Some(Numbers { fps: 30.0, age: arrived(40), dropped: 2, corrupt: 0 });
    Tile { key: Some('1'), numbers, ..tile(View::Live(picture(pixels)), Vec::new()) }
}

fn arrived(ms: u64) -> PictureAge {
    PictureAge::SinceArrival(Duration::from_millis(ms))
}

fn gone() -> View {
    View::Gone { why: "hung up".into(), ago: Duration::from_secs(3) }
}

fn stale(pixels: Pixels) -> View {
    View::Stale { picture: picture(pixels), silent_for: Duration::from_secs(5) }
}

/// Where two canvases of the same size differ.
fn difference(a: &Canvas, b: &Canvas) -> Option<Rect> {
    let mut marked = a.clone();
    let area = marked.whole().area();
    let pairs = a.pixels().data().iter().zip(b.pixels().data());
    let differs: Vec<u32> = pairs.map(|(a, b)| u32::from(a & WHITE != b & WHITE)).collect();
    for (row, differs) in marked.whole().rows(area).zip(differs.chunks_exact(a.width())) {
        row.copy_from_slice(differs);
    }
    extent(&marked, |pixel| pixel == 1)
}

fn divided_tile(tile: Rect) -> (Rect, Option<Rect>) {
    divided(tile, Sizes::of(tile.width, tile.height, 1.0))
}

fn is_inside(inner: &Rect, outer: &Rect) -> bool {
    inner.intersection(outer) == *inner
}

#[test]
fn marks_are_drawn_inside_their_own_tile() {
    let mut overlay = Overlay::new();
    let size = (640, 480);
    let places = layout::tiles(4, Rect { x: 0, y: 0, width: 640, height: 480 });
    for n in 0..4 {
        let tiles = || (0..4).map(|_| live_tile(ground(320, 200, PINK))).collect::<Vec<_>>();
        let before = drawn(&mut overlay, &scene(tiles()), size.0, size.1);
        let mut with_marks = tiles();
        with_marks[n].marks = [[-40, -40, 90, 90], [290, 150, 90, 90], [-50, -50, 420, 300], [5000, 5000, 9, 9]]
            .into_iter()
            .flat_map(|place| Kind::ALL.map(|kind| seen(found(kind, place, Some("handle with care")), 1.0)))
            .collect();
        with_marks[n].counts = Kind::ALL.map(|kind| (kind, Some(4))).to_vec();
        let after = drawn(&mut overlay, &scene(with_marks), size.0, size.1);
        let changed = difference(&before, &after).unwrap();
        assert!(is_inside(&changed, &places[n]), "{n}: {changed:?} in {places:?}");
        assert!(changed.width > 250 && changed.height > 150, "{changed:?}");
    }
}

#[test]
fn a_changed_tile_redraws_nothing_outside_its_rectangle() {
    let size = (640, 480);
    let views: [fn() -> View; 4] = [
        || View::Live(picture(ground(640, 480, GREY))),
        || stale(ground(320, 100, GREY)),
        gone,
        || View::Waiting { why: "no JPEG yet".into() },
    ];
    for count in [2, 4, 9] {
        let places = layout::tiles(count, Rect { x: 0, y: 0, width: 640, height: 480 });
        for (n, view) in (0..count).flat_map(|n| views.iter().map(move |view| (n, view))) {
            let mut overlay = Overlay::new();
            let mut scene = scene((0..count).map(|_| live_tile(ground(640, 480, PINK))).collect());
            drawn(&mut overlay, &scene, size.0, size.1);
            // Painted over: only what is drawn again changes.
            overlay.canvas.whole().fill(Rect { x: 0, y: 0, width: 640, height: 480 }, [1, 2, 3]);
            let before = overlay.canvas.clone();
            scene.tiles[n].view = view();
            let after = drawn(&mut overlay, &scene, size.0, size.1);
            let changed = difference(&before, &after).unwrap();
            let picture_area = divided_tile(places[n]).0;
            assert!(is_inside(&picture_area, &changed) && is_inside(&changed, &places[n]), "{count}, {n}: {changed:?}");
        }
    }
}

#[test]
fn unchanged_tiles_are_not_drawn_again() {
    let size = (640, 480);
    let mut overlay = Overlay::new();
    let views = [View::Live(picture(ground(640, 480, PINK))), stale(ground(9, 9, PINK)), gone()];
    let waiting = View::Waiting { why: "waiting for its first picture".into() };
    let tiles = views.into_iter().chain([waiting]).map(|view| Tile { view, ..live_tile(ground(1, 1, PINK)) });
    let mut scene = scene(tiles.collect());
    drawn(&mut overlay, &scene, size.0, size.1);
    overlay.canvas.whole().fill(Rect { x: 0, y: 0, width: 640, height: 480 }, [1, 2, 3]);
    let before = overlay.canvas.clone();
    // Time alone changes nothing that can be read.
    for tile in &mut scene.tiles {
        tile.numbers.as_mut().unwrap().age = arrived(47);
        match &mut tile.view {
            View::Stale { silent_for: time, .. } | View::Gone { ago: time, .. } => *time += Duration::from_millis(7),
            View::Live(_) | View::Waiting { .. } => {}
        }
    }
    assert_eq!(difference(&before, &drawn(&mut overlay, &scene, size.0, size.1)), None);
    scene.toast = Some("saved".into());
    let all = difference(&before, &drawn(&mut overlay, &scene, size.0, size.1));
    assert_eq!(all, Some(Rect { x: 0, y: 0, width: 640, height: 480 }));
}

#[test]
fn what_was_drawn_bit_by_bit_looks_as_if_it_was_drawn_at_once() {
    let mut overlay = Overlay::new();
    let size = (641, 487);
    let mut scene = scene((0..5).map(|_| live_tile(ground(320, 240, PINK))).collect());
    let steps: [&dyn Fn(&mut Scene); 12] = [
        &|scene| scene.tiles[1].marks = vec![seen(found(Kind::Face, [20, 20, 90, 90], Some("shelf")), 0.7)],
        &|scene| scene.tiles[1].counts = vec![(Kind::Face, Some(1))],
        &|scene| scene.tiles[4].view = stale(ground(32, 24, GREY)),
        &|scene| scene.toast = Some("saved robot1-frame000001.jpg".into()),
        &|scene| scene.tiles[4].view = View::Live(picture(ground(320, 240, GREY))),
        &|scene| scene.help = help(),
        &|scene| scene.tiles[2].view = gone(),
        &|scene| (scene.help, scene.toast) = (None, None),
        &|scene| scene.tiles[0].numbers.as_mut().unwrap().dropped = 77,
        &|scene| scene.tiles[3].name = "Büro".into(),
        &|scene| scene.tiles.truncate(1),
        &|scene| scene.tiles.clear(),
    ];
    for (n, step) in steps.iter().enumerate() {
        step(&mut scene);
        let (one_by_one, at_once) =
            (drawn(&mut overlay, &scene, size.0, size.1), drawn(&mut Overlay::new(), &scene, size.0, size.1));
        assert_eq!(difference(&one_by_one, &at_once), None, "step {n}");
    }
}

#[test]
fn a_new_size_draws_everything_again() {
    let mut overlay = Overlay::new();
    let scene = scene((0..3).map(|_| live_tile(ground(320, 240, PINK))).collect());
    for size in [(640, 480), (480, 640), (300, 1024), (640, 480)] {
        let (again, first) =
            (drawn(&mut overlay, &scene, size.0, size.1), drawn(&mut Overlay::new(), &scene, size.0, size.1));
        assert_eq!(difference(&again, &first), None, "{size:?}");
    }
}

#[test]
fn text_never_spills_out_of_its_tile() {
    let mut overlay = Overlay::new();
    let sides = (1..40).step_by(3).chain([47, 72, 73, 96, 110, 131, 200, 400]);
    let heights = sides.clone().filter(|side| *side <= 300).chain([300]);
    let age = PictureAge::SinceArrival(Duration::from_secs(1234));
    for (width, height) in sides.flat_map(|width| heights.clone().map(move |height| (width, height))) {
        for view in [
            || View::Live(picture(ground(40, 30, GREY))),
            || stale(ground(40, 30, GREY)),
            || View::Waiting { why: "frame 0 is no JPEG: it starts with 89 50 4e 47; send whole JPEGs".into() },
            || View::Gone { why: "Grüße aus einem sehr langen Grund".into(), ago: Duration::from_secs(86_400) },
        ] {
            // Drawn alone in the middle of a larger canvas, around which nothing may change.
            let place = Rect { x: 13, y: 17, width, height };
            let numbers = Some(Numbers { fps: 29.97, age, dropped: 123_456, corrupt: 99 });
            let marks = vec![seen(found(Kind::Qr, [4, 4, 20, 20], Some("handle with care")), 1.0)];
            let name = "the robot with the long name".into();
            let counts = Kind::ALL.map(|kind| (kind, None)).to_vec();
            let tile = Tile {
                key: Some('1'),
                name,
                view: view(),
                marks,
                counts,
                numbers,
                rising: Rising { dropped: true, corrupt: true },
                troubles: Vec::new(),
            };
            overlay.canvas.resize(width as usize + 30, height as usize + 30);
            let whole = overlay.canvas.whole().area();
            overlay.canvas.whole().fill(whole, [1, 2, 3]);
            let before = overlay.canvas.clone();
            overlay.picture(&tile, place, Role::OneOfSeveral, &[], Allowance::UNLIMITED).unwrap();
            overlay.strip(&Strip::of(&tile), place);
            let changed = difference(&before, &overlay.canvas).unwrap();
            assert_eq!(changed, place);
        }
    }
}

#[test]
fn tiles_that_are_too_small_for_text_have_none() {
    let mut overlay = Overlay::new();
    let tiles = (0..64).map(|_| live_tile(ground(80, 60, PINK))).collect();
    let canvas = drawn(&mut overlay, &scene(tiles), 640, 480);
    assert!(canvas.pixels().data().iter().all(|pixel| [PINK, BLACK].contains(&(pixel & WHITE))));
}

#[test]
fn a_strip_names_the_robot_and_then_what_there_is_room_for() {
    let mut overlay = Overlay::new();
    let mut width_of_text = |width: i32, tile: &Tile| {
        overlay.canvas.resize(width as usize, 100);
        let place = Rect { x: 0, y: 0, width, height: 100 };
        overlay.picture(tile, place, Role::OneOfSeveral, &[], Allowance::UNLIMITED).unwrap();
        overlay.strip(&Strip::of(tile), place);
        extent(&overlay.canvas, |p| p != PINK && contrast(colour(p), STATUS_GROUND) > 4.5).map_or(0, |text| text.width)
    };
    let tile = live_tile(ground(640, 100, PINK));
    let widths: Vec<i32> = (10..500).map(|width| width_of_text(width, &tile)).collect();
    assert!((10..500).zip(&widths).all(|(width, text)| *text <= width - 6), "{widths:?}");
    assert!(widths.windows(2).all(|two| two[0] <= two[1] + 30), "{widths:?}");
    assert!(*widths.last().unwrap() > 250, "{widths:?}");
}

#[test]
fn a_small_tile_among_others_has_its_counts_in_one_line_and_no_labels() {
    let mut overlay = Overlay::new();
    // Without keys: a key's letter is as dark as the grounds that are looked for.
    let keyless = || Tile { key: None, ..live_tile(ground(640, 480, PINK)) };
    let mut tiles: Vec<Tile> = (0..9).map(|_| keyless()).collect();
    // The object is below the picture: there is its label, and no outline.
    tiles[4].marks = vec![seen(found(Kind::Qr, [100, 900, 9, 9], Some("handle with care")), 1.0)];
    tiles[4].counts = Kind::ALL.map(|kind| (kind, Some(1))).to_vec();
    let small = drawn(&mut overlay, &scene(tiles.clone()), 640, 504);
    let large = drawn(&mut overlay, &scene(tiles.clone()), 1280, 984);
    assert!(panels_of(&small).is_some_and(|counts| counts.height < 24), "{:?}", panels_of(&small));
    assert!(panels_of(&large).is_some_and(|both| both.height > 100), "{:?}", panels_of(&large));
    let alone = drawn(&mut overlay, &scene(vec![tiles[4].clone()]), 220, 168);
    assert!(panels_of(&alone).is_some_and(|both| both.height > 60), "{:?}", panels_of(&alone));
}

#[test]
fn a_tile_without_a_picture_says_why_in_the_middle() {
    let mut overlay = Overlay::new();
    for view in [gone(), View::Waiting { why: "waiting for its first picture".into() }] {
        let tiles = vec![live_tile(ground(640, 480, PINK)), Tile { view, ..live_tile(ground(1, 1, PINK)) }];
        let canvas = drawn(&mut overlay, &scene(tiles), 640, 240);
        let place = divided_tile(layout::tiles(2, Rect { x: 0, y: 0, width: 640, height: 240 })[1]).0;
        let is_text = |p: u32| contrast(colour(p), DARK) > 7.0 && colour(p).iter().max() == colour(p).iter().min();
        let mut tile = Canvas::default();
        tile.resize(place.width as usize, place.height as usize);
        let rows = canvas.pixels().data().chunks_exact(640).map(|row| &row[place.x as usize..]);
        for (row, from) in tile.whole().rows(Rect { x: 0, y: 0, ..place }).zip(rows) {
            row.copy_from_slice(&from[..row.len()]);
        }
        let text = extent(&tile, is_text).unwrap();
        assert!((text.x - (place.width - text.x - text.width)).abs() < 8, "{text:?} in {place:?}");
        assert!(
            (text.y - (place.height - text.y - text.height)).abs() < 12 && text.height > 25,
            "{text:?} in {place:?}"
        );
    }
}

#[test]
fn a_scene_is_drawn_from_the_start_after_a_picture_for_a_file() {
    let mut overlay = Overlay::new();
    let scene = live(ground(320, 216, PINK), Vec::new());
    let before = drawn(&mut overlay, &scene, 320, 240);
    overlay.annotate(&ground(320, 240, GREY), &[]).unwrap();
    assert_eq!(difference(&before, &drawn(&mut overlay, &scene, 320, 240)), None);
}

#[test]
fn a_skeleton_joins_the_key_points_inside_the_box() {
    let human = |keypoints| Detection { keypoints, ..found(Kind::Human, [40, 20, 100, 180], None) };
    // Shoulders and hips of a square body; all other points are at one place of it.
    let mut points = [vision::Point { x: 70, y: 60 }; vision::KEYPOINTS];
    (points[6].x, points[11].y, points[12]) = (110, 120, vision::Point { x: 110, y: 120 });
    let canvas = |keypoints| {
        let scene = live(ground(320, 240, PINK), vec![seen(human(keypoints), 1.0)]);
        drawn(&mut Overlay::new(), &scene, 320, 240 + strip_height(320, 264))
    };
    let (without, with) = (canvas(None), canvas(Some(points)));
    let changed = difference(&without, &with).unwrap();
    assert!((changed.x - 70).abs() < 4 && (changed.width - 40).abs() < 8, "{changed:?}");
    assert!((changed.y - 60).abs() < 4 && (changed.height - 60).abs() < 8, "{changed:?}");
    assert!(at(&with, 100, 75) & WHITE == PINK, "a body is not filled");
}

#[test]
fn of_hundreds_of_objects_the_first_have_labels() {
    let lettered = |count: i32| {
        let place = |n: i32| [n % 40 * 16, n / 40 * 16, 12, 12];
        let object = |n: i32| Detection { track: Some(n as u32), ..found(Kind::Tag, place(n), None) };
        let mut overlay = Overlay::new();
        let scene = live(ground(640, 480, GREY), (0..count).map(|n| seen(object(n), 1.0)).collect());
        drawn(&mut overlay, &scene, 640, 500);
        overlay.text.lines_cached()
    };
    let none = lettered(0);
    assert_eq!([60, 64, 65, 300].map(|count| lettered(count) - none), [60, 64, 64, 64]);
}

#[test]
fn of_many_large_objects_that_fade_only_some_are_drawn() {
    let edges = |count: i32| {
        let object = |n: i32| Mark {
            sight: Sight::Expected,
            ..seen(found(Kind::Tag, [10 * n, 10 * n, 620 - 10 * n, 460 - 10 * n], None), 0.9)
        };
        let scene = live(ground(640, 480, PINK), (0..count).map(object).collect());
        let canvas = drawn(&mut Overlay::new(), &scene, 640, 480 + strip_height(640, 504));
        let is_drawn = |n: &i32| (150..330).any(|y| at(&canvas, 10 * n, y) & WHITE != PINK);
        (1..count).filter(is_drawn).count()
    };
    assert_eq!(edges(3), 2);
    assert!((2..5).contains(&edges(20)), "{}", edges(20));
}
