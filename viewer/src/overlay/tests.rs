use super::*;
use crate::addresses::Reach;
use crate::canvas::{Colour, Placement};
use crate::filler::FillerChoice;
use crate::scene::{Left, Numbers, Rising, Unreached};
use palette::measured::contrast;
use palette::{BRIGHT, DARK, RED, STATUS_GROUND, colour_of};
use pipeline::{FrameId, PictureAge, Received, RobotId, StreamPicture};
use std::cell::Cell;
use std::sync::Arc;
use vision::detect::{Kind, Payload, Point, Shape};

mod labels;
mod states;
mod tiles;

const WHITE: u32 = 0x00FF_FFFF;
const GREY: u32 = 0x0080_8080;
const BLACK: u32 = 0;
/// Ground that nothing is drawn in.
const PINK: u32 = 0x00FF_00FF;

fn pixel([blue, green, red]: Colour) -> u32 {
    u32::from_be_bytes([0, red, green, blue])
}

fn colour(pixel: u32) -> Colour {
    let [_, red, green, blue] = pixel.to_be_bytes();
    [blue, green, red]
}

fn ground(width: usize, height: usize, pixel: u32) -> Pixels {
    let mut pixels = Pixels::new(width, height);
    pixels.data_mut().fill(pixel);
    pixels
}

fn found(kind: Kind, [x, y, width, height]: [i32; 4], payload: Option<&str>) -> Detection {
    let payload = payload.map(|text| Payload::new(text.as_bytes().to_vec(), None));
    let shape = Shape::Rect(Rect { x, y, width, height });
    Detection { payload, score: Some(1.0), ..Detection::new(kind, shape, "test") }
}

fn annotated(pixels: &Pixels, found: &[Detection]) -> Canvas {
    Overlay::new().annotate(pixels, found).unwrap().clone()
}

fn seen(detection: Detection, opacity: f64) -> Mark {
    Mark { detection, opacity, sight: Sight::Seen }
}

/// A picture, which is another one each time.
fn picture(pixels: Pixels) -> Arc<StreamPicture> {
    thread_local!(static PICTURES: Cell<u64> = const { Cell::new(0) });
    let seq = PICTURES.replace(PICTURES.get() + 1);
    let received = Received {
        id: FrameId { robot: RobotId(1), seq },
        frame: Arc::new(protocol::Frame::new(vec![0]).unwrap()),
        at: Duration::ZERO,
        age: None,
    };
    Arc::new(StreamPicture::new(received, pixels.into()))
}

fn tile(view: View, marks: Vec<Mark>) -> Tile {
    Tile {
        key: None,
        name: "robot 1".into(),
        view,
        marks,
        counts: Vec::new(),
        numbers: None,
        rising: Rising::default(),
        troubles: Vec::new(),
    }
}

fn scene(tiles: Vec<Tile>) -> Scene {
    let reach = Reach::new("192.168.1.20:8000".parse().unwrap(), Vec::new());
    Scene {
        tiles,
        waiting: Waiting { reach, unreached: Vec::new(), left: None },
        recording: None,
        toast: None,
        help: None,
    }
}

/// The list of keys, with one of the switches on.
fn help() -> Option<Help> {
    Some(Help { on: [Kind::Face].into(), skeletons: false })
}

fn strip_height(width: usize, height: usize) -> usize {
    Sizes::of(width as i32, height as i32, 1.0).strip() as usize
}

/// Where a picture of this size is in a window with one robot.
fn place_of((width, height): (usize, usize), window: (usize, usize)) -> Placement {
    Placement::fit(width, height, window.0, window.1 - strip_height(window.0, window.1))
}

fn live(pixels: Pixels, marks: Vec<Mark>) -> Scene {
    scene(vec![tile(View::Live(picture(pixels)), marks)])
}

fn drawn(overlay: &mut Overlay, scene: &Scene, width: usize, height: usize) -> Canvas {
    let mut filler = Filler::open(&FillerChoice::Rain).unwrap();
    overlay.draw(scene, (width, height), &mut filler, Duration::ZERO).unwrap().clone()
}

/// The smallest rectangle around the pixels of which `is_meant` is true.
fn extent(canvas: &Canvas, is_meant: impl Fn(u32) -> bool) -> Option<Rect> {
    let width = canvas.width();
    let at = canvas
        .pixels()
        .data()
        .iter()
        .enumerate()
        .filter(|(_, p)| is_meant(**p & WHITE))
        .map(|(n, _)| (n % width, n / width));
    at.map(|(x, y)| Rect { x: x as i32, y: y as i32, width: 1, height: 1 }).reduce(|a, b| {
        let (x, y) = (a.x.min(b.x), a.y.min(b.y));
        let (right, bottom) = ((a.x + a.width).max(b.x + b.width), (a.y + a.height).max(b.y + b.height));
        Rect { x, y, width: right - x, height: bottom - y }
    })
}

/// Where labels and messages have their ground.
fn panels_of(canvas: &Canvas) -> Option<Rect> {
    extent(canvas, |p| p == pixel(DARK))
}

/// Whether `p` is a letter's, also where that covers the dark ground only in part.
fn is_letter(p: u32, kind: Kind) -> bool {
    let (ink, ground) = (colour_of(kind).map(f64::from), f64::from(DARK[0]));
    let strongest = (0..3).max_by(|a, b| ink[*a].total_cmp(&ink[*b])).unwrap();
    let cover = |n: usize| f64::from(colour(p)[n]) - ground;
    let share = cover(strongest) / (ink[strongest] - ground);
    share > 0.4 && (0..3).all(|n| (cover(n) - share * (ink[n] - ground)).abs() < 4.0)
}

fn at(canvas: &Canvas, x: i32, y: i32) -> u32 {
    canvas.pixels().data()[y as usize * canvas.width() + x as usize] & WHITE
}

#[test]
fn heads_get_circles_and_bodies_boxes() {
    let drawn = |kind| annotated(&Pixels::new(100, 100), &[found(kind, [20, 20, 60, 60], None)]);
    // Middle of the left side, and the corner: a circle has the one, a box both.
    let (head, body) = (drawn(Kind::Face), drawn(Kind::Human));
    assert_eq!([at(&head, 20, 50), at(&head, 20, 20)], [pixel(colour_of(Kind::Face)), BLACK]);
    assert_eq!([at(&body, 20, 50), at(&body, 20, 20)], [pixel(colour_of(Kind::Human)); 2]);
}

#[test]
fn a_code_gets_its_four_sides_and_a_dot_at_its_first_corner() {
    let corners = [(60, 20), (90, 60), (50, 90), (20, 50)];
    let shape = Shape::Quad(corners.map(|(x, y)| Point { x, y }));
    let code = Detection { shape, ..found(Kind::Qr, [0; 4], None) };
    let canvas = annotated(&ground(110, 110, WHITE), &[code]);
    let colour = pixel(colour_of(Kind::Qr));
    for n in 0..4 {
        let ((x, y), (to_x, to_y)) = (corners[n], corners[(n + 1) % 4]);
        let middle = at(&canvas, (x + to_x) / 2, (y + to_y) / 2);
        assert_eq!(middle, colour, "side {n}");
    }
    // Wider than a line, at the first corner and at no other: looked at from the middle, just beyond the corner.
    let beyond = [(60, 17), (93, 60), (50, 93), (17, 50)].map(|(x, y)| at(&canvas, x, y) == colour);
    assert_eq!(beyond, [true, false, false, false]);
}

#[test]
fn a_label_is_inside_the_picture_wherever_its_object_is() {
    let mut overlay = Overlay::new();
    for y in [-70, -10, 0, 60, 130, 165, 220] {
        for x in [-90, -10, 0, 100, 260, 295, 400] {
            let shape = Shape::Rect(Rect { x, y, width: 30, height: 30 });
            let code = Detection { shape, ..found(Kind::Qr, [0; 4], Some("handle with care")) };
            // A window higher than the picture: bars above and below it.
            let scene = live(ground(300, 180, PINK), vec![seen(code, 1.0)]);
            let canvas = drawn(&mut overlay, &scene, 300, 300);
            let place = place_of((300, 180), (300, 300)).area();
            let label = panels_of(&canvas).unwrap();
            assert_eq!(label.intersection(&place), label, "for an object at {x}, {y}");
            assert!(label.width > 80, "{label:?}");
        }
    }
}

#[test]
fn nothing_is_beside_its_place_in_a_picture_or_window_of_any_size() {
    let mut overlay = Overlay::new();
    let sides = [1, 2, 7, 20, 23, 25, 31, 40, 49, 60, 97, 200];
    for (width, height) in sides.iter().flat_map(|w| sides.map(|h| (*w, h))) {
        let code = |text: &str| found(Kind::Qr, [1, 1, width as i32 / 2, height as i32 / 2], Some(text));
        let marks = |text: &str| vec![seen(code(text), 1.0)];
        for text in ["handle with care", "Grüße aus Köln 🤖"] {
            // A picture of the window's width and a small one that is drawn large, with everything over them.
            for picture in [(width, height), (3, 2)] {
                let mut scene = live(ground(picture.0, picture.1, PINK), marks(text));
                scene.tiles[0].counts = Kind::ALL.map(|kind| (kind, None)).to_vec();
                scene.toast = Some("saved as a-file-with-a-long-name.jpg".into());
                scene.help = help().filter(|_| width % 2 == 0);
                let canvas = drawn(&mut overlay, &scene, width, height);
                assert_eq!((canvas.width(), canvas.height()), (width, height));
                if let Some(panels) = panels_of(&canvas) {
                    let whole = Rect { x: 0, y: 0, width: width as i32, height: height as i32 };
                    let (area, _) = divided(whole, Sizes::of(whole.width, whole.height, 1.0));
                    assert_eq!(panels.intersection(&area), panels, "{width}×{height}, picture {picture:?}");
                }
            }
        }
    }
}

#[test]
fn a_label_has_its_ground_all_around_or_is_left_out() {
    // The object is far outside: there is nothing but its label.
    let code = |text| found(Kind::Qr, [-900, -900, 9, 9], Some(text));
    for (width, height) in [(1, 1), (20, 20), (45, 23), (60, 40), (97, 61), (200, 25), (300, 300)] {
        for text in ["handle with care", "Grüße aus Köln"] {
            let canvas = annotated(&ground(width, height, PINK), &[code(text)]);
            let Some(label) = panels_of(&canvas) else {
                assert!(width < 60 || height < 25, "there is room for {text:?} in {width}×{height}");
                assert_eq!(canvas.pixels().data(), ground(width, height, PINK).data());
                continue;
            };
            let (right, bottom) = (label.x + label.width - 1, label.y + label.height - 1);
            let sides = (label.y..=bottom).flat_map(|y| [label.x, label.x + 3, right - 3, right].map(|x| (x, y)));
            let mut frame = sides.chain((label.x..=right).flat_map(|x| [label.y, bottom].map(|y| (x, y))));
            assert!(frame.all(|(x, y)| at(&canvas, x, y) == pixel(DARK)), "{text:?} is cut in {width}×{height}");
        }
    }
}

#[test]
fn an_object_of_any_size_and_place_can_be_drawn() {
    const FAR: i32 = 1_000_000_000;
    for place in [[-FAR, -FAR, 9, 9], [FAR, FAR, 9, 9], [-FAR, -FAR, 2 * FAR, 2 * FAR], [9, 9, 0, 0], [9, 9, -5, -7]] {
        for kind in Kind::ALL {
            let label = panels_of(&annotated(&ground(200, 100, PINK), &[found(kind, place, Some("shelf"))]));
            assert!(label.is_some(), "{kind} at {place:?}");
        }
    }
}

#[test]
fn an_outline_ends_at_the_edge_of_the_picture() {
    let mark = seen(found(Kind::Face, [100, -30, 60, 60], None), 1.0);
    let canvas = drawn(&mut Overlay::new(), &live(ground(300, 200, PINK), vec![mark]), 500, 424);
    let face = extent(&canvas, |p| p == pixel(colour_of(Kind::Face))).unwrap();
    assert_eq!(face.y, place_of((300, 200), (500, 424)).y);
    assert!((0..500).all(|x| at(&canvas, x, face.y - 1) == BLACK && at(&canvas, x, 0) == BLACK));
}

#[test]
fn labels_are_readable_on_any_ground_until_they_have_half_faded() {
    let mut overlay = Overlay::new();
    for (ground_colour, kind, text, opacity) in [WHITE, GREY, BLACK].into_iter().flat_map(|ground| {
        Kind::ALL.into_iter().flat_map(move |kind| {
            ["shelf A-03", "Grüße"].into_iter().flat_map(move |text| [1.0, 0.75, 0.5].map(|o| (ground, kind, text, o)))
        })
    }) {
        let mark = seen(found(kind, [150, 40, 60, 60], Some(text)), opacity);
        let canvas = drawn(&mut overlay, &live(ground(400, 200, ground_colour), vec![mark]), 400, 224);
        // Below the object, left of it and the outline: the label alone.
        let label = Rect { x: 150, y: 110, width: 60, height: 12 };
        let pixels: Vec<u32> = (label.y..label.y + label.height)
            .flat_map(|y| (label.x..label.x + label.width).map(move |x| (x, y)))
            .map(|(x, y)| at(&canvas, x, y))
            .collect();
        let ground = pixels.iter().copied().filter(|p| *p == pixel(DARK)).count();
        assert!(ground * 3 > pixels.len(), "{text} on {ground_colour:06x}: no ground");
        let best = pixels.iter().map(|p| contrast(colour(*p), DARK)).fold(0.0, f64::max);
        assert!(best >= 4.5, "{kind} {text:?} on {ground_colour:06x} at {opacity}: {best:.1}");
        let lit = pixels.iter().filter(|p| contrast(colour(**p), DARK) >= 3.0).count();
        assert!(lit > 30, "{kind} {text:?} on {ground_colour:06x} at {opacity}: {lit} pixels of text");
    }
}

#[test]
fn outline_and_label_fade_to_nothing_without_a_jump() {
    let mut overlay = Overlay::new();
    let mut darkness = |opacity: f64, [x, y]: [i32; 2]| {
        let mark = seen(found(Kind::Human, [150, 40, 60, 60], Some("shelf")), opacity);
        let canvas = drawn(&mut overlay, &live(ground(400, 200, WHITE), vec![mark]), 400, 224);
        255 - i32::from(colour(at(&canvas, x, y))[2])
    };
    // The dark line around the box, and the label's ground.
    let top = place_of((400, 200), (400, 224)).y;
    for spot in [[180, 38 + top], [152, 104 + top]] {
        let steps: Vec<i32> = (0..=20).map(|n| darkness(f64::from(n) / 20.0, spot)).collect();
        assert!(steps[0] == 0 && steps[20] > 100, "{spot:?}: {steps:?}");
        assert!(steps.windows(2).all(|s| (0..=26).contains(&(s[1] - s[0]))), "{spot:?}: {steps:?}");
    }
}

#[test]
fn neighbours_have_their_labels_beside_each_other() {
    let places = [[20, 40, 40, 40], [50, 45, 40, 40], [35, 42, 40, 40]];
    let codes = |n: usize| {
        places[..n].iter().map(|place| found(Kind::Qr, *place, Some("handle with care"))).collect::<Vec<_>>()
    };
    let ground = ground(400, 200, PINK);
    let covered =
        |n| annotated(&ground, &codes(n)).pixels().data().iter().filter(|p| **p & WHITE == pixel(DARK)).count();
    // Three labels take three times the room: none hides another. The outlines have little of that darkness.
    let (one, three) = (covered(1), covered(3));
    assert!(three > one * 5 / 2, "{one} {three}");
}

#[test]
fn labels_keep_clear_of_the_counts() {
    let mut overlay = Overlay::new();
    let mark = |payload| seen(found(Kind::Face, [0, 0, 40, 30], payload), 1.0);
    let mut scene = live(ground(400, 200, PINK), vec![mark(None)]);
    scene.tiles[0].counts = vec![(Kind::Qr, Some(1)), (Kind::Human, Some(0))];
    let counts = panels_of(&drawn(&mut overlay, &scene, 400, 224)).unwrap();
    scene.tiles[0].marks = vec![mark(Some("shelf"))];
    let canvas = drawn(&mut overlay, &scene, 400, 224);
    let letters = extent(&canvas, |p| p == pixel(colour_of(Kind::Face))).unwrap();
    assert!(letters.y + letters.height > counts.y + counts.height + 10, "{letters:?} below {counts:?}");
}

#[test]
fn counts_are_in_the_top_left_corner_in_the_colour_of_their_kind() {
    let mut overlay = Overlay::new();
    let mut scene = live(ground(400, 200, PINK), Vec::new());
    let mut rows = |counts: [Option<usize>; 4]| {
        scene.tiles[0].counts = Kind::ALL.into_iter().zip(counts).collect();
        let canvas = drawn(&mut overlay, &scene, 400, 224);
        let all = panels_of(&canvas).unwrap();
        assert!(all.x < 10 && all.y < 10 && all.width < 200 && all.height < 130, "{all:?}");
        Kind::ALL.map(|kind| extent(&canvas, |p| is_letter(p, kind)).unwrap())
    };
    let (counted, looking) = (rows([Some(1), Some(2), Some(3), Some(4)]), rows([None; 4]));
    for rows in [&counted, &looking] {
        // One below the other, and each begins at the left.
        assert!(rows.windows(2).all(|two| two[0].y + two[0].height <= two[1].y), "{rows:?}");
        assert!(rows.iter().all(|row| row.x < 20), "{rows:?}");
    }
    for (counted, looking) in counted.iter().zip(&looking) {
        assert!(looking.width > counted.width + 20, "`looking…` is longer than a digit: {counted:?} {looking:?}");
    }
    // A kind that is off has no row.
    scene.tiles[0].counts = vec![(Kind::Face, Some(1))];
    let canvas = drawn(&mut overlay, &scene, 400, 224);
    assert_eq!(extent(&canvas, |p| p == pixel(colour_of(Kind::Qr))), None);
}

#[test]
fn the_silence_is_told_clear_of_the_counts() {
    let mut overlay = Overlay::new();
    let mut scene = live(ground(400, 320, PINK), Vec::new());
    let View::Live(picture) = &scene.tiles[0].view else { unreachable!("the view is live") };
    scene.tiles[0].view = View::Stale { picture: Arc::clone(picture), silent_for: Duration::from_secs(12) };
    let before = drawn(&mut overlay, &scene, 400, 344);
    scene.tiles[0].counts = Kind::ALL.map(|kind| (kind, None)).to_vec();
    let after = drawn(&mut overlay, &scene, 400, 344);
    // As many bright letters as without the counts, and each kind's own, dimmed with the picture.
    let bright =
        |canvas: &Canvas| canvas.pixels().data().iter().filter(|p| contrast(colour(**p), BRIGHT) < 1.5).count();
    assert!(bright(&before) > 50 && bright(&before) == bright(&after), "{} {}", bright(&before), bright(&after));
    let dimmed = |kind| pixel(colour_of(kind).map(|value| (u32::from(value) * 115 / 256) as u8));
    let rows = Kind::ALL.map(|kind| extent(&after, |p| p == dimmed(kind)).map(|row| row.width > 20));
    assert_eq!(rows, [Some(true); 4]);
}

#[test]
fn a_long_payload_is_lettered_once_and_cut() {
    let mut overlay = Overlay::new();
    let mark = seen(found(Kind::Qr, [40, 40, 60, 60], Some(&"Grüße ".repeat(700))), 1.0);
    let mut scene = live(ground(640, 480, PINK), vec![mark]);
    let first = drawn(&mut overlay, &scene, 640, 504);
    let label = panels_of(&first).unwrap();
    assert!((200..500).contains(&label.width), "{label:?}");
    let lines = overlay.text.lines_cached();
    // Neither more pictures nor fading make another line of it.
    for opacity in [1.0, 0.9, 0.4, 0.1] {
        scene.tiles[0].marks[0].opacity = opacity;
        drawn(&mut overlay, &scene, 640, 504);
    }
    assert_eq!(overlay.text.lines_cached(), lines);
}

#[test]
fn an_expected_object_is_dashed_and_dim_and_has_no_label() {
    for kind in Kind::ALL {
        let drawn = |sight| {
            let mark = Mark { sight, ..seen(found(kind, [60, 40, 100, 100], Some("shelf")), 1.0) };
            drawn(&mut Overlay::new(), &live(ground(300, 200, WHITE), vec![mark]), 300, 224)
        };
        let (seen, expected) = (drawn(Sight::Seen), drawn(Sight::Expected));
        let has_label = |canvas: &Canvas| (62..90).any(|x| at(canvas, x, 150) == pixel(DARK));
        assert!(has_label(&seen) && !has_label(&expected), "{kind}");
        // Down the right side's middle, where all kinds have a line: unbroken if seen.
        let darkest = |canvas: &Canvas, y: i32| (156..165).map(|x| colour(at(canvas, x, y))[2]).min().unwrap();
        let [seen, expected] =
            [&seen, &expected].map(|canvas| (75..105).map(|y| darkest(canvas, y)).collect::<Vec<_>>());
        assert!(seen.iter().all(|value| *value < 80), "{kind}: {seen:?}");
        assert!(expected.contains(&255), "{kind} has no gaps: {expected:?}");
        assert!(expected.iter().any(|value| (90..200).contains(value)), "{kind} has no dashes: {expected:?}");
        assert!(expected.iter().all(|value| *value > 90), "{kind} is not dim: {expected:?}");
    }
}
