//! Video files, decoded by OpenCV one frame at a time.

use std::path::Path;
use std::time::Duration;

use opencv::core::Mat;
use opencv::imgproc;
use opencv::prelude::{MatTraitConst, VideoCaptureTrait, VideoCaptureTraitConst};
use opencv::videoio::{CAP_ANY, CAP_FFMPEG, CAP_PROP_FPS, VideoCapture};

use crate::opencv_error::reason;
use crate::picture::Pixels;

/// An open video file.
pub struct Video {
    path: String,
    capture: VideoCapture,
    frame: Mat,
    fps: f64,
}

impl Video {
    pub fn open(path: &Path) -> Result<Self, String> {
        let path = path.to_str().ok_or("its name is not UTF-8, which OpenCV needs")?.to_owned();
        let capture = open(&path)?;
        let fps = capture.get(CAP_PROP_FPS).unwrap_or_default();
        let fps = if fps.is_finite() && fps >= 1.0 { fps } else { ASSUMED_FPS };
        Ok(Self { path, capture, frame: Mat::default(), fps })
    }

    /// For how long each frame is meant to be seen.
    pub fn frame_time(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.fps)
    }

    /// Puts the next frame into `pixels`; false at the end.
    pub fn next(&mut self, pixels: &mut Pixels) -> Result<bool, String> {
        if !self.capture.read(&mut self.frame).map_err(|error| reason(&error))? {
            return Ok(false);
        }
        pixels.resize(self.frame.cols() as usize, self.frame.rows() as usize);
        let mut target = pixels.mat_mut().map_err(|error| reason(&error))?;
        imgproc::cvt_color_def(&self.frame, &mut target, imgproc::COLOR_BGR2BGRA).map_err(|error| reason(&error))?;
        Ok(true)
    }

    /// Back to the first frame: opened anew, since going back inside a file is not possible in every container.
    pub fn rewind(&mut self) -> Result<(), String> {
        self.capture = open(&self.path)?;
        Ok(())
    }
}

fn open(path: &str) -> Result<VideoCapture, String> {
    let capture = VideoCapture::from_file(path, BACKEND).map_err(|error| reason(&error))?;
    if capture.is_opened().map_err(|error| reason(&error))? {
        Ok(capture)
    } else {
        Err("is no video that OpenCV can open".to_owned())
    }
}

/// FFmpeg reads whatever the others read; tried one after the other they fill the terminal with their complaints.
const BACKEND: i32 = if cfg!(target_os = "linux") { CAP_FFMPEG } else { CAP_ANY };

/// For files that do not say.
const ASSUMED_FPS: f64 = 30.0;
