//! What can be wrong with a stream, and with a payload before it becomes a frame.

use thiserror::Error;

use crate::{Damage, Foreign};

/// The peer sent something that is no stream of frames, or stopped in the middle of one.
///
/// The fault is always the peer's or the network's. Positions (`at`) count bytes from the start of the stream.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// A header announced more than the limit.
    ///
    /// A header packed in the other byte order nearly always ends here, since a picture of 43 KB then announces more
    /// than 3 GB; `swapped` shows what the peer will have meant.
    #[error(
        "byte {at}: header announces {len} bytes, limit {limit}{}; \
         check that the client packs the length as \"<L\" and sends whole frames",
        Swapped(*.swapped, *.limit)
    )]
    TooLarge {
        /// Where the header starts.
        at: u64,
        /// Length that the header announces.
        len: u32,
        /// Length that was allowed.
        limit: u32,
        /// Length that the header would announce if it were big-endian.
        swapped: u32,
    },

    /// The stream ended inside a header.
    #[error(
        "byte {at}: stream ends inside a header, {arrived} of 4 bytes arrived; \
         check the robot's power and network, or that the client closes only after a whole frame"
    )]
    TruncatedHeader {
        /// Where the header starts.
        at: u64,
        /// Bytes of the header that arrived, 1 to 3.
        arrived: u8,
    },

    /// The stream ended inside a payload.
    #[error(
        "byte {at}: stream ends inside a frame, {arrived} of {len} bytes arrived; \
         check the robot's power and network, or that the client closes only after a whole frame"
    )]
    TruncatedPayload {
        /// Where the payload starts, just behind its header.
        at: u64,
        /// Bytes of the payload that arrived, less than `len`.
        arrived: u32,
        /// Length that the header announced.
        len: u32,
    },

    /// Bytes followed the length of zero that ends a stream.
    #[error(
        "byte {at}: data after the end of the stream; \
         check that the client never sends an empty frame, since a length of zero ends the stream"
    )]
    AfterEnd {
        /// Position of the first byte after the end marker.
        at: u64,
    },

    /// The stream ended inside a picture whose length nobody announced.
    #[error(
        "byte {at}: stream ends inside a picture, {arrived} bytes of it arrived; \
         check the robot's power and network, or that the client closes only after a whole picture"
    )]
    TruncatedPicture {
        /// Where the picture starts.
        at: u64,
        /// Bytes of the picture that arrived.
        arrived: u32,
    },

    /// No picture was found again, before the stream ended or within as many bytes as a picture may have.
    #[error("byte {at}: no picture begins in {bytes} bytes: {why}")]
    NoPicture {
        /// Where the search began.
        at: u64,
        /// Bytes that were searched.
        bytes: u64,
        /// What was wrong with the first of them.
        why: Damage,
    },

    /// The headers of a multipart stream's part had no end.
    #[error("byte {at}: a part's headers have more than {limit} bytes; check that an empty line follows them")]
    LongHeaders {
        /// Where the headers start.
        at: u64,
        /// Bytes that were allowed.
        limit: usize,
    },

    /// The peer speaks something else.
    #[error(transparent)]
    Foreign(#[from] Foreign),
}

/// A payload cannot be a frame. The fault is the caller's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The payload was empty, and a length of zero would end the stream.
    #[error("frame is empty, at least 1 byte needed; skip it, since a length of zero ends the stream")]
    Empty,

    /// The payload was longer than a header can announce.
    #[error("frame has {len} bytes, at most {max} fit the header; send a smaller picture", max = u32::MAX)]
    TooLong {
        /// Length of the payload.
        len: usize,
    },
}

/// A length in the other byte order, shown only where it is one that a frame may have.
struct Swapped(u32, u32);

impl core::fmt::Display for Swapped {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Swapped(swapped, limit) = *self;
        if (1..=limit).contains(&swapped) { write!(f, " ({swapped} if read big-endian)") } else { Ok(()) }
    }
}

/// A frame that takes no stamp; the fault is the caller's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StampError {
    /// The frame does not begin as every JPEG does, so that there is no place for a comment.
    #[error("byte 0: frame does not begin with FF D8, so that it has no place for a stamp; send JPEGs")]
    NotJpeg,

    /// With the stamp it would be no frame.
    #[error(transparent)]
    NoFrame(#[from] FrameError),
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_byte_swap_is_proposed_only_where_it_mends_the_length() {
        let said =
            |len: u32| DecodeError::TooLarge { at: 0, len, limit: 16_777_216, swapped: len.swap_bytes() }.to_string();
        assert!(said(4_171_694_080).contains("(43000 if read big-endian)"));
        assert!(!said(u32::MAX).contains("big-endian"), "{}", said(u32::MAX));
        assert!(!said(0x4000_0000 | 0x7f).contains("big-endian"));
    }

    #[test]
    fn a_big_endian_header_is_shown_both_ways() {
        let error = DecodeError::TooLarge { at: 12, len: 0xF8A7_0000, limit: 16_777_216, swapped: 0xA7F8 };
        assert_eq!(
            error.to_string(),
            "byte 12: header announces 4171694080 bytes, limit 16777216 (43000 if read big-endian); \
             check that the client packs the length as \"<L\" and sends whole frames"
        );
    }

    #[test]
    fn a_truncated_payload_says_how_much_arrived() {
        let error = DecodeError::TruncatedPayload { at: 4, arrived: 10, len: 43_000 };
        assert!(
            error.to_string().starts_with("byte 4: stream ends inside a frame, 10 of 43000 bytes arrived; "),
            "{error}"
        );
    }

    #[test]
    fn a_truncated_header_says_how_much_arrived() {
        let error = DecodeError::TruncatedHeader { at: 4, arrived: 3 };
        assert!(
            error.to_string().starts_with("byte 4: stream ends inside a header, 3 of 4 bytes arrived; "),
            "{error}"
        );
    }
}
