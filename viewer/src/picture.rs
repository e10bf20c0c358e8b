//! A robot's frame, before and after it is decoded.

use std::time::Duration;

use protocol::Frame;
use vision::jpeg::JpegError;
pub(crate) use vision::picture::Pixels;

/// Which frame: `robot` counts all who came to the door from 1, also those refused; `seq` that robot's frames from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FrameId {
    pub(crate) robot: u32,
    pub(crate) seq: u64,
}

/// A frame as it came off the wire.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) id: FrameId,
    pub(crate) jpeg: Frame,
    /// When its last byte had been read, since the program started.
    pub(crate) at: Duration,
}

/// A frame that decoded without a fault: the picture beside the JPEG it came from.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) id: FrameId,
    pub(crate) jpeg: Frame,
    /// When the frame's last byte had been read, since the program started.
    pub(crate) received_at: Duration,
    pub(crate) vision: vision::picture::Picture,
}

impl Picture {
    /// Decodes a frame with the memory of `pixels`, which comes back with the reason where it is no picture.
    pub(crate) fn decode(received: Received, pixels: Pixels) -> Result<Self, (JpegError, Pixels)> {
        let vision = vision::picture::Picture::from_jpeg_into(received.jpeg.as_bytes(), pixels)?;
        Ok(Self::new(received, vision))
    }

    pub(crate) fn new(received: Received, vision: vision::picture::Picture) -> Self {
        let Received { id, jpeg, at } = received;
        Self { id, jpeg, received_at: at, vision }
    }

    pub(crate) fn pixels(&self) -> &Pixels {
        self.vision.pixels()
    }
}
