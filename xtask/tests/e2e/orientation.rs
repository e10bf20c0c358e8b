//! Cameras that do not stand upright: what is found is where the turned picture shows it.

use std::fs;
use std::path::PathBuf;

use xtask::cargo;
use xtask::report::Frame;

use crate::programs::{exit_code, fixture, robot, streamed, viewer};
use crate::{files, stream};

#[test]
fn codes_are_read_in_turned_pictures_and_are_where_those_show_them() {
    let upright = &streamed(&[], ["--images", &still()]).frames[0];
    let (width, height) = (upright.size.0 as f64, upright.size.1 as f64);
    let quarter = |[x, y]: [f64; 2]| [height - y, x];
    let half = |[x, y]: [f64; 2]| [width - x, height - y];
    let three_quarters = |[x, y]: [f64; 2]| [y, width - x];
    for (degrees, turned, maps) in [
        ("90", (upright.size.1, upright.size.0), &quarter as &dyn Fn([f64; 2]) -> [f64; 2]),
        ("180", upright.size, &half),
        ("270", (upright.size.1, upright.size.0), &three_quarters),
    ] {
        let frame = &streamed(&["--rotate", degrees], ["--images", &still()]).frames[0];
        assert_eq!((frame.size, stream::read(frame)), (turned, stream::read(upright)), "{degrees}");
        for there in &upright.detections {
            let here = frame.detections.iter().find(|here| here.payload == there.payload).expect("it was read");
            for (is, was) in here.corners.iter().zip(&there.corners) {
                let wanted = maps(*was);
                let far = (is[0] - wanted[0]).hypot(is[1] - wanted[1]);
                assert!(far <= NEAR_PX, "{degrees}: {is:?}, and not at {wanted:?}");
            }
        }
    }
}

#[test]
fn a_picture_that_says_how_the_camera_was_held_is_made_upright() {
    let upright = found(&streamed(&[], ["--images", &still()]).frames[0]);
    // Each is undone by what is asked for: pixel by pixel it is the same picture.
    for (tag, undoing) in
        [(6, ["--rotate", "270"]), (3, ["--rotate", "180"]), (2, ["--flip", "h"]), (4, ["--flip", "v"])]
    {
        let tagged = tagged(tag);
        let file = tagged.to_str().unwrap();
        assert_eq!(found(&streamed(&undoing, ["--images", file]).frames[0]), upright, "tag {tag}");
        let mut detect = files::run(viewer().args(["detect", file, "--detect", "qr"]).args(undoing));
        assert_eq!(exit_code(&mut detect), Some(0));
        assert_eq!(files::frames(&detect)[0].size, upright.0, "tag {tag}");
    }
    let sideways = &streamed(&[], ["--images", tagged(6).to_str().unwrap()]).frames[0];
    assert_eq!(sideways.size, (upright.0.1, upright.0.0));
}

#[test]
fn each_robot_is_turned_as_is_said_of_its_name() {
    let mut viewer = crate::programs::Viewer::start(&[
        "--once",
        "--name",
        "127.0.0.1=gripper",
        "--rotate",
        "180",
        "--rotate",
        "gripper=90",
    ]);
    let mut robot = robot(&viewer.addr, ["--images", &still()]);
    let stream = viewer.stream();
    assert_eq!((viewer.exit_code(), exit_code(&mut robot)), (Some(0), Some(0)));
    let frame = &stream.frames[0];
    assert!(frame.size.0 < frame.size.1, "{:?}", frame.size);
}

/// Size, payloads and corners.
type Found = ((u64, u64), Vec<(String, Vec<[f64; 2]>)>);

fn found(frame: &Frame) -> Found {
    let codes = frame.detections.iter().map(|found| (found.payload.clone(), found.corners.clone()));
    (frame.size, codes.collect())
}

fn still() -> String {
    fixture("jpeg/two-codes.jpg")
}

/// The still with an EXIF tag of this orientation.
fn tagged(orientation: u8) -> PathBuf {
    let still = fs::read(still()).expect("the still is there");
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let len = u16::try_from(exif.len() + 2).expect("a tag is short");
    let tagged = [&still[..2], &[0xFF, 0xE1], &len.to_be_bytes(), &exif, &still[2..]].concat();
    let folder = cargo::output_folder("e2e").join("tagged");
    fs::create_dir_all(&folder).expect("target can be written");
    let file = folder.join(format!("orientation-{orientation}.jpg"));
    fs::write(&file, tagged).expect("target can be written");
    file
}

/// Readers round to whole pixels, and see other pixels in a turned picture.
const NEAR_PX: f64 = 4.0;
