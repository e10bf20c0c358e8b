//! Damage on purpose: which faults there are, and on which frames.
//!
//! Everything here is pure. [`Fault`] is what the user wrote, [`Faults`] turns a frame into the [`Step`]s that the client
//! performs on its socket, and the same seed always does the same damage.

mod damage;
mod fit;
mod frames;
mod parse;
mod plan;
mod table;
mod value;

use std::fmt;
use std::num::{NonZeroU64, NonZeroUsize};
use std::time::Duration;

pub use self::fit::{MisfitError, Side};
pub use self::frames::Frames;
pub use self::parse::FaultError;
pub use self::plan::{Faults, Pace, Plan, Step};
pub use self::table::help;
use self::table::{Row, Scope};
pub use self::value::Amount;

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
    /// The robot closes inside the frame, after this much of header and JPEG, and does not come back.
    Cut(Amount),
    /// The robot closes before the frame, without a terminator, and does not come back.
    HangUp,
    /// The JPEG ends after this much of it; its header announces the shorter length.
    Truncate(Amount),
    /// This many different bits of the JPEG are flipped.
    Flip(u32),
    /// A run of this many bytes of the JPEG becomes zero.
    Zeros(u32),
    /// A run of this many bytes of the JPEG is random.
    Noise(u32),
    /// This many bytes in a row are missing from the JPEG; its header announces the shorter length.
    Missing(u32),
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
    /// The robot closes before the frame, stays away for this long, dials again and continues with the frame.
    Reconnect(Duration),
    /// The robot sends nothing from this frame on but keeps the socket: with a time it closes after it, dials again and
    /// continues; without one it waits until the viewer closes, and does not come back.
    HalfOpen(Option<Duration>),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (row, argument) = Row::of(self.kind);
        f.write_str(row.name)?;
        if row.scope == Scope::Frame || self.frames != Frames::ALL {
            write!(f, "@{}", self.frames)?;
        }
        argument.map_or(Ok(()), |argument| write!(f, ":{argument}"))
    }
}
