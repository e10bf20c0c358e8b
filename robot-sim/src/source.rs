//! Where the frames come from: JPEG files as they are, or a video encoded to JPEG.

#[cfg(feature = "video")]
mod encode;
mod images;
mod natural;
mod sniff;
#[cfg(feature = "video")]
mod video;

use std::fmt;
use std::io;
use std::num::NonZeroU32;
#[cfg(feature = "video")]
use std::path::Path;
use std::path::PathBuf;
use std::str::FromStr;

use protocol::{Frame, FrameError};

#[cfg(feature = "video")]
pub use self::encode::EncodeError;
use self::images::Stills;
#[cfg(feature = "video")]
use self::video::Film;
use crate::schedule::Rate;

/// What to play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A video file, encoded to JPEG frame by frame.
    Video(PathBuf),
    /// JPEG files, and folders of them.
    Images(Vec<PathBuf>),
}

/// How often to play it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passes {
    /// Over and over until told to stop.
    Forever,
    /// So many times.
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

/// The frames of one robot, in order; `Ok(None)` once everything has been played as often as asked.
pub(crate) trait Source: Send {
    /// Returns the next frame, which holds until the next call.
    fn next_frame(&mut self) -> Result<Option<&Frame>, SourceError>;
}

/// An [`Input`] that has been looked at and can be played, by several robots at once.
pub(crate) enum Reel {
    Stills(Stills),
    #[cfg(feature = "video")]
    Film(Film),
}

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
    /// A file that is not a video, or not one that can be decoded.
    #[cfg(feature = "video")]
    #[error("cannot play {path}: {reason}")]
    Video {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
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

impl Reel {
    /// Looks at the input: everything that can be wrong with a file is found here, before the robot dials.
    ///
    /// `warn` takes a line about a file that can be sent but that a viewer will not show.
    pub(crate) fn open(input: &Input, encoding: Encoding, warn: &mut dyn FnMut(String)) -> Result<Self, SourceError> {
        match input {
            Input::Images(paths) => Stills::open(paths, encoding, warn).map(Reel::Stills),
            #[cfg(feature = "video")]
            Input::Video(path) => Film::open(path, encoding).map(Reel::Film),
            #[cfg(not(feature = "video"))]
            Input::Video(_) => Err(SourceError::WithoutVideo),
        }
    }

    /// Starts playing from the beginning.
    pub(crate) fn play(&self, passes: Passes) -> Result<Box<dyn Source>, SourceError> {
        match self {
            Reel::Stills(stills) => stills.play(passes),
            #[cfg(feature = "video")]
            Reel::Film(film) => film.play(passes),
        }
    }

    /// The rate that the input itself has.
    pub(crate) fn rate(&self) -> Rate {
        match self {
            Reel::Stills(_) => Rate::CAMERA,
            #[cfg(feature = "video")]
            Reel::Film(film) => film.rate(),
        }
    }

    /// How many frames one pass has; `None` if the file does not say.
    pub(crate) fn frames_a_pass(&self) -> Option<u64> {
        match self {
            Reel::Stills(stills) => Some(stills.len() as u64),
            #[cfg(feature = "video")]
            Reel::Film(film) => film.frames(),
        }
    }
}

#[cfg(feature = "video")]
impl SourceError {
    fn encode(path: &Path, source: EncodeError) -> Self {
        SourceError::Encode { path: path.to_owned(), source }
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
    fn more_after(self, done: u32) -> bool {
        match self {
            Passes::Forever => true,
            Passes::Times(times) => done < times.get(),
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
        Ok(Size { width, height })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

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
        assert!(Passes::Forever.more_after(u32::MAX));
        assert!("0".parse::<Passes>().is_err() && "x".parse::<Passes>().is_err());
    }
}
