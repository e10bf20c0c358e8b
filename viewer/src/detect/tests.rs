//! Files that are searched, annotated, and never replaced.

use super::album::Album;
use super::*;
use vision::Detection;

#[test]
fn pictures_are_never_annotated_over_themselves() {
    let album = Album::new("itself", &["in/a.jpg", "in/b.png"]);
    let before = album.bytes("in/a.jpg");
    let error = album.detect(&["in"], "in/../in", "report.jsonl").unwrap_err();
    assert!(error.contains("--annotate") && error.contains("another folder"), "{error}");
    assert!(album.bytes("in/a.jpg") == before, "the picture was replaced");
    assert!(!album.0.join("report.jsonl").exists() && !album.0.join("in/b.jpg").exists(), "something was written");
}

#[cfg(unix)]
#[test]
fn a_link_to_a_picture_is_not_written_through() {
    let album = Album::new("link", &["in/a.jpg", "out/x.png"]);
    let before = album.bytes("in/a.jpg");
    std::os::unix::fs::symlink(album.0.join("in/a.jpg"), album.0.join("out/a.jpg")).unwrap();
    let error = album.detect(&["in"], "out", "report.jsonl").unwrap_err();
    assert!(error.contains("--annotate"), "{error}");
    fs::remove_file(album.0.join("out/a.jpg")).unwrap();
    fs::hard_link(album.0.join("in/a.jpg"), album.0.join("out/a.jpg")).unwrap();
    album.detect(&["in"], "out", "report.jsonl").unwrap();
    assert!(album.bytes("in/a.jpg") == before, "the picture was replaced");
    assert!(album.bytes("out/a.jpg") != before, "there is no annotated picture");
}

#[test]
fn the_report_never_replaces_a_picture() {
    let album = Album::new("report", &["in/a.jpg"]);
    let before = album.bytes("in/a.jpg");
    fs::hard_link(album.0.join("in/a.jpg"), album.0.join("report.jsonl")).unwrap();
    for report in ["in/a.jpg", "report.jsonl"] {
        let error = album.detect(&["in"], "out", report).unwrap_err();
        assert!(error.contains("--report"), "{error}");
        assert!(album.bytes("in/a.jpg") == before, "the picture was replaced");
    }
}

#[test]
fn each_line_of_the_report_has_an_annotated_picture_of_its_own() {
    let album = Album::new("names", &["x/a.jpg", "y/a.jpg", "z/a-2.jpg"]);
    // The second time over what the first left.
    for _ in 0..2 {
        album.detect(&["x/a.jpg", "y/a.jpg", "z/a-2.jpg"], "out", "report.jsonl").unwrap();
    }
    assert_eq!(album.bytes("report.jsonl").iter().filter(|&&byte| byte == b'\n').count(), 3);
    assert_eq!(fs::read_dir(album.0.join("out")).unwrap().count(), 3);
}

#[test]
fn what_could_not_be_read_is_counted_files_and_folders_alike() {
    let album = Album::new("unread", &["in/a.jpg"]);
    fs::create_dir(album.0.join("empty")).unwrap();
    fs::write(album.0.join("text.jpg"), "no picture").unwrap();
    let error = album.detect(&["in", "empty", "none.jpg", "text.jpg"], "out", "report.jsonl").unwrap_err();
    assert!(error.starts_with("3 of the files and folders"), "{error}");
}

#[test]
fn a_missing_file_is_not_reported_as_a_corrupt_picture() {
    let album = Album::new("missing", &[]);
    fs::create_dir_all(&album.0).unwrap();
    fs::write(album.0.join("text.jpg"), "no picture").unwrap();
    album.detect(&["none.jpg", "text.jpg"], "out", "report.jsonl").unwrap_err();
    let written = String::from_utf8(album.bytes("report.jsonl")).unwrap();
    assert!(!written.contains("none.jpg"), "{written}");
    assert!(written.contains(r#""event":"corrupt""#) && written.contains("text.jpg"), "{written}");
}

struct Panicking;

impl Detector for Panicking {
    fn kind(&self) -> Kind {
        Kind::Face
    }

    fn detect(&mut self, _: &Picture) -> Result<Vec<Detection>, DetectError> {
        panic!("as asked")
    }
}

#[test]
fn a_detector_that_panics_costs_its_count_and_not_the_report() {
    let album = Album::new("panic", &["in/a.jpg", "in/b.jpg"]);
    let report = ReportTarget::File(album.0.join("report.jsonl")).open().unwrap();
    let (detectors, panics): (Vec<Box<dyn Detector>>, _) = (vec![Box::new(Panicking)], BTreeMap::new());
    let orientation = Orientation::UPRIGHT;
    let limit = PixelLimit::DEFAULT;
    let mut search = Search { clock: Clock::start(), detectors, panics, orientation, limit, report, annotations: None };
    let pictures = ["in/a.jpg", "in/b.jpg"].map(|name| album.0.join(name));
    assert_eq!(search.files(&pictures).unwrap(), 0);
    assert_eq!(search.panics, [(Kind::Face, 2)].into());
    drop(search);
    let written = String::from_utf8(album.bytes("report.jsonl")).unwrap();
    assert_eq!(written.matches(r#""counts":{}"#).count(), 2, "{written}");
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_gone_ends_it_also_at_a_file_that_cannot_be_read() {
    let album = Album::new("gone", &["in/a.jpg"]);
    let pipe = album.0.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = File::options().read(true).write(true).open(&pipe).unwrap();
    let report = ReportTarget::File(pipe).open().unwrap();
    drop(reader);
    let (detectors, panics) = (Vec::new(), BTreeMap::new());
    let orientation = Orientation::UPRIGHT;
    let limit = PixelLimit::DEFAULT;
    let mut search = Search { clock: Clock::start(), detectors, panics, orientation, limit, report, annotations: None };
    let texts = ["text.jpg", "text.png"].map(|name| album.0.join(name));
    texts.iter().for_each(|text| fs::write(text, "no picture").unwrap());
    assert_eq!(search.files(&texts).unwrap(), 1);
}
