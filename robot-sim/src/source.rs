//! Where the frames come from: JPEG files and recordings as they are, or a video encoded to JPEG.

#[cfg(feature = "video")]
mod encode;
mod error;
mod feed;
mod images;
mod natural;
mod recorded;
mod sniff;
#[cfg(feature = "video")]
mod video;

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use protocol::Frame;

#[cfg(feature = "video")]
pub use self::encode::EncodeError;
pub use self::error::SourceError;
pub(crate) use self::feed::{Feed, Reader};
use self::images::ImageFiles;
use self::recorded::RecordedTopic;
pub use self::recorded::Selection;
pub(crate) use self::recorded::Times;
#[cfg(feature = "video")]
use self::video::VideoFile;
use crate::schedule::{Pace, Rate};

/// What to play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A video file, encoded to JPEG frame by frame.
    Video(PathBuf),
    /// JPEG files, and folders of them.
    Images(Vec<PathBuf>),
    /// The pictures in an MCAP file, each topic by a robot of its own.
    Recording(Selection),
}

/// How often to play it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passes {
    /// Over and over until the run is ended.
    Forever,
    /// This many times.
    Times(NonZeroU32),
}

/// How to encode pictures; whatever is not given stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Encoding {
    /// The size to send.
    pub size: Option<Size>,
    /// The JPEG quality to send, from 1 to 100.
    pub quality: Option<u8>,
}

/// A picture's width and height in pixels, each from 1 to 65500, the most that the JPEG encoder takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    width: u16,
    height: u16,
}

/// A frame, and when it is due if its input says so.
#[derive(Debug, Clone)]
pub(crate) struct Played {
    pub(crate) frame: Arc<Frame>,
    /// How long after the first frame of the first pass; `None` if the rate of frames decides.
    pub(crate) at: Option<Duration>,
}

/// The frames of an input from its first to its last, once.
pub(crate) trait Pass: Send {
    /// Returns the next frame; `Ok(None)` after the last.
    fn next_frame(&mut self) -> Result<Option<Played>, SourceError>;

    /// Leaves out this many frames, which costs less than to return them.
    fn skip(&mut self, frames: u64) -> Result<(), SourceError>;
}

/// An [`Input`] that has been checked and can be played.
pub(crate) enum Opened {
    Images(ImageFiles),
    Recorded(RecordedTopic),
    #[cfg(feature = "video")]
    Video(VideoFile),
}

impl From<Frame> for Played {
    fn from(frame: Frame) -> Self {
        Self { frame: Arc::new(frame), at: None }
    }
}

impl Opened {
    /// Checks the input: everything that can be wrong with a file is found here, before a robot dials.
    ///
    /// `warn` takes a line about a file that can be sent but that a viewer will not show.
    ///
    /// Returns one for all robots, or one for each, as many as there are.
    pub(crate) fn open(
        input: &Input,
        encoding: Encoding,
        warn: &mut dyn FnMut(String),
    ) -> Result<Vec<Self>, SourceError> {
        match input {
            Input::Images(paths) => ImageFiles::open(paths, encoding, warn).map(|files| vec![Opened::Images(files)]),
            Input::Recording(selection) => {
                let topics = selection.open(warn)?;
                Ok(topics.into_iter().map(Opened::Recorded).collect())
            }
            #[cfg(feature = "video")]
            Input::Video(path) => VideoFile::open(path, encoding).map(|video| vec![Opened::Video(video)]),
            #[cfg(not(feature = "video"))]
            Input::Video(_) => Err(SourceError::WithoutVideo),
        }
    }

    /// The pace that the input itself has.
    pub(crate) fn pace(&self) -> Pace {
        match self {
            Opened::Images(_) => Pace::Even(Rate::CAMERA),
            Opened::Recorded(_) => Pace::Recorded { from: Duration::ZERO },
            #[cfg(feature = "video")]
            Opened::Video(video) => Pace::Even(video.rate()),
        }
    }

    /// How many frames one pass has; `None` if the file does not say.
    pub(crate) fn frames_a_pass(&self) -> Option<u64> {
        match self {
            Opened::Images(images) => Some(images.len() as u64),
            Opened::Recorded(topic) => Some(topic.frames()),
            #[cfg(feature = "video")]
            Opened::Video(video) => video.frames(),
        }
    }

    /// The times in a recording, if it is one.
    pub(crate) fn times(&self) -> Option<Times> {
        match self {
            Opened::Recorded(topic) => Some(topic.times()),
            _ => None,
        }
    }

    /// All frames, if they are in memory already.
    fn held(&self) -> Option<&[Played]> {
        match self {
            Opened::Images(images) => images.held(),
            Opened::Recorded(_) => None,
            #[cfg(feature = "video")]
            Opened::Video(_) => None,
        }
    }

    /// Starts with the first frame.
    fn start(&self) -> Result<Box<dyn Pass>, SourceError> {
        match self {
            Opened::Images(images) => images.start(),
            Opened::Recorded(topic) => topic.start(),
            #[cfg(feature = "video")]
            Opened::Video(video) => video.start(),
        }
    }
}

impl Encoding {
    /// Whether pictures are to be sent byte for byte.
    pub(crate) fn is_as_it_is(&self) -> bool {
        self.size.is_none() && self.quality.is_none()
    }
}

impl Passes {
    /// Whether another pass follows when `done` are over.
    fn more_after(self, done: u64) -> bool {
        match self {
            Passes::Forever => true,
            Passes::Times(times) => done < u64::from(times.get()),
        }
    }
}

impl FromStr for Passes {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "forever" => Ok(Passes::Forever),
            _ => text.parse().map(Passes::Times).map_err(|_| "give the number of passes, from 1, or no value for ever"),
        }
    }
}

impl FromStr for Size {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let side = |text: &str| text.parse().ok().filter(|side| (1..=65_500).contains(side));
        let sides = text.split_once('x').and_then(|(width, height)| Some((side(width)?, side(height)?)));
        let (width, height) = sides.ok_or("write WIDTHxHEIGHT in pixels, each 1 to 65500, for example 320x240")?;
        if u64::from(width) * u64::from(height) > MOST_PIXELS {
            return Err("write WIDTHxHEIGHT of at most 67108864 pixels in all (8192x8192), for example 320x240");
        }
        Ok(Size { width, height })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// Opens a file; a pipe would make whoever opens it wait for a writer, and cannot be read twice.
fn open_file(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is a folder, a pipe or a device, and no file"));
    }
    File::open(path)
}

/// Four times what a viewer accepts unless told otherwise; each takes three bytes while it is encoded.
const MOST_PIXELS: u64 = 8192 * 8192;

/// Encoded frames of up to this many bytes in all are kept in memory.
const HELD_BYTES: u64 = 64 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_reads_back_as_it_prints() {
        assert_eq!("320x240".parse::<Size>().unwrap().to_string(), "320x240");
        for bad in ["320", "320x", "x240", "0x240", "320x65501", "320X240", "-1x5", "320x240x3"] {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
    }

    #[test]
    fn passes_are_counted_from_one_or_endless() {
        assert_eq!("forever".parse(), Ok(Passes::Forever));
        let twice: Passes = "2".parse().unwrap();
        assert!(twice.more_after(1) && !twice.more_after(2));
        assert!(Passes::Forever.more_after(u64::MAX));
        assert!("0".parse::<Passes>().is_err() && "x".parse::<Passes>().is_err());
    }
}
