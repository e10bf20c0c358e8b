//! Frames to bytes.

use alloc::vec::Vec;

use crate::Frame;

/// Appends `frame` to `out` as it goes over the wire: header, then payload.
///
/// Appending to one buffer lets a caller send the frame with one write. To send without copying the payload, write
/// [`header`] and [`Frame::as_bytes`] with one vectored write instead.
pub fn encode(frame: &Frame, out: &mut Vec<u8>) {
    out.reserve(HEADER_LEN + frame.as_bytes().len());
    out.extend_from_slice(&header(frame));
    out.extend_from_slice(frame.as_bytes());
}

/// The four bytes that go before `frame`: its length, little-endian.
#[must_use]
pub fn header(frame: &Frame) -> [u8; HEADER_LEN] {
    frame.len_u32().to_le_bytes()
}

/// The four bytes that end a stream: a length of zero, which no frame has. Nothing may follow.
pub const END_OF_STREAM: [u8; HEADER_LEN] = 0_u32.to_le_bytes();

/// Bytes of a header.
pub(crate) const HEADER_LEN: usize = 4;

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;

    #[test]
    fn the_length_is_little_endian() {
        assert_eq!(header(&Frame::new(vec![0; 0x0001_0203]).unwrap()), [0x03, 0x02, 0x01, 0x00]);
    }

    #[test]
    fn encoding_appends_header_and_payload() {
        let mut out = vec![0xFF];
        encode(&Frame::new(*b"jpeg").unwrap(), &mut out);
        assert_eq!(out, *b"\xFF\x04\0\0\0jpeg");
    }
}
