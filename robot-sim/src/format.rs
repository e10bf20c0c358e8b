//! How frames are put on the wire, as different senders do it.

use std::fmt;

use protocol::{Boundary, ContentLength, Frame, PART_END};

/// What is sent around each JPEG.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Its length before it, as picamera's recipe does.
    #[default]
    Length,
    /// Nothing, as `rpicam-vid --codec mjpeg`, ffmpeg and GStreamer do.
    Mjpeg,
    /// A boundary and headers, as mjpg-streamer and GStreamer's multipartmux do.
    Multipart,
}

impl Format {
    /// The bytes that go before a frame.
    pub(crate) fn before(self, frame: &Frame) -> Vec<u8> {
        match self {
            Format::Length => protocol::header(frame).to_vec(),
            Format::Mjpeg => Vec::new(),
            Format::Multipart => protocol::part_header(&boundary(), frame, ContentLength::Announced),
        }
    }

    /// The bytes that go behind a frame.
    pub(crate) fn behind(self) -> &'static [u8] {
        match self {
            Format::Length | Format::Mjpeg => &[],
            Format::Multipart => &PART_END,
        }
    }

    /// The bytes that end a stream; none if only closing does.
    pub(crate) fn end_marker(self) -> Vec<u8> {
        match self {
            Format::Length => protocol::END_OF_STREAM.to_vec(),
            Format::Mjpeg => Vec::new(),
            Format::Multipart => protocol::close_parts(&boundary()),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Length => "length",
            Format::Mjpeg => "mjpeg",
            Format::Multipart => "multipart",
        })
    }
}

/// The boundary between parts.
pub(crate) fn boundary() -> Boundary {
    Boundary::new(BOUNDARY).expect("it is well written")
}

/// What mjpg-streamer and ustreamer use.
pub(crate) const BOUNDARY: &str = "boundarydonotcross";
