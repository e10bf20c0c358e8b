//! A picture in a message, in the encodings that pictures are recorded in.

use crate::{cdr, foxglove, ros1};

/// A picture as a message holds it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Image<'message> {
    /// When the robot took it, if that is told.
    pub(crate) taken_ns: Option<u64>,
    /// What its sender says of its format.
    pub(crate) format: &'message [u8],
    pub(crate) data: &'message [u8],
}

/// How the pictures of a channel are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Ros1,
    Ros2,
    Foxglove,
}

/// A picture that is in its message no more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) taken_ns: Option<u64>,
    /// The JPEG, or what it is instead.
    pub(crate) content: Result<Vec<u8>, String>,
}

impl Encoding {
    /// Tells from a channel's schema and encoding how its pictures are encoded; `None` if it holds something else.
    pub(crate) fn of(schema: &str, message_encoding: &str) -> Option<Self> {
        match (schema, message_encoding) {
            ("sensor_msgs/msg/CompressedImage" | "sensor_msgs/CompressedImage", "cdr") => Some(Encoding::Ros2),
            ("sensor_msgs/CompressedImage", "ros1") => Some(Encoding::Ros1),
            ("foxglove.CompressedImage", "protobuf") => Some(Encoding::Foxglove),
            _ => None,
        }
    }

    /// Reads a picture; `None` if the message is not one.
    pub(crate) fn decode(self, message: &[u8]) -> Option<Picture> {
        let image = match self {
            Encoding::Ros1 => ros1::decode(message)?,
            Encoding::Ros2 => cdr::decode(message)?,
            Encoding::Foxglove => {
                let (taken_ns, format, data) = foxglove::decode_image(message)?;
                let content =
                    if is_jpeg(format.as_bytes(), &data) { Ok(data) } else { Err(name(format.as_bytes(), &data)) };
                return Some(Picture { taken_ns, content });
            }
        };
        let Image { taken_ns, format, data } = image;
        let content = if is_jpeg(format, data) { Ok(data.to_vec()) } else { Err(name(format, data)) };
        Some(Picture { taken_ns, content })
    }
}

/// The time of a stamp; zero is what is written where there is none.
pub(crate) fn stamp(seconds: u32, nanos: u32) -> Option<u64> {
    let ns = u64::from(seconds) * 1_000_000_000 + u64::from(nanos);
    (ns > 0).then_some(ns)
}

/// Whether a picture is a JPEG, or is said to be one and damaged.
fn is_jpeg(format: &[u8], data: &[u8]) -> bool {
    let format = format.to_ascii_lowercase();
    let is_named = |name: &[u8]| format.windows(name.len()).any(|part| part == name);
    !data.is_empty() && (data.starts_with(&[0xff, 0xd8]) || is_named(b"jpeg") || is_named(b"jpg"))
}

fn name(format: &[u8], data: &[u8]) -> String {
    if data.is_empty() {
        return "empty".to_owned();
    }
    String::from_utf8_lossy(&format[..format.len().min(LONGEST_FORMAT)]).into_owned()
}

/// Formats are shown to the user.
const LONGEST_FORMAT: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ros_calls_jpeg_is_one_and_png_is_named() {
        assert!(
            is_jpeg(b"rgb8; jpeg compressed bgr8", &[0]) && is_jpeg(b"JPEG", &[0]) && is_jpeg(b"", &[0xff, 0xd8, 0xff])
        );
        assert!(!is_jpeg(b"png", &[0x89]) && !is_jpeg(b"jpeg", &[]));
        assert_eq!((name(b"png", &[0x89]), name(b"jpeg", &[])), ("png".to_owned(), "empty".to_owned()));
    }
}
