//! One file of a recording.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use protocol::Frame;
use recording::{Annotations, Times, WriteError, Writer};

use super::{Durability, RecordTarget, RecorderConfig};

/// A file that is being written.
pub(super) struct RecordingFile {
    path: PathBuf,
    writer: Writer<BufWriter<File>>,
    /// The same file, if it is to survive a power cut.
    synced: Option<File>,
    frames: u64,
    /// Of these, those that are read back whatever happens next.
    kept: u64,
    since: Duration,
    first_frame_at: Option<Duration>,
    flushed_at: Duration,
}

/// Why no recording could be begun.
#[derive(Debug, thiserror::Error)]
pub enum StartRecordingError {
    /// The folder is not there and cannot be created.
    #[error("the folder {dir} cannot be created; choose another with --record")]
    Dir {
        /// Which.
        dir: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be created.
    #[error("{path} cannot be written; choose another place with --record")]
    Create {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be begun.
    #[error("{path} cannot be begun")]
    Begin {
        /// Which.
        path: PathBuf,
        /// Why.
        source: WriteError,
    },
}

/// Why a recording ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error("the disk does not keep what is written ({0})")]
    Sync(io::Error),
    #[error("somebody has moved or removed the file while it was written")]
    Gone,
    #[error("somebody has cut the file while it was written")]
    Cut,
}

impl RecordingFile {
    /// Creates a new file at `now`; the program's clock was started `epoch_ns` after 1970.
    pub(super) fn create(config: &RecorderConfig, epoch_ns: u64, now: Duration) -> Result<Self, StartRecordingError> {
        let wanted = match &config.target {
            RecordTarget::Dir(dir) => dir.join(name_of(Duration::from_nanos(epoch_ns) + now)),
            RecordTarget::File(path) => path.clone(),
        };
        let dir = wanted.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(dir).map_err(|source| StartRecordingError::Dir { dir: dir.to_owned(), source })?;
        let (file, path) = new_file(wanted).map_err(|(path, source)| StartRecordingError::Create { path, source })?;
        let synced = match config.durability {
            Durability::Killed => None,
            Durability::PowerCut => {
                Some(file.try_clone().map_err(|source| StartRecordingError::Create { path: path.clone(), source })?)
            }
        };
        // Flushed, so that it is a recording from its first moment on.
        let begun = Writer::new(BufWriter::new(file)).and_then(|mut writer| writer.flush().map(|()| writer));
        match begun {
            Ok(writer) => {
                Ok(Self { path, writer, synced, frames: 0, kept: 0, since: now, first_frame_at: None, flushed_at: now })
            }
            Err(source) => {
                // Nobody can read what is left.
                _ = fs::remove_file(&path);
                Err(StartRecordingError::Begin { path, source })
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn since(&self) -> Duration {
        self.since
    }

    pub(super) fn flushed_at(&self) -> Duration {
        self.flushed_at
    }

    pub(super) fn bytes(&self) -> u64 {
        self.writer.bytes()
    }

    /// When its first frame was written.
    pub(super) fn first_frame_at(&self) -> Option<Duration> {
        self.first_frame_at
    }

    /// Whether another robot has room in it.
    pub(super) fn has_room(&self) -> bool {
        self.writer.has_room()
    }

    pub(super) fn frame(&mut self, robot: &str, times: Times, frame: &Frame, now: Duration) -> Result<(), FileError> {
        self.writer.frame(robot, times, frame.as_bytes())?;
        self.first_frame_at.get_or_insert(now);
        self.frames += 1;
        Ok(())
    }

    pub(super) fn annotations(&mut self, robot: &str, times: Times, found: &Annotations) -> Result<(), FileError> {
        Ok(self.writer.annotations(robot, times, found)?)
    }

    pub(super) fn report(&mut self, robot: &str, times: Times, line: &str) -> Result<(), FileError> {
        Ok(self.writer.report(robot, times, line)?)
    }

    /// Makes sure that what was written up to `now` is read back, whatever happens next.
    pub(super) fn flush(&mut self, now: Duration) -> Result<(), FileError> {
        self.flushed_at = now;
        self.writer.flush()?;
        self.synced.as_ref().map_or(Ok(()), File::sync_data).map_err(FileError::Sync)?;
        self.kept = self.frames;
        Ok(())
    }

    /// Writes what readers find their way by; how many frames can be read for certain, and how large the file is.
    pub(super) fn finish(self) -> (u64, u64, Result<(), FileError>) {
        let (counted, mut size) = (self.bytes(), None);
        let Self { path, writer, synced, frames, kept, .. } = self;
        let end = || {
            let file = writer.finish()?.into_inner().map_err(|error| FileError::Sync(error.into_error()))?;
            // Only the system knows the size with what was written last.
            size = file.metadata().ok();
            synced.as_ref().map_or(Ok(()), File::sync_all).map_err(FileError::Sync)?;
            check(&file, &path)
        };
        let ended = end();
        let frames = match ended {
            Ok(()) | Err(FileError::Gone) => frames,
            Err(FileError::Cut) => 0,
            Err(FileError::Write(_) | FileError::Sync(_)) => kept,
        };
        let size = size.or_else(|| fs::metadata(&path).ok());
        (frames, size.map_or(counted, |file| file.len()), ended)
    }
}

/// Whether what was written to `file` can be found at `path`.
fn check(file: &File, path: &Path) -> Result<(), FileError> {
    let look = || {
        let mut there = File::open(path)?;
        let (file, found) = (file.metadata()?, there.metadata()?);
        #[cfg(unix)]
        let is_another = {
            use std::os::unix::fs::MetadataExt as _;
            (file.dev(), file.ino()) != (found.dev(), found.ino())
        };
        #[cfg(not(unix))]
        let is_another = file.len() != found.len();
        let mut head = [0; recording::MAGIC.len()];
        there.read_exact(&mut head).map(|()| (is_another, head))
    };
    match look() {
        Ok((true, _)) => Err(FileError::Gone),
        Ok((false, recording::MAGIC)) => Ok(()),
        Ok((false, _)) => Err(FileError::Cut),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(FileError::Gone),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(FileError::Cut),
        // It cannot be known.
        Err(_) => Ok(()),
    }
}

/// Creates the file, or `stem-2.mcap` and so on if it is there.
fn new_file(wanted: PathBuf) -> Result<(File, PathBuf), (PathBuf, io::Error)> {
    let mut path = wanted.clone();
    for copy in 2.. {
        match File::options().write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((file, path)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err((path, error)),
        }
        let mut name = wanted.file_stem().unwrap_or_default().to_owned();
        name.push(format!("-{copy}."));
        name.push(wanted.extension().unwrap_or_default());
        path.set_file_name(name);
    }
    unreachable!("there are more numbers than files")
}

/// `robots-2026-11-28T21-04-05Z.mcap`: sorts by time, and is a name on every system.
fn name_of(since_1970: Duration) -> String {
    let time = humantime::format_rfc3339_seconds(UNIX_EPOCH + since_1970).to_string();
    format!("robots-{}.mcap", time.replace(':', "-"))
}
