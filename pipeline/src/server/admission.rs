//! Who may come in, and who has to make room: decisions on addresses and times, without sockets.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use crate::event::{End, EndReason};
use crate::frame::RobotId;
use crate::robots::Occupant;

/// Whether a robot from `peer` may connect at all. An empty `allow` lets everyone in.
pub(super) fn is_allowed(allow: &[IpNet], peer: IpAddr) -> bool {
    // A listener on `[::]` sees IPv4 addresses mapped into IPv6.
    let peer = peer.to_canonical();
    allow.is_empty() || allow.iter().any(|net| net.contains(&peer))
}

/// A connection that waits for a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Newcomer {
    pub(super) since: Duration,
    /// Its first frame has come, and decodes.
    pub(super) has_picture: bool,
}

/// What becomes of one who waits while all places are taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Wait,
    /// Wait, and bring a picture meanwhile: a robot has been without one for so long that it makes room for one that has.
    BringPicture,
    /// This robot is closed, and its place is the newcomer's.
    Displace {
        robot: RobotId,
        end: End,
    },
    Refuse {
        detail: String,
    },
}

/// Judges a newcomer at `now`, every so often, where there are so many `places`.
///
/// A robot that lost its power leaves a connection that looks alive, and when it dials again it must not be refused. So one
/// that has brought a picture displaces the robot that has been without one for longest, if that is long enough; a
/// connection that has brought none displaces nobody.
pub(super) fn judge(occupants: &[Occupant], places: usize, newcomer: Newcomer, now: Duration) -> Verdict {
    let waited = now.saturating_sub(newcomer.since);
    let without_picture = |occupant: &Occupant| now.saturating_sub(occupant.silent_since);
    let may_stall = occupants.iter().filter(|o| !o.is_handing_on && o.leaving_since.is_none());
    let stalled = may_stall.filter(|occupant| without_picture(occupant) >= STALLED_AFTER);
    let longest = stalled.max_by_key(|occupant| without_picture(occupant));
    let has_left = occupants.iter().any(|occupant| occupant.leaving_since.is_some());
    // One whose reader waits for the decoder may have closed its connection too.
    let may_have_left = has_left || occupants.iter().any(|occupant| occupant.is_handing_on);
    let patience = if may_have_left { LONGEST_WAIT } else { GRACE };
    match longest {
        // The place of one that leaves is better than that of one that may come back.
        Some(_) if newcomer.has_picture && has_left && waited < LONGEST_WAIT => Verdict::Wait,
        Some(occupant) if newcomer.has_picture => {
            let detail =
                format!("no picture for {:.1} s when another robot came", without_picture(occupant).as_secs_f64());
            let end = End { reason: EndReason::Timeout, detail: Some(detail) };
            Verdict::Displace { robot: occupant.robot, end }
        }
        Some(_) if waited >= LONGEST_WAIT => {
            let seconds = LONGEST_WAIT.as_secs();
            Verdict::Refuse { detail: format!("all places are taken, and it sent no picture within {seconds} s") }
        }
        Some(_) => Verdict::BringPicture,
        None if waited < patience => Verdict::Wait,
        // Last frames take long where every frame is wanted and detectors are slow.
        None if has_left => {
            let seconds = LONGEST_WAIT.as_secs();
            Verdict::Refuse {
                detail: format!("a robot has left, but no place was free within {seconds} s; dial again"),
            }
        }
        None => {
            let robots = if places == 1 { "robot is" } else { "robots are" };
            Verdict::Refuse { detail: format!("{places} {robots} connected, which is all that --robots allows") }
        }
    }
}

/// A robot without a picture for this long makes room for another; a camera is never silent for a second.
const STALLED_AFTER: Duration = Duration::from_secs(2);
/// How long a newcomer waits while every place is taken by a robot that sends pictures. Longer than [`STALLED_AFTER`], so
/// that a robot that falls silent as the newcomer comes still makes room.
const GRACE: Duration = Duration::from_millis(2500);
/// How long newcomers wait at most, where a robot is leaving or may have left, or is as silent as they are themselves.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    const ROBOT: &str = "192.168.1.17";

    fn allowed(allow: &[&str], peer: &str) -> bool {
        let allow: Vec<IpNet> = allow.iter().map(|net| net.parse().unwrap()).collect();
        is_allowed(&allow, peer.parse().unwrap())
    }

    #[test]
    fn anyone_may_connect_when_no_network_is_named() {
        assert!(allowed(&[], ROBOT) && allowed(&[], "2001:db8::1"));
    }

    #[test]
    fn only_the_networks_that_are_named_may_connect() {
        let allow = ["10.0.0.0/8", "192.168.1.17/32"];
        assert!(allowed(&allow, ROBOT));
        assert!(!allowed(&allow, "192.168.1.18") && !allowed(&allow, "2001:db8::1"));
    }

    #[test]
    fn an_ipv4_address_mapped_into_ipv6_is_judged_as_ipv4() {
        assert!(allowed(&["192.168.1.0/24"], "::ffff:192.168.1.17"));
        assert!(!allowed(&["192.168.1.0/24"], "::ffff:192.168.2.17"));
        assert!(!allowed(&["::/0"], "::ffff:192.168.1.17"));
    }

    fn judged(occupants: &[Occupant], newcomer: Newcomer, now: Duration) -> Verdict {
        judge(occupants, occupants.len(), newcomer, now)
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Robots 1, 2 ... by when their last pictures came.
    fn occupants(picture_at_ms: &[u64]) -> Vec<Occupant> {
        let occupant = |(n, &at): (u32, &u64)| Occupant::new(RobotId(n + 1), ms(at));
        (0..).zip(picture_at_ms).map(occupant).collect()
    }

    fn with_picture(since_ms: u64) -> Newcomer {
        Newcomer { has_picture: true, ..silent(since_ms) }
    }

    fn silent(since_ms: u64) -> Newcomer {
        Newcomer { since: ms(since_ms), has_picture: false }
    }

    #[test]
    fn a_newcomer_waits_a_while_for_live_robots_and_is_refused() {
        let live = occupants(&[9900, 9950]);
        assert_eq!(judged(&live, with_picture(7600), ms(10_000)), Verdict::Wait);
        let detail = "2 robots are connected, which is all that --robots allows".to_owned();
        assert_eq!(judged(&live, with_picture(7500), ms(10_000)), Verdict::Refuse { detail });
    }

    #[test]
    fn only_a_picture_displaces_and_only_the_robot_longest_without_one() {
        let stalled = occupants(&[9900, 5000, 8000]);
        let Verdict::Displace { robot, end } = judged(&stalled, with_picture(9000), ms(10_000)) else { unreachable!() };
        assert_eq!((robot, end.reason), (RobotId(2), EndReason::Timeout));
        assert_eq!(end.detail.as_deref(), Some("no picture for 5.0 s when another robot came"));
        assert_eq!(judged(&stalled, silent(1000), ms(10_000)), Verdict::BringPicture);
        assert!(matches!(judged(&stalled, silent(0), ms(10_000)), Verdict::Refuse { .. }));
    }

    #[test]
    fn a_robot_that_stalls_for_less_than_two_seconds_keeps_its_place() {
        assert_eq!(judged(&occupants(&[8001]), with_picture(9000), ms(10_000)), Verdict::Wait);
    }

    #[test]
    fn a_newcomer_waits_for_the_place_of_one_that_leaves_but_not_for_ever() {
        let mut robots = occupants(&[9000, 9900]);
        robots[0].leaving_since = Some(ms(9000));
        assert_eq!(judged(&robots, with_picture(1), ms(10_000)), Verdict::Wait);
        // However late that one has left.
        let detail = "a robot has left, but no place was free within 10 s; dial again".to_owned();
        assert_eq!(judged(&robots, with_picture(0), ms(10_000)), Verdict::Refuse { detail });
    }

    #[test]
    fn a_newcomer_brings_its_picture_while_a_robot_leaves_and_displaces_a_silent_one_in_the_end() {
        let mut robots = occupants(&[9900, 0]);
        robots[0].leaving_since = Some(ms(9900));
        assert_eq!(judged(&robots, silent(1), ms(10_000)), Verdict::BringPicture);
        assert_eq!(judged(&robots, with_picture(1), ms(10_000)), Verdict::Wait);
        let Verdict::Displace { robot, .. } = judged(&robots, with_picture(0), ms(10_000)) else { unreachable!() };
        assert_eq!(robot, RobotId(2));
    }

    #[test]
    fn a_robot_that_waits_for_its_own_decoder_is_not_displaced_and_newcomers_wait_a_while() {
        let mut busy = occupants(&[0]);
        busy[0].is_handing_on = true;
        assert_eq!(judged(&busy, with_picture(50_001), ms(60_000)), Verdict::Wait);
        assert!(matches!(judged(&busy, with_picture(50_000), ms(60_000)), Verdict::Refuse { .. }));
    }
}
