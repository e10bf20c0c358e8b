//! One picture as it travels, and how large it may be.

use alloc::vec::Vec;
use core::fmt;
use core::num::NonZeroU32;

use crate::FrameError;

/// One picture's bytes: never empty, never more than a header can announce.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    payload: Vec<u8>,
}

impl Frame {
    /// Takes `payload` as a frame; a `Vec` is moved, not copied.
    ///
    /// # Errors
    ///
    /// Fails if `payload` is empty, since a length of zero ends the stream, or longer than [`u32::MAX`] bytes.
    pub fn new(payload: impl Into<Vec<u8>>) -> Result<Frame, FrameError> {
        let payload = payload.into();
        match payload.len() {
            0 => Err(FrameError::Empty),
            len if u32::try_from(len).is_err() => Err(FrameError::TooLong { len }),
            _ => Ok(Frame { payload }),
        }
    }

    /// Takes a payload whose length came out of a header, so that it holds the rules already.
    pub(crate) fn from_wire(payload: Vec<u8>) -> Frame {
        debug_assert!(!payload.is_empty(), "a header of zero ends the stream and opens no payload");
        Frame { payload }
    }

    /// The payload, from 1 to [`u32::MAX`] bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.payload
    }

    /// Gives the payload back without copying it.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.payload
    }

    /// Length of the payload in bytes, never zero, as the header announces it.
    #[must_use]
    pub fn len_u32(&self) -> u32 {
        u32::try_from(self.payload.len()).expect("a frame is no longer than a header can announce")
    }
}

impl AsRef<[u8]> for Frame {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

/// Prints the length only: a picture's bytes would fill the screen.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({} bytes)", self.payload.len())
    }
}

/// Largest payload, in bytes, that a [`Decoder`](crate::Decoder) accepts; never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameLimit(NonZeroU32);

impl FrameLimit {
    /// 16 MiB: well above a Raspberry Pi camera's largest JPEG, well below what would hurt the PC.
    ///
    /// A full-size still of 4056×3040 has 10.9 bits a pixel within it; a video frame of 640×480 takes about 43 KB, which
    /// is 1.1 bits a pixel.
    pub const DEFAULT: FrameLimit = FrameLimit(NonZeroU32::new(16 * 1024 * 1024).expect("16 MiB is not zero"));

    /// Allows payloads of up to `bytes`; `None` if that is zero, which would allow no frame at all.
    #[must_use]
    pub const fn new(bytes: u32) -> Option<FrameLimit> {
        match NonZeroU32::new(bytes) {
            Some(bytes) => Some(FrameLimit(bytes)),
            None => None,
        }
    }

    /// The limit in bytes.
    #[must_use]
    pub const fn bytes(self) -> u32 {
        self.0.get()
    }
}

/// Prints the bare number of bytes, as a command line takes it.
impl fmt::Display for FrameLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::ToString;
    use std::vec;

    use super::*;

    #[test]
    fn an_empty_payload_is_no_frame() {
        assert_eq!(Frame::new(Vec::new()), Err(FrameError::Empty));
    }

    #[test]
    fn a_payload_comes_back_from_the_frame_it_went_into() {
        let payload = vec![1, 2, 3];
        let address = payload.as_ptr();
        let back = Frame::new(payload).unwrap().into_bytes();
        assert_eq!((back.as_slice(), back.as_ptr()), ([1, 2, 3].as_slice(), address));
    }

    /// The zeroed pages are never touched, so that this takes address space but no memory.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_payload_that_no_header_can_announce_is_no_frame() {
        let len = u32::MAX as usize + 1;
        assert_eq!(Frame::new(vec![0; len]), Err(FrameError::TooLong { len }));
    }

    #[test]
    fn debug_output_shows_the_length_and_not_the_bytes() {
        assert_eq!(format!("{:?}", Frame::new([7; 43_000]).unwrap()), "Frame(43000 bytes)");
    }

    #[test]
    fn a_limit_is_never_zero() {
        assert_eq!(FrameLimit::new(0), None);
        assert_eq!(FrameLimit::new(1).map(FrameLimit::bytes), Some(1));
    }

    #[test]
    fn the_default_limit_prints_as_a_number_of_bytes() {
        assert_eq!(FrameLimit::DEFAULT.to_string(), "16777216");
    }
}
