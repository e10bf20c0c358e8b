//! Videos and pictures that are encoded again.

use std::io::Read;
use std::time::Instant;

use turbojpeg::{PixelFormat, read_header};

use crate::replay::recorded;
use crate::robot::{Folder, Robot};
use crate::viewer::{Viewer, read_frame};

/// Ten seconds of 640x480 at 30 frames a second.
const VIDEO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/qr.mp4");

/// Plays with these arguments, and returns the frames that one viewer gets.
fn play(args: &str) -> Vec<Vec<u8>> {
    let viewer = Viewer::new();
    let robot = Robot::start(&format!("{args} --to {}", viewer.addr));
    let mut stream = viewer.accept();
    let mut frames = Vec::new();
    while let Some(frame) = read_frame(&mut stream) {
        frames.push(frame);
    }
    drop(stream);
    robot.finish().expect_code(0).expect_stdout(&format!("sent {} frame", frames.len()));
    frames
}

/// A picture to encode again.
fn picture(folder: &Folder) -> (String, Vec<u8>) {
    let pixels: Vec<u8> = (0..96 * 64 * 3).map(|n| (n / 3 * 7 % 256) as u8).collect();
    let image = turbojpeg::Image { pixels, width: 96, pitch: 96 * 3, height: 64, format: PixelFormat::RGB };
    let bytes = turbojpeg::compress(image.as_deref(), 95, turbojpeg::Subsamp::None).unwrap().to_vec();
    (folder.write("picture.jpg", &bytes), bytes)
}

#[test]
fn a_video_arrives_whole_as_jpegs_of_its_own_size() {
    let frames = play(&format!("--video {VIDEO} --fps 0"));
    assert_eq!(frames.len(), 300);
    for frame in &frames {
        let image = turbojpeg::decompress(frame, PixelFormat::GRAY).unwrap();
        assert_eq!((image.width, image.height), (640, 480));
    }
    assert!(frames.windows(2).any(|pair| pair[0] != pair[1]), "the picture does not move");
}

#[test]
fn a_video_plays_again_from_its_first_frame() {
    let frames = play(&format!("--video {VIDEO} --fps 0 --loop 2 --size 64x48"));
    assert_eq!(frames.len(), 600);
    assert!(frames[..300] == frames[300..], "the second pass differs from the first");
}

#[test]
fn a_video_plays_at_its_own_rate() {
    let viewer = Viewer::new();
    let robot = Robot::start(&format!("--video {VIDEO} --fault end@45 --size 64x48 --to {}", viewer.addr));
    let mut stream = viewer.accept();
    let start = Instant::now();
    stream.read_to_end(&mut Vec::new()).unwrap();
    // The last of 45 frames is due after 44/30 s; only the lower bound holds on a machine that is busy.
    assert!(start.elapsed().as_millis() >= 1400, "{:?}", start.elapsed());
    drop(stream);
    robot.finish().expect_code(0).expect_stdout("sent 45 frames");
}

#[test]
fn size_and_quality_hold_for_videos_and_for_pictures() {
    let folder = Folder::new("encoded");
    let (picture, _) = picture(&folder);
    for input in [format!("--images {picture}"), format!("--video {VIDEO} --fault end@1")] {
        let one = |options: &str| {
            let viewer = Viewer::new();
            let robot = Robot::start(&format!("{input} {options} --to {}", viewer.addr));
            let frame = read_frame(&mut viewer.accept()).unwrap();
            drop(robot);
            frame
        };
        let (fine, coarse) = (one("--size 48x32 --quality 95"), one("--size 48x32 --quality 20"));
        let header = read_header(&fine).unwrap();
        assert_eq!((header.width, header.height), (48, 32), "{input}");
        assert!(coarse.len() < fine.len(), "{input}: {} and {} bytes", coarse.len(), fine.len());
    }
}

#[test]
fn quality_alone_keeps_the_size_of_a_picture() {
    let folder = Folder::new("quality");
    let (picture, bytes) = picture(&folder);
    let frames = play(&format!("--images {picture} --quality 30"));
    let header = read_header(&frames[0]).unwrap();
    assert_eq!((header.width, header.height), (96, 64));
    assert!(frames[0].len() < bytes.len());
    assert_eq!(play(&format!("--images {picture}")), [bytes]);
}

#[test]
fn what_cannot_be_decoded_is_named_with_what_to_do() {
    let folder = Folder::new("undecodable");
    let text = folder.write("text.mp4", "not a video");
    let refused = Robot::run(&format!("--video {text} --to 127.0.0.1:9")).expect_code(1);
    let refused = refused.expect_stderr(&format!("error: cannot play {text}: ")).expect_stderr("convert it");
    // What FFmpeg and OpenCV's readers think of the file is of no use beside it.
    assert_eq!(refused.stderr.lines().count(), 1, "{refused}");
    // OpenCV would play the JPEGs that it finds in one.
    let (_, jpeg) = picture(&folder);
    let recording = folder.write("drive.mcap", recorded(&[("r", 0, &jpeg), ("r", 33, &jpeg), ("r", 66, &jpeg)]));
    Robot::run(&format!("--video {recording} --to 127.0.0.1:9"))
        .expect_code(1)
        .expect_stderr("is a recording of robots; play it with --replay");
    Robot::run("--video none.mp4 --to 127.0.0.1:9")
        .expect_code(1)
        .expect_stderr("cannot read none.mp4; check its name");
    Robot::run("--video /dev/null --to 127.0.0.1:9")
        .expect_code(1)
        .expect_stderr("it is a folder, a pipe or a device, and no file");
    let (_, bytes) = picture(&folder);
    let cut = folder.write("cut.jpg", &bytes[..bytes.len() / 2]);
    Robot::run(&format!("--images {cut} --quality 50 --to 127.0.0.1:9"))
        .expect_code(1)
        .expect_stderr(&format!("cannot encode {cut} to JPEG: "));
}
