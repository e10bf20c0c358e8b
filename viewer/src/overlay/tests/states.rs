//! What the window says in each state, at sizes from a postage stamp to a large monitor.

use super::*;
use vision::{Tag, TagFamily, TagPose};

const SIZES: [(usize, usize); 4] = [(160, 120), (640, 480), (1280, 900), (2560, 1440)];

fn waiting(listen: &str, left: Option<Left>) -> Scene {
    let ips = ["192.168.1.20", "10.42.0.1", "172.17.0.1"];
    let interface = |ip: &str| crate::addresses::Interface {
        name: "eth0".into(),
        net: ip.parse::<std::net::IpAddr>().unwrap().into(),
    };
    let reach = Reach::new(listen.parse().unwrap(), ips.into_iter().map(interface).collect());
    Scene { waiting: Waiting { reach, unreached: Vec::new(), left }, ..scene(Vec::new()) }
}

fn dialling() -> Scene {
    let camera = |name: Option<&str>, url: &str, why: Option<&str>| Unreached {
        name: name.map(Into::into),
        url: url.into(),
        why: why.map(Into::into),
    };
    let refused = "Connection refused (os error 111); is it switched on, and are address and port right?";
    let unreached = vec![
        camera(Some("door"), "http://192.168.1.30:81/stream", Some(refused)),
        camera(None, "http://192.168.1.31:8080/video", None),
    ];
    Scene { waiting: Waiting { reach: Reach::dialling(), unreached, left: None }, ..scene(Vec::new()) }
}

fn left() -> Left {
    Left {
        name: "robot 1 (lab 🤖)".into(),
        from: "192.168.1.17".parse().unwrap(),
        why: "was cut off",
        detail: Some("byte 1834: 240 of 4096 bytes had come".into()),
        ago: Duration::from_secs(12),
    }
}

/// A still of a shop floor, as far as a test has one: two codes and a person's place.
fn camera() -> Pixels {
    let jpeg = std::fs::read(fixtures::get("jpeg/two-codes.jpg").unwrap().path()).unwrap();
    let picture = image::load_from_memory(&jpeg).unwrap().to_rgb8();
    let mut pixels = Pixels::new(picture.width() as usize, picture.height() as usize);
    for (to, from) in pixels.data_mut().iter_mut().zip(picture.pixels()) {
        *to = u32::from_be_bytes([0, from[0], from[1], from[2]]);
    }
    pixels
}

fn numbered(kind: Kind, place: [i32; 4], payload: Option<&str>, track: u32) -> Mark {
    seen(Detection { track: Some(track), ..found(kind, place, payload) }, 1.0)
}

fn tag() -> Mark {
    let corners = [[480.0, 300.0], [590.0, 320.0], [585.0, 410.0], [470.0, 400.0]];
    let pose = TagPose { position: [0.3, 0.2, 0.9], rotation: [1.0, 0.0, 0.0, 0.0], error_px: 0.1, ambiguity: 0.1 };
    let tag = Tag { family: TagFamily::Tag36h11, id: 17, corners, hamming: 0, margin: 80.0, pose: Some(pose) };
    seen(Detection { track: Some(4), ..Detection::tag(tag, "test") }, 1.0)
}

fn marks() -> Vec<Mark> {
    vec![
        numbered(Kind::Qr, [60, 120, 150, 150], Some("shelf A-03"), 1),
        numbered(Kind::Face, [300, 60, 90, 90], None, 2),
        numbered(Kind::Human, [260, 40, 170, 420], None, 3),
        tag(),
    ]
}

fn watched(marks: Vec<Mark>) -> Tile {
    let numbers =
        Some(Numbers { fps: 29.6, age: PictureAge::SinceTaken(Duration::from_millis(41)), dropped: 2, corrupt: 0 });
    let counts = vec![(Kind::Qr, Some(1)), (Kind::Tag, Some(1)), (Kind::Face, Some(1)), (Kind::Human, None)];
    Tile { counts, numbers, ..tile(View::Live(picture(camera())), marks) }
}

/// Every state, by name.
fn states() -> Vec<(&'static str, Scene)> {
    let many = (0..24).map(|n| {
        let payload =
            ["shelf A-03", "Grüße aus Köln 🤖", "https://example.org/a/rather/long/address?of=something"][n % 3];
        let (x, y) = (20 + 100 * (n as i32 % 6), 30 + 110 * (n as i32 / 6));
        numbered(Kind::ALL[n % 4], [x, y, 70, 60], (n % 4 == 0).then_some(payload), n as u32 + 1)
    });
    let stale = || {
        let silent_for = Duration::from_secs(7);
        Tile { view: View::Stale { picture: picture(camera()), silent_for }, ..watched(marks()) }
    };
    let rising = || {
        let numbers = Some(Numbers {
            fps: 29.6,
            age: PictureAge::SinceTaken(Duration::from_millis(41)),
            dropped: 12,
            corrupt: 7,
        });
        Tile { numbers, rising: Rising { dropped: true, corrupt: true }, ..watched(marks()) }
    };
    let keyed = |tiles: Vec<Tile>| {
        let name = |n: usize| format!("robot {} ({})", n + 1, ["left", "right", "lab", "Büro 🤖"][n % 4]);
        let key = |n: usize| char::from_digit(n as u32 + 1, 10);
        tiles.into_iter().enumerate().map(|(n, tile)| Tile { key: key(n), name: name(n), ..tile }).collect()
    };
    let gone = View::Gone { why: left().why.into(), ago: Duration::from_secs(3) };
    let four = keyed(vec![
        watched(marks()),
        stale(),
        Tile { view: gone, ..tile(View::Waiting { why: String::new() }, Vec::new()) },
        rising(),
    ]);
    let nine = keyed((0..9).map(|_| watched(marks())).collect());
    let error = "sends no pictures: byte 0: starts with [00, 00, 00, 01], which is H.264; add --codec mjpeg";
    let toast = Some("saved /home/you/pictures/robot1-frame000123.jpg".to_owned());
    vec![
        ("waiting-local", waiting("127.0.0.1:8000", None)),
        ("waiting-lan", waiting("0.0.0.0:8000", None)),
        ("dialling", dialling()),
        ("robot-left", waiting("0.0.0.0:8000", Some(left()))),
        ("live", scene(vec![watched(marks())])),
        ("many-labels", scene(vec![watched(many.collect())])),
        ("help", Scene { help: help(), ..scene(vec![watched(marks())]) }),
        ("toast", Scene { toast, ..scene(vec![watched(marks())]) }),
        ("stale", scene(vec![stale()])),
        ("rising", scene(vec![rising()])),
        ("four", scene(four)),
        ("nine", scene(nine)),
        ("error", scene(vec![tile(View::Waiting { why: error.into() }, Vec::new())])),
    ]
}

/// `ROBOT_VISION_SHOTS=folder cargo test -p viewer --lib states` leaves them as files to look at.
#[test]
fn every_state_is_drawn_at_every_size_with_what_is_written_inside() {
    let folder = std::env::var_os("ROBOT_VISION_SHOTS").map(std::path::PathBuf::from);
    let mut overlay = Overlay::new();
    let mut filler = Filler::open(&FillerChoice::Rain).unwrap();
    for (name, scene) in states() {
        for (width, height) in SIZES {
            let canvas = overlay.draw(&scene, (width, height), &mut filler, Duration::from_secs(9)).unwrap().clone();
            if let Some(folder) = &folder {
                let rgb: Vec<u8> = canvas.pixels().data().iter().flat_map(|p| p.to_be_bytes()[1..].to_vec()).collect();
                let file = folder.join(format!("{name}-{width}x{height}.png"));
                image::save_buffer(file, &rgb, width as u32, height as u32, image::ColorType::Rgb8).unwrap();
            }
            // A rise has a ground of its own in the strip, and small windows may have nothing to say.
            if scene.tiles.len() < 2 && name != "rising" {
                let panels = panels_of(&canvas).unwrap_or_else(|| panic!("{name} says nothing at {width}×{height}"));
                let bottom = (height - strip_height(width, height)) as i32;
                assert!(panels.y >= 0 && panels.y + panels.height <= bottom, "{name} at {width}×{height}: {panels:?}");
            }
        }
    }
}

#[test]
fn what_is_said_while_waiting_fits_a_window_of_any_size() {
    let mut overlay = Overlay::new();
    let sides = [1, 2, 7, 20, 25, 40, 60, 97, 160, 200, 333, 640];
    for (width, height) in sides.iter().flat_map(|w| sides.map(|h| (*w, h))) {
        for scene in [waiting("127.0.0.1:8000", None), waiting("0.0.0.0:8000", Some(left()))] {
            let canvas = drawn(&mut overlay, &scene, width, height);
            let Some(ground) = panels_of(&canvas) else {
                assert!(width < 97 || height < 40, "nothing is said at {width}×{height}");
                continue;
            };
            let strip = if height >= 4 * strip_height(width, height) { strip_height(width, height) } else { 0 };
            let area = Rect { x: 0, y: 0, width: width as i32, height: (height - strip) as i32 };
            assert_eq!(ground.intersection(&area), ground, "{width}×{height}");
        }
    }
}

#[test]
fn a_message_and_the_list_of_keys_lie_on_no_label() {
    let letters = |canvas: &Canvas| canvas.pixels().data().iter().filter(|p| is_letter(**p & WHITE, Kind::Qr)).count();
    // Far below the picture, and far beyond its top-right corner: labels alone, in the middle of the bottom and in the corner.
    for (x, y) in [(300, 5000), (5000, -5000)] {
        let mark = || vec![seen(found(Kind::Qr, [x, y, 9, 9], Some("shelf A-03")), 1.0)];
        let alone = drawn(&mut Overlay::new(), &live(ground(640, 480, PINK), mark()), 640, 504);
        let mut scene = live(ground(640, 480, PINK), mark());
        (scene.toast, scene.help) = (Some("saved /home/you/robot1-frame000001.jpg".into()), help());
        let below = drawn(&mut Overlay::new(), &scene, 640, 504);
        assert!(letters(&alone) > 50, "{}", letters(&alone));
        assert_eq!(letters(&alone), letters(&below), "at {x}, {y}");
    }
}

#[test]
fn losses_that_rise_stand_on_a_ground_of_their_own() {
    let mut overlay = Overlay::new();
    let mut red = |name: &str, rising, (width, height)| {
        let numbers = Some(Numbers { fps: 30.0, age: PictureAge::SinceTaken(Duration::ZERO), dropped: 0, corrupt: 3 });
        let view = View::Live(picture(ground(640, 480, PINK)));
        let tile = Tile { name: name.to_owned(), numbers, rising, key: Some('1'), ..tile(view, Vec::new()) };
        let canvas = drawn(&mut overlay, &scene(vec![tile]), width, height);
        canvas.pixels().data().iter().filter(|p| **p & WHITE == pixel(RED)).count()
    };
    let (rising, large) = (Rising { dropped: false, corrupt: true }, (640, 504));
    assert_eq!(red("robot 1", Rising::default(), large), 0);
    assert!(red("robot 1", rising, large) > 500);
    // However long the robot's name is, and in a tile of twenty in a small window.
    assert!(red(&"a".repeat(80), rising, large) > 500);
    assert!(red("robot 12", rising, (128, 120)) > 300);
}

#[test]
fn a_display_of_twice_as_many_dots_has_text_of_twice_the_size() {
    let label = |scale: f64, width, height| {
        let mut scene = live(ground(640, 480, PINK), Vec::new());
        scene.tiles[0].counts = vec![(Kind::Face, Some(3))];
        let mut filler = Filler::open(&FillerChoice::Rain).unwrap();
        let mut overlay = Overlay::for_display(scale);
        let canvas = overlay.draw(&scene, (width, height), &mut filler, Duration::ZERO).unwrap();
        panels_of(canvas).unwrap()
    };
    let (once, twice) = (label(1.0, 640, 504), label(2.0, 1280, 1008));
    assert!(
        (twice.width - 2 * once.width).abs() < 5 && (twice.height - 2 * once.height).abs() < 5,
        "{once:?} {twice:?}"
    );
}

#[test]
fn the_status_line_keeps_its_ground_and_gives_way_in_a_low_window() {
    let mut overlay = Overlay::new();
    let mut scene = live(ground(300, 200, PINK), Vec::new());
    let age = PictureAge::SinceTaken(Duration::from_millis(40));
    scene.tiles[0].numbers = Some(Numbers { fps: 30.0, age, dropped: 2, corrupt: 3 });
    let canvas = drawn(&mut overlay, &scene, 300, 224);
    assert!(extent(&canvas, |p| p == PINK).unwrap().height == 200);
    let text = extent(&canvas, |p| p != PINK && contrast(colour(p), STATUS_GROUND) > 4.5).unwrap();
    assert!(text.y > 200 && text.width > 170 && text.x + text.width <= 300, "{text:?}");
    let low = drawn(&mut overlay, &scene, 300, 40);
    assert_eq!(extent(&low, |p| p == PINK).unwrap().height, 40);
}

#[test]
fn an_expected_object_of_any_size_and_place_can_be_drawn() {
    const FAR: i32 = 1_000_000_000;
    for place in [[-FAR, -FAR, 9, 9], [-FAR, -FAR, 2 * FAR, 2 * FAR], [9, 9, 0, 0], [9, 9, -5, -7]] {
        let marks = Kind::ALL.map(|kind| Mark { sight: Sight::Expected, ..seen(found(kind, place, None), 1.0) });
        drawn(&mut Overlay::new(), &live(ground(300, 200, WHITE), marks.to_vec()), 300, 224);
    }
}
