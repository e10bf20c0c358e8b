//! Whether a code keeps its number from frame to frame.

use std::collections::HashMap;

use super::Truth;
use crate::report::Detection;

/// What is known of a payload.
struct Known {
    /// The number it had when it was last read.
    track: Option<u64>,
    /// The frame in which it was last in view.
    in_view: usize,
}

impl Truth {
    /// How often a code got another number than it had before.
    ///
    /// A code that was out of view for more than two seconds of frames may come back under any number, and so may one
    /// that was in view more than once in a frame: the two cannot be told apart.
    pub fn renumbered<'found>(&self, found: impl Iterator<Item = &'found [Detection]>) -> usize {
        let mut codes: HashMap<&str, Known> = HashMap::new();
        let mut count = 0;
        for (at, (there, found)) in self.frames.iter().zip(found).enumerate() {
            for payload in there.iter().map(|sight| sight.payload.as_str()) {
                if there.iter().filter(|sight| sight.payload == payload).count() > 1 {
                    codes.remove(payload);
                    continue;
                }
                let code = codes.entry(payload).or_insert(Known { track: None, in_view: at });
                if at.saturating_sub(code.in_view + 1) > REMEMBERED_S * self.rate {
                    code.track = None;
                }
                code.in_view = at;
                let mut tracks = found.iter().filter(|hit| hit.payload == payload).filter_map(|hit| hit.track);
                let Some(first) = tracks.clone().next() else { continue };
                if !tracks.any(|track| Some(track) == code.track) {
                    count += usize::from(code.track.is_some());
                    code.track = Some(first);
                }
            }
        }
        count
    }
}

/// Seconds out of view after which a code counts as a new one.
const REMEMBERED_S: usize = 2;
