//! What may happen to a robot, at random but always the same for one seed, and what has to come of it.

use std::collections::BTreeSet;

use crate::random::random;

/// Faults for the frames of one run of robot-sim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// As `--fault` takes them.
    pub faults: Vec<String>,
    /// The frames that arrive damaged, none of which may be shown.
    pub damaged: BTreeSet<u64>,
    /// The frames with which a new connection begins.
    pub reconnects: BTreeSet<u64>,
}

impl Sequence {
    /// Faults on about one in `every` (at least 1) of so many frames; the first one and the last are spared.
    pub fn random(seed: u64, frames: u64, every: u64) -> Self {
        let mut sequence = Self { faults: Vec::new(), damaged: BTreeSet::new(), reconnects: BTreeSet::new() };
        for frame in 1..frames.saturating_sub(1) {
            let dice = random(seed << 32 | frame);
            if !dice.is_multiple_of(every) {
                continue;
            }
            let (fault, effect) = pick(dice / every, &KINDS);
            sequence.faults.push(fault.replace('@', &format!("@{frame}")));
            match effect {
                Effect::Damage => _ = sequence.damaged.insert(frame),
                Effect::Reconnect => _ = sequence.reconnects.insert(frame),
                Effect::None => {}
            }
        }
        sequence
    }

    /// Lets the robot end the run at `frame`, and drops what was planned from there on.
    pub fn ending(self, seed: u64, frame: u64) -> Self {
        self.until(frame, pick(random(seed), &ENDINGS))
    }

    /// Makes the viewer close the connection at `frame`, and drops what was planned from there on.
    pub fn closed_by_viewer(self, seed: u64, frame: u64) -> Self {
        self.until(frame, pick(random(seed), &CLOSED_BY_VIEWER))
    }

    fn until(mut self, frame: u64, ending: &str) -> Self {
        let at = |fault: &String| fault.split(['@', ':']).nth(1).and_then(|at| at.parse::<u64>().ok());
        self.faults.retain(|fault| at(fault).is_some_and(|at| at < frame));
        self.damaged.retain(|&damaged| damaged < frame);
        self.reconnects.retain(|&first| first < frame);
        self.faults.push(ending.replace('@', &format!("@{frame}")));
        self
    }
}

/// What a fault does to the frames.
#[derive(Clone, Copy, Debug)]
enum Effect {
    None,
    Damage,
    Reconnect,
}

/// Each as it is written, without its frame. Damage that may pass for a picture is not among them: of pictures as small as these,
/// one in a hundred does with 20 flipped bits.
const KINDS: [(&str, Effect); 12] = [
    ("truncate@:50%", Effect::Damage),
    ("truncate@:95%", Effect::Damage),
    ("flip@:200", Effect::Damage),
    ("zeros@:200", Effect::Damage),
    ("garbage@", Effect::Damage),
    ("truncate@:1", Effect::Damage),
    ("stall@:30ms", Effect::None),
    ("dribble@:300", Effect::None),
    ("bandwidth@:400k", Effect::None),
    ("jitter@:20ms", Effect::None),
    ("reconnect@:20ms", Effect::Reconnect),
    ("half-open@:20ms", Effect::Reconnect),
];

/// What a run may end with.
const ENDINGS: [&str; 5] = ["cut@:50%", "cut@:2", "hangup@", "end@", "bytes-after-end@"];
/// Lengths above every limit, and silence.
const CLOSED_BY_VIEWER: [&str; 3] = ["oversize@:4294967295", "big-endian@", "half-open@"];

fn pick<T: Copy>(dice: u64, from: &[T]) -> T {
    let at = dice % from.len() as u64;
    from[usize::try_from(at).expect("it is an index")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_faults_and_another_gives_others() {
        let of = |seed| Sequence::random(seed, 1000, 4);
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
        let count = of(7).faults.len();
        assert!((200..300).contains(&count), "{count} of about 250");
    }

    #[test]
    fn every_kind_and_every_ending_occurs() {
        let sequence = Sequence::random(1, 1000, 2);
        for (kind, _) in KINDS {
            let (name, argument) = kind.split_once('@').unwrap();
            let occurs = |fault: &String| fault.starts_with(&format!("{name}@")) && fault.ends_with(argument);
            assert!(sequence.faults.iter().any(occurs), "{kind}");
        }
        let last = |sequence: Sequence| sequence.faults.last().cloned();
        let endings: BTreeSet<_> = (0..50).map(|seed| last(Sequence::random(1, 10, 2).ending(seed, 5))).collect();
        assert_eq!(endings.len(), ENDINGS.len(), "{endings:?}");
    }

    #[test]
    fn nothing_follows_an_ending() {
        let sequence = Sequence::random(1, 100, 2).ending(1, 50);
        assert!(sequence.damaged.last().is_some_and(|&frame| frame < 50), "{sequence:?}");
        assert!(sequence.reconnects.iter().all(|&frame| frame < 50), "{sequence:?}");
        let frames =
            sequence.faults.iter().map(|fault| fault.split(['@', ':']).nth(1).unwrap().parse::<u64>().unwrap());
        assert!(frames.clone().is_sorted() && frames.max() == Some(50), "{sequence:?}");
    }
}
