//! The frames that a fault happens on.

use std::fmt;
use std::num::NonZeroU64;

/// Some frames of a run, by number from 0: `12`, `12-20`, `*` (all) or `*/10` (every tenth, from frame 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frames {
    /// The frames from `first` to `last`, both counted in.
    Range {
        /// The first frame.
        first: u64,
        /// The last frame, not before the first.
        last: u64,
    },
    /// Every `n`th frame, from frame 0; every frame when `n` is 1.
    Every(NonZeroU64),
}

impl Frames {
    /// All frames.
    pub const ALL: Frames = Frames::Every(NonZeroU64::MIN);

    /// Returns the one frame with this number.
    pub fn one(frame: u64) -> Self {
        Frames::Range { first: frame, last: frame }
    }

    /// Whether the frame with this number is among them.
    pub fn contains(&self, frame: u64) -> bool {
        match *self {
            Frames::Range { first, last } => (first..=last).contains(&frame),
            Frames::Every(step) => frame % step == 0,
        }
    }

    /// Reads frames as the user writes them; `None` if they are not of a form that is known.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Frames::ALL);
        }
        if let Some(step) = text.strip_prefix("*/") {
            return number(step).and_then(NonZeroU64::new).map(Frames::Every);
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (number(first)?, number(last)?);
        (first <= last).then_some(Frames::Range { first, last })
    }
}

impl fmt::Display for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Frames::Range { first, last } if first == last => write!(f, "{first}"),
            Frames::Range { first, last } => write!(f, "{first}-{last}"),
            Frames::Every(NonZeroU64::MIN) => f.write_str("*"),
            Frames::Every(step) => write!(f, "*/{step}"),
        }
    }
}

/// Reads plain digits: a sign or a blank is no part of a frame number.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str) -> Vec<u64> {
        let frames = Frames::parse(text).unwrap();
        (0..12).filter(|&frame| frames.contains(frame)).collect()
    }

    #[test]
    fn each_form_names_its_frames() {
        assert_eq!(chosen("3"), [3]);
        assert_eq!(chosen("3-5"), [3, 4, 5]);
        assert_eq!(chosen("*/5"), [0, 5, 10]);
        assert_eq!(chosen("*").len(), 12);
    }

    #[test]
    fn other_forms_are_refused() {
        for bad in ["", "x", "-1", "+1", "5-3", "3-", "*/0", "*/", "**", " 3", "18446744073709551616"] {
            assert_eq!(Frames::parse(bad), None, "{bad}");
        }
    }
}
