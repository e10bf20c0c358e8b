//! Turns one frame into what the robot does on its socket.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use protocol::Frame;

use super::damage::{self, Dice};
use super::{Amount, Fault, Kind};
use crate::format::Format;

/// All faults of a run, and the seed of their damage.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// The seed; the same one does the same damage.
    pub seed: u64,
    /// The faults; those on the same frame are done in this order.
    pub list: Vec<Fault>,
}

/// What to do for one frame.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan<'a> {
    /// The steps, in order.
    pub steps: Vec<Step<'a>>,
    /// The faults that happen on this frame.
    pub faults: Vec<Fault>,
}

/// One thing that the robot does.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Sends a frame and what its format puts around it, which need not fit.
    Frame {
        /// What goes before it: a length, or headers.
        before: Vec<u8>,
        /// The frame as it is, or damaged.
        frame: Cow<'a, Frame>,
        /// What goes behind it.
        behind: &'static [u8],
        /// How it is written.
        pace: Pace,
    },
    /// Sends bytes that are no frame: part of one, or the terminator and what may follow it.
    Bytes {
        /// The bytes.
        bytes: Vec<u8>,
        /// How they are written.
        pace: Pace,
    },
    /// Sends nothing for this long.
    Wait(Duration),
    /// Closes the connection, stays away for this long and dials again.
    Redial(Duration),
    /// Sends nothing more but keeps the connection, until the viewer closes it.
    StaySilent,
    /// Closes the connection; the run is over.
    Close,
}

/// How bytes are written to the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// With one call, as far as the socket takes it.
    AtOnce,
    /// This many bytes at a time, with a pause after each piece.
    Pieces {
        /// Bytes a piece.
        size: NonZeroUsize,
        /// The pause.
        pause: Duration,
    },
}

impl Faults {
    /// Returns what to do for the frame with this number, counted from 0, in a format that has all faults of the list.
    pub fn plan<'a>(&self, number: u64, frame: &'a Frame, format: Format) -> Plan<'a> {
        let mut draft = Draft::new(frame, format);
        let mut faults = Vec::new();
        for (place, fault) in self.list.iter().enumerate().filter(|(_, fault)| fault.frames.contains(number)) {
            draft.apply(fault.kind, Dice::new(self.seed, number, place));
            faults.push(fault.clone());
        }
        Plan { steps: draft.into_steps(), faults }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list: Vec<String> = self.list.iter().map(Fault::to_string).collect();
        write!(f, "{} (seed {})", list.join(" "), self.seed)
    }
}

/// The frame as far as the faults have changed it.
struct Draft<'a> {
    format: Format,
    before: Vec<Step<'a>>,
    frame: Cow<'a, Frame>,
    header: Header,
    pace: Pace,
    exit: Option<Exit>,
}

enum Header {
    Fitting,
    Reversed,
    Lying(u32),
}

/// How the run ends at this frame.
enum Exit {
    Cut(Amount),
    Close,
    Silence,
    Terminator,
    FrameAfterTerminator,
}

impl<'a> Draft<'a> {
    fn new(frame: &'a Frame, format: Format) -> Self {
        Self {
            format,
            before: Vec::new(),
            frame: Cow::Borrowed(frame),
            header: Header::Fitting,
            pace: Pace::AtOnce,
            exit: None,
        }
    }

    fn apply(&mut self, kind: Kind, mut dice: Dice) {
        match kind {
            Kind::Stall(time) => self.before.push(Step::Wait(time)),
            Kind::Jitter(most) => self.before.push(Step::Wait(part_of(most, &mut dice))),
            Kind::Reconnect(time) => self.before.push(Step::Redial(time)),
            Kind::HalfOpen(Some(time)) => self.before.extend([Step::Wait(time), Step::Redial(Duration::ZERO)]),
            Kind::Truncate(amount) => self.damage(|bytes| bytes.truncate(amount.of(bytes.len(), 1))),
            Kind::Flip(bits) => self.damage(|bytes| damage::flip(bytes, bits, &mut dice)),
            Kind::Zeros(count) => self.damage(|bytes| damage::zero(bytes, count, &mut dice)),
            Kind::Noise(count) => self.damage(|bytes| damage::noise(bytes, count, &mut dice)),
            Kind::Missing(count) => self.damage(|bytes| damage::remove(bytes, count, &mut dice)),
            Kind::Garbage => self.damage(|bytes| damage::scramble(bytes, &mut dice)),
            Kind::Oversize(len) => self.header = Header::Lying(len),
            Kind::BigEndian => self.header = Header::Reversed,
            Kind::Dribble(size) => self.slow_down(size, Duration::ZERO),
            Kind::Bandwidth(rate) => {
                // Pieces of 20 ms: short against what is noticed, long against what a sleep is late by.
                let size =
                    usize::try_from(rate.get() / 50).ok().and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MIN);
                self.slow_down(size, Duration::from_secs_f64(size.get() as f64 / rate.get() as f64));
            }
            Kind::Cut(amount) => self.end_with(Exit::Cut(amount)),
            Kind::HangUp => self.end_with(Exit::Close),
            Kind::HalfOpen(None) => self.end_with(Exit::Silence),
            Kind::End => self.end_with(Exit::Terminator),
            Kind::BytesAfterEnd => self.end_with(Exit::FrameAfterTerminator),
        }
    }

    fn damage(&mut self, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.frame.as_bytes().to_vec();
        change(&mut bytes);
        self.frame = Cow::Owned(Frame::new(bytes).expect("no damage makes a frame longer, or empty"));
    }

    /// Adds a limit on pieces; two limits hold together, and the pause stays in proportion to the piece.
    fn slow_down(&mut self, size: NonZeroUsize, pause: Duration) {
        let per_byte = |size: NonZeroUsize, pause: Duration| pause.as_secs_f64() / size.get() as f64;
        let (least, slowest) = match self.pace {
            Pace::AtOnce => (size, per_byte(size, pause)),
            Pace::Pieces { size: other, pause: other_pause } => {
                (size.min(other), per_byte(size, pause).max(per_byte(other, other_pause)))
            }
        };
        self.pace = Pace::Pieces { size: least, pause: Duration::from_secs_f64(slowest * least.get() as f64) };
    }

    /// Ends the run here; the first fault to do so wins.
    fn end_with(&mut self, exit: Exit) {
        self.exit.get_or_insert(exit);
    }

    fn into_steps(self) -> Vec<Step<'a>> {
        let mut before = self.format.before(&self.frame);
        match self.header {
            Header::Fitting => {}
            Header::Reversed => before.reverse(),
            Header::Lying(len) => before = len.to_le_bytes().to_vec(),
        }
        let behind = self.format.behind();
        let wire = |prefix: &[u8]| [prefix, before.as_slice(), self.frame.as_bytes(), behind].concat();
        let pace = self.pace;
        let mut steps = self.before;
        match self.exit {
            None => steps.push(Step::Frame { before, frame: self.frame, behind, pace }),
            Some(Exit::Close) => steps.push(Step::Close),
            Some(Exit::Silence) => steps.push(Step::StaySilent),
            Some(Exit::Cut(amount)) => {
                let mut bytes = wire(&[]);
                bytes.truncate(amount.of(bytes.len(), 1));
                steps.extend([Step::Bytes { bytes, pace }, Step::Close]);
            }
            Some(Exit::Terminator) => {
                steps.extend([Step::Bytes { bytes: self.format.end_marker(), pace }, Step::Close]);
            }
            Some(Exit::FrameAfterTerminator) => {
                steps.extend([Step::Bytes { bytes: wire(&self.format.end_marker()), pace }, Step::Close]);
            }
        }
        steps
    }
}

fn part_of(most: Duration, dice: &mut Dice) -> Duration {
    let most = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(dice.below(most.saturating_add(1)))
}
