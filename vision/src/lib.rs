#![doc = include_str!("../README.md")]
//!
//! # What is not here
//!
//! Sockets, clocks, drawing and what a user types. Errors carry what was wrong with which file or picture; which option of a
//! program that came from, the program adds.

pub mod detect;
pub mod jpeg;
pub mod opencv_error;
pub mod orientation;
pub mod panics;
pub mod picture;
pub mod text;
pub mod track;
pub mod video;

pub use detect::engines::{Engines, Loaded, SetupError};
pub use detect::face::FaceEngine;
pub use detect::human::{HumanEngine, HumanSpeed};
pub use detect::opencl::{NoOpenCl, OpenCl, OpenClUse};
pub use detect::qr::QrEngine;
pub use detect::tag::{Camera, NoSuchFamily, Tag, TagEngine, TagFamily, TagPattern, TagPose, TagScale};
pub use detect::{
    Answer, DetectError, Detection, Detector, KEYPOINTS, Kind, Part, Payload, Point, Rect, Searched, Shape, Stream,
};
pub use jpeg::JpegError;
pub use opencv_error::keep_log_off_the_terminal;
pub use orientation::Orientation;
pub use picture::{Luma, Picture, Pixels};
pub use track::{Sight, Tracked, Tracker};
pub use video::{Video, VideoError};
