//! Video files, decoded by OpenCV one picture at a time.

use std::path::{Path, PathBuf};
use std::time::Duration;

use opencv::core::Mat;
use opencv::imgproc;
use opencv::prelude::{MatTraitConst, VideoCaptureTrait, VideoCaptureTraitConst};
use opencv::videoio::{CAP_ANY, CAP_FFMPEG, CAP_PROP_FPS, CAP_PROP_FRAME_COUNT, VideoCapture};

use crate::opencv_error::reason;
use crate::picture::Pixels;

/// An open video file.
///
/// ```
/// let path = fixtures::get("qr.mp4").ok_or("not in the catalogue")?.path();
/// let (mut video, mut pixels) = (vision::Video::open(&path)?, vision::Pixels::default());
/// let mut pictures = 0;
/// while video.next(&mut pixels)? {
///     pictures += 1;
/// }
/// assert_eq!((pictures, pixels.width(), pixels.height()), (300, 640, 480));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Video {
    path: PathBuf,
    capture: VideoCapture,
    frame: Mat,
    fps: f64,
    announced: Option<u64>,
}

/// Why a video cannot be read; the caller adds the path.
#[derive(Debug, thiserror::Error)]
pub enum VideoError {
    /// OpenCV takes paths in UTF-8 only.
    #[error("its name is not UTF-8, which OpenCV needs")]
    NotUtf8,
    /// The file is missing, or in no format that OpenCV knows.
    #[error("is not a video that OpenCV can open")]
    Unopened,
    /// OpenCV failed.
    #[error("{}", reason(.0))]
    Library(#[from] opencv::Error),
}

impl Video {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// Fails where OpenCV cannot open the file as a video.
    pub fn open(path: &Path) -> Result<Self, VideoError> {
        let capture = open(path)?;
        let fps = capture.get(CAP_PROP_FPS).unwrap_or_default();
        let fps = if fps.is_finite() && fps >= 1.0 { fps } else { ASSUMED_FPS };
        let announced = capture.get(CAP_PROP_FRAME_COUNT).ok().filter(|count| *count >= 1.0 && *count < 1e12);
        let announced = announced.map(|count| count as u64);
        Ok(Self { path: path.to_owned(), capture, frame: Mat::default(), fps, announced })
    }

    /// How many pictures there are by what the file says at its front, or by how long it says it is; `None` where it does not.
    ///
    /// Whole files have it right to one or two: some players leave out what is before the first key frame.
    pub fn announced(&self) -> Option<u64> {
        self.announced
    }

    /// For how long each picture is meant to be shown.
    pub fn frame_time(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.fps)
    }

    /// Puts the next picture into `pixels`; false at the end, which a damaged video reaches early.
    ///
    /// # Errors
    /// Fails where OpenCV does.
    pub fn next(&mut self, pixels: &mut Pixels) -> Result<bool, VideoError> {
        if !self.capture.read(&mut self.frame)? {
            return Ok(false);
        }
        pixels.resize(self.frame.cols() as usize, self.frame.rows() as usize);
        let mut target = pixels.mat_mut()?;
        imgproc::cvt_color_def(&self.frame, &mut target, imgproc::COLOR_BGR2BGRA)?;
        Ok(true)
    }

    /// Goes back to the first picture, by opening the file again: not every container can be read backwards.
    ///
    /// # Errors
    /// As [`Video::open`]; the video then stays where it is.
    pub fn rewind(&mut self) -> Result<(), VideoError> {
        self.capture = open(&self.path)?;
        Ok(())
    }
}

fn open(path: &Path) -> Result<VideoCapture, VideoError> {
    let capture = VideoCapture::from_file(path.to_str().ok_or(VideoError::NotUtf8)?, BACKEND)?;
    if capture.is_opened()? { Ok(capture) } else { Err(VideoError::Unopened) }
}

/// FFmpeg reads whatever the other backends read; OpenCV would try them one after the other, and each complains on the
/// terminal.
const BACKEND: i32 = if cfg!(target_os = "linux") { CAP_FFMPEG } else { CAP_ANY };

/// Assumed where the file does not give its rate.
const ASSUMED_FPS: f64 = 30.0;
