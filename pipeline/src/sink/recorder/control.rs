//! How a recording is started, stopped and watched from other threads.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::count::Count;

/// Starts and stops recordings; copies are about the same recorder.
#[derive(Debug, Clone)]
pub struct RecordingControl(Arc<Shared>);

/// What the recorder is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RecordingState {
    /// Nothing.
    #[default]
    Off,
    /// It records.
    On {
        /// Into which file.
        path: PathBuf,
        /// When the file was begun, on the program's clock.
        since: Duration,
        /// How much has been written, in all files of this recording.
        bytes: u64,
        /// How many frames the disk could not take, since the recording began.
        lost: u64,
    },
}

/// What has happened to a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordingEvent {
    /// A file was begun.
    Started {
        /// Which.
        path: PathBuf,
    },
    /// A file was ended.
    Stopped {
        /// Which.
        path: PathBuf,
        /// How many frames are in it.
        frames: u64,
        /// How large it is.
        bytes: u64,
        /// How many frames the disk could not take, since the recording began.
        lost: u64,
        /// Why.
        why: StopReason,
    },
    /// No file could be begun.
    NotStarted {
        /// Why.
        why: String,
    },
}

/// Why a file of a recording was ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StopReason {
    /// The user wanted it, or another file follows.
    Asked,
    /// The recording has reached its limit.
    Limit,
    /// The disk takes no more; the text says why.
    Failed(String),
}

impl StopReason {
    /// What to tell the user who has not asked for it.
    pub fn detail(&self) -> Option<&str> {
        match self {
            StopReason::Asked => None,
            StopReason::Limit => Some("it has reached --record-limit"),
            StopReason::Failed(why) => Some(why),
        }
    }
}

/// What the control and the recorder share.
#[derive(Debug, Default)]
pub(super) struct Shared(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    command: Option<Command>,
    /// What comes from now on is not to be recorded.
    is_stopping: bool,
    state: RecordingState,
    /// Whether frames are missing, or a recording has ended against the user's will.
    has_failed: bool,
    news: Vec<RecordingEvent>,
}

/// What the user wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Start,
    Stop,
}

/// The two ends.
pub(super) fn shared() -> (Arc<Shared>, RecordingControl) {
    let shared = Arc::new(Shared::default());
    (Arc::clone(&shared), RecordingControl(shared))
}

impl RecordingControl {
    /// Starts a recording, unless there is one; one that was to be stopped, and has not ended, goes on in the same file.
    pub fn start(&self) {
        let mut inner = self.0.lock();
        (inner.command, inner.is_stopping) = (Some(Command::Start), false);
    }

    /// Ends the recording, if there is one, once everything is written that has come.
    pub fn stop(&self) {
        let mut inner = self.0.lock();
        (inner.command, inner.is_stopping) = (Some(Command::Stop), true);
    }

    /// What the recorder is doing now.
    pub fn state(&self) -> RecordingState {
        self.0.lock().state.clone()
    }

    /// Whether any recording lacks frames, or ended before the user wanted it to.
    pub fn has_failed(&self) -> bool {
        self.0.lock().has_failed
    }

    /// What has happened since the last call.
    pub fn news(&self) -> Vec<RecordingEvent> {
        std::mem::take(&mut self.0.lock().news)
    }
}

impl Shared {
    pub(super) fn command(&self) -> Option<Command> {
        self.lock().command.take()
    }

    pub(super) fn set_state(&self, state: RecordingState) {
        self.lock().state = state;
    }

    pub(super) fn progressed(&self, written: u64, lost_frames: u64) {
        if let RecordingState::On { bytes, lost, .. } = &mut self.lock().state {
            (*bytes, *lost) = (written, lost_frames);
        }
    }

    pub(super) fn tell(&self, event: RecordingEvent) {
        let mut inner = self.lock();
        inner.has_failed |= match &event {
            RecordingEvent::Started { .. } => false,
            RecordingEvent::Stopped { lost, why, .. } => *lost > 0 || matches!(why, StopReason::Failed(_)),
            RecordingEvent::NotStarted { .. } => true,
        };
        inner.news.push(event);
    }

    /// Whether there is a file.
    pub(super) fn is_on(&self) -> bool {
        self.lock().state != RecordingState::Off
    }

    /// Whether events are to be recorded: there is a file, and it is not to end.
    pub(super) fn is_wanted(&self) -> bool {
        let inner = self.lock();
        inner.state != RecordingState::Off && !inner.is_stopping
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for RecordingEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordingEvent::Started { path } => write!(f, "recording to {}", path.display()),
            RecordingEvent::Stopped { path, frames, lost, why, .. } => {
                write!(f, "recording stopped")?;
                if let Some(why) = why.detail() {
                    write!(f, ": {why}")?;
                }
                write!(f, "; {} in {}", Count(*frames, "frame"), path.display())?;
                if *lost > 0 {
                    write!(f, ", {} lost because the disk was too slow", Count(*lost, "frame"))
                } else {
                    Ok(())
                }
            }
            RecordingEvent::NotStarted { why } => write!(f, "not recording: {why}"),
        }
    }
}
