//! What a stream lost between two pictures, and why.

use core::fmt;

use thiserror::Error;

/// Bytes that belong to no whole picture; the stream goes on behind them.
///
/// Only framings without lengths lose bytes and go on: there the next picture can be found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Where the first of them is, counted from the start of the stream.
    pub at: u64,
    /// How many they are, never zero.
    pub bytes: u64,
    /// What was wrong with the first of them.
    pub why: Damage,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Lost { at, bytes, why } = self;
        write!(f, "byte {at}: {bytes} bytes lost: {why}")
    }
}

/// What is wrong with bytes that should be a picture. The fault is the peer's or the network's.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Damage {
    /// Another picture begins inside this one.
    #[error("the picture was cut off, since another begins at byte {at}; check the robot's power and network")]
    Cut {
        /// Where the other picture begins.
        at: u64,
    },

    /// A marker that no picture has there.
    #[error(
        "at byte {at} is FF {found:02X}, which is no JPEG marker or not allowed there; \
         check that nothing else writes to the stream"
    )]
    Marker {
        /// Where the marker's second byte is.
        at: u64,
        /// That byte.
        found: u8,
    },

    /// No marker follows a segment.
    #[error("at byte {at} is {found:02X} instead of a JPEG marker; check that nothing else writes to the stream")]
    NoMarker {
        /// Where the marker should be.
        at: u64,
        /// What is there.
        found: u8,
    },

    /// A segment's length does not even count itself, or is more than a segment of its kind has.
    #[error(
        "at byte {at} a segment announces {len} bytes, which none there has; check that nothing else writes to the stream"
    )]
    SegmentLength {
        /// Where the length is.
        at: u64,
        /// The length.
        len: u16,
    },

    /// A picture is not whole at the limit.
    #[error("the picture has more than {limit} bytes, which is the limit; send smaller pictures or allow larger ones")]
    TooLarge {
        /// Length that was allowed.
        limit: u32,
    },

    /// Something else than a picture.
    #[error("they begin with {found:02X}, and no JPEG does; check that the client sends JPEGs and nothing else")]
    NoJpeg {
        /// The first of the bytes.
        found: u8,
    },
}

impl Damage {
    /// The same in a picture that begins at byte `start`.
    pub(crate) fn behind(self, start: u64) -> Damage {
        match self {
            Damage::Cut { at } => Damage::Cut { at: start + at },
            Damage::Marker { at, found } => Damage::Marker { at: start + at, found },
            Damage::NoMarker { at, found } => Damage::NoMarker { at: start + at, found },
            Damage::SegmentLength { at, len } => Damage::SegmentLength { at: start + at, len },
            Damage::TooLarge { .. } | Damage::NoJpeg { .. } => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_loss_says_where_how_much_and_why() {
        let lost = Lost { at: 7, bytes: 500, why: Damage::Cut { at: 507 } };
        assert_eq!(
            lost.to_string(),
            "byte 7: 500 bytes lost: the picture was cut off, since another begins at byte 507; \
             check the robot's power and network"
        );
    }
}
