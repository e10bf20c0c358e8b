//! Damage on purpose: which faults there are, and on which frames.
//!
//! Everything here is pure. [`Fault`] is what the user wrote, [`Faults`] turns a frame into the [`Step`]s that the client
//! performs on its socket, and the same seed always does the same damage.

mod damage;
mod frames;
mod parse;
mod plan;
mod text;

use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

pub use self::frames::Frames;
pub use self::parse::FaultError;
pub use self::plan::{Faults, Pace, Plan, Step};
pub use self::text::help;

/// One fault and the frames it happens on; written `KIND@FRAMES[:ARG]`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// Where it goes wrong; frames count from 0 over the whole run, whatever the number of loops and connections.
    pub frames: Frames,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing is sent for this long before the frame.
    Stall(Duration),
    /// The robot hangs up inside the frame, after this much of header and JPEG, and is gone for good.
    Cut(Amount),
    /// The robot hangs up before the frame, without a terminator, and is gone for good.
    HangUp,
    /// The JPEG ends after this much of it; its header announces the shorter length.
    Truncate(Amount),
    /// This many different bits of the JPEG are turned over.
    Flip(u32),
    /// A run of this many bytes of the JPEG becomes zero.
    Zeros(u32),
    /// The frame is random bytes of the same length.
    Garbage,
    /// The header announces this length instead of the JPEG's own.
    Oversize(u32),
    /// The terminator is sent instead of the frame, and the stream is over.
    End,
    /// The terminator is sent, then the frame all the same, and the stream is over.
    BytesAfterEnd,
    /// The header's bytes come in the wrong order.
    BigEndian,
    /// The frame is written this many bytes at a time.
    Dribble(NonZeroUsize),
    /// The frame takes as long as it would on a link of this many bytes a second.
    Bandwidth(NonZeroU64),
    /// The frame comes late by anything up to this.
    Jitter(Duration),
    /// The robot hangs up before the frame, stays away for this long, dials again and goes on with the frame.
    Reconnect(Duration),
    /// The robot falls silent before the frame and keeps the socket: with a time it hangs up after it, dials again and
    /// goes on; without one it stays silent until the viewer hangs up, and is gone for good.
    HalfOpen(Option<Duration>),
}

/// How much of a run of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// So many hundredths, at most 100.
    Percent(u8),
    /// So many bytes.
    Bytes(u32),
}

impl Kind {
    /// Whether the fault is about the link, so that it is written without frames when it is to hold for all of them.
    fn is_of_the_link(self) -> bool {
        matches!(self, Kind::Dribble(_) | Kind::Bandwidth(_) | Kind::Jitter(_))
    }
}

impl Amount {
    /// Returns how many bytes of `len` this is: at least `least`, and fewer than `len` where that is possible.
    fn of(self, len: usize, least: usize) -> usize {
        let bytes = match self {
            Amount::Percent(percent) => (len as u128 * u128::from(percent) / 100) as usize,
            Amount::Bytes(bytes) => bytes as usize,
        };
        bytes.min(len.saturating_sub(1)).max(least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_never_the_whole() {
        assert_eq!(Amount::Percent(50).of(101, 1), 50);
        assert_eq!(Amount::Percent(100).of(101, 1), 100);
        assert_eq!(Amount::Bytes(7).of(101, 1), 7);
        assert_eq!(Amount::Bytes(500).of(101, 1), 100);
    }

    #[test]
    fn an_amount_is_never_below_the_least() {
        assert_eq!(Amount::Percent(0).of(101, 1), 1);
        assert_eq!(Amount::Bytes(0).of(101, 0), 0);
        assert_eq!(Amount::Percent(50).of(1, 1), 1);
    }
}
