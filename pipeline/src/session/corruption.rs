//! Corrupt frames: one event each while they are few, one for many when they are a flood.

use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use protocol::{Damage, Lost};
use vision::jpeg::JpegError;

use crate::event::CorruptEvent;
use crate::throttle::Throttle;

/// Why a frame is no picture.
#[derive(Debug)]
pub(crate) enum NotAPicture {
    /// It is no JPEG, or not a whole one.
    Jpeg(JpegError),
    /// The decoder panicked, with this message.
    Panicked(String),
    /// Bytes of the stream belong to no whole JPEG.
    Lost(Lost),
}

impl NotAPicture {
    /// Frames are corrupt in the same way where this is the same; the texts differ in bytes and positions.
    fn cause(&self) -> Cause {
        match self {
            NotAPicture::Jpeg(error) => Cause::Jpeg(discriminant(error)),
            NotAPicture::Panicked(_) => Cause::Panic,
            NotAPicture::Lost(lost) => Cause::Lost(discriminant(&lost.why)),
        }
    }
}

impl std::fmt::Display for NotAPicture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotAPicture::Jpeg(error) => error.fmt(f),
            NotAPicture::Lost(lost) => lost.fmt(f),
            NotAPicture::Panicked(message) => write!(f, "the JPEG decoder panicked: {message}"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Jpeg(Discriminant<JpegError>),
    Lost(Discriminant<Damage>),
    Panic,
}

/// Merges the events of corrupt frames that come faster than anybody can read.
#[derive(Debug)]
pub(super) struct Corruption {
    merges: Merges,
    throttle: Throttle,
    held: Vec<(Cause, CorruptEvent)>,
    held_since: Duration,
    /// How many frames in a row were not pictures.
    in_a_row: u64,
}

/// Whether events may be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Merges {
    Floods,
    Nothing,
}

impl Corruption {
    pub(super) fn new(merges: Merges) -> Self {
        let throttle = Throttle::per_second(EVENTS_PER_SECOND);
        Self { merges, throttle, held: Vec::new(), held_since: Duration::ZERO, in_a_row: 0 }
    }

    /// A frame decoded.
    pub(super) fn picture(&mut self) {
        self.in_a_row = 0;
    }

    /// Whether so many frames in a row were not pictures that nothing else can be expected.
    pub(super) fn is_hopeless(&self) -> bool {
        self.in_a_row >= HOPELESS
    }

    pub(super) fn in_a_row(&self) -> u64 {
        self.in_a_row
    }

    /// The event of a corrupt frame, if it has one of its own; otherwise it is counted in one that follows.
    pub(super) fn add(&mut self, why: &NotAPicture, event: CorruptEvent, now: Duration) -> Option<CorruptEvent> {
        self.in_a_row += 1;
        if self.merges == Merges::Nothing || self.held.is_empty() && self.throttle.pass(now).is_some() {
            return Some(event);
        }
        if self.held.is_empty() {
            self.held_since = now;
        }
        match self.held.iter_mut().find(|(cause, _)| *cause == why.cause()) {
            Some((_, held)) => {
                held.more += 1;
                held.seq = event.seq;
            }
            None => self.held.push((why.cause(), event)),
        }
        None
    }

    /// The merged events that are due at `now`.
    pub(super) fn due(&mut self, now: Duration) -> Vec<CorruptEvent> {
        if now.saturating_sub(self.held_since) < HELD_FOR { Vec::new() } else { self.flush() }
    }

    /// The merged events, because something else follows.
    pub(super) fn flush(&mut self) -> Vec<CorruptEvent> {
        let mut held: Vec<CorruptEvent> = self.held.drain(..).map(|(_, event)| event).collect();
        held.sort_by_key(|event| event.seq);
        held
    }
}

/// As many as a camera that sends nothing but corrupt frames needs.
const EVENTS_PER_SECOND: f64 = 30.0;
const HELD_FOR: Duration = Duration::from_secs(1);
/// Ten seconds of a camera.
const HOPELESS: u64 = 300;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Identity;
    use crate::frame::RobotId;

    fn add(corruption: &mut Corruption, seq: u64, now: Duration) -> Option<CorruptEvent> {
        let why = NotAPicture::Jpeg(JpegError::NotJpeg { first: vec![seq as u8] });
        let robot = Identity { id: RobotId(1), name: None };
        corruption.add(&why, CorruptEvent { robot, seq, reason: why.to_string(), more: 0 }, now)
    }

    #[test]
    fn corrupt_frames_at_a_cameras_pace_have_an_event_each() {
        let mut corruption = Corruption::new(Merges::Floods);
        assert!((0..1000).all(|seq| add(&mut corruption, seq, seq as u32 * Duration::from_millis(34)).is_some()));
        assert!(corruption.is_hopeless());
    }

    #[test]
    fn a_flood_of_corrupt_frames_is_a_line_a_second_and_none_is_uncounted() {
        let mut corruption = Corruption::new(Merges::Floods);
        let (mut events, mut frames) = (0, 0);
        for seq in 0..100_000 {
            let now = seq as u32 * Duration::from_micros(100);
            let mut passed = corruption.due(now);
            passed.extend(add(&mut corruption, seq, now));
            events += passed.len();
            frames += passed.iter().map(|event| 1 + event.more).sum::<u64>();
        }
        frames += corruption.flush().iter().map(|event| 1 + event.more).sum::<u64>();
        assert_eq!(frames, 100_000);
        assert!((10..=400).contains(&events), "{events} events in ten seconds");
    }

    #[test]
    fn with_every_frame_wanted_nothing_is_merged() {
        let mut corruption = Corruption::new(Merges::Nothing);
        assert!((0..1000).all(|seq| add(&mut corruption, seq, Duration::ZERO).is_some()));
    }

    #[test]
    fn a_picture_is_reason_to_hope() {
        let mut corruption = Corruption::new(Merges::Floods);
        for seq in 0..299 {
            add(&mut corruption, seq, Duration::ZERO);
        }
        corruption.picture();
        add(&mut corruption, 299, Duration::ZERO);
        assert!(!corruption.is_hopeless());
    }
}
