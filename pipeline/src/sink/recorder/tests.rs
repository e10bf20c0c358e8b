//! Recordings that are begun, split, limited and ended.

use std::fs;
use std::path::Path;

use protocol::{Frame, Stamp};

use super::*;
use crate::event::{CorruptEvent, ReceivedEvent};
use crate::frame::RobotId;
use crate::sink::Loses;
use crate::sink::queue::{Queue, Taken, Work};

const HOUR: Duration = Duration::from_secs(3600);

/// A folder of its own for one test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("recorder-{test}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn recorder(&self, change: impl FnOnce(&mut RecorderConfig)) -> (Recorder, RecordingControl) {
        let mut config = RecorderConfig {
            target: RecordTarget::File(self.0.join("drive.mcap")),
            limit: None,
            split: None,
            durability: Durability::PowerCut,
            contents: Contents::default(),
            colours: |_| Colour { r: 0.0, g: 0.0, b: 0.0, a: 1.0 },
        };
        change(&mut config);
        Recorder::new(config, Clock::start())
    }

    fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut files: Vec<String> = entries.collect();
        files.sort();
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn robot(number: u32) -> Identity {
    Identity { id: RobotId(number), name: None }
}

fn received(seq: u64) -> Event {
    received_of(1, seq)
}

fn received_of(number: u32, seq: u64) -> Event {
    let robot = robot(number);
    let times = FrameTimes { arrived_ns: 1_795_000_000_000_000_000 + seq, stamp: Some(Stamp { seq, time_ns: seq }) };
    let frame = std::sync::Arc::new(Frame::new(vec![7; 1000]).unwrap());
    Event::Received(ReceivedEvent { robot, seq, frame, times })
}

fn stopped(news: &[RecordingEvent]) -> Option<(&Path, u64, Option<&str>)> {
    news.iter().find_map(|event| match event {
        RecordingEvent::Stopped { path, frames, why, .. } => Some((path.as_path(), *frames, why.detail())),
        RecordingEvent::Started { .. } | RecordingEvent::NotStarted { .. } => None,
    })
}

/// Of the files that have ended: how many frames and bytes they are said to have, and how many bytes they have.
fn ended(control: &RecordingControl) -> Vec<(u64, u64, u64)> {
    let ended = |event| match event {
        RecordingEvent::Stopped { path, frames, bytes, .. } => Some((frames, bytes, fs::metadata(path).unwrap().len())),
        RecordingEvent::Started { .. } | RecordingEvent::NotStarted { .. } => None,
    };
    control.news().into_iter().filter_map(ended).collect()
}

#[test]
fn nothing_is_wanted_until_somebody_records() {
    let folder = Folder::new("idle");
    let (mut recorder, control) = folder.recorder(|_| ());
    let wants = recorder.filter();
    assert!(!wants(&received(0)));
    control.start();
    recorder.flush().unwrap();
    assert!(matches!(control.state(), RecordingState::On { .. }));
    assert!(wants(&received(0)));
    recorder.write(&received(0)).unwrap();
    control.stop();
    assert!(!wants(&received(1)));
    (0..2).for_each(|_| recorder.flush().unwrap());
    let news = control.news();
    assert_eq!(stopped(&news), Some((folder.0.join("drive.mcap").as_path(), 1, None)));
    assert!(!control.has_failed());
}

#[test]
fn what_came_before_the_user_stopped_it_is_in_the_recording_and_what_was_lost_is_counted() {
    let folder = Folder::new("stopped");
    let (mut recorder, control) = folder.recorder(|_| ());
    recorder.start().unwrap();
    let queue = Queue::new(&recorder, Loses::WhatIsTooMuch);
    let pushed = (0..100_000u64).filter(|&seq| queue.push(&Arc::new(received(seq))) == Taken::Queued).count() as u64;
    assert!(pushed < 90_000, "{pushed}");
    control.stop();
    assert_eq!(queue.push(&Arc::new(received(0))), Taken::Ignored);
    while control.state() != RecordingState::Off {
        match queue.next(false, Some(Duration::ZERO)) {
            Work::Write(event) => recorder.write(&event).unwrap(),
            Work::Flush => recorder.flush().unwrap(),
            Work::End => unreachable!("nobody has closed it"),
        }
    }
    let news = control.news();
    let Some(RecordingEvent::Stopped { frames, lost, .. }) = news.last() else { unreachable!("{news:?}") };
    assert_eq!((*frames, *lost), (pushed, 100_000 - pushed));
}

#[test]
fn a_file_that_is_there_is_never_replaced() {
    let folder = Folder::new("there");
    fs::write(folder.0.join("drive.mcap"), "precious").unwrap();
    let (mut recorder, _control) = folder.recorder(|_| ());
    recorder.start().unwrap();
    recorder.close().unwrap();
    assert_eq!(fs::read(folder.0.join("drive.mcap")).unwrap(), b"precious");
    assert_eq!(folder.files(), ["drive-2.mcap", "drive.mcap"]);
}

#[test]
fn a_name_is_kept_as_the_user_writes_it() {
    let folder = Folder::new("upper");
    let path = folder.0.join("UP.MCAP");
    for _ in 0..2 {
        let (mut recorder, _control) = folder.recorder(|config| config.target = RecordTarget::File(path.clone()));
        recorder.start().unwrap();
        recorder.close().unwrap();
    }
    assert_eq!(folder.files(), ["UP-2.MCAP", "UP.MCAP"]);
}

#[test]
fn connections_that_send_no_frame_take_no_room() {
    let folder = Folder::new("silent");
    let (mut recorder, control) = folder.recorder(|_| ());
    recorder.start().unwrap();
    let peer = "10.0.0.1:5000".parse().unwrap();
    recorder.write(&Event::Connected { robot: robot(1), peer, url: None }).unwrap();
    recorder.write(&received(0)).unwrap();
    for silent in 2..100 {
        recorder.write(&Event::Connected { robot: robot(silent), peer, url: None }).unwrap();
    }
    recorder.close().unwrap();
    assert!(!control.has_failed());
    let file = fs::File::open(folder.0.join("drive.mcap")).unwrap();
    let topics = recording::contents(file).unwrap().topics;
    assert_eq!(topics.keys().collect::<Vec<_>>(), ["/robot1/camera/image/compressed", "/robot1/report"]);
}

#[test]
fn a_file_without_room_for_another_robot_is_followed_by_another() {
    let folder = Folder::new("robots");
    let (mut recorder, control) = folder.recorder(|config| config.durability = Durability::Killed);
    recorder.start().unwrap();
    let robots = 60_010;
    for number in 1..=robots {
        recorder.write(&received_of(number, 0)).unwrap();
    }
    recorder.close().unwrap();
    assert!(!control.has_failed(), "{:?}", control.news());
    let frames = |file: &str| {
        let contents = recording::contents(fs::File::open(folder.0.join(file)).unwrap()).unwrap();
        contents.topics.values().map(|topic| topic.frames).sum::<u64>()
    };
    let files = folder.files();
    assert_eq!(files, ["drive-2.mcap", "drive.mcap"]);
    assert_eq!(files.iter().map(|file| frames(file)).sum::<u64>(), u64::from(robots));
}

#[test]
fn a_file_ends_before_a_frame_and_never_without_one() {
    let folder = Folder::new("split");
    let (mut recorder, control) = folder.recorder(|config| config.split = Some(Duration::ZERO));
    recorder.start().unwrap();
    let wants = recorder.filter();
    for seq in 0..3 {
        // Nothing comes for a while, and then a frame.
        recorder.flush().unwrap();
        recorder.flush().unwrap();
        recorder.write(&received(seq)).unwrap();
        assert!(wants(&received(seq)));
    }
    recorder.flush().unwrap();
    recorder.close().unwrap();
    let frames: Vec<u64> = ended(&control).iter().map(|(frames, _, _)| *frames).collect();
    assert_eq!((frames, folder.files().len()), (vec![1, 1, 1], 3));
}

#[test]
fn a_file_is_as_long_as_it_may_be() {
    let folder = Folder::new("long");
    let (mut recorder, _control) = folder.recorder(|config| config.split = Some(HOUR));
    recorder.start().unwrap();
    recorder.write(&received(0)).unwrap();
    let first = recorder.file.as_ref().and_then(RecordingFile::first_frame_at).expect("it has a frame");
    for (later, files) in [(HOUR - Duration::from_millis(1), 1), (HOUR, 2)] {
        recorder.split_if_due(first + later);
        recorder.write(&received(1)).unwrap();
        assert_eq!(folder.files().len(), files, "{later:?}");
    }
}

#[test]
fn of_each_file_it_is_said_how_large_it_is() {
    let folder = Folder::new("sizes");
    let (mut recorder, control) = folder.recorder(|config| config.split = Some(Duration::ZERO));
    recorder.start().unwrap();
    (0..3).for_each(|seq| recorder.write(&received(seq)).unwrap());
    recorder.close().unwrap();
    let sizes: Vec<(u64, u64)> = ended(&control).iter().map(|&(_, said, size)| (said, size)).collect();
    assert!(sizes.len() == 3 && sizes.iter().all(|(said, size)| said == size), "{sizes:?}");
}

#[test]
fn a_file_that_fails_while_it_is_split_ends_the_recording() {
    let folder = Folder::new("split-fails");
    let inside = folder.0.join("inside");
    let target = RecordTarget::File(inside.join("drive.mcap"));
    let (mut recorder, control) =
        folder.recorder(|config| (config.split, config.target) = (Some(Duration::ZERO), target));
    recorder.start().unwrap();
    recorder.write(&received(0)).unwrap();
    // The next file would have to be in a folder that is now a file.
    fs::remove_dir_all(&inside).unwrap();
    fs::write(&inside, "").unwrap();
    recorder.write(&received(1)).unwrap();
    assert_eq!(control.state(), RecordingState::Off);
    assert!(matches!(control.news().last(), Some(RecordingEvent::NotStarted { .. })));
    assert!(control.has_failed());
}

#[test]
fn a_robot_whose_frames_are_all_damaged_is_in_the_recording() {
    let folder = Folder::new("damaged");
    let (mut recorder, _control) = folder.recorder(|_| ());
    recorder.start().unwrap();
    let peer = "10.0.0.1:5000".parse().unwrap();
    recorder.write(&Event::Connected { robot: robot(1), peer, url: None }).unwrap();
    let reason = "cut".to_owned();
    recorder.write(&Event::Corrupt(CorruptEvent { robot: robot(1), seq: 0, reason, more: 0 })).unwrap();
    recorder.close().unwrap();
    let file = fs::read(folder.0.join("drive.mcap")).unwrap();
    for line in [r#""event":"connected""#, r#""event":"corrupt""#] {
        assert!(file.windows(line.len()).any(|bytes| bytes == line.as_bytes()), "{line}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_at_the_start_and_a_message_later() {
    let folder = Folder::new("unwritable");
    fs::write(folder.0.join("file"), "").unwrap();
    let inside = folder.0.join("file/inside");
    let (mut recorder, control) = folder.recorder(|config| config.target = RecordTarget::Dir(inside));
    let error = recorder.start().unwrap_err().to_string();
    assert!(error.contains("file/inside") && error.contains("--record"), "{error}");
    control.start();
    recorder.flush().unwrap();
    assert_eq!(control.state(), RecordingState::Off);
    assert!(control.news().iter().any(|event| event.to_string().starts_with("not recording: ")));
    assert!(control.has_failed());
}

#[test]
fn a_file_that_is_removed_meanwhile_is_no_recording_that_ended_well() {
    let folder = Folder::new("removed");
    let (mut recorder, control) = folder.recorder(|_| ());
    recorder.start().unwrap();
    recorder.write(&received(0)).unwrap();
    fs::remove_file(folder.0.join("drive.mcap")).unwrap();
    recorder.close().unwrap();
    let said = control.news().last().unwrap().to_string();
    assert!(
        said.contains("stopped: somebody has moved or removed the file while it was written; 1 frame in "),
        "{said}"
    );
    assert!(control.has_failed());
}

#[test]
fn a_file_that_is_moved_or_cut_meanwhile_is_followed_by_another() {
    let folder = Folder::new("moved");
    let (mut recorder, control) = folder.recorder(|config| config.split = Some(Duration::ZERO));
    recorder.start().unwrap();
    recorder.write(&received(0)).unwrap();
    fs::rename(folder.0.join("drive.mcap"), folder.0.join("moved.mcap")).unwrap();
    recorder.write(&received(1)).unwrap();
    recorder.flush().unwrap();
    fs::write(folder.0.join("drive.mcap"), "").unwrap();
    recorder.write(&received(2)).unwrap();
    recorder.close().unwrap();
    assert!(control.has_failed());
    let news = control.news();
    let stopped = news.iter().filter_map(|event| match event {
        RecordingEvent::Stopped { frames, why, .. } => Some((*frames, why.detail().is_some())),
        RecordingEvent::Started { .. } | RecordingEvent::NotStarted { .. } => None,
    });
    assert_eq!(stopped.collect::<Vec<_>>(), [(1, true), (0, true), (1, false)], "{news:?}");
    for (file, frames) in [("moved.mcap", 1), ("drive-2.mcap", 1)] {
        let contents = recording::contents(fs::File::open(folder.0.join(file)).unwrap()).unwrap();
        assert_eq!(contents.topics["/robot1/camera/image/compressed"].frames, frames, "{file}");
    }
}

#[test]
fn who_sends_nothing_and_who_has_left_keep_no_name() {
    let folder = Folder::new("names");
    let (mut recorder, control) = folder.recorder(|_| ());
    recorder.start().unwrap();
    let wants = recorder.filter();
    let peer = "10.0.0.1:5000".parse().unwrap();
    let lab = |number| Identity { id: RobotId(number), name: Some("lab".into()) };
    let frame = |number| match received_of(number, 0) {
        Event::Received(received) => Event::Received(ReceivedEvent { robot: lab(number), ..received }),
        other => unreachable!("{other:?}"),
    };
    let ended = |number| Event::Ended(crate::sink::tests::ended(lab(number)));
    for number in [1, 2] {
        recorder.write(&Event::Connected { robot: lab(number), peer, url: None }).unwrap();
    }
    recorder.write(&frame(2)).unwrap();
    // Stopped and started again before it has ended: who leaves meanwhile is noticed.
    control.stop();
    assert!(!wants(&frame(2)) && wants(&ended(2)));
    recorder.write(&ended(2)).unwrap();
    control.start();
    recorder.flush().unwrap();
    recorder.write(&frame(3)).unwrap();
    recorder.close().unwrap();
    let contents = recording::contents(fs::File::open(folder.0.join("drive.mcap")).unwrap()).unwrap();
    assert_eq!(contents.topics.keys().collect::<Vec<_>>(), ["/lab/camera/image/compressed", "/lab/report"]);
}

#[test]
fn what_the_queue_could_not_take_is_counted() {
    let folder = Folder::new("lost");
    let (mut recorder, control) = folder.recorder(|_| ());
    recorder.start().unwrap();
    recorder.write(&Event::Lost { lines: 9, frames: 4 }).unwrap();
    recorder.close().unwrap();
    let said = control.news().last().unwrap().to_string();
    assert!(said.ends_with("4 frames lost because the disk was too slow"), "{said}");
    assert!(control.has_failed());
}

#[test]
fn a_folder_gets_files_that_are_named_by_the_time_of_day() {
    let folder = Folder::new("named");
    let inside = folder.0.join("recordings");
    let (mut recorder, _control) = folder.recorder(|config| config.target = RecordTarget::Dir(inside.clone()));
    recorder.start().unwrap();
    recorder.close().unwrap();
    let name = fs::read_dir(inside).unwrap().next().unwrap().unwrap().file_name().into_string().unwrap();
    // `robots-2026-11-28T21-04-05Z.mcap`
    assert!(name.starts_with("robots-20") && name.ends_with("Z.mcap") && name.len() == 32, "{name}");
}
