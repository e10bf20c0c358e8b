//! Who left last, so that it is said for a while after the robot itself is forgotten.

use std::time::Duration;

use pipeline::{RobotView, ViewState};

use crate::scene::Left;

/// The robot that left last, and when.
#[derive(Debug, Default)]
pub(crate) struct LastToLeave(Option<(Left, Duration)>);

impl LastToLeave {
    /// Looks among `robots` for one that has left since the last call.
    pub(crate) fn look(&mut self, robots: &[RobotView], now: Duration) {
        for view in robots {
            let ViewState::Gone { reason, detail, ago } = &view.state else { continue };
            let at = now.saturating_sub(*ago);
            if self.0.as_ref().is_none_or(|(_, before)| *before < at) {
                let (name, from) = (view.robot.to_string(), view.peer.ip());
                let left = Left { name, from, why: reason.as_words(), detail: detail.clone(), ago: *ago };
                self.0 = Some((left, at));
            }
        }
    }

    /// Who it was, unless that was long before `now`.
    pub(crate) fn at(&self, now: Duration) -> Option<Left> {
        let left = self.0.as_ref().map(|(left, at)| Left { ago: now.saturating_sub(*at), ..left.clone() });
        left.filter(|left| left.ago < LEFT_FOR)
    }
}

/// How long it is said who left, while nobody else comes.
pub(crate) const LEFT_FOR: Duration = Duration::from_secs(600);
