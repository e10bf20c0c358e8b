//! Which payloads are new: one that stays in view is told once, not thirty times a second.

use std::collections::HashMap;
use std::time::Duration;

use crate::detect::Payload;

/// The payloads in view, and when each was last seen.
#[derive(Debug, Default)]
pub(crate) struct Sightings {
    seen: HashMap<Payload, Duration>,
}

impl Sightings {
    /// Whether `payload` was not in view before `now`.
    pub(crate) fn is_new(&mut self, payload: &Payload, now: Duration) -> bool {
        self.seen.retain(|_, last| now.saturating_sub(*last) <= GONE_AFTER);
        self.seen.insert(payload.clone(), now).is_none()
    }
}

/// Longer than the blinks of a reader on a moving robot, shorter than a turn around.
const GONE_AFTER: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_new_once_and_again_after_it_was_gone() {
        let (mut sightings, a) = (Sightings::default(), Payload::new(b"a".to_vec(), None));
        let new = [0, 1, 3, 6].map(|s| sightings.is_new(&a, Duration::from_secs(s)));
        assert_eq!(new, [true, false, false, true]);
    }
}
