//! What goes along with each frame: its number, when it was taken, and which stream it belongs to.
//!
//! ```text
//! ┌─ number: i64 LE ─┬─ nanoseconds since 1970: i64 LE ─┬─ 16: u8 ─┬─ stream: 16 bytes ─┐
//! ```
//!
//! This is the attachment of ROS 2's rmw_zenoh (docs/design.md there, "Publishers"), as zenoh-ext's serializer writes it, so that
//! both kinds of messages have one.

use crate::key::StreamId;

/// What goes along with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attachment {
    /// The number of the frame in its stream, from 0.
    pub number: u64,
    /// When it was taken, by the robot's stamp, or else when it came to the gateway: nanoseconds since 1970.
    pub time_ns: u64,
    /// Which stream.
    pub stream: StreamId,
}

impl Attachment {
    /// As bytes. What is beyond the range of the fields is the largest they have.
    pub fn to_bytes(self) -> [u8; LEN] {
        let signed = |value: u64| i64::try_from(value).unwrap_or(i64::MAX).to_le_bytes();
        let mut bytes = [0; LEN];
        bytes[..8].copy_from_slice(&signed(self.number));
        bytes[8..16].copy_from_slice(&signed(self.time_ns));
        bytes[16] = 16;
        bytes[17..].copy_from_slice(&self.stream.0);
        bytes
    }

    /// `None` where these are no such bytes.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; LEN] = bytes.try_into().ok()?;
        let unsigned = |at: usize| u64::try_from(i64::from_le_bytes(bytes[at..at + 8].try_into().ok()?)).ok();
        let stream = (bytes[16] == 16).then(|| bytes[17..].try_into().ok()).flatten()?;
        Some(Self { number: unsigned(0)?, time_ns: unsigned(8)?, stream: StreamId(stream) })
    }
}

/// In bytes.
pub const LEN: usize = 33;

#[cfg(test)]
mod tests {
    use super::*;

    /// What zenoh-ext's serializer for Python makes of `(Int64(7), Int64(1795000000123456789), bytes(range(16)))`.
    const WRITTEN_BY_ANOTHER: &str = "0700000000000000154d2f63fd1ee91810000102030405060708090a0b0c0d0e0f";

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_bytes_are_those_of_zenohs_own_serializer() {
        let stream = StreamId(std::array::from_fn(|n| n as u8));
        let attachment = Attachment { number: 7, time_ns: 1_795_000_000_123_456_789, stream };
        assert_eq!(hex(&attachment.to_bytes()), WRITTEN_BY_ANOTHER);
        assert_eq!(Attachment::from_bytes(&attachment.to_bytes()), Some(attachment));
    }

    #[test]
    fn other_bytes_are_none() {
        let good = Attachment { number: 0, time_ns: 0, stream: StreamId([0; 16]) }.to_bytes();
        assert!(Attachment::from_bytes(&good).is_some());
        assert_eq!(Attachment::from_bytes(&good[1..]), None);
        for (at, byte) in [(7, 0x80), (15, 0x80), (16, 15)] {
            let mut bytes = good;
            bytes[at] = byte;
            assert_eq!(Attachment::from_bytes(&bytes), None, "byte {at}");
        }
    }
}
