//! Who may come in: a decision on addresses and times, without sockets.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

/// The robot that is connected, as the door sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occupant {
    pub(super) robot: u32,
    pub(super) activity: Activity,
}

/// What a connected robot is about. Times are on the program's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activity {
    /// The viewer has listened since then and heard nothing.
    Quiet { since: Duration },
    /// The viewer waits for its own decoder and does not listen, so that the robot cannot be heard.
    HandingOn,
}

/// The answer to one who knocks.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Enter,
    /// Enter once the occupant has been sent away, who is told `detail`.
    MakeRoom {
        detail: String,
    },
    Refuse {
        detail: String,
    },
}

/// Whether a robot from `peer` may come in at `now`. An empty `allow` lets everyone in.
///
/// An occupant that has gone silent makes room: it may have lost its power, and be the very one that knocks.
pub(super) fn judge(allow: &[IpNet], peer: IpAddr, occupant: Option<Occupant>, now: Duration) -> Verdict {
    // A listener on `[::]` sees IPv4 addresses mapped into IPv6.
    let peer = peer.to_canonical();
    if !allow.is_empty() && !allow.iter().any(|net| net.contains(&peer)) {
        return Verdict::Refuse { detail: format!("{peer} is in none of the networks that --allow names") };
    }
    let Some(Occupant { robot, activity }) = occupant else { return Verdict::Enter };
    match activity {
        Activity::Quiet { since } if now.saturating_sub(since) >= MAKES_ROOM_AFTER => {
            let silent_for = now.saturating_sub(since).as_secs_f64();
            Verdict::MakeRoom { detail: format!("silent for {silent_for:.1} s when another robot came") }
        }
        Activity::Quiet { .. } | Activity::HandingOn => {
            Verdict::Refuse { detail: format!("robot {robot} is connected; one robot at a time") }
        }
    }
}

/// A robot silent for this long makes room for another; a camera is never silent for a second.
const MAKES_ROOM_AFTER: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    const ROBOT: &str = "192.168.1.17";

    fn knock(allow: &[&str], peer: &str, activity: Option<Activity>, now_ms: u64) -> Verdict {
        let allow: Vec<IpNet> = allow.iter().map(|net| net.parse().unwrap()).collect();
        let occupant = activity.map(|activity| Occupant { robot: 1, activity });
        judge(&allow, peer.parse().unwrap(), occupant, Duration::from_millis(now_ms))
    }

    fn quiet_since(ms: u64) -> Option<Activity> {
        Some(Activity::Quiet { since: Duration::from_millis(ms) })
    }

    fn taken() -> Verdict {
        Verdict::Refuse { detail: "robot 1 is connected; one robot at a time".to_owned() }
    }

    #[test]
    fn anyone_may_enter_an_empty_place_when_no_network_is_named() {
        assert_eq!(knock(&[], ROBOT, None, 0), Verdict::Enter);
        assert_eq!(knock(&[], "2001:db8::1", None, 0), Verdict::Enter);
    }

    #[test]
    fn only_the_networks_that_are_named_may_enter() {
        let allow = ["10.0.0.0/8", "192.168.1.17/32"];
        assert_eq!(knock(&allow, ROBOT, None, 0), Verdict::Enter);
        let detail = "192.168.1.18 is in none of the networks that --allow names".to_owned();
        assert_eq!(knock(&allow, "192.168.1.18", None, 0), Verdict::Refuse { detail });
        assert!(matches!(knock(&allow, "2001:db8::1", None, 0), Verdict::Refuse { .. }));
    }

    #[test]
    fn an_ipv4_address_mapped_into_ipv6_is_judged_as_ipv4() {
        let allow = ["192.168.1.0/24"];
        assert_eq!(knock(&allow, "::ffff:192.168.1.17", None, 0), Verdict::Enter);
        assert!(matches!(knock(&allow, "::ffff:192.168.2.17", None, 0), Verdict::Refuse { .. }));
        assert!(matches!(knock(&["::/0"], "::ffff:192.168.1.17", None, 0), Verdict::Refuse { .. }));
    }

    #[test]
    fn a_second_robot_is_refused_while_one_is_live() {
        assert_eq!(knock(&[], ROBOT, quiet_since(1000), 2999), taken());
    }

    #[test]
    fn a_robot_silent_for_two_seconds_makes_room() {
        let detail = "silent for 2.0 s when another robot came".to_owned();
        assert_eq!(knock(&[], ROBOT, quiet_since(1000), 3000), Verdict::MakeRoom { detail });
    }

    #[test]
    fn an_address_that_is_not_allowed_turns_nobody_out() {
        assert!(matches!(knock(&["10.0.0.0/8"], ROBOT, quiet_since(0), 60_000), Verdict::Refuse { .. }));
    }

    #[test]
    fn a_robot_whose_frame_waits_for_the_decoder_is_not_silent() {
        assert_eq!(knock(&[], ROBOT, Some(Activity::HandingOn), 3_600_000), taken());
    }
}
