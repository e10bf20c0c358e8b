//! Frames that are no pictures and bytes that are no frames, until there are too many.

use std::fmt::Display;

use protocol::Lost;

use super::{Robot, Robots, lock};
use crate::event::{End, EndReason};
use crate::frame::FrameId;
use crate::session::{NotAPicture, Verdict};

impl Robots {
    pub(crate) fn corrupt(&self, id: FrameId, why: &NotAPicture) {
        let Some(robot) = self.get(id.robot) else { return };
        let verdict = self.with(&robot, |session, now| session.corrupt(id.seq, why, now));
        if let Some(end) = end_if_hopeless(verdict, why) {
            robot.stop(end);
        }
    }

    /// Whether more may be read from `robot`: sinks that may lose nothing have room, and not too many of its losses wait for a
    /// decoder.
    pub(crate) fn have_room(&self, robot: &Robot) -> bool {
        self.sinks.have_room() && lock(&robot.session).has_room_for_losses()
    }

    /// Bytes of `robot`'s stream belong to no frame; counts as a corrupt one, or is why the connection ends.
    pub(crate) fn lost(&self, robot: &Robot, lost: Lost) -> Result<(), End> {
        self.admit(robot)?;
        let why = lost.to_string();
        let verdict = self.with(robot, |session, now| session.lost(lost, now));
        end_if_hopeless(verdict, &why).map_or(Ok(()), Err)
    }
}

fn end_if_hopeless(verdict: Verdict, why: impl Display) -> Option<End> {
    let Verdict::Hopeless { in_a_row } = verdict else { return None };
    let detail = format!("{in_a_row} frames in a row were not pictures; the last one: {why}");
    Some(End { reason: EndReason::Corrupt, detail: Some(detail) })
}
