//! Saves pictures, on a thread of its own: a slow disk is not felt on the screen.
#![expect(clippy::disallowed_methods, reason = "files are written, and standard error too, by threads")]

mod dir;
mod encode;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::thread;
use std::time::Duration;

use pipeline::StreamPicture;
use vision::Pixels;

use crate::scene::Scene;
use crate::terminal::{print, print_unless_stuck};
pub(crate) use dir::SaveDir;

/// A folder for pictures, and the thread that writes them there.
pub(crate) struct Saver {
    jobs: SyncSender<Job>,
    outcomes: Receiver<Outcome>,
    /// Closed once all there is to say is on standard error.
    printed: Receiver<()>,
}

/// A picture to save.
#[derive(Debug)]
pub(crate) enum Job {
    /// A robot's, as it came, or as it lies now.
    Picture(Arc<StreamPicture>),
    /// What the window shows.
    Screen {
        /// The file's name, without its ending.
        stem: String,
        pixels: Pixels,
    },
}

impl Job {
    /// What a file is called that shows `scene`; `None` where there is no picture in it.
    pub(crate) fn name(scene: &Scene) -> Option<String> {
        let picture = scene.pictures().next()?;
        let (robot, frame) = (picture.id.robot.0, picture.id.seq);
        let is_alone = scene.tiles.len() == 1;
        Some(if is_alone { format!("robot{robot}-frame{frame:06}-overlay") } else { "robots-overlay".to_owned() })
    }
}

/// The file that was written, or why there is none.
type Outcome = Result<PathBuf, String>;

impl Saver {
    pub(crate) fn start(dir: SaveDir) -> io::Result<Self> {
        let (jobs, to_do) = mpsc::sync_channel::<Job>(MOST_WAITING);
        let (done, outcomes) = mpsc::channel();
        let (messages, to_print) = mpsc::sync_channel::<String>(MOST_MESSAGES);
        let (printing, printed) = mpsc::channel::<()>();
        let work = move || {
            for job in to_do {
                let outcome = save(dir.path(), &job);
                let message = match &outcome {
                    Ok(path) => format!("saved {}", path.display()),
                    Err(reason) => format!("{}: {}", dir.path().display(), not_saved(reason)),
                };
                // The main loop may have gone; a terminal that stands still gets no more than it can hold.
                _ = done.send(outcome);
                _ = messages.try_send(message);
            }
        };
        thread::Builder::new().name("save".to_owned()).spawn(work)?;
        let print_all = move || {
            to_print.iter().for_each(|message| print(&message));
            drop(printing);
        };
        thread::Builder::new().name("saved".to_owned()).spawn(print_all)?;
        Ok(Self { jobs, outcomes, printed })
    }

    /// Has a picture saved; the error is what to tell the user instead.
    pub(crate) fn save(&self, job: Job) -> Result<(), String> {
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => {
                format!("not saved: the disk is still busy with {MOST_WAITING} pictures; try again in a moment")
            }
            TrySendError::Disconnected(_) => "not saved: saving has failed; start the viewer again".to_owned(),
        })
    }

    /// What has become of the pictures since the last call, in words for the window.
    pub(crate) fn news(&self) -> Option<String> {
        let outcomes: Vec<Outcome> = self.outcomes.try_iter().collect();
        let failed = outcomes.iter().find_map(|outcome| outcome.as_ref().err());
        match (&outcomes[..], failed) {
            (_, Some(reason)) => Some(not_saved(reason)),
            ([Ok(path)], None) => Some(format!("saved {}", path.display())),
            ([.., Ok(path)], None) => Some(format!("saved {} pictures, up to {}", outcomes.len(), path.display())),
            _ => None,
        }
    }

    /// Waits for what is still to be written, as long as the disk moves.
    pub(crate) fn close(self) {
        drop(self.jobs);
        loop {
            match self.outcomes.recv_timeout(PATIENCE) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    return print_unless_stuck("the last pictures could not be saved: the disk does not answer");
                }
            }
        }
        _ = self.printed.recv_timeout(PATIENCE);
    }
}

fn not_saved(reason: &str) -> String {
    format!("not saved: {reason}; is the folder still there, and the disk not full? --save-dir chooses another")
}

/// Writes a new file; none that is there is changed, and none is left behind half-written.
fn save(dir: &Path, job: &Job) -> Outcome {
    let (stem, ending) = match job {
        Job::Picture(picture) => (format!("robot{}-frame{:06}", picture.id.robot.0, picture.id.seq), "jpg"),
        Job::Screen { stem, .. } => (stem.clone(), "png"),
    };
    let bytes = match job {
        Job::Picture(picture) => encode::jpeg(picture)?,
        Job::Screen { pixels, .. } => encode::png(pixels)?.into(),
    };
    for copy in 1.. {
        let name = if copy == 1 { format!("{stem}.{ending}") } else { format!("{stem}-{copy}.{ending}") };
        let path = dir.join(name);
        let mut file = match File::options().write(true).create_new(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error.to_string()),
        };
        if let Err(error) = file.write_all(&bytes) {
            _ = fs::remove_file(&path);
            return Err(error.to_string());
        }
        return Ok(path);
    }
    unreachable!("there are more numbers than files")
}

/// Pictures, each a few megabytes, that wait for the disk.
const MOST_WAITING: usize = 16;
const MOST_MESSAGES: usize = 64;
/// For a disk that writes nothing.
const PATIENCE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests;
