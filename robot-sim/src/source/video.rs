//! A video file, decoded by OpenCV and encoded to JPEG frame by frame.

use std::env;
use std::path::{Path, PathBuf};

use opencv::core::{self, LogLevel, Mat};
use opencv::prelude::*;
use opencv::videoio::{CAP_ANY, CAP_FFMPEG, CAP_PROP_FPS, CAP_PROP_FRAME_COUNT, VideoCapture};
use protocol::Frame;

use super::encode::JpegEncoder;
use super::{Encoding, Pass, Played, SourceError, images, open_file};
use crate::schedule::Rate;

/// A video file that OpenCV can play.
pub(crate) struct VideoFile {
    path: PathBuf,
    encoding: Encoding,
    rate: Rate,
    frames: Option<u64>,
}

/// A video that is being played.
struct Player {
    path: PathBuf,
    capture: VideoCapture,
    picture: Mat,
    encoder: JpegEncoder,
}

impl VideoFile {
    /// Opens the file, decodes its first frame and reads its rate and length.
    pub(crate) fn open(path: &Path, encoding: Encoding) -> Result<Self, SourceError> {
        // OpenCV does not say why it cannot open a file, and would take a URL or a pattern of file names for one.
        open_file(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
        keep_opencv_quiet().map_err(|error| refused(path, &error))?;
        let mut capture = open(path)?;
        let property = |id| capture.get(id).ok().filter(|value: &f64| value.is_finite() && *value >= 1.0);
        let rate = property(CAP_PROP_FPS).and_then(|fps| Rate::try_from(fps).ok()).unwrap_or(Rate::CAMERA);
        let frames = property(CAP_PROP_FRAME_COUNT).map(|count| count as u64);
        if !capture.read(&mut Mat::default()).map_err(|error| refused(path, &error))? {
            return Err(unplayable(path, "OpenCV finds no picture in it; check that a video player shows it"));
        }
        Ok(Self { path: path.to_owned(), encoding, rate, frames })
    }

    /// The video's own rate.
    pub(crate) fn rate(&self) -> Rate {
        self.rate
    }

    /// How many frames the file says it has.
    pub(crate) fn frames(&self) -> Option<u64> {
        self.frames
    }

    /// Starts with the first frame.
    ///
    /// Opening the file again is exact where seeking to the first frame is not, with some codecs.
    pub(super) fn start(&self) -> Result<Box<dyn Pass>, SourceError> {
        let encoder = JpegEncoder::new(self.encoding)?;
        Ok(Box::new(Player { path: self.path.clone(), capture: open(&self.path)?, picture: Mat::default(), encoder }))
    }
}

impl Pass for Player {
    fn next_frame(&mut self) -> Result<Option<Played>, SourceError> {
        if !self.capture.read(&mut self.picture).map_err(|error| refused(&self.path, &error))? {
            return Ok(None);
        }
        let jpeg = self.encoder.encode(&self.picture).map_err(|source| SourceError::encode(&self.path, source))?;
        let frame = Frame::new(jpeg).map_err(|source| SourceError::Frame { path: self.path.clone(), source })?;
        Ok(Some(frame.into()))
    }

    fn skip(&mut self, frames: u64) -> Result<(), SourceError> {
        for _ in 0..frames {
            self.capture.grab().map_err(|error| refused(&self.path, &error))?;
        }
        Ok(())
    }
}

fn open(path: &Path) -> Result<VideoCapture, SourceError> {
    let Some(name) = path.to_str() else {
        return Err(unplayable(path, "OpenCV takes only file names in UTF-8; rename it"));
    };
    // Some builds of FFmpeg find the JPEGs in one.
    if images::is_recording(path) {
        return Err(SourceError::IsRecording { path: path.to_owned() });
    }
    let capture = VideoCapture::from_file(name, BACKEND).map_err(|error| refused(path, &error))?;
    if capture.is_opened().map_err(|error| refused(path, &error))? {
        Ok(capture)
    } else {
        Err(unplayable(path, "OpenCV cannot decode it; convert it, for example to an MP4 with H.264"))
    }
}

/// FFmpeg reads whatever the other backends read; OpenCV would try them one after the other, and GStreamer now and then
/// complains on the terminal.
const BACKEND: i32 = if cfg!(target_os = "linux") { CAP_FFMPEG } else { CAP_ANY };

/// Keeps OpenCV from printing what each of its readers thinks of a file, unless the user asks to see that.
fn keep_opencv_quiet() -> opencv::Result<()> {
    if env::var_os("OPENCV_LOG_LEVEL").is_none() {
        core::set_log_level(LogLevel::LOG_LEVEL_SILENT)?;
    }
    Ok(())
}

fn unplayable(path: &Path, reason: &str) -> SourceError {
    SourceError::Video { path: path.to_owned(), reason: reason.to_owned() }
}

fn refused(path: &Path, error: &opencv::Error) -> SourceError {
    SourceError::Video { path: path.to_owned(), reason: error.message.clone() }
}
