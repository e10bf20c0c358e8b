//! Files in a folder of their own.

use std::env;

use pipeline::{FrameId, Received, RobotId};
use protocol::Frame;
use vision::Picture;

use super::*;

/// A folder of its own for one test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let dir = env::temp_dir().join(format!("save-{test}-{}", std::process::id()));
        _ = fs::remove_dir_all(&dir);
        Self(dir)
    }

    fn saver(&self) -> Saver {
        Saver::start(SaveDir::open(Some(&self.0)).unwrap()).unwrap()
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn picture(seq: u64) -> Arc<StreamPicture> {
    let jpeg = Pixels::new(32, 16).to_jpeg(90).unwrap();
    let picture = Picture::from_jpeg(&jpeg).unwrap();
    let received = Received {
        id: FrameId { robot: RobotId(2), seq },
        frame: Arc::new(Frame::new(jpeg).unwrap()),
        at: Duration::ZERO,
        age: None,
    };
    Arc::new(StreamPicture::new(received, picture))
}

fn screen() -> Job {
    Job::Screen { stem: "window".to_owned(), pixels: Pixels::new(3, 2) }
}

/// What is said of the next pictures that are done.
fn next_news(saver: &Saver) -> String {
    let outcome = saver.outcomes.recv_timeout(Duration::from_secs(60)).expect("the thread is there");
    outcome.map_or_else(|reason| reason, |path| path.display().to_string())
}

#[test]
fn a_picture_is_saved_as_it_came_by_a_name_that_no_other_has() {
    let folder = Folder::new("names");
    let saver = folder.saver();
    for _ in 0..2 {
        saver.save(Job::Picture(picture(7))).unwrap();
    }
    saver.save(screen()).unwrap();
    saver.close();
    assert_eq!(folder.names(), ["robot2-frame000007-2.jpg", "robot2-frame000007.jpg", "window.png"]);
    assert!(fs::read(folder.0.join("robot2-frame000007.jpg")).unwrap() == picture(7).frame.as_bytes());
    let png = image::open(folder.0.join("window.png")).unwrap();
    assert_eq!((png.width(), png.height()), (3, 2));
}

#[test]
fn the_whole_path_is_said_also_of_a_folder_that_was_given_in_part() {
    let dir = Path::new("../target/save-relative-test");
    let saver = Saver::start(SaveDir::open(Some(dir)).unwrap()).unwrap();
    saver.save(screen()).unwrap();
    let said = next_news(&saver);
    assert!(Path::new(&said).is_absolute() && said.ends_with("/window.png"), "{said}");
    fs::remove_dir_all(dir).unwrap();
}

#[test]
fn the_window_is_told_of_the_last_file_or_of_a_failure_once() {
    let (jobs, _queue) = mpsc::sync_channel(1);
    let (done, outcomes) = mpsc::channel();
    let (_printing, printed) = mpsc::channel();
    let saver = Saver { jobs, outcomes, printed };
    let saved = |name: &str| done.send(Ok(Path::new("/pictures").join(name))).unwrap();
    assert_eq!(saver.news(), None);
    saved("a.jpg");
    assert_eq!(saver.news().as_deref(), Some("saved /pictures/a.jpg"));
    assert_eq!(saver.news(), None);
    saved("b.jpg");
    saved("c.jpg");
    assert_eq!(saver.news().as_deref(), Some("saved 2 pictures, up to /pictures/c.jpg"));
    done.send(Err("disk full".to_owned())).unwrap();
    saved("d.jpg");
    assert!(saver.news().unwrap().starts_with("not saved: disk full; "));
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_that_names_the_option() {
    let folder = Folder::new("file");
    fs::write(&folder.0, "in the way").unwrap();
    let error = SaveDir::open(Some(&folder.0.join("pictures"))).unwrap_err().to_string();
    assert!(error.starts_with("--save-dir ") && error.contains("yours to write"), "{error}");
    fs::remove_file(&folder.0).unwrap();
}

#[test]
fn a_folder_that_has_gone_is_a_failure_that_says_what_to_do() {
    let folder = Folder::new("gone");
    let saver = folder.saver();
    fs::remove_dir_all(&folder.0).unwrap();
    saver.save(screen()).unwrap();
    let reason = next_news(&saver);
    assert!(not_saved(&reason).contains("--save-dir") && reason.contains("No such file"), "{reason}");
}

#[test]
fn a_disk_that_stands_still_holds_nobody_up() {
    // Nobody takes the jobs out.
    let (jobs, _queue) = mpsc::sync_channel(MOST_WAITING);
    let (_done, outcomes) = mpsc::channel();
    let (_printing, printed) = mpsc::channel();
    let saver = Saver { jobs, outcomes, printed };
    for _ in 0..MOST_WAITING {
        saver.save(screen()).unwrap();
    }
    let said = saver.save(screen()).unwrap_err();
    assert!(said.contains("disk is still busy"), "{said}");
}
