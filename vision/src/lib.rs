//! Pictures in, objects out: decodes JPEGs, finds QR codes, faces and humans, and follows them from picture to picture.
//!
//! ```text
//!  JPEG ──▶ Picture ──▶ Detector ──▶ [Detection] ──▶ Tracker ──▶ numbered objects
//! ```
//!
//! Not here: sockets, threads of control, drawing, and what a user types; crate `pipeline` feeds streams through this.

pub mod detect;
pub mod jpeg;
pub mod opencv_error;
pub mod panics;
pub mod picture;
pub mod track;
pub mod video;

pub use detect::engines::{Engines, Loaded, SetupError};
pub use detect::face::FaceEngine;
pub use detect::human::{HumanEngine, HumanSpeed};
pub use detect::opencl::{NoOpenCl, OpenCl, OpenClUse};
pub use detect::qr::QrEngine;
pub use detect::{DetectError, Detection, Detector, Kind, Payload, Point, Rect, Shape, Stream};
pub use jpeg::JpegError;
pub use picture::{Luma, Picture, Pixels};
pub use track::{Sight, Tracked, Tracker};
pub use video::Video;
