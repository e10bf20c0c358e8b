//! Recordings of robots in MCAP: frames, what was found in them, and the report.
//!
//! ```text
//! /ROBOT/camera/image/compressed   sensor_msgs/msg/CompressedImage in CDR, as ROS 2 records it
//! /ROBOT/detections                foxglove.ImageAnnotations in protobuf
//! /ROBOT/report                    the report's lines, JSON
//! ```
//!
//! [`Writer`] writes them. [`Reader`] reads these and what others recorded: every channel of compressed pictures in ROS 1, ROS 2
//! or Foxglove's protobuf.
//!
//! Not here: files, threads and clocks, which belong to the caller; and any look into a JPEG.

mod annotations;
mod cdr;
mod contents;
mod fields;
mod foxglove;
mod image;
mod reader;
mod ros1;
mod schemas;
mod sink;
mod time;
mod writer;

pub use crate::annotations::{Annotations, Circle, Colour, Label, Outline, OutlineShape};
pub use crate::cdr::encode as encode_compressed_image;
pub use crate::contents::{Contents, NotJpeg, Topic, contents};
pub use crate::reader::{Frame, Item, ReadError, Reader};
pub use crate::time::Times;
pub use crate::writer::{WriteError, Writer};

/// How each recording begins (MCAP specification, "Magic").
pub const MAGIC: [u8; 8] = *b"\x89MCAP0\r\n";
