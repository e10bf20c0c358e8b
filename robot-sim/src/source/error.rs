//! Why an input cannot be played.

use std::io;
#[cfg(feature = "video")]
use std::path::Path;
use std::path::PathBuf;

use protocol::FrameError;
use recording::ReadError;

#[cfg(feature = "video")]
use super::encode::EncodeError;
use crate::report::Count;

/// A frame that cannot be had, and from which file.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A file or folder that cannot be read.
    #[error("cannot read {path}; check its name, and that you may read it")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file without a byte.
    #[error("{path} is empty; name a JPEG file, or copy this one again if it was one")]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// A picture of another kind.
    #[error("{path} is not a JPEG but {found}; convert it, for example with `ffmpeg -i {path} picture.jpg`")]
    NotJpeg {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        found: &'static str,
    },
    /// A video where a picture should be.
    #[error("{path} is not a JPEG but a video; play it with --video instead of --images")]
    Moving {
        /// The file.
        path: PathBuf,
    },
    /// A recording where a picture or video should be.
    #[error("{path} is a recording of robots; play it with --replay")]
    IsRecording {
        /// The file.
        path: PathBuf,
    },
    /// A file of a kind that is not known.
    #[error("{path} is not a JPEG, which begins with the bytes FF D8 FF; name another file")]
    Unknown {
        /// The file.
        path: PathBuf,
    },
    /// A folder without pictures.
    #[error("{path} has no file that ends in .jpg or .jpeg; name a folder that has, or the files")]
    EmptyFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A file that does not fit a frame.
    #[error("{path} cannot be sent as one frame")]
    Frame {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: FrameError,
    },
    /// A recording that cannot be read, or not to its end.
    #[error("cannot replay {path}")]
    Recording {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: ReadError,
    },
    /// A recording without frames.
    #[error(
        "{path} has no JPEG to replay; it holds {there}; record a topic of sensor_msgs/msg/CompressedImage or foxglove.CompressedImage"
    )]
    NoFrames {
        /// The file.
        path: PathBuf,
        /// What it has.
        there: String,
    },
    /// A topic that the recording does not have, or not with frames.
    #[error("{path} has no frames on the topic {topic}; those that it has: {there}")]
    NoTopic {
        /// The file.
        path: PathBuf,
        /// The topic that was asked for.
        topic: String,
        /// The topics that can be asked for.
        there: String,
    },
    /// More topics than can be played at once.
    #[error(
        "{path} has frames on {topics} topics, and {limit} can be played at once; choose some with --topic: {there}"
    )]
    TooManyTopics {
        /// The file.
        path: PathBuf,
        /// How many topics it has.
        topics: usize,
        /// How many can be played.
        limit: usize,
        /// Some that can be chosen.
        there: String,
    },
    /// A part of the recording without frames.
    #[error(
        "{path} has no frame in the part that was asked for; its frames are from 0 to {seconds:.3} s: \
         give an earlier --start-offset or a longer --duration"
    )]
    NothingSelected {
        /// The file.
        path: PathBuf,
        /// How long the recording is.
        seconds: f64,
    },
    /// A file that is not a video, or not one that can be decoded.
    #[cfg(feature = "video")]
    #[error("cannot play {path}: {reason}")]
    Video {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A file that changed during the run.
    #[error("the input had {} when it was first read and {later} later; do not change its files during a run", Count(*.first, "frame"))]
    Changed {
        /// Frames when it was first read.
        first: u64,
        /// Frames in the pass that differs.
        later: u64,
    },
    /// A picture that cannot be decoded, resized or encoded.
    #[cfg(feature = "video")]
    #[error("cannot encode {path} to JPEG")]
    Encode {
        /// The file it came from.
        path: PathBuf,
        /// Why.
        #[source]
        source: EncodeError,
    },
    /// No encoder can be had at all.
    #[cfg(feature = "video")]
    #[error("cannot start the JPEG encoder")]
    Encoder(#[from] EncodeError),
    /// This build can neither play videos nor encode pictures.
    #[cfg(not(feature = "video"))]
    #[error(
        "this robot-sim was built without the feature `video`; build it without `--no-default-features`, \
         or give JPEG files with --images and neither --size nor --quality"
    )]
    WithoutVideo,
}

#[cfg(feature = "video")]
impl SourceError {
    pub(super) fn encode(path: &Path, source: EncodeError) -> Self {
        SourceError::Encode { path: path.to_owned(), source }
    }
}
