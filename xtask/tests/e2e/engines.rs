//! What each engine finds in the fixtures, compared with their truth and with snapshots.

use fixtures::Fixture;
use xtask::cargo;
use xtask::process::Output;
use xtask::report::Frame;
use xtask::score::{Judged, Kind, Tally};
use xtask::truth::{Truth, video};

use crate::files::{frames, run};
use crate::programs::{Viewer, exit_code, fixture, robot, streamed, viewer};
use crate::stream::expected;
use crate::{summary, truth};

#[test]
fn seeta_finds_the_faces() {
    let found = watch(Kind::Face, &["--face-engine", "seeta"]);
    found.check("faces-seeta", 0.95, 10);
}

#[test]
fn haar_finds_the_faces() {
    let found = watch(Kind::Face, &["--face-engine", "haar"]);
    found.check("faces-haar", 0.95, 10);
}

#[test]
fn the_default_engine_finds_the_drawn_humans() {
    watch(Kind::Human, &[]).assert(0.95);
}

#[test]
fn real_people_who_are_not_whole_in_the_picture_are_found_once() {
    // All that is below and to the right of these is the camera, its tripod, and sky.
    let [most, half] = [("photographer.jpg", [60.0, 80.0, 320.0, 512.0]), ("portrait.jpg", [0.0, 0.0, 240.0, 290.0])]
        .map(|(name, within)| {
            let mut detect = run(viewer().args(["detect", "--detect", "humans", &fixture(name)]));
            assert_eq!(exit_code(&mut detect), Some(0));
            let frames = frames(&detect);
            let [human] = &frames[0].detections[..] else { panic!("{name}: {:?}", frames[0].detections) };
            let [x, y, width, height] = human.area;
            let [left, top, right, bottom]: [f64; 4] = within;
            let middle = (x + width / 2.0, y + height / 2.0);
            assert!((left..right).contains(&middle.0) && (top..bottom).contains(&middle.1), "{name}: {human:?}");
            height
        });
    assert!(most > 350.0 && half > 200.0, "{most} {half}");
}

#[test]
fn a_model_for_humans_that_is_none_names_what_it_takes_and_where_that_is() {
    let file = fixture("portrait.jpg");
    let mut detect = run(viewer().args(["detect", "--detect", "humans", "--human-model", &file, &file]));
    assert_eq!(exit_code(&mut detect), Some(1));
    let errors = detect.lines(Output::Stderr).join("\n");
    for part in ["--human-model ", "portrait.jpg", "1×8400×85", "1×3598×112", "opencv_zoo"] {
        assert!(errors.contains(part), "{part:?} is missing: {errors}");
    }
}

#[test]
fn hog_finds_the_humans() {
    let found = watch(Kind::Human, &["--human-engine", "hog"]);
    found.check("humans-hog", 0.95, 37);
}

#[test]
fn hog_in_fast_mode_finds_most_humans() {
    let found = watch(Kind::Human, &["--human-engine", "hog", "--human-speed", "fast"]);
    found.check("humans-hog-fast", 0.8, 36);
}

#[test]
fn haar_finds_the_humans() {
    let found = watch(Kind::Human, &["--human-engine", "haar"]);
    found.check("humans-haar", 0.95, 42);
}

#[test]
fn tags_are_read_with_their_corners_and_their_places() {
    let engine = ["--tag-size", "0.16", "--camera", "528.7,528.7,320,240"];
    let found = watch(Kind::Tag, &engine);
    for (there, frame) in found.truth.frames.iter().zip(&found.frames) {
        for sight in there.iter().filter(|sight| !sight.object.difficult) {
            let Some(tag) = frame.detections.iter().find(|tag| tag.payload == sight.payload) else { continue };
            let off = |(a, b): (&[f64; 2], &[f64; 2])| (a[0] - b[0]).hypot(a[1] - b[1]);
            let off = tag.corners.iter().zip(&sight.object.outline.corners()).map(off).fold(0.0, f64::max);
            assert!(off < 1.5, "frame {}: {} is {off:.2} pixels off", frame.seq, tag.payload);
            let (Some(pose), Some(place)) = (&tag.pose, &sight.place) else { panic!("no pose: {tag:?}") };
            // Each tag is taken for one of 16 cm.
            let far = (0..3).map(|n| (pose.position[n] * place.side_m / 0.16 - place.position[n]).powi(2)).sum::<f64>();
            assert!(far.sqrt() < 0.03 * place.position[2], "frame {}: {pose:?}, not {place:?}", frame.seq);
        }
    }
    assert_eq!(found.truth.renumbered(found.frames.iter().map(|frame| frame.detections.as_slice())), 0);
    found.check("tags", 0.98, 31);
}

#[test]
fn sheets_for_tags_are_written_and_a_tag_that_does_not_fit_is_refused() {
    let folder = cargo::output_folder("e2e").join("sheets");
    _ = std::fs::remove_dir_all(&folder);
    let mut sheets = run(viewer().args(["tags", "--ids", "0,7", "--print"]).arg(&folder));
    assert_eq!(exit_code(&mut sheets), Some(0));
    let sheet = std::fs::read_to_string(folder.join("36h11-7-160mm.svg")).expect("the sheet is there");
    assert!(sheet.contains("210mm") && sheet.contains("id 7") && folder.join("36h11-0-160mm.svg").is_file(), "{sheet}");
    std::fs::write(folder.join("36h11-7-160mm.svg"), "mine").unwrap();
    let mut sheets = run(viewer().args(["tags", "--ids", "7", "--print"]).arg(&folder));
    assert_eq!(exit_code(&mut sheets), Some(1), "a file that was changed stays");
    assert!(sheets.lines(Output::Stderr).join("\n").contains("remove it, or name another folder"));
    let mut sheets = run(viewer().args(["tags", "--size-mm", "300", "--print"]).arg(&folder));
    assert_eq!(exit_code(&mut sheets), Some(2));
    let errors = sheets.lines(Output::Stderr).join("\n");
    assert!(errors.contains("--size-mm 300") && errors.contains("give 160 or less"), "{errors}");
}

#[test]
fn each_qr_engine_reads_what_it_can_of_the_stills() {
    for engine in ["zxing", "rqrr", "both"] {
        let stills: Vec<&Fixture> = fixtures::stills().collect();
        let mut command = viewer();
        command.args(["detect", "--detect", "qr", "--qr-engine", engine]).args(stills.iter().map(|still| still.path()));
        let mut detect = run(&mut command);
        assert_eq!(exit_code(&mut detect), Some(0));

        let mut text = String::new();
        for (frame, still) in frames(&detect).iter().zip(&stills) {
            let there = expected(still.codes);
            let stranger = frame.detections.iter().find(|found| !there.contains(&found.payload));
            assert_eq!(stranger, None, "{engine} reads in {} what is not there", still.name);
            text += &format!("{}\n{}", still.name, summary::codes(&frame.detections));
        }
        summary::check(&format!("qr-{engine}"), &text);
    }
}

#[test]
fn an_engine_without_its_model_names_the_one_it_needs() {
    let mut detect =
        run(viewer().args(["detect", "--detect", "faces", "--face-engine", "yunet", &fixture("portrait.jpg")]));
    assert_eq!(exit_code(&mut detect), Some(1));
    let errors = detect.lines(Output::Stderr).join("\n");
    assert!(errors.contains("face_detection_yunet_") && errors.contains("--face-model"), "{errors}");
}

#[test]
fn yunet_looks_at_a_video_with_a_model_that_is_brought() {
    // It takes what is bright for a face; where exactly depends on OpenCV's version.
    let stub = cargo::root().join("vision/tests/yunet/stub.onnx");
    let mut command = viewer();
    command.args(["detect", "--detect", "faces", &fixture("humans.mp4"), "--face-engine", "yunet", "--face-model"]);
    let mut detect = run(command.arg(stub));
    assert_eq!(exit_code(&mut detect), Some(0));
    let frames = frames(&detect);
    let found: Vec<_> =
        frames.iter().flat_map(|frame| frame.detections.iter().map(move |face| (frame.size, face))).collect();
    assert!(!found.is_empty() && frames.iter().all(|frame| frame.counts.contains_key("face")));
    for ((width, height), face) in found {
        let [x, y, across, down] = face.area;
        let is_inside = x >= 0.0 && y >= 0.0 && x + across <= width as f64 && y + down <= height as f64;
        assert!(face.kind == "face" && face.track.is_some() && is_inside, "{face:?}");
    }
}

#[test]
fn every_kind_is_found_over_the_wire_and_counted() {
    // In a stream humans are looked for in the fast mode.
    for (name, kind, recall) in [("faces.mp4", Kind::Face, 0.9), ("humans.mp4", Kind::Human, 0.75)] {
        let stream = streamed(&["--detect", "faces,humans"], ["--video", &fixture(name), "--fps", "0"]);

        for frame in &stream.frames {
            assert_eq!(frame.counts.keys().collect::<Vec<_>>(), ["face", "human", "qr"]);
            for (kind, &count) in &frame.counts {
                let found = frame.detections.iter().filter(|found| found.kind == *kind).count();
                assert_eq!(count, found as u64, "{kind} in frame {}", frame.seq);
            }
        }
        Watched::new(kind, stream.frames).assert(recall);
    }
}

/// Drivers that compile with LLVM bring handlers of their own for Ctrl-C; PoCL, which set-up installs for the tests, does.
#[test]
fn an_opencl_driver_takes_no_signal_from_the_viewer() {
    let mut viewer = Viewer::start(&["--face-engine", "haar"]);
    let _robot = robot(&viewer.addr, ["--images", &fixture("jpeg/small.jpg"), "--loop"]);
    let number = viewer.connected();
    viewer.frame();
    viewer.running.interrupt().expect("it runs");
    assert_eq!(viewer.rest_of(number).ended.reason, "quit");
    assert_eq!(viewer.exit_code(), Some(0));
}

/// A video of faces or humans as an engine saw it.
struct Watched {
    truth: Truth,
    frames: Vec<Frame>,
    tallies: Vec<Tally>,
}

/// Runs the viewer on the video of one kind.
fn watch(kind: Kind, engine: &[&str]) -> Watched {
    let mut detect = run(viewer().args(["detect", "--detect", kind.option()]).arg(video(kind)).args(engine));
    assert_eq!(exit_code(&mut detect), Some(0));
    Watched::new(kind, frames(&detect))
}

impl Watched {
    /// Only detections of this kind count: a portrait may well be taken for a human.
    fn new(kind: Kind, mut frames: Vec<Frame>) -> Self {
        for frame in &mut frames {
            frame.detections.retain(|found| found.kind == kind.name());
        }
        let truth = Truth::load(kind).expect("the truth is there");
        let tallies = truth::judge(&truth, &frames).iter().map(Judged::tally).collect();
        Self { truth, frames, tallies }
    }

    /// Compares it with the truth and with the snapshot `name`, which shows the boxes of frame `at`.
    fn check(&self, name: &str, recall: f64, at: usize) {
        self.assert(recall);
        summary::check(name, &summary::watched(self.truth.rate, &self.tallies, &self.frames[at]));
    }

    /// Asserts that at least this share was found, and hardly anything that is not there.
    fn assert(&self, recall: f64) {
        let all: Tally = self.tallies.iter().copied().sum();
        assert!(all.recall() >= Some(recall), "{all:?}");
        assert!(all.false_hits <= FALSE_HITS, "{all:?}");
    }
}

/// In all frames of a video together; with OpenCV 4.6 there are none.
const FALSE_HITS: usize = 2;
